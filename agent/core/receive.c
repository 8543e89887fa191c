/* SPDX-License-Identifier: Apache-2.0 */
#include "core/receive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "core/crawl.h"
#include "core/desk.h"
#include "core/rulebook.h"
#include "wire/pack.h"
#include "wire/subjects.h"
#include "wire/vault.h"

enum stage {
	STAGE_SCAN,
	STAGE_MOVE, /* the supervisor is at it */
};

struct received {
	struct list node;
	struct receive *receive;
	enum stage stage;
	uint32_t offer; /* the id that watch gave it; 0: answered */
	uint32_t watch; /* its generation */
	uint32_t id;    /* of CORE_QUARANTINE */
	uint64_t until; /* of STAGE_MOVE */
	int fd;
	bool program, no_writer;
	uint64_t started; /* realtime */
	struct gate_record record;
	uint32_t gids[SUBJECTS_GIDS_MAX], n_gids;
	uint32_t rule;
	struct facts facts;
};

struct receive {
	struct core *core;
	struct loop_timer *timer;
	struct list files;
	uint32_t n, n_moving, last_id;
	uint64_t seen, recorded, missed, moved, not_moved;
};

/* Watch sends the next one. What core ends without having answered is offered to its successor. */
static void answer(struct received *f)
{
	if (f->offer)
		crawl_received(f->receive->core->crawl, f->watch, f->offer);
	f->offer = 0;
}

static void received_free(struct received *f)
{
	answer(f);
	list_remove(&f->node);
	f->receive->n--;
	f->receive->n_moving -= f->stage == STAGE_MOVE;
	fd_close(f->fd);
	free(f);
}

static int32_t utc_offset(uint64_t realtime)
{
	time_t t = (time_t)(realtime / NSEC_PER_SEC);
	struct tm tm;

	return localtime_r(&t, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}

/* ---- the incident ---- */

static void record(struct received *f, const struct incident_vault *vault)
{
	struct core *core = f->receive->core;
	const struct apptable *apps = rulebook_apps(core->rulebook);
	const struct policy *policy = rulebook_policy(core->rulebook);
	uint32_t app = apptable_find(apps, f->record.app);
	char rules_version[16];
	struct incident_context c = {
		.facts = &f->facts,
		.app_name = app == APP_NONE ? f->record.app : apptable_name(apps, app),
		.message = policy_rule_message(policy, policy_find_rule(policy, f->record.rule)),
		.mode = mode_name(policy_mode(policy)),
		.vault = vault,
		.rules_version = rules_version,
		.omit_names = (enum level)core->config.journal_omit_names,
		.packages = core->packages,
		.control = core->control,
		.copies = policy_rule_keeps_evidence(
				  policy, policy_find_rule(policy, f->record.rule))
			? core->copies
			: NULL,
	};
	bool counted;

	snprintf(rules_version, sizeof(rules_version), "%08x", rulebook_generation(core->rulebook));
	if (!core->incidents)
		return;
	f->receive->recorded++;
	/* What the ledger cannot take is counted and told there. */
	if (incidents_add(core->incidents, &f->record, &c, 0, &counted) < 0)
		return;
}

static void record_not_moved(struct received *f, const char *why)
{
	const struct incident_vault vault = {.id = "", .why = why};

	f->receive->not_moved++;
	record(f, &vault);
}

/* ---- quarantine ---- */

static int ask_to_move(struct received *f)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(WIRE_BODY_MAX);
	struct receive *r = f->receive;
	struct core *core = r->core;
	char incident[INCIDENTS_ID_MAX], digest[65] = "";
	struct pack p = {&body, 0};

	if (++r->last_id == 0)
		r->last_id = 1;
	f->id = r->last_id;
	incidents_id(&f->record, incident);
	for (unsigned i = 0; f->facts.has_sha256 && i < sizeof(f->facts.sha256); i++)
		snprintf(digest + 2 * i, 3, "%02x", f->facts.sha256[i]);
	pack_key(&p, &f->record.key);
	pack_str(&p, incident);
	pack_str(&p, f->record.path);
	pack_str(&p, f->record.app);
	pack_str(&p, level_name(f->facts.level));
	pack_str(&p, f->record.rule);
	pack_str(&p, policy_rule_message(rulebook_policy(core->rulebook), f->rule));
	pack_str(&p, digest);
	pack_u32(&p, f->record.uid);
	return p.error
		? p.error
		: child_send(core->child, CORE_QUARANTINE, f->id, buf_view(&body), &f->fd, 1);
}

