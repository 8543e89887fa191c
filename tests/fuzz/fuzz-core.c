/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Core between its peers, each of which says anything: gate, watch, log, a scan worker, a person at
 * the control socket (as root, so that every request is open to them), and the supervisor's
 * answers. The input is frames: whom from, type, descriptors, length in two bytes, body. What the
 * databases, policy versions and rules would do is faked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "core/console.h"
#include "core/control.h"
#include "core/copies.h"
#include "core/crawl.h"
#include "core/desk.h"
#include "core/inventory.h"
#include "core/justify.h"
#include "core/overrides.h"
#include "core/policies.h"
#include "core/receive.h"
#include "core/rulebook.h"
#include "policyfile/policyfile.h"
#include "wire/peer.h"
#include "wire/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- fakes ---- */

static struct {
	struct policy *policy;
	struct apptable *apps;
	struct facts facts; /* what the store has of every other file */
	unsigned asked;
} fake;

const struct policy *rulebook_policy(const struct rulebook *b)
{
	(void)b;
	return fake.policy;
}

const struct apptable *rulebook_apps(const struct rulebook *b)
{
	(void)b;
	return fake.apps;
}

uint32_t rulebook_generation(const struct rulebook *b)
{
	(void)b;
	return 7;
}

struct policies *rulebook_policies(const struct rulebook *b)
{
	(void)b;
	return NULL;
}

int rulebook_reload(struct rulebook *b, struct buf *ret_why)
{
	(void)b;
	return buf_put_str(ret_why, "reloaded\n");
}

int rulebook_publish(struct rulebook *b)
{
	(void)b;
	return 0;
}

void rulebook_status(const struct rulebook *b, struct json *j)
{
	(void)b, (void)j;
}

const struct policy *policies_policy_at(const struct policies *p, uint32_t version)
{
	(void)p, (void)version;
	return fake.policy;
}

uint32_t policies_version(const struct policies *p)
{
	(void)p;
	return 3;
}

void policies_apply(struct policies *p, const struct policies_request *r, struct view bundle,
	policies_done_fn done, void *userdata)
{
	(void)p, (void)r, (void)bundle;
	done(userdata, true, view_str("no\n"));
}

void policies_rollback(struct policies *p, const struct policies_request *r, uint32_t version,
	policies_done_fn done, void *userdata)
{
	(void)p, (void)r, (void)version, (void)done, (void)userdata; /* it waits for the gate */
}

void policies_forget(struct policies *p, void *userdata)
{
	(void)p, (void)userdata;
}

void policies_when_settled(struct policies *p, policies_done_fn done, void *userdata)
{
	(void)p;
	done(userdata, false, VIEW_EMPTY);
}

int policies_history(const struct policies *p, uint32_t limit, struct buf *ret)
{
	(void)p, (void)limit;
	return buf_put_str(ret, "[]");
}

int policies_show(
	const struct policies *p, uint32_t version, struct buf *ret_about, struct buf *ret_bundle)
{
	(void)p, (void)ret_about, (void)ret_bundle;
	return version % 2 ? -ENOENT : 0;
}

int store_get(struct store *s, const struct file_key *key, uint32_t generation, struct facts *ret)
{
	(void)s, (void)key, (void)generation;
	if (fake.asked++ % 2 == 0)
		return STORE_MISS;
	*ret = fake.facts;
	return 0;
}

int store_put(struct store *s, const struct file_key *key, const struct facts *f)
{
	(void)s, (void)key, (void)f;
	return 0;
}

int store_flush(struct store *s)
{
	(void)s;
	return 0;
}

bool store_is_incomplete(const struct store *s)
{
	(void)s;
	return false;
}

void store_is_whole(struct store *s)
{
	(void)s;
}

uint64_t store_count(struct store *s)
{
	(void)s;
	return 0;
}

uint64_t store_pending(const struct store *s)
{
	(void)s;
	return 0;
}

uint64_t store_failed(const struct store *s)
{
	(void)s;
	return 0;
}

uint64_t store_lost(const struct store *s)
{
	(void)s;
	return 0;
}

void inventory_saw(struct inventory *i, const char *path, const struct file_key *key,
	const struct stat *s, const struct facts *f)
{
	(void)i, (void)path, (void)key, (void)s, (void)f;
}

void inventory_touch(struct inventory *i, const char *path)
{
	(void)i, (void)path;
}

void inventory_gone(struct inventory *i, const char *path, bool below)
{
	(void)i, (void)path, (void)below;
}

void inventory_swept(struct inventory *i, uint64_t since)
{
	(void)i, (void)since;
}

int inventory_list(struct inventory *i, const struct inventory_ask *ask, struct json *j)
{
	(void)i;
	json_key_str(j, "after", ask->after);
	json_key_str(j, "below", ask->below);
	return json_error(j);
}

