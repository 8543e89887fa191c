/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/line.h"
#include "scratch.h"

static int setup(void **state)
{
	struct scratch *s = calloc(1, sizeof(*s));

	scratch_make(s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	scratch_remove(*state);
	free(*state);
	return 0;
}

static void test_round_trip(void **state)
{
	struct scratch *s = *state;
	struct scratch_findings f;
	struct journal_reader *r;
	struct journal_entry e;

	scratch_fill(s, 1, 3);
	scratch_fill(s, 4, 2); /* a second life of the agent */
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_int_equal(f.result.records, 6);
	assert_int_equal(f.result.first_seq, 0);
	assert_int_equal(f.result.last_seq, 5);

	assert_int_equal(journal_reader_open(s->dir, &r), 0);
	for (unsigned i = 0; i <= 5; i++) {
		char want[64];

		assert_int_equal(journal_read(r, &e), 0);
		assert_int_equal(e.seq, i);
		assert_int_equal(e.line, i + 1);
		snprintf(want, sizeof(want), "{\"kind\":\"test\",\"n\":%u}", i);
		assert_true(i == 0 || view_eq(e.payload, view_str(want)));
	}
	assert_int_equal(journal_read(r, &e), JOURNAL_END);
	scratch_fill(s, 6, 1); /* a reader at the end sees what comes later */
	assert_int_equal(journal_read(r, &e), 0);
	assert_int_equal(e.seq, 6);
	assert_int_equal(journal_read(r, &e), JOURNAL_END);
	journal_reader_seek(r, 0, 1);
	assert_int_equal(journal_read(r, &e), 0);
	assert_int_equal(e.seq, 0);
	journal_reader_close(r);
}

static void test_absent(void **state)
{
	struct scratch *s = *state;
	struct journal_reader *r;
	struct journal_verify_result v;
	struct journal *j;
	struct journal_opened how;

	assert_int_equal(journal_reader_open(s->dir, &r), -ENOENT);
	assert_int_equal(journal_verify(s->dir, NULL, NULL, &v), -ENOENT);
	assert_int_equal(journal_open("/nonexistent", &j, &how), -ENOENT);
}

static void test_locked(void **state)
{
	struct scratch *s = *state;
	struct journal *j, *other;
	struct journal_opened how;
	char name[64];

	assert_int_equal(journal_open(s->dir, &j, &how), 0);
	assert_true(how.created);
	assert_int_equal(journal_open(s->dir, &other, &how), -EBUSY);
	assert_int_equal(journal_set_aside(s->dir, name), -EBUSY);
	journal_close(j);
	assert_int_equal(journal_open(s->dir, &j, &how), 0);
	assert_false(how.created);
	journal_close(j);

	/* Who may only read cannot keep the writer out. */
	static const char *const names[] = {JOURNAL_FILE, JOURNAL_HEAD, "."};
	char path[128];
	struct stat st;
	int fds[3];

	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", s->dir, names[i]);
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fds[i] >= 0);
		assert_int_equal(flock(fds[i], LOCK_EX | LOCK_NB), 0);
	}
	assert_int_equal(journal_open(s->dir, &j, &how), 0);
	journal_close(j);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	snprintf(path, sizeof(path), "%s/%s", s->dir, JOURNAL_LOCK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_payload_limit(void **state)
{
	struct scratch *s = *state;
	struct scratch_findings f;
	struct journal *j;
	struct journal_opened how;
	uint8_t *p = malloc(JOURNAL_RECORD_MAX + 1);
	uint64_t seq;

	memset(p, 'x', JOURNAL_RECORD_MAX + 1);
	memcpy(p, "{\"a\":\"", 6);
	assert_int_equal(journal_open(s->dir, &j, &how), 0);
	memcpy(p + JOURNAL_RECORD_MAX - 1, "\"}", 2);
	assert_int_equal(journal_append(j, view_of(p, JOURNAL_RECORD_MAX + 1), &seq), -EINVAL);
	memcpy(p + JOURNAL_RECORD_MAX - 2, "\"}", 2);
	assert_int_equal(journal_append(j, view_of(p, JOURNAL_RECORD_MAX), &seq), 0);
	assert_int_equal(journal_append(j, VIEW_LIT("{\n}"), &seq), -EINVAL);
	assert_int_equal(journal_append(j, VIEW_EMPTY, &seq), -EINVAL);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	free(p);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_int_equal(f.result.records, 2);
	assert_int_equal(journal_open(s->dir, &j, &how), 0); /* the last line is a long one */
	assert_int_equal(how.last_seq, 1);
	journal_close(j);
}

/* The number of the last whole line in the first n bytes; -1 where there is none. */
static int whole_lines(struct view v, size_t *ret_end)
{
	int n = -1;

	*ret_end = 0;
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] == '\n') {
			n++;
			*ret_end = i + 1;
		}
	return n;
}

