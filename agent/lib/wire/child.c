/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/child.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/peer.h"

struct child {
	struct wire_peer *supervisor;
	const struct child_events *events;
	void *userdata;
	struct wire_row rows[CHILD_ROWS_MAX];
};

static const struct wire_row own_rows[] = {
	{SUP_PEER, 5, 5, 1},
	{SUP_PING, 0, 0, 0},
	{SUP_STOP, 0, 0, 0},
};

int child_config(struct config *ret)
{
	struct pollfd p = {.fd = PROTOCOL_CONTROL_FD, .events = POLLIN};
	struct buf storage = BUF_INIT(0);
	struct wire_frame f;
	struct unpack u;
	int r;

	do
		r = poll(&p, 1, -1);
	while (r < 0 && errno == EINTR);
	r = r < 0 ? -errno : wire_receive(PROTOCOL_CONTROL_FD, &storage, &f);
	if (r == WIRE_EOF)
		r = -ECONNRESET;
	if (r == 0) {
		u = (struct unpack){f.body, 0};
		unpack_config(&u, ret);
		r = f.type == SUP_CONFIG ? unpack_end(&u) : -EPROTO;
		if (r < 0)
			config_done(ret);
		wire_frame_done(&f);
	}
	buf_done(&storage);
	return r;
}

static int on_peer(struct child *c, struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	uint8_t role = unpack_enum(&u, ROLE_MAX);
	uint32_t index = unpack_u32(&u);

	if (unpack_end(&u) < 0)
		return -EPROTO;
	return c->events->peer(c->userdata, (enum role)role, index, wire_frame_take_fd(f, 0));
}

static int on_frame(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct child *c = userdata;

	(void)why;
	if (!f) {
		c->supervisor = wire_peer_free(peer);
		return c->events->stop(c->userdata);
	}
	switch (f->type) {
	case SUP_PEER: return on_peer(c, f);
	case SUP_PING: return wire_peer_send(peer, CHILD_PONG, f->id, VIEW_EMPTY, NULL, 0);
	case SUP_STOP: return c->events->stop(c->userdata);
	default: return c->events->frame(c->userdata, f);
	}
}

int child_new(struct loop *l, const struct child_events *events, void *userdata, struct child **ret)
{
	struct child *c = calloc(1, sizeof(*c));
	int r;

	assert(ARRAY_SIZE(own_rows) + events->n_rows <= CHILD_ROWS_MAX);
	if (!c)
		return -ENOMEM;
	c->events = events;
	c->userdata = userdata;
	memcpy(c->rows, own_rows, sizeof(own_rows));
	if (events->n_rows > 0)
		memcpy(c->rows + ARRAY_SIZE(own_rows), events->rows,
			events->n_rows * sizeof(*events->rows));
	r = wire_peer_new(l, PROTOCOL_CONTROL_FD, c->rows, ARRAY_SIZE(own_rows) + events->n_rows,
		on_frame, c, &c->supervisor);
	if (r < 0) {
		free(c);
		return r;
	}
	*ret = c;
	return 0;
}

struct child *child_free(struct child *c)
{
	if (c) {
		wire_peer_free(c->supervisor);
		free(c);
	}
	return NULL;
}

int child_send(struct child *c, uint16_t type, uint32_t id, struct view body, const int *fds,
	unsigned n_fds)
{
	return c->supervisor ? wire_peer_send(c->supervisor, type, id, body, fds, n_fds) : -EPIPE;
}

int child_ready(struct child *c, const char *note)
{
	struct buf b = BUF_INIT(4096);
	struct pack p = {&b, 0};
	int r;

	pack_str(&p, note);
	r = p.error ? p.error : child_send(c, CHILD_READY, 0, buf_view(&b), NULL, 0);
	buf_done(&b);
	return r;
}

void child_fatal(const char *fmt, ...)
{
	struct buf b = BUF_INIT(4096);
	struct pack p = {&b, 0};
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pack_str(&p, text);
	/* A supervisor that is gone needs no reason. */
	if (!p.error && wire_send(PROTOCOL_CONTROL_FD, CHILD_FATAL, 0, buf_view(&b), NULL, 0) < 0)
		buf_clear(&b);
	buf_done(&b);
}
