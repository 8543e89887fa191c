/* SPDX-License-Identifier: Apache-2.0 */
/* The list of a ZIP's entries, and reading each. */
#include <stdlib.h>

#include "extract/zip.h"

static int take(void *userdata, const struct block *b)
{
	(void)userdata;
	(void)b;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct block_sink sink = {take, NULL};
	struct extract_limits limits;
	struct extract_result result;
	struct extractor x;
	struct zip z;

	extract_limits_default(&limits);
	limits.member_bytes = 1 << 18;
	limits.total_bytes = 1 << 21;
	limits.members = 200;
	extractor_init(&x, &limits, &sink, &result);
	if (zip_open(&x, view_of(data, size), &z) < 0)
		abort();
	for (size_t i = 0; i < z.n; i++) {
		struct view content;
		int r = zip_read(&x, &z, i, &content);

		if (r < 0 || (r == 0 && content.n > limits.member_bytes))
			abort();
	}
	zip_close(&z);
	extractor_done(&x);
	return 0;
}
