/* SPDX-License-Identifier: Apache-2.0 */
/* sealgate keygen, sign, verify: keys, signed bundles, and who signed one. Need no agent. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "bundle/bundle.h"
#include "ctl/commands.h"
#include "ctl/keys.h"
#include "ctl/message.h"
#include "ctl/policy_life.h"
#include "ctl/policy_load.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "policyfile/policyfile.h"

#define FILE_MAX  (8U << 20)
#define DEPTH_MAX 4

static const struct usage keygen_usage = {
	.synopsis = "keygen NAME",
	.text = "Makes a pair of keys: NAME.key, to sign with, which nobody else may read, and "
		"NAME.pub,\n"
		"for /etc/sealgate/keys. Prints the key's id.",
	.options = {{"--help", "this text"}},
};

static const struct usage sign_usage = {
	.synopsis =
		"sign --key FILE [--rules DIR]... [--host NAME]... [--counter N] --output BUNDLE "
		"[POLICY|BUNDLE]",
	.text = "Signs a policy with all that it includes, or rule packs, or both, as one bundle; "
		"or adds a\n"
		"second signature to a bundle. A policy that is not valid is not signed: exit "
		"status 1.",
	.options = {{"--key FILE", "the secret key (NAME.key)"},
		{"--rules DIR", "a rule pack, or a folder of packs, to put into it"},
		{"--host NAME", "only this computer takes it (hostname); all, unless given"},
		{"--counter N", "newer bundles have higher ones; the time, unless given"},
		{"--output BUNDLE", "where to write it"}, {"--help", "this text"}},
};

static const struct usage verify_usage = {
	.synopsis = "verify [--json] [--key FILE|DIR]... BUNDLE",
	.text = "Says whether a bundle is whole, what is in it and who signed it. Exit status 1: "
		"not whole,\n"
		"forged, or not signed by one of the keys.",
	.options = {{"--key FILE|DIR", "public keys; /etc/sealgate/keys unless given"},
		{"--json", "one JSON object"}, {"--help", "this text"}},
};

enum {
	OPT_KEY = 256,
	OPT_RULES,
	OPT_HOST,
	OPT_COUNTER,
	OPT_OUTPUT,
};

struct args {
	const char *keys[KEYS_MAX], *rules[KEYS_MAX], *hosts[KEYS_MAX], *output, *counter;
	size_t n_keys, n_rules, n_hosts;
	bool json;
	int done;
	char **rest;
	int n_rest;
};

static void take(struct args *a, const struct usage *u, int c, char **argv)
{
	switch (c) {
	case OPT_KEY:
	case OPT_RULES:
	case OPT_HOST: {
		size_t *n = c == OPT_KEY ? &a->n_keys : c == OPT_RULES ? &a->n_rules : &a->n_hosts;
		const char **v = c == OPT_KEY ? a->keys : c == OPT_RULES ? a->rules : a->hosts;

		if (*n == KEYS_MAX)
			a->done = usage_error(u, "more than %u of these", KEYS_MAX);
		else
			v[(*n)++] = optarg;
		break;
	}
	case OPT_COUNTER: a->counter = optarg; break;
	case OPT_OUTPUT: a->output = optarg; break;
	case 'j': a->json = true; break;
	case 'h':
		usage_print(stdout, u);
		a->done = CTL_DONE;
		break;
	case ':': a->done = usage_error(u, "%s needs an argument", argv[optind - 1]); break;
	default: a->done = usage_error(u, "unknown option %s", argv[optind - 1]);
	}
}

static struct args parse(
	const struct usage *u, const struct option *options, int argc, char **argv, int max)
{
	struct args a = {.done = -1};
	int c;

	optind = 0;
	while (a.done < 0 && (c = getopt_long(argc, argv, ":h", options, NULL)) != -1)
		take(&a, u, c, argv);
	a.rest = argv + optind;
	a.n_rest = argc - optind;
	if (a.done < 0 && a.n_rest > max)
		a.done = usage_error(u, "too many arguments");
	return a;
}

/* ---- keygen ---- */

