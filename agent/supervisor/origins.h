/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of the applications' programs: asked of sealgate-origin, a process without
 * privileges that ends when it has answered, whenever policy, programs or package databases have
 * changed. The answer goes to the gate as a small table, so that it decides from memory, and to
 * core as text, for people.
 */
#pragma once

#include "base/json.h"
#include "base/loop.h"
#include "supervisor/group.h"
#include "supervisor/lookup.h"

#define ORIGINS_ANSWER_MAX  (8U << 20)
#define ORIGINS_ANSWER_NS   (60 * NSEC_PER_SEC)    /* then it is killed, and the old answer stays */
#define ORIGINS_DEBOUNCE_NS (1500 * NSEC_PER_MSEC) /* a package manager writes many times */

struct origins;

struct origins_options {
	const char *libexec;
	uint32_t uid, gid; /* of the asked process; UINT32_MAX: our own */
	const struct group *group;
	const struct lookup *lookup;
	void (*changed)(void *userdata);                 /* databases: look at the programs again */
	void (*answered)(void *userdata);                /* there is something new to hand out */
	void (*failed)(void *userdata, const char *why); /* the old answer stays */
	void *userdata;
};

must_check int origins_new(struct loop *l, const struct origins_options *o, struct origins **ret);
struct origins *origins_free(struct origins *p); /* kills; takes NULL, returns NULL */

/* The rules of a policy: a sealed text, taken over. */
void origins_rules(struct origins *p, int fd);
/* Programs or applications may be others: asks, unless nothing has changed. */
void origins_ask(struct origins *p, const struct apptable *apps, bool again);

int origins_table_fd(const struct origins *p); /* for the gate; -1: not known yet */
int origins_text_fd(const struct origins *p);  /* for core */

void origins_status(const struct origins *p, struct json *j); /* key "posture" */
