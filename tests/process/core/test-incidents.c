/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents and what tells of them, to a fake of log. */
#include "../../unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "core/control.h"
#include "core/copies.h"
#include "core/incidents.h"
#include "core/justify.h"
#include "core/ledger.h"
#include "some_facts.h"
#include "wire/peer.h"
#include "wire/protocol.h"

struct books {
	struct loop *loop;
	struct ledger *ledger;
	int log;
	uint64_t tags[64];
	int n_tags;
};

static void on_recorded(void *userdata, uint64_t tag, uint64_t seq)
{
	struct books *b = userdata;

	(void)seq;
	if (b->n_tags < (int)ARRAY_SIZE(b->tags))
		b->tags[b->n_tags] = tag;
	b->n_tags++;
}

static void books_init(struct books *b)
{
	int pair[2];

	*b = (struct books){0};
	assert_int_equal(loop_new(&b->loop), 0);
	assert_int_equal(ledger_new(b->loop, on_recorded, b, &b->ledger), 0);
	assert_int_equal(wire_pair(pair), 0);
	b->log = pair[1];
	assert_int_equal(ledger_log(b->ledger, pair[0]), 0);
}

static void books_done(struct books *b)
{
	ledger_free(b->ledger);
	fd_close(b->log);
	loop_free(b->loop);
}

/* The next payload that log was given; its id, or 0 where there is none. */
static uint32_t log_next(struct books *b, char *ret, size_t size)
{
	cleanup_with(buf_done) struct buf storage = BUF_INIT(0);
	struct wire_frame f;
	struct unpack u;
	struct view v;
	uint32_t id;

	if (wire_receive(b->log, &storage, &f) != 0)
		return 0;
	assert_int_equal(f.type, LOG_APPEND);
	u = (struct unpack){f.body, 0};
	v = unpack_view(&u);
	assert_int_equal(unpack_end(&u), 0);
	snprintf(ret, size, "%.*s", (int)v.n, (const char *)v.p);
	id = f.id;
	wire_frame_done(&f);
	return id;
}

static void log_answer(struct books *b, uint32_t id, uint64_t seq)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};

	pack_u64(&p, seq);
	assert_int_equal(wire_send(b->log, LOG_APPENDED, id, buf_view(&body), NULL, 0), 0);
	assert_int_equal(loop_step(b->loop, 100), 0);
}

static void what_is_not_acknowledged_goes_to_the_next_log(void **state)
{
	struct books b;
	char text[4096];
	uint32_t id;
	int pair[2];

	(void)state;
	books_init(&b);
	for (uint64_t i = 1; i <= 3; i++) {
		snprintf(text, sizeof(text), "{\"n\":%d}", (int)i);
		assert_int_equal(ledger_add(b.ledger, view_str(text), i), 0);
	}
	id = log_next(&b, text, sizeof(text));
	assert_string_equal(text, "{\"n\":1}");
	log_answer(&b, id, 10);
	assert_int_equal(b.n_tags, 1);
	assert_int_equal(b.tags[0], 1);
	assert_true(log_next(&b, text, sizeof(text)) > 0); /* 2 was sent, then log dies */
	close(b.log);
	assert_int_equal(loop_step(b.loop, 100), 0);
	assert_int_equal(ledger_waiting(b.ledger), 2);
	assert_int_equal(wire_pair(pair), 0);
	b.log = pair[1];
	assert_int_equal(ledger_log(b.ledger, pair[0]), 0);
	id = log_next(&b, text, sizeof(text));
	assert_string_equal(text, "{\"n\":2}");
	log_answer(&b, id, 11);
	id = log_next(&b, text, sizeof(text));
	assert_string_equal(text, "{\"n\":3}");
	log_answer(&b, id, 12);
	assert_int_equal(ledger_waiting(b.ledger), 0);
	assert_int_equal(ledger_last_seq(b.ledger), 12);
	books_done(&b);
}

static void what_the_ledger_cannot_hold_is_counted_and_told(void **state)
{
	struct books b;
	char text[4096] = "";
	uint32_t id;
	bool told = false;

	(void)state;
	books_init(&b);
	for (uint32_t i = 0; i < LEDGER_MAX; i++)
		assert_int_equal(ledger_add(b.ledger, VIEW_LIT("{}"), 0), 0);
	assert_int_equal(ledger_add(b.ledger, VIEW_LIT("{}"), 0), -ENOBUFS);
	assert_int_equal(ledger_add(b.ledger, VIEW_LIT("{}"), 0), -ENOBUFS);
	assert_int_equal(ledger_lost(b.ledger), 2);
	for (uint64_t seq = 1; (id = log_next(&b, text, sizeof(text))) > 0; seq++) {
		told |= strstr(text, "ledger-full") && strstr(text, "\"lost\":2");
		log_answer(&b, id, seq);
	}
	assert_true(told);
	assert_int_equal(ledger_waiting(b.ledger), 0);
	books_done(&b);
}

