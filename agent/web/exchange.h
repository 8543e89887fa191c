/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer, which may come later. */
#pragma once

#include "base/buf.h"
#include "base/json.h"
#include "base/json_read.h"
#include "web/request.h"
#include "web/session.h"
#include "web/web.h"

struct MHD_Connection;
struct asset;
struct exchange;

enum method { METHOD_GET, METHOD_POST, METHOD_MAX };

typedef void (*api_fn)(struct exchange *x);

/* One row per path and method; "*" in a path is one part of it. */
struct route {
	enum method method;
	const char *path;
	uint32_t roles; /* any of these; 0: whoever is logged in */
	bool open;      /* without a login */
	size_t body_max;
	api_fn run;
};

struct exchange {
	struct web *web;
	struct MHD_Connection *connection;
	const struct route *route;
	const struct asset *asset; /* instead of an answer */
	enum method method;
	char *uri; /* as it came */
	struct buf path;
	struct view argument; /* what "*" stands for, in `path` */
	struct request_query query;
	struct buf body;
	size_t counted; /* of the body, in the server's sum */
	uint32_t peer_uid;
	struct session who; /* a copy; number 0: nobody */
	/* the answer */
	unsigned status; /* 0: none yet */
	struct buf answer;
	const char *type;     /* of `answer`; NULL: JSON */
	const char *download; /* a name for it, or NULL */
	char cookie[256];     /* "Set-Cookie", or "" */
	bool started, guarded, too_big, suspended, head_only, close;
	void *state; /* the handler's, for what comes later */
	void (*state_free)(void *state);
};

enum api_error {
	API_BAD_REQUEST,
	API_LOGIN,     /* 401 */
	API_FORBIDDEN, /* 403: the role */
	API_CSRF,      /* 403 */
	API_NOT_FOUND,
	API_METHOD,
	API_CONFLICT,
	API_GONE, /* 410: the record was dropped */
	API_TOO_BIG,
	API_WRONG_HOST, /* 421 */
	API_INVALID,    /* 422: well-formed, and refused */
	API_INTERNAL,
	API_NO_AGENT, /* 503 */
	API_BUSY,     /* 503 */
	API_ERROR_MAX,
};

/* Answers; "%s" of `detail` may be NULL for the standard text. `detail` is shown to the person as
 * it is. */
void exchange_fail(struct exchange *x, enum api_error e, const char *detail);
void exchange_fail_view(struct exchange *x, enum api_error e, struct view detail);
/* For the result of a question to the agent that failed (web/link.h); ends a session that is over.
 */
void exchange_fail_link(struct exchange *x, int outcome, struct view text);

/* For web/link.h: what the agent says is the answer, or why there is none. */
void exchange_pass(void *x, int outcome, struct view text, int fd);
/* After link_ask(): the answer comes later, or is that it could not be asked. */
void exchange_asked(struct exchange *x, int r);

/* The answer is x->answer, which is JSON unless x->type says otherwise. */
void exchange_done(struct exchange *x, unsigned status);
/* After writing it with `j`: 500 where that failed. */
void exchange_json(struct exchange *x, const struct json *j);

/* The answer comes later, by exchange_done() or exchange_fail(). */
void exchange_wait(struct exchange *x);

/* The body as JSON, an object. False after a refusal. */
bool exchange_body(struct exchange *x, struct json_doc *ret);
