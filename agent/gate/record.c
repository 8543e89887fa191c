/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of answered events, kept in shared memory until core has them in the journal: neither a
 * dead core nor a dead gate loses one. What does not fit is counted, and core says so.
 */
#include <string.h>

#include "gate/gate.h"

void record_init(struct gate *g)
{
	g->records.n_unsent = 0;
	for (uint32_t i = 0; i < GATE_RECORDS_MAX; i++) {
		g->records.sent[i] = false;
		g->records.n_unsent += g->shared->records[i].id != 0;
	}
}

struct gate_kept_record *record_next(struct gate *g)
{
	struct gate_shared *s = g->shared;

	s->counters.records++;
	for (uint32_t i = 0; i < GATE_RECORDS_MAX; i++) {
		uint32_t at = (s->next_record + i) % GATE_RECORDS_MAX;

		if (s->records[at].id == 0)
			return &s->records[at];
	}
	s->counters.records_lost++;
	return NULL;
}

void record_commit(struct gate *g, struct gate_kept_record *r)
{
	if (++g->shared->next_record == 0)
		g->shared->next_record = 1;
	__atomic_store_n(&r->id, g->shared->next_record, __ATOMIC_RELEASE);
	g->records.sent[r - g->shared->records] = false;
	g->records.n_unsent++;
	record_flush(g);
}

void record_acknowledge(struct gate *g, uint32_t id)
{
	for (uint32_t i = 0; i < GATE_RECORDS_MAX; i++) {
		if (g->shared->records[i].id != id || id == 0)
			continue;
		g->shared->records[i].id = 0;
		g->records.n_unsent -= !g->records.sent[i];
		g->records.sent[i] = false;
		return;
	}
}

void record_resend(struct gate *g)
{
	record_init(g);
	record_flush(g);
}

/* The oldest that core was not sent, or NULL. */
static struct gate_kept_record *oldest(struct gate *g)
{
	struct gate_kept_record *best = NULL;

	for (uint32_t i = 0; i < GATE_RECORDS_MAX; i++) {
		struct gate_kept_record *r = &g->shared->records[i];

		/* Ids may wrap: what counts is the distance from the newest. */
		if (r->id && !g->records.sent[i] &&
			(!best ||
				g->shared->next_record - r->id > g->shared->next_record - best->id))
			best = r;
	}
	return best;
}

void record_flush(struct gate *g)
{
	while (g->core >= 0 && g->records.n_unsent > 0) {
		struct gate_kept_record *r = oldest(g);
		struct pack p = gate_pack(g);

		if (!r) {
			g->records.n_unsent = 0;
			return;
		}
		pack_record(&p, &r->record);
		if (p.error || link_send(g, GATE_RECORD, r->id, -1) < 0)
			return; /* again when core reads, or with the next core */
		g->records.sent[r - g->shared->records] = true;
		g->records.n_unsent--;
	}
}
