/* SPDX-License-Identifier: Apache-2.0 */
#include "web/peeruid.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/fd.h"

#define TABLE_MAX (16U << 20) /* of /proc/self/net/tcp: a hundred thousand connections */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage storage;
};

/* As the kernel writes it: words of the address as they lie in memory, the port as a number. */
static void format(const union address *a, char *ret, size_t size)
{
	const uint32_t *w;

	if (a->any.sa_family == AF_INET) {
		snprintf(ret, size, "%08X:%04X", a->v4.sin_addr.s_addr, ntohs(a->v4.sin_port));
		return;
	}
	w = a->v6.sin6_addr.s6_addr32;
	snprintf(
		ret, size, "%08X%08X%08X%08X:%04X", w[0], w[1], w[2], w[3], ntohs(a->v6.sin6_port));
}

/* The line of the connection as its other end has it. One whose end was closed is nobody's any
   more, and is shown as root's. */
static int find_line(const char *table, const char *local, const char *remote, uint32_t *ret)
{
	char a[40], b[40];
	unsigned uid, state;
	unsigned long inode;

	for (const char *line = table; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%*u: %39s %39s %x %*x:%*x %*x:%*x %*x %u %*u %lu", a, b, &state,
			    &uid, &inode) == 5 &&
			state == TCP_ESTABLISHED && inode != 0 && strcmp(a, local) == 0 &&
			strcmp(b, remote) == 0) {
			*ret = uid;
			return 0;
		}
	}
	return -ENOENT;
}

static int find_tcp(const union address *own, const union address *peer, uint32_t *ret)
{
	cleanup_with(buf_done) struct buf table = BUF_INIT(TABLE_MAX + 1);
	char local[48], remote[48];
	int r = fd_read_path(
		own->any.sa_family == AF_INET ? "/proc/self/net/tcp" : "/proc/self/net/tcp6",
		TABLE_MAX, &table);

	if (r == 0)
		r = buf_terminate(&table);
	if (r < 0)
		return -ENOENT;
	format(peer, local, sizeof(local));
	format(own, remote, sizeof(remote));
	return find_line((const char *)table.p, local, remote, ret);
}

int peeruid(int fd, uint32_t *ret)
{
	union address own = {0}, peer = {0};
	socklen_t n = sizeof(own), m = sizeof(peer), k;
	struct ucred cred;

	if (getsockname(fd, &own.any, &n) < 0 || getpeername(fd, &peer.any, &m) < 0)
		return -ENOENT;
	if (own.any.sa_family == AF_UNIX) {
		k = sizeof(cred);
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &k) < 0)
			return -ENOENT;
		*ret = cred.uid;
		return 0;
	}
	if (own.any.sa_family != AF_INET && own.any.sa_family != AF_INET6)
		return -ENOENT;
	return find_tcp(&own, &peer, ret);
}
