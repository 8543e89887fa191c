/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/pdf_crypt.h"

#include <errno.h>

#include "digest/cipher.h"

#define HASH_ROUNDS_MAX 512 /* of revision 6; 64 and a few are usual */

static const uint8_t padding[32] = {0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00,
	0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08, 0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F,
	0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A};

/* What the dictionary says. */
struct handler {
	int version, revision;
	struct view o, u, ue, id;
	uint32_t permissions;
	bool metadata;
};

static struct view string_of(struct pdf_file *f, const struct pdf_object *d, const char *key)
{
	const struct pdf_object *o = pdf_get(f, d, key);
	return o->type == PDF_STRING ? o->text : VIEW_EMPTY;
}

/* Algorithm 2: the key from the empty password. */
static int key_make(const struct handler *h, struct pdf_crypt *c)
{
	static const uint8_t ones[4] = {0xFF, 0xFF, 0xFF, 0xFF};
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	uint8_t p[4] = {(uint8_t)h->permissions, (uint8_t)(h->permissions >> 8),
		(uint8_t)(h->permissions >> 16), (uint8_t)(h->permissions >> 24)};
	uint8_t hash[MD5_SIZE];

	int r = buf_put(&b, padding, sizeof(padding));
	if (r == 0)
		r = buf_put_view(&b, view_sub(h->o, 0, 32));
	if (r == 0)
		r = buf_put(&b, p, sizeof(p));
	if (r == 0)
		r = buf_put_view(&b, h->id);
	if (r == 0 && h->revision >= 4 && !h->metadata)
		r = buf_put(&b, ones, sizeof(ones));
	if (r == 0)
		r = cipher_md5(buf_view(&b), VIEW_EMPTY, hash);
	for (int i = 0; i < 50 && r == 0 && h->revision >= 3; i++)
		r = cipher_md5(view_of(hash, c->n), VIEW_EMPTY, hash);
	memcpy(c->key, hash, MD5_SIZE);
	return r;
}

/* Algorithms 6: does the empty password fit? */
static int key_check(const struct handler *h, const struct pdf_crypt *c, bool *ret)
{
	uint8_t want[32], key[32];
	int r = 0;

	if (h->revision == 2) {
		cipher_rc4(view_of(c->key, c->n), view_of(padding, 32), want);
		*ret = h->u.n >= 32 && memcmp(want, h->u.p, 32) == 0;
		return 0;
	}
	r = cipher_md5(view_of(padding, 32), h->id, want);
	for (unsigned i = 0; i < 20 && r == 0; i++) {
		for (size_t k = 0; k < c->n; k++)
			key[k] = (uint8_t)(c->key[k] ^ i);
		cipher_rc4(view_of(key, c->n), view_of(want, MD5_SIZE), want);
	}
	*ret = h->u.n >= MD5_SIZE && memcmp(want, h->u.p, MD5_SIZE) == 0;
	return r;
}

/* Algorithm 2.B: the hash of revision 6, for the empty user password. */
static int hash_hard(struct view salt, uint8_t ret[32])
{
	uint8_t k[SHA2_SIZE_MAX], round[64 * SHA2_SIZE_MAX], e[64 * SHA2_SIZE_MAX];
	size_t n = 32;
	int r = cipher_sha2(256, salt, k);

	for (unsigned i = 0; i < HASH_ROUNDS_MAX && r == 0; i++) {
		for (size_t j = 0; j < 64; j++)
			memcpy(round + j * n, k, n);
		r = cipher_aes_encrypt(view_of(k, 16), k + 16, view_of(round, 64 * n), e);
		if (r)
			break;

		unsigned sum = 0;
		for (size_t j = 0; j < 16; j++)
			sum += e[j];
		unsigned bits = 256 + 128 * (sum % 3);
		uint8_t last = e[64 * n - 1];
		r = cipher_sha2(bits, view_of(e, 64 * n), k);
		n = bits / 8;
		if (i >= 63 && last <= i - 31)
			break;
	}
	memcpy(ret, k, 32);
	return r;
}