static void check_cut(const struct scratch *s, struct view whole, size_t cut, struct view head)
{
	struct scratch t;
	struct scratch_findings f;
	struct journal *j;
	struct journal_opened how;
	uint64_t seq;
	size_t end;
	int last = whole_lines(view_sub(whole, 0, cut), &end);
	bool all = last == 5;

	(void)s;
	scratch_make(&t);
	scratch_write(&t, JOURNAL_FILE, view_sub(whole, 0, cut));
	scratch_write(&t, JOURNAL_HEAD, head);
	scratch_verify(&t, &f);
	assert_int_equal(f.by_fault[JOURNAL_FAULT_TORN], cut > end);
	assert_int_equal(f.by_fault[JOURNAL_FAULT_HEAD], !all);
	assert_int_equal(f.n, (cut > end) + !all);

	assert_int_equal(journal_open(t.dir, &j, &how), 0);
	assert_int_equal(how.created, last < 0);
	assert_int_equal(how.cut_bytes, cut - end);
	assert_int_equal(how.missing, last < 0 ? 5 : 5 - last);
	assert_int_equal(how.last_seq, 5);
	if (cut > end) {
		struct buf b = {0};

		scratch_read(&t, how.torn_file, &b);
		assert_true(view_eq(buf_view(&b), view_sub(whole, end, cut - end)));
		buf_done(&b);
	} else {
		assert_string_equal(how.torn_file, "");
	}
	assert_int_equal(journal_append(j, VIEW_LIT("{\"kind\":\"gap\"}"), &seq), 0);
	assert_int_equal(seq, 6);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	scratch_verify(&t, &f);
	assert_int_equal(f.by_fault[JOURNAL_FAULT_SEQ], !all);
	assert_int_equal(f.n, !all);
	assert_int_equal(f.result.gaps, 1);
	scratch_remove(&t);
}

static void test_cut_everywhere(void **state)
{
	struct scratch *s = *state;
	struct buf whole = {0}, head = {0};

	scratch_fill(s, 1, 5);
	scratch_read(s, JOURNAL_FILE, &whole);
	scratch_read(s, JOURNAL_HEAD, &head);
	for (size_t cut = 0; cut <= whole.n; cut++)
		check_cut(s, buf_view(&whole), cut, buf_view(&head));
	buf_done(&whole);
	buf_done(&head);
}

static void test_flip_everywhere(void **state)
{
	struct scratch *s = *state;
	struct scratch_findings f;
	struct buf whole = {0}, head = {0};

	scratch_fill(s, 1, 4);
	scratch_read(s, JOURNAL_FILE, &whole);
	for (size_t i = 0; i < whole.n; i++)
		for (unsigned bit = 0; bit < 8; bit += 3) {
			whole.p[i] ^= (uint8_t)(1U << bit);
			scratch_write(s, JOURNAL_FILE, buf_view(&whole));
			scratch_verify(s, &f);
			if (f.n == 0)
				fail_msg("byte %zu bit %u was not noticed", i, bit);
			whole.p[i] ^= (uint8_t)(1U << bit);
		}
	scratch_write(s, JOURNAL_FILE, buf_view(&whole));
	scratch_read(s, JOURNAL_HEAD, &head);
	for (size_t i = 0; i < head.n; i++) {
		head.p[i] ^= 1;
		scratch_write(s, JOURNAL_HEAD, buf_view(&head));
		scratch_verify(s, &f);
		/* A lower number in the head is a head that lags, of another record then. */
		if (f.n == 0)
			fail_msg("byte %zu of the head was not noticed", i);
		head.p[i] ^= 1;
	}
	buf_done(&whole);
	buf_done(&head);
}

