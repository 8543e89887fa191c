/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate-notify: tells the person at the desk what was stopped and what to do. Runs in their
 * session as themselves; the agent sends it what concerns their own user, and nothing else.
 */
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/lang.h"
#include "conf/conf.h"
#include "notify/dialog.h"
#include "notify/popup.h"
#include "notify/words.h"
#include "settings/settings.h"
#include "wire/frame.h"
#include "wire/justify.h"
#include "wire/protocol.h"

#define STANDARD SEALGATE_SYSCONFDIR "/agent.yaml"
#define RETRY_MS 5000
/* Notices of one application that come so close stand in one place. */
#define GROUP_NS   (60 * NSEC_PER_SEC)
#define GROUPS_MAX 32U

/* What is shown of one application. */
struct group {
	struct notice n; /* the newest */
	uint64_t since;
	uint32_t shown;
	unsigned more;
};

struct session {
	enum lang lang;
	struct popup *popup;   /* NULL: lines on standard output */
	char path[4200];       /* of the agent's socket */
	int fd;                /* -1: the agent isn't there */
	bool said;             /* that it isn't */
	struct dialog *dialog; /* asks for a reason; NULL: none is open */
	struct group *asked;   /* what it is about; it keeps its place meanwhile */
	struct group *sent;    /* whose reason the agent has and has not answered */
	uint32_t request;      /* its number */
	struct group groups[GROUPS_MAX];
	unsigned next_group;
};

static const struct wire_row rows[] = {
	{CTL_NOTICE, 0, 8192, 0},
	{CTL_TEXT, 5, WIRE_BODY_MAX, 0},
};

/* Its notice is being answered: it is not to be about another document meanwhile. */
static bool is_busy(const struct session *s, const struct group *g)
{
	return g == s->asked || g == s->sent;
}

static struct group *group_of(struct session *s, const struct notice *n)
{
	uint64_t now = clock_now();
	struct group *g;

	for (unsigned i = 0; i < GROUPS_MAX; i++) {
		g = &s->groups[i];
		if (g->since && now - g->since < GROUP_NS && g->n.action == n->action &&
			strcmp(g->n.app, n->app) == 0 && !is_busy(s, g)) {
			g->more++;
			g->n = *n;
			return g;
		}
	}
	do
		g = &s->groups[s->next_group++ % GROUPS_MAX];
	while (is_busy(s, g));
	*g = (struct group){.n = *n, .since = now};
	return g;
}

/* How a reason can be given here; POPUP_NOT: by the command line. */
static enum popup_way way_of(const struct session *s, const struct notice *n)
{
	enum popup_way way = s->popup && n->may_justify ? popup_way(s->popup) : POPUP_NOT;

	return way == POPUP_BUTTON && !dialog_exists() ? POPUP_NOT : way;
}

static int put_up(struct session *s, struct group *g, struct buf *title, struct buf *body)
{
	struct popup_notice p = {.urgent = action_refuses(g->n.action)};
	int r = buf_terminate(title);

	if (r == 0)
		r = buf_terminate(body);
	if (r < 0)
		return r;
	p.title = (const char *)title->p;
	p.body = (const char *)body->p;
	if (!s->popup) {
		printf("%s\n%s\n\n", p.title, p.body);
		fflush(stdout);
		return 0;
	}
	if (way_of(s, &g->n) != POPUP_NOT)
		p.button = words_button(s->lang);
	r = popup_show(s->popup, &p, &g->shown);
	if (r < 0)
		fprintf(stderr,
			lang_pick(s->lang, "sealgate-notify: the notice could not be shown: %s\n",
				"sealgate-notify: không hiện được thông báo: %s\n"),
			strerror(-r));
	return 0;
}

static int show(struct session *s, const struct notice *n)
{
	cleanup_with(buf_done) struct buf title = BUF_INIT(0), body = BUF_INIT(0);
	struct group *g = group_of(s, n);
	int r = words_title(&title, s->lang, n, g->more);

	if (r == 0)
		r = words_body(&body, s->lang, n);
	if (r == 0 && n->may_justify)
		r = words_how(&body, s->lang, n, way_of(s, n) != POPUP_NOT);
	return r < 0 ? r : put_up(s, g, &title, &body);
}