static int hash_empty(const struct handler *h, struct view salt, uint8_t ret[32])
{
	uint8_t hash[SHA2_SIZE_MAX];

	if (h->revision >= 6)
		return hash_hard(salt, ret);
	int r = cipher_sha2(256, salt, hash);
	memcpy(ret, hash, 32);
	return r;
}

/* Algorithm 2.A: 256-bit keys. */
static int key_unwrap(const struct handler *h, struct pdf_crypt *c, bool *ret)
{
	static const uint8_t zero[AES_BLOCK];
	uint8_t hash[32];

	*ret = false;
	if (h->u.n < 48 || h->ue.n < 32)
		return 0;
	int r = hash_empty(h, view_sub(h->u, 32, 8), hash);
	if (r || memcmp(hash, h->u.p, 32) != 0)
		return r;
	r = hash_empty(h, view_sub(h->u, 40, 8), hash);
	if (r == 0)
		r = cipher_aes_decrypt(view_of(hash, 32), zero, view_sub(h->ue, 0, 32), c->key);
	*ret = true;
	return r;
}

/* The method of a crypt filter. False where nobody knows it. */
static bool method_of(struct pdf_file *f, const char *which, enum pdf_crypt_method *ret)
{
	const struct pdf_object *encrypt = pdf_resolve(f, f->encrypt);
	const struct pdf_object *filters = pdf_get(f, encrypt, "CF");
	const struct pdf_object *name = pdf_get(f, encrypt, which), *method = NULL;

	*ret = PDF_CRYPT_NONE;
	if (name->type != PDF_NAME || pdf_is_name(name, "Identity"))
		return true;
	for (uint32_t i = 0; filters->type == PDF_DICT && i < filters->n; i++) {
		const struct pdf_object *key = &filters->items[2 * (size_t)i];
		if (view_eq(key->text, name->text))
			method = pdf_get(f, pdf_resolve(f, key + 1), "CFM");
	}
	if (pdf_is_name(method, "V2"))
		*ret = PDF_CRYPT_RC4;
	else if (pdf_is_name(method, "AESV2"))
		*ret = PDF_CRYPT_AES128;
	else if (pdf_is_name(method, "AESV3"))
		*ret = PDF_CRYPT_AES256;
	else
		return pdf_is_name(method, "None");
	return true;
}

static bool methods_read(struct pdf_file *f, const struct handler *h, struct pdf_crypt *c)
{
	double bits = pdf_get_number(f, pdf_resolve(f, f->encrypt), "Length", 40);

	c->streams = c->strings = PDF_CRYPT_RC4;
	c->n = h->revision == 2 || bits < 40 || bits > 128 ? 5 : (size_t)bits / 8;
	if (h->version < 4)
		return h->version >= 1;
	c->n = h->version == 4 ? 16 : 32;
	return method_of(f, "StmF", &c->streams) && method_of(f, "StrF", &c->strings) &&
		(c->streams == PDF_CRYPT_AES256) == (h->version == 5 && c->streams);
}

int pdf_crypt_open(struct pdf_file *f)
{
	const struct pdf_object *d = pdf_resolve(f, f->encrypt);
	const struct pdf_object *id = pdf_item(f, pdf_resolve(f, f->id), 0);
	const struct pdf_object *metadata = pdf_get(f, d, "EncryptMetadata");
	double permissions = pdf_get_number(f, d, "P", 0);
	struct handler h = {
		.version = (int)pdf_get_number(f, d, "V", 0),
		.revision = (int)pdf_get_number(f, d, "R", 0),
		.o = string_of(f, d, "O"),
		.u = string_of(f, d, "U"),
		.ue = string_of(f, d, "UE"),
		.id = id->type == PDF_STRING ? id->text : VIEW_EMPTY,
		.permissions = (uint32_t)(int64_t)permissions,
		.metadata = metadata->type != PDF_BOOL || metadata->number != 0,
	};
	struct pdf_crypt *c = pdf_arena_alloc(&f->arena, sizeof(*c));
	bool fits = false;

	if (!c)
		return -ENOMEM;
	if (!pdf_is_name(pdf_get(f, d, "Filter"), "Standard") || h.version < 1 || h.version > 5 ||
		h.revision < 2 || h.revision > 6 || (h.revision >= 5) != (h.version == 5) ||
		!methods_read(f, &h, c))
		return 0;
	c->metadata = h.metadata;

	int r;
	if (h.version == 5) {
		r = key_unwrap(&h, c, &fits);
	} else {
		r = key_make(&h, c);
		if (r == 0)
			r = key_check(&h, c, &fits);
	}
	if (r == 0 && fits)
		f->crypt = c;
	return r;
}

