/* SPDX-License-Identifier: Apache-2.0 */
#include "core/inventory.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/incidents.h"
#include "core/rulebook.h"

#define INVENTORY_FILE "inventory.db"

enum statement {
	FIND,
	MOVED,
	PUT,
	TOUCH,
	GONE,
	GONE_BELOW,
	SWEEP,
	DUE,
	FORGET,
	UNTOLD,
	SENT,
	TOLD,
	LIST,
	LIST_OWN,
	COUNT,
	COUNT_ALL,
	REMIND,
	BEGIN,
	COMMIT,
	STATEMENTS,
};

/* gone: realtime since when, 0: there. told: 0 to be told, 1 done, 2 on its way to log. */
static const char schema[] =
	"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
	"CREATE TABLE IF NOT EXISTS documents (id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, "
	"dev INTEGER, ino INTEGER, size INTEGER, mtime INTEGER, ctime INTEGER, uid INTEGER, "
	"gid INTEGER, level INTEGER, tags INTEGER, completeness INTEGER, reasons INTEGER, "
	"first_seen INTEGER, last_checked INTEGER, gone INTEGER NOT NULL DEFAULT 0, "
	"rule TEXT NOT NULL DEFAULT '', action INTEGER NOT NULL DEFAULT 0, "
	"intended INTEGER NOT NULL DEFAULT 0, noticed INTEGER NOT NULL DEFAULT 0, "
	"told INTEGER NOT NULL DEFAULT 1, told_level INTEGER NOT NULL DEFAULT -1); "
	"CREATE INDEX IF NOT EXISTS by_file ON documents (dev, ino); "
	"CREATE INDEX IF NOT EXISTS by_user ON documents (uid, path); "
	"CREATE INDEX IF NOT EXISTS by_gone ON documents (gone) WHERE gone != 0; "
	"CREATE INDEX IF NOT EXISTS by_told ON documents (told) WHERE told != 1; "
	"CREATE TABLE IF NOT EXISTS reminded (uid INTEGER PRIMARY KEY, day INTEGER); "
	"UPDATE documents SET told = 0 WHERE told = 2; PRAGMA user_version = 1";

#define LIST_SQL(from, whose)                                                                \
	"SELECT path, level, tags, completeness, reasons, size, mtime, first_seen, "         \
	"last_checked, uid, rule, gid FROM " from " WHERE gone = 0 AND path >= max(?1, ?4) " \
	"AND path < ?4 || '0' AND path != ?1 " whose " AND level >= ?3 "                     \
	"AND (?4 = '' OR path = ?4 OR substr(path, 1, length(?4) + 1) = ?4 || '/') "         \
	"ORDER BY path LIMIT ?5"

static const char *const statement_sql[STATEMENTS] = {
	[FIND] = "SELECT rule, told_level FROM documents WHERE path = ?1",
	/* A document that was renamed: the name under which it is gone. Another file may have its
	   number by now, but not its size and time. */
	[MOVED] = "UPDATE documents SET path = ?1, gone = 0 WHERE id = (SELECT id FROM documents "
		  "WHERE dev = ?2 AND ino = ?3 AND size = ?4 AND mtime = ?5 AND gone != 0 "
		  "AND path != ?1 LIMIT 1)",
	[PUT] = "INSERT INTO documents (path, dev, ino, size, mtime, ctime, uid, gid, level, tags, "
		"completeness, reasons, first_seen, last_checked) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13) "
		"ON CONFLICT (path) DO UPDATE SET dev = ?2, ino = ?3, size = ?4, mtime = ?5, "
		"ctime = ?6, uid = ?7, gid = ?8, level = ?9, tags = ?10, completeness = ?11, "
		"reasons = ?12, last_checked = ?13, gone = 0",
	[TOUCH] = "UPDATE documents SET last_checked = ?2, gone = 0 WHERE path = ?1",
	[GONE] = "UPDATE documents SET gone = ?2 WHERE path = ?1 AND gone = 0",
	[GONE_BELOW] = "UPDATE documents SET gone = ?2 WHERE path >= ?1 || '/' "
		       "AND path < ?1 || '0' AND gone = 0",
	[SWEEP] = "UPDATE documents SET gone = ?2 WHERE last_checked < ?1 AND gone = 0",
	[DUE] = "SELECT id, path, level, tags, uid, first_seen, gone FROM documents "
		"WHERE gone != 0 AND gone <= ?1 LIMIT ?2",
	[FORGET] = "DELETE FROM documents WHERE id = ?1",
	[UNTOLD] =
		"SELECT id, path, dev, ino, size, mtime, ctime, uid, level, tags, completeness, "
		"reasons, rule, action, intended, noticed FROM documents WHERE told = 0 LIMIT ?1",
	[SENT] = "UPDATE documents SET rule = ?2, action = ?3, intended = ?4, noticed = ?5, "
		 "told = 0, told_level = ?6 WHERE path = ?1",
	[TOLD] = "UPDATE documents SET told = ?2 WHERE id = ?1",
	/* A page costs its own rows, and what it leaves out between them: of a user what is his, of
	   a folder what is below it (all paths begin with a slash, and '0' comes after it). */
	[LIST] = LIST_SQL("documents", ""),
	[LIST_OWN] = LIST_SQL("documents INDEXED BY by_user", "AND uid = ?2"),
	[COUNT] = "SELECT level, count(*) FROM documents WHERE gone = 0 GROUP BY level",
	[COUNT_ALL] = "SELECT count(*) FROM documents",
	[REMIND] = "INSERT INTO reminded (uid, day) VALUES (?1, ?2) "
		   "ON CONFLICT (uid) DO UPDATE SET day = ?2 WHERE day != ?2",
	[BEGIN] = "BEGIN",
	[COMMIT] = "COMMIT",
};

