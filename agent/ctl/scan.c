/* SPDX-License-Identifier: Apache-2.0 */
/* sealgate scan: what documents are, without a daemon. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "ctl/commands.h"
#include "ctl/facts_text.h"
#include "ctl/scan_client.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "ctl/walk.h"

static const struct usage usage = {
	.synopsis = "scan [--json] [--rules DIR]... [--jobs N] [--cpu SECONDS] PATH...",
	.text = "Says which documents are classified, and by which marking. Directories are read "
		"with\n"
		"all below them; symbolic links are not followed. Needs no daemon and no "
		"privilege.",
	.options =
		{
			{"--json", "one JSON object per document and line"},
			{"--rules DIR", "rule packs to use instead of the installed ones"},
			{"--jobs N", "documents read at the same time; by default one per CPU"},
			{"--cpu SECONDS",
				"CPU time for one document; by default limits.background-cpu"},
			{"--help", "this text"},
		},
};

enum {
	OPT_JSON = 256,
	OPT_RULES,
	OPT_JOBS,
	OPT_CPU,
	OPT_HELP,
};

static const struct option options[] = {
	{"json", no_argument, NULL, OPT_JSON},
	{"rules", required_argument, NULL, OPT_RULES},
	{"jobs", required_argument, NULL, OPT_JOBS},
	{"cpu", required_argument, NULL, OPT_CPU},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

#define CPU_SECONDS_MAX 3600U

/* A document under way. */
struct document {
	struct list node;
	char path[];
};

struct scan {
	struct list documents;
	enum lang lang;
	bool json;
	struct scan_client *client;
	struct tty_progress progress;
	struct buf out;
	unsigned long long n, n_level[LEVEL_MAX], n_partial, n_unreadable, n_trouble, bytes;
	unsigned long long n_reason[REASON_MAX];
};

static int put_json(struct scan *s, const char *path, const struct facts *f)
{
	struct json j;

	buf_clear(&s->out);
	json_init(&j, &s->out);
	json_object(&j);
	json_key_str(&j, "path", path);
	facts_json(f, &j);
	json_object_end(&j);
	if (json_error(&j) < 0)
		return json_error(&j);
	if (fwrite(s->out.p, 1, s->out.n, stdout) != s->out.n || putchar('\n') == EOF)
		return -EIO;
	return 0;
}

static void put_line(struct scan *s, const char *path, const struct facts *f)
{
	enum tty_style style = level_is_state_secret(f->level) ? TTY_RED : TTY_YELLOW;

	printf("%s%s%s  ", tty_style(stdout, style), level_display_vi(f->level),
		tty_style(stdout, TTY_PLAIN));
	tty_put_safe(stdout, view_str(path));
	if (f->n_evidence > 0) {
		fputs("  ", stdout);
		facts_text_evidence(stdout, s->lang, &f->evidence[0]);
	}
	putchar('\n');
}

static int on_facts(void *userdata, void *document, const struct facts *f)
{
	struct scan *s = userdata;
	struct document *d = document;
	int r = 0;

	s->n++;
	s->n_level[f->level]++;
	s->bytes += f->size;
	if (f->completeness == COMPLETENESS_PARTIAL)
		s->n_partial++;
	if (f->completeness == COMPLETENESS_UNREADABLE)
		s->n_unreadable++;
	for (unsigned i = 0; i < REASON_MAX; i++)
		s->n_reason[i] += !!(f->reasons & REASON_BIT(i));
	if (s->json || f->level != LEVEL_NONE)
		tty_progress_clear(&s->progress);
	if (s->json)
		r = put_json(s, d->path, f);
	else if (f->level != LEVEL_NONE)
		put_line(s, d->path, f);
	list_remove(&d->node);
	free(d);
	if (r == 0 && ferror(stdout))
		r = -EIO;
	return r;
}

static int on_file(void *userdata, int fd, const char *path, uint64_t size)
{
	struct scan *s = userdata;
	const char *base = strrchr(path, '/');
	size_t n = strlen(path);
	struct document *d = calloc(1, sizeof(*d) + n + 1);

	(void)size;
	if (!d) {
		fd_close(fd);
		return -ENOMEM;
	}
	memcpy(d->path, path, n);
	list_append(&s->documents, &d->node);
	tty_progress(&s->progress, lang_pick(s->lang, "%llu documents, %s", "%llu tài liệu, %s"),
		s->n, path);
	return scan_client_submit(s->client, fd, base ? base + 1 : path, s->json, d);
}

static void on_trouble(void *userdata, const char *path, int error)
{
	struct scan *s = userdata;

	s->n_trouble++;
	tty_progress_clear(&s->progress);
	(void)ctl_error("%s: %s", path,
		error == ELOOP ? lang_pick(s->lang, "too deep, not read", "quá sâu, không đọc")
			       : strerror(error));
}

