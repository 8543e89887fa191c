/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml's events into a tree. Owns the arena that all nodes live in; hands out const pointers
 * only. Recursion is bounded by CONF_DEPTH_MAX, memory by CONF_SIZE_MAX and CONF_NODES_MAX.
 */
#include "conf/conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include "base/buf.h"
#include "base/checked.h"
#include "base/fd.h"

#define ARENA_BLOCK (64U << 10)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	uint64_t data[]; /* aligned for every node */
};

struct conf {
	char *file;
	struct arena_block *blocks;
	const struct conf_node *root;
};

struct parse {
	struct conf *conf;
	struct diags *diags;
	yaml_parser_t *yaml;
	size_t n_nodes;
};

/* Children of a node that is being read. */
struct children {
	const struct conf_node **v;
	size_t n, cap;
};

static void children_done(struct children *c)
{
	free(c->v);
}

static int children_add(struct children *c, const struct conf_node *n)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 16;
		const struct conf_node **v = realloc(
			(void *)c->v, cap * sizeof(struct conf_node *));

		if (!v)
			return -ENOMEM;
		c->v = v;
		c->cap = cap;
	}
	c->v[c->n++] = n;
	return 0;
}

static void *arena_alloc(struct conf *c, size_t size)
{
	struct arena_block *b = c->blocks;
	size_t need = (size + 7) & ~(size_t)7;
	void *p;

	if (!b || need > b->size - b->used) {
		size_t room = MAX(need, (size_t)ARENA_BLOCK);

		b = malloc(sizeof(*b) + room);
		if (!b)
			return NULL;
		b->next = c->blocks;
		b->used = 0;
		b->size = room;
		c->blocks = b;
	}
	p = (uint8_t *)b->data + b->used;
	b->used += need;
	return p;
}

static const char *arena_text(struct conf *c, const uint8_t *p, size_t n)
{
	char *s = arena_alloc(c, n + 1);

	if (!s)
		return NULL;
	memcpy(s, p, n);
	s[n] = 0;
	return s;
}

struct conf *conf_free(struct conf *c)
{
	if (!c)
		return NULL;
	while (c->blocks) {
		struct arena_block *next = c->blocks->next;

		free(c->blocks);
		c->blocks = next;
	}
	free(c->file);
	free(c);
	return NULL;
}

void conf_freep(struct conf **c)
{
	*c = conf_free(*c);
}

static printf_like(4, 5) struct diag *fail(
	struct parse *p, const yaml_mark_t *at, const char *code, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return diags_error(p->diags, code, p->conf->file, (unsigned)at->line + 1,
		(unsigned)at->column + 1, "%s", text);
}

/* Where libyaml names a byte only. */
static yaml_mark_t mark_of_offset(struct view text, size_t offset)
{
	yaml_mark_t m = {0};

	for (size_t i = 0; i < MIN(offset, text.n); i++)
		if (text.p[i] == '\n') {
			m.line++;
			m.column = 0;
		} else if ((text.p[i] & 0xc0) != 0x80) {
			m.column++;
		}
	return m;
}

/* The byte at a mark, whose index counts characters; 0 at the end. */
static uint8_t byte_at(struct view text, const yaml_mark_t *at)
{
	size_t line = 0, i = 0;

	while (i < text.n && line < at->line)
		line += text.p[i++] == '\n';
	for (size_t column = 0; i < text.n && column < at->column; column++)
		for (i++; i < text.n && (text.p[i] & 0xc0) == 0x80;)
			i++;
	return i < text.n ? text.p[i] : 0;
}

/* libyaml's words are for those who know YAML's grammar. */
static const char *yaml_hint(const char *context, const char *problem, uint8_t at)
{
	static const struct {
		const char *problem, *hint;
	} hints[] = {
		{"found character that cannot start", "put the value in quotes"},
		{"mapping values are not allowed",
			"a text with `: ` in it must be in quotes; or the line is indented wrong"},
		{"could not find expected ':'",
			"a key needs `: ` with a plain blank; or a quote is not closed above"},
		{"did not find expected key", "its indentation fits none of the lines above"},
		{"did not find expected '-'", "its indentation fits none of the lines above"},
		{"did not find expected ','", "the list in [ ] or { } above is not closed"},
		{"found unexpected end of stream", "a quote is not closed"},
		{"did not find expected alphabetic",
			"a value with * or & at its beginning must be in quotes"},
		{"invalid leading UTF-8", "save the file as UTF-8"},
		{"invalid trailing UTF-8", "save the file as UTF-8"},
		{"incomplete UTF-8", "save the file as UTF-8"},
	};

	if (at == '\t')
		return "a tab: indent with blanks";
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (strstr(problem, hints[i].problem) || strstr(context, hints[i].problem))
			return hints[i].hint;
	return NULL;
}

