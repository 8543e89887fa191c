/* SPDX-License-Identifier: Apache-2.0 */
/* The course of a gate: what a predecessor left, then events until the end, then what is held. */
#include "gate/serve.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <time.h>

#include "base/fd.h"
#include "jail/jail.h"

#define CAP_BIT(c) (UINT64_C(1) << (c))

static void tell_time(struct gate *g)
{
	time_t now;
	struct tm tm;

	g->now = clock_now();
	g->boot_offset = clock_realtime() - g->now;
	if (g->now < g->offset_due)
		return;
	g->offset_due = g->now + 60 * NSEC_PER_SEC;
	now = (time_t)((g->boot_offset + g->now) / NSEC_PER_SEC);
	/* Computed from what tzset() read at start: opens nothing. */
	if (localtime_r(&now, &tm))
		g->utc_offset = (int32_t)tm.tm_gmtoff;
}

static int on_beat(void *userdata)
{
	struct gate *g = userdata;

	tell_time(g);
	proc_drain_exits(g);
	hold_expire(g);
	link_ask(g);
	files_look(g);
	event_beat(g);
	loop_timer_set(g->beat_timer, g->now + GATE_BEAT_NS);
	return 0;
}

static int on_hold(void *userdata)
{
	hold_expire(userdata);
	return 0;
}

static int on_group(void *userdata, int fd, uint32_t events)
{
	struct gate *g = userdata;
	uint64_t until = clock_now() + GATE_ROUND_NS;
	int r = 1;

	(void)fd;
	(void)events;
	for (int i = 0; i < GATE_BATCHES_PER_ROUND && r > 0 && clock_now() < until; i++)
		r = event_read(g, judge_event);
	return r < 0 && r != -EAGAIN ? r : 0;
}

static int confine(void)
{
	const struct jail_options o = {
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
		.keep_caps = CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_SYS_PTRACE) |
			CAP_BIT(CAP_DAC_READ_SEARCH) | CAP_BIT(CAP_LEASE) |
			CAP_BIT(CAP_FOWNER), /* O_NOATIME */
	};
	unsigned layers;

	return jail_enter(JAIL_GATE, &o, &layers);
}

static int start(struct gate *g)
{
	int r;

	mounts_init(g);
	fds_init(g);
	r = proc_init(g);
	/* What was in use once stays in memory: an opener does not wait for a disk that swaps.
	   Where it may not be locked, he does. */
	(void)mlockall(MCL_CURRENT | MCL_ONFAULT);
	if (r == 0)
		r = confine();
	if (r < 0)
		return r;
	files_init(g);
	tell_time(g);
	/* Numbers may repeat: the old ones are answered before any new event is read. */
	hold_recover(g);
	g->shared->policy_version = g->policy_version;
	g->serving = true;
	loop_timer_set(g->beat_timer, g->now + GATE_BEAT_NS);
	event_beat(g);
	r = loop_add(g->loop, g->group, EPOLLIN, on_group, g, &g->group_source);
	if (r == 0)
		r = child_ready(g->child, "");
	return r;
}

int serve_init(struct gate *g)
{
	int r = loop_timer_new(g->loop, on_hold, g, &g->hold_timer);

	g->look.key = hash_key_new();
	if (r == 0)
		r = loop_timer_new(g->loop, look_turn, g, &g->look_timer);
	return r < 0 ? r : loop_timer_new(g->loop, on_beat, g, &g->beat_timer);
}

int serve_when_complete(struct gate *g)
{
	if (g->serving || g->group < 0 || !g->shared || !g->policy)
		return 0;
	return start(g);
}

int serve_stop(struct gate *g)
{
	if (!g->serving)
		return LOOP_DONE;
	g->stopping = true;
	loop_timer_set(g->look_timer, 0);
	tell_time(g);
	hold_release(g);
	/* What came meanwhile; afterwards the group is the supervisor's. */
	for (;;) {
		int r = event_read(g, judge_event);

		if (r < 0)
			break;
	}
	hold_release(g);
	return LOOP_DONE;
}