static struct gate_record some_record(void)
{
	struct gate_record r = {.realtime = clock_realtime(),
		.pid = 77,
		.uid = 0,
		.policy_version = 3,
		.action = ACTION_BLOCK,
		.intended = ACTION_BLOCK,
		.key = {1, 2, 3, 4, 5},
		.facts = {.level = LEVEL_SECRET},
		.n_ancestors = 1,
		.ancestors = {{.pid = 5, .comm = "bash", .exe = "/usr/bin/bash"}}};

	snprintf(r.app, sizeof(r.app), "gajim");
	snprintf(r.rule, sizeof(r.rule), "block-secrets");
	snprintf(r.path, sizeof(r.path), "/srv/a\"b\n.docx");
	snprintf(r.sandbox, sizeof(r.sandbox), "flatpak:org.gajim.Gajim");
	return r;
}

static void retries_are_counted_into_one_incident(void **state)
{
	struct books b;
	struct incidents *in;
	struct gate_record r = some_record();
	struct facts f = some_facts(LEVEL_SECRET);
	struct incident_context c = {
		.facts = &f, .app_name = "Gajim", .message = "m", .mode = "enforce"};
	char text[65536];
	bool counted;

	(void)state;
	books_init(&b);
	assert_int_equal(incidents_new(b.loop, b.ledger, &in), 0);
	assert_int_equal(incidents_add(in, &r, &c, 9, &counted), 0);
	assert_false(counted);
	assert_true(log_next(&b, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\"kind\":\"incident\""));
	assert_non_null(strstr(text, "\"level\":\"secret\""));
	assert_non_null(strstr(text, "\"path\":\"/srv/a\\\"b\\n.docx\""));
	assert_non_null(strstr(text, "\"snippet\":\"MẬT\""));
	assert_non_null(strstr(text, "\"user\":\"root\""));
	assert_non_null(strstr(text, "\"sandbox\":\"flatpak:org.gajim.Gajim\""));
	assert_non_null(strstr(
		text, "\"ancestry\":[{\"pid\":5,\"comm\":\"bash\",\"exe\":\"/usr/bin/bash\"}]"));
	assert_non_null(strstr(text, "\"retry_window_s\":60"));
	for (int i = 0; i < 5; i++) {
		assert_int_equal(incidents_add(in, &r, &c, 9, &counted), 0);
		assert_true(counted);
	}
	/* another user, another application, a changed file: incidents of their own */
	r.uid = 12345;
	assert_int_equal(incidents_add(in, &r, &c, 9, &counted), 0);
	assert_false(counted);
	r.key.ctime++;
	r.pid++;
	f.sha256[0]++;
	assert_int_equal(incidents_add(in, &r, &c, 9, &counted), 0);
	assert_false(counted);
	snprintf(r.app, sizeof(r.app), "dino");
	assert_int_equal(incidents_add(in, &r, &c, 9, &counted), 0);
	assert_false(counted);
	assert_int_equal(incidents_count(in), 4);
	assert_int_equal(incidents_retries(in), 5);
	for (int i = 0; i < 3; i++)
		assert_true(log_next(&b, text, sizeof(text)) > 0);
	incidents_free(in);
	assert_true(log_next(&b, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\"kind\":\"incident-more\""));
	assert_non_null(strstr(text, "\"retries\":5"));
	books_done(&b);
}

/* As Dino does before it sends, and Gajim after it sent: one incident, unless the content is
   another, or the process, or what becomes of it. */
