/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a text source code, configuration or data? Said only on structure that letters, memos and
 * lists don't have: a memo with "Số: 12" and "Độ mật: Mật" is no YAML, because keys of YAML,
 * as counted here, are ASCII words and need items below them.
 */
#include "extract/plain.h"

#include <string.h>

/* Share of the lines, in per cent, that must look like code. */
#define CODE_SHARE 60

struct tally {
	uint32_t lines;  /* with anything on them */
	uint32_t code;   /* that no letter would have */
	uint32_t strong; /* among them: assignments, statements, JSON members, msgid, SQL */
	uint32_t items;  /* "- x" below a "key:" */
	bool after_key;  /* the last line was a bare "key:" or an item below one */
};

static bool is_word(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '-' || c == '.';
}

static size_t word_length(struct view v)
{
	size_t n = 0;

	if (v.n == 0 || !is_word(v.p[0]) || (v.p[0] >= '0' && v.p[0] <= '9'))
		return 0;
	while (n < v.n && is_word(v.p[n]))
		n++;
	return n;
}

static struct view trim(struct view v)
{
	while (v.n > 0 && v.p[0] <= ' ')
		v = view_sub(v, 1, v.n);
	while (v.n > 0 && v.p[v.n - 1] <= ' ')
		v.n--;
	return v;
}

static bool starts_any(struct view v, const char *const *words)
{
	for (; *words; words++)
		if (view_starts(v, view_str(*words)))
			return true;
	return false;
}

static bool is_statement(struct view v)
{
	static const char *const starts[] = {"#include ", "#define ", "#ifdef ", "#endif",
		"import ", "from ", "def ", "class ", "public ", "private ", "static ", "const ",
		"let ", "var ", "function ", "return ", "if (", "for (", "while (", "struct ",
		"enum ", "package ", "msgid \"", "msgstr \"", "INSERT INTO ", "CREATE TABLE ",
		"SELECT ", "UPDATE ", "DELETE FROM ", "export ", NULL};
	uint8_t last = v.p[v.n - 1];

	if (view_starts(v, VIEW_LIT("msgid \"")) || view_starts(v, VIEW_LIT("msgstr \"")))
		return true;
	if (starts_any(v, starts) &&
		(last == ';' || last == '{' || last == ':' || last == ')' || v.p[0] == '#' ||
			last == '"' || last == '\''))
		return true;
	if (last == ';' && (memchr(v.p, '(', v.n) || memchr(v.p, '=', v.n)))
		return true;
	return last == '{' && memchr(v.p, '(', v.n);
}

/* KEY=VALUE, key = "value", "key": value */
static bool is_assignment(struct view v)
{
	size_t n = word_length(v);

	if (n > 0) {
		v = trim(view_sub(v, n, v.n));
		return v.n > 0 && (v.p[0] == '=' || (v.n > 1 && v.p[0] == ':' && v.p[1] == '='));
	}
	if (v.p[0] == '"' || v.p[0] == '\'') {
		const uint8_t *q = memchr(v.p + 1, v.p[0], v.n - 1);

		if (!q)
			return false;
		v = trim(view_sub(v, (size_t)(q - v.p) + 1, v.n));
		return v.n > 0 && (v.p[0] == ':' || v.p[0] == '=');
	}
	return false;
}

static bool is_bracket_line(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!strchr("{}[](),;", v.p[i]) || v.p[i] == 0)
			return false;
	return true;
}

static bool is_comment(struct view v)
{
	static const char *const starts[] = {
		"//", "/*", "*/", "# ", "#:", "#,", "#~", "-- ", "; ", NULL};

	return starts_any(v, starts);
}

static void count_line(struct tally *t, struct view line)
{
	struct view v = trim(line);
	bool item = v.n > 2 && v.p[0] == '-' && v.p[1] == ' ';
	size_t word;

	if (v.n == 0)
		return;
	t->lines++;
	if (item && t->after_key) {
		t->items++;
		t->code++;
		return;
	}
	word = word_length(v);
	t->after_key = word > 0 && word + 1 == v.n && v.p[word] == ':';
	if (is_assignment(v) || is_statement(v)) {
		t->strong++;
		t->code++;
	} else if (is_bracket_line(v) || is_comment(v) || t->after_key ||
		(v.p[0] == '[' && v.p[v.n - 1] == ']' &&
			word_length(view_sub(v, 1, v.n)) == v.n - 2)) {
		t->code++;
	} else if (word > 0 && word + 1 < v.n && v.p[word] == ':' && v.p[word + 1] == ' ' &&
		line.p[0] == ' ') {
		/* an indented "key: value" */
		t->code++;
	}
}

bool plain_is_code(struct view text)
{
	struct tally t = {0};

	text = view_sub(text, 0, PLAIN_CODE_SAMPLE);
	if (view_starts(text, VIEW_LIT("#!/")) || view_starts(text, VIEW_LIT("<?php")))
		return true;
	while (text.n > 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.n);
		size_t n = nl ? (size_t)(nl - text.p) : text.n;

		count_line(&t, view_sub(text, 0, n));
		text = view_sub(text, n + 1, text.n);
	}
	/* of a few lines, one is enough where the others are comments */
	if (t.lines >= 2 && t.strong > 0 && t.code == t.lines)
		return true;
	return t.lines >= 2 && t.strong + t.items >= 2 && t.code * 100 >= t.lines * CODE_SHARE;
}