static int fail_yaml(struct parse *p, struct view text)
{
	const char *hint;
	struct diag *e;
	yaml_parser_t *y = p->yaml;
	yaml_mark_t at = y->problem_mark;

	if (y->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (y->error == YAML_READER_ERROR)
		at = mark_of_offset(text, y->problem_offset);
	e = fail(p, &at, CONF_CODE_SYNTAX, "%s%s%s", y->context ? y->context : "",
		y->context ? ": " : "", y->problem ? y->problem : "not YAML");
	hint = yaml_hint(
		y->context ? y->context : "", y->problem ? y->problem : "", byte_at(text, &at));
	if (hint)
		diag_hint(e, "%s", hint);
	return -EBADMSG;
}

static int next_event(struct parse *p, struct view text, yaml_event_t *ret)
{
	if (!yaml_parser_parse(p->yaml, ret))
		return fail_yaml(p, text);
	return 0;
}

static int node_new(
	struct parse *p, enum conf_type type, const yaml_mark_t *at, struct conf_node **ret)
{
	struct conf_node *n;

	if (p->n_nodes++ >= CONF_NODES_MAX) {
		(void)fail(p, at, CONF_CODE_NODES, "more than %u values", CONF_NODES_MAX);
		return -EBADMSG;
	}
	n = arena_alloc(p->conf, sizeof(*n));
	if (!n)
		return -ENOMEM;
	*n = (struct conf_node){
		.type = type,
		.line = (unsigned)at->line + 1,
		.col = (unsigned)at->column + 1,
	};
	*ret = n;
	return 0;
}

/* Anchors and foreign tags are reported, and reading goes on. */
static void check_decoration(struct parse *p, const yaml_mark_t *at, const yaml_char_t *anchor,
	const yaml_char_t *tag, const char *const *tags)
{
	if (anchor)
		diag_hint(fail(p, at, CONF_CODE_ALIAS,
				  "anchors are not allowed: write the value out"),
			"a value with & at its beginning must be in quotes");
	if (!tag)
		return;
	for (; *tags; tags++)
		if (strcmp((const char *)tag, *tags) == 0)
			return;
	(void)fail(p, at, CONF_CODE_TAG, "tag %.80s is not allowed here", (const char *)tag);
}

static int read_scalar(struct parse *p, const yaml_event_t *e, const struct conf_node **ret)
{
	static const char *const tags[] = {"!", YAML_STR_TAG, YAML_INT_TAG, YAML_BOOL_TAG,
		YAML_FLOAT_TAG, YAML_NULL_TAG, NULL};
	const char *tag = (const char *)e->data.scalar.tag;
	struct view text = view_of(e->data.scalar.value, e->data.scalar.length);
	struct conf_node *n;
	int r;

	check_decoration(p, &e->start_mark, e->data.scalar.anchor, e->data.scalar.tag, tags);
	r = node_new(p, CONF_SCALAR, &e->start_mark, &n);
	if (r < 0)
		return r;
	if (text.n > 0 && memchr(text.p, 0, text.n))
		(void)fail(p, &e->start_mark, CONF_CODE_CHARACTER, "a NUL character in a value");
	n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
		(tag && (strcmp(tag, YAML_STR_TAG) == 0 || strcmp(tag, "!") == 0));
	n->text = arena_text(p->conf, text.p, text.n);
	if (!n->text)
		return -ENOMEM;
	*ret = n;
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct conf_node *x = *(const struct conf_node *const *)a;
	const struct conf_node *y = *(const struct conf_node *const *)b;
	int c = strcmp(x->text, y->text);

	if (c != 0)
		return c;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->col < y->col ? -1 : x->col > y->col;
}

static int check_duplicates(struct parse *p, const struct conf_node *map)
{
	const struct conf_node **sorted = calloc(map->n + 1, sizeof(struct conf_node *));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < map->n; i++)
		sorted[i] = map->keys[i];
	qsort((void *)sorted, map->n, sizeof(struct conf_node *), compare_keys);
	for (size_t i = 1; i < map->n; i++)
		if (strcmp(sorted[i - 1]->text, sorted[i]->text) == 0)
			(void)conf_error(p->conf, sorted[i], CONF_CODE_DUPLICATE, p->diags,
				"`%.80s` is already given in line %u", sorted[i]->text,
				sorted[i - 1]->line);
	free((void *)sorted);
	return 0;
}

