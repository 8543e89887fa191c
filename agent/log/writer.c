/* SPDX-License-Identifier: Apache-2.0 */
#include "log/writer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/list.h"
#include "journal/seal.h"

#define REOPENS_MAX 3U /* in one flush, of a journal that changes under us */

struct waiting {
	struct list node;
	uint64_t client; /* 0: our own */
	uint64_t seq;    /* set by the append; durable after the sync */
	uint32_t id;
	enum writer_request what;
	bool refused; /* stands for a record that is no JSON object */
	size_t n;
	uint8_t payload[];
};

/* A time in which the disk took nothing. */
struct stall {
	bool on;
	int error;
	uint64_t since; /* wall clock, ns */
	uint64_t kept, lost;
	uint64_t backoff_ms, retry_at;
};

struct writer {
	const struct writer_events *events;
	void *userdata;
	struct journal *journal; /* NULL until it could be opened */
	struct list queue;
	size_t n_queue, bytes;
	struct stall stall;
	struct journal_limits limits;
	int maintain_error; /* said */
	char dir[];
};

static void printf_like(2, 3) say(const struct writer *w, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	w->events->say(w->userdata, text);
}

int writer_new(const char *dir, const struct journal_limits *limits,
	const struct writer_events *events, void *userdata, struct writer **ret)
{
	size_t n = strlen(dir) + 1;
	struct writer *w = calloc(1, sizeof(*w) + n);

	if (!w)
		return -ENOMEM;
	w->events = events;
	w->userdata = userdata;
	w->limits = *limits;
	list_init(&w->queue);
	memcpy(w->dir, dir, n);
	*ret = w;
	return 0;
}

static void forget(struct writer *w, struct waiting *e)
{
	list_remove(&e->node);
	w->n_queue--;
	w->bytes -= sizeof(*e) + e->n;
	free(e);
}

struct writer *writer_free(struct writer *w)
{
	if (!w)
		return NULL;
	list_for_each_safe(n, tmp, &w->queue)
		forget(w, list_entry(n, struct waiting, node));
	journal_close(w->journal);
	free(w);
	return NULL;
}

static struct waiting *waiting_new(
	struct writer *w, uint64_t client, uint32_t id, struct view payload)
{
	struct waiting *e = malloc(sizeof(*e) + payload.n);

	if (!e)
		return NULL;
	*e = (struct waiting){.client = client, .id = id, .n = payload.n};
	if (payload.n)
		memcpy(e->payload, payload.p, payload.n);
	w->n_queue++;
	w->bytes += sizeof(*e) + payload.n;
	return e;
}

static void begin_stall(struct writer *w, int error)
{
	if (w->stall.on)
		return;
	w->stall = (struct stall){.on = true,
		.error = error,
		.since = clock_realtime(),
		.backoff_ms = WRITER_BACKOFF_MIN_MS,
		.retry_at = clock_now() + WRITER_BACKOFF_MIN_MS * NSEC_PER_MSEC};
}

void writer_add(struct writer *w, uint64_t client, uint32_t id, enum writer_request what,
	struct view payload)
{
	struct waiting *e = NULL;
	size_t n = sizeof(*e) + payload.n;

	/* Many senders in one round: the disk, not the memory, should say no. */
	if (w->bytes + n > WRITER_WAITING_MAX && !w->stall.on)
		writer_flush(w);
	if (w->bytes + n <= WRITER_WAITING_MAX)
		e = waiting_new(w, client, id, payload);
	if (!e) {
		begin_stall(w, -ENOMEM);
		w->stall.lost++;
		w->events->done(w->userdata, client, id, 0);
		return;
	}
	e->what = what;
	list_append(&w->queue, &e->node);
	if (w->stall.on)
		w->stall.kept++;
}

/* A record of our own. `first`: it tells of what was before all that waits. */
static void add_own(struct writer *w, const struct buf *b, int error, bool first)
{
	struct waiting *e = error ? NULL : waiting_new(w, 0, 0, buf_view(b));

	if (!e) {
		begin_stall(w, -ENOMEM);
		w->stall.lost++;
	} else if (first) {
		list_prepend(&w->queue, &e->node);
	} else {
		list_append(&w->queue, &e->node);
	}
}

