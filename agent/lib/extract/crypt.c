/* SPDX-License-Identifier: Apache-2.0 */
/* Encryption of workbooks, and of packages in the way of Office 2007. */
#include "extract/crypt.h"

#include <errno.h>

#include "base/checked.h"

#define SALT 16

enum {
	ALGORITHM_RC4 = 0x6801,
	ALGORITHM_AES_128 = 0x660e,
	ALGORITHM_AES_256 = 0x6610,
	SPINS_2007 = 50000,
};

struct view crypt_password(void)
{
	static const char password[] = "V\0e\0l\0v\0e\0t\0S\0w\0e\0a\0t\0s\0h\0o\0p";

	/* the last zero is the literal's own */
	return view_of(password, sizeof(password));
}

/* Head (with its size before it) and verifier; `info` starts at the version. */
bool crypt_verifier_read(struct view info, struct crypt_verifier *ret)
{
	struct view head, v;
	uint32_t size;

	if (info.n < 12)
		return false;
	size = load_le32(info.p + 8);
	head = view_sub(info, 12, size);
	v = view_sub(info, 12 + (size_t)size, info.n);
	if (head.n < 20 || v.n < 4 + SALT + 16 + 4 + 20)
		return false;
	ret->algorithm = load_le32(head.p + 8);
	ret->key_bits = load_le32(head.p + 16);
	ret->salt = view_sub(v, 4, SALT);
	ret->input = view_sub(v, 4 + SALT, 16);
	ret->digest = view_sub(v, 4 + SALT + 16 + 4, v.n);
	return true;
}

/* --- RC4 -------------------------------------------------------------------------------------- */

static int block_key(const struct crypt_rc4 *c, uint32_t block, uint8_t key[SHA2_SIZE_MAX])
{
	const uint8_t number[] = {(uint8_t)block, (uint8_t)(block >> 8), (uint8_t)(block >> 16),
		(uint8_t)(block >> 24)};
	int r = cipher_hash(c->hash, view_of(c->base, c->base_n), view_of(number, 4), key);

	/* keys of 40 bits are filled up with zeros in the newer way, with the digest in the older
	 */
	if (r == 0 && c->key_n == 5 && c->hash == CIPHER_SHA1)
		memset(key + 5, 0, 11);
	return r;
}

static size_t key_size(const struct crypt_rc4 *c)
{
	return c->key_n == 5 ? 16 : c->key_n;
}

int crypt_rc4_stream(const struct crypt_rc4 *c, uint32_t block, uint8_t ret[CRYPT_RC4_BLOCK])
{
	static const uint8_t zeros[CRYPT_RC4_BLOCK];
	uint8_t key[SHA2_SIZE_MAX];
	int r = block_key(c, block, key);

	if (r == 0)
		cipher_rc4(view_of(key, key_size(c)), view_of(zeros, sizeof(zeros)), ret);
	return r;
}

/* Is the digest of the first part the second, both under the key of block 0? */
static int verify(const struct crypt_rc4 *c, struct view input, struct view digest)
{
	uint8_t key[SHA2_SIZE_MAX], got[SHA2_SIZE_MAX], both[16 + 20];
	size_t n = cipher_hash_size(c->hash);
	int r = block_key(c, 0, key);

	if (r != 0)
		return r;
	memcpy(both, input.p, 16);
	memcpy(both + 16, digest.p, n);
	cipher_rc4(view_of(key, key_size(c)), view_of(both, 16 + n), both);
	r = cipher_hash(c->hash, view_of(both, 16), VIEW_EMPTY, got);
	if (r != 0)
		return r;
	return memcmp(got, both + 16, n) == 0 ? 0 : CRYPT_LOCKED;
}

/* The first 40 bits of the password's digest, with the salt, sixteen times. */
static int open_40(struct crypt_rc4 *c, struct view info)
{
	uint8_t password[SHA2_SIZE_MAX], mixed[16 * (5 + SALT)];
	int r;

	info = view_sub(info, 4, info.n);
	if (info.n < SALT + 16 + MD5_SIZE)
		return CRYPT_LOCKED;
	r = cipher_hash(CIPHER_MD5, crypt_password(), VIEW_EMPTY, password);
	for (size_t i = 0; i < 16; i++) {
		memcpy(mixed + i * (5 + SALT), password, 5);
		memcpy(mixed + i * (5 + SALT) + 5, info.p, SALT);
	}
	c->hash = CIPHER_MD5;
	c->base_n = c->key_n = 5;
	if (r == 0)
		r = cipher_hash(CIPHER_MD5, view_of(mixed, sizeof(mixed)), VIEW_EMPTY, c->base);
	return r == 0 ? verify(c, view_sub(info, SALT, 16), view_sub(info, SALT + 16, MD5_SIZE))
		      : r;
}

static int open_sha1(struct crypt_rc4 *c, struct view info)
{
	struct crypt_verifier v;
	uint32_t bits;
	int r;

	if (!crypt_verifier_read(info, &v) || v.algorithm != ALGORITHM_RC4)
		return CRYPT_LOCKED;
	bits = v.key_bits ? v.key_bits : 40;
	if (bits % 8 || bits < 40 || bits > 128)
		return CRYPT_LOCKED;
	c->hash = CIPHER_SHA1;
	c->base_n = 20;
	c->key_n = bits / 8;
	r = cipher_hash(CIPHER_SHA1, v.salt, crypt_password(), c->base);
	return r == 0 ? verify(c, v.input, v.digest) : r;
}

