/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/lang.h"
#include "base/utf8.h"
#include "supervisor/agent_state.h"
#include "supervisor/notify.h"
#include "wire/subjects.h"

#define TICK_NS      NSEC_PER_SEC
#define MARK_APPS_NS (30 * NSEC_PER_SEC) /* applications are installed while we run */
#define START_NS     (20 * NSEC_PER_SEC) /* all processes ready, or no start */
#define STOP_NS      (3 * NSEC_PER_SEC)
#define STOP_GATE_NS (500 * NSEC_PER_MSEC) /* openers may wait for it: then it is killed */
#define BACKOFF_NS   (5 * NSEC_PER_SEC)
#define PROGRAMS_MS  5000 /* at the start: that the first look for programs is waited for */
#define SERVERS_MAX  64U  /* that are disconnected when we stop */

void agent_say(const struct agent *a, const char *fmt, ...)
{
	struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
	char line[1024] = "sealgated: ";
	size_t n = strlen(line);
	va_list ap;

	/* A service manager that hangs must not stop us: the journal has it as well. */
	if (a->options->quiet || poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT))
		return;
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	utf8_make_line(line); /* names of users' mounts and files come by here */
	n = strlen(line);
	line[n++] = '\n';
	unchecked(write(STDERR_FILENO, line, n));
}

/* ---- wiring ---- */

void agent_connect(
	struct agent *a, struct proc *x, uint32_t x_index, struct proc *y, uint32_t y_index)
{
	int pair[2], r;

	if (!proc_is_running(x) || !proc_is_running(y))
		return;
	r = wire_pair(pair);
	if (r < 0) {
		agent_say(a, "cannot connect %s and %s: %s", proc_name(x), proc_name(y),
			strerror(-r));
		return;
	}
	/* Where one is just gone, its successor is connected anew. */
	if (proc_give_peer(x, proc_role(y), y_index, pair[0]) == 0 &&
		proc_give_peer(y, proc_role(x), x_index, pair[1]) < 0)
		agent_say(a, "%s is going away", proc_name(y));
	fd_close(pair[0]);
	fd_close(pair[1]);
}

void agent_ask_to_look(struct agent *a, bool announce)
{
	const uint8_t body = announce;

	if (proc_is_ready(a->gate) &&
		proc_send(a->gate, SUP_LOOK, 0, view_of(&body, 1), NULL, 0) < 0)
		agent_say(a, "the gate is away; its successor looks who lives");
}

/* What is told while no watch lives waits in the group. */
static void give_arrivals(struct agent *a, struct proc *watch)
{
	const struct news *n = group_news(a->group);
	int fds[3] = {n->writes, a->subjects_read_fd, n->moves};

	if (fds[0] >= 0 &&
		proc_send(watch, SUP_ARRIVALS, 0, VIEW_EMPTY, fds, fds[2] >= 0 ? 3 : 2) < 0)
		proc_kill(watch, false);
}

static void on_started(void *userdata, struct proc *p)
{
	struct agent *a = userdata;
	int fds[4] = {
		group_fd(a->group), a->shared_fd, group_host_mounts_fd(a->group), a->subjects_fd};

	switch (proc_role(p)) {
	case ROLE_GATE:
		if (proc_send(p, SUP_FANOTIFY, 0, VIEW_EMPTY, fds, 4) < 0)
			proc_kill(p, false);
		agent_policy_gate_started(a);
		agent_tell_gate_meeting(a);
		agent_connect(a, p, 0, a->core, 0);
		break;
	case ROLE_CORE:
		agent_connect(a, p, 0, a->log, 0);
		agent_connect(a, p, 0, a->gate, 0);
		agent_connect(a, p, 0, a->watch, 0);
		for (uint32_t i = 0; i < a->n_scan; i++)
			agent_connect(a, p, 0, a->scan[i], i);
		if (proc_give_peer(p, ROLE_CTL, 0, a->listen_fd) < 0)
			proc_kill(p, false);
		agent_give_posture(a, p);
		agent_send_records(a);
		break;
	case ROLE_SCAN: agent_connect(a, p, proc_index(p), a->core, 0); break;
	case ROLE_WATCH:
		give_arrivals(a, p);
		agent_connect(a, p, 0, a->core, 0);
		break;
	case ROLE_LOG: agent_connect(a, p, 0, a->core, 0); break;
	case ROLE_SUPERVISOR:
	case ROLE_CTL:
	case ROLE_MAX: break;
	}
}

