/* SPDX-License-Identifier: Apache-2.0 */
/* Starts one of the agent's processes under a fake supervisor. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "wire/config.h"
#include "wire/frame.h"
#include "wire/protocol.h"

struct harness {
	pid_t pid;
	int control;    /* our end, blocking with a timeout of HARNESS_TIMEOUT_S */
	char note[256]; /* of CHILD_READY */
	struct buf storage;
};

#define HARNESS_TIMEOUT_S 20

/* `prepare` runs in the child before exec; NULL for nothing. It dies with the test. */
void harness_start(
	struct harness *h, const char *exe, const struct config *c, void (*prepare)(void));
void harness_wait_ready(struct harness *h);
/* A new socket to "core", handed to the child; ours, blocking with the timeout. */
int harness_core(struct harness *h);
/* One frame; fails the test at an end or after the timeout. */
void harness_receive(struct harness *h, int sock, struct wire_frame *ret);
/* SUP_STOP, and the exit status as of waitpid(2). */
int harness_stop(struct harness *h);
/* Waits for its end. */
int harness_wait(struct harness *h);

/* uid and gid to become: nobody's where the test is root, else none. */
void harness_uid(struct config *c);
