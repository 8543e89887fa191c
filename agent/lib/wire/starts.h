/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SUP_STARTS for the gate: programs that are an application's whatever path they are executed by,
 * because a sandbox shows them under another; sorted by both numbers.
 */
#pragma once

#include <stdint.h>

#define STARTS_MAX 8192U

struct start_entry {
	uint64_t dev, ino; /* ino 0: all of the file system */
	uint32_t app;      /* index in the table of the last SUP_POLICY */
	uint32_t reserved;
};