/* Algorithm 1: the key of one object. */
static int object_key(const struct pdf_crypt *c, enum pdf_crypt_method method, uint32_t number,
	uint32_t generation, uint8_t ret[32], size_t *ret_n)
{
	uint8_t tail[9] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
		(uint8_t)generation, (uint8_t)(generation >> 8), 's', 'A', 'l', 'T'};

	if (method == PDF_CRYPT_AES256) {
		memcpy(ret, c->key, 32);
		*ret_n = 32;
		return 0;
	}
	*ret_n = method == PDF_CRYPT_AES128 ? 16 : MIN(c->n + 5, (size_t)16);
	return cipher_md5(
		view_of(c->key, c->n), view_of(tail, method == PDF_CRYPT_AES128 ? 9 : 5), ret);
}

/* Into `out`, which has room for in.n bytes. */
static int decrypt(const struct pdf_crypt *c, enum pdf_crypt_method method, uint32_t number,
	uint32_t generation, struct view in, uint8_t *out, size_t *ret_n)
{
	uint8_t key[32];
	size_t n;
	int r = object_key(c, method, number, generation, key, &n);

	*ret_n = 0;
	if (r || in.n == 0)
		return r;
	if (method == PDF_CRYPT_RC4) {
		cipher_rc4(view_of(key, n), in, out);
		*ret_n = in.n;
		return 0;
	}
	if (in.n < 2 * AES_BLOCK)
		return 0;
	struct view blocks = view_sub(in, AES_BLOCK, (in.n - AES_BLOCK) & ~(size_t)(AES_BLOCK - 1));
	r = cipher_aes_decrypt(view_of(key, n), in.p, blocks, out);
	if (r)
		return r;
	uint8_t pad = out[blocks.n - 1];
	*ret_n = pad >= 1 && pad <= AES_BLOCK ? blocks.n - pad : blocks.n;
	return 0;
}

int pdf_crypt_stream(struct pdf_file *f, const struct pdf_object *stream, struct buf *out)
{
	const struct pdf_raw *raw = stream->raw;
	const struct pdf_object *type = pdf_dict_get(stream, "Type");
	size_t n;

	buf_clear(out);
	if (f->crypt->streams == PDF_CRYPT_NONE || pdf_is_name(type, "XRef") ||
		(!f->crypt->metadata && pdf_is_name(type, "Metadata")))
		return buf_put_view(out, raw->bytes);
	int r = buf_reserve(out, raw->bytes.n);
	if (r)
		return r;
	r = decrypt(
		f->crypt, f->crypt->streams, raw->number, raw->generation, raw->bytes, out->p, &n);
	out->n = r ? 0 : n;
	return r;
}

int pdf_crypt_strings(
	struct pdf_file *f, uint32_t number, uint32_t generation, struct pdf_object *o)
{
	size_t n = o->type == PDF_ARRAY ? o->n : o->type == PDF_DICT ? 2 * (size_t)o->n : 0;
	int r = 0;

	if (f->crypt->strings == PDF_CRYPT_NONE)
		return 0;
	if (o->type == PDF_STRING && o->text.n) {
		uint8_t *out = pdf_arena_alloc(&f->arena, o->text.n);
		if (!out)
			return -E2BIG;
		r = decrypt(f->crypt, f->crypt->strings, number, generation, o->text, out, &n);
		o->text = view_of(out, n);
		return r;
	}
	/* the items are fresh in the arena and nobody else's */
	for (size_t i = 0; i < n && r == 0; i++)
		r = pdf_crypt_strings(f, number, generation, (struct pdf_object *)&o->items[i]);
	return r;
}
