/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the compiler. */
#pragma once

#include "conf/conf.h"
#include "decide/policy_builder.h"
#include "policyfile/keywords.h"
#include "policyfile/policyfile.h"

/* Where the policy names none. */
#define APPS_SHIPPED       SEALGATE_DATADIR "/policy/apps"
#define ADVISORIES_SHIPPED SEALGATE_DATADIR "/policy/advisories"

#define MINUTES_A_DAY  1440U
#define MINUTES_A_WEEK (7U * MINUTES_A_DAY)

/* A bit per minute of the week, from Sunday 00:00. */
struct week {
	uint64_t minutes[(MINUTES_A_WEEK + 63) / 64];
};

/* A rule as read: the definition and what it borrows. */
struct rule {
	const struct conf *conf;
	const struct conf_node *node;
	struct policy_rule_def def;
	uint32_t *apps, *users, *groups;    /* sorted */
	const char **paths, **destinations; /* the strings are the tree's */
	struct policy_window *times;
	struct week *week;       /* `times` by the minute; NULL where there are none */
	bool always;             /* `times` are all hours of all days */
	bool any_path;           /* one of `paths` is wildcards alone */
	bool begun;              /* it has no `valid-from`, or that is past */
	uint32_t app_categories; /* union of the categories of `apps` */
};

void rule_done(struct rule *r);

/* In order, exceptions first. Zero-initialised. */
struct rules {
	struct rule *v;
	size_t n, cap;
};
must_check int rules_add(struct rules *r, struct rule **ret); /* one that matches everything */
void rules_done(struct rules *r);

/* The files that rules borrow from. */
struct confs {
	struct conf **v;
	size_t n;
};
void confs_done(struct confs *c);

/* What reading rules needs. */
struct rule_context {
	const struct conf *conf;
	const struct apptable *apps;
	struct diags *diags;
	uint64_t now;                       /* ns of the real-time clock */
	uint32_t n_idle;                    /* grows */
	bool exceptions;                    /* what is read are exceptions */
	const struct policyfile_host *host; /* host_check() each; NULL: none is looked at */
};

/* Reads a rule whose shape is checked. Complaints go to the diagnostics; -ENOMEM alone is
   returned. */
must_check int rule_read(struct rule_context *ctx, const struct conf_node *n, struct rule *ret);

/* Warns of conditions that can do nothing on this host. */
void host_check(struct rule_context *ctx, const struct rule *r);
/* And of the whole policy. */
void host_check_policy(struct rule_context *ctx, const struct conf_node *rules);

/* The exceptions that the policy `ctx->conf` includes; none of `rules` may be there yet. */
must_check int exceptions_load(struct rule_context *ctx, struct rules *rules, struct confs *confs);

/* Unreachable, matching all, never matching, needless: each rule against those before it. */
must_check int rules_check(struct rule_context *ctx, const struct rule *rules, size_t n);

/* An entry of `failures`. */
struct failure_entry {
	const struct conf_node *node; /* NULL: built in */
	struct policy_failure_def def;
	uint32_t *apps;
};

#define FAILURES_READ_MAX (POLICY_FAILURES_MAX - FAILURES_BUILT_IN)
#define FAILURES_BUILT_IN 3U

struct failure_list {
	struct failure_entry v[POLICY_FAILURES_MAX];
	size_t n;
};

/* Reads `failures`, and adds what is built in. As rule_read(). */
must_check int failures_read(struct rule_context *ctx, struct failure_list *ret);
void failures_done(struct failure_list *l);
/* Entries that can never match. */
void failures_check(struct rule_context *ctx, const struct failure_list *l);

/* Where no application is called that; `n` is where it is named. */
void rule_unknown_app(struct rule_context *ctx, const struct conf_node *n);

/* A file that was included; complaints go to the diagnostics. 0 with NULL where it is wrong. */
must_check int include_load(
	const char *path, const struct keyword *table, struct diags *d, struct conf **ret);

/* What is wrong with the pattern of a document's path, or of a peer; or NULL. */
const char *glob_problem(const char *text, bool path);
bool pattern_is_any(const char *text);  /* wildcards alone */
bool pattern_is_tree(const char *text); /* all beneath a folder of the root */
bool pattern_is_wide(const char *text); /* or the ending of a file's name besides */

/* Warns of patterns that take programs which another application's pattern is meant for. */
void overlap_check(const struct apptable *t, struct rule_context *ctx);

/* Complaints about a text that is there: YAML's surprises, invisible characters, spellings. */
void spelling_check(
	const struct conf *c, const struct conf_node *n, const char *key, struct diags *d);

/* How schools of Vietnamese spelling differ. */
enum spelling {
	SPELLING_TONE, /* where the tone stands: hoà, hòa */
	SPELLING_Y,    /* kỹ, kĩ; quý, quí */
	SPELLING_MAX,
};

/* The text as the other school writes it; false where there is only one way, or no memory. */
bool spelling_other(enum spelling s, const char *text, struct buf *ret);

/* Applications of all included files, into the builder. */
struct apps_context {
	struct apptable_builder *builder;
	struct diags *diags;
};
must_check int apps_load(
	struct apps_context *ctx, const struct conf *policy, const struct conf_node *includes);

/* Files that the policy names, or the folders of them. `file` reads one; what it returns ends the
   reading where it is not 0. */
struct includes {
	const struct conf *policy;
	struct diags *diags;
	const char *what;  /* "applications", for messages */
	bool may_be_empty; /* a folder without files is no mistake */
	uint32_t max_files, n_files;
	int (*file)(void *userdata, const char *path);
	void *userdata;
};
must_check int include_each(struct includes *inc, const struct conf_node *list);
/* `n` is where a fault is told. */
must_check int include_one(struct includes *inc, const struct conf_node *n, const char *text);

/* Where an include is looked for: beside the policy, and where it is not there among the shipped
   files. 0; -ENOMEM; -EINVAL below a root (policyfile.h) where it would
   lead out of it. */
must_check int include_resolve(const char *policy, const char *text, char **ret);

/* Adds the programs of the packages that `t`, made by `b`, names; `dir` holds dpkg's lists. A
   package that is not installed has none. */
must_check int packages_expand(
	struct apptable_builder *b, const struct apptable *t, const char *dir);

/* The section `posture` and the advisories that it names, as posture/rules.h reads them. */
must_check int posture_compile(
	const struct conf *policy, const struct apptable *apps, struct diags *d, struct buf *ret);

/* "mon-fri 08:00-17:30", "sat,sun", "22:00-06:00". 0 or -EINVAL. */
must_check int window_parse(const char *text, struct policy_window *ret);

void windows_week(const struct policy_window *w, size_t n, struct week *ret);
bool week_covers(const struct week *outer, const struct week *inner);
void week_fill(struct week *ret); /* all of it */

/* A date (its last, or its first moment in the host's zone) or an RFC 3339 time. 0 or -EINVAL. */
must_check int until_parse(const char *text, uint64_t *ret);
must_check int from_parse(const char *text, uint64_t *ret);
