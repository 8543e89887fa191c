/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as programs exchange them, in JSON or in XML of a vocabulary that nobody here knows: each
 * member with a text, and each attribute of the root, is handed over as "key: value" once more,
 * because the lines of such a file are no lines of a document.
 */
#pragma once

#include "extract/extractor.h"

/* Members of one record that are looked at, and how long key and value may be. */
#define RECORD_MEMBERS_MAX 4096
#define RECORD_KEY_MAX     64
#define RECORD_VALUE_MAX   256

/* JSON of more than one line: so long (bytes), so many members with a text, and so deep. */
#define RECORD_PRETTY_MAX     ((size_t)64 << 10)
#define RECORD_PRETTY_MEMBERS 48U
#define RECORD_PRETTY_DEPTH   2U

/* `text` is UTF-8; what is no record gives nothing. */
must_check int record_members(struct extractor *x, struct view text, uint32_t flags);
