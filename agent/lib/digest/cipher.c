/* SPDX-License-Identifier: Apache-2.0 */
#include "digest/cipher.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>

static const struct {
	const char *name;
	size_t size;
} hashes[CIPHER_HASH_MAX] = {
	[CIPHER_MD5] = {"MD5", 16},
	[CIPHER_SHA1] = {"SHA1", 20},
	[CIPHER_SHA256] = {"SHA256", 32},
	[CIPHER_SHA384] = {"SHA384", 48},
	[CIPHER_SHA512] = {"SHA512", 64},
};

static int digest(const char *name, struct view a, struct view b, uint8_t *ret)
{
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int r = -EIO;

	if (md && ctx && EVP_DigestInit_ex2(ctx, md, NULL) == 1 &&
		EVP_DigestUpdate(ctx, a.p, a.n) == 1 && EVP_DigestUpdate(ctx, b.p, b.n) == 1 &&
		EVP_DigestFinal_ex(ctx, ret, NULL) == 1)
		r = 0;
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	return r;
}

int cipher_md5(struct view a, struct view b, uint8_t ret[MD5_SIZE])
{
	return digest("MD5", a, b, ret);
}

int cipher_sha2(unsigned bits, struct view v, uint8_t ret[SHA2_SIZE_MAX])
{
	return digest(bits == 256     ? "SHA256"
			: bits == 384 ? "SHA384"
				      : "SHA512",
		v, VIEW_EMPTY, ret);
}

size_t cipher_hash_size(enum cipher_hash h)
{
	return hashes[h].size;
}

int cipher_hash(enum cipher_hash h, struct view a, struct view b, uint8_t ret[SHA2_SIZE_MAX])
{
	return digest(hashes[h].name, a, b, ret);
}

int cipher_hash_spin(enum cipher_hash h, uint32_t from, uint32_t to, uint8_t d[SHA2_SIZE_MAX])
{
	EVP_MD *md = EVP_MD_fetch(NULL, hashes[h].name, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool is_good = md && ctx;

	for (uint32_t i = from; is_good && i < to; i++) {
		const uint8_t number[] = {
			(uint8_t)i, (uint8_t)(i >> 8), (uint8_t)(i >> 16), (uint8_t)(i >> 24)};

		is_good = EVP_DigestInit_ex2(ctx, md, NULL) == 1 &&
			EVP_DigestUpdate(ctx, number, sizeof(number)) == 1 &&
			EVP_DigestUpdate(ctx, d, hashes[h].size) == 1 &&
			EVP_DigestFinal_ex(ctx, d, NULL) == 1;
	}
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	return is_good ? 0 : -EIO;
}

/* Its own, for OpenSSL keeps RC4 in a module that must be loaded from a file. */
void cipher_rc4(struct view key, struct view in, uint8_t *out)
{
	uint8_t s[256], i = 0, j = 0;

	for (unsigned k = 0; k < 256; k++)
		s[k] = (uint8_t)k;
	for (unsigned k = 0; k < 256; k++) {
		uint8_t t = s[k];
		j = (uint8_t)(j + t + key.p[k % key.n]);
		s[k] = s[j];
		s[j] = t;
	}
	j = 0;
	for (size_t k = 0; k < in.n; k++) {
		uint8_t t = s[++i];
		j = (uint8_t)(j + t);
		s[i] = s[j];
		s[j] = t;
		out[k] = in.p[k] ^ s[(uint8_t)(s[i] + t)];
	}
}

static int aes(
	struct view key, const uint8_t iv[AES_BLOCK], struct view in, uint8_t *out, int encrypt)
{
	static const char *const cbc[] = {"AES-128-CBC", "AES-192-CBC", "AES-256-CBC"};
	static const char *const ecb[] = {"AES-128-ECB", "AES-192-ECB", "AES-256-ECB"};
	size_t size = key.n / 8 - 2;
	int r = -EIO, n = 0, tail = 0;

	if ((key.n != 16 && key.n != 24 && key.n != 32) || in.n % AES_BLOCK || in.n > INT_MAX)
		return -EINVAL;
	if (in.n == 0)
		return 0;
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, iv ? cbc[size] : ecb[size], NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (cipher && ctx && EVP_CipherInit_ex2(ctx, cipher, key.p, iv, encrypt, NULL) == 1 &&
		EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
		EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n) == 1 &&
		EVP_CipherFinal_ex(ctx, out + n, &tail) == 1)
		r = 0;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return r;
}

int cipher_aes_decrypt(struct view key, const uint8_t iv[AES_BLOCK], struct view in, uint8_t *out)
{
	return aes(key, iv, in, out, 0);
}

int cipher_aes_encrypt(struct view key, const uint8_t iv[AES_BLOCK], struct view in, uint8_t *out)
{
	return aes(key, iv, in, out, 1);
}
