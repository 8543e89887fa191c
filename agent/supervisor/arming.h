/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the file systems are under marks: while an application lives, or always. Whoever starts one
 * is held until arming_alive() has returned, and "none lives" counts only after a grace in which
 * nothing was heard to the contrary; both are said on one socket and decided here, one after the
 * other, so that nothing runs uncovered between them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/loop.h"
#include "base/macros.h"
#include "supervisor/group.h"

#define ARMING_GRACE_NS (4 * NSEC_PER_SEC) /* a restarted application finds all in place */

struct arming;

struct arming_events {
	void (*failed)(void *userdata, const char *why); /* something could not be covered */
	bool (*in_use)(void *userdata);                  /* a tag group of an application is */
	void (*doubt)(void *userdata);                   /* have the gate look again */
};

/* Borrows the group. */
must_check int arming_new(struct loop *l, struct group *g, bool on_demand,
	const struct arming_events *events, void *userdata, struct arming **ret);
struct arming *arming_free(struct arming *a); /* takes NULL, returns NULL */

/* Covers, or keeps covered. 0 or -errno, which was told. */
int arming_alive(struct arming *a);
/* Uncovers after the grace, unless always. */
void arming_idle(struct arming *a);
/* No more of either. */
void arming_end(struct arming *a);

void arming_status(const struct arming *a, struct json *j); /* an object */
