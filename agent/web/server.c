/* SPDX-License-Identifier: Apache-2.0 */
#include "web/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <microhttpd.h>

#include "base/clock.h"
#include "base/list.h"
#include "web/api.h"
#include "web/assets.h"
#include "web/peeruid.h"

#define NOBODY UINT32_MAX

/* A connection of a browser, for as long as it lasts. */
struct connection {
	struct list node;
	int fd;
	uint32_t uid;   /* NOBODY: not known, and nothing is served */
	uint64_t until; /* clock_now(); 0: an answer is being made */
};

struct server {
	struct web *web;
	struct MHD_Daemon *daemon;
	struct list connections;
	size_t bodies; /* bytes of all requests that are being taken or answered */
};

static const char csp[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static struct connection *connection_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(
		c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return i ? i->socket_context : NULL;
}

static void give_time(struct exchange *x, uint64_t ns)
{
	struct connection *c = connection_of(x->connection);

	if (c)
		c->until = ns ? clock_now() + ns : 0;
}

/* ---- answers ---- */

static void add_header(struct MHD_Response *r, const char *name, const char *value)
{
	/* Without memory for a header there is none for an answer. */
	(void)MHD_add_response_header(r, name, value);
}

static void add_headers(const struct exchange *x, struct MHD_Response *r)
{
	char disposition[160];

	add_header(r, "Content-Security-Policy", csp);
	add_header(r, "X-Content-Type-Options", "nosniff");
	add_header(r, "Referrer-Policy", "no-referrer");
	add_header(r, "X-Frame-Options", "DENY");
	add_header(r, "Cross-Origin-Opener-Policy", "same-origin");
	add_header(r, "Cross-Origin-Resource-Policy", "same-origin");
	if (x->asset) {
		add_header(r, "ETag", x->asset->etag);
		add_header(r, "Cache-Control",
			x->asset->immutable ? "public, max-age=31536000, immutable" : "no-cache");
	} else {
		add_header(r, "Cache-Control", "no-store");
	}
	if (x->download) {
		snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"",
			x->download);
		add_header(r, "Content-Disposition", disposition);
	}
	if (x->cookie[0])
		add_header(r, "Set-Cookie", x->cookie);
	if (x->close)
		add_header(r, "Connection", "close");
}

static enum MHD_Result send_answer(struct exchange *x)
{
	struct buf *b = &x->answer;
	struct MHD_Response *r;
	enum MHD_Result result;

	if (x->asset)
		r = MHD_create_response_from_buffer(
			x->asset->content.n, x->asset->content.p, MHD_RESPMEM_PERSISTENT);
	else
		r = MHD_create_response_from_buffer(b->n, b->p, MHD_RESPMEM_MUST_FREE);
	if (!r)
		return MHD_NO;
	if (!x->asset)
		*b = BUF_INIT(b->max); /* the response's */
	if (x->status != 204 && x->status != 304)
		add_header(r, "Content-Type",
			x->asset          ? x->asset->type
				: x->type ? x->type
					  : "application/json; charset=utf-8");
	add_headers(x, r);
	give_time(x, SERVER_ANSWER_NS);
	result = MHD_queue_response(x->connection, x->status, r);
	MHD_destroy_response(r);
	return result;
}

void exchange_done(struct exchange *x, unsigned status)
{
	x->status = status;
	if (x->suspended) {
		x->suspended = false;
		MHD_resume_connection(x->connection);
	}
}

void exchange_wait(struct exchange *x)
{
	if (x->status || x->suspended)
		return;
	x->suspended = true;
	give_time(x, 0);
	MHD_suspend_connection(x->connection);
}

/* ---- what is let in ---- */

static struct view header(const struct exchange *x, const char *name)
{
	return view_str(MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name));
}

struct counted {
	const char *name;
	unsigned n;
};

static enum MHD_Result count_header(
	void *userdata, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct counted *c = userdata;

	(void)kind;
	(void)value;
	c->n += strcasecmp(key, c->name) == 0;
	return MHD_YES;
}

static bool is_once(const struct exchange *x, const char *name)
{
	struct counted c = {name, 0};

	(void)MHD_get_connection_values(x->connection, MHD_HEADER_KIND, count_header, &c);
	return c.n == 1;
}

/* The page's own, with the secret that it alone was told. */
static bool is_from_page(const struct exchange *x, bool logged_in)
{
	if (!is_once(x, "Origin") || !request_origin(header(x, "Origin"), header(x, "Host")))
		return false;
	return !logged_in ||
		request_same_secret(view_of(x->who.csrf, CONSOLE_SECRET_SIZE - 1),
			header(x, "X-Sealgate-Csrf"));
}

