/* SPDX-License-Identifier: Apache-2.0 */
/* `sealgate` itself, for what is rare and heavy: a few at a time, none of which is waited for. */
#pragma once

#include "base/loop.h"
#include "base/macros.h"
#include "base/view.h"

#define COMMANDS_ACTIVE_MAX 2U
#define COMMANDS_WAIT_MAX   16U
#define COMMAND_ARGS_MAX    32U
#define COMMAND_FDS_MAX     4U
#define COMMAND_FIRST_FD    10          /* the first of `fds` in the program */
#define COMMAND_OUT_MAX     (8U << 20)  /* bytes; more is a failure */
#define COMMAND_ERR_MAX     (16U << 10) /* bytes that are kept */

struct commands;

/* What the program says of how far it is: lines of two numbers on stderr. */
typedef void (*command_progress_fn)(void *userdata, uint64_t done, uint64_t total);

struct command {
	const char *args[COMMAND_ARGS_MAX]; /* behind "sealgate --config FILE"; ended by NULL */
	int fds[COMMAND_FDS_MAX];           /* duplicated */
	size_t n_fds;
	const char *dir; /* to run in, or NULL */
	uint64_t wait_ns;
	command_progress_fn progress; /* or NULL */
};

/* outcome: an exit status, or negative: it could not be run, or took too long, or said too much. */
typedef void (*command_fn)(void *userdata, int outcome, struct view out, struct view err);

must_check int commands_new(struct loop *l, const char *config, struct commands **ret);
/* What runs is killed; all are answered with -ECANCELED. Takes NULL, returns NULL. */
struct commands *commands_free(struct commands *c);

/* Calls back once, later. 0; -EAGAIN where too many wait; -errno; then it does not call back. */
must_check int commands_run(
	struct commands *c, const struct command *what, command_fn done, void *userdata);
void commands_tick(struct commands *c); /* starts, and gives up; call a few times a second */
