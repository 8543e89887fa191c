/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/forward.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "journal/payload.h"
#include "relay/report.h"
#include "relay/sink.h"
#include "siem/siem.h"

#define BATCH_MAX      64U /* records between two moves of the cursor */
#define LOOK_MS        300 /* between two looks at the journal's end */
#define BACKOFF_MIN_MS 500
#define BACKOFF_MAX_MS 30000

struct state {
	const struct forward *f;
	struct sink *sink;
	struct journal_reader *reader;
	struct cursor done, sent; /* delivered, and given to the sink */
	struct siem_options siem;
	struct buf message;
	unsigned n_sent;
	struct report report;
	char host[256], id[33], said[300];
};

static void sleep_ms(unsigned ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

/* Not the same thing again and again. */
static void say(struct state *s, const char *text)
{
	if (strcmp(s->said, text) == 0)
		return;
	snprintf(s->said, sizeof(s->said), "%s", text);
	fprintf(stderr, "sealgate-relay: %s: %s\n", s->f->sink->name, text);
}

static void take_id(struct state *s, const struct journal_entry *e)
{
	struct view id;

	if ((view_eq(e->kind, VIEW_LIT("birth")) || view_eq(e->kind, VIEW_LIT("segment"))) &&
		payload_text(e->payload, "id", &id) && id.n == sizeof(s->id) - 1) {
		memcpy(s->id, id.p, id.n);
		s->id[id.n] = 0;
	}
}

static bool is_behind(const struct state *s, const struct journal_entry *e)
{
	return s->done.begun && strcmp(s->done.journal, s->id) == 0 && e->seq <= s->done.seq;
}

static int confirm(struct state *s, bool at_end)
{
	int r;

	if (s->n_sent == 0)
		return 0;
	r = sink_confirm(s->sink, &s->sent);
	if (r < 0)
		return r;
	r = cursor_save(s->f->state, s->f->sink->name, &s->sent);
	if (r < 0)
		return r;
	s->done = s->sent;
	s->n_sent = 0;
	report_sent(&s->report, &s->done, at_end);
	return 0;
}

static int forward_one(struct state *s, const struct journal_entry *e)
{
	int r;

	take_id(s, e);
	if (is_behind(s, e))
		return 0;
	buf_clear(&s->message);
	r = sink_wants_syslog(s->sink) ? siem_syslog(e, &s->siem, &s->message)
				       : siem_put(e, &s->siem, &s->message);
	if (r == -EBADMSG)
		return 0; /* verify tells */
	if (r == 0)
		r = sink_send(s->sink, buf_view(&s->message));
	if (r < 0)
		return r;
	s->sent.begun = true;
	s->sent.seq = e->seq;
	memcpy(s->sent.journal, s->id, sizeof(s->sent.journal));
	return ++s->n_sent >= BATCH_MAX ? confirm(s, false) : 0;
}

/* Until something fails; JOURNAL_END where `once` is done. */
static int session(struct state *s)
{
	struct journal_entry e;
	char why[256];
	int r = sink_open(s->sink, &s->done, why);

	if (r < 0) {
		say(s, why);
		report_failed(&s->report, &s->done, why);
		return r;
	}
	report_connected(&s->report, &s->done);
	s->said[0] = 0;
	s->n_sent = 0;
	s->sent = s->done;
	r = journal_reader_open(s->f->journal, &s->reader);
	while (r == 0 || r == -EBADMSG) {
		r = journal_read(s->reader, &e);
		if (r == 0)
			r = forward_one(s, &e);
		if (r != JOURNAL_END)
			continue;
		r = confirm(s, true);
		if (r == 0)
			r = sink_check(s->sink);
		if (r == 0 && s->f->once)
			return JOURNAL_END;
		if (r == 0)
			sleep_ms(LOOK_MS);
	}
	say(s, strerror(-r));
	report_failed(&s->report, &s->done, strerror(-r));
	return r;
}

static int run(struct state *s)
{
	unsigned backoff = BACKOFF_MIN_MS;
	int r;

	for (;;) {
		uint64_t before = s->done.seq;

		r = session(s);
		sink_close(s->sink);
		s->reader = journal_reader_close(s->reader);
		if (r == JOURNAL_END)
			return 0;
		if (s->f->once)
			return r;
		backoff = s->done.seq != before ? BACKOFF_MIN_MS
						: MIN(2 * backoff, (unsigned)BACKOFF_MAX_MS);
		sleep_ms(backoff);
	}
}

int forward_run(const struct forward *f)
{
	struct state s = {.f = f};
	int r = cursor_load(f->state, f->sink->name, &s.done);

	if (r == -EBADMSG) {
		say(&s, "its cursor is damaged: everything is sent again");
		r = 0;
	}
	if (r < 0 && r != -ENOENT) {
		say(&s, strerror(-r));
		return r;
	}
	(void)gethostname(s.host, sizeof(s.host) - 1);
	memset(s.id, '0', sizeof(s.id) - 1);
	s.siem = (struct siem_options){.format = (enum siem_format)f->sink->format,
		.hide_names = (enum level)settings_level(f->sink->hide_names),
		.hide_snippets = (enum level)settings_level(f->sink->hide_snippets),
		.host = s.host,
		.journal = s.id};
	report_open(&s.report, f->state, f->sink->name);
	r = sink_new(f->sink, &s.sink);
	if (r == 0)
		r = run(&s);
	report_close(&s.report);
	sink_free(s.sink);
	buf_done(&s.message);
	return r;
}