/* Line i of `v`, with its line feed. */
static struct view line_at(struct view v, unsigned i)
{
	for (; i > 0; i--) {
		const uint8_t *nl = memchr(v.p, '\n', v.n);

		v = view_sub(v, (size_t)(nl - v.p) + 1, v.n);
	}
	return view_sub(v, 0, (size_t)((const uint8_t *)memchr(v.p, '\n', v.n) - v.p) + 1);
}

static void test_rearranged(void **state)
{
	static const struct {
		const char *order; /* the lines, in the order given */
		enum journal_fault fault;
		unsigned n;
		uint64_t line;
	} rows[] = {
		{"012345", JOURNAL_FAULT_MAX, 0, 0},
		{"01345", JOURNAL_FAULT_SEQ, 1, 3}, /* removed */
		{"12345", JOURNAL_FAULT_SEQ, 1, 1}, /* the front removed */
		{"345", JOURNAL_FAULT_SEQ, 1, 1},
		{"0122345", JOURNAL_FAULT_SEQ, 1, 4}, /* repeated */
		{"013245", JOURNAL_FAULT_SEQ, 3, 3},  /* reordered */
		{"01234", JOURNAL_FAULT_HEAD, 1, 6},  /* the end removed */
		{"0", JOURNAL_FAULT_HEAD, 1, 2},
		{"", JOURNAL_FAULT_HEAD, 1, 1},
	};
	struct scratch *s = *state;
	struct buf whole = {0}, b = {0};

	scratch_fill(s, 1, 5);
	scratch_read(s, JOURNAL_FILE, &whole);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scratch_findings f;

		buf_clear(&b);
		for (const char *c = rows[i].order; *c; c++)
			assert_int_equal(
				buf_put_view(&b, line_at(buf_view(&whole), (unsigned)(*c - '0'))),
				0);
		scratch_write(s, JOURNAL_FILE, buf_view(&b));
		scratch_verify(s, &f);
		if (f.n != rows[i].n || (f.n && f.by_fault[rows[i].fault] != f.n) ||
			f.line != rows[i].line)
			fail_msg("%s: %u findings, the first in line %u: %s", rows[i].order, f.n,
				(unsigned)f.line, f.text);
	}
	buf_done(&whole);
	buf_done(&b);
}

/* Writes lines as somebody who knows the format would, with a chain that holds. */
static void forge(
	struct buf *b, struct line *l, uint64_t seq, const char *time, const char *payload)
{
	cleanup_with(sha256_freep) struct sha256 *sha = NULL;

	assert_int_equal(sha256_new(&sha), 0);
	memcpy(l->prev, l->hash, sizeof(l->prev));
	l->seq = seq;
	memcpy(l->time, time, sizeof(l->time));
	l->payload = view_str(payload);
	assert_int_equal(line_put(b, l, sha), 0);
}