int cmd_keygen(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
	struct args a = parse(&keygen_usage, options, argc, argv, 1);
	cleanup_with(sign_secret_wipe) struct sign_secret s = {0};
	cleanup_with(freep) char *secret = NULL, *public = NULL;
	int r;

	if (a.done >= 0)
		return a.done;
	if (a.n_rest < 1 || !a.rest[0][0])
		return usage_error(&keygen_usage, "a name is needed");
	if (asprintf(&secret, "%s.key", a.rest[0]) < 0 ||
		asprintf(&public, "%s.pub", a.rest[0]) < 0)
		return ctl_error("out of memory");
	r = sign_generate(&s);
	if (r < 0)
		return ctl_error("no key could be made: %s", strerror(-r));
	r = sign_public_write(public, &s.public);
	if (r < 0)
		return ctl_error("%s: %s", public, strerror(-r));
	r = sign_secret_write(secret, &s);
	if (r < 0) {
		(void)unlink(public);
		return ctl_error("%s: %s", secret, strerror(-r));
	}
	printf(lang_pick(ctl->lang, "%s: %s (keep it secret), %s\n",
		       "%s: %s (phải giữ bí mật), %s\n"),
		s.public.id, secret, public);
	return CTL_DONE;
}

/* ---- sign ---- */

static int add_file(struct bundle *b, const char *name, const char *path)
{
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(FILE_MAX + 1);
	int r = fd_read_path(path, FILE_MAX, &bytes);

	if (r == 0)
		r = bundle_add(b, BUNDLE_KIND_RULES, name, buf_view(&bytes));
	return r < 0 ? ctl_error("%s: %s", path, strerror(-r)) : CTL_DONE;
}

/* All files below, under their names from `name` on. */
static int add_folder(struct bundle *b, const char *name, const char *path, int depth)
{
	struct dirent **entries = NULL;
	int n = depth > DEPTH_MAX ? 0 : scandir(path, &entries, NULL, alphasort), r = CTL_DONE;

	if (n < 0)
		return ctl_error("%s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		cleanup_with(freep) char *inner = NULL, *file = NULL;
		const char *e = entries[i]->d_name;
		struct stat st;

		if (r == CTL_DONE && e[0] != '.') {
			if (asprintf(&inner, "%s/%s", name, e) < 0 ||
				asprintf(&file, "%s/%s", path, e) < 0)
				r = ctl_error("out of memory");
			else if (stat(file, &st) == 0 && S_ISDIR(st.st_mode))
				r = add_folder(b, inner, file, depth + 1);
			else
				r = add_file(b, inner, file);
		}
		free(entries[i]);
	}
	free((void *)entries);
	return r;
}

/* A pack by its own name; of a folder of packs, each. */
static int add_rules(struct bundle *b, const char *dir)
{
	cleanup_with(freep) char *pack = NULL, *whole = realpath(dir, NULL);
	struct dirent **entries = NULL;
	int n, r = CTL_DONE;

	if (!whole)
		return ctl_error("%s: %s", dir, strerror(errno));
	if (asprintf(&pack, "%s/pack.yaml", whole) < 0)
		return ctl_error("out of memory");
	if (access(pack, F_OK) == 0)
		return add_folder(b, strrchr(whole, '/') + 1, whole, 0);
	n = scandir(whole, &entries, NULL, alphasort);
	if (n < 0)
		return ctl_error("%s: %s", dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		cleanup_with(freep) char *inner = NULL, *file = NULL;

		if (r == CTL_DONE && asprintf(&inner, "%s/%s", whole, entries[i]->d_name) >= 0 &&
			asprintf(&file, "%s/pack.yaml", inner) >= 0 && access(file, F_OK) == 0)
			r = add_folder(b, entries[i]->d_name, inner, 0);
		free(entries[i]);
	}
	free((void *)entries);
	if (r == CTL_DONE && !bundle_has(b, BUNDLE_KIND_RULES))
		r = ctl_error("%s: there is no rule pack", dir);
	return r;
}

static int counter(const char *text, uint64_t *ret)
{
	char *end;

	if (!text) {
		*ret = (uint64_t)time(NULL);
		return CTL_DONE;
	}
	errno = 0;
	*ret = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || *ret == 0 || *ret > UINT64_MAX / 2)
		return usage_error(&sign_usage, "\"%s\" is no counter", text);
	return CTL_DONE;
}

/* Where it is to go, nobody can mend it. */
static int check_policy(const struct ctl *ctl, const char *path)
{
	struct policy_load *l = NULL;
	int r = policy_load(ctl, path, &l);

	if (r == CTL_FOUND)
		ctl_diags(&l->diags);
	policy_load_free(l);
	return r;
}

