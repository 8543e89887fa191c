/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "gate/gate.h"

/* Timers, before the first frame. 0 or -errno. */
must_check int serve_init(struct gate *g);
/* Begins to answer once the group, the memory and a policy are there. 0 or -errno. */
must_check int serve_when_complete(struct gate *g);
/* Answers everything that is open, and ends the loop. */
int serve_stop(struct gate *g);
