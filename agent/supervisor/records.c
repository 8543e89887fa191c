/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/agent_state.h"

#define EVENTS_MAX 256U /* records that wait for core */

/* A record that waits for core. */
struct event {
	struct list node;
	size_t n;
	uint8_t body[];
};

/* What core cannot take now waits for it, or for its successor. */
void agent_send_records(struct agent *a)
{
	while (!list_is_empty(&a->events)) {
		struct event *e = list_first(&a->events, struct event, node);

		if (proc_send(a->core, SUP_EVENT, 0, view_of(e->body, e->n), NULL, 0) < 0)
			return;
		list_remove(&e->node);
		a->n_events--;
		free(e);
	}
}

static void queue_event(struct agent *a, struct view body)
{
	struct event *e = a->n_events < EVENTS_MAX ? calloc(1, sizeof(*e) + body.n) : NULL;

	if (!e) {
		a->events_lost++; /* told by status */
		return;
	}
	e->n = body.n;
	memcpy(e->body, body.p, body.n);
	list_init(&e->node);
	list_append(&a->events, &e->node);
	a->n_events++;
}

void agent_record_json(struct agent *a, struct view json)
{
	struct buf body = BUF_INIT(9000);
	struct pack p = {&body, 0};

	pack_view(&p, json);
	if (!p.error)
		queue_event(a, buf_view(&body));
	buf_done(&body);
	agent_send_records(a);
}

void agent_record(
	struct agent *a, const char *kind, const char *what, uint64_t from, const char *fmt, ...)
{
	struct buf text = BUF_INIT(8192);
	struct json j;
	char when[CLOCK_TEXT_MAX], words[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	json_init(&j, &text);
	json_object(&j);
	json_key_str(&j, "kind", kind);
	json_key_str(&j, "what", what);
	clock_format(clock_realtime(), when);
	json_key_str(&j, "time", when);
	if (from) {
		json_key_str(&j, "to", when);
		clock_format(from, when);
		json_key_str(&j, "from", when);
	}
	json_key_str(&j, "text", words);
	json_object_end(&j);
	if (json_error(&j) == 0)
		agent_record_json(a, buf_view(&text));
	buf_done(&text);
}

bool agent_names_no_files(const struct agent *a)
{
	const struct settings *s = a->settings;
	bool hidden = settings_level(s->journal.omit_names) < LEVEL_MAX ||
		settings_level(s->journal.hide_names) < LEVEL_MAX;

	for (size_t i = 0; i < s->sinks.n; i++)
		hidden |= settings_level(s->sinks.v[i].hide_names) < LEVEL_MAX;
	return hidden;
}

void agent_drop_records(struct agent *a)
{
	list_for_each_safe(n, tmp, &a->events) {
		list_remove(n);
		free(list_entry(n, struct event, node));
	}
}
