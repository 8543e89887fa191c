/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate-watch: finds documents before anybody opens them and hands their descriptors to core.
 * Only makes things fast: correctness rests on the held open. Reads directories, and of
 * contents only the first bytes of what applications write, which tell a program.
 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arrivals.h"
#include "base/clock.h"
#include "base/fd.h"
#include "jail/jail.h"
#include "offers.h"
#include "pace.h"
#include "pending.h"
#include "watcher.h"
#include "wire/child.h"
#include "wire/peer.h"

/* A file changed this very moment waits so long, and so often, before it is offered all the same
   (then without the promise that it holds still). */
#define SETTLE_NS    (50 * NSEC_PER_MSEC)
#define SETTLE_TRIES 20U

#define STATE_NS NSEC_PER_SEC

/* Of ioprio_set(2), whose header the C library does not have. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE        (3 << 13)

#define CAP_BIT(c) (UINT64_C(1) << (c))

static const struct wire_row core_rows[] = {
	{CORE_WATCHED, 1, 1, 0},
	{CORE_RECEIVED, 0, 0, 0},
	{CORE_RESCAN, 0, 0, 0},
};

struct state {
	uint64_t files, files_left;
	struct watcher_counts counts;
	enum watch_pause why;
	uint64_t walks, last_walk; /* that came to their end, their files too; realtime */
};

struct watch {
	struct loop *loop;
	struct child *child;
	struct wire_peer *core;
	struct watcher *watcher;
	struct pendings pendings;
	struct offers offers;
	struct arrivals *arrivals;
	struct loop_timer *pump, *tell, *step;
	struct pace pace;
	struct state told;
	struct buf note, told_note;
};

static void full_path(
	const struct watch *w, uint32_t root, const char *path, char *ret, size_t size)
{
	const char *top = watcher_root(w->watcher, root);

	snprintf(ret, size, "%s/%s", strcmp(top, "/") == 0 ? "" : top, path);
}

/* Offers one file. 0, or -errno that ends the process. */
static int offer(struct watch *w, struct pending *e)
{
	char path[8192];
	bool settled, no_writer;
	struct file_key key;
	int fd = watcher_open(w->watcher, e->root, e->path), r;

	if (fd < 0 || file_key_read(fd, &key) < 0) {
		fd_close(fd);
		pending_free(e);
		return 0; /* gone, no file, or noted as unreadable */
	}
	settled = file_key_is_settled(&key, clock_realtime());
	no_writer = file_has_no_writer(fd);
	if (!settled && e->tries < SETTLE_TRIES) {
		fd_close(fd);
		pendings_again(&w->pendings, e, clock_now() + SETTLE_NS);
		return 0;
	}
	if (e->found == FOUND_CREATED && !no_writer) {
		fd_close(fd); /* its writer will close it, and that is an event */
		pending_free(e);
		return 0;
	}
	full_path(w, e->root, e->path, path, sizeof(path));
	r = offers_send(
		&w->offers, w->core, fd, &key, path, no_writer, settled, e->found != FOUND_CRAWL);
	pending_free(e);
	return r == -EPIPE || r == -ECONNRESET ? 0 : r;
}

static int on_pump(void *userdata)
{
	struct watch *w = userdata;
	uint64_t next;
	int r = 0;

	while (r == 0 && w->core && w->offers.n < OFFERS_MAX) {
		struct pending *e = pendings_take(&w->pendings, clock_now());

		if (!e)
			break;
		r = offer(w, e);
	}
	if (r < 0)
		return r;
	if (!pendings_crawl_full(&w->pendings))
		watcher_resume(w->watcher);
	next = pendings_next(&w->pendings);
	if (w->core && w->offers.n < OFFERS_MAX && next != UINT64_MAX)
		loop_timer_set(w->pump, next ? next : clock_now());
	return 0;
}

static void pump_soon(struct watch *w)
{
	loop_timer_set(w->pump, clock_now());
}

static int on_file(void *userdata, uint32_t root, const char *path, enum found found)
{
	struct watch *w = userdata;
	int r = pendings_add(&w->pendings, root, path, found);

	if (r == -ENOBUFS) {
		/* Too much at once to remember: look at everything, at the crawl's own pace. */
		watcher_rescan(w->watcher);
		r = 0;
	}
	if (r == 0)
		pump_soon(w);
	return r;
}

static int on_gone(void *userdata, uint32_t root, const char *path, bool folder)
{
	struct watch *w = userdata;
	struct buf body = BUF_INIT(WIRE_BODY_MAX);
	struct pack p = {&body, 0};
	char whole[8192];
	int r;

	/* A core that is away has everything walked when it comes. */
	if (!w->core)
		return 0;
	full_path(w, root, path, whole, sizeof(whole));
	pack_str(&p, whole);
	pack_u8(&p, folder);
	r = p.error ? p.error : wire_peer_send(w->core, WATCH_GONE, 0, buf_view(&body), NULL, 0);
	buf_done(&body);
	if (r == -ENOBUFS) {
		watcher_rescan(w->watcher); /* what a walk does not meet is gone, too */
		r = 0;
	}
	return r == -EPIPE || r == -ECONNRESET ? 0 : r;
}

