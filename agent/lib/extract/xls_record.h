/* SPDX-License-Identifier: Apache-2.0 */
/* Records of an Excel workbook (BIFF), and reading over the ends of those that are continued. */
#pragma once

#include "extract/extractor.h"

#define XLS_RECORD_HEADER 4

enum {
	XLS_CONTINUE = 0x003c,
};

struct xls_record {
	struct view stream;
	size_t at, next; /* of this record, of the next one */
	uint16_t type;
	struct view rest; /* of the record's bytes, not yet taken */
};

/* The record at `next`; false at the end. */
bool xls_next(struct xls_record *r);

/* On to the record that continues this one; false where none does. */
bool xls_continue(struct xls_record *r);

/* Numbers and bytes that may go on in the next record; false where there is no more. */
bool xls_take16(struct xls_record *r, uint32_t *ret);
bool xls_take32(struct xls_record *r, uint32_t *ret);
bool xls_skip(struct xls_record *r, uint64_t n);

/* `n` characters, as UTF-16 into `units` (cleared before). Each further record says anew whether
   they have one byte or two. What is not there is left out. */
must_check int xls_take_units(struct xls_record *r, size_t n, bool is_wide, struct buf *units);

/*
 * Makes the records from `from` on readable, in place. `pass` is the record that says how they are
 * encrypted. CRYPT_LOCKED where another password is needed.
 */
must_check int xls_decrypt(
	struct extractor *x, struct view pass, bool is_8, size_t from, struct buf *stream);
