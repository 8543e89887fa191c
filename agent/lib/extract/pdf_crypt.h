/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The standard security handler, for files that open with the empty user password: RC4 of 40 to 128
 * bits, AES of 128 and 256 bits.
 */
#pragma once

#include "extract/pdf_file.h"

enum pdf_crypt_method {
	PDF_CRYPT_NONE,
	PDF_CRYPT_RC4,
	PDF_CRYPT_AES128,
	PDF_CRYPT_AES256,
};

struct pdf_crypt {
	uint8_t key[32];
	size_t n;
	enum pdf_crypt_method streams, strings;
	bool metadata; /* is encrypted, too */
};

/* Makes f->crypt of f->encrypt, or leaves it NULL where a password or another handler is needed.
   0, EXTRACT_STOP or -errno */
must_check int pdf_crypt_open(struct pdf_file *f);

/* The bytes of an object's stream in the clear, in place of what `out` had. 0 or -errno */
must_check int pdf_crypt_stream(
	struct pdf_file *f, const struct pdf_object *stream, struct buf *out);

/* Replaces the strings inside a freshly parsed object. 0 or -errno */
must_check int pdf_crypt_strings(
	struct pdf_file *f, uint32_t number, uint32_t generation, struct pdf_object *o);
