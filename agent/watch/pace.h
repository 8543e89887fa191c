/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast the walk goes: where others need the processor, or the machine runs on its battery, it
 * takes PACE_STEP names each PACE_NS and no more. What events name is looked at all the same.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "wire/protocol.h"

#define PACE_NS   (2 * NSEC_PER_SEC)
#define PACE_STEP 256U
/* Percent of the last ten seconds in which somebody waited for a processor (/proc/pressure/cpu):
   slow from the first on, fast again below the second. */
#define PACE_LOAD_HIGH 50U
#define PACE_LOAD_LOW  25U

struct pace {
	const char *pressure, *power; /* where to look; NULL: never */
	enum watch_pause why;
	uint32_t left; /* names until the next look */
};

/* Decides for the time until the next. */
void pace_look(struct pace *p);
/* Whether one more name may be taken; counts it. */
bool pace_may_step(struct pace *p);
