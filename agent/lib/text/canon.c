/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonicaliser proper: fast() takes what is plain, 16 bytes or one letter at a time, step()
 * takes one code point of any kind. Both can begin anywhere where nothing before can change what
 * comes (a "clean" place), which is where the map's points are, so canon_origin() finds its way
 * back by running again from the last point.
 *
 * Limits: CANON_MARKS_MAX marks on a letter, TOKEN_MAX bytes of a token that is looked at whole.
 */
#include "text/canon.h"

#include <errno.h>
#include <string.h>

#include "text/canon_compose.h"
#include "text/canon_table.h"
#include "text/utf8.h"

#if defined(__SSE2__) && !defined(CANON_PORTABLE)
#include <emmintrin.h>
#define CANON_SSE2 1
#else
#define CANON_SSE2 0
#endif

#define CANON_STEP 256  /* output bytes between two points of the map */
#define TOKEN_MAX  1024 /* input bytes; a longer token of letters is judged in parts */
#define FAST_STEP  16   /* bytes that fast() reads at a time */
#define SLACK      32   /* free output bytes that fast() may write to without asking */

struct point {
	size_t out, in;
};

/* Where the letter that covers output byte `target` came from. */
struct trace {
	size_t target;
	size_t start, end;
	bool found;
};

struct engine {
	const uint8_t *in;
	size_t n, i;
	struct buf *out;
	size_t base; /* where this run's output begins in `out` */
	struct canon_map *map;
	size_t next_point; /* offset in `out` from which a point is due */
	struct trace *trace;
	size_t token_end; /* up to here the token has been judged ... */
	bool fold;        /* ... and its look-alikes are folded */
	size_t at;        /* where the code point in hand begins in the input */
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= 9 && c <= 13);
}

static bool after_blank(const struct engine *e)
{
	return e->out->n > e->base && e->out->p[e->out->n - 1] == ' ';
}

/* --- output ----------------------------------------------------------------------------------- */

/* A letter begins here: the one before it is complete. */
static void trace_letter(struct engine *e)
{
	struct trace *t = e->trace;

	if (!t || t->found)
		return;
	if (e->out->n - e->base > t->target)
		t->found = true;
	else
		t->start = e->at;
}

static void trace_more(struct engine *e)
{
	if (e->trace && !e->trace->found)
		e->trace->end = e->i;
}

static int put_letter(struct engine *e, const void *utf8, size_t n)
{
	int r;

	trace_letter(e);
	r = buf_put(e->out, utf8, n);
	if (r == 0)
		trace_more(e);
	return r;
}

static int put_blank(struct engine *e)
{
	return after_blank(e) ? 0 : put_letter(e, " ", 1);
}

/* Adds the marks that follow in the input, so that a long row of them is sorted once. */
static void gather(struct engine *e, struct canon_cluster *c)
{
	while (e->i < e->n) {
		size_t len;
		uint32_t cp = utf8_next(e->in + e->i, e->n - e->i, &len, NULL);
		uint64_t entry = canon_entry(cp);

		if (canon_kind(entry) == CANON_MARK && (entry & 255) != 0)
			canon_cluster_add(c, cp);
		else if (entry & CANON_ALL_MARKS)
			for (size_t k = 0; k < (entry >> 32 & 255); k++)
				canon_cluster_add(c, canon_seqs[(entry & UINT32_MAX) + k]);
		else if (canon_kind(entry) != CANON_DROP)
			return;
		e->i += len;
	}
}

