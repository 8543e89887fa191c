/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy asks of programs, as a text of lines with fields between tabs: made by policyfile,
 * read by the process that looks at the package databases.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

#define POSTURE_RULES_MAX (4U << 20) /* bytes of the text */

enum posture_origin {
	POSTURE_ORIGIN_NONE, /* of no package */
	POSTURE_ORIGIN_DEB,
	POSTURE_ORIGIN_RPM,
	POSTURE_ORIGIN_SNAP,
	POSTURE_ORIGIN_FLATPAK,
	POSTURE_ORIGIN_MAX,
};

const char *posture_origin_name(enum posture_origin o); /* "none", "deb", ... */

/* An origin that is official; of a flatpak from `remote`, or from any where it is "". */
must_check int posture_rules_put_origin(struct buf *b, enum posture_origin o, const char *remote);
/* Programs below this pattern are official where only root can write them. */
must_check int posture_rules_put_path(struct buf *b, const char *pattern);
must_check int posture_rules_put_minimum(struct buf *b, const char *app, const char *version);
must_check int posture_rules_put_advisory(struct buf *b, const char *app, const char *id,
	const char *fixed, const char *since, const char *text);

struct posture_rule {
	const char *app, *id, *fixed, *since, *text; /* `since` "": all before `fixed` */
};

struct posture_rules {
	struct buf text;
	uint32_t origins; /* 1 << enum posture_origin */
	const char **remotes, **paths;
	struct posture_rule *minimums, *advisories; /* of a minimum: app and fixed */
	size_t n_remotes, n_paths, n_minimums, n_advisories;
};

/* Copies. -EBADMSG for a text that is not of this form. */
must_check int posture_rules_read(struct view text, struct posture_rules *ret);
void posture_rules_done(struct posture_rules *r);

/* Whether advisories or minimum versions say something of this version of the application:
   POSTURE_BIT of outdated and advisory. The ids of the advisories go to `ret_ids`, with blanks
   between them, cut to fit. */
uint32_t posture_rules_judge(const struct posture_rules *r, const char *app, const char *version,
	enum posture_origin origin, char *ret_ids, size_t size);
