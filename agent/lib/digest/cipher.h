/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ciphers and digests that old and new document encryption is made of. Only for reading files
 * that open without a password; nothing of the agent's own safety rests on them.
 */
#pragma once

#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"

#define MD5_SIZE      16
#define SHA2_SIZE_MAX 64
#define AES_BLOCK     16

/* Over two parts, as if they were one. 0 or -EIO. */
must_check int cipher_md5(struct view a, struct view b, uint8_t ret[MD5_SIZE]);
/* `bits` is 256, 384 or 512. */
must_check int cipher_sha2(unsigned bits, struct view v, uint8_t ret[SHA2_SIZE_MAX]);

enum cipher_hash {
	CIPHER_MD5,
	CIPHER_SHA1,
	CIPHER_SHA256,
	CIPHER_SHA384,
	CIPHER_SHA512,
	CIPHER_HASH_MAX,
};

size_t cipher_hash_size(enum cipher_hash h);
/* Over two parts, as if they were one; neither is the result's place. 0 or -EIO. */
must_check int cipher_hash(
	enum cipher_hash h, struct view a, struct view b, uint8_t ret[SHA2_SIZE_MAX]);
/* As office documents stretch a password: the digest of each number from `from` to before `to`, as
   four bytes, and of the digest before. 0 or -EIO. */
must_check int cipher_hash_spin(
	enum cipher_hash h, uint32_t from, uint32_t to, uint8_t digest[SHA2_SIZE_MAX]);

/* `out` may be the input; it has room for as much. Keys have 1 to 256 bytes. */
void cipher_rc4(struct view key, struct view in, uint8_t *out);

/* AES-CBC without padding, in AES-ECB where `iv` is NULL; keys have 16, 24 or 32 bytes, the input
   whole blocks. 0, -EINVAL or -EIO. */
must_check int cipher_aes_decrypt(
	struct view key, const uint8_t iv[AES_BLOCK], struct view in, uint8_t *out);
must_check int cipher_aes_encrypt(
	struct view key, const uint8_t iv[AES_BLOCK], struct view in, uint8_t *out);
