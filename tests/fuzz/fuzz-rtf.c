/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as RTF, behind the first word so that all of it counts. */
#include <stdlib.h>
#include <string.h>

#include "extract/extractor.h"
#include "extract/rtf.h"
#include "extract/utf8.h"

static int take(void *userdata, const struct block *b)
{
	const uint64_t *text_max = userdata;

	if ((unsigned)b->place >= PLACE_MAX || b->text.n > *text_max || !utf8_is_valid(b->text) ||
		!utf8_is_valid(b->name))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct extract_limits limits;
	struct extract_result result;
	struct block_sink sink = {take, &limits.text_bytes};
	struct extractor x;

	extract_limits_default(&limits);
	limits.member_bytes = 1 << 16;
	limits.total_bytes = 1 << 20;
	limits.text_bytes = 1 << 20;
	extractor_init(&x, &limits, &sink, &result);
	if (rtf_extract_as(&x, view_of(data, size), PLACE_BODY) < 0)
		abort();
	extractor_done(&x);
	return 0;
}
