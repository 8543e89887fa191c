/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate-log: the one process that writes the journal. Owns state-dir/journal and nothing else;
 * may wait for its file alone. All records that arrive in one round share one fdatasync(2).
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "jail/jail.h"
#include "log/writer.h"
#include "wire/child.h"
#include "wire/peer.h"

#define CLIENTS_MAX  8U /* core's sockets: a restarted core brings a new one */
#define TICK_NS      (60 * NSEC_PER_SEC)
#define DRAIN_MAX_NS (2 * NSEC_PER_SEC) /* at the end, for what is on its way */

struct client {
	struct list node;
	struct process *process;
	struct wire_peer *peer;
	uint64_t serial; /* never used again */
};

struct process {
	struct loop *loop;
	struct child *child;
	struct loop_timer *retry, *tick;
	struct writer *writer;
	struct list clients;
	unsigned n_clients;
	uint64_t serials, received;
	bool stopping;
};

static const struct wire_row client_rows[] = {
	{LOG_APPEND, 4, WIRE_BODY_MAX, 0},
	{LOG_SEAL, 4, WIRE_BODY_MAX, 0},
	{LOG_NEW_KEY, 0, 0, 0},
};

static void on_say(void *userdata, const char *text)
{
	(void)userdata;
	fprintf(stderr, "sealgate-log: %s\n", text);
}

static void client_free(struct client *c)
{
	list_remove(&c->node);
	c->process->n_clients--;
	wire_peer_free(c->peer);
	free(c);
}