/* Puts a mark that does not simply compose: takes the last letter back with all its marks. */
static int put_cluster(struct engine *e, uint32_t mark, bool more)
{
	struct canon_cluster c = {0};
	uint32_t back[CANON_MARKS_MAX + 1];
	uint8_t utf8[sizeof(c.cp)];
	struct buf *out = e->out;
	size_t start = out->n, n = 0, k = 0;

	while (start > e->base && k < ARRAY_SIZE(back)) {
		size_t len;

		back[k++] = utf8_prev(out->p + e->base, out->p + start, &len);
		start -= len;
		if (canon_class(back[k - 1]) == 0)
			break;
	}
	if (k == 0)
		trace_letter(e);
	while (k > 0)
		canon_cluster_add(&c, back[--k]);
	canon_cluster_add(&c, mark);
	if (more)
		gather(e, &c);
	canon_cluster_compose(&c);
	for (size_t j = 0; j < c.n; j++)
		n += utf8_put(utf8 + n, c.cp[j]);
	if (start + n > out->n) {
		int r = buf_reserve(out, start + n - out->n);

		if (r < 0)
			return r;
	}
	memcpy(out->p + start, utf8, n);
	out->n = start + n;
	trace_more(e);
	return 0;
}

static int put_mark(struct engine *e, uint32_t mark, bool more)
{
	struct buf *out = e->out;
	uint8_t utf8[4];

	if (out->n > e->base) {
		size_t len;
		uint32_t last = utf8_prev(out->p + e->base, out->p + out->n, &len);
		uint32_t both = canon_pair(last, mark);

		if (both) {
			size_t n = utf8_put(utf8, both);
			int r = n > len ? buf_reserve(out, n - len) : 0;

			if (r < 0)
				return r;
			memcpy(out->p + out->n - len, utf8, n);
			out->n += n - len;
			trace_more(e);
			return 0;
		}
	}
	if (canon_class(mark) == 0)
		return put_letter(e, utf8, utf8_put(utf8, mark));
	return put_cluster(e, mark, more);
}

static int put_seq(struct engine *e, uint64_t entry)
{
	const uint32_t *seq = canon_seqs + (entry & UINT32_MAX);
	size_t n = entry >> 32 & 255;
	int r = 0;

	for (size_t k = 0; k < n && r == 0; k++) {
		uint8_t utf8[4];

		if (seq[k] == ' ')
			r = put_blank(e);
		else if (canon_kind(canon_entry(seq[k])) == CANON_MARK)
			r = put_mark(e, seq[k], k + 1 == n);
		else
			r = put_letter(e, utf8, utf8_put(utf8, seq[k]));
	}
	return r;
}

/* --- look-ups -------------------------------------------------------------------------------- */

/* The entry of the letter of two or three bytes at `p`, of which four can be read; 0 where it is
   neither or nothing to do with here. */
