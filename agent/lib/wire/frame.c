/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

struct header {
	uint16_t type;
	uint16_t n_fds;
	uint32_t id;
};

int wire_frame_take_fd(struct wire_frame *f, unsigned i)
{
	return i < f->n_fds ? fd_steal(&f->fds[i]) : -1;
}

void wire_frame_done(struct wire_frame *f)
{
	for (unsigned i = 0; i < f->n_fds; i++)
		fd_closep(&f->fds[i]);
	f->n_fds = 0;
}

int wire_send(
	int sock, uint16_t type, uint32_t id, struct view body, const int *fds, unsigned n_fds)
{
	struct header h = {.type = type, .n_fds = (uint16_t)n_fds, .id = id};
	struct iovec iov[2] = {{&h, sizeof(h)}, {(void *)body.p, body.n}};
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int) * WIRE_FDS_MAX)];
	} control = {0};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = body.n ? 2 : 1};

	if (body.n > WIRE_BODY_MAX || n_fds > WIRE_FDS_MAX)
		return -EMSGSIZE;
	if (n_fds > 0) {
		struct cmsghdr *c;

		msg.msg_control = control.space;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
	}
	for (;;) {
		if (sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

static void take_control(struct msghdr *msg, struct wire_frame *f)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (f->n_fds < WIRE_FDS_MAX)
				f->fds[f->n_fds++] = fd;
			else
				fd_close(fd);
		}
	}
}

int wire_receive(int sock, struct buf *storage, struct wire_frame *ret)
{
	struct header h = {0};
	struct wire_frame f = {0};
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int) * WIRE_FDS_MAX)];
	} control;
	struct iovec iov[2] = {{&h, sizeof(h)}};
	struct msghdr msg = {.msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space)};
	ssize_t n;
	int r;

	buf_clear(storage);
	r = buf_reserve(storage, WIRE_BODY_MAX);
	if (r < 0)
		return r;
	iov[1] = (struct iovec){storage->p, WIRE_BODY_MAX};
	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? WIRE_EOF : -errno;
	take_control(&msg, &f);
	if (n == 0 && f.n_fds == 0)
		return WIRE_EOF;
	if ((size_t)n < sizeof(h) || msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ||
		h.n_fds != f.n_fds) {
		wire_frame_done(&f);
		return -EPROTO;
	}
	storage->n = (size_t)n - sizeof(h);
	f.type = h.type;
	f.id = h.id;
	f.body = buf_view(storage);
	*ret = f;
	return 0;
}

int wire_dial(const char *path)
{
	cleanup_with(fd_closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -errno;
	return fd_steal(&fd);
}

int wire_pair(int ret[2])
{
	/* Enough for a worker's whole backlog; the default is one large frame. */
	int size = 1 << 20;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		if (setsockopt(ret[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
			(void)setsockopt(ret[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return 0;
}

int wire_check(const struct wire_row *rows, size_t n, const struct wire_frame *f)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].type == f->type && f->body.n >= rows[i].body_min &&
			f->body.n <= rows[i].body_max && f->n_fds == rows[i].n_fds)
			return 0;
	return -EPROTO;
}
