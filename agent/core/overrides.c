/* SPDX-License-Identifier: Apache-2.0 */
#include "core/overrides.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/utf8.h"
#include "core/keep.h"
#include "core/rulebook.h"
#include "wire/review.h"

#define FILE_NAME  "overrides"
#define FILE_MAGIC 0x4f565232U /* "2RVO" */
#define FILE_OLD   0x4f56524eU /* "NRVO": without `user` and `incident` */
#define FILE_BYTES (256U << 10)
#define MINUTE_NS  (60 * NSEC_PER_SEC)
#define SET_BACK_NS \
	(5 * MINUTE_NS) /* by more than that, the clock says nothing of what was before */

struct override {
	uint32_t id;
	uint16_t content;
	uint32_t uid;                   /* who asked */
	uint64_t created, until;        /* ns of the real-time clock */
	uint64_t ends;                  /* `until` by the monotonic clock, which nobody sets */
	uint32_t user;                  /* for whom: POLICY_USER_ANY, or who gave a reason */
	char incident[JUSTIFY_ID_SIZE]; /* that the reason is about; "" for an administrator's */
	struct override_request r;
};

struct overrides {
	bool damaged; /* the file is there still, and not told of yet */
	struct core *core;
	struct loop_timer *timer;
	uint32_t next_id;
	uint32_t n;
	struct override v[POLICY_PASSES_MAX]; /* by id */
};

static int path_of(const struct overrides *o, const char *name, char ret[4096])
{
	int n = snprintf(ret, 4096, "%s/core/%s", o->core->config.state_dir, name);

	return n < 0 || n >= 4096 ? -ENAMETOOLONG : 0;
}

static void pack_one(struct pack *p, const struct override *v)
{
	pack_u32(p, v->id);
	pack_u32(p, v->content);
	pack_u32(p, v->uid);
	pack_u64(p, v->created);
	pack_u64(p, v->until);
	pack_override(p, &v->r);
	pack_u32(p, v->user);
	pack_str(p, v->incident);
}

/* What is left of it, whatever the clock says: never more than it was given for. */
static uint64_t ends_of(const struct override *v, uint64_t now)
{
	uint64_t left = v->until > now ? v->until - now : 0;

	return clock_now() + MIN(left, v->r.minutes * MINUTE_NS);
}

static int unpack_one(struct unpack *u, bool old, struct override *ret)
{
	uint32_t content;

	ret->id = unpack_u32(u);
	content = unpack_u32(u);
	ret->content = (uint16_t)content;
	ret->uid = unpack_u32(u);
	ret->created = unpack_u64(u);
	ret->until = unpack_u64(u);
	unpack_override(u, &ret->r);
	ret->user = old ? POLICY_USER_ANY : unpack_u32(u);
	if (!old)
		unpack_str(u, ret->incident, sizeof(ret->incident));
	ret->ends = ends_of(ret, clock_realtime());
	return u->error < 0 || ret->id == 0 || content == 0 || content > UINT16_MAX ? -EBADMSG : 0;
}

/* A damaged file stays where it is until the journal tells of it: a process that dies before finds
   it once more, and tells of it then. */
static void put_aside(struct overrides *o)
{
	char path[4096], damaged[4096];

	if (o->damaged && path_of(o, FILE_NAME, path) == 0 &&
		path_of(o, FILE_NAME ".damaged", damaged) == 0)
		(void)rename(path, damaged);
	o->damaged = false;
}

void overrides_told(struct overrides *o, uint64_t seq)
{
	if (seq)
		put_aside(o);
}

static int save(struct overrides *o)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(FILE_BYTES);
	struct pack p = {&b, 0};

	pack_u32(&p, FILE_MAGIC);
	pack_u32(&p, o->next_id);
	pack_u32(&p, o->n);
	for (uint32_t i = 0; i < o->n; i++)
		pack_one(&p, &o->v[i]);
	put_aside(o);
	return p.error ? p.error : keep_save(o->core, FILE_NAME, &b);
}

