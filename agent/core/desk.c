/* SPDX-License-Identifier: Apache-2.0 */
#include "core/desk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "core/overrides.h"
#include "core/policies.h"
#include "core/rulebook.h"
#include "wire/peer.h"
#include "wire/wire_facts.h"

#define RECENT_MAX   256U /* facts kept in memory for the incidents that follow them */
#define REQUESTS_MAX 4096U
#define WAITING_MAX  256U /* classified files that the gate could not be told of */

struct recent {
	struct file_key key;
	struct facts facts;
	bool used;
};

/* A held open whose facts are being found, or found and waiting for the gate's confirmation. */
struct request {
	struct list node;
	struct desk *desk;
	uint32_t id, gate_generation;
	struct file_key key;
	uint64_t started; /* realtime */
	bool no_writer, trackable, answered;
	struct facts facts;
};

struct classified {
	struct file_key key;
	struct facts_brief brief;
	int fd;
};

struct desk {
	struct core *core;
	struct wire_peer *gate;
	uint32_t gate_generation; /* counts gates: an answer for a dead one is not sent to the next
				   */
	struct list requests;
	uint32_t n_requests;
	struct recent *recent;
	uint32_t next_recent;
	uint64_t asked, from_store, scanned, refused;
	struct classified waiting[WAITING_MAX];
	uint32_t n_waiting;
	uint64_t unmarked; /* of these: no room */
};

static const struct wire_row rows[] = {
	{GATE_CLASSIFY, 57, 57, 1},
	{GATE_CONFIRM, 1, 1, 0},
	{GATE_RECORD, 64, WIRE_BODY_MAX, 0},
};

void desk_remember(struct desk *d, const struct file_key *key, const struct facts *f)
{
	struct recent *r = &d->recent[d->next_recent++ % RECENT_MAX];

	r->key = *key;
	r->facts = *f;
	r->used = true;
}

static const struct facts *find_recent(const struct desk *d, const struct file_key *key)
{
	for (uint32_t i = 0; i < RECENT_MAX; i++) {
		const struct recent *r = &d->recent[(d->next_recent - 1 - i) % RECENT_MAX];

		if (r->used && file_key_eq(&r->key, key))
			return &r->facts;
	}
	return NULL;
}

static void request_free(struct request *q)
{
	list_remove(&q->node);
	q->desk->n_requests--;
	free(q);
}

static void send_facts(struct desk *d, uint32_t id, const struct file_key *key,
	const struct facts *f, bool cacheable, enum failure failure)
{
	struct facts_brief brief = facts_brief(f);
	uint16_t content = overrides_content(d->core->overrides, f);
	struct buf body = BUF_INIT(256);
	struct pack p = {&body, 0};

	pack_key(&p, key);
	pack_brief(&p, &brief);
	pack_u8(&p, (uint8_t)((unsigned)failure << 1 | cacheable));
	pack_u8(&p, (uint8_t)content);
	pack_u8(&p, (uint8_t)(content >> 8));
	/* A gate that cannot be told has its own deadline. */
	if (p.error || wire_peer_send(d->gate, CORE_FACTS, id, buf_view(&body), NULL, 0) < 0)
		d->refused++;
	buf_done(&body);
}

/* Crashed and timed-out verdicts are about this one try, not about the file. */
static bool is_about_the_file(const struct facts *f)
{
	return !(f->reasons & (REASON_BIT(REASON_CRASHED) | REASON_BIT(REASON_TIMED_OUT)));
}

static void on_scanned(void *userdata, const struct facts *f)
{
	struct request *q = userdata;
	struct desk *d = q->desk;
	bool cacheable = q->no_writer && q->trackable && is_about_the_file(f) &&
		file_key_is_settled(&q->key, q->started);

	d->scanned++;
	desk_remember(d, &q->key, f);
	if (!d->gate || q->gate_generation != d->gate_generation) {
		request_free(q);
		return;
	}
	send_facts(d, q->id, &q->key, f, cacheable,
		store_is_incomplete(d->core->store) ? FAILURE_STORE : FAILURE_NONE);
	if (!cacheable) {
		request_free(q);
		return;
	}
	q->facts = *f;
	q->answered = true;
}

static int send_classified(struct desk *d, const struct classified *c)
{
	struct buf body = BUF_INIT(256);
	struct pack p = {&body, 0};
	int r;

	pack_key(&p, &c->key);
	pack_brief(&p, &c->brief);
	r = !d->gate ? -EPIPE : p.error;
	if (r == 0)
		r = wire_peer_send(d->gate, CORE_CLASSIFIED, 0, buf_view(&body), &c->fd, 1);
	buf_done(&body);
	return r;
}

