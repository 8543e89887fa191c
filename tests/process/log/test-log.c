/* SPDX-License-Identifier: Apache-2.0 */
/* sealgate-log with this test as its supervisor and its core. Arguments: the program, the script of
   the manual's shell lines, the manual. */
#include "../../unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "journal/seal.h"
#include "wire/config.h"
#include "wire/frame.h"
#include "wire/protocol.h"

#define ANSWER_MS 10000 /* a process that takes longer hangs */
#define NOBODY    65534U
#define OWN       2U /* records of a new journal's own: its birth and its key */

static const char *program, *script, *manual;

struct bench {
	char state[64], dir[96]; /* state-dir, and journal/ in it */
	pid_t pid;
	int control, core;
	struct buf storage;
	struct wire_frame frame; /* the last one received */
	bool mounted, drop_oldest;
	uint64_t segment_bytes, total_bytes;
};

static void start(struct bench *b, uint32_t uid);

static int receive(struct bench *b, int sock, int timeout_ms)
{
	struct pollfd p = {.fd = sock, .events = POLLIN};

	if (poll(&p, 1, timeout_ms) <= 0)
		return -ETIMEDOUT;
	return wire_receive(sock, &b->storage, &b->frame);
}

static void expect(struct bench *b, int sock, uint16_t type)
{
	assert_int_equal(receive(b, sock, ANSWER_MS), 0);
	assert_int_equal(b->frame.type, type);
}

static uint64_t seq_of(const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	uint64_t seq = unpack_u64(&u);

	assert_int_equal(f->type, LOG_APPENDED);
	assert_int_equal(unpack_end(&u), 0);
	return seq;
}

static int send_record(struct bench *b, uint32_t id, struct view payload)
{
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};
	int r;

	pack_view(&p, payload);
	assert_int_equal(p.error, 0);
	r = wire_send(b->core, LOG_APPEND, id, buf_view(&body), NULL, 0);
	buf_done(&body);
	return r;
}

static int send_number(struct bench *b, uint32_t id, size_t pad)
{
	struct buf t = BUF_INIT(0);
	int r = buf_printf(&t, "{\"kind\":\"test\",\"n\":%u,\"pad\":\"", id);

	for (size_t i = 0; i < pad && r == 0; i++)
		r = buf_put_byte(&t, 'x');
	if (r == 0)
		r = buf_put_str(&t, "\"}");
	assert_int_equal(r, 0);
	r = send_record(b, id, buf_view(&t));
	buf_done(&t);
	return r;
}

/* Sends and waits for its number. */
static uint64_t append(struct bench *b, uint32_t id)
{
	assert_int_equal(send_number(b, id, 0), 0);
	expect(b, b->core, LOG_APPENDED);
	assert_int_equal(b->frame.id, id);
	return seq_of(&b->frame);
}

static void give_core(struct bench *b)
{
	uint8_t body[5] = {ROLE_CORE};
	int pair[2];

	fd_close(b->core);
	assert_int_equal(wire_pair(pair), 0);
	assert_int_equal(wire_send(b->control, SUP_PEER, 0, view_of(body, 5), &pair[1], 1), 0);
	close(pair[1]);
	b->core = pair[0];
}

static void send_config(struct bench *b, uint32_t uid)
{
	struct config c = {.state_dir = b->state,
		.runtime_dir = b->state,
		.uid = uid,
		.gid = uid,
		.journal_segment_bytes = b->segment_bytes,
		.journal_total_bytes = b->total_bytes,
		.journal_drop_oldest = b->drop_oldest};
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};

	c.policy = b->state;
	pack_config(&p, &c);
	assert_int_equal(p.error, 0);
	assert_int_equal(wire_send(b->control, SUP_CONFIG, 0, buf_view(&body), NULL, 0), 0);
	buf_done(&body);
}

static void start(struct bench *b, uint32_t uid)
{
	int pair[2];

	assert_int_equal(wire_pair(pair), 0);
	b->pid = fork();
	assert_true(b->pid >= 0);
	if (b->pid == 0) {
		if (dup2(pair[1], PROTOCOL_CONTROL_FD) < 0)
			_exit(126);
		if (pair[1] == PROTOCOL_CONTROL_FD)
			fcntl(PROTOCOL_CONTROL_FD, F_SETFD, 0);
		execl(program, "sealgate-log", NULL);
		_exit(127);
	}
	close(pair[1]);
	b->control = pair[0];
	send_config(b, uid);
	expect(b, b->control, CHILD_READY);
	give_core(b);
}

