/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks are cut into lines, lines are made canonical and gathered into a chunk, and the database
 * runs over a full chunk once. Memory does not grow with the document: a chunk, the candidates
 * whose window is open, and the settled ones.
 */
#include "match/match.h"

#include <errno.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "match/name.h"
#include "match/numbers.h"
#include "match/shape.h"
#include "match/state.h"
#include "match/utf8.h"
#include "text/disguise.h"

/* Blocks of several lines up to this size (bytes) are one shape. */
#define SHAPE_SIZE_MAX 512

/* With so many letters seen, and more than this share of them not ASCII, nothing is folded. */
#define FOLD_LETTERS_MIN  600
#define FOLD_PERCENT_MAX  12
#define FOLD_LINE_MAX     200
#define FOLD_CAPITALS_MAX 80

static void matchp_free(struct match **m)
{
	*m = match_free(*m);
}

int match_new(const struct ruleset *r, struct match **ret)
{
	cleanup_with(matchp_free) struct match *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->r = r;
	m->key = hash_key_new();
	m->regex_seen = calloc(r->n_patterns + 1, sizeof(*m->regex_seen));
	m->data = pcre2_match_data_create(1, NULL);
	m->limits = pcre2_match_context_create(NULL);
	m->spans = pcre2_match_context_create(NULL);
	m->out = calloc(1, sizeof(*m->out));
	if (!m->regex_seen || !m->data || !m->limits || !m->spans || !m->out)
		return -ENOMEM;
	pcre2_set_match_limit(m->limits, MATCH_REGEX_STEPS_MAX);
	pcre2_set_depth_limit(m->limits, MATCH_REGEX_DEPTH_MAX);
	pcre2_set_match_limit(m->spans, MATCH_REGEX_STEPS_MAX);
	pcre2_set_depth_limit(m->spans, MATCH_REGEX_DEPTH_MAX);
	if (r->database && hs_alloc_scratch(r->database, &m->scratch) != HS_SUCCESS)
		return -ENOMEM;
	*ret = steal(&m);
	return 0;
}

struct match *match_free(struct match *m)
{
	if (!m)
		return NULL;
	for (unsigned i = 0; i < MATCH_DEPTH_MAX; i++)
		free(m->docs[i]);
	buf_done(&m->chunk.text);
	buf_done(&m->chunk.original);
	buf_done(&m->chunk.names);
	buf_done(&m->chunk.lines);
	buf_done(&m->chunk.segs);
	buf_done(&m->work);
	buf_done(&m->work2);
	buf_done(&m->work3);
	hs_free_scratch(m->scratch);
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->limits);
	pcre2_match_context_free(m->spans);
	free(m->regex_seen);
	free(m->out);
	free(m);
	return NULL;
}

static bool context_fits(const struct rs_use *u, const struct seg *s, const struct part *p)
{
	struct view left = view_of(p->line.p, p->from);
	struct view right = view_of(p->line.p + p->to, p->line.n - p->to);

	switch ((enum rs_anchor)u->how) {
	case RS_ANCHOR_ANY: return true;
	case RS_ANCHOR_START: return s->starts && shape_trim_line(left).n == 0;
	case RS_ANCHOR_WHOLE:
		return s->whole && shape_trim_line(left).n == 0 && shape_trim_line(right).n == 0;
	case RS_ANCHOR_MAX: break;
	}
	return false;
}

static bool form_fits(enum rs_form form, enum line_kind kind)
{
	switch (form) {
	case RS_FORM_EXACT: return kind != LINE_FOLDED;
	case RS_FORM_FOLDED: return kind != LINE_FOLDED; /* other diacritics, other words */
	case RS_FORM_COMPACT: return kind != LINE_FOLDED && kind != LINE_JOINED;
	case RS_FORM_PARTIAL: return kind != LINE_JOINED;
	case RS_FORM_MAX: break;
	}
	return false;
}

/* Each letter has some of the diacritics that it should have, and no others. 1, 0 or -errno. */
static int partial_fits(
	struct match *m, const struct rs_use *u, const struct seg *s, const struct part *p)
{
	struct view text = p->line;
	int e;

	if (s->kind == LINE_FOLDED) {
		buf_clear(&m->work);
		e = canon_text(
			view_of(m->chunk.original.p + s->original, s->n_orig), &m->work, NULL);
		if (e < 0)
			return e;
		text = buf_view(&m->work);
	}
	return disguise_lacks_marks(text, p->from, ruleset_str(m->r, u->full), &m->hit.bare);
}

