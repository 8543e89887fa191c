/* SPDX-License-Identifier: Apache-2.0 */
/* The policy in force, its versions, and putting another one in force, in the person's name. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/fd.h"
#include "journal/payload.h"
#include "web/api.h"
#include "web/policy_work.h"
#include "wire/pack.h"
#include "wire/protocol.h"

#define APPLY_NS (20 * NSEC_PER_SEC) /* compiling a large policy, and the gate's answer */

/* ---- what is in force ---- */

static void put_file(struct json *j, const struct bundle_file *f)
{
	json_object(j);
	json_key_str(j, "name", f->name);
	json_key_view(j, "text", view_of(f->content, f->n));
	json_object_end(j);
}

/* The policy itself first, then what it includes. */
static void put_files(struct json *j, const struct bundle *b)
{
	const struct bundle_file *main = bundle_find(b, BUNDLE_KIND_POLICY, BUNDLE_POLICY);

	json_key(j, "files");
	json_array(j);
	if (main)
		put_file(j, main);
	for (size_t i = 0; i < b->n_files; i++)
		if (b->files[i].kind == BUNDLE_KIND_POLICY && &b->files[i] != main)
			put_file(j, &b->files[i]);
	json_array_end(j);
}

static void put_policy(struct exchange *x, struct view about, int fd)
{
	cleanup_with(bundle_done) struct bundle b = {0};
	static const char *const members[] = {"version", "time", "user", "uid", "how", "reason",
		"digest", "in_force_since", "signers"};
	struct view v;
	struct json j;
	int r = policy_work_parse(fd, &b);

	if (r < 0) {
		exchange_fail(x, API_INTERNAL, "the bundle in force cannot be read");
		return;
	}
	json_init(&j, &x->answer);
	json_object(&j);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (!payload_member(about, members[i], &v))
			continue;
		json_key(&j, members[i]);
		json_raw(&j, v);
		if (strcmp(members[i], "user") == 0) {
			json_key(&j, "author");
			json_raw(&j, v);
		}
	}
	put_files(&j, &b);
	/* Signed elsewhere: nothing that is not can be put in force here. */
	json_key_bool(&j, "managed",
		x->web->settings.require_signatures & UINT32_C(1) << SETTINGS_SIGNED_POLICY);
	json_object_end(&j);
	exchange_json(x, &j);
}

static void on_shown(void *userdata, int outcome, struct view text, int fd)
{
	struct exchange *x = userdata;
	cleanup_with(fd_closep) int own = fd;

	if (outcome != 0)
		exchange_fail_link(x, outcome, text);
	else
		put_policy(x, text, own);
}

void api_policy(struct exchange *x)
{
	uint64_t version;

	if (request_number(&x->query, "version", UINT32_MAX, 0, &version) < 0)
		exchange_fail(x, API_BAD_REQUEST, "version");
	else
		exchange_asked(x, policy_work_ask(x, (uint32_t)version, on_shown, x));
}

static void on_history(void *userdata, int outcome, struct view text, int fd)
{
	struct exchange *x = userdata;
	cleanup_with(fd_closep) int own = fd;
	struct view v;
	int r;

	if (outcome != 0) {
		exchange_fail_link(x, outcome, text);
		return;
	}
	r = fd_map_sealed(own, &v);
	if (r == 0) {
		r = buf_put_view(&x->answer, v);
		munmap((void *)v.p, v.n);
	}
	if (r < 0)
		exchange_fail(x, API_INTERNAL, NULL);
	else
		exchange_done(x, 200);
}

void api_policy_history(struct exchange *x)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(16);
	struct pack p = {&body, 0};
	uint64_t limit;

	if (request_number(&x->query, "limit", 10000, 200, &limit) < 0) {
		exchange_fail(x, API_BAD_REQUEST, "limit");
		return;
	}
	pack_u32(&p, (uint32_t)limit);
	exchange_asked(x,
		p.error ? p.error
			: link_ask(x->web->link, x->who.agent, CTL_POLICY_HISTORY, buf_view(&body),
				  -1, POLICY_ASK_NS, on_history, x));
}

/* ---- putting one in force ---- */

void api_policy_apply(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	struct policy_work *w;

	if (exchange_body(x, &d) && (w = policy_work_new(x)) && policy_work_bundle(x, &d, w) &&
		policy_work_reason(x, &d, w))
		policy_work_with_old(x, w, policy_work_apply);
}

void api_policy_rollback(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	cleanup_with(buf_done) struct buf body = BUF_INIT(VERSIONS_REASON_MAX + 64);
	struct pack p = {&body, 0};
	struct policy_work *w;
	uint64_t version = 0;
	int r;

	if (!exchange_body(x, &d) || !(w = policy_work_new(x)) || !policy_work_reason(x, &d, w))
		return;
	if (!json_get_u64(json_get(&d, d.v, "version"), &version) || version == 0 ||
		version > UINT32_MAX) {
		exchange_fail(x, API_BAD_REQUEST, "version");
		return;
	}
	pack_u32(&p, (uint32_t)version);
	pack_str(&p, w->reason);
	pack_u32(&p, w->base);
	r = p.error ? p.error
		    : link_ask(x->web->link, x->who.agent, CTL_POLICY_ROLLBACK, buf_view(&body), -1,
			      APPLY_NS, exchange_pass, w->x);
	exchange_asked(x, r);
}
