/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An organisation's own table of Microsoft labels: what it means by each. A label is known by its
 * id, by its name, or both; what the table says comes before what the name alone would mean.
 */
#include "rulepack/loader.h"

#include <errno.h>
#include <string.h>

#include "model/place.h"

#define LABELS_MAX       LIST_MAX /* entries of a pack's table */
#define LABEL_SCORE      100
#define LABEL_PRECEDENCE 10

static const struct build_switch switches[] = {
	{"MSIP_Label_*_Enabled", "false"},
	{"MSIP_Label_*_Enabled", "0"},
	{"MSIP_Label_*_Removed", "true"},
	{"MSIP_Label_*_Removed", "1"},
};

/* The marks that one of the two rules looks for. */
struct column {
	const char *key, *rule, *property;
	uint32_t marks[LABELS_MAX];
	size_t n;
};

static bool is_guid(const char *id)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof(shape); i++)
		if (shape[i] == 'x' ? !id[i] || !strchr("0123456789abcdefABCDEF", id[i])
				    : id[i] != shape[i])
			return false;
	return true;
}

static int column_add(struct loader *l, const struct pack_source *p, struct column *c,
	const struct conf_node *entry, enum level level)
{
	const struct conf_node *n = conf_get(entry, c->key);
	struct build_mark m = {.pack = p->index, .name = c->rule, .level = level, .tag = RS_NO_TAG};
	struct build_text t = {0};
	int e;

	if (!n)
		return 0;
	if (conf_string(p->conf, n, "R006", l->d, &t.text) < 0)
		return -EBADMSG;
	if (strcmp(c->key, "id") == 0 && !is_guid(t.text)) {
		diag_hint(conf_error(p->conf, n, "R006", l->d, "'%s' is no label id", t.text),
			"as in 0a1b2c3d-0000-4000-8000-0123456789ab, without braces");
		return -EBADMSG;
	}
	t.at = (struct build_at){conf_file(p->conf), n->line, n->col};
	e = build_mark(l->b, &m);
	if (e >= 0) {
		c->marks[c->n++] = (uint32_t)e;
		e = build_form(l->b, (uint32_t)e, RS_FORM_EXACT, &t);
	}
	return e < 0 ? builder_diag(l, p, n, e) : 0;
}

static int entry_load(struct loader *l, const struct pack_source *p, const struct conf_node *n,
	struct column *columns, size_t n_columns)
{
	const struct conf_node *level = conf_get(n, "level");
	enum level parsed;
	int e = 0;

	if (n->type != CONF_MAPPING || !level || (!conf_get(n, "id") && !conf_get(n, "name"))) {
		conf_error(p->conf, n, "R005", l->d,
			"a label is written {id: ..., name: ..., level: ...}; one of 'id' and "
			"'name' is enough");
		return -EBADMSG;
	}
	if (conf_check_keys(p->conf, n, keys_label, "R004", l->d) < 0)
		return -EBADMSG;
	if (level_parse(level->type == CONF_SCALAR ? level->text : "", &parsed) < 0) {
		diag_hint(conf_error(p->conf, level, "R007", l->d, "no such level"),
			"none, internal, confidential, secret or top-secret");
		return -EBADMSG;
	}
	for (size_t i = 0; e == 0 && i < n_columns; i++)
		e = column_add(l, p, &columns[i], n, parsed);
	return e;
}

static int column_rule(struct loader *l, const struct pack_source *p, const struct column *c)
{
	struct build_rule u = {
		.pack = p->index,
		.name = c->rule,
		.as = RS_AS_LABEL,
		.letter_case = RS_CASE_ANY,
		.places = UINT32_C(1) << PLACE_PROPERTY | UINT32_C(1) << PLACE_MAIL_HEADER,
		.score = LABEL_SCORE,
		.level_at = LABEL_SCORE,
		.suspect_at = LABEL_SCORE,
		.precedence = LABEL_PRECEDENCE,
		.marks = c->marks,
		.n_marks = c->n,
		.names = &c->property,
		.n_names = 1,
		.switches = switches,
		.n_switches = ARRAY_SIZE(switches),
	};
	int e = c->n ? build_rule(l->b, &u) : 0;

	return e < 0 ? builder_diag(l, p, conf_get(conf_root(p->conf), "labels"), e) : 0;
}

int labels_load(struct loader *l, const struct pack_source *p)
{
	const struct conf_node *n = conf_get(conf_root(p->conf), "labels");
	struct column columns[] = {
		{.key = "id", .rule = "label-table", .property = "MSIP_Label_*_LabelId"},
		{.key = "name", .rule = "label-name-table", .property = "MSIP_Label_*_Name"},
	};
	int bad = 0, e = 0;

	if (!n)
		return 0;
	if (n->type != CONF_SEQUENCE || n->n > LABELS_MAX) {
		conf_error(p->conf, n, "R006", l->d, "expected a list of at most %u labels",
			LABELS_MAX);
		return -EBADMSG;
	}
	for (size_t i = 0; i < n->n; i++) {
		e = entry_load(l, p, n->items[i], columns, ARRAY_SIZE(columns));
		if (e < 0 && e != -EBADMSG)
			return e;
		bad = bad ? bad : e;
	}
	for (size_t i = 0; !bad && i < ARRAY_SIZE(columns); i++) {
		e = column_rule(l, p, &columns[i]);
		if (e < 0)
			return e;
		l->info->packs[p->index].n_rules += columns[i].n > 0;
		l->info->packs[p->index].n_marks += (uint32_t)columns[i].n;
	}
	return bad;
}
