/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the blob that policy_open() reads. For loaders, tests and benches; the gate has no use. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "decide/policy_format.h"

#define POLICY_MESSAGE_MAX 1024U /* bytes with the NUL */

/* Weekly: on the days of the set (bit 0 is Sunday), from minute `from` up to but not including
   `to`. `to` at or below `from` means past midnight, and the day is the one on which it begins. */
struct policy_window {
	uint8_t days;
	uint16_t from, to; /* minutes since midnight, 0..1440 */
};

/* Only what `when` names counts. Lists are any-of and may be empty, which never matches. */
struct policy_rule_def {
	const char *name;
	const char *message; /* NULL: none */
	enum action action;
	uint32_t when; /* enum policy_condition */
	uint32_t levels, completeness, categories, channels, tags, reasons, posture;
	bool meeting;
	bool monitor;  /* a refusal is only recorded */
	bool evidence; /* an encrypted copy of the content is kept with the incident */
	const uint32_t *apps, *users, *groups;
	size_t n_apps, n_users, n_groups;
	const char *const *paths, *const *destinations;
	size_t n_paths, n_destinations;
	const struct policy_window *times;
	size_t n_times;
	uint64_t valid_from, valid_until; /* 0: no such bound */
};

/* An entry of `failures`; an empty set is every value, and NULL every application. */
struct policy_failure_def {
	const char *name;
	const char *message; /* NULL: none */
	enum action action;
	uint32_t failures, may_be, categories;
	const uint32_t *apps;
	size_t n_apps;
};

struct policy_builder;
must_check int policy_builder_new(struct policy_builder **ret);
struct policy_builder *policy_builder_free(struct policy_builder *b); /* takes NULL */
/* -E2BIG over a bound, -EINVAL for an empty name or a value out of its range. */
must_check int policy_builder_add(struct policy_builder *b, const struct policy_rule_def *def);
/* The same of `failures`, which come after all rules. */
must_check int policy_builder_add_failure(
	struct policy_builder *b, const struct policy_failure_def *def);
/* Bounds of overrides; none are allowed where this is not called. -EINVAL beyond POLICY_OVERRIDE*.
 */
must_check int policy_builder_overrides(struct policy_builder *b, uint32_t max, uint32_t minutes);
/* Without this, and with 0 of them at a time, nobody may. -EINVAL beyond the bounds. */
must_check int policy_builder_justify(
	struct policy_builder *b, uint32_t max, uint32_t minutes, uint32_t reason);
/* What people are told once a day when a call begins; NULL: nothing. */
must_check int policy_builder_reminder(struct policy_builder *b, const char *text);
must_check int policy_builder_finish(
	struct policy_builder *b, enum mode mode, uint32_t version, struct buf *ret_blob);

/* The same policy with these overrides instead of its own. Appends. -E2BIG over
   POLICY_PASSES_MAX, -EBADMSG where `blob` is none. */
must_check int policy_blob_with_overrides(
	struct view blob, const struct policy_override *v, size_t n, struct buf *ret_blob);
