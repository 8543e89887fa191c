/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations and cards (iCalendar, vCard): lines unfolded and unescaped, as plain text. */
#pragma once

#include "extract/extractor.h"

int vcard_bid(struct view content);
must_check int vcard_extract(struct extractor *x, struct view content);
