/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "journal/index.h"
#include "scratch.h"

static const char full[] =
	"{\"kind\":\"incident\",\"id\":\"01JABCDEFGHJKMNPQRSTVWXYZ0\","
	"\"time\":\"2026-11-23T08:30:00.123Z\",\"host\":\"h\",\"user\":\"lan\",\"uid\":1000,"
	"\"app\":\"telegram\",\"app_name\":\"Telegram Desktop\",\"pid\":42,\"ppid\":7,"
	"\"exe\":\"/usr/bin/telegram-desktop\",\"comm\":\"telegram-deskto\",\"identified\":\"exe\","
	"\"channel\":\"open\",\"path\":\"/home/lan/báo cáo.docx\",\"level\":\"secret\","
	"\"tags\":[\"suspected\",\"specimen\"],\"completeness\":\"partial\",\"reasons\":[\"too-"
	"big\"],"
	"\"format\":\"docx\",\"size\":12345,\"sha256\":null,\"ms\":1.5,\"evidence\":[{\"rule\":"
	"\"r\","
	"\"pack\":\"vn\",\"level\":\"secret\",\"part\":\"header\",\"page\":2,\"member\":\"a/b\","
	"\"snippet\":\"TỐI MẬT\",\"score\":-3}],\"action\":\"block\",\"intended\":\"block\","
	"\"mode\":\"enforce\",\"rule\":\"no-secrets\",\"message\":\"m\",\"policy_version\":3,"
	"\"cause\":\"scanned\",\"hold_ms\":12.25,\"retries\":0,\"destination\":null,"
	"\"status\":\"new\",\"notes\":[]}";

static void test_parse(void **state)
{
	struct incident *i;
	struct incident_evidence e;

	(void)state;
	assert_int_equal(incident_parse(view_str(full), &i), 0);
	assert_string_equal(i->id, "01JABCDEFGHJKMNPQRSTVWXYZ0");
	assert_string_equal(i->path, "/home/lan/báo cáo.docx");
	assert_string_equal(i->sha256, "");
	assert_string_equal(i->destination, "");
	assert_true(i->level_known);
	assert_int_equal(i->level, LEVEL_SECRET);
	assert_int_equal(i->size, 12345);
	assert_int_equal(i->pid, 42);
	assert_true(i->hold_ms > 12.2 && i->hold_ms < 12.3);
	assert_int_equal(i->n_tags, 2);
	assert_string_equal(incident_tag(i, 1), "specimen");
	assert_string_equal(incident_tag(i, 2), "");
	assert_string_equal(incident_reason(i, 0), "too-big");
	assert_int_equal(i->n_evidence, 1);
	e = incident_evidence(i, 0);
	assert_string_equal(e.snippet, "TỐI MẬT");
	assert_int_equal(e.page, 2);
	assert_int_equal(e.score, -3);
	e = incident_evidence(i, 1);
	assert_string_equal(e.rule, "");
	incident_free(i);
}

static void test_not_incidents(void **state)
{
	static const char *const bad[] = {"", "[]", "{}", "{\"kind\":\"incident\"}",
		"{\"kind\":\"gap\",\"id\":\"a\"}", "{\"kind\":\"incident\",\"id\":\"\"}",
		"{\"kind\":\"incident\",\"id\":\"../x\"}", "{\"kind\":\"incident\",\"id\":5}",
		("{\"kind\":\"incident\",\"id\":"
		 "\"00000000000000000000000000000000000000000000000000\"}")};
	struct incident *i;

	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(bad); n++)
		assert_int_equal(incident_parse(view_str(bad[n]), &i), -EINVAL);
	/* Wrong types are like absent members. */
	assert_int_equal(
		incident_parse(VIEW_LIT("{\"kind\":\"incident\",\"id\":\"a\",\"pid\":\"x\","
					"\"tags\":7,\"evidence\":[1],\"level\":\"?\"}"),
			&i),
		0);
	assert_int_equal(i->pid, 0);
	assert_int_equal(i->n_tags, 0);
	assert_string_equal(incident_evidence(i, 0).rule, "");
	assert_false(i->level_known);
	incident_free(i);
}

