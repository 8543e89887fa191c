/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 for browsers on this computer. libmicrohttpd is included by this folder alone. Every
 * connection has a time for each request and each answer, however slowly either drips, and each
 * user of this computer only so many connections, so that nobody keeps the others out.
 */
#pragma once

#include "web/exchange.h"

#define SERVER_CONNECTIONS_MAX   256U
#define SERVER_USER_MAX          48U                  /* connections of one user */
#define SERVER_HEAD_NS           (15 * NSEC_PER_SEC)  /* for a request up to its body */
#define SERVER_BODY_NS           (120 * NSEC_PER_SEC) /* and for its body */
#define SERVER_IDLE_NS           (65 * NSEC_PER_SEC)  /* between two requests */
#define SERVER_ANSWER_NS         (120 * NSEC_PER_SEC) /* for an answer to be taken */
#define SERVER_BODIES_MAX        (192U << 20) /* bytes of all bodies; more ends the connection */
#define SERVER_CONNECTION_MEMORY (32U << 10)  /* of a request's head */

must_check int server_new(struct web *w, int listen_fd, struct server **ret);
struct server *server_free(struct server *s); /* takes NULL, returns NULL */
/* Does what is to be done now; `ret_ms` says when to come again at the latest. */
void server_run(struct server *s, int *ret_ms);
int server_fd(const struct server *s); /* readable when there is something to do */
