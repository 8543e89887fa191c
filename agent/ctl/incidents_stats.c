/* SPDX-License-Identifier: Apache-2.0 */
/* "sealgate incidents stats", "precision" and "list --group": counts, with bars on a terminal. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "ctl/cell.h"
#include "ctl/incidents.h"
#include "ctl/tally.h"
#include "ctl/tty.h"
#include "ctl/usage.h"

#define KEY_MAX   512U
#define KEY_WIDTH 34U
#define TOP       10U /* rows of each table; --limit says more */
#define BAR       24U

/* What incidents are counted by. */
static const char *const fields[] = {"day", "month", "level", "app", "user", "host", "channel",
	"action", "status", "rule", "file", "similar", NULL};

bool incidents_group_is(const char *field)
{
	for (size_t i = 0; fields[i]; i++)
		if (strcmp(fields[i], field) == 0)
			return true;
	return false;
}

/* The same thing again: the same person, application and marking, whatever the file's name. */
static void similar_key(const struct incident *i, char *ret)
{
	struct incident_evidence e = {.rule = "", .pack = ""};

	if (i->n_evidence > 0)
		e = incident_evidence(i, 0);
	snprintf(ret, KEY_MAX, "%s / %s / %s / %s%s%s", *i->user ? i->user : "?", i->app,
		i->level_text, e.pack, *e.pack ? "/" : "", e.rule);
}

static void key_of(const char *field, const struct incident *i, char *ret)
{
	const char *value = "?";

	if (strcmp(field, "day") == 0 || strcmp(field, "month") == 0) {
		snprintf(ret, KEY_MAX, "%.*s", field[0] == 'd' ? 10 : 7, i->time);
		return;
	}
	if (strcmp(field, "similar") == 0) {
		similar_key(i, ret);
		return;
	}
	if (strcmp(field, "level") == 0)
		value = i->level_text;
	else if (strcmp(field, "app") == 0)
		value = i->app;
	else if (strcmp(field, "user") == 0)
		value = i->user;
	else if (strcmp(field, "host") == 0)
		value = i->host;
	else if (strcmp(field, "channel") == 0)
		value = i->channel;
	else if (strcmp(field, "action") == 0)
		value = i->action;
	else if (strcmp(field, "status") == 0)
		value = i->status;
	else if (strcmp(field, "rule") == 0)
		value = i->rule;
	else if (strcmp(field, "file") == 0)
		value = *i->sha256 && incident_is_concealed(i) ? i->sha256 : i->path;
	snprintf(ret, KEY_MAX, "%s", *value ? value : "?");
}

/* Each rule that found a marking, once. */
static int add_rules(struct tally *t, const struct incident *i)
{
	char key[KEY_MAX];
	int r = 0;

	for (size_t n = 0; r == 0 && n < i->n_evidence; n++) {
		struct incident_evidence e = incident_evidence(i, n), before;
		bool again = false;

		for (size_t k = 0; k < n && !again; k++) {
			before = incident_evidence(i, k);
			again = strcmp(before.rule, e.rule) == 0 &&
				strcmp(before.pack, e.pack) == 0;
		}
		snprintf(key, sizeof(key), "%s/%s", e.pack, e.rule);
		if (!again)
			r = tally_add(t, key, i);
	}
	return r;
}

/* By each of the fields, a tally for each; NULL: by the rules that found markings. */
static int count(const struct incidents_options *o, struct index *x, const char *const *by,
	size_t n_by, struct tally **t)
{
	char key[KEY_MAX];
	int r = 0;

	for (size_t n = 0; r == 0 && n < index_count(x); n++) {
		cleanup_with(incident_freep) struct incident *i = NULL;

		r = incidents_load(o, x, n, &i);
		for (size_t k = 0; r == 0 && k < n_by; k++) {
			if (by[k])
				key_of(by[k], i, key);
			r = by[k] ? tally_add(t[k], key, i) : add_rules(t[k], i);
		}
	}
	return r;
}

static void put_bar(uint64_t n, uint64_t most)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	uint64_t parts = most ? n * BAR * 8 / most : 0;

	fputs(tty_style(stdout, TTY_YELLOW), stdout);
	for (uint64_t i = 0; i < parts / 8; i++)
		fputs("█", stdout);
	fputs(parts == 0 && n > 0 ? "▏" : eighths[parts % 8], stdout);
	fputs(tty_style(stdout, TTY_PLAIN), stdout);
}

/* What fields are called, and the values that have words for people. */
static const char *title_of(const char *field, enum lang lang)
{
	static const struct {
		const char *field, *vi;
	} titles[] = {{"day", "ngày"}, {"level", "độ mật"}, {"action", "xử lý"},
		{"status", "trạng thái"}, {"app", "ứng dụng"}, {"user", "người dùng"},
		{"rule", "quy tắc"}, {"channel", "kênh"}};

	for (size_t i = 0; lang == LANG_VI && i < ARRAY_SIZE(titles); i++)
		if (strcmp(titles[i].field, field) == 0)
			return titles[i].vi;
	return field;
}