static void on_done(void *userdata, uint64_t client, uint32_t id, uint64_t seq)
{
	struct process *p = userdata;
	uint8_t body[8];

	for (unsigned i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(seq >> 8 * i);
	list_for_each(n, &p->clients) {
		struct client *c = list_entry(n, struct client, node);

		if (c->serial != client)
			continue;
		/* One that does not read its answers is told nothing more, and sees the end. */
		if (wire_peer_send(
			    c->peer, LOG_APPENDED, id, view_of(body, sizeof(body)), NULL, 0) < 0)
			c->serial = 0;
		return;
	}
}

static int on_client(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct client *c = userdata;
	enum writer_request what;
	struct unpack u;
	struct view payload;

	(void)peer;
	if (!f || c->serial == 0) {
		if (why < 0)
			fprintf(stderr, "sealgate-log: core broke the protocol: %s\n",
				strerror(-why));
		client_free(c);
		return 0;
	}
	u = (struct unpack){f->body, 0};
	what = f->type == LOG_APPEND  ? WRITER_APPEND
		: f->type == LOG_SEAL ? WRITER_SEAL
				      : WRITER_NEW_KEY;
	payload = what == WRITER_NEW_KEY ? VIEW_EMPTY : unpack_view(&u);
	if (unpack_end(&u) < 0) {
		fprintf(stderr, "sealgate-log: core sent a malformed record\n");
		client_free(c);
		return 0;
	}
	c->process->received++;
	writer_add(c->process->writer, c->serial, f->id, what, payload);
	return 0;
}

static int on_peer(void *userdata, enum role role, uint32_t index, int sock)
{
	struct process *p = userdata;
	struct client *c;
	int r;

	(void)index;
	if (role != ROLE_CORE || p->n_clients >= CLIENTS_MAX) {
		fd_close(sock);
		return -EPROTO;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		fd_close(sock);
		return -ENOMEM;
	}
	c->process = p;
	c->serial = ++p->serials;
	r = wire_peer_new(
		p->loop, sock, client_rows, ARRAY_SIZE(client_rows), on_client, c, &c->peer);
	if (r < 0) {
		free(c);
		return r;
	}
	list_append(&p->clients, &c->node);
	p->n_clients++;
	return 0;
}

static int on_stop(void *userdata)
{
	struct process *p = userdata;

	p->stopping = true;
	return 0;
}

static int on_signal(void *userdata, const struct signalfd_siginfo *si)
{
	/* An interrupt at the terminal goes to all processes; the supervisor says what it means. */
	return si->ssi_signo == SIGTERM ? on_stop(userdata) : 0;
}

static int on_retry(void *userdata)
{
	struct process *p = userdata;

	writer_flush(p->writer);
	return 0;
}

static int on_tick(void *userdata)
{
	struct process *p = userdata;

	writer_tick(p->writer);
	loop_timer_set(p->tick, clock_now() + TICK_NS);
	return 0;
}

static int serve(struct process *p)
{
	while (!p->stopping) {
		int r = loop_step(p->loop, -1);

		if (r != 0)
			return r;
		if (writer_waiting(p->writer) > 0 && !writer_retry_at(p->writer))
			writer_flush(p->writer);
		loop_timer_set(p->retry, writer_retry_at(p->writer));
	}
	return 0;
}

/* Takes what is still on its way, writes it, and says what could not be written. */
static int finish(struct process *p)
{
	uint64_t until = clock_now() + DRAIN_MAX_NS, before;

	do {
		before = p->received;
		if (loop_step(p->loop, 0) < 0)
			break;
	} while (p->received != before && clock_now() < until);
	if (writer_waiting(p->writer) > 0 || writer_lost(p->writer) > 0)
		writer_flush(p->writer);
	if (writer_waiting(p->writer) == 0 && writer_lost(p->writer) == 0) {
		writer_end(p->writer);
		return 0;
	}
	child_fatal("%zu records could not be written, %" PRIu64 " were lost before",
		writer_waiting(p->writer), writer_lost(p->writer));
	fprintf(stderr,
		"sealgate-log: %zu records could not be written, %" PRIu64 " were lost before\n",
		writer_waiting(p->writer), writer_lost(p->writer));
	return -EIO;
}

static int confine(const struct config *c, const char *dir, char *ret_note, size_t size)
{
	const char *const dirs[] = {dir, NULL};
	struct jail_options o = {.uid = c->uid, .gid = c->gid, .write_dirs = dirs};
	unsigned layers = 0;
	struct stat st;
	int r;

	/* The confinement is to a directory that exists: one made later would be outside. */
	if (stat(dir, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	r = jail_enter(JAIL_LOG, &o, &layers);
	if (r == 0)
		jail_layers_format(layers, ret_note, size);
	return r;
}

static int set_up(struct process *p, const struct config *c)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	static const struct child_events child_events = {.peer = on_peer, .stop = on_stop};
	static const struct writer_events writer_events = {.done = on_done, .say = on_say};
	const struct journal_limits limits = {
		.segment_bytes = c->journal_segment_bytes,
		.total_bytes = c->journal_total_bytes,
		.keep_ns = c->journal_keep_ns,
		.drop_oldest = c->journal_drop_oldest,
	};
	char dir[4096], note[128];
	int r, n = snprintf(dir, sizeof(dir), "%s/journal", c->state_dir);

	if (n < 0 || (size_t)n >= sizeof(dir))
		return -ENAMETOOLONG;
	r = confine(c, dir, note, sizeof(note));
	if (r == 0)
		r = loop_new(&p->loop);
	if (r == 0)
		r = loop_signals(p->loop, signals, ARRAY_SIZE(signals), on_signal, p);
	if (r == 0)
		r = loop_timer_new(p->loop, on_retry, p, &p->retry);
	if (r == 0)
		r = loop_timer_new(p->loop, on_tick, p, &p->tick);
	if (r == 0)
		r = writer_new(dir, &limits, &writer_events, p, &p->writer);
	if (r == 0)
		r = child_new(p->loop, &child_events, p, &p->child);
	if (r < 0)
		return r;
	/* Opens the journal; where that fails it is tried again, and records wait. */
	writer_flush(p->writer);
	loop_timer_set(p->retry, writer_retry_at(p->writer));
	loop_timer_set(p->tick, clock_now() + TICK_NS);
	return child_ready(p->child, note);
}

static void tear_down(struct process *p)
{
	list_for_each_safe(n, tmp, &p->clients)
		client_free(list_entry(n, struct client, node));
	child_free(p->child);
	writer_free(p->writer);
	loop_timer_free(p->retry);
	loop_timer_free(p->tick);
	loop_free(p->loop);
}

int main(void)
{
	struct process p = {0};
	struct config c = {0};
	int r;

	/* A reader of stderr that is gone must not end the journal. */
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	list_init(&p.clients);
	r = child_config(&c);
	if (r == 0)
		r = set_up(&p, &c);
	if (r < 0) {
		child_fatal("cannot start: %s", strerror(-r));
		fprintf(stderr, "sealgate-log: cannot start: %s\n", strerror(-r));
	} else {
		r = serve(&p);
		if (r >= 0)
			r = finish(&p);
	}
	tear_down(&p);
	config_done(&c);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
