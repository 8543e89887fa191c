/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/sinks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "conf/conf.h"
#include "ctl/configured.h"
#include "settings/settings.h"

#define STATE_BYTES_MAX 4096U

static const char *text(const struct conf_node *n, const char *key)
{
	const struct conf_node *v = conf_get(n, key);

	return v && v->type == CONF_SCALAR ? v->text : NULL;
}

/* Its relay holds a lock on it while it lives. */
static bool is_held(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	(void)flock(fd, LOCK_UN);
	return false;
}

static void put_state(const struct conf_node *n, uint64_t newest, struct json *j)
{
	const char *seq = text(n, "seq"), *failing = text(n, "failing");
	uint64_t sent = seq ? strtoull(seq, NULL, 10) + 1 : 0;

	json_key_u64(j, "sent", sent);
	json_key(j, "waiting");
	if (newest > 0)
		json_u64(j, newest + 1 > sent ? newest + 1 - sent : 0);
	else
		json_null(j);
	json_key_str(j, "last_sent", text(n, "last_sent"));
	json_key_bool(j, "failing", failing && strcmp(failing, "true") == 0);
	json_key_str(j, "last_failure", text(n, "last_failure"));
	json_key_str(j, "last_error", text(n, "last_error"));
}

static void put_sink(const struct settings *s, const char *name, uint64_t newest, struct json *j)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	cleanup_with(buf_done) struct buf b = BUF_INIT(STATE_BYTES_MAX);
	cleanup_with(conf_freep) struct conf *c = NULL;
	cleanup_with(fd_closep) int fd = -1;
	char path[4300];
	int r = d ? 0 : -ENOMEM;

	snprintf(path, sizeof(path), "%s/relay/%s.state", s->state_dir, name);
	if (r == 0)
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (r == 0 && fd < 0)
		r = -errno;
	if (r == 0)
		r = fd_read_all(fd, STATE_BYTES_MAX, &b);
	if (r == 0)
		r = conf_parse(path, buf_view(&b), d, &c);
	json_object(j);
	json_key_str(j, "name", name);
	json_key_bool(j, "running", fd >= 0 && is_held(fd));
	if (r == 0)
		put_state(conf_root(c), newest, j);
	else
		json_key_str(j, "unknown",
			r == -ENOENT ? "sealgate-relay has not run yet" : strerror(-r));
	json_object_end(j);
}

int sinks_add(const struct ctl *ctl, uint64_t newest, struct buf *status)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct settings s;
	struct json j;
	int r = d ? 0 : -ENOMEM;

	if (r < 0 || configured_load(ctl->config, CONFIGURED_LENIENT, d, &s) < 0 ||
		status->n == 0 || status->p[status->n - 1] != '}')
		return r; /* who talks to a socket of another agent has its sinks nowhere */
	json_init(&j, &b);
	json_array(&j);
	for (size_t i = 0; i < s.sinks.n; i++)
		put_sink(&s, s.sinks.v[i].name, newest, &j);
	json_array_end(&j);
	r = json_error(&j);
	if (r == 0 && s.sinks.n > 0) {
		status->n--;
		r = buf_put_str(status, ",\"sinks\":");
		if (r == 0)
			r = buf_put_view(status, buf_view(&b));
		if (r == 0)
			r = buf_put_byte(status, '}');
	}
	settings_done(&s);
	return r;
}