static int on_mark(struct match *m, const struct rs_use *u, const struct seg *s, struct part *p)
{
	const struct rs_mark *mark = &m->r->marks[u->index];
	const struct line *l = chunk_line(m, s);
	int e = 0;

	if (!form_fits((enum rs_form)u->how, s->kind) || (l->flags & BLOCK_STRUCK))
		return 0;
	m->hit.bare = false;
	if (u->how == RS_FORM_PARTIAL) {
		e = partial_fits(m, u, s, p);
		if (e <= 0)
			return e;
		e = 0;
	}
	for (uint32_t i = 0; e == 0 && i < mark->rules.n; i++)
		e = evidence_candidate(m, m->r->mark_rules[mark->rules.off + i], u->index,
			(enum rs_form)u->how, s, p);
	/* after the candidates: a joined one first takes its parts away */
	if (e == 0 && s->whole && s->kind != LINE_FOLDED && u->how != RS_FORM_PARTIAL &&
		part_is_line(p))
		window_mark(m, u->index, l);
	return e;
}

/* One spelling, found in a segment. */
static int on_span(struct match *m, uint32_t pattern, const struct seg *s, size_t from, size_t to)
{
	const struct rs_pattern *p = &m->r->patterns[pattern];
	const struct line *l = chunk_line(m, s);
	struct part part = {
		.line = view_of(m->chunk.text.p + s->off, s->n),
		.from = from,
		.to = to,
		.place = l->place,
		.name = view_sub(buf_view(&m->chunk.names), l->name, l->n_name),
	};
	size_t n;
	int e = 0;

	m->hit = (struct hit){0};
	if (from > 0 && utf8_is_word(utf8_before(part.line, from, &n)) &&
		utf8_is_word(utf8_at(part.line, from, &n)))
		return 0;
	/* an expression says itself where it ends */
	if (!(p->flags & RS_PATTERN_REGEX) && to < s->n &&
		utf8_is_word(utf8_at(part.line, to, &n)) &&
		utf8_is_word(utf8_before(part.line, to, &n)))
		return 0;
	for (uint32_t i = 0; e == 0 && i < p->uses.n; i++) {
		const struct rs_use *u = &m->r->uses[p->uses.off + i];

		if (u->kind == RS_USE_MARK)
			e = on_mark(m, u, s, &part);
		else if ((s->kind == LINE_PLAIN || s->kind == LINE_READ) &&
			context_fits(u, s, &part))
			window_context(m, u->index, l);
	}
	return e;
}

static int on_regex(struct match *m, uint32_t pattern, const struct seg *s)
{
	struct view line = view_of(m->chunk.text.p + s->off, s->n);
	size_t from = 0, last = s->n;
	int e = 0;

	if (m->regex_seen[pattern] == m->chunk.seg + 1)
		return 0;
	m->regex_seen[pattern] = m->chunk.seg + 1;
	/* in prose, whose words start many of these, it is not worth a look at each place */
	if (m->r->patterns[pattern].flags & RS_PATTERN_STARTS) {
		if (!s->starts)
			return 0;
		last -= shape_trim_front(line).n;
	}
	pcre2_set_offset_limit(m->spans, last);
	for (unsigned i = 0; e == 0 && i < MATCH_REGEX_HITS_MAX && from <= last; i++) {
		size_t *at = pcre2_get_ovector_pointer(m->data), a, b;

		if (pcre2_match(m->r->pattern_code[pattern], line.p, line.n, from, 0, m->data,
			    m->spans) < 0)
			break;
		a = at[0]; /* the match data is used again below */
		b = at[1];
		if (b <= a)
			break;
		e = on_span(m, pattern, s, a, b);
		from = b;
	}
	return e;
}

static int on_hit(unsigned id, unsigned long long unused, unsigned long long to, unsigned flags,
	void *userdata)
{
	struct match *m = userdata;
	const struct seg *s = (const struct seg *)(const void *)m->chunk.segs.p;
	uint32_t n = (uint32_t)(m->chunk.segs.n / sizeof(*s)), text_n;

	(void)unused;
	(void)flags;
	/* matches come in the order of their ends */
	while (m->chunk.seg < n && s[m->chunk.seg].off + s[m->chunk.seg].n < to)
		m->chunk.seg++;
	if (m->chunk.seg == n || to < s[m->chunk.seg].off || id >= m->r->n_patterns)
		return 0;
	s += m->chunk.seg;
	if (m->r->patterns[id].flags & RS_PATTERN_REGEX) {
		m->error = on_regex(m, id, s);
	} else {
		text_n = m->r->patterns[id].text.n;
		if (to < (uint64_t)s->off + text_n)
			return 0;
		m->error = on_span(m, id, s, to - s->off - text_n, to - s->off);
	}
	return m->error < 0;
}

