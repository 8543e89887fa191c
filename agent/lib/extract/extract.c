/* SPDX-License-Identifier: Apache-2.0 */
/* The driver: which format the bytes are, and who reads it. */
#include "extract/extract.h"

#include <stdio.h>
#include <string.h>

#include "extract/appended.h"
#include "extract/cms.h"
#include "extract/container.h"
#include "extract/extract_internal.h"
#include "extract/extractor.h"
#include "extract/html.h"
#include "extract/image.h"
#include "extract/mail.h"
#include "extract/mbox.h"
#include "extract/ole.h"
#include "extract/pdf.h"
#include "extract/pgp.h"
#include "extract/plain.h"
#include "extract/rtf.h"
#include "extract/signature.h"
#include "extract/tnef.h"
#include "extract/unarchive.h"
#include "extract/uu.h"
#include "extract/vcard.h"
#include "extract/xmlfile.h"

/* In order of preference where two are equally sure. */
static const struct reader readers[] = {
	{"cfb", ole_bid, ole_extract},
	{"zip", container_zip_bid, container_zip},
	{"gzip", container_gzip_bid, container_gzip},
	{"archive", unarchive_bid, unarchive_extract},
	{"pdf", pdf_bid, pdf_extract},
	{"mbox", mbox_bid, mbox_extract},
	{"emlx", emlx_bid, emlx_extract},
	{"tnef", tnef_bid, tnef_extract},
	{"pkcs7", cms_bid, cms_extract},
	{"pgp", pgp_bid, pgp_extract},
	{"ics", vcard_bid, vcard_extract},
	{"eml", mail_bid, mail_extract},
	{"uuencode", uu_bid, uu_extract},
	{"rtf", rtf_bid, rtf_extract},
	{"xml", xmlfile_bid, xmlfile_extract},
	{"html", html_bid, html_extract},
};

void extract_limits_default(struct extract_limits *ret)
{
	*ret = (struct extract_limits){
		.member_bytes = UINT64_C(64) << 20,
		.total_bytes = UINT64_C(512) << 20,
		.text_bytes = UINT64_C(256) << 20,
		.members = 10000,
		.depth = 8,
		.pages = 20000,
		.cpu_ns = UINT64_C(2000000000),
	};
}

static const struct reader *choose(struct view content, int *ret_bid)
{
	const struct reader *best = NULL;

	*ret_bid = BID_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		int bid = readers[i].bid(content);

		if (bid > *ret_bid) {
			best = &readers[i];
			*ret_bid = bid;
		}
	}
	return best;
}

static int read_text(struct extractor *x, struct view content)
{
	int r = plain_extract(x, content, PLACE_BODY, NULL);

	if (r == EXTRACT_NO_TEXT) {
		extractor_format(x, "unknown");
		extractor_fail(x, COMPLETENESS_UNREADABLE, REASON_UNSUPPORTED);
		return 0;
	}
	if (x->result->format[0] == 0)
		extractor_format(x, "text");
	return r;
}

static int read_by_type(struct extractor *x, struct view content)
{
	const struct signature *s;
	const struct reader *reader;
	int bid;

	if (content.n == 0) {
		extractor_format(x, "empty");
		return 0;
	}
	reader = choose(content, &bid);
	s = signature_find(content);
	if (reader && (bid == BID_MAGIC || !s)) {
		extractor_format(x, reader->format);
		return reader->read(x, content);
	}
	if (!s)
		return read_text(x, content);
	extractor_format(x, s->format);
	if (s->kind == SIGNATURE_IMAGE && x->pictures)
		return image_extract(x, content);
	if (s->kind != SIGNATURE_NO_DOCUMENT)
		extractor_fail(x, COMPLETENESS_UNREADABLE, REASON_UNSUPPORTED);
	return 0;
}

int extract_one(struct extractor *x, struct view content)
{
	int r = read_by_type(x, content);

	return r == 0 ? appended_extract(x, content) : r;
}

bool extract_is_document(struct view content)
{
	const struct signature *s = signature_find(content);
	int bid;

	return choose(content, &bid) || (s && s->kind == SIGNATURE_UNREAD);
}

/* A document that gave nothing but a reason was not read at all. */
static void conclude(struct extractor *x)
{
	struct extract_result *ret = x->result;

	if (x->images > 0 && !x->has_text)
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_UNSUPPORTED);
	if (ret->completeness == COMPLETENESS_PARTIAL && x->blocks == 0)
		ret->completeness = COMPLETENESS_UNREADABLE;
}

int extract_document(struct view content, const struct extract_limits *limits,
	const struct block_sink *sink, struct extract_result *ret)
{
	return extract_document_seeing(content, limits, NULL, sink, ret);
}

int extract_document_seeing(struct view content, const struct extract_limits *limits,
	const struct picture_reader *pictures, const struct block_sink *sink,
	struct extract_result *ret)
{
	struct extractor x;
	int r;

	extractor_init(&x, limits, sink, ret);
	x.pictures = pictures;
	r = extract_one(&x, content);
	conclude(&x);
	extractor_done(&x);
	return r < 0 ? r : 0;
}
