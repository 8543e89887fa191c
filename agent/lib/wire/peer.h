/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection to another process inside a loop: reads frames and hands them over, and queues what
 * the socket does not take at once, up to a bound. Owns its socket.
 */
#pragma once

#include "base/loop.h"
#include "wire/frame.h"

#define WIRE_QUEUE_MAX (4U << 20) /* bytes that may wait for a slow peer */

struct wire_peer;

/* `frame` is valid for the call; wire_frame_done() is the peer's. A NULL frame says that the peer
   is gone or broke the protocol (`why`: 0 for an orderly end, else -errno); the callee then frees
   the peer. A negative return ends the loop. */
typedef int (*wire_peer_fn)(
	void *userdata, struct wire_peer *peer, struct wire_frame *frame, int why);

/* Takes `sock` over, also on failure. `rows` is what this side accepts; it must stay valid. */
must_check int wire_peer_new(struct loop *l, int sock, const struct wire_row *rows, size_t n_rows,
	wire_peer_fn fn, void *userdata, struct wire_peer **ret);
struct wire_peer *wire_peer_free(struct wire_peer *p); /* takes NULL, returns NULL */

/* Sends, or queues with duplicates of the descriptors. 0; -ENOBUFS where the queue is full;
   -EPIPE where the peer is gone (the callback tells too). */
must_check int wire_peer_send(struct wire_peer *p, uint16_t type, uint32_t id, struct view body,
	const int *fds, unsigned n_fds);

/* Frames that are taken before others have their turn; 64 unless said. One, where whoever sends
   them may be anybody and each may cost something. */
void wire_peer_turn(struct wire_peer *p, unsigned frames);

size_t wire_peer_queued(const struct wire_peer *p); /* bytes */
int wire_peer_fd(const struct wire_peer *p);
