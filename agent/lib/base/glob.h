/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Globs on paths and names: `*` any run within a component, `?` one character of a component, and
 * `**` as a whole component: any number of components, none included. There are no sets, braces
 * or escapes: glob_error() refuses them so that nobody relies on them. No locale, no allocation;
 * time is bounded by the product of the two lengths.
 */
#pragma once

#include <stdbool.h>

bool glob_match(const char *pattern, const char *text, bool fold_ascii_case);

/* True where the pattern means one text only. */
bool glob_is_literal(const char *pattern);

/* What is wrong with the pattern, in English, or NULL. */
const char *glob_error(const char *pattern);

/* True where everything that `inner` matches is surely matched by `outer`. May say false for pairs
   that are too clever, never true for one that is not. */
bool glob_covers(const char *outer, const char *inner, bool fold_ascii_case);
