/* SPDX-License-Identifier: Apache-2.0 */
#include "web/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "wire/console.h"
#include "wire/pack.h"
#include "wire/peer.h"
#include "wire/protocol.h"

#define ID_AS  1U
#define ID_ASK 2U

struct question {
	struct list node;
	struct link *link;
	struct wire_peer *peer; /* NULL: it waits for a connection */
	char session[CONSOLE_SECRET_SIZE];
	uint16_t request;
	struct buf body;
	int fd;
	uint64_t wait_ns, until; /* clock_now() */
	link_fn done;
	void *userdata;
};

struct link {
	struct loop *loop;
	char path[108];
	struct list waiting, active;
	unsigned n_waiting, n_active;
	bool closing;
};

static const struct wire_row rows[] = {
	{CTL_TEXT, 5, WIRE_BODY_MAX, 0},
	{CTL_BLOB, 4, WIRE_BODY_MAX, 1},
};

static void start_waiting(struct link *l);

int link_new(struct loop *loop, const char *socket, struct link **ret)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->loop = loop;
	list_init(&l->waiting);
	list_init(&l->active);
	if (snprintf(l->path, sizeof(l->path), "%s", socket) >= (int)sizeof(l->path)) {
		free(l);
		return -ENAMETOOLONG;
	}
	*ret = l;
	return 0;
}

static void finish(struct question *q, int outcome, struct view text, int fd)
{
	struct link *l = q->link;

	list_remove(&q->node);
	if (q->peer)
		l->n_active--;
	else
		l->n_waiting--;
	q->done(q->userdata, outcome, text, fd);
	wire_peer_free(q->peer);
	explicit_bzero(q->session, sizeof(q->session));
	buf_done(&q->body);
	fd_close(q->fd);
	free(q);
}

struct link *link_free(struct link *l)
{
	if (!l)
		return NULL;
	l->closing = true;
	list_for_each_safe(n, tmp, &l->active)
		finish(list_entry(n, struct question, node), -ECANCELED, VIEW_EMPTY, -1);
	list_for_each_safe(n, tmp, &l->waiting)
		finish(list_entry(n, struct question, node), -ECANCELED, VIEW_EMPTY, -1);
	free(l);
	return NULL;
}

/* Never blocks: an agent that takes nobody is as one that is not there. */
static int dial(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return -errno;
	memcpy(a.sun_path, path, MIN(strlen(path) + 1, sizeof(a.sun_path)));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	r = -errno;
	fd_close(fd);
	return r;
}

static int send_question(struct question *q)
{
	return wire_peer_send(q->peer, q->request, ID_ASK, buf_view(&q->body), &q->fd, q->fd >= 0);
}

static int send_session(struct question *q)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(256);
	struct pack p = {&body, 0};

	pack_str(&p, q->session);
	return p.error ? p.error
		       : wire_peer_send(q->peer, CTL_CONSOLE_AS, ID_AS, buf_view(&body), NULL, 0);
}

static int on_frame(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct question *q = userdata;
	struct link *l = q->link;
	struct unpack u;
	struct view text;
	int failed;

	(void)peer;
	if (!f) {
		finish(q, why < 0 ? why : -ECONNRESET, VIEW_EMPTY, -1);
		start_waiting(l);
		return 0;
	}
	u = (struct unpack){f->body, 0};
	failed = f->type == CTL_TEXT ? unpack_u8(&u) : 0;
	text = unpack_view(&u);
	if (unpack_end(&u) < 0)
		finish(q, -EPROTO, VIEW_EMPTY, -1);
	else if (f->id == ID_AS && failed)
		finish(q, -ESTALE, text, -1);
	else if (f->id == ID_AS && send_question(q) == 0)
		return 0;
	else if (f->id == ID_AS)
		finish(q, -ECONNRESET, VIEW_EMPTY, -1);
	else
		finish(q, failed, text, wire_frame_take_fd(f, 0));
	start_waiting(l);
	return 0;
}

static int start(struct question *q)
{
	struct link *l = q->link;
	int sock = dial(l->path), r;

	if (sock < 0)
		return sock;
	r = wire_peer_new(l->loop, sock, rows, ARRAY_SIZE(rows), on_frame, q, &q->peer);
	if (r < 0)
		return r;
	list_remove(&q->node);
	list_append(&l->active, &q->node);
	l->n_waiting--;
	l->n_active++;
	q->until = clock_now() + q->wait_ns;
	return q->session[0] ? send_session(q) : send_question(q);
}

static void start_waiting(struct link *l)
{
	while (!l->closing && l->n_active < LINK_ACTIVE_MAX && !list_is_empty(&l->waiting)) {
		struct question *q = list_first(&l->waiting, struct question, node);
		int r = start(q);

		if (r < 0)
			finish(q, r, VIEW_EMPTY, -1);
	}
}

int link_ask(struct link *l, const char *session, uint16_t request, struct view body, int fd,
	uint64_t wait_ns, link_fn done, void *userdata)
{
	struct question *q;
	int r;

	if (l->closing || l->n_waiting >= LINK_WAIT_MAX)
		return -EAGAIN;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	*q = (struct question){.link = l,
		.request = request,
		.wait_ns = wait_ns,
		.done = done,
		.userdata = userdata,
		.fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3)};
	list_init(&q->node);
	snprintf(q->session, sizeof(q->session), "%s", session ? session : "");
	r = fd >= 0 && q->fd < 0 ? -errno : buf_put_view(&q->body, body);
	if (r < 0) {
		buf_done(&q->body);
		fd_close(q->fd);
		free(q);
		return r;
	}
	list_append(&l->waiting, &q->node);
	l->n_waiting++;
	return 0; /* begins with the next tick, so that it never calls back from here */
}

void link_tick(struct link *l)
{
	uint64_t now = clock_now();

	list_for_each_safe(n, tmp, &l->active) {
		struct question *q = list_entry(n, struct question, node);

		if (q->until <= now)
			finish(q, -ETIMEDOUT, VIEW_EMPTY, -1);
	}
	start_waiting(l);
}
