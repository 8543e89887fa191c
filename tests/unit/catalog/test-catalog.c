/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit.h"

#include "base/clock.h"
#include "catalog/catalog.h"
#include "journal/journal.h"
#include "scratch.h"

static struct scratch scratch;
static const char *const dir = scratch.dir;
static struct journal *journal;

static int setup(void **state)
{
	struct journal_opened how;

	(void)state;
	scratch_make(&scratch);
	return journal_open(dir, &journal, &how);
}

static int teardown(void **state)
{
	(void)state;
	journal = journal_close(journal);
	scratch_remove(&scratch);
	return 0;
}

static void append(const char *payload)
{
	uint64_t seq;

	assert_int_equal(journal_append(journal, view_str(payload), &seq), 0);
	assert_int_equal(journal_sync(journal), 0);
}

static const char *const levels[] = {"confidential", "secret", "none"};

static void add(unsigned n)
{
	char text[1500];

	snprintf(text, sizeof(text),
		"{\"kind\":\"incident\",\"id\":\"ID%05u\",\"time\":\"2026-11-%02uT08:%02u:00."
		"000Z\","
		"\"host\":\"may\",\"user\":\"%s\",\"uid\":%u,\"app\":\"app%u\",\"app_name\":\"App "
		"%u\",\"channel\":\"open\",\"path\":\"/home/lan/Báo cáo %u.docx\",\"level\":\"%s\","
		"\"tags\":[],\"sha256\":\"%064u\",\"evidence\":[{\"rule\":\"own-line\",\"pack\":"
		"\"vn\","
		"\"snippet\":\"TỐI MẬT số %u\"}],\"action\":\"%s\",\"rule\":\"to-chat\","
		"\"status\":\"new\",\"notes\":[]}",
		n, n % 28 + 1, n % 60, n % 2 ? "lan" : "minh", 1000 + n % 2, n % 3, n % 3, n,
		levels[n % 3], n, n, n % 4 ? "block" : "log");
	append(text);
}

static void mark(unsigned n, const char *what)
{
	char text[400];

	snprintf(text, sizeof(text),
		"{\"kind\":\"incident-mark\",\"id\":\"ID%05u\",\"time\":\"2026-11-23T09:00:00Z\","
		"\"by\":\"rev\",%s}",
		n, what);
	append(text);
}

static struct catalog *open_catalog(void)
{
	struct catalog *c;

	assert_int_equal(catalog_new(dir, LEVEL_MAX, LEVEL_MAX, &c), 0);
	assert_int_equal(catalog_follow(c, 10 * NSEC_PER_SEC), 0);
	return c;
}

static struct catalog_found found;

static uint64_t count(struct catalog *c, enum catalog_field field, bool not, const char *value)
{
	struct catalog_filter f = {.terms = {{field, not, view_str(value)}}, .n_terms = 1};
	struct catalog_page p = {.limit = 10};

	assert_int_equal(catalog_list(c, &f, &p, &found), 0);
	return found.total;
}

static uint64_t search(struct catalog *c, const char *text)
{
	struct catalog_filter f = {.text = view_str(text)};
	struct catalog_page p = {.limit = 10};

	assert_int_equal(catalog_list(c, &f, &p, &found), 0);
	return found.total;
}

static void test_filters(void **state)
{
	struct catalog *c;

	(void)state;
	for (unsigned n = 0; n < 30; n++)
		add(n);
	c = open_catalog();
	assert_int_equal(count(c, CATALOG_LEVEL, false, "secret"), 10);
	assert_int_equal(count(c, CATALOG_LEVEL, true, "secret"), 20);
	assert_int_equal(count(c, CATALOG_LEVEL, false, "great"), 0);
	assert_int_equal(count(c, CATALOG_USER, false, "lan"), 15);
	assert_int_equal(count(c, CATALOG_USER, false, "1001"), 15);
	assert_int_equal(count(c, CATALOG_APP, false, "app1"), 10);
	assert_int_equal(count(c, CATALOG_APP, false, "App 1"), 10);
	assert_int_equal(count(c, CATALOG_RULE, false, "vn/own-line"), 30);
	assert_int_equal(count(c, CATALOG_RULE, false, "own-line"), 30);
	assert_int_equal(count(c, CATALOG_RULE, false, "to-chat"), 30);
	assert_int_equal(count(c, CATALOG_RULE, true, "to-chat"), 0);
	assert_int_equal(count(c, CATALOG_ACTION, false, "log"), 8);
	assert_int_equal(count(c, CATALOG_ACTION, false, "nothing"), 0);
	assert_int_equal(count(c, CATALOG_FILE, false, "/home/lan/Báo cáo 7.docx"), 1);
	assert_int_equal(count(c, CATALOG_FILE, false, "Báo cáo 7.docx"), 0);
	assert_int_equal(count(c, CATALOG_ASSIGNEE, false, "-"), 30);
	assert_int_equal(count(c, CATALOG_HOST, false, "may"), 30);
	assert_int_equal(count(c, CATALOG_CHANNEL, false, "exec"), 0);
	assert_int_equal(search(c, "bao cao 7."), 1);
	assert_int_equal(search(c, "BÁO CÁO"), 30);
	assert_int_equal(search(c, "tối mật số 12"), 1);
	assert_int_equal(search(c, "ID00012"), 1);
	assert_int_equal(search(c, "không có"), 0);
	catalog_free(c);
}

