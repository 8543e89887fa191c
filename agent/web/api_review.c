/* SPDX-License-Identifier: Apache-2.0 */
/* What reviewers do. Each is a record, which the agent writes with their name. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "web/api.h"
#include "web/link.h"
#include "wire/pack.h"
#include "wire/protocol.h"
#include "wire/review.h"

#define WAIT_NS   (10 * NSEC_PER_SEC) /* for a record to be durable */
#define MARKS_MAX 500U                /* incidents of one request */

/* ---- mark ---- */

struct mark {
	struct marks *all;
	char id[REVIEW_ID_SIZE];
	bool done, ok, late; /* late: another reviewer was first */
	char why[200];
};

struct marks {
	struct exchange *x;
	struct review review; /* but for the id */
	struct mark *v;
	size_t n, left;
};

static void marks_free(void *state)
{
	struct marks *m = state;

	free(m->v);
	free(m);
}

static void put_results(struct marks *m)
{
	struct exchange *x = m->x;
	struct json j;

	json_init(&j, &x->answer);
	json_object(&j);
	json_key(&j, "results");
	json_array(&j);
	for (size_t i = 0; i < m->n; i++) {
		json_object(&j);
		json_key_str(&j, "id", m->v[i].id);
		json_key_bool(&j, "ok", m->v[i].ok);
		if (m->v[i].late) {
			json_key(&j, "error");
			json_object(&j);
			json_key_str(&j, "code", "conflict");
			json_key_str(&j, "message_vi",
				"Người khác vừa đánh dấu sự cố này. Hãy xem lại rồi đánh dấu.");
			json_key_str(&j, "message_en",
				"Somebody else has just marked this incident. Look at it again.");
			json_object_end(&j);
		} else if (!m->v[i].ok) {
			json_key_str(&j, "error", m->v[i].why);
		}
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	exchange_json(x, &j);
}

static void on_marked(void *userdata, int outcome, struct view text, int fd)
{
	struct mark *one = userdata;
	struct marks *m = one->all;

	(void)fd;
	one->done = true;
	one->ok = outcome == 0;
	one->late = outcome == CTL_TEXT_LATE;
	if (outcome > 0)
		snprintf(one->why, sizeof(one->why), "%.*s", (int)MIN(text.n, (size_t)150),
			(const char *)text.p);
	else if (outcome < 0)
		snprintf(one->why, sizeof(one->why), "%s",
			outcome == -ESTALE ? "the session is over" : "the agent does not answer");
	if (outcome == -ESTALE)
		sessions_end(m->x->web->sessions, m->x->who.number);
	if (--m->left == 0)
		put_results(m);
}

static int submit(struct exchange *x, const struct review *r, link_fn done, void *userdata)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(16U << 10);
	struct pack p = {&body, 0};

	pack_review(&p, r);
	return p.error ? p.error
		       : link_ask(x->web->link, x->who.agent, CTL_REVIEW, buf_view(&body), -1,
				 WAIT_NS, done, userdata);
}

static bool take(const struct json_doc *d, const char *key, char *ret, size_t size)
{
	const struct json_value *v = json_get(d, d->v, key);
	struct view text;

	if (!v || v->type == JSON_NULL)
		return true;
	if (!json_get_text(v, &text) || text.n >= size)
		return false;
	memcpy(ret, text.p, text.n);
	ret[text.n] = 0;
	return true;
}

static bool take_review(const struct json_doc *d, struct review *r)
{
	*r = (struct review){.what = REVIEW_MARK};
	return (!json_get(d, d->v, "seen") || json_get_u64(json_get(d, d->v, "seen"), &r->seen)) &&
		take(d, "status", r->status, sizeof(r->status)) &&
		take(d, "assignee", r->assignee, sizeof(r->assignee)) &&
		take(d, "note", r->note, sizeof(r->note)) &&
		take(d, "tag", r->tag, sizeof(r->tag)) &&
		take(d, "untag", r->untag, sizeof(r->untag));
}

static int take_ids(const struct json_doc *d, struct marks *m)
{
	const struct json_value *ids = json_get(d, d->v, "ids");

	if (!ids || ids->type != JSON_ARRAY || ids->n == 0 || ids->n > MARKS_MAX)
		return -EINVAL;
	m->v = calloc(ids->n, sizeof(*m->v));
	if (!m->v)
		return -ENOMEM;
	for (const struct json_value *v = NULL; (v = json_next(d, ids, v));) {
		struct view id;

		if (!json_get_text(v, &id) || id.n == 0 || id.n >= sizeof(m->v[0].id))
			return -EINVAL;
		m->v[m->n] = (struct mark){.all = m};
		memcpy(m->v[m->n++].id, id.p, id.n);
	}
	return 0;
}

static void start(struct exchange *x, struct marks *m)
{
	m->left = m->n + 1; /* one more, so that it does not end in between */
	for (size_t i = 0; i < m->n; i++) {
		int r;

		snprintf(m->review.id, sizeof(m->review.id), "%s", m->v[i].id);
		if (catalog_find(x->web->catalog, view_str(m->v[i].id)) == UINT32_MAX) {
			snprintf(m->v[i].why, sizeof(m->v[i].why), "no such incident");
			m->left--;
			continue;
		}
		r = submit(x, &m->review, on_marked, &m->v[i]);
		if (r < 0)
			on_marked(&m->v[i], r, VIEW_EMPTY, -1);
	}
	if (--m->left == 0)
		put_results(m);
	else
		exchange_wait(x);
}

void api_mark(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	struct marks *m;
	const char *why;
	int r;

	if (!exchange_body(x, &d))
		return;
	m = calloc(1, sizeof(*m));
	if (!m) {
		exchange_fail(x, API_INTERNAL, NULL);
		return;
	}
	m->x = x;
	x->state = m;
	x->state_free = marks_free;
	r = take_ids(&d, m);
	if (r == 0 && !take_review(&d, &m->review))
		r = -EINVAL;
	if (r < 0) {
		exchange_fail(x, r == -ENOMEM ? API_INTERNAL : API_BAD_REQUEST,
			"ids (1 to 500), and status, assignee, note, tag or untag");
		return;
	}
	memcpy(m->review.id, m->v[0].id, sizeof(m->review.id));
	why = review_refused(&m->review);
	if (why)
		exchange_fail(x, API_INVALID, why);
	else
		start(x, m);
}

/* ---- reveal ---- */

static void on_revealed(void *userdata, int outcome, struct view text, int fd)
{
	struct exchange *x = userdata;

	(void)fd;
	if (outcome != 0)
		exchange_fail_link(x, outcome, text);
	else
		api_show(x, true);
}

/* Who sees it is recorded before it is shown. */
void api_reveal(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	struct review r = {.what = REVIEW_REVEAL};
	int e;

	if (!exchange_body(x, &d))
		return;
	if (!take(&d, "reason", r.note, sizeof(r.note)) || x->argument.n >= sizeof(r.id)) {
		exchange_fail(x, API_BAD_REQUEST, NULL);
		return;
	}
	if (!r.note[0]) {
		exchange_fail(x, API_INVALID, "say why");
		return;
	}
	if (catalog_find(x->web->catalog, x->argument) == UINT32_MAX) {
		exchange_fail(x, API_NOT_FOUND, NULL);
		return;
	}
	memcpy(r.id, x->argument.p, x->argument.n);
	if (review_refused(&r)) {
		exchange_fail(x, API_INVALID, review_refused(&r));
		return;
	}
	e = submit(x, &r, on_revealed, x);
	exchange_asked(x, e);
}
