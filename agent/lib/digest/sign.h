/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 signatures (RFC 8032) and their keys. A key file is PEM, as `openssl genpkey -algorithm
 * ed25519` writes it, or one line of base64 of the 32 bytes. A key is named by its id: the first
 * bytes of the SHA-256 of the public key, in hex.
 *
 * What is signed is never a bare message: callers put a word of their own before it, so that a
 * signature made for one purpose is none for another.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

#define SIGN_KEY_SIZE 32 /* of the secret seed and of the public key */
#define SIGN_SIZE     64
#define SIGN_ID_SIZE  8
#define SIGN_ID_TEXT  (SIGN_ID_SIZE * 2 + 1)
#define SIGN_FILE_MAX 4096 /* bytes of a key file */
#define SIGN_WORD_MAX 64   /* bytes of the word before a message */
#define SIGN_VALID    0
#define SIGN_INVALID  1

/* What a key file can be besides readable. */
enum sign_file {
	SIGN_FILE_OK,
	SIGN_FILE_BAD,     /* no Ed25519 key of the kind asked for */
	SIGN_FILE_EXPOSED, /* a secret key that others may read or write */
};

struct sign_public {
	uint8_t key[SIGN_KEY_SIZE];
	char id[SIGN_ID_TEXT];
};

struct sign_secret {
	uint8_t seed[SIGN_KEY_SIZE];
	struct sign_public public;
};

/* For cleanup_with(): no copy of a secret stays behind. */
void sign_secret_wipe(struct sign_secret *s);

must_check int sign_generate(struct sign_secret *ret);
must_check int sign_secret_from_seed(const uint8_t seed[SIGN_KEY_SIZE], struct sign_secret *ret);
must_check int sign_public_from_key(const uint8_t key[SIGN_KEY_SIZE], struct sign_public *ret);

/* `word` is the purpose; it is followed by a NUL in what is signed. Of an empty word, the message
   alone (only for comparing with others' signatures). 0, -EINVAL or -EIO. */
must_check int sign_message(
	const struct sign_secret *s, const char *word, struct view message, uint8_t ret[SIGN_SIZE]);
/* SIGN_VALID, SIGN_INVALID, or an error. */
must_check int sign_verify(const struct sign_public *p, const char *word, struct view message,
	const uint8_t signature[SIGN_SIZE]);

/* Key files' text. `enum sign_file` or an error; secrets are appended as PEM. */
must_check int sign_secret_parse(struct view text, struct sign_secret *ret);
must_check int sign_public_parse(struct view text, struct sign_public *ret);
must_check int sign_secret_text(const struct sign_secret *s, struct buf *b);
must_check int sign_public_text(const struct sign_public *p, struct buf *b);

/* A secret key must not be readable by others than its owner and group. */
must_check int sign_secret_read(const char *path, struct sign_secret *ret);
must_check int sign_public_read(const char *path, struct sign_public *ret);
/* Writes a new file, mode 0600 or 0644; -EEXIST where there is one. */
must_check int sign_secret_write(const char *path, const struct sign_secret *s);
must_check int sign_public_write(const char *path, const struct sign_public *p);

/* Base64 in one line; decoding wants exactly `n` bytes and takes white space. 0 or -EBADMSG. */
must_check int sign_base64_put(struct buf *b, struct view v);
must_check int sign_base64_get(struct view text, uint8_t *ret, size_t n);
