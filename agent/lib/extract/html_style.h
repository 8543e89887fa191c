/* SPDX-License-Identifier: Apache-2.0 */
/* What the attributes of an HTML element say about its look, and named entities. */
#pragma once

#include "extract/flow.h"
#include "extract/xml.h"

struct html_look {
	struct look run; /* of the text inside */
	bool is_framed;
	bool is_centred;
};

/* Changes `l` by the style, color, face, align and hidden attributes of `t`. */
void html_look_apply(struct html_look *l, const struct xml_token *t);

/* Appends with entities resolved. 0, -ENOMEM, -E2BIG. */
must_check int html_decode(struct view raw, struct buf *out);

/* An attribute by its name in any case. */
bool html_attr(const struct xml_token *t, const char *name, struct view *ret);

bool html_is(struct view v, const char *lower); /* equal in any case */
bool html_contains(struct view v, const char *lower);
