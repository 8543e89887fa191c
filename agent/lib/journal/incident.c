/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/incident.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "journal/payload.h"

/* The tree is jansson's; the name keeps its type out of the header. */
struct incident_tree;

static json_t *tree_of(const struct incident *i)
{
	return (json_t *)i->tree;
}

static json_t *load(struct view v)
{
	json_t *j = json_loadb((const char *)v.p, v.n, JSON_ALLOW_NUL, NULL);

	if (j && !json_is_object(j)) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static const char *text(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s ? s : "";
}

static uint64_t number(const json_t *object, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(object, name));

	return n > 0 ? (uint64_t)n : 0;
}

static const char *item(const struct incident *i, const char *name, size_t n)
{
	const char *s = json_string_value(json_array_get(json_object_get(tree_of(i), name), n));

	return s ? s : "";
}

/* The fields again, after the tree has changed. */
static void take_fields(struct incident *i)
{
	const json_t *t = tree_of(i);
	struct incident_tree *tree = i->tree;

	*i = (struct incident){
		.id = text(t, "id"),
		.time = text(t, "time"),
		.last = text(t, "last"),
		.host = text(t, "host"),
		.user = text(t, "user"),
		.app = text(t, "app"),
		.app_name = text(t, "app_name"),
		.exe = text(t, "exe"),
		.comm = text(t, "comm"),
		.identified = text(t, "identified"),
		.channel = text(t, "channel"),
		.path = text(t, "path"),
		.sha256 = text(t, "sha256"),
		.format = text(t, "format"),
		.level_text = text(t, "level"),
		.completeness = text(t, "completeness"),
		.action = text(t, "action"),
		.intended = text(t, "intended"),
		.mode = text(t, "mode"),
		.rule = text(t, "rule"),
		.message = text(t, "message"),
		.cause = text(t, "cause"),
		.destination = text(t, "destination"),
		.status = text(t, "status"),
		.assignee = text(t, "assignee"),
		.uid = number(t, "uid"),
		.pid = number(t, "pid"),
		.ppid = number(t, "ppid"),
		.size = number(t, "size"),
		.policy_version = number(t, "policy_version"),
		.override = number(t, "override"),
		.retries = number(t, "retries"),
		.hold_ms = json_number_value(json_object_get(t, "hold_ms")),
		.n_tags = json_array_size(json_object_get(t, "tags")),
		.n_reasons = json_array_size(json_object_get(t, "reasons")),
		.n_evidence = json_array_size(json_object_get(t, "evidence")),
		.n_notes = json_array_size(json_object_get(t, "notes")),
		.n_ancestry = json_array_size(json_object_get(t, "ancestry")),
		.n_labels = json_array_size(json_object_get(t, "labels")),
		.n_history = json_array_size(json_object_get(t, "history")),
		.n_files = json_array_size(json_object_get(t, "files")),
		.n_copies = json_array_size(json_object_get(t, "copies")),
		.tree = tree,
	};
	i->level_known = level_parse(i->level_text, &i->level) == 0;
	i->meeting = json_is_true(json_object_get(t, "meeting"));
	i->has_meeting = json_is_boolean(json_object_get(t, "meeting"));
}

static bool is_id(const char *id)
{
	size_t n = strlen(id);

	return n > 0 && n <= INCIDENT_ID_MAX &&
		strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_") == n;
}

int incident_parse(struct view payload, struct incident **ret)
{
	json_t *t = load(payload);
	struct incident *i;

	if (!t || strcmp(text(t, "kind"), "incident") != 0 || !is_id(text(t, "id"))) {
		json_decref(t);
		return -EINVAL;
	}
	i = calloc(1, sizeof(*i));
	if (!i) {
		json_decref(t);
		return -ENOMEM;
	}
	/* The kind is the journal's word, not the contract's. */
	json_object_del(t, "kind");
	i->tree = (struct incident_tree *)t;
	take_fields(i);
	*ret = i;
	return 0;
}

struct incident *incident_free(struct incident *i)
{
	if (i) {
		json_decref(tree_of(i));
		free(i);
	}
	return NULL;
}

void incident_freep(struct incident **i)
{
	*i = incident_free(*i);
}

const char *incident_tag(const struct incident *i, size_t n)
{
	return item(i, "tags", n);
}

const char *incident_reason(const struct incident *i, size_t n)
{
	return item(i, "reasons", n);
}