static bool all_ready(const struct agent *a)
{
	if (!proc_is_ready(a->gate) || !proc_is_ready(a->core) || !proc_is_ready(a->log) ||
		!proc_is_ready(a->watch))
		return false;
	for (uint32_t i = 0; i < a->n_scan; i++)
		if (!proc_is_ready(a->scan[i]))
			return false;
	return true;
}

static void start_serving(struct agent *a)
{

	/* Also where nothing needs it yet: what cannot be covered has to be known now. */
	if (arming_alive(a->arming) < 0) {
		a->exit_status = AGENT_NOT_STARTED;
		(void)kill(getpid(), SIGTERM);
		return;
	}
	if (a->policy.apps)
		agent_look_at_programs(a, false, PROGRAMS_MS);
	a->serving = true;
	vault_heal(a->vault);
	copies_start(a->copies);
	agent_ask_to_look(a, true);
	loop_timer_set(a->start_timer, 0);
	agent_say(a, "protecting %zu director%s, policy version %u", a->settings->protect.n,
		a->settings->protect.n == 1 ? "y" : "ies", a->policy.version);
	notify_ready();
	agent_record(a, "agent", "start", 0,
		"sealgate " SEALGATE_VERSION " protects %zu directories", a->settings->protect.n);
	if (statedir_unclean_end(a->statedir))
		agent_record(a, "gap", "agent", statedir_unclean_end(a->statedir),
			"the agent had ended without being stopped; nothing was protected until "
			"now");
}

static void on_ready(void *userdata, struct proc *p)
{
	struct agent *a = userdata;

	if (a->serving && proc_role(p) == ROLE_GATE)
		agent_ask_to_look(a, false);
	if (!a->serving && !a->stopping && all_ready(a))
		start_serving(a);
}

static void on_ended(void *userdata, struct proc *p, bool hung, int status)
{
	struct agent *a = userdata;

	if (a->stopping)
		return;
	if (!a->serving && proc_fatal(p)[0]) {
		/* No half-started agent: whoever says why it cannot start ends the start. */
		fprintf(stderr, "%s%s", proc_fatal(p),
			proc_fatal(p)[strlen(proc_fatal(p)) - 1] == '\n' ? "" : "\n");
		a->exit_status = AGENT_NOT_STARTED;
		(void)kill(getpid(), SIGTERM);
		return;
	}
	if (proc_role(p) == ROLE_GATE)
		agent_policy_gate_ended(a);
	/* It may have let a start go on: covered until its successor has looked. */
	if (a->serving && proc_role(p) == ROLE_GATE)
		(void)arming_alive(a->arming);
	agent_say(a, "%s %s (status %d), starting another", proc_name(p),
		hung ? "did not answer and was killed" : "ended", status);
	agent_record(a, proc_role(p) == ROLE_SCAN ? "agent" : "gap", proc_name(p), clock_realtime(),
		"%s %s (status %d) and is replaced%s%s", proc_name(p),
		hung ? "did not answer and was killed" : "ended", status,
		proc_fatal(p)[0] ? ": " : "", proc_fatal(p));
}

/* The gate's own deadlines keep openers moving; a gate that does not answer pings keeps nobody. Its
   successor does not wait long either, because openers do. */
