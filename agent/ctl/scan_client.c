/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/scan_client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ctl/configured.h"
#include "ctl/usage.h"
#include "ctl/rules_cache.h"
#include "wire/config.h"
#include "wire/peer.h"
#include "wire/protocol.h"
#include "wire/wire_facts.h"

#define NOBODY 65534U

/* Wall time a document may take: a worker watches its CPU time by itself, this is for one that
   sleeps (a file system that hangs). Nobody waits, so a busy machine gets its time. */
#define WALL_FACTOR 8
#define GRACE_NS    NSEC_PER_SEC

/* A worker that does not come up within this is as good as dead. */
#define START_NS (10 * NSEC_PER_SEC)

struct job {
	bool busy, sent;
	int fd;
	bool sha256;
	char name[256];
	void *document;
};

struct worker {
	struct scan_client *client;
	pid_t pid; /* 0: not running */
	int pidfd;
	struct wire_peer *control, *core;
	bool ready, late;
	uint64_t deadline; /* 0: none */
	uint32_t id;
	struct job job;
};

struct scan_client {
	struct loop *loop;
	struct loop_timer *timer;
	struct scan_client_options o;
	scan_client_fn fn;
	void *userdata;
	int rules_fd;
	uint32_t n;
	uint32_t failures;
	int stop; /* what `fn` or a start returned */
	char exe[1024];
	char trouble[1280];
	char layers[80];
	struct facts facts;
	struct worker workers[SCAN_CLIENT_JOBS_MAX];
};

static const struct wire_row control_rows[] = {
	{CHILD_READY, 4, 4096, 0},
	{CHILD_FATAL, 4, 4096, 0},
	{CHILD_PONG, 0, 0, 0},
};

static const struct wire_row core_rows[] = {
	{SCAN_RESULT, 8, WIRE_BODY_MAX, 0},
};

static int on_control(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why);
static int on_core(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why);

/* Process. */

static int spawn(const char *exe, int sock, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	char *argv[] = {(char *)exe, NULL};
	sigset_t none;
	int r = -posix_spawn_file_actions_init(&actions);

	if (r < 0)
		return r;
	r = -posix_spawnattr_init(&attr);
	if (r < 0) {
		posix_spawn_file_actions_destroy(&actions);
		return r;
	}
	sigemptyset(&none);
	/* A process group of its own: Ctrl-C is for the command, which then ends its workers. */
	r = -posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	if (r == 0)
		r = -posix_spawnattr_setsigmask(&attr, &none);
	if (r == 0)
		r = -posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
	if (r == 0)
		r = -posix_spawn_file_actions_adddup2(&actions, 0, 1);
	if (r == 0)
		r = -posix_spawn_file_actions_adddup2(&actions, sock, PROTOCOL_CONTROL_FD);
	if (r == 0)
		r = -posix_spawn(ret, exe, &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int send_config(struct scan_client *c, struct worker *w)
{
	bool root = geteuid() == 0;
	struct config config = {
		.workers = c->n,
		.uid = root ? NOBODY : UINT32_MAX,
		.gid = root ? NOBODY : UINT32_MAX,
		.index = (uint32_t)(w - c->workers),
		.agent_pid = (uint32_t)getpid(),
		.scan_cpu_ns = c->o.cpu_ns,
		.background_cpu_ns = c->o.cpu_ns,
		.file_bytes = c->o.file_bytes,
		.worker_memory = c->o.worker_memory,
	};
	cleanup_with(buf_done) struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};

	pack_config(&p, &config);
	return p.error ? p.error
		       : wire_peer_send(w->control, SUP_CONFIG, 0, buf_view(&body), NULL, 0);
}

static int connect_core(struct scan_client *c, struct worker *w)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(16);
	cleanup_with(fd_closep) int ours = -1, theirs = -1;
	struct pack p = {&body, 0};
	int pair[2], r = wire_pair(pair);

	if (r < 0)
		return r;
	ours = pair[0];
	theirs = pair[1];
	pack_u8(&p, ROLE_CORE);
	pack_u32(&p, 0);
	r = p.error ? p.error
		    : wire_peer_send(w->control, SUP_PEER, 0, buf_view(&body), &theirs, 1);
	if (r == 0)
		r = wire_peer_new(c->loop, fd_steal(&ours), core_rows, ARRAY_SIZE(core_rows),
			on_core, w, &w->core);
	if (r < 0)
		return r;
	buf_clear(&body);
	pack_u32(&p, 1);
	return p.error ? p.error
		       : wire_peer_send(w->core, SCAN_RULES, 0, buf_view(&body), &c->rules_fd, 1);
}

