/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle: a policy with every file that it includes, or rule packs, or both, in one file
 * with a manifest of digests, a counter and signatures. docs/policy-lifecycle.md has the form. What
 * is parsed is checked whole: order, names, sizes, every file's digest, and that nothing is left
 * over. Who signed it is another question, answered by bundle_signers().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"
#include "digest/sha256.h"
#include "digest/sign.h"

#define BUNDLE_FILES_MAX      1024U
#define BUNDLE_NAME_MAX       1024U       /* bytes of a file's name */
#define BUNDLE_BYTES_MAX      (64U << 20) /* of all contents */
#define BUNDLE_SIGNATURES_MAX 16U
#define BUNDLE_HOSTS_MAX      64U
#define BUNDLE_HOST_MAX       64U        /* bytes of a host's name, as Linux has it */
#define BUNDLE_MANIFEST_MAX   (2U << 20) /* bytes up to the contents */

#define BUNDLE_MAGIC  "sealgate-bundle 1\n"
#define BUNDLE_POLICY "policy.yaml" /* name of the policy file itself */

enum bundle_kind {
	BUNDLE_KIND_POLICY, /* policy.yaml and what it includes */
	BUNDLE_KIND_RULES,  /* PACK/FILE */
	BUNDLE_KIND_MAX,
};

const char *bundle_kind_name(enum bundle_kind kind);

/* Names are relative without `.`, `..` and empty components; those of included files that the
   policy names absolutely begin with a slash. */
struct bundle_file {
	enum bundle_kind kind;
	char *name;
	uint8_t digest[SHA256_SIZE];
	uint8_t *content; /* owned; NULL for an empty one */
	size_t n;
};

struct bundle_signature {
	char id[SIGN_ID_TEXT];
	uint8_t bytes[SIGN_SIZE];
};

struct bundle {
	uint64_t counter;                   /* 0: not for signing */
	char created[32];                   /* RFC 3339, or "" */
	char (*hosts)[BUNDLE_HOST_MAX + 1]; /* for these alone; none: for all */
	size_t n_hosts;
	struct bundle_file *files; /* by kind, then name */
	size_t n_files, cap, bytes;
	struct bundle_signature signatures[BUNDLE_SIGNATURES_MAX];
	size_t n_signatures;
};

void bundle_done(struct bundle *b); /* of a zero-initialised or used one */

/* The content is copied. 0; -EEXIST; -EINVAL for a bad name; -E2BIG over a bound. */
must_check int bundle_add(
	struct bundle *b, enum bundle_kind kind, const char *name, struct view content);
const struct bundle_file *bundle_find(
	const struct bundle *b, enum bundle_kind kind, const char *name);
bool bundle_has(const struct bundle *b, enum bundle_kind kind);

/* For this host too. -EEXIST; -EINVAL for what is no name; -E2BIG. */
must_check int bundle_add_host(struct bundle *b, const char *host);
bool bundle_is_for(const struct bundle *b, const char *host); /* case does not count */

/* True where the bytes claim to be a bundle. */
bool bundle_is(struct view v);

must_check int bundle_write(const struct bundle *b, struct buf *ret);
/* 0, or -EBADMSG with what is wrong in `ret_why`, or -ENOMEM. */
must_check int bundle_parse(struct view v, struct bundle *ret, char *ret_why, size_t why_size);

/* What the policy says, whatever else is in the bundle and whoever signed it. */
must_check int bundle_digest(
	const struct bundle *b, enum bundle_kind kind, uint8_t ret[SHA256_SIZE]);

/* Adds a signature over the manifest. -EEXIST where this key has signed; -E2BIG. */
must_check int bundle_sign(struct bundle *b, const struct sign_secret *key);

/* How many different ones of `keys` have signed it; a forged signature that names one of them is
   -EBADMSG. `ret_by` has room for the ids joined by commas. */
must_check int bundle_signers(const struct bundle *b, const struct sign_public *keys, size_t n_keys,
	size_t *ret_n, char *ret_by, size_t by_size);

/* Writes the files of a kind below `dir`, which must exist: relative names as they are, absolute
   ones below `dir`/@root. 0 or -errno; what was written stays. */
#define BUNDLE_ROOT "@root"
must_check int bundle_extract(const struct bundle *b, enum bundle_kind kind, const char *dir);
must_check int bundle_remove(const char *dir); /* with all that is in it; 0 where it is not there */
