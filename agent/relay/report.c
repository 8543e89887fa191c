/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/report.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"

void report_open(struct report *r, const char *dir, const char *name)
{
	char path[4200];

	*r = (struct report){.fd = -1};
	if (snprintf(path, sizeof(path), "%s/%s.state", dir, name) < (int)sizeof(path))
		r->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	/* Another one of this sink is at work: it tells. */
	if (r->fd >= 0 && flock(r->fd, LOCK_EX | LOCK_NB) < 0) {
		fd_close(r->fd);
		r->fd = -1;
	}
}

void report_close(struct report *r)
{
	fd_close(r->fd);
	r->fd = -1;
}

static void put_time(struct json *j, const char *key, uint64_t realtime)
{
	char text[CLOCK_TEXT_MAX];

	if (!realtime)
		return;
	clock_format(realtime, text);
	json_key_str(j, key, text);
}

static void put(struct report *r, const struct cursor *c)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(REPORT_BYTES);
	struct json j;

	json_init(&j, &b);
	json_object(&j);
	if (c->begun) {
		json_key_str(&j, "journal", c->journal);
		json_key_u64(&j, "seq", c->seq);
	}
	put_time(&j, "last_sent", r->sent);
	json_key_bool(&j, "failing", r->failing);
	put_time(&j, "last_failure", r->failed);
	if (r->error[0])
		json_key_str(&j, "last_error", r->error);
	json_object_end(&j);
	while (json_error(&j) == 0 && b.n < REPORT_BYTES && buf_put_byte(&b, ' ') == 0)
		;
	if (r->fd >= 0 && b.n == REPORT_BYTES && pwrite(r->fd, b.p, b.n, 0) == (ssize_t)b.n)
		r->written = clock_now();
}

void report_connected(struct report *r, const struct cursor *c)
{
	r->failing = false;
	put(r, c);
}

void report_sent(struct report *r, const struct cursor *c, bool at_end)
{
	r->sent = clock_realtime();
	r->failing = false;
	if (at_end || clock_now() - r->written >= REPORT_EVERY_NS)
		put(r, c);
}

void report_failed(struct report *r, const struct cursor *c, const char *why)
{
	r->failed = clock_realtime();
	r->failing = true;
	snprintf(r->error, sizeof(r->error), "%s", why);
	put(r, c);
}
