/* SPDX-License-Identifier: Apache-2.0 */
/* The compression of RTF in messages: references into a ring that starts with common words. */
#include <errno.h>

#include "base/checked.h"
#include "extract/msg.h"

#define RING  4096
#define HEAD  16
#define LZFU  0x75465a4cU
#define PLAIN 0x414c454dU

static const char start[] =
	"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
	"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
	"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

struct ring {
	uint8_t bytes[RING];
	unsigned at;
	struct buf *out;
};

static int put(struct ring *r, uint8_t c)
{
	r->bytes[r->at] = c;
	r->at = (r->at + 1) % RING;
	return buf_put_byte(r->out, c);
}

/* One group: a byte of flags, lowest first, then a byte or a reference for each. The end is a
   reference to where the ring stands. */
static int unpack_group(struct ring *ring, struct view *in, bool *ret_end)
{
	unsigned flags = in->p[0];
	int r = 0;

	*in = view_sub(*in, 1, in->n);
	for (unsigned i = 0; r == 0 && i < 8 && in->n > 0; i++, flags >>= 1) {
		unsigned from, n;

		if (!(flags & 1)) {
			r = put(ring, in->p[0]);
			*in = view_sub(*in, 1, in->n);
			continue;
		}
		if (in->n < 2)
			return MSG_RTF_DAMAGED;
		from = load_be16(in->p) >> 4;
		n = (load_be16(in->p) & 15) + 2;
		*in = view_sub(*in, 2, in->n);
		*ret_end = from == ring->at;
		if (*ret_end)
			return 0;
		for (; r == 0 && n > 0; n--, from++)
			r = put(ring, ring->bytes[from % RING]);
	}
	return r;
}

int msg_rtf_unpack(struct extractor *x, struct view in, struct buf *out)
{
	struct ring ring = {.at = sizeof(start) - 1, .out = out};
	bool is_end = false;
	size_t charged = 0;
	int r = 0;

	if (in.n < HEAD)
		return MSG_RTF_DAMAGED;
	if (load_le32(in.p + 8) == PLAIN)
		return buf_put_view(out, view_sub(in, HEAD, in.n));
	if (load_le32(in.p + 8) != LZFU)
		return MSG_RTF_DAMAGED;
	memcpy(ring.bytes, start, sizeof(start) - 1);
	in = view_sub(in, HEAD, in.n);
	while (r == 0 && in.n > 0 && !is_end) {
		r = unpack_group(&ring, &in, &is_end);
		if (r == 0 && out->n > x->limits->member_bytes) {
			extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			return 0;
		}
		if (r == 0 && !extractor_charge(x, out->n - charged))
			return 0;
		charged = out->n;
		if (r == 0)
			r = extractor_tick(x, 128);
	}
	if (r == -E2BIG) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return 0;
	}
	return r == 0 && !is_end ? MSG_RTF_DAMAGED : r;
}