static void a_clients_own_copy_is_not_received(void **state)
{
	struct books b;
	struct incidents *in;
	struct gate_record r = some_record(), copy;
	struct facts f = some_facts(LEVEL_SECRET);
	struct incident_context c = {
		.facts = &f, .app_name = "Dino", .message = "m", .mode = "enforce"};
	char text[65536];
	bool counted;

	(void)state;
	books_init(&b);
	assert_int_equal(incidents_new(b.loop, b.ledger, &in), 0);
	f.has_sha256 = true;
	r.channel = CHANNEL_OPEN;
	r.action = r.intended = ACTION_LOG;
	assert_int_equal(incidents_add(in, &r, &c, 9, &counted), 0);
	assert_true(log_next(&b, text, sizeof(text)) > 0);
	copy = r;
	copy.channel = CHANNEL_RECEIVE;
	copy.key.ino++;
	snprintf(copy.rule, sizeof(copy.rule), "received");
	snprintf(copy.path, sizeof(copy.path), "/home/lan/.local/share/dino/files/a.docx");
	assert_int_equal(incidents_add(in, &copy, &c, 9, &counted), 0);
	assert_false(counted);
	assert_true(log_next(&b, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\"kind\":\"incident-more\""));
	assert_non_null(strstr(text, "dino/files/a.docx"));
	assert_int_equal(incidents_add(in, &copy, &c, 9, &counted), 0);
	assert_true(counted);
	assert_int_equal(incidents_count(in), 1);
	copy.action = ACTION_QUARANTINE;
	assert_int_equal(incidents_add(in, &copy, &c, 9, &counted), 0);
	assert_int_equal(incidents_count(in), 2);
	copy.action = ACTION_LOG;
	copy.pid++;
	assert_int_equal(incidents_add(in, &copy, &c, 9, &counted), 0);
	assert_int_equal(incidents_count(in), 3);
	copy.pid--;
	copy.key.ino++;
	snprintf(copy.path, sizeof(copy.path), "/home/lan/Downloads/b.docx");
	f.sha256[0]++;
	assert_int_equal(incidents_add(in, &copy, &c, 9, &counted), 0);
	assert_int_equal(incidents_count(in), 4);
	in = incidents_free(in);
	books_done(&b);
}

/* Who would wait for notices in a session, in the place of core's control socket. */
struct control {
	uint32_t uid;
	unsigned n;
	struct notice last;
};

bool control_has_listener(const struct control *c, uint32_t uid)
{
	return c->uid == uid;
}

void control_notify(struct control *c, uint32_t uid, const struct notice *n)
{
	assert_int_equal(c->uid, uid);
	c->n++;
	c->last = *n;
}

/* Likewise, of what people may give a reason for. */
struct justify {
	unsigned n;
};

void copies_heard(struct copies *e, const char *incident, const struct gate_record *r,
	const struct incident_context *c)
{
	(void)incident;
	(void)r;
	(void)c;
	assert_null(e); /* no rule here wants copies */
}

bool justify_heard(
	struct justify *j, const char *id, const struct gate_record *r, const struct facts *f)
{
	assert_int_equal(strlen(id), INCIDENTS_ID_MAX - 1);
	assert_true(r != NULL && f != NULL);
	return j && j->n++ < 1;
}

static void a_person_is_told_once(void **state)
{
	struct control listener = {.uid = 1000};
	struct books b;
	struct incidents *in;
	struct gate_record r = some_record();
	struct facts f = some_facts(LEVEL_SECRET);
	struct incident_context c = {.facts = &f,
		.app_name = "Gajim",
		.message = "m",
		.mode = "enforce",
		.control = &listener};
	char text[65536];
	bool counted;

	(void)state;
	books_init(&b);
	assert_int_equal(incidents_new(b.loop, b.ledger, &in), 0);
	r.uid = 1000;
	r.action = ACTION_BLOCK;
	memset(r.path, 'a', sizeof(r.path) - 1);
	memcpy(r.path, "/srv/", 5);
	memcpy(r.path + 5 + NOTICE_NAME_SIZE - 2, "Ậ", strlen("Ậ"));
	assert_int_equal(incidents_add(in, &r, &c, 9, &counted), 0);
	assert_true(log_next(&b, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\"user_notified\":true"));
	assert_int_equal(incidents_add(in, &r, &c, 9, &counted), 0);
	assert_true(counted);
	assert_int_equal(listener.n, 1);
	assert_string_equal(listener.last.app_name, "Gajim");
	assert_string_equal(listener.last.message, "m");
	assert_int_equal(listener.last.level, LEVEL_SECRET);
	/* cut before the letter that does not fit */
	assert_int_equal(strlen(listener.last.file), NOTICE_NAME_SIZE - 2);
	/* another one's, and what is only recorded */
	r.uid = 1001;
	assert_int_equal(incidents_add(in, &r, &c, 9, &counted), 0);
	assert_true(log_next(&b, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\"user_notified\":false"));
	r.uid = 1000;
	r.action = ACTION_LOG;
	assert_int_equal(incidents_add(in, &r, &c, 9, &counted), 0);
	assert_true(log_next(&b, text, sizeof(text)) > 0);
	assert_null(strstr(text, "user_notified"));
	assert_int_equal(listener.n, 1);
	in = incidents_free(in);
	books_done(&b);
}

