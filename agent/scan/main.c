/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate-scan: a worker that reads hostile documents. Started by exec with its control socket;
 * gets descriptors, never paths; confines itself before the first of them. A defect in a reader
 * costs this process and one verdict.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "jail/jail.h"
#include "wire/child.h"
#include "wire/peer.h"
#include "wire/wire_facts.h"
#include "worker.h"

/* Beside limits.worker-memory and the mapped content: libraries, rules, stacks. */
#define MEMORY_BASE (128U << 20)

static const struct wire_row core_rows[] = {
	{SCAN_RULES, 4, 4, 1},
	{SCAN_JOB, 13, 13 + WORKER_NAME_MAX, 1},
};

struct scan {
	struct loop *loop;
	struct child *child;
	struct wire_peer *core;
	struct worker *worker;
	struct buf out;
};

/*
 * The backstop behind the readers' own looks at the clock: SIGPROF at the budget, half as much
 * again, and time for the digest. It answers `timed-out` and ends the process.
 */
#define OVERRUN_NS(budget) ((budget) + (budget) / 2 + NSEC_PER_SEC / 2)

static struct {
	volatile sig_atomic_t armed;
	int sock;
	uint32_t id;
	size_t n;
	uint8_t body[512];
} overrun;

static void on_overrun(int sig)
{
	(void)sig;
	if (!overrun.armed)
		return;
	/* sendmsg(2) is safe here; the state of everything else is not. */
	(void)!wire_send(
		overrun.sock, SCAN_RESULT, overrun.id, view_of(overrun.body, overrun.n), NULL, 0);
	_exit(EXIT_SUCCESS);
}

static int overrun_arm(int sock, uint32_t id, uint64_t budget)
{
	struct itimerval timer = {
		.it_value = {.tv_sec = (time_t)(OVERRUN_NS(budget) / NSEC_PER_SEC),
			.tv_usec = (suseconds_t)(OVERRUN_NS(budget) % NSEC_PER_SEC / 1000)}};
	struct facts f = {.cpu_ns = OVERRUN_NS(budget), .format = "unknown"};
	struct buf b = {
		.p = overrun.body, .cap = sizeof(overrun.body), .max = sizeof(overrun.body)};
	struct pack p = {&b, 0};

	facts_lower(&f, COMPLETENESS_UNREADABLE, REASON_TIMED_OUT);
	pack_facts(&p, &f);
	if (p.error)
		return p.error;
	overrun.n = b.n;
	overrun.sock = sock;
	overrun.id = id;
	overrun.armed = 1;
	return setitimer(ITIMER_PROF, &timer, NULL) < 0 ? -errno : 0;
}

static void overrun_disarm(void)
{
	struct itimerval off = {0};

	overrun.armed = 0;
	(void)setitimer(ITIMER_PROF, &off, NULL);
}

static int on_rules(struct scan *s, struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	uint32_t generation = unpack_u32(&u);
	int r = unpack_end(&u);

	if (r == 0)
		r = worker_rules(s->worker, generation, f->fds[0]);
	if (r < 0)
		child_fatal("rules of generation %u: %s", generation, strerror(-r));
	return r;
}

static int on_job(struct scan *s, struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct pack p = {&s->out, 0};
	struct worker_job job = {.fd = f->fds[0]};
	const struct facts *facts;
	int r;

	job.cpu_ns = unpack_u64(&u);
	job.flags = unpack_u8(&u);
	job.name = unpack_view(&u);
	if (unpack_end(&u) < 0)
		return -EPROTO;
	r = overrun_arm(wire_peer_fd(s->core), f->id, job.cpu_ns);
	if (r < 0)
		return r;
	facts = worker_run(s->worker, &job);
	overrun_disarm();
	if (!facts) {
		child_fatal("a job came before the rules");
		return -EPROTO;
	}
	buf_clear(&s->out);
	pack_facts(&p, facts);
	if (p.error)
		return p.error;
	r = wire_peer_send(s->core, SCAN_RESULT, f->id, buf_view(&s->out), NULL, 0);
	/* A core that went away is replaced by the supervisor. */
	return r == -EPIPE || r == -ECONNRESET ? 0 : r;
}

