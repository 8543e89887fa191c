/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule does, and by which way a document would go. */
#pragma once

enum action {
	ACTION_ALLOW,      /* nothing is recorded */
	ACTION_LOG,        /* allowed and recorded */
	ACTION_NOTIFY,     /* allowed, recorded, and the person is told */
	ACTION_JUSTIFY,    /* refused until the person gives a reason */
	ACTION_BLOCK,      /* refused, recorded, and the person is told */
	ACTION_QUARANTINE, /* what was received is moved away, recorded, and the person is told */
	ACTION_MAX,
};

enum channel {
	CHANNEL_OPEN, /* an application opens the file */
	CHANNEL_EXEC,
	CHANNEL_RECEIVE, /* an application wrote the file */
	CHANNEL_BROWSER_UPLOAD,
	CHANNEL_BROWSER_PASTE,
	CHANNEL_AT_REST,
	CHANNEL_MAX,
};

enum category {
	CATEGORY_MEETING,
	CATEGORY_CHAT,
	CATEGORY_BROWSER,
	CATEGORY_OTHER,
	CATEGORY_MAX,
};

enum mode {
	MODE_ENFORCE,
	MODE_MONITOR, /* what would be refused is allowed and recorded as such */
	MODE_MAX,
};

const char *action_name(enum action action);
int action_parse(const char *name, enum action *ret);
extern const char *const action_names[];

const char *channel_name(enum channel channel);
int channel_parse(const char *name, enum channel *ret);
extern const char *const channel_names[];

const char *category_name(enum category category);
int category_parse(const char *name, enum category *ret);
extern const char *const category_names[];

const char *mode_name(enum mode mode);
int mode_parse(const char *name, enum mode *ret);
extern const char *const mode_names[];

static inline int action_refuses(enum action action)
{
	return action == ACTION_JUSTIFY || action == ACTION_BLOCK;
}

/* What `monitor` only records. */
static inline int action_interferes(enum action action)
{
	return action_refuses(action) || action == ACTION_QUARANTINE;
}