static void names_may_be_left_out(void **state)
{
	static const struct {
		enum level from;
		bool omitted;
	} rows[] = {{LEVEL_TOP_SECRET, false}, {LEVEL_SECRET, true}, {LEVEL_INTERNAL, true},
		{LEVEL_MAX, false}, {LEVEL_NONE, false}};
	struct books b;
	struct incidents *in;
	struct gate_record r = some_record();
	struct facts f = some_facts(LEVEL_SECRET);
	char text[65536];
	bool counted;

	(void)state;
	books_init(&b);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct incident_context c = {.facts = &f,
			.app_name = "Gajim",
			.message = "m",
			.mode = "enforce",
			.omit_names = rows[i].from};

		assert_int_equal(incidents_new(b.loop, b.ledger, &in), 0);
		assert_int_equal(incidents_add(in, &r, &c, 9, &counted), 0);
		assert_true(log_next(&b, text, sizeof(text)) > 0);
		assert_int_equal(
			strstr(text, "docx\"") == NULL || !strstr(text, "/srv/"), rows[i].omitted);
		assert_int_equal(strstr(text, "\"omitted\":[\"path\"]") != NULL, rows[i].omitted);
		incidents_free(in);
	}
	books_done(&b);
}

/* Another file each time. */
static void next_file(struct gate_record *r, struct facts *f, const char *path)
{
	r->key.ino++;
	f->sha256[1]++;
	snprintf(r->path, sizeof(r->path), "%s", path);
}

/* Adds it, and says whether it was counted into the incident before, as another file of it. */
static bool joins(struct books *b, struct incidents *in, const struct gate_record *r,
	const struct incident_context *c)
{
	uint64_t before = incidents_count(in);
	char text[65536];
	bool counted;

	assert_int_equal(incidents_add(in, r, c, 9, &counted), 0);
	assert_false(counted);
	assert_true(log_next(b, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, r->path));
	assert_non_null(
		strstr(text, incidents_count(in) == before ? "\"incident-more\"" : "\"incident\""));
	return incidents_count(in) == before;
}

static void files_of_one_act_are_one_incident(void **state)
{
	struct books b;
	struct incidents *in;
	struct gate_record r = some_record(), other;
	struct facts f = some_facts(LEVEL_SECRET);
	struct incident_context c = {
		.facts = &f, .app_name = "Gajim", .message = "m", .mode = "enforce"};
	char path[64];
	bool counted;

	(void)state;
	f.has_sha256 = true;
	books_init(&b);
	assert_int_equal(incidents_new(b.loop, b.ledger, &in), 0);
	next_file(&r, &f, "/srv/docs/0");
	assert_false(joins(&b, in, &r, &c));
	for (uint32_t n = 1; n < INCIDENTS_FILES_MAX; n++) {
		snprintf(path, sizeof(path), "/srv/docs/%u", n);
		next_file(&r, &f, path);
		assert_true(joins(&b, in, &r, &c));
	}
	/* Another try for a file that is named already. */
	assert_int_equal(incidents_add(in, &r, &c, 9, &counted), 0);
	assert_true(counted);
	/* One that it has no place for. */
	next_file(&r, &f, "/srv/docs/next");
	assert_false(joins(&b, in, &r, &c));
	/* In another folder, by another process, in another way, of a higher level, by another
	 * rule. */
	other = r;
	next_file(&other, &f, "/srv/docs/sub/a");
	assert_false(joins(&b, in, &other, &c));
	other = r;
	next_file(&other, &f, "/srv/docs/b");
	other.key.ino += 1000;
	other.start_time++;
	assert_false(joins(&b, in, &other, &c));
	other = r;
	next_file(&other, &f, "/srv/docs/c");
	other.key.ino += 2000;
	other.way = RECORD_WAY_READ;
	assert_false(joins(&b, in, &other, &c));
	other = r;
	next_file(&other, &f, "/srv/docs/d");
	other.key.ino += 3000;
	other.facts.level = LEVEL_TOP_SECRET;
	assert_false(joins(&b, in, &other, &c));
	other = r;
	next_file(&other, &f, "/srv/docs/e");
	other.key.ino += 4000;
	snprintf(other.rule, sizeof(other.rule), "another");
	assert_false(joins(&b, in, &other, &c));
	/* The same content elsewhere: the copy that a client makes before it sends. */
	other.key.ino += 5000;
	snprintf(other.path, sizeof(other.path), "/home/lan/copy");
	assert_true(joins(&b, in, &other, &c));
	other.key.ino++;
	other.pid++;
	assert_false(joins(&b, in, &other, &c));
	incidents_free(in);
	books_done(&b);
}