struct inventory {
	struct core *core;
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS];
	bool in_transaction;
	uint64_t rows; /* in the table; 0 spares each unmarked file a question */
	uint64_t failed, lost, gone;
	uint64_t crowd, crowd_since; /* told since then, monotonic */
	char path[4096];
};

/* ---- the database ---- */

static void close_file(struct inventory *i)
{
	for (int k = 0; k < STATEMENTS; k++) {
		sqlite3_finalize(i->st[k]);
		i->st[k] = NULL;
	}
	sqlite3_close(i->db);
	i->db = NULL;
	i->in_transaction = false;
}

static int open_file(struct inventory *i)
{
	if (sqlite3_open_v2(i->path, &i->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
		    NULL) != SQLITE_OK ||
		sqlite3_busy_timeout(i->db, STORE_BUSY_MS) != SQLITE_OK ||
		sqlite3_exec(i->db, schema, NULL, NULL, NULL) != SQLITE_OK)
		return -EIO;
	for (int k = 0; k < STATEMENTS; k++)
		if (sqlite3_prepare_v3(i->db, statement_sql[k], -1, SQLITE_PREPARE_PERSISTENT,
			    &i->st[k], NULL) != SQLITE_OK)
			return -EIO;
	if (sqlite3_step(i->st[COUNT_ALL]) == SQLITE_ROW)
		i->rows = (uint64_t)sqlite3_column_int64(i->st[COUNT_ALL], 0);
	sqlite3_reset(i->st[COUNT_ALL]);
	return 0;
}

/* Puts it aside and begins anew; without a database nothing is known, which `failed` counts. */
static void start_anew(struct inventory *i)
{
	char aside[4200], wal[4200];

	close_file(i);
	i->lost++;
	i->rows = 0;
	snprintf(aside, sizeof(aside), "%s.damaged", i->path);
	snprintf(wal, sizeof(wal), "%s-wal", i->path);
	(void)unlink(wal);
	if (rename(i->path, aside) < 0 || open_file(i) < 0)
		close_file(i);
	unchecked(incidents_note(i->core->ledger, "gap", "inventory",
		"the inventory was damaged, was put aside as " INVENTORY_FILE
		".damaged, and is filled anew"));
}

int inventory_new(struct core *core, const char *dir, struct inventory **ret)
{
	struct inventory *i = calloc(1, sizeof(*i));

	if (!i)
		return -ENOMEM;
	i->core = core;
	snprintf(i->path, sizeof(i->path), "%s/" INVENTORY_FILE, dir);
	if (open_file(i) < 0)
		start_anew(i);
	*ret = i;
	return 0;
}

/* The statement with nothing bound, inside a transaction where it writes; NULL without a database.
 */
static sqlite3_stmt *statement(struct inventory *i, enum statement k, bool writes)
{
	if (!i->db)
		return NULL;
	if (writes && !i->in_transaction) {
		i->in_transaction = sqlite3_step(i->st[BEGIN]) == SQLITE_DONE;
		sqlite3_reset(i->st[BEGIN]);
	}
	return i->st[k];
}

