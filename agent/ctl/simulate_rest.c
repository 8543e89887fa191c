/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of the channel at-rest, over the agent's inventory: as core asks about a document that
 * lies there (core/inventory.c), so that what is predicted here is what happens when the documents
 * are next looked at.
 */
#include "ctl/simulate_rest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/inventory.h"
#include "ctl/tty.h"
#include "ctl/usage.h"

#define ROWS_MAX     5000U /* of all tables; what comes after is counted as a whole */
#define SHOWN_MAX    15U   /* of one in the text */
#define EXAMPLES_MAX 5U    /* of each effect */

static const char *const effect_names[REST_EFFECTS] = {
	"same", "new_finding", "vanished_finding", "other"};

struct rest_row {
	const char *kind; /* "rule", "folder", "user" */
	char *name;
	uint64_t n[REST_EFFECTS];
};

void rest_done(struct rest *r)
{
	for (size_t i = 0; i < r->n_rows; i++)
		free(r->rows[i].name);
	free(r->rows);
	for (size_t i = 0; i < r->n_examples; i++)
		free(r->examples[i]);
}

bool rest_is_different(const struct rest *r)
{
	return r->effects[REST_NEW] || r->effects[REST_GONE] || r->effects[REST_OTHER];
}

static const char *text(const struct conf_node *d, const char *key)
{
	const struct conf_node *n = conf_get(d, key);

	return n && n->type == CONF_SCALAR && (n->quoted || strcmp(n->text, "null") != 0) ? n->text
											  : "";
}

static uint64_t number(const struct conf_node *d, const char *key)
{
	return strtoull(text(d, key), NULL, 10);
}

static const struct conf_node *item(const struct conf_node *d, const char *key, size_t k)
{
	const struct conf_node *n = conf_get(d, key);

	return n && n->type == CONF_SEQUENCE && k < n->n ? n->items[k] : NULL;
}

static void ask(const struct conf_node *d, const uint32_t *gid, struct question *q)
{
	enum completeness c = COMPLETENESS_FULL;
	enum level level = LEVEL_NONE;
	const struct conf_node *n;
	enum reason reason;
	enum tag tag;

	(void)level_parse(text(d, "level"), &level);
	(void)completeness_parse(text(d, "completeness"), &c);
	*q = (struct question){
		.facts = {.level = (uint8_t)level, .completeness = (uint8_t)c},
		.app = POLICY_APP_NONE,
		.category = CATEGORY_OTHER,
		.channel = CHANNEL_AT_REST,
		.uid = (uint32_t)number(d, "uid"),
		.gids = gid,
		.n_gids = 1,
		.path = text(d, "path"),
		.realtime = clock_realtime(),
	};
	for (size_t k = 0; (n = item(d, "tags", k)); k++)
		if (tag_parse(n->text, &tag) == 0)
			q->facts.tags |= TAG_BIT(tag);
	for (size_t k = 0; (n = item(d, "reasons", k)); k++)
		if (reason_parse(n->text, &reason) == 0)
			q->facts.reasons |= REASON_BIT(reason);
}

/* The rows of a folder that the list is in come last. */
static int count(
	struct rest *r, const char *kind, const char *name, size_t length, enum rest_effect e)
{
	struct rest_row *grown;

	for (size_t i = r->n_rows; i-- > 0;)
		if (strncmp(r->rows[i].name, name, length) == 0 && !r->rows[i].name[length] &&
			strcmp(r->rows[i].kind, kind) == 0) {
			r->rows[i].n[e]++;
			return CTL_DONE;
		}
	if (r->n_rows == ROWS_MAX) {
		r->left_out++;
		return CTL_DONE;
	}
	grown = realloc(r->rows, (r->n_rows + 1) * sizeof(*grown));
	if (!grown)
		return ctl_error("out of memory");
	r->rows = grown;
	r->rows[r->n_rows] = (struct rest_row){.kind = kind, .name = strndup(name, length)};
	if (!r->rows[r->n_rows].name)
		return ctl_error("out of memory");
	r->rows[r->n_rows++].n[e] = 1;
	return CTL_DONE;
}

static int add_example(
	struct rest *r, enum rest_effect e, const char *path, const char *was, const char *rule)
{
	if ((e != REST_NEW && e != REST_GONE) || r->n_shown[e] == EXAMPLES_MAX)
		return CTL_DONE;
	if (asprintf(&r->examples[r->n_examples], "%c %s: %s -> %s", e == REST_NEW ? '+' : '-',
		    path, *was ? was : "-", *rule ? rule : "-") < 0)
		return ctl_error("out of memory");
	r->n_examples++;
	r->n_shown[e]++;
	return CTL_DONE;
}

static int take(void *userdata, const struct conf_node *d)
{
	const char *path = text(d, "path"), *was = text(d, "rule"), *rule = "", *slash, *owner;
	uint32_t gid = (uint32_t)number(d, "gid");
	struct rest *r = userdata;
	enum rest_effect e;
	struct question q;
	struct verdict v;
	int s;

	ask(d, &gid, &q);
	policy_decide(r->side->policy, &q, &v);
	/* A rule about what applications do is not meant for what only lies there. */
	if (policy_rule_names_channel(r->side->policy, v.rule) && v.intended != ACTION_ALLOW)
		rule = policy_rule_name(r->side->policy, v.rule);
	e = *rule && !*was               ? REST_NEW
		: !*rule && *was         ? REST_GONE
		: strcmp(rule, was) == 0 ? REST_SAME
					 : REST_OTHER;
	r->documents++;
	r->findings += *rule != 0;
	r->effects[e]++;
	slash = strrchr(path, '/');
	owner = *text(d, "owner") ? text(d, "owner") : text(d, "uid");
	s = count(r, "folder", path, slash ? (size_t)(slash - path) : 0, e);
	if (s == CTL_DONE)
		s = count(r, "user", owner, strlen(owner), e);
	if (s == CTL_DONE && (*rule || *was))
		s = count(r, "rule", *rule ? rule : was, strlen(*rule ? rule : was), e);
	return s == CTL_DONE ? add_example(r, e, path, was, rule) : s;
}

