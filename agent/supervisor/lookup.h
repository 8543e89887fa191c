/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the applications' programs are, asked of the file systems, which may not answer: a user's
 * FUSE server in a home, or a home on a network. So a short-lived copy of the supervisor looks, and
 * holds nothing that others wait for. Where it gets no further, that place is left out for a while,
 * and another copy goes on with the rest; what was known before stays known.
 *
 * Limits: so many copies may hang at once; LOOKUP_PROGRAMS_MAX programs.
 */
#pragma once

#include "base/json.h"
#include "base/loop.h"
#include "subject/apptable.h"
#include "subject/buildid.h"

#define LOOKUP_PROGRAMS_MAX 4096U
#define LOOKUP_STUCK_MAX    8U
/* Without progress for so long, though it may run: the place does not answer. */
#define LOOKUP_STALL_NS (1500 * NSEC_PER_MSEC)
#define LOOKUP_AGAIN_NS (600 * NSEC_PER_SEC) /* then the place is tried again */

struct program {
	char *path; /* without links */
	uint64_t dev, ino;
	bool trusted; /* root's, and nobody else may write it */
	bool marked;
	struct build_id id; /* of a trusted one */
};

struct lookup;

struct lookup_events {
	/* Those to look for, or NULL. */
	const struct apptable *(*apps)(void *userdata);
	/* A descriptor of a program's file (O_PATH), on a file system of this machine. */
	bool (*mark)(void *userdata, int fd);
	void (*unmark)(void *userdata, int fd);
	void (*ended)(void *userdata); /* there may be other programs now */
	void (*stalled)(void *userdata, const char *place);
};

must_check int lookup_new(
	struct loop *l, const struct lookup_events *events, void *userdata, struct lookup **ret);
struct lookup *lookup_free(struct lookup *l); /* kills; takes NULL, returns NULL */

/* Looks for the applications' programs; again, after that, where it is at it already. Waits for the
   end of it, but not longer than so many milliseconds. */
void lookup_ask(struct lookup *l, int wait_ms);

/* Call now and then. */
void lookup_tick(struct lookup *l);

/* The programs that are known now. */
const struct program *lookup_programs(const struct lookup *l, size_t *ret_n);

/* A place that does not answer, and how many there are; "" where none. */
const char *lookup_stalled(const struct lookup *l, uint32_t *ret_n);

void lookup_status(const struct lookup *l, struct json *j); /* key "programs" */
