/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of filters of one stream. */
#include <errno.h>

#include "extract/pdf_crypt.h"
#include "extract/pdf_file.h"
#include "extract/pdf_filter.h"

#define FILTERS_MAX 8 /* of one stream */

enum codec { CODEC_HEX, CODEC_85, CODEC_RUN, CODEC_LZW, CODEC_FLATE, CODEC_IMAGE, CODEC_CRYPT };

static const struct {
	const char *name, *abbreviation;
	enum codec codec;
} codecs[] = {
	{"FlateDecode", "Fl", CODEC_FLATE},
	{"ASCIIHexDecode", "AHx", CODEC_HEX},
	{"ASCII85Decode", "A85", CODEC_85},
	{"LZWDecode", "LZW", CODEC_LZW},
	{"RunLengthDecode", "RL", CODEC_RUN},
	{"DCTDecode", "DCT", CODEC_IMAGE},
	{"JPXDecode", "JPXDecode", CODEC_IMAGE},
	{"CCITTFaxDecode", "CCF", CODEC_IMAGE},
	{"JBIG2Decode", "JBIG2Decode", CODEC_IMAGE},
	{"Crypt", "Crypt", CODEC_CRYPT},
};

static uint32_t param(
	struct pdf_file *f, const struct pdf_object *params, const char *key, uint32_t otherwise)
{
	double v = pdf_get_number(f, params, key, otherwise);
	return v >= 0 && v < 1e9 ? (uint32_t)v : UINT32_MAX;
}

static int codec_run(struct pdf_file *f, enum codec codec, const struct pdf_object *params,
	struct view in, struct buf *out)
{
	int r = 0;

	switch (codec) {
	case CODEC_HEX: return pdf_filter_hex(f->x, in, out);
	case CODEC_85: return pdf_filter_ascii85(f->x, in, out);
	case CODEC_RUN: return pdf_filter_run_length(f->x, in, out);
	case CODEC_LZW:
		r = pdf_filter_lzw(f->x, in, param(f, params, "EarlyChange", 1) != 0, out);
		break;
	case CODEC_FLATE: r = pdf_filter_flate(f->x, in, out); break;
	case CODEC_IMAGE:
	case CODEC_CRYPT: return buf_put_view(out, in);
	}
	if (r < 0 || r == EXTRACT_STOP)
		return r;

	struct pdf_predictor p = {
		.predictor = param(f, params, "Predictor", 1),
		.colors = param(f, params, "Colors", 1),
		.bits = param(f, params, "BitsPerComponent", 8),
		.columns = param(f, params, "Columns", 1),
	};
	int u = pdf_filter_unpredict(&p, out);
	return u ? u : r;
}

/* The codec of filter `i`, or -1. */
static int codec_find(const struct pdf_object *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++) {
		if (pdf_is_name(name, codecs[i].name) || pdf_is_name(name, codecs[i].abbreviation))
			return (int)codecs[i].codec;
	}
	return -1;
}

static const struct pdf_object *either(struct pdf_file *f, const struct pdf_object *dict,
	const char *key, const char *abbreviation)
{
	const struct pdf_object *o = pdf_get(f, dict, key);
	return o->type == PDF_NULL ? pdf_get(f, dict, abbreviation) : o;
}

int pdf_stream_decode(struct pdf_file *f, const struct pdf_object *stream, struct buf *out)
{
	const struct pdf_object *filter, *params;
	cleanup_with(buf_done) struct buf a = BUF_INIT(0), b = BUF_INIT(0);
	struct buf *bufs[] = {&a, &b};
	int outcome = 0;

	if (stream->type != PDF_STREAM)
		return PDF_STREAM_DAMAGED;

	filter = either(f, stream, "Filter", "F");
	params = either(f, stream, "DecodeParms", "DP");
	uint32_t n = filter->type == PDF_NAME ? 1 : filter->type == PDF_ARRAY ? filter->n : 0;
	if (n > FILTERS_MAX) {
		extractor_fail(f->x, COMPLETENESS_PARTIAL, REASON_TOO_DEEP);
		return PDF_STREAM_UNKNOWN;
	}
	cleanup_with(buf_done) struct buf clear = BUF_INIT(0);
	struct view in = stream->raw->bytes;
	if (f->crypt) {
		int r = pdf_crypt_stream(f, stream, &clear);
		if (r)
			return r;
		in = buf_view(&clear);
	}
	buf_clear(out);
	if (n == 0)
		return buf_put_view(out, in);

	for (uint32_t i = 0; i < n; i++) {
		bool array = filter->type == PDF_ARRAY;
		int codec = codec_find(array ? pdf_item(f, filter, i) : filter);
		struct buf *to = i + 1 == n ? out : bufs[i % 2];

		if (codec < 0)
			return PDF_STREAM_UNKNOWN;
		buf_clear(to);
		int r = codec_run(f, (enum codec)codec,
			params->type == PDF_ARRAY ? pdf_item(f, params, i) : params, in, to);
		if (r < 0 || r == EXTRACT_STOP)
			return r;
		if (codec == CODEC_IMAGE)
			return to == out ? PDF_STREAM_IMAGE : PDF_STREAM_UNKNOWN;
		if (r)
			outcome = r;
		in = buf_view(to);
	}
	return outcome;
}
