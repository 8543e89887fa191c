/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/origins.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "model/posture.h"
#include "supervisor/helper.h"
#include "wire/posture.h"

struct origins {
	struct loop *loop;
	struct origins_options o;
	struct loop_source *source, *databases;
	struct loop_timer *late, *soon;
	int inotify;
	int rules, question, answer, out; /* -1: none */
	struct buf asked;                 /* the last question that was answered */
	struct buf asking, got;
	pid_t helper;
	bool again;
	int table, text;
	uint32_t n_programs, n_unofficial, n_old, n_unknown;
	uint64_t times, failures, answered; /* the last: realtime */
};

static const char *const folders[] = {"/var/lib/dpkg", "/var/lib/rpm", "/usr/lib/sysimage/rpm",
	"/var/lib/flatpak", "/var/lib/flatpak/app", "/snap"};

/* ---- the answer ---- */

static int by_number(const void *a, const void *b)
{
	const struct posture_entry *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* "program APP DEV INO BITS ...": the first fields of a line. */
static bool read_line(const char *line, struct posture_entry *ret)
{
	unsigned long long dev, ino;
	unsigned bits;

	if (sscanf(line, "program\t%*[^\t]\t%llu\t%llu\t%u\t", &dev, &ino, &bits) != 3)
		return false;
	*ret = (struct posture_entry){
		.dev = dev, .ino = ino, .bits = bits & (POSTURE_BIT(POSTURE_MAX) - 1)};
	return true;
}

static void count(struct origins *p, const struct posture_entry *e)
{
	p->n_unofficial += e->bits >> POSTURE_UNOFFICIAL & 1;
	p->n_unknown += e->bits >> POSTURE_UNKNOWN & 1;
	p->n_old += (e->bits >> POSTURE_OUTDATED | e->bits >> POSTURE_ADVISORY) & 1;
}

static int make_table(struct origins *p)
{
	cleanup_with(freep) struct posture_entry *v = calloc(POSTURE_ENTRIES_MAX, sizeof(*v));
	cleanup_with(buf_done) struct buf copy = BUF_INIT(ORIGINS_ANSWER_MAX + 1);
	uint32_t n = 0;
	int fd, r;

	if (!v)
		return -ENOMEM;
	r = buf_put_view(&copy, buf_view(&p->got));
	if (r == 0)
		r = buf_terminate(&copy);
	if (r < 0)
		return r;
	p->n_unofficial = p->n_unknown = p->n_old = 0;
	for (char *line = (char *)copy.p; line && *line && n < POSTURE_ENTRIES_MAX;) {
		char *end = strchr(line, '\n');

		if (end)
			*end = 0;
		if (read_line(line, &v[n]))
			count(p, &v[n++]);
		line = end ? end + 1 : NULL;
	}
	qsort(v, n, sizeof(*v), by_number);
	p->n_programs = n;
	fd = fd_memfd_sealed("posture", view_of(v, n * sizeof(*v)));
	if (fd < 0)
		return fd;
	fd_close(p->table);
	p->table = fd;
	fd = fd_memfd_sealed("posture", buf_view(&p->got));
	if (fd < 0)
		return fd;
	fd_close(p->text);
	p->text = fd;
	return 0;
}

static void end(struct origins *p, const char *why)
{
	int r;

	p->source = loop_source_remove(p->source);
	p->answer = fd_close(p->answer);
	loop_timer_set(p->late, 0);
	r = helper_wait(p->helper, 200);
	if (r == -EAGAIN)
		helper_kill(p->helper);
	p->helper = 0;
	if (!why && r != 0)
		why = "sealgate-origin failed";
	if (!why && make_table(p) < 0)
		why = "no memory for the answer";
	if (why) {
		p->failures++;
		p->o.failed(p->o.userdata, why);
	} else {
		p->times++;
		p->answered = clock_realtime();
		buf_clear(&p->asked);
		/* Where it does not fit, the next look asks again. */
		if (buf_put_view(&p->asked, buf_view(&p->asking)) < 0)
			buf_clear(&p->asked);
		p->o.answered(p->o.userdata);
	}
	if (p->again)
		loop_timer_set(p->soon, clock_now() + ORIGINS_DEBOUNCE_NS);
	p->again = false;
}

static int on_answer(void *userdata, int fd, uint32_t events)
{
	struct origins *p = userdata;
	uint8_t piece[65536];
	ssize_t n = read(fd, piece, sizeof(piece));

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0 && buf_put(&p->got, piece, (size_t)n) == 0)
		return 0;
	end(p, n == 0 ? NULL : "its answer is too long");
	return 0;
}

