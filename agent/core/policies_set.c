/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled policy with what belongs to it: made, kept for the next start, handed to the gate. */
#include "core/policies_internal.h"

#include <string.h>

#include "base/fd.h"
#include "core/keep.h"
#include "core/overrides.h"
#include "decide/policy_builder.h"
#include "policyfile/policyfile.h"
#include "wire/pack.h"

#define LAST_GOOD "policy.last"

void policy_set_done(struct policy_set *s)
{
	policy_close(s->policy);
	apptable_close(s->apps);
	buf_done(&s->policy_blob);
	buf_done(&s->apps_blob);
	buf_done(&s->posture);
	*s = (struct policy_set){0};
}

int policy_set_open(struct policy_set *s)
{
	int r = policy_open(buf_view(&s->policy_blob), &s->policy);

	if (r == 0)
		r = apptable_open(buf_view(&s->apps_blob), &s->apps);
	if (r == 0)
		s->version = policy_version(s->policy);
	return r;
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

int policy_set_load(const struct core *core, struct policy_set *ret)
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
		r = policy_set_open(&s);
	buf_done(&b);
	if (r < 0) {
		policy_set_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

void policies_keep(struct policies *p)
{
	int r = save_last(p);

	if (r < 0)
		unchecked(incidents_note(p->core->ledger, "agent", "policy",
			"version %u could not be kept for the next start: %s", p->now.version,
			strerror(-r)));
}

int policies_compile(struct policies *p, const struct bundle *b, uint32_t version, struct diags *d,
	struct policy_set *ret)
{
	struct policyfile_info info;
	struct policy_set s = {0};
	int r = policyfile_compile_bundle_all(
		b, p->dir, version, d, &info, &s.policy_blob, &s.apps_blob, &s.posture);

	if (r == 0)
		r = policy_set_open(&s);
	if (r < 0) {
		policy_set_done(&s);
		return r;
	}
	*ret = s;
	return 0;
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

int policies_send_set(struct policies *p, const struct policy_set *s, uint32_t id)
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