static void finish(sqlite3_stmt *st)
{
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

/* Runs what changes something. The number of rows that it changed. */
static int run(struct inventory *i, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st), n = sqlite3_changes(i->db);

	finish(st);
	if (rc == SQLITE_DONE)
		return n;
	i->failed++;
	if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB)
		start_anew(i);
	return 0;
}

static void flush(struct inventory *i)
{
	int rc;

	if (!i->in_transaction || !i->db)
		return;
	rc = sqlite3_step(i->st[COMMIT]);
	sqlite3_reset(i->st[COMMIT]);
	if (rc != SQLITE_DONE) {
		i->failed++;
		(void)sqlite3_exec(i->db, "ROLLBACK", NULL, NULL, NULL);
	}
	i->in_transaction = false;
}

struct inventory *inventory_free(struct inventory *i)
{
	if (!i)
		return NULL;
	flush(i);
	close_file(i);
	free(i);
	return NULL;
}

static void bind_text(sqlite3_stmt *st, int at, const char *text)
{
	sqlite3_bind_text(st, at, text, -1, SQLITE_TRANSIENT);
}

static const char *text(sqlite3_stmt *st, int at)
{
	const unsigned char *t = sqlite3_column_text(st, at);

	return t ? (const char *)t : "";
}

/* ---- what lies where ---- */

/* Asks the policy about a document that lies there; an answer that is new is to be told. */
static void ask_policy(struct inventory *i, const char *path, const struct stat *s,
	const struct facts *f, const char *rule, int told_level)
{
	const struct policy *policy = rulebook_policy(i->core->rulebook);
	const uint32_t gid = s->st_gid;
	struct question q = {.facts = facts_brief(f),
		.app = POLICY_APP_NONE,
		.category = CATEGORY_OTHER,
		.channel = CHANNEL_AT_REST,
		.uid = s->st_uid,
		.gids = &gid,
		.n_gids = 1,
		.path = path,
		.realtime = clock_realtime()};
	sqlite3_stmt *st;
	struct verdict v;

	policy_decide(policy, &q, &v);
	/* A rule about what applications do is not meant for what only lies there. */
	if (!policy_rule_names_channel(policy, v.rule) || v.intended == ACTION_ALLOW ||
		(rule[0] && (int)f->level <= told_level))
		return;
	st = statement(i, SENT, true);
	if (!st)
		return;
	bind_text(st, 1, path);
	bind_text(st, 2, policy_rule_name(policy, v.rule));
	/* Nothing can be refused: it lies there. */
	sqlite3_bind_int(st, 3, v.action == ACTION_NOTIFY ? ACTION_NOTIFY : ACTION_LOG);
	sqlite3_bind_int(st, 4, (int)v.intended);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)q.realtime);
	sqlite3_bind_int(st, 6, (int)f->level);
	run(i, st);
}

static void moved(struct inventory *i, const char *path, const struct file_key *key)
{
	sqlite3_stmt *st = statement(i, MOVED, true);

	bind_text(st, 1, path);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)key->dev);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)key->ino);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)key->size);
	sqlite3_bind_int64(st, 5, key->mtime);
	run(i, st);
}

static void put(struct inventory *i, const char *path, const struct file_key *key,
	const struct stat *s, const struct facts *f)
{
	sqlite3_stmt *st = statement(i, PUT, true);
	const int64_t values[] = {(int64_t)key->dev, (int64_t)key->ino, (int64_t)key->size,
		key->mtime, key->ctime, s->st_uid, s->st_gid, f->level, f->tags, f->completeness,
		f->reasons, (int64_t)clock_realtime()};

	bind_text(st, 1, path);
	for (size_t k = 0; k < ARRAY_SIZE(values); k++)
		sqlite3_bind_int64(st, (int)k + 2, values[k]);
	run(i, st);
}

void inventory_touch(struct inventory *i, const char *path)
{
	sqlite3_stmt *st = i->rows > 0 ? statement(i, TOUCH, true) : NULL;

	if (!st)
		return;
	bind_text(st, 1, path);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)clock_realtime());
	run(i, st);
}

