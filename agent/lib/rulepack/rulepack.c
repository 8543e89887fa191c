/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds packs, and builds them kind by kind over all packs, so that one pack may use another's
 * contexts, tails, scorings and lists ("common/heading").
 */
#include "rulepack/rulepack.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/tag.h"
#include "rulepack/loader.h"

void loader_done(struct loader *l)
{
	for (uint32_t i = 0; i < l->n_packs; i++) {
		free(l->packs[i].path);
		l->packs[i].conf = conf_free(l->packs[i].conf);
	}
	l->b = ruleset_build_free(l->b);
	buf_done(&l->symbols);
}

int builder_diag(struct loader *l, const struct pack_source *p, const struct conf_node *n, int e)
{
	struct build_at at = {0};
	const char *why;

	if (e == -E2BIG) {
		conf_error(p->conf, n, "R013", l->d, "more than a ruleset can hold");
		return -EBADMSG;
	}
	if (e != -EINVAL)
		return e;
	why = ruleset_build_error(l->b, &at);
	diags_error(l->d, "R010", at.file ? at.file : conf_file(p->conf),
		at.line ? at.line : n->line, at.line ? at.col : n->col, "%s", why);
	return -EBADMSG;
}

static const char *const kind_names[] = {
	"mark", "tail", "context", "scoring", "list of keys", "list of names", "rule"};

static bool name_is_sound(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n >= RULEPACK_NAME_MAX)
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

int symbol_add(struct loader *l, const struct pack_source *p, enum symbol_kind kind,
	const struct conf_node *key, const struct conf_node *node)
{
	struct symbol s = {.kind = kind, .pack = p->index, .name = key->text, .node = node};
	size_t n = l->symbols.n / sizeof(s);

	if (!name_is_sound(key->text)) {
		diag_hint(conf_error(p->conf, key, "R003", l->d, "'%s' is no name for a %s",
				  key->text, kind_names[kind]),
			"small letters, digits and '-'");
		return -EBADMSG;
	}
	for (size_t i = n; i-- > 0;) {
		const struct symbol *o = &loader_symbols(l)[i];

		if (o->pack != p->index)
			break;
		if (o->kind == kind && strcmp(o->name, key->text) == 0) {
			conf_error(p->conf, key, "R011", l->d, "there is a %s '%s' already",
				kind_names[kind], key->text);
			return -EBADMSG;
		}
	}
	return buf_put(&l->symbols, &s, sizeof(s));
}

static uint32_t pack_find(const struct loader *l, const char *name, size_t n)
{
	for (uint32_t i = 0; i < l->n_packs; i++)
		if (l->packs[i].name && strlen(l->packs[i].name) == n &&
			memcmp(l->packs[i].name, name, n) == 0)
			return i;
	return UINT32_MAX;
}

static void unknown_symbol(struct loader *l, const struct pack_source *p, enum symbol_kind kind,
	const struct conf_node *n, uint32_t pack, const char *name)
{
	const char *names[LIST_MAX + 1], *near;
	struct diag *d = conf_error(
		p->conf, n, "R009", l->d, "no %s '%s'", kind_names[kind], n->text);
	size_t count = 0;

	for (size_t i = 0; i < l->symbols.n / sizeof(struct symbol) && count < LIST_MAX; i++)
		if (loader_symbols(l)[i].kind == kind && loader_symbols(l)[i].pack == pack)
			names[count++] = loader_symbols(l)[i].name;
	names[count] = NULL;
	near = diag_nearest(name, names);
	if (near)
		diag_hint(d, "did you mean '%s'?", near);
	else if (pack == UINT32_MAX)
		diag_hint(d, "that pack is not loaded");
}