void desk_classified(struct desk *d, int fd, const struct file_key *key, const struct facts *f)
{
	struct classified c = {*key, facts_brief(f), fd};

	if (send_classified(d, &c) == 0)
		return;
	c.fd = d->n_waiting < WAITING_MAX ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (c.fd < 0)
		d->unmarked++;
	else
		d->waiting[d->n_waiting++] = c;
}

bool desk_dropped(struct desk *d, int fd, const struct file_key *key, const char *app)
{
	struct buf body = BUF_INIT(256);
	struct pack p = {&body, 0};
	bool told;

	pack_key(&p, key);
	pack_str(&p, app);
	told = d->gate && !p.error &&
		wire_peer_send(d->gate, CORE_DROPPED, 0, buf_view(&body), &fd, 1) == 0;
	buf_done(&body);
	return told;
}

static void send_waiting(struct desk *d)
{
	while (d->n_waiting > 0) {
		struct classified *c = &d->waiting[d->n_waiting - 1];

		if (send_classified(d, c) < 0)
			return; /* for the next gate */
		fd_close(c->fd);
		d->n_waiting--;
	}
}

static void name_of(int fd, char *ret, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret, size - 1);
	ret[n > 0 ? n : 0] = 0;
}

static int refuse(struct desk *d, uint32_t id, const struct file_key *key, enum failure failure)
{
	struct facts f = {
		.completeness = COMPLETENESS_UNREADABLE, .reasons = failure_reasons(failure)};

	d->refused++;
	send_facts(d, id, key, &f, false, failure);
	return 0;
}

static int on_classify(struct desk *d, struct wire_frame *frame)
{
	struct unpack u = {frame->body, 0};
	struct request *q;
	struct file_key key;
	struct facts known;
	char name[4096];
	bool no_writer;
	int r;

	unpack_key(&u, &key);
	(void)unpack_u32(&u); /* application and process: only for tracing */
	(void)unpack_u32(&u);
	(void)unpack_u64(&u);
	no_writer = unpack_u8(&u) != 0;
	if (unpack_end(&u) < 0)
		return -EPROTO;
	d->asked++;
	if (no_writer && file_is_storable(frame->fds[0]) &&
		store_get(d->core->store, &key, rulebook_generation(d->core->rulebook), &known) ==
			0) {
		d->from_store++;
		desk_remember(d, &key, &known);
		send_facts(d, frame->id, &key, &known, true, FAILURE_NONE);
		return 0;
	}
	q = d->n_requests < REQUESTS_MAX ? calloc(1, sizeof(*q)) : NULL;
	if (!q)
		return refuse(d, frame->id, &key, FAILURE_PRESSURE);
	*q = (struct request){.desk = d,
		.id = frame->id,
		.gate_generation = d->gate_generation,
		.key = key,
		.started = clock_realtime(),
		.no_writer = no_writer,
		.trackable = file_is_trackable(frame->fds[0])};
	list_init(&q->node);
	list_append(&d->requests, &q->node);
	d->n_requests++;
	name_of(frame->fds[0], name, sizeof(name));
	r = pool_submit(d->core->pool, frame->fds[0], name, true, d->core->config.scan_cpu_ns,
		on_scanned, q);
	if (r < 0) {
		request_free(q);
		return refuse(d, frame->id, &key,
			r == -EMFILE || r == -ENFILE ? FAILURE_DESCRIPTORS : FAILURE_PRESSURE);
	}
	return 0;
}

static int on_confirm(struct desk *d, const struct wire_frame *frame)
{
	struct unpack u = {frame->body, 0};
	bool agreed = unpack_u8(&u) != 0;

	list_for_each(n, &d->requests) {
		struct request *q = list_entry(n, struct request, node);

		if (!q->answered || q->id != frame->id || q->gate_generation != d->gate_generation)
			continue;
		/* A store that cannot keep it costs a scan later; status counts it. */
		if (agreed && store_put(d->core->store, &q->key, &q->facts) < 0)
			agreed = false;
		request_free(q);
		break;
	}
	return 0;
}