static void set_timer(struct scan_client *c)
{
	uint64_t first = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		uint64_t at = c->workers[i].deadline;

		if (at && (!first || at < first))
			first = at;
	}
	loop_timer_set(c->timer, first);
}

static void worker_end(struct worker *w)
{
	siginfo_t si;

	w->control = wire_peer_free(w->control);
	w->core = wire_peer_free(w->core);
	if (w->pid > 0) {
		/* It may hang in a reader; there is nothing in it to save. */
		(void)pidfd_send_signal(w->pidfd, SIGKILL, NULL, 0);
		while (waitid(P_PIDFD, (id_t)w->pidfd, &si, WEXITED) < 0 && errno == EINTR)
			;
		w->pid = 0;
	}
	w->pidfd = fd_close(w->pidfd);
	w->ready = w->late = false;
	w->deadline = 0;
}

static int worker_start(struct worker *w)
{
	struct scan_client *c = w->client;
	int pair[2], r = wire_pair(pair);

	if (r < 0)
		return r;
	r = spawn(c->exe, pair[1], &w->pid);
	fd_close(pair[1]);
	if (r < 0) {
		fd_close(pair[0]);
		w->pid = 0;
		snprintf(c->trouble, sizeof(c->trouble), "%s: %s", c->exe, strerror(-r));
		return r;
	}
	w->pidfd = pidfd_open(w->pid, 0);
	if (w->pidfd < 0) {
		r = -errno;
		fd_close(pair[0]);
		(void)kill(w->pid, SIGKILL);
		(void)waitpid(w->pid, NULL, 0);
		w->pid = 0;
		return r;
	}
	r = wire_peer_new(c->loop, pair[0], control_rows, ARRAY_SIZE(control_rows), on_control, w,
		&w->control);
	if (r == 0)
		r = send_config(c, w);
	if (r == 0)
		r = connect_core(c, w);
	/* One that ended at once: its control socket will say so. */
	if (w->control && (r == -EPIPE || r == -ECONNRESET))
		r = 0;
	w->deadline = clock_now() + START_NS;
	set_timer(c);
	return r;
}

/* Jobs. */

static int send_job(struct worker *w)
{
	struct scan_client *c = w->client;
	cleanup_with(buf_done) struct buf body = BUF_INIT(1024);
	struct pack p = {&body, 0};
	int r;

	pack_u64(&p, c->o.cpu_ns);
	pack_u8(&p, (w->job.sha256 ? SCAN_WANT_SHA256 : 0) | SCAN_WANT_OCR);
	pack_str(&p, w->job.name);
	r = p.error ? p.error
		    : wire_peer_send(w->core, SCAN_JOB, ++w->id, buf_view(&body), &w->job.fd, 1);
	if (r < 0)
		return r;
	w->job.sent = true;
	w->job.fd = fd_close(w->job.fd);
	w->deadline = clock_now() + WALL_FACTOR * c->o.cpu_ns + GRACE_NS;
	set_timer(c);
	return 0;
}

