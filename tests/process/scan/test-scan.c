/* SPDX-License-Identifier: Apache-2.0 */
/* sealgate-scan under a fake supervisor and a fake core. */
#include "../../unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "digest/sha256.h"
#include "harness.h"
#include "rulepack/rulepack.h"
#include "wire/wire_facts.h"

#define BUDGET     (2 * NSEC_PER_SEC)
#define FILE_BYTES (UINT64_C(64) << 20)

static const char *scan_exe, *rules_dir;

/* A document that says what it is as the regulations want it. */
static const char secret[] = "ỦY BAN NHÂN DÂN TỈNH BÌNH MINH\n"
			     "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\n"
			     "Độc lập - Tự do - Hạnh phúc\n"
			     "Số: 12/BC-UBND\n"
			     "TỐI MẬT\n\n"
			     "BÁO CÁO\nvề công tác bảo vệ\n";
static const char open_text[] = "Kính gửi các đồng chí,\n\nCuộc họp bắt đầu lúc chín giờ.\n";

struct ground {
	struct harness h;
	int core;
	int rules;
	struct config config;
	struct facts facts;
};

static int compile(void **state)
{
	struct ground *g = calloc(1, sizeof(*g));
	struct diags *d = calloc(1, sizeof(*d));
	struct rulepack_info *info = calloc(1, sizeof(*info));
	struct buf blob = BUF_INIT(0);
	char line[1024];

	assert_true(g && d && info);
	if (rulepack_compile(&rules_dir, 1, d, info, &blob) < 0) {
		for (size_t i = 0; i < d->n; i++) {
			diag_format(&d->v[i], line, sizeof(line));
			fprintf(stderr, "%s\n", line);
		}
		fail();
	}
	g->rules = fd_memfd_sealed("rules", buf_view(&blob));
	assert_true(g->rules >= 0);
	buf_done(&blob);
	free(info);
	free(d);
	*state = g;
	return 0;
}

static int release(void **state)
{
	struct ground *g = *state;

	close(g->rules);
	free(g);
	return 0;
}

static void start(struct ground *g)
{
	harness_start(&g->h, scan_exe, &g->config, NULL);
	harness_wait_ready(&g->h);
	g->core = harness_core(&g->h);
}

static int setup(void **state)
{
	struct ground *g = *state;

	g->config = (struct config){.file_bytes = FILE_BYTES, .worker_memory = 512U << 20};
	harness_uid(&g->config);
	start(g);
	return 0;
}

static int teardown(void **state)
{
	struct ground *g = *state;

	g->core = fd_close(g->core);
	if (g->h.control >= 0)
		assert_int_equal(0, harness_stop(&g->h));
	return 0;
}

static void send_rules(struct ground *g, uint32_t generation)
{
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};

	pack_u32(&p, generation);
	assert_int_equal(0, wire_send(g->core, SCAN_RULES, 0, buf_view(&body), &g->rules, 1));
	buf_done(&body);
}

static void send_job(struct ground *g, uint32_t id, int fd, uint64_t budget, const char *name)
{
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};

	pack_u64(&p, budget);
	pack_u8(&p, SCAN_WANT_SHA256 | SCAN_WANT_OCR);
	pack_str(&p, name);
	assert_int_equal(0, wire_send(g->core, SCAN_JOB, id, buf_view(&body), &fd, 1));
	buf_done(&body);
}

static const struct facts *result(struct ground *g, uint32_t id)
{
	struct wire_frame f;
	struct unpack u;

	harness_receive(&g->h, g->core, &f);
	assert_int_equal(SCAN_RESULT, f.type);
	assert_int_equal(id, f.id);
	u = (struct unpack){f.body, 0};
	unpack_facts(&u, &g->facts);
	assert_int_equal(0, unpack_end(&u));
	wire_frame_done(&f);
	return &g->facts;
}

static int document(const char *text, size_t padding)
{
	int fd = memfd_create("document", MFD_CLOEXEC);
	char spaces[4096];

	assert_true(fd >= 0);
	memset(spaces, ' ', sizeof(spaces));
	spaces[79] = '\n';
	assert_int_equal(0, fd_write_all(fd, view_str(text)));
	for (; padding > 0; padding -= MIN(padding, sizeof(spaces)))
		assert_int_equal(
			0, fd_write_all(fd, view_of(spaces, MIN(padding, sizeof(spaces)))));
	return fd;
}

