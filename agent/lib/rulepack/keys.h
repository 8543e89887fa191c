/* SPDX-License-Identifier: Apache-2.0 */
/* What may be written in a pack, by name; rules/schema/ says the same to editors. */
#pragma once

/* The keys that a mapping may have: of "pack", "mark", "form", "context", "condition", "rule",
   "switch", "label", "stamp", "samples", "sample" or "block"; the words of "as", "case" and "flag".
   NULL-terminated, or NULL. */
const char *const *rulepack_keys(const char *what);