void inventory_status(struct inventory *i, struct json *j)
{
	(void)i, (void)j;
}

/* ---- core ---- */

enum from { FROM_GATE, FROM_WATCH, FROM_LOG, FROM_WORKER, FROM_CALLER, FROM_SUPERVISOR, FROM_MAX };

static struct {
	struct loop *loop;
	struct child *child;
	char state_dir[32];
	int supervisor; /* its end */
	int memory;     /* what is sent where a frame has a descriptor: sealed */
} once;

static int on_peer(void *userdata, enum role role, uint32_t index, int sock)
{
	(void)userdata, (void)role, (void)index;
	fd_close(sock);
	return 0;
}

static int on_stop(void *userdata)
{
	(void)userdata;
	return 0;
}

static const struct child_events events = {.peer = on_peer, .stop = on_stop};

static void forget_overrides(void)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/core/overrides", once.state_dir);
	(void)unlink(path);
}

static void remove_all(void)
{
	char path[80];

	forget_overrides();
	snprintf(path, sizeof(path), "%s/core", once.state_dir);
	(void)rmdir(path);
	(void)rmdir(once.state_dir);
}

static void compile_policy(void)
{
	static struct diags d;
	struct policyfile_info info;
	struct buf policy = {0}, apps = {0};

	if (policyfile_compile(SEALGATE_SOURCE_POLICY, 1, &d, &info, &policy, &apps) < 0 ||
		policy_open(buf_view(&policy), &fake.policy) < 0 ||
		apptable_open(buf_view(&apps), &fake.apps) < 0)
		abort();
	fake.facts = (struct facts){.level = LEVEL_SECRET,
		.generation = 7,
		.completeness = COMPLETENESS_FULL,
		.has_sha256 = true};
}

static void setup(void)
{
	char path[80];
	int pair[2];

	snprintf(once.state_dir, sizeof(once.state_dir), "%s/fuzz-core-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(once.state_dir))
		abort();
	snprintf(path, sizeof(path), "%s/core", once.state_dir);
	if (mkdir(path, 0700) < 0 || wire_pair(pair) < 0)
		abort();
	atexit(remove_all);
	compile_policy();
	/* The number that every child has it under. */
	if (pair[0] != PROTOCOL_CONTROL_FD) {
		if (pair[1] == PROTOCOL_CONTROL_FD)
			pair[1] = dup(pair[1]);
		if (dup2(pair[0], PROTOCOL_CONTROL_FD) < 0)
			abort();
		close(pair[0]);
	}
	once.supervisor = pair[1];
	once.memory = fd_memfd_sealed("content", VIEW_LIT("MẬT\n"));
	if (once.memory < 0 || loop_new(&once.loop) < 0 ||
		child_new(once.loop, &events, NULL, &once.child) < 0)
		abort();
}

struct side {
	struct core core;
	int end[FROM_MAX];
};

static void on_kill(void *userdata, uint32_t index)
{
	(void)userdata, (void)index;
}

/* Main's. */
static void on_durable(void *userdata, uint64_t tag, uint64_t seq)
{
	struct side *s = userdata;

	if (tag & CONTROL_TAG)
		control_appended(s->core.control, tag, seq);
	else
		desk_recorded(s->core.desk, tag);
}

static int call(struct side *s)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), fd;
	socklen_t n = sizeof(a);

	if (listening < 0 || bind(listening, (void *)&a, sizeof(sa_family_t)) < 0 ||
		listen(listening, 8) < 0 || getsockname(listening, (void *)&a, &n) < 0)
		abort();
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (void *)&a, n) < 0 ||
		control_listen(s->core.control, listening) < 0)
		abort();
	return fd;
}

static void start(struct side *s)
{
	struct core *c = &s->core;
	int pair[2];

	*s = (struct side){
		.core = {.loop = once.loop,
			.child = once.child,
			.started = clock_realtime(),
			.config = {.state_dir = once.state_dir,
				.hold_ns = NSEC_PER_SEC,
				.scan_cpu_ns = NSEC_PER_SEC,
				.background_cpu_ns = NSEC_PER_SEC,
				.reviewers_gid = UINT32_MAX,
				.policy_gid = UINT32_MAX,
				.console_uid = UINT32_MAX,
				.console_gids = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
				.console_session_ns = NSEC_PER_SEC}}};
	if (ledger_new(c->loop, on_durable, s, &c->ledger) < 0 ||
		pool_new(c->loop, 1, on_kill, s, &c->pool) < 0 ||
		incidents_new(c->loop, c->ledger, &c->incidents) < 0 ||
		overrides_new(c, &c->overrides) < 0 || justify_new(c, &c->justify) < 0 ||
		copies_new(c, &c->copies) < 0 || desk_new(c, &c->desk) < 0 ||
		crawl_new(c, &c->crawl) < 0 || receive_new(c, &c->receive) < 0 ||
		console_new(c, &c->console) < 0 || control_new(c, &c->control) < 0 ||
		packages_new("/nonexistent", &c->packages) < 0)
		abort();
	for (unsigned i = 0; i <= FROM_WORKER; i++) {
		if (wire_pair(pair) < 0)
			abort();
		s->end[i] = pair[1];
		if ((i == FROM_GATE && desk_gate(c->desk, pair[0]) < 0) ||
			(i == FROM_WATCH && crawl_watch(c->crawl, pair[0]) < 0) ||
			(i == FROM_LOG && ledger_log(c->ledger, pair[0]) < 0) ||
			(i == FROM_WORKER && pool_worker(c->pool, 0, pair[0]) < 0))
			abort();
	}
	s->end[FROM_CALLER] = call(s);
	s->end[FROM_SUPERVISOR] = once.supervisor;
}

