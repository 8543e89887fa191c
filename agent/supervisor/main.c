/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgated: the supervisor. Starts the agent's processes, hands them their sockets, replaces them,
 * holds the fanotify group and places its marks. Reads no events and no documents.
 */
#include <getopt.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/lang.h"
#include "supervisor/agent.h"

static void help(void)
{
	puts("usage: sealgated [--config FILE] [--check] [--quiet]\n"
	     "\n"
	     "Runs the agent in the foreground, until SIGTERM or SIGINT. SIGHUP reads policy and\n"
	     "rules again.\n"
	     "\n"
	     "  --config FILE   agent.yaml; by default " SEALGATE_SYSCONFDIR "/agent.yaml\n"
	     "  --check         check configuration, policy and rules, and exit\n"
	     "  --quiet         say nothing about starts and stops of processes\n"
	     "  --version       print the version and exit\n"
	     "  --help          this text\n"
	     "\n"
	     "exit status: 0 stopped in order, 1 could not go on, 2 did not start\n"
	     "\n"
	     "settings:");
	for (unsigned i = 0;; i++) {
		const char *key, *type, *standard, *text;

		if (!settings_key(i, &key, &type, &standard, &text))
			break;
		printf("  %-24s %s (%s; default %s)\n", key, text, type, standard);
	}
}

static void print_diags(const struct diags *d)
{
	char line[1100];

	for (size_t i = 0; i < d->n; i++) {
		diag_format(&d->v[i], line, sizeof(line));
		fprintf(stderr, "%s\n", line);
	}
}

static const char *default_config(void)
{
	static const char path[] = SEALGATE_SYSCONFDIR "/agent.yaml";

	return access(path, F_OK) == 0 ? path : NULL;
}

/* Policy and rules are core's to read; the supervisor does not link their libraries. */
static int check_with_core(const struct settings *s, const char *libexec)
{
	char path[4096];
	char *argv[SETTINGS_PATHS_MAX + 4];
	size_t n = 0;
	pid_t pid;
	int status;

	snprintf(path, sizeof(path), "%s/sealgate-core", libexec);
	argv[n++] = path;
	argv[n++] = (char *)"--check";
	argv[n++] = s->policy;
	for (size_t i = 0; i < s->rules.n; i++)
		argv[n++] = s->rules.v[i];
	argv[n] = NULL;
	if (posix_spawn(&pid, path, NULL, NULL, argv, environ) != 0 ||
		waitpid(pid, &status, 0) < 0) {
		fprintf(stderr,
			lang_pick(lang_from_environment(), "sealgated: cannot run %s\n",
				"sealgated: không chạy được %s\n"),
			path);
		return 2;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

static int check(const struct settings *s, const char *libexec)
{
	int bad = agent_check_protect(s) < 0;

	return check_with_core(s, libexec) != 0 ? 1 : bad;
}

static int usage_error(enum lang lang, const char *arg, const char *english, const char *vietnamese)
{
	fprintf(stderr,
		lang_pick(lang, "sealgated: %s: %s; see sealgated --help\n",
			"sealgated: %s: %s; xem sealgated --help\n"),
		arg, lang_pick(lang, english, vietnamese));
	return AGENT_NOT_STARTED;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'k'},
		{"quiet", no_argument, NULL, 'q'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	const enum lang lang = lang_from_environment();
	const char *libexec = getenv("SEALGATE_LIBEXEC"), *config = NULL;
	struct agent_options o = {0};
	struct settings s;
	struct diags *d;
	int c, r, only_check = 0;

	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 'c': config = optarg; break;
		case 'k': only_check = 1; break;
		case 'q': o.quiet = true; break;
		case 'v': puts("sealgated " SEALGATE_VERSION); return 0;
		case 'h': help(); return 0;
		case ':':
			return usage_error(
				lang, argv[optind - 1], "needs an argument", "cần một giá trị");
		default:
			return usage_error(
				lang, argv[optind - 1], "unknown option", "không có tùy chọn này");
		}
	}
	if (optind < argc)
		return usage_error(lang, argv[optind], "unexpected argument", "tham số thừa");
	d = calloc(1, sizeof(*d));
	if (!d)
		return AGENT_NOT_STARTED;
	r = settings_load(config ? config : default_config(), d, &s);
	print_diags(d);
	if (r < 0 && d->errors == 0)
		fprintf(stderr, "sealgated: %s: %s\n", config ? config : "settings", strerror(-r));
	free(d);
	if (r < 0)
		return AGENT_NOT_STARTED;
	o.libexec = libexec ? libexec : SEALGATE_LIBEXECDIR;
	r = only_check ? check(&s, o.libexec) : agent_run(&s, &o);
	settings_done(&s);
	return r;
}
