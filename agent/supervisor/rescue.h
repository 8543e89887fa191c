/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in for the gate while it waits for a user's FUSE server. To hand over an event about
 * a file of such a server, the kernel opens the file for the gate, and the server is asked. Where
 * the server then opens a file that is under marks itself (the document portal does so each time),
 * its own open waits for the gate, which waits for the server.
 *
 * So does the agent itself where its own programs lie on a layer that is under marks (layers.h).
 *
 * Rescuers are short-lived copies of the supervisor that live while a FUSE file system is under
 * marks, or such a layer. They look at the gate's heartbeat, and when it
 * stands still while the gate waits in a system call, or is gone for longer than a restart takes,
 * and events are there, they answer these: processes of an application, known by
 * their tag group or as the gate knows them, are refused, and may try again; all others are
 * allowed. So a server that never answers holds up nobody but who uses it. One that is seen to wait
 * for the gate, while the gate waits for a server, is not waited for any longer.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"
#include "wire/gate_shared.h"
#include "wire/subjects.h"

/* Each may end up waiting for another open of a server's file. */
#define RESCUERS 4U

struct rescue;

/* `subjects` may be NULL. */
must_check int rescue_new(int group_fd, const struct gate_shared *shared,
	const struct subjects *subjects, struct rescue **ret);
struct rescue *rescue_free(struct rescue *r); /* takes NULL, returns NULL */

/* Starts those that do not run. 0 or -errno. */
int rescue_start(struct rescue *r);
void rescue_stop(struct rescue *r);

void rescue_pids(const struct rescue *r, pid_t ret[RESCUERS]); /* 0: it does not run */

/* How many events were answered in the gate's stead so far, and how many of these refused. */
void rescue_counts(const struct rescue *r, uint64_t *ret_answered, uint64_t *ret_refused);
