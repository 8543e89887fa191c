/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scan costs in a warm worker, sandbox and all:
 *   ./bench-worker SEALGATE-SCAN RULES [DOCUMENT]...
 * First the hand-over alone (a job with an empty document, there and back), then for each document
 * the CPU time in the worker and the time until the verdict is here.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "harness.h"
#include "rulepack/rulepack.h"
#include "wire/wire_facts.h"

#define ROUNDS 2000U
#define WARM   200U

struct bench {
	struct harness h;
	int core;
	struct facts facts;
	uint64_t wall[ROUNDS], cpu[ROUNDS];
};

static void die(const char *what)
{
	fprintf(stderr, "bench-worker: %s\n", what);
	exit(1);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static double median_us(uint64_t *v)
{
	qsort(v, ROUNDS, sizeof(*v), compare);
	return (double)v[ROUNDS / 2] / 1e3;
}

static void send_rules(struct bench *b, const char *dir)
{
	struct diags *d = calloc(1, sizeof(*d));
	struct rulepack_info *info = calloc(1, sizeof(*info));
	struct buf blob = BUF_INIT(0), body = BUF_INIT(0);
	struct pack p = {&body, 0};
	uint64_t begin = clock_now();
	int fd;

	if (!d || !info || rulepack_compile(&dir, 1, d, info, &blob) < 0)
		die("the rules do not compile");
	printf("rules: %u packs, %zu KiB, compiled in %.0f ms\n", info->n_packs, blob.n >> 10,
		(double)(clock_now() - begin) / 1e6);
	fd = fd_memfd_sealed("rules", buf_view(&blob));
	pack_u32(&p, 1);
	if (fd < 0 || wire_send(b->core, SCAN_RULES, 0, buf_view(&body), &fd, 1) < 0)
		die("cannot send the rules");
	close(fd);
	buf_done(&blob);
	buf_done(&body);
	free(info);
	free(d);
}

static uint64_t one(struct bench *b, int fd, const char *name, uint8_t flags)
{
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};
	struct wire_frame f;
	struct unpack u;
	uint64_t begin = clock_now(), end;

	pack_u64(&p, 10 * NSEC_PER_SEC);
	pack_u8(&p, flags);
	pack_str(&p, name);
	if (wire_send(b->core, SCAN_JOB, 1, buf_view(&body), &fd, 1) < 0)
		die("cannot send a job");
	harness_receive(&b->h, b->core, &f);
	u = (struct unpack){f.body, 0};
	unpack_facts(&u, &b->facts);
	end = clock_now();
	if (f.type != SCAN_RESULT || unpack_end(&u) < 0)
		die("no result");
	wire_frame_done(&f);
	buf_done(&body);
	return end - begin;
}

static void run(struct bench *b, int fd, const char *name)
{
	for (unsigned i = 0; i < WARM; i++)
		(void)one(b, fd, name, SCAN_WANT_SHA256);
	for (unsigned i = 0; i < ROUNDS; i++) {
		b->wall[i] = one(b, fd, name, SCAN_WANT_SHA256);
		b->cpu[i] = b->facts.cpu_ns;
	}
}

static void document(struct bench *b, const char *path)
{
	const char *base = strrchr(path, '/');
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	double wall, cpu;

	if (fd < 0)
		die(path);
	run(b, fd, base ? base + 1 : path);
	wall = median_us(b->wall);
	cpu = median_us(b->cpu);
	printf("%s: %s, %llu bytes, %s: %.3f ms CPU, verdict after %.3f ms\n", path,
		b->facts.format, (unsigned long long)b->facts.size, level_name(b->facts.level),
		cpu / 1e3, wall / 1e3);
	close(fd);
}

int main(int argc, char **argv)
{
	struct config config = {
		.file_bytes = UINT64_C(512) << 20, .worker_memory = UINT64_C(512) << 20};
	struct bench *b = calloc(1, sizeof(*b));
	double wall, cpu;
	int empty = memfd_create("empty", MFD_CLOEXEC);

	if (argc < 3 || !b || empty < 0)
		die("usage: bench-worker SEALGATE-SCAN RULES [DOCUMENT]...");
	harness_uid(&config);
	harness_start(&b->h, argv[1], &config, NULL);
	harness_wait_ready(&b->h);
	printf("sandbox: %s\n", b->h.note);
	b->core = harness_core(&b->h);
	send_rules(b, argv[2]);
	run(b, empty, "empty");
	wall = median_us(b->wall);
	cpu = median_us(b->cpu);
	printf("hand-over: %.1f us there and back, of which %.1f us of work on nothing\n", wall,
		cpu);
	for (int i = 3; i < argc; i++)
		document(b, argv[i]);
	close(empty);
	free(b);
	return 0;
}
