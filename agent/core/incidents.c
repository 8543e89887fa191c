/* SPDX-License-Identifier: Apache-2.0 */
#include "core/incidents.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "model/posture.h"
#include "core/copies.h"
#include "core/justify.h"
#include "core/notices.h"

struct window_file {
	struct file_key key;
	uint64_t path; /* its hash */
	bool has_sha256;
	uint8_t sha256[32];
};

struct window {
	struct list node; /* oldest first */
	uint64_t opened;  /* monotonic */
	struct gate_record first;
	char id[INCIDENTS_ID_MAX];
	uint32_t retries;
	bool told;     /* `retries` is in the journal */
	uint64_t last; /* realtime of the newest event */
	struct window_file *files;
	uint32_t n_files, room; /* of `files`: the first record's, and those that followed */
};

struct incidents {
	struct ledger *ledger;
	struct loop_timer *timer;
	struct list windows;
	uint32_t n_windows;
	uint64_t count, retries;
	char host[256];
};

/* The same record has the same id: where core died between writing it and saying so, the gate sends
   it again, and readers see one incident. */
void incidents_id(const struct gate_record *r, char ret[INCIDENTS_ID_MAX])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	const uint64_t fields[] = {r->realtime, r->start_time, r->pid, r->key.dev, r->key.ino,
		(uint64_t)r->key.ctime, r->hold_ns};
	uint64_t ms = r->realtime / NSEC_PER_MSEC, noise[2];

	for (uint64_t i = 0; i < 2; i++)
		noise[i] = hash_bytes((struct hash_key){i, 0}, view_of(fields, sizeof(fields)));
	for (int i = 9; i >= 0; i--, ms >>= 5)
		ret[i] = digits[ms & 31];
	for (int i = 0; i < 16; i++)
		ret[10 + i] = digits[noise[i / 8] >> i % 8 * 5 & 31];
	ret[26] = 0;
}

static void json_time(struct json *j, const char *key, uint64_t realtime)
{
	char text[CLOCK_TEXT_MAX];

	clock_format(realtime, text);
	json_key_str(j, key, text);
}

/* A name may tell what is secret: what is not written can never be read. */
static void write_path(struct json *j, const struct gate_record *r, enum level level,
	const struct incident_context *c)
{
	bool omit = c->omit_names > LEVEL_NONE && level >= c->omit_names;

	json_key_str(j, "path", omit ? "" : r->path);
	if (!omit)
		return;
	json_key(j, "omitted");
	json_array(j);
	json_str(j, "path");
	json_array_end(j);
}

static void write_file(
	struct json *j, const struct gate_record *r, const struct incident_context *c)
{
	const struct facts *known = c->facts;
	struct facts unknown = {
		.level = (enum level)r->facts.level,
		.completeness = (enum completeness)r->facts.completeness,
		.tags = r->facts.tags,
		.reasons = r->facts.reasons,
		.size = r->key.size,
	};

	write_path(j, r, known ? known->level : unknown.level, c);
	json_key_u64(j, "dev", r->key.dev);
	json_key_u64(j, "ino", r->key.ino);
	facts_json(known ? known : &unknown, j);
}

/* What followed: retries, and, where `r` is not NULL, another file. */
static int tell_more(struct incidents *in, struct window *w, const struct gate_record *r,
	const struct incident_context *c, uint64_t tag)
{
	struct buf b = BUF_INIT(0);
	struct json j;
	int e;

	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "kind", "incident-more");
	json_key_str(&j, "id", w->id);
	json_key_u64(&j, "retries", w->retries);
	json_time(&j, "last", w->last);
	if (r) {
		json_key(&j, "file");
		json_object(&j);
		json_time(&j, "time", r->realtime);
		write_file(&j, r, c);
		json_object_end(&j);
	}
	json_object_end(&j);
	e = json_error(&j);
	if (e == 0)
		e = ledger_add(in->ledger, buf_view(&b), tag);
	if (e == 0)
		w->told = true;
	buf_done(&b);
	return e;
}

static void close_window(struct incidents *in, struct window *w)
{
	if (!w->told)
		/* The ledger counts what it cannot take. */
		unchecked(tell_more(in, w, NULL, NULL, 0));
	list_remove(&w->node);
	in->n_windows--;
	free(w->files);
	free(w);
}

static int on_timer(void *userdata)
{
	struct incidents *in = userdata;
	uint64_t now = clock_now();

	list_for_each_safe(n, tmp, &in->windows) {
		struct window *w = list_entry(n, struct window, node);

		if (now - w->opened >= INCIDENTS_WINDOW_NS)
			close_window(in, w);
		else if (!w->told)
			unchecked(tell_more(in, w, NULL, NULL, 0));
	}
	loop_timer_set(in->timer, in->n_windows ? now + NSEC_PER_SEC : 0);
	return 0;
}

