/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policies.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "bundle/bundle.h"
#include "core/keep.h"
#include "core/overrides.h"
#include "core/trust.h"
#include "decide/policy_builder.h"
#include "policyfile/policyfile.h"
#include "wire/pack.h"

#define ANSWER_NS (3 * NSEC_PER_SEC) /* for the gate, by way of the supervisor */
#define LAST_GOOD "policy.last"
#define WHY_MAX   (64U << 10)

/* One compiled pair. */
struct policy_set {
	uint32_t version;
	struct buf policy_blob, apps_blob, posture; /* the last: posture/rules.h */
	struct policy *policy;
	struct apptable *apps;
};

/* What is about to be in force. */
struct proposal {
	struct policy_set set;
	uint32_t id; /* of CORE_POLICY; 0: none */
	bool from_file;
	uint8_t digest[SHA256_SIZE];
	policies_done_fn done;
	void *userdata;
	const char *via; /* a literal, or NULL */
};

struct waiter {
	struct list node;
	policies_done_fn done;
	void *userdata;
};

struct policies {
	struct core *core;
	struct versions *versions;
	struct policy_set now, before;
	struct proposal next;
	struct loop_timer *timer;
	struct list waiters;
	uint32_t last_id;
	char dir[PATH_MAX];
	char error[1024];  /* first diagnostic of what was refused last */
	bool file_refused; /* what the file says is not in force */
	uint64_t applied, refused;
};

static void set_done(struct policy_set *s)
{
	policy_close(s->policy);
	apptable_close(s->apps);
	buf_done(&s->policy_blob);
	buf_done(&s->apps_blob);
	buf_done(&s->posture);
	*s = (struct policy_set){0};
}

static int set_open(struct policy_set *s)
{
	int r = policy_open(buf_view(&s->policy_blob), &s->policy);

	if (r == 0)
		r = apptable_open(buf_view(&s->apps_blob), &s->apps);
	if (r == 0)
		s->version = policy_version(s->policy);
	return r;
}

/* ---- words ---- */

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

/* Why something did not become the policy: diagnostics, a text, or an errno. */
struct refusal {
	struct diags diags;
	char text[600];
};

static int printf_like(2, 3) refuse(struct refusal *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	return -EBADMSG;
}

static void explain(const struct refusal *f, int r, struct buf *ret_why)
{
	put_diags(&f->diags, ret_why);
	if (f->text[0])
		unchecked(buf_printf(ret_why, "%s\n", f->text));
	else if (f->diags.errors == 0)
		unchecked(buf_printf(ret_why, "%s\n", strerror(-r)));
}

static void keep_error(struct policies *p, const struct buf *why)
{
	const char *end = why->n ? memchr(why->p, '\n', why->n) : NULL;
	size_t n = end ? (size_t)(end - (const char *)why->p) : why->n;

	snprintf(p->error, sizeof(p->error), "%.*s", (int)MIN(n, sizeof(p->error) - 1),
		n ? (const char *)why->p : "");
}

/* For the journal: who changed what the agent does, or tried to. */
static void note_via(struct policies *p, const char *what, const struct policies_request *r,
	const struct version *v, const char *via, const char *text)
{
	struct buf b = BUF_INIT(16U << 10);
	char time[CLOCK_TEXT_MAX];
	struct json j;

	clock_format(clock_realtime(), time);
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "kind", "policy");
	json_key_str(&j, "what", what);
	json_key_str(&j, "time", time);
	json_key_u64(&j, "version", v ? v->number : p->now.version);
	if (v) {
		json_key(&j, "digest");
		json_hex(&j, v->digest, SHA256_SIZE);
		if (v->from)
			json_key_u64(&j, "repeats", v->from);
		if (v->counter)
			json_key_u64(&j, "counter", v->counter);
		if (v->signers[0])
			json_key_str(&j, "signers", v->signers);
	}
	json_key_str(&j, "user", r ? r->user : v ? v->user : "");
	json_key_u64(&j, "uid", r ? r->uid : v ? v->uid : 0);
	if (via)
		json_key_str(&j, "via", via);
	json_key_str(&j, "reason", r && r->reason ? r->reason : v ? v->reason : "");
	json_key_str(&j, "text", text);
	json_object_end(&j);
	/* What the ledger cannot take is counted there. */
	if (json_error(&j) == 0)
		unchecked(ledger_add(p->core->ledger, buf_view(&b), 0));
	buf_done(&b);
}

