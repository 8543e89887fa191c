/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate-notify: tells the person at the desk what was stopped and what to do. Runs in their
 * session as themselves; the agent sends it what concerns their own user, and nothing else.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/lang.h"
#include "notify/popup.h"
#include "notify/words.h"
#include "settings/settings.h"
#include "wire/frame.h"
#include "wire/protocol.h"

#define STANDARD SEALGATE_SYSCONFDIR "/agent.yaml"
#define RETRY_MS 5000
/* Notices of one application that come so close stand in one place. */
#define GROUP_NS   (60 * NSEC_PER_SEC)
#define GROUPS_MAX 32U

/* What is shown of one application. */
struct group {
	char app[sizeof(((struct notice *)0)->app)];
	enum action action;
	uint64_t since;
	uint32_t shown;
	unsigned more;
};

struct session {
	enum lang lang;
	struct popup *popup; /* NULL: lines on standard output */
	char path[4200];     /* of the agent's socket */
	int fd;              /* -1: the agent isn't there */
	bool said;           /* that it isn't */
	struct group groups[GROUPS_MAX];
	unsigned next_group;
};

static const struct wire_row rows[] = {
	{CTL_NOTICE, 0, 8192, 0},
};

static struct group *group_of(struct session *s, const struct notice *n)
{
	uint64_t now = clock_now();
	struct group *g;

	for (unsigned i = 0; i < GROUPS_MAX; i++) {
		g = &s->groups[i];
		if (g->since && now - g->since < GROUP_NS && g->action == n->action &&
			strcmp(g->app, n->app) == 0) {
			g->more++;
			return g;
		}
	}
	g = &s->groups[s->next_group++ % GROUPS_MAX];
	*g = (struct group){.action = n->action, .since = now};
	memcpy(g->app, n->app, sizeof(g->app));
	return g;
}

static int show(struct session *s, const struct notice *n)
{
	cleanup_with(buf_done) struct buf title = BUF_INIT(0), body = BUF_INIT(0);
	struct group *g = group_of(s, n);
	int r = words_title(&title, s->lang, n, g->more);

	if (r == 0)
		r = words_body(&body, s->lang, n);
	if (r == 0)
		r = buf_terminate(&title);
	if (r == 0)
		r = buf_terminate(&body);
	if (r < 0)
		return r;
	if (!s->popup) {
		printf("%s\n%s\n\n", (const char *)title.p, (const char *)body.p);
		fflush(stdout);
		return 0;
	}
	r = popup_show(s->popup, (const char *)title.p, (const char *)body.p,
		action_refuses(n->action), &g->shown);
	if (r < 0)
		fprintf(stderr, "sealgate-notify: the notice could not be shown: %s\n",
			strerror(-r));
	return 0;
}

static void hang_up(struct session *s)
{
	fd_close(s->fd);
	s->fd = -1;
}

/* False: the agent is not there; it is tried again. */
static bool connect_agent(struct session *s)
{
	int r = s->fd = wire_dial(s->path);

	if (r >= 0)
		r = wire_send(s->fd, CTL_NOTICES, 1, VIEW_EMPTY, NULL, 0);
	if (r >= 0) {
		s->said = false;
		return true;
	}
	hang_up(s);
	if (!s->said)
		fprintf(stderr, "sealgate-notify: no agent answers at %s: %s; going on trying\n",
			s->path, strerror(-r));
	s->said = true;
	return false;
}

/* Negative: cannot go on. */
static int on_agent(struct session *s)
{
	cleanup_with(buf_done) struct buf storage = BUF_INIT(0);
	struct wire_frame f;
	struct notice n;
	struct unpack u;
	int r = wire_receive(s->fd, &storage, &f);

	if (r == -ENOMEM)
		return r;
	if (r != 0) {
		hang_up(s);
		return 0;
	}
	u = (struct unpack){f.body, 0};
	r = wire_check(rows, ARRAY_SIZE(rows), &f);
	unpack_notice(&u, &n);
	if (r == 0)
		r = unpack_end(&u);
	wire_frame_done(&f);
	if (r < 0) {
		hang_up(s);
		return 0;
	}
	return show(s, &n);
}

static int go_on(struct session *s)
{
	for (;;) {
		struct pollfd p[2] = {{.fd = -1}, {.fd = -1}};
		int r;

		if (s->fd < 0)
			(void)connect_agent(s);
		p[0] = (struct pollfd){.fd = s->fd, .events = POLLIN};
		if (s->popup)
			p[1] = (struct pollfd){.fd = popup_fd(s->popup), .events = POLLIN};
		r = poll(p, 2, s->fd < 0 ? RETRY_MS : -1);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0)
			continue;
		if (p[1].revents) {
			r = popup_process(s->popup);
			if (r < 0)
				return 0; /* the session is over */
		}
		if (p[0].revents) {
			r = on_agent(s);
			if (r < 0)
				return r;
		}
	}
}

static int find_socket(const char *config, char *ret, size_t size)
{
	struct diags *d = calloc(1, sizeof(*d));
	struct settings s;
	int r;

	if (!d)
		return -ENOMEM;
	if (!config && access(STANDARD, R_OK) == 0)
		config = STANDARD;
	r = settings_load(config, d, &s);
	free(d);
	if (r < 0)
		return r;
	snprintf(ret, size, "%s/control.sock", s.runtime_dir);
	settings_done(&s);
	return 0;
}

static void help(void)
{
	printf("usage: sealgate-notify [--print] [--lang vi|en] [--config FILE] [--socket PATH]\n\n"
	       "Shows what the agent stopped or recorded of you, on your desktop, as it happens.\n"
	       "Started by the desktop's autostart; it shows only what concerns your own user.\n\n"
	       "  --print        write lines instead, for a terminal\n"
	       "  --lang vi|en   the language, otherwise that of the session\n"
	       "  --config FILE  the agent's settings\n"
	       "  --socket PATH  the agent's control socket\n");
}

static int fail(const char *what, int error)
{
	fprintf(stderr, "sealgate-notify: %s: %s\n", what, strerror(-error));
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"print", no_argument, NULL, 'p'},
		{"lang", required_argument, NULL, 'l'}, {"config", required_argument, NULL, 'c'},
		{"socket", required_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'}, {0}};
	struct session s = {.lang = lang_from_environment(), .fd = -1};
	const char *config = NULL;
	bool print = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'p') {
			print = true;
		} else if (c == 'l' && lang_parse(optarg, &s.lang) == 0) {
			continue;
		} else if (c == 'c') {
			config = optarg;
		} else if (c == 's') {
			snprintf(s.path, sizeof(s.path), "%s", optarg);
		} else if (c == 'h' || c == 'v') {
			c == 'h' ? help() : (void)puts("sealgate-notify " SEALGATE_VERSION);
			return 0;
		} else {
			fprintf(stderr, "sealgate-notify: see sealgate-notify --help\n");
			return 2;
		}
	}
	r = s.path[0] ? 0 : find_socket(config, s.path, sizeof(s.path));
	if (r < 0)
		return fail(config ? config : "settings", r);
	r = print ? 0 : popup_new(&s.popup);
	if (r == -EEXIST)
		return 0; /* there is one in this session */
	if (r < 0)
		return fail("no session bus", r);
	r = go_on(&s);
	popup_free(s.popup);
	fd_close(s.fd);
	return r < 0 ? fail("stopped", r) : 0;
}
