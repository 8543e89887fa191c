/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's processes: started with exec, watched by pidfd and by pings, replaced when they end
 * or hang. Knows nothing of what they do; main.c wires their sockets.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/json.h"
#include "base/loop.h"
#include "base/macros.h"
#include "wire/config.h"
#include "wire/frame.h"
#include "wire/peer.h"
#include "wire/protocol.h"

struct proc;

struct proc_events {
	/* Started: configuration is sent, sockets are to be handed out. */
	void (*started)(void *userdata, struct proc *p);
	/* Its first CHILD_READY. */
	void (*ready)(void *userdata, struct proc *p);
	/* Ended, or killed for hanging (`hung`). It will be started again unless proc_stop() was
	   called. `status` as of waitid(2). */
	void (*ended)(void *userdata, struct proc *p, bool hung, int status);
	/* Frames other than READY, PONG and FATAL. */
	int (*frame)(void *userdata, struct proc *p, struct wire_frame *f);
};

struct proc_kind {
	enum role role;
	const char *program; /* in libexec */
	uint64_t ping_ns;    /* between pings; 0: none */
	uint64_t hang_ns;    /* without an answer: killed and replaced */
	uint64_t start_ns; /* the same until it is ready: it reads and compiles without answering */
	int nice;
	bool at_once;        /* see proc_run_at_once() */
	uint64_t backoff_ns; /* between restarts, at most */
	const struct wire_row *rows;
	size_t n_rows;
};

/* `config` and `kind` must outlive it. Does not start it. */
must_check int proc_new(struct loop *l, const struct proc_kind *kind, uint32_t index,
	const struct config *config, const char *libexec, const struct proc_events *events,
	void *userdata, struct proc **ret);
struct proc *proc_free(struct proc *p); /* kills; takes NULL, returns NULL */

/* Others wait for it: it runs before whatever else computes, by real-time priority. What it starts
   does not. */
void proc_run_at_once(pid_t pid);

must_check int proc_start(struct proc *p); /* 0 or -errno of the exec */
void proc_stop(struct proc *p);            /* SUP_STOP; no restart */
void proc_kill(struct proc *p, bool hung); /* SIGKILL; it is started again */

must_check int proc_send(struct proc *p, uint16_t type, uint32_t id, struct view body,
	const int *fds, unsigned n_fds);
/* SUP_PEER; `sock` stays the caller's. */
must_check int proc_give_peer(struct proc *p, enum role role, uint32_t index, int sock);

enum role proc_role(const struct proc *p);
uint32_t proc_index(const struct proc *p);
bool proc_is_running(const struct proc *p);
bool proc_is_ready(const struct proc *p);
/* The last CHILD_FATAL, "" where there was none. */
const char *proc_fatal(const struct proc *p);
/* Any sign of life counts like a pong. */
void proc_alive(struct proc *p);

void proc_status(const struct proc *p, struct json *j); /* one object */
const char *proc_name(const struct proc *p);            /* "gate", "scan" ... */
