/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads one JSON text (RFC 8259) of an outsider, bounded in depth and in values. What is read lies
 * in the text itself, which it changes: strings lose their escapes there. Strings are UTF-8, and
 * hold neither NUL nor half a surrogate pair.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

#define JSON_READ_DEPTH_MAX  16U
#define JSON_READ_VALUES_MAX 20000U

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER, /* as written */
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_value {
	enum json_type type;
	struct view key;  /* of a member */
	struct view text; /* of a number or string */
	uint32_t n;       /* items or members */
	uint32_t next;    /* behind this value and what is in it */
};

struct json_doc {
	struct json_value *v; /* the first is the whole; items follow their container */
	uint32_t n, cap;
};

/* `text` must stay as it is then. 0; -EBADMSG; -E2BIG over the bounds; -ENOMEM. */
must_check int json_read(struct buf *text, struct json_doc *ret);
void json_doc_done(struct json_doc *d);

/* The first member of that name, or NULL. `of` may be NULL, and need not be an object. */
const struct json_value *json_get(
	const struct json_doc *d, const struct json_value *of, const char *key);
/* The items of an array: NULL before the first and behind the last. */
const struct json_value *json_next(
	const struct json_doc *d, const struct json_value *of, const struct json_value *before);

/* Of a string; false where it is none (or NULL). */
bool json_get_text(const struct json_value *v, struct view *ret);
/* Of a whole number that is not negative. */
bool json_get_u64(const struct json_value *v, uint64_t *ret);
