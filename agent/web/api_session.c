/* SPDX-License-Identifier: Apache-2.0 */
/* Coming and going; and how the agent is. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "journal/payload.h"
#include "web/api.h"
#include "web/link.h"
#include "wire/pack.h"
#include "wire/protocol.h"

#define WAIT_NS (5 * NSEC_PER_SEC)

static void put_session(struct exchange *x, const struct session *s)
{
	char expires[CLOCK_TEXT_MAX];
	struct json j;

	clock_format(s->until_realtime, expires);
	json_init(&j, &x->answer);
	json_object(&j);
	json_key_str(&j, "user", s->user);
	json_key_str(&j, "name", s->name);
	json_key(&j, "roles");
	json_array(&j);
	for (unsigned i = 0; i < CONSOLE_ROLE_MAX; i++)
		if (s->roles & CONSOLE_ROLE(i))
			json_str(&j, console_role_name((enum console_role)i));
	json_array_end(&j);
	json_key_str(&j, "csrf", s->csrf);
	json_key_str(&j, "host", x->web->host);
	json_key_str(&j, "version", SEALGATE_VERSION);
	json_key_str(&j, "expires", expires);
	json_object_end(&j);
	exchange_json(x, &j);
}

/* What the person is called, where the host knows. */
static void find_name(struct session *s)
{
	char storage[4096];
	struct passwd pw, *found = NULL;
	size_t n;

	if (getpwuid_r(s->uid, &pw, storage, sizeof(storage), &found) != 0 || !found)
		return;
	n = strcspn(found->pw_gecos ? found->pw_gecos : "", ",");
	snprintf(s->name, sizeof(s->name), "%.*s", (int)n, found->pw_gecos ? found->pw_gecos : "");
}

static bool take_text(struct view answer, const char *name, char *ret, size_t size)
{
	struct view v;

	if (!payload_text(answer, name, &v) || v.n >= size)
		return false;
	memcpy(ret, v.p, v.n);
	ret[v.n] = 0;
	return true;
}

/* A token is for who got it. Root's may be given to the browser of whoever became root, and root
   may do as others anyway. */
static bool is_for(const struct exchange *x, const struct session *s)
{
	return s->uid == x->peer_uid || s->uid == 0 || x->peer_uid == 0;
}

static void end_at_agent(struct exchange *x, const char *session, link_fn done, void *userdata)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(256);
	struct pack p = {&body, 0};
	int r;

	pack_str(&p, session);
	r = p.error ? p.error
		    : link_ask(x->web->link, NULL, CTL_CONSOLE_END, buf_view(&body), -1, WAIT_NS,
			      done, userdata);
	if (r < 0)
		done(userdata, r, VIEW_EMPTY, -1);
}

static void on_ended(void *userdata, int outcome, struct view text, int fd)
{
	(void)userdata;
	(void)outcome; /* one that was not told ends by its time */
	(void)text;
	(void)fd;
}

static void on_login(void *userdata, int outcome, struct view text, int fd)
{
	struct exchange *x = userdata;
	struct session s = {0};
	const struct session *made;
	uint64_t uid, roles, seconds;

	(void)fd;
	if (outcome != 0) {
		if (outcome > 0)
			exchange_fail_view(x, API_LOGIN, text);
		else
			exchange_fail_link(x, outcome, text);
		return;
	}
	if (!take_text(text, "session", s.agent, sizeof(s.agent)) ||
		!take_text(text, "user", s.user, sizeof(s.user)) ||
		!payload_number(text, "uid", &uid) || !payload_number(text, "roles", &roles) ||
		!payload_number(text, "seconds", &seconds)) {
		exchange_fail(x, API_INTERNAL, NULL);
		return;
	}
	s.uid = (uint32_t)uid;
	s.roles = (uint32_t)roles & CONSOLE_ALL_ROLES;
	s.peer_uid = x->peer_uid;
	find_name(&s);
	if (!is_for(x, &s)) {
		end_at_agent(x, s.agent, on_ended, NULL);
		exchange_fail(x, API_LOGIN, "the token is another user's");
	} else if (sessions_add(x->web->sessions, &s, seconds * NSEC_PER_SEC, &made) < 0) {
		exchange_fail(x, API_INTERNAL, NULL);
	} else {
		snprintf(x->cookie, sizeof(x->cookie),
			SESSION_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict", made->cookie);
		put_session(x, made);
	}
	explicit_bzero(&s, sizeof(s));
}

void api_login(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	cleanup_with(buf_done) struct buf body = BUF_INIT(256);
	struct pack p = {&body, 0};
	struct view token;
	int r;

	if (x->peer_uid == UINT32_MAX) {
		exchange_fail(x, API_FORBIDDEN, "this user cannot be told");
		return;
	}
	if (!exchange_body(x, &d))
		return;
	if (!json_get_text(json_get(&d, d.v, "token"), &token) ||
		token.n != CONSOLE_SECRET_SIZE - 1) {
		exchange_fail(x, API_LOGIN, "this is no token");
		return;
	}
	pack_view(&p, token);
	r = p.error ? p.error
		    : link_ask(x->web->link, NULL, CTL_CONSOLE_LOGIN, buf_view(&body), -1, WAIT_NS,
			      on_login, x);
	exchange_asked(x, r);
}

static void on_alive(void *userdata, int outcome, struct view text, int fd)
{
	struct exchange *x = userdata;

	(void)fd;
	/* Without an agent there is still a journal to read. */
	if (outcome == -ESTALE)
		exchange_fail_link(x, outcome, text);
	else
		put_session(x, &x->who);
}

static void ask(struct exchange *x, link_fn done)
{
	int r = link_ask(x->web->link, x->who.agent, CTL_STATUS, VIEW_EMPTY, -1, WAIT_NS, done, x);

	exchange_asked(x, r);
}

void api_session(struct exchange *x)
{
	ask(x, on_alive);
}

void api_health(struct exchange *x)
{
	ask(x, exchange_pass);
}

static void on_logged_out(void *userdata, int outcome, struct view text, int fd)
{
	struct exchange *x = userdata;

	(void)outcome;
	(void)text;
	(void)fd;
	exchange_done(x, 204);
}

void api_logout(struct exchange *x)
{
	sessions_end(x->web->sessions, x->who.number);
	snprintf(x->cookie, sizeof(x->cookie),
		SESSION_COOKIE "=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
	end_at_agent(x, x->who.agent, on_logged_out, x);
	exchange_wait(x);
}
