/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "journal/reader.h"

#define TAIL_WAIT_NS 2000000 /* a line that a writer has begun is whole long before */

struct walk {
	struct journal_reader *reader;
	struct sha256 *sha;
	journal_finding_fn fn;
	void *userdata;
	struct journal_verify_result result;
	bool begun;      /* a line was seen */
	bool hash_known; /* of the line before */
	uint64_t seq;    /* of the line before */
	char time[LINE_TIME_SIZE + 1];
	struct head head;
	int head_error;
};

const char *journal_fault_name(enum journal_fault fault)
{
	static const char *const names[] = {
		"malformed", "hash", "prev", "seq", "time", "torn", "head"};

	static_assert(ARRAY_SIZE(names) == JOURNAL_FAULT_MAX, "one name per fault");
	return (unsigned)fault < JOURNAL_FAULT_MAX ? names[fault] : "?";
}

static void printf_like(4, 5) found(
	struct walk *w, enum journal_fault fault, const struct raw_line *at, const char *fmt, ...)
{
	struct journal_finding f = {
		.fault = fault, .line = at->line, .offset = at->offset, .seq = w->seq};
	va_list ap;

	w->result.findings++;
	if (!w->fn)
		return;
	va_start(ap, fmt);
	vsnprintf(f.text, sizeof(f.text), fmt, ap);
	va_end(ap);
	w->fn(w->userdata, &f);
}

/* The number, and the link to the line before. */
static void check_link(struct walk *w, const struct raw_line *at, const struct line *l)
{
	static const uint8_t zeros[SHA256_SIZE];
	uint64_t expected = w->seq + 1;

	if (!w->begun) {
		if (l->seq != 0 || !view_eq(l->kind, VIEW_LIT("birth")) ||
			memcmp(l->prev, zeros, sizeof(zeros)) != 0)
			found(w, JOURNAL_FAULT_SEQ, at,
				"the journal does not begin with its birth record: what came "
				"before %" PRIu64 " is missing",
				l->seq);
		return;
	}
	if (l->seq > expected)
		found(w, JOURNAL_FAULT_SEQ, at, "records %" PRIu64 " to %" PRIu64 " are missing",
			expected, l->seq - 1);
	else if (l->seq < expected)
		found(w, JOURNAL_FAULT_SEQ, at,
			"record %" PRIu64 " stands where %" PRIu64 " belongs", l->seq, expected);
	else if (w->hash_known && memcmp(l->prev, w->result.last_hash, SHA256_SIZE) != 0)
		found(w, JOURNAL_FAULT_PREV, at,
			"record %" PRIu64 " does not follow from the line before it", l->seq);
}

static void check_time(struct walk *w, const struct raw_line *at, const struct line *l)
{
	if (w->begun && strcmp(l->time, w->time) < 0 && !view_eq(l->kind, VIEW_LIT("clock")))
		found(w, JOURNAL_FAULT_TIME, at, "%s comes after %s", l->time, w->time);
	memcpy(w->time, l->time, sizeof(w->time));
}

static int check_line(struct walk *w, const struct raw_line *at)
{
	struct line l;
	int r;

	if (line_parse(at->text, &l) < 0) {
		found(w, JOURNAL_FAULT_MALFORMED, at, "the line is no record");
		w->hash_known = false;
		w->seq++;
		w->begun = true;
		return 0;
	}
	r = line_check(at->text, &l, w->sha);
	if (r < 0 && r != -EBADMSG)
		return r;
	if (r == -EBADMSG)
		found(w, JOURNAL_FAULT_HASH, at, "record %" PRIu64 " was altered", l.seq);
	check_link(w, at, &l);
	check_time(w, at, &l);
	if (w->head_error == 0 && l.seq == w->head.seq &&
		memcmp(l.hash, w->head.hash, SHA256_SIZE) != 0)
		found(w, JOURNAL_FAULT_HEAD, at,
			"record %" PRIu64 " is not the one that " JOURNAL_HEAD " names", l.seq);
	if (w->result.records == 0)
		w->result.first_seq = l.seq;
	w->result.records++;
	w->result.last_seq = l.seq;
	memcpy(w->result.last_hash, l.hash, SHA256_SIZE);
	if (view_eq(l.kind, VIEW_LIT("gap")))
		w->result.gaps++;
	w->seq = l.seq;
	w->hash_known = true;
	w->begun = true;
	return 0;
}

/* An unfinished line may be one that the agent is just writing: it gets one chance. */
static int at_end(struct walk *w, bool *waited)
{
	struct raw_line at = {
		.line = reader_line_number(w->reader), .offset = reader_offset(w->reader)};
	uint64_t n = reader_unfinished(w->reader);

	if (n > 0 && !*waited) {
		*waited = true;
		nanosleep(&(struct timespec){.tv_nsec = TAIL_WAIT_NS}, NULL);
		return 0;
	}
	if (n > 0)
		found(w, JOURNAL_FAULT_TORN, &at, "an unfinished line of %" PRIu64 " bytes", n);
	if (w->head_error == -ENOENT)
		found(w, JOURNAL_FAULT_HEAD, &at,
			"there is no " JOURNAL_HEAD ": whether the end is whole cannot be told");
	else if (w->head_error == -EBADMSG)
		found(w, JOURNAL_FAULT_HEAD, &at, JOURNAL_HEAD " is damaged");
	else if (w->result.records == 0 || w->head.seq > w->result.last_seq)
		found(w, JOURNAL_FAULT_HEAD, &at,
			"the end is missing: record %" PRIu64 " was written once", w->head.seq);
	return READER_END;
}

static int walk(struct walk *w)
{
	bool waited = false;
	int r = 0;

	while (r == 0) {
		struct raw_line at;

		r = reader_line(w->reader, &at);
		if (r == READER_LONG) {
			at.text = VIEW_EMPTY; /* longer than any record: malformed */
			r = 0;
		}
		if (r == 0)
			r = check_line(w, &at);
		else if (r == READER_END)
			r = at_end(w, &waited);
	}
	return r == READER_END ? 0 : r;
}

int journal_verify(
	const char *dir, journal_finding_fn fn, void *userdata, struct journal_verify_result *ret)
{
	struct walk w = {.fn = fn, .userdata = userdata};
	int r = journal_reader_open(dir, &w.reader);

	if (r < 0)
		return r;
	/* Before the walk: a head that was read later could be ahead of what was walked. */
	w.head_error = head_read(reader_dir(w.reader), &w.head);
	r = w.head_error < 0 && w.head_error != -ENOENT && w.head_error != -EBADMSG ? w.head_error
										    : 0;
	if (r == 0)
		r = sha256_new(&w.sha);
	if (r == 0)
		r = walk(&w);
	journal_reader_close(w.reader);
	sha256_free(w.sha);
	if (r == 0)
		*ret = w.result;
	return r;
}
