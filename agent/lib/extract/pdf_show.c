/* SPDX-License-Identifier: Apache-2.0 */
/* Showing a string: which text lands where. No allocation per glyph. */
#include <errno.h>
#include <math.h>

#include "extract/pdf_run.h"

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

int pdf_run_show(struct pdf_run *r, struct view text)
{
	const struct pdf_state *s = r->s;
	const struct pdf_font *font = s->font;
	size_t step = font && font->wide ? 2 : 1;
	double total = 0;

	if (!font || text.n == 0)
		return 0;
	if (r->turned)
		turn(r);

	double tx = r->tm[4] + s->rise * r->tm[2], ty = r->tm[5] + s->rise * r->tm[3];
	double x = tx * s->ctm[0] + ty * s->ctm[2] + s->ctm[4];
	double y = tx * s->ctm[1] + ty * s->ctm[3] + s->ctm[5];
	double u0 = x * r->cosine + y * r->sine, v = y * r->cosine - x * r->sine;
	if (!isfinite(u0) || !isfinite(v) || !isfinite(r->em) || fabs(u0) > 1e7 || fabs(v) > 1e7)
		return 0;

	unsigned flags = text_flags(s);
	bool spaced = s->char_space * s->scale * r->unit > 0.08 * r->em;
	struct pdf_chunk *k = NULL;

	for (size_t i = 0; i + step <= text.n; i += step) {
		uint32_t code = step == 2 ? (uint32_t)text.p[i] << 8 | text.p[i + 1] : text.p[i];
		const struct pdf_glyph *page = font->pages[code >> 8];
		const struct pdf_glyph *g = page ? &page[code & 0xFF] : NULL;
		double u = u0 + total * r->unit;

		if (!k || spaced) {
			if (!chunk_continues(r, u, v, flags)) {
				int e = chunk_new(r, u, v, flags);
				if (e)
					return e;
			}
			k = &r->c->chunks[r->c->n - 1];
		}

		double width = g && g->width >= 0 ? (double)g->width : (double)font->width;
		int e = put_glyph(r, font, g, code);
		if (e)
			return e;
		r->c->glyphs++;
		k->n = (uint32_t)(r->c->text.n - k->text);
		k->u1 = (float)(u + width * s->size * s->scale * r->unit);

		total += (width * s->size + s->char_space +
				 (code == ' ' && step == 1 ? s->word_space : 0)) *
			s->scale;
	}
	r->tm[4] += total * r->tm[0];
	r->tm[5] += total * r->tm[1];
	return extractor_tick(r->f->x, text.n);
}
