/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON (RFC 8259) into a buffer. Commas and nesting are kept by the writer; a mistake in the
 * order of calls is an assertion. Errors stick: check json_error() once at the end. Strings that
 * are not UTF-8 (file names may be anything) have each bad byte written as U+FFFD.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/view.h"

#define JSON_DEPTH_MAX 16

struct json {
	struct buf *out; /* not owned */
	int error;
	unsigned depth;
	bool first[JSON_DEPTH_MAX];
	bool after_key;
};

void json_init(struct json *j, struct buf *out);
int json_error(const struct json *j); /* 0 or -errno of the first failure */

void json_object(struct json *j);
void json_object_end(struct json *j);
void json_array(struct json *j);
void json_array_end(struct json *j);
void json_key(struct json *j, const char *key);

void json_str(struct json *j, const char *s); /* NULL is null */
void json_view(struct json *j, struct view v);
void json_u64(struct json *j, uint64_t n);
void json_i64(struct json *j, int64_t n);
void json_double(struct json *j, double d, int decimals);
void json_bool(struct json *j, bool b);
void json_null(struct json *j);
void json_hex(struct json *j, const uint8_t *p, size_t n);
void json_raw(struct json *j, struct view value); /* one value that is JSON already */

/* key and value in one */
void json_key_str(struct json *j, const char *key, const char *s);
void json_key_view(struct json *j, const char *key, struct view v);
void json_key_u64(struct json *j, const char *key, uint64_t n);
void json_key_bool(struct json *j, const char *key, bool b);
