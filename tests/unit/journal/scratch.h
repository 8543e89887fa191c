/* SPDX-License-Identifier: Apache-2.0 */
/* A journal in a directory of its own, for the tests of this folder. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "journal/journal.h"

struct scratch {
	char dir[64];
};

void scratch_make(struct scratch *s);
void scratch_remove(struct scratch *s); /* with all that is in it */

void scratch_write(const struct scratch *s, const char *name, struct view v);
void scratch_read(const struct scratch *s, const char *name, struct buf *ret);
bool scratch_has(const struct scratch *s, const char *name);
/* Opens, appends n small records {"n":first} and so on, syncs and closes. */
void scratch_fill(const struct scratch *s, unsigned first, unsigned n);

struct scratch_findings {
	unsigned n, by_fault[JOURNAL_FAULT_MAX];
	uint64_t line; /* of the first */
	char file[JOURNAL_NAME_MAX];
	char text[200];
	struct journal_verify_result result;
};
void scratch_verify(const struct scratch *s, struct scratch_findings *ret);
void scratch_verify_anchored(
	const struct scratch *s, const struct checkpoint *anchor, struct scratch_findings *ret);