/* Waits for the end; the exit status, or minus the signal. */
static int ended(struct bench *b)
{
	uint64_t until = clock_now() + ANSWER_MS * NSEC_PER_MSEC;
	int status;

	while (waitpid(b->pid, &status, WNOHANG) == 0) {
		assert_true(clock_now() < until);
		usleep(2000);
	}
	b->pid = 0;
	b->core = fd_close(b->core);
	b->control = fd_close(b->control);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int stop(struct bench *b)
{
	assert_int_equal(wire_send(b->control, SUP_STOP, 0, VIEW_EMPTY, NULL, 0), 0);
	return ended(b);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	snprintf(b->state, sizeof(b->state), "/tmp/sealgate-log-XXXXXX");
	assert_non_null(mkdtemp(b->state));
	chmod(b->state, 0755);
	snprintf(b->dir, sizeof(b->dir), "%s/journal", b->state);
	assert_int_equal(mkdir(b->dir, 0750), 0);
	b->control = b->core = -1;
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	DIR *d;
	struct dirent *e;

	if (b->pid > 0) {
		kill(b->pid, SIGKILL);
		waitpid(b->pid, NULL, 0);
	}
	fd_close(b->control);
	fd_close(b->core);
	d = opendir(b->dir);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	if (b->mounted)
		umount2(b->dir, MNT_DETACH);
	rmdir(b->dir);
	rmdir(b->state);
	buf_done(&b->storage);
	free(b);
	return 0;
}

static void on_finding(void *userdata, const struct journal_finding *f)
{
	(void)userdata;
	print_message("# finding: line %u: %s\n", (unsigned)f->line, f->text);
}

static struct journal_verify_result verify(struct bench *b)
{
	struct journal_verify_result v;

	assert_int_equal(journal_verify(b->dir, on_finding, NULL, &v), 0);
	return v;
}

/* The payload of the last record that begins like this; "" where there is none. */
static void find_last(struct bench *b, const char *begin, char *ret, size_t size)
{
	struct journal_reader *r;
	struct journal_entry e;

	ret[0] = 0;
	assert_int_equal(journal_reader_open(b->dir, &r), 0);
	while (journal_read(r, &e) == 0)
		if (view_starts(e.payload, view_str(begin)))
			snprintf(ret, size, "%.*s", (int)e.payload.n, (const char *)e.payload.p);
	journal_reader_close(r);
}

static void test_append(void **state)
{
	struct bench *b = *state;
	struct journal_verify_result v;

	start(b, UINT32_MAX);
	for (uint32_t i = 0; i < 300; i++)
		assert_int_equal(send_number(b, 1000 + i, 20), 0);
	for (uint32_t i = 0; i < 300; i++) {
		expect(b, b->core, LOG_APPENDED);
		assert_int_equal(b->frame.id, 1000 + i);
		assert_int_equal(seq_of(&b->frame), i + OWN);
	}
	assert_int_equal(wire_send(b->control, SUP_PING, 77, VIEW_EMPTY, NULL, 0), 0);
	expect(b, b->control, CHILD_PONG);
	assert_int_equal(b->frame.id, 77);
	assert_int_equal(stop(b), 0);
	v = verify(b);
	assert_int_equal(v.findings, 0);
	assert_int_equal(v.records, OWN + 300 + 1); /* and a checkpoint at the end */
	assert_int_equal(v.checkpoints, 1);
	assert_int_equal(v.sealed_seq + 1, v.last_seq);
	assert_int_equal(v.gaps, 0);
}

/* What the manual says can be checked with a shell can be. */
static void test_shell(void **state)
{
	struct bench *b = *state;
	int status;
	pid_t pid;

	start(b, UINT32_MAX);
	for (uint32_t i = 1; i <= 4; i++)
		(void)append(b, i);
	assert_int_equal(stop(b), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		execl(script, script, manual, b->dir, "7", NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_other_user(void **state)
{
	struct bench *b = *state;
	struct stat st;
	char path[160];

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(b->dir, NOBODY, NOBODY), 0);
	start(b, NOBODY);
	assert_int_equal(append(b, 1), OWN);
	snprintf(path, sizeof(path), "%s/%s", b->dir, JOURNAL_FILE);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, NOBODY);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(stop(b), 0);
	assert_int_equal(verify(b).findings, 0);
}

static void test_core_restarts(void **state)
{
	struct bench *b = *state;

	start(b, UINT32_MAX);
	assert_int_equal(append(b, 1), OWN);
	assert_int_equal(send_number(b, 2, 0), 0); /* and gone before the answer */
	for (uint32_t i = 0; i < 20; i++) {
		give_core(b);
		(void)append(b, 10 + i);
	}
	/* What is no LOG_APPEND ends that connection, not the process. */
	assert_int_equal(wire_send(b->core, CTL_STATUS, 0, VIEW_EMPTY, NULL, 0), 0);
	assert_int_equal(receive(b, b->core, ANSWER_MS), WIRE_EOF);
	give_core(b);
	assert_int_equal(
		wire_send(b->core, LOG_APPEND, 0, VIEW_LIT("\xff\xff\xff\xff"), NULL, 0), 0);
	assert_int_equal(receive(b, b->core, ANSWER_MS), WIRE_EOF);
	give_core(b);
	assert_int_equal(append(b, 40), 24);
	assert_int_equal(stop(b), 0);
	assert_int_equal(verify(b).records, 24 + OWN);
}

static void test_end_of_supervisor(void **state)
{
	struct bench *b = *state;

	start(b, UINT32_MAX);
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(send_number(b, i, 0), 0);
	b->control = fd_close(b->control);
	assert_int_equal(ended(b), 0);
	assert_int_equal(verify(b).records, OWN + 50 + 1); /* what was on its way is not lost */
}

static void test_refused(void **state)
{
	struct bench *b = *state;
	char text[400];

	start(b, UINT32_MAX);
	assert_int_equal(send_record(b, 5, VIEW_LIT("{\"a\":\n1}")), 0);
	expect(b, b->core, LOG_APPENDED);
	assert_int_equal(b->frame.id, 5);
	assert_int_equal(seq_of(&b->frame), 0);
	assert_int_equal(append(b, 6), OWN + 1);
	assert_int_equal(stop(b), 0);
	find_last(b, "{\"kind\":\"gap\"", text, sizeof(text));
	assert_non_null(strstr(text, "\"what\":\"refused-record\""));
	assert_non_null(strstr(text, "\"bytes\":8"));
	assert_int_equal(verify(b).findings, 0);
}

static void spoil(struct bench *b, const char *append_text, off_t flip_from_end)
{
	char path[160];
	struct stat st;
	uint8_t c;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", b->dir, JOURNAL_FILE);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	if (append_text) {
		ssize_t n = (ssize_t)strlen(append_text);

		assert_int_equal(pwrite(fd, append_text, (size_t)n, st.st_size), n);
	} else {
		assert_int_equal(pread(fd, &c, 1, st.st_size - flip_from_end), 1);
		c ^= 1;
		assert_int_equal(pwrite(fd, &c, 1, st.st_size - flip_from_end), 1);
	}
	close(fd);
}

static void test_torn(void **state)
{
	struct bench *b = *state;
	char text[400];

	start(b, UINT32_MAX);
	(void)append(b, 1);
	assert_int_equal(stop(b), 0);
	spoil(b, "{\"seq\":2,\"ti", 0);
	start(b, UINT32_MAX);
	assert_int_equal(append(b, 2), 5); /* behind the checkpoint and the gap record */
	assert_int_equal(stop(b), 0);
	find_last(b, "{\"kind\":\"gap\"", text, sizeof(text));
	assert_non_null(strstr(text, "\"what\":\"torn-line\""));
	assert_non_null(strstr(text, "\"bytes\":12,\"file\":\"" JOURNAL_FILE ".torn-"));
	assert_int_equal(verify(b).findings, 0);
}

static void test_damaged(void **state)
{
	struct bench *b = *state;
	char text[400];

	start(b, UINT32_MAX);
	(void)append(b, 1);
	assert_int_equal(stop(b), 0);
	spoil(b, NULL, 100);
	start(b, UINT32_MAX);
	/* Behind the key and two gap records: damaged, and missing. */
	assert_int_equal(append(b, 2), 7);
	assert_int_equal(stop(b), 0);
	find_last(b, "{\"kind\":\"gap\",\"what\":\"damaged-journal\"", text, sizeof(text));
	assert_non_null(strstr(text, "\"file\":\"" JOURNAL_FILE ".damaged-"));
	find_last(b, "{\"kind\":\"gap\",\"what\":\"missing-records\"", text, sizeof(text));
	assert_non_null(strstr(text, "\"from_seq\":1,\"to_seq\":3"));
	assert_int_equal(verify(b).gaps, 2);
}

static void test_removed_while_open(void **state)
{
	struct bench *b = *state;
	char path[160], text[400];

	start(b, UINT32_MAX);
	(void)append(b, 1);
	(void)append(b, 2);
	snprintf(path, sizeof(path), "%s/%s", b->dir, JOURNAL_FILE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(append(b, 3), 7); /* behind the key and two gap records */
	assert_int_equal(stop(b), 0);
	find_last(b, "{\"kind\":\"gap\",\"what\":\"missing-records\"", text, sizeof(text));
	assert_non_null(strstr(text, "\"from_seq\":1,\"to_seq\":3"));
	find_last(b, "{\"kind\":\"gap\",\"what\":\"journal-changed\"", text, sizeof(text));
	assert_true(text[0]);
	assert_int_equal(verify(b).findings, 1);
}

static uint64_t ask(struct bench *b, uint16_t type, uint32_t id, struct view payload)
{
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};

	if (type == LOG_SEAL)
		pack_view(&p, payload);
	assert_int_equal(p.error, 0);
	assert_int_equal(wire_send(b->core, type, id, buf_view(&body), NULL, 0), 0);
	buf_done(&body);
	expect(b, b->core, LOG_APPENDED);
	assert_int_equal(b->frame.id, id);
	return seq_of(&b->frame);
}

static void remove_file(struct bench *b, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	assert_int_equal(unlink(path), 0);
}

/* Checkpoints when asked, a new key that the old one signs, and one that was lost. */
static void test_keys(void **state)
{
	struct bench *b = *state;
	struct journal_verify_result v;
	struct stat st;
	char path[160], text[600];

	start(b, UINT32_MAX);
	snprintf(path, sizeof(path), "%s/" SEAL_KEY_FILE, b->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	(void)append(b, 1);
	assert_int_equal(ask(b, LOG_SEAL, 2, VIEW_EMPTY), 3);
	assert_int_equal(ask(b, LOG_SEAL, 3, VIEW_LIT("{\"kind\":\"statement\"}")), 5);
	assert_int_equal(ask(b, LOG_SEAL, 4, VIEW_LIT("no object")), 0);
	assert_true(ask(b, LOG_NEW_KEY, 5, VIEW_EMPTY) > 0);
	assert_int_equal(ask(b, LOG_SEAL, 6, VIEW_EMPTY), 8);
	v = verify(b);
	assert_int_equal(v.findings, 0);
	assert_int_equal(v.checkpoints, 3);
	assert_int_equal(v.lost_keys, 0);
	find_last(b, "{\"kind\":\"key\"", text, sizeof(text));
	assert_non_null(strstr(text, "\"what\":\"rotated\""));
	assert_int_equal(stop(b), 0);
	assert_int_equal(verify(b).checkpoints, 3); /* nothing came behind the last */

	start(b, UINT32_MAX); /* the same key goes on */
	(void)append(b, 7);
	assert_int_equal(stop(b), 0);
	assert_int_equal(verify(b).records, 11);

	remove_file(b, SEAL_KEY_FILE);
	start(b, UINT32_MAX);
	assert_true(append(b, 8) > 0);
	assert_int_equal(stop(b), 0);
	v = verify(b);
	assert_int_equal(v.findings, 0);
	assert_int_equal(v.lost_keys, 1);
	find_last(b, "{\"kind\":\"gap\"", text, sizeof(text));
	assert_non_null(strstr(text, "\"what\":\"key-lost\""));
}

/* Starts the process and kills it when it has answered `enough`; more is on its way to it then. The
   number of the last that was answered. */
static uint64_t kill_under_load(struct bench *b, uint32_t enough)
{
	uint32_t sent = 0, answered = 0;
	uint64_t acked = 0;

	start(b, UINT32_MAX);
	while (answered < enough) {
		while (sent < answered + 200 && send_number(b, sent, sent % 900) == 0)
			sent++;
		expect(b, b->core, LOG_APPENDED);
		assert_int_equal(b->frame.id, answered);
		acked = seq_of(&b->frame);
		answered++;
	}
	kill(b->pid, SIGKILL);
	assert_int_equal(ended(b), -SIGKILL);
	return acked;
}

/* Files are closed, begun and removed all the time: what was answered and not removed by the limit
   is there, and the chain holds over each of the kills. */
static void test_killed_while_rotating(void **state)
{
	struct bench *b = *state;
	struct journal_verify_result v;
	uint64_t acked = 0;

	b->segment_bytes = 16U << 10;
	b->total_bytes = 128U << 10;
	b->drop_oldest = true;
	for (uint32_t round = 0; round < 25; round++) {
		acked = kill_under_load(b, 11 + 13 * round);
		v = verify(b);
		assert_true(v.last_seq >= acked);
		assert_true(v.findings <= 1);
	}
	start(b, UINT32_MAX);
	assert_true(append(b, 1) > acked);
	assert_int_equal(stop(b), 0);
	v = verify(b);
	assert_int_equal(v.findings, 0);
	assert_true(v.retentions > 0 && v.first_seq > OWN);
}

/* Every number that was answered is in the journal, whenever the process was killed. */
static void test_killed_under_load(void **state)
{
	struct bench *b = *state;
	uint64_t acked = 0;

	for (uint32_t round = 0; round < 25; round++) {
		struct journal_verify_result v;

		acked = kill_under_load(b, 20 + 37 * round);
		v = verify(b);
		assert_true(v.last_seq >= acked);
		/* The kill may have hit the write of a line; nothing else may be wrong. */
		assert_true(v.findings <= 1);
	}
	start(b, UINT32_MAX);
	assert_true(append(b, 1) > acked);
	assert_int_equal(stop(b), 0);
	assert_int_equal(verify(b).findings, 0);
}

static bool mount_sized(struct bench *b, const char *options)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
		return false;
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("tmpfs", b->dir, "tmpfs", 0, options), 0);
	b->mounted = true;
	return true;
}

