/* SPDX-License-Identifier: Apache-2.0 */
/* Samples: documents in small, run through the engine with all packs loaded. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match/match.h"
#include "model/block.h"
#include "model/tag.h"
#include "rulepack/loader.h"

struct tester {
	struct diags *d;
	struct match *m;
	const char *pack;
	struct conf *conf;
	rulepack_on_result on_result;
	void *userdata;
	size_t run, failed;
	struct facts *facts;
};

/* As `words_flag` names them. */
static const uint32_t flags_of[WORDS_FLAG_MAX] = {BLOCK_FRAMED, BLOCK_RED, BLOCK_LARGE,
	BLOCK_STRUCK, BLOCK_HIDDEN, BLOCK_TOP, BLOCK_FIRST_PAGE, BLOCK_CASE_UNKNOWN, BLOCK_CAPS,
	BLOCK_BOLD, BLOCK_CENTRED, BLOCK_OCR, BLOCK_CODE};

static void unknown(struct tester *t, const struct conf_node *n, const char *what, const char *name,
	const char *const *known)
{
	struct diag *d = conf_error(t->conf, n, "R009", t->d, "no %s '%s'", what, name);
	const char *near = diag_nearest(name, known);

	if (near)
		diag_hint(d, "did you mean '%s'?", near);
}

static int flags_read(struct tester *t, const struct conf_node *n, uint32_t *ret)
{
	const char *name;

	if (n->type != CONF_SEQUENCE) {
		conf_error(t->conf, n, "R006", t->d, "expected a list of flags");
		return -EBADMSG;
	}
	for (size_t i = 0; i < n->n; i++) {
		uint32_t flag = 0;

		if (conf_string(t->conf, n->items[i], "R006", t->d, &name) < 0)
			return -EBADMSG;
		for (size_t j = 0; words_flag[j]; j++)
			if (strcmp(words_flag[j], name) == 0)
				flag = flags_of[j];
		if (!flag) {
			unknown(t, n->items[i], "flag", name, words_flag);
			return -EBADMSG;
		}
		*ret |= flag;
	}
	return 0;
}

static int place_of(struct tester *t, const struct conf_node *map, enum place *ret)
{
	const struct conf_node *n = conf_get(map, "place");
	const char *name;

	if (!n)
		return 0;
	if (conf_string(t->conf, n, "R006", t->d, &name) < 0)
		return -EBADMSG;
	if (place_parse(name, ret) < 0) {
		unknown(t, n, "place", name, place_names);
		return -EBADMSG;
	}
	return 0;
}

static int text_of(struct tester *t, const struct conf_node *map, const char *key, struct view *ret)
{
	const struct conf_node *n = conf_get(map, key);
	const char *text;

	*ret = VIEW_EMPTY;
	if (!n)
		return 0;
	if (conf_string(t->conf, n, "R006", t->d, &text) < 0)
		return -EBADMSG;
	*ret = view_str(text);
	return 0;
}

static int number_of(struct tester *t, const struct conf_node *map, const char *key, uint32_t *ret)
{
	const struct conf_node *n = conf_get(map, key);
	uint64_t v = 0;

	if (n && conf_u64(t->conf, n, 0, 1000000, "R006", t->d, &v) < 0)
		return -EBADMSG;
	*ret = (uint32_t)v;
	return 0;
}

static int take_block(struct tester *t, const struct conf_node *n)
{
	const struct conf_node *flags = conf_get(n, "flags");
	struct block b = {0};

	if (n->type == CONF_SCALAR) {
		b.text = view_str(n->text);
		return match_take(t->m, &b);
	}
	if (conf_check_keys(t->conf, n, keys_block, "R004", t->d) < 0 ||
		text_of(t, n, "text", &b.text) < 0 || text_of(t, n, "name", &b.name) < 0 ||
		text_of(t, n, "member", &b.member) < 0 || place_of(t, n, &b.place) < 0 ||
		number_of(t, n, "page", &b.page) < 0 || number_of(t, n, "shape", &b.shape) < 0 ||
		number_of(t, n, "row", &b.row) < 0 || (flags && flags_read(t, flags, &b.flags) < 0))
		return -EBADMSG;
	return match_take(t->m, &b);
}

