/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crawl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "core/desk.h"
#include "core/inventory.h"
#include "core/receive.h"
#include "core/rulebook.h"
#include "wire/pack.h"
#include "wire/peer.h"

#define STORED_MAX 1000U /* between two commits */
#define FILES_MAX  256U  /* from one watch at a time; it keeps far fewer outstanding */

struct file {
	struct list node;
	struct crawl *crawl;
	uint32_t id, watch_generation;
	struct file_key key;
	uint64_t started;
	bool keep; /* the facts may be stored if watch confirms */
	bool scanned;
	int fd;
	struct stat st;
	char *path;
	struct facts facts;
};

struct crawl {
	struct core *core;
	struct wire_peer *watch;
	uint32_t watch_generation;
	struct list files;
	uint32_t n_files;
	uint64_t seen, known, scanned, stored;
	uint64_t watch_files, watch_dirs, watch_overflows;
	bool watch_complete;
	char note[512];
	struct {
		uint64_t walks, last, folders_left, files_left, unreadable;
		unsigned pause; /* enum watch_pause */
	} pass;
	uint64_t since; /* realtime: before the walk under way began, after the last one ended */
	uint64_t walks_wanted; /* the number of the walk that will have seen everything again */
};

static const struct wire_row rows[] = {
	{WATCH_FILE, 47, WIRE_BODY_MAX, 1},
	{WATCH_CONFIRM, 1, 1, 0},
	{WATCH_RECEIVED, 90, WIRE_BODY_MAX, 1},
	{WATCH_MISSED, 8, 8, 0},
	{WATCH_STATE, 29, 8192, 0},
	{WATCH_GONE, 5, 8192, 0},
};

static void file_free(struct file *f)
{
	list_remove(&f->node);
	f->crawl->n_files--;
	fd_close(f->fd);
	free(f->path);
	free(f);
}

static void answer(struct crawl *c, uint32_t id, bool want_confirm)
{
	uint8_t want = want_confirm;

	if (c->watch && wire_peer_send(c->watch, CORE_WATCHED, id, view_of(&want, 1), NULL, 0) < 0)
		c->watch = wire_peer_free(c->watch);
}

static void on_scanned(void *userdata, const struct facts *facts)
{
	struct file *f = userdata;
	struct crawl *c = f->crawl;
	bool settled = !(
		facts->reasons & (REASON_BIT(REASON_CRASHED) | REASON_BIT(REASON_TIMED_OUT)));

	c->scanned++;
	desk_remember(c->core->desk, &f->key, facts);
	desk_classified(c->core->desk, f->fd, &f->key, facts);
	if (settled)
		inventory_saw(c->core->inventory, f->path, &f->key, &f->st, facts);
	else
		inventory_touch(c->core->inventory, f->path);
	if (f->watch_generation != c->watch_generation) {
		file_free(f);
		return;
	}
	f->keep = f->keep && settled && file_key_is_settled(&f->key, f->started);
	f->facts = *facts;
	f->scanned = true;
	answer(c, f->id, f->keep);
	if (!f->keep)
		file_free(f);
}

