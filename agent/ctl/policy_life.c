/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/policy_life.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/json.h"
#include "bundle/versions.h"
#include "conf/conf.h"
#include "ctl/cell.h"
#include "ctl/control.h"
#include "ctl/message.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "policyfile/policyfile.h"
#include "wire/pack.h"
#include "wire/protocol.h"

#define APPLY_MS      15000 /* compiling a large policy, and the gate's answer */
#define HISTORY_SHOWN 20U

static const struct usage apply_usage = {
	.synopsis = "policy apply [--reason TEXT] [--base VERSION] [--dry-run] [--json] FILE",
	.text = "Puts a policy in force: checks it, keeps it with all that it includes as a new "
		"version,\n"
		"and has every process of the agent judge by it. Where anything fails, the last "
		"good one\n"
		"stays in force. FILE is a policy or a bundle (sealgate sign). Exit status 1: it "
		"was refused.",
	.options = {{"--reason TEXT", "why, for the history and the journal"},
		{"--base VERSION", "only where this version is in force still"},
		{"--dry-run", "only say what would become of it"}, {"--json", "one JSON object"},
		{"--help", "this text"}},
};

static const struct usage rollback_usage = {
	.synopsis = "policy rollback [--reason TEXT] [--base VERSION] [--json] [VERSION]",
	.text = "Puts an earlier version in force again, as a new version. Without VERSION: what "
		"was in\n"
		"force before; once more, and it goes further back.",
	.options = {{"--reason TEXT", "why, for the history and the journal"},
		{"--base VERSION", "only where this version is in force still"},
		{"--json", "one JSON object"}, {"--help", "this text"}},
};

static const struct usage history_usage = {
	.synopsis = "policy history [--limit N] [--json]",
	.text = "The versions of the policy, the newest first: who, when, why.",
	.options = {{"--limit N", "the newest N (20); 0 for all"}, {"--json", "one JSON object"},
		{"--help", "this text"}},
};

static const struct usage show_usage = {
	.synopsis = "policy show [--json] [--output FILE] [VERSION]",
	.text = "Prints a version of the policy. Without VERSION: the one in force.",
	.options = {{"--output FILE", "write its bundle, with all that it includes"},
		{"--json", "one JSON object, with all files"}, {"--help", "this text"}},
};

enum {
	OPT_REASON = 256,
	OPT_DRY_RUN,
	OPT_LIMIT,
	OPT_OUTPUT,
	OPT_BASE,
};

struct args {
	bool json, dry_run;
	const char *reason, *limit, *output;
	uint32_t base; /* 0: any */
	int done;      /* an exit status, or -1: go on */
	char **rest;
	int n_rest;
};

static bool number(const char *text, uint32_t max, uint32_t *ret)
{
	uint64_t v = 0;

	if (!*text || strlen(text) > 10)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (uint64_t)(*text - '0');
	}
	if (v > max)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool version_number(const char *text, uint32_t *ret)
{
	return number(text, UINT32_MAX - 1, ret) && *ret > 0;
}

static struct args parse(
	const struct usage *u, const struct option *options, int argc, char **argv, int max)
{
	struct args a = {.done = -1, .reason = ""};
	int c;

	optind = 0;
	while (a.done < 0 && (c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 'j': a.json = true; break;
		case OPT_DRY_RUN: a.dry_run = true; break;
		case OPT_REASON: a.reason = optarg; break;
		case OPT_LIMIT: a.limit = optarg; break;
		case OPT_OUTPUT: a.output = optarg; break;
		case OPT_BASE:
			if (!version_number(optarg, &a.base))
				a.done = usage_error(u, "\"%s\" is no version", optarg);
			break;
		case 'h':
			usage_print(stdout, u);
			a.done = CTL_DONE;
			break;
		case ':': a.done = usage_error(u, "%s needs an argument", argv[optind - 1]); break;
		default: a.done = usage_error(u, "unknown option %s", argv[optind - 1]);
		}
	}
	a.rest = argv + optind;
	a.n_rest = argc - optind;
	if (a.done < 0 && a.n_rest > max)
		a.done = usage_error(u, "too many arguments");
	if (a.done < 0 && strlen(a.reason) >= VERSIONS_REASON_MAX)
		a.done = usage_error(u, "a reason has at most %u bytes", VERSIONS_REASON_MAX - 1);
	return a;
}

