/* SPDX-License-Identifier: Apache-2.0 */
#include "web/policy_work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/fd.h"
#include "journal/payload.h"
#include "wire/pack.h"
#include "wire/protocol.h"

#define APPLY_NS (20 * NSEC_PER_SEC) /* compiling a large policy, and the gate's answer */

void policy_work_free(void *state)
{
	struct policy_work *w = state;

	bundle_done(&w->bundle);
	fd_close(w->fd);
	fd_close(w->old_fd);
	free(w->yaml);
	free(w);
}

struct policy_work *policy_work_new(struct exchange *x)
{
	struct policy_work *w = calloc(1, sizeof(*w));

	if (!w) {
		exchange_fail(x, API_INTERNAL, NULL);
		return NULL;
	}
	w->x = x;
	w->fd = w->old_fd = -1;
	x->state = w;
	x->state_free = policy_work_free;
	return w;
}

/* `files` of a body: their names as the bundle has them. */
int policy_work_files(const struct json_doc *d, struct bundle *b)
{
	const struct json_value *files = json_get(d, d->v, "files");

	if (!files || files->type != JSON_ARRAY || files->n == 0 || files->n > BUNDLE_FILES_MAX)
		return -EINVAL;
	for (const struct json_value *f = NULL; (f = json_next(d, files, f));) {
		struct view name, text, kind = VIEW_LIT("policy");
		char path[BUNDLE_NAME_MAX + 1];
		int r;

		if (!json_get_text(json_get(d, f, "name"), &name) || name.n > BUNDLE_NAME_MAX ||
			!json_get_text(json_get(d, f, "text"), &text))
			return -EINVAL;
		(void)json_get_text(json_get(d, f, "kind"), &kind);
		if (!view_eq(kind, VIEW_LIT("policy")))
			continue; /* rules stay what they are */
		memcpy(path, name.p, name.n);
		path[name.n] = 0;
		r = bundle_add(b, BUNDLE_KIND_POLICY, path, text);
		if (r < 0)
			return r;
	}
	return bundle_find(b, BUNDLE_KIND_POLICY, BUNDLE_POLICY) ? 0 : -EINVAL;
}

int policy_work_seal(const struct bundle *b)
{
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX);
	int r = bundle_write(b, &bytes);

	return r < 0 ? r : fd_memfd_sealed("policy", buf_view(&bytes));
}

/* The body's files as a bundle. False after a refusal. */
bool policy_work_bundle(struct exchange *x, const struct json_doc *d, struct policy_work *w)
{
	int r = policy_work_files(d, &w->bundle);

	if (r < 0)
		exchange_fail(x, r == -ENOMEM ? API_INTERNAL : API_BAD_REQUEST, POLICY_FILES);
	return r == 0;
}

int policy_work_parse(int fd, struct bundle *ret)
{
	struct view v;
	char why[200];
	int r = fd_map_sealed(fd, &v);

	if (r < 0)
		return r;
	r = bundle_parse(v, ret, why, sizeof(why));
	munmap((void *)v.p, v.n);
	return r;
}

bool policy_work_reason(struct exchange *x, const struct json_doc *d, struct policy_work *w)
{
	struct view reason = VIEW_EMPTY;
	uint64_t base = 0;
	bool ok = json_get_text(json_get(d, d->v, "reason"), &reason) && reason.n > 0 &&
		reason.n < sizeof(w->reason);

	if (!ok) {
		exchange_fail(x, API_INVALID, "say why (reason)");
		return false;
	}
	memcpy(w->reason, reason.p, reason.n);
	if (json_get(d, d->v, "base") && !json_get_u64(json_get(d, d->v, "base"), &base)) {
		exchange_fail(x, API_BAD_REQUEST, "base");
		return false;
	}
	w->base = (uint32_t)MIN(base, (uint64_t)UINT32_MAX);
	return true;
}

int policy_work_ask(struct exchange *x, uint32_t version, link_fn done, void *userdata)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(16);
	struct pack p = {&body, 0};

	pack_u32(&p, version);
	return p.error ? p.error
		       : link_ask(x->web->link, x->who.agent, CTL_POLICY_SHOW, buf_view(&body), -1,
				 POLICY_ASK_NS, done, userdata);
}

/* What is included from elsewhere on this computer (names that begin with a slash) is as it is in
   force, where the request does not say otherwise. */
static int complete(struct policy_work *w)
{
	cleanup_with(bundle_done) struct bundle old = {0};
	int r = policy_work_parse(w->old_fd, &old);

	for (size_t i = 0; r == 0 && i < old.n_files; i++) {
		const struct bundle_file *f = &old.files[i];

		if (f->kind == BUNDLE_KIND_POLICY && f->name[0] == '/' &&
			!bundle_find(&w->bundle, f->kind, f->name))
			r = bundle_add(&w->bundle, f->kind, f->name, view_of(f->content, f->n));
	}
	if (r == 0)
		w->fd = r = policy_work_seal(&w->bundle);
	return r < 0 ? r : 0;
}

static void on_in_force(void *userdata, int outcome, struct view text, int fd)
{
	struct policy_work *w = userdata;

	w->old_fd = fd;
	if (outcome != 0)
		exchange_fail_link(w->x, outcome, text);
	else if (complete(w) < 0)
		exchange_fail(w->x, API_INTERNAL, NULL);
	else
		w->then(w);
}

/* Goes on with `then` when the one in force is there. */
void policy_work_with_old(
	struct exchange *x, struct policy_work *w, void (*then)(struct policy_work *w))
{
	w->then = then;
	exchange_asked(x, policy_work_ask(x, 0, on_in_force, w));
}

void policy_work_apply(struct policy_work *w)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(VERSIONS_REASON_MAX + 64);
	struct pack p = {&body, 0};
	int r;

	pack_u8(&p, 0);
	pack_str(&p, w->reason);
	pack_u32(&p, w->base);
	r = p.error ? p.error
		    : link_ask(w->x->web->link, w->x->who.agent, CTL_POLICY_APPLY, buf_view(&body),
			      w->fd, APPLY_NS, exchange_pass, w->x);
	exchange_asked(w->x, r);
}
