/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "sealgate incidents report": a period's incidents as one HTML page that needs nothing else, or as
 * CSV. Whatever stands in names is text there, never markup and never a formula.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/incidents.h"
#include "ctl/tally.h"
#include "ctl/usage.h"

#define ROWS_MAX 20000U /* incidents in a page; a table above counts all of them */

struct report {
	const struct incidents_options *o;
	struct index *x;
	struct buf out;
	int error;
};

static void raw(struct report *p, const char *text)
{
	if (p->error == 0)
		p->error = buf_put_str(&p->out, text);
}

static void word(struct report *p, const char *en, const char *vi)
{
	raw(p, lang_pick(p->o->lang, en, vi));
}

static void escaped(struct report *p, const char *text)
{
	for (; *text && p->error == 0; text++) {
		unsigned char c = (unsigned char)*text;

		switch (c) {
		case '&': raw(p, "&amp;"); break;
		case '<': raw(p, "&lt;"); break;
		case '>': raw(p, "&gt;"); break;
		case '"': raw(p, "&quot;"); break;
		case '\'': raw(p, "&#39;"); break;
		default: p->error = buf_put_byte(&p->out, c < 0x20 || c == 0x7f ? '?' : c);
		}
	}
}

static void number(struct report *p, uint64_t n)
{
	if (p->error == 0)
		p->error = buf_printf(&p->out, "%" PRIu64, n);
}

static void cell(struct report *p, const char *text)
{
	raw(p, "<td>");
	escaped(p, text);
	raw(p, "</td>");
}

/* ---- HTML ---- */

static const char style[] =
	"<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 "
	"1rem;"
	"color:#1a1a1a;background:#fff}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}"
	"table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .6rem;"
	"border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}"
	"td.n{text-align:right;font-variant-numeric:tabular-nums}.bar{background:#c0392b;height:."
	"8rem;"
	"min-width:2px}.level{font-weight:600}.two{display:grid;grid-template-columns:repeat(auto-"
	"fit,"
	"minmax(22rem,1fr));gap:0 "
	"2rem}@media(prefers-color-scheme:dark){body{color:#eee;background:#181818}"
	"th,td{border-color:#444}}@media print{body{margin:0;max-width:none}}</style>";

static void head(struct report *p)
{
	char text[64], now[CLOCK_TEXT_MAX];

	raw(p, "<!doctype html>\n<html lang=\"");
	word(p, "en", "vi");
	raw(p,
		"\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
		"content=\"width=device-width\">"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src "
		"'unsafe-inline'\"><title>");
	word(p, "Incidents", "Sự cố");
	raw(p, "</title>");
	raw(p, style);
	raw(p, "</head><body><h1>");
	word(p, "Incidents", "Báo cáo sự cố");
	raw(p, "</h1><p>");
	if (p->o->since) {
		clock_format(p->o->since, now);
		incidents_local_time(now, true, p->o->lang, text, sizeof(text));
		word(p, "from ", "từ ");
		escaped(p, text);
		raw(p, " ");
	}
	clock_format(p->o->until ? p->o->until : clock_realtime(), now);
	incidents_local_time(now, true, p->o->lang, text, sizeof(text));
	word(p, "up to ", "đến ");
	escaped(p, text);
	raw(p, "</p>");
}

static int take_key(const char *field, const struct incident *i, struct tally *t)
{
	char key[512];

	if (strcmp(field, "level") == 0)
		return tally_add(t, i->level_text, i);
	if (strcmp(field, "app") == 0)
		return tally_add(t, *i->app_name ? i->app_name : i->app, i);
	if (strcmp(field, "user") == 0)
		return tally_add(t, *i->user ? i->user : "?", i);
	if (strcmp(field, "status") == 0)
		return tally_add(t, i->status, i);
	if (strcmp(field, "rule") == 0)
		return tally_add(t, i->rule, i);
	snprintf(key, sizeof(key), "%.10s", i->time);
	return tally_add(t, key, i);
}

