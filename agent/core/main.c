/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate-core: facts and incidents. Owns the fact store, policy and rules; asks workers what
 * documents are, answers the gate, hands records to log. Must not block on anything but its own
 * files. Parses no document and sees no event.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/overrides.h"
#include "core/calls.h"
#include "core/console.h"
#include "core/control.h"
#include "core/core.h"
#include "core/crawl.h"
#include "core/desk.h"
#include "core/inventory.h"
#include "core/copies.h"
#include "core/justify.h"
#include "core/policies.h"
#include "core/receive.h"
#include "core/rulebook.h"
#include "jail/jail.h"
#include "policyfile/policyfile.h"
#include "rulepack/rulepack.h"

#define TICK_NS NSEC_PER_SEC

#define STOP_NS (2 * NSEC_PER_SEC) /* for log to take what is left */

struct process {
	struct core core; /* first: the callbacks' userdata is either */
	struct loop_timer *tick;
	uint64_t stopping; /* since; 0: not */
	uint64_t store_lost;
};

static void on_kill_worker(void *userdata, uint32_t index)
{
	struct core *core = userdata;
	uint8_t body[4];

	for (int i = 0; i < 4; i++)
		body[i] = (uint8_t)(index >> 8 * i);
	/* A supervisor that is gone takes us along in a moment. */
	unchecked(child_send(core->child, CORE_KILL_WORKER, 0, view_of(body, 4), NULL, 0));
}

static void on_ledger_done(void *userdata, uint64_t tag, uint64_t seq)
{
	struct core *core = userdata;

	if (tag & CONTROL_TAG)
		control_appended(core->control, tag, seq);
	else if (tag & OVERRIDES_TAG)
		overrides_told(core->overrides, seq);
	else if (tag & INVENTORY_TAG)
		inventory_told(core->inventory, tag);
	else if (tag)
		desk_recorded(core->desk, tag);
}

static int on_new_peer(void *userdata, enum role role, uint32_t index, int sock)
{
	struct core *core = userdata;

	switch (role) {
	case ROLE_GATE: return desk_gate(core->desk, sock);
	case ROLE_WATCH: return crawl_watch(core->crawl, sock);
	case ROLE_SCAN: return pool_worker(core->pool, index, sock);
	case ROLE_LOG: return ledger_log(core->ledger, sock);
	case ROLE_CTL: return control_listen(core->control, sock);
	case ROLE_SUPERVISOR:
	case ROLE_CORE:
	case ROLE_MAX: break;
	}
	close(sock);
	return -EPROTO;
}

/* The counts of open incidents are written, and log takes what is left. */
static int on_stop(void *userdata)
{
	struct process *p = container_of((struct core *)userdata, struct process, core);

	if (p->stopping)
		return 0;
	p->stopping = clock_now();
	receive_stop(p->core.receive);
	p->core.incidents = incidents_free(p->core.incidents);
	loop_timer_set(p->tick, clock_now() + 1);
	return 0;
}

static int on_other(void *userdata, struct wire_frame *f)
{
	struct core *core = userdata;
	struct unpack u = {f->body, 0};
	struct view v;
	struct buf why = BUF_INIT(64U << 10);
	uint32_t version, error;
	int r = 0;

	switch (f->type) {
	case SUP_RELOAD:
		r = rulebook_reload(core->rulebook, &why);
		buf_done(&why);
		return r == -EBADMSG ? 0 : r;
	case SUP_POLICY_DONE:
		version = unpack_u32(&u);
		error = unpack_u32(&u);
		if (unpack_end(&u) == 0 && core->rulebook)
			policies_answer(rulebook_policies(core->rulebook), f->id, version, error);
		return 0;
	case SUP_STATUS:
		v = unpack_view(&u);
		if (unpack_end(&u) == 0)
			control_supervisor_status(core->control, v);
		return 0;
	case SUP_QUARANTINED:
		if (!receive_moved(core->receive, f))
			control_vault_done(core->control, f);
		return 0;
	case SUP_CALL: return calls_changed(core, f);
	case SUP_POSTURE: return control_posture(core->control, wire_frame_take_fd(f, 0));
	case SUP_EVENT:
		v = unpack_view(&u);
		/* Lost ones are counted by the ledger. */
		if (unpack_end(&u) == 0 && ledger_add(core->ledger, v, 0) < 0)
			return 0;
		return 0;
	}
	return -EPROTO;
}

