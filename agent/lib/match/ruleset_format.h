/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sealed form of a ruleset: one position-independent blob of tables, strings and the serialised
 * database, made by ruleset_build() and read by ruleset_open() on the same machine. Offsets count
 * from the start of their section; every one is checked on opening. Internal to match/.
 */
#pragma once

#include <stdint.h>

#define RULESET_MAGIC   UINT32_C(0x53475253) /* "SGRS" */
#define RULESET_VERSION 9U
#define RULESET_ALIGN   16U

enum rs_section {
	RS_STRINGS,
	RS_PACKS,
	RS_MARKS,
	RS_PATTERNS,
	RS_USES,
	RS_CONTEXTS,
	RS_TAILS,
	RS_CONDS,
	RS_RULES,
	RS_MARK_RULES, /* uint32_t: rule numbers, grouped by mark */
	RS_RULE_TAILS, /* uint32_t: tail numbers, grouped by rule */
	RS_NAMES,      /* struct rs_name: field keys and property names, grouped by rule */
	RS_SWITCHES,
	RS_STAMPS,
	RS_DATABASE,
	RS_SECTION_MAX,
};

struct rs_span {
	uint32_t off, n; /* bytes, or entries */
};

struct rs_head {
	uint32_t magic, version;
	uint64_t size;
	struct rs_span section[RS_SECTION_MAX]; /* bytes */
};

struct rs_pack {
	struct rs_span name, version;
	uint32_t n_rules;
};

#define RS_NO_TAG 0xffU

struct rs_mark {
	struct rs_span name;
	struct rs_span rules; /* in RS_MARK_RULES */
	uint32_t pack;
	uint16_t scale; /* marks of one scale exclude each other: a list of them is no marking; 0
			   none */
	uint8_t level;
	uint8_t tag;
};

enum rs_pattern_flag {
	RS_PATTERN_REGEX = 1 << 0,
	RS_PATTERN_STARTS = 1 << 1, /* counts at the start of a line only, frames aside */
};

struct rs_pattern {
	struct rs_span text; /* canonical, or the regular expression */
	struct rs_span uses;
	uint32_t flags; /* enum rs_pattern_flag */
};

enum rs_use_kind {
	RS_USE_MARK,    /* index: mark; how: enum rs_form */
	RS_USE_CONTEXT, /* index: context; how: enum rs_anchor */
	RS_USE_MAX,
};

enum rs_form {
	RS_FORM_EXACT,
	RS_FORM_FOLDED,
	RS_FORM_COMPACT, /* without its blanks */
	RS_FORM_PARTIAL, /* some diacritics are missing; rs_use.full has them all */
	RS_FORM_MAX,
};

enum rs_anchor {
	RS_ANCHOR_ANY,
	RS_ANCHOR_START,
	RS_ANCHOR_WHOLE,
	RS_ANCHOR_MAX,
};

struct rs_use {
	uint32_t index;
	uint16_t kind, how;
	struct rs_span full;
};

struct rs_context {
	struct rs_span name;
	uint16_t within;
	uint16_t document; /* holds for the whole document */
};

struct rs_tail {
	struct rs_span regex;
};

enum rs_cond_kind {
	RS_COND_PLACE,       /* arg: places */
	RS_COND_FLAG,        /* arg: enum block_flag */
	RS_COND_FIRST,       /* arg: among the first n blocks, or the top of page 1 */
	RS_COND_LAST,        /* arg: among the last n blocks */
	RS_COND_OPENS_SHORT, /* arg: the very first block of a document of at most n */
	RS_COND_CONTEXT,     /* arg: context */
	RS_COND_RULED,
	RS_COND_QUOTED,
	RS_COND_BRACKETED,
	RS_COND_BULLETED,
	RS_COND_SPACED,
	RS_COND_TAIL,        /* arg: tail */
	RS_COND_OTHER_LEVEL, /* arg: blocks */
	RS_COND_DECLASSIFIED,
	RS_COND_REPEATS, /* arg: times */
	RS_COND_OWN_ROW,
	RS_COND_LEVELS, /* arg: different marks of its scale in the document */
	RS_COND_MAX,
};

struct rs_cond {
	uint32_t arg;
	uint32_t except; /* places where it does not count */
	int16_t score;
	uint16_t kind;
};

enum rs_as {
	RS_AS_WHOLE,   /* the block is the mark, with allowed tails */
	RS_AS_SEGMENT, /* the mark is one of the parts of a short line */
	RS_AS_FIELD,   /* "key: mark" */
	RS_AS_LABEL,   /* value of a property, mail header or form field of that name */
	RS_AS_TAG,     /* "[mark] ..." */
	RS_AS_END,     /* "... (mark)", "... - mark": closes a line that has more */
	RS_AS_ANYWHERE,
	RS_AS_MAX,
};

enum rs_case {
	RS_CASE_CAPITALS,
	RS_CASE_MIXED, /* anything but capitals */
	RS_CASE_ANY,
	RS_CASE_MAX,
};

enum rs_rule_flag {
	RS_RULE_FOLDED = 1 << 0,   /* uses the folded forms, in documents without diacritics */
	RS_RULE_MISSPELT = 1 << 1, /* also where diacritics are missing */
};

struct rs_rule {
	struct rs_span name;
	struct rs_span tails; /* in RS_RULE_TAILS */
	struct rs_span names; /* in RS_NAMES */
	struct rs_span switches;
	struct rs_span need;     /* in RS_CONDS: one of them must hold */
	struct rs_span conds[2]; /* the scoring's, and the rule's own */
	uint32_t pack;
	uint32_t places; /* where it looks; 0 means everywhere but in properties and file names */
	uint32_t flags;
	int16_t score, level_at, suspect_at;
	int16_t precedence; /* labels: of what is said about one label the highest counts */
	uint8_t as, letter_case;
	uint16_t reserved; /* 0 */
};

struct rs_name {
	struct rs_span text; /* normalised; `*` in labels stands for anything */
};

struct rs_switch {
	struct rs_span name, value;
};

/* What a stamp in a picture can say. */
struct rs_stamp {
	struct rs_span text; /* NUL-terminated behind its end */
	uint16_t errors;     /* hundredths of a letter */
	uint16_t width_mm;   /* of its frame; 0: any */
	uint32_t harmless;
};
