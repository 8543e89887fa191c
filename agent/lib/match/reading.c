/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other readings of a short line, beside the line as it stands: without diacritics, with its
 * letters brought together, and as a disguised line is meant. Letters that stand below each other
 * are a line, too.
 */
#include "match/shape.h"
#include "match/state.h"
#include "match/utf8.h"
#include "text/disguise.h"

/* Readings of disguised lines longer than this (bytes) are not looked at without diacritics. */
#define FOLD_READ_MAX 80

/* Letters below each other that make a line. */
#define COLUMN_LETTERS_MIN 3

static bool has_non_ascii(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] >= 0x80)
			return true;
	return false;
}

/* Without diacritics. */
int reading_folded(struct match *m, struct view original, const struct seg *plain)
{
	struct view canonical = view_of(m->chunk.text.p + plain->off, plain->n);
	struct seg s = {.kind = LINE_FOLDED, .whole = true, .starts = true};
	int e;

	if (!has_non_ascii(canonical))
		return 0;
	buf_clear(&m->work);
	e = canon_strip(canonical, &m->work);
	if (e < 0 || view_eq(canonical, buf_view(&m->work)))
		return e;
	return chunk_put(m, s, original, buf_view(&m->work));
}

static int put_spaced(struct match *m, struct view original)
{
	struct seg s = {.kind = LINE_SPACED, .whole = true, .starts = true};
	int e;

	buf_clear(&m->work);
	e = shape_join_letters(original, &m->work);
	if (e <= 0)
		return e;
	return chunk_put(m, s, buf_view(&m->work), VIEW_EMPTY);
}

/* Without the signs between letters or words. */
static int put_parted(struct match *m, struct view original)
{
	struct seg s = {.kind = LINE_SPACED, .whole = true, .starts = true};
	int e;

	buf_clear(&m->work);
	e = shape_part_signs(original, &m->work);
	if (e <= 0)
		return e;
	return chunk_put(m, s, buf_view(&m->work), VIEW_EMPTY);
}

/* As its reader reads it, where that is not what is written. */
static int put_read(struct match *m, struct view original, bool latin)
{
	struct seg s = {.kind = LINE_READ, .whole = true, .starts = true};
	int e;

	buf_clear(&m->work3);
	e = disguise_remove(original, latin, &m->work3);
	if (e <= 0)
		return e;
	e = chunk_put(m, s, buf_view(&m->work3), VIEW_EMPTY);
	if (e < 0)
		return e;
	s = *chunk_last(m);
	e = put_spaced(m, buf_view(&m->work3));
	if (e == 0)
		e = put_parted(m, buf_view(&m->work3));
	return e < 0 || m->work3.n > FOLD_READ_MAX ? e : reading_folded(m, buf_view(&m->work3), &s);
}

int reading_others(struct match *m, struct view text, bool is_plain, bool latin)
{
	int e = is_plain ? 0 : put_spaced(m, text);

	if (e == 0)
		e = put_parted(m, text);
	return e < 0 ? e : put_read(m, text, latin);
}

/* One letter, with its marks. */
static bool is_one_letter(struct view v)
{
	size_t n, more;
	uint32_t cp;

	if (v.n == 0 || v.n > 12)
		return false;
	cp = utf8_at(v, 0, &n);
	if (!utf8_is_word(cp) || (cp >= '0' && cp <= '9') || utf8_is_combining(cp))
		return false;
	for (; n < v.n; n += more)
		if (!utf8_is_combining(utf8_at(v, n, &more)))
			return false;
	return true;
}

int column_end(struct match *m)
{
	struct column *c = &match_doc(m)->column;
	struct seg s = {.kind = LINE_SPACED, .whole = true, .starts = true};
	uint32_t letters = c->letters;
	int e;

	c->letters = 0;
	if (letters < COLUMN_LETTERS_MIN || letters > MATCH_COLUMN_MAX)
		return 0;
	c->line.n_name = 0;
	e = buf_put(&m->chunk.lines, &c->line, sizeof(c->line));
	return e < 0 ? e : chunk_put(m, s, view_of(c->text, c->n), VIEW_EMPTY);
}

int column_take(struct match *m, const struct line *l, struct view text)
{
	struct column *c = &match_doc(m)->column;
	bool letter = is_one_letter(text);
	int e = 0;

	if (c->letters && (!letter || l->place != c->line.place))
		e = column_end(m);
	if (e < 0 || !letter)
		return e;
	if (c->letters == 0)
		c->n = 0;
	if (c->letters < MATCH_COLUMN_MAX) {
		memcpy(c->text + c->n, text.p, text.n);
		c->n += (uint32_t)text.n;
	}
	/* a longer column is none */
	c->letters = MIN(c->letters + 1, MATCH_COLUMN_MAX + 1);
	c->line = *l;
	return 0;
}
