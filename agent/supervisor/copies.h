/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence copies, state-dir/evidence: of documents whose incident's rule says `evidence: copy`,
 * encrypted to the reviewers' certificate. One helper process at a time makes one; nobody waits for
 * it, and what becomes of it is told by the callback, always. Nothing else puts content on the
 * disk.
 */
#pragma once

#include "base/json.h"
#include "base/loop.h"
#include "settings/settings.h"
#include "supervisor/copies_work.h"

#define COPIES_QUEUE_MAX 64U
#define COPIES_WORK_NS   (60 * NSEC_PER_SEC) /* then the helper is killed */
#define COPIES_SWEEP_NS  (60 * NSEC_PER_SEC) /* between two looks for old copies */
#define COPIES_MAX       8192U               /* that lie there; further ones are not made */
#define COPIES_SWEEP_MAX 256U                /* removed at one of them */

struct copies;

struct copies_events {
	void (*done)(void *userdata, const struct copies_order *o, const struct copies_result *r);
	/* `leftover`: of a copy that an end of the agent had interrupted. */
	void (*removed)(void *userdata, const char *name, bool leftover);
};

/* `gid`: whose copies they are to read; UINT32_MAX: root's alone. */
must_check int copies_new(struct loop *l, const struct settings *s, uint32_t gid,
	const struct copies_events *events, void *userdata, struct copies **ret);
struct copies *copies_free(struct copies *e); /* kills the helper; takes NULL */

void copies_keep(struct copies *e, const struct copies_order *o);

/* Removes what is left over and what is too old; from then on now and then. */
void copies_start(struct copies *e);

/* What is not made yet is told as not made; call it while that can be recorded. */
void copies_stop(struct copies *e);

void copies_status(const struct copies *e, struct json *j);
