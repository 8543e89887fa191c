/* SPDX-License-Identifier: Apache-2.0 */
/* Time. Durations and deadlines are nanoseconds of the monotonic clock; wall time is for records.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define NSEC_PER_MSEC UINT64_C(1000000)
#define NSEC_PER_SEC  UINT64_C(1000000000)

uint64_t clock_now(void);      /* CLOCK_MONOTONIC, ns */
uint64_t clock_cpu(void);      /* CPU time of this process (it has one thread), ns */
uint64_t clock_realtime(void); /* since 1970, ns */

/* RFC 3339 with milliseconds and Z, as in 2026-11-23T08:30:00.123Z. */
#define CLOCK_TEXT_MAX 32
void clock_format(uint64_t realtime, char ret[CLOCK_TEXT_MAX]);

/* The reverse, with or without a fraction, Z or +hh:mm; a bare date means midnight UTC.
   0, or -EINVAL. */
int clock_parse(const char *text, uint64_t *ret_realtime);