/* What the agent says in lines: it did not take the policy, or (`told`) does not let this caller.
 */
static int print_refusal(int told, const struct buf *text)
{
	cleanup_with(buf_done) struct buf room = BUF_INIT(0);
	struct view rest = buf_view(text);

	fflush(stdout);
	while (rest.n > 0) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;
		cleanup_with(freep) char *line = strndup((const char *)rest.p, n);

		if (line) {
			tty_put_safe(stderr, view_str(message_line(ctl_lang, line, &room)));
			fputc('\n', stderr);
		}
		rest = view_sub(rest, n + (end != NULL), rest.n);
	}
	return told == CONTROL_FORBIDDEN ? CTL_FAILED : CTL_FOUND;
}

static int put(const struct buf *out)
{
	if (fwrite(out->p, 1, out->n, stdout) != out->n || fflush(stdout) != 0)
		return ctl_error("cannot write: %s", strerror(errno));
	return CTL_DONE;
}

/* ---- an answer, which is JSON and thus YAML ---- */

static const char *member(const struct conf_node *n, const char *key)
{
	n = conf_get(n, key);
	return n && n->type == CONF_SCALAR && (n->quoted || strcmp(n->text, "null") != 0) ? n->text
											  : "";
}

static struct conf *read_answer(struct view json)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	struct conf *c = NULL;

	if (d && conf_parse("answer", json, d, &c) == 0)
		return c;
	ctl_error("the agent's answer cannot be read");
	return NULL;
}

static void print_outcome(const struct ctl *ctl, const struct conf_node *n)
{
	const char *what = member(n, "what"), *version = member(n, "version");
	const char *was = member(n, "was");

	if (strcmp(what, "unchanged") == 0)
		printf(lang_pick(ctl->lang, "nothing to do: version %s, in force, says the same",
			       "không có gì thay đổi: phiên bản %s đang có hiệu lực cũng vậy"),
			was);
	else if (strcmp(what, "dry-run") == 0)
		printf(lang_pick(ctl->lang, "valid: it would become version %s, after version %s",
			       "hợp lệ: sẽ là phiên bản %s, sau phiên bản %s"),
			version, was);
	else
		printf(lang_pick(ctl->lang, "version %s is in force, after version %s",
			       "phiên bản %s đã có hiệu lực, thay phiên bản %s"),
			version, was);
	printf(lang_pick(ctl->lang, " (mode %s, %s rules, %s applications)\n",
		       " (chế độ %s, %s quy tắc, %s ứng dụng)\n"),
		member(n, "mode"), member(n, "rules"), member(n, "applications"));
}

static int print_answer(const struct ctl *ctl, struct buf *text, bool json)
{
	cleanup_with(conf_freep) struct conf *c = NULL;

	if (json)
		return buf_put_byte(text, '\n') < 0 ? ctl_error("out of memory") : put(text);
	c = read_answer(buf_view(text));
	if (!c)
		return CTL_FAILED;
	print_outcome(ctl, conf_root(c));
	return CTL_DONE;
}

/* ---- apply, rollback ---- */