/* What is to be signed: a bundle as it is, or a new one. */
static int gather(const struct ctl *ctl, const struct args *a, struct bundle *ret)
{
	cleanup_with(buf_done) struct buf bytes = {0};
	bool is_bundle;
	char why[300];
	int r = CTL_DONE;

	if (a->n_rest > 0)
		r = policy_read_bundle(a->rest[0], &bytes, &is_bundle);
	if (r == CTL_DONE && a->n_rest > 0 && !is_bundle)
		r = check_policy(ctl, a->rest[0]);
	if (r == CTL_FOUND)
		return r;
	if (r == CTL_DONE && a->n_rest > 0 &&
		bundle_parse(buf_view(&bytes), ret, why, sizeof(why)) < 0)
		return ctl_error("%s: %s", a->rest[0], why);
	if (r != CTL_DONE)
		return CTL_FAILED;
	if (ret->n_signatures > 0) {
		if (a->n_rules > 0 || a->n_hosts > 0 || a->counter)
			return ctl_error(
				"%s is signed already: nothing can be added to it", a->rest[0]);
		return CTL_DONE;
	}
	for (size_t i = 0; r == CTL_DONE && i < a->n_rules; i++)
		r = add_rules(ret, a->rules[i]);
	for (size_t i = 0; r == CTL_DONE && i < a->n_hosts; i++)
		if (bundle_add_host(ret, a->hosts[i]) < 0)
			r = usage_error(
				&sign_usage, "\"%s\" is no host, or said twice", a->hosts[i]);
	if (r == CTL_DONE)
		r = counter(a->counter, &ret->counter);
	clock_format(clock_realtime(), ret->created);
	return r;
}

static int write_bundle(const char *path, const struct bundle *b)
{
	cleanup_with(fd_closep) int fd = -1;
	cleanup_with(freep) char *part = NULL;
	cleanup_with(buf_done) struct buf bytes = {0};
	int r = bundle_write(b, &bytes);

	if (r < 0 || asprintf(&part, "%s.part", path) < 0)
		return ctl_error("out of memory");
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	r = fd < 0 ? -errno : fd_write_all(fd, buf_view(&bytes));
	if (r == 0 && (fsync(fd) < 0 || rename(part, path) < 0))
		r = -errno;
	if (r < 0) {
		(void)unlink(part);
		return ctl_error("%s: %s", path, strerror(-r));
	}
	return CTL_DONE;
}

int cmd_sign(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {{"key", required_argument, NULL, OPT_KEY},
		{"rules", required_argument, NULL, OPT_RULES},
		{"host", required_argument, NULL, OPT_HOST},
		{"counter", required_argument, NULL, OPT_COUNTER},
		{"output", required_argument, NULL, OPT_OUTPUT}, {"help", no_argument, NULL, 'h'},
		{0}};
	struct args a = parse(&sign_usage, options, argc, argv, 1);
	cleanup_with(sign_secret_wipe) struct sign_secret s = {0};
	cleanup_with(bundle_done) struct bundle b = {0};
	int r;

	if (a.done >= 0)
		return a.done;
	if (a.n_keys != 1 || !a.output)
		return usage_error(&sign_usage, "one --key and --output are needed");
	if (a.n_rest == 0 && a.n_rules == 0)
		return usage_error(&sign_usage, "sign what?");
	r = keys_read_secret(a.keys[0], &s);
	if (r == CTL_DONE)
		r = gather(ctl, &a, &b);
	if (r != CTL_DONE)
		return r;
	r = bundle_sign(&b, &s);
	if (r < 0)
		return ctl_error(r == -EEXIST ? "this key has signed it already" : "cannot sign");
	r = write_bundle(a.output, &b);
	if (r == CTL_DONE)
		printf(lang_pick(ctl->lang, "%s: %zu files, counter %ju, signed by %s\n",
			       "%s: %zu tệp, số thứ tự %ju, ký bởi %s\n"),
			a.output, b.n_files, (uintmax_t)b.counter, s.public.id);
	return r;
}

/* ---- verify ---- */