static void test_verdicts(void **state)
{
	struct ground *g = *state;
	const struct facts *f;
	uint8_t digest[SHA256_SIZE];
	int fd = document(secret, 0), other = document(open_text, 0);

	assert_non_null(strstr(g->h.note, "seccomp+rlimits"));
	send_rules(g, 7);
	/* several may wait on the socket */
	send_job(g, 1, fd, BUDGET, "bao-cao.txt");
	send_job(g, 2, other, BUDGET, "thu.txt");
	send_job(g, 3, fd, BUDGET, "bao-cao.txt");
	f = result(g, 1);
	assert_int_equal(LEVEL_SECRET, f->level);
	assert_int_equal(COMPLETENESS_FULL, f->completeness);
	assert_string_equal("text", f->format);
	assert_int_equal(sizeof(secret) - 1, f->size);
	assert_int_equal(7, f->generation);
	assert_true(f->n_evidence > 0);
	assert_true(f->cpu_ns > 0 && f->cpu_ns < NSEC_PER_SEC);
	assert_int_equal(0, sha256(view_str(secret), digest));
	assert_true(f->has_sha256);
	assert_memory_equal(digest, f->sha256, sizeof(digest));
	f = result(g, 2);
	assert_int_equal(LEVEL_NONE, f->level);
	assert_int_equal(0, f->n_evidence);
	f = result(g, 3);
	assert_int_equal(LEVEL_SECRET, f->level);
	close(fd);
	close(other);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {300 << 10, 15U << 20, 17U << 20};
	struct ground *g = *state;
	const struct facts *f;
	int fd;

	send_rules(g, 1);
	fd = document("", 0);
	send_job(g, 1, fd, BUDGET, "empty");
	f = result(g, 1);
	assert_int_equal(LEVEL_NONE, f->level);
	assert_int_equal(0, f->size);
	assert_true(f->has_sha256);
	close(fd);
	/* read and mapped, and read again after it was mapped */
	for (uint32_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		fd = document(secret, sizes[i]);
		send_job(g, 2 + i, fd, BUDGET, "large.txt");
		f = result(g, 2 + i);
		assert_int_equal(LEVEL_SECRET, f->level);
		assert_int_equal(sizeof(secret) - 1 + sizes[i], f->size);
		assert_true(f->has_sha256);
		close(fd);
	}
	/* over the limit: its head is looked at, and the facts say so */
	fd = document(secret, 0);
	assert_int_equal(0, ftruncate(fd, FILE_BYTES + 1));
	send_job(g, 9, fd, BUDGET, "huge.txt");
	f = result(g, 9);
	assert_int_equal(FILE_BYTES + 1, f->size);
	assert_true(f->reasons & REASON_BIT(REASON_TOO_BIG));
	assert_int_not_equal(COMPLETENESS_FULL, f->completeness);
	assert_false(f->has_sha256);
	close(fd);
	fd = document(open_text, 0);
	send_job(g, 10, fd, BUDGET, "small.txt");
	assert_int_equal(LEVEL_NONE, result(g, 10)->level);
	close(fd);
}

static void test_not_a_file(void **state)
{
	struct ground *g = *state;
	const struct facts *f;
	int pipes[2], dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	send_rules(g, 1);
	assert_int_equal(0, pipe2(pipes, O_CLOEXEC));
	send_job(g, 1, pipes[0], BUDGET, "pipe");
	f = result(g, 1);
	assert_int_equal(COMPLETENESS_UNREADABLE, f->completeness);
	assert_true(f->reasons & REASON_BIT(REASON_DAMAGED));
	send_job(g, 2, dir, BUDGET, "dir");
	assert_int_equal(COMPLETENESS_UNREADABLE, result(g, 2)->completeness);
	close(pipes[0]);
	close(pipes[1]);
	close(dir);
}

/* A picture with a comment whose checksum is wrong: libpng would say so. */
static const uint8_t bad_png[] = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d,
	0x49, 0x48, 0x44, 0x52, 0, 0, 2, 0x58, 0, 0, 1, 0x90, 1, 0, 0, 0, 0, 0x5a, 0x4e, 0x23, 0x35,
	0, 0, 0, 5, 0x74, 0x45, 0x58, 0x74, 0x78, 0, 0x61, 0x62, 0x63, 0xa9, 0x75, 0x91, 0x26, 0, 0,
	0, 0x34, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0xed, 0xc1, 1, 0x0d, 0, 0, 0, 0xc2, 0xa0, 0xf7,
	0x4f, 0x6d, 0x0f, 7, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0x8f, 6, 0x76, 0xc0, 0, 1, 0x4f, 0x0a, 0xc6, 0x10, 0, 0, 0, 0, 0x49,
	0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

static int said = -1;

static void catch_stderr(void)
{
	dup2(said, STDERR_FILENO);
}

