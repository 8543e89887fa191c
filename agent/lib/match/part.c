/* SPDX-License-Identifier: Apache-2.0 */
#include "match/part.h"

#include "match/limits.h"
#include "match/name.h"
#include "match/shape.h"
#include "match/utf8.h"

/* Characters of a line that may be a field, and of what may stand before a mark in a segment. */
#define FIELD_LINE_MAX   180
#define SEGMENT_LINE_MAX 240

/* Bytes of the number of a row before a mark. */
#define ROW_NUMBER_MAX 6

/* Dots that lead from a field's key to its value. */
#define LEADER_MIN 3

/* Bytes of a title that a mark may close. */
#define TITLE_MIN 8

/* Letters of a file name's extension. */
#define EXTENSION_MAX 5

static struct view left_of(const struct part *p)
{
	return view_of(p->line.p, p->from);
}

static struct view right_of(const struct part *p)
{
	return view_of(p->line.p + p->to, p->line.n - p->to);
}

static bool may_begin(const struct ruleset *r, uint32_t tail, uint8_t c)
{
	return r->tail_first[tail][c / 8] >> c % 8 & 1;
}

static bool is_tail(const struct ruleset *r, const struct rs_rule *u, struct view part,
	pcre2_match_data *data, pcre2_match_context *limits, uint32_t *tails)
{
	if (part.n > MATCH_TAIL_MAX)
		return false;
	for (uint32_t i = 0; i < u->tails.n; i++) {
		uint32_t t = r->rule_tails[u->tails.off + i];

		if (may_begin(r, t, part.p[0]) &&
			pcre2_match(r->tail_code[t], part.p, part.n, 0, 0, data, limits) >= 0) {
			*tails |= UINT32_C(1) << t;
			return true;
		}
	}
	return false;
}

/* Everything in `rest` is made of tails. */
static bool is_tails(const struct ruleset *r, const struct rs_rule *u, struct view rest,
	pcre2_match_data *data, pcre2_match_context *limits, uint32_t *tails)
{
	struct view whole = shape_trim_line(rest), part;

	if (whole.n == 0 || is_tail(r, u, whole, data, limits, tails))
		return true;
	while (shape_next_part(&rest, &part)) {
		part = shape_trim_line(part);
		if (part.n && !is_tail(r, u, part, data, limits, tails))
			return false;
	}
	return true;
}

/* "3." or "2.1)": what numbers a heading or an item, not the page. */
static bool is_numbering(struct view left)
{
	size_t digits = 0, marks = 0;

	while (left.n && left.p[left.n - 1] == ' ')
		left.n--;
	for (size_t i = 0; i < left.n; i++) {
		digits += left.p[i] >= '0' && left.p[i] <= '9';
		marks += left.p[i] == '.' || left.p[i] == ')';
	}
	return digits && marks && digits + marks == left.n && left.n <= 8 &&
		(left.p[left.n - 1] == '.' || left.p[left.n - 1] == ')');
}

/* "2. Kế hoạch", "a) Kế hoạch", "- Kế hoạch" */
static bool is_item(struct view line)
{
	size_t n = 0, len;
	uint32_t cp;

	if (line.n < 2)
		return false;
	cp = utf8_at(line, 0, &len);
	if (cp == '-' || cp == '+' || cp == '*' || cp == 0x2022 || cp == 0xb7 ||
		(cp >= 0x2010 && cp <= 0x2015))
		return true;
	while (n + 1 < line.n && n < 8 && memchr("0123456789.", line.p[n], 11))
		n++;
	if (n > 0)
		return line.p[n - 1] == '.' || line.p[n] == ')';
	return cp >= 'a' && cp <= 'z' && (line.p[1] == '.' || line.p[1] == ')');
}

static bool fits_whole(const struct ruleset *r, const struct rs_rule *u, const struct part *p,
	pcre2_match_data *data, pcre2_match_context *limits, struct part_fit *f)
{
	struct view left = left_of(p), right = right_of(p);

	if (is_numbering(left)) {
		left.n = 0;
		shape_trim(&left, &right, &f->shape);
		f->shape |= SHAPE_BULLETED;
		return is_tails(r, u, right, data, limits, &f->tails);
	}
	shape_trim(&left, &right, &f->shape);
	return is_tails(r, u, left, data, limits, &f->tails) &&
		is_tails(r, u, right, data, limits, &f->tails);
}

