/* SPDX-License-Identifier: Apache-2.0 */
/* What is known about an application's program before it starts: a bit set beside the question. */
#pragma once

#include <stdint.h>

enum posture {
	POSTURE_OUTDATED,   /* below the version that policy asks for */
	POSTURE_ADVISORY,   /* its version is on an advisory list */
	POSTURE_UNOFFICIAL, /* of no package, flatpak or snap of an allowed origin */
	POSTURE_DROPPED,    /* written by an application */
	POSTURE_UNKNOWN,    /* nobody could say (yet) */
	POSTURE_MAX,
};

#define POSTURE_BIT(p) (UINT32_C(1) << (p))

const char *posture_name(enum posture posture);
int posture_parse(const char *name, enum posture *ret);
extern const char *const posture_names[];
