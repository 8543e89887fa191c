/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the running agent, over its control socket. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "ctl/commands.h"

/* The same with a body, and quiet where no agent answers: -ENOENT or -ECONNREFUSED then. */
must_check int control_call(
	const struct ctl *ctl, uint16_t request, struct view body, struct buf *ret_text);

/* An answer that says: not this caller. */
#define CONTROL_FORBIDDEN 3

/* The same with a descriptor to send (-1: none), which is CTL_TEXT's or CTL_BLOB's answer: `ret_fd`
   is the blob's, or -1. Waits up to `ms`. As control_ask() where no agent answers;
   CONTROL_FORBIDDEN where the agent says that this caller may not. */
must_check int control_exchange(const struct ctl *ctl, uint16_t request, struct view body, int fd,
	int ms, struct buf *ret_text, int *ret_fd);

/* One request and its CTL_TEXT. Blocks up to 5 s. 0; 1 where the agent said no (`ret_text` says
   why); CTL_FAILED after saying on stderr that no agent answered, and where it was looked for. */
must_check int control_ask(const struct ctl *ctl, uint16_t request, struct buf *ret_text);
