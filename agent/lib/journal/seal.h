/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints: records that sign the chain up to the record before them with the journal's own key
 * (Ed25519). The secret key lies beside the journal, for its writer alone. A checkpoint kept where
 * the machine cannot reach shows an older copy, a cut end, and a journal that was made anew.
 *
 * What is signed: the word, a NUL, then
 *   checkpoint  "<journal id>\n<number>\n<hash, hex>\n<time>\n"
 *   key         "<journal id>\n<old public key, hex>\n<new public key, hex>\n", by the old key
 */
#pragma once

#include "digest/sha256.h"
#include "digest/sign.h"
#include "journal/journal.h"

#define SEAL_KEY_FILE        "signing.key"   /* secret: PEM, mode 0600 */
#define SEAL_PUBLIC_FILE     "incidents.pub" /* "<journal id> <public key, hex>\n" */
#define SEAL_WORD_CHECKPOINT "sealgate journal checkpoint"
#define SEAL_WORD_KEY        "sealgate journal key"
#define SEAL_RECORDS         1000U /* a checkpoint comes after so many records, */
#define SEAL_NS              (3600 * UINT64_C(1000000000)) /* or so long after the first of them */
#define SEAL_ID_SIZE         32U                           /* hex digits of a journal's id */

struct checkpoint {
	char journal[SEAL_ID_SIZE + 1];
	uint64_t over; /* number of the record that it saw last */
	uint8_t hash[SHA256_SIZE];
	char time[25];
	uint8_t key[SIGN_KEY_SIZE];
	uint8_t signature[SIGN_SIZE];
};

enum seal_key {
	SEAL_KEY_KEPT,
	SEAL_KEY_FIRST, /* made, or told to the journal for the first time */
	SEAL_KEY_LOST,  /* the old one is gone or was replaced: a new one, which it did not sign */
};

/* Finds or makes the key, and appends a record where the journal does not know it. Until then the
   journal is written without checkpoints. Syncs. */
must_check int journal_key(struct journal *j, enum seal_key *ret);
/* A new key, signed by the old one. Syncs. */
must_check int journal_key_rotate(struct journal *j);

/* Appends the payload, where there is one, and right behind it a checkpoint; `ret_seq` is the
   checkpoint's. Durable with journal_sync(). -ENOKEY without journal_key(). */
must_check int journal_seal(struct journal *j, struct view payload, uint64_t *ret_seq);
bool journal_wants_seal(const struct journal *j); /* journal_maintain() does it */
bool journal_is_sealed(const struct journal *j);  /* nothing came since the last checkpoint */

/* Of a checkpoint record's payload, or of an exported file. -EBADMSG. */
must_check int checkpoint_parse(struct view v, struct checkpoint *ret);
/* SIGN_VALID or SIGN_INVALID (by its own key), or -errno. */
must_check int checkpoint_check(const struct checkpoint *c);
/* Appends an object on one line, with its line feed, as exported files have it. */
must_check int checkpoint_put(struct buf *out, const struct checkpoint *c);

/* SIGN_VALID where the key record `payload` is signed by `old`. */
must_check int seal_key_check(
	struct view payload, const uint8_t old[SIGN_KEY_SIZE], const uint8_t key[SIGN_KEY_SIZE]);
