/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate courier: the journal's records out and a signed policy in, by way of a medium that is
 * carried between computers that no network joins. What is on it is believed only where it is
 * whole, signed, and newer than what was taken before; the counters are in the state directory, out
 * of the medium's reach.
 */
#include "ctl/courier.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "ctl/commands.h"
#include "bundle/versions.h"
#include "ctl/policy_life.h"
#include "ctl/proof.h"
#include "ctl/usage.h"
#include "wire/protocol.h"

static const struct usage usage = {
	.synopsis = "courier export|import [--limit N] [--reason TEXT] [--state-dir DIR] DIR\n"
		    "       sealgate courier receipt --key FILE [--state-dir DIR] DIR",
	.text = "Carries records and policies on removable media. DIR is a folder of the medium.\n"
		"export: the journal's records since the last receipt, and a signed statement "
		"over them.\n"
		"import: puts the signed policy in DIR in force, and writes a signed receipt.\n"
		"receipt: on the reviewers' computer, checks and keeps what was exported, and "
		"signs that it\n"
		"came. Exit status 1: something was refused.",
	.options =
		{
			{"--key FILE", "receipt: the secret key that signs it"},
			{"--limit N", "export: at most N records; the next has what is left"},
			{"--reason TEXT", "import: why, for the history and the journal"},
			{"--state-dir DIR",
				"where journal and counters are (" SEALGATE_STATEDIR ")"},
			{"--help", "this text"},
		},
};

enum {
	OPT_KEY = 256,
	OPT_LIMIT,
	OPT_REASON,
	OPT_STATE_DIR,
};

/* As it may stand in a file's name, and in a bundle. */
static void find_host(char ret[BUNDLE_HOST_MAX + 1])
{
	char name[256] = "";

	(void)gethostname(name, sizeof(name) - 1);
	snprintf(ret, BUNDLE_HOST_MAX + 1, "%.*s", (int)BUNDLE_HOST_MAX, *name ? name : "_");
	for (char *p = ret; *p; p++) {
		struct bundle b = {0};
		char one[3] = {'x', *p, 0};

		if (bundle_add_host(&b, one) < 0)
			*p = '_';
		bundle_done(&b);
	}
	if (*ret == '.')
		*ret = '_';
}

/* The folder with the counters, for one process at a time. */
static int open_state(struct courier *c)
{
	size_t n = strlen(c->o.dir) - strlen("/journal");
	int r;

	if (snprintf(c->state_path, sizeof(c->state_path), "%.*s/courier", (int)n, c->o.dir) >=
		(int)sizeof(c->state_path))
		return ctl_error("the state directory's name is too long");
	/* The reviewers' side has none at first. */
	c->state_path[n] = 0;
	if (c->key && mkdir(c->state_path, 0700) < 0 && errno != EEXIST)
		return ctl_error("%s: %s", c->state_path, strerror(errno));
	c->state_path[n] = '/';
	r = medium_open(c->state_path, true, &c->state);
	if (r == CTL_DONE && flock(c->state.fd, LOCK_EX | LOCK_NB) < 0)
		return ctl_error("%s: another courier command is at work", c->state_path);
	return r;
}

/* ---- import ---- */

static int read_bundle(const struct courier *c, char name[COURIER_NAME_MAX], struct buf *ret)
{
	int r;

	COURIER_FILE(name, c->host, "bundle");
	r = medium_read(&c->medium, name, ret->max, ret);
	if (r == -ENOENT) {
		snprintf(name, COURIER_NAME_MAX, "sealgate.bundle");
		r = medium_read(&c->medium, name, ret->max, ret);
	}
	return r < 0 ? ctl_error("%s/%s: %s", c->medium.path, name, strerror(-r)) : CTL_DONE;
}

static int put_applied(
	const struct courier *c, struct view bundle, const struct bundle *b, struct buf *out)
{
	cleanup_with(buf_done) struct buf about = {0}, now = {0};
	uint8_t hash[SHA256_SIZE];
	char time[CLOCK_TEXT_MAX];
	struct json j;
	int r = policy_fetch(c->o.ctl, 0, &about, &now);

	if (r != CTL_DONE)
		return r;
	if (!view_eq(buf_view(&now), bundle))
		return ctl_error("another policy was put in force meanwhile: no receipt");
	if (sha256(bundle, hash) < 0)
		return ctl_error("out of memory");
	clock_format(clock_realtime(), time);
	json_init(&j, out);
	json_object(&j);
	json_key_str(&j, "kind", "sealgate-courier-import");
	json_key_u64(&j, "format", 1);
	json_key_str(&j, "host", c->host);
	json_key_str(&j, "made", time);
	json_key_u64(&j, "counter", b->counter);
	json_key(&j, "sha256");
	json_hex(&j, hash, sizeof(hash));
	json_key(&j, "version");
	json_raw(&j, buf_view(&about));
	json_object_end(&j);
	return json_error(&j) < 0 ? ctl_error("out of memory") : CTL_DONE;
}

