/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The incidents of a journal, in memory, as far as lists ask for them: what they are sorted,
 * filtered, counted and searched by. It follows the journal as that grows, and what was found is
 * read from the journal itself. What the levels conceal is not in it, and so cannot be searched.
 *
 * A million incidents take about 300 MB; a process that answers others builds it in turns.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "journal/incident.h"
#include "model/action.h"
#include "model/level.h"

#define CATALOG_TERMS_MAX  64U   /* of one filter */
#define CATALOG_VALUE_MAX  4096U /* bytes of a term's value */
#define CATALOG_PAGE_MAX   1000U
#define CATALOG_GROUPS_MAX 100000U /* distinct ones that are counted; the rest is one more */

struct catalog;

/* The journal need not be there yet. Names and snippets from these levels up are concealed
   (LEVEL_NONE and LEVEL_MAX: never). */
must_check int catalog_new(
	const char *dir, enum level hide_names, enum level hide_snippets, struct catalog **ret);
struct catalog *catalog_free(struct catalog *c); /* takes NULL, returns NULL */

/* Reads what is new, for about so long. 0: all of it; 1: there is more; -errno (-ENOENT: no
   journal). */
must_check int catalog_follow(struct catalog *c, uint64_t budget_ns);

struct catalog_about {
	uint64_t incidents, records, gaps, unread;
	uint64_t last_seq;        /* of the last record that was read */
	char last_checkpoint[32]; /* when; "" where there is none */
	char last_time[32];       /* of the last record */
	bool complete;            /* catalog_follow() said 0 */
};
void catalog_about(const struct catalog *c, struct catalog_about *ret);

enum catalog_field {
	CATALOG_LEVEL,
	CATALOG_APP,
	CATALOG_USER,
	CATALOG_RULE, /* the policy's, or one that found a marking: "pack/rule" or "rule" */
	CATALOG_ACTION,
	CATALOG_CHANNEL,
	CATALOG_STATUS,
	CATALOG_ASSIGNEE, /* "-": nobody */
	CATALOG_TAG,
	CATALOG_HOST,
	CATALOG_FILE, /* the whole path */
	CATALOG_FIELD_MAX,
};
must_check int catalog_field_parse(struct view name, enum catalog_field *ret); /* 0, -EINVAL */

struct catalog_term {
	enum catalog_field field;
	bool not ;
	struct view value; /* the caller's */
};

/* Terms of one field are alternatives; those of several must all hold. */
struct catalog_filter {
	uint64_t from, to; /* realtime, inclusive; 0: no bound */
	struct view text;  /* somewhere, without case and diacritics; empty: anything */
	struct catalog_term terms[CATALOG_TERMS_MAX];
	size_t n_terms;
};

enum catalog_sort {
	CATALOG_SORT_TIME,
	CATALOG_SORT_LEVEL,
	CATALOG_SORT_RETRIES,
	CATALOG_SORT_APP,
	CATALOG_SORT_USER,
	CATALOG_SORT_FILE,
	CATALOG_SORT_STATUS,
	CATALOG_SORT_MAX,
};
must_check int catalog_sort_parse(struct view name, enum catalog_sort *ret); /* 0, -EINVAL */

struct catalog_page {
	enum catalog_sort sort;
	bool ascending;
	size_t limit;      /* 1 to CATALOG_PAGE_MAX */
	struct view after; /* catalog_found.next of the page before; empty: the first */
};

struct catalog_found {
	uint64_t total; /* that the filter takes */
	uint32_t rows[CATALOG_PAGE_MAX];
	size_t n;
	char next[48]; /* "" after the last page */
};
/* 0; -EINVAL for an `after` that is none; -ENOMEM. */
must_check int catalog_list(struct catalog *c, const struct catalog_filter *f,
	const struct catalog_page *p, struct catalog_found *ret);

struct catalog_group {
	struct view key;  /* until the next catalog_follow() */
	struct view name; /* of an application; else empty */
	uint64_t count, open, last;
	uint64_t levels[LEVEL_MAX];
	uint64_t false_positive;
	uint32_t sample; /* the newest row */
};
struct catalog_groups {
	uint64_t total; /* groups */
	struct catalog_group *v;
	size_t n;
	char next[48];
};
/* The largest first. Fields: app, user, host, file, rule, level, status, channel, action. */
must_check int catalog_group(struct catalog *c, const struct catalog_filter *f,
	enum catalog_field by, const struct catalog_page *p, struct catalog_groups *ret);
void catalog_groups_done(struct catalog_groups *g);

/* Days, local time, the oldest first. */
struct catalog_day {
	char day[12]; /* 2026-11-23 */
	uint64_t actions[ACTION_MAX];
	uint64_t count, false_positive;
};
must_check int catalog_days(
	struct catalog *c, const struct catalog_filter *f, struct catalog_day *days, size_t n);

/* One incident, read from the journal. -ESTALE: it is not there any more. */
must_check int catalog_load(struct catalog *c, uint32_t row, bool reveal, struct incident **ret);
/* The same as one line of JSON, appended; cheaper than catalog_load() and incident_json(). */
must_check int catalog_json(struct catalog *c, uint32_t row, struct buf *out);
/* The row of this id, or UINT32_MAX. */
uint32_t catalog_find(const struct catalog *c, struct view id);
struct view catalog_id(const struct catalog *c, uint32_t row);
/* The one before and the one after, by time; UINT32_MAX where there is none. */
uint32_t catalog_older(const struct catalog *c, uint32_t row);
uint32_t catalog_newer(const struct catalog *c, uint32_t row);
