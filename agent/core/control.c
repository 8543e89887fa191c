/* SPDX-License-Identifier: Apache-2.0 */
#include "core/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "core/console.h"
#include "core/control_caller.h"
#include "core/crawl.h"
#include "core/desk.h"
#include "core/inventory.h"
#include "core/justify.h"
#include "core/marks.h"
#include "core/policies.h"
#include "core/receive.h"
#include "core/overrides.h"
#include "core/rulebook.h"
#include "wire/pack.h"
#include "wire/peer.h"
#include "wire/vault.h"
#include "wire/review.h"

struct control {
	struct core *core;
	int listen_fd;
	struct loop_source *source;
	struct loop_timer *timer;  /* a supervisor that does not answer is not waited for */
	struct loop_timer *resume; /* connections that could not be taken are asked for again */
	bool told;                 /* that there are such */
	struct list callers;
	uint32_t n_callers;
	uint64_t n_reviews;
	struct marks *marks;
	uint32_t n_vaults;
	int posture; /* what is known of programs: text; -1: nothing yet */
};

#define SUPERVISOR_WAIT_NS NSEC_PER_SEC
#define ACCEPT_PAUSE_NS    NSEC_PER_SEC

static const struct wire_row rows[] = {
	{CTL_STATUS, 0, 0, 0},
	{CTL_RELOAD, 0, 0, 0},
	{CTL_INVENTORY, 9, 9000, 0},
	{CTL_RESCAN, 0, 0, 0},
	{CTL_REVIEW, 37, 8192, 0},
	{CTL_POLICY_APPLY, 9, 9 + VERSIONS_REASON_MAX, 1},
	{CTL_POLICY_ROLLBACK, 12, 12 + VERSIONS_REASON_MAX, 0},
	{CTL_POLICY_HISTORY, 4, 4, 0},
	{CTL_POLICY_SHOW, 4, 4, 0},
	{CTL_VAULT, 9, 8192, 0},
	{CTL_OVERRIDE, 57, 1024, 0},
	{CTL_PROGRAMS, 0, 0, 0},
	{CTL_NOTICES, 0, 1, 0},
	{CTL_JUSTIFY, 13, 1024, 0},
	{CTL_CONSOLE_TOKEN, 0, 0, 0},
	{CTL_CONSOLE_LOGIN, 4, 4 + CONSOLE_SECRET_SIZE, 0},
	{CTL_CONSOLE_AS, 4, 4 + CONSOLE_SECRET_SIZE, 0},
	{CTL_CONSOLE_END, 4, 4 + CONSOLE_SECRET_SIZE, 0},
};

static void caller_free(struct caller *c)
{
	caller_forget_policy(c);
	wire_peer_free(c->peer);
	list_remove(&c->node);
	c->control->n_callers--;
	free(c);
}

static int send_text(struct caller *c, uint32_t id, uint8_t outcome, struct view text)
{
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};
	int r;

	pack_u8(&p, outcome);
	pack_view(&p, text);
	r = p.error ? p.error : wire_peer_send(c->peer, CTL_TEXT, id, buf_view(&body), NULL, 0);
	buf_done(&body);
	return r;
}

int caller_send_text(struct caller *c, uint32_t id, bool failed, struct view text)
{
	return send_text(c, id, failed, text);
}

int caller_send_late(struct caller *c, uint32_t id, struct view text)
{
	return send_text(c, id, CTL_TEXT_LATE, text);
}

int caller_send_forbidden(struct caller *c, uint32_t id, struct view text)
{
	return send_text(c, id, CTL_TEXT_FORBIDDEN, text);
}

static void write_scan(const struct core *core, struct json *j)
{
	struct pool_counts n;

	pool_count(core->pool, &n);
	json_key(j, "scan");
	json_object(j);
	json_key_u64(j, "workers", n.workers);
	json_key_u64(j, "idle", n.idle);
	json_key_u64(j, "waiting_urgent", n.waiting_urgent);
	json_key_u64(j, "waiting_background", n.waiting_background);
	json_key_u64(j, "done", n.done);
	json_key_u64(j, "crashed", n.crashed);
	json_key_u64(j, "timed_out", n.timed_out);
	json_object_end(j);
}