static void serve_asset(struct exchange *x)
{
	struct view path = buf_view(&x->path), known = header(x, "If-None-Match");

	if (x->method != METHOD_GET) {
		exchange_fail(x, API_METHOD, NULL);
		return;
	}
	x->asset = assets_find(x->web->assets, path);
	/* The pages' own paths are all one page; a file that is not there is not. */
	if (!x->asset && view_starts(path, VIEW_LIT("/assets/"))) {
		exchange_fail(x, API_NOT_FOUND, NULL);
		return;
	}
	if (!x->asset)
		x->asset = assets_index(x->web->assets);
	if (known.n > 0 && view_eq(known, view_str(x->asset->etag))) {
		x->status = 304;
		return;
	}
	x->status = 200;
}

static void find_session(struct exchange *x)
{
	const struct session *s;
	struct view cookie;

	if (x->peer_uid == NOBODY || !is_once(x, "Cookie") ||
		!request_cookie(header(x, "Cookie"), SESSION_COOKIE, &cookie))
		return;
	s = sessions_find(x->web->sessions, cookie, x->peer_uid);
	if (s)
		x->who = *s;
}

static void guard_api(struct exchange *x)
{
	bool known;

	if (header(x, "Sec-Fetch-Site").n > 0 &&
		!view_eq(header(x, "Sec-Fetch-Site"), VIEW_LIT("same-origin")) &&
		!view_eq(header(x, "Sec-Fetch-Site"), VIEW_LIT("none"))) {
		exchange_fail(x, API_CSRF, NULL);
		return;
	}
	x->route = api_find(x->method, buf_view(&x->path), &x->argument, &known);
	find_session(x);
	if (!x->route)
		exchange_fail(x, known ? API_METHOD : API_NOT_FOUND, NULL);
	else if (!x->route->open && !x->who.number)
		exchange_fail(x, API_LOGIN, NULL);
	else if (x->method != METHOD_GET && !is_from_page(x, !x->route->open))
		exchange_fail(x, API_CSRF, NULL);
	else if (x->route->roles && !(x->route->roles & x->who.roles))
		exchange_fail(x, API_FORBIDDEN, NULL);
}

static int parse_method(struct exchange *x, const char *method)
{
	x->head_only = strcmp(method, "HEAD") == 0;
	if (x->head_only || strcmp(method, "GET") == 0)
		x->method = METHOD_GET;
	else if (strcmp(method, "POST") == 0)
		x->method = METHOD_POST;
	else
		return -EINVAL;
	return 0;
}

/* Says no before the body comes, where that can be said. */
static void guard(struct exchange *x, const char *method)
{
	struct view query;
	uint64_t length = 0;

	if (!is_once(x, "Host") || !request_host(header(x, "Host"))) {
		exchange_fail(x, API_WRONG_HOST, NULL);
		return;
	}
	if (parse_method(x, method) < 0) {
		exchange_fail(x, API_METHOD, NULL);
		return;
	}
	if (!x->uri || request_uri(view_str(x->uri), &x->path, &query) < 0 ||
		request_query(query, &x->query) < 0) {
		exchange_fail(x, API_BAD_REQUEST, NULL);
		return;
	}
	if (!view_starts(buf_view(&x->path), VIEW_LIT(API_PREFIX)) &&
		!view_eq(buf_view(&x->path), VIEW_LIT("/api"))) {
		serve_asset(x);
		return;
	}
	guard_api(x);
	if (x->status)
		return;
	x->body.max = x->route->body_max + 1;
	for (struct view n = header(x, "Content-Length"); n.n > 0; n = view_sub(n, 1, n.n - 1))
		length = MIN(length * 10 + (uint64_t)(*n.p - '0'), UINT64_C(1) << 40);
	if (length > x->route->body_max)
		exchange_fail(x, API_TOO_BIG, NULL);
}

static enum MHD_Result take_body(
	struct server *s, struct exchange *x, const char *data, size_t *size)
{
	if (!x->status && !x->too_big &&
		(x->body.n + *size > x->route->body_max || s->bodies + *size > SERVER_BODIES_MAX ||
			buf_put(&x->body, data, *size) < 0))
		x->too_big = true;
	if (!x->too_big) {
		s->bodies += *size;
		x->counted += *size;
	}
	*size = 0;
	/* What is too big and did not say so is not read to its end. */
	return x->too_big ? MHD_NO : MHD_YES;
}

/* ---- libmicrohttpd's calls ---- */

