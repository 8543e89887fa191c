/* SPDX-License-Identifier: Apache-2.0 */
/* How far a sink has got. Replaced as a whole, so that it is one or the other after a power cut. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

struct cursor {
	bool begun;       /* `seq` was delivered; else nothing was */
	char journal[33]; /* its id: another journal is sent from its beginning */
	uint64_t seq;
	uint64_t ino, size; /* of a file sink, behind that record */
};

/* 0; -ENOENT and an empty cursor where there is none; -EBADMSG. */
must_check int cursor_load(const char *dir, const char *name, struct cursor *ret);
must_check int cursor_save(const char *dir, const char *name, const struct cursor *c);