static void table(struct report *p, const char *field, const char *en, const char *vi)
{
	cleanup_with(tally_freep) struct tally *t = NULL;
	uint64_t most = 1;

	p->error = p->error ? p->error : tally_new(&t);
	for (size_t n = 0; p->error == 0 && n < index_count(p->x); n++) {
		cleanup_with(incident_freep) struct incident *i = NULL;

		p->error = incidents_load(p->o, p->x, n, &i);
		if (p->error == 0)
			p->error = take_key(field, i, t);
	}
	if (p->error < 0)
		return;
	tally_sort(t, strcmp(field, "day") == 0);
	raw(p, "<section><h2>");
	word(p, en, vi);
	raw(p, "</h2><table><tr><th scope=\"col\"></th><th scope=\"col\">");
	word(p, "all", "tất cả");
	raw(p, "</th><th scope=\"col\">");
	word(p, "refused", "bị chặn");
	raw(p, "</th><th scope=\"col\">");
	word(p, "false", "báo nhầm");
	raw(p, "</th><th></th></tr>");
	for (size_t i = 0; i < tally_count(t); i++)
		most = MAX(most, tally_at(t, i)->n);
	for (size_t i = 0; i < tally_count(t) && i < 100; i++) {
		const struct tally_entry *e = tally_at(t, i);

		raw(p, "<tr>");
		cell(p, e->key);
		raw(p, "<td class=\"n\">");
		number(p, e->n);
		raw(p, "</td><td class=\"n\">");
		number(p, e->refused);
		raw(p, "</td><td class=\"n\">");
		number(p, e->false_positive);
		raw(p, "</td><td style=\"width:30%\"><div class=\"bar\" style=\"width:");
		number(p, e->n * 100 / most);
		raw(p, "%\"></div></td></tr>");
	}
	raw(p, "</table></section>");
}

static void put_row(struct report *p, const struct incident *i)
{
	char when[64], what[256];
	struct incident_evidence e;

	incidents_local_time(i->time, false, p->o->lang, when, sizeof(when));
	raw(p, "<tr>");
	cell(p, when);
	raw(p, "<td class=\"level\">");
	escaped(p, incidents_marking(i));
	raw(p, "</td>");
	cell(p, incidents_action(i->action, p->o->lang));
	cell(p, *i->app_name ? i->app_name : i->app);
	cell(p, i->user);
	cell(p, i->path);
	what[0] = 0;
	if (i->n_evidence > 0) {
		e = incident_evidence(i, 0);
		snprintf(what, sizeof(what), "%s/%s: %s (%s %" PRIu64 ")", e.pack, e.rule,
			e.snippet, e.part, e.page);
	}
	cell(p, what);
	raw(p, "<td class=\"n\">");
	number(p, i->retries);
	raw(p, "</td>");
	cell(p, incidents_status(i->status, p->o->lang));
	cell(p, i->id);
	raw(p, "</tr>\n");
}

static void rows(struct report *p)
{
	static const char *const columns[][LANG_MAX] = {{"time", "thời gian"}, {"level", "độ mật"},
		{"action", "xử lý"}, {"application", "ứng dụng"}, {"user", "người dùng"},
		{"document", "tài liệu"}, {"found", "dấu hiệu"}, {"again", "lặp"},
		{"status", "trạng thái"}, {"ID", "mã"}};
	size_t n = index_count(p->x), first = n > ROWS_MAX ? n - ROWS_MAX : 0;

	raw(p, "<h2>");
	word(p, "Incidents", "Danh sách sự cố");
	raw(p, " (");
	number(p, n);
	raw(p, ")</h2>");
	if (first > 0) {
		raw(p, "<p>");
		number(p, first);
		word(p, " earlier ones are counted above and not listed.</p>",
			" sự cố trước đó được tính ở trên và không liệt kê.</p>");
	}
	raw(p, "<table><tr>");
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		raw(p, "<th scope=\"col\">");
		raw(p, columns[i][p->o->lang]);
		raw(p, "</th>");
	}
	raw(p, "</tr>\n");
	for (size_t i = first; p->error == 0 && i < n; i++) {
		cleanup_with(incident_freep) struct incident *one = NULL;

		p->error = incidents_load(p->o, p->x, i, &one);
		if (p->error == 0)
			put_row(p, one);
	}
	raw(p, "</table>");
}

