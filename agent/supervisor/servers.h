/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FUSE servers that do not answer. A request that a server has taken up and does not answer cannot
 * be ended by any signal: who waits for it, waits. The gate and its rescuers wait for servers when
 * they are given events about their files; where all of them do, nobody's open is answered, and any
 * user could bring that about. Then the kernel is told to end the connection to the server, which
 * answers all that wait with an error. Its user's mounts are left alone for a while.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"

#define SERVERS_STALL_NS  (400 * NSEC_PER_MSEC) /* all wait */
#define SERVERS_SILENT_NS (10 * NSEC_PER_SEC)   /* one of them waits */
#define SERVERS_SHUN_NS   (600 * NSEC_PER_SEC)
#define SERVERS_SHUN_MAX  64U

struct servers {
	uint64_t any_since, all_since; /* 0: not now */
	uint64_t ended;                /* connections */
	struct {
		uint32_t uid;
		uint64_t until;
	} shunned[SERVERS_SHUN_MAX];
	uint32_t next_shunned;
};

/* Whether the process waits for a server's answer. */
bool servers_waits(pid_t pid);

/* Of `n` processes, which wait and for how long? True where a connection has to be ended: at the
   end of the agent (`hurry`), where any waits. */
bool servers_look(struct servers *s, const pid_t *pids, unsigned n, bool hurry);

/* Whether something waits for the server of the file system, by its device number. */
bool servers_is_waited_for(uint64_t dev);
/* Ends the connection. 0 or -errno. */
int servers_end(struct servers *s, uint64_t dev, uint32_t uid);

bool servers_is_shunned(const struct servers *s, uint32_t uid);