static void job_end(struct worker *w, const struct facts *f)
{
	struct scan_client *c = w->client;
	void *document = w->job.document;
	int r;

	fd_close(w->job.fd);
	w->job = (struct job){.fd = -1};
	w->deadline = 0;
	set_timer(c);
	r = c->fn(c->userdata, document, f);
	if (r < 0 && !c->stop)
		c->stop = r;
}

/* The worker is gone. Its document has been seen by it, or not: then another one gets it. */
static void worker_lost(struct worker *w)
{
	struct scan_client *c = w->client;
	bool late = w->late, was_ready = w->ready;
	int r = 0;

	worker_end(w);
	if (w->job.busy && w->job.sent) {
		struct facts f = {.format = "unknown"};

		facts_lower(&f, COMPLETENESS_UNREADABLE, late ? REASON_TIMED_OUT : REASON_CRASHED);
		job_end(w, &f);
	}
	if (was_ready)
		c->failures = 0;
	else if (++c->failures >= SCAN_CLIENT_FAILURES_MAX)
		r = -ECHILD;
	/* An idle one is started again when there is work. */
	if (r == 0 && w->job.busy)
		r = worker_start(w);
	if (r < 0) {
		if (!c->trouble[0])
			snprintf(c->trouble, sizeof(c->trouble), "%s does not start", c->exe);
		if (!c->stop)
			c->stop = -ECHILD;
	}
}

static int on_control(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct worker *w = userdata;
	struct scan_client *c = w->client;
	struct unpack u;

	(void)peer;
	(void)why;
	if (!f) {
		worker_lost(w);
		return 0;
	}
	u = (struct unpack){f->body, 0};
	if (f->type == CHILD_FATAL) {
		/* Not a document's doing, and the next worker would say the same. */
		unpack_str(&u, c->trouble, sizeof(c->trouble));
		c->stop = -ECHILD;
	} else if (f->type == CHILD_READY) {
		unpack_str(&u, c->layers, sizeof(c->layers));
		w->ready = true;
		w->deadline = 0;
		c->failures = 0;
		set_timer(c);
		if (w->job.busy && !w->job.sent && send_job(w) < 0)
			worker_lost(w);
	}
	return 0;
}

static int on_core(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct worker *w = userdata;
	struct scan_client *c = w->client;
	struct unpack u;

	(void)peer;
	(void)why;
	if (f) {
		u = (struct unpack){f->body, 0};
		unpack_facts(&u, &c->facts);
		if (unpack_end(&u) == 0 && w->job.sent && f->id == w->id) {
			job_end(w, &c->facts);
			return 0;
		}
	}
	worker_lost(w);
	return 0;
}

static int on_timer(void *userdata)
{
	struct scan_client *c = userdata;
	uint64_t now = clock_now();

	for (uint32_t i = 0; i < c->n; i++) {
		struct worker *w = &c->workers[i];

		if (w->deadline && w->deadline <= now) {
			w->late = true;
			worker_lost(w);
		}
	}
	set_timer(c);
	return 0;
}

static struct worker *free_worker(struct scan_client *c)
{
	struct worker *idle = NULL;

	for (uint32_t i = 0; i < c->n; i++) {
		struct worker *w = &c->workers[i];

		if (w->job.busy)
			continue;
		if (w->ready)
			return w;
		if (!idle)
			idle = w;
	}
	return idle;
}

static bool is_busy(const struct scan_client *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->workers[i].job.busy)
			return true;
	return false;
}

int scan_client_submit(struct scan_client *c, int fd, const char *name, bool sha256, void *document)
{
	struct worker *w;
	int r = 0;

	while (!(w = free_worker(c)) && !c->stop && r == 0)
		r = loop_step(c->loop, -1);
	if (r < 0 || c->stop) {
		fd_close(fd);
		return r < 0 ? r : c->stop;
	}
	w->job = (struct job){.busy = true, .fd = fd, .sha256 = sha256, .document = document};
	snprintf(w->job.name, sizeof(w->job.name), "%s", name);
	if (!w->pid)
		r = worker_start(w);
	else if (w->ready && send_job(w) < 0)
		worker_lost(w); /* which starts another for it */
	if (r < 0) {
		fd_close(w->job.fd);
		w->job = (struct job){.fd = -1};
		worker_end(w);
		return -ECHILD;
	}
	/* Take in what has come, so that results appear while directories are read. */
	r = loop_step(c->loop, 0);
	return r < 0 ? r : c->stop;
}

