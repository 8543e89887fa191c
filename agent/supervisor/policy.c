/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies from core to the gate. A new one is put in force when the gate has said that it judges
 * by it; until then, and where it does not, the last one stays the agent's. A gate that ends before
 * it has answered is not given it again.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "supervisor/agent_state.h"

/* So long the programs of new applications are waited for, while starts may wait for us. */
#define NEW_APPS_MS 250

void agent_policy_done(struct agent_policy *p)
{
	apptable_close(p->apps);
	if (p->apps_map.n > 0)
		munmap((void *)p->apps_map.p, p->apps_map.n);
	fd_close(p->policy_fd);
	fd_close(p->apps_fd);
	*p = (struct agent_policy){.policy_fd = -1, .apps_fd = -1};
}

void agent_give_starts(struct agent *a, const struct apptable *apps)
{
	int fd = apps ? group_mark_sandboxed(a->group, apps) : -1;

	if (fd >= 0)
		unchecked(proc_send(a->gate, SUP_STARTS, 0, VIEW_EMPTY, &fd, 1));
	fd_close(fd);
}

static int put_build_ids(const struct agent *a, const struct apptable *apps, struct buf *ret)
{
	size_t n;
	const struct program *v = lookup_programs(a->lookup, &n);
	struct pack p = {ret, 0};
	uint32_t app, told = 0;

	for (size_t i = 0; i < n && told < WIRE_BUILD_IDS_MAX; i++) {
		app = v[i].id.n ? apptable_match_exe(apps, v[i].path) : APP_NONE;
		if (app == APP_NONE)
			continue;
		pack_u32(&p, app);
		pack_view(&p, view_of(v[i].id.v, v[i].id.n));
		told++;
	}
	return p.error;
}

/* By which it knows copies of them, and those in sandboxes. What is not told now is told with the
   next look at the applications' programs. */
void agent_give_build_ids(struct agent *a, const struct apptable *apps)
{
	struct buf body = BUF_INIT(WIRE_BODY_MAX);

	if (apps && put_build_ids(a, apps, &body) == 0)
		unchecked(proc_send(a->gate, SUP_BUILD_IDS, 0, buf_view(&body), NULL, 0));
	buf_done(&body);
	agent_give_starts(a, apps);
}

static bool same_apps(const struct agent_policy *x, const struct agent_policy *y)
{
	return x->apps && y->apps && view_eq(x->apps_map, y->apps_map);
}

static int give(struct agent *a, const struct agent_policy *p, uint32_t id)
{
	int fds[2] = {p->policy_fd, p->apps_fd};
	uint8_t version[4];

	for (int i = 0; i < 4; i++)
		version[i] = (uint8_t)(p->version >> 8 * i);
	return proc_send(a->gate, SUP_POLICY, id, view_of(version, 4), fds, 2);
}

static void give_next(struct agent *a)
{
	if (!a->next_id || give(a, &a->next, a->next_id) < 0)
		return; /* the gate is away: its successor gets it */
	a->next_sent = true;
	if (!same_apps(&a->next, &a->policy))
		agent_give_build_ids(a, a->next.apps);
}

/* Core, or its successor, which knows nothing of the number, and asks anew. */
static void tell_core(struct agent *a, uint32_t id, uint32_t version, int error)
{
	uint8_t body[8];

	for (int i = 0; i < 4; i++) {
		body[i] = (uint8_t)(version >> 8 * i);
		body[4 + i] = (uint8_t)((uint32_t)-error >> 8 * i);
	}
	if (proc_send(a->core, SUP_POLICY_DONE, id, view_of(body, sizeof(body)), NULL, 0) < 0)
		agent_say(a, "core is away and does not hear of policy version %u", version);
}

static void drop_next(struct agent *a, int error)
{
	uint32_t id = a->next_id, version = a->next.version;

	if (!id)
		return;
	agent_policy_done(&a->next);
	a->next_id = 0;
	a->next_sent = false;
	tell_core(a, id, version, error);
}

/* What is in force from now on. */
static void adopt(struct agent *a, struct agent_policy *p)
{
	bool same = same_apps(p, &a->policy);

	agent_policy_done(&a->policy);
	a->policy = *p;
	*p = (struct agent_policy){.policy_fd = -1, .apps_fd = -1};
	if (!a->serving)
		return;
	if (!same)
		agent_look_at_programs(a, false, NEW_APPS_MS);
	agent_ask_to_look(a, true);
}

static int read_policy(struct wire_frame *f, struct agent_policy *ret)
{
	struct agent_policy p = {.policy_fd = -1, .apps_fd = -1};
	struct unpack u = {f->body, 0};
	int r;

	p.version = unpack_u32(&u);
	r = fd_map_sealed(f->fds[1], &p.apps_map);
	if (r == 0)
		r = apptable_open(p.apps_map, &p.apps);
	if (r < 0) {
		agent_policy_done(&p);
		return r;
	}
	p.policy_fd = wire_frame_take_fd(f, 0);
	p.apps_fd = wire_frame_take_fd(f, 1);
	*ret = p;
	return 0;
}

void agent_policy_from_core(struct agent *a, struct wire_frame *f)
{
	struct agent_policy p;
	int r = read_policy(f, &p);

	if (r < 0) {
		agent_say(a, "core sent a policy that cannot be read; version %u stays in force",
			a->policy.version);
		if (f->id)
			tell_core(a, f->id, 0, r);
		return;
	}
	drop_next(a, -ECANCELED);
	if (f->id == 0 || a->policy.policy_fd < 0) {
		adopt(a, &p);
		if (give(a, &a->policy, 0) == 0)
			agent_give_build_ids(a, a->policy.apps);
		if (f->id)
			tell_core(a, f->id, a->policy.version, 0);
		return;
	}
	a->next = p;
	a->next_id = f->id;
	give_next(a);
}

void agent_policy_from_gate(struct agent *a, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	uint32_t version = unpack_u32(&u), error = unpack_u32(&u);

	if (unpack_end(&u) < 0)
		return;
	if (error && (f->id == 0 || f->id == a->next_id))
		agent_say(a, "the gate does not take policy version %u: %s", version,
			strerror((int)MIN(error, 4096U)));
	if (f->id == 0 || f->id != a->next_id)
		return;
	if (error) {
		bool same = same_apps(&a->next, &a->policy);

		drop_next(a, -(int)MIN(error, 4096U));
		if (!same)
			agent_give_build_ids(a, a->policy.apps);
		return;
	}
	adopt(a, &a->next);
	a->next_id = 0;
	a->next_sent = false;
	tell_core(a, f->id, version, 0);
}

void agent_policy_gate_started(struct agent *a)
{
	if (a->policy.policy_fd < 0)
		return;
	if (give(a, &a->policy, 0) < 0)
		agent_say(a, "the gate is away; its successor gets policy version %u",
			a->policy.version);
	else
		agent_give_build_ids(a, a->policy.apps);
	agent_give_posture(a, a->gate);
	give_next(a);
}

void agent_policy_gate_ended(struct agent *a)
{
	/* It may have ended of it. */
	if (a->next_sent)
		drop_next(a, -EPIPE);
}
