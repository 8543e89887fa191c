/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "wire/config.h"
#include "wire/frame.h"
#include "wire/peer.h"
#include "wire/justify.h"
#include "wire/notice.h"
#include "wire/override.h"
#include "wire/record.h"
#include "wire/review.h"
#include "wire/wire_facts.h"

static int setup(void **state)
{
	static int pair[2];

	*state = pair;
	return wire_pair(pair);
}

static int teardown(void **state)
{
	int *pair = *state;

	fd_close(pair[0]);
	fd_close(pair[1]);
	return 0;
}

static void frames_carry_bodies_and_descriptors(void **state)
{
	int *pair = *state, fds[2] = {0, 1}, taken;
	struct buf storage = BUF_INIT(0);
	struct wire_frame f;

	assert_int_equal(wire_send(pair[0], 7, 42, VIEW_LIT("body"), fds, 2), 0);
	assert_int_equal(wire_receive(pair[1], &storage, &f), 0);
	assert_int_equal(f.type, 7);
	assert_int_equal(f.id, 42);
	assert_int_equal(f.n_fds, 2);
	assert_true(view_eq(f.body, VIEW_LIT("body")));
	assert_true(fcntl(f.fds[0], F_GETFD) & FD_CLOEXEC);
	taken = wire_frame_take_fd(&f, 0);
	assert_true(taken >= 0);
	wire_frame_done(&f);
	assert_true(fcntl(taken, F_GETFD) >= 0);
	close(taken);
	assert_int_equal(wire_receive(pair[1], &storage, &f), -EAGAIN);
	fd_closep(&pair[0]);
	assert_int_equal(wire_receive(pair[1], &storage, &f), WIRE_EOF);
	buf_done(&storage);
}

static void malformed_frames_are_refused(void **state)
{
	int *pair = *state;
	struct buf storage = BUF_INIT(0), big = BUF_INIT(0);
	struct wire_frame f;

	assert_int_equal(send(pair[0], "abc", 3, 0), 3);
	assert_int_equal(wire_receive(pair[1], &storage, &f), -EPROTO);
	/* a header that promises a descriptor that is not there */
	assert_int_equal(send(pair[0], "\x01\x00\x01\x00\x00\x00\x00\x00", 8, 0), 8);
	assert_int_equal(wire_receive(pair[1], &storage, &f), -EPROTO);
	assert_int_equal(buf_reserve(&big, WIRE_BODY_MAX + 100), 0);
	memset(big.p, 0, WIRE_BODY_MAX + 100);
	assert_int_equal(
		wire_send(pair[0], 1, 1, view_of(big.p, WIRE_BODY_MAX + 1), NULL, 0), -EMSGSIZE);
	/* larger than anybody may send */
	assert_int_equal(send(pair[0], big.p, WIRE_BODY_MAX + 100, 0), WIRE_BODY_MAX + 100);
	assert_int_equal(wire_receive(pair[1], &storage, &f), -EPROTO);
	buf_done(&storage);
	buf_done(&big);
}

static void rows_permit_or_not(void **state)
{
	static const struct wire_row rows[] = {{5, 2, 4, 1}};
	struct wire_frame f = {.type = 5, .body = {(const uint8_t *)"abc", 3}, .n_fds = 1};

	(void)state;
	assert_int_equal(wire_check(rows, 1, &f), 0);
	f.type = 6;
	assert_int_equal(wire_check(rows, 1, &f), -EPROTO);
	f.type = 5;
	f.n_fds = 0;
	assert_int_equal(wire_check(rows, 1, &f), -EPROTO);
	f.n_fds = 1;
	f.body.n = 5;
	assert_int_equal(wire_check(rows, 1, &f), -EPROTO);
	f.body.n = 1;
	assert_int_equal(wire_check(rows, 1, &f), -EPROTO);
}

