/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/pdf_object.h"

#include <errno.h>
#include <string.h>

#define NUMBER_MAX UINT64_C(1000000000000000)

enum { C_REGULAR, C_SPACE, C_DELIMITER };

static const uint8_t classes[256] = {
	[0] = C_SPACE,
	['\t'] = C_SPACE,
	['\n'] = C_SPACE,
	['\f'] = C_SPACE,
	['\r'] = C_SPACE,
	[' '] = C_SPACE,
	['('] = C_DELIMITER,
	[')'] = C_DELIMITER,
	['<'] = C_DELIMITER,
	['>'] = C_DELIMITER,
	['['] = C_DELIMITER,
	[']'] = C_DELIMITER,
	['{'] = C_DELIMITER,
	['}'] = C_DELIMITER,
	['/'] = C_DELIMITER,
	['%'] = C_DELIMITER,
};

bool pdf_is_space(uint8_t c)
{
	return classes[c] == C_SPACE;
}

bool pdf_is_delimiter(uint8_t c)
{
	return classes[c] != C_REGULAR;
}

void pdf_lex_init(struct pdf_lex *l, struct view v, struct pdf_arena *arena, bool refs)
{
	*l = (struct pdf_lex){.p = v.p, .end = v.n ? v.p + v.n : v.p, .arena = arena, .refs = refs};
}

void pdf_lex_done(struct pdf_lex *l)
{
	free(l->stack);
	l->stack = NULL;
	l->n = l->cap = 0;
}

void pdf_lex_space(struct pdf_lex *l)
{
	while (l->p < l->end) {
		if (classes[*l->p] == C_SPACE) {
			l->p++;
		} else if (*l->p == '%') {
			while (l->p < l->end && *l->p != '\n' && *l->p != '\r')
				l->p++;
		} else {
			break;
		}
	}
}

const uint8_t pdf_hex_digits[256] = {
	['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['A'] = 11,
	['B'] = 12,
	['C'] = 13,
	['D'] = 14,
	['E'] = 15,
	['F'] = 16,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
};

static int lex_name(struct pdf_lex *l, struct pdf_object *ret)
{
	const uint8_t *from = ++l->p;
	bool escaped = false;

	while (l->p < l->end && classes[*l->p] == C_REGULAR)
		escaped |= *l->p++ == '#';

	*ret = (struct pdf_object){.type = PDF_NAME, .text = view_of(from, (size_t)(l->p - from))};
	if (!escaped)
		return 0;

	uint8_t *out = pdf_arena_alloc(l->arena, ret->text.n);
	size_t n = 0;
	if (!out)
		return -E2BIG;
	for (const uint8_t *c = from; c < l->p; c++) {
		if (*c == '#' && l->p - c > 2 && pdf_hex_digit(c[1]) >= 0 &&
			pdf_hex_digit(c[2]) >= 0) {
			out[n++] = (uint8_t)(pdf_hex_digit(c[1]) << 4 | pdf_hex_digit(c[2]));
			c += 2;
		} else {
			out[n++] = *c;
		}
	}
	ret->text = view_of(out, n);
	return 0;
}

static int lex_hex_string(struct pdf_lex *l, struct pdf_object *ret)
{
	const uint8_t *from = ++l->p;
	const uint8_t *close = memchr(from, '>', (size_t)(l->end - from));
	const uint8_t *to = close ? close : l->end;
	uint8_t *out = pdf_arena_alloc(l->arena, (size_t)(to - from) / 2 + 1);
	const uint8_t *c = from;
	size_t digits = 0;

	if (!out)
		return -E2BIG;
	for (; to - c >= 2 && pdf_hex_digits[c[0]] && pdf_hex_digits[c[1]]; c += 2, digits += 2)
		out[digits / 2] = (uint8_t)(pdf_hex_digit(c[0]) << 4 | pdf_hex_digit(c[1]));
	for (; c < to; c++) {
		int d = pdf_hex_digit(*c);
		if (d < 0)
			continue;
		out[digits / 2] |= (uint8_t)(digits % 2 ? d : d << 4);
		digits++;
	}
	l->p = close ? close + 1 : l->end;
	*ret = (struct pdf_object){.type = PDF_STRING, .text = view_of(out, (digits + 1) / 2)};
	return 0;
}

/* Undoes one escape at `c` (behind the backslash); returns how many bytes it took. */
static size_t unescape(const uint8_t *c, const uint8_t *end, uint8_t *out, size_t *n)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	const char *known = memchr(from, *c, sizeof(from) - 1);

	if (known) {
		out[(*n)++] = (uint8_t)to[known - from];
		return 1;
	}
	if (*c == '\r')
		return end - c > 1 && c[1] == '\n' ? 2 : 1;
	if (*c == '\n')
		return 1;
	if (*c < '0' || *c > '7') {
		out[(*n)++] = *c;
		return 1;
	}

	unsigned v = 0;
	size_t k = 0;
	while (k < 3 && c + k < end && c[k] >= '0' && c[k] <= '7')
		v = v * 8 + (unsigned)(c[k++] - '0');
	out[(*n)++] = (uint8_t)v;
	return k;
}

