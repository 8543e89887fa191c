/* SPDX-License-Identifier: Apache-2.0 */
/* What stamps in pictures can say: the list that misread letters are compared with. */
#include <errno.h>
#include <string.h>

#include "rulepack/loader.h"

#define WIDTH_MAX 200 /* mm */

static int stamp_load(struct loader *l, const struct pack_source *p, const struct conf_node *n)
{
	const struct conf_node *text = conf_get(n, "text"), *errors = conf_get(n, "errors"),
			       *width = conf_get(n, "width"), *harmless = conf_get(n, "harmless");
	struct build_stamp s = {.errors = 100};
	uint64_t v;
	int e;

	if (n->type != CONF_MAPPING || !text) {
		conf_error(p->conf, n, "R005", l->d,
			"a stamp is written {text: ..., errors: HUNDREDTHS OF A LETTER, width: "
			"MM}");
		return -EBADMSG;
	}
	if (conf_check_keys(p->conf, n, keys_stamp, "R004", l->d) < 0 ||
		conf_string(p->conf, text, "R006", l->d, &s.text) < 0)
		return -EBADMSG;
	if (s.text[0] == 0 || strlen(s.text) > RULESET_STAMP_TEXT_MAX) {
		conf_error(p->conf, text, "R006", l->d, "1 to %u bytes", RULESET_STAMP_TEXT_MAX);
		return -EBADMSG;
	}
	if (errors && conf_u64(p->conf, errors, 0, 1000, "R006", l->d, &v) < 0)
		return -EBADMSG;
	if (errors)
		s.errors = (uint16_t)v;
	if (width && conf_u64(p->conf, width, 1, WIDTH_MAX, "R006", l->d, &v) < 0)
		return -EBADMSG;
	if (width)
		s.width_mm = (uint16_t)v;
	if (harmless && conf_bool(p->conf, harmless, "R006", l->d, &s.harmless) < 0)
		return -EBADMSG;
	e = build_stamp(l->b, &s);
	return e < 0 ? builder_diag(l, p, n, e) : 0;
}

int stamps_load(struct loader *l, const struct pack_source *p)
{
	const struct conf_node *list = conf_get(conf_root(p->conf), "stamps");
	int bad = 0;

	if (!list)
		return 0;
	if (list->type != CONF_SEQUENCE) {
		conf_error(p->conf, list, "R006", l->d, "expected a list of stamps");
		return -EBADMSG;
	}
	for (size_t i = 0; i < list->n; i++) {
		int e = stamp_load(l, p, list->items[i]);

		if (e < 0 && e != -EBADMSG)
			return e;
		bad = bad ? bad : e;
	}
	return bad;
}