static inline uint64_t fast_entry(const uint8_t *p, size_t *ret_len)
{
	uint32_t c;

	if (p[0] < 0xe0) {
		if (p[0] < 0xc2 || (p[1] & 0xc0) != 0x80)
			return 0;
		*ret_len = 2;
		return canon_entries[(p[0] & 0x1fU) << 6 | (p[1] & 0x3fU)];
	}
	if (p[0] >= 0xf0 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
		return 0;
	c = (p[0] & 15U) << 6 | (p[1] & 0x3fU);
	if (c < 0x20 || (c >= 0x360 && c < 0x380))
		return 0;
	*ret_len = 3;
	return canon_entries[(size_t)canon_index[c] * CANON_PAGE + (p[2] & 0x3fU)];
}

/* --- look-alikes ------------------------------------------------------------------------------ */

uint32_t canon_look_alike(uint32_t cp)
{
	size_t lo = 0, hi = canon_n_looks;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (canon_looks[mid].cp == cp)
			return canon_looks[mid].latin;
		if (canon_looks[mid].cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return cp;
}

/* The script of the letter that the output ends with, marks aside. */
static unsigned script_before(const struct engine *e)
{
	size_t end = e->out->n;

	for (unsigned k = 0; k <= CANON_MARKS_MAX && end > e->base; k++) {
		size_t len;
		uint64_t entry = canon_entry(utf8_prev(e->out->p + e->base, e->out->p + end, &len));

		if (canon_kind(entry) != CANON_MARK)
			return canon_script(entry);
		end -= len;
	}
	return CANON_SCRIPT_NONE;
}

/* Looks at the rest of the token that goes on here with a letter of a foreign script: does it mix
   scripts? Latin letters before this one count. */
static void judge_token(struct engine *e)
{
	unsigned scripts = script_before(e) == CANON_SCRIPT_LATIN ? 1U << CANON_SCRIPT_LATIN : 0;
	bool foreign = false; /* the last letter */
	size_t i = e->at;

	while (i < e->n && i - e->at < TOKEN_MAX) {
		size_t len = 0;
		uint64_t entry = e->n - i >= 4 ? fast_entry(e->in + i, &len) : 0;
		unsigned script;

		if (entry == 0)
			entry = canon_entry(utf8_next(e->in + i, e->n - i, &len, NULL));
		script = canon_script(entry);

		if (script != CANON_SCRIPT_NONE) {
			scripts |= 1U << script;
			foreign = script >= CANON_SCRIPT_FOREIGN;
		} else if (canon_kind(entry) == CANON_MARK) {
			if (foreign && (entry & CANON_VI_MARK))
				scripts |= 1U << CANON_SCRIPT_LATIN;
		} else if (canon_kind(entry) != CANON_DROP) {
			break;
		}
		i += len;
	}
	e->token_end = i;
	e->fold = (scripts & (scripts - 1)) != 0;
}

/* --- one code point --------------------------------------------------------------------------- */

static int step(struct engine *e)
{
	uint8_t utf8[4];
	size_t len;
	uint32_t cp = utf8_next(e->in + e->i, e->n - e->i, &len, NULL);
	uint64_t entry = canon_entry(cp);

	e->at = e->i;
	e->i += len;
	if (canon_script(entry) >= CANON_SCRIPT_FOREIGN) {
		if (e->at >= e->token_end)
			judge_token(e);
		if (e->fold) {
			cp = canon_look_alike(cp);
			entry = canon_entry(cp);
		}
	}
	switch (canon_kind(entry)) {
	case CANON_ONE:
		for (size_t k = 0; k < 4; k++)
			utf8[k] = (uint8_t)(entry >> 8 * k);
		return put_letter(e, utf8, entry >> 32 & 255);
	case CANON_SPACE: return put_blank(e);
	case CANON_DROP: return 0;
	case CANON_MARK: return put_mark(e, cp, true);
	case CANON_SEQ: return put_seq(e, entry);
	case CANON_COPY:
	case CANON_KIND_MAX: break;
	}
	return put_letter(e, utf8, utf8_put(utf8, cp));
}

/* --- the fast way ----------------------------------------------------------------------------- */

/*
 * Copies ASCII from `in` to `out`, 16 bytes at a time and at least 16 bytes away from either's end:
 * small letters, blanks for spaces. Stops at what is not ASCII, at a control character and at the
 * second of two blanks. Returns how much was copied.
 */
static size_t fast_ascii(const uint8_t *in, size_t n, uint8_t *out, bool blank)
{
	size_t i = 0;

#if CANON_SSE2
	unsigned carry = blank;

	while (n - i >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(in + i));
		/* As signed bytes: what is not ASCII is negative, so below 0x20 like controls. */
		__m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
		__m128i ws = _mm_and_si128(
			_mm_cmpgt_epi8(v, _mm_set1_epi8(8)), _mm_cmplt_epi8(v, _mm_set1_epi8(14)));
		__m128i del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));
		__m128i up = _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('A' - 1)),
			_mm_cmplt_epi8(v, _mm_set1_epi8('Z' + 1)));
		__m128i space = _mm_or_si128(ws, _mm_cmpeq_epi8(v, _mm_set1_epi8(' ')));
		unsigned blanks = (unsigned)_mm_movemask_epi8(space);
		unsigned stop = (unsigned)_mm_movemask_epi8(
			_mm_or_si128(_mm_andnot_si128(ws, low), del));

		v = _mm_add_epi8(v, _mm_and_si128(up, _mm_set1_epi8(0x20)));
		v = _mm_or_si128(_mm_andnot_si128(ws, v), _mm_and_si128(ws, _mm_set1_epi8(' ')));
		_mm_storeu_si128((__m128i *)(void *)(out + i), v);
		stop |= blanks & (blanks << 1 | carry);
		if (stop)
			return i + (unsigned)__builtin_ctz(stop);
		carry = blanks >> 15;
		i += 16;
	}
