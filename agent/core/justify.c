/* SPDX-License-Identifier: Apache-2.0 */
#include "core/justify.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "core/notices.h"
#include "core/overrides.h"
#include "core/rulebook.h"

struct asked {
	struct list node; /* oldest first */
	uint64_t time;    /* of the first try, realtime */
	uint64_t heard;   /* the newest one, monotonic */
	uint32_t uid;
	enum level level;
	uint8_t sha256[OVERRIDE_DIGEST];
	char incident[JUSTIFY_ID_SIZE];
	char app[OVERRIDE_APP_SIZE];
	char file[JUSTIFY_FILE_SIZE];
};
static_assert(sizeof(((struct facts *)0)->sha256) == OVERRIDE_DIGEST, "one digest");

struct justify {
	struct core *core;
	struct list asked;
	uint32_t n;
};

int justify_new(struct core *core, struct justify **ret)
{
	struct justify *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->core = core;
	list_init(&j->asked);
	*ret = j;
	return 0;
}

static void asked_free(struct justify *j, struct asked *a)
{
	list_remove(&a->node);
	j->n--;
	free(a);
}

struct justify *justify_free(struct justify *j)
{
	if (!j)
		return NULL;
	list_for_each_safe(n, tmp, &j->asked)
		asked_free(j, list_entry(n, struct asked, node));
	free(j);
	return NULL;
}

/* Room for one more of this user. */
static void make_room(struct justify *j, uint32_t uid)
{
	struct asked *oldest = NULL;
	uint64_t now = clock_now();
	uint32_t own = 0;

	list_for_each_safe(n, tmp, &j->asked) {
		struct asked *a = list_entry(n, struct asked, node);

		if (now - a->heard >= JUSTIFY_KEPT_NS) {
			asked_free(j, a);
			continue;
		}
		if (a->uid != uid)
			continue;
		oldest = oldest ? oldest : a;
		own++;
	}
	if (own >= JUSTIFY_USER_MAX)
		asked_free(j, oldest);
	else if (j->n >= JUSTIFY_KEPT_MAX)
		asked_free(j, list_first(&j->asked, struct asked, node));
}

static struct asked *find_asked(
	struct justify *j, const char *id, const struct gate_record *r, const struct facts *f)
{
	list_for_each(n, &j->asked) {
		struct asked *a = list_entry(n, struct asked, node);

		if (a->uid == r->uid && strcmp(a->incident, id) == 0 &&
			strcmp(a->app, r->app) == 0 &&
			memcmp(a->sha256, f->sha256, sizeof(a->sha256)) == 0)
			return a;
	}
	return NULL;
}

bool justify_heard(
	struct justify *j, const char *id, const struct gate_record *r, const struct facts *f)
{
	const struct policy *p = j ? rulebook_policy(j->core->rulebook) : NULL;
	const char *slash = strrchr(r->path, '/');
	struct asked *a;

	/* What nobody could read has no content that could be told from another. */
	if (!j || r->action != ACTION_JUSTIFY || r->channel != CHANNEL_OPEN || !f || !f->has_sha256)
		return false;
	a = find_asked(j, id, r, f);
	if (a) {
		list_remove(&a->node);
		j->n--;
	} else {
		make_room(j, r->uid);
		a = calloc(1, sizeof(*a));
		if (!a)
			return false;
		a->time = r->realtime;
		a->uid = r->uid;
		a->level = f->level;
		memcpy(a->sha256, f->sha256, sizeof(a->sha256));
		notices_cut(a->incident, sizeof(a->incident), id);
		notices_cut(a->app, sizeof(a->app), r->app);
		notices_cut(a->file, sizeof(a->file), slash ? slash + 1 : r->path);
		list_init(&a->node);
	}
	a->heard = clock_now();
	list_append(&j->asked, &a->node);
	j->n++;
	return policy_justify_max(p) > 0 && policy_justify_minutes(p) > 0;
}

static const char *app_name(const struct justify *j, const char *id)
{
	const struct apptable *apps = rulebook_apps(j->core->rulebook);
	uint32_t app = apptable_find(apps, id);

	return app == APP_NONE ? id : apptable_name(apps, app);
}