static int read_file(struct overrides *o, struct view file)
{
	struct unpack u = {file, 0};
	uint32_t magic = unpack_u32(&u), n;
	int r = 0;

	o->next_id = unpack_u32(&u);
	n = unpack_u32(&u);
	if ((magic != FILE_MAGIC && magic != FILE_OLD) || o->next_id == 0 || n > POLICY_PASSES_MAX)
		return -EBADMSG;
	for (; r == 0 && o->n < n; o->n++)
		r = unpack_one(&u, magic == FILE_OLD, &o->v[o->n]);
	return r < 0 ? r : unpack_end(&u);
}

static int tell_damaged(struct overrides *o)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(4096);
	char now[CLOCK_TEXT_MAX];
	struct json j;
	int r;

	clock_format(clock_realtime(), now);
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "kind", "gap");
	json_key_str(&j, "what", "overrides");
	json_key_str(&j, "time", now);
	json_key_str(&j, "text",
		"the file of overrides could not be read and was put aside as overrides.damaged: "
		"none is in force");
	json_object_end(&j);
	r = json_error(&j);
	return r < 0 ? r : ledger_add(o->core->ledger, buf_view(&b), OVERRIDES_TAG);
}

static int load(struct overrides *o)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(FILE_BYTES);
	int r;

	o->next_id = 1;
	r = keep_load(o->core, FILE_NAME, &b);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = read_file(o, buf_view(&b));
	if (r == 0)
		return 0;
	/* Numbers that were used already may stand in facts: begin somewhere else. */
	o->next_id = (uint32_t)(clock_realtime() / NSEC_PER_SEC % 50000) + 1;
	o->n = 0;
	o->damaged = true;
	return tell_damaged(o);
}

static bool is_justified(const struct override *v)
{
	return v->user != POLICY_USER_ANY;
}

static void put_one(const struct override *v, struct json *j)
{
	char text[CLOCK_TEXT_MAX];

	json_key_u64(j, "id", v->id);
	json_key(j, "sha256");
	json_hex(j, v->r.sha256, sizeof(v->r.sha256));
	json_key_str(j, "app", v->r.app);
	json_key_u64(j, "minutes", v->r.minutes);
	json_key_str(j, "reason", v->r.reason);
	json_key_str(j, "owner", v->r.owner);
	if (is_justified(v)) {
		char user[INCIDENTS_USER_SIZE];

		incidents_user_name(v->user, user);
		json_key_str(j, "for", user);
		json_key_u64(j, "for_uid", v->user);
		json_key_str(j, "incident", v->incident);
	}
	json_key_u64(j, "by_uid", v->uid);
	clock_format(v->created, text);
	json_key_str(j, "created", text);
	clock_format(v->until, text);
	json_key_str(j, "until", text);
}

static int record(struct overrides *o, const char *what, const struct override *v, uint32_t uid)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(16U << 10);
	char by[INCIDENTS_USER_SIZE];
	struct json j;
	int r;

	incidents_user_name(uid, by);
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "kind", "override");
	json_key_str(&j, "what", what);
	json_key_str(&j, "by", by);
	put_one(v, &j);
	json_object_end(&j);
	r = json_error(&j);
	return r < 0 ? r : ledger_add(o->core->ledger, buf_view(&b), 0);
}

static void drop(struct overrides *o, uint32_t at)
{
	memmove(&o->v[at], &o->v[at + 1], (o->n - at - 1) * sizeof(o->v[0]));
	o->n--;
}

/* Those whose time is up: the gate has forgotten them by itself. And those that were given later
   than it is now, of which nobody can say how long ago that was, or last longer than they were
   given for, as the clock was set back. Sets the timer for the next. */
static int expire(struct overrides *o, bool *ret_set_back)
{
	uint64_t now = clock_realtime(), next = UINT64_MAX;
	bool changed = false;
	int r = 0;

	*ret_set_back = false;
	for (uint32_t i = 0; i < o->n;) {
		bool set_back = o->v[i].until > now &&
			(o->v[i].created > now + SET_BACK_NS || o->v[i].ends <= clock_now());

		*ret_set_back |= set_back;
		if (o->v[i].until > now && !set_back) {
			next = MIN(next, o->v[i].until);
			i++;
			continue;
		}
		r = record(o, "expired", &o->v[i], getuid());
		drop(o, i);
		changed = true;
	}
	if (changed && r == 0)
		r = save(o);
	/* At least each minute: the clock may be set. */
	loop_timer_set(o->timer, o->n ? clock_now() + MIN(next - now, MINUTE_NS) : 0);
	return r;
}