static void walk(struct catalog *c, const struct catalog_filter *f, enum catalog_sort sort,
	bool ascending, size_t limit, size_t want)
{
	struct catalog_page p = {sort, ascending, limit, VIEW_EMPTY};
	uint32_t seen[64];
	char after[48];
	size_t n = 0;

	do {
		assert_int_equal(catalog_list(c, f, &p, &found), 0);
		assert_int_equal(found.total, want);
		for (size_t i = 0; i < found.n; i++) {
			for (size_t k = 0; k < n; k++)
				assert_int_not_equal(seen[k], found.rows[i]);
			seen[n++] = found.rows[i];
		}
		memcpy(after, found.next, sizeof(after));
		p.after = view_str(after);
	} while (found.next[0]);
	assert_int_equal(n, want);
	for (size_t k = 1; sort == CATALOG_SORT_TIME && k < n; k++)
		assert_true(ascending ? seen[k] > seen[k - 1] : seen[k] < seen[k - 1]);
}

static void test_pages(void **state)
{
	struct catalog_filter all = {0},
			      some = {.terms = {{CATALOG_USER, false, VIEW_LIT("lan")}},
				      .n_terms = 1};
	static const char *const bad[] = {"x", "-1", "1.", "1.x", "99999999999999999999999999"};
	struct catalog_page p = {.limit = 5};
	struct catalog *c;

	(void)state;
	for (unsigned n = 0; n < 30; n++)
		add(n);
	c = open_catalog();
	for (unsigned sort = 0; sort < CATALOG_SORT_MAX; sort++)
		for (size_t limit = 1; limit < 40; limit += 6) {
			walk(c, &all, (enum catalog_sort)sort, true, limit, 30);
			walk(c, &all, (enum catalog_sort)sort, false, limit, 30);
			walk(c, &some, (enum catalog_sort)sort, false, limit, 15);
		}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		p.after = view_str(bad[i]);
		assert_int_equal(catalog_list(c, &all, &p, &found), -EINVAL);
	}
	p = (struct catalog_page){.limit = CATALOG_PAGE_MAX + 1};
	assert_int_equal(catalog_list(c, &all, &p, &found), -EINVAL);
	catalog_free(c);
}

static void test_groups_and_days(void **state)
{
	struct catalog_filter all = {0};
	struct catalog_page p = {.limit = 2};
	struct catalog_groups g;
	struct catalog_day days[3];
	struct catalog *c;

	(void)state;
	for (unsigned n = 0; n < 30; n++)
		add(n);
	mark(3, "\"status\":\"false-positive\"");
	c = open_catalog();
	assert_int_equal(catalog_group(c, &all, CATALOG_APP, &p, &g), 0);
	assert_int_equal(g.total, 3);
	assert_int_equal(g.n, 2);
	assert_int_equal(g.v[0].count, 10);
	assert_string_not_equal(g.next, "");
	p.after = view_str(g.next);
	catalog_groups_done(&g);
	p = (struct catalog_page){.limit = 10, .after = VIEW_LIT("0.2")};
	assert_int_equal(catalog_group(c, &all, CATALOG_APP, &p, &g), 0);
	assert_int_equal(g.n, 1);
	assert_string_equal(g.next, "");
	catalog_groups_done(&g);
	p.after = VIEW_EMPTY;
	assert_int_equal(catalog_group(c, &all, CATALOG_RULE, &p, &g), 0);
	assert_int_equal(g.n, 1);
	assert_true(view_eq(g.v[0].key, VIEW_LIT("vn/own-line")));
	assert_int_equal(g.v[0].false_positive, 1);
	assert_int_equal(g.v[0].open, 29);
	catalog_groups_done(&g);
	assert_int_equal(catalog_group(c, &all, CATALOG_LEVEL, &p, &g), -EINVAL);
	assert_int_equal(catalog_days(c, &all, days, 3), 0);
	assert_int_equal(strlen(days[2].day), 10);
	catalog_free(c);
}

/* Both ways say the same. */
static void assert_json(struct catalog *c, uint32_t row, const struct incident *i)
{
	struct buf a = BUF_INIT(0), b = BUF_INIT(0);

	assert_int_equal(catalog_json(c, row, &a), 0);
	assert_int_equal(incident_json(i, &b), 0);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	buf_done(&a);
	buf_done(&b);
}

