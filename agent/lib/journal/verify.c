/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "journal/payload.h"
#include "journal/reader.h"
#include "journal/seal.h"

#define PROGRESS_EACH 16384U
#define TAIL_WAIT_NS  2000000 /* a line that a writer has begun is whole long before */

struct walk {
	struct journal_reader *reader;
	struct sha256 *sha;
	journal_finding_fn fn;
	journal_progress_fn progress;
	void *userdata;
	struct journal_verify_result result;
	bool begun;      /* a line was seen */
	bool late_begin; /* the first line is not the journal's first, and nothing said why */
	struct raw_line first;
	char first_file[JOURNAL_NAME_MAX];
	uint8_t first_prev[SHA256_SIZE];
	bool hash_known; /* of the line before */
	uint64_t seq;    /* of the line before */
	char time[LINE_TIME_SIZE + 1];
	struct head head;
	int head_error;
	const struct checkpoint *anchor; /* NULL: none was given */
	bool anchor_key;                 /* its key is one of this journal's */
};

const char *journal_fault_name(enum journal_fault fault)
{
	static const char *const names[] = {
		"malformed", "hash", "prev", "seq", "time", "torn", "head", "signature", "anchor"};

	static_assert(ARRAY_SIZE(names) == JOURNAL_FAULT_MAX, "one name per fault");
	return (unsigned)fault < JOURNAL_FAULT_MAX ? names[fault] : "?";
}

