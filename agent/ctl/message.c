/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/message.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_MAX 10U
#define STEPS_MAX  200000U /* of one search, where places could be anything */
#define NESTED_MAX 4U      /* texts that were filled into texts */

/* What was filled in at a place. */
struct place {
	struct view text;
	bool is_text; /* of %s */
};

struct search {
	struct place places[PLACES_MAX];
	size_t n;
	unsigned steps;
};

/* A conversion at `f`, which points to its `%`: where it ends, and of what kind it is. */
static const char *read_conversion(const char *f, char *ret_kind, unsigned *ret_position)
{
	*ret_position = 0;
	f++;
	if (*f >= '1' && *f <= '9' && f[1] == '$') {
		*ret_position = (unsigned)(*f - '0');
		f += 2;
	}
	f += strspn(f, "-+ #0123456789.*");
	f += strspn(f, "hlzj");
	*ret_kind = *f;
	return *f ? f + 1 : f;
}

static bool is_digit_of(char kind, char c)
{
	return (c >= '0' && c <= '9') || c == '-' || ((kind == 'x' || kind == 'X') && isxdigit(c));
}

static bool match(struct search *s, const char *f, const char *text);

static bool match_place(struct search *s, const char *rest, char kind, const char *text)
{
	struct place *p = &s->places[s->n];
	size_t n = 0;

	if (s->n == PLACES_MAX)
		return false;
	s->n++;
	p->is_text = kind == 's';
	if (kind != 's') {
		while (is_digit_of(kind, text[n]))
			n++;
		p->text = view_of(text, n);
		if (n > 0 && match(s, rest, text + n))
			return true;
		s->n--;
		return false;
	}
	for (;; n++) {
		p->text = view_of(text, n);
		if (match(s, rest, text + n))
			return true;
		if (!text[n] || ++s->steps > STEPS_MAX)
			break;
	}
	s->n--;
	return false;
}

/* Whether `text` can have been made of the format. */
static bool match(struct search *s, const char *f, const char *text)
{
	unsigned position;
	char kind;

	while (*f && (*f != '%' || f[1] == '%')) {
		if (*text != *f)
			return false;
		f += *f == '%' ? 2 : 1;
		text++;
	}
	if (!*f)
		return !*text;
	f = read_conversion(f, &kind, &position);
	return match_place(s, f, kind, text);
}

/* How much of it is text: of several that fit, the one that says most is meant. */
static size_t weight(const char *f)
{
	unsigned position;
	size_t n = 0;
	char kind;

	while (*f)
		if (*f == '%' && f[1] != '%') {
			f = read_conversion(f, &kind, &position);
		} else {
			n++;
			f++;
		}
	return n;
}

static int put(const char *text, struct buf *out, unsigned nested);

static int put_place(const struct place *p, struct buf *out, unsigned nested)
{
	char text[MESSAGE_MAX];

	if (!p->is_text || p->text.n >= sizeof(text))
		return buf_put_view(out, p->text);
	memcpy(text, p->text.p, p->text.n);
	text[p->text.n] = 0;
	return put(text, out, nested + 1);
}

static int fill_in(const char *f, const struct search *s, struct buf *out, unsigned nested)
{
	unsigned position, next = 0;
	char kind;
	int r = 0;

	while (r == 0 && *f) {
		if (*f != '%' || f[1] == '%') {
			r = buf_put_byte(out, (uint8_t)*f);
			f += *f == '%' ? 2 : 1;
			continue;
		}
		f = read_conversion(f, &kind, &position);
		position = position ? position - 1 : next++;
		if (position < s->n)
			r = put_place(&s->places[position], out, nested);
	}
	return r;
}

static int put(const char *text, struct buf *out, unsigned nested)
{
	const struct message_pair *best = NULL;
	struct search found = {0};
	size_t most = 0;

	for (const struct message_pair *m = ctl_messages; nested < NESTED_MAX && *text && m->en;
		m++) {
		struct search s = {0};
		size_t w = weight(m->en);

		if (w <= most || !match(&s, m->en, text))
			continue;
		best = m;
		most = w;
		found = s;
	}
	return best ? fill_in(best->vi, &found, out, nested) : buf_put_str(out, text);
}

