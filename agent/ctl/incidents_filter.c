/* SPDX-License-Identifier: Apache-2.0 */
/* Which incidents are meant: filters, and ids that are cut short. */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "ctl/incidents.h"
#include "ctl/usage.h"

#define CANDIDATES_MAX 10 /* shown where a prefix is not unique */

static bool matches_user(const struct incident *i, const char *user)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, i->uid);
	return strcmp(i->user, user) == 0 || strcmp(number, user) == 0;
}

/* A unit is a group of this computer's users. */
static bool is_member(const struct incident *i, const char *unit)
{
	const struct group *g = getgrnam(unit);
	const struct passwd *pw = getpwnam(i->user);

	for (size_t n = 0; g && g->gr_mem[n]; n++)
		if (strcmp(g->gr_mem[n], i->user) == 0)
			return true;
	return g && pw && pw->pw_gid == g->gr_gid;
}

/* In what a person would look for: names, paths, rules and what was found. */
static bool has_text(const struct incident *i, const char *text)
{
	const char *const fields[] = {i->id, i->path, i->app, i->app_name, i->user, i->host, i->exe,
		i->rule, i->message, i->sha256, i->destination};

	for (size_t n = 0; n < ARRAY_SIZE(fields); n++)
		if (strcasestr(fields[n], text))
			return true;
	for (size_t n = 0; n < i->n_evidence; n++) {
		struct incident_evidence e = incident_evidence(i, n);

		if (strcasestr(e.rule, text) || strcasestr(e.snippet, text))
			return true;
	}
	for (size_t n = 0; n < i->n_notes; n++)
		if (strcasestr(incident_note(i, n), text))
			return true;
	return false;
}

/* The policy's rule, or one that found a marking: "pack/rule" or "rule". */
static bool has_rule(const struct incident *i, const char *rule)
{
	const char *slash = strrchr(rule, '/');

	if (strcmp(i->rule, rule) == 0)
		return true;
	for (size_t n = 0; n < i->n_evidence; n++) {
		struct incident_evidence e = incident_evidence(i, n);

		if (strcmp(e.rule, slash ? slash + 1 : rule) == 0 &&
			(!slash ||
				(strncmp(e.pack, rule, (size_t)(slash - rule)) == 0 &&
					!e.pack[slash - rule])))
			return true;
	}
	return false;
}

/* What does not change after an incident was written. */
bool incidents_wanted(void *userdata, const struct incident *i)
{
	const struct incidents_options *o = userdata;
	uint64_t t;

	if (o->since || o->until) {
		if (clock_parse(i->time, &t) < 0)
			return false;
		if ((o->since && t < o->since) || (o->until && t > o->until))
			return false;
	}
	if (o->levels && !(i->level_known && o->levels & UINT32_C(1) << i->level))
		return false;
	if (o->app && strcasecmp(i->app, o->app) != 0 && strcasecmp(i->app_name, o->app) != 0)
		return false;
	if (o->user && !matches_user(i, o->user))
		return false;
	if (o->unit && !is_member(i, o->unit))
		return false;
	if (o->channel && strcmp(i->channel, o->channel) != 0)
		return false;
	if (o->rule && !has_rule(i, o->rule))
		return false;
	return !o->action || strcmp(i->action, o->action) == 0;
}

static bool wanted_now(void *userdata, const struct incident *i)
{
	const struct incidents_options *o = userdata;

	if (o->status && strcmp(i->status, o->status) != 0)
		return false;
	if (o->assignee && strcmp(i->assignee, strcmp(o->assignee, "-") ? o->assignee : "") != 0)
		return false;
	if (o->tag && !incident_has_label(i, o->tag))
		return false;
	return !o->text || has_text(i, o->text);
}

