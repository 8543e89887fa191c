/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The applications that live: tagged when they start or are found, covered before they go on, and
 * looked at for calls.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "supervisor/agent_state.h"
#include "wire/protocol.h"

static void remember_told(struct agent *a, uint32_t pid, uint32_t app)
{
	struct told *t = &a->told[a->next_told++ % TOLD_MAX];

	t->pid = pid;
	snprintf(t->app, sizeof(t->app), "%s",
		a->policy.apps && app < apptable_n(a->policy.apps)
			? apptable_id(a->policy.apps, app)
			: "");
}

static void each_process(
	void *userdata, void (*fn)(void *look, uint32_t pid, const char *app_id), void *look)
{
	struct agent *a = userdata;

	if (!group_is_armed(a->group))
		return; /* no application lives, as far as anybody knows */
	if (a->tags && !a->tags_error[0]) {
		tags_each(a->tags, fn, look);
		return;
	}
	for (uint32_t i = 0; i < TOLD_MAX; i++)
		if (a->told[i].pid)
			fn(look, a->told[i].pid, a->told[i].app);
}

void agent_tell_gate_meeting(struct agent *a)
{
	const uint8_t body = meeting_is_on(a->meeting);

	/* Its successor is told when it starts. */
	unchecked(proc_send(a->gate, SUP_MEETING, 0, view_of(&body, 1), NULL, 0));
}

static void on_meeting(void *userdata, const struct meeting_call *call)
{
	struct buf body = BUF_INIT(512);
	struct agent *a = userdata;
	struct pack p = {&body, 0};

	agent_tell_gate_meeting(a);
	pack_u8(&p, call->on);
	pack_u32(&p, call->uid);
	pack_u64(&p, call->since);
	pack_str(&p, call->app);
	pack_str(&p, meeting_sign_name(call->sign));
	/* A core that is away misses the record; the gate judges by it all the same. */
	if (!p.error && proc_send(a->core, SUP_CALL, 0, buf_view(&body), NULL, 0) < 0)
		a->events_lost++;
	buf_done(&body);
}

const struct meeting_events agent_meeting_events = {
	.each = each_process,
	.changed = on_meeting,
};

static int tag(struct agent *a, uint32_t pid, uint32_t app)
{
	int r = -ENOENT;

	remember_told(a, pid, app);
	if (!a->tags)
		return -EOPNOTSUPP;
	if (a->policy.apps && app < apptable_n(a->policy.apps))
		r = tags_put(a->tags, pid, apptable_id(a->policy.apps, app));
	if (r < 0)
		snprintf(a->tags_error, sizeof(a->tags_error), "%s", strerror(-r));
	return r;
}

static void answer_tag(struct agent *a, uint32_t id, int tagged, int covered)
{
	uint8_t body[8];

	for (int i = 0; i < 4; i++) {
		body[i] = (uint8_t)((uint32_t)-tagged >> 8 * i);
		body[4 + i] = (uint8_t)((uint32_t)-covered >> 8 * i);
	}
	if (proc_send(a->gate, SUP_TAGGED, id, view_of(body, sizeof(body)), NULL, 0) < 0)
		agent_say(a, "the gate went away while it waited for a tag");
}

void agent_tagged_start(struct agent *a, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	uint32_t pid = unpack_u32(&u), app = unpack_u32(&u);
	/* Covering first: it is quick, and tagging may take its time. */
	int covered = arming_alive(a->arming);

	group_cover_process(a->group, pid);
	answer_tag(a, f->id, tag(a, pid, app), covered);
}

/* An application that was not seen starting. It is recorded where it ran before, or where it ran
   uncovered; not each time that a covered one has another child. */
void agent_found(struct agent *a, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	uint32_t pid = unpack_u32(&u), app = unpack_u32(&u);
	bool before = unpack_u8(&u) != 0, armed = group_is_armed(a->group);
	uint32_t n_files = unpack_u32(&u);
	struct view file = unpack_view(&u);
	const char *id = a->policy.apps && app < apptable_n(a->policy.apps)
		? apptable_id(a->policy.apps, app)
		: "?";
	int covered;

	if (unpack_end(&u) < 0)
		return;
	covered = arming_alive(a->arming);
	group_cover_process(a->group, pid);
	answer_tag(a, f->id, tag(a, pid, app), covered);
	if (before)
		agent_record(
			a, "agent", "already-running", 0, "%s (process %u) ran already", id, pid);
	else if (!armed)
		agent_record(a, "agent", "noticed", 0,
			"%s (process %u) was not seen starting; covered from now on", id, pid);
	if (agent_names_no_files(a))
		file = view_str("(name omitted)");
	if (before && n_files > 0)
		agent_record(a, "agent", "already-open", 0,
			"%s (process %u) has %u protected files open already, one is %.*s", id, pid,
			n_files, (int)MIN(file.n, (size_t)700), (const char *)file.p);
}

static void on_uncovered(void *userdata, const char *why)
{
	struct agent *a = userdata;

	agent_say(a, "%s", why);
	agent_record(a, "gap", "coverage", clock_realtime(), "%s", why);
}

static bool is_application(void *userdata, const char *id)
{
	const struct agent *a = userdata;

	return apptable_find(a->policy.apps, id) != APP_NONE;
}

static bool is_tag_in_use(void *userdata)
{
	struct agent *a = userdata;

	return a->tags && a->policy.apps && tags_populated(a->tags, is_application, a);
}

static void on_doubt(void *userdata)
{
	agent_ask_to_look(userdata, false);
}

const struct arming_events agent_arming_events = {
	.failed = on_uncovered,
	.in_use = is_tag_in_use,
	.doubt = on_doubt,
};