/* What the report rests on. */
static void foot(struct report *p)
{
	struct journal_verify_result v;

	if (p->error == 0)
		p->error = journal_verify(p->o->dir, NULL, NULL, &v);
	if (p->error < 0)
		return;
	raw(p, "<h2>");
	word(p, "Journal", "Nhật ký");
	raw(p, "</h2><p>");
	if (v.findings > 0)
		word(p, "<strong>NOT VALID</strong>: see “sealgate incidents verify”.",
			"<strong>KHÔNG HỢP LỆ</strong>: xem “sealgate incidents verify”.");
	else
		word(p, "The chain holds.", "Chuỗi băm còn nguyên vẹn.");
	raw(p, " ");
	number(p, v.records);
	word(p, " records, recorded gaps: ", " bản ghi, khoảng trống được ghi nhận: ");
	number(p, v.gaps);
	word(p, ", last hash ", ", mã băm cuối ");
	if (p->error == 0)
		p->error = buf_put_hex(&p->out, v.last_hash, sizeof(v.last_hash));
	raw(p, "</p></body></html>\n");
}

static void html(struct report *p)
{
	head(p);
	raw(p, "<div class=\"two\">");
	table(p, "level", "By level", "Theo độ mật");
	table(p, "status", "By status", "Theo trạng thái");
	table(p, "app", "By application", "Theo ứng dụng");
	table(p, "user", "By user", "Theo người dùng");
	table(p, "rule", "By rule of the policy", "Theo quy tắc chính sách");
	table(p, "day", "By day", "Theo ngày");
	raw(p, "</div>");
	rows(p);
	foot(p);
}

/* ---- CSV ---- */

/* RFC 4180; what a spreadsheet would take for a formula gets an apostrophe. */
static void field(struct report *p, const char *text, bool last)
{
	raw(p, "\"");
	if (strchr("=+-@\t\r", text[0]) && text[0])
		raw(p, "'");
	for (; *text && p->error == 0; text++) {
		if (*text == '"')
			raw(p, "\"");
		p->error = buf_put_byte(&p->out, (uint8_t)*text);
	}
	raw(p, last ? "\"\r\n" : "\",");
}

static void csv_row(struct report *p, const struct incident *i)
{
	struct incident_evidence e = {.rule = "", .pack = "", .part = "", .snippet = ""};
	char n[6][24], rule[256];

	if (i->n_evidence > 0)
		e = incident_evidence(i, 0);
	snprintf(n[0], sizeof(n[0]), "%" PRIu64, i->uid);
	snprintf(n[1], sizeof(n[1]), "%" PRIu64, i->pid);
	snprintf(n[2], sizeof(n[2]), "%" PRIu64, i->size);
	snprintf(n[3], sizeof(n[3]), "%" PRIu64, i->retries);
	snprintf(n[4], sizeof(n[4]), "%" PRIu64, e.page);
	snprintf(n[5], sizeof(n[5]), "%" PRIu64, i->policy_version);
	snprintf(rule, sizeof(rule), "%s%s%s", e.pack, *e.pack ? "/" : "", e.rule);
	const char *const v[] = {i->id, i->time, i->host, i->user, n[0], i->app, n[1], i->exe,
		i->channel, i->path, i->sha256, n[2], i->level_text, i->completeness, i->action,
		i->intended, i->rule, n[5], rule, e.part, n[4], e.snippet, n[3], i->last, i->status,
		i->assignee};

	for (size_t k = 0; k < ARRAY_SIZE(v); k++)
		field(p, v[k], k + 1 == ARRAY_SIZE(v));
}

static void csv(struct report *p)
{
	raw(p,
		"id,time,host,user,uid,app,pid,exe,channel,path,sha256,size,level,completeness,"
		"action,"
		"intended,rule,policy_version,found_by,part,page,snippet,retries,last,status,"
		"assignee\r\n");
	for (size_t i = 0; p->error == 0 && i < index_count(p->x); i++) {
		cleanup_with(incident_freep) struct incident *one = NULL;

		p->error = incidents_load(p->o, p->x, i, &one);
		if (p->error == 0)
			csv_row(p, one);
	}
}

int incidents_report(const struct incidents_options *o)
{
	cleanup_with(index_freep) struct index *x = NULL;
	struct report p = {.o = o};
	int r = incidents_build(o, &x);

	if (r < 0)
		return incidents_no_journal(o, r);
	p.x = x;
	if (o->csv)
		csv(&p);
	else
		html(&p);
	r = p.error < 0 ? ctl_error("cannot write the report: %s", strerror(-p.error))
			: incidents_write_out(o, buf_view(&p.out));
	buf_done(&p.out);
	return r;
}
