/* SPDX-License-Identifier: Apache-2.0 */
/* Showing a string: which text lands where. No allocation per glyph. */
#include <errno.h>
#include <math.h>

#include "extract/pdf_run.h"

/* Bytes of a string in an array that is read where it lies; longer ones go the long way. */
#define STRING_MAX 256

static double length(double a, double b)
{
	return b == 0 ? fabs(a) : a == 0 ? fabs(b) : hypot(a, b);
}

static void turn(struct pdf_run *r)
{
	const struct pdf_state *s = r->s;
	const double *t = r->tm, *c = s->ctm;
	double sign = s->size * s->scale < 0 ? -1 : 1;
	double a = (t[0] * c[0] + t[1] * c[2]) * sign, b = (t[0] * c[1] + t[1] * c[3]) * sign;

	r->unit = length(a, b) * sign;
	r->em = fabs(s->size) * length(t[3] * c[3] + t[2] * c[1], t[2] * c[0] + t[3] * c[2]);
	r->turned = false;
	if (b == 0 && a >= 0) {
		r->angle = 0;
		r->cosine = 1;
		r->sine = 0;
		return;
	}
	double angle = isfinite(a) && isfinite(b) ? atan2(b, a) : 0;
	r->angle = (int)lround(angle * 180 / M_PI);
	if (r->angle == -180)
		r->angle = 180;
	r->cosine = cos(r->angle * M_PI / 180);
	r->sine = sin(r->angle * M_PI / 180);
}

static unsigned text_flags(const struct pdf_state *s)
{
	unsigned flags = 0;

	if (s->red)
		flags |= PDF_TEXT_RED;
	if (s->pale || s->transparent)
		flags |= PDF_TEXT_PALE;
	if (s->mode == 3 || s->mode == 7)
		flags |= PDF_TEXT_HIDDEN;
	if (s->font->bold || s->mode == 2)
		flags |= PDF_TEXT_BOLD;
	if (s->font->legacy)
		flags |= PDF_TEXT_LEGACY * (1 + (unsigned)s->font->encoding);
	if (s->font->capitals)
		flags |= PDF_TEXT_CAPITALS;
	return flags;
}

static int chunk_new(struct pdf_run *r, double u, double v, unsigned flags)
{
	struct pdf_content *c = r->c;

	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 512;
		if (cap > PDF_CHUNKS_MAX)
			return -E2BIG;
		struct pdf_chunk *p = reallocarray(c->chunks, cap, sizeof(*p));
		if (!p)
			return -ENOMEM;
		c->chunks = p;
		c->cap = cap;
	}
	c->chunks[c->n++] = (struct pdf_chunk){
		.u0 = (float)u,
		.u1 = (float)u,
		.v = (float)v,
		.size = (float)r->em,
		.text = (uint32_t)c->text.n,
		.angle = (int16_t)r->angle,
		.flags = (uint16_t)flags,
	};
	return 0;
}

/* The last chunk goes on at (u, v): text that was set without a visible step. */
static bool chunk_continues(const struct pdf_run *r, double u, double v, unsigned flags)
{
	if (r->c->n == 0)
		return false;
	const struct pdf_chunk *k = &r->c->chunks[r->c->n - 1];
	double gap = u - (double)k->u1;

	return k->angle == r->angle && k->flags == flags && gap < 0.1 * r->em &&
		gap > -0.2 * r->em && fabs(v - (double)k->v) < 0.05 * r->em &&
		fabs((double)k->size - r->em) < 0.1 * r->em;
}

static int put_unicode(struct pdf_content *c, uint32_t code)
{
	return code ? buf_put_utf8(&c->text, code) : 0;
}

/* The text of one glyph; false where nobody knows it. */
static int put_glyph(
	struct pdf_run *r, const struct pdf_font *font, const struct pdf_glyph *g, uint32_t code)
{
	struct buf *out = &r->c->text;