static bool on_busy(void *userdata)
{
	struct watch *w = userdata;

	if (!pace_may_step(&w->pace))
		return true;
	return pendings_crawl_full(&w->pendings);
}

static int on_core(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct watch *w = userdata;
	int r;

	(void)why;
	if (!f) {
		wire_peer_free(peer);
		w->core = NULL;
		arrivals_core(w->arrivals, NULL);
		offers_drop(&w->offers);
		return 0;
	}
	if (f->type == CORE_RECEIVED) {
		arrivals_taken(w->arrivals, f->id);
		return 0;
	}
	if (f->type == CORE_RESCAN) {
		watcher_rescan(w->watcher);
		return 0;
	}
	r = offers_answer(&w->offers, w->core, f->id, f->body.p[0] != 0);
	pump_soon(w);
	return r == -EPIPE || r == -ECONNRESET ? 0 : r;
}

static int on_peer(void *userdata, enum role role, uint32_t index, int sock)
{
	struct watch *w = userdata;
	int r;

	(void)index;
	if (role != ROLE_CORE) {
		fd_close(sock);
		return -EPROTO;
	}
	w->core = wire_peer_free(w->core);
	arrivals_core(w->arrivals, NULL);
	offers_drop(&w->offers);
	r = wire_peer_new(w->loop, sock, core_rows, ARRAY_SIZE(core_rows), on_core, w, &w->core);
	if (r < 0)
		return r;
	arrivals_core(w->arrivals, w->core);
	/* What its predecessor did with our offers nobody knows. */
	watcher_rescan(w->watcher);
	pump_soon(w);
	loop_timer_set(w->tell, clock_now());
	w->told = (struct state){.files = UINT64_MAX, .walks = w->told.walks};
	return 0;
}

static bool is_told(const struct watch *w, const struct state *s)
{
	return s->files == w->told.files && s->counts.directories == w->told.counts.directories &&
		s->counts.overflows == w->told.counts.overflows &&
		s->counts.complete == w->told.counts.complete &&
		s->counts.folders_left == w->told.counts.folders_left &&
		s->counts.unreadable == w->told.counts.unreadable && s->why == w->told.why &&
		s->files_left == w->told.files_left && s->walks == w->told.walks &&
		view_eq(buf_view(&w->note), buf_view(&w->told_note));
}

static int tell(struct watch *w, const struct state *s)
{
	struct buf body = BUF_INIT(WIRE_BODY_MAX);
	struct pack p = {&body, 0};
	int r;

	pack_u64(&p, s->files);
	pack_u64(&p, s->counts.directories);
	pack_u8(&p, s->counts.complete);
	pack_u64(&p, s->counts.overflows);
	pack_view(&p, buf_view(&w->note));
	pack_u64(&p, s->walks);
	pack_u64(&p, s->last_walk);
	pack_u64(&p, s->counts.folders_left);
	pack_u64(&p, s->files_left);
	pack_u64(&p, s->counts.unreadable);
	pack_u8(&p, (uint8_t)w->pace.why);
	r = p.error ? p.error : wire_peer_send(w->core, WATCH_STATE, 0, buf_view(&body), NULL, 0);
	buf_done(&body);
	if (r < 0)
		return r == -EPIPE || r == -ECONNRESET ? 0 : r;
	w->told = *s;
	buf_clear(&w->told_note);
	return buf_put_view(&w->told_note, buf_view(&w->note));
}

static int on_tell(void *userdata)
{
	struct watch *w = userdata;
	struct state s = {.files = w->offers.sent};
	int r;

	loop_timer_set(w->tell, clock_now() + STATE_NS);
	if (!w->core)
		return 0;
	watcher_count(w->watcher, &s.counts);
	s.files_left = w->pendings.n_urgent + w->pendings.n_crawl + w->offers.n;
	s.why = w->pace.why;
	s.walks = w->told.walks;
	s.last_walk = w->told.last_walk;
	/* A walk has ended when what it found was looked at, too. */
	if (s.counts.complete && s.counts.walks > s.walks && s.files_left == 0) {
		s.walks = s.counts.walks;
		s.last_walk = clock_realtime();
	}
	buf_clear(&w->note);
	r = watcher_note(w->watcher, &w->note);
	if (r < 0 || is_told(w, &s))
		return r;
	return tell(w, &s);
}

/* The walk goes on, a little or as fast as it can. */
static int on_step(void *userdata)
{
	struct watch *w = userdata;

	pace_look(&w->pace);
	watcher_resume(w->watcher);
	loop_timer_set(w->step, clock_now() + PACE_NS);
	return 0;
}