/* The policy is in force: what is wrong from here on is told and changes nothing. */
static int write_applied(struct courier *c, struct view bundle, const struct bundle *b)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(COURIER_TEXT_MAX);
	char name[COURIER_NAME_MAX], note[128];
	int r = put_applied(c, bundle, b, &out), e;

	snprintf(note, sizeof(note), "policy from a medium, counter %ju", (uintmax_t)b->counter);
	if (r == CTL_DONE)
		r = proof_make(&c->o, REVIEW_COURIER_IMPORT, note, &out);
	if (r != CTL_DONE)
		return r;
	COURIER_FILE(name, c->host, "applied");
	e = medium_write(&c->state, name, 0600, buf_view(&out));
	if (e < 0)
		return ctl_error("%s/%s: %s", c->state.path, name, strerror(-e));
	e = medium_write(&c->medium, name, 0644, buf_view(&out));
	if (e < 0)
		return ctl_error("the policy is in force, but %s/%s could not be written (%s); the "
				 "receipt is %s/%s",
			c->medium.path, name, strerror(-e), c->state.path, name);
	printf(lang_pick(c->o.lang, "receipt: %s/%s\n", "biên nhận: %s/%s\n"), c->medium.path,
		name);
	return CTL_DONE;
}

static int courier_import(struct courier *c)
{
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX);
	cleanup_with(bundle_done) struct bundle b = {0};
	char name[COURIER_NAME_MAX], why[300];
	int r = read_bundle(c, name, &bytes);

	if (r != CTL_DONE)
		return r;
	/* The agent refuses what is wrong with it, and the journal has that it came. */
	r = policy_send(c->o.ctl, buf_view(&bytes), CTL_APPLY_COURIER,
		&(struct policy_said){.reason = c->reason ? c->reason : ""});
	if (r != CTL_DONE)
		return r;
	if (bundle_parse(buf_view(&bytes), &b, why, sizeof(why)) < 0)
		return ctl_error("%s: %s", name, why);
	return write_applied(c, buf_view(&bytes), &b);
}

/* ---- the command ---- */

static int take_option(struct courier *c, int option, const char **state_dir)
{
	char *end;

	switch (option) {
	case OPT_KEY: c->key = optarg; return CTL_DONE;
	case OPT_REASON:
		if (strlen(optarg) >= VERSIONS_REASON_MAX)
			return usage_error(
				&usage, "a reason has at most %u bytes", VERSIONS_REASON_MAX - 1);
		c->reason = optarg;
		return CTL_DONE;
	case OPT_STATE_DIR: *state_dir = optarg; return CTL_DONE;
	case OPT_LIMIT:
		c->limit = strtoul(optarg, &end, 10);
		if (end == optarg || *end || optarg[0] == '-' || c->limit == 0)
			return usage_error(&usage, "\"%s\" is no number of records", optarg);
		return CTL_DONE;
	case ':': return usage_error(&usage, "an option needs an argument");
	default: return usage_error(&usage, "unknown option");
	}
}

static int run(struct courier *c, const char *what, const char *dir)
{
	int (*const go)(struct courier *) = strcmp(what, "export") == 0 ? courier_export
		: strcmp(what, "import") == 0                           ? courier_import
		: strcmp(what, "receipt") == 0                          ? courier_receipt
									: NULL;
	int r;

	if (!go)
		return usage_error(&usage, "no command \"courier %s\"", what);
	if ((go == courier_receipt) != (c->key != NULL))
		return usage_error(&usage, "a receipt, and nothing else, needs --key");
	if (c->limit && go != courier_export)
		return usage_error(&usage, "--limit is for export");
	if (c->reason && go != courier_import)
		return usage_error(&usage, "--reason is for import");
	find_host(c->host);
	r = medium_open(dir, false, &c->medium);
	if (r == CTL_DONE)
		r = open_state(c);
	return r == CTL_DONE ? go(c) : r;
}

int cmd_courier(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {{"key", required_argument, NULL, OPT_KEY},
		{"limit", required_argument, NULL, OPT_LIMIT},
		{"reason", required_argument, NULL, OPT_REASON},
		{"state-dir", required_argument, NULL, OPT_STATE_DIR},
		{"help", no_argument, NULL, 'h'}, {0}};
	struct courier c = {
		.o = {.ctl = ctl, .lang = ctl->lang}, .medium = MEDIUM_NONE, .state = MEDIUM_NONE};
	const char *state_dir = NULL;
	int option, r = CTL_DONE;

	while (r == CTL_DONE && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'h') {
			usage_print(stdout, &usage);
			return CTL_DONE;
		}
		r = take_option(&c, option, &state_dir);
	}
	if (r == CTL_DONE && argc - optind != 2)
		r = usage_error(&usage, "export, import or receipt, and a folder");
	c.o.dir_said = state_dir != NULL;
	if (r == CTL_DONE)
		r = incidents_find_dir(state_dir, ctl->config, &c.o);
	if (r == CTL_DONE)
		r = run(&c, argv[optind], argv[optind + 1]);
	medium_done(&c.medium);
	medium_done(&c.state);
	return r;
}