int policy_read_bundle(const char *path, struct buf *ret, bool *ret_is_bundle)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	cleanup_with(bundle_done) struct bundle b = {0};
	int r;

	if (!d)
		return ctl_error("out of memory");
	ret->max = BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX;
	r = fd_read_path(path, ret->max, ret);
	if (r < 0)
		return ctl_error("%s: %s", path, strerror(-r));
	*ret_is_bundle = bundle_is(buf_view(ret));
	if (*ret_is_bundle)
		return CTL_DONE;
	buf_clear(ret);
	r = policyfile_bundle(path, d, &b);
	ctl_diags(d);
	if (r == -EBADMSG)
		return CTL_FOUND;
	if (r == 0)
		r = bundle_write(&b, ret);
	return r < 0 ? ctl_error("%s: %s", path, strerror(-r)) : CTL_DONE;
}

int policy_send(
	const struct ctl *ctl, struct view bundle, uint8_t flags, const struct policy_said *said)
{
	cleanup_with(fd_closep) int fd = fd_memfd_sealed("bundle", bundle);
	cleanup_with(buf_done) struct buf body = {0}, text = {0};
	struct pack p = {&body, 0};
	int r;

	pack_u8(&p, flags);
	pack_str(&p, said->reason);
	pack_u32(&p, said->base);
	if (fd < 0 || p.error)
		return ctl_error("out of memory");
	r = control_exchange(ctl, CTL_POLICY_APPLY, buf_view(&body), fd, APPLY_MS, &text, NULL);
	if (r == CTL_FAILED)
		return r;
	return r == 0 ? print_answer(ctl, &text, said->json) : print_refusal(r, &text);
}

/* What is wrong, by the names that the caller knows; the agent would name the bundle's files. */
static bool complain(const char *path)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	cleanup_with(buf_done) struct buf policy = {0}, apps = {0};
	struct policyfile_info info;

	if (d && policyfile_compile(path, 0, d, &info, &policy, &apps) == -EBADMSG) {
		ctl_diags(d);
		return true;
	}
	return false;
}

int policy_apply(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"reason", required_argument, NULL, OPT_REASON},
		{"base", required_argument, NULL, OPT_BASE},
		{"dry-run", no_argument, NULL, OPT_DRY_RUN}, {"help", no_argument, NULL, 'h'}, {0}};
	struct args a = parse(&apply_usage, options, argc, argv, 1);
	cleanup_with(buf_done) struct buf bundle = {0};
	bool is_bundle;
	int r;

	if (a.done >= 0)
		return a.done;
	if (a.n_rest < 1)
		return usage_error(&apply_usage, "which file?");
	r = policy_read_bundle(a.rest[0], &bundle, &is_bundle);
	if (r != CTL_DONE)
		return r;
	/* The agent hears of it all the same: that it was refused is worth a record. */
	r = policy_send(ctl, buf_view(&bundle), a.dry_run ? CTL_APPLY_DRY_RUN : 0,
		&(struct policy_said){a.reason, a.base, a.json});
	if (r == CTL_FOUND && !is_bundle)
		(void)complain(a.rest[0]);
	return r;
}

int policy_rollback(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"reason", required_argument, NULL, OPT_REASON},
		{"base", required_argument, NULL, OPT_BASE}, {"help", no_argument, NULL, 'h'}, {0}};
	struct args a = parse(&rollback_usage, options, argc, argv, 1);
	cleanup_with(buf_done) struct buf body = {0}, text = {0};
	struct pack p = {&body, 0};
	uint32_t version = 0;
	int r;

	if (a.done >= 0)
		return a.done;
	if (a.n_rest > 0 && !version_number(a.rest[0], &version))
		return usage_error(&rollback_usage, "\"%s\" is no version", a.rest[0]);
	pack_u32(&p, version);
	pack_str(&p, a.reason);
	pack_u32(&p, a.base);
	if (p.error)
		return ctl_error("out of memory");
	r = control_exchange(ctl, CTL_POLICY_ROLLBACK, buf_view(&body), -1, APPLY_MS, &text, NULL);
	if (r == CTL_FAILED)
		return r;
	return r == 0 ? print_answer(ctl, &text, a.json) : print_refusal(r, &text);
}

/* ---- history, show ---- */

