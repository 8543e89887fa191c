/* SPDX-License-Identifier: Apache-2.0 */
/* The blob of an application table: header, applications, patterns, strings. Host byte order: it
   never leaves the machine that compiled it. */
#pragma once

#include <stdint.h>

#include "subject/apptable.h"

#define APPTABLE_MAGIC  0x54415053U /* "SPAT" */
#define APPTABLE_FORMAT 1U

/* Patterns are grouped: executables without wildcards first (sorted), then those with (in order of
   definition), then flatpak, snap and package names (each sorted). */
enum apptable_group {
	APPTABLE_EXE_LITERAL,
	APPTABLE_EXE_GLOB,
	APPTABLE_FLATPAK,
	APPTABLE_SNAP,
	APPTABLE_PACKAGE,
	APPTABLE_GROUP_MAX,
};

struct apptable_header {
	uint32_t magic, format, size;
	uint32_t n_apps;
	uint32_t n_strings;                 /* bytes */
	uint32_t group[APPTABLE_GROUP_MAX]; /* patterns in each */
};

struct apptable_app {
	uint32_t id, name; /* offsets into the strings */
	uint32_t category;
};

struct apptable_pattern {
	uint32_t app;
	uint32_t text; /* offset into the strings */
};