static void write_journal(const struct core *core, struct json *j)
{
	json_key(j, "store");
	json_object(j);
	json_key_u64(j, "files", store_count(core->store));
	json_key_u64(j, "failed", store_failed(core->store));
	json_key_u64(j, "lost", store_lost(core->store));
	json_key_bool(j, "incomplete", store_is_incomplete(core->store));
	json_object_end(j);
	json_key(j, "journal");
	json_object(j);
	json_key_u64(j, "incidents", core->incidents ? incidents_count(core->incidents) : 0);
	json_key_u64(
		j, "retries_counted", core->incidents ? incidents_retries(core->incidents) : 0);
	json_key_u64(j, "appended", ledger_appended(core->ledger));
	json_key_u64(j, "waiting", ledger_waiting(core->ledger));
	json_key_u64(j, "lost", ledger_lost(core->ledger));
	json_key_u64(j, "last_seq", ledger_last_seq(core->ledger));
	json_object_end(j);
}

/* `supervisor` is an object already, or empty. */
static int write_status(const struct core *core, struct view supervisor, struct buf *ret)
{
	struct json j;
	char started[CLOCK_TEXT_MAX];

	clock_format(core->started, started);
	json_init(&j, ret);
	json_object(&j);
	json_key_str(&j, "version", SEALGATE_VERSION);
	json_key_str(&j, "started", started);
	rulebook_status(core->rulebook, &j);
	desk_status(core->desk, &j);
	write_scan(core, &j);
	write_journal(core, &j);
	console_status(core->console, &j);
	crawl_status(core->crawl, &j);
	inventory_status(core->inventory, &j);
	receive_status(core->receive, &j);
	json_key_bool(
		&j, "evidence_wanted", policy_keeps_evidence(rulebook_policy(core->rulebook)));
	json_key(&j, "supervisor");
	json_raw(&j, supervisor.n ? supervisor : view_str("null"));
	json_object_end(&j);
	return json_error(&j);
}

static int answer_status(struct caller *c, uint32_t id, struct view supervisor)
{
	struct buf b = BUF_INIT(0);
	int r = write_status(c->control->core, supervisor, &b);

	if (r == 0)
		r = caller_send_text(c, id, false, buf_view(&b));
	buf_done(&b);
	return r;
}

static void answer_waiting(struct control *ctl, struct view supervisor)
{
	list_for_each_safe(n, tmp, &ctl->callers) {
		struct caller *c = list_entry(n, struct caller, node);

		if (!c->waiting)
			continue;
		c->waiting = false;
		if (answer_status(c, c->waiting_id, supervisor) < 0)
			caller_free(c);
	}
	loop_timer_set(ctl->timer, 0);
}

void control_supervisor_status(struct control *c, struct view json)
{
	answer_waiting(c, json);
}

static int on_timer(void *userdata)
{
	answer_waiting(userdata, VIEW_EMPTY);
	return 0;
}

static int on_status(struct caller *c, uint32_t id)
{
	struct control *ctl = c->control;
	bool asked = false;

	list_for_each(n, &ctl->callers)
		asked |= list_entry(n, struct caller, node)->waiting;
	c->waiting = true;
	c->waiting_id = id;
	if (asked)
		return 0;
	if (child_send(ctl->core->child, CORE_STATUS_GET, 0, VIEW_EMPTY, NULL, 0) < 0)
		answer_waiting(ctl, VIEW_EMPTY);
	else
		loop_timer_set(ctl->timer, clock_now() + SUPERVISOR_WAIT_NS);
	return 0;
}

/* The ledger calls control_appended() when it is durable. */
static int submit_review(struct caller *c, struct review *r)
{
	static const uint16_t types[] = {
		[REVIEW_MARK] = LOG_APPEND,
		[REVIEW_REVEAL] = LOG_APPEND,
		[REVIEW_CHECKPOINT] = LOG_SEAL,
		[REVIEW_NEW_KEY] = LOG_NEW_KEY,
		[REVIEW_STATEMENT] = LOG_SEAL,
		[REVIEW_COURIER_EXPORT] = LOG_SEAL,
		[REVIEW_COURIER_IMPORT] = LOG_SEAL,
		[REVIEW_COURIER_RECEIPT] = LOG_SEAL,
		[REVIEW_EVIDENCE] = LOG_APPEND,
	};
	struct control *ctl = c->control;
	struct buf payload = BUF_INIT(64U << 10);
	char user[INCIDENTS_USER_SIZE];
	int e;

	incidents_user_name(c->uid, user);
	r->via = c->as ? "console" : NULL;
	e = review_payload(r, c->uid, user, &payload);
	if (e == 0) {
		c->review_tag = CONTROL_TAG | ++ctl->n_reviews;
		if (r->what == REVIEW_MARK)
			marks_begin(ctl->marks, r->id, c->uid, c->review_tag);
		e = ledger_request(
			ctl->core->ledger, types[r->what], buf_view(&payload), c->review_tag);
	}
	buf_done(&payload);
	if (e < 0) {
		marks_end(ctl->marks, c->review_tag, 0);
		c->review_tag = 0;
	}
	return e;
}

