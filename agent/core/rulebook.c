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
#include "core/keep.h"
#include "core/overrides.h"
#include "core/policies.h"
#include "core/rulefiles.h"
#include "digest/sha256.h"
#include "rulepack/rulepack.h"

#define DEBOUNCE_NS (200 * NSEC_PER_MSEC) /* an editor's save is several events */
#define RULES_LAST  "rules.last"

/* What is in force, or about to be. */
struct rules_set {
	uint64_t stamp; /* of the pack files; 0: those of the last start */
	uint32_t generation;
	uint32_t n_packs, n_rules;
	struct buf blob;
};

struct rulebook {
	struct core *core;
	struct policies *policies;
	struct rules_set rules;
	int inotify_fd;
	struct loop_source *inotify_source;
	struct loop_timer *timer;
	bool rules_refused; /* the files on disk are not what is in force */
	char error[1024];   /* first diagnostic of the refused one */
	uint64_t loaded;    /* realtime */
	uint64_t reloads, refusals;
};

static void rules_set_done(struct rules_set *s)
{
	buf_done(&s->blob);
	memset(s, 0, sizeof(*s));
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
	cleanup_with(rulefiles_done) struct rulefiles files = {0};
	struct rules_set s = {0};
	int r = info ? rulefiles_find(core, d, &files) : -ENOMEM;

	if (r == 0)
		r = rulepack_compile((const char *const *)files.dirs, files.n, d, info, &s.blob);
	if (r == 0)
		r = generation_of(&s.blob, &s.generation);
	if (r == 0)
		r = rulefiles_accept(core, &files);
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

static void on_settled(void *userdata, bool failed, struct view text)
{
	struct rulebook *b = userdata;

	(void)failed;
	(void)text;
	unchecked(policies_send(b->policies)); /* a supervisor that is gone takes us along */
}

int rulebook_publish(struct rulebook *b)
{
	if (!policies_is_busy(b->policies))
		return policies_send(b->policies);
	/* What waits for the gate was sent without it. */
	policies_when_settled(b->policies, on_settled, b);
	return 0;
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
	diags_put_errors(d, ret_why);
	unchecked(incidents_note(b->core->ledger, "agent", what,
		"refused, the last good one stays in force: %s", b->error));
}

static int renew_rules(struct rulebook *b, struct diags *d, bool *ret_changed)
{
	uint64_t stamp = rulefiles_stamp(b->core);
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

/* Only what the agent runs with is something to fall back on. */
static void keep_for_next_start(struct rulebook *b)
{
	int r = keep_save(b->core, RULES_LAST, &b->rules.blob);

	if (r < 0)
		unchecked(incidents_note(b->core->ledger, "agent", "rules",
			"generation %08x could not be kept for the next start: %s",
			b->rules.generation, strerror(-r)));
}

int rulebook_reload(struct rulebook *b, struct buf *ret_why)
{
	bool rules_changed = false;
	int p = policies_file(b->policies, ret_why);
	int q = apply_rules(b, &rules_changed, ret_why);
	int r;

	b->reloads++;
	b->loaded = clock_realtime();
	if (p > 0) /* another is on its way: the file's turn comes after it */
		loop_timer_set(b->timer, clock_now() + DEBOUNCE_NS);
	r = rules_changed ? send_rules(b) : 0;
	/* Also where only the rules changed: it makes the gate forget cached facts. What waits for
	   the gate comes after it. */
	if (r == 0 && !policies_is_busy(b->policies))
		r = policies_send(b->policies);
	if (r < 0)
		return r;
	if (rules_changed)
		keep_for_next_start(b);
	if (p < 0 || q < 0) {
		if (buf_printf(ret_why, "policy version %u and rules %08x stay in force\n",
			    policies_version(b->policies), b->rules.generation) < 0)
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

/* The file's folder, and those where what it includes usually lies; SUP_RELOAD is for the rest. */
static void watch_policy(struct rulebook *b, const char *file)
{
	static const char *const below[] = {"apps", "exceptions", "advisories"};
	char dir[4096], path[4120];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", file);
	slash = strrchr(dir, '/');
	if (slash && slash != dir)
		*slash = 0;
	watch_dir(b, dir);
	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, below[i]);
		watch_dir(b, path);
	}
}

static void watch_files(struct rulebook *b)
{
	const struct config *c = &b->core->config;

	watch_policy(b, c->policy);
	if (c->policy_is_shipped)
		watch_policy(b, POLICIES_OWN);
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

static int first_rules(struct rulebook *b, struct buf *ret_why)
{
	bool changed;

	if (apply_rules(b, &changed, ret_why) == 0)
		return 0;
	if (keep_load(b->core, RULES_LAST, &b->rules.blob) < 0 ||
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
		r = policies_new(core, ret_why, &b->policies);
	}
	if (r == 0)
		r = first_rules(b, ret_why);
	if (r == 0)
		r = send_rules(b);
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
	policies_free(b->policies);
	rules_set_done(&b->rules);
	free(b);
	return NULL;
}

struct policies *rulebook_policies(const struct rulebook *b)
{
	return b->policies;
}

const struct policy *rulebook_policy(const struct rulebook *b)
{
	return policies_policy(b->policies);
}

const struct apptable *rulebook_apps(const struct rulebook *b)
{
	return policies_apps(b->policies);
}

uint32_t rulebook_generation(const struct rulebook *b)
{
	return b->rules.generation;
}

void rulebook_status(const struct rulebook *b, struct json *j)
{
	char generation[16], loaded[CLOCK_TEXT_MAX];

	snprintf(generation, sizeof(generation), "%08x", b->rules.generation);
	clock_format(b->loaded, loaded);
	json_key(j, "policy");
	json_object(j);
	policies_status(b->policies, j);
	overrides_status(b->core->overrides, j);
	json_key_str(j, "loaded", loaded);
	json_object_end(j);
	json_key(j, "rules");
	json_object(j);
	json_key_str(j, "generation", generation);
	json_key_u64(j, "packs", b->rules.n_packs);
	json_key_u64(j, "rules", b->rules.n_rules);
	json_key_bool(j, "files_refused", b->rules_refused);
	json_object_end(j);
	json_key_str(j, "configuration_error",
		policies_error(b->policies)[0] ? policies_error(b->policies) : b->error);
}
