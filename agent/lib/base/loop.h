/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one loop of a process: epoll, a signalfd and timers. Callbacks run one at a time and must not
 * block. A negative return of a callback ends loop_run() with that value.
 */
#pragma once

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "base/list.h"
#include "base/macros.h"

struct loop;
struct loop_source; /* a descriptor in the loop; owned by the loop until removed */
struct loop_timer;

typedef int (*loop_fd_fn)(void *userdata, int fd, uint32_t events);
typedef int (*loop_signal_fn)(void *userdata, const struct signalfd_siginfo *si);
typedef int (*loop_timer_fn)(void *userdata);

must_check int loop_new(struct loop **ret);
struct loop *loop_free(struct loop *l); /* takes NULL, returns NULL; closes no watched descriptor */
void loop_freep(struct loop **l);

/* Watches `fd`, which stays the caller's and must outlive the source. */
must_check int loop_add(struct loop *l, int fd, uint32_t events, loop_fd_fn fn, void *userdata,
	struct loop_source **ret);
must_check int loop_source_events(struct loop_source *s, uint32_t events);
/* Safe inside callbacks, the source's own included. Takes NULL; returns NULL. */
struct loop_source *loop_source_remove(struct loop_source *s);

/* Blocks the signals for the process and delivers them here. Once per loop. */
must_check int loop_signals(
	struct loop *l, const int *signals, size_t n, loop_signal_fn fn, void *userdata);

/* A one-shot timer, disarmed at first. */
must_check int loop_timer_new(
	struct loop *l, loop_timer_fn fn, void *userdata, struct loop_timer **ret);
void loop_timer_set(struct loop_timer *t, uint64_t at); /* clock_now() time; 0 disarms */
uint64_t loop_timer_due(const struct loop_timer *t);    /* 0 where disarmed */
struct loop_timer *loop_timer_free(struct loop_timer *t);

/* Runs until a callback returns non-zero, and returns that. LOOP_DONE is the ordinary end. */
#define LOOP_DONE 1
must_check int loop_run(struct loop *l);
/* One round: waits at most until the next timer or `timeout_ms` (-1: no bound). 0, or as above. */
must_check int loop_step(struct loop *l, int timeout_ms);