static int on_review(struct caller *c, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct review r;
	const char *why;

	unpack_review(&u, &r);
	if (unpack_end(&u) < 0 || c->review_tag)
		return -EPROTO;
	if (!c->reviewer)
		return caller_send_text(c, f->id, true,
			view_str(
				"only root and the reviewers' group (agent.yaml: reviewers) may do "
				"this\n"));
	why = review_refused(&r);
	if (why)
		return caller_send_text(c, f->id, true, view_str(why));
	if (r.what == REVIEW_MARK && marks_is_late(c->control->marks, r.id, c->uid, r.seen))
		return caller_send_late(c, f->id,
			view_str("somebody else has marked this incident meanwhile: look at it "
				 "again\n"));
	c->review_id = f->id;
	if (submit_review(c, &r) < 0)
		return caller_send_text(
			c, f->id, true, view_str("the journal takes nothing now\n"));
	return 0;
}

void control_appended(struct control *ctl, uint64_t tag, uint64_t seq)
{
	char text[64];

	marks_end(ctl->marks, tag, seq);
	list_for_each_safe(n, tmp, &ctl->callers) {
		struct caller *c = list_entry(n, struct caller, node);

		if (c->review_tag != tag)
			continue;
		c->review_tag = 0;
		snprintf(text, sizeof(text), "{\"seq\":%llu}", (unsigned long long)seq);
		if (caller_send_text(c, c->review_id, seq == 0, view_str(text)) < 0)
			caller_free(c);
		return;
	}
}

#define VAULT_ASKS (UINT32_C(1) << 31) /* core's own numbers are below */

static int on_vault(struct caller *c, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct control *ctl = c->control;
	char id[VAULT_ID_MAX], folder[4096];

	if (c->uid != 0 && c->uid != getuid())
		return caller_send_text(c, f->id, true, view_str("only root may do this\n"));
	(void)unpack_enum(&u, VAULT_REQUEST_MAX);
	unpack_str(&u, id, sizeof(id));
	unpack_str(&u, folder, sizeof(folder));
	if (unpack_end(&u) < 0 || c->vault_asks)
		return -EPROTO;
	c->vault_id = f->id;
	c->vault_asks = VAULT_ASKS | (++ctl->n_vaults & ~VAULT_ASKS);
	if (child_send(ctl->core->child, CORE_VAULT, c->vault_asks, f->body, NULL, 0) < 0) {
		c->vault_asks = 0;
		return caller_send_text(
			c, f->id, true, view_str("the supervisor cannot be asked\n"));
	}
	return 0;
}

void control_vault_done(struct control *ctl, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	bool failed = unpack_enum(&u, VAULT_OUTCOME_MAX) != VAULT_MOVED;
	char id[VAULT_ID_MAX], why[512];

	unpack_str(&u, id, sizeof(id));
	(void)unpack_u32(&u);
	unpack_str(&u, why, sizeof(why));
	if (unpack_end(&u) < 0)
		return;
	list_for_each_safe(n, tmp, &ctl->callers) {
		struct caller *c = list_entry(n, struct caller, node);

		if (!c->vault_asks || c->vault_asks != f->id)
			continue;
		c->vault_asks = 0;
		if (caller_send_text(c, c->vault_id, failed, view_str(why)) < 0)
			caller_free(c);
	}
}

static int on_override(struct caller *c, const struct wire_frame *f)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(256U << 10);
	struct unpack u = {f->body, 0};
	struct override_request r;
	int e;

	unpack_override(&u, &r);
	if (unpack_end(&u) < 0)
		return -EPROTO;
	if (c->uid != 0 && c->uid != getuid())
		return caller_send_text(
			c, f->id, true, view_str("only root may see or change overrides\n"));
	e = overrides_request(c->control->core->overrides, &r, c->uid, &text);
	return e < 0 ? e : caller_send_text(c, f->id, e > 0, buf_view(&text));
}