int crypt_rc4_open(struct crypt_rc4 *c, struct view info)
{
	unsigned major, minor;

	if (info.n < 4)
		return CRYPT_LOCKED;
	major = load_le16(info.p);
	minor = load_le16(info.p + 2);
	if (major == 1 && minor == 1)
		return open_40(c, info);
	if (major >= 2 && major <= 4 && minor == 2)
		return open_sha1(c, info);
	return CRYPT_LOCKED;
}

/* --- XOR -------------------------------------------------------------------------------------- */

/* By two bits, as workbooks have it; other formats turn further. */
static uint8_t rotated(unsigned v)
{
	return (uint8_t)(v << 2 | v >> 6);
}

bool crypt_xor_open(uint16_t key, uint16_t verifier, uint8_t ret[CRYPT_XOR_SIZE])
{
	static const char password[] = "VelvetSweatshop";
	const unsigned n = sizeof(password) - 1, pad = 0xbb;
	unsigned v = 0;

	_Static_assert(sizeof(password) == CRYPT_XOR_SIZE, "one byte is filled up");
	for (unsigned i = n + 1; i-- > 0;) {
		unsigned c = i == 0 ? n : (uint8_t)password[i - 1];

		v = ((v & 0x4000 ? 1U : 0U) | (v << 1 & 0x7fff)) ^ c;
	}
	if ((v ^ 0xce4b) != verifier)
		return false;
	for (unsigned i = 0; i < CRYPT_XOR_SIZE; i++) {
		unsigned c = i < n ? (uint8_t)password[i] : pad;

		ret[i] = rotated((c ^ (i & 1 ? key >> 8 : key & 0xffU)) & 0xff);
	}
	return true;
}

/* --- packages --------------------------------------------------------------------------------- */

/* A digest mixed with a filled block, and digested again. */
static int widen(const uint8_t digest[SHA2_SIZE_MAX], uint8_t fill, uint8_t ret[SHA2_SIZE_MAX])
{
	uint8_t block[64];

	memset(block, fill, sizeof(block));
	for (size_t i = 0; i < 20; i++)
		block[i] ^= digest[i];
	return cipher_hash(CIPHER_SHA1, view_of(block, sizeof(block)), VIEW_EMPTY, ret);
}

static int key_2007(struct extractor *x, struct view salt, uint8_t ret[SHA2_SIZE_MAX + 20])
{
	static const uint8_t block[4];
	uint8_t digest[SHA2_SIZE_MAX], key[SHA2_SIZE_MAX];
	int r = extractor_tick(x, SPINS_2007 * 64);

	if (r == 0)
		r = cipher_hash(CIPHER_SHA1, salt, crypt_password(), digest);
	if (r == 0)
		r = cipher_hash_spin(CIPHER_SHA1, 0, SPINS_2007, digest);
	if (r == 0)
		r = cipher_hash(CIPHER_SHA1, view_of(digest, 20), view_of(block, 4), key);
	if (r == 0)
		r = widen(key, 0x36, ret);
	return r == 0 ? widen(key, 0x5c, ret + 20) : r;
}

static int standard(struct extractor *x, struct view info, struct view package, struct buf *out)
{
	uint8_t key[SHA2_SIZE_MAX + 20], input[16], want[32], got[SHA2_SIZE_MAX];
	struct crypt_verifier v;
	struct view k;
	int r;

	if (!crypt_verifier_read(info, &v) || v.algorithm < ALGORITHM_AES_128 ||
		v.algorithm > ALGORITHM_AES_256 || v.digest.n < sizeof(want))
		return CRYPT_LOCKED;
	k = view_of(key, 16 + (size_t)(v.algorithm - ALGORITHM_AES_128) * 8);
	r = key_2007(x, v.salt, key);
	if (r == 0)
		r = cipher_aes_decrypt(k, NULL, v.input, input);
	if (r == 0)
		r = cipher_aes_decrypt(k, NULL, view_sub(v.digest, 0, sizeof(want)), want);
	if (r == 0)
		r = cipher_hash(CIPHER_SHA1, view_of(input, 16), VIEW_EMPTY, got);
	if (r != 0)
		return r;
	if (memcmp(got, want, 20) != 0)
		return CRYPT_LOCKED;
	package.n -= package.n % AES_BLOCK;
	r = buf_reserve(out, package.n);
	if (r == 0)
		r = cipher_aes_decrypt(k, NULL, package, out->p);
	if (r == 0)
		out->n = package.n;
	return r;
}

int crypt_package(struct extractor *x, struct view info, struct view package, struct buf *out)
{
	uint64_t size;
	unsigned minor;
	int r;

	buf_clear(out);
	if (info.n < 8 || package.n < 8)
		return CRYPT_LOCKED;
	minor = load_le16(info.p + 2);
	size = load_le64(package.p);
	package = view_sub(package, 8, package.n);
	r = extractor_tick(x, package.n / 4);
	if (r == 0)
		r = minor == 4       ? crypt_agile(x, view_sub(info, 8, info.n), package, out)
			: minor == 2 ? standard(x, info, package, out)
				     : CRYPT_LOCKED;
	if (r == 0)
		out->n = (size_t)MIN(size, (uint64_t)out->n);
	return r;
}
