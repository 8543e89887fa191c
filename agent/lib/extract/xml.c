/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/xml.h"

#include <errno.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "text/encoding.h"

/* The root element is looked for in this many bytes. */
#define ROOT_SEARCH 4096

/* Finds `needle` (2 or 3 bytes) at or after `p`; returns the byte behind it, or `end`. */
static const uint8_t *behind(const uint8_t *p, const uint8_t *end, const char *needle, size_t n)
{
	const uint8_t *hit = memmem(p, (size_t)(end - p), needle, n);

	return hit ? hit + n : end;
}

/* The exact rule: quoted '>' don't count, and a quote that never closes counts as none. */
static const uint8_t *tag_end_careful(const uint8_t *p, const uint8_t *end)
{
	for (;;) {
		const uint8_t *gt = memchr(p, '>', (size_t)(end - p));
		const uint8_t *open, *apostrophe, *close;

		if (!gt)
			return end;
		open = memchr(p, '"', (size_t)(gt - p));
		apostrophe = memchr(p, '\'', (size_t)((open ? open : gt) - p));
		if (apostrophe)
			open = apostrophe;
		if (!open)
			return gt;
		close = memchr(open + 1, *open, (size_t)(end - open - 1));
		if (!close)
			return gt;
		p = close + 1;
	}
}

/* The '>' that ends the tag whose inside starts at `p`, or `end`. */
static const uint8_t *tag_end(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
	const __m128i gt = _mm_set1_epi8('>'), quote = _mm_set1_epi8('"'),
		      apostrophe = _mm_set1_epi8('\'');
	int inside = 0; /* 1 behind an odd number of quotes */

	/* Nearly every tag has double quotes alone, and its first '>' ends it. */
	for (const uint8_t *q = p; end - q >= 16; q += 16) {
		const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)q);
		unsigned ends = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, gt));
		unsigned quotes = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote));
		unsigned others = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, apostrophe));
		unsigned before = ends ? (ends & -ends) - 1 : 0xffff;

		if (others & before)
			break;
		inside ^= __builtin_parity(quotes & before);
		if (ends && inside)
			break;
		if (ends)
			return q + __builtin_ctz(ends);
	}
#endif
	return tag_end_careful(p, end);
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct view local_name(const uint8_t *p, const uint8_t *end, const uint8_t **ret_rest)
{
	const uint8_t *start = p;

	for (; p < end && !is_space(*p) && *p != '/'; p++)
		if (*p == ':')
			start = p + 1;
	*ret_rest = p;
	return view_of(start, (size_t)(p - start));
}

/* At '<'. True where a token came out of it; else it was passed over. */
static bool take_tag(struct xml *x, struct xml_token *t)
{
	const uint8_t *p = x->p + 1, *end = x->end, *gt, *rest;

	if (p < end && *p == '!') {
		if (end - p >= 3 && p[1] == '-' && p[2] == '-') {
			x->p = behind(p + 3, end, "-->", 3);
			return false;
		}
		if (end - p >= 8 && memcmp(p, "![CDATA[", 8) == 0) {
			const uint8_t *stop = behind(p + 8, end, "]]>", 3);
			size_t tail = stop >= p + 11 && memcmp(stop - 3, "]]>", 3) == 0 ? 3 : 0;

			t->kind = XML_CDATA;
			t->text = view_of(p + 8, (size_t)(stop - p - 8) - tail);
			x->p = stop;
			return t->text.n > 0;
		}
		gt = tag_end(p, end);
		x->p = gt < end ? gt + 1 : end;
		return false;
	}
	if (p < end && *p == '?') {
		x->p = behind(p, end, "?>", 2);
		return false;
	}
	if (p < end && *p == '/') {
		gt = memchr(p, '>', (size_t)(end - p));
		gt = gt ? gt : end;
		t->kind = XML_CLOSE;
		t->name = local_name(p + 1, gt, &rest);
		x->p = gt < end ? gt + 1 : end;
		return true;
	}
	if (p >= end || is_space(*p) || *p == '<' || *p == '>') {
		/* A lone '<': text for whoever wrote it. */
		t->kind = XML_TEXT;
		t->text = view_of(x->p, 1);
		x->p = p;
		return true;
	}
	gt = tag_end(p, end);
	x->p = gt < end ? gt + 1 : end;
	t->kind = XML_OPEN;
	if (gt > p && gt[-1] == '/') {
		t->kind = XML_EMPTY;
		gt--;
	}
	t->name = local_name(p, gt, &rest);
	t->attrs = view_of(rest, (size_t)(gt - rest));
	return true;
}