static void facts_survive_the_wire(void **state)
{
	struct facts f = {.level = LEVEL_TOP_SECRET,
		.completeness = COMPLETENESS_PARTIAL,
		.tags = TAG_BIT(TAG_SUSPECTED),
		.reasons = REASON_BIT(REASON_TOO_BIG),
		.format = "pdf",
		.size = 99,
		.has_sha256 = true,
		.cpu_ns = 5,
		.generation = 77,
		.n_evidence = 2};
	struct facts g;
	struct buf b = BUF_INIT(0);
	struct pack p = {&b, 0};
	struct unpack u;

	(void)state;
	snprintf(f.evidence[1].snippet, sizeof(f.evidence[1].snippet), "TUYỆT MẬT");
	f.evidence[1].place = PLACE_HEADER;
	f.evidence[1].score = -5;
	pack_facts(&p, &f);
	assert_int_equal(p.error, 0);
	u = (struct unpack){buf_view(&b), 0};
	unpack_facts(&u, &g);
	assert_int_equal(unpack_end(&u), 0);
	assert_memory_equal(&f, &g, sizeof(f));
	/* cut anywhere, it is an error and nothing worse */
	for (size_t n = 0; n < b.n; n++) {
		u = (struct unpack){view_of(b.p, n), 0};
		unpack_facts(&u, &g);
		assert_int_equal(unpack_end(&u), -EPROTO);
	}
	/* an enum out of range too */
	b.p[0] = LEVEL_MAX;
	u = (struct unpack){buf_view(&b), 0};
	unpack_facts(&u, &g);
	assert_int_equal(unpack_end(&u), -EPROTO);
	buf_done(&b);
}

static void overrides_survive_the_wire_and_are_checked(void **state)
{
	const struct override_request good = {.what = OVERRIDE_ADD,
		.id = 3,
		.minutes = 20,
		.sha256 = {1, 2, 3},
		.app = "zalo",
		.reason = "họp",
		.owner = "Lan"};
	struct override_request r;
	struct buf b = BUF_INIT(0);
	struct pack p = {&b, 0};
	struct unpack u;

	(void)state;
	pack_override(&p, &good);
	u = (struct unpack){buf_view(&b), 0};
	unpack_override(&u, &r);
	assert_int_equal(unpack_end(&u), 0);
	assert_memory_equal(&r, &good, sizeof(r));
	for (size_t n = 0; n < b.n; n++) {
		u = (struct unpack){view_of(b.p, n), 0};
		unpack_override(&u, &r);
		assert_int_equal(unpack_end(&u), -EPROTO);
	}
	b.p[0] = OVERRIDE_WHAT_MAX;
	u = (struct unpack){buf_view(&b), 0};
	unpack_override(&u, &r);
	assert_int_equal(unpack_end(&u), -EPROTO);
	buf_done(&b);

	assert_null(override_refused(&good));
	r = good;
	r.minutes = 0;
	assert_non_null(override_refused(&r));
	r = good;
	r.app[0] = 0;
	assert_non_null(override_refused(&r));
	r = good;
	r.reason[1] = '\n';
	assert_non_null(override_refused(&r));
	r = good;
	memcpy(r.owner, "\xc2\x9b", 3);
	assert_non_null(override_refused(&r));
	r = good;
	r.owner[0] = 0;
	assert_non_null(override_refused(&r));
	r.what = OVERRIDE_REVOKE;
	assert_null(override_refused(&r));
}

static void reasons_survive_the_wire_and_are_checked(void **state)
{
	const struct justify_request good = {.what = JUSTIFY_GRANT,
		.incident = "01ABCDEFGH",
		.file = "báo cáo.docx",
		.reason = "họp với đối tác"};
	struct justify_request r;
	enum justify_refusal why;
	struct buf b = BUF_INIT(0);
	struct pack p = {&b, 0};
	struct unpack u;

	(void)state;
	pack_justify(&p, &good);
	u = (struct unpack){buf_view(&b), 0};
	unpack_justify(&u, &r);
	assert_int_equal(unpack_end(&u), 0);
	assert_memory_equal(&r, &good, sizeof(r));
	for (size_t n = 0; n < b.n; n++) {
		u = (struct unpack){view_of(b.p, n), 0};
		unpack_justify(&u, &r);
		assert_int_equal(unpack_end(&u), -EPROTO);
	}
	buf_done(&b);
	assert_int_equal(justify_length("  họp  với\u00a0 "), 6);
	assert_int_equal(justify_length(""), 0);
	for (unsigned i = 0; i < JUSTIFY_REFUSAL_MAX; i++) {
		assert_int_equal(justify_refusal_parse(justify_refusal_name(i), &why), 0);
		assert_int_equal(why, i);
	}
	assert_int_equal(justify_refusal_parse("", &why), -EINVAL);
	assert_int_equal(justify_refusal_put(&b, JUSTIFY_SHORT, LANG_EN, 10), 0);
	assert_int_equal(justify_refusal_put(&b, JUSTIFY_FORBIDDEN, LANG_VI, 0), 0);
	assert_int_equal(buf_terminate(&b), 0);
	assert_non_null(strstr((char *)b.p, "at least 10 characters"));
	assert_non_null(strstr((char *)b.p, "quản trị viên"));
	buf_done(&b);
}

