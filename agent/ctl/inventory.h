/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's inventory, for commands: as docs/architecture.md has it, page by page. */
#pragma once

#include "conf/conf.h"
#include "ctl/commands.h"
#include "model/level.h"

/* Of a document, or at the end of how far the search has come. 0, or an exit status. */
typedef int (*inventory_fn)(void *userdata, const struct conf_node *n);

/* Those that the caller may know of, at or above `level`, below `below` ("" for all). An exit
   status; quiet where no agent answers: -errno then. */
must_check int inventory_each(const struct ctl *ctl, enum level level, const char *below,
	inventory_fn document, inventory_fn end, void *userdata);