/* Without ".docx". */
static struct view cut_extension(struct view right)
{
	size_t i = right.n;

	while (i > 0 && right.n - i < EXTENSION_MAX && right.p[i - 1] != '.' &&
		right.p[i - 1] != ' ')
		i--;
	return i > 0 && i < right.n && right.p[i - 1] == '.' ? view_of(right.p, i - 1) : right;
}

/* "MẬT/TỐI MẬT/TUYỆT MẬT" is a list: another part of the line ends as the mark does. */
static bool is_listed(const struct part *p)
{
	struct view mark = view_of(p->line.p + p->from, p->to - p->from), rest, part;
	size_t word = mark.n;

	while (word && mark.p[word - 1] != ' ')
		word--;
	mark = view_sub(mark, word, mark.n);
	for (unsigned side = 0; side < 2; side++)
		for (rest = side ? right_of(p) : left_of(p); shape_next_part(&rest, &part);) {
			part = shape_trim_line(part);
			if (mark.n && part.n >= mark.n &&
				view_eq(view_sub(part, part.n - mark.n, part.n), mark) &&
				(part.n == mark.n || part.p[part.n - mark.n - 1] == ' '))
				return true;
		}
	return false;
}

static bool fits_segment(const struct part *p, struct part_fit *f)
{
	struct view left = left_of(p), right = right_of(p);
	bool sentence = p->place == PLACE_HEADER || p->place == PLACE_FOOTER;

	if (p->place == PLACE_FILE_NAME)
		right = cut_extension(right);
	if (p->line.n > SEGMENT_LINE_MAX || !shape_ends_part(left, sentence) ||
		!shape_starts_part(right, sentence))
		return false;
	if (!sentence && p->place != PLACE_FILE_NAME && is_listed(p))
		return false;
	shape_trim(&left, &right, &f->shape);
	f->shape &= ~(uint32_t)SHAPE_BULLETED;
	return true;
}

/* Check boxes: 1 ticked, -1 empty, 0 none. */
static int box_of(uint32_t cp)
{
	switch (cp) {
	case 0x2611 ... 0x2612:
	case 0x2713 ... 0x2714:
	case 0x25a0:
	case 0x25a3:
	case 0x1f5f9:
	case 0x1f5f5: return 1;
	case 0x2610:
	case 0x25a1:
	case 0x25fb:
	case 0x2b1c: return -1;
	default: return 0;
	}
}

/* "[x]", "( )": the same as typed; 3 bytes. */
static int typed_box(struct view v, size_t i)
{
	if (i + 3 > v.n || (v.p[i] != '[' && v.p[i] != '(') ||
		v.p[i + 2] != (v.p[i] == '[' ? ']' : ')'))
		return 0;
	return v.p[i + 1] == 'x' || v.p[i + 1] == 'v' || v.p[i + 1] == '*' ? 1
		: v.p[i + 1] == ' ' || v.p[i + 1] == '_'                   ? -1
									   : 0;
}

/* Boxes in `v`: how many are ticked, and the state of the last one. */
static size_t boxes(struct view v, size_t *ret_ticked, int *ret_last, size_t *ret_last_end)
{
	size_t n, all = 0;

	*ret_ticked = *ret_last_end = 0;
	*ret_last = 0;
	for (size_t i = 0; i < v.n; i += n) {
		int b = box_of(utf8_at(v, i, &n));

		if (!b && (b = typed_box(v, i)) != 0)
			n = 3;
		if (!b)
			continue;
		all++;
		*ret_ticked += b > 0;
		*ret_last = b;
		*ret_last_end = i + n;
	}
	return all;
}

static bool is_colon(uint32_t cp)
{
	return cp == ':' || cp == '=';
}

static bool is_dash(uint32_t cp)
{
	return cp == '-' || (cp >= 0x2010 && cp <= 0x2015) || cp == '|';
}

/* Takes "1.", "a)", bullets and frames off the front of a key. */
static struct view key_trim(struct view key)
{
	key = shape_trim_line(key);
	if (key.n && key.p[0] == ':') /* an attribute in AsciiDoc or reStructuredText */
		key = view_sub(key, 1, key.n);
	for (size_t i = 0; i < key.n && i < 4; i++)
		if ((key.p[i] == '.' || key.p[i] == ')') && i > 0 && i + 1 < key.n) {
			key.p += i + 1;
			key.n -= i + 1;
			return shape_trim_line(key);
		}
	return key;
}

