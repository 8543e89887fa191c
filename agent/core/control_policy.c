/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket's requests about the policy. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "bundle/bundle.h"
#include "core/control_caller.h"
#include "core/policies.h"
#include "core/rulebook.h"
#include "wire/pack.h"

static struct policies *policies_of(const struct caller *c)
{
	return rulebook_policies(c->core->rulebook);
}

/* Also a caller that does not take it is told no more. */
static void on_policy_done(void *userdata, bool failed, struct view text)
{
	struct caller *c = userdata;

	c->policy_waits = false;
	unchecked(caller_send_text(c, c->policy_id, failed, text));
}

static void on_reload_settled(void *userdata, bool failed, struct view text)
{
	struct caller *c = userdata;

	(void)failed;
	(void)text;
	on_policy_done(c, c->policy_failed, buf_view(&c->policy_text));
	buf_done(&c->policy_text);
}

static int begin_waiting(struct caller *c, uint32_t id)
{
	if (c->policy_waits)
		return -EPROTO;
	c->policy_waits = true;
	c->policy_id = id;
	return 0;
}

int caller_on_reload(struct caller *c, uint32_t id)
{
	int r;

	if (c->uid != 0 && c->uid != getuid())
		return caller_send_text(c, id, true, view_str("only root may reload\n"));
	r = begin_waiting(c, id);
	if (r < 0)
		return r;
	c->policy_text = BUF_INIT(64U << 10);
	r = rulebook_reload(c->core->rulebook, &c->policy_text);
	if (r < 0 && r != -EBADMSG)
		return r;
	c->policy_failed = r < 0;
	policies_when_settled(policies_of(c), on_reload_settled, c);
	return 0;
}

static int refuse(struct caller *c, uint32_t id)
{
	return caller_send_forbidden(c, id,
		view_str("only root and members of the policy's group (policy-group) may do "
			 "this\n"));
}

static void who(const struct caller *c, struct policies_request *ret)
{
	_Static_assert(sizeof(ret->user) >= INCIDENTS_USER_SIZE, "a name fits");

	*ret = (struct policies_request){.uid = c->uid, .via = c->as ? "console" : NULL};
	incidents_user_name(c->uid, ret->user);
}

/* Another version is in force than the one that this person had before them. While one is being
   put in force, nothing else is begun: nobody comes between this and the doing. */
static bool is_late(const struct caller *c, uint32_t base)
{
	return base && base != policies_version(policies_of(c));
}

static int send_late(struct caller *c, uint32_t id, uint32_t base)
{
	char text[200];

	snprintf(text, sizeof(text),
		"version %u is not in force any more, but version %u: look at it first\n", base,
		policies_version(policies_of(c)));
	return caller_send_late(c, id, view_str(text));
}

int caller_on_apply(struct caller *c, struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	char reason[VERSIONS_REASON_MAX];
	struct policies_request r;
	struct view bundle;
	uint8_t flags = unpack_u8(&u);
	uint32_t base;
	int e;

	unpack_str(&u, reason, sizeof(reason));
	base = unpack_u32(&u);
	if (unpack_end(&u) < 0)
		return -EPROTO;
	if (!c->may_apply)
		return refuse(c, f->id);
	if (is_late(c, base))
		return send_late(c, f->id, base);
	if (fd_map_sealed(f->fds[0], &bundle) < 0)
		return caller_send_text(
			c, f->id, true, view_str("the bundle is no sealed memory\n"));
	who(c, &r);
	r.reason = reason;
	r.how = VERSION_HOW_APPLIED;
	r.dry_run = flags & CTL_APPLY_DRY_RUN;
	r.courier = flags & CTL_APPLY_COURIER;
	e = begin_waiting(c, f->id);
	if (e == 0)
		policies_apply(policies_of(c), &r, bundle, on_policy_done, c);
	munmap((void *)bundle.p, bundle.n);
	return e;
}

int caller_on_rollback(struct caller *c, struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	uint32_t version = unpack_u32(&u);
	char reason[VERSIONS_REASON_MAX];
	struct policies_request r;
	uint32_t base;
	int e;

	unpack_str(&u, reason, sizeof(reason));
	base = unpack_u32(&u);
	if (unpack_end(&u) < 0)
		return -EPROTO;
	if (!c->may_apply)
		return refuse(c, f->id);
	if (is_late(c, base))
		return send_late(c, f->id, base);
	who(c, &r);
	r.reason = reason;
	r.how = VERSION_HOW_ROLLBACK;
	e = begin_waiting(c, f->id);
	if (e == 0)
		policies_rollback(policies_of(c), &r, version, on_policy_done, c);
	return e;
}

static int send_blob(struct caller *c, uint32_t id, const struct buf *about, const struct buf *blob)
{
	cleanup_with(fd_closep) int fd = fd_memfd_sealed("answer", buf_view(blob));
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};
	int r;

	pack_view(&p, buf_view(about));
	r = fd < 0 ? fd : p.error;
	if (r == 0)
		r = wire_peer_send(c->peer, CTL_BLOB, id, buf_view(&body), &fd, 1);
	buf_done(&body);
	return r;
}

int caller_on_history(struct caller *c, struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct buf about = {0}, json = {0};
	int r;

	if (!caller_sees_policy(c))
		return refuse(c, f->id);
	r = policies_history(policies_of(c), unpack_u32(&u), &json);
	if (r == 0)
		r = send_blob(c, f->id, &about, &json);
	buf_done(&json);
	return r;
}

int caller_on_show(struct caller *c, struct wire_frame *f)
{
	struct buf about = {0}, bundle = BUF_INIT(BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX);
	struct unpack u = {f->body, 0};
	int r;

	if (!caller_sees_policy(c))
		return refuse(c, f->id);
	r = policies_show(policies_of(c), unpack_u32(&u), &about, &bundle);
	if (r == -ENOENT)
		r = caller_send_text(c, f->id, true, view_str("there is no such version\n"));
	else if (r < 0)
		r = caller_send_text(c, f->id, true,
			view_str("the bundle of this version cannot be read, or was changed\n"));
	else
		r = send_blob(c, f->id, &about, &bundle);
	buf_done(&about);
	buf_done(&bundle);
	return r;
}

void caller_forget_policy(struct caller *c)
{
	if (c->policy_waits && c->core->rulebook)
		policies_forget(policies_of(c), c);
	c->policy_waits = false;
	buf_done(&c->policy_text);
}
