/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Office documents that are encrypted and still open for everybody: with the password that the
 * programs try by themselves. No other password is tried.
 */
#pragma once

#include "digest/cipher.h"
#include "extract/extractor.h"

/* Another password, or a way of encryption that nobody knows. */
#define CRYPT_LOCKED 4

/* How often a password's digest may be digested again: ten times what the programs do. */
#define CRYPT_SPINS_MAX 1000000

/* Bytes that have a key of their own, in workbooks and in packages. */
#define CRYPT_RC4_BLOCK     1024
#define CRYPT_AGILE_SEGMENT 4096

/* RC4 with a key for each block, as workbooks have it. */
struct crypt_rc4 {
	enum cipher_hash hash;
	uint8_t base[SHA2_SIZE_MAX];
	size_t base_n; /* bytes of `base` that count */
	size_t key_n;
};

/* `info` starts at the version. 0, CRYPT_LOCKED or -errno. */
must_check int crypt_rc4_open(struct crypt_rc4 *c, struct view info);

/* The bytes that a block is mixed with. */
must_check int crypt_rc4_stream(
	const struct crypt_rc4 *c, uint32_t block, uint8_t ret[CRYPT_RC4_BLOCK]);

/* XOR obfuscation: the bytes that are mixed in, in turn. `key` and `verifier` are the file's. */
#define CRYPT_XOR_SIZE 16
bool crypt_xor_open(uint16_t key, uint16_t verifier, uint8_t ret[CRYPT_XOR_SIZE]);

/* An OOXML package: `info` and `package` are the two streams. `out` is cleared before. 0,
   CRYPT_LOCKED, EXTRACT_STOP or -errno. */
must_check int crypt_package(
	struct extractor *x, struct view info, struct view package, struct buf *out);

/* --- of the two files ------------------------------------------------------------------------- */

/* The password as UTF-16. */
struct view crypt_password(void);

/* What the older ways have in common: salt, and a value with its digest, both encrypted. */
struct crypt_verifier {
	struct view salt, input, digest;
	uint32_t key_bits, algorithm;
};
bool crypt_verifier_read(struct view info, struct crypt_verifier *ret);

must_check int crypt_agile(
	struct extractor *x, struct view xml, struct view package, struct buf *out);
