/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child's side of the supervisor's control socket: configuration, pings, sockets to the others,
 * and the end. The one piece that core, log, watch and scan start with.
 */
#pragma once

#include "base/loop.h"
#include "wire/config.h"
#include "wire/frame.h"
#include "wire/protocol.h"

struct child;

struct child_events {
	/* A socket to another process; taken over by the callee. 0 or -errno (ends the loop). */
	int (*peer)(void *userdata, enum role role, uint32_t index, int sock);
	/* SUP_STOP, or the supervisor is gone: finish; LOOP_DONE ends the loop at once. */
	int (*stop)(void *userdata);
	/* Any other frame of `rows`. May be NULL where there are no rows. */
	int (*frame)(void *userdata, struct wire_frame *frame);
	const struct wire_row *rows; /* beyond SUP_PEER, SUP_PING, SUP_STOP */
	size_t n_rows;
};

#define CHILD_ROWS_MAX 32

/* Waits for SUP_CONFIG on PROTOCOL_CONTROL_FD; blocks, before the loop. 0, -EPROTO, -ECONNRESET. */
must_check int child_config(struct config *ret);

/* `events` must stay valid. 0 or -errno. */
must_check int child_new(
	struct loop *l, const struct child_events *events, void *userdata, struct child **ret);
struct child *child_free(struct child *c); /* takes NULL, returns NULL */

/* To the supervisor. 0 or -errno. */
must_check int child_send(struct child *c, uint16_t type, uint32_t id, struct view body,
	const int *fds, unsigned n_fds);
must_check int child_ready(struct child *c, const char *note);

/* Says why this process is about to exit; works before child_new() and without a loop. */
void child_fatal(const char *fmt, ...) printf_like(1, 2);
