/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a scan's CPU time goes, format by format: a worker's work on each document in this process,
 * without sandbox, hand-over and start, so that a profiler sees it:
 *   ./bench-format ROUNDS RULES DOCUMENT...
 * Prints for each format the least of the rounds. For a deterministic count, without the minutes
 * that the compiler of rules takes in a profiler:
 *   ./bench-format 0 RULES COMPILED
 *   valgrind --tool=callgrind --toggle-collect=worker_run ./bench-format 1 COMPILED DOCUMENT...
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "rulepack/rulepack.h"
#include "wire/protocol.h"
#include "worker.h"

#define FORMATS_MAX 64

struct row {
	char format[sizeof((struct facts){0}.format)];
	unsigned files, marked;
	uint64_t bytes, ns, best;
};

static void die(const char *what)
{
	fprintf(stderr, "bench-format: %s\n", what);
	exit(1);
}

static void compile(const char *dir, struct buf *blob)
{
	struct diags *d = calloc(1, sizeof(*d));
	struct rulepack_info *info = calloc(1, sizeof(*info));

	if (!d || !info || rulepack_compile(&dir, 1, d, info, blob) < 0)
		die("the rules do not compile");
	free(info);
	free(d);
}

static void get_rules(const char *path, struct buf *blob)
{
	cleanup_with(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	if (S_ISDIR(st.st_mode))
		compile(path, blob);
	else if (fd_read_all(fd, (size_t)st.st_size, blob) < 0)
		die(path);
}

static int save_rules(const char *dir, const char *path)
{
	struct buf blob = BUF_INIT(0);
	cleanup_with(fd_closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	compile(dir, &blob);
	if (fd < 0 || fd_write_all(fd, buf_view(&blob)) < 0)
		die(path);
	buf_done(&blob);
	return 0;
}

static struct worker *make_worker(const char *rules)
{
	struct buf blob = BUF_INIT(0);
	struct worker *w = NULL;
	int fd;

	get_rules(rules, &blob);
	fd = fd_memfd_sealed("rules", buf_view(&blob));
	if (fd < 0 || worker_new(UINT64_C(512) << 20, &w) < 0 || worker_rules(w, 1, fd) < 0)
		die("no worker");
	close(fd);
	buf_done(&blob);
	return w;
}

static struct row *row_of(struct row *rows, const char *format)
{
	for (unsigned i = 0; i < FORMATS_MAX; i++) {
		if (rows[i].files == 0 && !rows[i].format[0])
			memcpy(rows[i].format, format, sizeof(rows[i].format));
		if (strcmp(rows[i].format, format) == 0)
			return &rows[i];
	}
	die("too many formats");
	return NULL;
}

static void one(struct worker *w, struct row *rows, const char *path)
{
	const char *base = strrchr(path, '/');
	struct worker_job job = {.cpu_ns = UINT64_C(10000000000),
		.flags = SCAN_WANT_SHA256 | SCAN_WANT_OCR,
		.name = view_str(base ? base + 1 : path)};
	const struct facts *f;
	struct row *row;

	job.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (job.fd < 0)
		die(path);
	f = worker_run(w, &job);
	row = row_of(rows, f->format);
	row->files++;
	row->marked += f->level != LEVEL_NONE;
	row->bytes += f->size;
	row->ns += f->cpu_ns;
	close(job.fd);
}

int main(int argc, char **argv)
{
	struct row rows[FORMATS_MAX] = {0};
	unsigned rounds = argc > 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	struct row all = {.format = "all"};
	struct worker *w;

	if (rounds == 0 && argc == 4)
		return save_rules(argv[2], argv[3]);
	if (rounds == 0)
		die("usage: bench-format ROUNDS RULES DOCUMENT...");
	w = make_worker(argv[2]);
	for (unsigned k = 0; k < rounds; k++) {
		for (struct row *r = rows; r < rows + FORMATS_MAX; r++)
			r->files = r->marked = 0, r->bytes = r->ns = 0;
		for (int i = 3; i < argc; i++)
			one(w, rows, argv[i]);
		for (struct row *r = rows; r < rows + FORMATS_MAX; r++)
			if (k == 0 || r->ns < r->best)
				r->best = r->ns;
	}
	printf("%-10s%7s%8s%9s%9s%9s%9s\n", "format", "files", "marked", "MB", "ms", "MB/s",
		"files/s");
	for (struct row *r = rows; r <= rows + FORMATS_MAX; r++) {
		const struct row *p = r < rows + FORMATS_MAX ? r : &all;

		if (p->files == 0)
			continue;
		printf("%-10s%7u%8u%9.2f%9.2f%9.0f%9.0f\n", p->format, p->files, p->marked,
			(double)p->bytes / 1e6, (double)p->best / 1e6,
			(double)p->bytes / 1e6 / ((double)p->best / 1e9),
			p->files / ((double)p->best / 1e9));
		all.files += p->files;
		all.marked += p->marked;
		all.bytes += p->bytes;
		all.best += p->best;
	}
	worker_free(w);
	return 0;
}
