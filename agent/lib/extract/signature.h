/* SPDX-License-Identifier: Apache-2.0 */
/* Formats that are known by their first bytes and have no reader here. */
#pragma once

#include "base/view.h"

enum signature_kind {
	SIGNATURE_UNREAD,      /* may hold text: unreadable/unsupported */
	SIGNATURE_IMAGE,       /* pixels: unreadable/unsupported until they are read */
	SIGNATURE_NO_DOCUMENT, /* a program, database, font, sound, film: full, without blocks */
};

struct signature {
	const char *format;
	enum signature_kind kind;
	uint16_t offset;
	struct view magic;
};

/* NULL where nothing fits. */
const struct signature *signature_find(struct view content);