struct symbol *symbol_get(struct loader *l, const struct pack_source *p, enum symbol_kind kind,
	const struct conf_node *n)
{
	uint32_t pack = p->index;
	const char *name, *slash;

	if (conf_string(p->conf, n, "R006", l->d, &name) < 0)
		return NULL;
	slash = strchr(name, '/');
	if (slash) {
		pack = pack_find(l, name, (size_t)(slash - name));
		name = slash + 1;
	}
	for (size_t i = 0; i < l->symbols.n / sizeof(struct symbol); i++) {
		struct symbol *s = &loader_symbols(l)[i];

		if (s->kind == kind && s->pack == pack && strcmp(s->name, name) == 0)
			return s;
	}
	unknown_symbol(l, p, kind, n, pack, name);
	return NULL;
}

int texts_check(struct loader *l, const struct pack_source *p, const struct conf_node *n,
	struct build_text *ret)
{
	const struct conf_node *re = conf_get(n, "re"), *sample = conf_get(n, "sample");

	*ret = (struct build_text){.at = {conf_file(p->conf), n->line, n->col}};
	if (n->type != CONF_MAPPING)
		return conf_string(p->conf, n, "R006", l->d, &ret->text);
	if (conf_check_keys(p->conf, n, keys_form, "R004", l->d) < 0)
		return -EBADMSG;
	if (!re || !sample) {
		conf_error(p->conf, n, "R005", l->d,
			"an expression is written {re: '...', sample: 'what it finds'}");
		return -EBADMSG;
	}
	if (conf_string(p->conf, re, "R006", l->d, &ret->text) < 0)
		return -EBADMSG;
	return conf_string(p->conf, sample, "R006", l->d, &ret->sample);
}

/* Each text of the list under `key`, through `use`. */
struct text_user {
	int (*add)(struct ruleset_build *b, uint32_t index, int how, const struct build_text *t);
	uint32_t index;
	int how;
};

static int texts_load(struct loader *l, const struct pack_source *p, const struct conf_node *map,
	const char *key, const struct text_user *use)
{
	const struct conf_node *n = conf_get(map, key);
	int bad = 0;

	if (!n)
		return 0;
	if (n->type != CONF_SEQUENCE) {
		conf_error(p->conf, n, "R006", l->d, "expected a list");
		return -EBADMSG;
	}
	for (size_t i = 0; i < n->n; i++) {
		struct build_text t;
		int e = texts_check(l, p, n->items[i], &t);

		if (e == 0) {
			e = use->add(l->b, use->index, use->how, &t);
			e = e < 0 ? builder_diag(l, p, n->items[i], e) : 0;
		}
		if (e < 0 && e != -EBADMSG)
			return e;
		bad = bad ? bad : e;
	}
	return bad;
}

static int add_form(struct ruleset_build *b, uint32_t index, int how, const struct build_text *t)
{
	return build_form(b, index, (enum rs_form)how, t);
}

static int add_context_text(
	struct ruleset_build *b, uint32_t index, int how, const struct build_text *t)
{
	return build_context_text(b, index, (enum rs_anchor)how, t);
}

static int mark_level(struct loader *l, const struct pack_source *p, const struct conf_node *node,
	struct build_mark *m)
{
	const struct conf_node *level = conf_get(node, "level"), *tag = conf_get(node, "tag");
	enum tag t;

	m->tag = RS_NO_TAG;
	if ((level != NULL) == (tag != NULL)) {
		conf_error(p->conf, node, "R005", l->d, "a mark has a 'level' or a 'tag'");
		return -EBADMSG;
	}
	if (level && level_parse(level->type == CONF_SCALAR ? level->text : "", &m->level) < 0) {
		diag_hint(conf_error(p->conf, level, "R007", l->d, "no such level"),
			"none, internal, confidential, secret or top-secret");
		return -EBADMSG;
	}
	if (tag && tag_parse(tag->type == CONF_SCALAR ? tag->text : "", &t) < 0) {
		diag_hint(conf_error(p->conf, tag, "R008", l->d, "no such tag"),
			"meeting-access, declassified, specimen, ...");
		return -EBADMSG;
	}
	if (tag)
		m->tag = (uint8_t)t;
	return 0;
}

