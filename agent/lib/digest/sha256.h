/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4) through OpenSSL's libcrypto, the only directory that includes it. */
#pragma once

#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"

#define SHA256_SIZE 32

struct sha256; /* a running digest */

must_check int sha256_new(struct sha256 **ret);
struct sha256 *sha256_free(struct sha256 *s); /* takes NULL, returns NULL */
void sha256_freep(struct sha256 **s);
must_check int sha256_update(struct sha256 *s, struct view v);
/* The digest so far; afterwards the object starts a new digest. */
must_check int sha256_final(struct sha256 *s, uint8_t ret[SHA256_SIZE]);

/* In one go. 0 or -EIO. */
must_check int sha256(struct view v, uint8_t ret[SHA256_SIZE]);