static void move(struct received *f)
{
	const struct facts *facts = &f->facts;
	struct file_key now;

	/* Only what was read says that it is classified, never that it could not be read. */
	if (facts->level == LEVEL_NONE && facts->tags == 0) {
		record_not_moved(f, "its content says no level or tag: only such files are moved");
		received_free(f);
		return;
	}
	if (file_key_read(f->fd, &now) < 0 || !file_key_eq(&now, &f->record.key)) {
		record_not_moved(f, "it was changed while it was read");
		received_free(f);
		return;
	}
	f->stage = STAGE_MOVE;
	f->receive->n_moving++;
	f->until = clock_now() + RECEIVE_MOVE_NS;
	if (ask_to_move(f) < 0) {
		record_not_moved(f, "the supervisor could not be asked");
		received_free(f);
		return;
	}
	f->fd = fd_close(f->fd);
	if (f->receive->n_moving < RECEIVE_MOVES_MAX)
		answer(f);
	loop_timer_set(f->receive->timer, clock_now() + NSEC_PER_SEC);
}

bool receive_moved(struct receive *r, const struct wire_frame *frame)
{
	struct unpack u = {frame->body, 0};
	enum vault_outcome outcome = (enum vault_outcome)unpack_enum(&u, VAULT_OUTCOME_MAX);
	char id[64], why[512];
	struct incident_vault vault = {.moved = outcome == VAULT_MOVED, .id = id, .why = why};

	unpack_str(&u, id, sizeof(id));
	vault.other_names = unpack_u32(&u);
	unpack_str(&u, why, sizeof(why));
	if (unpack_end(&u) < 0)
		return false;
	list_for_each(n, &r->files) {
		struct received *f = list_entry(n, struct received, node);

		if (f->stage != STAGE_MOVE || f->id != frame->id)
			continue;
		r->moved += vault.moved;
		r->not_moved += !vault.moved;
		record(f, &vault);
		received_free(f);
		return true;
	}
	return false;
}

static int on_timer(void *userdata)
{
	struct receive *r = userdata;
	uint64_t now = clock_now();
	bool more = false;

	list_for_each_safe(n, tmp, &r->files) {
		struct received *f = list_entry(n, struct received, node);

		if (f->stage != STAGE_MOVE)
			continue;
		if (now < f->until) {
			more = true;
			continue;
		}
		record_not_moved(f, "the supervisor did not say in time what became of it");
		received_free(f);
	}
	loop_timer_set(r->timer, more ? now + NSEC_PER_SEC : 0);
	return 0;
}

void receive_stop(struct receive *r)
{
	list_for_each_safe(n, tmp, &r->files) {
		struct received *f = list_entry(n, struct received, node);

		if (f->stage != STAGE_MOVE)
			continue;
		record_not_moved(f, "the agent was stopped before it was known what became of it");
		received_free(f);
	}
}

/* ---- deciding ---- */

static void decide(struct received *f)
{
	struct core *core = f->receive->core;
	const struct apptable *apps = rulebook_apps(core->rulebook);
	struct question q = {
		.facts = facts_brief(&f->facts),
		.app = apptable_find(apps, f->record.app),
		.channel = CHANNEL_RECEIVE,
		.uid = f->record.uid,
		.gids = f->gids,
		.n_gids = f->n_gids,
		.path = f->record.path,
		.realtime = f->record.realtime,
		.utc_offset = utc_offset(f->record.realtime),
	};
	struct verdict v;

	/* An application that a new policy no longer has. */
	if (q.app == APP_NONE) {
		received_free(f);
		return;
	}
	q.category = apptable_category(apps, q.app);
	policy_decide(rulebook_policy(core->rulebook), &q, &v);
	if (v.rule == POLICY_RULE_NONE ||
		(v.action == ACTION_ALLOW && v.intended == ACTION_ALLOW)) {
		received_free(f);
		return;
	}
	f->rule = v.rule;
	/* Nothing can be refused any more. */
	f->record.action = action_refuses(v.action) ? ACTION_LOG : v.action;
	f->record.intended = v.intended;
	f->record.policy_version = v.version;
	f->record.facts = q.facts;
	snprintf(f->record.rule, sizeof(f->record.rule), "%s",
		policy_rule_name(rulebook_policy(core->rulebook), v.rule));
	if (f->record.action == ACTION_QUARANTINE) {
		move(f);
		return;
	}
	record(f, NULL);
	received_free(f);
}

static void on_scanned(void *userdata, const struct facts *facts)
{
	struct received *f = userdata;
	struct core *core = f->receive->core;

	f->facts = *facts;
	f->record.cause = RECORD_CAUSE_SCANNED;
	desk_remember(core->desk, &f->record.key, facts);
	if (facts->level != LEVEL_NONE || facts->tags != 0)
		desk_classified(core->desk, f->fd, &f->record.key, facts);
	decide(f);
}

static void unpack_subject(struct unpack *u, struct received *f)
{
	struct gate_record *r = &f->record;
	uint32_t n;

	r->pid = unpack_u32(u);
	r->ppid = unpack_u32(u);
	r->uid = unpack_u32(u);
	r->start_time = unpack_u64(u);
	n = unpack_u32(u);
	if (n > SUBJECTS_GIDS_MAX) {
		u->error = -EPROTO;
		return;
	}
	for (f->n_gids = 0; f->n_gids < n; f->n_gids++)
		f->gids[f->n_gids] = unpack_u32(u);
	unpack_str(u, r->app, sizeof(r->app));
	unpack_str(u, r->identified, sizeof(r->identified));
	unpack_str(u, r->comm, sizeof(r->comm));
	unpack_str(u, r->exe, sizeof(r->exe));
}