	if (g && g->utf8[0] && g->utf8[0] < PDF_GLYPH_LONG) {
		uint8_t lead = g->utf8[0];
		size_t n = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

		if (out->cap - out->n < 4) {
			int e = buf_reserve(out, 4096);
			if (e)
				return e;
		}
		memcpy(out->p + out->n, g->utf8, 4);
		out->n += n;
		return 0;
	}
	if (g && g->utf8[0] == PDF_GLYPH_LONG) {
		size_t at = (size_t)g->utf8[1] << 16 | (size_t)g->utf8[2] << 8 | g->utf8[3];
		return buf_put(out, font->strings.p + at + 1, font->strings.p[at]);
	}
	if (font->unicode && code >= 0x20 && (code < 0xD800 || code > 0xDFFF))
		return put_unicode(r->c, code);
	if (!font->symbols)
		r->c->unmapped++;
	return 0;
}

/* The strings of one operator: what stays the same for them, and where they have got to. */
struct show {
	unsigned flags;
	bool spaced;
	bool started;   /* the last chunk is of this operator */
	double em, gap; /* in text space: of a glyph that is one wide, and behind each */
	double u, v;    /* where `total` is counted from */
	double total;   /* in text space */
};

static void place(const struct pdf_run *r, struct show *h)
{
	const double *c = r->s->ctm;
	double tx = r->tm[4] + r->s->rise * r->tm[2], ty = r->tm[5] + r->s->rise * r->tm[3];
	double x = tx * c[0] + ty * c[2] + c[4], y = tx * c[1] + ty * c[3] + c[5];

	h->u = x * r->cosine + y * r->sine;
	h->v = y * r->cosine - x * r->sine;
	h->total = 0;
}

static struct show show_begin(struct pdf_run *r)
{
	const struct pdf_state *s = r->s;
	struct show h;

	if (r->turned)
		turn(r);
	h = (struct show){
		.flags = text_flags(s),
		.spaced = s->char_space * s->scale * r->unit > 0.08 * r->em,
		.em = s->size * s->scale,
		.gap = s->char_space * s->scale,
	};
	place(r, &h);
	return h;
}

static void show_end(struct pdf_run *r, const struct show *h)
{
	r->tm[4] += h->total * r->tm[0];
	r->tm[5] += h->total * r->tm[1];
}

/* Slanted lines leave the angle that their text is counted at. */
static void show_next(struct pdf_run *r, struct show *h)
{
	if (r->sine == 0)
		return;
	show_end(r, h);
	place(r, h);
	h->started = false;
}

static int show_chunk(struct pdf_run *r, struct show *h, double u)
{
	bool goes_on;

	if (h->started) {
		double gap = u - (double)r->c->chunks[r->c->n - 1].u1;

		goes_on = gap < 0.1 * r->em && gap > -0.2 * r->em;
	} else {
		goes_on = chunk_continues(r, u, h->v, h->flags);
		h->started = true;
	}
	return goes_on ? 0 : chunk_new(r, u, h->v, h->flags);
}

static int show_string(struct pdf_run *r, struct show *h, struct view text)
{
	const struct pdf_font *font = r->s->font;
	size_t step = font->wide ? 2 : 1;
	double u = h->u + h->total * r->unit;
	struct pdf_chunk *k = NULL;

	/* also what is no number */
	if (!(fabs(u) <= 1e7) || !(fabs(h->v) <= 1e7) || !isfinite(r->em))
		return 0;
	for (size_t i = 0; i + step <= text.n; i += step) {
		uint32_t code = step == 2 ? (uint32_t)text.p[i] << 8 | text.p[i + 1] : text.p[i];
		const struct pdf_glyph *page = font->pages[code >> 8];
		const struct pdf_glyph *g = page ? &page[code & 0xFF] : NULL;
		double width = g && g->width >= 0 ? (double)g->width : (double)font->width;
		int e;

		if (!k || h->spaced) {
			e = show_chunk(r, h, u);
			if (e)
				return e;
			k = &r->c->chunks[r->c->n - 1];
		}
		e = put_glyph(r, font, g, code);
		if (e)
			return e;
		r->c->glyphs++;
		k->n = (uint32_t)(r->c->text.n - k->text);
		k->u1 = (float)(u + width * h->em * r->unit);
		h->total += width * h->em + h->gap;
		if (code == ' ' && step == 1)
			h->total += r->s->word_space * r->s->scale;
		u = h->u + h->total * r->unit;
	}
	return 0;
}

