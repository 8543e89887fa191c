/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PDF as a set of numbered objects, found by looking at the bytes: cross-reference tables are
 * neither needed nor believed. A later object of the same number replaces an earlier one, as
 * incremental updates mean it. Objects are parsed when first asked for and live as long as the
 * file.
 */
#pragma once

#include "base/buf.h"
#include "extract/extractor.h"
#include "extract/pdf_object.h"

#define PDF_OBJECTS_MAX        (1U << 20) /* numbered objects, object streams included */
#define PDF_OBJECT_STREAMS_MAX 65536
#define PDF_ARENA_MAX          ((size_t)192 << 20) /* bytes of parsed objects */
#define PDF_HOPS_MAX           16                  /* references that lead to references */

struct pdf_entry {
	uint32_t number;
	uint32_t order;                  /* by place in the file: a higher one wins */
	struct view source;              /* from the object on */
	const struct pdf_object *object; /* NULL until parsed */
	uint32_t generation;
	bool packed; /* from an object stream: its strings are not encrypted by themselves */
};

struct pdf_crypt;

struct pdf_file {
	struct extractor *x;
	struct view bytes;
	struct pdf_arena arena;
	struct pdf_entry *entries; /* sorted by number after opening */
	size_t n, cap;
	struct buf *unpacked; /* contents of object streams */
	size_t n_unpacked;

	const struct pdf_object *root, *info, *encrypt, *id; /* of the trailer; NULL if missing */
	struct pdf_crypt *crypt; /* how to read an encrypted file; NULL if it isn't */
	bool unending;           /* no "endstream" follows any more: while scanning */
	int error;               /* first EXTRACT_STOP or -errno met while following references */
};

/* 0, EXTRACT_STOP or -errno. In every case pdf_file_close() is due. */
must_check int pdf_file_open(struct pdf_file *f, struct extractor *x, struct view bytes);
void pdf_file_close(struct pdf_file *f);

/* Follows references. Never NULL: what is missing is the null object. */
const struct pdf_object *pdf_resolve(struct pdf_file *f, const struct pdf_object *o);
/* The newest object of a number, or NULL. */
const struct pdf_entry *pdf_file_entry(struct pdf_file *f, uint32_t number);

/* The resolved value of a key. */
const struct pdf_object *pdf_get(
	struct pdf_file *f, const struct pdf_object *dict, const char *key);
double pdf_get_number(
	struct pdf_file *f, const struct pdf_object *dict, const char *key, double otherwise);
/* The resolved item of an array. */
const struct pdf_object *pdf_item(struct pdf_file *f, const struct pdf_object *array, uint32_t i);

/* What pdf_stream_decode() may also return; `out` then holds what there is. */
enum {
	PDF_STREAM_DAMAGED = 5,
	PDF_STREAM_CUT = 6,
	PDF_STREAM_IMAGE = 7,   /* the rest is a picture's coding, with `out` in it */
	PDF_STREAM_UNKNOWN = 8, /* a filter that nobody knows */
};

/* Undoes all filters of a stream, in place of what `out` had. */
must_check int pdf_stream_decode(
	struct pdf_file *f, const struct pdf_object *stream, struct buf *out);