/* "......" or "…" */
static bool is_leader(struct view left)
{
	size_t n, dots = 0;

	while (left.n) {
		uint32_t cp = utf8_before(left, left.n, &n);

		if (cp != '.' && cp != '_' && cp != ' ')
			break;
		dots += cp != ' ';
		left.n -= n;
	}
	return dots >= LEADER_MIN;
}

/* "Số lượng: 05 bản, độ mật": the last of several fields in a sentence. */
static struct view last_field(struct view part)
{
	for (size_t i = part.n; i-- > 0;)
		if (part.p[i] == ',' ||
			(part.p[i] == '.' && i + 1 < part.n && part.p[i + 1] == ' '))
			return memchr(part.p, ':', i) ? view_sub(part, i + 1, part.n) : part;
	return part;
}

/* "Độ mật (Tuyệt mật, Tối mật, Mật)": a form says what may be filled in. */
static struct view cut_remark(struct view key)
{
	size_t n = key.n;

	while (n && key.p[n - 1] == ' ')
		n--;
	if (n == 0 || key.p[n - 1] != ')')
		return key;
	while (n && key.p[n - 1] != '(')
		n--;
	return n > 1 ? view_sub(key, 0, n - 1) : key;
}

/* "Độ mật,Tối mật" as a row of CSV: the key is its first cell, and no blank follows the comma. */
static bool is_first_cell(struct view left)
{
	return left.n > 1 && left.p[left.n - 1] == ',' && !memchr(left.p, ',', left.n - 1);
}

/* "... key:" in `left`, the key being its last part. */
static struct view key_of(struct view left)
{
	struct view rest, part, last = VIEW_EMPTY;
	bool blank = false;
	size_t n;

	while (left.n) {
		uint32_t cp = utf8_before(left, left.n, &n);

		if (is_colon(cp) || is_dash(cp) || cp == ';' || is_leader(left)) /* ';' in CSV */
			break;
		if (!blank && is_first_cell(left))
			break;
		blank = blank || cp == ' ';
		if (cp != ' ' && cp != '"' && cp != '*' && cp != '_' && cp != '(' && cp != '[' &&
			cp != 0x201c)
			return VIEW_EMPTY;
		left.n -= n;
	}
	if (left.n == 0)
		return VIEW_EMPTY;
	utf8_before(left, left.n, &n);
	left.n -= n;
	left = cut_remark(left);
	for (rest = left; shape_next_part(&rest, &part);)
		if (shape_trim_line(part).n)
			last = part;
	last = key_trim(last_field(last));
	if (last.n && last.p[last.n - 1] == ':') /* "Độ mật: | Mật" */
		last = shape_trim_line(view_of(last.p, last.n - 1));
	return last;
}

static bool is_key(const struct ruleset *r, const struct rs_rule *u, struct view key)
{
	for (uint32_t i = 0; key.n && i < u->names.n; i++)
		if (view_eq(key, ruleset_str(r, r->names[u->names.off + i].text)))
			return true;
	return false;
}

/* Without the dots or strokes that fill the rest of a form's line: "Độ mật ...Mật...". */
static struct view cut_leader(struct view right)
{
	size_t n = 0;
	uint32_t cp;

	for (size_t i = 0, len; i < right.n; i += len, n = i) {
		cp = utf8_at(right, i, &len);
		if (cp != '.' && cp != '_' && cp != 0x2026)
			break;
	}
	return n >= LEADER_MIN ? view_sub(right, n, right.n) : right;
}

/* What follows a value: nothing, tails, or "; another key: ...". */
static bool ends_value(const struct ruleset *r, const struct rs_rule *u, enum place place,
	struct view right, pcre2_match_data *data, pcre2_match_context *limits, uint32_t *tails)
{
	struct view part;

	right = cut_leader(right);
	if (is_tails(r, u, right, data, limits, tails))
		return true;
	/* "độ mật: Mật, không được sao chụp."; the empty cells of a row of CSV */
	if (right.n && right.p[0] == ',') {
		while (right.n && right.p[0] == ',')
			right = view_sub(right, 1, right.n);
		return is_tails(r, u, right, data, limits, tails);
	}
	if (!shape_starts_part(right, false))
		return false;
	if (place == PLACE_MAIL_HEADER) /* "[Độ mật: Mật] the subject proper" */
		return true;
	while (shape_next_part(&right, &part))
		if (shape_trim_line(part).n)
			return memchr(part.p, ':', part.n) || memmem(part.p, part.n, "...", 3);
	return true;
}

