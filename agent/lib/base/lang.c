/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lang.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum lang lang_from_environment(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *v = getenv(names[i]);

		if (v && *v)
			return strncmp(v, "vi", 2) == 0 && (!v[2] || strchr("_.@", v[2])) ? LANG_VI
											  : LANG_EN;
	}
	return LANG_EN;
}

int lang_parse(const char *name, enum lang *ret)
{
	static const char *const names[] = {"en", "vi"};

	for (unsigned i = 0; i < LANG_MAX; i++)
		if (strcmp(name, names[i]) == 0) {
			*ret = (enum lang)i;
			return 0;
		}
	return -EINVAL;
}
