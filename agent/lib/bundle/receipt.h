/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the reviewers' side gives back for an export on a medium: that the records up to here came,
 * signed with a key that the agent trusts. docs/policy-lifecycle.md has the form.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "bundle/bundle.h"

#define RECEIPT_JOURNAL   32U /* hex digits of a journal's id */
#define RECEIPT_BYTES_MAX 1024U

struct receipt {
	char host[BUNDLE_HOST_MAX + 1];
	char journal[RECEIPT_JOURNAL + 1];
	uint64_t first, last;           /* numbers of records */
	uint8_t hash[SHA256_SIZE];      /* of the last record */
	uint8_t statement[SHA256_SIZE]; /* of the export's statement file */
	char time[32];                  /* RFC 3339 */
	struct bundle_signature signature;
};

/* Signs it and appends its text. 0 or -errno; -EINVAL where a member is none. */
must_check int receipt_put(struct receipt *r, const struct sign_secret *key, struct buf *out);
/* The whole text and nothing else, byte for byte as receipt_put() writes it. 0 or -EBADMSG. */
must_check int receipt_parse(struct view v, struct receipt *ret);
/* SIGN_VALID by one of `keys`, else SIGN_INVALID; or an error. */
must_check int receipt_check(const struct receipt *r, const struct sign_public *keys, size_t n);