static void summary(const struct scan *s, uint64_t ns)
{
	unsigned long long classified = s->n - s->n_level[LEVEL_NONE];

	printf(lang_pick(s->lang, "%llu document%s in %.1f s: %llu classified",
		       "%llu tài liệu%s trong %.1f giây: %llu có độ mật"),
		s->n, lang_pick(s->lang, s->n == 1 ? "" : "s", ""), (double)ns / 1e9, classified);
	for (unsigned l = LEVEL_MAX; l-- > LEVEL_INTERNAL;)
		if (s->n_level[l])
			printf(", %llu %s", s->n_level[l], level_display_vi((enum level)l));
	if (s->n_partial)
		printf(lang_pick(s->lang, "; %llu read in part", "; %llu chỉ đọc được một phần"),
			s->n_partial);
	if (s->n_unreadable)
		printf(lang_pick(s->lang, "; %llu not readable", "; %llu không đọc được"),
			s->n_unreadable);
	if (s->n_partial + s->n_unreadable) {
		const char *sep = " (";

		for (unsigned r = 0; r < REASON_MAX; r++)
			if (s->n_reason[r]) {
				printf("%s%llu %s", sep, s->n_reason[r],
					lang_pick(s->lang, reason_name((enum reason)r),
						facts_text_reason(LANG_VI, (enum reason)r)));
				sep = ", ";
			}
		if (sep[0] == ',')
			putchar(')');
	}
	putchar('\n');
}

static int scan_paths(struct scan *s, char **paths)
{
	struct walk w = {.file = on_file, .trouble = on_trouble, .userdata = s};
	uint64_t start = clock_now();
	int r = 0;

	for (; *paths && r == 0; paths++)
		r = walk_path(&w, *paths);
	if (r == 0)
		r = scan_client_drain(s->client);
	tty_progress_clear(&s->progress);
	if (r == 0 && !s->json)
		summary(s, clock_now() - start);
	if (r == 0 && fflush(stdout) != 0)
		r = -EIO;
	return r;
}

/* A walk holds a descriptor per level, and each worker has a few. */
static void raise_files(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int run(struct scan *s, const struct ctl *ctl, struct scan_client_options *o, char **paths)
{
	cleanup_with(settings_done) struct settings settings = {0};
	struct diags *d;
	int r = scan_client_configure(ctl, &settings, o);

	if (r != 0)
		return r;
	d = calloc(1, sizeof(*d));
	if (!d)
		return ctl_error("%s", strerror(ENOMEM));
	raise_files();
	r = scan_client_new(o, d, on_facts, s, &s->client);
	ctl_diags(d);
	if (r == 0) {
		tty_progress_init(&s->progress, stderr);
		r = scan_paths(s, paths);
	}
	if (scan_client_trouble(s->client)[0] && r < 0)
		(void)ctl_error("%s", scan_client_trouble(s->client));
	else if (r < 0 && d->errors == 0)
		(void)ctl_error("%s", strerror(-r));
	s->client = scan_client_free(s->client);
	list_for_each_safe(n, tmp, &s->documents)
		free(list_entry(n, struct document, node));
	free(d);
	if (r < 0 || s->n_trouble > 0)
		return CTL_FAILED;
	return s->n > s->n_level[LEVEL_NONE] ? CTL_FOUND : CTL_DONE;
}

static int number(const char *text, unsigned max, unsigned *ret)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || v < 1 || v > max)
		return -EINVAL;
	*ret = (unsigned)v;
	return 0;
}

int cmd_scan(const struct ctl *ctl, int argc, char **argv)
{
	struct scan s = {.lang = ctl->lang, .out = BUF_INIT(0)};
	struct scan_client_options o = {0};
	unsigned n_rules = 0, cpu = 0;
	int c, r;

	list_init(&s.documents);
	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case OPT_JSON: s.json = true; break;
		case OPT_RULES:
			if (n_rules == SCAN_CLIENT_RULES_MAX - 1)
				return usage_error(
					&usage, "at most %u --rules", SCAN_CLIENT_RULES_MAX - 1);
			o.rules[n_rules++] = optarg;
			break;
		case OPT_JOBS:
			if (number(optarg, SCAN_CLIENT_JOBS_MAX, &o.jobs) < 0)
				return usage_error(&usage, "--jobs takes 1 to %u, not \"%s\"",
					SCAN_CLIENT_JOBS_MAX, optarg);
			break;
		case OPT_CPU:
			if (number(optarg, CPU_SECONDS_MAX, &cpu) < 0)
				return usage_error(&usage, "--cpu takes 1 to %u, not \"%s\"",
					CPU_SECONDS_MAX, optarg);
			break;
		case OPT_HELP:
		case 'h': usage_print(stdout, &usage); return CTL_DONE;
		case ':': return usage_error(&usage, "%s needs an argument", argv[optind - 1]);
		default: return usage_error(&usage, "unknown option %s", argv[optind - 1]);
		}
	}
	if (optind >= argc)
		return usage_error(&usage, "scan needs a PATH");
	o.cpu_ns = cpu * NSEC_PER_SEC;
	r = run(&s, ctl, &o, argv + optind);
	buf_done(&s.out);
	return r;
}
