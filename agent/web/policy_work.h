/* SPDX-License-Identifier: Apache-2.0 */
/* What requests about a policy share: the policy as a bundle, the one in force beside it. */
#pragma once

#include "bundle/bundle.h"
#include "bundle/versions.h"
#include "web/exchange.h"
#include "web/link.h"

#define POLICY_ASK_NS   (5 * NSEC_PER_SEC)
#define POLICY_CHECK_NS (30 * NSEC_PER_SEC)
#define POLICY_FILES    "files: [{name, text}], policy.yaml among them, each name once"

/* Kept until the request is answered; its exchange's state. */
struct policy_work {
	struct exchange *x;
	struct bundle bundle;                /* of the request */
	int fd;                              /* and as it goes on; -1: not yet */
	int old_fd;                          /* the one in force; -1: not yet */
	void (*then)(struct policy_work *w); /* with all of these */
	uint32_t base;                       /* that is to be in force still; 0: any */
	char reason[VERSIONS_REASON_MAX];
	char *yaml;    /* an exception */
	unsigned days; /* to simulate */
};

/* NULL after a refusal. */
struct policy_work *policy_work_new(struct exchange *x);
void policy_work_free(void *state);

/* `files` of a body, into a bundle: -EINVAL where they have not the form. */
must_check int policy_work_files(const struct json_doc *d, struct bundle *b);
/* The body's files, and its reason and base. False after a refusal. */
bool policy_work_bundle(struct exchange *x, const struct json_doc *d, struct policy_work *w);
bool policy_work_reason(struct exchange *x, const struct json_doc *d, struct policy_work *w);

must_check int policy_work_seal(const struct bundle *b); /* a descriptor */
must_check int policy_work_parse(int fd, struct bundle *ret);

/* 0: the one in force. */
must_check int policy_work_ask(struct exchange *x, uint32_t version, link_fn done, void *userdata);
/* Goes on with `then` when the one in force is there. */
void policy_work_with_old(
	struct exchange *x, struct policy_work *w, void (*then)(struct policy_work *w));
/* The request goes to the agent, and its answer is the page's. */
void policy_work_apply(struct policy_work *w);
