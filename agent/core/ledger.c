/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "wire/pack.h"
#include "wire/peer.h"
#include "wire/protocol.h"

/* Frames on their way to log at a time: log syncs what it has read in one go. */
#define SENT_MAX 256U

struct entry {
	struct list node;
	uint32_t id;
	uint16_t type;
	uint64_t tag;
	size_t n;
	uint8_t payload[];
};

struct ledger {
	struct loop *loop;
	struct wire_peer *log;
	ledger_done_fn done;
	void *userdata;
	struct list sent;   /* waiting for LOG_APPENDED, oldest first */
	struct list unsent; /* waiting for room, oldest first */
	uint32_t n, n_sent, next_id;
	uint64_t appended, lost, lost_told, last_seq;
};

static const struct wire_row rows[] = {
	{LOG_APPENDED, 8, 8, 0},
};

static int send_entry(struct ledger *g, const struct entry *e)
{
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};
	int r;

	if (e->type != LOG_NEW_KEY)
		pack_view(&p, view_of(e->payload, e->n));
	r = p.error ? p.error : wire_peer_send(g->log, e->type, e->id, buf_view(&body), NULL, 0);
	buf_done(&body);
	return r;
}

static void pump(struct ledger *g)
{
	while (g->log && g->n_sent < SENT_MAX && !list_is_empty(&g->unsent)) {
		struct entry *e = list_first(&g->unsent, struct entry, node);

		if (send_entry(g, e) < 0)
			return; /* the end of the peer is told by its callback */
		list_remove(&e->node);
		list_append(&g->sent, &e->node);
		g->n_sent++;
	}
}

/* What log had not acknowledged goes back in front, in order. */
static void unsend(struct ledger *g)
{
	while (!list_is_empty(&g->sent)) {
		struct list *last = g->sent.prev;

		list_remove(last);
		list_prepend(&g->unsent, last);
	}
	g->n_sent = 0;
}

/* Once there is room again, what was lost is said in the journal itself. */
static void tell_lost(struct ledger *g)
{
	struct buf b = BUF_INIT(1024);
	struct json j;
	char now[CLOCK_TEXT_MAX];

	if (g->lost == g->lost_told || g->n >= LEDGER_MAX / 2)
		return;
	clock_format(clock_realtime(), now);
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "kind", "gap");
	json_key_str(&j, "what", "ledger-full");
	json_key_str(&j, "to", now);
	json_key_u64(&j, "lost", g->lost - g->lost_told);
	json_key_str(&j, "text", "records were dropped because the journal could not be written");
	json_object_end(&j);
	g->lost_told = g->lost;
	if (json_error(&j) < 0 || ledger_add(g, buf_view(&b), 0) < 0)
		g->lost_told = 0;
	buf_done(&b);
}

static int on_frame(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct ledger *g = userdata;
	struct unpack u;
	uint64_t seq;

	(void)why;
	if (!f) {
		wire_peer_free(peer);
		g->log = NULL;
		unsend(g);
		return 0;
	}
	u = (struct unpack){f->body, 0};
	seq = unpack_u64(&u);
	/* Log answers in order: the entry is at the front, but for a restart in between. */
	list_for_each_safe(n, tmp, &g->sent) {
		struct entry *e = list_entry(n, struct entry, node);

		if (e->id != f->id)
			continue;
		list_remove(n);
		g->n--;
		g->n_sent--;
		g->appended++;
		g->last_seq = seq;
		g->done(g->userdata, e->tag, seq);
		free(e);
		break;
	}
	tell_lost(g);
	pump(g);
	return 0;
}

int ledger_new(struct loop *l, ledger_done_fn done, void *userdata, struct ledger **ret)
{
	struct ledger *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->loop = l;
	g->done = done;
	g->userdata = userdata;
	list_init(&g->sent);
	list_init(&g->unsent);
	*ret = g;
	return 0;
}

struct ledger *ledger_free(struct ledger *g)
{
	if (!g)
		return NULL;
	unsend(g);
	list_for_each_safe(n, tmp, &g->unsent) {
		list_remove(n);
		free(list_entry(n, struct entry, node));
	}
	wire_peer_free(g->log);
	free(g);
	return NULL;
}

int ledger_log(struct ledger *g, int sock)
{
	int r;

	g->log = wire_peer_free(g->log);
	unsend(g);
	r = wire_peer_new(g->loop, sock, rows, ARRAY_SIZE(rows), on_frame, g, &g->log);
	/* What the dead one had appended but not answered may stand twice; never not at all.
	   Readers know incidents by their id. */
	if (r == 0)
		pump(g);
	return r;
}

int ledger_add(struct ledger *g, struct view payload, uint64_t tag)
{
	return ledger_request(g, LOG_APPEND, payload, tag);
}

int ledger_request(struct ledger *g, uint16_t type, struct view payload, uint64_t tag)
{
	struct entry *e = g->n < LEDGER_MAX ? calloc(1, sizeof(*e) + payload.n) : NULL;

	if (!e) {
		g->lost++;
		return -ENOBUFS;
	}
	list_init(&e->node);
	e->id = ++g->next_id;
	e->type = type;
	e->tag = tag;
	e->n = payload.n;
	if (payload.n > 0)
		memcpy(e->payload, payload.p, payload.n);
	list_append(&g->unsent, &e->node);
	g->n++;
	pump(g);
	return 0;
}

uint32_t ledger_waiting(const struct ledger *g)
{
	return g->n;
}

uint64_t ledger_appended(const struct ledger *g)
{
	return g->appended;
}

uint64_t ledger_lost(const struct ledger *g)
{
	return g->lost;
}

uint64_t ledger_last_seq(const struct ledger *g)
{
	return g->last_seq;
}
