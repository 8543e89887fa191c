/* SPDX-License-Identifier: Apache-2.0 */
/*
 * org.freedesktop.Notifications on the session's bus (Desktop Notifications Specification 1.2).
 * Calls wait for the notification server, POPUP_WAIT_S at most.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"

#define POPUP_WAIT_S 5U

struct popup;

/* Connects to the session's bus. -EEXIST where another one of this program is there already. */
must_check int popup_new(struct popup **ret);
struct popup *popup_free(struct popup *p); /* takes NULL, returns NULL */

/* Shows a notice, in the place of `*id` unless that is 0; `*id` becomes its own. Texts have no NUL
   within. `urgent`: stays until it is closed. 0 or -errno. */
must_check int popup_show(
	struct popup *p, const char *title, const char *body, bool urgent, uint32_t *id);

/* The bus, to wait for: readable where something is to be done. */
int popup_fd(const struct popup *p);
must_check int popup_process(struct popup *p); /* negative: the session is over */
