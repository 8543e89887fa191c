/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"

#define NONE UINT32_MAX

struct place {
	uint64_t offset, line;
	uint32_t next; /* update of the same incident; NONE */
};

struct entry {
	struct place at;
	uint32_t first, last; /* of its updates */
	uint32_t next;        /* in the same bucket */
	char id[INCIDENT_ID_MAX + 1];
	uint8_t id_length; /* characters that tell it from its neighbours */
};

struct index {
	struct journal_reader *reader;
	struct hash_key key;
	struct entry *entries;
	struct place *updates;
	uint32_t *wanted;  /* entries */
	uint32_t *buckets; /* a power of two */
	uint32_t n_entries, n_updates, n_wanted, n_buckets;
	uint32_t cap_entries, cap_updates, cap_wanted;
	uint64_t gaps, unread, last_seq;
};

struct index *index_free(struct index *x)
{
	if (x) {
		journal_reader_close(x->reader);
		free(x->entries);
		free(x->updates);
		free(x->wanted);
		free(x->buckets);
		free(x);
	}
	return NULL;
}

void index_freep(struct index **x)
{
	*x = index_free(*x);
}

/* Room for one more of `size` bytes. */
static int grow(void *array, uint32_t n, uint32_t *cap, size_t size)
{
	void *p = *(void **)array;
	uint32_t more = *cap ? *cap * 2 : 256;

	if (n < *cap)
		return 0;
	if (more <= *cap || more >= NONE)
		return -E2BIG;
	p = reallocarray(p, more, size);
	if (!p)
		return -ENOMEM;
	*(void **)array = p;
	*cap = more;
	return 0;
}

static uint32_t bucket_of(const struct index *x, const char *id)
{
	return (uint32_t)hash_bytes(x->key, view_str(id)) & (x->n_buckets - 1);
}

static int rehash(struct index *x)
{
	uint32_t n = x->n_buckets ? x->n_buckets * 2 : 1024;
	uint32_t *buckets = reallocarray(NULL, n, sizeof(*buckets));

	if (!buckets)
		return -ENOMEM;
	memset(buckets, 0xff, n * sizeof(*buckets));
	free(x->buckets);
	x->buckets = buckets;
	x->n_buckets = n;
	for (uint32_t i = 0; i < x->n_entries; i++) {
		uint32_t b = bucket_of(x, x->entries[i].id);

		x->entries[i].next = buckets[b];
		buckets[b] = i;
	}
	return 0;
}

static uint32_t find(const struct index *x, const char *id)
{
	uint32_t i = x->n_buckets ? x->buckets[bucket_of(x, id)] : NONE;

	while (i != NONE && strcmp(x->entries[i].id, id) != 0)
		i = x->entries[i].next;
	return i;
}

static int add_entry(struct index *x, const struct journal_entry *e, const char *id, bool wanted)
{
	uint32_t b;
	int r;

	/* Written twice (the agent could not know whether the first was durable): once is enough.
	 */
	if (find(x, id) != NONE)
		return 0;
	r = grow(&x->entries, x->n_entries, &x->cap_entries, sizeof(*x->entries));
	if (r == 0 && wanted)
		r = grow(&x->wanted, x->n_wanted, &x->cap_wanted, sizeof(*x->wanted));
	if (r == 0 && x->n_entries >= x->n_buckets)
		r = rehash(x);
	if (r < 0)
		return r;
	b = bucket_of(x, id);
	x->entries[x->n_entries] = (struct entry){.at = {e->offset, e->line, NONE},
		.first = NONE,
		.last = NONE,
		.next = x->buckets[b]};
	memcpy(x->entries[x->n_entries].id, id, strlen(id) + 1);
	if (wanted)
		x->wanted[x->n_wanted++] = x->n_entries;
	x->buckets[b] = x->n_entries++;
	return 0;
}

static int add_update(struct index *x, const struct journal_entry *e)
{
	char id[INCIDENT_ID_MAX + 1];
	uint32_t i;
	int r;

	if (incident_id(e->payload, id) < 0) {
		/* A copy that was left by a crash may be of no incident. */
		x->unread += !view_eq(e->kind, VIEW_LIT("evidence"));
		return 0;
	}
	i = find(x, id);
	if (i == NONE)
		return 0; /* of an incident that is in no line: verify tells what is missing */
	r = grow(&x->updates, x->n_updates, &x->cap_updates, sizeof(*x->updates));
	if (r < 0)
		return r;
	x->updates[x->n_updates] = (struct place){e->offset, e->line, NONE};
	if (x->entries[i].first == NONE)
		x->entries[i].first = x->n_updates;
	else
		x->updates[x->entries[i].last].next = x->n_updates;
	x->entries[i].last = x->n_updates++;
	return 0;
}