int incidents_build(const struct incidents_options *o, struct index **ret)
{
	cleanup_with(index_freep) struct index *x = NULL;
	/* incidents_wanted() takes each then. */
	bool all = !o->since && !o->until && !o->levels && !o->app && !o->user && !o->unit &&
		!o->channel && !o->rule && !o->action;
	int r = all ? index_build_by_id(o->dir, NULL, NULL, &x)
		    : index_build(o->dir, incidents_wanted, (void *)o, &x);

	/* What reviewers may have changed is looked at again. */
	if (r == 0 && (o->status || o->assignee || o->tag || o->text))
		r = index_refine(x, wanted_now, (void *)o);
	if (r == 0)
		*ret = steal(&x);
	return r;
}

int incidents_conceal(const struct incidents_options *o, struct incident *i)
{
	/* A level of another version may be anything. */
	enum level level = i->level_known ? i->level : LEVEL_TOP_SECRET;
	bool name = o->hide_names > LEVEL_NONE && level >= o->hide_names,
	     snippets = o->hide_snippets > LEVEL_NONE && level >= o->hide_snippets;

	return !o->reveal && (name || snippets) ? incident_conceal(i, name, snippets) : 0;
}

int incidents_load(
	const struct incidents_options *o, struct index *x, size_t n, struct incident **ret)
{
	cleanup_with(incident_freep) struct incident *i = NULL;
	int r = index_load(x, n, &i);

	if (r == 0)
		r = incidents_conceal(o, i);
	if (r == 0)
		*ret = steal(&i);
	return r;
}

static bool has_prefix(void *userdata, const char *id)
{
	const char *prefix = userdata;

	return strncasecmp(id, prefix, strlen(prefix)) == 0;
}

static int not_unique(struct index *x, const char *prefix)
{
	ctl_error("\"%s\" begins more than one incident:", prefix);
	for (size_t n = 0; n < index_count(x) && n < CANDIDATES_MAX; n++) {
		cleanup_with(incident_freep) struct incident *i = NULL;

		if (index_load(x, n, &i) == 0)
			fprintf(stderr, "  %s\n", i->id);
	}
	if (index_count(x) > CANDIDATES_MAX)
		fprintf(stderr, "  ... (%zu)\n", index_count(x));
	return CTL_FAILED;
}

int incidents_find(const struct incidents_options *o, const char *prefix, struct incident **ret)
{
	return incidents_find_seen(o, prefix, ret, NULL);
}

int incidents_find_seen(const struct incidents_options *o, const char *prefix,
	struct incident **ret, uint64_t *ret_seen)
{
	cleanup_with(index_freep) struct index *x = NULL;
	int r = index_build_by_id(o->dir, has_prefix, (void *)prefix, &x);

	if (r < 0)
		return incidents_no_journal(o, r);
	if (index_count(x) == 0)
		return ctl_error("no incident \"%s\"", prefix);
	if (index_count(x) > 1)
		return not_unique(x, prefix);
	r = incidents_load(o, x, 0, ret);
	if (r == 0 && ret_seen)
		*ret_seen = index_last_seq(x);
	return r < 0 ? ctl_error("cannot read %s: %s", prefix, strerror(-r)) : 0;
}

int incidents_take_period(const struct usage *usage, const char *config, int argc, char **argv,
	struct incidents_options *o)
{
	static const struct option options[] = {{"since", required_argument, NULL, 's'},
		{"until", required_argument, NULL, 'u'},
		{"state-dir", required_argument, NULL, 'd'}, {"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'}, {0}};
	const char *state_dir = NULL;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 's':
		case 'u':
			if (incidents_parse_time(optarg, c == 's' ? &o->since : &o->until) < 0)
				return usage_error(usage,
					"\"%s\" is no time: expected 2026-11-23 or 14d", optarg);
			break;
		case 'd': state_dir = optarg; break;
		case 'j': o->json = true; break;
		case 'h': usage_print(stdout, usage); return CTL_DONE;
		case ':': return usage_error(usage, "%s needs a value", argv[optind - 1]);
		default: return usage_error(usage, "unknown option %s", argv[optind - 1]);
		}
	}
	o->dir_said = state_dir != NULL;
	return incidents_find_dir(state_dir, config, o) == 0 ? -1 : CTL_FAILED;
}
