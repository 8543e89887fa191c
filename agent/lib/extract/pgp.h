/* SPDX-License-Identifier: Apache-2.0 */
/* OpenPGP messages (and age's files): encrypted, and said to be. What is only signed is text or
   unsupported. */
#pragma once

#include "extract/extractor.h"

/* Where an armoured message begins in a text; SIZE_MAX where none does. */
size_t pgp_find(struct view text);

int pgp_bid(struct view content);
must_check int pgp_extract(struct extractor *x, struct view content);
