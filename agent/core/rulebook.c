/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rulebook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/clock.h"
#include "base/fd.h"
#include "digest/sha256.h"
#include "policyfile/policyfile.h"
#include "rulepack/rulepack.h"
#include "wire/pack.h"

#define DEBOUNCE_NS     (200 * NSEC_PER_MSEC) /* an editor's save is several events */
#define LAST_GOOD_BYTES (64U << 20)

/* One compiled pair of blobs, or the one of rules: what is in force, or about to be. */
struct policy_set {
	uint32_t version;
	struct buf policy_blob, apps_blob;
	struct policy *policy;
	struct apptable *apps;
};

struct rules_set {
	uint64_t stamp; /* of the pack files; 0: those of the last start */
	uint32_t generation;
	uint32_t n_packs, n_rules;
	struct buf blob;
};

struct rulebook {
	struct core *core;
	struct policy_set policy;
	struct rules_set rules;
	int inotify_fd;
	struct loop_source *inotify_source;
	struct loop_timer *timer;
	bool policy_refused, rules_refused; /* the file on disk is not what is in force */
	char error[1024];                   /* first diagnostic of the refused one */
	uint64_t loaded;                    /* realtime */
	uint64_t reloads, refusals;
};

static void policy_set_done(struct policy_set *s)
{
	policy_close(s->policy);
	apptable_close(s->apps);
	buf_done(&s->policy_blob);
	buf_done(&s->apps_blob);
	memset(s, 0, sizeof(*s));
}

static void rules_set_done(struct rules_set *s)
{
	buf_done(&s->blob);
	memset(s, 0, sizeof(*s));
}

static int policy_set_open(struct policy_set *s)
{
	int r = policy_open(buf_view(&s->policy_blob), &s->policy);

	if (r == 0)
		r = apptable_open(buf_view(&s->apps_blob), &s->apps);
	if (r == 0)
		s->version = policy_version(s->policy);
	return r;
}

static void put_diags(const struct diags *d, struct buf *ret_why)
{
	char line[1100];

	for (size_t i = 0; i < d->n; i++) {
		if (d->v[i].warning)
			continue;
		diag_format(&d->v[i], line, sizeof(line));
		if (buf_printf(ret_why, "%s\n", line) < 0)
			return;
	}
}

static int last_path(const struct core *core, const char *name, char ret[4096])
{
	int n = snprintf(ret, 4096, "%s/core/%s", core->config.state_dir, name);

	return n < 0 || n >= 4096 ? -ENAMETOOLONG : 0;
}

/* Written beside and renamed: a power cut leaves the old one or the new one. */
static int save_last(const struct core *core, const char *name, const struct buf *content)
{
	cleanup_with(fd_closep) int fd = -1;
	char path[4096], part[4110];
	int r = last_path(core, name, path);

	if (r < 0)
		return r;
	snprintf(part, sizeof(part), "%s.part", path);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, buf_view(content));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && rename(part, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(part);
	return r;
}

static int load_last(const struct core *core, const char *name, struct buf *ret)
{
	char path[4096];
	int r = last_path(core, name, path);

	return r < 0 ? r : fd_read_path(path, LAST_GOOD_BYTES, ret);
}

static int save_last_policy(const struct core *core, const struct policy_set *s)
{
	struct buf b = BUF_INIT(LAST_GOOD_BYTES);
	struct pack p = {&b, 0};
	int r;

	pack_view(&p, buf_view(&s->policy_blob));
	pack_view(&p, buf_view(&s->apps_blob));
	r = p.error ? p.error : save_last(core, "policy.last", &b);
	buf_done(&b);
	return r;
}