void inventory_saw(struct inventory *i, const char *path, const struct file_key *key,
	const struct stat *s, const struct facts *f)
{
	char rule[POLICY_NAME_MAX] = "";
	int told_level = -1;
	bool known = false;
	sqlite3_stmt *st;

	if (!i->db)
		return;
	if (f->level == LEVEL_NONE && f->tags == 0) {
		if (f->completeness == COMPLETENESS_UNREADABLE)
			inventory_touch(i, path);
		else
			inventory_gone(i, path, false);
		return;
	}
	for (int turn = 0; turn < 2 && !known; turn++) {
		st = statement(i, FIND, false);
		bind_text(st, 1, path);
		known = sqlite3_step(st) == SQLITE_ROW;
		if (known) {
			snprintf(rule, sizeof(rule), "%s", text(st, 0));
			told_level = sqlite3_column_int(st, 1);
		}
		finish(st);
		if (!known && turn == 0 && i->rows > 0)
			moved(i, path, key);
		if (!i->db)
			return;
	}
	i->rows += !known;
	put(i, path, key, s, f);
	if (i->db)
		ask_policy(i, path, s, f, rule, told_level);
}

void inventory_gone(struct inventory *i, const char *path, bool below)
{
	sqlite3_stmt *st;

	for (int k = 0; k <= below && i->db && i->rows > 0; k++) {
		st = statement(i, k ? GONE_BELOW : GONE, true);
		bind_text(st, 1, path);
		sqlite3_bind_int64(st, 2, (sqlite3_int64)clock_realtime());
		run(i, st);
	}
}

void inventory_swept(struct inventory *i, uint64_t since)
{
	sqlite3_stmt *st = i->rows > 0 ? statement(i, SWEEP, true) : NULL;

	if (!st)
		return;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)since);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)clock_realtime());
	run(i, st);
}

/* ---- telling ---- */

static void json_time(struct json *j, const char *key, int64_t realtime)
{
	char when[CLOCK_TEXT_MAX];

	clock_format((uint64_t)realtime, when);
	json_key_str(j, key, when);
}

static void json_tags(struct json *j, uint32_t tags)
{
	json_key(j, "tags");
	json_array(j);
	for (unsigned k = 0; k < TAG_MAX; k++)
		if (tags & TAG_BIT(k))
			json_str(j, tag_name((enum tag)k));
	json_array_end(j);
}

static enum level level_at(sqlite3_stmt *st, int at)
{
	int v = sqlite3_column_int(st, at);

	return v >= 0 && v < LEVEL_MAX ? (enum level)v : LEVEL_TOP_SECRET;
}

static int tell_gone(struct inventory *i, sqlite3_stmt *st)
{
	const enum level level = level_at(st, 2), from = i->core->config.journal_omit_names;
	bool omit = from > LEVEL_NONE && level >= from;
	struct buf b = BUF_INIT(16U << 10);
	struct json j;
	int r;

	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "kind", "inventory");
	json_key_str(&j, "state", "gone");
	json_time(&j, "time", sqlite3_column_int64(st, 6));
	json_key_str(&j, "path", omit ? "" : text(st, 1));
	json_key_str(&j, "level", level_name(level));
	json_tags(&j, (uint32_t)sqlite3_column_int64(st, 3));
	json_key_u64(&j, "uid", (uint64_t)sqlite3_column_int64(st, 4));
	json_time(&j, "first_seen", sqlite3_column_int64(st, 5));
	json_object_end(&j);
	r = json_error(&j);
	if (r == 0)
		r = ledger_add(i->core->ledger, buf_view(&b), 0);
	buf_done(&b);
	return r;
}

/* Ids are collected first: what is being read is not changed. */
static void tell_all_gone(struct inventory *i)
{
	sqlite3_stmt *st = i->rows > 0 ? statement(i, DUE, false) : NULL;
	int64_t ids[INVENTORY_TICK_MAX];
	uint32_t n = 0;

	if (!st)
		return;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)(clock_realtime() - INVENTORY_GONE_NS));
	sqlite3_bind_int(st, 2, INVENTORY_TICK_MAX);
	while (n < INVENTORY_TICK_MAX && sqlite3_step(st) == SQLITE_ROW)
		if (tell_gone(i, st) == 0)
			ids[n++] = sqlite3_column_int64(st, 0);
	finish(st);
	for (uint32_t k = 0; k < n && i->db; k++) {
		st = statement(i, FORGET, true);
		sqlite3_bind_int64(st, 1, ids[k]);
		i->gone += run(i, st) > 0;
		i->rows -= i->rows > 0;
	}
}

