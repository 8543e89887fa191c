/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled policy and the one function that decides: facts x subject x channel x mode ->
 * verdict. Pure, bounded, allocates nothing, opens nothing: the gate calls it between an event and
 * its answer. The blob is position-independent and comes out of policy_builder (policyfile/).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/view.h"
#include "model/action.h"
#include "model/facts.h"
#include "model/failure.h"
#include "model/posture.h"

#define POLICY_RULES_MAX    10000U
#define POLICY_FAILURES_MAX 64U
#define POLICY_NAME_MAX     64U /* bytes of a rule's name with its NUL */
#define POLICY_APP_NONE     UINT32_MAX
#define POLICY_RULE_NONE    UINT32_MAX /* no rule matched: allowed and not recorded */

#define POLICY_OVERRIDES_MAX        64U   /* that a policy may allow at a time */
#define POLICY_OVERRIDE_MINUTES_MAX 1440U /* of one */
#define POLICY_JUSTIFIED_MAX        64U   /* likewise, of what people gave a reason for */
#define POLICY_JUSTIFY_REASON_MAX   60U   /* characters that a policy may ask for */
#define POLICY_PASSES_MAX           (POLICY_OVERRIDES_MAX + POLICY_JUSTIFIED_MAX)

/* What a policy that says nothing of it has. */
#define POLICY_JUSTIFY_MAX     8U  /* in force at a time, for one user */
#define POLICY_JUSTIFY_MINUTES 15U /* that one lasts */
#define POLICY_JUSTIFY_REASON  10U /* characters, at least */

struct policy; /* a view into the blob plus its checked offsets */

/* Who asks for what. Strings may be NULL where unknown: a condition on them then does not match. */
struct question {
	struct facts_brief facts;
	uint32_t app;           /* index in the application table */
	enum category category; /* the application's */
	enum channel channel;
	uint32_t uid;
	const uint32_t *gids;
	uint32_t n_gids;
	const char *path;        /* as the opener sees it */
	const char *destination; /* site or peer, where the channel knows it */
	uint64_t realtime;       /* ns; for `time` and `valid-until` */
	int32_t utc_offset;      /* seconds, of the host's zone */
	bool meeting;            /* a call is in progress */
	enum failure failure;    /* FAILURE_NONE: what the facts say */
	enum level was;          /* when it was last read, where the facts have no level */
	uint32_t posture;        /* POSTURE_BIT, of a program that starts */
};

struct verdict {
	enum action action;   /* what to do; under `monitor` a refusal becomes log */
	enum action intended; /* what the rule says */
	uint32_t rule;        /* index, or POLICY_RULE_NONE */
	uint32_t version;     /* of the policy */
	enum failure failure; /* that stood in the way of knowing, whoever decided */
	enum may_be may_be;   /* what the document may be; counts where there is a failure */
	uint32_t override;    /* what let it pass although the rule refuses; 0: none */
};

#define POLICY_USER_ANY UINT32_MAX

/*
 * One content may pass to one application for a while. What an administrator gave is for any user
 * and whatever rule would refuse it; what a user gave a reason for is for them alone, and only
 * where the rule says `justify`. Contents have numbers (facts_brief.content) so that the gate
 * compares no digests.
 */
struct policy_override {
	uint64_t until; /* ns of the real-time clock */
	uint32_t id, app;
	uint32_t content; /* never 0 */
	uint32_t uid;     /* or POLICY_USER_ANY */
};

/* Checks the whole blob, which must stay valid until policy_close(). 0, -EBADMSG or -ENOMEM. */
must_check int policy_open(struct view blob, struct policy **ret);
struct policy *policy_close(struct policy *p); /* takes NULL, returns NULL */

/*
 * The first rule that matches what is known. Where a failure leaves open what the document is,
 * `failures` is asked as well, and the stricter answer counts; but a rule that asks for this
 * failure by its reason decides alone, and so does one that asks nothing about the document and
 * stands before all that do.
 */
void policy_decide(const struct policy *p, const struct question *q, struct verdict *ret);

/* True where some rule looks at the path (so that the gate must read it before it decides). */
bool policy_wants_path(const struct policy *p);
bool policy_wants_groups(const struct policy *p);

/* How many overrides may be in force at a time, and for how many minutes; 0: none. */
uint32_t policy_override_max(const struct policy *p);
uint32_t policy_override_minutes(const struct policy *p);

/* What people may let pass by giving a reason: how many at a time for one user (0: none), for how
   many minutes, by a reason of how many characters. */
uint32_t policy_justify_max(const struct policy *p);
uint32_t policy_justify_minutes(const struct policy *p);
uint32_t policy_justify_reason(const struct policy *p);

uint32_t policy_version(const struct policy *p);
/* Whether the rule asks for channels; an entry of `failures` does not. */
bool policy_rule_names_channel(const struct policy *p, uint32_t rule);
/* What people are told once a day when a call begins; "": nothing. */
const char *policy_reminder(const struct policy *p);
/* Entries of `failures`, in order; the index of the i-th is policy_n_rules() + i. */
uint32_t policy_n_failures(const struct policy *p);
enum mode policy_mode(const struct policy *p);
uint32_t policy_n_rules(const struct policy *p);
const char *policy_rule_name(const struct policy *p, uint32_t rule); /* "" for POLICY_RULE_NONE */
/* The index of the rule with this name, or POLICY_RULE_NONE. */
uint32_t policy_find_rule(const struct policy *p, const char *name);
const char *policy_rule_message(const struct policy *p, uint32_t rule); /* "" where it has none */
/* `monitor` where the policy is, or the rule. */
/* Whether a copy of the content is kept with the rule's incidents; and of any rule. */
bool policy_rule_keeps_evidence(const struct policy *p, uint32_t rule);
bool policy_keeps_evidence(const struct policy *p);
enum mode policy_rule_mode(const struct policy *p, uint32_t rule);

/* Why rule `rule`, or entry of `failures`, does not match, in English, for `explain`; NULL where it
 * matches. */
const char *policy_rule_mismatch(const struct policy *p, uint32_t rule, const struct question *q);
