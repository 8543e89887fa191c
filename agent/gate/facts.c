/* SPDX-License-Identifier: Apache-2.0 */
/* What core said about files, by key. Facts, not verdicts: a new policy decides anew with them. */
#include <assert.h>
#include <string.h>

#include "gate/gate.h"

static_assert((GATE_FACTS_SETS & (GATE_FACTS_SETS - 1)) == 0, "a power of two");

static struct known_file *set_of(struct gate *g, const struct file_key *key, size_t *ret_set)
{
	*ret_set = file_key_hash(key) & (GATE_FACTS_SETS - 1);
	return g->facts.v[*ret_set];
}

bool facts_known(struct gate *g, const struct file_key *key, int fd, struct facts_brief *ret)
{
	size_t set;
	struct known_file *v = set_of(g, key, &set);

	for (unsigned i = 0; i < GATE_FACTS_WAYS; i++) {
		if (!v[i].used || !file_key_eq(&v[i].key, key))
			continue;
		if (v[i].until &&
			(g->now >= v[i].until || v[i].until <= g->facts.floor ||
				!file_has_no_writer(fd))) {
			v[i].used = false;
			return false;
		}
		*ret = v[i].facts;
		return true;
	}
	return false;
}

void facts_watch(struct gate *g, enum file_track track)
{
	/* A request lives so long at most, and what comes of it less. */
	static_assert(GATE_VOLATILE_NS <= GATE_LATE_NS, "one time for both");

	if (track == FILE_TRACK_SHORT)
		g->facts.watched_until = g->now + GATE_LATE_NS;
}

void facts_keep(struct gate *g, const struct file_key *key, const struct facts_brief *facts,
	enum file_track track)
{
	size_t set;
	struct known_file *v = set_of(g, key, &set), *into = NULL;

	/* An older key of the same file is of no use any more. */
	for (unsigned i = 0; i < GATE_FACTS_WAYS && !into; i++)
		if (v[i].used && v[i].key.ino == key->ino && v[i].key.dev == key->dev)
			into = &v[i];
	for (unsigned i = 0; i < GATE_FACTS_WAYS && !into; i++)
		if (!v[i].used)
			into = &v[i];
	if (!into) {
		into = &v[g->facts.next[set]];
		g->facts.next[set] = (uint8_t)((g->facts.next[set] + 1) % GATE_FACTS_WAYS);
	}
	*into = (struct known_file){.key = *key,
		.facts = *facts,
		.until = track == FILE_TRACK_SHORT ? g->now + GATE_VOLATILE_NS : 0,
		.used = true};
	facts_watch(g, track);
}

void facts_opened(struct gate *g, int fd)
{
	struct file_look look;
	struct known_file *v;
	size_t set;

	if (g->now >= g->facts.watched_until || judge_look(fd, &look) < 0)
		return;
	v = set_of(g, &look.key, &set);
	for (unsigned i = 0; i < GATE_FACTS_WAYS; i++)
		if (v[i].until && v[i].key.ino == look.key.ino && v[i].key.dev == look.key.dev)
			v[i].used = false;
	hold_opened(g, &look.key);
}

void facts_unwatched(struct gate *g)
{
	g->facts.floor = g->now + GATE_VOLATILE_NS;
}

void facts_forget(struct gate *g)
{
	memset(&g->facts, 0, sizeof(g->facts)); /* and what is watched: it is asked anew */
	g->epoch++;                             /* what is under way was asked of the old rules */
}
