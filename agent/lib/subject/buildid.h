/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The build id of an ELF program: the linker's own number of a build, which a copy keeps under any
 * name. Who changes the program can change it too.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/view.h"

#define BUILD_ID_MAX 32U /* bytes */
/* Program headers and notes that are looked at. */
#define BUILD_ID_HEADERS_MAX 64U
#define BUILD_ID_NOTES_MAX   64U

struct build_id {
	uint8_t n; /* 0: none */
	uint8_t v[BUILD_ID_MAX];
};

/* From the first bytes of the file, or of its image in memory, which is the same. False where they
   hold none. */
bool build_id_read(struct view start, struct build_id *ret);