static bool set_told(struct inventory *i, int64_t id, int told)
{
	sqlite3_stmt *st = statement(i, TOLD, true);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int(st, 2, told);
	return run(i, st) > 0;
}

static void read_record(sqlite3_stmt *st, const struct policy *policy, struct gate_record *ret)
{
	*ret = (struct gate_record){
		.realtime = (uint64_t)sqlite3_column_int64(st, 15),
		.uid = (uint32_t)sqlite3_column_int64(st, 7),
		.policy_version = policy_version(policy),
		.action = (enum action)sqlite3_column_int(st, 13),
		.intended = (enum action)sqlite3_column_int(st, 14),
		.channel = CHANNEL_AT_REST,
		.cause = RECORD_CAUSE_SCANNED,
		.way = RECORD_WAY_AT_REST,
		.key = {.dev = (uint64_t)sqlite3_column_int64(st, 2),
			.ino = (uint64_t)sqlite3_column_int64(st, 3),
			.size = (uint64_t)sqlite3_column_int64(st, 4),
			.mtime = sqlite3_column_int64(st, 5),
			.ctime = sqlite3_column_int64(st, 6)},
		.facts = {.level = (uint8_t)level_at(st, 8),
			.tags = (uint32_t)sqlite3_column_int64(st, 9),
			.completeness = (uint8_t)sqlite3_column_int(st, 10),
			.reasons = (uint32_t)sqlite3_column_int64(st, 11)},
	};
	snprintf(ret->rule, sizeof(ret->rule), "%s", text(st, 12));
	snprintf(ret->path, sizeof(ret->path), "%s", text(st, 1));
}

static void tell_incident(struct inventory *i, int64_t id, const struct gate_record *r, bool crowd)
{
	const struct policy *policy = rulebook_policy(i->core->rulebook);
	struct facts facts;
	struct incident_context c = {
		.app_name = "",
		.message = policy_rule_message(policy, policy_find_rule(policy, r->rule)),
		.mode = mode_name(policy_mode(policy)),
		.omit_names = (enum level)i->core->config.journal_omit_names,
		.copies = policy_rule_keeps_evidence(policy, policy_find_rule(policy, r->rule))
			? i->core->copies
			: NULL,
		.crowd = crowd,
	};
	bool counted;

	if (store_get(i->core->store, &r->key, rulebook_generation(i->core->rulebook), &facts) == 0)
		c.facts = &facts;
	if (!set_told(i, id, 2))
		return;
	if (incidents_add(i->core->incidents, r, &c, INVENTORY_TAG | (uint64_t)id, &counted) < 0)
		(void)set_told(i, id, 0); /* the next tick tries again */
	else if (counted)
		(void)set_told(i, id, 1);
}

/* Whether one more is one of many. */
static bool is_crowd(struct inventory *i)
{
	uint64_t now = clock_now();

	if (i->crowd == 0 || now - i->crowd_since >= INVENTORY_CROWD_NS) {
		i->crowd_since = now;
		i->crowd = 0;
	}
	return i->crowd++ >= INVENTORY_CROWD;
}

static void tell_incidents(struct inventory *i)
{
	const struct policy *policy = rulebook_policy(i->core->rulebook);
	sqlite3_stmt *st = i->rows > 0 ? statement(i, UNTOLD, false) : NULL;
	struct gate_record *v;
	int64_t ids[INVENTORY_TICK_MAX];
	uint32_t n = 0;

	if (!st || !i->core->incidents)
		return;
	v = calloc(INVENTORY_TICK_MAX, sizeof(*v));
	if (!v)
		return; /* at the next tick */
	sqlite3_bind_int(st, 1, INVENTORY_TICK_MAX);
	while (n < INVENTORY_TICK_MAX && sqlite3_step(st) == SQLITE_ROW) {
		ids[n] = sqlite3_column_int64(st, 0);
		read_record(st, policy, &v[n++]);
	}
	finish(st);
	for (uint32_t k = 0; k < n && i->db; k++)
		tell_incident(i, ids[k], &v[k], is_crowd(i));
	free(v);
}

void inventory_tick(struct inventory *i)
{
	flush(i); /* first: what is told must not be forgotten */
	tell_incidents(i);
	tell_all_gone(i);
}

void inventory_told(struct inventory *i, uint64_t tag)
{
	(void)set_told(i, (int64_t)(tag & ~INVENTORY_TAG), 1);
}