static int mark_load(struct loader *l, const struct pack_source *p, struct symbol *s)
{
	struct build_mark m = {.pack = p->index, .name = s->name};
	const struct conf_node *scale = conf_get(s->node, "scale");
	struct text_user exact = {add_form, 0, RS_FORM_EXACT},
			 folded = {add_form, 0, RS_FORM_FOLDED};
	int e;

	if (conf_check_keys(p->conf, s->node, keys_mark, "R004", l->d) < 0 ||
		mark_level(l, p, s->node, &m) < 0 ||
		(scale && conf_string(p->conf, scale, "R006", l->d, &m.scale) < 0))
		return -EBADMSG;
	if (!conf_get(s->node, "forms")) {
		conf_error(p->conf, s->node, "R005", l->d, "'forms' is missing: how it is written");
		return -EBADMSG;
	}
	e = build_mark(l->b, &m);
	if (e < 0)
		return builder_diag(l, p, s->node, e);
	s->index = exact.index = folded.index = (uint32_t)e;
	l->info->packs[p->index].n_marks++;
	e = texts_load(l, p, s->node, "forms", &exact);
	return e < 0 ? e : texts_load(l, p, s->node, "folded", &folded);
}

static int context_load(struct loader *l, const struct pack_source *p, struct symbol *s)
{
	const struct conf_node *within = conf_get(s->node, "within"),
			       *document = conf_get(s->node, "document");
	uint64_t blocks = 0;
	bool whole = false;
	int e;

	if (conf_check_keys(p->conf, s->node, keys_context, "R004", l->d) < 0 ||
		(within &&
			conf_u64(p->conf, within, 0, MATCH_WINDOW_MAX, "R006", l->d, &blocks) <
				0) ||
		(document && conf_bool(p->conf, document, "R006", l->d, &whole) < 0))
		return -EBADMSG;
	if ((within != NULL) == whole) {
		conf_error(p->conf, s->node, "R005", l->d,
			"a context has 'within: BLOCKS' or 'document: true'");
		return -EBADMSG;
	}
	e = build_context(l->b, s->name, (unsigned)blocks, whole);
	if (e < 0)
		return builder_diag(l, p, s->node, e);
	s->index = (uint32_t)e;
	static const char *const anchors[] = {"any", "starts", "whole"};

	for (int i = 0; i < RS_ANCHOR_MAX; i++) {
		struct text_user use = {add_context_text, s->index, i};

		e = texts_load(l, p, s->node, anchors[i], &use);
		if (e < 0)
			return e;
	}
	return 0;
}

static int tail_load(struct loader *l, const struct pack_source *p, struct symbol *s)
{
	cleanup_with(freep) struct build_text *texts = NULL;
	int e;

	if (s->node->type != CONF_SEQUENCE || s->node->n == 0 || s->node->n > LIST_MAX) {
		conf_error(p->conf, s->node, "R006", l->d, "expected a list");
		return -EBADMSG;
	}
	texts = calloc(s->node->n, sizeof(*texts));
	if (!texts)
		return -ENOMEM;
	for (size_t i = 0; i < s->node->n; i++)
		if (texts_check(l, p, s->node->items[i], &texts[i]) < 0)
			return -EBADMSG;
	e = build_tail(l->b, texts, s->node->n);
	if (e < 0)
		return builder_diag(l, p, s->node, e);
	s->index = (uint32_t)e;
	return 0;
}

static int list_load(struct loader *l, const struct pack_source *p, struct symbol *s)
{
	if (s->node->type == CONF_SEQUENCE)
		return 0;
	conf_error(p->conf, s->node, "R006", l->d, "expected a list");
	return -EBADMSG;
}