static void gap_begin(struct json *j, struct buf *b, const char *what, const char *text)
{
	json_init(j, b);
	json_object(j);
	json_key_str(j, "kind", "gap");
	json_key_str(j, "what", what);
	json_key_str(j, "text", text);
}

static void gap_opened(struct writer *w, const struct journal_opened *how)
{
	struct buf b = BUF_INIT(4096);
	struct json j;

	if (how->missing) {
		gap_begin(&j, &b, "missing-records", "records that were written once are gone");
		json_key_u64(&j, "records", how->missing);
		json_key_u64(&j, "from_seq", how->last_seq - how->missing + 1);
		json_key_u64(&j, "to_seq", how->last_seq);
		json_object_end(&j);
		add_own(w, &b, json_error(&j), true);
		say(w, "%llu records are gone from the end of the journal",
			(unsigned long long)how->missing);
	}
	buf_clear(&b);
	if (how->cut_bytes) {
		gap_begin(&j, &b, "torn-line", "the journal ended in an unfinished record");
		json_key_u64(&j, "bytes", how->cut_bytes);
		json_key_str(&j, "file", how->torn_file);
		json_object_end(&j);
		add_own(w, &b, json_error(&j), true);
		say(w, "an unfinished record was moved to %s", how->torn_file);
	}
	buf_done(&b);
}

static void gap_plain(struct writer *w, const char *what, const char *text, const char *file)
{
	struct buf b = BUF_INIT(4096);
	struct json j;

	gap_begin(&j, &b, what, text);
	if (file)
		json_key_str(&j, "file", file);
	json_object_end(&j);
	add_own(w, &b, json_error(&j), true);
	say(w, "%s", text);
	buf_done(&b);
}

static const char *stall_name(int error)
{
	switch (-error) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG: return "disk-full";
	case EBUSY: return "locked";
	case ENOMEM: return "no-memory";
	default: return "disk-error";
	}
}

/* Says what the stall cost. Stays in the stall's counters until it is durable itself. */
static int end_stall(struct writer *w)
{
	char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX];
	struct buf b = BUF_INIT(4096);
	struct json j;
	uint64_t seq;
	int r;

	clock_format(w->stall.since, from);
	clock_format(clock_realtime(), to);
	gap_begin(&j, &b, stall_name(w->stall.error),
		w->stall.lost ? "records were lost: the journal could not be written"
			      : "the journal could not be written for a while; nothing was lost");
	json_key_str(&j, "error", strerror(-w->stall.error));
	json_key_str(&j, "from", from);
	json_key_str(&j, "to", to);
	json_key_u64(&j, "kept", w->stall.kept);
	json_key_u64(&j, "lost", w->stall.lost);
	json_object_end(&j);
	r = json_error(&j);
	if (r == 0)
		r = journal_append(w->journal, buf_view(&b), &seq);
	if (r == 0)
		r = journal_sync(w->journal);
	buf_done(&b);
	if (r < 0)
		return r;
	say(w, "the journal is written again: %llu records had waited, %llu were lost",
		(unsigned long long)w->stall.kept, (unsigned long long)w->stall.lost);
	w->stall = (struct stall){0};
	return 0;
}

/* Tells when the journal's signing key is another than before. */
static int open_key(struct writer *w)
{
	enum seal_key key;
	int r = journal_key(w->journal, &key);

	if (r == 0 && key == SEAL_KEY_LOST)
		gap_plain(w, "key-lost",
			"the signing key was gone or replaced: a new one was made, which the old "
			"one "
			"did not sign",
			NULL);
	return r;
}

static int open_journal(struct writer *w)
{
	struct journal_opened how;
	char name[64];
	int r = journal_open(w->dir, &w->journal, &how);

	if (r == -EBADMSG) {
		r = journal_set_aside(w->dir, name);
		if (r < 0)
			return r;
		gap_plain(w, "damaged-journal",
			"the journal's last record was damaged: a new file was begun", name);
		r = journal_open(w->dir, &w->journal, &how);
	}
	if (r < 0)
		return r;
	gap_opened(w, &how);
	journal_limit(w->journal, &w->limits);
	r = open_key(w);
	if (r < 0)
		w->journal = journal_close(w->journal);
	return r;
}

