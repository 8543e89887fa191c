/* SPDX-License-Identifier: Apache-2.0 */
/* SUP_POSTURE for the gate: what is known of the applications' programs, sorted by both numbers. */
#pragma once

#include <stdint.h>

#define POSTURE_ENTRIES_MAX 8192U

struct posture_entry {
	uint64_t dev, ino;
	uint32_t bits; /* POSTURE_BIT */
	uint32_t reserved;
};