/* One that was started before the agent was upgraded gets what it can read. */
static void notices_come_in_two_forms(void **state)
{
	const struct notice n = {.action = ACTION_JUSTIFY,
		.incident = "01",
		.may_justify = true,
		.reason = 10,
		.minutes = 15};
	struct notice got;

	(void)state;
	for (enum notice_form form = 0; form < NOTICE_FORM_MAX; form++) {
		struct buf b = BUF_INIT(0);
		struct pack p = {&b, 0};
		struct unpack u;

		pack_notice(&p, &n, form);
		u = (struct unpack){buf_view(&b), 0};
		unpack_notice(&u, &got, form);
		assert_int_equal(unpack_end(&u), 0);
		assert_int_equal(got.may_justify, form == NOTICE_REASON);
		assert_int_equal(got.minutes, form == NOTICE_REASON ? 15 : 0);
		buf_done(&b);
	}
}

static void records_and_configuration_survive_the_wire(void **state)
{
	struct gate_record r = {.realtime = 1, .pid = 2, .action = ACTION_BLOCK, .cause = 3}, s;
	struct config c = {.state_dir = (char *)"/s",
			      .runtime_dir = (char *)"/r",
			      .policy = (char *)"/p",
			      .protect = {{(char *)"/a", (char *)"/b"}, 2},
			      .uid = 5},
		      d;
	struct buf b = BUF_INIT(0);
	struct pack p = {&b, 0};
	struct unpack u;

	(void)state;
	snprintf(r.path, sizeof(r.path), "/srv/x");
	snprintf(r.sandbox, sizeof(r.sandbox), "snap:zoom");
	r.n_ancestors = RECORD_ANCESTORS_MAX;
	for (uint32_t i = 0; i < RECORD_ANCESTORS_MAX; i++) {
		r.ancestors[i].pid = i;
		snprintf(r.ancestors[i].comm, sizeof(r.ancestors[i].comm), "c%u", i);
	}
	pack_record(&p, &r);
	u = (struct unpack){buf_view(&b), 0};
	unpack_record(&u, &s);
	assert_int_equal(unpack_end(&u), 0);
	assert_memory_equal(&r, &s, sizeof(r));
	buf_clear(&b);
	pack_config(&p, &c);
	u = (struct unpack){buf_view(&b), 0};
	unpack_config(&u, &d);
	assert_int_equal(unpack_end(&u), 0);
	assert_string_equal(d.protect.v[1], "/b");
	assert_int_equal(d.uid, 5);
	config_done(&d);
	for (size_t n = 0; n < b.n; n++) {
		u = (struct unpack){view_of(b.p, n), 0};
		unpack_config(&u, &d);
		assert_int_equal(unpack_end(&u), -EPROTO);
		config_done(&d);
	}
	buf_done(&b);
}

struct seen {
	int frames, ends, why;
	uint32_t last;
};

static int on_frame(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct seen *s = userdata;

	if (!f) {
		s->ends++;
		s->why = why;
		wire_peer_free(peer);
		return 0;
	}
	assert_int_equal(f->id, s->last + 1); /* in order */
	s->last = f->id;
	s->frames++;
	return 0;
}

/* A peer that does not read: frames wait in the queue, in order, up to the bound; then it reads. */
static void peers_queue_in_order(void **state)
{
	static const struct wire_row rows[] = {{9, 0, WIRE_BODY_MAX, 0}};
	static uint8_t body[60000];
	int *pair = *state;
	cleanup_with(loop_freep) struct loop *l = NULL;
	struct wire_peer *writer, *reader;
	struct seen s = {0};
	uint32_t sent = 0;
	int r;

	assert_int_equal(loop_new(&l), 0);
	assert_int_equal(wire_peer_new(l, fd_steal(&pair[0]), rows, 1, on_frame, &s, &writer), 0);
	do
		r = wire_peer_send(writer, 9, ++sent, view_of(body, sizeof(body)), NULL, 0);
	while (r == 0);
	assert_int_equal(r, -ENOBUFS);
	sent--;
	assert_true(wire_peer_queued(writer) > WIRE_QUEUE_MAX - 2 * sizeof(body));
	assert_int_equal(wire_peer_new(l, fd_steal(&pair[1]), rows, 1, on_frame, &s, &reader), 0);
	for (int i = 0; i < 1000 && (uint32_t)s.frames < sent; i++)
		assert_int_equal(loop_step(l, 100), 0);
	assert_int_equal(s.frames, sent);
	assert_int_equal(wire_peer_queued(writer), 0);
	/* what has no row ends the connection */
	assert_int_equal(wire_send(wire_peer_fd(writer), 8, 1, VIEW_EMPTY, NULL, 0), 0);
	for (int i = 0; i < 100 && !s.ends; i++)
		assert_int_equal(loop_step(l, 100), 0);
	assert_int_equal(s.ends, 1);
	assert_int_equal(s.why, -EPROTO);
	wire_peer_free(writer);
}

