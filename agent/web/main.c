/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate-web: the console's server, for browsers on this computer. A service and an account of
 * its own, which may read the journal and no more: what somebody does here the agent does, who
 * knows the person by their session (wire/console.h).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "web/assets.h"
#include "web/command.h"
#include "web/job.h"
#include "web/link.h"
#include "web/server.h"
#include "web/verify.h"
#include "web/workdir.h"

#define STANDARD    SEALGATE_SYSCONFDIR "/agent.yaml"
#define ASSETS      SEALGATE_DATADIR "/web"
#define WORK        SEALGATE_RUNDIR "-web" /* in memory, and nobody else's */
#define ACCOUNT     "sealgate-web"
#define SYSTEMD_FD  3
#define BACKLOG     64
#define FOLLOW_NS   (20 * NSEC_PER_MSEC) /* of the journal, between two looks at requests */
#define FOLLOW_EACH NSEC_PER_SEC         /* where nothing is new */

struct options {
	const char *assets, *work;
};

static int load(struct web *w)
{
	struct diags *d = calloc(1, sizeof(*d));
	char line[1100];
	int r;

	if (!d)
		return -ENOMEM;
	if (!w->config && access(STANDARD, F_OK) == 0)
		w->config = STANDARD;
	r = settings_load(w->config, d, &w->settings);
	for (size_t i = 0; i < d->n; i++) {
		diag_format(&d->v[i], line, sizeof(line));
		fprintf(stderr, "%s\n", line);
	}
	if (r < 0 && d->errors == 0)
		fprintf(stderr, "sealgate-web: %s: %s\n", w->config ? w->config : "settings",
			strerror(-r));
	free(d);
	return r;
}

static int listen_tcp(bool v6, uint16_t port)
{
	struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT};
	cleanup_with(fd_closep) int fd = socket(
		v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	if (fd < 0)
		return -errno;
	a4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
		bind(fd, v6 ? (struct sockaddr *)&a6 : (struct sockaddr *)&a4,
			v6 ? sizeof(a6) : sizeof(a4)) < 0 ||
		listen(fd, BACKLOG) < 0)
		return -errno;
	return fd_steal(&fd);
}

static int listen_unix(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	cleanup_with(fd_closep) int fd = socket(
		AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd < 0)
		return -errno;
	memcpy(a.sun_path, path, MIN(strlen(path), sizeof(a.sun_path) - 1));
	/* A socket that its process left behind, and nothing else. */
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && unlink(path) < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || chmod(path, 0666) < 0 ||
		listen(fd, BACKLOG) < 0)
		return -errno;
	return fd_steal(&fd);
}

/* The service manager's, or as agent.yaml says. */
static int open_listener(const struct web *w)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	bool path, v6;
	uint16_t port;

	if (pid && n && strtol(pid, NULL, 10) == getpid() && strcmp(n, "1") == 0) {
		unsetenv("LISTEN_PID");
		unsetenv("LISTEN_FDS");
		return SYSTEMD_FD;
	}
	if (settings_listen(w->settings.console.listen, &path, &v6, &port) < 0)
		return -EINVAL;
	return path ? listen_unix(w->settings.console.listen) : listen_tcp(v6, port);
}

/* From root to who may read the journal and no more. */
static int settle(const char *journal, const char *work)
{
	const struct passwd *pw = getpwnam(ACCOUNT);
	struct stat st;

	if (geteuid() == 0) {
		if (!pw) {
			fprintf(stderr, "sealgate-web: there is no account " ACCOUNT "\n");
			return -ENOENT;
		}
		if (stat(journal, &st) < 0) {
			fprintf(stderr, "sealgate-web: %s: %s\n", journal, strerror(errno));
			return -errno;
		}
		if ((mkdir(work, 0700) < 0 && errno != EEXIST) ||
			chown(work, pw->pw_uid, pw->pw_gid) < 0) {
			fprintf(stderr, "sealgate-web: %s: %s\n", work, strerror(errno));
			return -errno;
		}
		if (setgroups(1, &st.st_gid) < 0 || setgid(pw->pw_gid) < 0 ||
			setuid(pw->pw_uid) < 0)
			return -errno;
	}
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ? -errno
											   : 0;
}

