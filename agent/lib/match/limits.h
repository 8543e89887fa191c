/* SPDX-License-Identifier: Apache-2.0 */
/* Every bound of matching, with its unit. tests/unit/match reaches each of them. */
#pragma once

/* Longer lines (bytes, as stored) are prose: only contexts and `anywhere` rules look at them. */
#define MATCH_LINE_SHORT_MAX 480U

/* Long text is canonicalised in pieces of this many bytes, each repeating the end of the last. */
#define MATCH_PIECE_SIZE    (32U << 10)
#define MATCH_PIECE_OVERLAP 256U

/* Canonical bytes gathered before one pass of the database; several blocks share a pass. */
#define MATCH_CHUNK_SIZE (64U << 10)

/* Lines of one shape that are also tried as one ("TỐI" / "MẬT"), and the longest such line. */
#define MATCH_JOIN_LINES    4U
#define MATCH_JOIN_LINE_MAX 64U

/* Longer stretches (canonical bytes) beside a marking are no tail. */
#define MATCH_TAIL_MAX 160U

/* Letters below each other that are read as a line. */
#define MATCH_COLUMN_MAX 32U

/* Blocks on either side that a context may reach; a pack's `within` is at most this. */
#define MATCH_WINDOW_MAX 16U

/* Candidates whose window is still open; over it the oldest is settled early. */
#define MATCH_PENDING_MAX 256U

/* Different candidates remembered per document; over it the weakest goes. */
#define MATCH_SETTLED_MAX 256U

/* Different marks with a scale remembered per document. */
#define MATCH_LEVELS_MAX 8U

/* Mark blocks remembered for lists of levels. */
#define MATCH_RECENT_MAX 32U

/* Documents open inside each other (a mail with an archive with a document). */
#define MATCH_DEPTH_MAX 12U

/* Switched-off labels remembered per document. */
#define MATCH_SWITCHES_MAX 32U

/* Regular expression matches looked at in one line. */
#define MATCH_REGEX_HITS_MAX 8U

/* pcre2's own bounds for one confirmation. */
#define MATCH_REGEX_STEPS_MAX 20000U
#define MATCH_REGEX_DEPTH_MAX 200U

/* Rulesets. */
#define RULESET_CONTEXTS_MAX   128U
#define RULESET_TAILS_MAX      32U
#define RULESET_PATTERNS_MAX   50000U
#define RULESET_RULES_MAX      20000U
#define RULESET_STAMPS_MAX     256U
#define RULESET_STAMP_TEXT_MAX 160U /* bytes */
#define RULESET_BLOB_MAX       (64U << 20)
#define RULESET_TEXT_MAX       1024U /* bytes of one spelling or regular expression */
