/* SPDX-License-Identifier: Apache-2.0 */
#include "digest/envelope.h"

#include <errno.h>
#include <limits.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define PIECE        (64U << 10)
#define STRENGTH_MIN 112 /* bits; RSA with 2048 has them */

struct envelope {
	envelope_sink_fn sink;
	void *userdata;
	CMS_ContentInfo *cms;
	BIO *out;   /* memory, emptied into the sink after each piece */
	BIO *chain; /* what turns content into CMS, ending in `out` */
};

struct envelope *envelope_free(struct envelope *e)
{
	if (!e)
		return NULL;
	/* The chain's last link is ours. */
	while (e->chain && e->chain != e->out) {
		BIO *next = BIO_pop(e->chain);

		BIO_free(e->chain);
		e->chain = next;
	}
	BIO_free(e->out);
	CMS_ContentInfo_free(e->cms);
	free(e);
	return NULL;
}

void envelope_freep(struct envelope **e)
{
	*e = envelope_free(*e);
}

static X509 *read_certificate(struct view text)
{
	BIO *in = text.n <= ENVELOPE_CERTIFICATE_MAX ? BIO_new_mem_buf(text.p, (int)text.n) : NULL;
	X509 *x = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

	BIO_free(in);
	return x;
}

/* RSA keys get OAEP; others agree on a key. False where the key can do neither. */
static bool add_recipient(CMS_ContentInfo *cms, X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	CMS_RecipientInfo *r;
	EVP_PKEY_CTX *ctx;

	if (!key || EVP_PKEY_get_security_bits(key) < STRENGTH_MIN)
		return false;
	r = CMS_add1_recipient_cert(cms, x, CMS_KEY_PARAM);
	if (!r)
		return false;
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return true;
	ctx = CMS_RecipientInfo_get0_pkey_ctx(r);
	return ctx && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
		EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0;
}

int envelope_new(
	struct view certificate, envelope_sink_fn sink, void *userdata, struct envelope **ret)
{
	cleanup_with(envelope_freep) struct envelope *e = calloc(1, sizeof(*e));
	X509 *x = read_certificate(certificate);
	bool added;

	if (!e) {
		X509_free(x);
		return -ENOMEM;
	}
	e->sink = sink;
	e->userdata = userdata;
	e->out = BIO_new(BIO_s_mem());
	e->cms = CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), CMS_STREAM | CMS_PARTIAL | CMS_BINARY);
	added = x && e->cms && add_recipient(e->cms, x);
	X509_free(x);
	if (!e->out || !e->cms)
		return -ENOMEM;
	if (!added)
		return ENVELOPE_BAD;
	e->chain = BIO_new_CMS(e->out, e->cms);
	if (!e->chain)
		return ENVELOPE_BAD;
	*ret = steal(&e);
	return 0;
}

static int drain(struct envelope *e)
{
	char *p;
	long n = BIO_get_mem_data(e->out, &p);
	int r = n > 0 ? e->sink(e->userdata, view_of(p, (size_t)n)) : 0;

	if (r == 0 && n > 0 && BIO_reset(e->out) != 1)
		r = -EIO;
	return r;
}

int envelope_write(struct envelope *e, struct view v)
{
	int r = 0;

	for (size_t at = 0; r == 0 && at < v.n;) {
		int n = (int)MIN(v.n - at, (size_t)PIECE);

		n = BIO_write(e->chain, (const uint8_t *)v.p + at, n);
		if (n <= 0)
			return -EIO;
		at += (size_t)n;
		r = drain(e);
	}
	return r;
}

int envelope_finish(struct envelope *e)
{
	return BIO_flush(e->chain) == 1 ? drain(e) : -EIO;
}

static EVP_PKEY *read_key(struct view text)
{
	BIO *in = text.n <= ENVELOPE_CERTIFICATE_MAX ? BIO_new_mem_buf(text.p, (int)text.n) : NULL;
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;

	BIO_free(in);
	return key;
}

int envelope_open(struct view key, struct view sealed, envelope_sink_fn sink, void *userdata)
{
	EVP_PKEY *pkey = read_key(key);
	BIO *in = sealed.n <= INT_MAX ? BIO_new_mem_buf(sealed.p, (int)sealed.n) : NULL;
	CMS_ContentInfo *cms = in && pkey ? d2i_CMS_bio(in, NULL) : NULL;
	BIO *out = BIO_new(BIO_s_mem());
	int r = 0;

	if (!pkey)
		r = ENVELOPE_BAD;
	else if (!cms)
		r = -EBADMSG;
	else if (!out)
		r = -ENOMEM;
	else if (CMS_decrypt_set1_pkey(cms, pkey, NULL) != 1)
		r = ENVELOPE_BAD;
	/* With RSA a wrong key is not told apart from damage, on purpose. */
	else if (CMS_decrypt(cms, NULL, NULL, NULL, out, CMS_BINARY) != 1)
		r = -EBADMSG;
	if (r == 0) {
		char *p;
		long n = BIO_get_mem_data(out, &p);

		r = n > 0 ? sink(userdata, view_of(p, (size_t)n)) : 0;
	}
	BIO_free(out);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	EVP_PKEY_free(pkey);
	return r;
}