static const struct proc_kind kinds[] = {
	{ROLE_GATE, "sealgate-gate", 100 * NSEC_PER_MSEC, 500 * NSEC_PER_MSEC, 5 * NSEC_PER_SEC,
		-10, true, 100 * NSEC_PER_MSEC, agent_gate_rows, AGENT_GATE_ROWS},
	/* Compiling the rules takes a second on a fast machine, many on a slow one. */
	{ROLE_CORE, "sealgate-core", NSEC_PER_SEC, 10 * NSEC_PER_SEC, START_NS, -5, false,
		BACKOFF_NS, agent_core_rows, AGENT_CORE_ROWS},
	{ROLE_WATCH, "sealgate-watch", 5 * NSEC_PER_SEC, 60 * NSEC_PER_SEC, START_NS, 10, false,
		BACKOFF_NS, NULL, 0},
	{ROLE_LOG, "sealgate-log", NSEC_PER_SEC, 30 * NSEC_PER_SEC, START_NS, 0, false, BACKOFF_NS,
		NULL, 0},
	/* core has deadlines for its jobs */
	{ROLE_SCAN, "sealgate-scan", 0, 0, 0, 0, false, BACKOFF_NS, NULL, 0},
};

static const struct proc_events events = {
	.started = on_started,
	.ready = on_ready,
	.ended = on_ended,
	.frame = agent_frame,
};

/* ---- life ---- */

static int on_mounts(void *userdata, int fd, uint32_t ev)
{
	struct agent *a = userdata;
	char why[512];
	int r;

	(void)fd;
	(void)ev;
	if (!a->serving || a->stopping)
		return 0;
	r = group_cover(a->group, why, sizeof(why));
	if (r > 0)
		agent_record(a, "agent", "coverage", 0, "%d new file system%s covered", r,
			r == 1 ? " is" : "s are");
	else if (r < 0)
		agent_record(a, "gap", "coverage", clock_realtime(), "%s", why);
	return 0;
}

static int on_tick(void *userdata)
{
	struct agent *a = userdata;
	uint64_t now = clock_now();

	statedir_touch(a->statedir);
	agent_look_at_gate(a);
	agent_look_at_losses(a);
	failures_tell(a, false);
	group_tick(a->group);
	lookup_tick(a->lookup);
	(void)agent_look_at_servers(a, false);
	notify_alive();
	if (a->tags)
		tags_sweep(a->tags);
	if (a->serving && !a->stopping && a->policy.apps && now >= a->next_mark) {
		agent_look_at_programs(a, false, 0);
		a->next_mark = now + MARK_APPS_NS;
	}
	loop_timer_set(a->tick, now + TICK_NS / 5);
	return 0;
}

static int on_start_late(void *userdata)
{
	struct agent *a = userdata;

	fprintf(stderr, "sealgated: not all processes were ready in time:");
	if (!proc_is_ready(a->gate))
		fprintf(stderr, " gate");
	if (!proc_is_ready(a->core))
		fprintf(stderr, " core");
	if (!proc_is_ready(a->watch))
		fprintf(stderr, " watch");
	if (!proc_is_ready(a->log))
		fprintf(stderr, " log");
	fprintf(stderr, "\n");
	a->exit_status = AGENT_NOT_STARTED;
	return LOOP_DONE;
}

static bool any_running(const struct agent *a)
{
	if (proc_is_running(a->gate) || proc_is_running(a->core) || proc_is_running(a->log) ||
		proc_is_running(a->watch))
		return true;
	for (uint32_t i = 0; i < a->n_scan; i++)
		if (proc_is_running(a->scan[i]))
			return true;
	return false;
}

/* In order: nothing is held any more, the gate answers what it holds, core hands its records to
   log, log writes them. Each step begins when the one before is over or late. */
