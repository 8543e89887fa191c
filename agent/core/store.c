/* SPDX-License-Identifier: Apache-2.0 */
#include "core/store.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "wire/wire_facts.h"

#define STORE_FILE    "facts.db"
#define STORE_VERSION 1 /* PRAGMA user_version; another one is put aside */

enum statement {
	GET,
	PUT,
	COUNT,
	BEGIN,
	COMMIT,
	STATEMENTS,
};

static const char *const statement_sql[STATEMENTS] = {
	[GET] = "SELECT facts FROM facts WHERE dev = ?1 AND ino = ?2 AND size = ?3 AND mtime = ?4 "
		"AND ctime = ?5 AND generation = ?6",
	[PUT] = "INSERT OR REPLACE INTO facts (dev, ino, size, mtime, ctime, generation, level, "
		"facts) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[COUNT] = "SELECT count(*) FROM facts",
	[BEGIN] = "BEGIN",
	[COMMIT] = "COMMIT",
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	bool in_transaction;
	uint64_t pending, failed, lost;
	bool incomplete;
	char path[4096];
	struct buf scratch;
};

static int to_errno(int rc)
{
	return rc == SQLITE_FULL ? -ENOSPC : -EIO;
}

static int step(sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	sqlite3_reset(st);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : to_errno(rc);
}

/* -EBADMSG where the file is no store of this version. */
static int open_file(struct store *s, const char *path)
{
	static const char schema[] =
		"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; "
		"PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; "
		"CREATE TABLE IF NOT EXISTS facts (dev INTEGER, ino INTEGER, size INTEGER, "
		"mtime INTEGER, ctime INTEGER, generation INTEGER, level INTEGER, facts BLOB, "
		"PRIMARY KEY (dev, ino)) WITHOUT ROWID; PRAGMA user_version = 1";
	sqlite3_stmt *check = NULL;
	int rc, version = -1, tables = -1;

	static_assert(STORE_VERSION == 1, "the schema above sets it");
	if (sqlite3_open_v2(path, &s->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
		    NULL) != SQLITE_OK)
		return -EIO;
	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	rc = sqlite3_prepare_v2(s->db,
		"SELECT (SELECT user_version FROM pragma_user_version), "
		"(SELECT count(*) FROM sqlite_master)",
		-1, &check, NULL);
	if (rc == SQLITE_OK && sqlite3_step(check) == SQLITE_ROW) {
		version = sqlite3_column_int(check, 0);
		tables = sqlite3_column_int(check, 1);
	}
	sqlite3_finalize(check);
	if (version < 0 || (version != STORE_VERSION && tables > 0))
		return -EBADMSG;
	rc = sqlite3_exec(s->db, schema, NULL, NULL, NULL);
	if (rc == SQLITE_FULL)
		return -ENOSPC;
	if (rc != SQLITE_OK)
		return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB ? -EBADMSG : -EIO;
	for (int i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(s->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &s->statements[i], NULL) != SQLITE_OK)
			return -EBADMSG;
	return 0;
}