/* CTL_BLOB's bytes, or CTL_FOUND or CTL_FAILED after printing why not. */
static int fetch(const struct ctl *ctl, uint16_t request, uint32_t n, struct buf *ret_about,
	struct buf *ret_blob)
{
	cleanup_with(fd_closep) int fd = -1;
	cleanup_with(buf_done) struct buf body = {0};
	struct pack p = {&body, 0};
	struct view v;
	int r;

	pack_u32(&p, n);
	if (p.error)
		return ctl_error("out of memory");
	r = control_exchange(ctl, request, buf_view(&body), -1, APPLY_MS, ret_about, &fd);
	if (r == CTL_FAILED)
		return r;
	if (r != 0)
		return print_refusal(r, ret_about);
	r = fd_map_sealed(fd, &v);
	if (r == 0) {
		r = buf_put_view(ret_blob, v);
		munmap((void *)v.p, v.n);
	}
	return r < 0 ? ctl_error("the agent's answer: %s", strerror(-r)) : CTL_DONE;
}

int policy_fetch(
	const struct ctl *ctl, uint32_t version, struct buf *ret_about, struct buf *ret_bundle)
{
	return fetch(ctl, CTL_POLICY_SHOW, version, ret_about, ret_bundle);
}

static const char *how_text(const char *how, enum lang lang)
{
	static const struct {
		const char *how, *en, *vi;
	} words[] = {
		{"file", "file", "sửa tệp"},
		{"shipped", "shipped", "có sẵn"},
		{"applied", "applied", "áp dụng"},
		{"rolled-back", "rollback", "quay lại"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].how, how) == 0)
			return lang_pick(lang, words[i].en, words[i].vi);
	return how;
}

static void history_row(const struct ctl *ctl, const struct conf_node *n, const char *current)
{
	const char *number = member(n, "version"), *repeats = member(n, "repeats");
	bool now = strcmp(number, current) == 0;
	char how[64];

	snprintf(how, sizeof(how), "%s%s%s", how_text(member(n, "how"), ctl->lang),
		*repeats ? " " : "", repeats);
	printf("%s%c%7s  ", now ? tty_style(stdout, TTY_BOLD) : "", now ? '*' : ' ', number);
	cell_put(stdout, view_str(member(n, "time")), 20, CELL_CUT_END, true);
	printf("  ");
	cell_put(stdout, view_str(member(n, "user")), 12, CELL_CUT_END, true);
	printf("  ");
	cell_put(stdout, view_str(how), 14, CELL_CUT_END, true);
	printf("  ");
	if (!*member(n, "in_force_since"))
		printf("%s ", lang_pick(ctl->lang, "(never in force)", "(chưa từng có hiệu lực)"));
	tty_put_safe(stdout, view_str(member(n, "reason")));
	printf("%s\n", now ? tty_style(stdout, TTY_PLAIN) : "");
}

int policy_history(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"limit", required_argument, NULL, OPT_LIMIT}, {"help", no_argument, NULL, 'h'},
		{0}};
	struct args a = parse(&history_usage, options, argc, argv, 0);
	cleanup_with(buf_done) struct buf about = {0}, json = {0};
	cleanup_with(conf_freep) struct conf *c = NULL;
	const struct conf_node *versions;
	uint32_t limit = a.json ? 0 : HISTORY_SHOWN;
	int r;

	if (a.done >= 0)
		return a.done;
	if (a.limit && !number(a.limit, UINT32_MAX, &limit))
		return usage_error(&history_usage, "\"%s\" is no number", a.limit);
	r = fetch(ctl, CTL_POLICY_HISTORY, limit, &about, &json);
	if (r != CTL_DONE)
		return r;
	if (a.json)
		return buf_put_byte(&json, '\n') < 0 ? ctl_error("out of memory") : put(&json);
	c = read_answer(buf_view(&json));
	if (!c)
		return CTL_FAILED;
	printf("%s\n",
		lang_pick(ctl->lang,
			"version   time                  by            how             reason",
			"phiên bản thời điểm             bởi           cách            lý do"));
	versions = conf_get(conf_root(c), "versions");
	for (size_t i = 0; versions && i < versions->n; i++)
		history_row(ctl, versions->items[i], member(conf_root(c), "current"));
	return CTL_DONE;
}

