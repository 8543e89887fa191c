/* SPDX-License-Identifier: Apache-2.0 */
/* Workbooks that are encrypted with the password that opens by itself. */
#include "base/checked.h"
#include "extract/crypt.h"
#include "extract/xls_record.h"

enum {
	REC_FILE_PASS = 0x002f,
	REC_SHEET = 0x0085,
	REC_INTERFACE = 0x00e1,
	REC_REVISION_HEAD = 0x0138,
	REC_EXCLUSIVE = 0x0194,
	REC_LOCK = 0x0195,
	REC_REVISION_INFO = 0x0196,
	REC_BEGIN = 0x0809,
};

enum { PASS_XOR, PASS_RC4 };

struct key {
	bool is_xor;
	uint8_t xor [CRYPT_XOR_SIZE];
	struct crypt_rc4 rc4;
	bool has_block;
	uint32_t block;
	uint8_t mixed[CRYPT_RC4_BLOCK];
};

/* Bytes of a record's content that are stored as they are. */
static size_t plain_bytes(uint16_t type, size_t n)
{
	switch (type) {
	case REC_BEGIN:
	case REC_FILE_PASS:
	case REC_INTERFACE:
	case REC_REVISION_HEAD:
	case REC_EXCLUSIVE:
	case REC_LOCK:
	case REC_REVISION_INFO: return n;
	case REC_SHEET: return MIN(n, (size_t)4);
	default: return 0;
	}
}

static int open_key(struct key *k, struct view pass, bool is_8)
{
	size_t head = is_8 ? 2 : 0;

	if (pass.n < head + 4)
		return CRYPT_LOCKED;
	k->is_xor = !is_8 || load_le16(pass.p) == PASS_XOR;
	if (!k->is_xor)
		return crypt_rc4_open(&k->rc4, view_sub(pass, head, pass.n));
	return crypt_xor_open(load_le16(pass.p + head), load_le16(pass.p + head + 2), k->xor)
		? 0
		: CRYPT_LOCKED;
}

/* `sum` is where the record's content starts, and its length. */
static void open_xor(const struct key *k, uint8_t *p, size_t n, size_t sum)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)((p[i] << 3 | p[i] >> 5) ^ k->xor [(sum + i) % CRYPT_XOR_SIZE]);
}

/* The place in the stream says which key: what is stored plainly counts as well. */
static int open_rc4(struct key *k, struct buf *stream, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		uint32_t block = (uint32_t)(i / CRYPT_RC4_BLOCK);

		if (!k->has_block || block != k->block) {
			int r = crypt_rc4_stream(&k->rc4, block, k->mixed);

			if (r != 0)
				return r;
			k->has_block = true;
			k->block = block;
		}
		stream->p[i] ^= k->mixed[i % CRYPT_RC4_BLOCK];
	}
	return 0;
}

int xls_decrypt(struct extractor *x, struct view pass, bool is_8, size_t from, struct buf *stream)
{
	struct xls_record rec = {.stream = buf_view(stream), .next = from};
	struct key k = {.is_xor = false};
	int r = open_key(&k, pass, is_8);

	while (r == 0 && xls_next(&rec)) {
		size_t at = rec.at + XLS_RECORD_HEADER, n = rec.rest.n;
		size_t plain = plain_bytes(rec.type, n);

		if (k.is_xor)
			open_xor(&k, stream->p + at + plain, n - plain, at + n + plain);
		else
			r = open_rc4(&k, stream, at + plain, at + n);
		if (r == 0)
			r = extractor_tick(x, n + 16);
	}
	return r;
}
