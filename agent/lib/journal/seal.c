/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "journal/journal_private.h"
#include "journal/payload.h"

#define PUBLIC_FILE_SIZE (SEAL_ID_SIZE + 1 + 2 * SIGN_KEY_SIZE + 1)

/* ---- texts that are signed ---- */

static int checkpoint_text(const struct checkpoint *c, struct buf *b)
{
	int r = buf_printf(b, "%s\n%" PRIu64 "\n", c->journal, c->over);

	if (r == 0)
		r = buf_put_hex(b, c->hash, sizeof(c->hash));
	return r == 0 ? buf_printf(b, "\n%s\n", c->time) : r;
}

static int key_text(struct view journal, const uint8_t *old, const uint8_t *key, struct buf *b)
{
	int r = buf_put_view(b, journal);

	if (r == 0)
		r = buf_put_byte(b, '\n');
	if (r == 0)
		r = buf_put_hex(b, old, SIGN_KEY_SIZE);
	if (r == 0)
		r = buf_put_byte(b, '\n');
	if (r == 0)
		r = buf_put_hex(b, key, SIGN_KEY_SIZE);
	return r == 0 ? buf_put_byte(b, '\n') : r;
}

/* ---- checkpoints ---- */

int checkpoint_parse(struct view v, struct checkpoint *ret)
{
	struct view kind, id, time;
	struct checkpoint c = {0};

	while (v.n > 0 && (v.p[v.n - 1] == '\n' || v.p[v.n - 1] == '\r'))
		v.n--;
	if (payload_check(v, &kind) < 0 || !view_eq(kind, VIEW_LIT("checkpoint")) ||
		!payload_text(v, "journal", &id) || id.n != SEAL_ID_SIZE ||
		!payload_number(v, "over", &c.over) ||
		!payload_hex(v, "over_hash", c.hash, sizeof(c.hash)) ||
		!payload_text(v, "time", &time) || time.n != sizeof(c.time) - 1 ||
		!payload_hex(v, "key", c.key, sizeof(c.key)) ||
		!payload_hex(v, "signature", c.signature, sizeof(c.signature)))
		return -EBADMSG;
	memcpy(c.journal, id.p, id.n);
	memcpy(c.time, time.p, time.n);
	*ret = c;
	return 0;
}

int checkpoint_check(const struct checkpoint *c)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(512);
	struct sign_public key;
	int r = checkpoint_text(c, &b);

	if (r == 0)
		r = sign_public_from_key(c->key, &key);
	return r == 0 ? sign_verify(&key, SEAL_WORD_CHECKPOINT, buf_view(&b), c->signature) : r;
}

static int put_members(struct buf *out, const struct checkpoint *c)
{
	struct json j;

	json_init(&j, out);
	json_object(&j);
	json_key_str(&j, "kind", "checkpoint");
	json_key_str(&j, "journal", c->journal);
	json_key_u64(&j, "over", c->over);
	json_key(&j, "over_hash");
	json_hex(&j, c->hash, sizeof(c->hash));
	json_key_str(&j, "time", c->time);
	json_key(&j, "key");
	json_hex(&j, c->key, sizeof(c->key));
	json_key(&j, "signature");
	json_hex(&j, c->signature, sizeof(c->signature));
	json_object_end(&j);
	return json_error(&j);
}

int checkpoint_put(struct buf *out, const struct checkpoint *c)
{
	int r = put_members(out, c);

	return r == 0 ? buf_put_byte(out, '\n') : r;
}

static int append_checkpoint(struct journal *j)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(512);
	cleanup_with(buf_done) struct buf payload = BUF_INIT(2048);
	struct checkpoint c = {.over = j->now.seq};
	char now[CLOCK_TEXT_MAX];
	int r;

	clock_format(clock_realtime(), now);
	memcpy(c.journal, j->id, sizeof(c.journal));
	memcpy(c.hash, j->now.hash, sizeof(c.hash));
	memcpy(c.time, now, sizeof(c.time));
	memcpy(c.key, j->secret.public.key, sizeof(c.key));
	r = checkpoint_text(&c, &text);
	if (r == 0)
		r = sign_message(&j->secret, SEAL_WORD_CHECKPOINT, buf_view(&text), c.signature);
	if (r == 0)
		r = put_members(&payload, &c);
	if (r == 0)
		r = journal_append_own(j, buf_view(&payload));
	if (r == 0) {
		j->sealed = j->now.seq;
		j->unsealed_since = 0;
	}
	return r;
}

