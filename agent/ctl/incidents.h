/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of "sealgate incidents" share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/lang.h"
#include "journal/incident.h"
#include "journal/index.h"
#include "model/level.h"

#define LIST_LIMIT_TERMINAL 100 /* rows, where nothing else is said */

struct incidents_options {
	char dir[4096]; /* the journal's directory */
	enum lang lang;
	bool json;
	uint64_t since, until; /* wall clock, ns; 0: no bound */
	uint32_t levels;       /* bits; 0: all */
	const char *app, *user, *action;
	bool has_limit;
	size_t limit;           /* 0: none */
	const char *checkpoint; /* verify: an exported one */
};

/* The commands; an exit status of ctl/usage.h. */
int incidents_list(const struct incidents_options *o);
int incidents_show(const struct incidents_options *o, char **ids, size_t n);
int incidents_verify(const struct incidents_options *o);

/* "2026-11-23T08:30:00.123Z" as local time; the text itself where it is no time. */
void incidents_local_time(const char *time, bool with_zone, enum lang lang, char *ret, size_t size);

/* Says why the journal cannot be read. Returns CTL_FAILED. */
int incidents_no_journal(const struct incidents_options *o, int error);

/* "TỐI MẬT"; "?" where the document could not be read, "-" where it was and had no marking. */
const char *incidents_marking(const struct incident *i);
const char *incidents_action(const char *action, enum lang lang);
const char *incidents_base_name(const char *path);
