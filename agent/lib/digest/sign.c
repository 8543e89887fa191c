/* SPDX-License-Identifier: Apache-2.0 */
#include "digest/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "digest/sha256.h"

/* What DER puts before the 32 bytes (RFC 8410): PrivateKeyInfo and SubjectPublicKeyInfo. */
static const uint8_t der_secret[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b,
	0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
static const uint8_t der_public[] = {
	0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

struct kind {
	const char *begin, *end;
	struct view der;
};

static const struct kind secret_kind = {
	"-----BEGIN PRIVATE KEY-----",
	"-----END PRIVATE KEY-----",
	{der_secret, sizeof(der_secret)},
};
static const struct kind public_kind = {
	"-----BEGIN PUBLIC KEY-----",
	"-----END PUBLIC KEY-----",
	{der_public, sizeof(der_public)},
};

static void pkey_freep(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static void md_ctx_freep(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

/* A buffer that held a secret. */
static void buf_wipe(struct buf *b)
{
	if (b->p)
		OPENSSL_cleanse(b->p, b->cap);
	buf_done(b);
}

void sign_secret_wipe(struct sign_secret *s)
{
	OPENSSL_cleanse(s, sizeof(*s));
}

int sign_public_from_key(const uint8_t key[SIGN_KEY_SIZE], struct sign_public *ret)
{
	uint8_t d[SHA256_SIZE];
	int r = sha256(view_of(key, SIGN_KEY_SIZE), d);

	if (r < 0)
		return r;
	memcpy(ret->key, key, SIGN_KEY_SIZE);
	for (size_t i = 0; i < SIGN_ID_SIZE; i++)
		snprintf(ret->id + i * 2, 3, "%02x", d[i]);
	return 0;
}

int sign_secret_from_seed(const uint8_t seed[SIGN_KEY_SIZE], struct sign_secret *ret)
{
	cleanup_with(pkey_freep) EVP_PKEY *k = EVP_PKEY_new_raw_private_key(
		EVP_PKEY_ED25519, NULL, seed, SIGN_KEY_SIZE);
	uint8_t public[SIGN_KEY_SIZE];
	size_t n = sizeof(public);

	if (!k || EVP_PKEY_get_raw_public_key(k, public, &n) != 1 || n != sizeof(public))
		return -EIO;
	int r = sign_public_from_key(public, &ret->public);
	if (r == 0)
		memcpy(ret->seed, seed, SIGN_KEY_SIZE);
	return r;
}

int sign_generate(struct sign_secret *ret)
{
	uint8_t seed[SIGN_KEY_SIZE];
	int r = RAND_priv_bytes(seed, sizeof(seed)) == 1 ? sign_secret_from_seed(seed, ret) : -EIO;

	OPENSSL_cleanse(seed, sizeof(seed));
	return r;
}

static int with_word(const char *word, struct view message, struct buf *b)
{
	size_t n = strlen(word);

	if (n > SIGN_WORD_MAX)
		return -EINVAL;
	int r = n ? buf_put(b, word, n + 1) : 0;
	return r < 0 ? r : buf_put_view(b, message);
}

int sign_message(
	const struct sign_secret *s, const char *word, struct view message, uint8_t ret[SIGN_SIZE])
{
	cleanup_with(pkey_freep) EVP_PKEY *k = EVP_PKEY_new_raw_private_key(
		EVP_PKEY_ED25519, NULL, s->seed, SIGN_KEY_SIZE);
	cleanup_with(md_ctx_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	cleanup_with(buf_done) struct buf b = {0};
	size_t n = SIGN_SIZE;
	int r = with_word(word, message, &b);

	if (r < 0)
		return r;
	if (!k || !ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, k) != 1 ||
		EVP_DigestSign(ctx, ret, &n, b.p, b.n) != 1 || n != SIGN_SIZE)
		return -EIO;
	return 0;
}

int sign_verify(const struct sign_public *p, const char *word, struct view message,
	const uint8_t signature[SIGN_SIZE])
{
	cleanup_with(pkey_freep) EVP_PKEY *k = EVP_PKEY_new_raw_public_key(
		EVP_PKEY_ED25519, NULL, p->key, SIGN_KEY_SIZE);
	cleanup_with(md_ctx_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	cleanup_with(buf_done) struct buf b = {0};
	int r = with_word(word, message, &b);

	if (r < 0)
		return r;
	if (!k || !ctx || EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k) != 1)
		return -EIO;
	return EVP_DigestVerify(ctx, signature, SIGN_SIZE, b.p, b.n) == 1 ? SIGN_VALID
									  : SIGN_INVALID;
}

int sign_base64_put(struct buf *b, struct view v)
{
	if (v.n > INT32_MAX / 2)
		return -E2BIG;
	size_t n = (v.n + 2) / 3 * 4;
	int r = buf_reserve(b, n + 1);

	if (r == 0)
		b->n += (size_t)EVP_EncodeBlock(b->p + b->n, v.p, (int)v.n);
	return r;
}

/* The letters of base64 without white space, whole groups of four. */
static int letters(struct view text, struct buf *b)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		int r = buf_put_byte(b, c);
		if (r < 0)
			return r;
	}
	return b->n == 0 || b->n % 4 ? -EBADMSG : 0;
}

/* Only what encoding gives is taken: libcrypto passes over padding and bits that mean nothing. */
int sign_base64_get(struct view text, uint8_t *ret, size_t n)
{
	cleanup_with(buf_wipe) struct buf in = BUF_INIT((n + 2) / 3 * 4);
	cleanup_with(buf_wipe) struct buf out = {0};
	cleanup_with(buf_wipe) struct buf again = {0};
	int r = letters(text, &in);

	if (r == -E2BIG)
		return -EBADMSG;
	if (r == 0)
		r = buf_reserve(&out, in.n);
	if (r < 0)
		return r;
	if (in.n != (n + 2) / 3 * 4 || EVP_DecodeBlock(out.p, in.p, (int)in.n) < 0)
		return -EBADMSG;
	r = sign_base64_put(&again, view_of(out.p, n));
	if (r == 0 && !view_eq(buf_view(&again), buf_view(&in)))
		r = -EBADMSG;
	if (r == 0)
		memcpy(ret, out.p, n);
	return r;
}

static struct view strip(struct view v)
{
	while (v.n && strchr(" \t\r\n", v.p[0]))
		v = view_sub(v, 1, v.n);
	while (v.n && strchr(" \t\r\n", v.p[v.n - 1]))
		v.n--;
	return v;
}

/* The 32 bytes of a key's file of this kind. */
static int key_bytes(const struct kind *kind, struct view text, uint8_t ret[SIGN_KEY_SIZE])
{
	struct view v = strip(text), begin = view_str(kind->begin), end = view_str(kind->end);
	uint8_t der[SIGN_KEY_SIZE + sizeof(der_secret)];
	size_t n = kind->der.n + SIGN_KEY_SIZE;
	int r;

	if (text.n > SIGN_FILE_MAX)
		return SIGN_FILE_BAD;
	if (!view_starts(v, begin)) {
		r = sign_base64_get(v, ret, SIGN_KEY_SIZE);
		return r == -EBADMSG ? SIGN_FILE_BAD : r;
	}
	v = view_sub(v, begin.n, v.n);
	if (!view_ends(v, end))
		return SIGN_FILE_BAD;
	v.n -= end.n;
	r = sign_base64_get(v, der, n);
	if (r == 0 && !view_starts(view_of(der, n), kind->der))
		r = -EBADMSG;
	if (r == 0)
		memcpy(ret, der + kind->der.n, SIGN_KEY_SIZE);
	OPENSSL_cleanse(der, sizeof(der));
	return r == -EBADMSG ? SIGN_FILE_BAD : r;
}

int sign_secret_parse(struct view text, struct sign_secret *ret)
{
	uint8_t seed[SIGN_KEY_SIZE];
	int r = key_bytes(&secret_kind, text, seed);

	if (r == SIGN_FILE_OK)
		r = sign_secret_from_seed(seed, ret);
	OPENSSL_cleanse(seed, sizeof(seed));
	return r;
}

int sign_public_parse(struct view text, struct sign_public *ret)
{
	uint8_t key[SIGN_KEY_SIZE];
	int r = key_bytes(&public_kind, text, key);

	return r == SIGN_FILE_OK ? sign_public_from_key(key, ret) : r;
}

static int pem(const struct kind *kind, const uint8_t key[SIGN_KEY_SIZE], struct buf *b)
{
	uint8_t der[SIGN_KEY_SIZE + sizeof(der_secret)];

	memcpy(der, kind->der.p, kind->der.n);
	memcpy(der + kind->der.n, key, SIGN_KEY_SIZE);
	int r = buf_printf(b, "%s\n", kind->begin);
	if (r == 0)
		r = sign_base64_put(b, view_of(der, kind->der.n + SIGN_KEY_SIZE));
	if (r == 0)
		r = buf_printf(b, "\n%s\n", kind->end);
	OPENSSL_cleanse(der, sizeof(der));
	return r;
}

int sign_secret_text(const struct sign_secret *s, struct buf *b)
{
	return pem(&secret_kind, s->seed, b);
}

int sign_public_text(const struct sign_public *p, struct buf *b)
{
	return pem(&public_kind, p->key, b);
}

int sign_secret_read(const char *path, struct sign_secret *ret)
{
	cleanup_with(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	cleanup_with(buf_wipe) struct buf b = {0};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_mode & (S_IWGRP | S_IRWXO))
		return SIGN_FILE_EXPOSED;
	/* Room at once: a buffer that grows leaves copies behind. */
	int r = buf_reserve(&b, SIGN_FILE_MAX);
	if (r == 0)
		r = fd_read_all(fd, SIGN_FILE_MAX, &b);
	if (r == -E2BIG)
		return SIGN_FILE_BAD;
	return r < 0 ? r : sign_secret_parse(buf_view(&b), ret);
}

int sign_public_read(const char *path, struct sign_public *ret)
{
	cleanup_with(buf_done) struct buf b = {0};
	int r = fd_read_path(path, SIGN_FILE_MAX, &b);

	if (r == -E2BIG)
		return SIGN_FILE_BAD;
	return r < 0 ? r : sign_public_parse(buf_view(&b), ret);
}

static int write_new(const char *path, mode_t mode, struct view v)
{
	cleanup_with(fd_closep) int fd = open(
		path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, mode);

	if (fd < 0)
		return -errno;
	int r = fd_write_all(fd, v);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0)
		unlink(path);
	return r;
}

int sign_secret_write(const char *path, const struct sign_secret *s)
{
	cleanup_with(buf_wipe) struct buf b = {0};
	int r = sign_secret_text(s, &b);

	return r < 0 ? r : write_new(path, 0600, buf_view(&b));
}

int sign_public_write(const char *path, const struct sign_public *p)
{
	cleanup_with(buf_done) struct buf b = {0};
	int r = sign_public_text(p, &b);

	return r < 0 ? r : write_new(path, 0644, buf_view(&b));
}
