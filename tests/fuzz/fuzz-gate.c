/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate between the supervisor and core, while it holds an open of an application. The group is
 * a socket that a fake kernel writes events to; the processes of this machine are not looked at.
 */
#include <stdio.h>
#include <sys/fanotify.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "frames.h"
#include "policyfile/policyfile.h"

int process_main(void);
#define main process_main
#include "gate/main.c"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint16_t from_supervisor[] = {SUP_PEER, SUP_PING, SUP_STOP, SUP_FANOTIFY, SUP_POLICY,
	SUP_TAGGED, SUP_LOOK, SUP_POSTURE, SUP_BUILD_IDS, SUP_MEETING, SUP_STARTS, 0};
static const uint16_t from_core[] = {CORE_FACTS, CORE_RECORDED, CORE_CLASSIFIED, CORE_DROPPED, 0};

static struct {
	char dir[64];
	int policy, apps, document;
	char *protect;
	pid_t application; /* a process that does nothing */
} once;

static void end_application(void)
{
	(void)kill(once.application, SIGKILL);
	(void)waitpid(once.application, NULL, 0);
}

static void start_application(void)
{
	once.application = fork();
	if (once.application == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	if (once.application < 0)
		abort();
	atexit(end_application);
}

static void setup(void)
{
	static struct diags d;
	struct policyfile_info info;
	cleanup_with(buf_done) struct buf policy = {0}, apps = {0};
	char path[128];

	frames_dir(once.dir, sizeof(once.dir), "gate");
	once.protect = once.dir;
	snprintf(path, sizeof(path), "%s/a.txt", once.dir);
	once.document = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (once.document < 0 || fd_write_all(once.document, VIEW_LIT("MẬT\n")) < 0 ||
		policyfile_compile(SEALGATE_SOURCE_POLICY, 1, &d, &info, &policy, &apps) < 0)
		abort();
	once.policy = fd_memfd_sealed("policy", buf_view(&policy));
	once.apps = fd_memfd_sealed("apps", buf_view(&apps));
	if (once.policy < 0 || once.apps < 0)
		abort();
	start_application();
}

static struct gate *new_gate(void)
{
	struct gate *g = gate_new();

	if (!g || buf_reserve(&g->frame, WIRE_BODY_MAX) < 0 ||
		buf_reserve(&g->storage, WIRE_BODY_MAX) < 0)
		abort();
	g->config = (struct config){.hold_ns = NSEC_PER_SEC, .agent_pid = (uint32_t)getpid()};
	g->config.protect.v[g->config.protect.n++] = once.protect;
	g->proc = open(once.dir, O_PATH | O_DIRECTORY | O_CLOEXEC); /* nobody lives */
	g->own_files = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (g->proc < 0 || g->own_files < 0 || loop_new(&g->loop) < 0 || serve_init(g) < 0 ||
		child_new(g->loop, &control_events, g, &g->child) < 0)
		abort();
	return g;
}

/* What the supervisor begins with. */
static void serve(struct gate *g, int supervisor, int group)
{
	static const uint8_t version[4] = {1};
	int memory = memfd_create("gate", MFD_CLOEXEC);
	const int fanotify[] = {group, memory}, policy[] = {once.policy, once.apps};

	if (memory < 0 || ftruncate(memory, sizeof(struct gate_shared)) < 0 ||
		wire_send(supervisor, SUP_FANOTIFY, 0, VIEW_EMPTY, fanotify, 2) < 0 ||
		wire_send(supervisor, SUP_POLICY, 0, view_of(version, 4), policy, 2) < 0)
		abort();
	close(memory);
	for (int i = 0; i < 3; i++)
		if (loop_step(g->loop, 0) < 0)
			abort();
	if (!g->serving)
		abort();
}

/* One is held from now on, as core is asked under number 1. */
static void open_document(struct gate *g, int kernel)
{
	struct fanotify_event_metadata m = {.event_len = sizeof(m),
		.vers = FANOTIFY_METADATA_VERSION,
		.metadata_len = sizeof(m),
		.mask = FAN_OPEN_PERM,
		.pid = once.application};
	struct proc *p = proc_add(g, once.application);

	if (!p)
		abort();
	p->valid_until = UINT64_MAX;
	proc_set_app(g, p, 0, PROC_HOW_EXEC);
	m.fd = fcntl(once.document, F_DUPFD_CLOEXEC, 0);
	if (m.fd < 0 || write(kernel, &m, sizeof(m)) != (ssize_t)sizeof(m) ||
		loop_step(g->loop, 0) < 0 || g->shared->n_held != 1)
		abort();
}

static void end_gate(struct gate *g)
{
	if (g->serving)
		hold_release(g);
	link_drop(g);
	starts_forget(g);
	for (uint32_t i = 0; i < GATE_PROCESSES_MAX; i++)
		if (g->procs.v[i].pid != 0)
			fd_close(g->procs.v[i].pidfd);
	fd_close(g->procs.exits);
	child_free(g->child);
	policy_close(g->policy);
	apptable_close(g->apps);
	loop_timer_free(g->hold_timer);
	loop_timer_free(g->look_timer);
	loop_timer_free(g->beat_timer);
	loop_source_remove(g->group_source);
	loop_free(g->loop);
	for (uint32_t i = 0; i < GATE_REQUESTS_MAX; i++)
		fd_close(g->holds.requests[i].fd);
	for (uint32_t i = 0; i < g->files.n_reserve; i++)
		fd_close(g->files.reserve[i]);
	fd_close(g->group);
	fd_close(g->proc);
	fd_close(g->own_files);
	fd_close(g->look.dir);
	fd_close(g->mounts.fd);
	buf_done(&g->frame);
	buf_done(&g->storage);
	if (g->posture.n > 0)
		munmap((void *)g->posture.p, g->posture.n);
	if (g->policy_blob.n > 0)
		munmap((void *)g->policy_blob.p, g->policy_blob.n);
	if (g->apps_blob.n > 0)
		munmap((void *)g->apps_blob.p, g->apps_blob.n);
	if (g->subjects)
		munmap(g->subjects, sizeof(*g->subjects));
	if (g->shared)
		munmap(g->shared, sizeof(*g->shared));
	munmap(g, sizeof(*g));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frames f = {0};
	struct gate *g;
	int group[2], pair[2];

	if (!*once.dir)
		setup();
	f.peers[0].types = from_supervisor;
	f.peers[1].types = f.peers[2].types = from_core;
	f.peers[0].fd = frames_control();
	f.peers[1].fd = f.peers[2].fd = -1;
	f.blobs[0] = once.policy;
	f.blobs[1] = once.apps;
	f.blobs[2] = once.document;
	g = new_gate();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, group) < 0)
		abort();
	if (size % 4) { /* else one that is told things before it serves */
		serve(g, f.peers[0].fd, group[0]);
		if (wire_pair(pair) < 0)
			abort();
		link_set(g, pair[0]);
		f.peers[1].fd = pair[1];
		open_document(g, group[1]);
	}
	f.loop = g->loop;
	frames_run(&f, view_of(data, size));
	end_gate(g);
	close(group[0]);
	close(group[1]);
	frames_done(&f);
	return 0;
}
