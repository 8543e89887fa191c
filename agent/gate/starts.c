/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that a sandbox shows under other paths than this machine: known by their numbers, from a
 * table that the supervisor sends, sorted.
 */
#include <errno.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "gate/gate.h"
#include "wire/starts.h"

void starts_forget(struct gate *g)
{
	if (g->starts.n > 0)
		munmap((void *)g->starts.p, g->starts.n);
	g->starts = VIEW_EMPTY;
}

int starts_set(struct gate *g, int fd)
{
	struct view v = VIEW_EMPTY;
	int r = fd_map_sealed(fd, &v);

	if (r == 0 && v.n % sizeof(struct start_entry) != 0) {
		munmap((void *)v.p, v.n);
		r = -EINVAL;
	}
	starts_forget(g);
	if (r == 0)
		g->starts = v;
	return r;
}

static uint32_t find(const struct gate *g, uint64_t dev, uint64_t ino)
{
	const struct start_entry *v = (const void *)g->starts.p;
	size_t low = 0, high = g->starts.n / sizeof(*v);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct start_entry *e = &v[middle];

		if (e->dev == dev && e->ino == ino)
			return e->app < apptable_n(g->apps) ? e->app : APP_NONE;
		if (e->dev < dev || (e->dev == dev && e->ino < ino))
			low = middle + 1;
		else
			high = middle;
	}
	return APP_NONE;
}

uint32_t starts_app(struct gate *g, int fd)
{
	struct file_look look;
	uint32_t app;

	if (g->starts.n == 0 || judge_look(fd, &look) < 0 || look.key.ino == 0)
		return APP_NONE;
	app = find(g, look.key.dev, look.key.ino);
	return app != APP_NONE ? app : find(g, look.key.dev, 0);
}