static int on_core(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct scan *s = userdata;

	(void)why;
	if (!f) {
		/* A new core comes with a new socket. */
		wire_peer_free(peer);
		s->core = NULL;
		return 0;
	}
	return f->type == SCAN_RULES ? on_rules(s, f) : on_job(s, f);
}

static int on_peer(void *userdata, enum role role, uint32_t index, int sock)
{
	struct scan *s = userdata;

	(void)index;
	if (role != ROLE_CORE) {
		fd_close(sock);
		return -EPROTO;
	}
	s->core = wire_peer_free(s->core);
	return wire_peer_new(s->loop, sock, core_rows, ARRAY_SIZE(core_rows), on_core, s, &s->core);
}

static int on_stop(void *userdata)
{
	(void)userdata;
	return LOOP_DONE;
}

static const struct child_events events = {.peer = on_peer, .stop = on_stop};

#define NOTE_MAX 200

static int confine(const struct config *c, const char *lacks, char note[NOTE_MAX])
{
	struct jail_options o = {
		.uid = c->uid == UINT32_MAX ? (uid_t)-1 : c->uid,
		.gid = c->gid == UINT32_MAX ? (gid_t)-1 : c->gid,
		.memory_max = c->worker_memory + c->file_bytes + MEMORY_BASE,
	};
	unsigned layers;
	int r = jail_enter(JAIL_SCAN, &o, &layers);

	if (r == 0)
		jail_layers_format(layers, note, NOTE_MAX);
	if (r == 0 && lacks) {
		size_t n = strlen(note);

		(void)snprintf(note + n, NOTE_MAX - n, "; %s", lacks);
	}
	return r;
}

/* libpng and libjpeg say there what is wrong with a picture, as often as its maker likes. */
static int silence(void)
{
	int fd = SANITIZED ? STDERR_FILENO : open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fd == STDERR_FILENO)
		return 0;
	if (dup2(fd, STDERR_FILENO) < 0)
		return -errno;
	close(fd);
	return 0;
}

static int serve(struct scan *s, const struct config *c)
{
	char note[NOTE_MAX];
	int r = loop_new(&s->loop);

	if (r == 0)
		r = worker_new(c->file_bytes, &s->worker);
	if (r == 0)
		r = child_new(s->loop, &events, s, &s->child);
	if (r == 0)
		r = silence();
	if (r < 0) {
		child_fatal("cannot start: %s", strerror(-r));
		return r;
	}
	r = confine(c, worker_lacks(s->worker), note);
	if (r < 0) {
		child_fatal("cannot confine itself: %s", strerror(-r));
		_exit(EXIT_FAILURE);
	}
	r = child_ready(s->child, note);
	return r < 0 ? r : loop_run(s->loop);
}

int main(void)
{
	struct scan s = {.out = BUF_INIT(WIRE_BODY_MAX)};
	struct sigaction sa = {.sa_handler = on_overrun};
	struct config config;
	int r;

	if (close_range(PROTOCOL_CONTROL_FD + 1, ~0U, 0) < 0)
		return EXIT_FAILURE;
	/* Names in archives become what this says. Without it those beyond ASCII are as stored. */
	unchecked(setlocale(LC_CTYPE, "C.UTF-8"));
	if (sigaction(SIGPROF, &sa, NULL) < 0)
		return EXIT_FAILURE;
	r = child_config(&config);
	if (r < 0) {
		fprintf(stderr, "sealgate-scan: started by sealgated and sealgate, not by hand\n");
		return EXIT_FAILURE;
	}
	r = serve(&s, &config);
	/* No tidying in the sandbox: the exit handlers of libraries are not worth a kill. */
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