#else
	for (; n - i >= 16; i++) {
		uint8_t c = in[i];

		if (is_blank(c)) {
			if (blank)
				break;
			blank = true;
			out[i] = ' ';
			continue;
		}
		if (c < 0x20 || c >= 0x7f)
			break;
		blank = false;
		out[i] = c >= 'A' && c <= 'Z' ? c + 0x20 : c;
	}
#endif
	return i;
}

/* A letter of a foreign script at `in`: does its token leave it as it is? */
static inline bool is_plain_token(struct engine *e, size_t at, const uint8_t *out)
{
	e->at = at;
	if (e->at >= e->token_end) {
		e->out->n = (size_t)(out - e->out->p);
		judge_token(e);
	}
	return !e->fold;
}

/* A mark of `len` bytes at `in`, where it simply composes with the last letter. Returns the new end
   of the output, or NULL. */
static uint8_t *fast_mark(const struct engine *e, const uint8_t *in, size_t len, uint8_t *out)
{
	const uint8_t *base = e->out->p + e->base;
	size_t last_len;
	uint32_t last, both;

	if (out == base)
		return NULL;
	last = utf8_prev(base, out, &last_len);
	both = canon_pair(last, utf8_next(in, len, &len, NULL));
	if (!both)
		return NULL;
	out -= last_len;
	return out + utf8_put(out, both);
}

/* Goes on for as long as it is easy; leaves a place for step(). What is left of the input is read
   from `start`, of which 16 bytes are never taken before `end`. */
static void fast(struct engine *e, const uint8_t *start, const uint8_t *end, uint8_t *limit)
{
	const uint8_t *in = start;
	uint8_t *out = e->out->p + e->out->n;
	bool blank = after_blank(e);

	while (end - in >= 16 && out < limit) {
		/* Output never overtakes: `limit` leaves SLACK bytes. */
		size_t n = MIN((size_t)(end - in), (size_t)(limit - out) + 16);
		size_t len = 0;
		uint64_t entry;

		n = fast_ascii(in, n, out, blank);
		in += n;
		out += n;
		if (n > 0)
			blank = out[-1] == ' ';
		if (end - in < 16 || out >= limit)
			break;
		if (*in < 0x80) {
			if (is_blank(*in) ? !blank : *in >= 0x20 && *in != 0x7f)
				continue;
			in++; /* a control character, or one blank too many */
			continue;
		}
		do {
			entry = fast_entry(in, &len);
			if (entry & CANON_FAST ||
				(canon_kind(entry) == CANON_ONE &&
					is_plain_token(e, e->i + (size_t)(in - start), out))) {
				uint32_t utf8 = (uint32_t)entry;

				memcpy(out, &utf8, 4);
				out += entry >> 32 & 255;
			} else if (entry == 0 && len == 3) {
				memcpy(out, in, 4);
				out += 3;
			} else {
				uint8_t *composed = canon_kind(entry) == CANON_MARK
					? fast_mark(e, in, len, out)
					: NULL;

				if (!composed)
					goto out;
				out = composed;
			}
			in += len;
			blank = false;
			len = 0;
		} while (*in >= 0x80 && end - in >= 16 && out < limit);
	}
out:
	e->i = MIN(e->i + (size_t)(in - start), e->n);
	e->out->n = (size_t)(out - e->out->p);
}

/* --- the run ---------------------------------------------------------------------------------- */

