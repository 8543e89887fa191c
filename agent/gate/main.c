/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate-gate: answers the kernel. Started by the supervisor with its control socket as
 * descriptor 3; everything else comes over it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/gate.h"
#include "gate/serve.h"
#include "wire/frame.h"
#include "wire/protocol.h"

/* With fewer than it may want it goes on: see files.c. */
static int raise_files(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return -errno;
	if (l.rlim_cur >= GATE_FILES)
		return 0;
	l.rlim_cur = GATE_FILES;
	if (l.rlim_max < GATE_FILES) {
		struct rlimit more = {GATE_FILES, GATE_FILES};

		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return 0;
		l.rlim_cur = l.rlim_max;
	}
	if (l.rlim_cur < GATE_FILES_MIN)
		return -EMFILE;
	return setrlimit(RLIMIT_NOFILE, &l) < 0 ? -errno : 0;
}

/* All that will ever be needed; page faults for what is not in use yet are the kernel's only. */
static struct gate *gate_new(void)
{
	struct gate *g = mmap(
		NULL, sizeof(*g), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (g == MAP_FAILED)
		return NULL;
	g->group = g->core = g->mounts.fd = g->procs.exits = g->look.dir = -1;
	g->self = getpid();
	g->frame = BUF_INIT(WIRE_BODY_MAX);
	g->storage = BUF_INIT(0);
	g->now = clock_now();
	hold_init(g);
	return g;
}

static int run(struct gate *g)
{
	int r = raise_files();

	if (r == 0)
		r = child_config(&g->config);
	if (r == 0)
		r = buf_reserve(&g->frame, WIRE_BODY_MAX);
	if (r == 0)
		r = buf_reserve(&g->storage, WIRE_BODY_MAX);
	if (r < 0)
		return r;
	g->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	g->own_files = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (g->proc < 0 || g->own_files < 0)
		return -errno;
	r = loop_new(&g->loop);
	if (r == 0)
		r = serve_init(g);
	if (r == 0)
		r = child_new(g->loop, &control_events, g, &g->child);
	return r < 0 ? r : loop_run(g->loop);
}

static void ignore_signals(void)
{
	/* SIGIO: a lease that a writer wants while we look would end us. The terminal's signals are
	   the supervisor's: it stops us once openers are safe. */
	static const int ignored[] = {SIGIO, SIGPIPE, SIGINT, SIGTERM, SIGHUP};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		(void)sigaction(ignored[i], &ignore, NULL);
}

int main(void)
{
	struct gate *g;
	int r;

	(void)mlockall(MCL_CURRENT); /* the program itself; the tables in serve.c */
	g = gate_new();
	ignore_signals();
	/* Nobody else could end one that hangs, or was stopped, and with it all that wait for it.
	 */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return EXIT_FAILURE;
	tzset();
	r = g ? run(g) : -ENOMEM;
	if (r == LOOP_DONE)
		return 0;
	child_fatal("gate: %s", strerror(-r));
	return EXIT_FAILURE;
}
