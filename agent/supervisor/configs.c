/* SPDX-License-Identifier: Apache-2.0 */
/* The service accounts, and what each process is told of the settings. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/lang.h"
#include "supervisor/agent_state.h"

#define NOBODY 65534U

void agent_find_accounts(struct agent *a)
{
	static const char *const names[ACCOUNT_MAX] = {
		"sealgate-core", "sealgate-log", "sealgate-scan", "sealgate-watch"};

	for (int i = 0; i < ACCOUNT_MAX; i++) {
		struct passwd *pw = getpwnam(names[i]);

		a->accounts[i] = (struct account){
			names[i], pw ? pw->pw_uid : NOBODY, pw ? pw->pw_gid : NOBODY};
		a->accounts_missing |= !pw;
	}
}

/* A group that does not exist is a mistake that nobody would notice later. */
int agent_find_reviewers(struct agent *a)
{
	const char *name = a->settings->reviewers;
	struct group *g;

	a->reviewers_gid = UINT32_MAX;
	if (!name[0])
		return 0;
	g = getgrnam(name);
	if (!g) {
		fprintf(stderr,
			lang_pick(lang_from_environment(),
				"sealgated: reviewers: there is no group \"%s\"\n",
				"sealgated: reviewers: không có nhóm \"%s\"\n"),
			name);
		return -ENOENT;
	}
	a->reviewers_gid = g->gr_gid;
	return 0;
}

static void copy_paths(const struct settings_paths *from, struct config_paths *to)
{
	to->n = (uint32_t)from->n;
	for (size_t i = 0; i < from->n; i++)
		to->v[i] = from->v[i];
}

/* A role whose group is not there is root's alone; the console is not there without its account. */
static void fill_console(struct agent *a, struct config *c)
{
	const struct settings *s = a->settings;
	const struct passwd *pw = getpwnam("sealgate-web");

	c->console_uid = pw ? pw->pw_uid : UINT32_MAX;
	c->console_session_ns = s->console.session_ns;
	for (size_t i = 0; i < SETTINGS_ROLE_MAX; i++) {
		const char *name = s->console.roles[i];
		const struct group *g = name[0] ? getgrnam(name) : NULL;

		c->console_gids[i] = g ? g->gr_gid : UINT32_MAX;
		if (name[0] && !g)
			agent_say(a, "console: this host knows no group %s", name);
	}
}

/* The strings stay the settings'. */
void agent_make_configs(struct agent *a)
{
	const struct settings *s = a->settings;
	const struct group *group = s->policy_group[0] ? getgrnam(s->policy_group) : NULL;
	uint32_t gid = group ? group->gr_gid : UINT32_MAX;
	struct config console = {0};

	if (s->policy_group[0] && !group)
		agent_say(a, "this host knows no group %s: root alone may apply policies",
			s->policy_group);
	fill_console(a, &console);
	for (int i = 0; i <= ACCOUNT_MAX; i++) {
		struct config *c = &a->configs[i];

		*c = (struct config){
			.console_uid = console.console_uid,
			.console_session_ns = console.console_session_ns,
			.state_dir = s->state_dir,
			.runtime_dir = s->runtime_dir,
			.policy = s->policy,
			.workers = a->n_scan,
			.uid = i < ACCOUNT_MAX ? a->accounts[i].uid : UINT32_MAX,
			.gid = i < ACCOUNT_MAX ? a->accounts[i].gid : UINT32_MAX,
			.agent_pid = (uint32_t)getpid(),
			.hold_ns = s->limits.hold_ns,
			.scan_cpu_ns = s->limits.scan_cpu_ns,
			.background_cpu_ns = s->limits.background_cpu_ns,
			.file_bytes = s->limits.file_bytes,
			.worker_memory = s->limits.worker_memory,
			.reviewers_gid = a->reviewers_gid,
			.journal_segment_bytes = s->journal.segment_bytes,
			.journal_total_bytes = s->journal.total_bytes,
			.journal_keep_ns = s->journal.keep_ns,
			.journal_hide_names = settings_level(s->journal.hide_names),
			.journal_omit_names = settings_level(s->journal.omit_names),
			.journal_drop_oldest = s->journal.when_full ==
				SETTINGS_WHEN_FULL_DROP_OLDEST,
			.cgroup_tags = a->tags != NULL,
			.on_demand = s->arm == SETTINGS_ARM_ON_DEMAND,
			.crawl_under_load = s->crawl.under_load == SETTINGS_CRAWL_AS_EVER,
			.crawl_on_battery = s->crawl.on_battery == SETTINGS_CRAWL_AS_EVER,
			.policy_gid = gid,
			.policy_is_shipped = s->policy_is_shipped,
			.policy_versions = s->policy_versions,
			.require_signatures = s->require_signatures,
			.two_signatures = s->two_signatures == SETTINGS_TWO_WHEN_WEAKER,
		};
		/* What log writes is the reviewers' to read; a bit on the directory, which would do
		   the same, is refused in a service that may make none. */
		if (i == ACCOUNT_LOG && a->reviewers_gid != UINT32_MAX)
			c->gid = a->reviewers_gid;
		memcpy(c->console_gids, console.console_gids, sizeof(c->console_gids));
		copy_paths(&s->rules, &c->rules);
		copy_paths(&s->protect, &c->protect);
		copy_paths(&s->watch, &c->watch);
		copy_paths(&s->trusted_keys, &c->trusted_keys);
	}
}