static int pass(struct match *m)
{
	struct chunk *c = &m->chunk;
	hs_error_t e = HS_SUCCESS;

	m->error = 0;
	c->seg = 0;
	memset(m->regex_seen, 0, m->r->n_patterns * sizeof(*m->regex_seen));
	if (m->r->database && c->text.n)
		e = hs_scan(m->r->database, (const char *)c->text.p, (unsigned)c->text.n, 0,
			m->scratch, on_hit, m);
	buf_clear(&c->text);
	buf_clear(&c->original);
	buf_clear(&c->names);
	buf_clear(&c->lines);
	buf_clear(&c->segs);
	if (m->error < 0)
		return m->error;
	return e == HS_SUCCESS ? 0 : -EIO;
}

int chunk_put(struct match *m, struct seg s, struct view original, struct view canonical)
{
	struct chunk *c = &m->chunk;
	int e;

	s.off = (uint32_t)c->text.n;
	s.original = (uint32_t)c->original.n;
	s.n_orig = (uint32_t)original.n;
	s.line = (uint32_t)(c->lines.n / sizeof(struct line)) - 1;
	e = buf_put_view(&c->original, original);
	if (e == 0)
		e = canonical.p ? buf_put_view(&c->text, canonical)
				: canon_text(original, &c->text, NULL);
	s.n = (uint32_t)c->text.n - s.off;
	if (e == 0)
		e = buf_put_byte(&c->text, '\n');
	if (e == 0)
		e = buf_put(&c->segs, &s, sizeof(s));
	return e;
}

const struct seg *chunk_last(const struct match *m)
{
	return (const struct seg *)(const void *)(m->chunk.segs.p + m->chunk.segs.n) - 1;
}

/* Most lines have a small letter within their first few. */
static bool has_small(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] >= 'a' && v.p[i] <= 'z')
			return true;
	return false;
}

/* Folded forms count in documents without diacritics alone, and where some are missing in
   capitals: not worth a look elsewhere. */
static bool folds(const struct doc *d, struct view v)
{
	return v.n <= FOLD_LINE_MAX &&
		(d->stats.letters < FOLD_LETTERS_MIN ||
			(uint64_t)d->stats.letters_non_ascii * 100 <=
				(uint64_t)d->stats.letters * FOLD_PERCENT_MAX ||
			(v.n <= FOLD_CAPITALS_MAX && !has_small(v)));
}

static struct view strip_blanks(struct view v)
{
	size_t n;

	while (v.n && utf8_is_blank(utf8_at(v, 0, &n)))
		v = view_of(v.p + n, v.n - n);
	while (v.n && utf8_is_blank(utf8_before(v, v.n, &n)))
		v.n -= n;
	return v;
}

static int take_short(struct match *m, const struct line *l, uint32_t shape, struct view text)
{
	struct seg s = {.kind = LINE_PLAIN, .whole = true, .starts = true};
	struct seg plain;
	size_t at = m->chunk.original.n;
	bool is_plain = shape_is_plain(text);
	const struct canon_stats *stats = &match_doc(m)->stats;
	bool latin = (uint64_t)stats->letters_non_ascii * 2 <= stats->letters;
	int e;

	if (is_plain) {
		e = chunk_put(m, s, text, VIEW_EMPTY);
	} else {
		buf_clear(&m->work2);
		e = shape_columns(text, &m->work2);
		if (e == 0)
			e = chunk_put(m, s, buf_view(&m->work2), VIEW_EMPTY);
	}
	if (e < 0)
		return e;
	plain = *chunk_last(m);
	canon_count(view_of(m->chunk.text.p + plain.off, plain.n), &match_doc(m)->stats);
	e = joined_take(m, l, shape, text, &plain);
	if (e == 0)
		e = reading_others(m, text, is_plain, latin);
	if (e < 0 || !folds(match_doc(m), text))
		return e;
	/* the original lies in a buffer that grows */
	buf_clear(&m->work2);
	e = buf_put(&m->work2, m->chunk.original.p + at, plain.n_orig);
	return e < 0 ? e : reading_folded(m, buf_view(&m->work2), &plain);
}

