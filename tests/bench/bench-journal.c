/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast the journal verifies, and how fast it takes records, and how long each takes to be
 * durable, against sqlite with a write-ahead log and the same payloads and durability, in turns so
 * that the disk's mood hits all alike; and against systemd-journald where one listens, which is
 * asked to synchronise as often (its varlink), and for how long it takes until it has taken a
 * record. usage: bench-journal [RECORDS [DIR]]     (1000000 in a directory of its own below
 * /var/tmp) tests/bench/with-journald runs it beside a journald of its own that keeps its files
 * there too.
 */
#include <dirent.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "journal/seal.h"

#define ROUNDS  8
#define SAMPLES 1024 /* different payloads */
#define GROUP   64   /* records per fdatasync or commit */

static void die(const char *what)
{
	fprintf(stderr, "bench-journal: %s\n", what);
	exit(1);
}

static void make_payload(unsigned n, struct buf *b)
{
	if (buf_printf(b,
		    "{\"kind\":\"incident\",\"id\":\"01JDB%021u\",\"time\":\"2026-11-23T08:30:00."
		    "123Z\","
		    "\"host\":\"may-tram\",\"user\":\"lan\",\"uid\":1000,\"app\":\"telegram\","
		    "\"app_name\":\"Telegram Desktop\",\"pid\":%u,\"ppid\":1,"
		    "\"exe\":\"/usr/bin/telegram-desktop\",\"comm\":\"telegram-deskto\","
		    "\"identified\":\"exe\",\"channel\":\"open\","
		    "\"path\":\"/home/lan/Tài liệu/báo cáo "
		    "%u.docx\",\"level\":\"secret\",\"tags\":[],"
		    "\"completeness\":\"full\",\"reasons\":[],\"format\":\"docx\",\"size\":48213,"
		    "\"sha256\":\"%064x\",\"ms\":3.1,\"evidence\":[{\"rule\":\"vn-own-line\","
		    "\"pack\":\"vn\",\"level\":\"secret\",\"part\":\"header\",\"page\":1,"
		    "\"member\":\"\","
		    "\"snippet\":\"TỐI "
		    "MẬT\",\"score\":120}],\"action\":\"block\",\"intended\":\"block\","
		    "\"mode\":\"enforce\",\"rule\":\"no-secrets-in-chat\",\"message\":\"\","
		    "\"policy_version\":3,\"cause\":\"scanned\",\"hold_ms\":12.2,\"retries\":0,"
		    "\"destination\":null,\"status\":\"new\",\"notes\":[]}",
		    n, n % 32768, n, n) < 0)
		die("no memory");
}

/* Made beforehand: the figures are of writing, not of printf. */
static struct buf samples[SAMPLES];

static struct view sample(unsigned n)
{
	return buf_view(&samples[n % SAMPLES]);
}

/* Of one record each time. */
#define LATENCIES 2000U

struct latencies {
	uint64_t ns[LATENCIES];
	unsigned n;
};

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void put_latencies(const char *name, struct latencies *l)
{
	if (l->n == 0)
		return;
	qsort(l->ns, l->n, sizeof(*l->ns), by_size);
	printf("one record: %-11s p50 %7.3f ms   p99 %7.3f ms   max %7.3f ms   (%u)\n", name,
		(double)l->ns[l->n / 2] / 1e6, (double)l->ns[l->n * 99 / 100] / 1e6,
		(double)l->ns[l->n - 1] / 1e6, l->n);
}

static void note(struct latencies *l, uint64_t begin)
{
	if (l->n < LATENCIES)
		l->ns[l->n++] = clock_now() - begin;
}

/* The native protocol: one datagram of KEY=value lines. */
static int open_journald(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool send_journald(int fd, unsigned n)
{
	struct buf b = {0};
	bool sent = buf_printf(&b, "MESSAGE=%.*s\nPRIORITY=6\n", (int)sample(n).n,
			    (const char *)sample(n).p) == 0 &&
		send(fd, b.p, b.n, MSG_NOSIGNAL) == (ssize_t)b.n;

	buf_done(&b);
	return sent;
}

/* All that it was sent before is on the disk when it has answered. */
static void sync_journald(void)
{
	static const char question[] = "{\"method\":\"io.systemd.Journal.Synchronize\"}";
	struct sockaddr_un a = {
		.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/io.systemd.journal"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[512];
	ssize_t n;

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
		write(fd, question, sizeof(question)) != (ssize_t)sizeof(question))
		die("journald cannot be asked to synchronise");
	n = read(fd, answer, sizeof(answer) - 1);
	answer[MAX(n, 0)] = 0;
	if (n <= 0 || strstr(answer, "\"error\""))
		die("journald did not synchronise");
	close(fd);
}

static uint64_t tell_journald(int fd, unsigned from, unsigned n, unsigned group)
{
	uint64_t begin = clock_now();

	for (unsigned i = 0; i < n; i++) {
		if (!send_journald(fd, from + i))
			die("journald takes nothing");
		if ((i + 1) % group == 0 || i + 1 == n)
			sync_journald();
	}
	return clock_now() - begin;
}

static double per_second(uint64_t n, uint64_t ns)
{
	return (double)n * 1e9 / (double)ns;
}

static uint64_t append(struct journal *j, unsigned from, unsigned n, unsigned group)
{
	uint64_t begin = clock_now(), seq;

	for (unsigned i = 0; i < n; i++) {
		if (journal_append(j, sample(from + i), &seq) < 0)
			die("append failed");
		if ((i + 1) % group == 0 && (journal_sync(j) < 0 || journal_maintain(j) < 0))
			die("sync failed");
	}
	if (journal_sync(j) < 0 || journal_maintain(j) < 0)
		die("sync failed");
	return clock_now() - begin;
}

static void sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db));
}

