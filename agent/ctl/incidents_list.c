/* SPDX-License-Identifier: Apache-2.0 */
/* "sealgate incidents list" and "verify". */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "ctl/cell.h"
#include "ctl/incidents.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "model/action.h"

#define INCIDENT_ID_WIDTH 26U
#define FILE_WIDTH_MIN    12U
#define FILE_WIDTH_PLAIN  120U /* off a terminal */

static int put_json(const struct incident *i)
{
	struct buf b = {0};
	int r = incident_json(i, &b);

	if (r == 0) {
		fwrite(b.p, 1, b.n, stdout);
		putchar('\n');
	}
	buf_done(&b);
	return r;
}

struct table {
	enum lang lang;
	size_t id, app, user, action, file;
	bool monitored; /* a "*" was written */
};

#define TIME_WIDTH    19U
#define LEVEL_WIDTH   9U /* TUYỆT MẬT */
#define RETRIES_WIDTH 5U

static void make_table(struct table *t, const struct incidents_options *o, size_t id_width)
{
	bool terminal = isatty(STDOUT_FILENO);
	size_t width = terminal ? tty_width(stdout) : 0, rest;

	*t = (struct table){.lang = o->lang, .id = id_width};
	t->action = 10; /* "quarantine", "hỏi lý do" */
	t->app = !terminal || width >= 120 ? 18 : 10;
	t->user = !terminal || width >= 120 ? 12 : 8;
	rest = t->id + TIME_WIDTH + LEVEL_WIDTH + t->action + t->app + t->user + RETRIES_WIDTH + 7;
	/* The file's name says more than who, where there is no room for both. */
	if (terminal && rest + FILE_WIDTH_MIN > width) {
		rest -= t->user + 1;
		t->user = 0;
	}
	t->file = terminal ? (width > rest ? width - rest : 0) : FILE_WIDTH_PLAIN;
	t->file = MAX(t->file, (size_t)FILE_WIDTH_MIN);
}

static void put(const char *text, size_t width)
{
	if (width == 0)
		return;
	cell_put(stdout, view_str(text), width, CELL_CUT_END, true);
	putchar(' ');
}

static void put_header(const struct table *t)
{
	fputs(tty_style(stdout, TTY_BOLD), stdout);
	put(lang_pick(t->lang, "ID", "MÃ"), t->id);
	put(lang_pick(t->lang, "TIME", "THỜI GIAN"), TIME_WIDTH);
	put(lang_pick(t->lang, "LEVEL", "ĐỘ MẬT"), LEVEL_WIDTH);
	put(lang_pick(t->lang, "ACTION", "XỬ LÝ"), t->action);
	put(lang_pick(t->lang, "APP", "ỨNG DỤNG"), t->app);
	put(lang_pick(t->lang, "USER", "NGƯỜI DÙNG"), t->user);
	put(lang_pick(t->lang, "AGAIN", "LẶP"), RETRIES_WIDTH);
	printf("%s%s\n", lang_pick(t->lang, "FILE", "TỆP"), tty_style(stdout, TTY_PLAIN));
}

static enum tty_style level_style(const struct incident *i)
{
	if (!i->level_known)
		return TTY_PLAIN;
	if (i->level >= LEVEL_SECRET)
		return TTY_RED;
	return i->level > LEVEL_NONE ? TTY_YELLOW : TTY_PLAIN;
}

/* Allowed because the mode is "monitor": what "enforce" would have refused. */
static bool is_monitored(const struct incident *i)
{
	enum action done, meant;

	return i->override == 0 && action_parse(i->action, &done) == 0 &&
		action_parse(i->intended, &meant) == 0 && !action_interferes(done) &&
		action_interferes(meant);
}

