/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policies_internal.h"

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
	policies_note(p, "removed", NULL, NULL, text);
}

static uint32_t next_number(const struct policies *p)
{
	size_t n = versions_n(p->versions);

	return n ? versions_at(p->versions, n - 1)->number + 1 : p->now.version + 1;
}

int policies_send(struct policies *p)
{
	return policies_send_set(p, &p->now, 0);
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
	struct buf why = BUF_INIT(POLICIES_WHY_MAX);

	p->next = (struct proposal){0};
	p->refused++;
	unchecked(buf_printf(&why, "version %u was not taken (%s); version %u stays in force\n",
		n.set.version, strerror(-error), p->now.version));
	policies_keep_error(p, &why);
	if (n.from_file)
		p->file_refused = true;
	policies_note_via(p, "refused", NULL, v, n.via, p->error);
	finish(p, n.done, n.userdata, true, &why);
	policy_set_done(&n.set);
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
	policies_note_via(p, v ? what_of(v) : "file", NULL, v, via, text);
}

/* The gate judges by it. */
static void commit(struct policies *p)
{
	const struct version *v = versions_get(p->versions, p->next.set.version);
	int r = versions_use(p->versions, p->next.set.version, clock_realtime());
	struct buf text = BUF_INIT(POLICIES_WHY_MAX);
	struct proposal n = p->next;

	if (r < 0) {
		/* What could not be kept must not be in force either: it would be gone with the
		   next start. */
		unchecked(policies_send(p));
		withdraw(p, r);
		return;
	}
	answer_json(p, &n, p->now.version, what_of(v), &text);
	policy_set_done(&p->before);
	p->before = p->now;
	p->now = n.set;
	p->next = (struct proposal){0};
	p->applied++;
	p->error[0] = 0;
	p->file_refused = false;
	policies_keep(p);
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
int policies_propose(struct policies *p, const struct policies_request *r, struct view bytes,
	uint32_t from, struct proposal *n, struct refusal *f, struct buf *ret_text)
{
	cleanup_with(bundle_done) struct bundle b = {0};
	struct version about = {.from = from};
	char why[300] = "";
	uint32_t number = next_number(p);
	int e = bundle_parse(bytes, &b, why, sizeof(why));

	if (e == -EBADMSG)
		return policies_refuse(f, "this is no whole bundle: %s", why);
	if (e == 0)
		e = bundle_digest(&b, BUNDLE_KIND_POLICY, n->digest);
	if (e == 0)
		e = policies_compile(p, &b, number, &f->diags, &n->set);
	if (e < 0 && e != -EBADMSG)
		return policies_refuse(f, "it cannot be compiled here: %s", strerror(-e));
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
		return policies_refuse(f, "version %u cannot be stored: %s", number, strerror(-e));
	n->id = ++p->last_id ? p->last_id : ++p->last_id;
	e = policies_send_set(p, &n->set, n->id);
	if (e < 0)
		return policies_refuse(f, "the supervisor cannot be reached: %s", strerror(-e));
	loop_timer_set(p->timer, clock_now() + ANSWER_NS);
	return 0;
}

static void begin(struct policies *p, const struct policies_request *r, struct view bytes,
	uint32_t from, policies_done_fn done, void *userdata)
{
	cleanup_with(freep) struct refusal *f = calloc(1, sizeof(*f));
	struct buf text = BUF_INIT(POLICIES_WHY_MAX);
	struct proposal n = {.done = done, .userdata = userdata, .via = r->via};
	int e = f ? 0 : -ENOMEM;

	if (e == 0 && p->next.id)
		e = policies_refuse(f, "another policy is being put in force; try again");
	if (e == 0)
		e = policies_propose(p, r, bytes, from, &n, f, &text);
	if (e == 0) {
		p->next = n;
		buf_done(&text);
		return;
	}
	if (e < 0 && f) {
		policies_explain(f, e, &text);
		unchecked(buf_printf(&text, "version %u stays in force\n", p->now.version));
	}
	if (e < 0 && !r->dry_run) {
		p->refused++;
		policies_keep_error(p, &text);
		policies_note(p, "refused", r, NULL, p->error);
	}
	policy_set_done(&n.set);
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

/* ---- start and end ---- */

/* Nobody judges yet: what passes is in force at once. */
static int first_file(struct policies *p, struct buf *ret_why)
{
	struct buf why = BUF_INIT(POLICIES_WHY_MAX);
	int r = policies_file(p, &why);

	unchecked(buf_put_view(ret_why, buf_view(&why)));
	buf_done(&why);
	if (!p->next.id)
		return r;
	r = versions_use(p->versions, p->next.set.version, clock_realtime());
	if (r < 0) {
		policy_set_done(&p->next.set);
	} else {
		policy_set_done(&p->now);
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
		r = policies_compile(p, &b, p->now.version, d, &s);
	if (r < 0)
		return r;
	policy_set_done(&p->now);
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
		r = policies_renew(p, d);
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
	if (r == 0 && policy_set_load(core, &p->now) < 0)
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
	policies_keep(p);
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
	policy_set_done(&p->now);
	policy_set_done(&p->before);
	policy_set_done(&p->next.set);
	versions_close(p->versions);
	loop_timer_free(p->timer);
	free(p);
	return NULL;
}
