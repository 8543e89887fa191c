/* SPDX-License-Identifier: Apache-2.0 */
/* What watch brings to core, with fakes of what is behind: what core believes of it, and when it
   wants more. */
#include "../../unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "core/copies.h"
#include "core/crawl.h"
#include "core/desk.h"
#include "core/inventory.h"
#include "core/policies.h"
#include "core/receive.h"
#include "core/rulebook.h"
#include "wire/pack.h"
#include "wire/peer.h"

#define JOBS_MAX 32

/* ---- fakes ---- */

static struct {
	pool_done_fn done[JOBS_MAX];
	void *userdata[JOBS_MAX];
	unsigned n;
	struct file_key remembered, asked;
	unsigned n_stored, n_notes;
} fake;

int pool_submit(struct pool *p, int fd, const char *name, bool urgent, uint64_t cpu_ns,
	pool_done_fn done, void *userdata)
{
	(void)p, (void)fd, (void)name, (void)urgent, (void)cpu_ns;
	assert_true(fake.n < JOBS_MAX);
	fake.done[fake.n] = done;
	fake.userdata[fake.n++] = userdata;
	return 0;
}

void desk_remember(struct desk *d, const struct file_key *key, const struct facts *f)
{
	(void)d, (void)f;
	fake.remembered = *key;
}

void desk_classified(struct desk *d, int fd, const struct file_key *key, const struct facts *f)
{
	(void)d, (void)fd, (void)key, (void)f;
}

bool desk_dropped(struct desk *d, int fd, const struct file_key *key, const char *app)
{
	(void)d, (void)fd, (void)key, (void)app;
	return true;
}

int store_get(struct store *s, const struct file_key *key, uint32_t generation, struct facts *ret)
{
	(void)s, (void)generation, (void)ret;
	fake.asked = *key;
	return STORE_MISS;
}

int store_put(struct store *s, const struct file_key *key, const struct facts *f)
{
	(void)s, (void)key, (void)f;
	fake.n_stored++;
	return 0;
}

uint64_t store_pending(const struct store *s)
{
	(void)s;
	return 0;
}

int store_flush(struct store *s)
{
	(void)s;
	return 0;
}

void store_is_whole(struct store *s)
{
	(void)s;
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

uint32_t rulebook_generation(const struct rulebook *r)
{
	(void)r;
	return 7;
}

const struct policy *rulebook_policy(const struct rulebook *r)
{
	(void)r;
	return NULL;
}

const struct apptable *rulebook_apps(const struct rulebook *r)
{
	(void)r;
	return NULL;
}

/* The policy knows none any more: nothing is to be done with what was read. */
uint32_t apptable_find(const struct apptable *t, const char *id)
{
	(void)t, (void)id;
	return APP_NONE;
}

enum category apptable_category(const struct apptable *t, uint32_t app)
{
	(void)t, (void)app;
	return CATEGORY_OTHER;
}

const char *apptable_name(const struct apptable *t, uint32_t app)
{
	(void)t, (void)app;
	return "";
}

int incidents_add(struct incidents *in, const struct gate_record *r,
	const struct incident_context *c, uint64_t tag, bool *ret_counted)
{
	(void)in, (void)r, (void)c, (void)tag, (void)ret_counted;
	return 0;
}

void incidents_id(const struct gate_record *r, char ret[INCIDENTS_ID_MAX])
{
	(void)r;
	ret[0] = 0;
}

int incidents_note(struct ledger *g, const char *kind, const char *what, const char *fmt, ...)
{
	(void)g, (void)kind, (void)what, (void)fmt;
	fake.n_notes++;
	return 0;
}

/* ---- watch's side ---- */

struct watched {
	struct core core;
	struct crawl *crawl;
	struct receive *receive;
	int sock, file, other;
	uint32_t next_id;
};

static int a_file(const char *content)
{
	char path[] = "/tmp/test-watched-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(fd_write_all(fd, view_str(content)), 0);
	return fd;
}

static int set_up(void **state)
{
	struct watched *w = calloc(1, sizeof(*w));
	int pair[2];

	memset(&fake, 0, sizeof(fake));
	assert_int_equal(loop_new(&w->core.loop), 0);
	assert_int_equal(crawl_new(&w->core, &w->crawl), 0);
	assert_int_equal(receive_new(&w->core, &w->receive), 0);
	w->core.crawl = w->crawl;
	w->core.receive = w->receive;
	assert_int_equal(wire_pair(pair), 0);
	assert_int_equal(crawl_watch(w->crawl, pair[0]), 0);
	w->sock = pair[1];
	w->file = a_file("BÁO CÁO");
	w->other = a_file("KẾ HOẠCH");
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct watched *w = *state;

	crawl_free(w->crawl);
	receive_free(w->receive);
	loop_free(w->core.loop);
	fd_close(w->sock);
	fd_close(w->file);
	fd_close(w->other);
	free(w);
	return 0;
}

static int turn(void *userdata)
{
	(void)userdata;
	return LOOP_DONE;
}

/* What lies in the socket is taken. */
static void run(struct watched *w)
{
	struct loop_timer *t;

	assert_int_equal(loop_timer_new(w->core.loop, turn, NULL, &t), 0);
	loop_timer_set(t, clock_now() + 20 * NSEC_PER_MSEC);
	assert_int_equal(loop_run(w->core.loop), LOOP_DONE);
	loop_timer_free(t);
}

static void send_file(struct watched *w, const struct file_key *key, bool no_writer)
{
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};

	pack_key(&p, key);
	pack_str(&p, "/srv/docs/bao-cao.txt");
	pack_u8(&p, no_writer);
	pack_u8(&p, 0);
	assert_int_equal(
		wire_send(w->sock, WATCH_FILE, ++w->next_id, buf_view(&body), &w->file, 1), 0);
	buf_done(&body);
}