/* The box at `i`: 1 ticked, -1 empty, 0 none. */
static int box_at(struct view v, size_t i)
{
	size_t n;
	int b = i < v.n ? box_of(utf8_at(v, i, &n)) : 0;

	return b ? b : typed_box(v, i);
}

static struct view cut_between(struct view v)
{
	while (v.n && memchr(" |/,;", v.p[0], 5))
		v = view_sub(v, 1, v.n);
	return v;
}

bool part_begins_with_box(struct view line)
{
	return box_at(cut_between(line), 0) != 0;
}

/* "Độ mật: ☐ Thường ☒ Mật" or "Độ mật: Thường ☐ Mật ☒": the only ticked one. */
static bool fits_boxes(const struct ruleset *r, const struct rs_rule *u, const struct part *p)
{
	struct view left = left_of(p), right = cut_between(right_of(p)), key = left;
	size_t ticked_left, ticked_right, end, unused_end, colon;
	int last, unused;

	boxes(left, &ticked_left, &last, &end);
	boxes(right, &ticked_right, &unused, &unused_end);
	if (ticked_left + ticked_right != 1)
		return false;
	/* the key ends at its colon, or where the boxes begin */
	for (key.n = 0; key.n < left.n && left.p[key.n] != ':'; key.n++)
		if (box_at(left, key.n))
			break;
	colon = key.n + (key.n < left.n && left.p[key.n] == ':');
	if (colon > key.n && !part_begins_with_box(view_sub(p->line, colon, p->line.n))) {
		/* words before boxes: this one's is the ticked one */
		if (ticked_left || box_at(right, 0) <= 0 ||
			cut_between(view_sub(left, MAX(end, colon), left.n)).n)
			return false;
	} else if (last <= 0 || shape_trim_line(view_sub(left, end, left.n)).n ||
		(shape_trim_line(right).n && box_at(right, 0) == 0)) {
		return false;
	}
	return is_key(r, u, key_trim(cut_remark(key)));
}

static bool fits_field(const struct ruleset *r, const struct rs_rule *u, const struct part *p,
	pcre2_match_data *data, pcre2_match_context *limits, struct part_fit *f)
{
	size_t ticked, end;
	int last;

	if (p->line.n > FIELD_LINE_MAX || p->from == 0)
		return false;
	if (boxes(p->line, &ticked, &last, &end))
		return fits_boxes(r, u, p);
	return is_key(r, u, key_of(left_of(p))) &&
		ends_value(r, u, p->place, right_of(p), data, limits, &f->tails);
}

static bool is_named(const struct ruleset *r, const struct rs_rule *u, const struct part *p,
	struct view *ret_star)
{
	if (u->names.n == 0)
		return true;
	for (uint32_t i = 0; i < u->names.n; i++)
		if (name_matches(
			    ruleset_str(r, r->names[u->names.off + i].text), p->name, ret_star))
			return true;
	return false;
}

static bool fits_label(const struct ruleset *r, const struct rs_rule *u, const struct part *p,
	pcre2_match_data *data, pcre2_match_context *limits, struct part_fit *f)
{
	struct view left = shape_trim_line(left_of(p)), right = right_of(p);

	return left.n == 0 && is_named(r, u, p, &f->star) &&
		(is_tails(r, u, right, data, limits, &f->tails) || shape_starts_part(right, false));
}

static bool is_bracket(uint32_t cp, bool open)
{
	return open ? cp == '[' || cp == '(' || cp == 0x3010
		    : cp == ']' || cp == ')' || cp == 0x3011;
}