enum xml_kind xml_next(struct xml *x, struct xml_token *ret)
{
	*ret = (struct xml_token){0};
	while (x->p < x->end) {
		if (*x->p != '<') {
			const uint8_t *lt = memchr(x->p, '<', (size_t)(x->end - x->p));

			lt = lt ? lt : x->end;
			ret->kind = XML_TEXT;
			ret->text = view_of(x->p, (size_t)(lt - x->p));
			x->p = lt;
			return XML_TEXT;
		}
		if (take_tag(x, ret))
			return ret->kind;
	}
	ret->kind = XML_END;
	return XML_END;
}

bool xml_attr_next(struct view *attrs, struct view *ret_name, struct view *ret_value)
{
	const uint8_t *p = attrs->p, *end = p + attrs->n, *name, *stop;

	while (p < end && (is_space(*p) || *p == '/'))
		p++;
	if (p >= end)
		return false;
	for (name = p; p < end && *p != '=' && !is_space(*p); p++)
		if (*p == ':')
			name = p + 1;
	*ret_name = view_of(name, (size_t)(p - name));
	*ret_value = VIEW_EMPTY;
	while (p < end && is_space(*p))
		p++;
	if (p < end && *p == '=') {
		p++;
		while (p < end && is_space(*p))
			p++;
		if (p < end && (*p == '"' || *p == '\'')) {
			stop = memchr(p + 1, *p, (size_t)(end - p - 1));
			stop = stop ? stop : end;
			*ret_value = view_of(p + 1, (size_t)(stop - p - 1));
			p = stop < end ? stop + 1 : end;
		} else {
			for (stop = p; stop < end && !is_space(*stop); stop++)
				;
			*ret_value = view_of(p, (size_t)(stop - p));
			p = stop;
		}
	} else if (ret_name->n == 0) {
		p = MIN(p + 1, end);
	}
	*attrs = view_of(p, (size_t)(end - p));
	return true;
}

bool xml_attr_view(const struct xml_token *t, struct view name, struct view *ret)
{
	struct view attrs = t->attrs, n, v;

	*ret = VIEW_EMPTY;
	if (t->kind != XML_OPEN && t->kind != XML_EMPTY)
		return false;
	while (xml_attr_next(&attrs, &n, &v))
		if (view_eq(n, name)) {
			*ret = v;
			return true;
		}
	return false;
}

static size_t numeric_entity(struct view v, uint32_t *ret_cp)
{
	uint32_t cp = 0;
	bool hex = v.n > 2 && (v.p[2] == 'x' || v.p[2] == 'X');
	size_t i = hex ? 3 : 2, first = i;

	for (; i < v.n && i < 16; i++) {
		uint8_t c = v.p[i], digit;

		if (c >= '0' && c <= '9')
			digit = (uint8_t)(c - '0');
		else if (hex && ((c | 32) >= 'a') && ((c | 32) <= 'f'))
			digit = (uint8_t)((c | 32) - 'a' + 10);
		else
			break;
		cp = cp > 0x110000 ? cp : cp * (hex ? 16 : 10) + digit;
	}
	if (i == first)
		return 0;
	*ret_cp = cp == 0 ? 0xfffd : cp;
	return i < v.n && v.p[i] == ';' ? i + 1 : i;
}

size_t xml_entity(struct view v, uint32_t *ret_cp)
{
	static const struct {
		struct view name;
		uint8_t c;
	} known[] = {
		{VIEW_LIT("&amp;"), '&'},
		{VIEW_LIT("&lt;"), '<'},
		{VIEW_LIT("&gt;"), '>'},
		{VIEW_LIT("&quot;"), '"'},
		{VIEW_LIT("&apos;"), '\''},
	};

	if (v.n >= 3 && v.p[1] == '#')
		return numeric_entity(v, ret_cp);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (view_starts(v, known[i].name)) {
			*ret_cp = known[i].c;
			return known[i].name.n;
		}
	return 0;
}