/* What cannot be kept is expired again after a restart. */
static int on_timer(void *userdata)
{
	struct overrides *o = userdata;
	bool set_back;

	unchecked(expire(o, &set_back));
	if (set_back)
		unchecked(rulebook_publish(o->core->rulebook));
	return 0;
}

int overrides_new(struct core *core, struct overrides **ret)
{
	struct overrides *o = calloc(1, sizeof(*o));
	bool set_back;
	int r;

	if (!o)
		return -ENOMEM;
	o->core = core;
	r = loop_timer_new(core->loop, on_timer, o, &o->timer);
	if (r == 0)
		r = load(o);
	if (r < 0) {
		overrides_free(o);
		return r;
	}
	unchecked(expire(o, &set_back));
	*ret = o;
	return 0;
}

struct overrides *overrides_free(struct overrides *o)
{
	if (!o)
		return NULL;
	loop_timer_free(o->timer);
	free(o);
	return NULL;
}

static printf_like(2, 3) int refuse(struct buf *ret_text, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_clear(ret_text);
	return buf_printf(ret_text, "%s\n", text) < 0 ? -ENOMEM : 1;
}

static bool same_content(const struct override *v, const uint8_t sha256[OVERRIDE_DIGEST])
{
	return memcmp(v->r.sha256, sha256, OVERRIDE_DIGEST) == 0;
}

static bool is_used(const struct overrides *o, uint16_t content)
{
	for (uint32_t i = 0; i < o->n; i++)
		if (o->v[i].content == content)
			return true;
	return false;
}

/* That of the same content, or one that nothing else has. Derived from the id, which is never used
   again: a number that an older core told the gate never means another content. */
static uint16_t number_of(const struct overrides *o, const uint8_t sha256[OVERRIDE_DIGEST])
{
	uint16_t number = (uint16_t)((o->next_id - 1) % UINT16_MAX + 1);

	for (uint32_t i = 0; i < o->n; i++)
		if (same_content(&o->v[i], sha256))
			return o->v[i].content;
	while (is_used(o, number))
		number = (uint16_t)(number % UINT16_MAX + 1);
	return number;
}

static int answer(const struct override *v, struct buf *ret_text)
{
	struct json j;

	json_init(&j, ret_text);
	json_object(&j);
	put_one(v, &j);
	json_object_end(&j);
	return json_error(&j);
}

static uint32_t count(const struct overrides *o, bool justified, uint32_t user)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < o->n; i++)
		n += is_justified(&o->v[i]) == justified &&
			(user == POLICY_USER_ANY || o->v[i].user == user);
	return n;
}

/* Not in force before it is in the journal's hands and would survive a restart. */
static int enter(struct overrides *o, const struct override *v, const char *what)
{
	int e;

	assert(o->n < POLICY_PASSES_MAX);
	o->v[o->n++] = *v;
	o->next_id = o->next_id == UINT32_MAX ? 1 : o->next_id + 1;
	e = record(o, what, v, v->uid);
	if (e == 0)
		e = save(o);
	if (e < 0) {
		o->n--;
		unchecked(save(o)); /* nor with the next start, if it came so far */
	}
	return e;
}

static struct override make(
	const struct overrides *o, const struct override_request *r, uint32_t uid, uint32_t user)
{
	struct override v = {.id = o->next_id,
		.content = number_of(o, r->sha256),
		.uid = uid,
		.user = user,
		.created = clock_realtime(),
		.r = *r};

	v.until = v.created + r->minutes * MINUTE_NS;
	v.ends = ends_of(&v, v.created);
	return v;
}

static int put_in_force(struct overrides *o)
{
	bool set_back;
	int e = expire(o, &set_back);

	return e < 0 ? e : rulebook_publish(o->core->rulebook);
}

