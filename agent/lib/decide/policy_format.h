/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blob of a compiled policy: header, rules, overrides by content, failures, words, strings.
 * Host byte order: it never leaves the machine that compiled it. A list is a run of words; a word
 * is a number, a string's offset, or one of the two halves of a time window.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#include "decide/policy.h"

#define POLICY_MAGIC     0x4c4f5053U /* "SPOL" */
#define POLICY_FORMAT    3U
#define POLICY_WORDS_MAX (4U << 20) /* list entries of all rules */

enum policy_condition {
	POLICY_WHEN_LEVEL = 1 << 0,
	POLICY_WHEN_COMPLETENESS = 1 << 1,
	POLICY_WHEN_CATEGORY = 1 << 2,
	POLICY_WHEN_CHANNEL = 1 << 3,
	POLICY_WHEN_APP = 1 << 4,
	POLICY_WHEN_MEETING = 1 << 5,
	POLICY_WHEN_TAG = 1 << 6,
	POLICY_WHEN_REASON = 1 << 7,
	POLICY_WHEN_USER = 1 << 8,
	POLICY_WHEN_GROUP = 1 << 9,
	POLICY_WHEN_PATH = 1 << 10,
	POLICY_WHEN_DESTINATION = 1 << 11,
	POLICY_WHEN_TIME = 1 << 12,
	POLICY_WHEN_POSTURE = 1 << 13,
	POLICY_WHEN_ALL = (1 << 14) - 1,
};

enum policy_list_kind {
	POLICY_LIST_APPS,
	POLICY_LIST_USERS,
	POLICY_LIST_GROUPS,
	POLICY_LIST_PATHS,
	POLICY_LIST_DESTINATIONS,
	POLICY_LIST_TIMES,
	POLICY_LIST_MAX,
};

struct policy_list {
	uint32_t first, n; /* words */
};

struct policy_rule {
	uint64_t valid_from;  /* ns of the real-time clock; 0: always */
	uint64_t valid_until; /* likewise; 0: for ever */
	uint32_t name, message;
	uint32_t action;
	uint32_t when; /* enum policy_condition: which of the following count */
	uint32_t levels, completeness, categories, channels, tags, reasons; /* bit sets */
	uint32_t meeting;                                                   /* 0 or 1 */
	uint32_t posture;                                                   /* bit set */
	uint32_t monitor;                                                   /* 0 or 1 */
	uint32_t evidence;                                                  /* 0 or 1 */
	struct policy_list list[POLICY_LIST_MAX];
};

/* An entry of `failures`. An empty set is every value. */
struct policy_failure {
	uint32_t name, message;
	uint32_t action;
	uint32_t failures, may_be, categories; /* bit sets */
	uint32_t asks_app;                     /* 0 or 1 */
	uint32_t reserved;
	struct policy_list apps;
};

struct policy_header {
	uint32_t magic, format, size;
	uint32_t version;
	uint32_t mode;
	uint32_t n_rules, n_overrides, n_failures, n_words, n_strings;
	uint32_t override_max, override_minutes;
	uint32_t justify_max, justify_minutes, justify_reason;
	uint32_t reminder; /* a string */
};

/* Each part begins where its numbers may stand. */
static_assert(sizeof(struct policy_header) % 8 == 0, "rules follow");
static_assert(sizeof(struct policy_rule) % 8 == 0, "overrides follow");
static_assert(sizeof(struct policy_override) % 8 == 0, "failures follow");
static_assert(sizeof(struct policy_failure) % 4 == 0, "words follow");