static int load_last_policy(const struct core *core, struct policy_set *ret)
{
	struct buf b = BUF_INIT(LAST_GOOD_BYTES);
	struct policy_set s = {0};
	struct unpack u;
	int r = load_last(core, "policy.last", &b);

	u = (struct unpack){buf_view(&b), 0};
	if (r == 0)
		r = buf_put_view(&s.policy_blob, unpack_view(&u));
	if (r == 0)
		r = buf_put_view(&s.apps_blob, unpack_view(&u));
	if (r == 0)
		r = unpack_end(&u);
	if (r == 0)
		r = policy_set_open(&s);
	buf_done(&b);
	if (r < 0) {
		policy_set_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

/* Compiles the policy file under `version`. */
static int compile_policy(
	const struct core *core, uint32_t version, struct diags *d, struct policy_set *ret)
{
	struct policyfile_info info;
	struct policy_set s = {0};
	int r = policyfile_compile(
		core->config.policy, version, d, &info, &s.policy_blob, &s.apps_blob);

	if (r == 0)
		r = policy_set_open(&s);
	if (r < 0) {
		policy_set_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

static int generation_of(const struct buf *blob, uint32_t *ret)
{
	uint8_t digest[SHA256_SIZE];
	int r = sha256(buf_view(blob), digest);

	if (r == 0)
		*ret = load_le32(digest) | 1; /* 0 means none */
	return r;
}

static int compile_rules(const struct core *core, struct diags *d, struct rules_set *ret)
{
	cleanup_with(freep) struct rulepack_info *info = calloc(1, sizeof(*info)); /* large */
	const char *const *dirs = (const char *const *)core->config.rules.v;
	struct rules_set s = {0};
	int r = -ENOMEM;

	if (info)
		r = rulepack_compile(dirs, core->config.rules.n, d, info, &s.blob);
	if (r == 0)
		r = generation_of(&s.blob, &s.generation);
	if (r < 0) {
		rules_set_done(&s);
		return r;
	}
	s.n_packs = info->n_packs;
	for (uint32_t i = 0; i < info->n_packs; i++)
		s.n_rules += info->packs[i].n_rules;
	*ret = s;
	return 0;
}

static int send_policy(struct rulebook *b)
{
	cleanup_with(fd_closep) int policy_fd = fd_memfd_sealed(
		"policy", buf_view(&b->policy.policy_blob));
	cleanup_with(fd_closep) int apps_fd = fd_memfd_sealed(
		"apps", buf_view(&b->policy.apps_blob));
	int fds[2] = {policy_fd, apps_fd};
	uint8_t version[4];
	uint32_t v = b->policy.version;

	if (policy_fd < 0 || apps_fd < 0)
		return policy_fd < 0 ? policy_fd : apps_fd;
	for (int i = 0; i < 4; i++)
		version[i] = (uint8_t)(v >> 8 * i);
	return child_send(b->core->child, CORE_POLICY, 0, view_of(version, 4), fds, 2);
}

static int send_rules(struct rulebook *b)
{
	cleanup_with(fd_closep) int fd = fd_memfd_sealed("rules", buf_view(&b->rules.blob));

	return fd < 0 ? fd : pool_rules(b->core->pool, b->rules.generation, fd);
}

static void keep_error(struct rulebook *b, const struct diags *d, int r)
{
	for (size_t i = 0; i < d->n; i++)
		if (!d->v[i].warning) {
			diag_format(&d->v[i], b->error, sizeof(b->error));
			return;
		}
	snprintf(b->error, sizeof(b->error), "%s", strerror(-r));
}

static void refuse(
	struct rulebook *b, const char *what, const struct diags *d, int r, struct buf *ret_why)
{
	keep_error(b, d, r);
	b->refusals++;
	put_diags(d, ret_why);
	unchecked(incidents_note(b->core->ledger, "agent", what,
		"refused, the last good one stays in force: %s", b->error));
}

static bool same_policy(const struct policy_set *a, const struct policy_set *b)
{
	return view_eq(buf_view(&a->policy_blob), buf_view(&b->policy_blob)) &&
		view_eq(buf_view(&a->apps_blob), buf_view(&b->apps_blob));
}

/* A policy that says the same keeps its number. */
static int renew_policy(struct rulebook *b, struct diags *d, bool *ret_changed)
{
	struct policy_set fresh = {0};
	int r = compile_policy(b->core, b->policy.version, d, &fresh);

	*ret_changed = false;
	if (r == 0 && b->policy.policy && same_policy(&fresh, &b->policy)) {
		policy_set_done(&fresh);
		return 0;
	}
	if (r == 0) {
		policy_set_done(&fresh);
		r = compile_policy(b->core, b->policy.version + 1, d, &fresh);
	}
	if (r < 0)
		return r;
	policy_set_done(&b->policy);
	b->policy = fresh;
	*ret_changed = true;
	return 0;
}

static int renew_rules(struct rulebook *b, struct diags *d, bool *ret_changed)
{
	const struct config_paths *rules = &b->core->config.rules;
	uint64_t stamp = rulepack_stamp((const char *const *)rules->v, rules->n);
	struct rules_set fresh = {0};
	int r;

	*ret_changed = false;
	if (stamp == b->rules.stamp)
		return 0; /* what is in force is what is there */
	r = compile_rules(b->core, d, &fresh);
	fresh.stamp = stamp;
	if (r < 0)
		return r;
	*ret_changed = fresh.generation != b->rules.generation;
	rules_set_done(&b->rules);
	b->rules = fresh;
	return 0;
}

static int apply_policy(struct rulebook *b, bool *ret_changed, struct buf *ret_why)
{
	struct diags *d = calloc(1, sizeof(*d));
	int r = d ? renew_policy(b, d, ret_changed) : -ENOMEM;

	b->policy_refused = r < 0;
	if (r < 0 && d)
		refuse(b, "policy", d, r, ret_why);
	free(d);
	if (r < 0)
		return r;
	if (*ret_changed)
		unchecked(incidents_note(b->core->ledger, "agent", "policy",
			"version %u is in force, mode %s, %u rules", b->policy.version,
			mode_name(policy_mode(b->policy.policy)),
			policy_n_rules(b->policy.policy)));
	return 0;
}

static int apply_rules(struct rulebook *b, bool *ret_changed, struct buf *ret_why)
{
	struct diags *d = calloc(1, sizeof(*d));
	int r = d ? renew_rules(b, d, ret_changed) : -ENOMEM;

	b->rules_refused = r < 0;
	if (r < 0 && d)
		refuse(b, "rules", d, r, ret_why);
	free(d);
	if (r < 0)
		return r;
	if (*ret_changed)
		unchecked(incidents_note(b->core->ledger, "agent", "rules",
			"generation %08x is in force, %u packs, %u rules", b->rules.generation,
			b->rules.n_packs, b->rules.n_rules));
	return 0;
}

/* Only a pair that the agent runs with is one to fall back on. */
static void keep_for_next_start(struct rulebook *b)
{
	int r = save_last_policy(b->core, &b->policy);

	if (r == 0)
		r = save_last(b->core, "rules.last", &b->rules.blob);
	if (r < 0)
		unchecked(incidents_note(b->core->ledger, "agent", "policy",
			"version %u could not be kept for the next start: %s", b->policy.version,
			strerror(-r)));
}

int rulebook_reload(struct rulebook *b, struct buf *ret_why)
{
	bool policy_changed = false, rules_changed = false;
	int p = apply_policy(b, &policy_changed, ret_why);
	int q = apply_rules(b, &rules_changed, ret_why);
	int r;

	b->reloads++;
	b->loaded = clock_realtime();
	r = rules_changed ? send_rules(b) : 0;
	/* Also where only the rules changed: a policy makes the gate forget cached facts. */
	if (r == 0)
		r = send_policy(b);
	if (r < 0)
		return r;
	if (policy_changed || rules_changed)
		keep_for_next_start(b);
	if (p < 0 || q < 0) {
		if (buf_printf(ret_why, "policy version %u and rules %08x stay in force\n",
			    b->policy.version, b->rules.generation) < 0)
			return -ENOMEM;
		return -EBADMSG;
	}
	b->error[0] = 0;
	return 0;
}

static void watch_dir(struct rulebook *b, const char *path)
{
	/* A folder that is not there is no event source; SUP_RELOAD is always possible. */
	(void)inotify_add_watch(b->inotify_fd, path,
		IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR);
}

static void watch_files(struct rulebook *b)
{
	const struct config *c = &b->core->config;
	char dir[4096];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", c->policy);
	slash = strrchr(dir, '/');
	if (slash && slash != dir)
		*slash = 0;
	watch_dir(b, dir);
	strncat(dir, "/apps", sizeof(dir) - strlen(dir) - 1);
	watch_dir(b, dir);
	for (uint32_t i = 0; i < c->rules.n; i++)
		watch_dir(b, c->rules.v[i]);
}

static int on_inotify(void *userdata, int fd, uint32_t events)
{
	struct rulebook *b = userdata;
	char drop[4096];

	(void)events;
	while (read(fd, drop, sizeof(drop)) > 0)
		;
	loop_timer_set(b->timer, clock_now() + DEBOUNCE_NS);
	return 0;
}

static int on_timer(void *userdata)
{
	struct rulebook *b = userdata;
	struct buf why = BUF_INIT(64U << 10);
	int r;

	watch_files(b); /* folders may have come */
	r = rulebook_reload(b, &why);
	buf_done(&why);
	return r == -EBADMSG ? 0 : r;
}

/* Falls back to the last good one where the file does not pass. */
static int first_policy(struct rulebook *b, struct buf *ret_why)
{
	struct policy_set last = {0};
	bool changed;

	if (load_last_policy(b->core, &last) == 0)
		b->policy = last;
	return apply_policy(b, &changed, ret_why) < 0 && !b->policy.policy ? -EBADMSG : 0;
}

static int first_rules(struct rulebook *b, struct buf *ret_why)
{
	bool changed;

	if (apply_rules(b, &changed, ret_why) == 0)
		return 0;
	if (load_last(b->core, "rules.last", &b->rules.blob) < 0 ||
		generation_of(&b->rules.blob, &b->rules.generation) < 0)
		return -EBADMSG;
	return 0;
}

int rulebook_new(struct core *core, struct buf *ret_why, struct rulebook **ret)
{
	struct rulebook *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	b->core = core;
	b->loaded = clock_realtime();
	b->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	r = b->inotify_fd < 0 ? -errno : 0;
	if (r == 0)
		r = loop_timer_new(core->loop, on_timer, b, &b->timer);
	if (r == 0)
		r = loop_add(core->loop, b->inotify_fd, EPOLLIN, on_inotify, b, &b->inotify_source);
	if (r == 0) {
		watch_files(b);
		r = first_policy(b, ret_why);
	}
	if (r == 0)
		r = first_rules(b, ret_why);
	if (r == 0)
		r = send_rules(b);
	if (r == 0)
		r = send_policy(b);
	if (r < 0) {
		rulebook_free(b);
		return r;
	}
	keep_for_next_start(b);
	*ret = b;
	return 0;
}

struct rulebook *rulebook_free(struct rulebook *b)
{
	if (!b)
		return NULL;
	loop_source_remove(b->inotify_source);
	fd_close(b->inotify_fd);
	loop_timer_free(b->timer);
	policy_set_done(&b->policy);
	rules_set_done(&b->rules);
	free(b);
	return NULL;
}

const struct policy *rulebook_policy(const struct rulebook *b)
{
	return b->policy.policy;
}

const struct apptable *rulebook_apps(const struct rulebook *b)
{
	return b->policy.apps;
}

uint32_t rulebook_generation(const struct rulebook *b)
{
	return b->rules.generation;
}

uint32_t rulebook_find_rule(const struct rulebook *b, const char *name)
{
	uint32_t n = policy_n_rules(b->policy.policy);

	for (uint32_t i = 0; i < n; i++)
		if (strcmp(policy_rule_name(b->policy.policy, i), name) == 0)
			return i;
	return POLICY_RULE_NONE;
}

void rulebook_status(const struct rulebook *b, struct json *j)
{
	char generation[16], loaded[CLOCK_TEXT_MAX];

	snprintf(generation, sizeof(generation), "%08x", b->rules.generation);
	clock_format(b->loaded, loaded);
	json_key(j, "policy");
	json_object(j);
	json_key_str(j, "file", b->core->config.policy);
	json_key_u64(j, "version", b->policy.version);
	json_key_str(j, "mode", mode_name(policy_mode(b->policy.policy)));
	json_key_u64(j, "rules", policy_n_rules(b->policy.policy));
	json_key_u64(j, "applications", apptable_n(b->policy.apps));
	json_key_bool(j, "file_refused", b->policy_refused);
	json_key_str(j, "loaded", loaded);
	json_object_end(j);
	json_key(j, "rules");
	json_object(j);
	json_key_str(j, "generation", generation);
	json_key_u64(j, "packs", b->rules.n_packs);
	json_key_u64(j, "rules", b->rules.n_rules);
	json_key_bool(j, "files_refused", b->rules_refused);
	json_object_end(j);
	json_key_str(j, "configuration_error", b->error);
}