static const struct wire_row rows[] = {
	{SUP_RELOAD, 0, 0, 0},
	{SUP_POLICY_DONE, 8, 8, 0},
	{SUP_STATUS, 4, WIRE_BODY_MAX, 0},
	{SUP_QUARANTINED, 13, 4096, 0},
	{SUP_POSTURE, 0, 0, 1},
	{SUP_EVENT, 6, 16U << 10, 0},
	{SUP_CALL, 21, 512, 0},
};

static const struct child_events child_events = {
	.peer = on_new_peer,
	.stop = on_stop,
	.frame = on_other,
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
};

/* Damage that showed while it was in use. */
static void tell_lost_store(struct process *p)
{
	struct core *core = &p->core;

	if (store_lost(core->store) == p->store_lost)
		return;
	p->store_lost = store_lost(core->store);
	/* The ledger counts what it cannot take. */
	unchecked(incidents_note(core->ledger, "gap", "store",
		"the fact store was damaged, was put aside as facts.db.damaged, and is filled "
		"anew"));
	crawl_rescan(core->crawl);
}

static int on_tick(void *userdata)
{
	struct process *p = userdata;

	/* A full disk shows in store_failed(); the agent goes on. */
	unchecked(store_flush(p->core.store));
	tell_lost_store(p);
	inventory_tick(p->core.inventory);
	if (p->stopping &&
		(ledger_waiting(p->core.ledger) == 0 || clock_now() - p->stopping >= STOP_NS))
		return LOOP_DONE;
	loop_timer_set(p->tick, clock_now() + (p->stopping ? 5 * NSEC_PER_MSEC : TICK_NS));
	return 0;
}

static int confine(const struct config *c)
{
	char own[4096], policy_dir[4096];
	const char *write_dirs[] = {own, NULL};
	const char *read_dirs[2 * CONFIG_PATHS_MAX + 8] = {policy_dir, SEALGATE_DATADIR,
		SEALGATE_SYSCONFDIR, "/etc", "/usr/share/zoneinfo", "/var/lib/dpkg/info",
		"/proc/self"};
	size_t n = 7;
	struct jail_options o = {
		.uid = c->uid, .gid = c->gid, .write_dirs = write_dirs, .read_dirs = read_dirs};
	unsigned layers;
	char *slash;

	snprintf(own, sizeof(own), "%s/core", c->state_dir);
	snprintf(policy_dir, sizeof(policy_dir), "%s", c->policy);
	slash = strrchr(policy_dir, '/');
	if (slash && slash != policy_dir)
		*slash = 0;
	for (uint32_t i = 0; i < c->rules.n; i++)
		read_dirs[n++] = c->rules.v[i];
	for (uint32_t i = 0; i < c->trusted_keys.n; i++)
		read_dirs[n++] = c->trusted_keys.v[i];
	return jail_enter(JAIL_CORE, &o, &layers);
}

static int open_store(struct core *core)
{
	char dir[4096];
	bool recreated; /* told with the first tick */
	int r;

	snprintf(dir, sizeof(dir), "%s/core", core->config.state_dir);
	r = store_open(dir, &core->store, &recreated);
	if (r < 0)
		child_fatal("cannot open the fact store in %s: %s", dir, strerror(-r));
	return r < 0 ? r : inventory_new(core, dir, &core->inventory);
}

