/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate-origin: which packages the applications' programs are of, and what policy says of them.
 * Started by the supervisor, under an account without privileges, each time that programs, package
 * databases or policy have changed; reads the question from stdin, answers on stdout, and ends. May
 * wait for package databases, and run rpm: nobody waits for it.
 *
 * The question: the text of posture/rules.h, an empty line, then lines of fields between tabs:
 *   program APP DEV INO SAFE PATH | flatpak APP ID | snap APP NAME
 * The answer, a line for each that was found:
 *   program APP DEV INO BITS ORIGIN PACKAGE VERSION ADVISORIES PATH
 *   sandbox APP 0 0 BITS ORIGIN PACKAGE VERSION ADVISORIES -
 * Options: --root DIR, where the databases are looked for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/glob.h"
#include "model/posture.h"
#include "origin/databases.h"

#define QUESTION_MAX (POSTURE_RULES_MAX + (16U << 20))
#define FIELDS_MAX   6
#define IDS_MAX      512

struct asked {
	struct posture_rules rules;
	const char *root;
	struct program *v;
	size_t n;
};

static int read_all(struct buf *b)
{
	for (;;) {
		uint8_t piece[65536];
		ssize_t n = read(STDIN_FILENO, piece, sizeof(piece));
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		r = buf_put(b, piece, (size_t)n);
		if (r < 0)
			return r;
	}
}

static size_t split(char *line, char *fields[FIELDS_MAX])
{
	size_t n = 0;

	while (line && n < FIELDS_MAX) {
		char *tab = n + 1 < FIELDS_MAX ? strchr(line, '\t') : NULL;

		if (tab)
			*tab++ = 0;
		fields[n++] = line;
		line = tab;
	}
	return n;
}

static bool is_official(const struct asked *a, const struct program *p, const struct owner *o)
{
	if (p && !p->safe)
		return false; /* whatever the package put there, others can change it */
	if (o->origin != POSTURE_ORIGIN_NONE && !o->local && (a->rules.origins >> o->origin & 1))
		return true;
	for (size_t i = 0; o->origin == POSTURE_ORIGIN_FLATPAK && i < a->rules.n_remotes; i++)
		if (strcmp(a->rules.remotes[i], o->remote) == 0)
			return true;
	for (size_t i = 0; p && i < a->rules.n_paths; i++)
		if (glob_match(a->rules.paths[i], p->path, false))
			return true;
	return false;
}

static bool has_bounds(const struct posture_rules *r, const char *app)
{
	for (size_t i = 0; i < r->n_minimums; i++)
		if (strcmp(r->minimums[i].app, app) == 0)
			return true;
	for (size_t i = 0; i < r->n_advisories; i++)
		if (strcmp(r->advisories[i].app, app) == 0)
			return true;
	return false;
}

static uint32_t judge(const struct asked *a, const char *app, const struct program *p,
	const struct owner *o, char ids[IDS_MAX])
{
	uint32_t bits = 0;

	ids[0] = 0;
	if (o->version[0])
		bits = posture_rules_judge(&a->rules, app, o->version, o->origin, ids, IDS_MAX);
	else if (has_bounds(&a->rules, app))
		bits = POSTURE_BIT(POSTURE_UNKNOWN);
	if (!is_official(a, p, o))
		bits |= POSTURE_BIT(POSTURE_UNOFFICIAL);
	return bits;
}

/* Names and versions of packages have neither tabs nor line feeds; who knows. */
static const char *plain(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = '?';
	return *text ? text : "-";
}

static void say(const struct asked *a, const char *kind, const char *app, const struct program *p,
	struct owner *o)
{
	char ids[IDS_MAX];
	uint32_t bits = judge(a, app, p, o, ids);
	char origin[100];

