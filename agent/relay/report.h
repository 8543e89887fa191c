/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a sink is, for "sealgate status": DIR/NAME.state, one JSON object padded to REPORT_BYTES and
 * written in one piece, locked while this process lives. It says nothing that the cursor does not
 * hold better: a report that cannot be written is no reason to stop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "relay/cursor.h"

#define REPORT_BYTES    1024U
#define REPORT_EVERY_NS 1000000000ULL /* while records go; the last of them is always told */

struct report {
	int fd;           /* -1: none can be written */
	uint64_t written; /* monotonic */
	uint64_t sent;    /* realtime of the last delivery; 0: none since the start */
	uint64_t failed;  /* likewise, of the last failure */
	bool failing;
	char error[256];
};

void report_open(struct report *r, const char *dir, const char *name);
void report_close(struct report *r);

void report_connected(struct report *r, const struct cursor *c);
/* `at_end`: nothing waits. */
void report_sent(struct report *r, const struct cursor *c, bool at_end);
void report_failed(struct report *r, const struct cursor *c, const char *why);