static int take_end(void *userdata, const struct conf_node *crawl)
{
	struct rest *r = userdata;

	r->complete = strcmp(text(crawl, "crawl_complete"), "true") == 0;
	r->folders_left = number(crawl, "folders_left");
	r->files_left = number(crawl, "files_left");
	r->unreadable = number(crawl, "unreadable");
	return CTL_DONE;
}

int rest_ask(const struct ctl *ctl, const struct policy_side *side, bool no_agent, struct rest *ret)
{
	int r;

	*ret = (struct rest){.ctl = ctl, .side = side, .is_root = getuid() == 0};
	if (no_agent)
		return CTL_DONE;
	r = inventory_each(ctl, LEVEL_NONE, "", take, take_end, ret);
	ret->asked = r == CTL_DONE;
	return r < 0 ? CTL_DONE : r;
}

/* ---- output ---- */

static void put_rows(const struct rest *r, const char *kind, const char *en, const char *vi)
{
	size_t shown = 0;

	for (size_t i = 0; i < r->n_rows && shown < SHOWN_MAX; i++) {
		const struct rest_row *w = &r->rows[i];

		if (strcmp(w->kind, kind) != 0 ||
			!(w->n[REST_NEW] + w->n[REST_GONE] + w->n[REST_OTHER]))
			continue;
		if (shown++ == 0)
			printf("  %s\n", lang_pick(r->ctl->lang, en, vi));
		printf("    ");
		tty_put_safe(stdout, view_str(*w->name ? w->name : "/"));
		printf(": +%" PRIu64 " -%" PRIu64 " ~%" PRIu64 "\n", w->n[REST_NEW],
			w->n[REST_GONE], w->n[REST_OTHER]);
	}
}

static void put_coverage(const struct rest *r)
{
	enum lang lang = r->ctl->lang;

	if (!r->complete)
		printf(lang_pick(lang,
			       "  coverage: the search has %" PRIu64 " folders and %" PRIu64
			       " files left\n",
			       "  phạm vi: việc tìm kiếm còn %" PRIu64 " thư mục và %" PRIu64
			       " tệp\n"),
			r->folders_left, r->files_left);
	if (r->unreadable)
		printf(lang_pick(lang, "  not readable: %" PRIu64 " folders and files\n",
			       "  không đọc được: %" PRIu64 " thư mục và tệp\n"),
			r->unreadable);
	if (!r->is_root)
		printf("%s\n",
			lang_pick(lang, "  only documents of your own",
				"  chỉ tài liệu của chính bạn"));
}

void rest_put_text(const struct rest *r)
{
	enum lang lang = r->ctl->lang;

	if (!r->asked) {
		printf("\n%s\n",
			lang_pick(lang, "documents at rest: not asked, no agent answers",
				"tài liệu đang lưu: chưa hỏi, chương trình không trả lời"));
		return;
	}
	printf(lang_pick(lang,
		       "\ndocuments at rest: %" PRIu64 ", findings: %" PRIu64 " (new %" PRIu64
		       ", gone %" PRIu64 ", by another rule %" PRIu64 ")\n",
		       "\ntài liệu đang lưu: %" PRIu64 ", phát hiện: %" PRIu64 " (mới %" PRIu64
		       ", không còn %" PRIu64 ", theo quy tắc khác %" PRIu64 ")\n"),
		r->documents, r->findings, r->effects[REST_NEW], r->effects[REST_GONE],
		r->effects[REST_OTHER]);
	put_rows(r, "rule", "by rule (+ new, - gone, ~ by another)",
		"theo quy tắc (+ mới, - không còn, ~ quy tắc khác)");
	put_rows(r, "folder", "by folder", "theo thư mục");
	put_rows(r, "user", "by user", "theo người dùng");
	for (size_t i = 0; i < r->n_examples; i++) {
		fputs("  ", stdout);
		tty_put_safe(stdout, view_str(r->examples[i]));
		putchar('\n');
	}
	put_coverage(r);
}

static void json_effects(struct json *j, const uint64_t *n)
{
	for (unsigned e = 0; e < REST_EFFECTS; e++)
		json_key_u64(j, effect_names[e], n[e]);
}

void rest_put_json(const struct rest *r, struct json *j)
{
	static const char *const kinds[] = {"rule", "folder", "user"};

	json_key(j, "at_rest");
	if (!r->asked) {
		json_null(j);
		return;
	}
	json_object(j);
	json_key_u64(j, "documents", r->documents);
	json_key_u64(j, "findings", r->findings);
	json_effects(j, r->effects);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		json_key(j, kinds[k]);
		json_array(j);
		for (size_t i = 0; i < r->n_rows; i++) {
			if (strcmp(r->rows[i].kind, kinds[k]) != 0)
				continue;
			json_object(j);
			json_key_str(j, "name", r->rows[i].name);
			json_effects(j, r->rows[i].n);
			json_object_end(j);
		}
		json_array_end(j);
	}
	json_key(j, "examples");
	json_array(j);
	for (size_t i = 0; i < r->n_examples; i++)
		json_str(j, r->examples[i]);
	json_array_end(j);
	json_key_u64(j, "left_out", r->left_out);
	json_key_bool(j, "complete", r->complete);
	json_key_bool(j, "own_only", !r->is_root);
	json_object_end(j);
}
