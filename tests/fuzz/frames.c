/* SPDX-License-Identifier: Apache-2.0 */
#include "frames.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "jail/jail.h"
#include "wire/frame.h"
#include "wire/protocol.h"

#define FRAMES_MAX 64
#define STEPS      4 /* of the loop, after each */

static char root[64];
static pid_t owner;

/* Instead of the jail: a fuzzer has more to do than its process. */
int jail_enter(enum jail_profile profile, const struct jail_options *o, unsigned *ret_layers)
{
	(void)profile, (void)o;
	*ret_layers = 0;
	return 0;
}

void jail_layers_format(unsigned layers, char *ret, size_t size)
{
	(void)layers;
	snprintf(ret, size, "none");
}

int frames_control(void)
{
	int pair[2];

	if (wire_pair(pair) < 0)
		abort();
	if (pair[1] == PROTOCOL_CONTROL_FD) {
		pair[1] = fcntl(pair[1], F_DUPFD_CLOEXEC, PROTOCOL_CONTROL_FD + 1);
		close(PROTOCOL_CONTROL_FD);
	}
	if (pair[0] != PROTOCOL_CONTROL_FD) {
		if (dup2(pair[0], PROTOCOL_CONTROL_FD) < 0)
			abort();
		close(pair[0]);
	}
	if (pair[1] < 0 || fcntl(PROTOCOL_CONTROL_FD, F_SETFD, FD_CLOEXEC) < 0)
		abort();
	return pair[1];
}

static void keep_number(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd == PROTOCOL_CONTROL_FD)
		return;
	if (fcntl(PROTOCOL_CONTROL_FD, F_GETFD) < 0)
		(void)dup3(fd, PROTOCOL_CONTROL_FD, O_CLOEXEC);
	close(fd);
}

/* Before the fuzzer opens anything. */
__attribute__((constructor)) static void keep_number_early(void)
{
	keep_number();
}

void frames_done(struct frames *f)
{
	for (unsigned i = 0; i < FRAMES_PEERS; i++)
		f->peers[i].fd = fd_close(f->peers[i].fd);
	keep_number();
}

static void drain(int fd)
{
	struct buf storage = BUF_INIT(0);
	struct wire_frame f;

	while (fd >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
		wire_receive(fd, &storage, &f) == 0)
		wire_frame_done(&f);
	buf_done(&storage);
}

static uint16_t type_of(const uint16_t *types, const uint8_t *p)
{
	unsigned n = 0, k;

	while (types[n])
		n++;
	k = p[1] % (n + 1);
	return k < n ? types[k] : (uint16_t)(p[2] | (p[1] & 1) << 8);
}

/* Two bits say how many, two each which. */
static unsigned find_fds(const struct frames *f, uint8_t what, int own, int ret[FRAMES_FDS])
{
	unsigned n = what & 3;

	for (unsigned i = 0; i < n; i++) {
		unsigned which = what >> (2 + 2 * i) & 3;

		ret[i] = which < FRAMES_BLOBS ? f->blobs[which] : own;
		if (ret[i] < 0)
			return i;
	}
	return n;
}

/* The loop's answer. */
static int say(const struct frames *f, struct view *in)
{
	const uint8_t *p = in->p;
	unsigned from = p[0] % FRAMES_PEERS, n_fds;
	struct view body = view_sub(*in, 6, (size_t)p[4] | (size_t)p[5] << 8);
	int own = fd_memfd_sealed("body", body), fds[FRAMES_FDS], r = 0;

	*in = view_sub(*in, 6 + body.n, in->n);
	n_fds = find_fds(f, p[3], own, fds);
	/* One that was hung up on says nothing more. */
	if (f->peers[from].fd >= 0)
		unchecked(wire_send(f->peers[from].fd, type_of(f->peers[from].types, p), p[2], body,
			fds, n_fds));
	close(own);
	for (int i = 0; r == 0 && i < STEPS; i++)
		r = loop_step(f->loop, 0);
	for (unsigned i = 0; i < FRAMES_PEERS; i++)
		drain(f->peers[i].fd);
	return r;
}

void frames_run(const struct frames *f, struct view in)
{
	int r = 0;

	for (int i = 0; r == 0 && i < FRAMES_MAX && in.n >= 6; i++)
		r = say(f, &in);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type;
	if (at->level > 0)
		(void)remove(path);
	return 0;
}

void frames_empty(const char *dir)
{
	(void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void remove_root(void)
{
	if (getpid() != owner)
		return;
	frames_empty(root);
	(void)rmdir(root);
}

void frames_dir(char *ret, size_t size, const char *name)
{
	snprintf(root, sizeof(root), "%s/fuzz-%s-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", name);
	if (!mkdtemp(root))
		abort();
	owner = getpid();
	atexit(remove_root);
	snprintf(ret, size, "%s", root);
}
