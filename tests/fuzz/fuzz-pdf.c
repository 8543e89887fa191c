/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a PDF: what comes out is bounded, and reading ends. */
#include <assert.h>
#include <stdint.h>

#include "extract/extractor.h"
#include "extract/pdf.h"

static int take(void *userdata, const struct block *block)
{
	uint64_t *sum = userdata;

	assert(block->place < PLACE_MAX);
	for (size_t i = 0; i < block->text.n; i++)
		*sum += block->text.p[i];
	for (size_t i = 0; i < block->name.n; i++)
		*sum += block->name.p[i];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct extract_limits limits;
	struct extract_result result;
	struct extractor x;
	uint64_t sum = 0;
	struct block_sink sink = {take, &sum};

	extract_limits_default(&limits);
	limits.member_bytes = 1 << 20;
	limits.total_bytes = 8 << 20;
	limits.text_bytes = 1 << 20;
	limits.pages = 64;
	limits.cpu_ns = UINT64_C(1000000000);
	extractor_init(&x, &limits, &sink, &result);
	int r = pdf_extract(&x, (struct view){data, size});
	assert(r == 0 || r == EXTRACT_STOP);
	assert(result.completeness < COMPLETENESS_MAX);
	extractor_done(&x);
	return 0;
}