int incidents_new(struct loop *l, struct ledger *g, struct incidents **ret)
{
	struct incidents *in = calloc(1, sizeof(*in));
	int r;

	if (!in)
		return -ENOMEM;
	in->ledger = g;
	list_init(&in->windows);
	if (gethostname(in->host, sizeof(in->host) - 1) < 0)
		in->host[0] = 0;
	r = loop_timer_new(l, on_timer, in, &in->timer);
	if (r < 0) {
		free(in);
		return r;
	}
	*ret = in;
	return 0;
}

struct incidents *incidents_free(struct incidents *in)
{
	if (!in)
		return NULL;
	list_for_each_safe(n, tmp, &in->windows)
		close_window(in, list_entry(n, struct window, node));
	loop_timer_free(in->timer);
	free(in);
	return NULL;
}

void incidents_user_name(uint32_t uid, char ret[INCIDENTS_USER_SIZE])
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *pw = NULL;

	while (f && (pw = fgetpwent(f)) && pw->pw_uid != uid)
		;
	snprintf(ret, INCIDENTS_USER_SIZE, "%s", pw ? pw->pw_name : "");
	if (f)
		fclose(f);
}

static void write_user(struct json *j, uint32_t uid)
{
	char name[INCIDENTS_USER_SIZE];

	incidents_user_name(uid, name);
	json_key_str(j, "user", name);
	json_key_u64(j, "uid", uid);
}

