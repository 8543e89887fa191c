/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CTL_REVIEW: what a person does with the journal. Nothing is ever changed there: each of these is
 * a record of its own, with who did it, which the agent takes from the socket and not from the
 * request.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/pack.h"

#define REVIEW_ID_SIZE   41U
#define REVIEW_NAME_SIZE 65U   /* of an assignee or a tag, with its NUL */
#define REVIEW_NOTE_SIZE 2001U /* bytes of a note, with its NUL */

enum review_what {
	REVIEW_MARK,            /* status, assignee, note, tags of an incident */
	REVIEW_REVEAL,          /* its concealed parts were shown */
	REVIEW_CHECKPOINT,      /* a signed checkpoint over all that is there */
	REVIEW_NEW_KEY,         /* another signing key */
	REVIEW_STATEMENT,       /* the digest of a statement, and a checkpoint behind it */
	REVIEW_COURIER_EXPORT,  /* likewise of what went onto a medium */
	REVIEW_COURIER_IMPORT,  /* of the receipt for a policy that came on one */
	REVIEW_COURIER_RECEIPT, /* of a receipt that came back; the note says what became of it */
	REVIEW_EVIDENCE, /* the copies of an incident were taken; the note says whether opened */
	REVIEW_WHAT_MAX,
};

enum review_status {
	REVIEW_STATUS_NEW,
	REVIEW_STATUS_IN_PROGRESS,
	REVIEW_STATUS_CONFIRMED,
	REVIEW_STATUS_RESOLVED,
	REVIEW_STATUS_FALSE_POSITIVE,
	REVIEW_STATUS_IGNORED,
	REVIEW_STATUS_MAX,
};

const char *review_status_name(enum review_status s); /* "new", "in-progress", ... */
must_check int review_status_parse(const char *name, enum review_status *ret); /* 0 or -EINVAL */

/* "" where a member is not said. */
struct review {
	enum review_what what;
	char id[REVIEW_ID_SIZE];
	char status[24];
	char assignee[REVIEW_NAME_SIZE]; /* "-": nobody */
	char tag[REVIEW_NAME_SIZE], untag[REVIEW_NAME_SIZE];
	char note[REVIEW_NOTE_SIZE];
	char sha256[65];
	uint64_t seen;   /* the last record that this person had read; 0: not said */
	const char *via; /* not of the frame: what it came through, or NULL */
};

void pack_review(struct pack *p, const struct review *r);
void unpack_review(struct unpack *u, struct review *ret);

/* Says what is wrong with it, or NULL. */
const char *review_refused(const struct review *r);

/* The record: one JSON object; nothing for a bare checkpoint or key. 0 or -errno. */
must_check int review_payload(
	const struct review *r, uint32_t uid, const char *user, struct buf *out);
