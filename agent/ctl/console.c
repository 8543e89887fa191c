/* SPDX-License-Identifier: Apache-2.0 */
/* "sealgate console": a way into the web console for who asks, for a minute. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "ctl/commands.h"
#include "ctl/configured.h"
#include "ctl/control.h"
#include "ctl/usage.h"
#include "journal/payload.h"
#include "settings/settings.h"
#include "wire/console.h"
#include "wire/protocol.h"

static const struct usage usage = {
	.synopsis = "console [--open] [--port PORT] [--json]",
	.text = "Prints an address with which you, and only you, can log in to the web console, "
		"once\n"
		"and within a minute. Who may do what there: console.roles in agent.yaml.",
	.options =
		{
			{"--open", "open it in the browser of this desktop"},
			{"--port PORT",
				"of a forwarded port, where the browser is on another "
				"computer"},
			{"--json", "as one JSON object"},
			{"--help", "this text"},
		},
};

struct console_options {
	bool open, json;
	unsigned long port; /* 0: as agent.yaml says */
};

/* The port that a browser here can reach; 0 where it is a socket. */
static int find_port(const struct ctl *ctl, unsigned long *ret, char *ret_listen, size_t size)
{
	struct settings s;
	bool path, v6;
	uint16_t port;
	int r = configured(ctl->config, CONFIGURED_LENIENT, &s);

	if (r != 0)
		return r;
	r = settings_listen(s.console.listen, &path, &v6, &port);
	snprintf(ret_listen, size, "%s", v6 ? "[::1]" : path ? s.console.listen : "127.0.0.1");
	*ret = port;
	settings_done(&s);
	return r < 0 ? ctl_error("console.listen cannot be used") : 0;
}

/* The address is a secret for a minute, and a command line is everybody's: a page that only its
   owner can read leads there. */
static int open_browser(const char *url)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	cleanup_with(buf_done) struct buf page = BUF_INIT(4096);
	cleanup_with(fd_closep) int fd = -1;
	char path[512];
	char *argv[] = {(char *)"xdg-open", path, NULL};
	int status = -1;
	pid_t pid;
	int r;

	if (!dir || !*dir)
		return ctl_error("--open: there is no desktop session here (XDG_RUNTIME_DIR)");
	snprintf(path, sizeof(path), "%s/sealgate-console.html", dir);
	if (unlink(path) < 0 && errno != ENOENT)
		return ctl_error("%s: %s", path, strerror(errno));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return ctl_error("%s: %s", path, strerror(errno));
	r = buf_printf(
		&page, "<!doctype html><meta http-equiv=\"refresh\" content=\"0;url=%s\">\n", url);
	if (r == 0)
		r = fd_write_all(fd, buf_view(&page));
	if (r == 0)
		r = -posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (r == 0 && waitpid(pid, &status, 0) < 0)
		r = -errno;
	if (r < 0)
		return ctl_error("xdg-open: %s", strerror(-r));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CTL_DONE
							     : ctl_error("xdg-open failed");
}

static int put_json(const char *url, const char *token, uint64_t seconds)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(4096);
	struct json j;

	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "url", url);
	json_key_str(&j, "token", token);
	json_key_u64(&j, "seconds", seconds);
	json_object_end(&j);
	if (json_error(&j) < 0)
		return ctl_error("out of memory");
	printf("%.*s\n", (int)b.n, (const char *)b.p);
	return CTL_DONE;
}

static int tell(
	const struct ctl *ctl, const struct console_options *o, const char *token, uint64_t seconds)
{
	char listen[128], url[256];
	unsigned long port;
	int r = find_port(ctl, &port, listen, sizeof(listen));

	if (r != 0)
		return r;
	if (port == 0 && o->port == 0)
		return ctl_error("the console listens on the socket %s: forward a port to it "
				 "(ssh -L 8620:%s HOST) and say --port 8620",
			listen, listen);
	snprintf(url, sizeof(url), "http://%s:%lu/#login=%s",
		o->port || listen[0] == '/' ? "127.0.0.1" : listen, o->port ? o->port : port,
		token);
	if (o->json)
		return put_json(url, token, seconds);
	if (o->open)
		return open_browser(url);
	printf("%s\n", url);
	fprintf(stderr,
		lang_pick(ctl->lang, "good for one login within %" PRIu64 " seconds\n",
			"dùng được cho một lần đăng nhập trong %" PRIu64 " giây\n"),
		seconds);
	return CTL_DONE;
}

static int parse(int argc, char **argv, struct console_options *o)
{
	static const struct option options[] = {{"open", no_argument, NULL, 'o'},
		{"port", required_argument, NULL, 'p'}, {"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'}, {0}};
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 'o': o->open = true; break;
		case 'j': o->json = true; break;
		case 'p':
			o->port = strtoul(optarg, &end, 10);
			if (*end || o->port == 0 || o->port > UINT16_MAX)
				return usage_error(&usage, "\"%s\" is no port", optarg);
			break;
		case 'h': usage_print(stdout, &usage); return CTL_DONE;
		case ':': return usage_error(&usage, "%s needs a value", argv[optind - 1]);
		default: return usage_error(&usage, "unknown option %s", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return usage_error(&usage, "console takes no argument");
	return -1;
}

int cmd_console(const struct ctl *ctl, int argc, char **argv)
{
	cleanup_with(buf_done) struct buf answer = BUF_INIT(0);
	struct console_options o = {0};
	char token[CONSOLE_SECRET_SIZE];
	struct view text;
	uint64_t seconds;
	int r = parse(argc, argv, &o);

	if (r >= 0)
		return r;
	r = control_ask(ctl, CTL_CONSOLE_TOKEN, &answer);
	if (r == 1)
		return ctl_error("%.*s", (int)answer.n, (const char *)answer.p);
	if (r != 0)
		return r;
	if (!payload_text(buf_view(&answer), "token", &text) || text.n >= sizeof(token) ||
		!payload_number(buf_view(&answer), "seconds", &seconds))
		return ctl_error("the agent's answer cannot be read");
	snprintf(token, sizeof(token), "%.*s", (int)text.n, (const char *)text.p);
	return tell(ctl, &o, token, seconds);
}
