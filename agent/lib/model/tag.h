/* SPDX-License-Identifier: Apache-2.0 */
/* A second finding besides the level. Tags are a bit set in facts; packs name them. */
#pragma once

#include <stdint.h>

enum tag {
	TAG_MEETING_ACCESS,   /* meeting ID with password, or a join link */
	TAG_DECLASSIFIED,     /* GIẢI MẬT, DECLASSIFIED */
	TAG_SPECIMEN,         /* a form that shows seals */
	TAG_LABEL_REMOVED,    /* label metadata that says it was taken off */
	TAG_LABEL_CONFLICT,   /* a label and a marking that disagree */
	TAG_UNREADABLE_STAMP, /* the frame of a stamp whose letters could not be read */
	TAG_SUSPECTED,        /* evidence too weak for its level: worth a record, not a block */
	TAG_LABEL_UNKNOWN,    /* a label that is on, and that no pack knows */
	TAG_MAX,
};

#define TAG_BIT(t) (UINT32_C(1) << (t))

const char *tag_name(enum tag tag); /* "meeting-access", ... */
int tag_parse(const char *name, enum tag *ret);
extern const char *const tag_names[];