static void printf_like(4, 5) found(
	struct walk *w, enum journal_fault fault, const struct raw_line *at, const char *fmt, ...)
{
	struct journal_finding f = {.fault = fault,
		.file = at->file,
		.line = at->line,
		.offset = at->offset,
		.seq = w->seq};
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
		/* Whether a retention record tells of what was before is known at the end. */
		if (l->seq != 0 || !view_eq(l->kind, VIEW_LIT("birth")) ||
			memcmp(l->prev, zeros, sizeof(zeros)) != 0) {
			w->late_begin = true;
			w->first = *at;
			w->first.text = VIEW_EMPTY;
			snprintf(w->first_file, sizeof(w->first_file), "%s", at->file);
			w->first.file = w->first_file;
			memcpy(w->first_prev, l->prev, sizeof(w->first_prev));
		}
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

/* Is this what was before the first record? */
static void check_retention(struct walk *w, const struct line *l)
{
	uint8_t hash[SHA256_SIZE];
	uint64_t to;

	w->result.retentions++;
	if (w->late_begin && payload_number(l->payload, "to_seq", &to) &&
		to + 1 == w->result.first_seq &&
		payload_hex(l->payload, "last_hash", hash, sizeof(hash)) &&
		memcmp(hash, w->first_prev, sizeof(hash)) == 0)
		w->late_begin = false;
}

static void take_id(struct walk *w, const struct line *l)
{
	struct view id;

	if (payload_text(l->payload, "id", &id) && id.n < sizeof(w->result.id)) {
		memcpy(w->result.id, id.p, id.n);
		w->result.id[id.n] = 0;
	}
}

static void take_key(struct walk *w, const uint8_t key[SIGN_KEY_SIZE])
{
	memcpy(w->result.key, key, SIGN_KEY_SIZE);
	w->result.has_key = true;
	if (w->anchor && memcmp(w->anchor->key, key, SIGN_KEY_SIZE) == 0)
		w->anchor_key = true;
}

static int check_key(struct walk *w, const struct raw_line *at, const struct line *l)
{
	uint8_t key[SIGN_KEY_SIZE];
	int r = SIGN_VALID;

	if (!payload_hex(l->payload, "key", key, sizeof(key))) {
		found(w, JOURNAL_FAULT_SIGNATURE, at, "the key record has no key");
		return 0;
	}
	if (w->result.has_key && memcmp(key, w->result.key, sizeof(key)) != 0)
		r = seal_key_check(l->payload, w->result.key, key);
	if (r < 0)
		return r;
	if (r == SIGN_INVALID) {
		struct view what;

		/* The agent says so where it lost its key; else nobody may change it. */
		w->result.lost_keys++;
		if (!payload_text(l->payload, "what", &what) || !view_eq(what, VIEW_LIT("lost")))
			found(w, JOURNAL_FAULT_SIGNATURE, at,
				"record %" PRIu64 " brings a key that the one before did not sign",
				l->seq);
		else if (w->anchor && l->seq > w->anchor->over)
			found(w, JOURNAL_FAULT_ANCHOR, at,
				"the key was replaced after the checkpoint, unsigned by its own");
	}
	take_key(w, key);
	return 0;
}

/* `prev` is the hash of the line before, which the checkpoint must name. */
static int check_checkpoint(struct walk *w, const struct raw_line *at, const struct line *l)
{
	struct checkpoint c;
	int r = checkpoint_parse(l->payload, &c);

	if (r == 0)
		r = checkpoint_check(&c);
	if (r < 0 && r != -EBADMSG)
		return r;
	if (r != SIGN_VALID || c.over + 1 != l->seq ||
		memcmp(c.hash, l->prev, sizeof(c.hash)) != 0 ||
		(w->result.id[0] && strcmp(w->result.id, c.journal) != 0) ||
		(w->result.has_key && memcmp(w->result.key, c.key, sizeof(c.key)) != 0)) {
		found(w, JOURNAL_FAULT_SIGNATURE, at,
			"record %" PRIu64 " is no checkpoint that the journal's key signed",
			l->seq);
		return 0;
	}
	take_key(w, c.key);
	w->result.checkpoints++;
	w->result.sealed_seq = c.over;
	snprintf(w->result.sealed_time, sizeof(w->result.sealed_time), "%s", c.time);
	return 0;
}

/* What the exported checkpoint saw last. */
static void check_anchor(struct walk *w, const struct raw_line *at, const struct line *l)
{
	if (l->seq != w->anchor->over)
		return;
	if (memcmp(l->hash, w->anchor->hash, SHA256_SIZE) == 0) {
		w->result.anchor = JOURNAL_ANCHOR_FOUND;
		return;
	}
	w->result.anchor = JOURNAL_ANCHOR_MISSING;
	found(w, JOURNAL_FAULT_ANCHOR, at,
		"record %" PRIu64
		" is not the one that the checkpoint of %s saw: the journal was made "
		"anew",
		l->seq, w->anchor->time);
}

static int check_special(struct walk *w, const struct raw_line *at, const struct line *l)
{
	if (w->anchor)
		check_anchor(w, at, l);
	if (view_eq(l->kind, VIEW_LIT("gap")))
		w->result.gaps++;
	else if (view_eq(l->kind, VIEW_LIT("retention")))
		check_retention(w, l);
	else if (view_eq(l->kind, VIEW_LIT("birth")) || view_eq(l->kind, VIEW_LIT("segment")))
		take_id(w, l);
	else if (view_eq(l->kind, VIEW_LIT("key")))
		return check_key(w, at, l);
	else if (view_eq(l->kind, VIEW_LIT("checkpoint")))
		return check_checkpoint(w, at, l);
	return 0;
}

/* At the end: an anchor that was not met. */
static void end_anchor(struct walk *w, const struct raw_line *at)
{
	const struct checkpoint *a = w->anchor;

	if (w->result.id[0] && strcmp(w->result.id, a->journal) != 0)
		found(w, JOURNAL_FAULT_ANCHOR, at,
			"the checkpoint is of the journal %s, this is %s", a->journal,
			w->result.id);
	else if (w->result.anchor == JOURNAL_ANCHOR_NONE && w->result.records > 0 &&
		w->result.first_seq > a->over && !w->late_begin) {
		w->result.anchor = JOURNAL_ANCHOR_DROPPED;
		return;
	} else if (w->result.anchor == JOURNAL_ANCHOR_NONE)
		found(w, JOURNAL_FAULT_ANCHOR, at,
			"the checkpoint of %s saw record %" PRIu64 ", the journal ends at %" PRIu64
			": its end was cut, or it is an older copy",
			a->time, a->over, w->result.last_seq);
	else if (w->result.anchor == JOURNAL_ANCHOR_FOUND && !w->anchor_key &&
		w->result.first_seq == 0)
		found(w, JOURNAL_FAULT_ANCHOR, at,
			"the checkpoint is signed by a key that this journal never had");
	else
		return;
	w->result.anchor = JOURNAL_ANCHOR_MISSING;
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
	if (w->progress && w->result.records % PROGRESS_EACH == 0)
		w->progress(w->userdata, w->result.records,
			w->head_error == 0 && w->head.seq >= w->result.first_seq
				? w->head.seq - w->result.first_seq + 1
				: w->result.records);
	w->result.last_seq = l.seq;
	memcpy(w->result.last_hash, l.hash, SHA256_SIZE);
	memcpy(w->result.last_time, l.time, sizeof(l.time));
	r = check_special(w, at, &l);
	if (r < 0)
		return r;
	w->seq = l.seq;
	w->hash_known = true;
	w->begun = true;
	return 0;
}

/* An unfinished line may be one that the agent is just writing: it gets one chance. */
static int at_end(struct walk *w, bool *waited)
{
	struct raw_line at = {.line = reader_line_number(w->reader),
		.offset = reader_offset(w->reader),
		.file = reader_file(w->reader)};
	uint64_t n = reader_unfinished(w->reader);

	if (n > 0 && !*waited) {
		*waited = true;
		nanosleep(&(struct timespec){.tv_nsec = TAIL_WAIT_NS}, NULL);
		return 0;
	}
	if (w->late_begin)
		found(w, JOURNAL_FAULT_SEQ, &w->first,
			"the journal does not begin with its birth record: what came before "
			"%" PRIu64 " is missing",
			w->result.first_seq);
	if (w->anchor)
		end_anchor(w, &at);
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
	return journal_verify_anchored(dir, NULL, fn, userdata, ret);
}

int journal_verify_anchored(const char *dir, const struct checkpoint *anchor, journal_finding_fn fn,
	void *userdata, struct journal_verify_result *ret)
{
	return journal_verify_told(dir, anchor, fn, NULL, userdata, ret);
}

int journal_verify_told(const char *dir, const struct checkpoint *anchor, journal_finding_fn fn,
	journal_progress_fn progress, void *userdata, struct journal_verify_result *ret)
{
	struct walk w = {.fn = fn, .progress = progress, .userdata = userdata, .anchor = anchor};
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