/* However much one of them sends. */
static void peers_take_turns(void **state)
{
	static const struct wire_row rows[] = {{9, 0, 8, 0}};
	int *pair = *state;
	cleanup_with(loop_freep) struct loop *l = NULL;
	struct wire_peer *reader;
	struct seen s = {0};

	assert_int_equal(loop_new(&l), 0);
	for (uint32_t i = 1; i <= 10; i++)
		assert_int_equal(wire_send(pair[0], 9, i, VIEW_EMPTY, NULL, 0), 0);
	assert_int_equal(wire_peer_new(l, fd_steal(&pair[1]), rows, 1, on_frame, &s, &reader), 0);
	wire_peer_turn(reader, 1);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(loop_step(l, 100), 0);
		assert_int_equal(s.frames, i);
	}
	wire_peer_free(reader);
}

static void reviews_say_what_belongs_to_them(void **state)
{
	static const char digest[] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	const struct review good[] = {
		{.what = REVIEW_MARK, .id = "01ABC", .status = "resolved", .note = "đã hỏi"},
		{.what = REVIEW_MARK, .id = "01ABC", .tag = "họp", .assignee = "-"},
		{.what = REVIEW_REVEAL, .id = "01ABC", .note = "kiểm tra"},
		{.what = REVIEW_CHECKPOINT},
		{.what = REVIEW_NEW_KEY},
		{.what = REVIEW_COURIER_EXPORT, .note = "3 files"},
		{.what = REVIEW_STATEMENT},
		{.what = REVIEW_EVIDENCE, .id = "01ABC", .note = "1 opened"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const bool has_digest = good[i].what >= REVIEW_STATEMENT &&
			good[i].what != REVIEW_EVIDENCE;
		struct review r = good[i];

		if (has_digest)
			memcpy(r.sha256, digest, sizeof(digest));
		assert_null(review_refused(&r));
		/* Of another kind: what makes it one would stand in the journal. */
		r.sha256[0] = has_digest ? 0 : 'a';
		assert_non_null(review_refused(&r));
		r = good[i];
		snprintf(r.note, sizeof(r.note),
			"\xc2\x9b"
			"2J"); /* C1: the terminal's, too */
		assert_non_null(review_refused(&r));
		r = good[i];
		snprintf(r.note, sizeof(r.note), "a\nb");
		assert_non_null(review_refused(&r));
		r = good[i];
		snprintf(r.untag, sizeof(r.untag), "\xe2\x80\xae");
		assert_non_null(review_refused(&r));
		r = good[i];
		snprintf(r.status, sizeof(r.status), "%s",
			good[i].what == REVIEW_MARK ? "gone" : "resolved");
		assert_non_null(review_refused(&r));
		r = good[i];
		snprintf(r.id, sizeof(r.id), "%s", good[i].id[0] ? "../x" : "01ABC");
		assert_non_null(review_refused(&r));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reviews_say_what_belongs_to_them),
		cmocka_unit_test_setup_teardown(peers_take_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(
			frames_carry_bodies_and_descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(malformed_frames_are_refused, setup, teardown),
		cmocka_unit_test(rows_permit_or_not),
		cmocka_unit_test(facts_survive_the_wire),
		cmocka_unit_test(overrides_survive_the_wire_and_are_checked),
		cmocka_unit_test(reasons_survive_the_wire_and_are_checked),
		cmocka_unit_test(notices_come_in_two_forms),
		cmocka_unit_test(records_and_configuration_survive_the_wire),
		cmocka_unit_test_setup_teardown(peers_queue_in_order, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
