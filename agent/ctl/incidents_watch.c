/* SPDX-License-Identifier: Apache-2.0 */
/* "sealgate incidents watch": what happens, as it happens, until it is interrupted. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/incidents.h"
#include "ctl/usage.h"

#define LOOK_MS 250 /* between two looks at the journal's end */

static int put_new(const struct incidents_options *o, const struct journal_entry *e)
{
	cleanup_with(incident_freep) struct incident *i = NULL;
	struct buf b = {0};
	int r;

	if (!view_eq(e->kind, VIEW_LIT("incident")))
		return 0;
	r = incident_parse(e->payload, &i);
	if (r == -EINVAL)
		return 0; /* verify tells */
	if (r == 0 && !incidents_wanted((void *)o, i))
		return 0;
	if (r == 0)
		r = incidents_conceal(o, i);
	if (r == 0 && !o->json)
		incidents_put_row(o, i);
	else if (r == 0)
		r = incident_json(i, &b);
	if (r == 0 && o->json)
		printf("%.*s\n", (int)b.n, (const char *)b.p);
	buf_done(&b);
	return r == 0 && fflush(stdout) != 0 ? -errno : r;
}

/* The time of --since is where it begins; else it begins now. */
static int follow(const struct incidents_options *o, struct journal_reader *reader)
{
	bool live = o->since != 0;
	struct journal_entry e;
	int r;

	for (;;) {
		r = journal_read(reader, &e);
		if (r == 0 && live)
			r = put_new(o, &e);
		if (r == JOURNAL_END) {
			live = true;
			nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
		} else if (r < 0 && r != -EBADMSG) {
			return r;
		}
	}
}

int incidents_watch(const struct incidents_options *o)
{
	struct journal_reader *reader;
	int r = journal_reader_open(o->dir, &reader);

	if (r < 0)
		return incidents_no_journal(o, r);
	if (!o->json)
		incidents_put_header(o);
	(void)fflush(stdout);
	r = follow(o, reader);
	journal_reader_close(reader);
	return r == -EPIPE ? CTL_DONE : ctl_error("cannot go on: %s", strerror(-r));
}
