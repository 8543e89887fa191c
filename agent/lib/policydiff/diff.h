/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changes for whom between two policies: computed on what can be asked, not on their text. The
 * domain of each condition is cut into the values that either policy tells apart; their product is
 * walked with everything left out that both policies decide by the same rules, and each remaining
 * corner is asked of both by policy_decide() itself. A change is a region of questions, given by
 * the values of some dimensions, with one answer before and one after.
 *
 * A rule names any one of a set's tags, reasons, groups: so two policies that differ differ for a
 * set of at most two of them, and larger ones are not walked. Paths and destinations are stood for
 * by examples made from the patterns; policydiff_is_sampled() says where two patterns may meet in a
 * way that no example shows.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "decide/policy.h"
#include "subject/apptable.h"

#define POLICYDIFF_NODES_MAX   200000U
#define POLICYDIFF_BYTES_MAX   (128U << 20) /* of what is remembered while walking */
#define POLICYDIFF_CHANGES_MAX 500U

enum policydiff_dim {
	/* What tells most apart comes last, so that regions come out large. */
	POLICYDIFF_LEVEL,
	POLICYDIFF_APP,
	POLICYDIFF_CHANNEL,
	POLICYDIFF_WAS, /* the level when it was last read; asked where `failures` are */
	POLICYDIFF_READING,
	POLICYDIFF_TAGS,
	POLICYDIFF_POSTURE,
	POLICYDIFF_MEETING,
	POLICYDIFF_USER,
	POLICYDIFF_GROUPS,
	POLICYDIFF_PATH,
	POLICYDIFF_DESTINATION,
	POLICYDIFF_WEEK,
	POLICYDIFF_DATE,
	POLICYDIFF_DIM_MAX,
};

/* One value of a dimension; which members count follows from the dimension. */
struct policydiff_value {
	uint32_t number;  /* level, channel, meeting, uid; of a reading: completeness */
	bool other;       /* a user, path, destination or reason that neither policy names */
	uint32_t set;     /* tags, posture, reasons */
	uint32_t failure; /* of a reading: enum failure */
	uint32_t gids[2], n_gids;
	char *text;             /* a path or destination as an example */
	const char *pattern[2]; /* that it was made from */
	const char *id;         /* of the application; its index on both sides, or APP_NONE */
	uint32_t app[2];
	uint64_t time; /* WEEK: minutes since Sunday 00:00; DATE: ns */
};

struct policydiff_side {
	const struct policy *policy;
	const struct apptable *apps;
};

/* A region: for each dimension the values that it holds, all of them where `any`. */
struct policydiff_change {
	struct {
		bool any;
		const uint64_t *values; /* a bit per value */
	} in[POLICYDIFF_DIM_MAX];
	struct verdict before, after; /* of the region's first corner */
	bool absent[2];               /* the application is unknown there, and is not asked about */
};

/* Beside decisions: what an application is recognised by. */
enum policydiff_app_change {
	POLICYDIFF_APP_SAME,
	POLICYDIFF_APP_ADDED,
	POLICYDIFF_APP_REMOVED,
	POLICYDIFF_APP_LESS, /* by fewer patterns, or by others */
	POLICYDIFF_APP_MORE, /* by more */
};

struct policydiff;

/* `now` is the earliest time that is asked about. The sides must outlive the result. 0 or -ENOMEM.
 */
must_check int policydiff_new(const struct policydiff_side *before,
	const struct policydiff_side *after, uint64_t now, struct policydiff **ret);
struct policydiff *policydiff_free(struct policydiff *d); /* takes NULL, returns NULL */

/* Nothing that is decided, and no recognition of an application, is another. */
bool policydiff_is_same(const struct policydiff *d);
bool policydiff_is_cut(const struct policydiff *d);     /* a bound was met: there may be more */
bool policydiff_is_sampled(const struct policydiff *d); /* see above */
uint64_t policydiff_asked(const struct policydiff *d);  /* corners, of both */

/* Protects a state-secret document less than before, somewhere, or may do so where it was cut. */
bool policydiff_is_weaker(const struct policydiff *d);

size_t policydiff_n(const struct policydiff *d);
const struct policydiff_change *policydiff_at(const struct policydiff *d, size_t i);
bool policydiff_has(const struct policydiff_change *c, enum policydiff_dim dim, size_t value);

size_t policydiff_n_values(const struct policydiff *d, enum policydiff_dim dim);
const struct policydiff_value *policydiff_value(
	const struct policydiff *d, enum policydiff_dim dim, size_t i);

/* A question of the region, for one side (0 before, 1 after). */
void policydiff_question(const struct policydiff *d, size_t i, unsigned side, struct question *ret);

/* Of the applications' dimension. */
enum policydiff_app_change policydiff_app(const struct policydiff *d, size_t value);