static void finish(struct side *s)
{
	struct core *c = &s->core;

	receive_stop(c->receive);
	pool_free(c->pool);
	incidents_free(c->incidents);
	control_free(c->control);
	console_free(c->console);
	crawl_free(c->crawl);
	receive_free(c->receive);
	desk_free(c->desk);
	packages_free(c->packages);
	justify_free(c->justify);
	copies_free(c->copies);
	overrides_free(c->overrides);
	ledger_free(c->ledger);
	for (unsigned i = 0; i < FROM_SUPERVISOR; i++)
		fd_close(s->end[i]);
}

/* What core has said: nobody listens, but it must not wait. */
static void drain(int fd)
{
	struct buf storage = BUF_INIT(0);
	struct wire_frame f;

	while (fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && wire_receive(fd, &storage, &f) == 0)
		wire_frame_done(&f);
	buf_done(&storage);
}

static const uint16_t types[FROM_MAX][20] = {
	[FROM_GATE] = {GATE_CLASSIFY, GATE_CONFIRM, GATE_RECORD},
	[FROM_WATCH] = {WATCH_FILE, WATCH_CONFIRM, WATCH_STATE, WATCH_RECEIVED, WATCH_MISSED,
		WATCH_GONE},
	[FROM_LOG] = {LOG_APPENDED},
	[FROM_WORKER] = {SCAN_RESULT},
	[FROM_CALLER] = {CTL_STATUS, CTL_RELOAD, CTL_REVIEW, CTL_VAULT, CTL_OVERRIDE, CTL_PROGRAMS,
		CTL_POLICY_APPLY, CTL_POLICY_ROLLBACK, CTL_POLICY_HISTORY, CTL_POLICY_SHOW,
		CTL_INVENTORY, CTL_RESCAN, CTL_NOTICES, CTL_JUSTIFY, CTL_CONSOLE_TOKEN,
		CTL_CONSOLE_LOGIN, CTL_CONSOLE_AS, CTL_CONSOLE_END},
	[FROM_SUPERVISOR] = {SUP_QUARANTINED, SUP_STATUS},
};

/* As main does with what the supervisor sends. */
static void supervisor_says(struct side *s, uint16_t type, uint32_t id, struct view body)
{
	const struct wire_frame f = {.type = type, .id = id, .body = body};

	if (type == SUP_STATUS)
		control_supervisor_status(s->core.control, VIEW_EMPTY);
	else if (!receive_moved(s->core.receive, &f))
		control_vault_done(s->core.control, &f);
}

static void say(struct side *s, struct view *in)
{
	const uint8_t *p = in->p;
	unsigned from = p[0] % FROM_MAX;
	uint16_t type = types[from][p[1] % ARRAY_SIZE(types[0])];
	size_t n = (size_t)p[4] | (size_t)p[5] << 8;
	struct view body = view_sub(*in, 6, n);

	*in = view_sub(*in, 6 + body.n, in->n);
	if (from == FROM_SUPERVISOR)
		supervisor_says(s, type, p[2], body);
	else
		/* One that core has hung up on says nothing more. */
		unchecked(wire_send(s->end[from], type, p[2], body, &once.memory, p[3] & 1));
	for (int i = 0; i < 4; i++)
		if (loop_step(once.loop, 0) < 0)
			abort();
	for (unsigned i = 0; i < FROM_MAX; i++)
		drain(s->end[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = view_of(data, size);
	static struct side s;

	if (!once.loop)
		setup();
	fake.asked = 0;
	start(&s);
	if (loop_step(once.loop, 0) < 0)
		abort();
	for (int i = 0; i < 64 && in.n >= 6; i++)
		say(&s, &in);
	finish(&s);
	forget_overrides();
	return 0;
}