static int lex_string(struct pdf_lex *l, struct pdf_object *ret)
{
	const uint8_t *from = ++l->p, *c = from;
	unsigned nest = 1;
	bool escaped = false;

	for (; c < l->end; c++) {
		if (*c == '\\') {
			escaped = true;
			c++;
		} else if (*c == '(') {
			nest++;
		} else if (*c == ')' && --nest == 0) {
			break;
		}
	}
	if (c > l->end)
		c = l->end;
	l->p = c < l->end ? c + 1 : l->end;
	*ret = (struct pdf_object){.type = PDF_STRING, .text = view_of(from, (size_t)(c - from))};
	if (!escaped)
		return 0;

	uint8_t *out = pdf_arena_alloc(l->arena, ret->text.n);
	size_t n = 0;
	if (!out)
		return -E2BIG;
	for (const uint8_t *s = from; s < c;) {
		if (*s != '\\')
			out[n++] = *s++;
		else if (++s < c)
			s += unescape(s, c, out, &n);
	}
	ret->text = view_of(out, n);
	return 0;
}

double pdf_lex_number(const uint8_t *p, const uint8_t *end)
{
	static const double scale[] = {
		1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10};
	uint64_t v = 0;
	unsigned decimals = 0;
	bool negative = false;

	while (p < end && (*p == '-' || *p == '+'))
		negative |= *p++ == '-';
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		v = MIN(v * 10 + (uint64_t)(*p - '0'), NUMBER_MAX);
	if (p < end && *p == '.') {
		for (p++; p < end && *p >= '0' && *p <= '9'; p++) {
			if (decimals + 1 == ARRAY_SIZE(scale) || v >= NUMBER_MAX / 10)
				break;
			v = v * 10 + (uint64_t)(*p - '0');
			decimals++;
		}
	}
	double d = (double)v * scale[decimals];
	return negative ? -d : d;
}

/* " G R" behind an object number. */
static bool lex_reference(struct pdf_lex *l)
{
	const uint8_t *c = l->p;
	unsigned digits = 0;

	while (c < l->end && classes[*c] == C_SPACE)
		c++;
	while (c < l->end && *c >= '0' && *c <= '9' && digits < 6) {
		c++;
		digits++;
	}
	if (digits == 0 || c == l->end || classes[*c] != C_SPACE)
		return false;
	while (c < l->end && classes[*c] == C_SPACE)
		c++;
	if (c == l->end || *c != 'R' || (c + 1 < l->end && classes[c[1]] == C_REGULAR))
		return false;
	l->p = c + 1;
	return true;
}

static int lex_word(struct pdf_lex *l, struct pdf_object *ret)
{
	const uint8_t *from = l->p;
	uint8_t c = *from;

	while (l->p < l->end && classes[*l->p] == C_REGULAR)
		l->p++;
	if (l->p == from)
		l->p++; /* a delimiter out of place */

	size_t n = (size_t)(l->p - from);
	if ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.') {
		double v = pdf_lex_number(from, l->p);
		*ret = (struct pdf_object){.type = PDF_NUMBER, .number = v};
		if (l->refs && v >= 0 && v < UINT32_MAX && c >= '0' && c <= '9' && lex_reference(l))
			*ret = (struct pdf_object){.type = PDF_REF, .n = (uint32_t)v};
		return 0;
	}

	*ret = (struct pdf_object){.type = PDF_KEYWORD, .text = view_of(from, n)};
	if (n == 4 && memcmp(from, "true", 4) == 0)
		*ret = (struct pdf_object){.type = PDF_BOOL, .number = 1};
	else if (n == 5 && memcmp(from, "false", 5) == 0)
		*ret = (struct pdf_object){.type = PDF_BOOL};
	else if (n == 4 && memcmp(from, "null", 4) == 0)
		*ret = (struct pdf_object){.type = PDF_NULL};
	return 0;
}

