/* SPDX-License-Identifier: Apache-2.0 */
/* "sealgate incidents export": the journal's records in the forms that other systems take. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ctl/incidents.h"
#include "ctl/usage.h"
#include "journal/payload.h"

struct export
{
	const struct incidents_options *o;
	struct siem_options siem;
	FILE *out;
	char id[64], host[256];
};

static bool has_filter(const struct incidents_options *o)
{
	return o->levels || o->app || o->user || o->unit || o->channel || o->rule || o->action;
}

/* Records that are no incidents have their own time, and go where nothing is filtered. */
static bool is_wanted(const struct export *x, const struct journal_entry *e)
{
	const struct incidents_options *o = x->o;
	struct incident *i;
	uint64_t t;
	bool wanted;

	if (!view_eq(e->kind, VIEW_LIT("incident"))) {
		if (has_filter(o) || view_eq(e->kind, VIEW_LIT("segment")))
			return false;
		return clock_parse(e->time, &t) < 0 ||
			((!o->since || t >= o->since) && (!o->until || t <= o->until));
	}
	if (incident_parse(e->payload, &i) < 0)
		return false;
	wanted = incidents_wanted((void *)o, i);
	incident_free(i);
	return wanted;
}

static int put(struct export *x, const struct journal_entry *e)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct view id;
	int r;

	if ((view_eq(e->kind, VIEW_LIT("birth")) || view_eq(e->kind, VIEW_LIT("segment"))) &&
		payload_text(e->payload, "id", &id))
		snprintf(x->id, sizeof(x->id), "%.*s", (int)id.n, (const char *)id.p);
	if (!is_wanted(x, e))
		return 0;
	r = siem_put(e, &x->siem, &b);
	if (r == -EBADMSG)
		return 0; /* verify tells */
	if (r == 0)
		r = buf_put_byte(&b, '\n');
	if (r == 0 && fwrite(b.p, 1, b.n, x->out) != b.n)
		r = -EIO;
	return r;
}

static int walk(struct export *x)
{
	struct journal_reader *reader;
	struct journal_entry e;
	int r = journal_reader_open(x->o->dir, &reader);

	if (r < 0)
		return incidents_no_journal(x->o, r);
	while ((r = journal_read(reader, &e)) != JOURNAL_END) {
		if (r == 0)
			r = put(x, &e);
		if (r < 0 && r != -EBADMSG)
			break;
	}
	journal_reader_close(reader);
	if (fflush(x->out) != 0 && r == JOURNAL_END)
		r = -errno;
	return r == JOURNAL_END ? CTL_DONE : ctl_error("cannot export: %s", strerror(-r));
}

int incidents_export(const struct incidents_options *o)
{
	struct export x = {.o = o, .out = stdout};
	int r;

	(void)gethostname(x.host, sizeof(x.host) - 1);
	x.siem = (struct siem_options){.format = o->format,
		.hide_names = o->hide_names,
		.hide_snippets = o->hide_snippets,
		.host = x.host,
		.journal = x.id};
	if (o->out) {
		x.out = fopen(o->out, "we");
		if (!x.out)
			return ctl_error("cannot write %s: %s", o->out, strerror(errno));
	}
	r = walk(&x);
	if (o->out && fclose(x.out) != 0 && r == CTL_DONE)
		r = ctl_error("cannot write %s: %s", o->out, strerror(errno));
	return r;
}