static int on_stop(void *userdata)
{
	(void)userdata;
	return LOOP_DONE;
}

static int on_other(void *userdata, struct wire_frame *f)
{
	struct watch *w = userdata;
	int r = arrivals_start(w->arrivals, wire_frame_take_fd(f, 0), f->fds[1]);

	return r == 0 && f->n_fds > 2 ? arrivals_moves(w->arrivals, wire_frame_take_fd(f, 2)) : r;
}

static const struct wire_row rows[] = {{SUP_ARRIVALS, 0, 0, 2}, {SUP_ARRIVALS, 0, 0, 3}};

static const struct child_events events = {.peer = on_peer,
	.stop = on_stop,
	.frame = on_other,
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows)};

static int start(struct watch *w, const struct config *c)
{
	const char *skip[] = {c->state_dir, c->runtime_dir};
	struct watcher_options o = {
		.roots = (const char *const *)c->watch.v,
		.n_roots = c->watch.n,
		.skip = skip,
		.n_skip = ARRAY_SIZE(skip),
	};
	struct watcher_events we = {
		.file = on_file, .gone = on_gone, .busy = on_busy, .userdata = w};
	int r = loop_new(&w->loop);

	if (r == 0)
		r = pendings_init(&w->pendings);
	if (r == 0)
		r = watcher_new(w->loop, &o, &we, &w->watcher);
	if (r == 0)
		r = loop_timer_new(w->loop, on_pump, w, &w->pump);
	if (r == 0)
		r = loop_timer_new(w->loop, on_tell, w, &w->tell);
	if (r == 0)
		r = loop_timer_new(w->loop, on_step, w, &w->step);
	w->pace.pressure = c->crawl_under_load ? NULL : "/proc/pressure/cpu";
	w->pace.power = c->crawl_on_battery ? NULL : "/sys/class/power_supply";
	if (r == 0 && (w->pace.pressure || w->pace.power))
		loop_timer_set(w->step, clock_now());
	if (r == 0)
		r = arrivals_new(w->loop, c, &w->arrivals);
	if (r == 0)
		r = child_new(w->loop, &events, w, &w->child);
	return r;
}

static int confine(const struct config *c, char note[80])
{
	/* Any directory may be watched; none is ever written. */
	static const char *const all[] = {"/", NULL};
	struct jail_options o = {
		.uid = c->uid == UINT32_MAX ? (uid_t)-1 : c->uid,
		.gid = c->gid == UINT32_MAX ? (gid_t)-1 : c->gid,
		.keep_caps = CAP_BIT(CAP_DAC_READ_SEARCH) | CAP_BIT(CAP_LEASE),
		.read_dirs = all,
	};
	unsigned layers;
	int r = jail_enter(JAIL_WATCH, &o, &layers);

	if (r == 0)
		jail_layers_format(layers, note, 80);
	return r;
}

static int serve(struct watch *w, const struct config *c)
{
	char note[80];
	int r = start(w, c);

	if (r < 0) {
		child_fatal("cannot start: %s", strerror(-r));
		return r;
	}
	r = confine(c, note);
	if (r < 0) {
		child_fatal("cannot confine itself: %s", strerror(-r));
		_exit(EXIT_FAILURE);
	}
	r = child_ready(w->child, note);
	if (r < 0)
		return r;
	r = loop_run(w->loop);
	if (r < 0)
		child_fatal("%s", strerror(-r));
	return r;
}

static void done(struct watch *w)
{
	w->core = wire_peer_free(w->core);
	w->child = child_free(w->child);
	w->watcher = watcher_free(w->watcher);
	w->arrivals = arrivals_free(w->arrivals);
	offers_drop(&w->offers);
	pendings_done(&w->pendings);
	buf_done(&w->note);
	buf_done(&w->told_note);
	loop_timer_free(w->pump);
	loop_timer_free(w->tell);
	loop_timer_free(w->step);
	w->loop = loop_free(w->loop);
}

int main(void)
{
	struct watch w = {.note = BUF_INIT(8192), .told_note = BUF_INIT(8192)};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct config config;
	int r;

	if (close_range(PROTOCOL_CONTROL_FD + 1, ~0U, 0) < 0)
		return EXIT_FAILURE;
	/* The kernel sends it when somebody breaks a lease in the instant that we hold one. */
	if (sigaction(SIGIO, &ignore, NULL) < 0)
		return EXIT_FAILURE;
	/* Files found ahead of time are no reason to make anybody wait. */
	(void)setpriority(PRIO_PROCESS, 0, 10);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
	r = child_config(&config);
	if (r < 0) {
		fprintf(stderr, "sealgate-watch: started by sealgated, not by hand\n");
		return EXIT_FAILURE;
	}
	r = serve(&w, &config);
	done(&w);
	config_done(&config);
	/* Exit handlers (a leak checker's) may want what the sandbox forbids. */
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