static int append_one(struct writer *w, struct waiting *e)
{
	struct view payload = view_of(e->payload, e->n);

	switch (e->what) {
	case WRITER_SEAL: return journal_seal(w->journal, payload, &e->seq);
	case WRITER_NEW_KEY:
		e->seq = 1; /* whatever is not 0 */
		return journal_key_rotate(w->journal);
	case WRITER_APPEND: break;
	}
	return journal_append(w->journal, payload, &e->seq);
}

/* Puts a gap record in the place of a payload that the journal does not take. */
static int append_refusal(struct writer *w, struct waiting *e)
{
	struct buf b = BUF_INIT(4096);
	struct json j;
	int r;

	gap_begin(&j, &b, "refused-record", "a record was not one JSON object on one line");
	json_key_u64(&j, "bytes", e->n);
	json_object_end(&j);
	r = json_error(&j);
	if (r == 0)
		r = journal_append(w->journal, buf_view(&b), &e->seq);
	buf_done(&b);
	e->refused = true;
	return r;
}

/* Appends from the front until the journal refuses. */
static int append_all(struct writer *w, size_t *ret_n)
{
	size_t n = 0;
	int r = 0;

	list_for_each(node, &w->queue) {
		struct waiting *e = list_entry(node, struct waiting, node);

		r = append_one(w, e);
		if (r == -EINVAL)
			r = append_refusal(w, e);
		if (r < 0)
			break;
		n++;
	}
	*ret_n = n;
	return r;
}

static void finish(struct writer *w, size_t n)
{
	for (; n > 0; n--) {
		struct waiting *e = list_first(&w->queue, struct waiting, node);

		if (e->client)
			w->events->done(w->userdata, e->client, e->id, e->refused ? 0 : e->seq);
		forget(w, e);
	}
}

/* What was written is durable; this is about files and checkpoints, and tried again later. */
static void maintain(struct writer *w)
{
	int r = journal_maintain(w->journal);

	if (r < 0 && r != w->maintain_error)
		say(w, "cannot tidy the journal: %s", strerror(-r));
	w->maintain_error = r;
}

static int flush_once(struct writer *w)
{
	size_t n = 0;
	int r = 0, appended;

	if (!w->journal)
		r = open_journal(w);
	if (r < 0)
		return r;
	appended = append_all(w, &n);
	if (n > 0) {
		r = journal_sync(w->journal);
		if (r < 0)
			return r;
		finish(w, n);
	}
	if (appended == 0 && w->stall.on)
		appended = end_stall(w);
	if (appended == 0)
		maintain(w);
	return appended;
}

static bool is_full(int error)
{
	return error == -ENOSPC || error == -EDQUOT || error == -EFBIG;
}

void writer_flush(struct writer *w)
{
	int r = flush_once(w);

	if (is_full(r) && w->journal && journal_make_room(w->journal) > 0)
		r = flush_once(w);

	for (unsigned i = 0; r == -ESTALE && i < REOPENS_MAX; i++) {
		w->journal = journal_close(w->journal);
		gap_plain(w, "journal-changed",
			"the journal was changed by somebody else while it was open", NULL);
		r = flush_once(w);
	}
	if (r == 0)
		return;
	if (!w->stall.on) {
		begin_stall(w, r);
		w->stall.kept = w->n_queue;
		say(w, "cannot write the journal: %s; records are kept in memory", strerror(-r));
		return;
	}
	w->stall.backoff_ms = MIN(2 * w->stall.backoff_ms, (uint64_t)WRITER_BACKOFF_MAX_MS);
	w->stall.retry_at = clock_now() + w->stall.backoff_ms * NSEC_PER_MSEC;
}

void writer_tick(struct writer *w)
{
	if (w->journal && !w->stall.on)
		maintain(w);
}

void writer_end(struct writer *w)
{
	uint64_t seq;
	int r = 0;

	if (!w->journal || w->stall.on || journal_is_sealed(w->journal))
		return;
	r = journal_seal(w->journal, VIEW_EMPTY, &seq);
	if (r == 0)
		r = journal_sync(w->journal);
	if (r < 0)
		say(w, "no checkpoint at the end: %s", strerror(-r));
}

uint64_t writer_retry_at(const struct writer *w)
{
	return w->stall.on ? w->stall.retry_at : 0;
}

size_t writer_waiting(const struct writer *w)
{
	return w->n_queue;
}

uint64_t writer_lost(const struct writer *w)
{
	return w->stall.lost;
}