static int read_node(struct parse *p, struct view text, const yaml_event_t *e, unsigned depth,
	const struct conf_node **ret);

static const struct conf_node **arena_nodes(
	struct conf *c, const struct children *from, size_t first, size_t step)
{
	size_t n = from->n / step, k = 0;
	const struct conf_node **v = arena_alloc(c, n * sizeof(struct conf_node *));

	if (!v)
		return NULL;
	for (size_t i = first; i < from->n; i += step)
		v[k++] = from->v[i];
	return v;
}

/* Reads values until the event `end`: items, or keys and values by turns. */
static int read_children(struct parse *p, struct view text, yaml_event_type_t end, unsigned depth,
	struct children *ret)
{
	bool mapping = end == YAML_MAPPING_END_EVENT;

	for (;;) {
		cleanup_with(yaml_event_delete) yaml_event_t e = {0};
		const struct conf_node *n;
		int r = next_event(p, text, &e);

		if (r < 0)
			return r;
		if (e.type == end)
			return 0;
		r = read_node(p, text, &e, depth, &n);
		if (r < 0)
			return r;
		if (mapping && ret->n % 2 == 0 && n->type != CONF_SCALAR) {
			(void)fail(p, &e.start_mark, CONF_CODE_KEY, "a key must be a plain word");
			return -EBADMSG;
		}
		r = children_add(ret, n);
		if (r < 0)
			return r;
	}
}

static int read_collection(struct parse *p, struct view text, const yaml_event_t *e, unsigned depth,
	const struct conf_node **ret)
{
	static const char *const map_tags[] = {"!", YAML_MAP_TAG, NULL};
	static const char *const seq_tags[] = {"!", YAML_SEQ_TAG, NULL};
	bool map = e->type == YAML_MAPPING_START_EVENT;
	cleanup_with(children_done) struct children c = {0};
	struct conf_node *n;
	int r;

	if (depth >= CONF_DEPTH_MAX) {
		(void)fail(p, &e->start_mark, CONF_CODE_DEPTH, "nested deeper than %u levels",
			CONF_DEPTH_MAX);
		return -EBADMSG;
	}
	if (map)
		check_decoration(p, &e->start_mark, e->data.mapping_start.anchor,
			e->data.mapping_start.tag, map_tags);
	else
		check_decoration(p, &e->start_mark, e->data.sequence_start.anchor,
			e->data.sequence_start.tag, seq_tags);
	r = node_new(p, map ? CONF_MAPPING : CONF_SEQUENCE, &e->start_mark, &n);
	if (r < 0)
		return r;
	r = read_children(
		p, text, map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT, depth + 1, &c);
	if (r < 0)
		return r;
	n->n = map ? c.n / 2 : c.n;
	n->keys = map ? arena_nodes(p->conf, &c, 0, 2) : NULL;
	n->items = map ? arena_nodes(p->conf, &c, 1, 2) : arena_nodes(p->conf, &c, 0, 1);
	if (!n->items || (map && !n->keys))
		return -ENOMEM;
	*ret = n;
	return map ? check_duplicates(p, n) : 0;
}

static int read_node(struct parse *p, struct view text, const yaml_event_t *e, unsigned depth,
	const struct conf_node **ret)
{
	if (e->type == YAML_SCALAR_EVENT)
		return read_scalar(p, e, ret);
	if (e->type == YAML_MAPPING_START_EVENT || e->type == YAML_SEQUENCE_START_EVENT)
		return read_collection(p, text, e, depth, ret);
	if (e->type == YAML_ALIAS_EVENT)
		diag_hint(fail(p, &e->start_mark, CONF_CODE_ALIAS,
				  "aliases are not allowed: write the value out"),
			"a pattern with * at its beginning must be in quotes");
	else
		(void)fail(p, &e->start_mark, CONF_CODE_SYNTAX, "a value is missing");
	return -EBADMSG;
}

static int empty_root(struct parse *p)
{
	static const yaml_mark_t start = {0};
	struct conf_node *n;
	int r = node_new(p, CONF_MAPPING, &start, &n);

	if (r == 0)
		p->conf->root = n;
	return r;
}

static int read_stream(struct parse *p, struct view text)
{
	for (;;) {
		cleanup_with(yaml_event_delete) yaml_event_t e = {0};
		int r = next_event(p, text, &e);

		if (r < 0)
			return r;
		if (e.type == YAML_STREAM_END_EVENT)
			return 0;
		if (e.type == YAML_STREAM_START_EVENT || e.type == YAML_DOCUMENT_END_EVENT)
			continue;
		if (e.type == YAML_DOCUMENT_START_EVENT) {
			if (!p->conf->root)
				continue;
			(void)fail(p, &e.start_mark, CONF_CODE_DOCUMENTS,
				"a second document begins here; one file is one document");
			return -EBADMSG;
		}
		r = read_node(p, text, &e, 0, &p->conf->root);
		if (r < 0)
			return r;
	}
}

