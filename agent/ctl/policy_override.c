/* SPDX-License-Identifier: Apache-2.0 */
/* sealgate policy override: lets one content pass to one application for some minutes. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "conf/conf.h"
#include "ctl/commands.h"
#include "ctl/control.h"
#include "ctl/policy.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "digest/sha256.h"
#include "wire/override.h"
#include "wire/protocol.h"

#define CHUNK (1U << 20)

static const struct usage usage = {
	.synopsis = "policy override add FILE|SHA256 --app ID --minutes N --reason TEXT "
		    "[--owner NAME] | list [--json] | revoke ID",
	.text = "Lets one content pass to one application for some minutes, whatever rule refuses "
		"it;\n"
		"lists what is in force; ends one before its time. The policy sets the bounds\n"
		"(`overrides`). Each is a record in the journal. For root.",
	.options = {{"--app ID", "the application; \"sealgate apps list\" has their ids"},
		{"--minutes N", "how long; at most what the policy allows"},
		{"--reason TEXT", "why; the journal keeps it"},
		{"--owner NAME", "who answers for it; default: who runs this"},
		{"--json", "for programs"}, {"--help", "this text"}},
};

struct arguments {
	struct override_request r;
	const char *app, *reason, *owner, *minutes;
	bool json;
	int done; /* an exit status, or -1: go on */
	char **rest;
	int n_rest;
};

static struct arguments parse(int argc, char **argv)
{
	static const struct option options[] = {{"app", required_argument, NULL, 'a'},
		{"minutes", required_argument, NULL, 'm'}, {"reason", required_argument, NULL, 'r'},
		{"owner", required_argument, NULL, 'o'}, {"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'}, {0}};
	struct arguments a = {.done = -1};
	int c;

	optind = 0;
	while (a.done < 0 && (c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 'a': a.app = optarg; break;
		case 'm': a.minutes = optarg; break;
		case 'r': a.reason = optarg; break;
		case 'o': a.owner = optarg; break;
		case 'j': a.json = true; break;
		case 'h':
			usage_print(stdout, &usage);
			a.done = CTL_DONE;
			break;
		case ':': a.done = usage_error(&usage, "%s needs a value", argv[optind - 1]); break;
		default: a.done = usage_error(&usage, "unknown option %s", argv[optind - 1]);
		}
	}
	a.rest = argv + optind;
	a.n_rest = argc - optind;
	return a;
}

static int parse_number(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || v > UINT32_MAX)
		return -EINVAL;
	*ret = (uint32_t)v;
	return 0;
}

static bool copy(char *ret, size_t size, const char *text)
{
	size_t n = strlen(text);

	if (n >= size)
		return false;
	memcpy(ret, text, n + 1);
	return true;
}

static bool parse_digest(const char *text, uint8_t ret[OVERRIDE_DIGEST])
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(text) != (size_t)2 * OVERRIDE_DIGEST)
		return false;
	for (size_t i = 0; i < (size_t)2 * OVERRIDE_DIGEST; i++) {
		const char *d = strchr(digits, text[i] | (text[i] >= 'A' ? 0x20 : 0));

		if (!d)
			return false;
		ret[i / 2] = (uint8_t)(ret[i / 2] << 4 | (d - digits));
	}
	return true;
}

static int digest_fd(int fd, uint8_t ret[OVERRIDE_DIGEST])
{
	cleanup_with(sha256_freep) struct sha256 *sha = NULL;
	cleanup_with(freep) uint8_t *chunk = malloc(CHUNK);
	int r = chunk ? sha256_new(&sha) : -ENOMEM;

	while (r == 0) {
		ssize_t n = read(fd, chunk, CHUNK);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return sha256_final(sha, ret);
		if (n > 0)
			r = sha256_update(sha, view_of(chunk, (size_t)n));
	}
	return r;
}

/* Of a file that is there, else the text itself. */
static int read_content(const char *what, uint8_t ret[OVERRIDE_DIGEST])
{
	cleanup_with(fd_closep) int fd = open(what, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int r;

	if (fd < 0 && errno == ENOENT && parse_digest(what, ret))
		return CTL_DONE;
	if (fd < 0)
		return ctl_error("%s: %s", what, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return ctl_error("%s: not a file", what);
	r = digest_fd(fd, ret);
	return r < 0 ? ctl_error("%s: %s", what, strerror(-r)) : CTL_DONE;
}

static const char *default_owner(void)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *pw = getpwuid(getuid());

	return sudo && *sudo ? sudo : pw ? pw->pw_name : "";
}

static int ask(const struct ctl *ctl, const struct override_request *r, struct buf *ret)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};
	int e;

	pack_override(&p, r);
	if (p.error)
		return ctl_error("out of memory");
	e = control_call(ctl, CTL_OVERRIDE, buf_view(&body), ret);
	if (e == -ENOENT || e == -ECONNREFUSED)
		return ctl_error("no agent runs here: an override is for a running one");
	if (e == 1) {
		while (ret->n > 0 && ret->p[ret->n - 1] == '\n')
			ret->n--;
		return ctl_error("%.*s", (int)ret->n, (const char *)ret->p);
	}
	return e == 0 ? CTL_DONE : CTL_FAILED;
}

