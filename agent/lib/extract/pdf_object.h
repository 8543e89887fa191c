/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PDF objects and the reader of their syntax. Objects live in an arena; names and strings without
 * escapes are views of the bytes that were read. Broken syntax gives what can be made of it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"
#include "extract/pdf_arena.h"

#define PDF_DEPTH_MAX 48         /* arrays and dictionaries inside each other */
#define PDF_ITEMS_MAX (1U << 20) /* items of all open arrays and dictionaries */

enum pdf_type {
	PDF_NULL,
	PDF_BOOL,
	PDF_NUMBER,
	PDF_NAME,
	PDF_STRING,
	PDF_ARRAY,
	PDF_DICT,
	PDF_STREAM, /* a dictionary with bytes */
	PDF_REF,
	PDF_KEYWORD, /* an operator, or what is not understood */
};

/* The bytes of a stream as they stand in the file. */
struct pdf_raw {
	struct view bytes;
	uint32_t number, generation; /* of its object */
};

struct pdf_object {
	enum pdf_type type;
	uint32_t n; /* items of an array, pairs of a dictionary, number of a reference */
	union {
		double number; /* and of a bool, 0 or 1 */
		struct view text;
		struct {
			const struct pdf_object *items; /* a dictionary has key, value, ... */
			const struct pdf_raw *raw;      /* of a stream */
		};
	};
};

/* Reads from `p` on. `stack` holds open arrays; the caller frees it with pdf_lex_done(). */
struct pdf_lex {
	const uint8_t *p, *end;
	struct pdf_arena *arena;
	struct pdf_object *stack;
	size_t n, cap;
	unsigned depth;
	bool refs; /* "1 0 R" is a reference: in files, not in page content */
};

#define PDF_LEX_END 4 /* nothing is left */

void pdf_lex_init(struct pdf_lex *l, struct view v, struct pdf_arena *arena, bool refs);
void pdf_lex_done(struct pdf_lex *l);

/* The next object or keyword. 0, PDF_LEX_END, -ENOMEM, or -E2BIG where a bound is reached. */
must_check int pdf_lex_next(struct pdf_lex *l, struct pdf_object *ret);

void pdf_lex_space(struct pdf_lex *l); /* skips white space and comments */
/* Digits after the point beyond the tenth change nothing that is seen on a page. */
double pdf_lex_number(const uint8_t *p, const uint8_t *end);

/* One more than the digit's value, 0 for what is no digit. */
extern const uint8_t pdf_hex_digits[256];
static inline int pdf_hex_digit(uint8_t c)
{
	return pdf_hex_digits[c] - 1;
}

bool pdf_is_space(uint8_t c);
bool pdf_is_delimiter(uint8_t c); /* or white space */

/* The value in a dictionary or stream, NULL where there is none. References are not followed. */
const struct pdf_object *pdf_dict_get(const struct pdf_object *dict, const char *key);
bool pdf_is_name(const struct pdf_object *o, const char *name);
bool pdf_is_keyword(const struct pdf_object *o, const char *word);