static void note(struct policies *p, const char *what, const struct policies_request *r,
	const struct version *v, const char *text)
{
	note_via(p, what, r, v, r ? r->via : NULL, text);
}

/* ---- the compiled pair for the next start ---- */

static int save_last(const struct policies *p)
{
	struct buf b = BUF_INIT(KEEP_BYTES_MAX);
	struct pack k = {&b, 0};
	int r;

	pack_view(&k, buf_view(&p->now.policy_blob));
	pack_view(&k, buf_view(&p->now.apps_blob));
	pack_view(&k, buf_view(&p->now.posture));
	r = k.error ? k.error : keep_save(p->core, LAST_GOOD, &b);
	buf_done(&b);
	return r;
}

static int load_last(const struct core *core, struct policy_set *ret)
{
	struct buf b = BUF_INIT(KEEP_BYTES_MAX);
	struct policy_set s = {0};
	struct unpack u;
	int r = keep_load(core, LAST_GOOD, &b);

	u = (struct unpack){buf_view(&b), 0};
	if (r == 0)
		r = buf_put_view(&s.policy_blob, unpack_view(&u));
	if (r == 0)
		r = buf_put_view(&s.apps_blob, unpack_view(&u));
	/* An older version has kept none. */
	if (r == 0 && u.in.n > 0)
		r = buf_put_view(&s.posture, unpack_view(&u));
	if (r == 0)
		r = unpack_end(&u);
	if (r == 0)
		r = set_open(&s);
	buf_done(&b);
	if (r < 0) {
		set_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

static void keep_for_next_start(struct policies *p)
{
	int r = save_last(p);

	if (r < 0)
		unchecked(incidents_note(p->core->ledger, "agent", "policy",
			"version %u could not be kept for the next start: %s", p->now.version,
			strerror(-r)));
}

/* What goes is a record; the journal goes on naming what was decided by it. */
static void prune(struct policies *p)
{
	struct versions_pruned gone;
	char text[160];
	int r = versions_prune(p->versions, p->core->config.policy_versions, &gone);

	if (r < 0)
		unchecked(incidents_note(p->core->ledger, "agent", "policy",
			"old versions could not be removed: %s", strerror(-r)));
	if (r < 0 || gone.n == 0)
		return;
	snprintf(text, sizeof(text),
		"%zu versions, from %u to %u, are kept no longer (policy-versions: %u)", gone.n,
		gone.first, gone.last, p->core->config.policy_versions);
	note(p, "removed", NULL, NULL, text);
}

/* ---- from a bundle to a pair ---- */

static int compile(struct policies *p, const struct bundle *b, uint32_t version, struct diags *d,
	struct policy_set *ret)
{
	struct policyfile_info info;
	struct policy_set s = {0};
	int r = policyfile_compile_bundle_all(
		b, p->dir, version, d, &info, &s.policy_blob, &s.apps_blob, &s.posture);

	if (r == 0)
		r = set_open(&s);
	if (r < 0) {
		set_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

static uint32_t next_number(const struct policies *p)
{
	size_t n = versions_n(p->versions);

	return n ? versions_at(p->versions, n - 1)->number + 1 : p->now.version + 1;
}

/* For the gate, with the overrides of now. Core has no use for them: it answers nobody. */
static int policy_memfd(const struct policies *p, const struct policy_set *s)
{
	cleanup_with(buf_done) struct buf blob = {0};
	struct override_table t;
	int r;

	overrides_table(p->core->overrides, s->policy, s->apps, &t);
	r = policy_blob_with_overrides(buf_view(&s->policy_blob), t.v, t.n, &blob);
	return r < 0 ? r : fd_memfd_sealed("policy", buf_view(&blob));
}

static int send_set(struct policies *p, const struct policy_set *s, uint32_t id)
{
	cleanup_with(fd_closep) int policy_fd = policy_memfd(p, s);
	cleanup_with(fd_closep) int apps_fd = fd_memfd_sealed("apps", buf_view(&s->apps_blob));
	cleanup_with(fd_closep) int posture_fd = fd_memfd_sealed("posture", buf_view(&s->posture));
	int fds[2] = {policy_fd, apps_fd}, r;
	uint8_t version[4];

	if (policy_fd < 0 || apps_fd < 0 || posture_fd < 0)
		return MIN(MIN(policy_fd, apps_fd), posture_fd);
	for (int i = 0; i < 4; i++)
		version[i] = (uint8_t)(s->version >> 8 * i);
	r = child_send(p->core->child, CORE_POLICY, id, view_of(version, 4), fds, 2);
	return r < 0 ? r : child_send(p->core->child, CORE_POSTURE, 0, VIEW_EMPTY, &posture_fd, 1);
}

int policies_send(struct policies *p)
{
	return send_set(p, &p->now, 0);
}

/* ---- the end of a proposal ---- */

static void settle(struct policies *p)
{
	loop_timer_set(p->timer, 0);
	list_for_each_safe(n, tmp, &p->waiters) {
		struct waiter *w = list_entry(n, struct waiter, node);

		list_remove(&w->node);
		w->done(w->userdata, false, VIEW_EMPTY);
		free(w);
	}
}

static void answer_json(const struct policies *p, const struct proposal *n, uint32_t was,
	const char *what, struct buf *ret)
{
	struct json j;

	json_init(&j, ret);
	json_object(&j);
	json_key_str(&j, "what", what);
	json_key_u64(&j, "version", n->set.version);
	json_key_u64(&j, "was", was);
	json_key_str(&j, "mode", mode_name(policy_mode(n->set.policy)));
	json_key_u64(&j, "rules", policy_n_rules(n->set.policy));
	json_key_u64(&j, "applications", apptable_n(n->set.apps));
	json_key(&j, "digest");
	json_hex(&j, n->digest, SHA256_SIZE);
	json_object_end(&j);
	(void)p;
}

static void finish(
	struct policies *p, policies_done_fn done, void *userdata, bool failed, struct buf *text)
{
	(void)p;
	if (done)
		done(userdata, failed, buf_view(text));
}

static void withdraw(struct policies *p, int error)
{
	const struct version *v = versions_get(p->versions, p->next.set.version);
	struct proposal n = p->next;
	struct buf why = BUF_INIT(WHY_MAX);

	p->next = (struct proposal){0};
	p->refused++;
	unchecked(buf_printf(&why, "version %u was not taken (%s); version %u stays in force\n",
		n.set.version, strerror(-error), p->now.version));
	keep_error(p, &why);
	if (n.from_file)
		p->file_refused = true;
	note_via(p, "refused", NULL, v, n.via, p->error);
	finish(p, n.done, n.userdata, true, &why);
	set_done(&n.set);
	buf_done(&why);
	settle(p);
}

static const char *what_of(const struct version *v)
{
	return v->how == VERSION_HOW_ROLLBACK                                 ? "rolled-back"
		: v->how == VERSION_HOW_FILE || v->how == VERSION_HOW_SHIPPED ? "file"
									      : "applied";
}

static void tell_in_force(struct policies *p, const struct version *v, const char *via)
{
	char text[200];

	snprintf(text, sizeof(text), "version %u is in force, mode %s, %u rules", p->now.version,
		mode_name(policy_mode(p->now.policy)), policy_n_rules(p->now.policy));
	note_via(p, v ? what_of(v) : "file", NULL, v, via, text);
}

/* The gate judges by it. */
static void commit(struct policies *p)
{
	const struct version *v = versions_get(p->versions, p->next.set.version);
	int r = versions_use(p->versions, p->next.set.version, clock_realtime());
	struct buf text = BUF_INIT(WHY_MAX);
	struct proposal n = p->next;

	if (r < 0) {
		/* What could not be kept must not be in force either: it would be gone with the
		   next start. */
		unchecked(policies_send(p));
		withdraw(p, r);
		return;
	}
	answer_json(p, &n, p->now.version, what_of(v), &text);
	set_done(&p->before);
	p->before = p->now;
	p->now = n.set;
	p->next = (struct proposal){0};
	p->applied++;
	p->error[0] = 0;
	p->file_refused = false;
	keep_for_next_start(p);
	tell_in_force(p, v, n.via);
	prune(p);
	finish(p, n.done, n.userdata, false, &text);
	buf_done(&text);
	settle(p);
}

void policies_answer(struct policies *p, uint32_t id, uint32_t version, uint32_t error)
{
	(void)version;
	if (!p->next.id || id != p->next.id)
		return; /* of one that was given up */
	if (error)
		withdraw(p, -(int)MIN(error, 4096U));
	else
		commit(p);
}

static int on_timer(void *userdata)
{
	struct policies *p = userdata;

	if (!p->next.id)
		return 0;
	/* It may have taken it meanwhile: all go back to the one in force. */
	unchecked(policies_send(p));
	withdraw(p, -ETIMEDOUT);
	return 0;
}

/* ---- proposing ---- */

/* Of a bundle that no trusted key has signed, anybody could say any number: none that is signed
   would be new enough any more. */
static uint64_t signed_counter(const struct bundle *b, const char *signers)
{
	return signers[0] ? b->counter : 0;
}

static int store(struct policies *p, const struct policies_request *r, const struct bundle *b,
	struct view bytes, const struct version *about, uint32_t *ret_number)
{
	struct version v = *about;

	v.time = clock_realtime();
	v.uid = r->uid;
	v.how = r->how;
	v.counter = signed_counter(b, about->signers);
	v.reason = (char *)r->reason;
	memcpy(v.user, r->user, sizeof(v.user));
	return versions_add(p->versions, &v, bytes, ret_number);
}

/* Checks, compiles, stores and sends. 0: waits for the gate. 1: nothing to wait for, `ret_text`
   says why not. */
static int propose(struct policies *p, const struct policies_request *r, struct view bytes,
	uint32_t from, struct proposal *n, struct refusal *f, struct buf *ret_text)
{
	cleanup_with(bundle_done) struct bundle b = {0};
	struct version about = {.from = from};
	char why[300] = "";
	uint32_t number = next_number(p);
	int e = bundle_parse(bytes, &b, why, sizeof(why));

	if (e == -EBADMSG)
		return refuse(f, "this is no whole bundle: %s", why);
	if (e == 0)
		e = bundle_digest(&b, BUNDLE_KIND_POLICY, n->digest);
	if (e == 0)
		e = compile(p, &b, number, &f->diags, &n->set);
	if (e < 0 && e != -EBADMSG)
		return refuse(f, "it cannot be compiled here: %s", strerror(-e));
	if (e < 0)
		return e;
	memcpy(about.digest, n->digest, SHA256_SIZE);
	e = trust_check_policy(&p->core->config, &b, r->how, versions_counter(p->versions),
		p->now.policy, p->now.apps, n->set.policy, n->set.apps, about.signers,
		sizeof(about.signers), f->text, sizeof(f->text));
	if (e == 0 && r->courier)
		e = trust_check_courier(&p->core->config, &b, versions_counter(p->versions),
			f->text, sizeof(f->text));
	if (e < 0)
		return e;
	const struct version *now = versions_current(p->versions);
	bool same = now && memcmp(now->digest, n->digest, SHA256_SIZE) == 0 &&
		now->counter >= signed_counter(&b, about.signers);
	if (r->dry_run || same) {
		answer_json(p, n, p->now.version, same ? "unchanged" : "dry-run", ret_text);
		return 1;
	}
	e = store(p, r, &b, bytes, &about, &number);
	if (e == 0 && number != n->set.version)
		e = -EPROTO; /* nobody else writes there */
	if (e < 0)
		return refuse(f, "version %u cannot be stored: %s", number, strerror(-e));
	n->id = ++p->last_id ? p->last_id : ++p->last_id;
	e = send_set(p, &n->set, n->id);
	if (e < 0)
		return refuse(f, "the supervisor cannot be reached: %s", strerror(-e));
	loop_timer_set(p->timer, clock_now() + ANSWER_NS);
	return 0;
}

static void begin(struct policies *p, const struct policies_request *r, struct view bytes,
	uint32_t from, policies_done_fn done, void *userdata)
{
	cleanup_with(freep) struct refusal *f = calloc(1, sizeof(*f));
	struct buf text = BUF_INIT(WHY_MAX);
	struct proposal n = {.done = done, .userdata = userdata, .via = r->via};
	int e = f ? 0 : -ENOMEM;

	if (e == 0 && p->next.id)
		e = refuse(f, "another policy is being put in force; try again");
	if (e == 0)
		e = propose(p, r, bytes, from, &n, f, &text);
	if (e == 0) {
		p->next = n;
		buf_done(&text);
		return;
	}
	if (e < 0 && f) {
		explain(f, e, &text);
		unchecked(buf_printf(&text, "version %u stays in force\n", p->now.version));
	}
	if (e < 0 && !r->dry_run) {
		p->refused++;
		keep_error(p, &text);
		note(p, "refused", r, NULL, p->error);
	}
	set_done(&n.set);
	finish(p, done, userdata, e < 0, &text);
	buf_done(&text);
}

void policies_apply(struct policies *p, const struct policies_request *r, struct view bundle,
	policies_done_fn done, void *userdata)
{
	begin(p, r, bundle, 0, done, userdata);
}

static void say(policies_done_fn done, void *userdata, const char *fmt, ...) printf_like(3, 4);
static void say(policies_done_fn done, void *userdata, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	done(userdata, true, view_str(text));
}

void policies_rollback(struct policies *p, const struct policies_request *r, uint32_t version,
	policies_done_fn done, void *userdata)
{
	const struct version *v = version ? versions_get(p->versions, version)
					  : versions_before(p->versions);
	struct buf bytes = BUF_INIT(BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX);
	int e = v ? versions_read(p->versions, v, &bytes) : 0;

	if (!v && version)
		say(done, userdata, "there is no version %u\n", version);
	else if (!v)
		say(done, userdata, "no version was in force before version %u\n", p->now.version);
	else if (version && !v->in_force)
		say(done, userdata,
			"version %u never was in force; what was refused is not gone back to\n",
			version);
	else if (e < 0)
		say(done, userdata, "the bundle of version %u cannot be read: %s\n", v->number,
			e == -EBADMSG ? "it was changed" : strerror(-e));
	else
		begin(p, r, buf_view(&bytes), v->number, done, userdata);
	buf_done(&bytes);
}

void policies_forget(struct policies *p, void *userdata)
{
	if (p->next.userdata == userdata)
		p->next.done = NULL;
	list_for_each_safe(n, tmp, &p->waiters) {
		struct waiter *w = list_entry(n, struct waiter, node);

		if (w->userdata == userdata) {
			list_remove(&w->node);
			free(w);
		}
	}
}

bool policies_is_busy(const struct policies *p)
{
	return p->next.id != 0;
}

void policies_when_settled(struct policies *p, policies_done_fn done, void *userdata)
{
	struct waiter *w = policies_is_busy(p) ? calloc(1, sizeof(*w)) : NULL;

	if (!w) {
		done(userdata, false, VIEW_EMPTY);
		return;
	}
	*w = (struct waiter){.done = done, .userdata = userdata};
	list_init(&w->node);
	list_append(&p->waiters, &w->node);
}

/* ---- the policy file ---- */

static bool is_shipped(const char *path)
{
	return strncmp(path, SEALGATE_DATADIR "/", strlen(SEALGATE_DATADIR) + 1) == 0;
}

/* The file's bundle, as bytes: it may be one itself. */
static int read_file(const char *path, struct diags *d, struct buf *ret)
{
	cleanup_with(bundle_done) struct bundle b = {0};
	int r = fd_read_path(path, BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX, ret);

	if (r < 0 || bundle_is(buf_view(ret)))
		return r;
	buf_clear(ret);
	r = policyfile_bundle(path, d, &b);
	return r < 0 ? r : bundle_write(&b, ret);
}

/* The shipped one stands in for the administrator's own until that is there. */
static const char *file_path(const struct core *core)
{
	return core->config.policy_is_shipped && access(POLICIES_OWN, F_OK) == 0
		? POLICIES_OWN
		: core->config.policy;
}

static struct policies_request file_request(const struct core *core)
{
	struct policies_request r = {.reason = "", .how = VERSION_HOW_FILE};
	const char *path = file_path(core);
	struct stat st;

	if (is_shipped(path))
		r.how = VERSION_HOW_SHIPPED;
	if (stat(path, &st) == 0)
		r.uid = st.st_uid;
	snprintf(r.user, sizeof(r.user), "%s", r.how == VERSION_HOW_SHIPPED ? "package" : "file");
	return r;
}

/* What somebody chose: neither the package's, nor gone back to that. */
static bool is_own(const struct policies *p)
{
	const struct version *v = versions_current(p->versions);

	if (v && v->how == VERSION_HOW_ROLLBACK)
		v = versions_get(p->versions, v->from);
	return v && v->how != VERSION_HOW_SHIPPED;
}

/* The digest of the bytes: whether somebody has edited it. A new package, or a policy file that is
   gone, is no reason to put the shipped policy in the place of one that somebody chose. */
static int is_news(const struct policies *p, const struct policies_request *who,
	const struct buf *bytes, uint8_t ret[SHA256_SIZE])
{
	int r = sha256(buf_view(bytes), ret);

	if (r < 0)
		return r;
	return !versions_is_seen(p->versions, ret) &&
		!(who->how == VERSION_HOW_SHIPPED && is_own(p));
}

/* Diagnostics of a bundle's files as the files are called that it was made of. */
static void name_files(struct diags *d, const char *policy)
{
	const char *slash = strrchr(policy, '/');
	int folder = slash ? (int)(slash - policy + 1) : 0;

	for (size_t i = 0; i < d->n; i++) {
		char name[sizeof(d->v[i].file)];

		if (d->v[i].file[0] == '/')
			continue;
		memcpy(name, d->v[i].file, sizeof(name));
		if (strcmp(name, BUNDLE_POLICY) == 0)
			name[0] = '\0';
		/* Where it does not fit, its end is missing. */
		if (snprintf(d->v[i].file, sizeof(name), "%.*s%s", name[0] ? folder : INT_MAX,
			    policy, name) < 0)
			d->v[i].file[0] = '\0';
	}
}

static int take_file(struct policies *p, struct refusal *f, struct buf *ret_text)
{
	struct buf bytes = BUF_INIT(BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX);
	struct policies_request r = file_request(p->core);
	struct proposal n = {.from_file = true};
	uint8_t digest[SHA256_SIZE];
	const char *path = file_path(p->core);
	int e = read_file(path, &f->diags, &bytes);

	if (e < 0 && e != -EBADMSG && f->diags.errors == 0)
		refuse(f, "%s: %s", path, strerror(-e));
	if (e == 0)
		e = is_news(p, &r, &bytes, digest);
	if (e > 0) {
		e = propose(p, &r, buf_view(&bytes), 0, &n, f, ret_text);
		if (e == 0)
			p->next = n;
		else
			set_done(&n.set);
		name_files(&f->diags, path);
		if (e >= 0 && versions_saw(p->versions, digest) < 0)
			unchecked(incidents_note(p->core->ledger, "agent", "policy",
				"the policy file will be read again at the next start"));
		e = MIN(e, 0);
	}
	buf_done(&bytes);
	return e;
}

/* The same as before, though the accounts or packages that it names may mean others now. */
static int renew(struct policies *p, struct diags *d)
{
	const struct version *v = versions_current(p->versions);
	struct buf bytes = BUF_INIT(BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX);
	cleanup_with(bundle_done) struct bundle b = {0};
	struct policy_set fresh = {0};
	char why[300];
	int r = v ? versions_read(p->versions, v, &bytes) : -ENOENT;

	if (r == 0)
		r = bundle_parse(buf_view(&bytes), &b, why, sizeof(why));
	if (r == 0)
		r = compile(p, &b, v->number, d, &fresh);
	buf_done(&bytes);
	if (r < 0)
		return r;
	set_done(&p->now);
	p->now = fresh;
	return 0;
}

int policies_file(struct policies *p, struct buf *ret_why)
{
	cleanup_with(freep) struct refusal *f = calloc(1, sizeof(*f));
	struct policies_request who = file_request(p->core);
	struct buf text = BUF_INIT(WHY_MAX);
	int r;

	if (!f)
		return -ENOMEM;
	if (p->next.id)
		return 1;
	r = take_file(p, f, &text);
	buf_done(&text);
	p->file_refused = r < 0;
	if (r == 0 && !p->next.id && renew(p, &f->diags) < 0)
		unchecked(incidents_note(p->core->ledger, "agent", "policy",
			"version %u could not be read again and stays as it was", p->now.version));
	if (r < 0) {
		explain(f, r, ret_why);
		p->refused++;
		keep_error(p, ret_why);
		note(p, "refused", &who, NULL, p->error);
		return -EBADMSG;
	}
	if (!p->next.id)
		p->error[0] = 0;
	return 0;
}

/* ---- start and end ---- */

/* Nobody judges yet: what passes is in force at once. */
static int first_file(struct policies *p, struct buf *ret_why)
{
	struct buf why = BUF_INIT(WHY_MAX);
	int r = policies_file(p, &why);

	unchecked(buf_put_view(ret_why, buf_view(&why)));
	buf_done(&why);
	if (!p->next.id)
		return r;
	r = versions_use(p->versions, p->next.set.version, clock_realtime());
	if (r < 0) {
		set_done(&p->next.set);
	} else {
		set_done(&p->now);
		p->now = p->next.set;
		p->applied++;
	}
	p->next = (struct proposal){0};
	loop_timer_set(p->timer, 0);
	if (r == 0)
		tell_in_force(p, versions_current(p->versions), NULL);
	return r;
}

/* The shipped policy is the package's, as this program is: where the file may not be taken, it is
   better than none. */
static int shipped_policy(struct policies *p)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	cleanup_with(bundle_done) struct bundle b = {0};
	struct policy_set s = {0};
	int r = d ? policyfile_bundle(SEALGATE_DATADIR "/policy/default.yaml", d, &b) : -ENOMEM;

	if (r == 0)
		r = compile(p, &b, p->now.version, d, &s);
	if (r < 0)
		return r;
	set_done(&p->now);
	p->now = s;
	unchecked(incidents_note(p->core->ledger, "agent", "policy",
		"the shipped policy is in force until one is applied"));
	return 0;
}

static int find_first(struct policies *p, struct buf *ret_why)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	int r = d ? 0 : -ENOMEM;

	if (r == 0 && versions_current(p->versions))
		r = renew(p, d);
	if (r < 0) /* policy.last is what remains */
		unchecked(incidents_note(p->core->ledger, "agent", "policy",
			"version %u cannot be made from its bundle: %s",
			versions_current(p->versions)->number, strerror(-r)));
	r = first_file(p, ret_why);
	if (!p->now.policy && (p->core->config.require_signatures & TRUST_POLICY))
		r = shipped_policy(p);
	return p->now.policy ? 0 : r < 0 ? r : -EBADMSG;
}

int policies_new(struct core *core, struct buf *ret_why, struct policies **ret)
{
	struct policies *p = calloc(1, sizeof(*p));
	size_t cut = 0;
	int r;

	if (!p)
		return -ENOMEM;
	p->core = core;
	/* Other numbers than those of the core before, of which an answer may be on its way. */
	p->last_id = (uint32_t)(clock_realtime() >> 10);
	list_init(&p->waiters);
	snprintf(p->dir, sizeof(p->dir), "%s/core/policies", core->config.state_dir);
	r = loop_timer_new(core->loop, on_timer, p, &p->timer);
	/* Not there, or of another build: a start without it. */
	if (r == 0 && load_last(core, &p->now) < 0)
		p->now = (struct policy_set){0};
	if (r == 0)
		r = versions_open(p->dir, p->now.version, &cut, &p->versions);
	if (r < 0)
		unchecked(buf_printf(
			ret_why, "the policy's versions in %s: %s\n", p->dir, strerror(-r)));
	if (r == 0 && cut > 0)
		unchecked(incidents_note(core->ledger, "gap", "policy-versions",
			"%zu bytes of the log of policy versions could not be read", cut));
	if (r == 0)
		r = find_first(p, ret_why);
	if (r == 0)
		r = policies_send(p);
	if (r < 0) {
		policies_free(p);
		return r;
	}
	keep_for_next_start(p);
	versions_sweep(p->versions);
	prune(p);
	*ret = p;
	return 0;
}

struct policies *policies_free(struct policies *p)
{
	if (!p)
		return NULL;
	list_for_each_safe(n, tmp, &p->waiters)
		free(list_entry(n, struct waiter, node));
	set_done(&p->now);
	set_done(&p->before);
	set_done(&p->next.set);
	versions_close(p->versions);
	loop_timer_free(p->timer);
	free(p);
	return NULL;
}

/* ---- asking ---- */

const struct policy *policies_policy(const struct policies *p)
{
	return p->now.policy;
}

const struct apptable *policies_apps(const struct policies *p)
{
	return p->now.apps;
}

const struct policy *policies_policy_at(const struct policies *p, uint32_t version)
{
	if (p->next.set.policy && p->next.set.version == version)
		return p->next.set.policy;
	if (p->before.policy && p->before.version == version)
		return p->before.policy;
	return p->now.policy;
}

uint32_t policies_version(const struct policies *p)
{
	return p->now.version;
}

static void write_version(struct json *j, const struct version *v)
{
	char time[CLOCK_TEXT_MAX];

	json_object(j);
	json_key_u64(j, "version", v->number);
	clock_format(v->time, time);
	json_key_str(j, "time", time);
	json_key_str(j, "user", v->user);
	json_key_u64(j, "uid", v->uid);
	json_key_str(j, "how", version_how_name(v->how));
	json_key(j, "repeats");
	v->from ? json_u64(j, v->from) : json_null(j);
	json_key_str(j, "reason", v->reason);
	json_key(j, "digest");
	json_hex(j, v->digest, SHA256_SIZE);
	json_key_u64(j, "counter", v->counter);
	json_key_str(j, "signers", v->signers);
	json_key(j, "in_force_since");
	if (v->in_force) {
		clock_format(v->in_force, time);
		json_str(j, time);
	} else {
		json_null(j);
	}
	json_object_end(j);
}

int policies_history(const struct policies *p, uint32_t limit, struct buf *ret)
{
	size_t n = versions_n(p->versions), end = limit && limit < n ? n - limit : 0;
	struct json j;

	json_init(&j, ret);
	json_object(&j);
	json_key_u64(&j, "current", p->now.version);
	json_key(&j, "versions");
	json_array(&j);
	for (size_t i = n; i-- > end;)
		write_version(&j, versions_at(p->versions, i));
	json_array_end(&j);
	json_object_end(&j);
	return json_error(&j);
}

int policies_show(
	const struct policies *p, uint32_t version, struct buf *ret_about, struct buf *ret_bundle)
{
	const struct version *v = version ? versions_get(p->versions, version)
					  : versions_current(p->versions);
	struct json j;
	int r = v ? versions_read(p->versions, v, ret_bundle) : -ENOENT;

	if (r < 0)
		return r;
	json_init(&j, ret_about);
	write_version(&j, v);
	return json_error(&j);
}

const char *policies_error(const struct policies *p)
{
	return p->error;
}

void policies_status(const struct policies *p, struct json *j)
{
	const struct version *v = versions_current(p->versions);

	json_key_str(j, "file", file_path(p->core));
	json_key_u64(j, "version", p->now.version);
	json_key_str(j, "mode", mode_name(policy_mode(p->now.policy)));
	json_key_u64(j, "rules", policy_n_rules(p->now.policy));
	json_key_u64(j, "applications", apptable_n(p->now.apps));
	json_key_bool(j, "file_refused", p->file_refused);
	json_key_str(j, "origin", v ? version_how_name(v->how) : "shipped");
	json_key_str(j, "author", v ? v->user : "");
	json_key_str(j, "signers", v ? v->signers : "");
	json_key_bool(
		j, "signatures_required", (p->core->config.require_signatures & TRUST_POLICY) != 0);
	json_key_u64(j, "applied", p->applied);
	json_key_u64(j, "refused", p->refused);
}