static int symbol_load(struct loader *l, const struct pack_source *p, size_t i)
{
	struct symbol *s = &loader_symbols(l)[i];

	switch (s->kind) {
	case SYMBOL_MARK: return mark_load(l, p, s);
	case SYMBOL_TAIL: return tail_load(l, p, s);
	case SYMBOL_CONTEXT: return context_load(l, p, s);
	case SYMBOL_SCORING: return cond_list(l, p, s->node, true, &s->span);
	case SYMBOL_KEYS:
	case SYMBOL_NAMES: return list_load(l, p, s);
	case SYMBOL_RULE: return rule_load(l, p, s->node);
	case SYMBOL_MAX: break;
	}
	return 0;
}

static int symbols_collect(struct loader *l, const struct pack_source *p)
{
	static const struct {
		const char *key;
		enum symbol_kind kind;
	} parts[] = {
		{"marks", SYMBOL_MARK},
		{"tails", SYMBOL_TAIL},
		{"contexts", SYMBOL_CONTEXT},
		{"scorings", SYMBOL_SCORING},
		{"keys", SYMBOL_KEYS},
		{"names", SYMBOL_NAMES},
	};
	int bad = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const struct conf_node *n = conf_get(conf_root(p->conf), parts[i].key);

		if (n && n->type != CONF_MAPPING) {
			conf_error(p->conf, n, "R006", l->d, "expected names with definitions");
			bad = -EBADMSG;
			continue;
		}
		for (size_t j = 0; n && j < n->n; j++) {
			int e = symbol_add(l, p, parts[i].kind, n->keys[j], n->items[j]);

			bad = bad ? bad : e;
		}
	}
	return bad;
}

static int rules_collect(struct loader *l, const struct pack_source *p)
{
	const struct conf_node *n = conf_get(conf_root(p->conf), "rules"), *id;
	int bad = 0, e;

	if (n && n->type != CONF_SEQUENCE) {
		conf_error(p->conf, n, "R006", l->d, "expected a list of rules");
		return -EBADMSG;
	}
	for (size_t i = 0; n && i < n->n; i++) {
		id = conf_get(n->items[i], "id");
		if (!id || id->type != CONF_SCALAR) {
			conf_error(p->conf, n->items[i], "R005", l->d, "a rule needs an 'id'");
			bad = -EBADMSG;
			continue;
		}
		e = symbol_add(l, p, SYMBOL_RULE, id, n->items[i]);
		bad = bad ? bad : e;
		l->info->packs[p->index].n_rules++;
	}
	return bad;
}

static int text_of(struct loader *l, const struct pack_source *p, const char *key, bool needed,
	const char **ret)
{
	const struct conf_node *n = conf_get(conf_root(p->conf), key);

	*ret = "";
	if (n)
		return conf_string(p->conf, n, "R006", l->d, ret);
	if (!needed)
		return 0;
	conf_error(p->conf, conf_root(p->conf), "R005", l->d, "'%s' is missing", key);
	return -EBADMSG;
}

static int pack_head(struct loader *l, struct pack_source *p)
{
	struct rulepack_pack *info = &l->info->packs[p->index];
	const struct conf_node *root = conf_root(p->conf);
	const char *name, *version, *title;
	int e;

	if (root->type != CONF_MAPPING) {
		conf_error(p->conf, root, "R006", l->d, "a pack begins with 'pack: NAME'");
		return -EBADMSG;
	}
	if (conf_check_keys(p->conf, root, keys_pack, "R004", l->d) < 0 ||
		text_of(l, p, "pack", true, &name) < 0 ||
		text_of(l, p, "version", true, &version) < 0 ||
		text_of(l, p, "title", false, &title) < 0)
		return -EBADMSG;
	if (!name_is_sound(name)) {
		diag_hint(conf_error(p->conf, conf_get(root, "pack"), "R003", l->d,
				  "'%s' is no name for a pack", name),
			"small letters, digits and '-'");
		return -EBADMSG;
	}
	if (pack_find(l, name, strlen(name)) != UINT32_MAX) {
		conf_error(p->conf, conf_get(root, "pack"), "R011", l->d,
			"there is a pack '%s' already", name);
		return -EBADMSG;
	}
	p->name = name;
	snprintf(info->name, sizeof(info->name), "%s", name);
	snprintf(info->version, sizeof(info->version), "%s", version);
	snprintf(info->title, sizeof(info->title), "%s", title);
	e = build_pack(l->b, name, version);
	return e < 0 ? builder_diag(l, p, root, e) : 0;
}