static const char *value_of(const char *field, const char *key, enum lang lang)
{
	enum level level;

	if (strcmp(field, "level") == 0 && level_parse(key, &level) == 0 && level != LEVEL_NONE)
		return level_display_vi(level);
	if (strcmp(field, "action") == 0)
		return incidents_action(key, lang);
	return strcmp(field, "status") == 0 ? incidents_status(key, lang) : key;
}

static void put_table(const struct incidents_options *o, struct tally *t, const char *field)
{
	size_t n = tally_count(t),
	       rows = o->has_limit && o->limit ? o->limit
		: o->has_limit                 ? n
					       : TOP;
	bool by_time = strcmp(field, "day") == 0 || strcmp(field, "month") == 0;
	size_t first = by_time && n > rows ? n - rows : 0;
	uint64_t most = 0;

	tally_sort(t, by_time);
	for (size_t i = 0; i < n; i++)
		most = MAX(most, tally_at(t, i)->n);
	printf("\n%s%s%s\n", tty_style(stdout, TTY_BOLD), title_of(field, o->lang),
		tty_style(stdout, TTY_PLAIN));
	for (size_t i = first; i < n && i < first + rows; i++) {
		const struct tally_entry *e = tally_at(t, i);

		fputs("  ", stdout);
		cell_put(stdout, view_str(value_of(field, e->key, o->lang)), KEY_WIDTH,
			CELL_CUT_MIDDLE, true);
		printf(" %7" PRIu64 " ", e->n);
		put_bar(e->n, most);
		putchar('\n');
	}
	if (first + rows < n)
		printf("  ... (%zu)\n", n - first - rows);
}

static void entry_json(struct json *j, const struct tally_entry *e)
{
	json_object(j);
	json_key_str(j, "key", e->key);
	json_key_u64(j, "incidents", e->n);
	json_key_u64(j, "refused", e->refused);
	json_key_u64(j, "retries", e->retries);
	json_key_u64(j, "judged", e->judged);
	json_key_u64(j, "false_positives", e->false_positive);
	json_key_str(j, "first", e->first);
	json_key_str(j, "last", e->last);
	json_key_str(j, "newest", e->id);
	json_object_end(j);
}

static int flush_json(struct buf *b, const struct json *j)
{
	int r = json_error(j);

	if (r == 0) {
		fwrite(b->p, 1, b->n, stdout);
		putchar('\n');
	}
	buf_done(b);
	return r;
}

int incidents_stats(const struct incidents_options *o)
{
	static const char *const shown[] = {
		"day", "level", "action", "status", "app", "user", "rule", "channel"};
	cleanup_with(index_freep) struct index *x = NULL;
	struct tally *t[ARRAY_SIZE(shown)] = {NULL};
	struct buf b = {0};
	struct json j;
	int r = incidents_build(o, &x);

	if (r < 0)
		return incidents_no_journal(o, r);
	for (size_t k = 0; r == 0 && k < ARRAY_SIZE(shown); k++)
		r = tally_new(&t[k]);
	if (r == 0)
		r = count(o, x, shown, ARRAY_SIZE(shown), t);
	json_init(&j, &b);
	json_object(&j);
	json_key_u64(&j, "incidents", index_count(x));
	if (!o->json)
		printf("%s: %zu\n", lang_pick(o->lang, "incidents", "sự cố"), index_count(x));
	for (size_t k = 0; r == 0 && k < ARRAY_SIZE(shown); k++) {
		if (!o->json) {
			put_table(o, t[k], shown[k]);
			continue;
		}
		tally_sort(t[k], shown[k][0] == 'd');
		json_key(&j, shown[k]);
		json_array(&j);
		for (size_t i = 0; i < tally_count(t[k]); i++)
			entry_json(&j, tally_at(t[k], i));
		json_array_end(&j);
	}
	for (size_t k = 0; k < ARRAY_SIZE(shown); k++)
		tally_free(t[k]);
	json_object_end(&j);
	if (r == 0 && o->json)
		r = flush_json(&b, &j);
	buf_done(&b);
	return r < 0 ? ctl_error("cannot count: %s", strerror(-r)) : CTL_DONE;
}

int incidents_group(const struct incidents_options *o)
{
	cleanup_with(index_freep) struct index *x = NULL;
	cleanup_with(tally_freep) struct tally *t = NULL;
	struct buf b = {0};
	struct json j;
	int r = incidents_build(o, &x);

	if (r < 0)
		return incidents_no_journal(o, r);
	r = tally_new(&t);
	if (r == 0)
		r = count(o, x, &o->group, 1, &t);
	if (r < 0)
		return ctl_error("cannot count: %s", strerror(-r));
	tally_sort(t, false);
	for (size_t i = 0; i < tally_count(t) && (!o->has_limit || !o->limit || i < o->limit);
		i++) {
		const struct tally_entry *e = tally_at(t, i);
		char last[64];

		if (o->json) {
			json_init(&j, &b);
			entry_json(&j, e);
			r = flush_json(&b, &j);
			if (r < 0)
				return ctl_error("cannot list: %s", strerror(-r));
			continue;
		}
		incidents_local_time(e->last, false, o->lang, last, sizeof(last));
		printf("%6" PRIu64 " ×  %s  %s  ", e->n, last, e->id);
		tty_put_safe(stdout, view_str(e->key));
		putchar('\n');
	}
	return CTL_DONE;
}