static int on_stop_step(void *userdata)
{
	struct agent *a = userdata;
	static const uint64_t step_ns = 20 * NSEC_PER_MSEC;
	bool late = clock_now() >= a->stop_began + STOP_NS;

	if (clock_now() >= a->stop_began + STOP_GATE_NS)
		proc_kill(a->gate, true);
	if (!proc_is_running(a->gate) || late) {
		proc_stop(a->core);
		proc_stop(a->watch);
		for (uint32_t i = 0; i < a->n_scan; i++)
			proc_stop(a->scan[i]);
	}
	if (!proc_is_running(a->core) || late)
		proc_stop(a->log);
	if (!any_running(a) || clock_now() >= a->stop_began + 2 * STOP_NS) {
		a->orderly = !any_running(a);
		return LOOP_DONE;
	}
	loop_timer_set(a->stop_timer, clock_now() + step_ns);
	return 0;
}

static void stop(struct agent *a)
{
	if (a->stopping)
		return;
	failures_tell(a, true);
	copies_stop(a->copies);
	if (a->serving)
		agent_record(a, "agent", "stop", 0,
			"sealgate was told to stop; nothing is protected now");
	a->stopping = true;
	a->stop_began = clock_now();
	loop_timer_set(a->start_timer, 0);
	notify_stopping();
	arming_end(a->arming);
	/* Whoever waits for a server could not be ended, and would keep the group, and with it all
	   that waits for an answer. */
	for (uint32_t i = 0; i < SERVERS_MAX && agent_look_at_servers(a, true); i++)
		;
	group_uncover(a->group);
	/* Who was about to ask when the marks went may ask after the gate has read for the last
	   time: the gate's end is then the end of the group, and lets them go. */
	group_close(a->group);
	proc_stop(a->gate);
	loop_timer_set(a->stop_timer, clock_now() + 1);
}

static int on_signal(void *userdata, const struct signalfd_siginfo *si)
{
	struct agent *a = userdata;

	if (si->ssi_signo == SIGHUP) {
		if (proc_send(a->core, SUP_RELOAD, 0, VIEW_EMPTY, NULL, 0) < 0)
			agent_say(a, "core is away; it reads policy and rules when it is back");
		return 0;
	}
	stop(a);
	return 0;
}

/* Running out of descriptors would deny every open on the marked file systems. */
static void raise_limits(void)
{
	struct rlimit files = {1U << 20, 1U << 20};

	if (setrlimit(RLIMIT_NOFILE, &files) < 0) {
		if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
			files.rlim_cur = files.rlim_max;
			(void)setrlimit(RLIMIT_NOFILE, &files);
		}
	}
}