/* The character at `i` that makes a line show something else than it means: one that turns the
   direction, or ends the line for YAML and for no editor. 0 where it is another one. */
static uint32_t deceiving(struct view text, size_t i)
{
	const uint8_t *u = text.p + i;
	size_t left = text.n - i;

	if (u[0] == '\r')
		return left > 1 && u[1] == '\n' ? 0 : u[0];
	if (u[0] == 0xc2)
		return left > 1 && u[1] == 0x85 ? 0x85 : 0;
	if (u[0] != 0xe2 || left < 3)
		return 0;
	if ((u[1] == 0x80 && u[2] >= 0xa8 && u[2] <= 0xae) ||
		(u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9))
		return 0x2000U | (u[1] & 3U) << 6 | (u[2] & 63U);
	return 0;
}

static void check_characters(struct parse *p, struct view text)
{
	for (size_t i = 0; i < text.n; i++) {
		uint32_t cp = deceiving(text, i);
		bool ends = cp == '\r' || cp == 0x85 || cp == 0x2028 || cp == 0x2029;
		yaml_mark_t at;

		if (cp == 0)
			continue;
		at = mark_of_offset(text, i);
		diag_hint(fail(p, &at, CONF_CODE_CHARACTER, "%s (U+%04X)",
				  ends ? "an end of line that editors do not show"
				       : "a bidirectional control character",
				  cp),
			ends ? "end the line with a line feed, or remove it"
			     : "in double quotes it can be written as \\u20XX");
		return;
	}
}

static int parse_text(struct parse *p, struct view text)
{
	int r;

	static const yaml_mark_t start = {0};

	if (view_starts(text, VIEW_LIT("\xef\xbb\xbf")))
		text = view_sub(text, 3, text.n);
	if (view_starts(text, VIEW_LIT("\xff\xfe")) || view_starts(text, VIEW_LIT("\xfe\xff"))) {
		diag_hint(fail(p, &start, CONF_CODE_SYNTAX, "the file is UTF-16"),
			"save it as UTF-8");
		return -EBADMSG;
	}
	check_characters(p, text);
	yaml_parser_set_encoding(p->yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(p->yaml, text.p ? text.p : (const uint8_t *)"", text.n);
	r = read_stream(p, text);
	if (r == 0 && !p->conf->root)
		r = empty_root(p);
	return r;
}

static int is_null(const struct conf_node *n)
{
	return n->type == CONF_SCALAR && !n->quoted && n->text[0] == 0;
}

int conf_parse(const char *file, struct view text, struct diags *d, struct conf **ret)
{
	cleanup_with(conf_freep) struct conf *c = calloc(1, sizeof(*c));
	size_t errors = d->errors;
	yaml_parser_t yaml;
	struct parse p = {.conf = c, .diags = d, .yaml = &yaml};
	int r;

	if (!c)
		return -ENOMEM;
	c->file = strdup(file);
	if (!c->file)
		return -ENOMEM;
	if (text.n > CONF_SIZE_MAX) {
		(void)diags_error(
			d, CONF_CODE_SIZE, file, 0, 0, "larger than %u MiB", CONF_SIZE_MAX >> 20);
		return -EBADMSG;
	}
	if (!yaml_parser_initialize(&yaml))
		return -ENOMEM;
	r = parse_text(&p, text);
	yaml_parser_delete(&yaml);
	if (r == 0 && is_null(c->root))
		r = empty_root(&p);
	if (r == 0 && d->errors > errors)
		r = -EBADMSG;
	if (r == 0)
		*ret = steal(&c);
	return r;
}

int conf_load(const char *path, struct diags *d, struct conf **ret)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(CONF_SIZE_MAX + 1);
	int r = fd_read_path(path, CONF_SIZE_MAX, &b);

	if (r == -E2BIG) {
		(void)diags_error(
			d, CONF_CODE_SIZE, path, 0, 0, "larger than %u MiB", CONF_SIZE_MAX >> 20);
		return -EBADMSG;
	}
	if (r < 0)
		return r;
	return conf_parse(path, buf_view(&b), d, ret);
}

const struct conf_node *conf_root(const struct conf *c)
{
	return c->root;
}

const char *conf_file(const struct conf *c)
{
	return c->file;
}
