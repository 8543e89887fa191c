/* SPDX-License-Identifier: Apache-2.0 */
#include "digest/sha256.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>

struct sha256 {
	EVP_MD_CTX *ctx;
	EVP_MD *md;
};

int sha256_new(struct sha256 **ret)
{
	struct sha256 *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	/* Fetched once: an implicit fetch at each init costs more than a short message. */
	s->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	s->ctx = EVP_MD_CTX_new();
	if (!s->md || !s->ctx || EVP_DigestInit_ex2(s->ctx, s->md, NULL) != 1) {
		sha256_free(s);
		return -EIO;
	}
	*ret = s;
	return 0;
}

struct sha256 *sha256_free(struct sha256 *s)
{
	if (s) {
		EVP_MD_CTX_free(s->ctx);
		EVP_MD_free(s->md);
		free(s);
	}
	return NULL;
}

void sha256_freep(struct sha256 **s)
{
	*s = sha256_free(*s);
}

int sha256_update(struct sha256 *s, struct view v)
{
	return EVP_DigestUpdate(s->ctx, v.p, v.n) == 1 ? 0 : -EIO;
}

int sha256_final(struct sha256 *s, uint8_t ret[SHA256_SIZE])
{
	if (EVP_DigestFinal_ex(s->ctx, ret, NULL) != 1 ||
		EVP_DigestInit_ex2(s->ctx, s->md, NULL) != 1)
		return -EIO;
	return 0;
}

int sha256(struct view v, uint8_t ret[SHA256_SIZE])
{
	cleanup_with(sha256_freep) struct sha256 *s = NULL;
	int r = sha256_new(&s);

	if (r == 0)
		r = sha256_update(s, v);
	return r < 0 ? r : sha256_final(s, ret);
}
