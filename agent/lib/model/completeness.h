/* SPDX-License-Identifier: Apache-2.0 */
/* How much of a document was looked at, and why not all of it. */
#pragma once

#include <stdint.h>

enum completeness {
	COMPLETENESS_FULL,
	COMPLETENESS_PARTIAL,    /* some parts were read: a `none` means "none in what was read" */
	COMPLETENESS_UNREADABLE, /* nothing was read */
	COMPLETENESS_MAX,
};

enum reason {
	REASON_ENCRYPTED,
	REASON_DAMAGED,
	REASON_UNSUPPORTED, /* a format, codec or feature without a reader */
	REASON_TOO_BIG,     /* a size, member, page or text limit */
	REASON_TOO_DEEP,    /* nesting */
	REASON_TIMED_OUT,   /* CPU budget or deadline */
	REASON_CRASHED,     /* the worker died, or nobody could be asked */
	REASON_POLICY,      /* policy or configuration said not to look */
	REASON_MAX,
};

#define REASON_BIT(r) (UINT32_C(1) << (r))

const char *completeness_name(enum completeness c);
int completeness_parse(const char *name, enum completeness *ret);
extern const char *const completeness_names[];

const char *reason_name(enum reason r);
int reason_parse(const char *name, enum reason *ret);
extern const char *const reason_names[];
