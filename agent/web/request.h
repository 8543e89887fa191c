/* SPDX-License-Identifier: Apache-2.0 */
/* What browsers, and others, send: addresses, queries, headers. Reads only; says yes or no. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

#define REQUEST_URI_MAX   8192U /* bytes of an address with its query */
#define REQUEST_PAIRS_MAX 100U  /* of a query */

/* The path of an address, decoded, with "/" at its front and no empty, "." or ".." part; and the
   query as it stands. -EBADMSG where it is none that a browser would send. */
must_check int request_uri(struct view raw, struct buf *ret_path, struct view *ret_query);

struct request_pair {
	struct view key, value;
};
struct request_query {
	struct buf storage;
	struct request_pair v[REQUEST_PAIRS_MAX];
	size_t n;
};
/* key=value&..., decoded: UTF-8 without control characters. -EBADMSG, -E2BIG, -ENOMEM. */
must_check int request_query(struct view raw, struct request_query *ret);
void request_query_done(struct request_query *q);
/* The first value, or an empty view. */
struct view request_get(const struct request_query *q, const char *key);
/* 0; -EBADMSG for what is no number, or above `max`. */
must_check int request_number(const struct request_query *q, const char *key, uint64_t max,
	uint64_t standard, uint64_t *ret);

/* A cookie of this name in a "Cookie" header. False where there is none, or more than one. */
bool request_cookie(struct view header, const char *name, struct view *ret);

/* Is this "Host" this computer, by its own name? Any port: it may be a forwarded one. */
bool request_host(struct view host);
/* Is this "Origin" the page of this host? */
bool request_origin(struct view origin, struct view host);

/* Two secrets, in a time that says nothing about them. */
bool request_same_secret(struct view a, struct view b);
