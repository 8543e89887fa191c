/* SPDX-License-Identifier: Apache-2.0 */
/* Mail in all its clothes, and documents that are one XML file. */
#include <stdlib.h>

#include "extract/cms.h"
#include "extract/mail.h"
#include "extract/mbox.h"
#include "extract/pgp.h"
#include "extract/tnef.h"
#include "extract/utf8.h"
#include "extract/uu.h"
#include "extract/vcard.h"
#include "extract/xmlfile.h"

static const struct reader readers[] = {
	{"mbox", mbox_bid, mbox_extract},
	{"emlx", emlx_bid, emlx_extract},
	{"tnef", tnef_bid, tnef_extract},
	{"pkcs7", cms_bid, cms_extract},
	{"pgp", pgp_bid, pgp_extract},
	{"ics", vcard_bid, vcard_extract},
	{"eml", mail_bid, mail_extract},
	{"uuencode", uu_bid, uu_extract},
	{"xml", xmlfile_bid, xmlfile_extract},
};

static int take(void *userdata, const struct block *b)
{
	(void)userdata;
	if (!utf8_is_valid(b->text) || !utf8_is_valid(b->name) || !utf8_is_valid(b->member))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct block_sink sink = {take, NULL};
	struct view v = view_of(data, size);
	struct extract_limits limits;
	struct extract_result result;
	struct extractor x;

	extract_limits_default(&limits);
	limits.member_bytes = 1 << 18;
	limits.total_bytes = 1 << 21;
	limits.members = 200;
	extractor_init(&x, &limits, &sink, &result);
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (readers[i].bid(v) != BID_NONE && readers[i].read(&x, v) < 0)
			abort();
	if (x.depth != 0)
		abort();
	extractor_done(&x);
	return 0;
}