static void *on_uri(void *userdata, const char *uri, struct MHD_Connection *connection)
{
	struct server *s = userdata;
	struct exchange *x = calloc(1, sizeof(*x));
	struct connection *c = connection_of(connection);

	if (!x)
		return NULL;
	x->web = s->web;
	x->connection = connection;
	x->path = BUF_INIT(REQUEST_URI_MAX + 1);
	x->peer_uid = c ? c->uid : NOBODY;
	x->uri = strdup(uri);
	if (c)
		c->until = clock_now() + SERVER_HEAD_NS;
	return x;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version, const char *data, size_t *size,
	void **state)
{
	struct exchange *x = *state;

	(void)url;
	(void)version;
	if (!x)
		return MHD_NO;
	x->connection = connection;
	if (!x->guarded) {
		x->guarded = true;
		guard(x, method);
		give_time(x, SERVER_BODY_NS);
		if (!x->status)
			return MHD_YES;
		x->close = x->method != METHOD_GET; /* a body that nobody reads */
		return send_answer(x);
	}
	if (*size > 0)
		return take_body(userdata, x, data, size);
	if (!x->started) {
		x->started = true;
		x->route->run(x);
	}
	if (x->suspended)
		return MHD_YES;
	if (!x->status)
		exchange_fail(x, API_INTERNAL, NULL);
	return send_answer(x);
}

static void on_completed(void *userdata, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode why)
{
	struct server *s = userdata;
	struct exchange *x = *state;
	struct connection *c = connection_of(connection);

	(void)why;
	if (c)
		c->until = clock_now() + SERVER_IDLE_NS;
	if (!x)
		return;
	*state = NULL;
	s->bodies -= x->counted;
	if (x->state_free)
		x->state_free(x->state);
	buf_done(&x->path);
	request_query_done(&x->query);
	buf_done(&x->body);
	buf_done(&x->answer);
	free(x->uri);
	explicit_bzero(&x->who, sizeof(x->who));
	free(x);
}

static unsigned count_of(const struct server *s, uint32_t uid)
{
	unsigned n = 0;

	list_for_each(i, &s->connections)
		n += list_entry(i, struct connection, node)->uid == uid;
	return n;
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **state,
	enum MHD_ConnectionNotificationCode what)
{
	struct server *s = userdata;
	const union MHD_ConnectionInfo *i;
	struct connection *c;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		c = *state;
		if (c)
			list_remove(&c->node);
		free(c);
		*state = NULL;
		return;
	}
	i = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	c = i ? calloc(1, sizeof(*c)) : NULL;
	if (!c)
		return; /* on_uri() knows nobody then */
	*c = (struct connection){.fd = i->connect_fd, .uid = NOBODY};
	c->until = clock_now() + SERVER_HEAD_NS;
	list_init(&c->node);
	if (peeruid(c->fd, &c->uid) < 0)
		c->uid = NOBODY;
	if (count_of(s, c->uid) >= SERVER_USER_MAX)
		(void)shutdown(c->fd, SHUT_RDWR);
	list_append(&s->connections, &c->node);
	*state = c;
}

/* The path as it came: it is decoded here, once. */
static size_t keep_escapes(void *userdata, struct MHD_Connection *c, char *text)
{
	(void)userdata;
	(void)c;
	return strlen(text);
}

int server_new(struct web *w, int listen_fd, struct server **ret)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->web = w;
	list_init(&s->connections);
	s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		on_request, s, MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT,
		SERVER_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)SERVER_CONNECTION_MEMORY, MHD_OPTION_URI_LOG_CALLBACK, on_uri, s,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, s, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, s,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (!s->daemon) {
		free(s);
		return -EIO;
	}
	*ret = s;
	return 0;
}

struct server *server_free(struct server *s)
{
	if (!s)
		return NULL;
	MHD_stop_daemon(s->daemon);
	free(s);
	return NULL;
}

int server_fd(const struct server *s)
{
	const union MHD_DaemonInfo *i = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	return i ? i->epoll_fd : -1;
}

void server_run(struct server *s, int *ret_ms)
{
	uint64_t now = clock_now();
	MHD_UNSIGNED_LONG_LONG ms;

	list_for_each(i, &s->connections) {
		struct connection *c = list_entry(i, struct connection, node);

		/* libmicrohttpd sees its end, and closes it. */
		if (c->until && c->until <= now && c->fd >= 0) {
			(void)shutdown(c->fd, SHUT_RDWR);
			c->until = now + SERVER_HEAD_NS;
		}
	}
	(void)MHD_run(s->daemon);
	*ret_ms = MHD_get_timeout(s->daemon, &ms) == MHD_YES && ms < 250 ? (int)ms : 250;
}