static bool mount_small(struct bench *b)
{
	return mount_sized(b, "size=128k,mode=0700");
}

static uint64_t field(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	assert_non_null(p);
	return strtoull(p + strlen(name), NULL, 10);
}

/* Sends `n` records of 64 KiB, as fast as the process takes them. Counts the answers by kind. */
static void pour(struct bench *b, uint32_t n, uint32_t *ret_written, uint32_t *ret_lost)
{
	uint32_t sent = 0;

	while (sent < n) {
		int r = send_number(b, sent, 64U << 10);

		if (r == 0) {
			sent++;
			continue;
		}
		assert_int_equal(r, -EAGAIN);
		if (receive(b, b->core, 20) == 0)
			++*(seq_of(&b->frame) ? ret_written : ret_lost);
	}
	while (receive(b, b->core, 300) == 0)
		++*(seq_of(&b->frame) ? ret_written : ret_lost);
}

static void test_full_disk(void **state)
{
	struct bench *b = *state;
	uint32_t written = 0, lost = 0, n = 160; /* 10 MiB: more than memory keeps */
	uint32_t last = 0, after = 0;
	char text[600];

	if (!mount_small(b))
		skip();
	start(b, UINT32_MAX);
	pour(b, n, &written, &lost);
	assert_in_range(written, 1, 2);
	assert_in_range(lost, 20, 60);
	assert_int_equal(verify(b).findings, 0); /* no half line is left in the file */
	assert_int_equal(wire_send(b->control, SUP_PING, 1, VIEW_EMPTY, NULL, 0), 0);
	expect(b, b->control, CHILD_PONG);

	assert_int_equal(mount(NULL, b->dir, NULL, MS_REMOUNT, "size=64m"), 0);
	while (after < n - written - lost) {
		expect(b, b->core, LOG_APPENDED);
		assert_true(b->frame.id > last); /* in order */
		last = b->frame.id;
		assert_true(seq_of(&b->frame) > 0);
		after++;
	}
	assert_true(append(b, 9999) > 0);
	assert_int_equal(stop(b), 0);
	find_last(b, "{\"kind\":\"gap\",\"what\":\"disk-full\"", text, sizeof(text));
	assert_int_equal(field(text, "\"kept\":"), after);
	assert_int_equal(field(text, "\"lost\":"), lost);
	assert_int_equal(verify(b).findings, 0);
	assert_int_equal(verify(b).records, OWN + written + after + 1 + 1 + 1);
}

