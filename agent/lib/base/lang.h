/* SPDX-License-Identifier: Apache-2.0 */
/* Vietnamese or English for people. What programs read (--json, level names) is never translated.
 */
#pragma once

#include "base/macros.h"

enum lang {
	LANG_EN,
	LANG_VI,
	LANG_MAX,
};

/* By LC_ALL, LC_MESSAGES, LANG, the first that is set and not empty: "vi..." is Vietnamese,
   everything else English. */
enum lang lang_from_environment(void);

/* "vi" or "en"; 0 or -EINVAL. */
must_check int lang_parse(const char *name, enum lang *ret);

/* Both texts stand where they are used, so that a translator sees them side by side. */
static inline __attribute__((format_arg(2), format_arg(3))) const char *lang_pick(
	enum lang lang, const char *en, const char *vi)
{
	return lang == LANG_VI ? vi : en;
}
