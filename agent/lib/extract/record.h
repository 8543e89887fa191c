/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as programs exchange them, in one line of JSON or in XML of a vocabulary that nobody here
 * knows: each member with a text is handed over as "key: value" once more, because the lines of
 * such a file are no lines of a document.
 */
#pragma once

#include "extract/extractor.h"

/* Members of one record that are looked at, and how long key and value may be. */
#define RECORD_MEMBERS_MAX 4096
#define RECORD_KEY_MAX     64
#define RECORD_VALUE_MAX   256

/* `text` is UTF-8; what is no record gives nothing. */
must_check int record_members(struct extractor *x, struct view text, uint32_t flags);