/* A disk that is full at the start and stays full: it serves, and says at the end what was lost. */
static void test_full_to_the_end(void **state)
{
	struct bench *b = *state;
	char path[160];
	int fd;

	if (!mount_small(b))
		skip();
	snprintf(path, sizeof(path), "%s/filler", b->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, path, sizeof(path)) > 0)
		;
	close(fd);
	start(b, UINT32_MAX);
	assert_int_equal(send_number(b, 1, 0), 0);
	assert_int_equal(receive(b, b->core, 300), -ETIMEDOUT);
	assert_int_equal(wire_send(b->control, SUP_STOP, 0, VIEW_EMPTY, NULL, 0), 0);
	expect(b, b->control, CHILD_FATAL);
	assert_int_equal(ended(b), EXIT_FAILURE);
}

/* A full disk takes the oldest files, each with a record of it, and nothing that is new. */
static void test_drop_oldest(void **state)
{
	struct bench *b = *state;
	struct journal_verify_result v;
	char text[600];

	if (!mount_sized(b, "size=2m,mode=0700"))
		skip();
	b->segment_bytes = 256U << 10;
	b->drop_oldest = true;
	start(b, UINT32_MAX);
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(send_number(b, i, 60U << 10), 0);
		expect(b, b->core, LOG_APPENDED);
		assert_true(seq_of(&b->frame) > 0);
	}
	assert_int_equal(stop(b), 0);
	v = verify(b);
	assert_int_equal(v.findings, 0);
	assert_int_equal(v.gaps, 0); /* nothing had to wait */
	assert_true(v.first_seq > OWN + 40);
	assert_true(v.last_seq >= OWN + 100);
	assert_true(v.retentions > 0);
	find_last(b, "{\"kind\":\"retention\"", text, sizeof(text));
	assert_non_null(strstr(text, "\"what\":\"disk-full\""));
	assert_int_equal(field(text, "\"to_seq\":") + 1, v.first_seq);
}