/* What is said later is seen, and the journal may go on in other files meanwhile. */
static void test_follows(void **state)
{
	static const struct journal_limits small = {.segment_bytes = 8192};
	struct catalog_about about;
	struct incident *i;
	struct catalog *c;

	(void)state;
	c = open_catalog();
	journal_limit(journal, &small);
	for (unsigned n = 0; n < 100; n++) {
		add(n);
		assert_int_equal(journal_maintain(journal), 0);
		if (n % 7 == 0) {
			mark(n,
				"\"status\":\"confirmed\",\"assignee\":\"rev\",\"note\":\"Đã "
				"xem\",\"tag\":\"kho\"");
			assert_int_equal(catalog_follow(c, 10 * NSEC_PER_SEC), 0);
			assert_int_equal(count(c, CATALOG_STATUS, false, "confirmed"), n / 7 + 1);
		}
	}
	assert_int_equal(catalog_follow(c, 10 * NSEC_PER_SEC), 0);
	assert_int_equal(count(c, CATALOG_TAG, false, "kho"), 15);
	assert_int_equal(count(c, CATALOG_ASSIGNEE, false, "rev"), 15);
	assert_int_equal(search(c, "da xem"), 15);
	mark(7, "\"untag\":\"kho\",\"status\":\"new\"");
	assert_int_equal(catalog_follow(c, 10 * NSEC_PER_SEC), 0);
	assert_int_equal(count(c, CATALOG_TAG, false, "kho"), 14);
	for (unsigned n = 0; n < 100; n++) {
		char id[24];
		uint32_t row;

		snprintf(id, sizeof(id), "ID%05u", n);
		row = catalog_find(c, view_str(id));
		assert_int_equal(row, n);
		assert_int_equal(catalog_load(c, row, false, &i), 0);
		assert_string_equal(i->id, id);
		assert_json(c, row, i);
		assert_int_equal(i->n_history, n == 7 ? 2 : n % 7 == 0);
		incident_free(i);
	}
	assert_int_equal(catalog_older(c, 0), UINT32_MAX);
	assert_int_equal(catalog_newer(c, 99), UINT32_MAX);
	assert_int_equal(catalog_newer(c, 4), 5);
	catalog_about(c, &about);
	assert_int_equal(about.incidents, 100);
	assert_true(about.complete && about.unread == 0);
	catalog_free(c);
}

/* Only so much at a time, for who answers others meanwhile. */
static void test_turns(void **state)
{
	struct catalog_about about;
	struct catalog *c;
	unsigned turns = 0;

	(void)state;
	for (unsigned n = 0; n < 300; n++)
		add(n);
	for (unsigned n = 0; n < 300; n++)
		mark(n, "\"status\":\"ignored\"");
	assert_int_equal(catalog_new(dir, LEVEL_MAX, LEVEL_MAX, &c), 0);
	while (catalog_follow(c, 0) == 1)
		turns++;
	assert_in_range(turns, 5, 100);
	catalog_about(c, &about);
	assert_true(about.complete);
	assert_int_equal(count(c, CATALOG_STATUS, false, "ignored"), 300);
	catalog_free(c);
}

static void test_concealed(void **state)
{
	struct incident *i;
	struct catalog *c;

	(void)state;
	for (unsigned n = 0; n < 30; n++)
		add(n);
	assert_int_equal(catalog_new(dir, LEVEL_SECRET, LEVEL_SECRET, &c), 0);
	assert_int_equal(catalog_follow(c, 10 * NSEC_PER_SEC), 0);
	assert_int_equal(search(c, "bao cao"), 20);
	assert_int_equal(search(c, "tối mật số 1"), 6); /* 11 to 18 but those of "secret" */
	assert_int_equal(count(c, CATALOG_FILE, false, "•••.docx"), 10);
	assert_int_equal(catalog_load(c, 1, false, &i), 0);
	assert_string_equal(i->path, "•••.docx");
	assert_json(c, 1, i);
	incident_free(i);
	assert_int_equal(catalog_load(c, 1, true, &i), 0);
	assert_string_equal(i->path, "/home/lan/Báo cáo 1.docx");
	incident_free(i);
	catalog_free(c);
}

static void test_not_there_and_strange(void **state)
{
	struct catalog_about about;
	struct catalog *c;
	char missing[128];

	(void)state;
	snprintf(missing, sizeof(missing), "%s/none", dir);
	assert_int_equal(catalog_new(missing, LEVEL_MAX, LEVEL_MAX, &c), 0);
	assert_int_equal(catalog_follow(c, NSEC_PER_SEC), -ENOENT);
	assert_int_equal(search(c, "x"), 0);
	catalog_free(c);
	add(1);
	append("{\"kind\":\"incident\",\"id\":\"bad id\"}");
	append("{\"kind\":\"incident-mark\",\"id\":\"NONE\",\"status\":\"new\"}");
	append("{\"kind\":\"gap\",\"what\":\"x\",\"text\":\"y\"}");
	add(1); /* twice */
	mark(1, "\"status\":7,\"note\":{\"a\":1}");
	c = open_catalog();
	catalog_about(c, &about);
	assert_int_equal(about.incidents, 1);
	assert_int_equal(about.gaps, 1);
	assert_int_equal(about.unread, 1);
	assert_int_equal(catalog_find(c, VIEW_LIT("NONE")), UINT32_MAX);
	catalog_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_filters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_groups_and_days, setup, teardown),
		cmocka_unit_test_setup_teardown(test_follows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_concealed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_there_and_strange, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
