/* SPDX-License-Identifier: Apache-2.0 */
/* A blob, and questions to it. The first line of the input is what is asked. */
#include <stdlib.h>
#include <string.h>

#include "subject/apptable.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct apptable *t, const char *text)
{
	const char *pattern;
	uint32_t app;

	if (apptable_match_exe(t, text) == APP_NONE)
		(void)apptable_match_flatpak(t, text);
	(void)apptable_match_snap(t, text);
	(void)apptable_find(t, text);
	for (uint32_t a = 0; a < apptable_n(t); a++)
		if (strlen(apptable_id(t, a)) >= APPTABLE_ID_MAX || !*apptable_name(t, a) ||
			apptable_category(t, a) >= CATEGORY_MAX)
			abort();
	for (unsigned k = 0; k < APP_PATTERN_MAX; k++)
		for (uint32_t i = 0; apptable_pattern(t, (enum app_pattern)k, i, &app, &pattern);
			i++)
			if (app >= apptable_n(t) || strlen(pattern) >= APPTABLE_PATTERN_MAX)
				abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t n = end ? (size_t)(end - data) : 0;
	char text[256] = "";
	struct apptable *t;
	uint8_t *blob;

	if (!end || n >= sizeof(text))
		return 0;
	memcpy(text, data, n);
	blob = malloc(size - n); /* aligned, and its end guarded */
	if (!blob)
		return 0;
	memcpy(blob, end + 1, size - n - 1);
	if (apptable_open(view_of(blob, size - n - 1), &t) == 0) {
		ask(t, text);
		apptable_close(t);
	}
	free(blob);
	return 0;
}