static void warn_unused(struct loader *l)
{
	for (size_t i = 0; i < l->symbols.n / sizeof(struct symbol); i++) {
		const struct symbol *s = &loader_symbols(l)[i];
		const struct pack_source *p = &l->packs[s->pack];

		if (s->kind == SYMBOL_MARK && !s->used)
			diags_warning(l->d, "R016", conf_file(p->conf), s->node->line, s->node->col,
				"no rule looks for the mark '%s'", s->name);
	}
}

/* Kind by kind, in the order of the enum but marks first: scorings need contexts and tails. */
int loader_build(struct loader *l, struct buf *ret_blob)
{
	int bad = 0, e;

	for (uint32_t i = 0; i < l->n_packs; i++) {
		l->packs[i].index = i;
		e = pack_head(l, &l->packs[i]);
		if (e < 0)
			return e;
	}
	for (uint32_t i = 0; i < l->n_packs; i++) {
		e = symbols_collect(l, &l->packs[i]);
		if (e == 0)
			e = rules_collect(l, &l->packs[i]);
		bad = bad ? bad : e;
	}
	for (int kind = 0; !bad && kind < SYMBOL_MAX; kind++)
		for (size_t i = 0; i < l->symbols.n / sizeof(struct symbol); i++) {
			const struct symbol *s = &loader_symbols(l)[i];

			if ((int)s->kind != kind)
				continue;
			e = symbol_load(l, &l->packs[s->pack], i);
			if (e < 0 && e != -EBADMSG)
				return e;
			bad = bad ? bad : e;
		}
	for (uint32_t i = 0; !bad && i < l->n_packs; i++) {
		e = labels_load(l, &l->packs[i]);
		if (e == 0)
			e = stamps_load(l, &l->packs[i]);
		if (e < 0 && e != -EBADMSG)
			return e;
		bad = bad ? bad : e;
	}
	if (bad)
		return bad;
	warn_unused(l);
	e = ruleset_build(l->b, ret_blob);
	return e < 0 ? builder_diag(l, &l->packs[0], conf_root(l->packs[0].conf), e) : 0;
}

/* Takes `path`. */
static int pack_add(struct loader *l, char *path, struct conf *conf, const char *folder)
{
	struct pack_source *p;

	if (l->n_packs == RULEPACK_PACKS_MAX) {
		diags_error(l->d, "R013", folder, 0, 0, "more than %u packs", RULEPACK_PACKS_MAX);
		free(path);
		conf_free(conf);
		return -EBADMSG;
	}
	snprintf(l->info->packs[l->n_packs].path, sizeof(l->info->packs[0].path), "%s", folder);
	p = &l->packs[l->n_packs++];
	*p = (struct pack_source){.path = path, .conf = conf};
	return 0;
}

static int pack_load(struct loader *l, const char *folder)
{
	cleanup_with(freep) char *path = NULL;
	cleanup_with(conf_freep) struct conf *conf = NULL;
	int e;

	if (asprintf(&path, "%s/pack.yaml", folder) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	e = conf_load(path, l->d, &conf);
	if (e < 0 && e != -EBADMSG && e != -ENOMEM) {
		diags_error(l->d, "R001", path, 0, 0, "cannot be read: %s", strerror(-e));
		return -EBADMSG;
	}
	return e < 0 ? e : pack_add(l, steal(&path), steal(&conf), folder);
}

static bool is_pack(const char *folder)
{
	cleanup_with(freep) char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/pack.yaml", folder) < 0) {
		path = NULL;
		return false;
	}
	return stat(path, &st) == 0;
}

