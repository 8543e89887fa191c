/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "catalog/catalog_private.h"
#include "journal/line.h"
#include "journal/reader.h"
#include "journal/segments.h"

#define LOOK_NS   (5 * NSEC_PER_SEC) /* how often the journal's files are looked at */
#define TURN      64U                /* records between two looks at the clock */
#define LISTS_MAX 256U               /* of one incident: tags, rules, texts */

int catalog_grow(void *array, uint32_t n, uint32_t *cap, size_t size)
{
	void *p = *(void **)array;
	uint32_t more = *cap ? *cap * 2 : 256;

	if (n < *cap)
		return 0;
	if (more <= *cap || more >= NAMES_NONE)
		return -E2BIG;
	p = reallocarray(p, more, size);
	if (!p)
		return -ENOMEM;
	*(void **)array = p;
	*cap = more;
	return 0;
}

static void forget(struct catalog *c)
{
	names_done(&c->names);
	names_init(&c->names);
	c->n_rows = c->n_updates = c->n_numbers = c->n_dirty = c->n_segments = c->first_row = 0;
	c->reader = journal_reader_close(c->reader);
	c->load_fd = fd_close(c->load_fd);
	c->base = c->last_seq = c->behind = 0;
	c->about = (struct catalog_about){0};
}

int catalog_new(
	const char *dir, enum level hide_names, enum level hide_snippets, struct catalog **ret)
{
	struct catalog *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->load_fd = -1;
	c->hide_names = hide_names;
	c->hide_snippets = hide_snippets;
	c->dir = strdup(dir);
	if (!c->dir) {
		free(c);
		return -ENOMEM;
	}
	forget(c);
	*ret = c;
	return 0;
}

struct catalog *catalog_free(struct catalog *c)
{
	if (c) {
		forget(c);
		names_done(&c->names);
		free(c->rows);
		free(c->updates);
		free(c->numbers);
		free(c->dirty);
		free(c->segments);
		free(c->dir);
		free(c);
	}
	return NULL;
}

void catalog_about(const struct catalog *c, struct catalog_about *ret)
{
	*ret = c->about;
	ret->incidents = c->n_rows - c->first_row;
	ret->last_seq = c->last_seq;
}

/* ---- a row from an incident ---- */

struct list {
	uint32_t v[LISTS_MAX], n;
};

static int list_add(struct catalog *c, struct list *l, const char *text, bool searched)
{
	uint32_t i;
	int r;

	if (!*text || l->n >= LISTS_MAX)
		return 0;
	r = names_add(&c->names, text, searched, &i);
	if (r == 0)
		l->v[l->n++] = i;
	return r;
}

/* In the place of the old one, where that has the same numbers. */
static int list_store(struct catalog *c, const struct list *l, uint32_t *at)
{
	uint32_t n;
	const uint32_t *old = catalog_numbers(c, *at, &n);
	int r = 0;

	if (n == l->n && (n == 0 || memcmp(old, l->v, n * sizeof(*old)) == 0))
		return 0;
	for (uint32_t i = 0; r == 0 && i <= l->n; i++)
		r = catalog_grow(
			&c->numbers, c->n_numbers + i, &c->cap_numbers, sizeof(*c->numbers));
	if (r < 0)
		return r;
	*at = c->n_numbers;
	c->numbers[c->n_numbers++] = l->n;
	for (uint32_t i = 0; i < l->n; i++)
		c->numbers[c->n_numbers++] = l->v[i];
	return 0;
}

static int fill_rules(struct catalog *c, struct row *row, const struct incident *i)
{
	struct list rules = {0}, texts = {0};
	char name[512];
	int r = 0;

	for (size_t n = 0; r == 0 && n < i->n_evidence; n++) {
		struct incident_evidence e = incident_evidence(i, n);

		snprintf(name, sizeof(name), "%s/%s", e.pack, e.rule);
		r = list_add(c, &rules, name, true);
		if (r == 0)
			r = list_add(c, &rules, e.rule, true);
		if (r == 0)
			r = list_add(c, &texts, e.snippet, true);
	}
	for (size_t n = 0; r == 0 && n < i->n_notes; n++)
		r = list_add(c, &texts, incident_note(i, n), true);
	for (size_t n = 0; r == 0 && n < i->n_files; n++)
		r = list_add(c, &texts, incident_file(i, n).path, true);
	if (r == 0)
		r = list_store(c, &rules, &row->rules);
	return r < 0 ? r : list_store(c, &texts, &row->texts);
}

