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

/* How a notice can be answered in this session, as its server says. */
enum popup_way {
	POPUP_NOT,    /* it cannot */
	POPUP_BUTTON, /* it can be pressed */
	POPUP_REPLY,  /* a text can be typed into it */
};

struct popup_notice {
	const char *title, *body;
	bool urgent;        /* stays until it is closed */
	const char *button; /* NULL: nothing to answer */
};

/* A notice was answered: `text` is what was typed, NULL where only the button was pressed. */
typedef void (*popup_fn)(void *userdata, uint32_t id, const char *text);

/* Connects to the session's bus. -EEXIST where another one of this program is there already. */
must_check int popup_new(popup_fn fn, void *userdata, struct popup **ret);
struct popup *popup_free(struct popup *p); /* takes NULL */

enum popup_way popup_way(struct popup *p);

/* Shows a notice, in the place of `*id` unless that is 0; `*id` becomes its own. Texts have no NUL
   within. 0 or -errno. */
must_check int popup_show(struct popup *p, const struct popup_notice *n, uint32_t *id);

/* The bus, to wait for: readable where something is to be done. */
int popup_fd(const struct popup *p);
must_check int popup_process(struct popup *p); /* negative: the session is over */
