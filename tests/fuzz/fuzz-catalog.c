/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the console keeps of a journal that anybody may have written, and what it answers: payloads,
 * one in each line, put into a journal; then what a request could ask, with the first line as its
 * words.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "catalog/catalog.h"
#include "journal/incident.h"
#include "journal/journal.h"
#include "journal/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64];

static void remove_all(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/" JOURNAL_FILE, dir);
	unlink(path);
	rmdir(dir);
}

static void setup(void)
{
	snprintf(dir, sizeof(dir), "%s/fuzz-catalog-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(dir))
		abort();
	atexit(remove_all);
}

static struct view next_line(struct view *rest)
{
	const uint8_t *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	struct view line = view_sub(*rest, 0, end ? (size_t)(end - rest->p) : rest->n);

	*rest = view_sub(*rest, line.n + (end != NULL), rest->n);
	return line;
}

static void write_journal(struct view payloads)
{
	cleanup_with(buf_done) struct buf all = {0};
	cleanup_with(sha256_freep) struct sha256 *sha = NULL;
	cleanup_with(fd_closep) int fd = -1;
	struct line l = {0};
	char path[128];

	if (sha256_new(&sha) < 0)
		abort();
	while (payloads.n > 0) {
		l.seq++;
		l.payload = next_line(&payloads);
		memcpy(l.time, "2026-11-23T08:30:00.123Z", sizeof(l.time));
		if (line_put(&all, &l, sha) < 0)
			break;
		memcpy(l.prev, l.hash, sizeof(l.prev));
	}
	snprintf(path, sizeof(path), "%s/" JOURNAL_FILE, dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || fd_write_all(fd, buf_view(&all)) < 0)
		abort();
}

static void look_at(struct catalog *c, uint32_t row)
{
	struct buf out = {0};
	struct incident *i = NULL;

	if (catalog_load(c, row, row % 2, &i) == 0 && catalog_json(c, row, &out) == 0 &&
		memchr(out.p, '\n', out.n))
		abort();
	incident_free(i);
	if (catalog_id(c, row).n > 0 && catalog_find(c, catalog_id(c, row)) == UINT32_MAX)
		abort();
	(void)catalog_older(c, row);
	(void)catalog_newer(c, row);
	buf_done(&out);
}

static void ask(struct catalog *c, struct view words)
{
	struct catalog_filter f = {.text = words};
	struct catalog_page p = {.limit = 5};
	static struct catalog_found found;
	struct catalog_day days[3];

	for (unsigned n = 0; n < 2; n++) {
		for (unsigned s = 0; s < CATALOG_SORT_MAX; s++) {
			p.sort = (enum catalog_sort)s;
			p.ascending = s % 2;
			p.after = VIEW_EMPTY;
			for (unsigned page = 0; page < 3; page++) {
				if (catalog_list(c, &f, &p, &found) < 0)
					break;
				for (size_t k = 0; k < found.n; k++)
					look_at(c, found.rows[k]);
				if (!found.next[0])
					break;
				p.after = view_str(found.next);
			}
		}
		for (unsigned g = 0; g < CATALOG_FIELD_MAX; g++) {
			struct catalog_groups groups = {0};

			p.after = VIEW_EMPTY;
			if (catalog_group(c, &f, (enum catalog_field)g, &p, &groups) == 0)
				catalog_groups_done(&groups);
		}
		if (catalog_days(c, &f, days, ARRAY_SIZE(days)) < 0)
			break;
		/* Then as the value of each field. */
		f.text = VIEW_EMPTY;
		f.terms[0] = (struct catalog_term){
			.field = (enum catalog_field)(words.n % CATALOG_FIELD_MAX), .value = words};
		f.n_terms = 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = view_of(data, size), words = next_line(&rest);
	struct catalog *c;

	if (!dir[0])
		setup();
	write_journal(rest);
	if (catalog_new(dir, LEVEL_SECRET, LEVEL_INTERNAL, &c) < 0)
		return 0;
	if (catalog_follow(c, NSEC_PER_SEC) >= 0)
		ask(c, words);
	catalog_free(c);
	return 0;
}