static int lex_push(struct pdf_lex *l, const struct pdf_object *o)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		if (cap > PDF_ITEMS_MAX)
			return -E2BIG;
		struct pdf_object *p = reallocarray(l->stack, cap, sizeof(*p));
		if (!p)
			return -ENOMEM;
		l->stack = p;
		l->cap = cap;
	}
	l->stack[l->n++] = *o;
	return 0;
}

/* Moves what was pushed since `base` into the arena. */
static int lex_close(struct pdf_lex *l, size_t base, bool dict, struct pdf_object *ret)
{
	size_t n = l->n - base;
	struct pdf_object *items = NULL;

	if (dict)
		n &= ~(size_t)1;
	if (n) {
		items = pdf_arena_alloc(l->arena, n * sizeof(*items));
		if (!items)
			return -E2BIG;
		memcpy(items, l->stack + base, n * sizeof(*items));
	}
	*ret = (struct pdf_object){.type = dict ? PDF_DICT : PDF_ARRAY,
		.n = (uint32_t)(dict ? n / 2 : n),
		.items = items};
	return 0;
}

static int lex_container(struct pdf_lex *l, bool dict, struct pdf_object *ret)
{
	size_t base = l->n;
	int r = 0;

	if (l->depth >= PDF_DEPTH_MAX)
		return -E2BIG;
	l->depth++;
	for (;;) {
		struct pdf_object o;

		pdf_lex_space(l);
		if (l->p == l->end)
			break;
		if (*l->p == (dict ? '>' : ']')) {
			l->p += dict && l->end - l->p > 1 && l->p[1] == '>' ? 2 : 1;
			break;
		}
		r = pdf_lex_next(l, &o);
		if (r)
			break;
		if (o.type == PDF_KEYWORD && o.text.n > 4)
			break; /* "endobj", "stream": the end is missing */
		if (dict && (l->n - base) % 2 == 0 && o.type != PDF_NAME)
			continue; /* no key: dropped until the next one */
		r = lex_push(l, &o);
		if (r)
			break;
	}
	l->depth--;
	if (r >= 0)
		r = lex_close(l, base, dict, ret);
	l->n = base;
	return r;
}

int pdf_lex_next(struct pdf_lex *l, struct pdf_object *ret)
{
	pdf_lex_space(l);
	if (l->p >= l->end)
		return PDF_LEX_END;

	switch (*l->p) {
	case '/': return lex_name(l, ret);
	case '(': return lex_string(l, ret);
	case '[': l->p++; return lex_container(l, false, ret);
	case '<':
		if (l->end - l->p > 1 && l->p[1] == '<') {
			l->p += 2;
			return lex_container(l, true, ret);
		}
		return lex_hex_string(l, ret);
	default: return lex_word(l, ret);
	}
}

const struct pdf_object *pdf_dict_get(const struct pdf_object *dict, const char *key)
{
	size_t n = strlen(key);

	if (!dict || (dict->type != PDF_DICT && dict->type != PDF_STREAM))
		return NULL;
	for (uint32_t i = 0; i < dict->n; i++) {
		const struct pdf_object *k = &dict->items[2 * (size_t)i];
		if (k->text.n == n && memcmp(k->text.p, key, n) == 0)
			return k + 1;
	}
	return NULL;
}

bool pdf_is_name(const struct pdf_object *o, const char *name)
{
	return o && o->type == PDF_NAME && view_eq(o->text, view_str(name));
}

bool pdf_is_keyword(const struct pdf_object *o, const char *word)
{
	return o && o->type == PDF_KEYWORD && view_eq(o->text, view_str(word));
}