static int on_inventory(struct caller *c, const struct wire_frame *f)
{
	struct core *core = c->control->core;
	struct buf b = BUF_INIT(WIRE_BODY_MAX);
	struct unpack u = {f->body, 0};
	char after[4096], below[4096];
	enum level level;
	struct json j;
	int r;

	unpack_str(&u, after, sizeof(after));
	level = (enum level)unpack_enum(&u, LEVEL_MAX);
	unpack_str(&u, below, sizeof(below));
	if (unpack_end(&u) < 0)
		return -EPROTO;
	json_init(&j, &b);
	json_object(&j);
	r = inventory_list(core->inventory,
		&(struct inventory_ask){
			/* Who looks after incidents in the console knows of everybody's documents,
			   and of names what incidents show. */
			.uid = c->as &&
					c->roles &
						(CONSOLE_ROLE(CONSOLE_REVIEWER) |
							CONSOLE_ROLE(CONSOLE_AUDITOR))
				? 0
				: c->uid,
			.after = after,
			.level = level,
			.below = below,
			.hide = c->as ? (enum level)core->config.journal_hide_names : LEVEL_MAX,
		},
		&j);
	crawl_status(core->crawl, &j);
	json_object_end(&j);
	if (r == 0)
		r = json_error(&j);
	r = caller_send_text(
		c, f->id, r < 0, r < 0 ? view_str("the inventory cannot be read\n") : buf_view(&b));
	buf_done(&b);
	return r;
}

static int on_rescan(struct caller *c, uint32_t id)
{
	struct crawl *crawl = c->control->core->crawl;

	if (c->uid != 0)
		return caller_send_text(
			c, id, true, view_str("only root may have everything read\n"));
	crawl_rescan(crawl);
	return caller_send_text(c, id, false, VIEW_EMPTY);
}

int control_posture(struct control *c, int fd)
{
	fd_close(c->posture);
	c->posture = fd;
	return 0;
}

static int on_programs(struct caller *c, uint32_t id)
{
	struct buf text = BUF_INIT(WIRE_BODY_MAX - 64);
	int r = c->control->posture < 0 ? 0 : fd_read_all(c->control->posture, text.max - 1, &text);

	if (r == 0 || r == -E2BIG) /* the first lines are better than none */
		r = caller_send_text(c, id, false, buf_view(&text));
	buf_done(&text);
	return r;
}

bool control_has_listener(const struct control *ctl, uint32_t uid)
{
	list_for_each(n, &ctl->callers) {
		const struct caller *c = list_entry(n, struct caller, node);

		if (c->wants_notices && c->uid == uid)
			return true;
	}
	return false;
}

static int send_notice(struct caller *c, const struct notice *notice)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};

	pack_notice(&p, notice, c->form);
	return p.error ? 0 : wire_peer_send(c->peer, CTL_NOTICE, 0, buf_view(&body), NULL, 0);
}

void control_notify(struct control *ctl, uint32_t uid, const struct notice *notice)
{
	const struct policy *policy = rulebook_policy(ctl->core->rulebook);
	struct notice told = *notice;

	told.reason = policy_justify_reason(policy);
	told.minutes = policy_justify_minutes(policy);
	list_for_each_safe(n, tmp, &ctl->callers) {
		struct caller *c = list_entry(n, struct caller, node);

		/* One that does not read is not waited for. */
		if (c->wants_notices && c->uid == uid && send_notice(c, &told) < 0)
			caller_free(c);
	}
}

static int on_notices(struct caller *c, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};

	c->form = f->body.n > 0 ? (enum notice_form)unpack_enum(&u, NOTICE_FORM_MAX) : NOTICE_PLAIN;
	c->wants_notices = u.error == 0;
	return u.error;
}

static int on_justify(struct caller *c, const struct wire_frame *f)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(WIRE_BODY_MAX - 64);
	struct unpack u = {f->body, 0};
	struct justify_request r;
	int e;

	unpack_justify(&u, &r);
	if (unpack_end(&u) < 0)
		return -EPROTO;
	e = justify_request(c->control->core->justify, &r, c->uid, &text);
	return e < 0 ? e : caller_send_text(c, f->id, e > 0, buf_view(&text));
}

static int on_request(struct caller *c, struct wire_frame *f)
{
	if (!caller_may_now(c, f->type))
		return -EPROTO;
	switch (f->type) {
	case CTL_STATUS: return on_status(c, f->id);
	case CTL_RELOAD: return caller_on_reload(c, f->id);
	case CTL_REVIEW: return on_review(c, f);
	case CTL_POLICY_APPLY: return caller_on_apply(c, f);
	case CTL_POLICY_ROLLBACK: return caller_on_rollback(c, f);
	case CTL_POLICY_HISTORY: return caller_on_history(c, f);
	case CTL_POLICY_SHOW: return caller_on_show(c, f);
	case CTL_VAULT: return on_vault(c, f);
	case CTL_OVERRIDE: return on_override(c, f);
	case CTL_INVENTORY: return on_inventory(c, f);
	case CTL_RESCAN: return on_rescan(c, f->id);
	case CTL_PROGRAMS: return on_programs(c, f->id);
	case CTL_NOTICES: return on_notices(c, f);
	case CTL_JUSTIFY: return on_justify(c, f);
	case CTL_CONSOLE_TOKEN: return caller_on_token(c, f->id);
	case CTL_CONSOLE_LOGIN: return caller_on_login(c, f);
	case CTL_CONSOLE_AS: return caller_on_as(c, f);
	case CTL_CONSOLE_END: return caller_on_end(c, f);
	default: return -EPROTO;
	}
}