/* What became of a reason, in the place of its notice. */
static int show_outcome(struct session *s, struct group *g, struct view text, bool refused)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	cleanup_with(buf_done) struct buf title = BUF_INIT(0), body = BUF_INIT(0);
	cleanup_with(conf_freep) struct conf *c = NULL;
	const struct conf_node *n = NULL, *why = NULL;
	enum justify_refusal refusal = JUSTIFY_FAILED;
	int r = d ? 0 : -ENOMEM;

	if (r == 0 && conf_parse("answer", text, d, &c) == 0) {
		why = conf_get(conf_root(c), "refused");
		n = conf_get(conf_root(c), "n");
	}
	if (why && why->type == CONF_SCALAR)
		unchecked(justify_refusal_parse(why->text, &refusal)); /* else: not kept */
	g->n.may_justify = refused;
	if (r == 0)
		r = words_title(&title, s->lang, &g->n, 0);
	if (r == 0)
		r = refused
			? justify_refusal_put(&body, refusal, s->lang,
				  n && n->type == CONF_SCALAR ? (unsigned)strtoul(n->text, NULL, 10)
							      : 0)
			: words_granted(&body, s->lang, &g->n);
	return r < 0 ? r : put_up(s, g, &title, &body);
}

static void hang_up(struct session *s)
{
	fd_close(s->fd);
	s->fd = -1;
	s->sent = NULL;
}

static void give_reason(struct session *s, struct group *g, const char *text)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(0);
	struct justify_request q = {.what = JUSTIFY_GRANT};
	struct pack p = {&body, 0};
	int r = -ENOTCONN;

	/* What does not fit is too long for the journal, too; the agent says what it makes of it.
	 */
	snprintf(q.incident, sizeof(q.incident), "%s", g->n.incident);
	snprintf(q.file, sizeof(q.file), "%s", g->n.file);
	snprintf(q.reason, sizeof(q.reason), "%s", text);
	pack_justify(&p, &q);
	if (s->fd >= 0 && !p.error)
		r = wire_send(s->fd, CTL_JUSTIFY, ++s->request, buf_view(&body), NULL, 0);
	if (r == 0)
		s->sent = g;
	else
		unchecked(show_outcome(s, g, VIEW_EMPTY, true));
}

static void ask_reason(struct session *s, struct group *g)
{
	cleanup_with(buf_done) struct buf title = BUF_INIT(0), text = BUF_INIT(0);
	int r = words_title(&title, s->lang, &g->n, 0);

	if (r == 0)
		r = words_question(&text, s->lang, &g->n);
	if (r == 0)
		r = buf_terminate(&title);
	if (r == 0)
		r = buf_terminate(&text);
	if (r == 0)
		r = dialog_new((const char *)title.p, (const char *)text.p, &s->dialog);
	if (r == 0)
		s->asked = g;
	else
		fprintf(stderr,
			lang_pick(s->lang, "sealgate-notify: nothing to ask with: %s\n",
				"sealgate-notify: không có chương trình nào để hỏi lý do: %s\n"),
			strerror(-r));
}

/* The person answered a notice. */
static void on_answer(void *userdata, uint32_t id, const char *text)
{
	struct session *s = userdata;

	for (unsigned i = 0; i < GROUPS_MAX; i++) {
		struct group *g = &s->groups[i];

		if (!g->since || g->shown != id || !g->n.may_justify || is_busy(s, g))
			continue;
		if (text && !s->sent)
			give_reason(s, g, text);
		else if (!text && !s->dialog)
			ask_reason(s, g);
		return;
	}
}

static void on_dialog(struct session *s)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	struct group *g = s->asked;
	int r = dialog_take(s->dialog, &text);

	if (r == 0)
		return;
	s->dialog = dialog_free(s->dialog);
	s->asked = NULL;
	if (r > 0 && buf_terminate(&text) == 0 && !s->sent)
		give_reason(s, g, (const char *)text.p);
}