static int on_file(struct crawl *c, struct wire_frame *frame)
{
	struct unpack u = {frame->body, 0};
	uint32_t generation = rulebook_generation(c->core->rulebook);
	struct file_key key, now;
	struct facts known;
	struct file *f;
	char path[4096];
	struct stat st;
	bool no_writer, storable;
	int fd;

	unpack_key(&u, &key);
	unpack_str(&u, path, sizeof(path));
	no_writer = unpack_u8(&u) != 0;
	(void)unpack_u8(&u); /* urgent: the queue is short, and watch's own order is kept */
	if (unpack_end(&u) < 0)
		return -EPROTO;
	if (fstat(frame->fds[0], &st) < 0 || file_key_read(frame->fds[0], &now) < 0)
		return -EPROTO;
	/* The descriptor says what file it is: no facts of one are kept for another. */
	no_writer = no_writer && file_key_eq(&now, &key);
	key = now;
	c->seen++;
	storable = file_is_storable(frame->fds[0]);
	if (storable && store_get(c->core->store, &key, generation, &known) == 0) {
		c->known++;
		if (known.level != LEVEL_NONE || known.tags != 0)
			desk_classified(c->core->desk, frame->fds[0], &key, &known);
		inventory_saw(c->core->inventory, path, &key, &st, &known);
		answer(c, frame->id, false);
		return 0;
	}
	f = c->n_files < FILES_MAX ? calloc(1, sizeof(*f)) : NULL;
	fd = f ? fcntl(frame->fds[0], F_DUPFD_CLOEXEC, 0) : -1;
	if (fd >= 0)
		f->path = strdup(path);
	if (fd < 0 || !f->path) {
		fd_close(fd);
		free(f);
		f = NULL;
	}
	if (!f) {
		inventory_touch(c->core->inventory, path);
		answer(c, frame->id, false);
		return 0;
	}
	*f = (struct file){.crawl = c,
		.id = frame->id,
		.watch_generation = c->watch_generation,
		.key = key,
		.fd = fd,
		.st = st,
		.path = f->path,
		.started = clock_realtime(),
		.keep = no_writer && storable};
	list_init(&f->node);
	list_append(&c->files, &f->node);
	c->n_files++;
	if (pool_submit(c->core->pool, frame->fds[0], path, false,
		    c->core->config.background_cpu_ns, on_scanned, f) < 0) {
		inventory_touch(c->core->inventory, path);
		file_free(f);
		answer(c, frame->id, false);
	}
	return 0;
}

static int on_confirm(struct crawl *c, const struct wire_frame *frame)
{
	struct unpack u = {frame->body, 0};
	bool agreed = unpack_u8(&u) != 0;

	list_for_each(n, &c->files) {
		struct file *f = list_entry(n, struct file, node);

		if (!f->scanned || f->id != frame->id || f->watch_generation != c->watch_generation)
			continue;
		if (agreed && store_put(c->core->store, &f->key, &f->facts) == 0)
			c->stored++;
		/* What was read is not lost with a kill, however fast it goes. */
		if (store_pending(c->core->store) >= STORED_MAX)
			unchecked(store_flush(c->core->store));
		file_free(f);
		break;
	}
	return 0;
}

/* Everything was looked at. What could not be read may still be there. */
static void walk_ended(struct crawl *c)
{
	if (c->pass.unreadable == 0)
		inventory_swept(c->core->inventory, c->since);
	c->since = clock_realtime();
	if (c->pass.walks >= c->walks_wanted)
		store_is_whole(c->core->store);
}

static int on_state(struct crawl *c, const struct wire_frame *frame)
{
	struct unpack u = {frame->body, 0};
	uint64_t last = c->pass.last;

	c->watch_files = unpack_u64(&u);
	c->watch_dirs = unpack_u64(&u);
	c->watch_complete = unpack_u8(&u) != 0;
	c->watch_overflows = unpack_u64(&u);
	unpack_str(&u, c->note, sizeof(c->note));
	if (u.in.n > 0) {
		c->pass.walks = unpack_u64(&u);
		c->pass.last = unpack_u64(&u);
		c->pass.folders_left = unpack_u64(&u);
		c->pass.files_left = unpack_u64(&u);
		c->pass.unreadable = unpack_u64(&u);
		c->pass.pause = unpack_enum(&u, WATCH_PAUSE_MAX);
	}
	if (!u.error && c->pass.last > last)
		walk_ended(c);
	return unpack_end(&u);
}

static int on_gone(struct crawl *c, const struct wire_frame *frame)
{
	struct unpack u = {frame->body, 0};
	char path[4096];
	bool folder;

	unpack_str(&u, path, sizeof(path));
	folder = unpack_u8(&u) != 0;
	if (unpack_end(&u) < 0)
		return -EPROTO;
	inventory_gone(c->core->inventory, path, folder);
	return 0;
}