/* ---- precision ---- */

/* Of what reviewers have judged, how much was right. */
static void put_precision(const struct incidents_options *o, const struct tally_entry *e)
{
	fputs("  ", stdout);
	cell_put(stdout, view_str(e->key), KEY_WIDTH, CELL_CUT_MIDDLE, true);
	printf(" %7" PRIu64 " %7" PRIu64 " %7" PRIu64, e->n, e->judged, e->false_positive);
	if (e->judged > 0)
		printf("  %5.1f %%\n",
			100.0 * (double)(e->judged - e->false_positive) / (double)e->judged);
	else
		printf("  %s\n", lang_pick(o->lang, "not judged yet", "chưa được xem xét"));
}

static int month_tally(
	const struct incidents_options *o, struct index *x, const char *rule, struct tally *t)
{
	int r = 0;

	for (size_t n = 0; r == 0 && n < index_count(x); n++) {
		cleanup_with(incident_freep) struct incident *i = NULL;
		char key[KEY_MAX];

		r = incidents_load(o, x, n, &i);
		for (size_t k = 0; r == 0 && k < i->n_evidence; k++) {
			struct incident_evidence e = incident_evidence(i, k);

			snprintf(key, sizeof(key), "%s/%s", e.pack, e.rule);
			if (strcmp(key, rule) != 0)
				continue;
			key_of("month", i, key);
			r = tally_add(t, key, i);
			break;
		}
	}
	return r;
}

static int put_months(
	const struct incidents_options *o, struct index *x, const char *rule, struct json *j)
{
	cleanup_with(tally_freep) struct tally *t = NULL;
	int r = tally_new(&t);

	if (r == 0)
		r = month_tally(o, x, rule, t);
	if (r < 0)
		return r;
	tally_sort(t, true);
	for (size_t i = 0; i < tally_count(t); i++)
		if (o->json)
			entry_json(j, tally_at(t, i));
		else if (tally_count(t) > 1)
			put_precision(o, tally_at(t, i));
	return 0;
}

static void put_precision_header(enum lang lang)
{
	static const char *const columns[][LANG_MAX] = {
		{"ALL", "TẤT CẢ"}, {"JUDGED", "ĐÃ XEM"}, {"FALSE", "NHẦM"}};

	fputs("  ", stdout);
	cell_put(stdout, view_str(lang_pick(lang, "RULE", "QUY TẮC")), KEY_WIDTH, CELL_CUT_END,
		true);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		putchar(' ');
		cell_put(stdout, view_str(columns[i][lang]), 7, CELL_CUT_END, true);
	}
	printf("  %s\n", lang_pick(lang, "PRECISION", "CHÍNH XÁC"));
}

int incidents_precision(const struct incidents_options *o)
{
	cleanup_with(index_freep) struct index *x = NULL;
	cleanup_with(tally_freep) struct tally *t = NULL;
	int r = incidents_build(o, &x);

	if (r < 0)
		return incidents_no_journal(o, r);
	r = tally_new(&t);
	if (r == 0)
		r = count(o, x, (const char *const[]){NULL}, 1, &t);
	if (r < 0)
		return ctl_error("cannot count: %s", strerror(-r));
	tally_sort(t, false);
	if (!o->json)
		put_precision_header(o->lang);
	for (size_t i = 0; r == 0 && i < tally_count(t); i++) {
		const struct tally_entry *e = tally_at(t, i);
		struct buf b = {0};
		struct json j;

		if (!o->json) {
			put_precision(o, e);
			r = put_months(o, x, e->key, NULL);
			continue;
		}
		json_init(&j, &b);
		json_object(&j);
		json_key_str(&j, "rule", e->key);
		json_key_u64(&j, "incidents", e->n);
		json_key_u64(&j, "judged", e->judged);
		json_key_u64(&j, "false_positives", e->false_positive);
		json_key(&j, "precision");
		if (e->judged > 0)
			json_double(
				&j, (double)(e->judged - e->false_positive) / (double)e->judged, 4);
		else
			json_null(&j);
		json_key(&j, "months");
		json_array(&j);
		r = put_months(o, x, e->key, &j);
		json_array_end(&j);
		json_object_end(&j);
		if (r == 0)
			r = flush_json(&b, &j);
		buf_done(&b);
	}
	return r < 0 ? ctl_error("cannot count: %s", strerror(-r)) : CTL_DONE;
}
