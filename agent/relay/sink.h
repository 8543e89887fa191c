/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where records go: a file, a datagram or stream socket on this computer, TCP or TLS (octet
 * counting, RFC 6587 and 5425). Blocks, within SINK_WAIT_MS. A record counts as delivered when it
 * is in the file, or when the other side's kernel has acknowledged it; on a stream socket of this
 * computer when it was read, and a datagram when it was taken.
 */
#pragma once

#include "base/view.h"
#include "relay/cursor.h"
#include "settings/settings.h"

#define SINK_WAIT_MS 15000

struct sink;

must_check int sink_new(const struct settings_sink *s, struct sink **ret);
struct sink *sink_free(struct sink *s); /* takes NULL, returns NULL */

/* Connects or opens. A file loses what it got behind the cursor. 0 or -errno; `ret_why` (256 bytes)
   says more. */
must_check int sink_open(struct sink *s, const struct cursor *c, char *ret_why);
void sink_close(struct sink *s);

must_check int sink_send(struct sink *s, struct view message);
/* All that was sent is delivered; fills in where a file ends. */
must_check int sink_confirm(struct sink *s, struct cursor *c);
/* While there is nothing to send: -EPIPE where the other side has gone. */
must_check int sink_check(struct sink *s);
bool sink_wants_syslog(const struct sink *s);

/* tls.c: over a connected socket. */
struct tls;
must_check int tls_new(const struct settings_sink *s, struct tls **ret, char *ret_why);
struct tls *tls_free(struct tls *t);
must_check int tls_connect(struct tls *t, int fd, char *ret_why);
must_check int tls_write(struct tls *t, struct view v);
void tls_disconnect(struct tls *t);
