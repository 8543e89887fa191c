/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the agent over its control socket, several at once, none of which is waited for. */
#pragma once

#include "base/loop.h"
#include "base/macros.h"
#include "base/view.h"

#define LINK_ACTIVE_MAX 6U    /* connections: the agent takes eight of a user */
#define LINK_WAIT_MAX   2048U /* questions that wait for one */

struct link;

/* outcome: 0 done; 1 the agent said no (`text` says why); CTL_TEXT_FORBIDDEN: likewise, as this
   person may not; CTL_TEXT_LATE: likewise, as somebody else
   was first; negative: no answer (-ENOENT and
   -ECONNREFUSED: no agent; -ESTALE: the session is over). `fd` is a blob's or -1, and the callee's.
 */
typedef void (*link_fn)(void *userdata, int outcome, struct view text, int fd);

must_check int link_new(struct loop *l, const char *socket, struct link **ret);
/* Every question that is open is answered with -ECANCELED. Takes NULL, returns NULL. */
struct link *link_free(struct link *l);

/* Calls back once, later. `session`: the agent's, of the person who asks; NULL: nobody. `body` is
   copied, and `fd` (-1: none) duplicated. 0, or -errno, and then it does not call back. */
must_check int link_ask(struct link *l, const char *session, uint16_t request, struct view body,
	int fd, uint64_t wait_ns, link_fn done, void *userdata);

void link_tick(struct link *l); /* gives up what took too long; call a few times a second */
