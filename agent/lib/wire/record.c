/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/record.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "wire/wire_facts.h"

const char *record_cause_name(enum record_cause cause)
{
	static const char *const names[] = {"known", "scanned", "deadline", "core-gone", "pressure",
		"successor", "descriptors", "store"};

	static_assert(ARRAY_SIZE(names) == RECORD_CAUSE_MAX, "one name per cause");
	return (unsigned)cause < RECORD_CAUSE_MAX ? names[cause] : "?";
}

enum failure record_cause_failure(enum record_cause cause)
{
	switch (cause) {
	case RECORD_CAUSE_DEADLINE: return FAILURE_DEADLINE;
	case RECORD_CAUSE_CORE_GONE: return FAILURE_CORE_GONE;
	case RECORD_CAUSE_PRESSURE: return FAILURE_PRESSURE;
	case RECORD_CAUSE_SUCCESSOR: return FAILURE_CRASH;
	case RECORD_CAUSE_DESCRIPTORS: return FAILURE_DESCRIPTORS;
	case RECORD_CAUSE_STORE: return FAILURE_STORE;
	case RECORD_CAUSE_KNOWN:
	case RECORD_CAUSE_SCANNED:
	case RECORD_CAUSE_MAX: break;
	}
	return FAILURE_NONE;
}

const char *record_way_name(enum record_way way)
{
	static const char *const names[] = {
		"open", "read", "inherited", "already-open", "written", "at-rest"};

	static_assert(ARRAY_SIZE(names) == RECORD_WAY_MAX, "one name per way");
	return (unsigned)way < RECORD_WAY_MAX ? names[way] : "?";
}

void pack_record(struct pack *p, const struct gate_record *r)
{
	pack_u64(p, r->realtime);
	pack_u64(p, r->hold_ns);
	pack_u64(p, r->start_time);
	pack_u32(p, r->pid);
	pack_u32(p, r->ppid);
	pack_u32(p, r->uid);
	pack_u32(p, r->policy_version);
	pack_u8(p, (uint8_t)r->action);
	pack_u8(p, (uint8_t)r->intended);
	pack_u8(p, (uint8_t)r->channel);
	pack_u8(p, (uint8_t)r->cause);
	pack_key(p, &r->key);
	pack_brief(p, &r->facts);
	pack_str(p, r->app);
	pack_str(p, r->rule);
	pack_str(p, r->identified);
	pack_str(p, r->comm);
	pack_str(p, r->exe);
	pack_str(p, r->path);
	pack_u8(p, (uint8_t)r->way);
	pack_u32(p, r->override);
	pack_str(p, r->sandbox);
	pack_u32(p, r->n_ancestors);
	for (uint32_t i = 0; i < r->n_ancestors; i++) {
		pack_u32(p, r->ancestors[i].pid);
		pack_str(p, r->ancestors[i].comm);
		pack_str(p, r->ancestors[i].exe);
	}
	pack_u8(p, (uint8_t)r->failure);
	pack_u8(p, (uint8_t)r->may_be);
	pack_u8(p, r->meeting);
	pack_u32(p, r->posture);
}

static void unpack_ancestors(struct unpack *u, struct gate_record *ret)
{
	uint32_t n = unpack_u32(u);

	if (n > RECORD_ANCESTORS_MAX) {
		u->error = -EPROTO;
		return;
	}
	for (uint32_t i = 0; i < n && !u->error; i++) {
		struct record_ancestor *a = &ret->ancestors[ret->n_ancestors++];

		a->pid = unpack_u32(u);
		unpack_str(u, a->comm, sizeof(a->comm));
		unpack_str(u, a->exe, sizeof(a->exe));
	}
}

void unpack_record(struct unpack *u, struct gate_record *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->realtime = unpack_u64(u);
	ret->hold_ns = unpack_u64(u);
	ret->start_time = unpack_u64(u);
	ret->pid = unpack_u32(u);
	ret->ppid = unpack_u32(u);
	ret->uid = unpack_u32(u);
	ret->policy_version = unpack_u32(u);
	ret->action = (enum action)unpack_enum(u, ACTION_MAX);
	ret->intended = (enum action)unpack_enum(u, ACTION_MAX);
	ret->channel = (enum channel)unpack_enum(u, CHANNEL_MAX);
	ret->cause = (enum record_cause)unpack_enum(u, RECORD_CAUSE_MAX);
	unpack_key(u, &ret->key);
	unpack_brief(u, &ret->facts);
	unpack_str(u, ret->app, sizeof(ret->app));
	unpack_str(u, ret->rule, sizeof(ret->rule));
	unpack_str(u, ret->identified, sizeof(ret->identified));
	unpack_str(u, ret->comm, sizeof(ret->comm));
	unpack_str(u, ret->exe, sizeof(ret->exe));
	unpack_str(u, ret->path, sizeof(ret->path));
	if (u->in.n > 0)
		ret->way = (enum record_way)unpack_enum(u, RECORD_WAY_MAX);
	if (u->in.n > 0) {
		ret->override = unpack_u32(u);
		unpack_str(u, ret->sandbox, sizeof(ret->sandbox));
		unpack_ancestors(u, ret);
		ret->failure = (enum failure)unpack_enum(u, FAILURE_MAX);
		ret->may_be = (enum may_be)unpack_enum(u, MAY_BE_MAX);
		ret->meeting = unpack_enum(u, 2);
	}
	if (u->in.n > 0)
		ret->posture = unpack_u32(u);
}
