/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks on the classified files themselves. A descriptor that somebody else opened, or opened while
 * no application lived, raises no event when it is passed on; but where the file carried a mark
 * when it was opened, each read of it does, and where the kernel can (6.14, not tmpfs) its mapping
 * too. Never evictable: an evicted mark would be a hole.
 *
 * The table is in shared memory because the marks outlive a gate.
 */
#include <errno.h>
#include <sys/fanotify.h>

#include "gate/gate.h"

#ifndef FAN_PRE_ACCESS
#define FAN_PRE_ACCESS 0x00100000
#endif
#define INDEX_MASK (GATE_MARKS_INDEX - 1)

static size_t home(uint64_t dev, uint64_t ino)
{
	return hash_u64(ino ^ hash_u64(dev)) & INDEX_MASK;
}

static size_t slot_of(const struct gate_shared *s, const struct file_key *key)
{
	size_t i = home(key->dev, key->ino);

	while (s->marks[i].ino != 0 && (s->marks[i].ino != key->ino || s->marks[i].dev != key->dev))
		i = (i + 1) & INDEX_MASK;
	return i;
}

bool marks_has(const struct gate *g, const struct file_key *key)
{
	return key->ino != 0 && g->shared->marks[slot_of(g->shared, key)].ino != 0;
}

enum level marks_level(const struct gate *g, const struct file_key *key)
{
	uint32_t level = LEVEL_NONE;

	if (key && key->ino != 0)
		level = g->shared->marks[slot_of(g->shared, key)].level;
	return level < LEVEL_MAX ? (enum level)level : LEVEL_TOP_SECRET;
}

/* What follows moves up, as in proc.c. */
static void remove_entry(struct gate_shared *s, size_t hole)
{
	for (size_t i = (hole + 1) & INDEX_MASK; s->marks[i].ino != 0; i = (i + 1) & INDEX_MASK) {
		size_t want = home(s->marks[i].dev, s->marks[i].ino);

		if (((i - want) & INDEX_MASK) < ((i - hole) & INDEX_MASK))
			continue;
		s->marks[hole] = s->marks[i];
		hole = i;
	}
	s->marks[hole] = (struct gate_mark){0};
	s->n_marks--;
}

static int put(struct gate *g, int fd)
{
	static const uint64_t masks[] = {
		FAN_OPEN_PERM | FAN_PRE_ACCESS, FAN_OPEN_PERM | FAN_ACCESS_PERM};

	/* Both would ask twice for each read. */
	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		if (fanotify_mark(g->group, FAN_MARK_ADD, masks[i], fd, NULL) == 0)
			return 0;
		if (errno != EINVAL && errno != EOPNOTSUPP)
			break;
	}
	return -errno;
}

static void take_off(struct gate *g, int fd)
{
	/* Each alone: a bit that the kernel does not know spoils the whole mask. */
	static const uint64_t masks[] = {FAN_OPEN_PERM, FAN_PRE_ACCESS, FAN_ACCESS_PERM};

	for (size_t i = 0; i < ARRAY_SIZE(masks); i++)
		(void)fanotify_mark(g->group, FAN_MARK_REMOVE, masks[i], fd, NULL);
}

static bool is_wanted(const struct facts_brief *f)
{
	return f->level != LEVEL_NONE || f->tags != 0;
}

void marks_facts(struct gate *g, int fd, enum file_track track, const struct file_key *key,
	const struct facts_brief *facts)
{
	struct gate_shared *s = g->shared;
	size_t slot;

	/* Marking asks a file system that a server answers for whether we may. */
	if (track == FILE_TRACK_NONE || key->ino == 0)
		return;
	slot = slot_of(s, key);
	if (!is_wanted(facts)) {
		/* Nobody knew better, or nothing is classified any more. */
		if (s->marks[slot].ino != 0 && facts->completeness == COMPLETENESS_FULL) {
			take_off(g, fd);
			remove_entry(s, slot);
		}
		return;
	}
	/* Also where the table has it: the number may be a new file's. */
	if ((s->marks[slot].ino == 0 && s->n_marks >= GATE_MARKS_LIMIT) || put(g, fd) < 0) {
		s->counters.marks_refused++;
		return;
	}
	if (s->marks[slot].ino == 0) {
		s->marks[slot] = (struct gate_mark){.dev = key->dev, .ino = key->ino};
		s->n_marks++;
		/* An application may have it open since it was harmless. */
		if (g->procs.n_gated > 0)
			look_audit(g);
	}
	/* What could not be read is still what it was. */
	if (facts->level != LEVEL_NONE || facts->completeness == COMPLETENESS_FULL)
		s->marks[slot].level = facts->level;
}
