/* SPDX-License-Identifier: Apache-2.0 */
/* Every key of every file, once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

/* Permanent. docs/diagnostics.md explains each. */
#define P_KEY         "P001" /* unknown key */
#define P_VALUE       "P002" /* wrong type or value */
#define P_MISSING     "P003" /* a key that must be there */
#define P_WORD        "P004" /* not one of the known words */
#define P_NAME        "P005" /* rule name given twice */
#define P_APP         "P006" /* no such application */
#define P_GLOB        "P007"
#define P_TIME        "P008"
#define P_DATE        "P009"
#define P_PAST        "P010" /* warning: valid-until is past */
#define P_UNREACHABLE "P011"
#define P_EVERYTHING  "P012" /* the rule matches everything */
#define P_NOTHING     "P013" /* the rule can never match */
#define P_LIMIT       "P014"
#define P_APP_TWICE   "P015"
#define P_APP_BLIND   "P016" /* application without patterns */
#define P_PATTERN     "P017" /* bad application pattern */
#define P_TAKEN       "P018" /* pattern of another application */
#define P_INCLUDE     "P019" /* application file or folder */
#define P_IDLE        "P020" /* warning: can do nothing on this host */
#define P_UNKNOWN_ID  "P021" /* warning: user or group that this host does not know */
#define P_NEEDLESS    "P022" /* warning: a last `allow` decides nothing */
#define P_VERSION     "P023"
#define P_WIDE        "P024" /* an exception that is not narrow */
#define P_SHADOWS     "P025" /* warning: lets through what a later rule would refuse */
#define P_SURPRISE    "P026" /* reads as something else in YAML */
#define P_SPELLING    "P027" /* warning: a Vietnamese word has another spelling */
#define P_INVISIBLE   "P028" /* a character that nobody sees */
#define P_NOTHING_HERE                                                             \
	"P029" /* warning: this host has nothing that the condition could be about \
		*/
#define P_CASE_FAILED  "P030"
#define P_NO_RULES     "P040" /* warning: an empty policy */
#define P_NO_KEY       "P041" /* warning: `evidence` without the reviewers' certificate */
#define P_FAR          "P042" /* warning: a date that is years away */
#define P_OVERLAP      "P043" /* warning: takes programs of another application */
#define P_NOT_READ     "P044" /* warning: a file beside included ones that is not read */
#define P_OPEN_TO_ALL  "P045" /* warning: every user may write the file */
#define P_SAME_NAME    "P046" /* warning: two applications that people know by one name */
#define P_NOT_COMPARED "P047" /* warning: too many rules alike to compare them */
#define P_NOT_OFFICIAL "P048" /* warning: an official place that others can write */
#define P_INTERPRETER  "P049" /* warning: an application that is whatever it interprets */
#define P_CASE         "P031" /* the table names something that the policy does not have */

enum keyword_type {
	KEYWORD_VERSION, /* 1 */
	KEYWORD_TEXT,
	KEYWORD_TEXTS, /* one text or a list */
	KEYWORD_BOOL,
	KEYWORD_NUMBER, /* 0 to `max` */
	KEYWORD_IDS,    /* names or numbers, one or a list */
	KEYWORD_WORD,   /* one of `words` */
	KEYWORD_WORDS,  /* one or a list of `words` */
	KEYWORD_MAP,    /* a mapping described by `below` */
	KEYWORD_MAPS,   /* a list of them */
};

struct keyword {
	const char *key;
	enum keyword_type type;
	bool required;
	const char *const *words;
	const struct keyword *below;
	const char *text;
	uint32_t max;
};

/* Each ends with an entry without a key. */
extern const struct keyword keywords_policy[];
extern const struct keyword keywords_apps[];
extern const struct keyword keywords_advisories[];
extern const struct keyword keywords_cases[];
extern const struct keyword keywords_exceptions[];

extern const char *const keyword_families[]; /* "state-secret", "internal", "any" */
extern const char *const keyword_failures[]; /* failure_names without "none" */
extern const char *const keyword_failure_actions[];

/*
 * Checks `map` and what is below it against `table`: unknown keys, missing ones, types, words and
 * empty lists. What follows may rely on the shape. Number of errors in `d` tells the outcome; the
 * return value is -ENOMEM alone.
 */
must_check int keywords_check(const struct conf *c, const struct conf_node *map,
	const struct keyword *table, struct diags *d);

/* A hint for a word that is none of `words`: what it means in Vietnamese, the nearest, or all. */
void keywords_hint(struct diag *e, const char *text, const char *const *words);

/* The items of a list, or the one value itself. */
const struct conf_node *const *keyword_items(const struct conf_node *const *n, size_t *ret);