static int make_shared(struct agent *a)
{
	char name[64];
	void *p;

	a->shared_fd = memfd_create("gate", MFD_CLOEXEC);
	if (a->shared_fd < 0 || ftruncate(a->shared_fd, sizeof(struct gate_shared)) < 0)
		return -errno;
	p = mmap(NULL, sizeof(struct gate_shared), PROT_READ, MAP_SHARED, a->shared_fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	a->shared = p;
	a->subjects_fd = memfd_create("subjects", MFD_CLOEXEC);
	if (a->subjects_fd < 0 || ftruncate(a->subjects_fd, sizeof(struct subjects)) < 0)
		return -errno;
	p = mmap(NULL, sizeof(struct subjects), PROT_READ, MAP_SHARED, a->subjects_fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	a->subjects = p;
	/* Who only reads must not be able to write. */
	snprintf(name, sizeof(name), "/proc/self/fd/%d", a->subjects_fd);
	a->subjects_read_fd = open(name, O_RDONLY | O_CLOEXEC);
	return a->subjects_read_fd < 0 ? -errno : 0;
}

static int make_loop(struct agent *a)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	int r = loop_new(&a->loop);

	if (r == 0)
		r = loop_signals(a->loop, signals, ARRAY_SIZE(signals), on_signal, a);
	if (r == 0)
		r = loop_timer_new(a->loop, on_tick, a, &a->tick);
	if (r == 0)
		r = loop_timer_new(a->loop, on_start_late, a, &a->start_timer);
	if (r == 0)
		r = loop_timer_new(a->loop, on_stop_step, a, &a->stop_timer);
	if (r == 0)
		r = loop_add(a->loop, group_mounts_fd(a->group), EPOLLPRI, on_mounts, a, NULL);
	return r;
}

static int make_proc(struct agent *a, const struct proc_kind *kind, uint32_t index,
	const struct config *config, struct proc **ret)
{
	return proc_new(a->loop, kind, index, config, a->options->libexec, &events, a, ret);
}

static int make_procs(struct agent *a)
{
	int r = make_proc(a, &kinds[3], 0, &a->configs[ACCOUNT_LOG], &a->log);

	if (r == 0)
		r = make_proc(a, &kinds[1], 0, &a->configs[ACCOUNT_CORE], &a->core);
	if (r == 0)
		r = make_proc(a, &kinds[0], 0, &a->configs[ACCOUNT_MAX], &a->gate);
	if (r == 0)
		r = make_proc(a, &kinds[2], 0, &a->configs[ACCOUNT_WATCH], &a->watch);
	for (uint32_t i = 0; r == 0 && i < a->n_scan; i++)
		r = make_proc(a, &kinds[4], i, &a->configs[ACCOUNT_SCAN], &a->scan[i]);
	return r;
}

static int start_one(struct agent *a, struct proc *p)
{
	int r = proc_start(p);

	if (r < 0)
		fprintf(stderr, "sealgated: cannot start %s in %s: %s\n", proc_name(p),
			a->options->libexec, strerror(-r));
	return r;
}

static int start_procs(struct agent *a)
{
	int r = start_one(a, a->log);

	if (r == 0)
		r = start_one(a, a->core);
	if (r == 0)
		r = start_one(a, a->gate);
	if (r == 0)
		r = start_one(a, a->watch);
	for (uint32_t i = 0; r == 0 && i < a->n_scan; i++)
		r = start_one(a, a->scan[i]);
	return r;
}

int agent_check_protect(const struct settings *s)
{
	const enum lang lang = lang_from_environment();
	size_t there = 0;
	int r = 0;

	for (size_t i = 0; i < s->protect.n; i++) {
		if (access(s->protect.v[i], R_OK | X_OK) == 0) {
			there++;
			continue;
		}
		/* Where media are mounted differs by distribution. What comes there is covered. */
		if (s->protect_is_default && errno == ENOENT)
			continue;
		r = -errno;
		fprintf(stderr,
			lang_pick(lang, "sealgated: cannot protect %s: %s\n",
				"sealgated: không bảo vệ được %s: %s\n"),
			s->protect.v[i], strerror(-r));
	}
	if (r == 0 && there == 0) {
		fputs(lang_pick(lang,
			      "sealgated: no directory to protect (protect: in agent.yaml)\n",
			      "sealgated: không có thư mục nào để bảo vệ (protect: trong "
			      "agent.yaml)\n"),
			stderr);
		r = -EINVAL;
	}
	return r;
}

static int set_up(struct agent *a)
{
	const struct settings *s = a->settings;
	char why[600] = "";
	int r = agent_check_protect(s);

	if (r < 0)
		return r;
	raise_limits();
	proc_run_at_once(0); /* the starts of applications wait for us */
	agent_find_accounts(a);
	r = agent_find_reviewers(a);
	if (r < 0)
		return r;
	r = tags_new(&a->tags);
	if (r < 0)
		snprintf(a->tags_error, sizeof(a->tags_error), "%s", strerror(-r));
	a->n_scan = MAX(1U, MIN(s->workers, SCAN_MAX));
	agent_make_configs(a);
	r = group_new(&a->configs[0].protect, why, sizeof(why), &a->group);
	if (r == 0 && s->protect_is_default)
		group_let_miss(a->group);
	if (r == 0)
		r = statedir_open(s->state_dir, s->runtime_dir, a->accounts[ACCOUNT_CORE].uid,
			a->accounts[ACCOUNT_CORE].gid, a->accounts[ACCOUNT_LOG].uid,
			a->reviewers_gid != UINT32_MAX ? a->reviewers_gid
						       : a->accounts[ACCOUNT_LOG].gid,
			why, sizeof(why), &a->statedir);
	if (r < 0) {
		fprintf(stderr, "sealgated: %s\n", why[0] ? why : strerror(-r));
		return r;
	}
	a->listen_fd = statedir_listen(a->statedir);
	r = a->listen_fd < 0 ? a->listen_fd : make_shared(a);
	if (r == 0)
		r = rescue_new(group_fd(a->group), a->shared, a->subjects, &a->rescue);
	if (r == 0)
		group_guard(a->group, a->rescue);
	if (r == 0)
		r = make_loop(a);
	if (r == 0)
		r = agent_new_lookup(a);
	if (r == 0)
		r = agent_new_posture(a);
	if (r == 0)
		r = vault_new(a->loop, s->state_dir, s->limits.quarantine_bytes, agent_vault_done,
			a, &a->vault);
	if (r == 0)
		r = copies_new(a->loop, s, a->reviewers_gid, &agent_evidence_events, a, &a->copies);
	if (r == 0)
		r = arming_new(a->loop, a->group, s->arm == SETTINGS_ARM_ON_DEMAND,
			&agent_arming_events, a, &a->arming);
	if (r == 0)
		r = failures_new(&a->failures);
	if (r == 0)
		r = meeting_new(a->loop, &agent_meeting_events, a, &a->meeting);
	if (r == 0)
		r = make_procs(a);
	if (r < 0) {
		fprintf(stderr, "sealgated: cannot start: %s\n", strerror(-r));
		return r;
	}
	return start_procs(a);
}

static void tear_down(struct agent *a)
{
	group_free(a->group); /* first: from here on nobody waits for us */
	rescue_free(a->rescue);
	proc_free(a->gate);
	for (uint32_t i = 0; i < SCAN_MAX; i++)
		proc_free(a->scan[i]);
	proc_free(a->watch);
	proc_free(a->core);
	proc_free(a->log);
	agent_policy_done(&a->policy);
	agent_policy_done(&a->next);
	fd_close(a->listen_fd);
	fd_close(a->shared_fd);
	fd_close(a->subjects_fd);
	fd_close(a->subjects_read_fd);
	arming_free(a->arming);
	failures_free(a->failures);
	meeting_free(a->meeting);
	vault_free(a->vault);
	copies_free(a->copies);
	origins_free(a->origins);
	lookup_free(a->lookup);
	loop_timer_free(a->tick);
	loop_timer_free(a->start_timer);
	loop_timer_free(a->stop_timer);
	loop_free(a->loop);
	tags_free(a->tags);
	statedir_close(a->statedir, a->orderly);
	agent_drop_records(a);
}

int agent_run(const struct settings *s, const struct agent_options *o)
{
	struct agent *a = calloc(1, sizeof(*a));
	int r, status;

	if (!a)
		return AGENT_NOT_STARTED;
	list_init(&a->events);
	a->settings = s;
	a->options = o;
	a->subjects_fd = a->subjects_read_fd = -1;
	a->listen_fd = a->shared_fd = -1;
	a->policy.policy_fd = a->policy.apps_fd = a->next.policy_fd = a->next.apps_fd = -1;
	a->started = clock_now();
	r = set_up(a);
	if (r < 0) {
		a->orderly = a->statedir && !statedir_unclean_end(a->statedir);
		a->exit_status = AGENT_NOT_STARTED;
	} else {
		loop_timer_set(a->tick, clock_now() + 1);
		loop_timer_set(a->start_timer, clock_now() + START_NS);
		r = loop_run(a->loop);
		if (r < 0)
			a->exit_status = AGENT_FAILED;
	}
	tear_down(a);
	status = a->exit_status;
	free(a);
	return status;
}
