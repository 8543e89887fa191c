/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a procfs file, read as each kind, with room for answers of its first byte's size. */
#include <stdlib.h>
#include <string.h>

#include "subject/procline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An answer is terminated, not empty, and inside its room. */
static void check(bool done, const char *ret, size_t room)
{
	size_t n = done ? strnlen(ret, room) : 1;

	if (n == 0 || n >= room)
		abort();
}

static void read_walks(struct view text)
{
	struct procline_mount m;
	struct procline_map map;
	struct view rest = text, arg;
	size_t n = 0;

	while (procline_next_mount(&rest, &m))
		if (m.type.n == 0 || m.type.p < text.p || m.type.p + m.type.n > text.p + text.n)
			abort();
	for (rest = text; procline_next_map(&rest, &map); n++)
		if (n > text.n)
			abort();
	n = 0;
	for (rest = text; procline_next_arg(&rest, &arg); n++)
		if (n > text.n)
			abort();
}

static void read_path(struct view text, char *ret, size_t room)
{
	const uint8_t *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
	size_t n = end ? (size_t)(end - text.p) : 0;
	bool done = procline_resolve(
		view_sub(text, 0, n), view_sub(text, n + (end != NULL), SIZE_MAX), ret, room);

	check(done, ret, room);
	if (done &&
		(ret[0] != '/' || strstr(ret, "/../") || strstr(ret, "//") ||
			!procline_is_below(ret, "/") || !procline_is_below(ret, ret)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct procline_status status;
	struct procline_stat st;
	struct view text;
	char *ret, *copy;
	size_t room;

	if (size < 2)
		return 0;
	text = view_of(data + 1, size - 1);
	room = data[0] + 2U;
	ret = malloc(room);
	copy = calloc(1, size);
	if (!ret || !copy)
		abort();
	memcpy(copy, text.p, text.n);
	if (procline_stat(text, &st) && strnlen(st.comm, sizeof(st.comm)) == sizeof(st.comm))
		abort();
	if (procline_status(text, &status) &&
		(status.n_gids == 0 || status.n_gids > PROCLINE_GIDS_MAX))
		abort();
	check(procline_cgroup_tag(text, ret, room), ret, room);
	check(procline_cgroup_flatpak(text, ret, room), ret, room);
	check(procline_cgroup_snap(text, ret, room), ret, room);
	check(procline_environ(text, "FLATPAK_ID", ret, room), ret, room);
	check(procline_snap_path(copy, ret, room), ret, room);
	procline_strip_deleted(copy);
	read_walks(text);
	read_path(text, ret, room);
	free(copy);
	free(ret);
	return 0;
}