static int set_up(struct process *p)
{
	struct core *core = &p->core;
	struct buf why = BUF_INIT(64U << 10);
	int r = loop_new(&core->loop);

	if (r == 0)
		r = child_new(core->loop, &child_events, core, &core->child);
	if (r == 0)
		r = ledger_new(core->loop, on_ledger_done, core, &core->ledger);
	if (r == 0)
		r = incidents_new(core->loop, core->ledger, &core->incidents);
	if (r == 0)
		r = open_store(core);
	if (r == 0)
		r = pool_new(core->loop, core->config.workers, on_kill_worker, core, &core->pool);
	if (r == 0)
		r = packages_new("/var/lib/dpkg/info", &core->packages);
	if (r == 0)
		r = overrides_new(core, &core->overrides);
	if (r == 0)
		r = justify_new(core, &core->justify);
	if (r == 0)
		r = copies_new(core, &core->copies);
	if (r == 0)
		r = desk_new(core, &core->desk);
	if (r == 0)
		r = receive_new(core, &core->receive);
	if (r == 0)
		r = crawl_new(core, &core->crawl);
	if (r == 0)
		r = console_new(core, &core->console);
	if (r == 0)
		r = control_new(core, &core->control);
	if (r == 0)
		r = loop_timer_new(core->loop, on_tick, p, &p->tick);
	if (r == 0)
		r = rulebook_new(core, &why, &core->rulebook);
	if (why.n > 0 && r < 0)
		child_fatal("%.*s", (int)why.n, (const char *)why.p);
	buf_done(&why);
	return r;
}

static void tear_down(struct process *p)
{
	struct core *core = &p->core;

	pool_free(core->pool);
	incidents_free(core->incidents);
	control_free(core->control);
	console_free(core->console);
	crawl_free(core->crawl);
	receive_free(core->receive);
	desk_free(core->desk);
	packages_free(core->packages);
	rulebook_free(core->rulebook);
	justify_free(core->justify);
	copies_free(core->copies);
	overrides_free(core->overrides);
	ledger_free(core->ledger);
	inventory_free(core->inventory);
	store_close(core->store);
	loop_timer_free(p->tick);
	child_free(core->child);
	loop_free(core->loop);
	config_done(&core->config);
}

/* `sealgate-core --check POLICY RULES...`: says what is wrong and does nothing else. */
static int check(int argc, char **argv)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	cleanup_with(freep) struct rulepack_info *rules_info = calloc(1, sizeof(*rules_info));
	struct buf policy = BUF_INIT(0), apps = BUF_INIT(0), rules = BUF_INIT(0);
	struct policyfile_info policy_info;
	char line[1100];
	int p, r;

	if (!d || !rules_info || argc < 2)
		return 2;
	p = policyfile_compile(argv[0], 1, d, &policy_info, &policy, &apps);
	r = rulepack_compile(
		(const char *const *)argv + 1, (size_t)argc - 1, d, rules_info, &rules);
	for (size_t i = 0; i < d->n; i++) {
		diag_format(&d->v[i], line, sizeof(line));
		fprintf(stderr, "%s\n", line);
	}
	if ((p < 0 || r < 0) && d->errors == 0)
		fprintf(stderr, "sealgate-core: %s\n", strerror(p < 0 ? -p : -r));
	buf_done(&policy);
	buf_done(&apps);
	buf_done(&rules);
	return p < 0 || r < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct process p = {0};
	int r;

	if (argc > 2 && strcmp(argv[1], "--check") == 0)
		return check(argc - 2, argv + 2);
	r = child_config(&p.core.config);

	if (r < 0) {
		fprintf(stderr, "sealgate-core: this program is started by sealgated\n");
		return 2;
	}
	p.core.started = clock_realtime();
	r = confine(&p.core.config);
	if (r < 0)
		child_fatal("cannot confine core: %s", strerror(-r));
	if (r == 0)
		r = set_up(&p);
	if (r == 0)
		r = child_ready(p.core.child, "");
	if (r == 0) {
		loop_timer_set(p.tick, clock_now() + TICK_NS);
		r = loop_run(p.core.loop);
	}
	tear_down(&p);
	return r < 0 ? 1 : 0;
}