uint32_t crawl_generation(const struct crawl *c)
{
	return c->watch_generation;
}

void crawl_received(struct crawl *c, uint32_t generation, uint32_t id)
{
	if (c->watch && generation == c->watch_generation &&
		wire_peer_send(c->watch, CORE_RECEIVED, id, VIEW_EMPTY, NULL, 0) < 0)
		c->watch = wire_peer_free(c->watch); /* its next connection offers them again */
}

void crawl_rescan(struct crawl *c)
{
	c->walks_wanted = c->pass.walks + 1;
	if (c->watch && wire_peer_send(c->watch, CORE_RESCAN, 0, VIEW_EMPTY, NULL, 0) < 0)
		c->watch = wire_peer_free(c->watch); /* its next connection walks anyway */
}

static void drop_scanned(struct crawl *c)
{
	list_for_each_safe(n, tmp, &c->files) {
		struct file *f = list_entry(n, struct file, node);

		if (f->scanned)
			file_free(f);
	}
}

static int on_frame(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct crawl *c = userdata;
	int r = -EPROTO;

	(void)why;
	if (f) {
		switch (f->type) {
		case WATCH_FILE: r = on_file(c, f); break;
		case WATCH_CONFIRM: r = on_confirm(c, f); break;
		case WATCH_STATE: r = on_state(c, f); break;
		case WATCH_GONE: r = on_gone(c, f); break;
		case WATCH_RECEIVED: r = receive_file(c->core->receive, f); break;
		case WATCH_MISSED: r = receive_missed(c->core->receive, f); break;
		}
		if (r == 0)
			return 0;
	}
	if (c->watch == peer)
		c->watch = wire_peer_free(peer);
	drop_scanned(c);
	return 0;
}

int crawl_new(struct core *core, struct crawl **ret)
{
	struct crawl *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->core = core;
	list_init(&c->files);
	*ret = c;
	return 0;
}

struct crawl *crawl_free(struct crawl *c)
{
	if (!c)
		return NULL;
	wire_peer_free(c->watch);
	list_for_each_safe(n, tmp, &c->files)
		file_free(list_entry(n, struct file, node));
	free(c);
	return NULL;
}

int crawl_watch(struct crawl *c, int sock)
{
	c->watch = wire_peer_free(c->watch);
	c->watch_generation++;
	c->watch_complete = false;
	c->pass.last = 0;
	c->since = clock_realtime();
	c->walks_wanted = 0;
	drop_scanned(c);
	return wire_peer_new(c->core->loop, sock, rows, ARRAY_SIZE(rows), on_frame, c, &c->watch);
}

void crawl_status(const struct crawl *c, struct json *j)
{
	static const char *const pauses[WATCH_PAUSE_MAX] = {"", "load", "battery"};
	char when[CLOCK_TEXT_MAX] = "";

	if (c->pass.last)
		clock_format(c->pass.last, when);
	json_key(j, "watch");
	json_object(j);
	json_key_bool(j, "connected", c->watch != NULL);
	json_key_bool(j, "crawl_complete", c->watch_complete);
	json_key_u64(j, "walks", c->pass.walks);
	json_key_str(j, "last_walk", when[0] ? when : NULL);
	json_key_u64(j, "folders_left", c->pass.folders_left);
	json_key_u64(j, "files_left", c->pass.files_left);
	json_key_u64(j, "unreadable", c->pass.unreadable);
	json_key_str(j, "slowed_by", c->pass.pause == WATCH_GOES_ON ? NULL : pauses[c->pass.pause]);
	json_key_u64(j, "files_seen", c->watch_files);
	json_key_u64(j, "directories", c->watch_dirs);
	json_key_u64(j, "overflows", c->watch_overflows);
	json_key_u64(j, "known", c->known);
	json_key_u64(j, "scanned", c->scanned);
	json_key_u64(j, "stored", c->stored);
	json_key_str(j, "note", c->note);
	json_object_end(j);
}