static void test_forged(void **state)
{
	static const char t[] = "2026-01-01T00:00:00.000Z";
	struct scratch *s = *state;
	struct scratch_findings f;
	struct line l = {0};
	struct head h = {.seq = 2};
	struct buf b = {0};
	char head[HEAD_SIZE + 1];

	/* The middle was made anew, with a right hash, and what follows was left. */
	forge(&b, &l, 0, t, "{\"kind\":\"birth\"}");
	forge(&b, &l, 1, t, "{\"kind\":\"test\"}");
	l.hash[0] ^= 1;
	forge(&b, &l, 2, t, "{\"kind\":\"test\"}");
	memcpy(h.hash, l.hash, sizeof(h.hash));
	head_format(&h, head);
	scratch_write(s, JOURNAL_HEAD, view_str(head));
	scratch_write(s, JOURNAL_FILE, buf_view(&b));
	scratch_verify(s, &f);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.by_fault[JOURNAL_FAULT_PREV], 1);
	assert_int_equal(f.line, 3);

	/* Everything was made anew, and only the head is from before. */
	buf_clear(&b);
	memset(&l, 0, sizeof(l));
	forge(&b, &l, 0, t, "{\"kind\":\"birth\"}");
	forge(&b, &l, 1, t, "{\"kind\":\"other\"}");
	forge(&b, &l, 2, t, "{\"kind\":\"other\"}");
	scratch_write(s, JOURNAL_FILE, buf_view(&b));
	scratch_verify(s, &f);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.by_fault[JOURNAL_FAULT_HEAD], 1);

	buf_done(&b);
}

static void test_clock(void **state)
{
	struct scratch *s = *state;
	struct scratch_findings f;
	struct line l = {0};
	struct head h = {.seq = 1};
	struct buf b = {0};
	char head[HEAD_SIZE + 1];

	forge(&b, &l, 0, "2026-01-01T00:00:00.000Z", "{\"kind\":\"birth\"}");
	forge(&b, &l, 1, "9026-01-01T00:00:00.000Z", "{\"kind\":\"test\"}");
	memcpy(h.hash, l.hash, sizeof(h.hash));
	head_format(&h, head);
	scratch_write(s, JOURNAL_HEAD, view_str(head));
	scratch_write(s, JOURNAL_FILE, buf_view(&b));
	scratch_fill(s, 1, 0);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);

	struct journal *j;
	struct journal_opened how;
	struct journal_reader *r;
	struct journal_entry e;
	uint64_t seq;

	assert_int_equal(journal_open(s->dir, &j, &how), 0);
	assert_int_equal(journal_append(j, VIEW_LIT("{\"n\":1}"), &seq), 0);
	assert_int_equal(seq, 3); /* behind the clock record */
	assert_int_equal(journal_append(j, VIEW_LIT("{\"n\":2}"), &seq), 0);
	assert_int_equal(seq, 4);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_int_equal(journal_reader_open(s->dir, &r), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(journal_read(r, &e), 0);
	assert_true(view_starts(e.payload,
		VIEW_LIT("{\"kind\":\"clock\",\"from\":\"9026-01-01T00:00:00.000Z\",\"to\":\"")));
	journal_reader_close(r);

	/* Without the record it is a finding. */
	forge(&b, &l, 2, "2026-01-01T00:00:00.000Z", "{\"kind\":\"test\"}");
	scratch_write(s, JOURNAL_FILE, buf_view(&b));
	scratch_write(s, JOURNAL_HEAD, view_str(head));
	scratch_verify(s, &f);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.by_fault[JOURNAL_FAULT_TIME], 1);
	assert_int_equal(f.line, 3);
	buf_done(&b);
}

static void test_damaged_end(void **state)
{
	struct scratch *s = *state;
	struct scratch_findings f;
	struct journal *j;
	struct journal_opened how;
	struct buf b = {0}, after = {0};
	char name[64];

	scratch_fill(s, 1, 3);
	scratch_read(s, JOURNAL_FILE, &b);
	b.p[b.n - 100] ^= 4;
	scratch_write(s, JOURNAL_FILE, buf_view(&b));
	assert_int_equal(journal_open(s->dir, &j, &how), -EBADMSG);
	scratch_read(s, JOURNAL_FILE, &after);
	assert_true(view_eq(buf_view(&b), buf_view(&after)));

	assert_int_equal(journal_set_aside(s->dir, name), 0);
	assert_true(scratch_has(s, name));
	assert_int_equal(journal_open(s->dir, &j, &how), 0);
	assert_true(how.created);
	assert_int_equal(how.missing, 3);
	assert_int_equal(how.last_seq, 3);
	journal_close(j);
	scratch_fill(s, 4, 1);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 1); /* the numbers say that something was before */
	assert_int_equal(f.by_fault[JOURNAL_FAULT_SEQ], 1);
	buf_done(&b);
	buf_done(&after);
}

