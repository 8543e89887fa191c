/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of numbers: half of what a spreadsheet has. What a ruleset looks for has letters or signs
 * that such a line has not, or is longer than it: then no more is done than to look at it.
 */
#pragma once

#include "match/ruleset.h"

/* Digits, at least one, and points, commas, dashes and single blanks. */
bool numbers_only(struct view text);

/* Sets `number_min` and `joined_number_min`. Either may be lower than it could be. */
void numbers_set_bounds(struct ruleset *r);
