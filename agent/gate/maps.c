/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process has mapped: a file that it read so before it was known to be marked, and closed.
 * Nothing is opened, which would raise an event that only we could answer.
 */
#include <stdio.h>
#include <sys/sysmacros.h>

#include "gate/gate.h"

/* The kernel names another device here than statx(2) where it has several for one file system. */
static bool may_be_marked(const struct gate *g, const struct procline_map *m)
{
	const struct file_key key = {.dev = makedev(m->major, m->minor), .ino = m->ino};

	return m->ino != 0 && (m->major == 0 || marks_has(g, &key));
}

static void tell(struct gate *g, struct proc *p, const struct file_look *look)
{
	const struct facts_brief facts = {.level = (uint8_t)marks_level(g, &look->key)};

	if (facts.level != LEVEL_NONE && !proc_is_told(p, &look->key))
		judge_already(g, p, &look->key, &facts);
}

/* Its list of mappings is memory of the process, behind a lock of its own. */
static bool read_list(struct gate *g, const struct proc *p, struct view *ret)
{
	char name[32];
	bool done;

	if (!identify_memory_begin(g, p->pid))
		return false;
	snprintf(name, sizeof(name), "%d/maps", p->pid);
	done = identify_text(g, name, sizeof(g->text), ret);
	identify_memory_end(g);
	return done;
}

static bool look_at(
	struct gate *g, const struct proc *p, const struct procline_map *m, struct file_look *ret)
{
	char name[80];
	bool done;

	if (!identify_memory_begin(g, p->pid))
		return false;
	snprintf(name, sizeof(name), "%d/map_files/%jx-%jx", p->pid, (uintmax_t)m->start,
		(uintmax_t)m->end);
	done = identify_link(g, name, g->path, sizeof(g->path)) &&
		judge_look_at(g->proc, name, 0, ret) == 0;
	identify_memory_end(g);
	return done;
}

void maps_audit(struct gate *g, struct proc *p)
{
	struct procline_map found[GATE_LOOK_MAPS_MAX], m;
	uint64_t last = 0;
	struct view text;
	uint32_t n = 0;

	if (!read_list(g, p, &text))
		return;
	/* Collected first: each look overwrites the text. */
	while (n < GATE_LOOK_MAPS_MAX && procline_next_map(&text, &m))
		if (m.ino != last && may_be_marked(g, &m)) {
			last = m.ino;
			found[n++] = m;
		}
	for (uint32_t i = 0; i < n; i++) {
		struct file_look look;

		if (look_at(g, p, &found[i], &look) && look.regular && marks_has(g, &look.key) &&
			!judge_is_outside(g, look.mount))
			tell(g, p, &look);
	}
}