/* A text is what a plain text file is: each line a block. */
static int take_text(struct tester *t, const char *text, enum place place)
{
	int e = 0;

	while (e == 0 && *text) {
		size_t n = strcspn(text, "\n");
		struct block b = {.place = place, .text = view_of(text, n)};

		e = match_take(t->m, &b);
		text += n + (text[n] == '\n');
	}
	return e;
}

static int sample_run(struct tester *t, const struct conf_node *n)
{
	const struct conf_node *blocks = conf_get(n, "blocks"), *text = conf_get(n, "text");
	enum place place = PLACE_BODY;
	struct view file;
	int e;

	if (text_of(t, n, "file", &file) < 0 || place_of(t, n, &place) < 0)
		return -EBADMSG;
	memset(t->facts, 0, sizeof(*t->facts));
	e = match_begin(t->m, file);
	if (e == 0 && n->type == CONF_SCALAR)
		e = take_text(t, n->text, place);
	if (e == 0 && text && text->type == CONF_SCALAR)
		e = take_text(t, text->text, place);
	for (size_t i = 0; e == 0 && blocks && i < blocks->n; i++)
		e = take_block(t, blocks->items[i]);
	return e < 0 ? e : match_end(t->m, t->facts);
}

static int expected(
	struct tester *t, const struct conf_node *n, bool match, struct rulepack_result *r)
{
	const struct conf_node *level = conf_get(n, "level"), *tags = conf_get(n, "tags");
	enum tag tag;

	if (n->type == CONF_SCALAR && !match)
		return 0;
	if (n->type != CONF_MAPPING) {
		conf_error(t->conf, n, "R006", t->d, "expected {text: ..., level: ...}");
		return -EBADMSG;
	}
	if (conf_check_keys(t->conf, n, keys_sample, "R004", t->d) < 0)
		return -EBADMSG;
	if (match ? !level && !tags : level != NULL) {
		conf_error(t->conf, n, "R005", t->d,
			match ? "a sample under 'match' has a 'level' or 'tags'"
			      : "a sample under 'no-match' has no 'level'");
		return -EBADMSG;
	}
	if (level && level_parse(level->type == CONF_SCALAR ? level->text : "", &r->want) < 0) {
		conf_error(t->conf, level, "R007", t->d, "no such level");
		return -EBADMSG;
	}
	for (size_t i = 0; tags && i < tags->n; i++) {
		if (tag_parse(tags->items[i]->type == CONF_SCALAR ? tags->items[i]->text : "",
			    &tag) < 0) {
			conf_error(t->conf, tags->items[i], "R008", t->d, "no such tag");
			return -EBADMSG;
		}
		r->want_tags |= TAG_BIT(tag);
	}
	return 0;
}

static const char *first_text(const struct conf_node *n)
{
	const struct conf_node *text = conf_get(n, "text"), *blocks = conf_get(n, "blocks");

	if (n->type == CONF_SCALAR)
		return n->text;
	if (!text && blocks && blocks->n)
		text = blocks->items[0]->type == CONF_SCALAR ? blocks->items[0]
							     : conf_get(blocks->items[0], "text");
	return text && text->type == CONF_SCALAR ? text->text : "";
}

/* `suspected` may come along unasked; every other tag must be as written. */
static bool tags_fit(uint32_t want, uint32_t got)
{
	uint32_t free = want & TAG_BIT(TAG_SUSPECTED) ? 0 : TAG_BIT(TAG_SUSPECTED);

	return (want & ~free) == (got & ~free);
}