/* Cuts at a blank where there is one near the end, else between code points. */
static size_t piece_end(struct view v, size_t from)
{
	size_t end = from + MATCH_PIECE_SIZE;

	if (end >= v.n)
		return v.n;
	for (size_t i = end; i > end - MATCH_PIECE_OVERLAP; i--)
		if (v.p[i] == ' ')
			return i;
	while (end > from && (v.p[end] & 0xc0) == 0x80)
		end--;
	return end;
}

static int take_long(struct match *m, const struct line *l, struct view text)
{
	struct seg s = {.kind = LINE_PLAIN};
	int e = 0;

	for (size_t from = 0, end; e == 0; from = end - MATCH_PIECE_OVERLAP) {
		const struct seg *done;

		while (from && from < text.n && (text.p[from] & 0xc0) == 0x80)
			from++;
		s.starts = from == 0;
		end = piece_end(text, from);
		if (m->chunk.lines.n == 0)
			e = buf_put(&m->chunk.lines, l, sizeof(*l));
		if (e == 0)
			e = chunk_put(m, s, view_sub(text, from, end - from), VIEW_EMPTY);
		if (e < 0)
			break;
		done = chunk_last(m);
		canon_count(view_of(m->chunk.text.p + done->off, done->n), &match_doc(m)->stats);
		if (end == text.n)
			break;
		if (m->chunk.text.n >= MATCH_CHUNK_SIZE)
			e = pass(m);
	}
	match_doc(m)->n_before = 0;
	match_doc(m)->box_key.n = 0;
	return e;
}

/* Places that are part of the running text: they are counted, and near each other. */
static bool is_counted(enum place p)
{
	switch (p) {
	case PLACE_HEADER:
	case PLACE_FOOTER:
	case PLACE_WATERMARK:
	case PLACE_PROPERTY:
	case PLACE_SHEET_NAME:
	case PLACE_MAIL_HEADER:
	case PLACE_FILE_NAME:
	case PLACE_MASTER:
	case PLACE_ALT_TEXT: return false;
	case PLACE_BODY:
	case PLACE_TEXT_BOX:
	case PLACE_TABLE_CELL:
	case PLACE_FOOTNOTE:
	case PLACE_COMMENT:
	case PLACE_NOTES:
	case PLACE_ANNOTATION:
	case PLACE_FORM_FIELD:
	case PLACE_MAIL_BODY:
	case PLACE_IMAGE:
	case PLACE_MAX: break;
	}
	return true;
}

/* A second cell in a row: the first is not alone there, whether it is a line still or a candidate.
 */
static void share_row(struct match *m, const struct line *l)
{
	struct line *lines = (struct line *)(void *)m->chunk.lines.p;

	for (size_t i = m->chunk.lines.n / sizeof(*lines);
		i-- > 0 && lines[i].row == l->row && lines[i].page == l->page;)
		lines[i].shares_row = true;
	window_row(match_doc(m), l->page, l->row);
}

static void see_row(struct match *m, struct line *l, uint32_t shape)
{
	struct doc *d = match_doc(m);

	if (l->row == 0 || l->row != d->row || l->page != d->row_page) {
		d->row_shared = false;
	} else if (shape != d->row_shape && !d->row_shared) {
		share_row(m, l);
		d->row_shared = true;
	}
	l->shares_row = d->row_shared;
	d->row = l->row;
	d->row_page = l->page;
	d->row_shape = shape;
}