const char *message_in(enum lang lang, const char *text, struct buf *room)
{
	buf_clear(room);
	if (lang != LANG_VI || strlen(text) >= MESSAGE_MAX || put(text, room, 0) < 0 ||
		buf_terminate(room) < 0)
		return text;
	return (const char *)room->p;
}

void message_diag(enum lang lang, const struct diag *d, struct buf *ret)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0), hint = BUF_INIT(0);
	char place[40] = "";

	buf_clear(ret);
	if (d->line > 0) /* else it is about the whole file */
		snprintf(place, sizeof(place), ":%u:%u", d->line, d->col);
	unchecked(buf_printf(ret, "%s%s: %s%s: %s", d->file[0] ? d->file : "-", place,
		d->warning ? lang_pick(lang, "warning: ", "cảnh báo: ") : "", d->code,
		message_in(lang, d->text, &text)));
	if (d->hint[0])
		unchecked(buf_printf(ret, " (%s)", message_in(lang, d->hint, &hint)));
	if (buf_terminate(ret) < 0)
		buf_clear(ret);
}

static const char *skip_number(const char *s)
{
	const char *end = s + strspn(s, "0123456789");

	return end > s && *end == ':' ? end + 1 : NULL;
}

/* "LINE:COL: [warning: ]CODE: " at `s`; where the text begins, or NULL. */
static const char *skip_place(const char *s, bool *ret_warning)
{
	static const char warning[] = "warning: ";

	s = skip_number(s);
	s = s ? skip_number(s) : NULL;
	if (!s || *s++ != ' ')
		return NULL;
	*ret_warning = strncmp(s, warning, strlen(warning)) == 0;
	s += *ret_warning ? strlen(warning) : 0;
	return *s >= 'A' && *s <= 'Z' && strspn(s + 1, "0123456789") == 3 && s[4] == ':' &&
			s[5] == ' '
		? s + 6
		: NULL;
}

/* The text and the hint behind it, in brackets. */
static int put_said(const char *text, struct buf *room)
{
	size_t n = strlen(text);

	for (const char *p = strstr(text, " ("); p && n > 0 && text[n - 1] == ')';
		p = strstr(p + 1, " (")) {
		cleanup_with(freep) char *said = strndup(text, (size_t)(p - text));
		cleanup_with(freep) char *hint = strndup(p + 2, n - (size_t)(p - text) - 3);
		cleanup_with(buf_done) struct buf a = BUF_INIT(0), b = BUF_INIT(0);
		const char *vi, *vi_hint;

		if (!said || !hint)
			return -ENOMEM;
		vi = message_in(LANG_VI, said, &a);
		vi_hint = message_in(LANG_VI, hint, &b);
		if (strcmp(vi_hint, hint) != 0)
			return buf_printf(room, "%s (%s)", vi, vi_hint);
	}
	return put(text, room, 0);
}

const char *message_line(enum lang lang, const char *line, struct buf *room)
{
	const char *text = NULL;
	bool warning;

	if (lang != LANG_VI || strlen(line) >= MESSAGE_MAX)
		return line;
	for (const char *p = strchr(line, ':'); p && !text; p = strchr(p + 1, ':'))
		text = skip_place(p + 1, &warning);
	buf_clear(room);
	if (!text)
		return message_in(lang, line, room);
	/* The code stands before it, and before that the word. */
	if (buf_printf(room, "%.*s%s%.*s", (int)(text - line) - 6 - (warning ? 9 : 0), line,
		    warning ? "cảnh báo: " : "", 6, text - 6) < 0 ||
		put_said(text, room) < 0 || buf_terminate(room) < 0)
		return line;
	return (const char *)room->p;
}