static int set_up(struct web *w, const struct options *o, int listen_fd)
{
	int r = loop_new(&w->loop);

	if (r == 0)
		r = assets_load(o->assets, &w->assets);
	if (r < 0)
		fprintf(stderr, "sealgate-web: the pages in %s: %s\n", o->assets, strerror(-r));
	if (r == 0)
		r = catalog_new(w->journal,
			(enum level)settings_level(w->settings.journal.hide_names),
			(enum level)settings_level(w->settings.journal.hide_snippets), &w->catalog);
	if (r == 0)
		r = sessions_new(w->settings.console.idle_ns, &w->sessions);
	if (r == 0)
		r = link_new(w->loop, w->control, &w->link);
	if (r == 0)
		r = commands_new(w->loop, w->config, &w->commands);
	if (r == 0)
		r = jobs_new(&w->jobs);
	if (r == 0)
		r = server_new(w, listen_fd, &w->server);
	return r;
}

static void tear_down(struct web *w)
{
	/* Who waits is answered, then all connections end. */
	link_free(w->link);
	commands_free(w->commands);
	jobs_free(w->jobs);
	server_free(w->server);
	sessions_free(w->sessions);
	workdir_sweep(w->work);
	catalog_free(w->catalog);
	assets_free(w->assets);
	loop_free(w->loop);
	settings_done(&w->settings);
}

static int on_signal(void *userdata, const struct signalfd_siginfo *si)
{
	(void)userdata;
	(void)si;
	return LOOP_DONE;
}

/* Nothing to do but to wake up: server_run() comes after each round. */
static int on_server(void *userdata, int fd, uint32_t events)
{
	(void)userdata;
	(void)fd;
	(void)events;
	return 0;
}

static int serve(struct web *w)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	struct loop_source *source;
	uint64_t follow = 0;
	int r = loop_signals(w->loop, signals, ARRAY_SIZE(signals), on_signal, w), ms;

	if (r == 0)
		r = loop_add(w->loop, server_fd(w->server), EPOLLIN, on_server, w, &source);
	while (r == 0) {
		/* A journal that is not there yet, or cannot be read now, may be later. */
		if (clock_now() >= follow && catalog_follow(w->catalog, FOLLOW_NS) != 1)
			follow = clock_now() + FOLLOW_EACH;
		link_tick(w->link);
		server_run(w->server, &ms);
		link_tick(w->link);
		verify_tick(w);
		commands_tick(w->commands);
		r = loop_step(w->loop, clock_now() >= follow ? 0 : ms);
	}
	return r == LOOP_DONE ? 0 : r;
}

static int run(struct web *w, const struct options *o)
{
	int fd, r = load(w);

	if (r < 0)
		return 2;
	snprintf(w->control, sizeof(w->control), "%.4000s/control.sock", w->settings.runtime_dir);
	snprintf(w->journal, sizeof(w->journal), "%.4000s/journal", w->settings.state_dir);
	snprintf(w->work, sizeof(w->work), "%.4000s", o->work);
	if (gethostname(w->host, sizeof(w->host) - 1) < 0)
		w->host[0] = 0;
	fd = open_listener(w);
	if (fd < 0) {
		fprintf(stderr, "sealgate-web: %s: %s\n", w->settings.console.listen,
			strerror(-fd));
		return 1;
	}
	r = settle(w->journal, w->work);
	if (r == 0)
		workdir_sweep(w->work);
	if (r == 0)
		r = set_up(w, o, fd);
	if (r == 0)
		r = serve(w);
	tear_down(w);
	if (r < 0)
		fprintf(stderr, "sealgate-web: %s\n", strerror(-r));
	return r < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
		{"assets", required_argument, NULL, 'a'}, {"work", required_argument, NULL, 'w'},
		{"help", no_argument, NULL, 'h'}, {0}};
	struct options o = {.assets = ASSETS, .work = WORK};
	struct web w = {0};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'c': w.config = optarg; break;
		case 'a': o.assets = optarg; break;
		case 'w': o.work = optarg; break;
		case 'h':
			puts("usage: sealgate-web [--config FILE] [--assets DIR] [--work DIR]\n\n"
			     "The web console, where agent.yaml's `console` says. Log in with: "
			     "sealgate console");
			return 0;
		default: return 2;
		}
	if (optind < argc)
		return 2;
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	return run(&w, &o);
}