static int on_record(struct desk *d, const struct wire_frame *frame)
{
	struct unpack u = {frame->body, 0};
	const struct apptable *apps = rulebook_apps(d->core->rulebook);
	const struct policy *policy;
	struct incident_context c;
	struct gate_record record;
	struct facts stored;
	uint64_t tag = (uint64_t)d->gate_generation << 32 | frame->id;
	char rules_version[16];
	uint32_t app, rule;
	bool counted;
	int r;

	unpack_record(&u, &record);
	if (unpack_end(&u) < 0)
		return -EPROTO;
	snprintf(rules_version, sizeof(rules_version), "%08x",
		rulebook_generation(d->core->rulebook));
	app = apptable_find(apps, record.app);
	/* The one that it was judged by, which may just have been followed by another. */
	policy = policies_policy_at(rulebook_policies(d->core->rulebook), record.policy_version);
	rule = policy_find_rule(policy, record.rule);
	c = (struct incident_context){
		.facts = find_recent(d, &record.key),
		.app_name = app == APP_NONE ? record.app : apptable_name(apps, app),
		.message = policy_rule_message(policy, rule),
		.mode = mode_name(policy_rule_mode(policy, rule)),
		.rules_version = rules_version,
		.omit_names = (enum level)d->core->config.journal_omit_names,
		.packages = d->core->packages,
		.control = d->core->control,
		.justify = d->core->justify,
		.copies = policy_rule_keeps_evidence(policy, rule) ? d->core->copies : NULL,
	};
	if (!c.facts &&
		store_get(d->core->store, &record.key, rulebook_generation(d->core->rulebook),
			&stored) == 0)
		c.facts = &stored;
	/* An answer given without facts is told as it was given. */
	if (c.facts && record.cause != RECORD_CAUSE_KNOWN && record.cause != RECORD_CAUSE_SCANNED &&
		record.cause != RECORD_CAUSE_STORE)
		c.facts = NULL;
	if (!d->core->incidents)
		return 0; /* stopping: the gate keeps it for the next core */
	r = incidents_add(d->core->incidents, &record, &c, tag, &counted);
	if (r == 0 && counted)
		desk_recorded(d, tag);
	return 0; /* what the ledger could not take is counted there, and the gate keeps it */
}

void desk_recorded(struct desk *d, uint64_t tag)
{
	if (d->gate && tag >> 32 == d->gate_generation &&
		wire_peer_send(d->gate, CORE_RECORDED, (uint32_t)tag, VIEW_EMPTY, NULL, 0) < 0)
		d->refused++;
}

/* Requests in the pool's hands stay until it calls back. */
static void drop_answered(struct desk *d)
{
	list_for_each_safe(n, tmp, &d->requests) {
		struct request *q = list_entry(n, struct request, node);

		if (q->answered)
			request_free(q);
	}
}

static int on_frame(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct desk *d = userdata;
	int r = -EPROTO;

	(void)why;
	if (f) {
		switch (f->type) {
		case GATE_CLASSIFY: r = on_classify(d, f); break;
		case GATE_CONFIRM: r = on_confirm(d, f); break;
		case GATE_RECORD: r = on_record(d, f); break;
		}
		if (r == 0)
			return 0;
	}
	d->gate = wire_peer_free(peer);
	drop_answered(d);
	return 0;
}

int desk_new(struct core *core, struct desk **ret)
{
	struct desk *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->core = core;
	list_init(&d->requests);
	d->recent = calloc(RECENT_MAX, sizeof(*d->recent));
	if (!d->recent) {
		free(d);
		return -ENOMEM;
	}
	*ret = d;
	return 0;
}

struct desk *desk_free(struct desk *d)
{
	if (!d)
		return NULL;
	wire_peer_free(d->gate);
	list_for_each_safe(n, tmp, &d->requests)
		request_free(list_entry(n, struct request, node));
	while (d->n_waiting > 0)
		fd_close(d->waiting[--d->n_waiting].fd);
	free(d->recent);
	free(d);
	return NULL;
}

int desk_gate(struct desk *d, int sock)
{
	int r;

	wire_peer_free(d->gate);
	d->gate = NULL;
	d->gate_generation++;
	drop_answered(d);
	r = wire_peer_new(d->core->loop, sock, rows, ARRAY_SIZE(rows), on_frame, d, &d->gate);
	if (r == 0)
		send_waiting(d);
	return r;
}

void desk_status(const struct desk *d, struct json *j)
{
	json_key(j, "gate_requests");
	json_object(j);
	json_key_bool(j, "connected", d->gate != NULL);
	json_key_u64(j, "asked", d->asked);
	json_key_u64(j, "from_store", d->from_store);
	json_key_u64(j, "scanned", d->scanned);
	json_key_u64(j, "refused", d->refused);
	json_key_u64(j, "in_flight", d->n_requests);
	json_key_u64(j, "unmarked", d->unmarked);
	json_object_end(j);
}
