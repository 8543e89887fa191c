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
		if (v[i].until && (g->now >= v[i].until || !file_has_no_writer(fd))) {
			v[i].used = false;
			return false;
		}
		*ret = v[i].facts;
		return true;
	}
	return false;
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
}

void facts_forget(struct gate *g)
{
	memset(&g->facts, 0, sizeof(g->facts));
	g->epoch++; /* what is under way was asked of the old rules */
}
