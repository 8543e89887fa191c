/* SPDX-License-Identifier: Apache-2.0 */
/* Frames to and from core. Nothing here waits: what core does not take at once is not sent. */
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "gate/gate.h"
#include "wire/frame.h"
#include "wire/protocol.h"
#include "wire/wire_facts.h"

#define FACTS_BODY      51U /* key, brief, flag */
#define CONTENT_BODY    2U
#define CLASSIFIED_BODY 50U /* key, brief */

static const struct wire_row rows[] = {
	{CORE_FACTS, FACTS_BODY, FACTS_BODY + CONTENT_BODY + 4, 0},
	{CORE_RECORDED, 0, 0, 0},
	{CORE_CLASSIFIED, CLASSIFIED_BODY, CLASSIFIED_BODY, 1},
	{CORE_DROPPED, 44, 128, 1},
};

static void watch_output(struct gate *g, bool on)
{
	if (g->core_wants_out == on || !g->core_source)
		return;
	if (loop_source_events(g->core_source, EPOLLIN | (on ? EPOLLOUT : 0U)) == 0)
		g->core_wants_out = on;
}

int link_send(struct gate *g, uint16_t type, uint32_t id, int fd)
{
	int r;

	if (g->core < 0)
		return -EPIPE;
	r = wire_send(g->core, type, id, buf_view(&g->frame), &fd, fd >= 0);
	if (r == -EPIPE || r == -ECONNRESET)
		return -EPIPE; /* the loop sees it too, and drops the socket */
	if (r == -EAGAIN)
		watch_output(g, true);
	return r < 0 ? -EAGAIN : 0;
}

static enum record_cause cause_of(enum failure core)
{
	switch (core) {
	case FAILURE_PRESSURE: return RECORD_CAUSE_PRESSURE;
	case FAILURE_DESCRIPTORS: return RECORD_CAUSE_DESCRIPTORS;
	case FAILURE_STORE: return RECORD_CAUSE_STORE;
	case FAILURE_NONE:
	case FAILURE_DEADLINE:
	case FAILURE_CRASH:
	case FAILURE_UNREADABLE:
	case FAILURE_CORE_GONE:
	case FAILURE_MAX: break;
	}
	return RECORD_CAUSE_SCANNED;
}

static int on_facts(struct gate *g, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct facts_brief facts;
	struct file_key key;
	unsigned flags;

	unpack_key(&u, &key);
	unpack_brief(&u, &facts);
	flags = unpack_enum(&u, 2 * FAILURE_MAX);
	if (u.in.n % 4 == CONTENT_BODY) {
		facts.content = unpack_u8(&u);
		facts.content |= (uint16_t)(unpack_u8(&u) << 8);
	}
	if (u.in.n > 0) {
		uint32_t generation = unpack_u32(&u);

		if (!u.error && generation != g->generation) {
			/* These facts are of the new rules; all others are not. */
			facts_forget(g);
			hold_epoch(g, f->id);
			g->generation = generation;
		}
	}
	if (unpack_end(&u) < 0)
		return -EPROTO;
	hold_facts(g, f->id, &key, &facts, flags & 1, cause_of((enum failure)(flags >> 1)));
	return 0;
}

/* Core has read it for watch. */
static int on_classified(struct gate *g, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct facts_brief facts;
	struct file_look look;
	struct file_key key;

	unpack_key(&u, &key);
	unpack_brief(&u, &facts);
	if (unpack_end(&u) < 0)
		return -EPROTO;
	if (judge_look(f->fds[0], &look) == 0 && look.regular && file_key_eq(&look.key, &key))
		marks_facts(g, f->fds[0], mounts_track(g, look.mount, g->self), &key, &facts);
	return 0;
}

static int on_dropped(struct gate *g, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct file_key key;
	char app[64];

	unpack_key(&u, &key);
	unpack_str(&u, app, sizeof(app));
	if (unpack_end(&u) < 0)
		return -EPROTO;
	posture_dropped(g, f->fds[0], app);
	return 0;
}

static int on_frame(struct gate *g, const struct wire_frame *f)
{
	if (wire_check(rows, ARRAY_SIZE(rows), f) < 0)
		return -EPROTO;
	if (f->type == CORE_FACTS)
		return on_facts(g, f);
	if (f->type == CORE_DROPPED)
		return on_dropped(g, f);
	if (f->type == CORE_CLASSIFIED)
		return on_classified(g, f);
	record_acknowledge(g, f->id);
	return 0;
}

static int on_core(void *userdata, int fd, uint32_t events)
{
	struct gate *g = userdata;
	struct wire_frame f;

	g->now = clock_now();
	if (events & EPOLLOUT) {
		watch_output(g, false);
		record_flush(g);
	}
	for (int i = 0; i < GATE_FRAMES_PER_ROUND; i++) {
		int r = wire_receive(fd, &g->storage, &f);

		if (r == -EAGAIN)
			return 0;
		if (r == 0) {
			r = on_frame(g, &f);
			wire_frame_done(&f);
		}
		if (r != 0) {
			link_drop(g);
			return 0;
		}
	}
	return 0;
}

void link_drop(struct gate *g)
{
	if (g->core < 0)
		return;
	g->core_source = loop_source_remove(g->core_source);
	g->core = fd_close(g->core);
	g->core_lost = clock_now();
	g->core_wants_out = false;
	hold_core_gone(g);
}

void link_set(struct gate *g, int sock)
{
	link_drop(g);
	if (fcntl(sock, F_SETFL, O_NONBLOCK) < 0 ||
		loop_add(g->loop, sock, EPOLLIN, on_core, g, &g->core_source) < 0) {
		fd_close(sock);
		return;
	}
	g->core = sock;
	g->core_lost = 0;
	record_resend(g);
}

/* A frame that could not be received, as for want of a descriptor, ends the socket, not core. */
void link_ask(struct gate *g)
{
	if (g->core_lost == 0 || g->stopping || g->now < g->core_lost + GATE_UNLINKED_NS)
		return;
	g->core_lost = g->now; /* a supervisor that is gone takes us along in a moment */
	unchecked(child_send(g->child, GATE_UNLINKED, 0, VIEW_EMPTY, NULL, 0));
}