static void put_asked(const struct justify *j, const struct asked *a, struct json *out)
{
	char time[CLOCK_TEXT_MAX];

	json_object(out);
	json_key_str(out, "incident", a->incident);
	clock_format(a->time, time);
	json_key_str(out, "time", time);
	json_key_str(out, "file", a->file);
	json_key_str(out, "app", a->app);
	json_key_str(out, "app_name", app_name(j, a->app));
	json_key_str(out, "level", level_name(a->level));
	json_key(out, "sha256");
	json_hex(out, a->sha256, sizeof(a->sha256));
	json_object_end(out);
}

static int list(const struct justify *j, uint32_t uid, struct buf *ret_text)
{
	const struct policy *p = rulebook_policy(j->core->rulebook);
	uint64_t now = clock_now();
	struct json out;

	json_init(&out, ret_text);
	json_object(&out);
	json_key_u64(&out, "max", policy_justify_max(p));
	json_key_u64(&out, "minutes", policy_justify_minutes(p));
	json_key_u64(&out, "reason", policy_justify_reason(p));
	json_key(&out, "asked");
	json_array(&out);
	list_for_each(n, &j->asked) {
		const struct asked *a = list_entry(n, struct asked, node);

		if (a->uid == uid && now - a->heard < JUSTIFY_KEPT_NS)
			put_asked(j, a, &out);
	}
	json_array_end(&out);
	json_key(&out, "granted");
	overrides_of_user(j->core->overrides, uid, &out);
	json_object_end(&out);
	return json_error(&out);
}

static bool is_meant(const struct asked *a, const struct justify_request *r, uint32_t uid)
{
	return a->uid == uid && clock_now() - a->heard < JUSTIFY_KEPT_NS &&
		strncasecmp(a->incident, r->incident, strlen(r->incident)) == 0 &&
		(!r->file[0] || strcmp(a->file, r->file) == 0);
}

/* The newest that is meant, and how many contents are in its incident. */
static const struct asked *find_meant(
	const struct justify *j, const struct justify_request *r, uint32_t uid, uint32_t *ret_n)
{
	const struct asked *best = NULL;

	*ret_n = 0;
	list_for_each(n, &j->asked)
		if (is_meant(list_entry(n, struct asked, node), r, uid))
			best = list_entry(n, struct asked, node);
	list_for_each(n, &j->asked) {
		const struct asked *a = list_entry(n, struct asked, node);

		*ret_n += best && is_meant(a, r, uid) && strcmp(a->incident, best->incident) == 0;
	}
	return best;
}

static int refuse(enum justify_refusal why, uint32_t n, struct buf *ret_text)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	struct json out;
	int e = justify_refusal_put(&text, why, LANG_EN, n);

	buf_clear(ret_text);
	json_init(&out, ret_text);
	json_object(&out);
	json_key_str(&out, "refused", justify_refusal_name(why));
	json_key_u64(&out, "n", n);
	json_key_view(&out, "text", buf_view(&text));
	json_object_end(&out);
	if (e == 0)
		e = json_error(&out);
	return e < 0 ? e : 1;
}

static int grant(
	struct justify *j, const struct justify_request *r, uint32_t uid, struct buf *ret_text)
{
	struct override_request o = {.what = OVERRIDE_ADD};
	enum justify_refusal why;
	char user[INCIDENTS_USER_SIZE];
	uint32_t n;
	const struct asked *a = find_meant(j, r, uid, &n);
	int e;

	if (!a)
		return refuse(JUSTIFY_UNKNOWN, 0, ret_text);
	if (n > 1)
		return refuse(JUSTIFY_SEVERAL, n, ret_text);
	incidents_user_name(uid, user);
	memcpy(o.sha256, a->sha256, sizeof(o.sha256));
	memcpy(o.app, a->app, sizeof(o.app));
	memcpy(o.reason, r->reason, sizeof(o.reason));
	if (user[0])
		snprintf(o.owner, sizeof(o.owner), "%s", user);
	else
		snprintf(o.owner, sizeof(o.owner), "%u", uid);
	e = overrides_justify(j->core->overrides, &o, uid, a->incident, ret_text, &why, &n);
	return e > 0 ? refuse(why, n, ret_text) : e;
}

int justify_request(
	struct justify *j, const struct justify_request *r, uint32_t uid, struct buf *ret_text)
{
	return r->what == JUSTIFY_LIST ? list(j, uid, ret_text) : grant(j, r, uid, ret_text);
}
