/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames: one SOCK_SEQPACKET message is one frame: a type, a request number and a body, with
 * descriptors beside it. wire/protocol.h has the types. Large blobs travel as sealed memfds.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

#define WIRE_BODY_MAX (128U << 10) /* bytes */
#define WIRE_FDS_MAX  4

struct wire_frame {
	uint16_t type;
	uint32_t id;
	struct view body; /* in the receiver's storage */
	int fds[WIRE_FDS_MAX];
	unsigned n_fds;
};

/* Takes a received descriptor out of the frame; -1 where there is none left at `i`. */
int wire_frame_take_fd(struct wire_frame *f, unsigned i);

/* Closes what was not taken. Call for every received frame. */
void wire_frame_done(struct wire_frame *f);

/* Sends without blocking. 0; -EAGAIN where the socket is full; -EPIPE, -ECONNRESET where the peer
   is gone; -EMSGSIZE. The descriptors stay the caller's. */
must_check int wire_send(
	int sock, uint16_t type, uint32_t id, struct view body, const int *fds, unsigned n_fds);

/* Receives one frame into `storage`, without blocking on a non-blocking socket.
   0; WIRE_EOF; -EAGAIN; -EPROTO for a truncated or malformed frame. */
#define WIRE_EOF 1
must_check int wire_receive(int sock, struct buf *storage, struct wire_frame *ret);

/* Connects to the socket at `path`. A blocking descriptor, or -errno. */
must_check int wire_dial(const char *path);

/* A connected pair, both ends close-on-exec and non-blocking. */
must_check int wire_pair(int ret[2]);

/* What one side accepts: anything without a row ends the connection. A type may have several. */
struct wire_row {
	uint16_t type;
	uint32_t body_min, body_max;
	uint8_t n_fds;
};

/* 0, or -EPROTO where no row permits the frame. */
must_check int wire_check(const struct wire_row *rows, size_t n, const struct wire_frame *f);