bool inventory_first_today(struct inventory *i, uint32_t uid, uint64_t day)
{
	sqlite3_stmt *st = statement(i, REMIND, true);

	if (!st)
		return true;
	sqlite3_bind_int64(st, 1, uid);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)day);
	return run(i, st) > 0;
}

/* ---- answering ---- */

/* The kind of file is no secret. */
static void write_path(struct json *j, const char *path, bool hidden)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
	char name[32];

	if (hidden)
		snprintf(name, sizeof(name), "•••%s", dot && strlen(dot) <= 6 ? dot : "");
	json_key_str(j, "path", hidden ? name : path);
	if (!hidden)
		return;
	json_key(j, "concealed");
	json_array(j);
	json_str(j, "path");
	json_array_end(j);
}

static void write_document(struct json *j, sqlite3_stmt *st, bool hidden)
{
	uint32_t reasons = (uint32_t)sqlite3_column_int64(st, 4);
	char user[INCIDENTS_USER_SIZE];

	incidents_user_name((uint32_t)sqlite3_column_int64(st, 9), user);
	json_object(j);
	write_path(j, text(st, 0), hidden);
	json_key_str(j, "level", level_name(level_at(st, 1)));
	json_tags(j, (uint32_t)sqlite3_column_int64(st, 2));
	json_key_str(
		j, "completeness", completeness_name((enum completeness)sqlite3_column_int(st, 3)));
	json_key(j, "reasons");
	json_array(j);
	for (unsigned k = 0; k < REASON_MAX; k++)
		if (reasons & REASON_BIT(k))
			json_str(j, reason_name((enum reason)k));
	json_array_end(j);
	json_key_u64(j, "size", (uint64_t)sqlite3_column_int64(st, 5));
	json_time(j, "mtime", sqlite3_column_int64(st, 6));
	json_time(j, "first_seen", sqlite3_column_int64(st, 7));
	json_time(j, "last_checked", sqlite3_column_int64(st, 8));
	json_key_u64(j, "uid", (uint64_t)sqlite3_column_int64(st, 9));
	json_key_u64(j, "gid", (uint64_t)sqlite3_column_int64(st, 11));
	json_key_str(j, "owner", user);
	json_key_str(j, "rule", text(st, 10)[0] ? text(st, 10) : NULL);
	json_object_end(j);
}

int inventory_list(struct inventory *i, const struct inventory_ask *ask, struct json *j)
{
	sqlite3_stmt *st = statement(i, ask->uid ? LIST_OWN : LIST, false);
	char next[4096] = "", shown[4096] = "";
	bool full = false;
	uint32_t n = 0;

	if (!st)
		return -EIO;
	bind_text(st, 1, ask->after);
	if (ask->uid)
		sqlite3_bind_int64(st, 2, ask->uid);
	sqlite3_bind_int(st, 3, (int)ask->level);
	bind_text(st, 4, ask->below);
	sqlite3_bind_int(st, 5, INVENTORY_PAGE_MAX);
	json_key(j, "documents");
	json_array(j);
	while (!full && sqlite3_step(st) == SQLITE_ROW) {
		bool hidden = ask->hide > LEVEL_NONE && level_at(st, 1) >= ask->hide;

		write_document(j, st, hidden);
		snprintf(next, sizeof(next), "%s", text(st, 0));
		if (!hidden)
			snprintf(shown, sizeof(shown), "%s", next);
		/* A frame has room for so much, and one more may be as long as paths get. */
		full = ++n == INVENTORY_PAGE_MAX || j->out->n > WIRE_BODY_MAX - (32U << 10);
	}
	finish(st);
	json_array_end(j);
	json_key_str(j, "next", !full ? NULL : shown[0] ? shown : next);
	return json_error(j);
}

void inventory_status(struct inventory *i, struct json *j)
{
	sqlite3_stmt *st = statement(i, COUNT, false);

	json_key(j, "inventory");
	json_object(j);
	json_key(j, "levels");
	json_object(j);
	while (st && sqlite3_step(st) == SQLITE_ROW)
		json_key_u64(j, level_name(level_at(st, 0)), (uint64_t)sqlite3_column_int64(st, 1));
	if (st)
		finish(st);
	json_object_end(j);
	json_key_u64(j, "gone", i->gone);
	json_key_u64(j, "failed", i->failed);
	json_key_u64(j, "lost", i->lost);
	json_object_end(j);
}
