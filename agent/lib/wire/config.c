/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void pack_paths(struct pack *p, const struct config_paths *paths)
{
	pack_u32(p, paths->n);
	for (uint32_t i = 0; i < paths->n; i++)
		pack_str(p, paths->v[i]);
}

static char *unpack_dup(struct unpack *u)
{
	struct view v = unpack_view(u);
	char *s = strndup(v.n ? (const char *)v.p : "", v.n);

	if (!s)
		u->error = -ENOMEM;
	return s;
}

static void unpack_paths(struct unpack *u, struct config_paths *ret)
{
	uint32_t n = unpack_u32(u);

	if (n > CONFIG_PATHS_MAX) {
		u->error = -EPROTO;
		return;
	}
	for (uint32_t i = 0; i < n && !u->error; i++)
		ret->v[ret->n++] = unpack_dup(u);
}

void pack_config(struct pack *p, const struct config *c)
{
	pack_str(p, c->state_dir);
	pack_str(p, c->runtime_dir);
	pack_str(p, c->policy);
	pack_paths(p, &c->rules);
	pack_paths(p, &c->protect);
	pack_paths(p, &c->watch);
	pack_u32(p, c->workers);
	pack_u32(p, c->uid);
	pack_u32(p, c->gid);
	pack_u32(p, c->index);
	pack_u32(p, c->agent_pid);
	pack_u64(p, c->hold_ns);
	pack_u64(p, c->scan_cpu_ns);
	pack_u64(p, c->background_cpu_ns);
	pack_u64(p, c->file_bytes);
	pack_u64(p, c->worker_memory);
	pack_u32(p, c->reviewers_gid);
	pack_u64(p, c->journal_segment_bytes);
	pack_u64(p, c->journal_total_bytes);
	pack_u64(p, c->journal_keep_ns);
	pack_u32(p, c->journal_hide_names);
	pack_u32(p, c->journal_omit_names);
	pack_u8(p, c->journal_drop_oldest);
	pack_u8(p, c->cgroup_tags);
	pack_u8(p, c->on_demand);
	pack_paths(p, &c->trusted_keys);
	pack_u32(p, c->policy_gid);
	pack_u8(p, c->policy_is_shipped);
	pack_u32(p, c->policy_versions);
	pack_u32(p, c->require_signatures);
	pack_u8(p, c->two_signatures);
	pack_u8(p, c->crawl_under_load);
	pack_u8(p, c->crawl_on_battery);
	pack_u32(p, c->console_uid);
	for (unsigned i = 0; i < CONFIG_ROLES; i++)
		pack_u32(p, c->console_gids[i]);
	pack_u64(p, c->console_session_ns);
}

void unpack_config(struct unpack *u, struct config *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->state_dir = unpack_dup(u);
	ret->runtime_dir = unpack_dup(u);
	ret->policy = unpack_dup(u);
	unpack_paths(u, &ret->rules);
	unpack_paths(u, &ret->protect);
	unpack_paths(u, &ret->watch);
	ret->workers = unpack_u32(u);
	ret->uid = unpack_u32(u);
	ret->gid = unpack_u32(u);
	ret->index = unpack_u32(u);
	ret->agent_pid = unpack_u32(u);
	ret->hold_ns = unpack_u64(u);
	ret->scan_cpu_ns = unpack_u64(u);
	ret->background_cpu_ns = unpack_u64(u);
	ret->file_bytes = unpack_u64(u);
	ret->worker_memory = unpack_u64(u);
	ret->reviewers_gid = unpack_u32(u);
	ret->journal_segment_bytes = unpack_u64(u);
	ret->journal_total_bytes = unpack_u64(u);
	ret->journal_keep_ns = unpack_u64(u);
	ret->journal_hide_names = unpack_u32(u);
	ret->journal_omit_names = unpack_u32(u);
	ret->journal_drop_oldest = unpack_u8(u) != 0;
	ret->cgroup_tags = unpack_u8(u) != 0;
	ret->on_demand = unpack_u8(u) != 0;
	unpack_paths(u, &ret->trusted_keys);
	ret->policy_gid = unpack_u32(u);
	ret->policy_is_shipped = unpack_u8(u) != 0;
	ret->policy_versions = unpack_u32(u);
	ret->require_signatures = unpack_u32(u);
	ret->two_signatures = unpack_u8(u) != 0;
	ret->crawl_under_load = unpack_u8(u) != 0;
	ret->crawl_on_battery = unpack_u8(u) != 0;
	ret->console_uid = unpack_u32(u);
	for (unsigned i = 0; i < CONFIG_ROLES; i++)
		ret->console_gids[i] = unpack_u32(u);
	ret->console_session_ns = unpack_u64(u);
}

static void paths_done(struct config_paths *paths)
{
	for (uint32_t i = 0; i < paths->n; i++)
		free(paths->v[i]);
	paths->n = 0;
}

void config_done(struct config *c)
{
	free(c->state_dir);
	free(c->runtime_dir);
	free(c->policy);
	paths_done(&c->rules);
	paths_done(&c->protect);
	paths_done(&c->watch);
	paths_done(&c->trusted_keys);
	memset(c, 0, sizeof(*c));
}
