/* SPDX-License-Identifier: Apache-2.0 */
/* What the documents that lie here would come to under another policy: `policy simulate`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "ctl/commands.h"
#include "ctl/policy_diff.h"

enum rest_effect {
	REST_SAME,
	REST_NEW,   /* a document that would be told of */
	REST_GONE,  /* one that would be no more */
	REST_OTHER, /* another rule would tell of it */
	REST_EFFECTS,
};

struct rest_row;

struct rest {
	const struct ctl *ctl;
	const struct policy_side *side;
	bool asked; /* the agent has answered */
	bool complete, is_root;
	uint64_t documents, findings, effects[REST_EFFECTS];
	uint64_t folders_left, files_left, unreadable;
	struct rest_row *rows;
	size_t n_rows;
	uint64_t left_out;
	char *examples[10];
	size_t n_examples, n_shown[REST_EFFECTS];
};

/* An exit status; that no agent answers is no failure, and `asked` says so. */
must_check int rest_ask(
	const struct ctl *ctl, const struct policy_side *side, bool no_agent, struct rest *ret);
void rest_done(struct rest *r);
bool rest_is_different(const struct rest *r);
void rest_put_text(const struct rest *r);
void rest_put_json(const struct rest *r, struct json *j); /* key "at_rest" */
