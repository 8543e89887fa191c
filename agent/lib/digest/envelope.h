/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content for somebody who is elsewhere: CMS (RFC 5652, RFC 5083) in DER, encrypted with AES-256 in
 * GCM to the public key of a certificate, as `openssl cms -decrypt -inform DER -inkey KEY` opens
 * it. Whoever has the certificate alone can make such a thing and open none.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"

#define ENVELOPE_CERTIFICATE_MAX (64U << 10) /* bytes of the PEM text; likewise of a key */

#define ENVELOPE_BAD 1 /* no certificate or key that this could be done with, or another one's */

/* Takes the next bytes; what it returns (0 or -errno) ends it where it is not 0. */
typedef int (*envelope_sink_fn)(void *userdata, struct view v);

struct envelope;

/* 0, ENVELOPE_BAD, -ENOMEM or -EIO, or what the sink returned. Memory is bounded, whatever is
   written. */
must_check int envelope_new(
	struct view certificate, envelope_sink_fn sink, void *userdata, struct envelope **ret);
struct envelope *envelope_free(struct envelope *e); /* takes NULL, returns NULL */
void envelope_freep(struct envelope **e);
must_check int envelope_write(struct envelope *e, struct view v);
/* Nothing is to be written after it; at least a byte before. */
must_check int envelope_finish(struct envelope *e);

/* With the private key (PEM; its passphrase is asked for on the terminal). Nothing reaches the sink
   that was not authenticated. 0, ENVELOPE_BAD, -EBADMSG where `sealed` is damaged or no such thing,
   or an error. */
must_check int envelope_open(
	struct view key, struct view sealed, envelope_sink_fn sink, void *userdata);
