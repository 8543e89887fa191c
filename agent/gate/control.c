/* SPDX-License-Identifier: Apache-2.0 */
/* What the supervisor says: configuration, the group, the policy, core's socket, the end. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "gate/gate.h"
#include "gate/serve.h"
#include "wire/protocol.h"

static const struct wire_row rows[] = {
	{SUP_FANOTIFY, 0, 0, 2},
	{SUP_FANOTIFY, 0, 0, 3},
	{SUP_FANOTIFY, 0, 0, 4},
	{SUP_POLICY, 4, 4, 2},
	{SUP_TAGGED, 8, 8, 0},
	{SUP_LOOK, 1, 1, 0},
	{SUP_POSTURE, 0, 0, 1},
	{SUP_BUILD_IDS, 0, WIRE_BODY_MAX, 0},
	{SUP_MEETING, 1, 1, 0},
	{SUP_STARTS, 0, 0, 1},
};

static int map_shared(struct gate *g, int fd)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)sizeof(struct gate_shared))
		return -EINVAL;
	p = mmap(NULL, sizeof(struct gate_shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	g->shared = p;
	/* Of another build: nothing in it can be understood. */
	if (g->shared->magic != GATE_SHARED_MAGIC || g->shared->size != sizeof(*g->shared))
		memset(g->shared, 0, sizeof(*g->shared));
	g->shared->size = sizeof(*g->shared);
	g->shared->magic = GATE_SHARED_MAGIC;
	g->shared->gate_pid = (uint32_t)g->self;
	record_init(g);
	return 0;
}

static int on_fanotify(struct gate *g, struct wire_frame *f)
{
	if (g->group >= 0)
		return -EPROTO;
	g->group = wire_frame_take_fd(f, 0);
	if (fcntl(g->group, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	if (f->n_fds > 2)
		g->mounts.fd = wire_frame_take_fd(f, 2);
	if (f->n_fds > 3) {
		int r = subjects_map(g, f->fds[3]);

		if (r < 0)
			return r;
	}
	return map_shared(g, f->fds[1]);
}

static void unmap(struct view *v)
{
	if (v->n > 0)
		munmap((void *)v->p, v->n);
	*v = VIEW_EMPTY;
}

/* The numbers of applications mean others from now on. */
static void new_apps(struct gate *g, struct apptable *apps, struct view blob)
{
	struct apptable *old = g->apps;

	g->apps = apps;
	copies_forget(g);
	starts_forget(g);
	if (old) {
		proc_new_apps(g, old);
		hold_new_apps(g, old);
	}
	apptable_close(old);
	unmap(&g->apps_blob);
	g->apps_blob = blob;
}

/* Takes the new ones over, or leaves all as it was. */
static int take_policy(struct gate *g, struct wire_frame *f)
{
	struct apptable *apps = NULL;
	struct policy *policy = NULL;
	struct view policy_blob = VIEW_EMPTY, apps_blob = VIEW_EMPTY;
	struct unpack u = {f->body, 0};
	uint32_t version = unpack_u32(&u);
	int r = unpack_end(&u);

	if (r == 0)
		r = fd_map_sealed(f->fds[0], &policy_blob);
	if (r == 0)
		r = fd_map_sealed(f->fds[1], &apps_blob);
	if (r == 0)
		r = policy_open(policy_blob, &policy);
	if (r == 0)
		r = apptable_open(apps_blob, &apps);
	if (r < 0) {
		policy_close(policy);
		unmap(&policy_blob);
		unmap(&apps_blob);
		return r;
	}
	if (g->apps && view_eq(apps_blob, g->apps_blob)) {
		apptable_close(apps);
		unmap(&apps_blob);
	} else {
		new_apps(g, apps, apps_blob);
	}
	policy_close(g->policy);
	unmap(&g->policy_blob);
	g->policy = policy;
	g->policy_blob = policy_blob;
	g->policy_version = version;
	if (f->id == 0)
		facts_forget(g); /* it may have come with new rules */
	if (g->serving)
		g->shared->policy_version = version;
	return 0;
}

static int on_policy(struct gate *g, struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct pack p = gate_pack(g);
	int r = take_policy(g, f);

	pack_u32(&p, unpack_u32(&u));
	pack_u32(&p, (uint32_t)-r);
	/* A supervisor that does not hear it asks a successor. */
	if (!p.error)
		unchecked(child_send(g->child, GATE_POLICY, f->id, buf_view(&g->frame), NULL, 0));
	return r;
}

static int on_frame(void *userdata, struct wire_frame *f)
{
	struct gate *g = userdata;
	struct unpack u = {f->body, 0};
	bool tagged;
	int r = 0;

	g->now = clock_now();
	switch (f->type) {
	case SUP_FANOTIFY: r = on_fanotify(g, f); break;
	case SUP_POLICY: r = on_policy(g, f); break;
	case SUP_MEETING: g->meeting = unpack_u8(&u) != 0; break;
	case SUP_BUILD_IDS:
		/* Of an older policy: the ones of the new follow. */
		if (!g->apps || copies_set(g, f->body) < 0)
			copies_forget(g);
		break;
	case SUP_STARTS:
		if (!g->apps || starts_set(g, f->fds[0]) < 0)
			starts_forget(g);
		break;
	case SUP_POSTURE:
		/* The last one stays where this cannot be read. */
		if (posture_set(g, f->fds[0]) < 0 && g->shared)
			g->shared->counters.unidentified++;
		break;
	case SUP_TAGGED:
		tagged = unpack_u32(&u) == 0;
		exec_tagged(g, f->id, tagged, unpack_u32(&u) == 0);
		break;
	case SUP_LOOK:
		if (g->serving)
			look_ask(g, unpack_u8(&u) != 0);
		break;
	default: return -EPROTO;
	}
	/* A policy that cannot be opened leaves the old one in force; without any there is nothing
	   to serve with. */
	if (r < 0 && !g->serving)
		return r;
	return serve_when_complete(g);
}

static int on_peer(void *userdata, enum role role, uint32_t index, int sock)
{
	struct gate *g = userdata;

	(void)index;
	g->now = clock_now();
	if (role == ROLE_CORE && g->shared) /* the memory comes first: records are in it */
		link_set(g, sock);
	else
		fd_close(sock);
	return 0;
}

static int on_stop(void *userdata)
{
	return serve_stop(userdata);
}

const struct child_events control_events = {
	.peer = on_peer,
	.stop = on_stop,
	.frame = on_frame,
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
};