static int on_late(void *userdata)
{
	end(userdata, "sealgate-origin did not answer in time");
	return 0;
}

/* ---- the question ---- */

/* In the copy of the supervisor: becomes the program. */
static int run(void *userdata)
{
	const struct origins *p = userdata;
	char path[4200], *argv[] = {path, NULL}, *envp[] = {(char[]){"LC_ALL=C.UTF-8"}, NULL};

	snprintf(path, sizeof(path), "%.4000s/sealgate-origin", p->o.libexec);
	if (lseek(p->question, 0, SEEK_SET) < 0 || dup2(p->question, STDIN_FILENO) < 0 ||
		dup2(p->out, STDOUT_FILENO) < 0)
		return -errno;
	if (p->o.uid != UINT32_MAX &&
		(setgroups(0, NULL) < 0 || setresgid(p->o.gid, p->o.gid, p->o.gid) < 0 ||
			setresuid(p->o.uid, p->o.uid, p->o.uid) < 0))
		return -errno;
	execve(path, argv, envp);
	return -errno;
}

static void start(struct origins *p)
{
	int fds[2], r = 0;

	if (pipe2(fds, O_CLOEXEC) < 0) {
		p->o.failed(p->o.userdata, strerror(errno));
		return;
	}
	p->question = fd_memfd_sealed("question", buf_view(&p->asking));
	p->answer = fds[0];
	p->out = fds[1];
	buf_clear(&p->got);
	p->helper = p->question < 0 ? p->question : helper_start(run, p);
	p->question = fd_close(p->question);
	p->out = fd_close(p->out);
	if (p->helper > 0)
		r = fcntl(p->answer, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	if (p->helper > 0 && r == 0)
		r = loop_add(p->loop, p->answer, EPOLLIN, on_answer, p, &p->source);
	if (p->helper <= 0 || r < 0) {
		if (p->helper > 0)
			helper_kill(p->helper);
		p->helper = 0;
		p->answer = fd_close(p->answer);
		p->failures++;
		p->o.failed(p->o.userdata, "sealgate-origin cannot be started");
		return;
	}
	loop_timer_set(p->late, clock_now() + ORIGINS_ANSWER_NS);
}

struct collect {
	struct buf *out;
	const struct apptable *apps;
	int error;
};

static void put_programs(struct collect *c, const struct lookup *l)
{
	size_t n;
	const struct program *v = lookup_programs(l, &n);

	for (size_t i = 0; c->error == 0 && i < n; i++) {
		uint32_t app = apptable_match_exe(c->apps, v[i].path);

		/* A path that would be two fields or lines stays unknown. */
		if (app != APP_NONE && !strpbrk(v[i].path, "\t\n"))
			c->error = buf_printf(c->out, "program\t%s\t%ju\t%ju\t%d\t%s\n",
				apptable_id(c->apps, app), (uintmax_t)v[i].dev, (uintmax_t)v[i].ino,
				v[i].trusted, v[i].path);
	}
}

static void put_sandboxed(struct collect *c, const struct sandboxed *s)
{
	for (size_t i = 0; c->error == 0 && i < s->n; i++) {
		const struct sandboxed_program *p = &s->v[i];

		if (p->app < apptable_n(c->apps) && !strpbrk(p->path, "\t\n"))
			c->error = buf_printf(c->out, "program\t%s\t%ju\t%ju\t1\t%s\n",
				apptable_id(c->apps, p->app), (uintmax_t)p->dev, (uintmax_t)p->ino,
				p->path);
	}
}

static int put_question(struct origins *p, const struct apptable *apps)
{
	static const struct {
		enum app_pattern kind;
		const char *name;
	} kinds[] = {{APP_PATTERN_FLATPAK, "flatpak"}, {APP_PATTERN_SNAP, "snap"}};
	struct collect c = {&p->asking, apps, 0};
	struct view rules = VIEW_EMPTY;
	const char *pattern;
	uint32_t app;
	int r = fd_map_sealed(p->rules, &rules);

	buf_clear(&p->asking);
	if (r < 0)
		return r;
	r = buf_put_view(&p->asking, rules);
	if (rules.n > 0)
		munmap((void *)rules.p, rules.n);
	if (r == 0)
		r = buf_put_byte(&p->asking, '\n');
	if (r == 0) {
		put_programs(&c, p->o.lookup);
		put_sandboxed(&c, group_sandboxed(p->o.group));
		r = c.error;
	}
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (uint32_t i = 0;
			r == 0 && apptable_pattern(apps, kinds[k].kind, i, &app, &pattern); i++)
			r = buf_printf(&p->asking, "%s\t%s\t%s\n", kinds[k].name,
				apptable_id(apps, app), pattern);
	return r;
}

void origins_ask(struct origins *p, const struct apptable *apps, bool again)
{
	int r;

	if (p->rules < 0 || !apps)
		return;
	if (p->helper) {
		p->again = true;
		return;
	}
	r = put_question(p, apps);
	if (r < 0) {
		p->failures++;
		p->o.failed(p->o.userdata, strerror(-r));
	} else if (again || !view_eq(buf_view(&p->asking), buf_view(&p->asked))) {
		start(p);
	}
}

void origins_rules(struct origins *p, int fd)
{
	fd_close(p->rules);
	p->rules = fd;
}

/* ---- when to ask ---- */

static void watch_databases(const struct origins *p)
{
	/* What is not there yet is looked for again when something else changes. */
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		(void)inotify_add_watch(p->inotify, folders[i],
			IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ONLYDIR);
}

static int on_databases(void *userdata, int fd, uint32_t events)
{
	struct origins *p = userdata;
	uint8_t drop[4096];

	(void)events;
	while (read(fd, drop, sizeof(drop)) > 0)
		;
	loop_timer_set(p->soon, clock_now() + ORIGINS_DEBOUNCE_NS);
	return 0;
}

static int on_soon(void *userdata)
{
	struct origins *p = userdata;

	watch_databases(p);
	p->o.changed(p->o.userdata);
	return 0;
}

int origins_table_fd(const struct origins *p)
{
	return p->table;
}

int origins_text_fd(const struct origins *p)
{
	return p->text;
}

void origins_status(const struct origins *p, struct json *j)
{
	char when[CLOCK_TEXT_MAX] = "";

	if (p->answered)
		clock_format(p->answered, when);
	json_key(j, "posture");
	json_object(j);
	json_key_bool(j, "known", p->table >= 0);
	json_key_str(j, "as_of", when);
	json_key_u64(j, "programs", p->n_programs);
	json_key_u64(j, "unofficial", p->n_unofficial);
	json_key_u64(j, "outdated", p->n_old);
	json_key_u64(j, "unknown", p->n_unknown);
	json_key_u64(j, "times", p->times);
	json_key_u64(j, "failures", p->failures);
	json_object_end(j);
}

int origins_new(struct loop *l, const struct origins_options *o, struct origins **ret)
{
	struct origins *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->loop = l;
	p->o = *o;
	p->rules = p->question = p->answer = p->out = p->table = p->text = -1;
	p->asked = p->asking = BUF_INIT(32U << 20);
	p->got = BUF_INIT(ORIGINS_ANSWER_MAX);
	p->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	r = p->inotify < 0 ? -errno : loop_timer_new(l, on_late, p, &p->late);
	if (r == 0)
		r = loop_timer_new(l, on_soon, p, &p->soon);
	if (r == 0)
		r = loop_add(l, p->inotify, EPOLLIN, on_databases, p, &p->databases);
	if (r < 0) {
		origins_free(p);
		return r;
	}
	watch_databases(p);
	*ret = p;
	return 0;
}

struct origins *origins_free(struct origins *p)
{
	if (!p)
		return NULL;
	if (p->helper > 0)
		helper_kill(p->helper);
	loop_source_remove(p->source);
	loop_source_remove(p->databases);
	loop_timer_free(p->late);
	loop_timer_free(p->soon);
	fd_close(p->inotify);
	fd_close(p->rules);
	fd_close(p->answer);
	fd_close(p->table);
	fd_close(p->text);
	buf_done(&p->asked);
	buf_done(&p->asking);
	buf_done(&p->got);
	free(p);
	return NULL;
}
