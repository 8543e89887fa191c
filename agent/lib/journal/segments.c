/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/segments.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define PREFIX "incidents-"
#define SUFFIX ".jsonl"
#define DIGITS 20U

void segment_name(uint64_t first_seq, char ret[JOURNAL_NAME_MAX])
{
	snprintf(ret, JOURNAL_NAME_MAX, PREFIX "%020" PRIu64 SUFFIX, first_seq);
}

static bool parse_name(const char *name, uint64_t *ret)
{
	char again[JOURNAL_NAME_MAX];
	uint64_t seq;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	seq = strtoull(name + strlen(PREFIX), NULL, 10);
	segment_name(seq, again);
	*ret = seq;
	return strcmp(name, again) == 0;
}

static int by_seq(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->first_seq < y->first_seq ? -1 : x->first_seq > y->first_seq;
}

static int add(struct segments *s, int dir_fd, const char *name, uint64_t seq)
{
	struct segment *v;
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0; /* just removed, or not ours */
	if (s->n >= SEGMENTS_MAX)
		return -E2BIG;
	v = reallocarray(s->v, s->n + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	s->v = v;
	v[s->n] = (struct segment){.first_seq = seq, .size = (uint64_t)st.st_size};
	segment_name(seq, v[s->n++].name);
	return 0;
}

static int list_after(int dir_fd, bool all, uint64_t after, struct segments *s)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	uint64_t seq;
	size_t old = s->n;

	if (!d) {
		r = -errno;
		fd_close(fd);
		return r;
	}
	while (r == 0 && (e = readdir(d)))
		if (parse_name(e->d_name, &seq) && (all || seq > after))
			r = add(s, dir_fd, e->d_name, seq);
	closedir(d);
	if (r < 0)
		return r;
	if (s->n > old)
		qsort(s->v + old, s->n - old, sizeof(*s->v), by_seq);
	for (size_t i = 1; i < s->n; i++)
		s->v[i].base = s->v[i - 1].base + s->v[i - 1].size;
	return 0;
}

int segments_list(int dir_fd, struct segments *ret)
{
	struct segments s = {0};
	int r = list_after(dir_fd, true, 0, &s);

	if (r < 0)
		segments_done(&s);
	else
		*ret = s;
	return r;
}

int segments_more(int dir_fd, struct segments *old)
{
	return list_after(dir_fd, old->n == 0, old->n ? old->v[old->n - 1].first_seq : 0, old);
}

void segments_done(struct segments *s)
{
	free(s->v);
	*s = (struct segments){0};
}
