/* SPDX-License-Identifier: Apache-2.0 */
/* The name tables of the contract's words, and the one way to look in them. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "model/action.h"
#include "model/completeness.h"
#include "model/failure.h"
#include "model/level.h"
#include "model/place.h"
#include "model/posture.h"
#include "model/tag.h"

/* Defines PREFIX_names, PREFIX_name() and PREFIX_parse() for `enum PREFIX`. */
#define NAME_TABLE(prefix, max, ...)                                                     \
	const char *const prefix##_names[] = {__VA_ARGS__, NULL};                        \
	static_assert(ARRAY_SIZE(prefix##_names) == (max) + 1, "one name per " #prefix); \
	const char *prefix##_name(enum prefix v)                                         \
	{                                                                                \
		return (unsigned)v < (max) ? prefix##_names[v] : "?";                    \
	}                                                                                \
	int prefix##_parse(const char *name, enum prefix *ret)                           \
	{                                                                                \
		for (unsigned i = 0; i < (max); i++)                                     \
			if (strcmp(name, prefix##_names[i]) == 0) {                      \
				*ret = (enum prefix)i;                                   \
				return 0;                                                \
			}                                                                \
		return -EINVAL;                                                          \
	}

NAME_TABLE(level, LEVEL_MAX, "none", "internal", "confidential", "secret", "top-secret")

NAME_TABLE(tag, TAG_MAX, "meeting-access", "declassified", "specimen", "label-removed",
	"label-conflict", "unreadable-stamp", "suspected", "label-unknown")

NAME_TABLE(completeness, COMPLETENESS_MAX, "full", "partial", "unreadable")

NAME_TABLE(reason, REASON_MAX, "encrypted", "damaged", "unsupported", "too-big", "too-deep",
	"timed-out", "crashed", "policy")

NAME_TABLE(place, PLACE_MAX, "body", "header", "footer", "text-box", "table-cell", "footnote",
	"comment", "notes", "watermark", "annotation", "form-field", "property", "sheet-name",
	"mail-header", "mail-body", "image", "file-name", "master", "alt-text")

NAME_TABLE(action, ACTION_MAX, "allow", "log", "notify", "justify", "block", "quarantine")

NAME_TABLE(channel, CHANNEL_MAX, "open", "exec", "receive", "browser-upload", "browser-paste",
	"at-rest")

NAME_TABLE(category, CATEGORY_MAX, "meeting", "chat", "browser", "other")

NAME_TABLE(posture, POSTURE_MAX, "outdated", "advisory", "unofficial", "dropped", "unknown")

NAME_TABLE(mode, MODE_MAX, "enforce", "monitor")

NAME_TABLE(failure, FAILURE_MAX, "none", "deadline", "crash", "unreadable", "pressure", "core-gone",
	"descriptors", "store")

NAME_TABLE(may_be, MAY_BE_MAX, "state-secret", "internal", "unknown")

const char *level_display_vi(enum level level)
{
	static const char *const display[] = {"", "NỘI BỘ", "MẬT", "TỐI MẬT", "TUYỆT MẬT"};

	static_assert(ARRAY_SIZE(display) == LEVEL_MAX, "one display name per level");
	return (unsigned)level < LEVEL_MAX ? display[level] : "?";
}
