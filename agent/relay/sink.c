/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"

struct sink {
	const struct settings_sink *settings;
	int fd;
	bool datagrams;
	struct tls *tls;
	struct buf frame;
};

int sink_new(const struct settings_sink *s, struct sink **ret)
{
	struct sink *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	k->settings = s;
	k->fd = -1;
	*ret = k;
	return 0;
}

struct sink *sink_free(struct sink *s)
{
	if (s) {
		sink_close(s);
		tls_free(s->tls);
		buf_done(&s->frame);
		free(s);
	}
	return NULL;
}

void sink_close(struct sink *s)
{
	tls_disconnect(s->tls);
	s->fd = fd_close(s->fd);
	s->datagrams = false;
}

bool sink_wants_syslog(const struct sink *s)
{
	return s->settings->kind != SETTINGS_SINK_FILE;
}

/* ---- opening ---- */

/* What was written behind the cursor is written again: so it goes first. A file that was rotated is
   another one. */
static int open_file(struct sink *s, const struct cursor *c)
{
	struct stat st;

	s->fd = open(
		s->settings->host, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (c->begun && (uint64_t)st.st_ino == c->ino && (uint64_t)st.st_size > c->size &&
		ftruncate(s->fd, (off_t)c->size) < 0)
		return -errno;
	return 0;
}

/* Whoever does not take anything for so long is as one that is not there. */
static void limit_waiting(int fd)
{
	const struct timeval wait = {.tv_sec = SINK_WAIT_MS / 1000};

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
}

static int open_unix(struct sink *s)
{
	static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int r = -ENAMETOOLONG;

	if (strlen(s->settings->host) >= sizeof(a.sun_path))
		return r;
	memcpy(a.sun_path, s->settings->host, strlen(s->settings->host) + 1);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		s->fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
		if (s->fd < 0)
			return -errno;
		if (connect(s->fd, (struct sockaddr *)&a, sizeof(a)) == 0) {
			s->datagrams = types[i] == SOCK_DGRAM;
			limit_waiting(s->fd);
			return 0;
		}
		r = -errno;
		s->fd = fd_close(s->fd);
		if (r != -EPROTOTYPE)
			return r;
	}
	return r;
}

static int connect_one(const struct addrinfo *a)
{
	cleanup_with(fd_closep) int fd = socket(
		a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int error = 0, one = 1;
	socklen_t n = sizeof(error);

	if (fd < 0)
		return -errno;
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS)
		return -errno;
	if (poll(&p, 1, SINK_WAIT_MS) <= 0)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0 || error)
		return error ? -error : -errno;
	if (fcntl(fd, F_SETFL, 0) < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	return fd_steal(&fd);
}

static int open_tcp(struct sink *s, char *ret_why)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	int r = getaddrinfo(s->settings->host, s->settings->port, &hints, &list);

	if (r != 0) {
		snprintf(ret_why, 256, "%.120s: %.120s", s->settings->host, gai_strerror(r));
		return -EHOSTUNREACH;
	}
	r = -EHOSTUNREACH;
	for (const struct addrinfo *a = list; a && r < 0; a = a->ai_next)
		r = connect_one(a);
	freeaddrinfo(list);
	if (r < 0)
		return r;
	s->fd = r;
	limit_waiting(s->fd);
	return 0;
}

static int open_tls(struct sink *s, char *ret_why)
{
	int r = s->tls ? 0 : tls_new(s->settings, &s->tls, ret_why);

	if (r == 0)
		r = open_tcp(s, ret_why);
	return r == 0 ? tls_connect(s->tls, s->fd, ret_why) : r;
}

int sink_open(struct sink *s, const struct cursor *c, char *ret_why)
{
	int r = -EINVAL;

	ret_why[0] = 0;
	switch (s->settings->kind) {
	case SETTINGS_SINK_FILE: r = open_file(s, c); break;
	case SETTINGS_SINK_UNIX: r = open_unix(s); break;
	case SETTINGS_SINK_TCP: r = open_tcp(s, ret_why); break;
	case SETTINGS_SINK_TLS: r = open_tls(s, ret_why); break;
	case SETTINGS_SINK_KIND_MAX: break;
	}
	if (r < 0 && !ret_why[0])
		snprintf(ret_why, 256, "%s", strerror(-r));
	if (r < 0)
		sink_close(s);
	return r;
}

/* ---- sending ---- */

static int send_all(int fd, struct view v)
{
	while (v.n > 0) {
		ssize_t n = send(fd, v.p, v.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		v = view_sub(v, (size_t)n, v.n);
	}
	return 0;
}

int sink_send(struct sink *s, struct view message)
{
	int r;

	if (s->fd < 0)
		return -ENOTCONN;
	if (s->datagrams)
		return send_all(s->fd, message);
	buf_clear(&s->frame);
	r = s->settings->kind == SETTINGS_SINK_FILE ? 0 : buf_printf(&s->frame, "%zu ", message.n);
	if (r == 0)
		r = buf_put_view(&s->frame, message);
	if (r == 0 && s->settings->kind == SETTINGS_SINK_FILE)
		r = buf_put_byte(&s->frame, '\n');
	if (r < 0)
		return r;
	if (s->settings->kind == SETTINGS_SINK_FILE)
		return fd_write_all(s->fd, buf_view(&s->frame));
	if (s->tls)
		return tls_write(s->tls, buf_view(&s->frame));
	return send_all(s->fd, buf_view(&s->frame));
}

static int confirm_file(struct sink *s, struct cursor *c)
{
	struct stat st;

	if (fdatasync(s->fd) < 0 || fstat(s->fd, &st) < 0)
		return -errno;
	c->ino = (uint64_t)st.st_ino;
	c->size = (uint64_t)st.st_size;
	return 0;
}

int sink_check(struct sink *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN | POLLRDHUP};
	uint8_t b[512];

	if (s->settings->kind == SETTINGS_SINK_FILE || s->datagrams)
		return 0;
	if (poll(&p, 1, 0) <= 0)
		return 0;
	if (p.revents & (POLLRDHUP | POLLHUP | POLLERR))
		return -EPIPE;
	/* A TLS server may send tickets; anything else is not read. */
	return s->tls || recv(s->fd, b, sizeof(b), MSG_DONTWAIT) > 0 ? 0 : -EPIPE;
}

/* Empty when the other side's kernel has acknowledged all of it; on this computer, when it was
 * read.
 */
static int confirm_socket(struct sink *s)
{
	uint64_t until = clock_now() + SINK_WAIT_MS * NSEC_PER_MSEC;
	int n = 0;

	while (clock_now() < until) {
		if (ioctl(s->fd, SIOCOUTQ, &n) < 0)
			return -errno;
		if (n == 0)
			return sink_check(s);
		if (sink_check(s) < 0)
			return -EPIPE;
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	return -ETIMEDOUT;
}

int sink_confirm(struct sink *s, struct cursor *c)
{
	if (s->fd < 0)
		return -ENOTCONN;
	if (s->settings->kind == SETTINGS_SINK_FILE)
		return confirm_file(s, c);
	return s->datagrams ? 0 : confirm_socket(s);
}
