/* SPDX-License-Identifier: Apache-2.0 */
/* How classified a document is. The order is the rank: a container has its highest member's level.
 */
#pragma once

enum level {
	LEVEL_NONE,         /* read, and no marking found */
	LEVEL_INTERNAL,     /* LƯU HÀNH NỘI BỘ, NỘI BỘ and counterparts */
	LEVEL_CONFIDENTIAL, /* MẬT */
	LEVEL_SECRET,       /* TỐI MẬT */
	LEVEL_TOP_SECRET,   /* TUYỆT MẬT */
	LEVEL_MAX,
};

/* The contract's names: "none", "internal", "confidential", "secret", "top-secret". */
const char *level_name(enum level level);
int level_parse(const char *name, enum level *ret); /* 0 or -EINVAL */
extern const char *const level_names[];             /* NULL-terminated, in the order of the enum */

/* What people read: the Vietnamese marking itself, "" for none. */
const char *level_display_vi(enum level level);

static inline int level_is_state_secret(enum level level)
{
	return level >= LEVEL_CONFIDENTIAL && level < LEVEL_MAX;
}