const char *incident_note(const struct incident *i, size_t n)
{
	return item(i, "notes", n);
}

struct incident_ancestor incident_ancestor(const struct incident *i, size_t n)
{
	const json_t *a = json_array_get(json_object_get(tree_of(i), "ancestry"), n);

	return (struct incident_ancestor){
		.pid = number(a, "pid"), .comm = text(a, "comm"), .exe = text(a, "exe")};
}

#define CONCEALED "•••"

/* A kind of file is no secret, a name may be one. */
static int conceal_name(json_t *t, const char *path)
{
	const char *dot = strrchr(path, '.');
	bool kind = dot && strlen(dot) <= 6 && !strchr(dot, '/');

	return json_object_set_new(t, "path", json_sprintf("%s%s", CONCEALED, kind ? dot : "")) < 0
		? -ENOMEM
		: 0;
}

static int conceal_snippets(json_t *t)
{
	json_t *e;
	size_t n;

	json_array_foreach(json_object_get(t, "evidence"), n, e)
	{
		if (json_object_set_new(e, "snippet", json_string(CONCEALED)) < 0)
			return -ENOMEM;
		/* Names of members are names too. */
		if (*text(e, "member") &&
			json_object_set_new(e, "member", json_string(CONCEALED)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The other files of the act, none of which is of a higher level. */
static int conceal_files(json_t *t, bool name, bool snippets)
{
	json_t *files = json_object_get(t, "files");
	int r = 0;

	for (size_t n = 0; r == 0 && n < json_array_size(files); n++) {
		json_t *f = json_array_get(files, n);

		if (name)
			r = conceal_name(f, text(f, "path"));
		if (r == 0 && (name || snippets))
			r = conceal_snippets(f);
	}
	return r;
}

int incident_conceal(struct incident *i, bool name, bool snippets)
{
	json_t *t = tree_of(i), *list = json_pack("[]");
	int r = list ? 0 : -ENOMEM;

	if (r == 0 && name && *i->path) {
		r = conceal_name(t, i->path);
		if (r == 0 && json_array_append_new(list, json_string("path")) < 0)
			r = -ENOMEM;
	}
	if (r == 0 && (snippets || name) && i->n_evidence > 0) {
		r = conceal_snippets(t);
		if (r == 0 && json_array_append_new(list, json_string("snippets")) < 0)
			r = -ENOMEM;
	}
	if (r == 0 && json_array_size(list) > 0 && json_object_set(t, "concealed", list) < 0)
		r = -ENOMEM;
	if (r == 0)
		r = conceal_files(t, name, snippets);
	json_decref(list);
	take_fields(i);
	return r;
}

static bool hides(enum level from, enum level level)
{
	return from > LEVEL_NONE && level >= from;
}

static int dump(const char *p, size_t n, void *userdata)
{
	return buf_put(userdata, p, n) < 0 ? -1 : 0;
}

static int put_tree(const json_t *t, struct buf *out)
{
	int r = json_dump_callback(
		t, dump, out, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));

	return r < 0 ? -ENOMEM : 0;
}

int incident_more_conceal(
	struct view payload, enum level names, enum level snippets, struct buf *out)
{
	cleanup_with(json_decrefp) json_t *t = load(payload);
	json_t *f = strcmp(text(t, "kind"), "inventory") == 0 ? t : json_object_get(t, "file");
	enum level level;
	int r = 0;

	if (!t)
		return -EINVAL;
	if (!json_is_object(f))
		return 0;
	if (level_parse(text(f, "level"), &level) < 0)
		level = LEVEL_TOP_SECRET;
	if (!hides(names, level) && !hides(snippets, level))
		return 0;
	if (hides(names, level) && *text(f, "path"))
		r = conceal_name(f, text(f, "path"));
	if (r == 0)
		r = conceal_snippets(f);
	if (r == 0)
		r = put_tree(t, out);
	return r < 0 ? r : 1;
}

bool incident_is_concealed(const struct incident *i)
{
	return json_array_size(json_object_get(tree_of(i), "concealed")) > 0;
}

const char *incident_label(const struct incident *i, size_t n)
{
	return item(i, "labels", n);
}

bool incident_has_label(const struct incident *i, const char *label)
{
	for (size_t n = 0; n < i->n_labels; n++)
		if (strcmp(incident_label(i, n), label) == 0)
			return true;
	for (size_t n = 0; n < i->n_tags; n++)
		if (strcmp(incident_tag(i, n), label) == 0)
			return true;
	return false;
}

struct incident_step incident_step(const struct incident *i, size_t n)
{
	const json_t *s = json_array_get(json_object_get(tree_of(i), "history"), n);

	return (struct incident_step){
		.time = text(s, "time"),
		.by = text(s, "by"),
		.status = text(s, "status"),
		.assignee = text(s, "assignee"),
		.note = text(s, "note"),
		.tag = text(s, "tag"),
		.untag = text(s, "untag"),
		.revealed = json_is_true(json_object_get(s, "revealed")),
		.taken = json_is_true(json_object_get(s, "taken")),
	};
}

const char *incident_item(const struct incident *i, const char *name, size_t n)
{
	return item(i, name, n);
}

bool incident_flag(const struct incident *i, const char *name, bool absent)
{
	const json_t *v = json_object_get(tree_of(i), name);

	return json_is_boolean(v) ? json_is_true(v) : absent;
}

uint64_t incident_number(const struct incident *i, const char *name)
{
	return number(tree_of(i), name);
}

const char *incident_text(const struct incident *i, const char *name)
{
	return text(tree_of(i), name);
}

struct incident_evidence incident_evidence(const struct incident *i, size_t n)
{
	const json_t *e = json_array_get(json_object_get(tree_of(i), "evidence"), n);

	return (struct incident_evidence){
		.rule = text(e, "rule"),
		.pack = text(e, "pack"),
		.level = text(e, "level"),
		.part = text(e, "part"),
		.member = text(e, "member"),
		.snippet = text(e, "snippet"),
		.page = number(e, "page"),
		.score = (int64_t)json_integer_value(json_object_get(e, "score")),
	};
}

struct incident_file incident_file(const struct incident *i, size_t n)
{
	const json_t *f = json_array_get(json_object_get(tree_of(i), "files"), n);

	return (struct incident_file){
		.time = text(f, "time"),
		.path = text(f, "path"),
		.level = text(f, "level"),
		.sha256 = text(f, "sha256"),
	};
}

struct incident_copy incident_copy(const struct incident *i, size_t n)
{
	const json_t *c = json_array_get(json_object_get(tree_of(i), "copies"), n);

	return (struct incident_copy){
		.what = text(c, "what"),
		.time = text(c, "time"),
		.sha256 = text(c, "sha256"),
		.copy = text(c, "copy"),
		.why = text(c, "text"),
		.size = number(c, "size"),
		.copy_size = number(c, "copy_size"),
	};
}

bool incident_is_more(struct view kind)
{
	return view_starts(kind, VIEW_LIT("incident-")) || view_eq(kind, VIEW_LIT("evidence"));
}

int incident_id(struct view payload, char ret[INCIDENT_ID_MAX + 1])
{
	char id[INCIDENT_ID_MAX + 1];
	struct view kind, v;

	/* No tree is made: this is asked of each record. */
	if (payload_check(payload, &kind) < 0 || !payload_text(payload, "id", &v) ||
		v.n >= sizeof(id))
		return -EINVAL;
	memcpy(id, v.p, v.n);
	id[v.n] = 0;
	if (!is_id(id))
		return -EINVAL;
	memcpy(ret, id, v.n + 1);
	return 0;
}

/* To an array of the incident, which is made where there is none. */
static int add_to(json_t *t, const char *name, json_t *value, size_t most)
{
	json_t *array = json_object_get(t, name);

	if (!json_is_array(array)) {
		array = json_pack("[]"); /* json_array() is base's here */
		if (!array || json_object_set_new(t, name, array) < 0)
			return -ENOMEM;
	}
	if (json_array_size(array) >= most)
		return 0;
	return json_array_append(array, value) < 0 ? -ENOMEM : 0;
}

static size_t find_in(const json_t *array, const char *s)
{
	size_t n = 0;

	while (n < json_array_size(array) &&
		strcmp(s, json_string_value(json_array_get(array, n)) ?: "") != 0)
		n++;
	return n;
}

static int merge_labels(json_t *t, const json_t *more)
{
	const char *tag = text(more, "tag"), *untag = text(more, "untag");
	json_t *labels = json_object_get(t, "labels");
	int r = 0;

	if (*tag && find_in(labels, tag) == json_array_size(labels))
		r = add_to(t, "labels", json_object_get(more, "tag"), INCIDENT_NOTES_MAX);
	labels = json_object_get(t, "labels");
	if (*untag && find_in(labels, untag) < json_array_size(labels))
		(void)json_array_remove(labels, find_in(labels, untag));
	return r;
}

/* What a reviewer did, without what is said elsewhere. */
static int merge_step(json_t *t, const json_t *more, bool revealed, bool taken)
{
	cleanup_with(json_decrefp) json_t *step = json_deep_copy(more);

	if (!step)
		return -ENOMEM;
	json_object_del(step, "kind");
	json_object_del(step, "id");
	if (revealed && json_object_set_new(step, "revealed", json_true()) < 0)
		return -ENOMEM;
	if (taken && json_object_set_new(step, "taken", json_true()) < 0)
		return -ENOMEM;
	return add_to(t, "history", step, INCIDENT_NOTES_MAX);
}

static int merge_review(json_t *t, const json_t *more)
{
	bool revealed = strcmp(text(more, "kind"), "incident-reveal") == 0;
	bool taken = strcmp(text(more, "kind"), "incident-evidence") == 0;
	json_t *v = json_object_get(more, "status");
	int r = 0;

	if (json_is_string(v))
		r = json_object_set(t, "status", v) < 0 ? -ENOMEM : 0;
	v = json_object_get(more, "assignee");
	if (r == 0 && json_is_string(v))
		r = json_object_set_new(t, "assignee",
			    json_string(strcmp(json_string_value(v), "-") ? json_string_value(v)
									  : "")) < 0
			? -ENOMEM
			: 0;
	v = json_object_get(more, "note");
	if (r == 0 && !taken && json_is_string(v))
		r = add_to(t, "notes", v, INCIDENT_NOTES_MAX);
	if (r == 0)
		r = merge_labels(t, more);
	if (r == 0 && (revealed || taken || strcmp(text(more, "kind"), "incident-mark") == 0))
		r = merge_step(t, more, revealed, taken);
	return r;
}

/* A record that was written twice is one file. */
static int add_file(json_t *t, json_t *file)
{
	json_t *files = json_object_get(t, "files");

	for (size_t n = 0; n < json_array_size(files); n++)
		if (json_equal(json_array_get(files, n), file))
			return 0;
	return add_to(t, "files", file, INCIDENT_FILES_MAX);
}

/* Of "evidence": what was kept, or why it was not; a copy that goes takes its own entry along. */
static int merge_copy(json_t *t, const json_t *more)
{
	cleanup_with(json_decrefp) json_t *copy = json_deep_copy(more);
	json_t *copies = json_object_get(t, "copies");
	const char *name = text(more, "copy");

	if (!copy)
		return -ENOMEM;
	json_object_del(copy, "kind");
	json_object_del(copy, "id");
	for (size_t n = json_array_size(copies); *name && n-- > 0;)
		if (strcmp(text(json_array_get(copies, n), "copy"), name) == 0)
			(void)json_array_remove(copies, n);
	return add_to(t, "copies", copy, INCIDENT_FILES_MAX);
}

int incident_merge(struct incident *i, struct view payload)
{
	cleanup_with(json_decrefp) json_t *more = load(payload);
	json_t *t = tree_of(i), *v;
	int r = 0;

	if (!more || strcmp(text(more, "id"), i->id) != 0)
		return -EINVAL;
	if (strcmp(text(more, "kind"), "evidence") == 0) {
		r = merge_copy(t, more);
		take_fields(i);
		return r;
	}
	/* A total, so that a record that was written twice counts once. */
	v = json_object_get(more, "retries");
	if (json_is_integer(v) && number(more, "retries") > i->retries)
		r = json_object_set(t, "retries", v) < 0 ? -ENOMEM : 0;
	v = json_object_get(more, "last");
	if (r == 0 && json_is_string(v) && strcmp(json_string_value(v), i->last) > 0)
		r = json_object_set(t, "last", v) < 0 ? -ENOMEM : 0;
	if (r == 0)
		r = merge_review(t, more);
	v = json_object_get(more, "file");
	if (r == 0 && json_is_object(v))
		r = add_file(t, v);
	take_fields(i);
	return r;
}

int incident_json(const struct incident *i, struct buf *out)
{
	return put_tree(tree_of(i), out);
}

void payload_string(struct view payload, const char *name, char *ret, size_t size)
{
	cleanup_with(json_decrefp) json_t *t = load(payload);

	snprintf(ret, size, "%s", text(t, name));
}