/* Which are wanted: by all that the record says, or by the id alone. */
struct want {
	index_want_fn fn;
	index_want_id_fn id_fn;
	void *userdata;
};

static int take(struct index *x, const struct journal_entry *e, const struct want *w)
{
	char id[INCIDENT_ID_MAX + 1];
	struct incident *i;
	int r;

	if (view_eq(e->kind, VIEW_LIT("gap")))
		x->gaps++;
	if (incident_is_more(e->kind))
		return add_update(x, e);
	if (!view_eq(e->kind, VIEW_LIT("incident")))
		return 0;
	if (!w->fn) {
		if (incident_id(e->payload, id) == 0)
			return add_entry(x, e, id, !w->id_fn || w->id_fn(w->userdata, id));
		x->unread++;
		return 0;
	}
	r = incident_parse(e->payload, &i);
	if (r == -EINVAL)
		x->unread++;
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	r = add_entry(x, e, i->id, w->fn(w->userdata, i));
	incident_free(i);
	return r;
}

static size_t common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && (a[n] | 0x20) == (b[n] | 0x20))
		n++;
	return n;
}

static int by_id(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;

	return strcasecmp((*x)->id, (*y)->id);
}

static int measure_ids(struct index *x)
{
	struct entry **sorted = reallocarray(
		NULL, x->n_entries ? x->n_entries : 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < x->n_entries; i++)
		sorted[i] = &x->entries[i];
	qsort(sorted, x->n_entries, sizeof(*sorted), by_id);
	for (uint32_t i = 1; i < x->n_entries; i++) {
		size_t n = common(sorted[i - 1]->id, sorted[i]->id);

		sorted[i - 1]->id_length = (uint8_t)MAX((size_t)sorted[i - 1]->id_length, n);
		sorted[i]->id_length = (uint8_t)n;
	}
	free(sorted);
	return 0;
}

static int build(const char *dir, const struct want *want, struct index **ret)
{
	cleanup_with(index_freep) struct index *x = calloc(1, sizeof(*x));
	struct journal_entry e;
	int r;

	if (!x)
		return -ENOMEM;
	x->key = hash_key_new();
	r = journal_reader_open(dir, &x->reader);
	if (r < 0)
		return r;
	while ((r = journal_read(x->reader, &e)) != JOURNAL_END) {
		if (r == -EBADMSG) {
			x->unread++;
			continue;
		}
		if (r == 0)
			x->last_seq = e.seq;
		if (r == 0)
			r = take(x, &e, want);
		if (r < 0)
			return r;
	}
	r = measure_ids(x);
	if (r == 0)
		*ret = steal(&x);
	return r;
}

int index_build(const char *dir, index_want_fn want, void *userdata, struct index **ret)
{
	return build(dir, &(struct want){.fn = want, .userdata = userdata}, ret);
}

int index_build_by_id(const char *dir, index_want_id_fn want, void *userdata, struct index **ret)
{
	return build(dir, &(struct want){.id_fn = want, .userdata = userdata}, ret);
}

size_t index_count(const struct index *x)
{
	return x->n_wanted;
}

uint64_t index_gaps(const struct index *x)
{
	return x->gaps;
}

uint64_t index_last_seq(const struct index *x)
{
	return x->last_seq;
}

uint64_t index_unread(const struct index *x)
{
	return x->unread;
}

static int read_at(struct index *x, const struct place *at, struct journal_entry *ret)
{
	int r;

	journal_reader_seek(x->reader, at->offset, at->line);
	r = journal_read(x->reader, ret);
	return r == JOURNAL_END ? -EIO : r; /* the journal was cut meanwhile */
}

int index_load(struct index *x, size_t n, struct incident **ret)
{
	cleanup_with(incident_freep) struct incident *i = NULL;
	const struct entry *e = &x->entries[x->wanted[n]];
	struct journal_entry at;
	int r = read_at(x, &e->at, &at);

	if (r == 0)
		r = incident_parse(at.payload, &i);
	for (uint32_t u = e->first; r == 0 && u != NONE; u = x->updates[u].next) {
		r = read_at(x, &x->updates[u], &at);
		if (r == 0)
			r = incident_merge(i, at.payload);
	}
	if (r == 0)
		*ret = steal(&i);
	return r;
}

int index_refine(struct index *x, index_want_fn want, void *userdata)
{
	uint32_t kept = 0;

	for (uint32_t n = 0; n < x->n_wanted; n++) {
		cleanup_with(incident_freep) struct incident *i = NULL;
		int r = index_load(x, n, &i);

		if (r < 0)
			return r;
		if (want(userdata, i))
			x->wanted[kept++] = x->wanted[n];
	}
	x->n_wanted = kept;
	return 0;
}

size_t index_id_length(const struct index *x, size_t n)
{
	const struct entry *e = &x->entries[x->wanted[n]];

	return MIN((size_t)e->id_length + 1, strlen(e->id));
}
