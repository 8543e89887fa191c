/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system with one file in it, served by hand: what a user may mount.
 *
 *   fuse MOUNTPOINT BACKING UID none|allow_other|hang|hang-open|silent|nested [TYPE]
 *
 * Prints MOUNTED, serves until killed. The file has the name of BACKING, and what BACKING holds at
 * that moment. With "none" it may be looked into by its user alone. "hang": its reads are never
 * answered; "hang-open": nor are its opens; "silent": nothing is; "nested": each open opens
 * BACKING, as a portal does.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_ID  2
#define READ_MAX (128U << 10)

struct server {
	int fd, backing;
	uint32_t uid;
	const char *name, *path;
	bool hang, hang_open, silent, nested;
};

static int reply(const struct server *s, const struct fuse_in_header *in, int error,
	const void *data, size_t n)
{
	static uint8_t out[sizeof(struct fuse_out_header) + READ_MAX];
	struct fuse_out_header h = {
		.len = (uint32_t)(sizeof(h) + n), .error = -error, .unique = in->unique};

	memcpy(out, &h, sizeof(h));
	if (n > 0)
		memcpy(out + sizeof(h), data, n);
	/* ENOENT: the asker was killed meanwhile. */
	return write(s->fd, out, h.len) < 0 && errno != ENOENT ? -1 : 0;
}

static struct fuse_attr attributes(const struct server *s, uint64_t node)
{
	struct stat st;

	if (fstat(s->backing, &st) < 0)
		st.st_size = 0;
	return (struct fuse_attr){
		.ino = node,
		.size = node == FILE_ID ? (uint64_t)st.st_size : 0,
		.mode = node == FILE_ID ? S_IFREG | 0755 : S_IFDIR | 0755,
		.nlink = 1,
		.uid = s->uid,
		.gid = s->uid,
		.blksize = 4096,
	};
}

static int do_init(const struct server *s, const struct fuse_in_header *in, const void *body)
{
	const struct fuse_init_in *i = body;
	struct fuse_init_out o = {.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION < i->minor ? FUSE_KERNEL_MINOR_VERSION
							      : i->minor,
		.max_readahead = i->max_readahead,
		.max_write = 4096,
		.max_background = 16,
		.congestion_threshold = 12};

	return reply(s, in, 0, &o, sizeof(o));
}

static int do_lookup(const struct server *s, const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out o = {.nodeid = FILE_ID, .attr = attributes(s, FILE_ID)};

	if (strcmp(name, s->name) != 0)
		return reply(s, in, ENOENT, NULL, 0);
	return reply(s, in, 0, &o, sizeof(o));
}

static int do_read(const struct server *s, const struct fuse_in_header *in, const void *body)
{
	static uint8_t data[READ_MAX];
	const struct fuse_read_in *r = body;
	ssize_t n;

	if (s->hang)
		return 0;
	n = pread(s->backing, data, r->size < READ_MAX ? r->size : READ_MAX, (off_t)r->offset);
	return n < 0 ? reply(s, in, errno, NULL, 0) : reply(s, in, 0, data, (size_t)n);
}

static int do_open(const struct server *s, const struct fuse_in_header *in)
{
	struct fuse_open_out o = {0};
	int fd = s->nested ? open(s->path, O_RDONLY | O_CLOEXEC) : 0;

	if (s->hang_open)
		return 0;
	if (s->nested && fd < 0)
		return reply(s, in, errno, NULL, 0);
	if (s->nested)
		close(fd);
	return reply(s, in, 0, &o, sizeof(o));
}

static int serve(const struct server *s, const struct fuse_in_header *in, const void *body)
{
	struct fuse_attr_out a = {.attr = attributes(s, in->nodeid)};
	struct fuse_open_out o = {0};

	if (s->silent && in->opcode != FUSE_INIT)
		return 0;
	switch (in->opcode) {
	case FUSE_INIT: return do_init(s, in, body);
	case FUSE_LOOKUP: return do_lookup(s, in, body);
	case FUSE_GETATTR: return reply(s, in, 0, &a, sizeof(a));
	case FUSE_OPEN: return do_open(s, in);
	case FUSE_OPENDIR: return reply(s, in, 0, &o, sizeof(o));
	case FUSE_READ: return do_read(s, in, body);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: return 0;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR: return reply(s, in, 0, NULL, 0);
	default: return reply(s, in, ENOSYS, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	static uint8_t request[READ_MAX + 4096] __attribute__((aligned(8)));
	struct server s;
	char options[128];
	bool others;

	if (argc < 5)
		return 2;
	others = strcmp(argv[4], "none") != 0;
	s = (struct server){.fd = open("/dev/fuse", O_RDWR | O_CLOEXEC),
		.backing = open(argv[2], O_RDONLY | O_CLOEXEC),
		.uid = (uint32_t)strtoul(argv[3], NULL, 10),
		.name = strrchr(argv[2], '/') + 1,
		.path = argv[2],
		.hang = strcmp(argv[4], "hang") == 0,
		.hang_open = strcmp(argv[4], "hang-open") == 0,
		.silent = strcmp(argv[4], "silent") == 0,
		.nested = strcmp(argv[4], "nested") == 0};
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u%s", s.fd,
		s.uid, s.uid, others ? ",allow_other" : "");
	if (s.fd < 0 || s.backing < 0 ||
		mount("lab", argv[1], argc > 5 ? argv[5] : "fuse.lab", MS_NOSUID | MS_NODEV,
			options) < 0) {
		perror("fuse");
		return 2;
	}
	puts("MOUNTED");
	fflush(stdout);
	for (;;) {
		ssize_t n = read(s.fd, request, sizeof(request));

		if (n < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN))
			continue;
		if (n < (ssize_t)sizeof(struct fuse_in_header))
			return n < 0 && errno == ENODEV ? 0 : 2; /* unmounted */
		if (serve(&s, (const void *)request, request + sizeof(struct fuse_in_header)) < 0)
			return 2;
	}
}