static int take_line(struct match *m, const struct block *b, uint32_t shape, struct view text)
{
	struct doc *d = match_doc(m);
	struct line l = {
		.place = b->place,
		.page = b->page,
		.flags = b->flags,
		.row = b->row,
		.counts = is_counted(b->place),
		.name = (uint32_t)m->chunk.names.n,
		.ruled = d->after_rule,
	};
	bool numbers;
	int e = 0;

	text = strip_blanks(text);
	if (text.n == 0)
		return 0;
	numbers = b->name.n == 0 && text.n < m->r->number_min && text.n <= MATCH_LINE_SHORT_MAX &&
		numbers_only(text);
	if (!numbers && text.n <= MATCH_LINE_SHORT_MAX && shape_trim_line(text).n == 0) {
		d->after_rule = text.n >= 3;
		return 0;
	}
	d->after_rule = false;
	l.block = l.first = d->n_blocks;
	if (l.counts && d->n_blocks < NO_BLOCK - MATCH_WINDOW_MAX - 1)
		d->n_blocks++;
	if (b->name.n)
		e = name_normalise(
			view_sub(b->name, 0, MATCH_LINE_SHORT_MAX), false, &m->chunk.names);
	l.n_name = (uint32_t)m->chunk.names.n - l.name;
	see_row(m, &l, shape);
	if (e == 0)
		e = column_take(m, &l, text);
	if (e == 0 && numbers) {
		e = joined_take(m, &l, shape, text, NULL);
		return e == 0 && m->chunk.text.n >= MATCH_CHUNK_SIZE ? pass(m) : e;
	}
	if (e == 0)
		e = buf_put(&m->chunk.lines, &l, sizeof(l));
	if (e < 0)
		return e;
	e = text.n <= MATCH_LINE_SHORT_MAX ? take_short(m, &l, shape, text)
					   : take_long(m, &l, text);
	return e == 0 && m->chunk.text.n >= MATCH_CHUNK_SIZE ? pass(m) : e;
}

/* On from `i` to what may end a line: a control character or the lead of U+2028. */
static size_t may_end(struct view v, size_t i)
{
#ifdef __SSE2__
	const __m128i controls = _mm_set1_epi8('\r'), lead = _mm_set1_epi8((char)0xe2);

	for (; v.n - i >= 16; i += 16) {
		const __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(v.p + i));
		const __m128i hit = _mm_or_si128(
			_mm_cmpeq_epi8(_mm_min_epu8(c, controls), c), _mm_cmpeq_epi8(c, lead));
		int hits = _mm_movemask_epi8(hit);

		if (hits)
			return i + (size_t)__builtin_ctz((unsigned)hits);
	}
#endif
	while (i < v.n && v.p[i] > '\r' && v.p[i] != 0xe2)
		i++;
	return i;
}

/* The length of a line end at `off`, or 0. */
static size_t line_end(struct view v, size_t off)
{
	uint8_t c = v.p[off];

	if (c == '\n' || c == '\r' || c == '\v' || c == '\f')
		return 1;
	if (c == 0xe2 && off + 2 < v.n && v.p[off + 1] == 0x80 &&
		(v.p[off + 2] == 0xa8 || v.p[off + 2] == 0xa9))
		return 3;
	return 0;
}

static int take_lines(struct match *m, const struct block *b)
{
	uint32_t shape = b->shape;
	size_t from = 0, n;
	int e = 0;

	if (!shape && b->text.n <= SHAPE_SIZE_MAX)
		shape = UINT32_C(0x80000000) | match_doc(m)->n_blocks;
	for (size_t i = 0; e == 0; i += n) {
		i = may_end(b->text, i);
		if (i == b->text.n)
			break;
		n = line_end(b->text, i);
		if (n) {
			e = take_line(m, b, shape, view_of(b->text.p + from, i - from));
			from = i + n;
		} else {
			n = 1;
		}
	}
	if (e == 0)
		e = take_line(m, b, shape, view_sub(b->text, from, b->text.n));
	return e;
}

/* A property such as MSIP_Label_*_Enabled that says a label is off. */
static int take_switch(struct match *m, const struct block *b)
{
	const struct ruleset *r = m->r;
	struct doc *d = match_doc(m);
	cleanup_with(buf_done) struct buf name = {0};
	cleanup_with(buf_done) struct buf value = {0};
	struct view star;
	int e;

	if (r->n_switches == 0 || b->text.n > MATCH_LINE_SHORT_MAX)
		return 0;
	e = name_normalise(view_sub(b->name, 0, MATCH_LINE_SHORT_MAX), false, &name);
	if (e == 0)
		e = canon_text(strip_blanks(b->text), &value, NULL);
	for (uint32_t i = 0; e == 0 && i < r->n_switches; i++) {
		const struct rs_switch *s = &r->switches[i];

		if (view_eq(buf_view(&value), ruleset_str(r, s->value)) &&
			name_matches(ruleset_str(r, s->name), buf_view(&name), &star) && star.n &&
			d->n_off < MATCH_SWITCHES_MAX)
			d->off[d->n_off++] = hash_bytes(m->key, star);
	}
	return e;
}

