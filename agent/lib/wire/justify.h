/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CTL_JUSTIFY: a person gives a reason for opening what a rule asks one for (`do: justify`). It is
 * about one content, one application and their own user, whom the agent takes from the socket.
 * The answer is JSON: of a refusal {"refused": justify_refusal_name(), "n": a number, "text": ...}.
 */
#pragma once

#include <stdint.h>

#include "base/lang.h"
#include "base/macros.h"
#include "wire/override.h"
#include "wire/pack.h"

#define JUSTIFY_ID_SIZE   28U
#define JUSTIFY_FILE_SIZE 256U

enum justify_what {
	JUSTIFY_LIST,  /* what the caller may give a reason for, and what they gave one for */
	JUSTIFY_GRANT, /* the other members */
	JUSTIFY_WHAT_MAX,
};

struct justify_request {
	enum justify_what what;
	char incident[JUSTIFY_ID_SIZE]; /* or how it begins; "": the newest of the caller's */
	char file[JUSTIFY_FILE_SIZE];   /* its base name; "": the only one of the incident */
	char reason[OVERRIDE_REASON_SIZE];
};

enum justify_refusal {
	JUSTIFY_UNKNOWN,   /* no such incident of this user, or not any more */
	JUSTIFY_SEVERAL,   /* documents in the incident: which one? */
	JUSTIFY_SHORT,     /* the reason has fewer than n characters */
	JUSTIFY_NOT_TEXT,  /* the reason is no line of text */
	JUSTIFY_TOO_MANY,  /* n are in force for this user already */
	JUSTIFY_FORBIDDEN, /* the policy allows none */
	JUSTIFY_ALREADY,   /* it is in force */
	JUSTIFY_FAILED,    /* it could not be kept */
	JUSTIFY_REFUSAL_MAX,
};

void pack_justify(struct pack *p, const struct justify_request *r);
void unpack_justify(struct unpack *u, struct justify_request *ret);

const char *justify_refusal_name(enum justify_refusal r); /* "unknown", "several", ... */
must_check int justify_refusal_parse(const char *name, enum justify_refusal *ret); /* -EINVAL */
/* For people; appended. 0 or -ENOMEM. */
must_check int justify_refusal_put(
	struct buf *out, enum justify_refusal r, enum lang lang, unsigned n);

/* How many characters other than blanks it has. */
unsigned justify_length(const char *reason);
