/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts by their number. A path means something only on a mount of the host's own namespace: in a
 * private one, anybody may bind a file anywhere and pass a descriptor out. And the type of a file
 * system is read here, because asking the file (statfs) may ask a user's FUSE server.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gate/gate.h"

#define PORTAL 0x80U

static enum file_track track_of(struct view type)
{
	static const struct {
		struct view type;
		enum file_track track;
	} table[] = {
		{VIEW_LIT("ext4"), FILE_TRACK_FULL},
		{VIEW_LIT("xfs"), FILE_TRACK_FULL},
		{VIEW_LIT("btrfs"), FILE_TRACK_FULL},
		{VIEW_LIT("f2fs"), FILE_TRACK_FULL},
		{VIEW_LIT("ext3"), FILE_TRACK_FULL},
		{VIEW_LIT("ext2"), FILE_TRACK_FULL},
		{VIEW_LIT("tmpfs"), FILE_TRACK_SHORT},
		{VIEW_LIT("vfat"), FILE_TRACK_LOCAL},
		{VIEW_LIT("exfat"), FILE_TRACK_LOCAL},
		{VIEW_LIT("ntfs3"), FILE_TRACK_LOCAL},
		{VIEW_LIT("ramfs"), FILE_TRACK_LOCAL},
		{VIEW_LIT("iso9660"), FILE_TRACK_LOCAL},
		{VIEW_LIT("udf"), FILE_TRACK_LOCAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (view_eq(table[i].type, type))
			return table[i].track;
	return FILE_TRACK_NONE;
}

/* Shows files of other places under paths of its own. */
static bool is_portal(struct view type)
{
	return view_eq(type, VIEW_LIT("fuse.portal")) || view_eq(type, VIEW_LIT("fuse.gvfsd-fuse"));
}

static void load(struct gate *g)
{
	struct procline_mount m;
	size_t n = 0;
	struct view text;

	memset(g->mounts.v, 0, sizeof(g->mounts.v));
	g->mounts.loaded = true;
	while (g->mounts.fd >= 0 && n < sizeof(g->text)) {
		ssize_t k = pread(g->mounts.fd, g->text + n, sizeof(g->text) - n, (off_t)n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		n += (size_t)k;
	}
	/* Where the text was longer, the rest stays unknown: judged, and not remembered. */
	text = view_of(g->text, n);
	while (procline_next_mount(&text, &m))
		if (m.id < GATE_MOUNTS_MAX)
			g->mounts.v[m.id] = (uint8_t)(1 + track_of(m.type) +
				(is_portal(m.type) ? PORTAL : 0));
}

static uint8_t host(struct gate *g, uint64_t id)
{
	if (!g->mounts.loaded)
		load(g);
	return id < GATE_MOUNTS_MAX ? g->mounts.v[id] : 0;
}

void mounts_changed(struct gate *g)
{
	g->mounts.loaded = false;
	g->mounts.own = 0;
}

bool mounts_is_host(struct gate *g, uint64_t id)
{
	uint8_t v = host(g, id);

	return v != 0 && !(v & PORTAL);
}

enum file_track mounts_track(struct gate *g, uint64_t id, int32_t pid)
{
	uint8_t v = host(g, id);
	struct procline_mount m;
	struct view text;
	char name[32];
	enum file_track track = FILE_TRACK_NONE;

	if (v)
		return (enum file_track)((v & ~PORTAL) - 1);
	if (pid == g->self && id == g->mounts.own)
		return g->mounts.own_track;
	/* The type is the kernel's word in any namespace. */
	snprintf(name, sizeof(name), "%d/mountinfo", pid);
	if (identify_text(g, name, sizeof(g->text), &text))
		while (procline_next_mount(&text, &m))
			if (m.id == id)
				track = track_of(m.type);
	if (pid == g->self) {
		g->mounts.own = id;
		g->mounts.own_track = track;
	}
	return track;
}

void mounts_init(struct gate *g)
{
	/* Without it no path is exempted and nothing is remembered: slower, not weaker. */
	if (g->mounts.fd < 0)
		g->mounts.fd = openat(g->proc, "1/mountinfo", O_RDONLY | O_CLOEXEC);
}