static int on_frame(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct caller *c = userdata;
	int r = -EPROTO;

	(void)peer;
	(void)why;
	if (f)
		r = on_request(c, f);
	if (r < 0)
		caller_free(c);
	return 0;
}

static unsigned count_of(const struct control *ctl, uint32_t uid)
{
	unsigned ret = 0;

	list_for_each(n, &ctl->callers)
		ret += list_entry(n, struct caller, node)->peer_uid == uid;
	return ret;
}

static bool has_place(const struct control *ctl, uint32_t uid)
{
	if (uid == 0)
		return ctl->n_callers < CONTROL_PEERS_MAX;
	return ctl->n_callers < CONTROL_PEERS_MAX - CONTROL_ROOT_MIN &&
		count_of(ctl, uid) < CONTROL_USER_MAX;
}

/* Without descriptors or memory the connection stays ready for ever: core would do nothing else. */
static void pause_connections(struct control *ctl, int error)
{
	if (error == EAGAIN || error == EINTR || error == ECONNABORTED ||
		loop_source_events(ctl->source, 0) < 0)
		return;
	loop_timer_set(ctl->resume, clock_now() + ACCEPT_PAUSE_NS);
	if (!ctl->told)
		unchecked(incidents_note(ctl->core->ledger, "gap", "control",
			"nobody could be answered for a time: %s", strerror(error)));
	ctl->told = true;
}

static int on_resume(void *userdata)
{
	struct control *ctl = userdata;

	if (ctl->source && loop_source_events(ctl->source, EPOLLIN) < 0)
		loop_timer_set(ctl->resume, clock_now() + ACCEPT_PAUSE_NS);
	return 0;
}

static int on_connect(void *userdata, int fd, uint32_t events)
{
	struct control *ctl = userdata;
	int sock = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred cred;
	socklen_t n = sizeof(cred);
	struct caller *c;

	(void)events;
	if (sock < 0) {
		pause_connections(ctl, errno);
		return 0;
	}
	ctl->told = false;
	c = getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 && has_place(ctl, cred.uid)
		? calloc(1, sizeof(*c))
		: NULL;
	if (!c) {
		fd_close(sock);
		return 0;
	}
	*c = (struct caller){.control = ctl,
		.uid = cred.uid,
		.peer_uid = cred.uid,
		.core = ctl->core,
		.reviewer = caller_is_member(sock, &cred, ctl->core->config.reviewers_gid),
		.may_apply = caller_is_member(sock, &cred, ctl->core->config.policy_gid)};
	caller_take_roles(c, sock, &cred);
	list_init(&c->node);
	if (wire_peer_new(ctl->core->loop, sock, rows, ARRAY_SIZE(rows), on_frame, c, &c->peer) <
		0) {
		free(c);
		return 0;
	}
	wire_peer_turn(c->peer, 1); /* the gate has questions, too */
	list_append(&ctl->callers, &c->node);
	ctl->n_callers++;
	return 0;
}

int control_new(struct core *core, struct control **ret)
{
	struct control *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->core = core;
	c->listen_fd = c->posture = -1;
	list_init(&c->callers);
	r = marks_new(&c->marks);
	if (r == 0)
		r = loop_timer_new(core->loop, on_timer, c, &c->timer);
	if (r == 0)
		r = loop_timer_new(core->loop, on_resume, c, &c->resume);
	if (r < 0) {
		loop_timer_free(c->timer);
		marks_free(c->marks);
		free(c);
		return r;
	}
	*ret = c;
	return 0;
}

struct control *control_free(struct control *c)
{
	if (!c)
		return NULL;
	list_for_each_safe(n, tmp, &c->callers)
		caller_free(list_entry(n, struct caller, node));
	loop_source_remove(c->source);
	loop_timer_free(c->timer);
	loop_timer_free(c->resume);
	marks_free(c->marks);
	fd_close(c->listen_fd);
	fd_close(c->posture);
	free(c);
	return NULL;
}

int control_listen(struct control *c, int sock)
{
	c->source = loop_source_remove(c->source);
	fd_close(c->listen_fd);
	c->listen_fd = sock;
	return loop_add(c->core->loop, sock, EPOLLIN, on_connect, c, &c->source);
}