static void close_file(struct store *s)
{
	for (int i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
}

static int put_aside(const char *path)
{
	char aside[4200], wal[4200];

	snprintf(aside, sizeof(aside), "%s.damaged", path);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	(void)unlink(wal);
	return rename(path, aside) < 0 ? -errno : 0;
}

/* What was in it is read again, file by file. */
static int start_anew(struct store *s)
{
	int r;

	close_file(s);
	s->in_transaction = false;
	s->pending = 0;
	s->lost++;
	s->incomplete = true;
	r = put_aside(s->path);
	return r < 0 ? r : open_file(s, s->path);
}

/* Damage that shows only while it is in use. */
static void heal(struct store *s, int rc)
{
	int code = rc & 0xff;

	s->incomplete = true;
	if (code != SQLITE_CORRUPT && code != SQLITE_NOTADB)
		return;
	if (start_anew(s) < 0)
		close_file(s); /* every question is a miss from here on, as status says */
}

int store_open(const char *dir, struct store **ret, bool *ret_recreated)
{
	struct store *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	snprintf(s->path, sizeof(s->path), "%s/%s", dir, STORE_FILE);
	r = open_file(s, s->path);
	if (r == -EBADMSG)
		r = start_anew(s);
	*ret_recreated = s->lost > 0;
	if (r < 0) {
		store_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	if (s->db)
		unchecked(store_flush(s));
	close_file(s);
	buf_done(&s->scratch);
	free(s);
	return NULL;
}

static void bind_key(sqlite3_stmt *st, const struct file_key *key, uint32_t generation)
{
	sqlite3_bind_int64(st, 1, (sqlite3_int64)key->dev);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)key->ino);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)key->size);
	sqlite3_bind_int64(st, 4, key->mtime);
	sqlite3_bind_int64(st, 5, key->ctime);
	sqlite3_bind_int64(st, 6, generation);
}

int store_get(struct store *s, const struct file_key *key, uint32_t generation, struct facts *ret)
{
	sqlite3_stmt *st = s->statements[GET];
	struct facts f;
	int rc, r = STORE_MISS;

	if (!s->db)
		return -EIO;
	bind_key(st, key, generation);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		struct unpack u = {
			view_of(sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0)),
			0};

		unpack_facts(&u, &f);
		if (unpack_end(&u) == 0) {
			*ret = f;
			r = 0;
		}
	} else if (rc != SQLITE_DONE) {
		r = -EIO;
	}
	sqlite3_reset(st);
	if (r == -EIO)
		heal(s, rc);
	return r;
}

static int put(struct store *s, const struct file_key *key, const struct facts *f)
{
	sqlite3_stmt *st = s->statements[PUT];
	struct pack p = {&s->scratch, 0};
	int r;

	buf_clear(&s->scratch);
	pack_facts(&p, f);
	if (p.error)
		return p.error;
	if (!s->in_transaction) {
		r = step(s->statements[BEGIN]);
		if (r < 0)
			return r;
		s->in_transaction = true;
	}
	bind_key(st, key, f->generation);
	sqlite3_bind_int(st, 7, (int)f->level);
	sqlite3_bind_blob(st, 8, s->scratch.p, (int)s->scratch.n, SQLITE_STATIC);
	r = step(st);
	sqlite3_clear_bindings(st);
	return r;
}

int store_put(struct store *s, const struct file_key *key, const struct facts *f)
{
	int r = s->db ? put(s, key, f) : -EIO;

	if (r == -EIO && s->db)
		heal(s, sqlite3_errcode(s->db));
	if (r < 0)
		s->failed++;
	else
		s->pending++;
	return r;
}

int store_flush(struct store *s)
{
	int r;

	if (!s->in_transaction || !s->db)
		return 0;
	r = step(s->statements[COMMIT]);
	if (r < 0) {
		/* Full or broken: what was gathered is given up; it will be scanned again. */
		s->failed += s->pending;
		int rc = sqlite3_errcode(s->db);

		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		s->in_transaction = false;
		if (r == -EIO)
			heal(s, rc);
	}
	s->in_transaction = false;
	s->pending = 0;
	return r;
}

uint64_t store_count(struct store *s)
{
	sqlite3_stmt *st = s->statements[COUNT];
	uint64_t n = 0;

	if (!s->db)
		return 0;
	if (sqlite3_step(st) == SQLITE_ROW)
		n = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return n;
}

uint64_t store_pending(const struct store *s)
{
	return s->pending;
}

uint64_t store_lost(const struct store *s)
{
	return s->lost;
}

bool store_is_incomplete(const struct store *s)
{
	return s->incomplete;
}

void store_is_whole(struct store *s)
{
	s->incomplete = s->db == NULL;
}

uint64_t store_failed(const struct store *s)
{
	return s->failed;
}
