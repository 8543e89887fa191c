/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that mean something else than they show: to other readers of YAML (no, 0755, 22:30), to the
 * eye (blanks of no width), or to a file system (hoà and hòa are different names).
 */
#include <string.h>

#include "policyfile/compile.h"
#include "text/utf8.h"

/* The next code point, taken off; 0 at the end. */
static uint32_t take(struct view *v)
{
	size_t size;
	uint32_t cp;

	if (v->n == 0)
		return 0;
	cp = utf8_next(v->p, v->n, &size, NULL);
	*v = view_sub(*v, size, v->n);
	return cp;
}

static bool is_word(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(text, *words) == 0)
			return true;
	return false;
}

static const char *skip(const char *s, const char *set)
{
	return s + strspn(s, set);
}

#define DIGITS "0123456789"

/* 12, 0755, 0x1F, 1_000, 1.5, .5, 1e3, 22:30, .inf: what YAML 1.1 or 1.2 reads as a number. */
static bool is_number(const char *text)
{
	const char *s = text + (*text == '-' || *text == '+'), *rest;

	if (strcasecmp(s, ".inf") == 0 || strcasecmp(s, ".nan") == 0)
		return true;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'o' || s[1] == 'b'))
		return s[2] && *skip(s + 2, DIGITS "abcdefABCDEF_") == 0;
	rest = skip(s, DIGITS "_");
	if (*s < '0' || *s > '9')
		return *s == '.' && s[1] >= '0' && s[1] <= '9' && *skip(s + 1, DIGITS "_") == 0;
	if (*rest == ':')
		return *skip(rest, DIGITS ":.") == 0;
	if (*rest == '.')
		rest = skip(rest + 1, DIGITS "_");
	if (*rest == 'e' || *rest == 'E') {
		rest++;
		rest += *rest == '-' || *rest == '+';
		return *rest && *skip(rest, DIGITS) == 0;
	}
	return *rest == 0;
}

static void check_surprise(
	const struct conf *c, const struct conf_node *n, const char *key, struct diags *d)
{
	static const char *const flags[] = {
		"y", "n", "yes", "no", "on", "off", "true", "false", NULL};
	static const char *const nothing[] = {"null", "~", NULL};
	static const char *const versions[] = {"version", "fixed", "since", NULL};
	bool is_id = strcmp(key, "user") == 0 || strcmp(key, "group") == 0;
	bool is_version = is_word(key, versions);
	const char *what = NULL;

	if (n->quoted)
		return;
	if (is_word(n->text, flags))
		what = "true or false";
	else if (is_word(n->text, nothing))
		what = "nothing";
	else if (is_number(n->text) &&
		!(is_id && *skip(n->text, DIGITS) == 0 && (n->text[0] != '0' || !n->text[1])))
		what = "a number";
	if (!what)
		return;
	if (is_version)
		diag_hint(
			diags_warning(d, P_SURPRISE, conf_file(c), n->line, n->col,
				"other readers of YAML take `%.80s` for a number, and 1.10 for 1.1",
				n->text),
			"put it in quotes: '%.80s'", n->text);
	else if (is_id && n->text[0] == '0')
		diag_hint(conf_error(c, n, P_SURPRISE, d,
				  "`%.80s` is octal to some readers of YAML and decimal to others",
				  n->text),
			"write the number without leading zeros");
	else
		diag_hint(conf_error(c, n, P_SURPRISE, d, "YAML reads `%.80s` as %s, not as text",
				  n->text, what),
			"put it in quotes: '%.80s'", n->text);
}

/* Also those that turn the direction of what is written, and new lines of other kinds. */
static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x61c ||
		(cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x206f) ||
		(cp >= 0xfff9 && cp <= 0xfffb);
}

/* Not seen, or not told from a blank. */
static const char *invisible(uint32_t cp)
{
	if (cp == 0xa0 || cp == 0x3000 || (cp >= 0x2000 && cp <= 0x200a) || cp == 0x202f)
		return "a blank that is not the usual one";
	if ((cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2060 && cp <= 0x2064) || cp == 0xfeff ||
		cp == 0xad || cp == 0x34f || cp == 0x180e || cp == 0x2800 ||
		(cp >= 0x115f && cp <= 0x1160) || cp == 0x3164 || cp == 0xffa0 ||
		(cp >= 0xfe00 && cp <= 0xfe0f) || (cp >= 0xe0000 && cp <= 0xe01ef))
		return "a character of no width";
	return is_control(cp) ? "a control character" : NULL;
}

static void check_characters(
	const struct conf *c, const struct conf_node *n, const char *key, struct diags *d)
{
	struct view v = view_str(n->text);
	uint32_t cp, last = 0, first = 0;
	bool marks = false;

	while ((cp = take(&v))) {
		const char *what = invisible(cp);

		if (what) {
			diag_hint(conf_error(c, n, P_INVISIBLE, d, "`%s` has %s (U+%04X) in it",
					  key, what, cp),
				"type the value anew instead of pasting it");
			return;
		}
		first = first ? first : cp;
		last = cp;
		marks |= cp >= 0x300 && cp <= 0x36f;
	}
	if (first == ' ' || last == ' ')
		(void)conf_error(c, n, P_INVISIBLE, d, "`%s` begins or ends with a blank", key);
	else if ((first >= 0x2018 && first <= 0x201f) || first == 0xab || first == 0xbb ||
		first == 0x2039 || first == 0x203a)
		diag_hint(conf_error(c, n, P_SURPRISE, d,
				  "typographic quotes are part of the text for YAML"),
			"use \" or '");
	else if (marks)
		diag_hint(diags_warning(d, P_SPELLING, conf_file(c), n->line, n->col,
				  "`%.80s` is spelled with combining marks (NFD): other spellings "
				  "look the same and are not",
				  n->text),
			"type it anew; most systems write composed letters (NFC)");
}