static uint64_t insert(sqlite3 *db, unsigned from, unsigned n, unsigned group)
{
	uint64_t begin = clock_now();
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db, "insert into records(payload) values(?)", -1, &st, NULL) !=
		SQLITE_OK)
		die(sqlite3_errmsg(db));
	for (unsigned i = 0; i < n; i++) {
		struct view v = sample(from + i);

		if (i % group == 0)
			sql(db, "begin immediate");
		sqlite3_bind_text(st, 1, (const char *)v.p, (int)v.n, SQLITE_STATIC);
		if (sqlite3_step(st) != SQLITE_DONE)
			die(sqlite3_errmsg(db));
		sqlite3_reset(st);
		if ((i + 1) % group == 0 || i + 1 == n)
			sql(db, "commit");
	}
	sqlite3_finalize(st);
	return clock_now() - begin;
}

static sqlite3 *open_sqlite(const char *dir)
{
	char path[512];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/records.db", dir);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		die("cannot open the database");
	sql(db,
		"pragma journal_mode=wal; pragma synchronous=full;"
		"create table records(seq integer primary key, payload text not null)");
	return db;
}

static void compare(struct journal *j, sqlite3 *db, unsigned *from, unsigned n, unsigned group)
{
	uint64_t ours = 0, theirs = 0, daemons = 0;
	int fd = open_journald();

	for (unsigned r = 0; r < ROUNDS; r++, *from += n) {
		ours += append(j, *from, n, group);
		theirs += insert(db, *from, n, group);
		if (fd >= 0)
			daemons += tell_journald(fd, *from, n, group);
	}
	printf("append, %3u per sync: journal %8.0f/s   sqlite wal %8.0f/s   ratio %.2f\n", group,
		per_second((uint64_t)n * ROUNDS, ours), per_second((uint64_t)n * ROUNDS, theirs),
		(double)theirs / (double)ours);
	if (fd < 0)
		return;
	printf("append, %3u per sync: journald %7.0f/s   ratio %.2f\n", group,
		per_second((uint64_t)n * ROUNDS, daemons), (double)daemons / (double)ours);
	close(fd);
}

static struct latencies ours, theirs, daemons;

static void compare_latency(struct journal *j, sqlite3 *db, unsigned *from, unsigned n)
{
	int fd = open_journald();

	for (unsigned i = 0; i < n; i++, ++*from) {
		uint64_t begin = clock_now();

		(void)append(j, *from, 1, 1);
		note(&ours, begin);
		begin = clock_now();
		(void)insert(db, *from, 1, 1);
		note(&theirs, begin);
		begin = clock_now();
		if (fd >= 0 && send_journald(fd, *from))
			note(&daemons, begin);
	}
	if (fd >= 0)
		close(fd);
	put_latencies("journal", &ours);
	put_latencies("sqlite wal", &theirs);
	put_latencies("journald", &daemons);
	if (daemons.n == 0)
		puts("one record: journald    does not listen here");
}

static void remove_all(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && unlinkat(dirfd(d), e->d_name, 0) < 0)
			perror(e->d_name);
	if (d)
		closedir(d);
	rmdir(dir);
}

int main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000, from = 0;
	char dir[300];
	struct journal_verify_result v;
	struct journal_opened how;
	enum seal_key key;
	struct journal *j;
	sqlite3 *db;
	uint64_t t;

	snprintf(dir, sizeof(dir), "%s/bench-journal-XXXXXX", argc > 2 ? argv[2] : "/var/tmp");
	if (n == 0 || !mkdtemp(dir) || journal_open(dir, &j, &how) < 0 || journal_key(j, &key) < 0)
		die("cannot begin");
	for (unsigned i = 0; i < SAMPLES; i++)
		make_payload(i, &samples[i]);
	db = open_sqlite(dir);
	compare(j, db, &from, MIN(n / 100 + 1, 200U), 1);
	compare(j, db, &from, MIN(n / 10 + 1, 4096U), GROUP);
	compare_latency(j, db, &from, MIN(n / 100 + 1, 500U));
	sqlite3_close(db);
	if (from < n)
		printf("append, 4096 per sync: %.0f/s\n",
			per_second(n - from, append(j, from, n - from, 4096)));
	journal_close(j);
	t = clock_now();
	if (journal_verify(dir, NULL, NULL, &v) < 0 || v.findings || v.records < n)
		die("the journal is not whole");
	t = clock_now() - t;
	printf("%" PRIu64 " checkpoints\n", v.checkpoints);
	printf("verify: %" PRIu64 " records in %.2f s: %.0f/s\n", v.records, (double)t / 1e9,
		per_second(v.records, t));
	remove_all(dir);
	for (unsigned i = 0; i < SAMPLES; i++)
		buf_done(&samples[i]);
	return 0;
}