/* False: the agent is not there; it is tried again. */
static bool connect_agent(struct session *s)
{
	const uint8_t form = NOTICE_REASON;
	int r = s->fd = wire_dial(s->path);

	if (r >= 0)
		r = wire_send(s->fd, CTL_NOTICES, 1, view_of(&form, 1), NULL, 0);
	if (r >= 0) {
		s->said = false;
		return true;
	}
	hang_up(s);
	if (!s->said)
		fprintf(stderr,
			lang_pick(s->lang,
				"sealgate-notify: no agent answers at %s: %s; going on trying\n",
				"sealgate-notify: không có chương trình nào trả lời tại %s: %s; sẽ "
				"thử "
				"tiếp\n"),
			s->path, strerror(-r));
	s->said = true;
	return false;
}

static int on_notice(struct session *s, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct notice n;

	unpack_notice(&u, &n, NOTICE_REASON);
	return unpack_end(&u) < 0 ? -EPROTO : show(s, &n);
}

static int on_text(struct session *s, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	bool refused = unpack_u8(&u) != 0;
	struct view text = unpack_view(&u);
	struct group *g = s->sent;

	if (unpack_end(&u) < 0)
		return -EPROTO;
	if (!g || f->id != s->request)
		return 0;
	s->sent = NULL;
	return show_outcome(s, g, text, refused);
}

/* Negative: cannot go on. */
static int on_agent(struct session *s)
{
	cleanup_with(buf_done) struct buf storage = BUF_INIT(0);
	struct wire_frame f;
	int r = wire_receive(s->fd, &storage, &f);

	if (r == -ENOMEM)
		return r;
	if (r != 0) {
		hang_up(s);
		return 0;
	}
	r = wire_check(rows, ARRAY_SIZE(rows), &f);
	if (r == 0)
		r = f.type == CTL_NOTICE ? on_notice(s, &f) : on_text(s, &f);
	wire_frame_done(&f);
	if (r == -EPROTO) {
		hang_up(s);
		return 0;
	}
	return r;
}

static int go_on(struct session *s)
{
	for (;;) {
		struct pollfd p[3] = {{.fd = -1}, {.fd = -1}, {.fd = -1}};
		int r;

		if (s->fd < 0)
			(void)connect_agent(s);
		p[0] = (struct pollfd){.fd = s->fd, .events = POLLIN};
		if (s->popup)
			p[1] = (struct pollfd){.fd = popup_fd(s->popup), .events = POLLIN};
		if (s->dialog)
			p[2] = (struct pollfd){.fd = dialog_fd(s->dialog), .events = POLLIN};
		r = poll(p, ARRAY_SIZE(p), s->fd < 0 ? RETRY_MS : -1);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0)
			continue;
		if (p[1].revents) {
			r = popup_process(s->popup);
			if (r < 0)
				return 0; /* the session is over */
		}
		if (p[2].revents)
			on_dialog(s);
		if (p[0].revents && s->fd >= 0) {
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

/* Our texts are UTF-8; the dialog's program takes them by the locale, which may be missing here. */
static void use_utf8(void)
{
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setenv("LC_ALL", "C.UTF-8", 1);
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

	while ((c = getopt_long(argc, argv, ":", options, NULL)) >= 0) {
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
			fprintf(stderr,
				lang_pick(s.lang,
					"sealgate-notify: what is \"%s\"? see sealgate-notify "
					"--help\n",
					"sealgate-notify: \"%s\" không dùng được; xem "
					"sealgate-notify "
					"--help\n"),
				argv[optind - 1]);
			return 2;
		}
	}
	use_utf8();
	r = s.path[0] ? 0 : find_socket(config, s.path, sizeof(s.path));
	if (r < 0)
		return fail(config ? config : lang_pick(s.lang, "settings", "thiết lập"), r);
	r = print ? 0 : popup_new(on_answer, &s, &s.popup);
	if (r == -EEXIST)
		return 0; /* there is one in this session */
	if (r < 0)
		return fail(
			lang_pick(s.lang, "no session bus", "không có bus của phiên làm việc"), r);
	r = go_on(&s);
	dialog_free(s.dialog);
	popup_free(s.popup);
	fd_close(s.fd);
	return r < 0 ? fail(lang_pick(s.lang, "stopped", "đã dừng"), r) : 0;
}