static void test_long_lines(void **state)
{
	struct scratch *s = *state;
	struct scratch_findings f;
	struct buf whole = {0}, b = {0};
	struct journal_reader *r;
	struct journal_entry e;

	scratch_fill(s, 1, 2);
	scratch_read(s, JOURNAL_FILE, &whole);
	assert_int_equal(buf_put_view(&b, line_at(buf_view(&whole), 0)), 0);
	assert_int_equal(buf_put_view(&b, line_at(buf_view(&whole), 1)), 0);
	for (size_t i = 0; i < 5 * LINE_MAX_BYTES; i++)
		assert_int_equal(buf_put_byte(&b, 'x'), 0);
	assert_int_equal(buf_put_byte(&b, '\n'), 0);
	assert_int_equal(buf_put_view(&b, line_at(buf_view(&whole), 2)), 0);
	scratch_write(s, JOURNAL_FILE, buf_view(&b));

	assert_int_equal(journal_reader_open(s->dir, &r), 0);
	assert_int_equal(journal_read(r, &e), 0);
	assert_int_equal(journal_read(r, &e), 0);
	assert_int_equal(journal_read(r, &e), -EBADMSG);
	assert_int_equal(journal_read(r, &e), 0);
	assert_int_equal(e.seq, 2);
	assert_int_equal(e.line, 4);
	assert_int_equal(e.offset, b.n - line_at(buf_view(&whole), 2).n);
	assert_int_equal(journal_read(r, &e), JOURNAL_END);
	journal_reader_close(r);
	scratch_verify(s, &f);
	assert_int_equal(f.by_fault[JOURNAL_FAULT_MALFORMED], 1);
	assert_int_equal(f.line, 3);

	/* The same without a line feed at its end, and as the last line of the writer. */
	b.n -= line_at(buf_view(&whole), 2).n + 1;
	scratch_write(s, JOURNAL_FILE, buf_view(&b));
	scratch_verify(s, &f);
	assert_int_equal(f.by_fault[JOURNAL_FAULT_TORN], 1);
	assert_non_null(strstr(f.text, "of 494080 bytes"));
	assert_int_equal(buf_put_byte(&b, '\n'), 0);
	scratch_write(s, JOURNAL_FILE, buf_view(&b));
	struct journal *j;
	struct journal_opened how;

	assert_int_equal(journal_open(s->dir, &j, &how), -EBADMSG);
	buf_done(&whole);
	buf_done(&b);
}

/* A full disk, made with a limit on the file's size: writes fail, also in their middle. */
static void test_no_space(void **state)
{
	struct scratch *s = *state;
	struct scratch_findings f;
	struct journal *j;
	struct journal_opened how;
	struct rlimit old, lim;
	struct buf b = {0};
	uint64_t seq;
	size_t before;

	scratch_fill(s, 1, 1);
	scratch_read(s, JOURNAL_FILE, &b);
	before = b.n;
	assert_int_equal(journal_open(s->dir, &j, &how), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	for (rlim_t room = 0; room < 200; room += 7) {
		lim = (struct rlimit){before + room, old.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &lim), 0);
		assert_int_equal(journal_append(j, VIEW_LIT("{\"kind\":\"test\"}"), &seq), -EFBIG);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		scratch_read(s, JOURNAL_FILE, &b);
		assert_int_equal(b.n, before);
	}
	assert_int_equal(journal_append(j, VIEW_LIT("{\"kind\":\"test\"}"), &seq), 0);
	assert_int_equal(seq, 2);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	buf_done(&b);
}

static void touch_removed(const struct scratch *s)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", s->dir, JOURNAL_FILE);
	assert_int_equal(unlink(path), 0);
}