static int add(
	struct overrides *o, const struct override_request *r, uint32_t uid, struct buf *ret_text)
{
	const struct policy *p = rulebook_policy(o->core->rulebook);
	uint32_t max = policy_override_max(p), minutes = policy_override_minutes(p);
	uint32_t n = count(o, false, POLICY_USER_ANY);
	struct override v;
	int e;

	if (max == 0 || minutes == 0)
		return refuse(ret_text,
			"the policy allows no overrides (`overrides: {max: ..., "
			"minutes: ...}`)");
	if (r->minutes > minutes)
		return refuse(ret_text, "the policy allows at most %u minutes", minutes);
	if (n >= max)
		return refuse(
			ret_text, "%u are in force, and the policy allows %u at a time", n, max);
	if (apptable_find(rulebook_apps(o->core->rulebook), r->app) == APP_NONE)
		return refuse(ret_text, "the policy has no application \"%s\"", r->app);
	v = make(o, r, uid, POLICY_USER_ANY);
	e = enter(o, &v, "added");
	if (e < 0)
		return refuse(ret_text, "it could not be kept: %s", strerror(-e));
	e = put_in_force(o);
	return e < 0 ? e : answer(&v, ret_text);
}

/* The same again, while it is in force. */
static const struct override *find_same(
	const struct overrides *o, const struct override_request *r, uint32_t uid)
{
	for (uint32_t i = 0; i < o->n; i++)
		if (o->v[i].user == uid && same_content(&o->v[i], r->sha256) &&
			strcmp(o->v[i].r.app, r->app) == 0)
			return &o->v[i];
	return NULL;
}

static bool may_justify(const struct overrides *o, const struct override_request *r, uint32_t uid,
	enum justify_refusal *ret_why, uint32_t *ret_n)
{
	const struct policy *p = rulebook_policy(o->core->rulebook);
	const struct override *same = find_same(o, r, uid);
	uint32_t n = count(o, true, uid);

	*ret_n = 0;
	if (policy_justify_max(p) == 0 || policy_justify_minutes(p) == 0) {
		*ret_why = JUSTIFY_FORBIDDEN;
	} else if (!utf8_is_line(r->reason)) {
		*ret_why = JUSTIFY_NOT_TEXT;
	} else if (justify_length(r->reason) < MAX(policy_justify_reason(p), 1U)) {
		*ret_why = JUSTIFY_SHORT;
		*ret_n = MAX(policy_justify_reason(p), 1U);
	} else if (same) {
		*ret_why = JUSTIFY_ALREADY;
		*ret_n = (uint32_t)((same->until - MIN(clock_realtime(), same->until)) /
				 MINUTE_NS) +
			1;
	} else if (n >= policy_justify_max(p) ||
		count(o, true, POLICY_USER_ANY) >= POLICY_JUSTIFIED_MAX) {
		*ret_why = JUSTIFY_TOO_MANY;
		*ret_n = n;
	} else {
		return true;
	}
	return false;
}

/* The reason stands in the incident, too, as a note of who gave it. */
static int note_incident(struct overrides *o, const struct override *v)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(16U << 10);
	struct review r = {.what = REVIEW_MARK, .tag = "justified"};
	char by[INCIDENTS_USER_SIZE];
	int e;

	memcpy(r.id, v->incident, sizeof(v->incident));
	memcpy(r.note, v->r.reason, sizeof(v->r.reason));
	incidents_user_name(v->uid, by);
	e = review_payload(&r, v->uid, by, &b);
	return e < 0 ? e : ledger_add(o->core->ledger, buf_view(&b), 0);
}

int overrides_justify(struct overrides *o, const struct override_request *r, uint32_t uid,
	const char *incident, struct buf *ret_text, enum justify_refusal *ret_why, uint32_t *ret_n)
{
	struct override v;
	int e;

	unchecked(on_timer(o));
	if (!may_justify(o, r, uid, ret_why, ret_n))
		return 1;
	v = make(o, r, uid, uid);
	v.r.minutes = policy_justify_minutes(rulebook_policy(o->core->rulebook));
	v.until = v.created + v.r.minutes * MINUTE_NS;
	v.ends = ends_of(&v, v.created);
	snprintf(v.incident, sizeof(v.incident), "%s", incident);
	e = enter(o, &v, "justified");
	if (e < 0) {
		*ret_why = JUSTIFY_FAILED;
		return 1;
	}
	unchecked(note_incident(o, &v)); /* the record above has it all */
	e = put_in_force(o);
	return e < 0 ? e : answer(&v, ret_text);
}