static void test_merge(void **state)
{
	struct incident *i;
	struct buf b = {0};
	char note[128];

	(void)state;
	assert_int_equal(incident_parse(view_str(full), &i), 0);
	assert_int_equal(
		incident_merge(i, VIEW_LIT("{\"kind\":\"incident-more\",\"id\":\"other\"}")),
		-EINVAL);
	for (int twice = 0; twice < 2; twice++)
		assert_int_equal(incident_merge(i,
					 VIEW_LIT("{\"kind\":\"incident-more\",\"id\":"
						  "\"01JABCDEFGHJKMNPQRSTVWXYZ0\",\"retries\":4,"
						  "\"last\":\"2026-11-23T08:30:09.000Z\"}")),
			0);
	assert_int_equal(i->retries, 4);
	assert_string_equal(i->last, "2026-11-23T08:30:09.000Z");
	for (unsigned n = 0; n < INCIDENT_NOTES_MAX + 1; n++) {
		snprintf(note, sizeof(note),
			"{\"id\":\"01JABCDEFGHJKMNPQRSTVWXYZ0\",\"status\":\"seen\","
			"\"note\":\"n%u\"}",
			n);
		assert_int_equal(incident_merge(i, view_str(note)), 0);
	}
	assert_string_equal(i->status, "seen");
	assert_int_equal(i->n_notes, INCIDENT_NOTES_MAX);
	assert_string_equal(incident_note(i, 1), "n1");
	assert_int_equal(incident_json(i, &b), 0);
	assert_true(view_starts(buf_view(&b), VIEW_LIT("{\"id\":\"01JABCDEFGHJKMNPQRSTVWXYZ0\",")));
	assert_int_equal(buf_terminate(&b), 0);
	assert_non_null(strstr((char *)b.p, "\"hold_ms\":12.25,\"retries\":4,"));
	assert_non_null(strstr((char *)b.p, "\"destination\":null"));
	assert_null(strstr((char *)b.p, "\"kind\""));
	buf_done(&b);
	incident_free(i);
}

static void test_files(void **state)
{
	struct incident *i;
	char more[160];

	(void)state;
	assert_int_equal(incident_parse(view_str(full), &i), 0);
	assert_int_equal(i->n_files, 0);
	assert_string_equal(incident_file(i, 0).path, "");
	for (unsigned n = 0; n < INCIDENT_FILES_MAX + 1; n++) {
		snprintf(more, sizeof(more),
			"{\"id\":\"01JABCDEFGHJKMNPQRSTVWXYZ0\",\"file\":{\"path\":\"/srv/%u\","
			"\"level\":\"secret\"}}",
			n);
		/* A record that was written twice is one file. */
		for (int twice = 0; twice < 2; twice++)
			assert_int_equal(incident_merge(i, view_str(more)), 0);
		assert_int_equal(i->n_files, n < INCIDENT_FILES_MAX ? n + 1 : n);
	}
	assert_string_equal(incident_file(i, 1).path, "/srv/1");
	assert_string_equal(incident_file(i, 1).level, "secret");
	assert_string_equal(incident_file(i, 1).sha256, "");
	incident_free(i);
}

static bool want_odd(void *userdata, const struct incident *i)
{
	++*(unsigned *)userdata;
	return i->pid % 2;
}

static void append(struct journal *j, const char *text)
{
	uint64_t seq;

	assert_int_equal(journal_append(j, view_str(text), &seq), 0);
}

static void test_index(void **state)
{
	struct scratch s;
	struct journal *j;
	struct journal_opened how;
	struct index *x;
	struct incident *i;
	unsigned asked = 0;

	(void)state;
	scratch_make(&s);
	assert_int_equal(journal_open(s.dir, &j, &how), 0);
	for (unsigned n = 0; n < 3000; n++) {
		char text[256];

		snprintf(text, sizeof(text), "{\"kind\":\"incident\",\"id\":\"ID%06u\",\"pid\":%u}",
			n, n);
		append(j, text);
		snprintf(text, sizeof(text),
			"{\"kind\":\"incident-more\",\"id\":\"ID%06u\",\"retries\":%u}", n / 2, n);
		append(j, text);
	}
	append(j, "{\"kind\":\"incident\",\"id\":\"ID000001\",\"pid\":99}"); /* written twice */
	append(j, "{\"kind\":\"incident-more\",\"id\":\"NOBODY\",\"retries\":1}");
	append(j, "{\"kind\":\"incident-more\"}");
	append(j, "{\"kind\":\"incident\"}");
	append(j, "{\"kind\":\"gap\"}");
	append(j, "{\"kind\":\"agent\"}");
	append(j, "{\"kind\":\"incident\",\"id\":\"OTHER\",\"pid\":1}");
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);

	assert_int_equal(index_build(s.dir, want_odd, &asked, &x), 0);
	assert_int_equal(asked, 3002);
	assert_int_equal(index_count(x), 1501);
	assert_int_equal(index_gaps(x), 1);
	assert_int_equal(index_unread(x), 2);
	for (size_t n = 0; n < 1500; n++) {
		unsigned number = 2 * (unsigned)n + 1;

		assert_int_equal(index_load(x, n, &i), 0);
		assert_int_equal(i->pid, number);
		assert_int_equal(i->retries, number < 1500 ? 2 * number + 1 : 0);
		incident_free(i);
	}
	assert_int_equal(index_id_length(x, 0), 8);
	assert_int_equal(index_id_length(x, 1500), 1);
	index_free(x);
	scratch_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_not_incidents),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
