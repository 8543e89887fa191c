/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor between core, the gate and a worker. What it does with files, control groups,
 * marks and other processes is faked: nothing is killed, moved or covered.
 */
#include <signal.h>
#include <stdarg.h>

#include "frames.h"

static int no_kill(pid_t pid, int signal)
{
	(void)pid, (void)signal;
	return 0;
}

#define kill no_kill
#include "supervisor/children.c"
#undef kill
#include "policyfile/policyfile.h"
#include "supervisor/agent_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- fakes ---- */

static struct {
	bool armed, busy;
	unsigned turn;
} fake;

void agent_say(const struct agent *a, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	(void)a;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
}

void agent_connect(
	struct agent *a, struct proc *x, uint32_t x_index, struct proc *y, uint32_t y_index)
{
	(void)a, (void)x, (void)x_index, (void)y, (void)y_index;
}

void agent_answer_status(struct agent *a, uint32_t id)
{
	(void)a, (void)id;
}

void agent_look_at_programs(struct agent *a, bool again, int wait_ms)
{
	(void)a, (void)again, (void)wait_ms;
}

void agent_ask_to_look(struct agent *a, bool announce)
{
	(void)a, (void)announce;
}

void agent_give_posture(struct agent *a, struct proc *p)
{
	(void)a, (void)p;
}

bool group_is_armed(const struct group *g)
{
	(void)g;
	return fake.armed;
}

int group_arm(struct group *g, char *ret_why, size_t size)
{
	(void)g;
	snprintf(ret_why, size, "not this time");
	fake.armed = ++fake.turn % 2;
	return fake.armed ? 0 : -EPERM;
}

void group_disarm(struct group *g)
{
	(void)g;
	fake.armed = false;
}

void group_cover_process(const struct group *g, uint32_t pid)
{
	(void)g, (void)pid;
}

int group_mark_sandboxed(struct group *g, const struct apptable *apps)
{
	(void)g, (void)apps;
	return -1;
}

const struct program *lookup_programs(const struct lookup *l, size_t *ret_n)
{
	(void)l;
	*ret_n = 0;
	return NULL;
}

int tags_put(struct tags *t, uint32_t pid, const char *app_id)
{
	(void)t, (void)pid;
	if (!*app_id)
		abort();
	return 0;
}

void tags_each(const struct tags *t, void (*fn)(void *userdata, uint32_t pid, const char *app_id),
	void *userdata)
{
	(void)t, (void)fn, (void)userdata;
}

bool tags_populated(
	const struct tags *t, bool (*wanted)(void *userdata, const char *app_id), void *userdata)
{
	(void)t;
	return wanted(userdata, "telegram");
}

bool meeting_is_on(const struct meeting *m)
{
	(void)m;
	return false;
}

const char *meeting_sign_name(enum meeting_sign s)
{
	(void)s;
	return "";
}

void origins_rules(struct origins *p, int fd)
{
	(void)p;
	close(fd);
}

void origins_ask(struct origins *p, const struct apptable *apps, bool again)
{
	(void)p, (void)apps, (void)again;
}

static void check_text(const char *text, size_t room)
{
	if (strnlen(text, room) == room)
		abort();
}

static struct agent *agent_of(void *p)
{
	return p;
}

void vault_move(struct vault *v, uint32_t id, int file, const struct vault_order *o)
{
	struct vault_result r = {.outcome = VAULT_NOT_MOVED};

	check_text(o->path, sizeof(o->path));
	check_text(o->incident, sizeof(o->incident));
	check_text(o->message, sizeof(o->message));
	if (file < 0)
		abort();
	close(file);
	snprintf(r.path, sizeof(r.path), "%s", o->path);
	agent_vault_done(agent_of(v), VAULT_WHAT_MOVE, id, &r);
}

void vault_ask(struct vault *v, uint32_t id, enum vault_request what, const char *vault_id,
	const char *folder)
{
	struct vault_result r = {.outcome = VAULT_MOVED};

	(void)what, (void)folder;
	snprintf(r.id, sizeof(r.id), "%s", vault_id);
	agent_vault_done(agent_of(v), VAULT_WHAT_RESTORE, id, &r);
}

