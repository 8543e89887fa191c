/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a journal: reading, verifying and opening end, and a journal that could be opened
   takes a record and is whole behind it. The first 86 bytes are the head where they look like one.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <unistd.h>

#include "base/fd.h"
#include "journal/incident.h"
#include "journal/journal.h"
#include "journal/line.h"
#include "journal/seal.h"
#include "siem/siem.h"

static char dir[64];

static void put(const char *name, struct view v)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || fd_write_all(fd, v) < 0)
		abort();
	fd_close(fd);
}

static void clear(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
}

static void remove_all(void)
{
	clear();
	rmdir(dir);
}

static void setup(void)
{
	snprintf(dir, sizeof(dir), "%s/fuzz-journal-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(dir))
		abort();
	atexit(remove_all);
}

/* Each form is one line, whatever stands in the record. */
static void send_on(const struct journal_entry *e)
{
	for (unsigned f = 0; f < SIEM_FORMAT_MAX; f++) {
		struct siem_options o = {.format = (enum siem_format)f,
			.hide_names = LEVEL_SECRET,
			.hide_snippets = LEVEL_INTERNAL,
			.host = "host",
			.journal = ""};
		struct buf b = BUF_INIT(0);

		if (siem_put(e, &o, &b) == 0 && b.n > 0 && memchr(b.p, '\n', b.n))
			abort();
		buf_clear(&b);
		if (siem_syslog(e, &o, &b) == 0 && memchr(b.p, '\n', b.n))
			abort();
		buf_done(&b);
	}
}

/* What is read as a checkpoint is written as the same one. */
static void check_checkpoint(struct view v)
{
	struct checkpoint c, again;
	struct buf b = BUF_INIT(0);

	if (checkpoint_parse(v, &c) < 0)
		return;
	if (checkpoint_check(&c) < 0 || checkpoint_put(&b, &c) < 0 ||
		checkpoint_parse(buf_view(&b), &again) < 0 || memcmp(&c, &again, sizeof(c)) != 0)
		abort();
	buf_done(&b);
}

static uint64_t read_all(void)
{
	struct journal_reader *r;
	struct journal_entry e;
	uint64_t n = 0;
	int k;

	if (journal_reader_open(dir, &r) < 0)
		abort();
	while ((k = journal_read(r, &e)) != JOURNAL_END) {
		struct incident *i = NULL;

		if (k < 0)
			continue;
		n++;
		send_on(&e);
		check_checkpoint(e.payload);
		if (incident_parse(e.payload, &i) == 0)
			incident_free(i);
	}
	journal_reader_close(r);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct view v = view_of(p, n), head = VIEW_EMPTY;
	struct journal_verify_result before, after;
	struct journal *j;
	struct journal_opened how;
	uint64_t seq;

	if (!dir[0])
		setup();
	check_checkpoint(v);
	if (n > HEAD_SIZE && p[HEAD_SIZE - 1] == '\n') {
		head = view_sub(v, 0, HEAD_SIZE);
		v = view_sub(v, HEAD_SIZE, v.n);
	}
	clear();
	put(JOURNAL_FILE, v);
	if (head.n)
		put(JOURNAL_HEAD, head);
	if (journal_verify(dir, NULL, NULL, &before) < 0 || read_all() != before.records)
		abort();
	if (journal_open(dir, &j, &how) < 0)
		return 0;
	if (journal_append(j, VIEW_LIT("{\"kind\":\"gap\"}"), &seq) == 0) {
		if (journal_sync(j) < 0 || journal_verify(dir, NULL, NULL, &after) < 0 ||
			after.last_seq != seq || after.records <= before.records)
			abort();
	}
	journal_close(j);
	return 0;
}
