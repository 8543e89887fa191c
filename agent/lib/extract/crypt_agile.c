/* SPDX-License-Identifier: Apache-2.0 */
/* Encryption of packages in the way of Office 2010: an XML document says how. */
#include <errno.h>

#include "extract/crypt.h"
#include "extract/mail_coding.h"
#include "extract/office.h"
#include "extract/xml.h"

/* Bytes of a salt, and spins between two looks at the clock. */
#define SALT_MAX   64
#define SPINS_STEP 5000

struct part {
	enum cipher_hash hash;
	uint32_t key_n;
	uint8_t salt[SALT_MAX];
	size_t salt_n;
};

struct agile {
	struct part data, password;
	uint32_t spins;
	struct buf input, digest, key; /* encrypted */
};

static bool hash_of(struct view name, enum cipher_hash *ret)
{
	static const struct {
		const char *name;
		enum cipher_hash hash;
	} known[] = {
		{"SHA1", CIPHER_SHA1},
		{"SHA-1", CIPHER_SHA1},
		{"SHA256", CIPHER_SHA256},
		{"SHA384", CIPHER_SHA384},
		{"SHA512", CIPHER_SHA512},
		{"MD5", CIPHER_MD5},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (view_eq(name, view_str(known[i].name))) {
			*ret = known[i].hash;
			return true;
		}
	return false;
}

static int read_bytes(const struct xml_token *t, const char *name, struct buf *out)
{
	struct view v;

	buf_clear(out);
	return xml_attr(t, name, &v) ? mail_base64(v, out) : 0;
}

/* CRYPT_LOCKED where it says something that nobody knows. */
static int read_part(const struct xml_token *t, struct part *p)
{
	cleanup_with(buf_done) struct buf salt = BUF_INIT(SALT_MAX);
	struct view v;
	int r;

	if (!xml_attr(t, "cipherAlgorithm", &v) || !view_eq(v, VIEW_LIT("AES")) ||
		!xml_attr(t, "cipherChaining", &v) || !view_eq(v, VIEW_LIT("ChainingModeCBC")) ||
		!xml_attr(t, "hashAlgorithm", &v) || !hash_of(v, &p->hash) ||
		!xml_attr(t, "keyBits", &v))
		return CRYPT_LOCKED;
	p->key_n = office_number(v) / 8;
	if (p->key_n != 16 && p->key_n != 24 && p->key_n != 32)
		return CRYPT_LOCKED;
	r = read_bytes(t, "saltValue", &salt);
	if (r == -E2BIG)
		return CRYPT_LOCKED;
	p->salt_n = salt.n;
	if (salt.n > 0)
		memcpy(p->salt, salt.p, salt.n);
	return r;
}

static int read_key(const struct xml_token *t, struct agile *a)
{
	int r = read_part(t, &a->password);

	if (r == 0)
		r = read_bytes(t, "encryptedVerifierHashInput", &a->input);
	if (r == 0)
		r = read_bytes(t, "encryptedVerifierHashValue", &a->digest);
	return r == 0 ? read_bytes(t, "encryptedKeyValue", &a->key) : r;
}

static int read_xml(struct view v, struct agile *a)
{
	struct xml xml = xml_begin(v);
	struct view spins;
	bool has_data = false;
	struct xml_token t;

	while (xml_next(&xml, &t) != XML_END) {
		int r;

		if (t.kind != XML_OPEN && t.kind != XML_EMPTY)
			continue;
		if (xml_is(&t, "keyData") && !has_data) {
			r = read_part(&t, &a->data);
			if (r != 0)
				return r;
			has_data = true;
		} else if (xml_is(&t, "encryptedKey") && has_data &&
			xml_attr(&t, "spinCount", &spins)) {
			/* one without is for a certificate */
			a->spins = office_number(spins);
			return read_key(&t, a);
		}
	}
	return CRYPT_LOCKED;
}

/* The password's digest, as often digested again as the file says. */
static int stretch(struct extractor *x, const struct agile *a, uint8_t digest[SHA2_SIZE_MAX])
{
	const struct part *p = &a->password;
	int r = cipher_hash(p->hash, view_of(p->salt, p->salt_n), crypt_password(), digest);

	for (uint32_t at = 0; r == 0 && at < a->spins;) {
		uint32_t to = at + MIN(a->spins - at, (uint32_t)SPINS_STEP);

		r = cipher_hash_spin(p->hash, at, to, digest);
		at = to;
		if (r == 0)
			r = extractor_tick(x, EXTRACT_TICK_WORK);
	}
	return r;
}

/* Salts that are too short for a block are filled up. */
static void first_vector(const uint8_t *bytes, size_t n, uint8_t iv[AES_BLOCK])
{
	memset(iv, 0x36, AES_BLOCK);
	memcpy(iv, bytes, MIN(n, (size_t)AES_BLOCK));
}

/* Decrypts one of the three values in place; each has a key that its number is mixed into. */
static int open_value(const struct agile *a, const uint8_t digest[SHA2_SIZE_MAX],
	const uint8_t number[8], struct buf *value)
{
	const struct part *p = &a->password;
	uint8_t key[SHA2_SIZE_MAX], iv[AES_BLOCK];
	int r;

	if (value->n == 0 || value->n % AES_BLOCK || value->n > 2 * SHA2_SIZE_MAX)
		return CRYPT_LOCKED;
	memset(key, 0x36, sizeof(key));
	r = cipher_hash(
		p->hash, view_of(digest, cipher_hash_size(p->hash)), view_of(number, 8), key);
	first_vector(p->salt, p->salt_n, iv);
	return r == 0 ? cipher_aes_decrypt(view_of(key, p->key_n), iv, buf_view(value), value->p)
		      : r;
}

static int open_key(struct extractor *x, struct agile *a)
{
	static const uint8_t numbers[][8] = {{0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79},
		{0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e},
		{0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6}};
	size_t n = cipher_hash_size(a->password.hash);
	uint8_t digest[SHA2_SIZE_MAX], got[SHA2_SIZE_MAX];
	int r;

	if (a->spins > CRYPT_SPINS_MAX)
		return CRYPT_LOCKED;
	r = stretch(x, a, digest);
	if (r == 0)
		r = open_value(a, digest, numbers[0], &a->input);
	if (r == 0)
		r = open_value(a, digest, numbers[1], &a->digest);
	if (r == 0)
		r = open_value(a, digest, numbers[2], &a->key);
	if (r == 0)
		r = cipher_hash(a->password.hash,
			view_sub(buf_view(&a->input), 0, a->password.salt_n), VIEW_EMPTY, got);
	if (r != 0)
		return r;
	if (a->digest.n < n || memcmp(a->digest.p, got, n) != 0 || a->key.n < a->data.key_n)
		return CRYPT_LOCKED;
	return 0;
}

static int open_segments(
	struct extractor *x, const struct agile *a, struct view package, struct buf *out)
{
	const struct part *p = &a->data;
	int r = 0;

	package.n -= package.n % AES_BLOCK;
	r = buf_reserve(out, package.n);
	for (uint32_t i = 0; r == 0 && package.n > 0; i++) {
		const uint8_t number[] = {
			(uint8_t)i, (uint8_t)(i >> 8), (uint8_t)(i >> 16), (uint8_t)(i >> 24)};
		struct view in = view_sub(package, 0, CRYPT_AGILE_SEGMENT);
		uint8_t digest[SHA2_SIZE_MAX], iv[AES_BLOCK];

		r = cipher_hash(p->hash, view_of(p->salt, p->salt_n), view_of(number, 4), digest);
		first_vector(digest, cipher_hash_size(p->hash), iv);
		if (r == 0)
			r = cipher_aes_decrypt(
				view_of(a->key.p, p->key_n), iv, in, out->p + out->n);
		if (r == 0)
			r = extractor_tick(x, in.n);
		if (r == 0)
			out->n += in.n;
		package = view_sub(package, in.n, package.n);
	}
	return r;
}

int crypt_agile(struct extractor *x, struct view xml, struct view package, struct buf *out)
{
	struct agile a = {.spins = 0};
	int r = read_xml(xml, &a);

	if (r == 0)
		r = open_key(x, &a);
	if (r == 0)
		r = open_segments(x, &a, package, out);
	buf_done(&a.input);
	buf_done(&a.digest);
	buf_done(&a.key);
	return r;
}
