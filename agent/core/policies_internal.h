/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of core/policies.h. */
#pragma once

#include <limits.h>

#include "base/diag.h"
#include "bundle/bundle.h"
#include "core/policies.h"

#define POLICIES_WHY_MAX (64U << 10)

/* One compiled pair. */
struct policy_set {
	uint32_t version;
	struct buf policy_blob, apps_blob, posture; /* the last: posture/rules.h */
	struct policy *policy;
	struct apptable *apps;
};

/* What is about to be in force. */
struct proposal {
	struct policy_set set;
	uint32_t id; /* of CORE_POLICY; 0: none */
	bool from_file;
	uint8_t digest[SHA256_SIZE];
	policies_done_fn done;
	void *userdata;
	const char *via; /* a literal, or NULL */
};

struct waiter {
	struct list node;
	policies_done_fn done;
	void *userdata;
};

struct policies {
	struct core *core;
	struct versions *versions;
	struct policy_set now, before;
	struct proposal next;
	struct loop_timer *timer;
	struct list waiters;
	uint32_t last_id;
	char dir[PATH_MAX];
	char error[1024];  /* first diagnostic of what was refused last */
	bool file_refused; /* what the file says is not in force */
	uint64_t applied, refused;
};

/* Why something did not become the policy: diagnostics, a text, or an errno. */
struct refusal {
	struct diags diags;
	char text[600];
};

must_check int policies_propose(struct policies *p, const struct policies_request *r,
	struct view bytes, uint32_t from, struct proposal *n, struct refusal *f,
	struct buf *ret_text);
void policy_set_done(struct policy_set *s);
must_check int policy_set_open(struct policy_set *s);
must_check int policy_set_load(const struct core *core, struct policy_set *ret);
void policies_keep(struct policies *p);
must_check int policies_compile(struct policies *p, const struct bundle *b, uint32_t version,
	struct diags *d, struct policy_set *ret);
must_check int policies_send_set(struct policies *p, const struct policy_set *s, uint32_t id);
int policies_refuse(struct refusal *f, const char *fmt, ...) printf_like(2, 3);
void policies_explain(const struct refusal *f, int r, struct buf *ret_why);
void policies_keep_error(struct policies *p, const struct buf *why);
void policies_note_via(struct policies *p, const char *what, const struct policies_request *r,
	const struct version *v, const char *via, const char *text);
void policies_note(struct policies *p, const char *what, const struct policies_request *r,
	const struct version *v, const char *text);
must_check int policies_renew(struct policies *p, struct diags *d);
const char *policies_file_path(const struct core *core);
