/* SPDX-License-Identifier: Apache-2.0 */
/* The running agent's state, for the files that make it up: agent.c has its life, the others a noun
 * each. */
#pragma once

#include "base/clock.h"
#include "base/list.h"
#include "supervisor/agent.h"
#include "supervisor/arming.h"
#include "supervisor/children.h"
#include "supervisor/copies.h"
#include "supervisor/failures.h"
#include "supervisor/group.h"
#include "supervisor/lookup.h"
#include "supervisor/meeting.h"
#include "supervisor/origins.h"
#include "supervisor/statedir.h"
#include "supervisor/tags.h"
#include "supervisor/vault.h"
#include "wire/gate_shared.h"
#include "wire/pack.h"
#include "wire/subjects.h"

#define SCAN_MAX 32U

/* One service account: where the package is not installed, nobody stands in. */
struct account {
	const char *name;
	uint32_t uid, gid;
};

enum account_index {
	ACCOUNT_CORE,
	ACCOUNT_LOG,
	ACCOUNT_SCAN,
	ACCOUNT_WATCH,
	ACCOUNT_MAX,
};

/* A policy, and the applications that it knows. */
struct agent_policy {
	uint32_t version;
	int policy_fd, apps_fd;
	struct view apps_map;
	struct apptable *apps;
};

/* For where no control group knows them. */
struct told {
	uint32_t pid;
	char app[64];
};
#define TOLD_MAX 64U

struct agent {
	struct list events; /* oldest first */
	uint32_t n_events, events_lost;
	const struct settings *settings;
	const struct agent_options *options;
	struct loop *loop;
	struct loop_timer *tick, *start_timer, *stop_timer;
	struct statedir *statedir;
	struct group *group;
	struct rescue *rescue;
	struct arming *arming;
	struct failures *failures;
	struct meeting *meeting;
	struct told told[TOLD_MAX]; /* processes of applications, as the gate told of them */
	uint32_t next_told;
	struct tags *tags;
	struct vault *vault;
	struct copies *copies;
	struct origins *origins;
	struct lookup *lookup;
	bool ask_again; /* of origins, after the look that is under way */
	char tags_error[128];
	struct account accounts[ACCOUNT_MAX];
	uint32_t reviewers_gid; /* UINT32_MAX: none */
	bool accounts_missing;
	struct config configs[ACCOUNT_MAX + 1]; /* one per account, and the gate's (root) */
	struct proc *gate, *core, *watch, *log, *scan[SCAN_MAX];
	uint32_t n_scan;
	int listen_fd, shared_fd;
	const struct gate_shared *shared;
	const struct subjects *subjects;
	int subjects_fd, subjects_read_fd; /* wire/subjects.h: the gate's, and watch's */
	/* The policy in force, kept for the next gate, and one that the gate has not taken yet,
	   under core's number. */
	struct agent_policy policy, next;
	uint32_t next_id; /* 0: none */
	bool next_sent;
	uint64_t started, stop_began, next_mark, last_beat, records_lost, uncovered, rescued,
		refused, files_short, files_told;
	bool serving, stopping, orderly;
	int exit_status;
};

/* For the terminal or the service manager's log; never waits for either. */
void agent_say(const struct agent *a, const char *fmt, ...) printf_like(2, 3);

/* Gives each a socket to the other, where both run. */
void agent_connect(
	struct agent *a, struct proc *x, uint32_t x_index, struct proc *y, uint32_t y_index);

/* frames.c: what core and the gate say. */
#define AGENT_CORE_ROWS 7U
#define AGENT_GATE_ROWS 5U
extern const struct wire_row agent_core_rows[AGENT_CORE_ROWS], agent_gate_rows[AGENT_GATE_ROWS];
int agent_frame(void *userdata, struct proc *p, struct wire_frame *f);

/* records.c: about the agent, for the journal, by way of core. `from` makes it a span up to now. */
void agent_record(struct agent *a, const char *kind, const char *what, uint64_t from,
	const char *fmt, ...) printf_like(5, 6);
/* The same of a whole JSON object. */
void agent_record_json(struct agent *a, struct view json);
void agent_send_records(struct agent *a); /* what core could not take before */
void agent_drop_records(struct agent *a);

/* The supervisor's records say no level, by which names are left out of the journal, or concealed
   from who reads it: where some are, they name no document. Incidents do, as far as they may. */
bool agent_names_no_files(const struct agent *a);

/* policy.c */
void agent_policy_from_core(struct agent *a, struct wire_frame *f);
void agent_policy_from_gate(struct agent *a, const struct wire_frame *f);
void agent_policy_gate_started(struct agent *a);
void agent_policy_gate_ended(struct agent *a);
void agent_give_build_ids(struct agent *a, const struct apptable *apps);
void agent_give_starts(struct agent *a, const struct apptable *apps);
void agent_policy_done(struct agent_policy *p);

/* The gate looks who lives; what it finds comes as GATE_FOUND. A gate that is away looks when it is
   ready. */
void agent_ask_to_look(struct agent *a, bool announce);

/* programs.c */
/* `again`: also what is known of those that are the same. Waits at most so long for the end of it.
 */
void agent_look_at_programs(struct agent *a, bool again, int wait_ms);
must_check int agent_new_lookup(struct agent *a);
void agent_give_posture(struct agent *a, struct proc *p);

int agent_new_posture(struct agent *a);

/* configs.c */
void agent_find_accounts(struct agent *a);
must_check int agent_find_reviewers(struct agent *a);
void agent_make_configs(struct agent *a);

/* applications.c */
extern const struct meeting_events agent_meeting_events;
extern const struct arming_events agent_arming_events;
void agent_tagged_start(struct agent *a, const struct wire_frame *f); /* GATE_TAG */
void agent_found(struct agent *a, const struct wire_frame *f);        /* GATE_FOUND */
void agent_tell_gate_meeting(struct agent *a);

/* losses.c */
void agent_look_at_gate(struct agent *a);
void agent_look_at_losses(struct agent *a);
/* A FUSE server that lets the agent wait is disconnected: true where one was. `hurry`: at the end.
 */
bool agent_look_at_servers(struct agent *a, bool hurry);

/* quarantine.c */
void agent_quarantine(struct agent *a, struct wire_frame *f);  /* CORE_QUARANTINE */
void agent_vault(struct agent *a, const struct wire_frame *f); /* CORE_VAULT */
void agent_vault_done(
	void *userdata, enum vault_what what, uint32_t id, const struct vault_result *r);

/* evidence.c */
extern const struct copies_events agent_evidence_events;
void agent_evidence(struct agent *a, const struct wire_frame *f); /* CORE_EVIDENCE */

/* ways.c: key "ways" */
void agent_write_ways(const struct agent *a, struct json *j);

/* status.c */
void agent_answer_status(struct agent *a, uint32_t id);