int xml_decode(struct view raw, struct buf *out)
{
	while (raw.n > 0) {
		const uint8_t *amp = memchr(raw.p, '&', raw.n);
		size_t plain = amp ? (size_t)(amp - raw.p) : raw.n, n;
		uint32_t cp;
		int r = buf_put(out, raw.p, plain);

		if (r < 0)
			return r;
		raw = view_sub(raw, plain, raw.n);
		if (raw.n == 0)
			break;
		n = xml_entity(raw, &cp);
		r = n > 0 ? buf_put_utf8(out, cp) : buf_put_byte(out, '&');
		if (r < 0)
			return r;
		raw = view_sub(raw, n > 0 ? n : 1, raw.n);
	}
	return 0;
}

static uint8_t dict_hash(struct view v)
{
	return (uint8_t)(v.n * 23 + v.p[0] * 7U + v.p[v.n - 1] * 31U + v.p[v.n / 2] * 3U);
}

void xml_dict_init(struct xml_dict *d, const char *const *words)
{
	d->words = words;
	memset(d->slots, 0, sizeof(d->slots));
	for (uint8_t i = 1; words[i] && i < XML_WORDS_MAX; i++) {
		struct view word = view_str(words[i]);
		uint8_t h = dict_hash(word);

		d->lengths[i] = (uint8_t)MIN(word.n, (size_t)UINT8_MAX);
		while (d->slots[h])
			h++;
		d->slots[h] = i;
	}
}

unsigned xml_dict_find(const struct xml_dict *d, struct view name)
{
	if (name.n == 0)
		return 0;
	for (uint8_t h = dict_hash(name); d->slots[h]; h++) {
		uint8_t i = d->slots[h];

		if (name.n == d->lengths[i] && memcmp(name.p, d->words[i], name.n) == 0)
			return i;
	}
	return 0;
}

static size_t utf16_lead(struct view v)
{
	if (v.n >= 4 && ((v.p[0] == '<' && v.p[1] == 0) || (v.p[0] == 0 && v.p[1] == '<')))
		return 1;
	return v.n >= 4 &&
		((v.p[0] == 0xff && v.p[1] == 0xfe) || (v.p[0] == 0xfe && v.p[1] == 0xff));
}

bool xml_looks_like(struct view v)
{
	size_t i = view_starts(v, VIEW_LIT("\xef\xbb\xbf")) ? 3 : 0;

	if (utf16_lead(v))
		return true;
	while (i < v.n && is_space(v.p[i]))
		i++;
	if (i + 2 > v.n || v.p[i] != '<')
		return false;
	return v.p[i + 1] == '?' || v.p[i + 1] == '!' || v.p[i + 1] >= 'A';
}

struct view xml_root(struct view v)
{
	struct xml x = xml_begin(view_sub(v, 0, ROOT_SEARCH));
	struct xml_token t;

	while (xml_next(&x, &t) != XML_END)
		if (t.kind == XML_OPEN || t.kind == XML_EMPTY)
			return t.name;
	return VIEW_EMPTY;
}

int xml_prepare(struct view v, struct buf *scratch, struct view *ret)
{
	enum encoding e = ENCODING_UTF8;
	int r;

	if (utf16_lead(v)) {
		bool big = v.p[0] == 0 || v.p[0] == 0xfe;

		e = big ? ENCODING_UTF16BE : ENCODING_UTF16LE;
	} else if (view_starts(v, VIEW_LIT("<?xml"))) {
		struct view head = view_sub(v, 0, 200);
		const uint8_t *stop = memmem(head.p, head.n, "?>", 2), *at;
		struct view name;

		at = stop ? memmem(head.p, (size_t)(stop - head.p), "encoding=", 9) : NULL;
		if (at && stop - at > 11) {
			const uint8_t *q = memchr(at + 10, at[9], (size_t)(stop - at - 10));

			name = view_of(at + 10, q ? (size_t)(q - at - 10) : 0);
			if (encoding_parse(name, &e) < 0 || e == ENCODING_UTF16LE ||
				e == ENCODING_UTF16BE)
				e = ENCODING_UTF8;
		}
	}
	*ret = v;
	if (e == ENCODING_UTF8)
		return 0;
	buf_clear(scratch);
	scratch->max = 0;
	r = encoding_decode(e, v, scratch);
	if (r == -ENOTSUP)
		return 0;
	if (r == 0)
		*ret = buf_view(scratch);
	return r == -E2BIG ? 0 : r;
}
