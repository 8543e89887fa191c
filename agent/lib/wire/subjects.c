/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/subjects.h"

#include <stddef.h>
#include <string.h>

#define TRIES_MAX 64 /* of a reader that meets the writer */

static struct subject_entry *set_of(struct subjects *t, uint32_t pid)
{
	return t->v[pid & (SUBJECTS_SETS - 1)];
}

static struct subject_entry *find(struct subjects *t, uint32_t pid)
{
	struct subject_entry *set = set_of(t, pid);

	for (unsigned i = 0; i < SUBJECTS_WAYS; i++)
		if (set[i].subject.pid == pid)
			return &set[i];
	return NULL;
}

/* A free place, else that of the process that ended first, else any. */
static struct subject_entry *make_room(struct subjects *t, uint32_t pid)
{
	struct subject_entry *set = set_of(t, pid), *best = NULL;

	for (unsigned i = 0; i < SUBJECTS_WAYS; i++) {
		const struct subject *s = &set[i].subject;

		if (s->pid == 0)
			return &set[i];
		if (s->ended && (!best || s->ended < best->subject.ended))
			best = &set[i];
	}
	if (best)
		return best;
	t->lost++;
	return &set[pid / SUBJECTS_SETS % SUBJECTS_WAYS];
}

static void write_entry(struct subject_entry *e, const struct subject *s)
{
	/* A writer that died half-way left it odd. */
	uint32_t round = e->round | 1;

	__atomic_store_n(&e->round, round, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	e->subject = *s;
	__atomic_store_n(&e->round, round + 1, __ATOMIC_RELEASE);
}

void subjects_put(struct subjects *t, const struct subject *s)
{
	struct subject_entry *e = find(t, s->pid);

	write_entry(e ? e : make_room(t, s->pid), s);
}

void subjects_end(struct subjects *t, uint32_t pid, uint64_t now)
{
	struct subject_entry *e = find(t, pid);

	if (e)
		e->subject.ended = now;
}

void subjects_forget(struct subjects *t, uint32_t pid)
{
	struct subject_entry *e = find(t, pid);
	const struct subject none = {0};

	if (e)
		write_entry(e, &none);
}

static bool read_entry(const struct subject_entry *e, struct subject *ret)
{
	for (int i = 0; i < TRIES_MAX; i++) {
		uint32_t round = __atomic_load_n(&e->round, __ATOMIC_ACQUIRE);

		if (round & 1)
			continue;
		*ret = e->subject;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (__atomic_load_n(&e->round, __ATOMIC_RELAXED) == round)
			return true;
	}
	return false;
}

static void terminate(char *text, size_t size)
{
	text[size - 1] = 0;
}

bool subjects_find(const struct subjects *t, uint32_t pid, struct subject *ret)
{
	const struct subject_entry *set = t->v[pid & (SUBJECTS_SETS - 1)];
	struct subject s;

	for (unsigned i = 0; pid != 0 && i < SUBJECTS_WAYS; i++) {
		if (!read_entry(&set[i], &s) || s.pid != pid)
			continue;
		terminate(s.app, sizeof(s.app));
		terminate(s.identified, sizeof(s.identified));
		terminate(s.comm, sizeof(s.comm));
		terminate(s.exe, sizeof(s.exe));
		s.n_gids = s.n_gids < SUBJECTS_GIDS_MAX ? s.n_gids : SUBJECTS_GIDS_MAX;
		*ret = s;
		return true;
	}
	return false;
}
