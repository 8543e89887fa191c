/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an archive or compressed file, and as the data of a ZIP entry by each method. */
#include <stdlib.h>

#include "extract/appended.h"
#include "extract/container.h"
#include "extract/unarchive.h"

static int take(void *userdata, const struct block *b)
{
	(void)userdata;
	(void)b;
	return 0;
}

static void as_entry(struct extractor *x, struct view v)
{
	static const uint16_t methods[] = {9, 12, 14, 93, 95, 98};
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);
	struct unarchive_zip e = {.data = v};

	if (v.n < 4)
		return;
	e.method = methods[v.p[0] % ARRAY_SIZE(methods)];
	e.flags = v.p[1];
	e.size = (uint64_t)v.p[2] << 4;
	e.data = view_sub(v, 3, v.n);
	if (unarchive_zip(x, &e, &out) < 0 || out.n > x->limits->member_bytes)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct block_sink sink = {take, NULL};
	struct view v = view_of(data, size);
	struct extract_limits limits;
	struct extract_result result;
	struct extractor x;
	int r;

	extract_limits_default(&limits);
	limits.member_bytes = 1 << 18;
	limits.total_bytes = 1 << 21;
	limits.members = 200;
	extractor_init(&x, &limits, &sink, &result);
	if (unarchive_bid(v) != BID_NONE)
		r = unarchive_extract(&x, v);
	else if (container_gzip_bid(v) != BID_NONE)
		r = container_gzip(&x, v);
	else
		r = appended_extract(&x, v);
	if (r < 0)
		abort();
	as_entry(&x, v);
	if (x.inflated > limits.total_bytes || x.depth != 0 || x.members > limits.members)
		abort();
	extractor_done(&x);
	return 0;
}