static int sample_test(struct tester *t, const struct conf_node *n, bool match)
{
	const struct conf_node *name = conf_get(n, "name");
	struct rulepack_result r = {
		.pack = t->pack,
		.file = conf_file(t->conf),
		.line = n->line,
		.name = name && name->type == CONF_SCALAR ? name->text : "",
		.text = first_text(n),
		.facts = t->facts,
	};
	int e = expected(t, n, match, &r);

	if (e == 0)
		e = sample_run(t, n);
	if (e < 0)
		return e;
	r.got = t->facts->level;
	r.got_tags = t->facts->tags;
	r.ok = r.want == r.got && tags_fit(r.want_tags, r.got_tags);
	t->run++;
	t->failed += !r.ok;
	return t->on_result ? t->on_result(t->userdata, &r) : 0;
}

static int samples_test(struct tester *t)
{
	static const char *const lists[] = {"match", "no-match"};
	const struct conf_node *root = conf_root(t->conf);
	int bad = 0;

	if (conf_check_keys(t->conf, root, keys_samples, "R004", t->d) < 0)
		return -EBADMSG;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct conf_node *list = conf_get(root, lists[i]);

		if (!list || list->type != CONF_SEQUENCE || list->n > RULEPACK_SAMPLES_MAX) {
			conf_error(t->conf, list ? list : root, "R014", t->d,
				"expected a list of at most %u samples under '%s'",
				RULEPACK_SAMPLES_MAX, lists[i]);
			bad = -EBADMSG;
			continue;
		}
		for (size_t j = 0; j < list->n; j++) {
			int e = sample_test(t, list->items[j], i == 0);

			if (e < 0 && e != -EBADMSG)
				return e;
			bad = bad ? bad : e;
		}
	}
	return bad;
}

static int pack_test(struct tester *t, const struct rulepack_pack *p)
{
	cleanup_with(freep) char *path = NULL;
	int e;

	/* a pack of shared definitions alone has nothing to prove */
	if (p->n_rules == 0)
		return 0;
	if (asprintf(&path, "%s/samples.yaml", p->path) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	t->pack = p->name;
	e = conf_load(path, t->d, &t->conf);
	if (e < 0 && e != -EBADMSG && e != -ENOMEM) {
		diags_error(t->d, "R014", path, 0, 0, "a pack needs samples: %s", strerror(-e));
		return -EBADMSG;
	}
	if (e == 0)
		e = samples_test(t);
	t->conf = conf_free(t->conf);
	return e;
}

struct test_state {
	struct rulepack_info *info;
	struct buf blob;
	struct ruleset *r;
	struct tester t;
};

static void test_state_done(struct test_state *s)
{
	s->t.m = match_free(s->t.m);
	s->r = ruleset_close(s->r);
	buf_done(&s->blob);
	free(s->info);
	free(s->t.facts);
}

int rulepack_test(const char *const *dirs, size_t n_dirs, struct diags *d,
	rulepack_on_result on_result, void *userdata, size_t *ret_run, size_t *ret_failed)
{
	cleanup_with(test_state_done) struct test_state s = {
		.t = {.d = d, .on_result = on_result, .userdata = userdata}};
	int bad = 0, e;

	s.info = calloc(1, sizeof(*s.info));
	s.t.facts = calloc(1, sizeof(*s.t.facts));
	if (!s.info || !s.t.facts)
		return -ENOMEM;
	e = rulepack_compile(dirs, n_dirs, d, s.info, &s.blob);
	if (e == 0)
		e = ruleset_open(buf_view(&s.blob), &s.r);
	if (e == 0)
		e = match_new(s.r, &s.t.m);
	for (uint32_t i = 0; e == 0 && i < s.info->n_packs; i++) {
		e = pack_test(&s.t, &s.info->packs[i]);
		if (e == -EBADMSG) {
			bad = e;
			e = 0;
		}
	}
	if (e < 0 || bad)
		return e < 0 ? e : bad;
	*ret_run = s.t.run;
	*ret_failed = s.t.failed;
	return 0;
}