static int put_verify_json(const struct bundle *b, bool valid, const char *why, const char *by)
{
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;

	json_init(&j, &out);
	json_object(&j);
	json_key_bool(&j, "valid", valid);
	json_key_str(&j, "why", why);
	json_key_u64(&j, "counter", b->counter);
	json_key_str(&j, "created", b->created);
	json_key_str(&j, "trusted_signers", by);
	json_key(&j, "signatures");
	json_array(&j);
	for (size_t i = 0; i < b->n_signatures; i++)
		json_str(&j, b->signatures[i].id);
	json_array_end(&j);
	json_key(&j, "hosts");
	json_array(&j);
	for (size_t i = 0; i < b->n_hosts; i++)
		json_str(&j, b->hosts[i]);
	json_array_end(&j);
	json_key(&j, "files");
	json_array(&j);
	for (size_t i = 0; i < b->n_files; i++) {
		json_object(&j);
		json_key_str(&j, "kind", bundle_kind_name(b->files[i].kind));
		json_key_str(&j, "name", b->files[i].name);
		json_key_u64(&j, "size", b->files[i].n);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	if (json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	return fwrite(out.p, 1, out.n, stdout) == out.n ? CTL_DONE : CTL_FAILED;
}

static void put_verify(const struct ctl *ctl, const char *path, const struct bundle *b, bool valid,
	const char *why, const char *by)
{
	cleanup_with(buf_done) struct buf room = BUF_INIT(0);

	printf("%s: ", path);
	if (valid)
		printf(lang_pick(ctl->lang, "whole, signed by %s", "nguyên vẹn, ký bởi %s"), by);
	else
		tty_put_safe(stdout, view_str(message_in(ctl->lang, why, &room)));
	printf(lang_pick(ctl->lang, "; counter %ju, %zu files\n", "; số thứ tự %ju, %zu tệp\n"),
		(uintmax_t)b->counter, b->n_files);
	for (size_t i = 0; i < b->n_hosts; i++)
		printf("  %-8s %s\n", lang_pick(ctl->lang, "for", "dành cho"), b->hosts[i]);
	for (size_t i = 0; i < b->n_files; i++) {
		printf("  %-8s ", bundle_kind_name(b->files[i].kind));
		tty_put_safe(stdout, view_str(b->files[i].name));
		printf("\n");
	}
}

int cmd_verify(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {{"key", required_argument, NULL, OPT_KEY},
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
	struct args a = parse(&verify_usage, options, argc, argv, 1);
	cleanup_with(freep) struct sign_public *keys = calloc(KEYS_MAX, sizeof(*keys));
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX);
	cleanup_with(bundle_done) struct bundle b = {0};
	char why[300] = "", by[KEYS_MAX * SIGN_ID_TEXT];
	size_t n_keys = 0, n = 0;
	int r = CTL_DONE;

	if (a.done >= 0)
		return a.done;
	if (a.n_rest < 1)
		return usage_error(&verify_usage, "which bundle?");
	if (!keys)
		return ctl_error("out of memory");
	for (size_t i = 0; r == CTL_DONE && i < a.n_keys; i++)
		r = keys_add(keys, &n_keys, a.keys[i], false);
	if (r == CTL_DONE && a.n_keys == 0)
		r = keys_add(keys, &n_keys, SEALGATE_SYSCONFDIR "/keys", true);
	if (r != CTL_DONE)
		return r;
	r = fd_read_path(a.rest[0], bytes.max, &bytes);
	if (r < 0)
		return ctl_error("%s: %s", a.rest[0], strerror(-r));
	r = bundle_parse(buf_view(&bytes), &b, why, sizeof(why));
	if (r == 0) {
		r = bundle_signers(&b, keys, n_keys, &n, by, sizeof(by));
		if (r < 0)
			snprintf(why, sizeof(why), "forged");
		else if (n == 0)
			snprintf(why, sizeof(why), "%s",
				b.n_signatures ? lang_pick(ctl->lang, "signed by no known key",
							 "không khóa nào đã biết ký")
					       : lang_pick(ctl->lang, "not signed", "chưa ký"));
	}
	if (n == 0 || r < 0)
		by[0] = 0;
	if (a.json)
		r = put_verify_json(&b, !why[0], why, by);
	else
		put_verify(ctl, a.rest[0], &b, !why[0], why, by);
	return a.json && r != CTL_DONE ? r : why[0] ? CTL_FOUND : CTL_DONE;
}