static int fill_tags(struct catalog *c, struct row *row, const struct incident *i)
{
	struct list tags = {0};
	int r = 0;

	for (size_t n = 0; r == 0 && n < i->n_tags; n++)
		r = list_add(c, &tags, incident_tag(i, n), true);
	for (size_t n = 0; r == 0 && n < i->n_labels; n++)
		r = list_add(c, &tags, incident_label(i, n), true);
	return r < 0 ? r : list_store(c, &tags, &row->tags);
}

int catalog_fill(struct catalog *c, struct row *row, struct incident *i)
{
	char uid[24];
	enum action action;
	int r = catalog_conceal(c, i);
	const struct {
		const char *text;
		uint32_t *ret;
		bool searched;
	} names[] = {
		{i->id, &row->id, false},
		{i->app, &row->app, true},
		{i->app_name, &row->app_name, true},
		{i->user, &row->user, true},
		{uid, &row->uid, false},
		{i->host, &row->host, true},
		{i->path, &row->path, true},
		{i->exe, &row->exe, true},
		{i->sha256, &row->sha256, true},
		{i->rule, &row->rule, true},
		{i->message, &row->message, true},
		{i->destination, &row->destination, true},
		{i->channel, &row->channel, false},
		{i->status, &row->status, false},
		{i->assignee, &row->assignee, true},
	};

	snprintf(uid, sizeof(uid), "%llu", (unsigned long long)i->uid);
	for (size_t n = 0; r == 0 && n < ARRAY_SIZE(names); n++)
		r = names_add(&c->names, names[n].text, names[n].searched, names[n].ret);
	if (r == 0)
		r = fill_rules(c, row, i);
	if (r == 0)
		r = fill_tags(c, row, i);
	if (r < 0)
		return r;
	if (clock_parse(i->time, &row->time) < 0)
		row->time = 0;
	row->retries = (uint32_t)MIN(i->retries, (uint64_t)UINT32_MAX);
	row->level = i->level_known ? (uint8_t)i->level : LEVEL_UNKNOWN;
	row->action = action_parse(i->action, &action) == 0 ? (uint8_t)action : ACTION_MAX;
	return 0;
}

/* ---- following ---- */

/* -EINVAL: this is no incident. */
static int add_row(struct catalog *c, const struct place *at, struct view payload)
{
	struct row row = {.at = *at,
		.first = NAMES_NONE,
		.last = NAMES_NONE,
		.rules = NAMES_NONE,
		.tags = NAMES_NONE,
		.texts = NAMES_NONE};
	cleanup_with(incident_freep) struct incident *i = NULL;
	int r = incident_parse(payload, &i);

	if (r == 0)
		r = catalog_grow(&c->rows, c->n_rows, &c->cap_rows, sizeof(*c->rows));
	if (r == 0)
		r = catalog_fill(c, &row, i);
	/* Written twice (the agent could not know whether the first was durable): once is enough.
	 */
	if (r < 0 || c->names.v[row.id].user != NAMES_NONE)
		return r;
	c->names.v[row.id].user = c->n_rows;
	c->rows[c->n_rows++] = row;
	return 0;
}

static int add_update(struct catalog *c, const struct place *at, struct view payload)
{
	char id[INCIDENT_ID_MAX + 1];
	struct row *row;
	uint32_t i;
	int r = incident_id(payload, id);

	if (r < 0)
		return r;
	i = catalog_find(c, view_str(id));
	if (i == NAMES_NONE)
		return 0; /* of an incident that was dropped, or is in no line */
	r = catalog_grow(&c->updates, c->n_updates, &c->cap_updates, sizeof(*c->updates));
	if (r == 0)
		r = catalog_grow(&c->dirty, c->n_dirty, &c->cap_dirty, sizeof(*c->dirty));
	if (r < 0)
		return r;
	row = &c->rows[i];
	c->updates[c->n_updates] = (struct update){*at, NAMES_NONE};
	if (row->first == NAMES_NONE)
		row->first = c->n_updates;
	else
		c->updates[row->last].next = c->n_updates;
	row->last = c->n_updates++;
	if (!row->dirty)
		c->dirty[c->n_dirty++] = i;
	row->dirty = true;
	return 0;
}

/* Where this record is, however the files are called by now. */
static int place_of(struct catalog *c, const struct journal_entry *e, struct place *ret)
{
	int r = 0;

	if (e->line == 1 || c->n_segments == 0) {
		r = catalog_grow(
			&c->segments, c->n_segments, &c->cap_segments, sizeof(*c->segments));
		if (r < 0)
			return r;
		c->segments[c->n_segments++] = e->seq;
		c->base = e->line == 1 ? e->offset : 0;
	}
	if (e->offset - c->base > UINT32_MAX)
		return -EOVERFLOW;
	*ret = (struct place){c->n_segments - 1, (uint32_t)(e->offset - c->base), e->seq};
	return 0;
}