static bool is_small_letter(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

/* "[mark] ...", after "re:" and "fwd:" or other tags; in file names anywhere. */
static bool fits_tag(
	const struct ruleset *r, const struct rs_rule *u, const struct part *p, struct part_fit *f)
{
	struct view left = left_of(p), right = right_of(p), unused;
	size_t n;

	if (!is_named(r, u, p, &unused))
		return false;
	while (left.n && left.p[left.n - 1] == ' ')
		left.n--;
	while (right.n && right.p[0] == ' ')
		right = view_of(right.p + 1, right.n - 1);
	if (!left.n || !right.n || !is_bracket(utf8_before(left, left.n, &n), true))
		return false;
	left.n -= n;
	if (!is_bracket(utf8_at(right, 0, &n), false))
		return false;
	f->shape = SHAPE_BRACKETED;
	if (p->place == PLACE_FILE_NAME)
		return true;
	/* at the end of a subject, too */
	if (p->place == PLACE_MAIL_HEADER && right.n == n)
		return true;
	while (left.n) {
		uint32_t cp = utf8_before(left, left.n, &n);

		if (cp == ']') {
			while (left.n && left.p[left.n - 1] != '[')
				left.n--;
			left.n -= left.n > 0;
		} else if (cp == ' ') {
			left.n--;
		} else if (cp == ':') {
			/* "fwd: re:" */
			for (left.n--; left.n && is_small_letter(left.p[left.n - 1]);)
				left.n--;
		} else {
			return false;
		}
	}
	return true;
}

/* "Kế hoạch sơ tán (Mật)", "BẢNG GIÁ VỐN - KHÔNG PHỔ BIẾN": it closes a line of some words. */
static bool fits_end(const struct ruleset *r, const struct rs_rule *u, const struct part *p,
	pcre2_match_data *data, pcre2_match_context *limits, struct part_fit *f)
{
	struct view left = left_of(p), right = right_of(p), unused;

	if (p->line.n > SEGMENT_LINE_MAX || !is_named(r, u, p, &unused) ||
		!shape_ends_part(left, false))
		return false;
	shape_trim(&left, &right, &f->shape);
	/* what remains are the words before it, and their own bullet */
	f->shape &= ~(uint32_t)SHAPE_BULLETED;
	if (!is_tails(r, u, right, data, limits, &f->tails) || !memchr(left.p, ' ', left.n))
		return false;
	if (is_item(left))
		f->shape |= SHAPE_BULLETED;
	return left.n >= TITLE_MIN;
}

bool part_fits(const struct ruleset *r, const struct rs_rule *u, const struct part *p,
	pcre2_match_data *data, pcre2_match_context *limits, struct part_fit *ret)
{
	*ret = (struct part_fit){0};
	switch ((enum rs_as)u->as) {
	case RS_AS_WHOLE: return fits_whole(r, u, p, data, limits, ret);
	case RS_AS_SEGMENT: return fits_segment(p, ret);
	case RS_AS_FIELD: return fits_field(r, u, p, data, limits, ret);
	case RS_AS_LABEL: return fits_label(r, u, p, data, limits, ret);
	case RS_AS_TAG: return fits_tag(r, u, p, ret);
	case RS_AS_END: return fits_end(r, u, p, data, limits, ret);
	case RS_AS_ANYWHERE: return true;
	case RS_AS_MAX: break;
	}
	return false;
}

/* "2", "(3": the number of a row before a mark, signs at its end aside; nothing counts, too. */
static bool is_row_number(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((v.p[i] < '0' || v.p[i] > '9') && !memchr(" .)(", v.p[i], 4))
			return false;
	return v.n <= ROW_NUMBER_MAX;
}

bool part_is_line(const struct part *p)
{
	struct view left = left_of(p), right = right_of(p);
	uint32_t unused;

	shape_trim(&left, &right, &unused);
	if (!is_row_number(left))
		return false;
	/* "TUYỆT MẬT (40 x 8 mm)" is an item of a list too, "TUYỆT MẬT/..." is something else */
	right = right_of(p);
	while (right.n && right.p[0] == ' ')
		right = view_of(right.p + 1, right.n - 1);
	return shape_trim_line(right).n == 0 || right.p[0] == '(' || right.p[0] == '-';
}

bool part_is_key(const struct ruleset *r, struct view line)
{
	line = key_trim(line);
	if (line.n && line.p[line.n - 1] == ':')
		line = shape_trim_line(view_of(line.p, line.n - 1));
	/* asked of every short line and cell: most are told apart at once */
	if (line.n == 0 || !(r->key_lengths[line.p[0]] >> line.n % 64 & 1))
		return false;
	for (uint32_t i = 0; i < r->n_field_rules; i++)
		if (is_key(r, &r->rules[r->field_rules[i]], line))
			return true;
	return false;
}

bool part_is_tail(const struct ruleset *r, const struct rs_rule *u, struct view line,
	pcre2_match_data *data, pcre2_match_context *limits)
{
	uint32_t unused = 0;

	return is_tails(r, u, line, data, limits, &unused);
}