/* What is shown on a terminal and in notices must not steer them; it may have lines. */
static void check_controls(
	const struct conf *c, const struct conf_node *n, const char *key, struct diags *d)
{
	struct view v = view_str(n->text);
	uint32_t cp;

	while ((cp = take(&v)))
		if (is_control(cp) && cp != '\n' && cp != '\t') {
			(void)conf_error(c, n, P_INVISIBLE, d,
				"`%s` has a control character (U+%04X) in it", key, cp);
			return;
		}
}

void spelling_check(
	const struct conf *c, const struct conf_node *n, const char *key, struct diags *d)
{
	/* People read these; nothing is compared with them. */
	if (strcmp(key, "message") == 0 || strcmp(key, "reason") == 0) {
		check_surprise(c, n, key, d);
		check_controls(c, n, key, d);
		return;
	}
	if (strncmp(key, "valid-", 6) != 0 && strcmp(key, "at") != 0)
		check_surprise(c, n, key, d);
	check_characters(c, n, key, d);
}

/* Each vowel that the schools differ about, with its tones in one order. */
static const uint32_t vowels[][6] = {
	{'a', 0xe0, 0xe1, 0x1ea3, 0xe3, 0x1ea1},
	{'e', 0xe8, 0xe9, 0x1ebb, 0x1ebd, 0x1eb9},
	{'i', 0xec, 0xed, 0x1ec9, 0x129, 0x1ecb},
	{'o', 0xf2, 0xf3, 0x1ecf, 0xf5, 0x1ecd},
	{'u', 0xf9, 0xfa, 0x1ee7, 0x169, 0x1ee5},
	{'y', 0x1ef3, 0xfd, 0x1ef7, 0x1ef9, 0x1ef5},
	{'A', 0xc0, 0xc1, 0x1ea2, 0xc3, 0x1ea0},
	{'E', 0xc8, 0xc9, 0x1eba, 0x1ebc, 0x1eb8},
	{'I', 0xcc, 0xcd, 0x1ec8, 0x128, 0x1eca},
	{'O', 0xd2, 0xd3, 0x1ece, 0xd5, 0x1ecc},
	{'U', 0xd9, 0xda, 0x1ee6, 0x168, 0x1ee4},
	{'Y', 0x1ef2, 0xdd, 0x1ef6, 0x1ef8, 0x1ef4},
};

static bool split(uint32_t cp, uint32_t *ret_letter, unsigned *ret_tone)
{
	for (size_t i = 0; i < ARRAY_SIZE(vowels); i++)
		for (unsigned t = 0; t < 6; t++)
			if (vowels[i][t] == cp) {
				*ret_letter = vowels[i][0];
				*ret_tone = t;
				return true;
			}
	return false;
}

static uint32_t join(uint32_t letter, unsigned tone)
{
	for (size_t i = 0; i < ARRAY_SIZE(vowels); i++)
		if (vowels[i][0] == letter)
			return vowels[i][tone];
	return letter;
}

static bool is_letter(uint32_t cp)
{
	return (cp | 32) - 'a' < 26 || cp >= 0xc0;
}

/* The pair with its tone on the other vowel; false where there is none. */
static bool other_pair(uint32_t before, uint32_t *x, uint32_t *y, uint32_t after)
{
	uint32_t a, b, small;
	unsigned s, t;

	if (is_letter(after) || !split(*x, &a, &s) || !split(*y, &b, &t) || (s == 0) == (t == 0))
		return false;
	small = (a | 32) << 8 | (b | 32);
	if (small != ('o' << 8 | 'a') && small != ('o' << 8 | 'e') && small != ('u' << 8 | 'y'))
		return false;
	if ((before | 32) == 'q')
		return false; /* the u is the consonant's */
	*x = join(a, t);
	*y = join(b, s);
	return true;
}

/* A text, read with what stands around each letter. */
struct window {
	struct view rest;
	uint32_t before[2]; /* the letter before, and the one before that */
	uint32_t cp, next;
};

static bool is_consonant_of_y(uint32_t cp)
{
	return cp < 0x80 && cp && strchr("hklmst", (int)(cp | 32));
}

/* y as i and i as y, where a syllable with a tone ends with it and both are written. */
static bool other_y(struct window *w)
{
	uint32_t letter, small = w->before[0] | 32;
	unsigned tone;

	if (is_letter(w->next) || !split(w->cp, &letter, &tone) || tone == 0)
		return false;
	if (!(is_consonant_of_y(w->before[0]) && !is_letter(w->before[1])) &&
		!(small == 'u' && (w->before[1] | 32) == 'q'))
		return false;
	if ((letter | 32) != 'y' && (letter | 32) != 'i')
		return false;
	w->cp = join(letter ^ 'y' ^ 'i', tone);
	return true;
}

static bool other_tone(struct window *w)
{
	struct view rest = w->rest;

	return other_pair(w->before[0], &w->cp, &w->next, take(&rest));
}

bool spelling_other(enum spelling s, const char *text, struct buf *ret)
{
	static bool (*const change[SPELLING_MAX])(struct window *) = {
		[SPELLING_TONE] = other_tone,
		[SPELLING_Y] = other_y,
	};
	struct window w = {.rest = view_str(text)};
	bool changed = false;

	for (w.cp = take(&w.rest); w.cp;) {
		uint8_t out[4];

		w.next = take(&w.rest);
		changed |= change[s](&w);
		if (buf_put(ret, out, utf8_put(out, w.cp)) < 0)
			return false;
		w.before[1] = w.before[0];
		w.before[0] = w.cp;
		w.cp = w.next;
	}
	return changed && buf_terminate(ret) == 0;
}
