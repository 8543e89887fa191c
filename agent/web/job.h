/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that take longer than a request: whoever began one asks how far it is. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "web/command.h"

#define JOBS_MAX 16U /* that are remembered; the oldest that is done makes room */

struct jobs;

must_check int jobs_new(struct jobs **ret);
struct jobs *jobs_free(struct jobs *j); /* after commands_free(); takes NULL, returns NULL */

/* -EAGAIN where too many run. `done` (or NULL) is told besides, with `userdata`. */
must_check int jobs_start(struct jobs *j, struct commands *c, uint32_t uid,
	const struct command *what, command_fn done, void *userdata, uint64_t *ret);
bool jobs_runs(const struct jobs *j, uint64_t number);
/* {state, done, total, result}. -ENOENT where there is none of this person's. */
must_check int jobs_put(const struct jobs *j, uint64_t number, uint32_t uid, struct json *out);