	snprintf(origin, sizeof(origin), "%s%s%s", posture_origin_name(o->origin),
		o->remote[0] ? ":" : "", o->remote);
	printf("%s\t%s\t%llu\t%llu\t%u\t%s\t%s\t%s\t%s\t%s\n", kind, app, p ? p->dev : 0,
		p ? p->ino : 0, bits, plain(origin), plain(o->package), plain(o->version),
		ids[0] ? ids : "-", p ? p->path : "-");
}

static int take_line(struct asked *a, char *line)
{
	char *f[FIELDS_MAX];
	size_t n = split(line, f);
	struct owner o;

	if (n == 6 && strcmp(f[0], "program") == 0) {
		a->v[a->n++] = (struct program){.app = f[1],
			.dev = strtoull(f[2], NULL, 10),
			.ino = strtoull(f[3], NULL, 10),
			.safe = f[4][0] == '1',
			.path = f[5]};
		return 0;
	}
	if (n == 3 && strcmp(f[0], "flatpak") == 0) {
		if (!strchr(f[2], '/') && flatpak_find(a->root, f[2], &o))
			say(a, "sandbox", f[1], NULL, &o);
		return 0;
	}
	if (n == 3 && strcmp(f[0], "snap") == 0) {
		if (!strchr(f[2], '/') && snap_find(a->root, f[2], &o))
			say(a, "sandbox", f[1], NULL, &o);
		return 0;
	}
	return -EBADMSG;
}

static int answer(struct asked *a, char *lines)
{
	size_t n = 1;
	int r = 0;

	for (const char *c = lines; *c; c++)
		n += *c == '\n';
	a->v = calloc(n, sizeof(*a->v));
	if (!a->v)
		return -ENOMEM;
	while (r == 0 && *lines) {
		char *end = strchr(lines, '\n');

		if (end)
			*end = 0;
		r = take_line(a, lines);
		lines = end ? end + 1 : lines + strlen(lines);
	}
	if (r == 0)
		r = deb_find(a->root, a->v, a->n);
	for (size_t i = 0; r == 0 && i < a->n; i++) {
		if (a->v[i].owner.origin == POSTURE_ORIGIN_NONE)
			sandbox_find(a->root, &a->v[i]);
		if (a->v[i].owner.origin == POSTURE_ORIGIN_NONE)
			rpm_find(a->root, &a->v[i]);
		say(a, "program", a->v[i].app, &a->v[i], &a->v[i].owner);
	}
	return r == 0 && fflush(stdout) != 0 ? -errno : r;
}

/* No more than it needs, whatever lies in a database. */
static void limit(void)
{
	const struct rlimit cpu = {20, 20}, none = {0, 0};

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)setpriority(PRIO_PROCESS, 0, 10);
	(void)setrlimit(RLIMIT_CPU, &cpu);
	(void)setrlimit(RLIMIT_CORE, &none);
}

int main(int argc, char **argv)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(QUESTION_MAX);
	struct asked a = {.root = ""};
	char *blank;
	int r;

	if (argc == 3 && strcmp(argv[1], "--root") == 0)
		a.root = argv[2];
	else if (argc != 1) {
		fprintf(stderr, "sealgate-origin: this program is started by sealgated\n");
		return 2;
	}
	limit();
	r = read_all(&text);
	if (r == 0)
		r = buf_terminate(&text);
	blank = r == 0 && text.p[0] != '\n' ? strstr((char *)text.p, "\n\n") : NULL;
	if (r == 0 && !blank && text.p[0] != '\n')
		r = -EBADMSG;
	if (r == 0)
		r = posture_rules_read(
			view_of(text.p, blank ? (size_t)(blank + 1 - (char *)text.p) : 0),
			&a.rules);
	if (r == 0)
		r = answer(&a, blank ? blank + 2 : (char *)text.p + 1);
	if (r < 0)
		fprintf(stderr, "sealgate-origin: %s\n", strerror(-r));
	posture_rules_done(&a.rules);
	free(a.v);
	return r < 0;
}