void copies_keep(struct copies *e, const struct copies_order *o)
{
	struct copies_result r = {.kept = ++fake.turn % 2};

	check_text(o->incident, sizeof(o->incident));
	check_text(o->path, sizeof(o->path));
	agent_evidence_events.done(agent_of(e), o, &r);
}

/* ---- the processes ---- */

static const uint16_t from_core[] = {CHILD_READY, CHILD_PONG, CHILD_FATAL, CORE_POLICY,
	CORE_KILL_WORKER, CORE_STATUS_GET, CORE_QUARANTINE, CORE_VAULT, CORE_EVIDENCE, CORE_POSTURE,
	0};
static const uint16_t from_gate[] = {CHILD_READY, CHILD_PONG, CHILD_FATAL, GATE_TAG, GATE_FOUND,
	GATE_IDLE, GATE_POLICY, GATE_UNLINKED, 0};
static const uint16_t from_worker[] = {CHILD_READY, CHILD_PONG, CHILD_FATAL, 0};

static struct {
	struct loop *loop;
	struct settings settings;
	int policy, apps;
} once;

static void on_ready(void *userdata, struct proc *p)
{
	(void)userdata, (void)p;
}

static const struct proc_events proc_events = {.ready = on_ready, .frame = agent_frame};
static const struct proc_kind kinds[FRAMES_PEERS] = {
	{.role = ROLE_CORE, .rows = agent_core_rows, .n_rows = AGENT_CORE_ROWS},
	{.role = ROLE_GATE, .rows = agent_gate_rows, .n_rows = AGENT_GATE_ROWS},
	{.role = ROLE_SCAN},
};

static void setup(void)
{
	static struct diags d;
	struct policyfile_info info;
	cleanup_with(buf_done) struct buf policy = {0}, apps = {0};

	if (policyfile_compile(SEALGATE_SOURCE_POLICY, 1, &d, &info, &policy, &apps) < 0 ||
		loop_new(&once.loop) < 0)
		abort();
	once.policy = fd_memfd_sealed("policy", buf_view(&policy));
	once.apps = fd_memfd_sealed("apps", buf_view(&apps));
	if (once.policy < 0 || once.apps < 0)
		abort();
}

/* As proc_start() does, but for the process. */
static int start(struct agent *a, const struct proc_kind *kind, struct proc **ret)
{
	static const struct config config;
	struct proc *p;
	int pair[2];

	if (proc_new(once.loop, kind, 0, &config, "", &proc_events, a, ret) < 0 ||
		wire_pair(pair) < 0)
		abort();
	p = *ret;
	p->pid = INT_MAX; /* nobody's */
	if (wire_peer_new(once.loop, pair[0], p->rows, ARRAY_SIZE(own_rows) + kind->n_rows,
		    on_frame, p, &p->control) < 0)
		abort();
	return pair[1];
}

static void end(struct proc *p)
{
	p->pid = 0;
	proc_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct agent *a = calloc(1, sizeof(*a));
	struct frames f = {.blobs = {-1, -1, -1}};

	if (!once.loop)
		setup();
	if (!a)
		abort();
	fake.armed = false;
	fake.turn = 0;
	list_init(&a->events);
	a->settings = &once.settings;
	a->loop = once.loop;
	a->policy.policy_fd = a->policy.apps_fd = a->next.policy_fd = a->next.apps_fd = -1;
	a->tags = (struct tags *)a; /* only handed on, to fakes */
	a->vault = (struct vault *)a;
	a->copies = (struct copies *)a;
	a->serving = size % 2;
	a->n_scan = 1;
	if (arming_new(once.loop, NULL, true, &agent_arming_events, a, &a->arming) < 0)
		abort();
	f.peers[0].types = from_core;
	f.peers[0].fd = start(a, &kinds[0], &a->core);
	f.peers[1].types = from_gate;
	f.peers[1].fd = start(a, &kinds[1], &a->gate);
	f.peers[2].types = from_worker;
	f.peers[2].fd = start(a, &kinds[2], &a->scan[0]);
	f.loop = once.loop;
	f.blobs[0] = once.policy;
	f.blobs[1] = once.apps;
	frames_run(&f, view_of(data, size));
	end(a->core);
	end(a->gate);
	end(a->scan[0]);
	arming_free(a->arming);
	agent_policy_done(&a->policy);
	agent_policy_done(&a->next);
	agent_drop_records(a);
	free(a);
	frames_done(&f);
	return 0;
}
