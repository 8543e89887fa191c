/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are closed and dropped, checkpoints, and what an exported one finds. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "journal/seal.h"
#include "journal/segments.h"
#include "scratch.h"

static int setup(void **state)
{
	struct scratch *s = calloc(1, sizeof(*s));

	scratch_make(s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	scratch_remove(*state);
	free(*state);
	return 0;
}

static struct journal *open_limited(const struct scratch *s, const struct journal_limits *l)
{
	struct journal *j;
	struct journal_opened how;
	enum seal_key key;

	assert_int_equal(journal_open(s->dir, &j, &how), 0);
	journal_limit(j, l);
	assert_int_equal(journal_key(j, &key), 0);
	return j;
}

/* One record of about 300 bytes, durable, and what is due after it. */
static uint64_t put(struct journal *j)
{
	char text[300];
	uint64_t seq;

	memset(text, 'x', sizeof(text));
	memcpy(text, "{\"pad\":\"", 8);
	memcpy(text + sizeof(text) - 2, "\"}", 2);
	assert_int_equal(journal_append(j, view_of(text, sizeof(text)), &seq), 0);
	assert_int_equal(journal_sync(j), 0);
	assert_int_equal(journal_maintain(j), 0);
	return seq;
}

static size_t n_closed(const struct scratch *s, struct segments *ret)
{
	int fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret = (struct segments){0};
	assert_int_equal(segments_list(fd, ret), 0);
	close(fd);
	return ret->n;
}

static void test_segments(void **state)
{
	static const struct journal_limits limits = {.segment_bytes = 4096};
	struct scratch *s = *state;
	struct scratch_findings f;
	struct segments list;
	struct journal_reader *r;
	struct journal_entry e;
	struct journal *j = open_limited(s, &limits);
	uint64_t n = 0, places[400], lines[400], seqs[400];

	assert_int_equal(journal_reader_open(s->dir, &r), 0); /* reads on as files are closed */
	for (unsigned i = 0; i < 60; i++) {
		put(j);
		if (i == 30)
			j = (journal_close(j), open_limited(s, &limits));
		while (journal_read(r, &e) == 0) {
			assert_int_equal(e.seq, n);
			places[n] = e.offset;
			lines[n] = e.line;
			seqs[n++] = e.seq;
		}
	}
	journal_close(j);
	assert_true(n_closed(s, &list) >= 4);
	assert_int_equal(list.v[0].first_seq, 0);
	segments_done(&list);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_int_equal(f.result.last_seq + 1, n);
	for (uint64_t i = n; i-- > 0;) {
		journal_reader_seek(r, places[i], lines[i]);
		assert_int_equal(journal_read(r, &e), 0);
		assert_int_equal(e.seq, seqs[i]);
		assert_int_equal(e.line, lines[i]);
	}
	journal_reader_close(r);
}

/* The writer died between closing a file and beginning the next. */
static void test_between_files(void **state)
{
	struct scratch *s = *state;
	struct scratch_findings f;
	struct journal_reader *r;
	struct journal_entry e;
	char from[160], to[160], name[JOURNAL_NAME_MAX];

	scratch_fill(s, 1, 4);
	segment_name(0, name);
	snprintf(from, sizeof(from), "%s/%s", s->dir, JOURNAL_FILE);
	snprintf(to, sizeof(to), "%s/%s", s->dir, name);
	assert_int_equal(rename(from, to), 0);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_int_equal(journal_reader_open(s->dir, &r), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(journal_read(r, &e), 0);
	assert_int_equal(journal_read(r, &e), JOURNAL_END);
	scratch_fill(s, 5, 1);
	assert_int_equal(journal_read(r, &e), 0);
	assert_true(view_eq(e.kind, VIEW_LIT("segment")));
	assert_int_equal(e.line, 1);
	assert_int_equal(journal_read(r, &e), 0);
	assert_int_equal(e.seq, 6);
	journal_reader_close(r);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_int_equal(f.result.records, 7);
}

/* What was removed, cut or put in is found in whichever file it is. */
static void test_faults_in_files(void **state)
{
	static const struct journal_limits limits = {.segment_bytes = 2048};
	struct scratch *s = *state;
	struct scratch_findings f;
	struct segments list;
	struct journal *j = open_limited(s, &limits);
	struct buf b = {0};
	char path[160];

	for (unsigned i = 0; i < 30; i++)
		put(j);
	journal_close(j);
	assert_true(n_closed(s, &list) >= 4);

	scratch_read(s, list.v[1].name, &b);
	b.p[b.n / 2] ^= 1;
	scratch_write(s, list.v[1].name, buf_view(&b));
	scratch_verify(s, &f);
	assert_true(f.n > 0);
	assert_string_equal(f.file, list.v[1].name);
	b.p[b.n / 2] ^= 1;
	scratch_write(s, list.v[1].name, view_sub(buf_view(&b), 0, b.n - 10)); /* its end is cut */
	scratch_verify(s, &f);
	assert_int_equal(f.by_fault[JOURNAL_FAULT_MALFORMED], 1);
	assert_string_equal(f.file, list.v[1].name);
	scratch_write(s, list.v[1].name, buf_view(&b));
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);

	snprintf(path, sizeof(path), "%s/%s", s->dir, list.v[2].name); /* one is removed */
	assert_int_equal(unlink(path), 0);
	scratch_verify(s, &f);
	assert_int_equal(f.by_fault[JOURNAL_FAULT_SEQ], 1);
	assert_string_equal(f.file, list.v[3].name);
	snprintf(path, sizeof(path), "%s/%s", s->dir,
		list.v[0].name); /* the front, without a record */
	assert_int_equal(unlink(path), 0);
	scratch_verify(s, &f);
	assert_int_equal(f.by_fault[JOURNAL_FAULT_SEQ], 2);
	segments_done(&list);
	buf_done(&b);
}

static void test_drop_by_size(void **state)
{
	static const struct journal_limits limits = {
		.segment_bytes = 2048, .total_bytes = 8192, .drop_oldest = true};
	struct scratch *s = *state;
	struct scratch_findings f;
	struct segments list;
	struct journal *j = open_limited(s, &limits);
	uint64_t bytes = 0;

	for (unsigned i = 0; i < 60; i++)
		put(j);
	journal_close(j);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_true(f.result.first_seq > 20);
	assert_true(f.result.retentions > 0);
	(void)n_closed(s, &list);
	for (size_t i = 0; i < list.n; i++)
		bytes += list.v[i].size;
	assert_true(bytes <= 8192);
	segments_done(&list);
	assert_true(scratch_has(s, JOURNAL_RESERVE));
}

/* Damaged files go as the others do, and the rest still is a whole journal. */
static void test_drop_damaged(void **state)
{
	static const struct journal_limits all = {.segment_bytes = 2048},
					   few = {.segment_bytes = 2048,
						   .total_bytes = 8192,
						   .drop_oldest = true};
	struct scratch *s = *state;
	struct scratch_findings f;
	struct segments list;
	struct journal *j = open_limited(s, &all);
	char path[200];

	for (unsigned i = 0; i < 60; i++)
		put(j);
	assert_true(n_closed(s, &list) > 6);
	/* The first line of one, the last of another; two that follow one another. */
	for (size_t i = 0; i < 3; i++) {
		cleanup_with(fd_closep) int fd = -1;

		snprintf(path, sizeof(path), "%s/%s", s->dir, list.v[i].name);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(pwrite(fd, "#", 1, i == 2 ? (off_t)list.v[i].size - 9 : 9), 1);
	}
	segments_done(&list);
	journal_limit(j, &few);
	for (unsigned i = 0; i < 10; i++)
		put(j);
	assert_true(n_closed(s, &list) <= 4);
	segments_done(&list);
	journal_close(j);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_true(f.result.first_seq > 20);
}

/* One at a time, as for a full disk: the damaged one next to it goes along. */
static void test_room_behind_damage(void **state)
{
	static const struct journal_limits limits = {.segment_bytes = 2048, .drop_oldest = true};
	struct scratch *s = *state;
	struct segments list;
	struct journal *j = open_limited(s, &limits);
	char path[200];
	size_t n;

	for (unsigned i = 0; i < 30; i++)
		put(j);
	n = n_closed(s, &list);
	assert_true(n > 3);
	for (size_t i = 0; i < 2; i++) {
		cleanup_with(fd_closep) int fd = -1;

		snprintf(path, sizeof(path), "%s/%s", s->dir, list.v[i].name);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(pwrite(fd, "#", 1, 9), 1);
	}
	segments_done(&list);
	assert_int_equal(journal_make_room(j), 1);
	assert_int_equal(n_closed(s, &list), n - 2);
	segments_done(&list);
	journal_close(j);
}

static void test_keep_old(void **state)
{
	static const struct journal_limits limits = {.segment_bytes = 2048, .total_bytes = 8192};
	struct scratch *s = *state;
	struct scratch_findings f;
	struct journal *j = open_limited(s, &limits);
	uint64_t seq;
	int r = 0;

	for (unsigned i = 0; i < 60 && r == 0; i++) {
		r = journal_append(j, VIEW_LIT("{\"n\":1}"), &seq);
		assert_int_equal(journal_sync(j), 0);
	}
	assert_int_equal(r, -EDQUOT);
	assert_int_equal(journal_make_room(j), 0);
	journal_close(j);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_int_equal(f.result.first_seq, 0);
}

static void test_drop_by_age(void **state)
{
	static const struct journal_limits young = {.segment_bytes = 2048},
					   old = {.segment_bytes = 2048, .keep_ns = 1};
	struct scratch *s = *state;
	struct scratch_findings f;
	struct segments list;
	struct journal *j = open_limited(s, &young);

	for (unsigned i = 0; i < 20; i++)
		put(j);
	usleep(3000); /* times have milliseconds */
	journal_limit(j, &old);
	put(j);
	journal_close(j);
	assert_int_equal(n_closed(s, &list), 0);
	segments_done(&list);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_true(f.result.first_seq > 20);
	assert_int_equal(f.result.retentions, 1);
}

/* The checkpoint that the journal ends with. */
static struct checkpoint newest(const struct scratch *s)
{
	struct checkpoint c = {0};
	struct journal_reader *r;
	struct journal_entry e;

	assert_int_equal(journal_reader_open(s->dir, &r), 0);
	while (journal_read(r, &e) == 0)
		if (view_eq(e.kind, VIEW_LIT("checkpoint")))
			assert_int_equal(checkpoint_parse(e.payload, &c), 0);
	journal_reader_close(r);
	assert_true(c.over > 0);
	return c;
}

static unsigned anchored(const struct scratch *s, const struct checkpoint *c, unsigned fault)
{
	struct scratch_findings f;

	scratch_verify_anchored(s, c, &f);
	return f.by_fault[fault];
}

static void seal(struct journal *j)
{
	uint64_t seq;

	assert_int_equal(journal_seal(j, VIEW_EMPTY, &seq), 0);
	assert_int_equal(journal_sync(j), 0);
	assert_true(journal_is_sealed(j));
}

static void test_checkpoint(void **state)
{
	static const struct journal_limits none = {0};
	static const char *const files[] = {
		JOURNAL_FILE, JOURNAL_HEAD, SEAL_KEY_FILE, SEAL_PUBLIC_FILE};
	struct scratch *s = *state, other;
	struct scratch_findings f;
	struct checkpoint c, again;
	struct buf before[4] = {0}, after[4] = {0}, text = {0};
	struct journal *j = open_limited(s, &none);

	put(j);
	for (int i = 0; i < 4; i++)
		scratch_read(s, files[i], &before[i]);
	put(j);
	seal(j);
	c = newest(s);
	assert_int_equal(checkpoint_check(&c), SIGN_VALID);
	assert_int_equal(checkpoint_put(&text, &c), 0);
	assert_int_equal(checkpoint_parse(buf_view(&text), &again), 0);
	assert_memory_equal(&c, &again, sizeof(c));
	put(j);
	assert_int_equal(journal_key_rotate(j), 0);
	put(j);
	seal(j);
	journal_close(j);
	scratch_verify_anchored(s, &c, &f);
	assert_int_equal(f.n, 0);
	assert_int_equal(f.result.anchor, JOURNAL_ANCHOR_FOUND);
	assert_int_equal(f.result.checkpoints, 2);

	/* Each bit that is signed. */
	again.over ^= 1;
	assert_int_equal(checkpoint_check(&again), SIGN_INVALID);
	again = c;
	again.time[3] ^= 1;
	assert_int_equal(checkpoint_check(&again), SIGN_INVALID);
	again = c;
	again.hash[31] ^= 0x80;
	assert_int_equal(checkpoint_check(&again), SIGN_INVALID);
	again = c;
	again.journal[0] ^= 1;
	assert_int_equal(checkpoint_check(&again), SIGN_INVALID);
	assert_int_equal(anchored(s, &again, JOURNAL_FAULT_ANCHOR), 1); /* of another journal */

	/* An older copy, whole in itself, is put back. */
	for (int i = 0; i < 4; i++) {
		scratch_read(s, files[i], &after[i]);
		scratch_write(s, files[i], buf_view(&before[i]));
	}
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_int_equal(anchored(s, &c, JOURNAL_FAULT_ANCHOR), 1);
	/* It goes on from there as if nothing had been. */
	j = open_limited(s, &none);
	for (int i = 0; i < 5; i++)
		put(j);
	seal(j);
	journal_close(j);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_int_equal(anchored(s, &c, JOURNAL_FAULT_ANCHOR), 1);

	/* All made anew. */
	scratch_make(&other);
	j = open_limited(&other, &none);
	for (int i = 0; i < 9; i++)
		put(j);
	journal_close(j);
	assert_true(anchored(&other, &c, JOURNAL_FAULT_ANCHOR) > 0);
	scratch_remove(&other);
	for (int i = 0; i < 4; i++) {
		buf_done(&before[i]);
		buf_done(&after[i]);
	}
	buf_done(&text);
}

/* A checkpoint by a key that is not the journal's, in a chain that holds. */
static void test_wrong_key(void **state)
{
	static const struct journal_limits none = {0};
	struct scratch *s = *state, other;
	struct scratch_findings f;
	struct checkpoint c;
	struct journal_opened how;
	struct journal *j = open_limited(s, &none);
	struct buf text = {0};
	uint64_t seq;

	put(j);
	seal(j);
	journal_close(j);
	scratch_make(&other);
	j = open_limited(&other, &none);
	put(j);
	seal(j);
	journal_close(j);
	c = newest(&other);
	scratch_remove(&other);

	assert_int_equal(journal_open(s->dir, &j, &how), 0);
	assert_int_equal(checkpoint_put(&text, &c), 0);
	assert_int_equal(journal_append(j, view_sub(buf_view(&text), 0, text.n - 1), &seq), 0);
	assert_int_equal(
		journal_append(j,
			VIEW_LIT("{\"kind\":\"key\",\"what\":\"rotated\",\"key\":\"00\"}"), &seq),
		0);
	assert_int_equal(
		journal_append(j,
			VIEW_LIT("{\"kind\":\"key\",\"what\":\"rotated\",\"key\":"
				 "\"00112233445566778899aabbccddeeff00112233445566778899aabbccdd"
				 "eeff\"}"),
			&seq),
		0);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	scratch_verify(s, &f);
	assert_int_equal(f.by_fault[JOURNAL_FAULT_SIGNATURE], 3);
	assert_int_equal(f.n, 3);
	buf_done(&text);
}

/* A rotation that a power cut ended half way: whatever the files are, the journal goes on, and the
   change is told rather than a fault. */
static void test_half_rotated(void **state)
{
	static const struct journal_limits none = {0};
	static const char *const files[] = {
		JOURNAL_FILE, JOURNAL_HEAD, SEAL_KEY_FILE, SEAL_PUBLIC_FILE};
	struct scratch *s = *state;
	struct buf before[4] = {0}, after[4] = {0};
	struct journal *j = open_limited(s, &none);

	put(j);
	for (int i = 0; i < 4; i++)
		scratch_read(s, files[i], &before[i]);
	assert_int_equal(journal_key_rotate(j), 0);
	journal_close(j);
	for (int i = 0; i < 4; i++)
		scratch_read(s, files[i], &after[i]);
	/* The public file, then the record, then the secret one: how far it got. */
	for (int step = 0; step <= 3; step++) {
		struct scratch t;
		struct scratch_findings f;

		scratch_make(&t);
		scratch_write(&t, files[3], buf_view(step > 0 ? &after[3] : &before[3]));
		for (int i = 0; i < 2; i++)
			scratch_write(&t, files[i], buf_view(step > 1 ? &after[i] : &before[i]));
		scratch_write(&t, files[2], buf_view(step > 2 ? &after[2] : &before[2]));
		j = open_limited(&t, &none);
		put(j);
		seal(j);
		journal_close(j);
		scratch_verify(&t, &f);
		assert_int_equal(f.n, 0);
		assert_int_equal(f.result.lost_keys, step == 2);
		scratch_remove(&t);
	}
	for (int i = 0; i < 4; i++) {
		buf_done(&before[i]);
		buf_done(&after[i]);
	}
}

/* A power cut at any byte of a signed journal of two files: what was before the cut stays, what
   comes after it is signed, and nothing but the missing end is a fault. */
static void test_cut_sealed(void **state)
{
	static const struct journal_limits limits = {.segment_bytes = 1500};
	static const char *const files[] = {JOURNAL_HEAD, SEAL_KEY_FILE, SEAL_PUBLIC_FILE};
	struct scratch *s = *state;
	struct buf closed = {0}, active = {0}, others[3] = {0};
	struct segments list;
	struct journal *j = open_limited(s, &limits);
	uint64_t last_closed;

	put(j);
	seal(j);
	put(j);
	put(j);
	last_closed = put(j);
	seal(j);
	journal_close(j);
	assert_int_equal(n_closed(s, &list), 1);
	scratch_read(s, list.v[0].name, &closed);
	scratch_read(s, JOURNAL_FILE, &active);
	for (int i = 0; i < 3; i++)
		scratch_read(s, files[i], &others[i]);
	for (size_t cut = 0; cut <= active.n; cut++) {
		struct scratch t;
		struct scratch_findings f;
		bool whole = cut == active.n;

		scratch_make(&t);
		scratch_write(&t, list.v[0].name, buf_view(&closed));
		scratch_write(&t, JOURNAL_FILE, view_sub(buf_view(&active), 0, cut));
		for (int i = 0; i < 3; i++)
			scratch_write(&t, files[i], buf_view(&others[i]));
		j = open_limited(&t, &limits);
		assert_true(put(j) > last_closed);
		seal(j);
		journal_close(j);
		scratch_verify(&t, &f);
		assert_int_equal(f.n, whole ? 0 : f.by_fault[JOURNAL_FAULT_SEQ]);
		assert_true(f.n <= 1);
		assert_int_equal(f.result.first_seq, 0);
		assert_true(f.result.sealed_seq + 1 == f.result.last_seq);
		assert_int_equal(f.result.lost_keys, 0);
		scratch_remove(&t);
	}
	segments_done(&list);
	buf_done(&closed);
	buf_done(&active);
	for (int i = 0; i < 3; i++)
		buf_done(&others[i]);
}

static void test_seals_by_itself(void **state)
{
	static const struct journal_limits none = {0};
	struct scratch *s = *state;
	struct scratch_findings f;
	struct journal *j = open_limited(s, &none);
	uint64_t seq;

	for (unsigned i = 0; i < SEAL_RECORDS + 10; i++)
		assert_int_equal(journal_append(j, VIEW_LIT("{}"), &seq), 0);
	assert_int_equal(journal_sync(j), 0);
	assert_true(journal_wants_seal(j));
	assert_int_equal(journal_maintain(j), 0);
	assert_false(journal_wants_seal(j));
	journal_close(j);
	scratch_verify(s, &f);
	assert_int_equal(f.n, 0);
	assert_int_equal(f.result.checkpoints, 1);
}

#define WITH_SCRATCH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(test_segments),
		WITH_SCRATCH(test_between_files),
		WITH_SCRATCH(test_faults_in_files),
		WITH_SCRATCH(test_drop_by_size),
		WITH_SCRATCH(test_drop_damaged),
		WITH_SCRATCH(test_room_behind_damage),
		WITH_SCRATCH(test_keep_old),
		WITH_SCRATCH(test_drop_by_age),
		WITH_SCRATCH(test_checkpoint),
		WITH_SCRATCH(test_wrong_key),
		WITH_SCRATCH(test_half_rotated),
		WITH_SCRATCH(test_cut_sealed),
		WITH_SCRATCH(test_seals_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