static int not_hidden(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* A drop-in folder ("rules.d") is where an admin may put packs, or not. */
static bool is_drop_in(const char *folder)
{
	size_t n = strlen(folder);

	return n > 2 && strcmp(folder + n - 2, ".d") == 0;
}

static int folder_load(struct loader *l, const char *folder)
{
	struct dirent **names = NULL;
	uint32_t before = l->n_packs;
	int n, e = 0, bad = 0;

	if (is_pack(folder))
		return pack_load(l, folder);
	n = scandir(folder, &names, not_hidden, by_name);
	if (n < 0 && errno == ENOENT && is_drop_in(folder))
		return 0;
	if (n < 0) {
		diags_error(l->d, "R001", folder, 0, 0, "cannot be read: %s", strerror(errno));
		return -EBADMSG;
	}
	for (int i = 0; i < n; i++) {
		cleanup_with(freep) char *path = NULL;

		if (asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0) {
			path = NULL;
			e = -ENOMEM;
		}
		free(names[i]);
		if (e == 0 && is_pack(path))
			e = pack_load(l, path);
		if (e == -EBADMSG) {
			bad = e;
			e = 0;
		}
	}
	free(names);
	if (e == 0 && !bad && l->n_packs == before && !is_drop_in(folder)) {
		diags_error(l->d, "R002", folder, 0, 0, "holds no pack (a folder with pack.yaml)");
		return -EBADMSG;
	}
	return e < 0 ? e : bad;
}

int loader_find(struct loader *l, const char *const *dirs, size_t n_dirs)
{
	int e = ruleset_build_new(&l->b), bad = 0;

	for (size_t i = 0; e == 0 && i < n_dirs; i++) {
		e = folder_load(l, dirs[i]);
		if (e == -EBADMSG) {
			bad = e;
			e = 0;
		}
	}
	if (e == 0 && !bad && l->n_packs == 0) {
		diags_error(l->d, "R002", "", 0, 0, "no folder of packs was given");
		return -EBADMSG;
	}
	return e < 0 ? e : bad;
}

int loader_add_text(struct loader *l, const char *file, struct view text)
{
	struct conf *conf = NULL;
	int e = ruleset_build_new(&l->b);

	if (e == 0)
		e = conf_parse(file, text, l->d, &conf);
	return e < 0 ? e : pack_add(l, NULL, conf, file);
}

int rulepack_compile(const char *const *dirs, size_t n_dirs, struct diags *d,
	struct rulepack_info *ret_info, struct buf *ret_blob)
{
	cleanup_with(freep) struct rulepack_info *info = calloc(1, sizeof(*info));
	cleanup_with(loader_done) struct loader l = {
		.d = d, .info = info, .symbols.max = 64U << 20};
	int e;

	if (!info)
		return -ENOMEM;
	e = loader_find(&l, dirs, n_dirs);
	if (e == 0)
		e = loader_build(&l, ret_blob);
	if (e < 0)
		return e;
	info->n_packs = l.n_packs;
	*ret_info = *info;
	return 0;
}

int rulepack_compile_text(const char *file, struct view text, struct diags *d,
	struct rulepack_info *ret_info, struct buf *ret_blob)
{
	cleanup_with(freep) struct rulepack_info *info = calloc(1, sizeof(*info));
	cleanup_with(loader_done) struct loader l = {
		.d = d, .info = info, .symbols.max = 64U << 20};
	int e;

	if (!info)
		return -ENOMEM;
	e = loader_add_text(&l, file, text);
	if (e == 0)
		e = loader_build(&l, ret_blob);
	if (e < 0)
		return e;
	info->n_packs = l.n_packs;
	*ret_info = *info;
	return 0;
}
