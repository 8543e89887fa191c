/* SPDX-License-Identifier: Apache-2.0 */
#include "siem/siem.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "journal/payload.h"
#include "model/action.h"

static const char *const format_names[] = {"jsonl", "cef", "ecs", "ocsf", "rfc5424"};
static_assert(ARRAY_SIZE(format_names) == SIEM_FORMAT_MAX, "one name per format");

int siem_format_parse(const char *name, enum siem_format *ret)
{
	for (unsigned i = 0; i < SIEM_FORMAT_MAX; i++)
		if (strcmp(name, format_names[i]) == 0) {
			*ret = (enum siem_format)i;
			return 0;
		}
	return -EINVAL;
}

static unsigned severity_of_level(const struct incident *i)
{
	static const unsigned severities[] = {1, 2, 3, 4, 5};

	static_assert(ARRAY_SIZE(severities) == LEVEL_MAX, "one severity per level");
	return i->level_known ? severities[i->level] : 4;
}

static int take_incident(struct siem_event *v)
{
	const struct siem_options *o = v->options;
	struct incident *i;
	enum action action;
	enum level level;
	uint64_t t;
	int r = incident_parse(v->entry->payload, &v->incident);

	if (r < 0)
		return r == -EINVAL ? -EBADMSG : r;
	i = v->incident;
	level = i->level_known ? i->level : LEVEL_TOP_SECRET;
	r = incident_conceal(i, o->hide_names > LEVEL_NONE && level >= o->hide_names,
		o->hide_snippets > LEVEL_NONE && level >= o->hide_snippets);
	if (r < 0)
		return r;
	if (clock_parse(i->time, &t) == 0)
		v->time_ms = t / NSEC_PER_MSEC;
	v->refused = action_parse(i->action, &action) == 0 && action_refuses(action);
	v->severity = severity_of_level(i);
	snprintf(v->id, sizeof(v->id), "%s", i->id);
	snprintf(v->status, sizeof(v->status), "%s", i->status);
	snprintf(v->sentence, sizeof(v->sentence), "%.64s (user %.64s) %s %.400s: %.16s",
		*i->app_name ? i->app_name : i->app, i->user,
		v->refused ? "was refused" : "was allowed", i->path, i->level_text);
	return 0;
}

static int take(struct siem_event *v)
{
	const struct journal_entry *e = v->entry;
	const struct siem_options *o = v->options;
	uint64_t t;
	int r;

	snprintf(v->kind, sizeof(v->kind), "%.*s", (int)MIN(e->kind.n, sizeof(v->kind) - 1),
		(const char *)e->kind.p);
	if (clock_parse(e->time, &t) == 0)
		v->time_ms = t / NSEC_PER_MSEC;
	if (strcmp(v->kind, "incident") == 0)
		return take_incident(v);
	r = incident_more_conceal(e->payload, o->hide_names, o->hide_snippets, &v->concealed);
	if (r < 0)
		return r == -EINVAL ? -EBADMSG : r;
	payload_string(e->payload, "what", v->what, sizeof(v->what));
	payload_string(e->payload, "id", v->id, sizeof(v->id));
	payload_string(e->payload, "status", v->status, sizeof(v->status));
	payload_string(e->payload, "by", v->by, sizeof(v->by));
	payload_string(e->payload, "note", v->note, sizeof(v->note));
	payload_string(e->payload, "text", v->text, sizeof(v->text));
	(void)payload_number(e->payload, "retries", &v->retries);
	/* A gap may hide anything. */
	v->severity = strcmp(v->kind, "gap") == 0 ? 4 : strcmp(v->kind, "retention") == 0 ? 3 : 1;
	snprintf(v->sentence, sizeof(v->sentence), "%s%s%s%s%s", v->kind, *v->what ? " " : "",
		v->what, *v->text ? ": " : "", v->text);
	return 0;
}

/* The journal's own line where nothing is concealed in it, else the same with less. */
static int put_jsonl(const struct siem_event *v, struct buf *out)
{
	cleanup_with(buf_done) struct buf record = BUF_INIT(0);
	struct json j;
	int r;

	if (v->incident ? !incident_is_concealed(v->incident) : v->concealed.n == 0)
		return buf_put_view(out, v->entry->whole);
	r = v->incident ? incident_json(v->incident, &record)
			: buf_put_view(&record, siem_payload(v));
	if (r < 0)
		return r;
	json_init(&j, out);
	json_object(&j);
	json_key_u64(&j, "seq", v->entry->seq);
	json_key_str(&j, "time", v->entry->time);
	json_key_str(&j, "kind", v->kind);
	json_key(&j, "record");
	json_raw(&j, buf_view(&record));
	json_key(&j, "hash");
	json_hex(&j, v->entry->hash, sizeof(v->entry->hash));
	json_object_end(&j);
	return json_error(&j);
}

/* One line, whatever stands in names. */
static void clean(char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static int put_sentence(const struct siem_event *v, struct buf *out)
{
	return siem_rfc5424(v, view_str(v->sentence), out);
}

static int put(const struct siem_event *v, struct buf *out)
{
	static int (*const forms[])(const struct siem_event *v, struct buf *out) = {
		put_jsonl, siem_cef, siem_ecs, siem_ocsf, put_sentence};

	static_assert(ARRAY_SIZE(forms) == SIEM_FORMAT_MAX, "one function per format");
	return forms[v->options->format](v, out);
}

static void event_done(struct siem_event *v)
{
	incident_free(v->incident);
	buf_done(&v->concealed);
}

int siem_put(const struct journal_entry *e, const struct siem_options *o, struct buf *out)
{
	struct siem_event v = {.entry = e, .options = o};
	int r = take(&v);

	clean(v.sentence);
	if (r == 0)
		r = put(&v, out);
	event_done(&v);
	return r;
}

int siem_syslog(const struct journal_entry *e, const struct siem_options *o, struct buf *out)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	struct siem_event v = {.entry = e, .options = o};
	int r = take(&v);

	clean(v.sentence);
	if (r == 0 && o->format == SIEM_RFC5424)
		r = put_sentence(&v, out);
	else if (r == 0) {
		r = put(&v, &text);
		if (r == 0)
			r = siem_rfc5424(&v, buf_view(&text), out);
	}
	event_done(&v);
	return r;
}