int pdf_run_show(struct pdf_run *r, struct view text)
{
	struct show h;
	int e;

	if (!r->s->font || text.n == 0)
		return 0;
	h = show_begin(r);
	e = show_string(r, &h, text);
	if (e)
		return e;
	show_end(r, &h);
	return extractor_tick(r->f->x, text.n);
}

void pdf_run_step(struct pdf_run *r, double thousandths)
{
	double step = -thousandths / 1000 * r->s->size * r->s->scale;

	r->tm[4] += step * r->tm[0];
	r->tm[5] += step * r->tm[1];
}

static bool is_of_number(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ' ';
}

/* The "]" of an array of hexadecimal strings and numbers that "TJ" follows, NULL where it is
   anything else. Sets where to go on. */
static const uint8_t *plain_array(const struct pdf_lex *l, const uint8_t **ret_next)
{
	const uint8_t *c = l->p + 1, *string, *close;

	for (;;) {
		while (c < l->end && is_of_number(*c))
			c++;
		if (c == l->end || *c != '<')
			break;
		string = ++c;
		while (c < l->end && pdf_hex_digits[*c])
			c++;
		if (c == l->end || *c != '>' || c - string > 2 * STRING_MAX)
			return NULL;
		c++;
	}
	if (c == l->end || *c != ']')
		return NULL;
	close = c++;
	while (c < l->end && pdf_is_space(*c))
		c++;
	if (l->end - c < 2 || c[0] != 'T' || c[1] != 'J' ||
		(l->end - c > 2 && !pdf_is_delimiter(c[2])))
		return NULL;
	*ret_next = c + 2;
	return close;
}

/* The digits from `c` up to a ">"; returns what is behind it. */
static const uint8_t *hex_string(const uint8_t *c, uint8_t *out, size_t *ret_n)
{
	size_t n = 0;

	for (; c[0] != '>' && c[1] != '>'; c += 2)
		out[n++] = (uint8_t)(pdf_hex_digit(c[0]) << 4 | pdf_hex_digit(c[1]));
	if (*c != '>')
		out[n++] = (uint8_t)(pdf_hex_digit(*c++) << 4);
	*ret_n = n;
	return c + 1;
}

/* A number, mostly of few digits, that something else follows. */
static const uint8_t *array_number(const uint8_t *c, double *ret)
{
	const uint8_t *from = c;
	int v = 0;

	c += *c == '-';
	while (*c >= '0' && *c <= '9' && v < 1000000)
		v = v * 10 + (*c++ - '0');
	if (*c == '<' || *c == ']' || *c == ' ') {
		*ret = *from == '-' ? -v : v;
		return c;
	}
	while (*c != '<' && *c != ']' && *c != ' ')
		c++;
	*ret = pdf_lex_number(from, c);
	return c;
}

int pdf_run_show_array(struct pdf_run *r, struct pdf_lex *l)
{
	const uint8_t *next, *close = plain_array(l, &next), *c = l->p + 1;
	uint8_t text[STRING_MAX];
	struct show h;
	int e;

	if (!close || !r->s->font)
		return PDF_SHOW_OTHER;
	h = show_begin(r);
	while (c < close) {
		if (*c == '<') {
			size_t n;

			c = hex_string(c + 1, text, &n);
			e = show_string(r, &h, view_of(text, n));
			if (e)
				return e;
		} else if (*c == ' ') {
			c++;
			continue;
		} else {
			double thousandths;

			c = array_number(c, &thousandths);
			h.total -= thousandths / 1000 * h.em;
		}
		show_next(r, &h);
	}
	show_end(r, &h);
	e = extractor_tick(r->f->x, (size_t)(next - l->p) / 4 + 16);
	l->p = next;
	return e;
}
