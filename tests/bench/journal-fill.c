/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a journal of so many different incidents, the last of them now, and what reviewers said of
 * every twentieth.
 * usage: journal-fill DIR INCIDENTS
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "journal/journal.h"

#define DAYS  90
#define GROUP 1000 /* records to a sync */

static const char *const levels[] = {"confidential", "internal", "secret", "confidential", "none"};
static const char *const actions[] = {"block", "log", "block", "notify"};
static const char *const status[] = {"confirmed", "false-positive", "resolved", "in-progress"};

static void die(const char *what, int r)
{
	fprintf(stderr, "journal-fill: %s: %d\n", what, r);
	exit(1);
}

static void put(struct buf *b, unsigned n, const char *time)
{
	buf_clear(b);
	if (buf_printf(b,
		    "{\"kind\":\"incident\",\"id\":\"01JDB%021u\",\"time\":\"%s\",\"host\":\"may-"
		    "tram\","
		    "\"user\":\"user%u\",\"uid\":%u,\"app\":\"app%u\",\"app_name\":\"Application "
		    "%u\","
		    "\"exe\":\"/usr/bin/app%u\",\"pid\":%u,\"ppid\":1,\"comm\":\"app\",\"channel\":"
		    "\"open\",\"path\":\"/home/user%u/Tài liệu/báo cáo số "
		    "%u.docx\",\"level\":\"%s\","
		    "\"tags\":[],\"completeness\":\"full\",\"reasons\":[],\"format\":\"docx\","
		    "\"size\":48213,\"sha256\":\"%064x\",\"evidence\":[{\"rule\":\"own-line-%u\","
		    "\"pack\":\"vn\",\"level\":\"secret\",\"part\":\"header\",\"page\":1,"
		    "\"member\":"
		    "\"\",\"snippet\":\"TỐI MẬT số %u/QĐ\",\"score\":120}],\"action\":\"%s\","
		    "\"intended\":\"block\",\"mode\":\"enforce\",\"rule\":\"to-chat\",\"message\":"
		    "\"\","
		    "\"policy_version\":3,\"cause\":\"scanned\",\"hold_ms\":12.2,\"retries\":%u,"
		    "\"destination\":null,\"status\":\"new\",\"notes\":[]}",
		    n, time, n % 50, 1000 + n % 50, n % 17, n % 17, n % 17, n % 32768, n % 50,
		    n / 3, levels[n % 5], n / 3, n % 9, n % 1000, actions[n % 4], n % 7) < 0)
		die("no memory", 0);
}

static void put_mark(struct buf *b, unsigned n, const char *time)
{
	buf_clear(b);
	if (buf_printf(b,
		    "{\"kind\":\"incident-mark\",\"id\":\"01JDB%021u\",\"time\":\"%s\",\"by\":"
		    "\"rev\","
		    "\"by_uid\":1,\"status\":\"%s\",\"note\":\"đã xem lần %u\"}",
		    n, time, status[n / 20 % 4], n % 13) < 0)
		die("no memory", 0);
}

int main(int argc, char **argv)
{
	unsigned n = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	uint64_t now = clock_realtime(), span = DAYS * 86400 * NSEC_PER_SEC, seq;
	const struct journal_limits limits = {.segment_bytes = 64U << 20};
	struct buf b = BUF_INIT(JOURNAL_RECORD_MAX);
	struct journal_opened how;
	struct journal *j;
	int r;

	if (n == 0) {
		fprintf(stderr, "usage: journal-fill DIR INCIDENTS\n");
		return 2;
	}
	r = journal_open(argv[1], &j, &how);
	if (r < 0)
		die(argv[1], r);
	journal_limit(j, &limits);
	for (unsigned i = 0; i < n; i++) {
		char time[CLOCK_TEXT_MAX];

		clock_format(now - span + span / n * (i + 1), time);
		put(&b, i, time);
		r = journal_append(j, buf_view(&b), &seq);
		if (r == 0 && i % 20 == 0) {
			put_mark(&b, i, time);
			r = journal_append(j, buf_view(&b), &seq);
		}
		if (r == 0 && (i % GROUP == GROUP - 1 || i + 1 == n)) {
			r = journal_sync(j);
			if (r == 0)
				r = journal_maintain(j);
		}
		if (r < 0)
			die("append", r);
	}
	journal_close(j);
	buf_done(&b);
	return 0;
}