static void touch_renamed(const struct scratch *s)
{
	char path[128], other[128];

	snprintf(path, sizeof(path), "%s/%s", s->dir, JOURNAL_FILE);
	snprintf(other, sizeof(other), "%s/old", s->dir);
	assert_int_equal(rename(path, other), 0);
}

static void touch_cut(const struct scratch *s)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", s->dir, JOURNAL_FILE);
	assert_int_equal(truncate(path, 0), 0);
}

static void touch_appended(const struct scratch *s)
{
	struct buf b = {0};

	scratch_read(s, JOURNAL_FILE, &b);
	assert_int_equal(buf_put_str(&b, "{}\n"), 0);
	scratch_write(s, JOURNAL_FILE, buf_view(&b));
	buf_done(&b);
}

static void test_stale(void **state)
{
	void (*const touches[])(const struct scratch *s) = {
		touch_removed, touch_renamed, touch_cut, touch_appended};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(touches); i++) {
		struct scratch s;
		struct journal *j;
		struct journal_opened how;
		struct scratch_findings f;
		uint64_t seq;
		char name[64];
		int r;

		scratch_make(&s);
		scratch_fill(&s, 1, 2);
		assert_int_equal(journal_open(s.dir, &j, &how), 0);
		assert_int_equal(journal_append(j, VIEW_LIT("{\"n\":3}"), &seq), 0);
		assert_int_equal(journal_sync(j), 0);
		touches[i](&s);
		assert_int_equal(journal_append(j, VIEW_LIT("{\"n\":4}"), &seq), 0);
		assert_int_equal(journal_sync(j), -ESTALE);
		assert_int_equal(journal_append(j, VIEW_LIT("{\"n\":4}"), &seq), -ESTALE);
		journal_close(j);
		r = journal_open(s.dir, &j, &how);
		if (r == -EBADMSG || (r == 0 && how.last_seq == 4)) {
			/* Cut while open: our own last line is all that is in it. */
			if (r == -EBADMSG) {
				assert_int_equal(journal_set_aside(s.dir, name), 0);
				assert_int_equal(journal_open(s.dir, &j, &how), 0);
			}
		} else {
			assert_int_equal(r, 0);
			assert_true(how.created);
			assert_int_equal(how.missing, 3);
		}
		journal_close(j);
		scratch_verify(&s, &f);
		scratch_fill(&s, 9, 1);
		scratch_verify(&s, &f);
		assert_true(f.n > 0);
		scratch_remove(&s);
	}
}

/* The hash is what the format says it is, by another road than line_check(). */
static void test_hash_by_hand(void **state)
{
	struct scratch *s = *state;
	struct buf b = {0}, hex = {0};
	struct view line, text;
	uint8_t hash[SHA256_SIZE];

	scratch_fill(s, 1, 1);
	scratch_read(s, JOURNAL_FILE, &b);
	line = line_at(buf_view(&b), 1);
	text = view_sub(line, 0, line.n - 64 - 12);
	assert_true(view_ends(text, VIEW_LIT("}")));
	assert_true(view_starts(view_sub(line, text.n, line.n), VIEW_LIT(",\"hash\":\"")));
	assert_int_equal(sha256(text, hash), 0);
	assert_int_equal(buf_put_hex(&hex, hash, sizeof(hash)), 0);
	assert_true(view_eq(view_sub(line, text.n + 9, 64), buf_view(&hex)));
	buf_done(&b);
	buf_done(&hex);
}

#define WITH_SCRATCH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(test_round_trip),
		WITH_SCRATCH(test_absent),
		WITH_SCRATCH(test_locked),
		WITH_SCRATCH(test_payload_limit),
		WITH_SCRATCH(test_cut_everywhere),
		WITH_SCRATCH(test_flip_everywhere),
		WITH_SCRATCH(test_rearranged),
		WITH_SCRATCH(test_forged),
		WITH_SCRATCH(test_clock),
		WITH_SCRATCH(test_damaged_end),
		WITH_SCRATCH(test_long_lines),
		WITH_SCRATCH(test_no_space),
		cmocka_unit_test(test_stale),
		WITH_SCRATCH(test_hash_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