int journal_seal(struct journal *j, struct view payload, uint64_t *ret_seq)
{
	uint64_t seq;
	int r;

	if (!j->has_key)
		return -ENOKEY;
	r = payload.n > 0 ? journal_append(j, payload, &seq) : j->broken ? -ESTALE : 0;
	if (r == 0)
		r = append_checkpoint(j);
	if (r == 0)
		*ret_seq = j->now.seq;
	return r;
}

bool journal_is_sealed(const struct journal *j)
{
	return !j->has_key || j->sealed == j->now.seq;
}

bool journal_wants_seal(const struct journal *j)
{
	if (journal_is_sealed(j))
		return false;
	return j->now.seq - j->sealed >= SEAL_RECORDS || j->sealed > j->now.seq ||
		(j->unsealed_since > 0 && clock_now() - j->unsealed_since >= SEAL_NS);
}

/* ---- keys ---- */

int seal_key_check(
	struct view payload, const uint8_t old[SIGN_KEY_SIZE], const uint8_t key[SIGN_KEY_SIZE])
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(512);
	uint8_t signature[SIGN_SIZE];
	struct sign_public public;
	struct view id;
	int r;

	if (!payload_text(payload, "journal", &id) ||
		!payload_hex(payload, "signature", signature, sizeof(signature)))
		return SIGN_INVALID;
	r = key_text(id, old, key, &b);
	if (r == 0)
		r = sign_public_from_key(old, &public);
	return r == 0 ? sign_verify(&public, SEAL_WORD_KEY, buf_view(&b), signature) : r;
}

/* `old` is the key that the journal knew, NULL where none; `by` signs for it, NULL where it cannot.
 */
static int append_key(struct journal *j, const char *what, const uint8_t *old,
	const struct sign_secret *by, const struct sign_public *key)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(512);
	cleanup_with(buf_done) struct buf payload = BUF_INIT(2048);
	uint8_t signature[SIGN_SIZE];
	struct json w;
	int r = 0;

	if (by)
		r = key_text(view_str(j->id), old, key->key, &text);
	if (r == 0 && by)
		r = sign_message(by, SEAL_WORD_KEY, buf_view(&text), signature);
	if (r < 0)
		return r;
	json_init(&w, &payload);
	json_object(&w);
	json_key_str(&w, "kind", "key");
	json_key_str(&w, "what", what);
	json_key_str(&w, "journal", j->id);
	json_key(&w, "key");
	json_hex(&w, key->key, sizeof(key->key));
	if (old) {
		json_key(&w, "previous");
		json_hex(&w, old, SIGN_KEY_SIZE);
	}
	if (by) {
		json_key(&w, "signature");
		json_hex(&w, signature, sizeof(signature));
	}
	json_object_end(&w);
	r = json_error(&w);
	if (r == 0)
		r = journal_append_own(j, buf_view(&payload));
	return r == 0 ? journal_sync(j) : r;
}

static void temporary(const char *name, char ret[64])
{
	snprintf(ret, 64, "%s.new", name);
}

/* A whole file, durable, that takes the place of the old one with commit_file(). */
static int stage_file(struct journal *j, const char *name, mode_t mode, struct view v)
{
	cleanup_with(fd_closep) int fd = -1;
	char temp[64];
	int r;

	temporary(name, temp);
	(void)unlinkat(j->dir_fd, temp, 0);
	fd = openat(j->dir_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	journal_own_like_directory(j, fd);
	r = fd_write_all(fd, v);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(j->dir_fd, temp, 0);
	return r;
}

static int commit_file(struct journal *j, const char *name)
{
	char temp[64];

	temporary(name, temp);
	if (renameat(j->dir_fd, temp, j->dir_fd, name) < 0 || fsync(j->dir_fd) < 0)
		return -errno;
	return 0;
}

static int stage_secret(struct journal *j, const struct sign_secret *s)
{
	struct buf b = BUF_INIT(SIGN_FILE_MAX);
	int r = sign_secret_text(s, &b);

	if (r == 0)
		r = stage_file(j, SEAL_KEY_FILE, 0600, buf_view(&b));
	if (b.p)
		explicit_bzero(b.p, b.cap);
	buf_done(&b);
	return r;
}

static int write_public(struct journal *j, const struct sign_public *p)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(256);
	int r = buf_printf(&b, "%s ", j->id);

	if (r == 0)
		r = buf_put_hex(&b, p->key, sizeof(p->key));
	if (r == 0)
		r = buf_put_byte(&b, '\n');
	if (r == 0)
		r = stage_file(j, SEAL_PUBLIC_FILE, 0644, buf_view(&b));
	return r == 0 ? commit_file(j, SEAL_PUBLIC_FILE) : r;
}

