/* SPDX-License-Identifier: Apache-2.0 */
/* Typed reads of nodes. Strict: no octal, no signs where none is meant, no guessing of units. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/clock.h"
#include "conf/conf.h"

struct diag *conf_error(const struct conf *c, const struct conf_node *n, const char *code,
	struct diags *d, const char *fmt, ...)
{
	char text[sizeof(((struct diag *)NULL)->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return diags_error(d, code, conf_file(c), n->line, n->col, "%s", text);
}

const struct conf_node *conf_get(const struct conf_node *map, const char *key)
{
	if (!map || map->type != CONF_MAPPING)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (strcmp(map->keys[i]->text, key) == 0)
			return map->items[i];
	return NULL;
}

static const char *found(const struct conf_node *n)
{
	switch (n->type) {
	case CONF_SEQUENCE: return "a list";
	case CONF_MAPPING: return "a mapping";
	case CONF_SCALAR: break;
	}
	return n->text[0] ? n->text : "nothing";
}

static int mismatch(const struct conf *c, const struct conf_node *n, const char *code,
	struct diags *d, const char *expected)
{
	(void)conf_error(c, n, code, d, "expected %s, found %.80s%s", expected, found(n),
		n->type == CONF_SCALAR && n->quoted ? " (in quotes)" : "");
	return -EBADMSG;
}

static bool is_plain(const struct conf_node *n)
{
	return n->type == CONF_SCALAR && !n->quoted;
}

int conf_bool(const struct conf *c, const struct conf_node *n, const char *code, struct diags *d,
	bool *ret)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {{"true", true}, {"yes", true}, {"on", true}, {"false", false}, {"no", false},
		{"off", false}};

	if (is_plain(n))
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (strcmp(n->text, words[i].word) == 0) {
				*ret = words[i].value;
				return 0;
			}
	return mismatch(c, n, code, d, "true or false");
}

/* Digits at `s`: 0 with the value and the rest, or -EINVAL. No leading zero: YAML 1.1 would read
   it as octal and people as decimal. */
static int parse_number(const char *s, uint64_t *ret, const char **ret_rest)
{
	uint64_t v = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9'; p++)
		if (!checked_mul(v, UINT64_C(10), &v) || !checked_add(v, (uint64_t)(*p - '0'), &v))
			return -EINVAL;
	if (p == s || (s[0] == '0' && p != s + 1))
		return -EINVAL;
	*ret = v;
	*ret_rest = p;
	return 0;
}

int conf_u64(const struct conf *c, const struct conf_node *n, uint64_t min, uint64_t max,
	const char *code, struct diags *d, uint64_t *ret)
{
	const char *rest;
	char text[80];
	uint64_t v;

	if (is_plain(n) && parse_number(n->text, &v, &rest) == 0 && *rest == 0 && v >= min &&
		v <= max) {
		*ret = v;
		return 0;
	}
	snprintf(text, sizeof(text), "a whole number from %llu to %llu", (unsigned long long)min,
		(unsigned long long)max);
	return mismatch(c, n, code, d, text);
}

static bool parse_signed(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	const char *rest;
	uint64_t v;

	if (parse_number(s + (negative || *s == '+'), &v, &rest) < 0 || *rest != 0)
		return false;
	if (v > (uint64_t)INT64_MAX)
		return false; /* INT64_MIN is no loss */
	*ret = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

int conf_i64(const struct conf *c, const struct conf_node *n, int64_t min, int64_t max,
	const char *code, struct diags *d, int64_t *ret)
{
	char text[80];
	int64_t v;

	if (is_plain(n) && parse_signed(n->text, &v) && v >= min && v <= max) {
		*ret = v;
		return 0;
	}
	snprintf(text, sizeof(text), "a whole number from %lld to %lld", (long long)min,
		(long long)max);
	return mismatch(c, n, code, d, text);
}

struct unit {
	const char *name;
	uint64_t factor;
};

static bool parse_with_unit(const char *s, const struct unit *units, size_t n_units, uint64_t *ret)
{
	const char *rest;
	uint64_t v;

	if (parse_number(s, &v, &rest) < 0)
		return false;
	rest += *rest == ' ';
	if (*rest == 0 && v == 0) {
		*ret = 0;
		return true;
	}
	for (size_t i = 0; i < n_units; i++)
		if (strcmp(rest, units[i].name) == 0)
			return checked_mul(v, units[i].factor, ret);
	return false;
}

int conf_bytes(const struct conf *c, const struct conf_node *n, const char *code, struct diags *d,
	uint64_t *ret)
{
	static const struct unit units[] = {{"", 1}, {"KiB", UINT64_C(1) << 10},
		{"MiB", UINT64_C(1) << 20}, {"GiB", UINT64_C(1) << 30}};
	uint64_t v;

	if (is_plain(n) && parse_with_unit(n->text, units, ARRAY_SIZE(units), &v)) {
		*ret = v;
		return 0;
	}
	return mismatch(c, n, code, d, "a size such as 512 MiB (units KiB, MiB, GiB)");
}

int conf_duration(const struct conf *c, const struct conf_node *n, const char *code,
	struct diags *d, uint64_t *ret_ns)
{
	static const struct unit units[] = {{"ms", NSEC_PER_MSEC}, {"s", NSEC_PER_SEC},
		{"min", 60 * NSEC_PER_SEC}, {"h", 3600 * NSEC_PER_SEC},
		{"d", 86400 * NSEC_PER_SEC}};
	uint64_t v;

	if (is_plain(n) && parse_with_unit(n->text, units, ARRAY_SIZE(units), &v)) {
		*ret_ns = v;
		return 0;
	}
	return mismatch(c, n, code, d, "a duration such as 300 ms (units ms, s, min, h, d)");
}

int conf_string(const struct conf *c, const struct conf_node *n, const char *code, struct diags *d,
	const char **ret)
{
	if (n->type != CONF_SCALAR || (!n->quoted && n->text[0] == 0))
		return mismatch(c, n, code, d, "text");
	*ret = n->text;
	return 0;
}

static bool is_listed(const char *word, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(word, *names) == 0)
			return true;
	return false;
}

int conf_check_keys(const struct conf *c, const struct conf_node *map, const char *const *names,
	const char *code, struct diags *d)
{
	int r = 0;

	if (map->type != CONF_MAPPING)
		return mismatch(c, map, code, d, "a mapping (key: value)");
	for (size_t i = 0; i < map->n; i++) {
		const struct conf_node *key = map->keys[i];
		const char *near = diag_nearest(key->text, names);
		struct diag *e;

		if (is_listed(key->text, names))
			continue;
		e = conf_error(c, key, code, d, "unknown key `%.80s`", key->text);
		if (near)
			diag_hint(e, "did you mean `%s`?", near);
		r = -EBADMSG;
	}
	return r;
}
