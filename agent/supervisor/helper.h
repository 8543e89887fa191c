/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short-lived copy of the supervisor for what may wait for ever: marking a file system whose
 * server a user runs. Dies with the supervisor, whose group it holds.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"

/* Runs fn in the copy; what it returns (0 or -errno) is the result. Its pid, or -errno. */
must_check pid_t helper_start(int (*fn)(void *userdata), void *userdata);

/* The result, which ends it; -EAGAIN where it is not there after so many milliseconds. */
must_check int helper_wait(pid_t helper, int ms);

void helper_kill(pid_t helper);

/* In the copy: becomes that user and group, but keeps the capabilities. */
must_check int helper_become(uint32_t uid, uint32_t gid);

/* Likewise. Where paths mean what they mean to users, and are writable; our own namespace may be
   read-only. Where there is no way there, our own has to do. */
void helper_enter_host(void);

/* Likewise: closes all but the standard descriptors and these (-1: none). What a helper that hangs
   holds would outlive the supervisor: above all the group of events, for which the opens of all
   processes wait. */
void helper_keep_only(const int *fds, size_t n);
