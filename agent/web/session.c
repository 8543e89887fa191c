/* SPDX-License-Identifier: Apache-2.0 */
#include "web/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "web/request.h"

struct sessions {
	struct session v[SESSIONS_MAX];
	uint64_t idle_ns, last_number;
};

int sessions_new(uint64_t idle_ns, struct sessions **ret)
{
	struct sessions *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->idle_ns = idle_ns;
	*ret = s;
	return 0;
}

struct sessions *sessions_free(struct sessions *s)
{
	if (s)
		explicit_bzero(s, sizeof(*s));
	free(s);
	return NULL;
}

static bool is_over(const struct sessions *s, const struct session *one)
{
	uint64_t now = clock_now();

	return !one->number || one->until <= now || now - one->used > s->idle_ns;
}

static struct session *find_room(struct sessions *s, uint32_t uid)
{
	struct session *own = NULL, *oldest = NULL;
	unsigned n_own = 0;

	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *one = &s->v[i];

		if (is_over(s, one)) {
			explicit_bzero(one, sizeof(*one));
			oldest = one;
			continue;
		}
		if (!oldest || one->number < oldest->number)
			oldest = one;
		if (one->uid != uid)
			continue;
		n_own++;
		if (!own || one->number < own->number)
			own = one;
	}
	return n_own >= SESSIONS_USER_MAX ? own : oldest;
}

static int make_secret(char ret[CONSOLE_SECRET_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[(CONSOLE_SECRET_SIZE - 1) / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -EIO;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[2 * sizeof(bytes)] = 0;
	return 0;
}

int sessions_add(struct sessions *s, const struct session *from, uint64_t lasts_ns,
	const struct session **ret)
{
	struct session *one = find_room(s, from->uid);
	int r;

	*one = *from;
	r = make_secret(one->cookie);
	if (r == 0)
		r = make_secret(one->csrf);
	if (r < 0) {
		explicit_bzero(one, sizeof(*one));
		return r;
	}
	one->number = ++s->last_number;
	one->used = clock_now();
	one->until = one->used + lasts_ns;
	one->until_realtime = clock_realtime() + lasts_ns;
	*ret = one;
	return 0;
}

/* Looks at all of all, so that the time says nothing about them. */
const struct session *sessions_find(struct sessions *s, struct view cookie, uint32_t peer_uid)
{
	struct session *ret = NULL;

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (request_same_secret(view_of(s->v[i].cookie, CONSOLE_SECRET_SIZE - 1), cookie) &&
			s->v[i].number)
			ret = &s->v[i];
	if (!ret || is_over(s, ret) || ret->peer_uid != peer_uid)
		return NULL;
	ret->used = clock_now();
	return ret;
}

const struct session *sessions_by_number(struct sessions *s, uint64_t number)
{
	for (size_t i = 0; number && i < SESSIONS_MAX; i++)
		if (s->v[i].number == number && !is_over(s, &s->v[i]))
			return &s->v[i];
	return NULL;
}

void sessions_end(struct sessions *s, uint64_t number)
{
	for (size_t i = 0; number && i < SESSIONS_MAX; i++)
		if (s->v[i].number == number)
			explicit_bzero(&s->v[i], sizeof(s->v[i]));
}