/* A chooser lists a folder, shows one file after another, and one is sent: a single incident, and
   the person is told of what is opened after a pause. */
static void looking_for_a_file_and_sending_it_is_one_act(void **state)
{
	struct control listener = {.uid = 1000};
	struct books b;
	struct incidents *in;
	struct gate_record r = some_record();
	struct facts f = some_facts(LEVEL_SECRET);
	struct incident_context c = {.facts = &f,
		.app_name = "Gajim",
		.message = "m",
		.mode = "enforce",
		.control = &listener};

	(void)state;
	f.has_sha256 = true;
	books_init(&b);
	assert_int_equal(incidents_new(b.loop, b.ledger, &in), 0);
	r.uid = 1000;
	next_file(&r, &f, "/srv/docs/preview");
	assert_false(joins(&b, in, &r, &c));
	r.realtime += INCIDENTS_ACT_NS - 1;
	next_file(&r, &f, "/srv/docs/next");
	assert_true(joins(&b, in, &r, &c));
	assert_int_equal(listener.n, 2);
	r.realtime += INCIDENTS_NOTICE_NS - 1;
	next_file(&r, &f, "/srv/docs/after");
	assert_true(joins(&b, in, &r, &c));
	assert_int_equal(listener.n, 2);
	r.realtime += INCIDENTS_LOOK_NS - 1;
	next_file(&r, &f, "/srv/docs/sent");
	assert_true(joins(&b, in, &r, &c));
	assert_int_equal(listener.n, 3);
	assert_string_equal(listener.last.file, "sent");
	/* a clock that was set back */
	r.realtime -= 3600 * NSEC_PER_SEC;
	next_file(&r, &f, "/srv/docs/earlier");
	assert_true(joins(&b, in, &r, &c));
	assert_int_equal(listener.n, 3);
	r.realtime += 3600 * NSEC_PER_SEC + INCIDENTS_LOOK_NS;
	next_file(&r, &f, "/srv/docs/another-time");
	assert_false(joins(&b, in, &r, &c));
	/* and a single file is not somebody who looks around */
	r.realtime += INCIDENTS_ACT_NS;
	next_file(&r, &f, "/srv/docs/by-itself");
	assert_false(joins(&b, in, &r, &c));
	incidents_free(in);
	books_done(&b);
}

static void a_crowd_that_lies_there_is_told_together(void **state)
{
	struct books b;
	struct incidents *in;
	struct gate_record r = some_record();
	struct facts f = some_facts(LEVEL_SECRET);
	struct incident_context c = {
		.facts = &f, .app_name = "", .message = "m", .mode = "enforce"};
	char path[64];

	(void)state;
	books_init(&b);
	assert_int_equal(incidents_new(b.loop, b.ledger, &in), 0);
	r.channel = CHANNEL_AT_REST;
	r.action = r.intended = ACTION_LOG;
	r.pid = 0;
	for (uint32_t n = 0; n < 2; n++) {
		next_file(&r, &f, n ? "/srv/docs/1" : "/srv/docs/0");
		assert_false(joins(&b, in, &r, &c));
	}
	c.crowd = true;
	for (uint32_t n = 0; n < INCIDENTS_FILES_MAX + 3; n++) {
		snprintf(path, sizeof(path), "/srv/%u/%u", n % 7, n);
		next_file(&r, &f, path);
		assert_int_equal(joins(&b, in, &r, &c), n % INCIDENTS_FILES_MAX != 0);
	}
	r.uid++;
	next_file(&r, &f, "/srv/0/others");
	assert_false(joins(&b, in, &r, &c));
	incidents_free(in);
	books_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_acknowledged_goes_to_the_next_log),
		cmocka_unit_test(what_the_ledger_cannot_hold_is_counted_and_told),
		cmocka_unit_test(retries_are_counted_into_one_incident),
		cmocka_unit_test(a_clients_own_copy_is_not_received),
		cmocka_unit_test(a_person_is_told_once),
		cmocka_unit_test(names_may_be_left_out),
		cmocka_unit_test(files_of_one_act_are_one_incident),
		cmocka_unit_test(looking_for_a_file_and_sending_it_is_one_act),
		cmocka_unit_test(a_crowd_that_lies_there_is_told_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
