/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of "sealgate incidents" share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/commands.h"
#include "journal/incident.h"
#include "journal/index.h"
#include "model/level.h"
#include "siem/siem.h"

#define LIST_LIMIT_TERMINAL 100 /* rows, where nothing else is said */

struct incidents_options {
	const struct ctl *ctl;
	char dir[4096]; /* the journal's directory */
	bool dir_said;  /* by --state-dir: no agent is asked */
	enum lang lang;
	bool json;
	uint64_t since, until; /* wall clock, ns; 0: no bound */
	uint32_t levels;       /* bits; 0: all */
	const char *app, *user, *action;
	/* of list and what goes over many */
	const char *channel, *rule, *text, *status, *assignee, *tag;
	/* of mark */
	const char *assign, *note, *untag;
	const char *was;         /* mark: only where this is its status still */
	const char *scope;       /* false-positive: what the exception is about; NULL: all of it */
	uint64_t days;           /* for so long; 0: 30 */
	enum siem_format format; /* export */
	bool csv;                /* report: not HTML */
	const char *unit;        /* a group of users */
	const char *out;         /* a file, where not to standard output */
	enum level hide_names, hide_snippets; /* from there up; LEVEL_MAX: never */
	const char *key;    /* evidence: opens the copies with it; NULL: as they are */
	bool reveal;        /* what is concealed by its level, too; a record tells of it */
	bool trace;         /* show: each rule of the policy of then */
	const char *policy; /* of --trace: this one; NULL: the version that the incident names */
	const char *record; /* show: an incident in a file */
	const char *group;  /* list: by what incidents are put together */
	bool has_limit;
	size_t limit;           /* 0: none */
	const char *checkpoint; /* verify: an exported one */
	bool progress;          /* verify: how far it is, on stderr */
};

/* As an incident was written, without what reviewers said later: see incidents_build(). */
bool incidents_wanted(void *userdata, const struct incident *i);

/* Those that the options want, as they are now. 0 or -errno. */
must_check int incidents_build(const struct incidents_options *o, struct index **ret);

/* index_load(), with what its level conceals concealed. */
must_check int incidents_load(
	const struct incidents_options *o, struct index *x, size_t n, struct incident **ret);

int incidents_conceal(const struct incidents_options *o, struct incident *i); /* 0 or -ENOMEM */

bool incidents_scope_is(const char *scope); /* one that --scope takes */

bool incidents_group_is(const char *field); /* one that --group takes */

/* The table of "list", a row at a time. */
void incidents_put_header(const struct incidents_options *o);
void incidents_put_row(const struct incidents_options *o, const struct incident *i);

/* The one incident whose id begins with `prefix`. 0, or an exit status after saying why. */
must_check int incidents_find(
	const struct incidents_options *o, const char *prefix, struct incident **ret);

/* The same; `ret_seen`: the last record that was read for it. */
must_check int incidents_find_seen(const struct incidents_options *o, const char *prefix,
	struct incident **ret, uint64_t *ret_seen);

/* Gives a reviewer's deed to the agent, or where none runs to the journal itself. `ret_seq` is the
   record's number (0 for a new key). 0, or an exit status after saying why. */
struct review;
must_check int incidents_submit(
	const struct incidents_options *o, const struct review *r, uint64_t *ret_seq);

/* What --since and --until take. 0 or -EINVAL. */
must_check int incidents_parse_time(const char *text, uint64_t *ret);
/* Fills in `dir`, and what is concealed. 0, or an exit status after saying why. */
must_check int incidents_find_dir(
	const char *state_dir, const char *config, struct incidents_options *o);

/* To --out, or standard output. An exit status. */
int incidents_write_out(const struct incidents_options *o, struct view v);

/* The options of commands that go over a period of the journal: --since, --until, --state-dir,
   --json, --help. -1 to go on, with optind behind them; else an exit status, with its message. */
struct usage;
must_check int incidents_take_period(const struct usage *usage, const char *config, int argc,
	char **argv, struct incidents_options *o);

/* The commands; an exit status of ctl/usage.h. */
int incidents_list(const struct incidents_options *o);
int incidents_show(const struct incidents_options *o, char **ids, size_t n);
int incidents_group(const struct incidents_options *o);
int incidents_stats(const struct incidents_options *o);
int incidents_precision(const struct incidents_options *o);
int incidents_report(const struct incidents_options *o);
int incidents_export(const struct incidents_options *o);
int incidents_watch(const struct incidents_options *o);
int incidents_false_positive(const struct incidents_options *o, const char *prefix);
int incidents_verify(const struct incidents_options *o);
int incidents_mark(const struct incidents_options *o, char **ids, size_t n);
int incidents_checkpoint(const struct incidents_options *o);
int incidents_evidence(const struct incidents_options *o, const char *prefix);
int incidents_rotate_key(const struct incidents_options *o);

/* "2026-11-23T08:30:00.123Z" as local time; the text itself where it is no time. */
void incidents_local_time(const char *time, bool with_zone, enum lang lang, char *ret, size_t size);

/* Says why the journal cannot be read. Returns CTL_FAILED. */
int incidents_no_journal(const struct incidents_options *o, int error);

/* "TỐI MẬT"; "?" where the document could not be read, "-" where it was and had no marking. */
const char *incidents_marking(const struct incident *i);
const char *incidents_action(const char *action, enum lang lang);
const char *incidents_status(const char *status, enum lang lang);
const char *incidents_base_name(const char *path);
