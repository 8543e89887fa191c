/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lenient XML tag scanner: a stream of tags and character data, nothing else. Local names only
 * (the prefix is free), no DTD, no entities but the five and the numeric ones, no memory, no depth.
 * Whatever the input is, tokens move forward through it; nothing is an error. Comments, processing
 * instructions and declarations are passed over. Views point into the input, which must be UTF-8
 * (xml_prepare() sees to that).
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

enum xml_kind {
	XML_END,   /* of the input */
	XML_OPEN,  /* <name attrs> */
	XML_EMPTY, /* <name attrs/> */
	XML_CLOSE, /* </name> */
	XML_TEXT,  /* raw, for xml_decode() */
	XML_CDATA, /* raw, to be taken as it is */
};

struct xml {
	const uint8_t *p, *end;
};

struct xml_token {
	enum xml_kind kind;
	struct view name;  /* local name of a tag */
	struct view attrs; /* raw, of XML_OPEN and XML_EMPTY */
	struct view text;
};

static inline struct xml xml_begin(struct view v)
{
	const uint8_t *p = v.n > 0 ? v.p : (const uint8_t *)"";

	return (struct xml){p, p + v.n};
}

/* Returns ret->kind. */
enum xml_kind xml_next(struct xml *x, struct xml_token *ret);

/* Raw value of the attribute with local name `name`. False (and an empty view) where there is none.
 */
bool xml_attr_view(const struct xml_token *t, struct view name, struct view *ret);
static inline bool xml_attr(const struct xml_token *t, const char *name, struct view *ret)
{
	return xml_attr_view(t, view_str(name), ret);
}

/* The next attribute of `attrs`, which is shortened; for those who want all of them. */
bool xml_attr_next(struct view *attrs, struct view *ret_name, struct view *ret_value);

/* Appends with entities resolved; unknown ones stay as they stand. 0, -ENOMEM, -E2BIG. */
must_check int xml_decode(struct view raw, struct buf *out);

/* Length of the entity at the start of `v` ("&...;") and its code point, or 0. */
size_t xml_entity(struct view v, uint32_t *ret_cp);

static inline bool xml_is(const struct xml_token *t, const char *name)
{
	return view_eq(t->name, view_str(name));
}

/* A word list for switching on names: filled once per scan, then one hash and one comparison. */
#define XML_WORDS_MAX 120
struct xml_dict {
	const char *const *words; /* words[0] is for all others; NULL at the end */
	uint8_t slots[256];
	uint8_t lengths[XML_WORDS_MAX];
};
void xml_dict_init(struct xml_dict *d, const char *const *words);
unsigned xml_dict_find(const struct xml_dict *d, struct view name); /* index into words, or 0 */

/* True where the bytes start like XML: a declaration or a tag, in UTF-8 or UTF-16. */
bool xml_looks_like(struct view v);

/* The name of the first element in the first bytes; empty where there is none. */
struct view xml_root(struct view v);

/* UTF-8 of the input: itself where it is that already, else decoded into `scratch`. */
must_check int xml_prepare(struct view v, struct buf *scratch, struct view *ret);