static int put_show_json(const struct buf *about, const struct bundle *b)
{
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;

	json_init(&j, &out);
	json_object(&j);
	json_key(&j, "about");
	json_raw(&j, buf_view(about));
	json_key(&j, "files");
	json_array(&j);
	for (size_t i = 0; i < b->n_files; i++) {
		const struct bundle_file *f = &b->files[i];

		json_object(&j);
		json_key_str(&j, "kind", bundle_kind_name(f->kind));
		json_key_str(&j, "name", f->name);
		json_key(&j, "sha256");
		json_hex(&j, f->digest, sizeof(f->digest));
		json_key_view(&j, "content", view_of(f->content, f->n));
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	if (json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	return put(&out);
}

/* As comments, so that what is printed is a policy. */
static int put_show(const struct ctl *ctl, const struct buf *about, const struct bundle *b)
{
	const struct bundle_file *f = bundle_find(b, BUNDLE_KIND_POLICY, BUNDLE_POLICY);
	cleanup_with(conf_freep) struct conf *c = read_answer(buf_view(about));
	const struct conf_node *n;

	if (!c || !f)
		return CTL_FAILED;
	n = conf_root(c);
	printf(lang_pick(ctl->lang, "# version %s, %s, by %s (%s)\n",
		       "# phiên bản %s, %s, bởi %s (%s)\n"),
		member(n, "version"), member(n, "time"), member(n, "user"),
		how_text(member(n, "how"), ctl->lang));
	if (*member(n, "reason")) {
		printf("# %s", lang_pick(ctl->lang, "reason: ", "lý do: "));
		tty_put_safe(stdout, view_str(member(n, "reason")));
		printf("\n");
	}
	printf("# sha256 %s\n", member(n, "digest"));
	for (size_t i = 0; i < b->n_files; i++)
		if (&b->files[i] != f)
			printf("# %s %s\n", lang_pick(ctl->lang, "with", "kèm"), b->files[i].name);
	if (fwrite(f->content, 1, f->n, stdout) != f->n || fflush(stdout) != 0)
		return ctl_error("cannot write: %s", strerror(errno));
	return CTL_DONE;
}

static int write_output(const char *path, const struct buf *bytes)
{
	FILE *f = fopen(path, "we");
	bool good = f && fwrite(bytes->p, 1, bytes->n, f) == bytes->n;

	if (f && fclose(f) != 0)
		good = false;
	return good ? CTL_DONE : ctl_error("%s: %s", path, strerror(errno));
}

int policy_show(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"output", required_argument, NULL, OPT_OUTPUT}, {"help", no_argument, NULL, 'h'},
		{0}};
	struct args a = parse(&show_usage, options, argc, argv, 1);
	cleanup_with(buf_done) struct buf about = {0}, bytes = {0};
	cleanup_with(bundle_done) struct bundle b = {0};
	uint32_t version = 0;
	char why[300];
	int r;

	if (a.done >= 0)
		return a.done;
	if (a.n_rest > 0 && !version_number(a.rest[0], &version))
		return usage_error(&show_usage, "\"%s\" is no version", a.rest[0]);
	r = policy_fetch(ctl, version, &about, &bytes);
	if (r != CTL_DONE)
		return r;
	if (a.output)
		return write_output(a.output, &bytes);
	if (bundle_parse(buf_view(&bytes), &b, why, sizeof(why)) < 0)
		return ctl_error("the agent's answer: %s", why);
	return a.json ? put_show_json(&about, &b) : put_show(ctl, &about, &b);
}