static void put_row(struct table *t, const struct incident *i)
{
	char time[32], user[24], again[24] = "", action[48], more[32] = "";
	enum tty_style style = level_style(i);

	incidents_local_time(i->time, false, t->lang, time, sizeof(time));
	snprintf(user, sizeof(user), "%" PRIu64, i->uid);
	if (i->retries)
		snprintf(again, sizeof(again), "+%" PRIu64, i->retries);
	snprintf(action, sizeof(action), "%s%s", incidents_action(i->action, t->lang),
		is_monitored(i) ? "*" : "");
	t->monitored |= is_monitored(i);
	cell_put(stdout, view_sub(view_str(i->id), 0, t->id), t->id, CELL_CUT_END, true);
	putchar(' ');
	put(time, TIME_WIDTH);
	if (style != TTY_PLAIN)
		fputs(tty_style(stdout, style), stdout);
	put(incidents_marking(i), LEVEL_WIDTH);
	if (style != TTY_PLAIN)
		fputs(tty_style(stdout, TTY_PLAIN), stdout);
	put(action, t->action);
	put(*i->app ? i->app : "-", t->app);
	put(*i->user ? i->user : user, t->user);
	put(again, RETRIES_WIDTH);
	if (i->n_files)
		snprintf(more, sizeof(more), " +%zu", i->n_files);
	cell_put(stdout, view_str(incidents_base_name(i->path)),
		t->file > strlen(more) ? t->file - strlen(more) : t->file, CELL_CUT_MIDDLE, false);
	puts(more);
}

static size_t id_width(const struct index *x, size_t first)
{
	size_t width = 8;

	for (size_t n = first; n < index_count(x); n++)
		width = MAX(width, index_id_length(x, n));
	return width;
}

static int put_rows(const struct incidents_options *o, struct index *x, size_t first)
{
	struct table t;
	int r = 0;

	make_table(&t, o, id_width(x, first));
	if (!o->json && first < index_count(x))
		put_header(&t);
	for (size_t n = first; r == 0 && n < index_count(x); n++) {
		cleanup_with(incident_freep) struct incident *i = NULL;

		r = incidents_load(o, x, n, &i);
		if (r == 0 && o->json)
			r = put_json(i);
		else if (r == 0)
			put_row(&t, i);
	}
	if (t.monitored)
		puts(lang_pick(o->lang, "* would have been refused in the mode \"enforce\"",
			"* ở chế độ \"enforce\" đã bị từ chối"));
	return r;
}

static void put_remarks(const struct incidents_options *o, const struct index *x, size_t first)
{
	if (index_count(x) == 0 && !o->json)
		fputs(lang_pick(o->lang, "no incidents\n", "không có sự cố nào\n"), stderr);
	if (first > 0 && !o->has_limit)
		fprintf(stderr,
			lang_pick(o->lang, "%zu earlier ones: --limit 0\n",
				"%zu sự cố trước đó: --limit 0\n"),
			first);
	if (index_gaps(x) > 0 && !o->json)
		fprintf(stderr,
			lang_pick(o->lang,
				"the agent recorded gaps (%" PRIu64
				"): sealgate incidents verify\n",
				"có khoảng trống được ghi nhận (%" PRIu64
				"): sealgate incidents verify\n"),
			index_gaps(x));
	if (index_unread(x) > 0)
		fprintf(stderr,
			lang_pick(o->lang,
				"records that cannot be read: %" PRIu64
				": sealgate incidents verify\n",
				"bản ghi không đọc được: %" PRIu64 ": sealgate incidents verify\n"),
			index_unread(x));
}

void incidents_put_header(const struct incidents_options *o)
{
	struct table t;

	make_table(&t, o, INCIDENT_ID_WIDTH);
	put_header(&t);
}

void incidents_put_row(const struct incidents_options *o, const struct incident *i)
{
	struct table t;

	make_table(&t, o, INCIDENT_ID_WIDTH);
	put_row(&t, i);
}

int incidents_list(const struct incidents_options *o)
{
	cleanup_with(index_freep) struct index *x = NULL;
	size_t limit = o->limit, first;
	int r;

	if (o->group)
		return incidents_group(o);
	r = incidents_build(o, &x);
	if (r < 0)
		return incidents_no_journal(o, r);
	if (!o->has_limit && !o->json && isatty(STDOUT_FILENO))
		limit = LIST_LIMIT_TERMINAL;
	first = limit && index_count(x) > limit ? index_count(x) - limit : 0;
	r = put_rows(o, x, first);
	if (fflush(stdout) != 0 && r == 0)
		r = -errno;
	if (r < 0)
		return ctl_error("cannot list: %s", strerror(-r));
	put_remarks(o, x, first);
	return CTL_DONE;
}
