/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/meeting.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

struct meeting {
	struct loop_timer *timer;
	const struct meeting_events *events;
	void *userdata;
	struct meeting_call call;
	unsigned quiet; /* looks without a sign */
	uint64_t times, look_ns;
};

/* What one look found: the strongest sign. */
struct look {
	struct meeting_call best;
	uint32_t n_processes;
	uint64_t sockets[MEETING_SOCKETS_MAX];
	uint32_t n_sockets;
};

const char *meeting_sign_name(enum meeting_sign sign)
{
	static const char *const names[] = {"none", "network", "microphone", "camera"};

	static_assert(ARRAY_SIZE(names) == MEETING_SIGN_MAX, "one name per sign");
	return (unsigned)sign < MEETING_SIGN_MAX ? names[sign] : "?";
}

enum meeting_sign meeting_sign_of(const char *target)
{
	unsigned card, device;
	int end = -1;

	if (sscanf(target, "/dev/video%u%n", &card, &end) == 1 && end > 0 && !target[end])
		return MEETING_SIGN_CAMERA;
	end = -1;
	if (sscanf(target, "/dev/snd/pcmC%uD%uc%n", &card, &device, &end) == 2 && end > 0 &&
		!target[end])
		return MEETING_SIGN_MICROPHONE;
	return MEETING_SIGN_NONE;
}

/* Names, time, discovery, and what browsers speak over UDP with every site. */
static bool is_service(unsigned port)
{
	static const unsigned ports[] = {
		53, 67, 68, 123, 137, 138, 443, 546, 547, 853, 1900, 3702, 5353, 5355};

	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		if (ports[i] == port)
			return true;
	return false;
}

bool meeting_is_media(const char *line, uint64_t *ret_inode)
{
	char local[33], remote[33];
	unsigned local_port, remote_port;
	uint64_t inode;

	if (sscanf(line,
		    "%*u: %32[0-9A-Fa-f]:%4x %32[0-9A-Fa-f]:%4x %*x %*x:%*x %*x:%*x %*x %*u %*u "
		    "%" SCNu64,
		    local, &local_port, remote, &remote_port, &inode) != 5 ||
		inode == 0 || is_service(local_port))
		return false;
	/* Not connected, but bound to one address of this machine: a candidate of a media path. */
	if (remote_port != 0 ? is_service(remote_port)
			     : local_port == 0 || strspn(local, "0") == strlen(local))
		return false;
	*ret_inode = inode;
	return true;
}

static bool has_socket(const struct look *l, uint64_t inode)
{
	for (uint32_t i = 0; i < l->n_sockets; i++)
		if (l->sockets[i] == inode)
			return true;
	return false;
}

/* The process's own network namespace. */
static bool has_media(const struct look *l, uint32_t pid, const char *table)
{
	char path[64], line[512];
	bool found = false;
	uint64_t inode;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/net/%s", pid, table);
	f = fopen(path, "re");
	for (unsigned n = 0; f && !found && n < MEETING_LINES_MAX && fgets(line, sizeof(line), f);
		n++)
		found = meeting_is_media(line, &inode) && has_socket(l, inode);
	if (f)
		fclose(f);
	return found;
}

/* Links are read, nothing is opened: not even the state of a file is asked for, which a user's FUSE
   server could answer slowly. */
static enum meeting_sign look_at_files(struct look *l, uint32_t pid)
{
	enum meeting_sign best = MEETING_SIGN_NONE;
	char path[64], target[256];
	const struct dirent *e;
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	d = opendir(path);
	l->n_sockets = 0;
	while (d && n++ < MEETING_FILES_MAX && (e = readdir(d))) {
		ssize_t len = readlinkat(dirfd(d), e->d_name, target, sizeof(target) - 1);
		enum meeting_sign sign;
		uint64_t inode;

		if (len <= 0)
			continue;
		target[len] = 0;
		sign = meeting_sign_of(target);
		best = MAX(best, sign);
		if (l->n_sockets < MEETING_SOCKETS_MAX &&
			sscanf(target, "socket:[%" SCNu64 "]", &inode) == 1)
			l->sockets[l->n_sockets++] = inode;
	}
	if (d)
		closedir(d);
	return best;
}

static void look_at(void *userdata, uint32_t pid, const char *app_id)
{
	struct look *l = userdata;
	enum meeting_sign sign;
	char path[32];
	struct stat st;

	if (l->n_processes++ >= MEETING_PROCESSES_MAX)
		return;
	sign = look_at_files(l, pid);
	if (sign == MEETING_SIGN_NONE && l->best.sign == MEETING_SIGN_NONE && l->n_sockets > 0 &&
		(has_media(l, pid, "udp") || has_media(l, pid, "udp6")))
		sign = MEETING_SIGN_NETWORK;
	if (sign <= l->best.sign)
		return;
	snprintf(path, sizeof(path), "/proc/%u", pid);
	l->best = (struct meeting_call){.on = true,
		.pid = pid,
		.uid = stat(path, &st) == 0 ? st.st_uid : UINT32_MAX,
		.sign = sign,
		.since = clock_realtime()};
	snprintf(l->best.app, sizeof(l->best.app), "%s", app_id);
}

static int on_timer(void *userdata)
{
	struct meeting *m = userdata;
	uint64_t began = clock_now();
	struct look *l = calloc(1, sizeof(*l));

	loop_timer_set(m->timer, began + MEETING_LOOK_NS);
	if (!l)
		return 0; /* what was, is */
	m->events->each(m->userdata, look_at, l);
	m->quiet = l->best.on ? 0 : m->quiet + 1;
	if (l->best.on && !m->call.on) {
		m->call = l->best;
		m->times++;
		m->events->changed(m->userdata, &m->call);
	} else if (m->call.on && m->quiet >= MEETING_END_LOOKS) {
		m->call.on = false;
		m->events->changed(m->userdata, &m->call);
	}
	free(l);
	m->look_ns = clock_now() - began;
	return 0;
}

int meeting_new(
	struct loop *l, const struct meeting_events *events, void *userdata, struct meeting **ret)
{
	struct meeting *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->events = events;
	m->userdata = userdata;
	r = loop_timer_new(l, on_timer, m, &m->timer);
	if (r < 0) {
		free(m);
		return r;
	}
	loop_timer_set(m->timer, clock_now() + MEETING_LOOK_NS);
	*ret = m;
	return 0;
}

struct meeting *meeting_free(struct meeting *m)
{
	if (m)
		loop_timer_free(m->timer);
	free(m);
	return NULL;
}

bool meeting_is_on(const struct meeting *m)
{
	return m->call.on;
}

void meeting_status(const struct meeting *m, struct json *j)
{
	char since[CLOCK_TEXT_MAX] = "";

	if (m->call.on)
		clock_format(m->call.since, since);
	json_key(j, "meeting");
	json_object(j);
	json_key_bool(j, "in_progress", m->call.on);
	json_key_str(j, "since", m->call.on ? since : NULL);
	json_key_str(j, "app", m->call.on ? m->call.app : NULL);
	json_key_str(j, "sign", m->call.on ? meeting_sign_name(m->call.sign) : NULL);
	json_key_u64(j, "times", m->times);
	json_key(j, "look_ms");
	json_double(j, (double)m->look_ns / 1e6, 3);
	json_object_end(j);
}