/* The last bytes that fit, from a whole character on. */
static void copy_tail(char *ret, size_t size, const char *from)
{
	size_t n = strlen(from);

	if (n >= size) {
		from += n - (size - 1);
		while (((unsigned char)*from & 0xc0) == 0x80)
			from++;
	}
	memcpy(ret, from, strlen(from) + 1);
}

static int unpack_received(const struct wire_frame *frame, struct received *f)
{
	struct unpack u = {frame->body, 0};
	char path[4096];

	unpack_key(&u, &f->record.key);
	unpack_subject(&u, f);
	f->record.realtime = unpack_u64(&u);
	unpack_str(&u, path, sizeof(path));
	f->program = unpack_u8(&u) != 0;
	f->no_writer = unpack_u8(&u) != 0;
	f->record.channel = CHANNEL_RECEIVE;
	f->record.way = RECORD_WAY_WRITTEN;
	f->record.cause = RECORD_CAUSE_KNOWN;
	copy_tail(f->record.path, sizeof(f->record.path), path);
	return unpack_end(&u);
}

static void missed(struct receive *r, uint64_t n, const char *why)
{
	r->missed += n;
	unchecked(incidents_note(r->core->ledger, "gap", "receive",
		"%ju files that applications wrote were not looked at: %s", (uintmax_t)n, why));
}

/* What is known is decided at once; what is not goes to a worker. */
static void look(struct received *f, const char *name)
{
	struct core *core = f->receive->core;

	if (f->no_writer && file_is_storable(f->fd) &&
		store_get(core->store, &f->record.key, rulebook_generation(core->rulebook),
			&f->facts) == 0) {
		decide(f);
		return;
	}
	if (pool_submit(core->pool, f->fd, name, false, core->config.background_cpu_ns, on_scanned,
		    f) < 0) {
		missed(f->receive, 1, "too much is waiting to be read");
		received_free(f);
	}
}

int receive_file(struct receive *r, struct wire_frame *frame)
{
	struct received *f = calloc(1, sizeof(*f));
	struct file_key now;
	int e;

	if (!f) {
		missed(r, 1, "no memory");
		crawl_received(r->core->crawl, crawl_generation(r->core->crawl), frame->id);
		return 0;
	}
	f->receive = r;
	f->fd = -1;
	f->started = clock_realtime();
	list_init(&f->node);
	e = unpack_received(frame, f);
	if (e < 0) {
		free(f);
		return e;
	}
	list_append(&r->files, &f->node);
	r->n++;
	r->seen++;
	f->fd = wire_frame_take_fd(frame, 0);
	f->offer = frame->id;
	f->watch = crawl_generation(r->core->crawl);
	if (file_key_read(f->fd, &now) < 0) {
		received_free(f);
		return -EPROTO;
	}
	/* The descriptor says what file it is: no facts of one are kept for another. */
	f->no_writer = f->no_writer && file_key_eq(&now, &f->record.key);
	f->record.key = now;
	if (r->n > RECEIVE_FILES_MAX) {
		missed(r, 1, "too many at once");
		received_free(f);
		return 0;
	}
	if (f->program && !desk_dropped(r->core->desk, f->fd, &f->record.key, f->record.app))
		unchecked(incidents_note(r->core->ledger, "gap", "receive",
			"a program that %s wrote could not be told to the gate", f->record.app));
	look(f, f->record.path);
	return 0;
}

int receive_missed(struct receive *r, const struct wire_frame *frame)
{
	struct unpack u = {frame->body, 0};
	uint64_t n = unpack_u64(&u);
	int e = unpack_end(&u);

	if (e == 0)
		missed(r, n, "too many at once");
	return e;
}

int receive_new(struct core *core, struct receive **ret)
{
	struct receive *r = calloc(1, sizeof(*r));
	int e;

	if (!r)
		return -ENOMEM;
	r->core = core;
	list_init(&r->files);
	e = loop_timer_new(core->loop, on_timer, r, &r->timer);
	if (e < 0) {
		free(r);
		return e;
	}
	*ret = r;
	return 0;
}

struct receive *receive_free(struct receive *r)
{
	if (!r)
		return NULL;
	list_for_each_safe(n, tmp, &r->files) {
		struct received *f = list_entry(n, struct received, node);

		f->offer = 0;
		received_free(f);
	}
	loop_timer_free(r->timer);
	free(r);
	return NULL;
}

void receive_status(const struct receive *r, struct json *j)
{
	json_key(j, "receive");
	json_object(j);
	json_key_u64(j, "seen", r->seen);
	json_key_u64(j, "recorded", r->recorded);
	json_key_u64(j, "missed", r->missed);
	json_key_u64(j, "quarantined", r->moved);
	json_key_u64(j, "not_quarantined", r->not_moved);
	json_key_u64(j, "in_flight", r->n);
	json_object_end(j);
}