static void write_who(struct json *j, const struct gate_record *r, const struct incident_context *c)
{
	write_user(j, r->uid);
	json_key_str(j, "app", r->app);
	json_key_str(j, "app_name", c->app_name);
	json_key_u64(j, "pid", r->pid);
	json_key_u64(j, "ppid", r->ppid);
	json_key_u64(j, "start_time", r->start_time);
	json_key_str(j, "exe", r->exe);
	json_key_str(j, "comm", r->comm);
	json_key_str(j, "identified", r->identified);
	json_key_str(j, "package", package_of(c->packages, r->exe));
	json_key_str(j, "sandbox", r->sandbox);
	json_key(j, "ancestry");
	json_array(j);
	for (uint32_t i = 0; i < r->n_ancestors; i++) {
		json_object(j);
		json_key_u64(j, "pid", r->ancestors[i].pid);
		json_key_str(j, "comm", r->ancestors[i].comm);
		json_key_str(j, "exe", r->ancestors[i].exe);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_what(
	struct json *j, const struct gate_record *r, const struct incident_context *c)
{
	json_key_str(j, "channel", channel_name(r->channel));
	json_key_str(j, "way", record_way_name(r->way));
	write_file(j, r, c);
}

static void write_posture(struct json *j, const struct gate_record *r)
{
	json_key(j, "posture");
	json_array(j);
	for (unsigned i = 0; i < POSTURE_MAX; i++)
		if (r->posture & POSTURE_BIT(i))
			json_str(j, posture_name((enum posture)i));
	json_array_end(j);
}

static void write_decision(
	struct json *j, const struct gate_record *r, const struct incident_context *c)
{
	json_key_str(j, "action", action_name(r->action));
	json_key_str(j, "intended", action_name(r->intended));
	json_key_str(j, "mode", c->mode);
	json_key_str(j, "rule", r->rule);
	json_key_str(j, "message", c->message);
	json_key_u64(j, "policy_version", r->policy_version);
	json_key_str(j, "rules_version", c->rules_version);
	if (r->override)
		json_key_u64(j, "override", r->override);
	json_key_str(j, "cause", record_cause_name(r->cause));
	json_key_str(j, "failure", r->failure == FAILURE_NONE ? NULL : failure_name(r->failure));
	json_key_str(j, "may_be", r->failure == FAILURE_NONE ? NULL : may_be_name(r->may_be));
	json_key_bool(j, "meeting", r->meeting);
	write_posture(j, r);
	if (r->action >= ACTION_NOTIFY)
		json_key_bool(j, "user_notified", notices_wanted(r, c));
	json_key(j, "hold_ms");
	json_double(j, (double)r->hold_ns / 1e6, 3);
	json_key_u64(j, "retries", 0);
	json_key_u64(j, "retry_window_s", INCIDENTS_WINDOW_NS / NSEC_PER_SEC);
	json_key(j, "destination");
	json_null(j);
	json_key_str(j, "status", "new");
	json_key(j, "notes");
	json_array(j);
	json_array_end(j);
}

static void write_vault(struct json *j, const struct incident_context *c)
{
	if (!c->vault)
		return;
	json_key(j, "quarantine");
	json_object(j);
	json_key_bool(j, "moved", c->vault->moved);
	json_key_str(j, "id", c->vault->id);
	json_key_u64(j, "other_names", c->vault->other_names);
	json_key_str(j, "why", c->vault->why);
	json_object_end(j);
}

static int write_incident(struct incidents *in, const char *id, const struct gate_record *r,
	const struct incident_context *c, uint64_t tag)
{
	struct buf b = BUF_INIT(0);
	struct json j;
	int e;

	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "kind", "incident");
	json_key_str(&j, "id", id);
	json_time(&j, "time", r->realtime);
	json_key_str(&j, "host", in->host);
	write_who(&j, r, c);
	write_what(&j, r, c);
	write_decision(&j, r, c);
	write_vault(&j, c);
	json_object_end(&j);
	e = json_error(&j);
	if (e == 0)
		e = ledger_add(in->ledger, buf_view(&b), tag);
	buf_done(&b);
	return e;
}

/* Decided alike, for one application of one user. */
static bool is_alike(const struct gate_record *a, const struct gate_record *b)
{
	return a->uid == b->uid && a->action == b->action && a->intended == b->intended &&
		a->channel == b->channel && a->way == b->way && strcmp(a->app, b->app) == 0;
}

static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

/* Records may be taken in late, and not in their order. */
static uint64_t since(const struct window *w, const struct gate_record *r)
{
	return r->realtime > w->last ? r->realtime - w->last : 0;
}

/* One thing that a person does makes a client open many files of a folder: a file chooser looks at
   each as it lists them, or as one after another is highlighted, and then one of them is sent;
   several are sent at once. */
static bool is_same_act(const struct window *w, const struct gate_record *r)
{
	size_t n = folder_length(w->first.path);

	if (r->channel == CHANNEL_AT_REST)
		return true; /* a crowd, wherever its files lie */
	return since(w, r) < (w->n_files > 1 ? INCIDENTS_LOOK_NS : INCIDENTS_ACT_NS) && n > 0 &&
		n == folder_length(r->path) && memcmp(w->first.path, r->path, n) == 0;
}

/* Another file may be named in the incident at all. A higher level is never hidden in an incident
   of a lower one. */
static bool may_join(const struct window *w, const struct gate_record *r)
{
	const struct gate_record *f = &w->first;

	/* What becomes of a file that is to be moved is told of each. */
	return r->action != ACTION_QUARANTINE && w->n_files < INCIDENTS_FILES_MAX &&
		f->pid == r->pid && f->start_time == r->start_time &&
		r->facts.level <= f->facts.level && strcmp(f->rule, r->rule) == 0;
}

static uint64_t path_hash(const struct gate_record *r)
{
	return hash_bytes((struct hash_key){0, 0}, view_str(r->path));
}

/* Written again and again, it is another content each time, and often another file of the same
   name, and still one happening. */
static bool is_same_file(const struct window_file *f, const struct gate_record *r)
{
	return r->channel == CHANNEL_RECEIVE ? f->path == path_hash(r)
					     : file_key_eq(&f->key, &r->key);
}

static bool has_file(const struct window *w, const struct gate_record *r)
{
	for (uint32_t i = 0; i < w->n_files; i++)
		if (is_same_file(&w->files[i], r))
			return true;
	return false;
}

static bool has_content(const struct window *w, const struct facts *f)
{
	for (uint32_t i = 0; f && f->has_sha256 && i < w->n_files; i++)
		if (w->files[i].has_sha256 &&
			memcmp(w->files[i].sha256, f->sha256, sizeof(f->sha256)) == 0)
			return true;
	return false;
}

/* What a process writes after it was let read the same is not received: clients copy what they
   send, and fetch it from the server again to show it. */
static bool is_own_copy(
	const struct window *w, const struct gate_record *r, const struct facts *known)
{
	const struct gate_record *f = &w->first;

	return r->channel == CHANNEL_RECEIVE && f->channel == CHANNEL_OPEN && f->uid == r->uid &&
		f->pid == r->pid && f->start_time == r->start_time && strcmp(f->app, r->app) == 0 &&
		!action_refuses(f->action) && !action_refuses(r->action) &&
		r->action != ACTION_QUARANTINE && r->facts.level <= f->facts.level &&
		has_content(w, known);
}

/* The incident that `r` belongs to; `ret_new_file` where it is about a file that it does not name
   yet: one of the same act, or a copy of the same content, as clients make before they send. */
static struct window *find_window(struct incidents *in, const struct gate_record *r,
	const struct facts *known, bool *ret_new_file)
{
	struct window *best = NULL;
	uint64_t now = clock_now();

	*ret_new_file = false;
	list_for_each(n, &in->windows) {
		struct window *w = list_entry(n, struct window, node);

		if (now - w->opened >= INCIDENTS_WINDOW_NS)
			continue;
		if (is_own_copy(w, r, known)) {
			*ret_new_file = !has_file(w, r) && w->n_files < INCIDENTS_FILES_MAX;
			return w;
		}
		if (!is_alike(&w->first, r))
			continue;
		if (has_file(w, r))
			return w;
		if (may_join(w, r) && (is_same_act(w, r) || has_content(w, known)))
			best = w;
	}
	*ret_new_file = best != NULL;
	return best;
}

/* Where there is no memory, the file's next open is taken for another file's. */
static void add_file(struct window *w, const struct gate_record *r, const struct facts *known)
{
	struct window_file *f;

	if (w->n_files == w->room) {
		uint32_t room = w->room ? 2 * w->room : 1;
		struct window_file *more = realloc(w->files, room * sizeof(*more));

		if (!more)
			return;
		w->files = more;
		w->room = room;
	}
	f = &w->files[w->n_files++];
	*f = (struct window_file){
		.key = r->key, .path = path_hash(r), .has_sha256 = known && known->has_sha256};
	if (f->has_sha256)
		memcpy(f->sha256, known->sha256, sizeof(f->sha256));
}

static void open_window(struct incidents *in, const char *id, const struct gate_record *r,
	const struct facts *known)
{
	struct window *w;

	if (in->n_windows >= INCIDENTS_OPEN_MAX)
		close_window(in, list_first(&in->windows, struct window, node));
	w = calloc(1, sizeof(*w));
	if (!w)
		return; /* the next try is an incident of its own */
	*w = (struct window){.opened = clock_now(), .first = *r, .told = true, .last = r->realtime};
	memcpy(w->id, id, INCIDENTS_ID_MAX);
	add_file(w, r, known);
	list_init(&w->node);
	list_append(&in->windows, &w->node);
	in->n_windows++;
	if (!loop_timer_due(in->timer))
		loop_timer_set(in->timer, clock_now() + NSEC_PER_SEC);
}

static int count_into(struct incidents *in, struct window *w, const struct gate_record *r,
	const struct incident_context *c, bool new_file, uint64_t tag)
{
	/* A person who was told of what a chooser looked at is told of what is sent then, too. */
	bool tell = new_file && since(w, r) >= INCIDENTS_NOTICE_NS, may_justify;
	int e = 0;

	w->last = MAX(w->last, r->realtime);
	if (new_file) {
		e = tell_more(in, w, r, c, tag);
		if (e == 0)
			add_file(w, r, c->facts);
	} else {
		w->retries++;
		w->told = false;
		in->retries++;
	}
	if (e == 0) {
		may_justify = justify_heard(c->justify, w->id, r, c->facts);
		if (tell)
			notices_tell(w->id, r, c, may_justify);
		copies_heard(c->copies, w->id, r, c);
	}
	return e;
}

int incidents_add(struct incidents *in, const struct gate_record *r,
	const struct incident_context *c, uint64_t tag, bool *ret_counted)
{
	bool new_file = false;
	/* What was moved lies there by itself, and is told by itself, as what was found lying. */
	bool alone = (c->vault && c->vault->moved) || (r->channel == CHANNEL_AT_REST && !c->crowd);
	struct window *w = alone ? NULL : find_window(in, r, c->facts, &new_file);
	char id[INCIDENTS_ID_MAX];
	int e;

	*ret_counted = w != NULL && !new_file;
	if (w)
		return count_into(in, w, r, c, new_file, tag);
	incidents_id(r, id);
	e = write_incident(in, id, r, c, tag);
	if (e < 0)
		return e;
	in->count++;
	notices_tell(id, r, c, justify_heard(c->justify, id, r, c->facts));
	copies_heard(c->copies, id, r, c);
	if (r->channel != CHANNEL_AT_REST || c->crowd)
		open_window(in, id, r, c->facts);
	return 0;
}

int incidents_note(struct ledger *g, const char *kind, const char *what, const char *fmt, ...)
{
	struct buf b = BUF_INIT(16U << 10);
	struct json j;
	char text[2048];
	va_list ap;
	int r;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "kind", kind);
	json_key_str(&j, "what", what);
	json_time(&j, "time", clock_realtime());
	json_key_str(&j, "text", text);
	json_object_end(&j);
	r = json_error(&j);
	if (r == 0)
		r = ledger_add(g, buf_view(&b), 0);
	buf_done(&b);
	return r;
}

uint64_t incidents_count(const struct incidents *in)
{
	return in->count;
}

uint64_t incidents_retries(const struct incidents *in)
{
	return in->retries;
}