static int read_file(struct journal *j, const char *name, struct buf *b)
{
	cleanup_with(fd_closep) int fd = openat(
		j->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd_read_all(fd, SIGN_FILE_MAX, b);
}

/* 0; -ENOENT where there is none that can be used. */
static int read_secret(struct journal *j, struct sign_secret *ret)
{
	struct buf b = BUF_INIT(SIGN_FILE_MAX);
	int r = read_file(j, SEAL_KEY_FILE, &b);

	if (r == 0)
		r = sign_secret_parse(buf_view(&b), ret);
	else if (r == -E2BIG)
		r = SIGN_FILE_BAD;
	if (b.p)
		explicit_bzero(b.p, b.cap);
	buf_done(&b);
	return r > 0 ? -ENOENT : r;
}

/* The key that this journal was told of last. -ENOENT where none. */
static int read_known(struct journal *j, uint8_t ret[SIGN_KEY_SIZE])
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(SIGN_FILE_MAX);
	cleanup_with(buf_done) struct buf quoted = BUF_INIT(512);
	int r = read_file(j, SEAL_PUBLIC_FILE, &b);

	if (r == -E2BIG || (r == 0 && b.n != PUBLIC_FILE_SIZE))
		return -ENOENT;
	if (r < 0)
		return r;
	if (memcmp(b.p, j->id, SEAL_ID_SIZE) != 0)
		return -ENOENT; /* of another journal, which was moved away */
	r = buf_put_str(&quoted, "{\"key\":\"");
	if (r == 0)
		r = buf_put(&quoted, b.p + SEAL_ID_SIZE + 1, (size_t)2 * SIGN_KEY_SIZE);
	if (r == 0)
		r = buf_put_str(&quoted, "\"}");
	if (r < 0)
		return r;
	return payload_hex(buf_view(&quoted), "key", ret, SIGN_KEY_SIZE) ? 0 : -ENOENT;
}

static int introduce(
	struct journal *j, const struct sign_secret *s, enum seal_key how, const uint8_t *known)
{
	int r = append_key(j, how == SEAL_KEY_LOST ? "lost" : "first",
		how == SEAL_KEY_LOST ? known : NULL, NULL, &s->public);

	return r == 0 ? write_public(j, &s->public) : r;
}

int journal_key(struct journal *j, enum seal_key *ret)
{
	cleanup_with(sign_secret_wipe) struct sign_secret s = {0};
	uint8_t known[SIGN_KEY_SIZE];
	enum seal_key how = SEAL_KEY_KEPT;
	int has_known = read_known(j, known), r = read_secret(j, &s);

	if (has_known < 0 && has_known != -ENOENT)
		return has_known;
	if (r == -ENOENT) {
		r = sign_generate(&s);
		/* The key is durable before the journal tells of it. */
		if (r == 0)
			r = stage_secret(j, &s);
		if (r == 0)
			r = commit_file(j, SEAL_KEY_FILE);
	}
	if (r < 0)
		return r;
	if (has_known < 0)
		how = SEAL_KEY_FIRST;
	else if (memcmp(known, s.public.key, sizeof(known)) != 0)
		how = SEAL_KEY_LOST;
	if (how != SEAL_KEY_KEPT)
		r = introduce(j, &s, how, known);
	if (r < 0)
		return r;
	j->secret = s;
	j->has_key = true;
	/* Whether a checkpoint covers what was there is not known: the next one does. */
	j->sealed = j->now.seq > 0 ? j->now.seq - 1 : 0;
	j->unsealed_since = clock_now();
	*ret = how;
	return 0;
}

int journal_key_rotate(struct journal *j)
{
	cleanup_with(sign_secret_wipe) struct sign_secret s = {0};
	int r = j->has_key ? sign_generate(&s) : -ENOKEY;

	if (r == 0)
		r = stage_secret(j, &s);
	/* Dying between these leaves two files that disagree: the next start tells of a lost key,
	   and goes on with a record of it. */
	if (r == 0)
		r = write_public(j, &s.public);
	if (r == 0) {
		r = append_key(j, "rotated", j->secret.public.key, &j->secret, &s.public);
		if (r < 0)
			unchecked(write_public(j, &j->secret.public));
	}
	if (r == 0)
		r = commit_file(j, SEAL_KEY_FILE);
	if (r == 0)
		j->secret = s;
	return r;
}