static int take(struct catalog *c, const struct journal_entry *e)
{
	struct place at;
	int r = place_of(c, e, &at);

	if (r < 0)
		return r;
	c->last_seq = e->seq;
	c->about.records++;
	memcpy(c->about.last_time, e->time, sizeof(c->about.last_time));
	c->about.last_time[sizeof(c->about.last_time) - 1] = 0;
	c->about.gaps += view_eq(e->kind, VIEW_LIT("gap"));
	if (view_eq(e->kind, VIEW_LIT("checkpoint")))
		memcpy(c->about.last_checkpoint, c->about.last_time, sizeof(c->about.last_time));
	if (view_eq(e->kind, VIEW_LIT("incident")))
		r = add_row(c, &at, e->payload);
	else if (incident_is_more(e->kind))
		r = add_update(c, &at, e->payload);
	c->about.unread += r == -EINVAL && !view_eq(e->kind, VIEW_LIT("evidence"));
	return r == -EINVAL ? 0 : r;
}

/* What is not in the files any more is not listed any more. */
static void drop_rows(struct catalog *c, uint64_t first_seq)
{
	while (c->first_row < c->n_rows && c->rows[c->first_row].at.seq < first_seq) {
		c->names.v[c->rows[c->first_row].id].user = NAMES_NONE;
		c->first_row++;
	}
	/* Its memory comes back when the half of it is gone. */
	if (c->first_row > 1024 && c->first_row > c->n_rows / 2)
		forget(c);
}

/* Another journal in its place, or one that was cut: all is read anew. Records are read before the
   head says that they are durable, so that it has to stay behind for a while. */
static bool is_another(struct catalog *c, int dir_fd)
{
	struct head head;
	bool behind = head_read(dir_fd, &head) == 0 && head.seq < c->last_seq;
	bool still = behind && c->behind && c->behind == c->last_seq;

	c->behind = behind ? c->last_seq : 0;
	return still;
}

static int look(struct catalog *c)
{
	struct segments s = {0};
	int dir_fd, r;

	if (!c->reader || (c->looked && clock_now() - c->looked < LOOK_NS))
		return 0;
	c->looked = clock_now();
	dir_fd = reader_dir(c->reader);
	if (c->about.complete && is_another(c, dir_fd)) {
		forget(c);
		return 0;
	}
	r = segments_list(dir_fd, &s);
	if (r == 0 && s.n > 0)
		drop_rows(c, s.v[0].first_seq);
	segments_done(&s);
	return r;
}

static int read_more(struct catalog *c, uint64_t until)
{
	struct journal_entry e;
	int r = 0;

	for (unsigned n = 1; r == 0; n++) {
		r = journal_read(c->reader, &e);
		if (r == -EBADMSG) {
			c->about.unread++;
			r = 0;
		} else if (r == 0) {
			r = take(c, &e);
		}
		if (r == 0 && n % TURN == 0 && clock_now() >= until)
			return 1;
	}
	return r == JOURNAL_END ? 0 : r;
}

/* Those that something was said about since. */
static int refresh(struct catalog *c, uint64_t until)
{
	for (unsigned n = 1; c->n_dirty > 0; n++) {
		struct row *row = &c->rows[c->dirty[c->n_dirty - 1]];
		cleanup_with(incident_freep) struct incident *i = NULL;
		int r = catalog_parse(c, row, &i);

		if (r == 0)
			r = catalog_fill(c, row, i);
		if (r == -ENOMEM || r == -E2BIG)
			return r;
		c->about.unread += r < 0;
		row->dirty = false;
		c->n_dirty--;
		if (n % TURN == 0 && clock_now() >= until)
			return 1;
	}
	return 0;
}

int catalog_follow(struct catalog *c, uint64_t budget_ns)
{
	uint64_t until = clock_now() + budget_ns;
	int r = look(c);

	if (r == 0 && !c->reader)
		r = journal_reader_open(c->dir, &c->reader);
	if (r == 0)
		r = read_more(c, until);
	if (r == 0)
		r = refresh(c, until);
	c->about.complete = r == 0;
	return r;
}

uint32_t catalog_find(const struct catalog *c, struct view id)
{
	uint32_t i = names_find(&c->names, id);

	return i == NAMES_NONE ? NAMES_NONE : c->names.v[i].user;
}

struct view catalog_id(const struct catalog *c, uint32_t row)
{
	return names_text(&c->names, c->rows[row].id);
}

uint32_t catalog_older(const struct catalog *c, uint32_t row)
{
	return row > c->first_row ? row - 1 : NAMES_NONE;
}

uint32_t catalog_newer(const struct catalog *c, uint32_t row)
{
	return row + 1 < c->n_rows ? row + 1 : NAMES_NONE;
}
