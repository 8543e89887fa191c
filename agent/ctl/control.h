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

/* One request and its CTL_TEXT. Blocks up to 5 s. 0; 1 where the agent said no (`ret_text` says
   why); CTL_FAILED after saying on stderr that no agent answered, and where it was looked for. */
must_check int control_ask(const struct ctl *ctl, uint16_t request, struct buf *ret_text);