void overrides_of_user(const struct overrides *o, uint32_t uid, struct json *j)
{
	json_array(j);
	for (uint32_t i = 0; i < o->n; i++) {
		if (o->v[i].user != uid)
			continue;
		json_object(j);
		put_one(&o->v[i], j);
		json_object_end(j);
	}
	json_array_end(j);
}

static int withdraw(struct overrides *o, uint32_t id, uint32_t uid, struct buf *ret_text)
{
	struct override v;
	uint32_t at = 0;
	int e, told, saved;

	while (at < o->n && o->v[at].id != id)
		at++;
	if (at == o->n)
		return refuse(ret_text, "no override %u is in force", id);
	v = o->v[at];
	drop(o, at);
	/* It ends at once, whatever the journal and the disk say; but then it would come again with
	   a restart. */
	e = rulebook_publish(o->core->rulebook);
	told = record(o, "revoked", &v, uid);
	saved = save(o);
	if (e < 0 || told < 0)
		return MIN(e, told);
	if (saved < 0)
		return refuse(ret_text,
			"it is revoked, but would be in force again after a restart: "
			"%s",
			strerror(-saved));
	return answer(&v, ret_text);
}

static int list(const struct overrides *o, struct buf *ret_text)
{
	const struct policy *p = rulebook_policy(o->core->rulebook);
	struct json j;

	json_init(&j, ret_text);
	json_object(&j);
	json_key_u64(&j, "max", policy_override_max(p));
	json_key_u64(&j, "minutes", policy_override_minutes(p));
	json_key(&j, "overrides");
	json_array(&j);
	for (uint32_t i = 0; i < o->n; i++) {
		json_object(&j);
		put_one(&o->v[i], &j);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	return json_error(&j);
}

int overrides_request(
	struct overrides *o, const struct override_request *r, uint32_t uid, struct buf *ret_text)
{
	const char *why = override_refused(r);

	if (why)
		return refuse(ret_text, "%s", why);
	unchecked(on_timer(o));
	if (r->what == OVERRIDE_ADD)
		return add(o, r, uid, ret_text);
	if (r->what == OVERRIDE_REVOKE)
		return withdraw(o, r->id, uid, ret_text);
	return list(o, ret_text);
}

uint16_t overrides_content(const struct overrides *o, const struct facts *f)
{
	for (uint32_t i = 0; f->has_sha256 && i < o->n; i++)
		if (same_content(&o->v[i], f->sha256))
			return o->v[i].content;
	return 0;
}

/* Of the same user's, those before it. */
static uint32_t count_before(const struct overrides *o, uint32_t at)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < at; i++)
		n += o->v[i].user == o->v[at].user;
	return n;
}

void overrides_table(const struct overrides *o, const struct policy *p, const struct apptable *apps,
	struct override_table *ret)
{
	uint32_t given = 0;

	ret->n = 0;
	for (uint32_t i = 0; i < o->n; i++) {
		const struct override *v = &o->v[i];
		uint32_t app = apptable_find(apps, v->r.app);
		uint64_t longest = MINUTE_NS *
			(is_justified(v) ? policy_justify_minutes(p) : policy_override_minutes(p));
		bool allowed = is_justified(v) ? count_before(o, i) < policy_justify_max(p)
					       : given < policy_override_max(p);

		if (app == APP_NONE || longest == 0 || !allowed)
			continue;
		given += !is_justified(v);
		ret->v[ret->n++] = (struct policy_override){
			.until = MIN(v->until, v->created + longest),
			.id = v->id,
			.app = app,
			.content = v->content,
			.uid = v->user,
		};
	}
}

void overrides_status(const struct overrides *o, struct json *j)
{
	json_key_u64(j, "overrides", count(o, false, POLICY_USER_ANY));
	json_key_u64(j, "justified", count(o, true, POLICY_USER_ANY));
}
