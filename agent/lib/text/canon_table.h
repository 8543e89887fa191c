/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonicaliser's tables, written at build time by gen-canon.py. Only canon*.c and the encoding
 * detector include this.
 *
 * An entry tells what becomes of a code point:
 *   bits  0-31  ONE: up to four bytes of UTF-8; MARK: combining class; SEQ: offset in canon_seqs
 *   bits 32-39  ONE: number of bytes; SEQ: number of code points
 *   bits 40-43  enum canon_kind
 *   bits 44-47  enum canon_script of a letter
 *   bits 48-50  CANON_FAST and the other flags
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CANON_PAGE      64
#define CANON_PAIR_BITS 13

enum canon_kind {
	CANON_COPY, /* stays, composes with nothing before it */
	CANON_ONE,  /* becomes the bytes in the entry, that compose with nothing before them */
	CANON_SPACE,
	CANON_DROP,
	CANON_MARK, /* stays, may compose with or move before what is before it */
	CANON_SEQ,  /* becomes several code points */
	CANON_KIND_MAX,
};

/* 0 takes no part in tokens; what is above LATIN holds look-alikes of Latin letters. */
enum canon_script {
	CANON_SCRIPT_NONE,
	CANON_SCRIPT_LATIN,
	CANON_SCRIPT_FOREIGN,
};

#define CANON_FAST      (UINT64_C(1) << 48) /* ONE, and of no foreign script */
#define CANON_VI_MARK   (UINT64_C(1) << 49) /* a mark that only Latin letters bear */
#define CANON_ALL_MARKS (UINT64_C(1) << 50) /* SEQ of marks only */

enum canon_prop {
	CANON_UPPER = 1,
	CANON_LOWER = 2,
	CANON_LETTER = 4,
};

struct canon_decomp {
	uint32_t cp;
	uint32_t to[4]; /* full canonical decomposition, zero-padded */
};

struct canon_look {
	uint32_t cp;
	uint32_t latin;
};

extern const uint16_t canon_index[];
extern const uint64_t canon_entries[];
extern const uint32_t canon_seqs[];
extern const uint64_t canon_pairs[]; /* letter | mark << 21 | result << 42, open addressing */
extern const struct canon_decomp canon_decomps[];
extern const size_t canon_n_decomps;
extern const struct canon_look canon_looks[];
extern const size_t canon_n_looks;
extern const uint16_t canon_strips[]; /* below 0x2000: 0 stays, 0xffff goes, else the letter */
extern const uint16_t canon_prop_index[];
extern const uint8_t canon_props[];

static inline uint64_t canon_entry(uint32_t cp)
{
	return canon_entries[(size_t)canon_index[cp / CANON_PAGE] * CANON_PAGE + cp % CANON_PAGE];
}

static inline enum canon_kind canon_kind(uint64_t entry)
{
	return (enum canon_kind)(entry >> 40 & 15);
}

static inline unsigned canon_script(uint64_t entry)
{
	return entry >> 44 & 15;
}

static inline unsigned canon_prop(uint32_t cp)
{
	return canon_props[(size_t)canon_prop_index[cp / CANON_PAGE] * CANON_PAGE +
		cp % CANON_PAGE];
}

/* Canonical combining class, of code points that canonical text can hold. */
static inline unsigned canon_class(uint32_t cp)
{
	uint64_t e = canon_entry(cp);

	return canon_kind(e) == CANON_MARK ? (unsigned)(e & 255) : 0;
}

/* The Latin letter that looks like this one, or the same. */
uint32_t canon_look_alike(uint32_t cp);
