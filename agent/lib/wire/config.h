/* SPDX-License-Identifier: Apache-2.0 */
/* SUP_CONFIG: what every child is told at start. One form for all; a role uses what it needs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "wire/pack.h"

#define CONFIG_PATHS_MAX 64U
#define CONFIG_ROLES     4U /* wire/console.h */

struct config_paths {
	char *v[CONFIG_PATHS_MAX]; /* absolute */
	uint32_t n;
};

struct config {
	char *state_dir; /* the agent's; a child's own is below it: core/, journal/ */
	char *runtime_dir;
	char *policy;
	struct config_paths rules, protect, watch;
	struct config_paths trusted_keys; /* files, and folders of them */
	uint32_t workers;
	uint32_t uid, gid;  /* to become; UINT32_MAX: stay */
	uint32_t index;     /* of a worker */
	uint32_t agent_pid; /* the supervisor's */
	uint64_t hold_ns, scan_cpu_ns, background_cpu_ns, file_bytes, worker_memory;
	uint32_t reviewers_gid; /* whose members may mark incidents; UINT32_MAX: root alone */
	/* log: how large the journal gets (journal/journal.h) */
	uint64_t journal_segment_bytes, journal_total_bytes, journal_keep_ns;
	uint32_t journal_omit_names; /* core: from this level up (enum level), LEVEL_MAX: never */
	uint32_t journal_hide_names; /* core: likewise, in the console */
	bool journal_drop_oldest;
	bool cgroup_tags;            /* gate: the supervisor can tag (GATE_TAG) */
	bool on_demand;              /* gate: file systems are covered while applications live */
	uint32_t policy_gid;         /* whose members may apply; UINT32_MAX: nobody but root */
	bool policy_is_shipped;      /* until the administrator's own is there */
	uint32_t policy_versions;    /* how many are kept; 0: all */
	uint32_t require_signatures; /* a bit per enum settings_signed */
	bool two_signatures;         /* for what protects a state-secret level less */
	bool crawl_under_load, crawl_on_battery; /* watch: the walk goes on all the same */
	/* core: the web console's account, whose members have which role in it (UINT32_MAX: root
	   alone), and how long a login lasts */
	uint32_t console_uid, console_gids[CONFIG_ROLES];
	uint64_t console_session_ns;
};

void pack_config(struct pack *p, const struct config *c);
/* Allocates the strings; config_done() frees them, also after an error. */
void unpack_config(struct unpack *u, struct config *ret);
void config_done(struct config *c);