static void test_no_directory(void **state)
{
	struct bench *b = *state;
	int pair[2], r;

	assert_int_equal(rmdir(b->dir), 0);
	assert_int_equal(wire_pair(pair), 0);
	b->control = pair[0];
	b->pid = fork();
	if (b->pid == 0) {
		dup2(pair[1], PROTOCOL_CONTROL_FD);
		execl(program, "sealgate-log", NULL);
		_exit(127);
	}
	close(pair[1]);
	send_config(b, UINT32_MAX);
	r = receive(b, b->control, ANSWER_MS);
	assert_int_equal(r, 0);
	assert_int_equal(b->frame.type, CHILD_FATAL);
	assert_int_equal(ended(b), EXIT_FAILURE);
}

#define WITH_BENCH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_BENCH(test_append),
		WITH_BENCH(test_shell),
		WITH_BENCH(test_other_user),
		WITH_BENCH(test_core_restarts),
		WITH_BENCH(test_end_of_supervisor),
		WITH_BENCH(test_refused),
		WITH_BENCH(test_torn),
		WITH_BENCH(test_damaged),
		WITH_BENCH(test_removed_while_open),
		WITH_BENCH(test_keys),
		WITH_BENCH(test_drop_oldest),
		WITH_BENCH(test_killed_under_load),
		WITH_BENCH(test_killed_while_rotating),
		WITH_BENCH(test_full_disk),
		WITH_BENCH(test_full_to_the_end),
		WITH_BENCH(test_no_directory),
	};

	if (argc < 4)
		return 2;
	program = argv[1];
	script = argv[2];
	manual = argv[3];
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