int scan_client_drain(struct scan_client *c)
{
	int r = 0;

	while (is_busy(c) && !c->stop && r == 0)
		r = loop_step(c->loop, -1);
	return r < 0 ? r : c->stop;
}

/* Beginning and end. */

int scan_client_configure(const struct ctl *ctl, struct settings *s, struct scan_client_options *o)
{
	size_t n = 0;
	int r = configured(ctl->config, CONFIGURED_STRICT, s);

	if (r != 0)
		return r;
	o->cpu_ns = o->cpu_ns ? o->cpu_ns : s->limits.background_cpu_ns;
	o->file_bytes = o->file_bytes ? o->file_bytes : s->limits.file_bytes;
	o->worker_memory = o->worker_memory ? o->worker_memory : s->limits.worker_memory;
	if (o->rules[0])
		return 0;
	/* The site's own folder need not exist. */
	for (size_t i = 0; i < s->rules.n && n < SCAN_CLIENT_RULES_MAX - 1; i++)
		if (access(s->rules.v[i], F_OK) == 0)
			o->rules[n++] = s->rules.v[i];
	return n > 0 ? 0
		     : ctl_error("no rules: none of the configured folders exists; see --rules");
}

static int compile_rules(struct scan_client *c, struct diags *d)
{
	cleanup_with(buf_done) struct buf blob = BUF_INIT(0);
	size_t n = 0;
	int r;

	while (n < SCAN_CLIENT_RULES_MAX && c->o.rules[n])
		n++;
	r = rules_cache_get(c->o.rules, n, d, &blob);
	if (r < 0)
		return r;
	c->rules_fd = fd_memfd_sealed("rules", buf_view(&blob));
	return c->rules_fd < 0 ? c->rules_fd : 0;
}

static void prepare(struct scan_client *c)
{
	const char *dir = getenv("SEALGATE_LIBEXEC"); /* a build tree's */
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	c->n = MIN(c->o.jobs ? c->o.jobs : cpus > 0 ? (uint32_t)cpus : 1, SCAN_CLIENT_JOBS_MAX);
	snprintf(c->exe, sizeof(c->exe), "%s/sealgate-scan",
		dir && *dir ? dir : SEALGATE_LIBEXECDIR);
}

int scan_client_new(const struct scan_client_options *o, struct diags *d, scan_client_fn fn,
	void *userdata, struct scan_client **ret)
{
	struct scan_client *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->o = *o;
	c->fn = fn;
	c->userdata = userdata;
	c->rules_fd = -1;
	for (uint32_t i = 0; i < SCAN_CLIENT_JOBS_MAX; i++)
		c->workers[i] = (struct worker){.client = c, .pidfd = -1, .job = {.fd = -1}};
	prepare(c);
	r = loop_new(&c->loop);
	if (r == 0)
		r = loop_timer_new(c->loop, on_timer, c, &c->timer);
	*ret = c; /* also on failure, for scan_client_trouble() */
	return r < 0 ? r : compile_rules(c, d);
}

struct scan_client *scan_client_free(struct scan_client *c)
{
	if (!c)
		return NULL;
	for (uint32_t i = 0; i < c->n; i++) {
		worker_end(&c->workers[i]);
		fd_close(c->workers[i].job.fd);
	}
	loop_timer_free(c->timer);
	loop_free(c->loop);
	fd_close(c->rules_fd);
	free(c);
	return NULL;
}

const char *scan_client_trouble(const struct scan_client *c)
{
	return c ? c->trouble : "";
}