static void send_received(struct watched *w, const struct file_key *key)
{
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};

	pack_key(&p, key);
	pack_u32(&p, 100);
	pack_u32(&p, 1);
	pack_u32(&p, 1000);
	pack_u64(&p, 5);
	pack_u32(&p, 0);
	pack_str(&p, "chat");
	pack_str(&p, "exe");
	pack_str(&p, "chat");
	pack_str(&p, "/usr/bin/chat");
	pack_u64(&p, clock_realtime());
	pack_str(&p, "/srv/docs/bao-cao.txt");
	pack_u8(&p, 0);
	pack_u8(&p, 1);
	assert_int_equal(
		wire_send(w->sock, WATCH_RECEIVED, ++w->next_id, buf_view(&body), &w->file, 1), 0);
	buf_done(&body);
}

/* The next answer, or 0 where there is none yet. */
static uint16_t take_answer(struct watched *w, uint32_t *ret_id, uint8_t *ret_first)
{
	struct buf storage = BUF_INIT(0);
	struct wire_frame f;
	uint16_t type = 0;

	assert_int_equal(fcntl(w->sock, F_SETFL, O_NONBLOCK), 0);
	if (wire_receive(w->sock, &storage, &f) == 0) {
		type = f.type;
		*ret_id = f.id;
		*ret_first = f.body.n ? f.body.p[0] : 0;
		wire_frame_done(&f);
	}
	buf_done(&storage);
	return type;
}

static struct file_key key_of(int fd)
{
	struct file_key k;

	assert_int_equal(file_key_read(fd, &k), 0);
	return k;
}

/* ---- tests ---- */

static void facts_are_of_the_file_that_came(void **state)
{
	struct watched *w = *state;
	const struct file_key own = key_of(w->file), other = key_of(w->other);
	const struct facts none = {.completeness = COMPLETENESS_FULL};
	uint8_t wants = 1;
	uint32_t id = 0;

	send_file(w, &other, true);
	run(w);
	assert_true(file_key_eq(&fake.asked, &own));
	assert_int_equal(fake.n, 1);
	fake.done[0](fake.userdata[0], &none);
	assert_true(file_key_eq(&fake.remembered, &own));
	/* Nothing of it is kept: it was not what it was said to be. */
	assert_int_equal(take_answer(w, &id, &wants), CORE_WATCHED);
	assert_int_equal(wants, 0);

	send_received(w, &other);
	run(w);
	assert_int_equal(fake.n, 2);
	fake.done[1](fake.userdata[1], &none);
	assert_true(file_key_eq(&fake.remembered, &own));
}

static void what_is_as_it_was_said_may_be_kept(void **state)
{
	struct watched *w = *state;
	const struct facts none = {.completeness = COMPLETENESS_FULL};
	const struct timespec wait = {.tv_nsec = 30000000};
	const struct file_key own = key_of(w->file);
	uint8_t wants = 0;
	uint32_t id = 0;

	nanosleep(&wait, NULL); /* its times settle */
	send_file(w, &own, true);
	run(w);
	fake.done[0](fake.userdata[0], &none);
	assert_int_equal(take_answer(w, &id, &wants), CORE_WATCHED);
	assert_int_equal(wants, file_is_storable(w->file));
}

/* Else all that an application writes at once would be with core, more than it takes. */
static void watch_waits_for_what_is_read(void **state)
{
	struct watched *w = *state;
	const struct file_key own = key_of(w->file);
	const struct facts none = {.completeness = COMPLETENESS_FULL};
	uint8_t first;
	uint32_t id = 0;

	for (unsigned i = 0; i < 16; i++)
		send_received(w, &own);
	run(w);
	assert_int_equal(fake.n, 16);
	assert_int_equal(take_answer(w, &id, &first), 0);
	fake.done[3](fake.userdata[3], &none);
	assert_int_equal(take_answer(w, &id, &first), CORE_RECEIVED);
	assert_int_equal(id, 4);
	assert_int_equal(take_answer(w, &id, &first), 0);
	assert_int_equal(fake.n_notes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(facts_are_of_the_file_that_came, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_as_it_was_said_may_be_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(watch_waits_for_what_is_read, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
