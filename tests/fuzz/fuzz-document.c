/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a document, with limits small enough that bombs are quick. Blocks are checked for
   what extract.h and block.h promise. */
#include <stdlib.h>

#include "extract/extract.h"
#include "extract/utf8.h"

static int take(void *userdata, const struct block *b)
{
	const uint64_t *text_max = userdata;

	if ((unsigned)b->place >= PLACE_MAX || b->text.n > *text_max || !utf8_is_valid(b->text) ||
		!utf8_is_valid(b->name) || !utf8_is_valid(b->member))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct extract_limits limits;
	struct extract_result result;
	struct block_sink sink = {take, &limits.text_bytes};

	extract_limits_default(&limits);
	limits.member_bytes = 1 << 20;
	limits.total_bytes = 4 << 20;
	limits.text_bytes = 4 << 20;
	limits.members = 200;
	if (extract_document(view_of(data, size), &limits, &sink, &result) < 0)
		abort();
	if (result.completeness >= COMPLETENESS_MAX || result.format[0] == 0 ||
		(result.completeness != COMPLETENESS_FULL) != (result.reasons != 0))
		abort();
	return 0;
}