static int doc_push(struct match *m, struct view member)
{
	struct doc *d;

	if (m->depth == MATCH_DEPTH_MAX) {
		evidence_finish(m, match_doc(m));
		m->depth--;
	}
	if (!m->docs[m->depth])
		m->docs[m->depth] = malloc(sizeof(*d));
	d = m->docs[m->depth];
	if (!d)
		return -ENOMEM;
	m->depth++;
	d->member_hash = hash_bytes(m->key, member);
	d->member_n = member.n;
	d->stats = (struct canon_stats){0};
	d->n_blocks = d->n_levels = d->n_recent = d->n_pending = d->n_settled = d->n_off =
		d->n_before = 0;
	d->box_key.n = 0;
	d->column.letters = 0;
	d->after_rule = false;
	d->row = 0;
	memset(d->has, 0, sizeof(d->has));
	memset(d->last, 0xff, sizeof(d->last));
	memset(d->member, 0, sizeof(d->member));
	/* a long path keeps its end */
	if (member.n >= sizeof(d->member)) {
		member = view_of(
			member.p + member.n - sizeof(d->member) + 1, sizeof(d->member) - 1);
		while (member.n && (member.p[0] & 0xc0) == 0x80)
			member = view_of(member.p + 1, member.n - 1);
	}
	if (member.n)
		memcpy(d->member, member.p, member.n);
	return 0;
}

static int take_file_name(struct match *m, struct view path)
{
	struct block b = {.place = PLACE_FILE_NAME};
	size_t i = path.n;

	while (i > 0 && path.p[i - 1] != '/')
		i--;
	b.text = view_sub(path, i, MATCH_LINE_SHORT_MAX);
	return b.text.n ? take_line(m, &b, 0, b.text) : 0;
}

static bool is_doc(const struct match *m, const struct doc *d, struct view member)
{
	if (d->member_n != member.n)
		return false;
	if (member.n < sizeof(d->member))
		return member.n == 0 || memcmp(d->member, member.p, member.n) == 0;
	return d->member_hash == hash_bytes(m->key, member);
}

/* The document that `member` is: one that is open, or a new one inside the nearest that holds it.
 */
static int doc_select(struct match *m, struct view member)
{
	const struct doc *d;
	int e;

	if (is_doc(m, match_doc(m), member))
		return 0;
	e = column_end(m);
	if (e == 0)
		e = pass(m);
	while (e == 0 && m->depth > 1) {
		d = match_doc(m);
		if (is_doc(m, d, member))
			return 0;
		if (d->member_n < member.n && member.p[d->member_n] == '/' &&
			d->member_hash == hash_bytes(m->key, view_sub(member, 0, d->member_n)))
			break;
		evidence_finish(m, match_doc(m));
		m->depth--;
	}
	if (e == 0 && member.n)
		e = doc_push(m, member);
	if (e == 0 && member.n)
		e = take_file_name(m, member);
	return e;
}

int match_begin(struct match *m, struct view file_name)
{
	int e;

	m->depth = 0;
	m->suspected = LEVEL_NONE;
	memset(m->out, 0, sizeof(*m->out));
	buf_clear(&m->chunk.text);
	buf_clear(&m->chunk.original);
	buf_clear(&m->chunk.names);
	buf_clear(&m->chunk.lines);
	buf_clear(&m->chunk.segs);
	e = doc_push(m, VIEW_EMPTY);
	return e < 0 ? e : take_file_name(m, file_name);
}

int match_take(struct match *m, const struct block *b)
{
	int e = doc_select(m, b->member);

	if (e == 0 && (b->place == PLACE_PROPERTY || b->place == PLACE_MAIL_HEADER))
		e = take_switch(m, b);
	return e < 0 ? e : take_lines(m, b);
}

int match_end(struct match *m, struct facts *f)
{
	int e = column_end(m);

	if (e == 0)
		e = pass(m);
	if (e < 0)
		return e;
	for (; m->depth > 0; m->depth--)
		evidence_finish(m, match_doc(m));
	if (m->suspected > m->out->level)
		m->out->tags |= TAG_BIT(TAG_SUSPECTED);
	f->level = MAX(f->level, m->out->level);
	f->tags |= m->out->tags;
	for (uint32_t i = 0; i < m->out->n_evidence; i++)
		facts_add_evidence(f, &m->out->evidence[i]);
	f->n_dropped += m->out->n_dropped;
	return 0;
}
