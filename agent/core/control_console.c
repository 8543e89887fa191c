/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket's requests about the web console. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "core/console.h"
#include "core/control_caller.h"
#include "wire/pack.h"

bool caller_is_member(int sock, const struct ucred *cred, uint32_t wanted)
{
	gid_t groups[1024];
	socklen_t n = sizeof(groups);

	if (cred->uid == 0 || cred->uid == getuid())
		return true;
	if (wanted == UINT32_MAX)
		return false;
	if (cred->gid == wanted)
		return true;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, groups, &n) < 0)
		return false;
	for (size_t i = 0; i < n / sizeof(*groups); i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

/* What the groups say, and whether this may be the console's server. */
void caller_take_roles(struct caller *c, int sock, const struct ucred *cred)
{
	const struct config *config = &c->core->config;

	for (unsigned i = 0; i < CONSOLE_ROLE_MAX; i++)
		if (caller_is_member(sock, cred, config->console_gids[i]))
			c->roles |= CONSOLE_ROLE(i);
	c->is_console = cred->uid == 0 || cred->uid == getuid() || cred->uid == config->console_uid;
}

/* Reviewers too: an incident's rules are asked again by the version of then. */
bool caller_sees_policy(const struct caller *c)
{
	return c->may_apply || c->reviewer ||
		(c->as &&
			c->roles & (CONSOLE_ROLE(CONSOLE_AUTHOR) | CONSOLE_ROLE(CONSOLE_AUDITOR)));
}

/* What a person may have done through the console; each asks for the role besides. */
bool caller_may_now(struct caller *c, uint16_t request)
{
	static const uint16_t through[] = {CTL_STATUS, CTL_REVIEW, CTL_INVENTORY, CTL_PROGRAMS,
		CTL_POLICY_APPLY, CTL_POLICY_ROLLBACK, CTL_POLICY_HISTORY, CTL_POLICY_SHOW};

	if (!c->as)
		return true;
	if (!console_is(c->core->console, c->as))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(through); i++)
		if (through[i] == request)
			return true;
	return false;
}

int caller_on_token(struct caller *c, uint32_t id)
{
	const struct console_person who = {c->uid, c->roles};
	cleanup_with(buf_done) struct buf b = BUF_INIT(1024);
	char token[CONSOLE_SECRET_SIZE];
	struct json j;
	int r;

	if (!c->roles)
		return caller_send_text(c, id, true,
			view_str("only root and members of the console's groups (agent.yaml: "
				 "console.roles) have a role there\n"));
	r = console_token(c->core->console, &who, token);
	if (r < 0)
		return caller_send_text(
			c, id, true, view_str("no token can be given out now: try again\n"));
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "token", token);
	json_key_u64(&j, "seconds", CONSOLE_TOKEN_NS / NSEC_PER_SEC);
	json_object_end(&j);
	r = json_error(&j);
	return r < 0 ? r : caller_send_text(c, id, false, buf_view(&b));
}

static int put_person(
	struct buf *b, const struct console_person *who, const char *session, uint64_t lasts_ns)
{
	char user[INCIDENTS_USER_SIZE];
	struct json j;

	incidents_user_name(who->uid, user);
	json_init(&j, b);
	json_object(&j);
	json_key_str(&j, "session", session);
	json_key_str(&j, "user", user);
	json_key_u64(&j, "uid", who->uid);
	json_key_u64(&j, "roles", who->roles);
	json_key_u64(&j, "seconds", lasts_ns / NSEC_PER_SEC);
	json_object_end(&j);
	return json_error(&j);
}

static int refuse(struct caller *c, uint32_t id)
{
	return caller_send_text(c, id, true, view_str("only the console's account may do this\n"));
}

/* A secret and no more, of who may be the console. 0, 1 where it was refused, or negative. */
static int take_secret(struct caller *c, const struct wire_frame *f, char ret[CONSOLE_SECRET_SIZE])
{
	struct unpack u = {f->body, 0};
	int r;

	unpack_str(&u, ret, CONSOLE_SECRET_SIZE);
	if (unpack_end(&u) < 0)
		return -EPROTO;
	if (c->is_console)
		return 0;
	r = refuse(c, f->id);
	return r < 0 ? r : 1;
}

int caller_on_login(struct caller *c, const struct wire_frame *f)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(1024);
	char token[CONSOLE_SECRET_SIZE], session[CONSOLE_SECRET_SIZE];
	struct console_person who;
	uint64_t lasts_ns;
	int r = take_secret(c, f, token);

	if (r != 0)
		return r < 0 ? r : 0;
	r = console_login(c->core->console, token, &who, session, &lasts_ns);
	if (r != 0)
		return caller_send_text(c, f->id, true,
			r > 0 ? view_str("no such token: it was used, or its minute is over\n")
			      : view_str("nobody can log in now\n"));
	r = put_person(&b, &who, session, lasts_ns);
	return r < 0 ? r : caller_send_text(c, f->id, false, buf_view(&b));
}

int caller_on_as(struct caller *c, const struct wire_frame *f)
{
	char session[CONSOLE_SECRET_SIZE];
	struct console_person who;
	int r = take_secret(c, f, session);

	if (r != 0)
		return r < 0 ? r : 0;
	/* One person for a connection: what waits for an answer stays theirs. */
	if (c->as)
		return -EPROTO;
	c->as = console_find(c->core->console, session, &who);
	if (!c->as)
		return caller_send_text(c, f->id, true, view_str("this session is over\n"));
	c->is_console = false;
	c->wants_notices = false; /* they are for their own session */
	c->uid = who.uid;
	c->roles = who.roles;
	c->reviewer = who.roles & CONSOLE_ROLE(CONSOLE_REVIEWER);
	c->may_apply = who.roles & CONSOLE_ROLE(CONSOLE_APPROVER);
	return caller_send_text(c, f->id, false, view_str("{}"));
}

int caller_on_end(struct caller *c, const struct wire_frame *f)
{
	char session[CONSOLE_SECRET_SIZE];
	int r = take_secret(c, f, session);

	if (r != 0)
		return r < 0 ? r : 0;
	console_end(c->core->console, session);
	return caller_send_text(c, f->id, false, view_str("{}"));
}