/* Nothing before this place has a say in what comes, nor will what comes change what is before. */
static bool is_clean(const struct engine *e)
{
	uint64_t entry;
	size_t len;

	if (e->i < e->token_end)
		return false;
	entry = canon_entry(utf8_next(e->in + e->i, e->n - e->i, &len, NULL));
	if (canon_kind(entry) == CANON_SPACE)
		return !after_blank(e);
	return (canon_kind(entry) == CANON_ONE || canon_kind(entry) == CANON_COPY) &&
		canon_script(entry) < CANON_SCRIPT_FOREIGN;
}

static int mark_point(struct engine *e)
{
	struct point p = {e->out->n - e->base, e->i};
	int r;

	if (!is_clean(e))
		return 0;
	r = buf_put(&e->map->points, &p, sizeof(p));
	e->next_point = e->out->n + CANON_STEP;
	return r;
}

/* Lets fast() go on up to the next point of the map. */
static void fast_stretch(struct engine *e)
{
	const struct buf *out = e->out;
	size_t end = out->cap;

	if (end - out->n <= SLACK)
		return;
	end -= SLACK;
	if (e->map)
		end = MIN(end, e->next_point);
	if (e->n - e->i >= FAST_STEP)
		fast(e, e->in + e->i, e->in + e->n, out->p + end);
	if (e->n - e->i < FAST_STEP && out->n < end) {
		/* zeros, which are dropped, make a short text long enough */
		uint8_t tail[2 * FAST_STEP] = {0};

		memcpy(tail, e->in + e->i, e->n - e->i);
		fast(e, tail, tail + (e->n - e->i) + FAST_STEP, out->p + end);
	}
}

static int run(struct engine *e)
{
	while (e->i < e->n) {
		int r;

		if (e->trace && e->trace->found)
			break;
		if (e->map && e->out->n >= e->next_point) {
			r = mark_point(e);
			if (r < 0)
				return r;
		}
		if (!e->trace && !(e->map && e->out->n >= e->next_point)) {
			fast_stretch(e);
			if (e->i == e->n)
				break;
		}
		r = step(e);
		if (r < 0)
			return r;
	}
	return 0;
}

int canon_text(struct view in, struct buf *out, struct canon_map *map)
{
	struct engine e = {
		.in = in.p,
		.n = in.n,
		.out = out,
		.base = out->n,
		.map = map,
		.next_point = out->n + CANON_STEP,
	};
	int r;

	if (map)
		buf_clear(&map->points);
	/* Nearly always enough. Where the bound forbids it, step() asks byte by byte. */
	r = buf_reserve(out, in.n + SLACK + 32);
	if (r < 0 && r != -E2BIG)
		return r;
	return run(&e);
}

void canon_map_done(struct canon_map *m)
{
	buf_done(&m->points);
}

/* --- the way back ----------------------------------------------------------------------------- */

/* The last point at or before output offset `target`. */
static struct point point_before(const struct canon_map *map, size_t target)
{
	struct point best = {0, 0};
	size_t lo = 0, hi = map ? map->points.n / sizeof(struct point) : 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct point p;

		memcpy(&p, map->points.p + mid * sizeof(p), sizeof(p));
		if (p.out <= target) {
			best = p;
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return best;
}

/* False where the output is not that long, or memory ran out. */
static bool locate(struct view in, const struct canon_map *map, size_t target, struct trace *ret)
{
	struct point p = point_before(map, target);
	cleanup_with(buf_done) struct buf out = {0};
	struct trace t = {.target = target - p.out, .start = p.in, .end = p.in};
	struct engine e = {.in = in.p, .n = in.n, .i = p.in, .out = &out, .trace = &t};

	if (p.in > in.n || run(&e) < 0)
		return false;
	if (!t.found && out.n <= t.target)
		return false;
	*ret = t;
	return true;
}

struct view canon_origin(struct view in, const struct canon_map *map, size_t from, size_t to)
{
	struct trace first, last;

	if (from >= to || !locate(in, map, from, &first) || !locate(in, map, to - 1, &last))
		return VIEW_EMPTY;
	return view_sub(in, first.start, last.end - first.start);
}
