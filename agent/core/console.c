/* SPDX-License-Identifier: Apache-2.0 */
#include "core/console.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

#define SECRET_BYTES ((CONSOLE_SECRET_SIZE - 1) / 2)

/* A token or a session. */
struct pass {
	uint8_t secret[SECRET_BYTES];
	uint64_t number; /* counts up; 0: free */
	uint64_t until;
	struct console_person who;
};

struct console {
	struct core *core;
	struct pass tokens[CONSOLE_TOKENS_MAX], sessions[CONSOLE_SESSIONS_MAX];
	uint64_t last_number;
	uint64_t refused, untold; /* logins; and those since the last record */
	uint64_t told;            /* when that was; 0: never */
};

int console_new(struct core *core, struct console **ret)
{
	struct console *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->core = core;
	*ret = c;
	return 0;
}

struct console *console_free(struct console *c)
{
	if (c)
		explicit_bzero(c, sizeof(*c));
	free(c);
	return NULL;
}

static void drop(struct pass *p)
{
	explicit_bzero(p, sizeof(*p));
}

static void drop_old(struct pass *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].number && v[i].until <= clock_now())
			drop(&v[i]);
}

/* A free one. A person takes nobody's place but their own. */
static struct pass *find_room(struct pass *v, size_t n, uint32_t uid)
{
	struct pass *oldest = NULL, *room = NULL;
	unsigned own = 0;

	drop_old(v, n);
	for (size_t i = 0; i < n; i++) {
		if (!v[i].number) {
			room = &v[i];
		} else if (v[i].who.uid == uid) {
			own++;
			if (!oldest || v[i].number < oldest->number)
				oldest = &v[i];
		}
	}
	return own >= CONSOLE_USER_MAX ? oldest : room;
}

static int fill(struct console *c, struct pass *p, const struct console_person *who,
	uint64_t lasts_ns, char ret[CONSOLE_SECRET_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t secret[SECRET_BYTES];

	if (!p)
		return -ENOSPC;
	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return -EIO;
	*p = (struct pass){
		.number = ++c->last_number, .until = clock_now() + lasts_ns, .who = *who};
	memcpy(p->secret, secret, sizeof(secret));
	for (size_t i = 0; i < sizeof(secret); i++) {
		ret[2 * i] = digits[secret[i] >> 4];
		ret[2 * i + 1] = digits[secret[i] & 15];
	}
	ret[2 * SECRET_BYTES] = 0;
	explicit_bzero(secret, sizeof(secret));
	return 0;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse(const char *text, uint8_t ret[SECRET_BYTES])
{
	if (strlen(text) != 2 * SECRET_BYTES)
		return false;
	for (size_t i = 0; i < SECRET_BYTES; i++) {
		int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Looks at all of all, so that the time says nothing about them. */
static struct pass *find(struct pass *v, size_t n, const char *text)
{
	uint8_t secret[SECRET_BYTES];
	struct pass *ret = NULL;

	if (!parse(text, secret))
		return NULL;
	drop_old(v, n);
	for (size_t i = 0; i < n; i++) {
		uint8_t differ = 0;

		for (size_t k = 0; k < SECRET_BYTES; k++)
			differ |= (uint8_t)(v[i].secret[k] ^ secret[k]);
		if (v[i].number && differ == 0)
			ret = &v[i];
	}
	explicit_bzero(secret, sizeof(secret));
	return ret;
}

static void note(
	struct console *c, const char *what, const struct console_person *who, uint64_t times)
{
	struct buf b = BUF_INIT(4096);
	char time[CLOCK_TEXT_MAX], user[INCIDENTS_USER_SIZE];
	struct json j;

	clock_format(clock_realtime(), time);
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "kind", "console");
	json_key_str(&j, "what", what);
	json_key_str(&j, "time", time);
	if (who) {
		incidents_user_name(who->uid, user);
		json_key_str(&j, "by", user);
		json_key_u64(&j, "by_uid", who->uid);
		json_key(&j, "roles");
		json_array(&j);
		for (unsigned i = 0; i < CONSOLE_ROLE_MAX; i++)
			if (who->roles & CONSOLE_ROLE(i))
				json_str(&j, console_role_name((enum console_role)i));
		json_array_end(&j);
	}
	if (times)
		json_key_u64(&j, "times", times);
	json_object_end(&j);
	/* What the ledger cannot take is counted there. */
	if (json_error(&j) == 0)
		unchecked(ledger_add(c->core->ledger, buf_view(&b), 0));
	buf_done(&b);
}

static void count_refused(struct console *c)
{
	c->refused++;
	c->untold++;
	if (c->told && clock_now() - c->told < CONSOLE_REFUSED_NS)
		return;
	note(c, "login-refused", NULL, c->untold);
	c->untold = 0;
	c->told = clock_now();
}

int console_token(
	struct console *c, const struct console_person *who, char ret[CONSOLE_SECRET_SIZE])
{
	return fill(
		c, find_room(c->tokens, CONSOLE_TOKENS_MAX, who->uid), who, CONSOLE_TOKEN_NS, ret);
}

int console_login(struct console *c, const char *token, struct console_person *ret_who,
	char ret_session[CONSOLE_SECRET_SIZE], uint64_t *ret_lasts_ns)
{
	struct pass *p = find(c->tokens, CONSOLE_TOKENS_MAX, token);
	struct console_person who;
	int r;

	if (!p) {
		count_refused(c);
		return 1;
	}
	who = p->who;
	drop(p); /* once */
	*ret_lasts_ns = c->core->config.console_session_ns;
	r = fill(c, find_room(c->sessions, CONSOLE_SESSIONS_MAX, who.uid), &who, *ret_lasts_ns,
		ret_session);
	if (r < 0)
		return r;
	note(c, "login", &who, 0);
	*ret_who = who;
	return 0;
}

uint64_t console_find(struct console *c, const char *session, struct console_person *ret)
{
	const struct pass *p = find(c->sessions, CONSOLE_SESSIONS_MAX, session);

	if (!p)
		return 0;
	*ret = p->who;
	return p->number;
}

bool console_is(struct console *c, uint64_t number)
{
	drop_old(c->sessions, CONSOLE_SESSIONS_MAX);
	for (size_t i = 0; number && i < CONSOLE_SESSIONS_MAX; i++)
		if (c->sessions[i].number == number)
			return true;
	return false;
}

void console_end(struct console *c, const char *session)
{
	struct pass *p = find(c->sessions, CONSOLE_SESSIONS_MAX, session);

	if (!p)
		return;
	note(c, "logout", &p->who, 0);
	drop(p);
}

void console_status(const struct console *c, struct json *j)
{
	uint64_t n = 0;

	for (size_t i = 0; i < CONSOLE_SESSIONS_MAX; i++)
		n += c->sessions[i].number && c->sessions[i].until > clock_now();
	json_key(j, "console");
	json_object(j);
	json_key_u64(j, "sessions", n);
	json_key_u64(j, "refused", c->refused);
	json_object_end(j);
}