/* What the libraries say of a document is not for the journal. */
static void test_quiet(void **state)
{
	struct ground *g = *state;
	char text[200];
	int pipes[2], fd = memfd_create("picture", MFD_CLOEXEC);

	assert_int_equal(0, harness_stop(&g->h));
	close(g->core);
	assert_int_equal(0, pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
	said = pipes[1];
	assert_true(fd >= 0);
	assert_int_equal(sizeof(bad_png), write(fd, bad_png, sizeof(bad_png)));
	harness_start(&g->h, scan_exe, &g->config, catch_stderr);
	harness_wait_ready(&g->h);
	g->core = harness_core(&g->h);
	send_rules(g, 1);
	send_job(g, 1, fd, BUDGET, "picture.png");
	assert_string_equal("png", result(g, 1)->format);
	if (!SANITIZED)
		assert_int_equal(-1, read(pipes[0], text, sizeof(text)));
	close(pipes[0]);
	close(pipes[1]);
	close(fd);
}

/* Digesting 6 GiB of nothing takes seconds; the backstop does not wait. */
static void test_overrun(void **state)
{
	struct ground *g = *state;
	const struct facts *f;
	uint64_t begin;
	int fd;

	assert_int_equal(0, harness_stop(&g->h));
	close(g->core);
	g->config.file_bytes = UINT64_C(8) << 30;
	start(g);
	send_rules(g, 1);
	fd = document("", 0);
	assert_int_equal(0, ftruncate(fd, (off_t)6 << 30));
	begin = clock_now();
	send_job(g, 5, fd, NSEC_PER_MSEC, "endless");
	f = result(g, 5);
	assert_int_equal(COMPLETENESS_UNREADABLE, f->completeness);
	assert_int_equal(REASON_BIT(REASON_TIMED_OUT), f->reasons);
	assert_true(clock_now() - begin < 15 * NSEC_PER_SEC);
	close(fd);
	/* and it is gone: nobody knows in what state it was */
	assert_int_equal(0, harness_wait(&g->h));
}

static void expect_fatal(struct ground *g, const char *why)
{
	struct wire_frame f;
	struct unpack u;
	char text[256];

	harness_receive(&g->h, g->h.control, &f);
	u = (struct unpack){f.body, 0};
	unpack_str(&u, text, sizeof(text));
	assert_int_equal(CHILD_FATAL, f.type);
	if (!strstr(text, why))
		fail_msg("%s", text);
	assert_int_equal(EXIT_FAILURE, WEXITSTATUS(harness_wait(&g->h)));
}

static void test_job_before_rules(void **state)
{
	struct ground *g = *state;
	int fd = document(open_text, 0);

	send_job(g, 1, fd, BUDGET, "x");
	close(fd);
	expect_fatal(g, "before the rules");
}

static void test_unsealed_rules(void **state)
{
	struct ground *g = *state;
	uint8_t generation[4] = {1};
	int fd = document(open_text, 0);

	assert_int_equal(0, wire_send(g->core, SCAN_RULES, 0, view_of(generation, 4), &fd, 1));
	close(fd);
	expect_fatal(g, "rules of generation 1");
}

static void test_damaged_rules(void **state)
{
	struct ground *g = *state;
	uint8_t generation[4] = {1};
	int fd = fd_memfd_sealed("rules", VIEW_LIT("these are no rules"));

	assert_int_equal(0, wire_send(g->core, SCAN_RULES, 0, view_of(generation, 4), &fd, 1));
	close(fd);
	expect_fatal(g, "rules of generation 1");
}

static void test_new_core(void **state)
{
	struct ground *g = *state;
	struct wire_frame f;
	int fd = document(secret, 0);

	send_rules(g, 1);
	send_job(g, 1, fd, BUDGET, "x.txt");
	assert_int_equal(LEVEL_SECRET, result(g, 1)->level);
	close(g->core);
	g->core = harness_core(&g->h);
	/* a frame that is in no table ends the connection, not the process */
	assert_int_equal(0, wire_send(g->core, CORE_WATCHED, 1, VIEW_LIT("x"), NULL, 0));
	assert_int_equal(WIRE_EOF, wire_receive(g->core, &g->h.storage, &f));
	close(g->core);
	g->core = harness_core(&g->h);
	send_rules(g, 2);
	send_job(g, 1, fd, BUDGET, "x.txt");
	assert_int_equal(2, result(g, 1)->generation);
	close(fd);
	assert_int_equal(0, wire_send(g->h.control, SUP_PING, 9, VIEW_EMPTY, NULL, 0));
	harness_receive(&g->h, g->h.control, &f);
	assert_int_equal(CHILD_PONG, f.type);
}

static void test_supervisor_gone(void **state)
{
	struct ground *g = *state;

	shutdown(g->h.control, SHUT_RDWR);
	assert_int_equal(0, harness_wait(&g->h));
}

int main(int argc, char **argv)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_verdicts),
		TEST(test_sizes),
		TEST(test_not_a_file),
		TEST(test_quiet),
		TEST(test_overrun),
		TEST(test_job_before_rules),
		TEST(test_unsealed_rules),
		TEST(test_damaged_rules),
		TEST(test_new_core),
		TEST(test_supervisor_gone),
	};

	if (argc < 3)
		return 2;
	scan_exe = argv[1];
	rules_dir = argv[2];
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, compile, release);
}