static int put_json(struct buf *text)
{
	if (buf_put_byte(text, '\n') < 0)
		return ctl_error("out of memory");
	if (fwrite(text->p, 1, text->n, stdout) != text->n || fflush(stdout) != 0)
		return ctl_error("cannot write: %s", strerror(errno));
	return CTL_DONE;
}

static const char *member(const struct conf_node *n, const char *key)
{
	const struct conf_node *v = conf_get(n, key);

	return v && v->type == CONF_SCALAR ? v->text : "";
}

static void put_one(const struct ctl *ctl, const struct conf_node *n)
{
	printf(lang_pick(ctl->lang, "%s  to %s until %s (%s minutes)\n    SHA-256 %s\n",
		       "%s  cho %s đến %s (%s phút)\n    SHA-256 %s\n"),
		member(n, "id"), member(n, "app"), member(n, "until"), member(n, "minutes"),
		member(n, "sha256"));
	if (conf_get(n, "for"))
		printf(lang_pick(ctl->lang, "    for %s alone, incident %s\n",
			       "    chỉ cho %s, sự cố %s\n"),
			member(n, "for"), member(n, "incident"));
	fputs(lang_pick(ctl->lang, "    reason: ", "    lý do: "), stdout);
	tty_put_safe(stdout, view_str(member(n, "reason")));
	fputs(lang_pick(ctl->lang, "\n    owner: ", "\n    người chịu trách nhiệm: "), stdout);
	tty_put_safe(stdout, view_str(member(n, "owner")));
	fputc('\n', stdout);
}

static int put_text(const struct ctl *ctl, const struct buf *text)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	cleanup_with(conf_freep) struct conf *c = NULL;
	const struct conf_node *root, *list;

	if (!d || conf_parse("override", buf_view(text), d, &c) < 0)
		return ctl_error("the agent's answer cannot be read; try --json");
	root = conf_root(c);
	list = conf_get(root, "overrides");
	if (!list) {
		put_one(ctl, root);
		return CTL_DONE;
	}
	printf(lang_pick(ctl->lang,
		       "%zu in force; the policy allows %s at a time, for %s minutes\n",
		       "%zu đang có hiệu lực; chính sách cho phép %s cùng lúc, mỗi lần %s phút\n"),
		list->n, member(root, "max"), member(root, "minutes"));
	for (size_t i = 0; list->type == CONF_SEQUENCE && i < list->n; i++)
		put_one(ctl, list->items[i]);
	return CTL_DONE;
}

static int prepare_add(struct arguments *a)
{
	const char *why;
	int r;

	if (a->n_rest != 2)
		return usage_error(&usage, "add needs one file or SHA-256");
	if (!a->app || !a->minutes || !a->reason)
		return usage_error(&usage, "add needs --app, --minutes and --reason");
	if (parse_number(a->minutes, &a->r.minutes) < 0)
		return usage_error(&usage, "--minutes is a whole number, not \"%s\"", a->minutes);
	if (!copy(a->r.app, sizeof(a->r.app), a->app) ||
		!copy(a->r.reason, sizeof(a->r.reason), a->reason) ||
		!copy(a->r.owner, sizeof(a->r.owner), a->owner ? a->owner : default_owner()))
		return usage_error(&usage, "a text is too long: reason %u bytes, owner %u",
			OVERRIDE_REASON_SIZE - 1, OVERRIDE_OWNER_SIZE - 1);
	a->r.what = OVERRIDE_ADD;
	why = override_refused(&a->r);
	if (why)
		return usage_error(&usage, "%s", why);
	r = read_content(a->rest[1], a->r.sha256);
	return r;
}

int policy_override(const struct ctl *ctl, int argc, char **argv)
{
	cleanup_with(buf_done) struct buf text = {0};
	struct arguments a = parse(argc, argv);
	const char *what;
	int r = CTL_DONE;

	if (a.done >= 0)
		return a.done;
	if (a.n_rest < 1)
		return usage_error(&usage, "add, list or revoke?");
	what = a.rest[0];
	if (strcmp(what, "add") == 0) {
		r = prepare_add(&a);
	} else if (strcmp(what, "revoke") == 0) {
		a.r.what = OVERRIDE_REVOKE;
		if (a.n_rest != 2 || parse_number(a.rest[1], &a.r.id) < 0)
			r = usage_error(&usage, "revoke needs the number of one override");
	} else if (strcmp(what, "list") == 0) {
		if (a.n_rest > 1)
			r = usage_error(&usage, "too many arguments");
	} else {
		r = usage_error(&usage, "no \"policy override %s\"", what);
	}
	if (r == CTL_DONE)
		r = ask(ctl, &a.r, &text);
	if (r != CTL_DONE)
		return r;
	return a.json ? put_json(&text) : put_text(ctl, &text);
}
