/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why nobody could say what a document is, and what it may be all the same. The policy's `failures`
 * answers in the place of the rules that would have to know.
 */
#pragma once

#include "model/facts.h"

enum failure {
	FAILURE_NONE,
	FAILURE_DEADLINE,    /* the time to look was up: of the held open, or of the worker */
	FAILURE_CRASH,       /* the worker that read it, or the gate that held the open, died */
	FAILURE_UNREADABLE,  /* encrypted, damaged, of no format that can be read */
	FAILURE_PRESSURE,    /* too many held opens, or too much to look at */
	FAILURE_CORE_GONE,   /* nobody to ask */
	FAILURE_DESCRIPTORS, /* no descriptor left to hand it on */
	FAILURE_STORE, /* what was known of it before is lost, and it was not read in full now */
	FAILURE_MAX,
};

const char *failure_name(enum failure failure);
int failure_parse(const char *name, enum failure *ret);
extern const char *const failure_names[]; /* with "none" in front */

enum may_be {
	MAY_BE_STATE_SECRET, /* it was, when it was last read, or what was read of it is */
	MAY_BE_INTERNAL,
	MAY_BE_UNKNOWN, /* nothing of it was ever read */
	MAY_BE_MAX,
};

const char *may_be_name(enum may_be may_be);
int may_be_parse(const char *name, enum may_be *ret);
extern const char *const may_be_names[];

/* What the facts themselves say; FAILURE_NONE where they are as good as they get. */
enum failure facts_failure(const struct facts_brief *f);
/* The reasons with which a failure is told where nothing was read: REASON_BIT. */
uint32_t failure_reasons(enum failure failure);
enum may_be level_may_be(enum level level);
