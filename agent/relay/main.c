/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate-relay: sends the journal's records on to where agent.yaml's `sinks` say. It reads the
 * journal's files and may wait for the network, so it is no part of the agent: a service of its
 * own, one process for each sink, under a user of its own.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/forward.h"

#define STANDARD SEALGATE_SYSCONFDIR "/agent.yaml"
#define ACCOUNT  "sealgate-relay"

static int load(const char *config, struct settings *s)
{
	struct diags *d = calloc(1, sizeof(*d));
	char line[1100];
	int r;

	if (!d)
		return -ENOMEM;
	if (!config && access(STANDARD, F_OK) == 0)
		config = STANDARD;
	r = settings_load(config, d, s);
	for (size_t i = 0; i < d->n; i++) {
		diag_format(&d->v[i], line, sizeof(line));
		fprintf(stderr, "%s\n", line);
	}
	if (r < 0 && d->errors == 0)
		fprintf(stderr, "sealgate-relay: %s: %s\n", config ? config : "settings",
			strerror(-r));
	free(d);
	return r;
}

/* The cursors' directory, and from root to who may read the journal and no more. */
static int settle(const char *journal, const char *state)
{
	const struct passwd *pw = getpwnam(ACCOUNT);
	struct stat st;

	if (mkdir(state, 0750) < 0 && errno != EEXIST)
		return -errno;
	if (geteuid() != 0 || !pw)
		return 0; /* by hand, or the package is not installed */
	if (chown(state, pw->pw_uid, pw->pw_gid) < 0 || stat(journal, &st) < 0)
		return -errno;
	if (setgroups(1, &st.st_gid) < 0 || setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0)
		return -errno;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* A process of its own, as another run of this program. */
static int start(const char *config, const char *name, bool once, pid_t *ret)
{
	char *argv[] = {(char *)"sealgate-relay", (char *)"--sink", (char *)name,
		once ? (char *)"--once" : (char *)"--go-on", config ? (char *)"--config" : NULL,
		(char *)config, NULL};

	return -posix_spawn(ret, "/proc/self/exe", NULL, NULL, argv, environ);
}

static int forward_all(const struct settings *s, const char *config, bool once)
{
	pid_t pids[SETTINGS_SINKS_MAX];
	int status, worst = 0;
	size_t n = 0;

	while (n < s->sinks.n && start(config, s->sinks.v[n].name, once, &pids[n]) == 0)
		n++;
	for (size_t left = n; left > 0; left--) {
		if (wait(&status) < 0)
			break;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			worst = EXIT_FAILURE;
			if (!once)
				break; /* the service manager starts all anew */
		}
	}
	for (size_t i = 0; i < n && !once; i++)
		(void)kill(pids[i], SIGTERM);
	return n == s->sinks.n ? worst : EXIT_FAILURE;
}

static int forward_one(const struct settings *s, const char *name, const char *journal,
	const char *state, bool once)
{
	struct forward f = {journal, state, NULL, once};

	/* None outlives the service. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return EXIT_FAILURE;
	for (size_t i = 0; i < s->sinks.n; i++)
		if (strcmp(s->sinks.v[i].name, name) == 0)
			f.sink = &s->sinks.v[i];
	return f.sink && forward_run(&f) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
		{"once", no_argument, NULL, 'o'}, {"sink", required_argument, NULL, 's'},
		{"go-on", no_argument, NULL, 'g'}, {"help", no_argument, NULL, 'h'}, {0}};
	char journal[4096], state[4096];
	const char *config = NULL, *sink = NULL;
	struct settings s = {0};
	bool once = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'c': config = optarg; break;
		case 'o': once = true; break;
		case 's': sink = optarg; break;
		case 'g': break;
		case 'h':
			puts("usage: sealgate-relay [--config FILE] [--once]\n\n"
			     "Sends the journal's records to the sinks of agent.yaml. --once: up "
			     "to its "
			     "end.");
			return 0;
		default: return 2;
		}
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	r = load(config, &s);
	if (r < 0)
		return 2;
	snprintf(journal, sizeof(journal), "%.4000s/journal", s.state_dir);
	snprintf(state, sizeof(state), "%.4000s/relay", s.state_dir);
	if (sink) {
		r = forward_one(&s, sink, journal, state, once);
	} else if (s.sinks.n > 0) {
		r = settle(journal, state);
		if (r < 0)
			fprintf(stderr, "sealgate-relay: %s: %s\n", state, strerror(-r));
		r = r < 0 ? 2 : forward_all(&s, config, once);
	}
	settings_done(&s);
	return r;
}
