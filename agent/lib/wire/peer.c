/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

struct queued {
	struct list node;
	uint16_t type;
	uint32_t id;
	int fds[WIRE_FDS_MAX];
	unsigned n_fds;
	size_t n;
	uint8_t body[];
};

struct wire_peer {
	struct loop *loop;
	struct loop_source *source;
	int sock;
	const struct wire_row *rows;
	size_t n_rows;
	wire_peer_fn fn;
	void *userdata;
	struct buf storage;
	struct list queue;
	size_t n_queued;
	unsigned turn; /* frames */
	bool *freed;   /* set while a callback runs, to notice that it freed us */
};

#define FRAMES_PER_ROUND 64

static void queued_free(struct queued *q)
{
	list_remove(&q->node);
	for (unsigned i = 0; i < q->n_fds; i++)
		fd_close(q->fds[i]);
	free(q);
}

static int flush(struct wire_peer *p)
{
	while (!list_is_empty(&p->queue)) {
		struct queued *q = list_first(&p->queue, struct queued, node);
		int r = wire_send(
			p->sock, q->type, q->id, view_of(q->body, q->n), q->fds, q->n_fds);

		if (r == -EAGAIN)
			return 0;
		if (r < 0)
			return r;
		p->n_queued -= q->n + sizeof(*q);
		queued_free(q);
	}
	return loop_source_events(p->source, EPOLLIN);
}

static int read_frames(struct wire_peer *p, bool *freed)
{
	for (unsigned i = 0; i < p->turn; i++) {
		struct wire_frame f;
		int r = wire_receive(p->sock, &p->storage, &f), why;

		if (r == -EAGAIN)
			return 0;
		if (r == 0) {
			why = wire_check(p->rows, p->n_rows, &f);
			if (why == 0) {
				r = p->fn(p->userdata, p, &f, 0);
				wire_frame_done(&f);
				if (r != 0 || *freed)
					return r;
				continue;
			}
			wire_frame_done(&f);
		} else {
			why = r == WIRE_EOF ? 0 : r;
		}
		p->source = loop_source_remove(p->source);
		return p->fn(p->userdata, p, NULL, why);
	}
	return 0;
}

static int on_event(void *userdata, int fd, uint32_t events)
{
	struct wire_peer *p = userdata;
	bool freed = false;
	int r = 0;

	(void)fd;
	p->freed = &freed;
	if (events & EPOLLOUT && flush(p) < 0)
		events |= EPOLLIN; /* the read below sees the end */
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		r = read_frames(p, &freed);
	if (!freed)
		p->freed = NULL;
	return r;
}

int wire_peer_new(struct loop *l, int sock, const struct wire_row *rows, size_t n_rows,
	wire_peer_fn fn, void *userdata, struct wire_peer **ret)
{
	struct wire_peer *p = calloc(1, sizeof(*p));
	int r;

	if (!p) {
		fd_close(sock);
		return -ENOMEM;
	}
	*p = (struct wire_peer){.loop = l,
		.sock = sock,
		.rows = rows,
		.n_rows = n_rows,
		.fn = fn,
		.userdata = userdata,
		.turn = FRAMES_PER_ROUND};
	list_init(&p->queue);
	r = fcntl(sock, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	if (r == 0)
		r = loop_add(l, sock, EPOLLIN, on_event, p, &p->source);
	if (r < 0) {
		wire_peer_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

struct wire_peer *wire_peer_free(struct wire_peer *p)
{
	if (!p)
		return NULL;
	if (p->freed)
		*p->freed = true;
	loop_source_remove(p->source);
	list_for_each_safe(n, tmp, &p->queue)
		queued_free(list_entry(n, struct queued, node));
	buf_done(&p->storage);
	fd_close(p->sock);
	free(p);
	return NULL;
}

static int enqueue(struct wire_peer *p, uint16_t type, uint32_t id, struct view body,
	const int *fds, unsigned n_fds)
{
	struct queued *q;

	if (n_fds > WIRE_FDS_MAX || body.n > WIRE_BODY_MAX)
		return -EMSGSIZE;
	if (p->n_queued + body.n + sizeof(*q) > WIRE_QUEUE_MAX)
		return -ENOBUFS;
	q = calloc(1, sizeof(*q) + body.n);
	if (!q)
		return -ENOMEM;
	list_init(&q->node);
	q->type = type;
	q->id = id;
	q->n = body.n;
	if (body.n > 0)
		memcpy(q->body, body.p, body.n);
	for (unsigned i = 0; i < n_fds; i++) {
		q->fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
		if (q->fds[i] < 0) {
			int r = -errno;

			queued_free(q);
			return r;
		}
		q->n_fds++;
	}
	list_append(&p->queue, &q->node);
	p->n_queued += q->n + sizeof(*q);
	return loop_source_events(p->source, EPOLLIN | EPOLLOUT);
}

int wire_peer_send(struct wire_peer *p, uint16_t type, uint32_t id, struct view body,
	const int *fds, unsigned n_fds)
{
	int r;

	if (!p->source)
		return -EPIPE;
	if (!list_is_empty(&p->queue))
		return enqueue(p, type, id, body, fds, n_fds);
	r = wire_send(p->sock, type, id, body, fds, n_fds);
	return r == -EAGAIN ? enqueue(p, type, id, body, fds, n_fds) : r;
}

void wire_peer_turn(struct wire_peer *p, unsigned frames)
{
	p->turn = frames;
}

size_t wire_peer_queued(const struct wire_peer *p)
{
	return p->n_queued;
}

int wire_peer_fd(const struct wire_peer *p)
{
	return p->sock;
}
