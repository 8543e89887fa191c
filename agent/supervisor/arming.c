/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/arming.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct arming {
	struct group *group;
	struct loop_timer *timer; /* set while idle is believed and the grace runs */
	const struct arming_events *events;
	void *userdata;
	uint64_t times, last; /* how often armed, and when last (realtime) */
	uint64_t max_ns;      /* longest arming */
	bool on_demand, ended;
	int error;
};

static int on_grace(void *userdata)
{
	struct arming *a = userdata;

	/* The second witness: a process that the gate missed lives in a group of its own. */
	if (a->events->in_use(a->userdata))
		a->events->doubt(a->userdata);
	else
		group_disarm(a->group);
	return 0;
}

int arming_new(struct loop *l, struct group *g, bool on_demand, const struct arming_events *events,
	void *userdata, struct arming **ret)
{
	struct arming *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return -ENOMEM;
	a->group = g;
	a->on_demand = on_demand;
	a->events = events;
	a->userdata = userdata;
	r = loop_timer_new(l, on_grace, a, &a->timer);
	if (r < 0) {
		free(a);
		return r;
	}
	*ret = a;
	return 0;
}

struct arming *arming_free(struct arming *a)
{
	if (a)
		loop_timer_free(a->timer);
	free(a);
	return NULL;
}

int arming_alive(struct arming *a)
{
	uint64_t began = clock_now();
	char why[600] = "";
	int r;

	if (a->ended)
		return -ECANCELED;
	loop_timer_set(a->timer, 0);
	if (group_is_armed(a->group))
		return a->error;
	r = group_arm(a->group, why, sizeof(why));
	a->error = MIN(r, 0);
	a->times++;
	a->last = clock_realtime();
	a->max_ns = MAX(a->max_ns, clock_now() - began);
	if (r < 0)
		a->events->failed(a->userdata, why[0] ? why : strerror(-r));
	return a->error;
}

void arming_idle(struct arming *a)
{
	if (a->on_demand && !a->ended && group_is_armed(a->group))
		loop_timer_set(a->timer, clock_now() + ARMING_GRACE_NS);
}

void arming_end(struct arming *a)
{
	loop_timer_set(a->timer, 0);
	a->ended = true;
}

void arming_status(const struct arming *a, struct json *j)
{
	char when[CLOCK_TEXT_MAX] = "";

	if (a->last)
		clock_format(a->last, when);
	json_object(j);
	json_key_str(j, "when", a->on_demand ? "on-demand" : "always");
	json_key_str(j, "state", group_is_armed(a->group) ? "armed" : "idle");
	json_key_u64(j, "times", a->times);
	json_key_str(j, "last", when);
	json_key(j, "max_ms");
	json_double(j, (double)a->max_ns / 1e6, 3);
	json_key_str(j, "error", a->error ? strerror(-a->error) : "");
	json_object_end(j);
}
