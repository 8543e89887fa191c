/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "sealgate courier receipt", on the reviewers' side: each export on the medium is checked against
 * itself (digest, chain of hashes, signature of the journal's key) and against what came before
 * from the same journal (its key, its last record), kept, and signed for. Nothing is kept or signed
 * of an export that does not hold.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "bundle/receipt.h"
#include "ctl/courier.h"
#include "ctl/keys.h"
#include "ctl/message.h"
#include "ctl/proof.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "digest/sha256.h"
#include "journal/line.h"
#include "journal/payload.h"

/* What came last from a journal. */
struct known {
	bool is;
	uint64_t last;
	uint8_t hash[SHA256_SIZE], statement[SHA256_SIZE], key[SIGN_KEY_SIZE];
};

/* One export. */
struct arrival {
	struct buf statement, lines;
	struct checkpoint mark;
	char host[BUNDLE_HOST_MAX + 1], journal[SEAL_ID_SIZE + 1];
	uint64_t first, last, records, bytes, missing;
	uint8_t prev[SHA256_SIZE], hash[SHA256_SIZE], sha256[SHA256_SIZE], own[SHA256_SIZE];
	struct known known;
	bool again;
};

static bool text(struct view body, const char *key, char *ret, size_t size)
{
	struct view v;

	if (!payload_text(body, key, &v) || v.n == 0 || v.n >= size || memchr(v.p, '/', v.n))
		return false;
	memcpy(ret, v.p, v.n);
	ret[v.n] = 0;
	return true;
}

static void name_of(const struct arrival *a, char ret[COURIER_NAME_MAX])
{
	snprintf(ret, COURIER_NAME_MAX, "journal-%s.json", a->journal);
}

static int load(const struct courier *c, const struct arrival *a, struct known *ret)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(COURIER_TEXT_MAX);
	char name[COURIER_NAME_MAX];
	struct known k = {.is = true};
	struct view kind;
	int r;

	name_of(a, name);
	r = medium_read(&c->state, name, b.max, &b);
	if (r == -ENOENT) {
		*ret = (struct known){0};
		return CTL_DONE;
	}
	if (r == 0 && b.n > 0 && b.p[b.n - 1] == '\n')
		b.n--;
	if (r == 0 &&
		(payload_check(buf_view(&b), &kind) < 0 ||
			!payload_number(buf_view(&b), "last", &k.last) ||
			!payload_hex(buf_view(&b), "hash", k.hash, sizeof(k.hash)) ||
			!payload_hex(buf_view(&b), "statement", k.statement, sizeof(k.statement)) ||
			!payload_hex(buf_view(&b), "key", k.key, sizeof(k.key))))
		r = -EBADMSG;
	if (r < 0)
		return ctl_error("%s/%s: %s", c->state.path, name, strerror(-r));
	*ret = k;
	return CTL_DONE;
}

static int save(const struct courier *c, const struct arrival *a)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(COURIER_TEXT_MAX);
	char name[COURIER_NAME_MAX];
	struct json j;
	int r;

	name_of(a, name);
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "host", a->host);
	json_key_u64(&j, "last", a->last);
	json_key(&j, "hash");
	json_hex(&j, a->hash, sizeof(a->hash));
	json_key(&j, "statement");
	json_hex(&j, a->own, sizeof(a->own));
	json_key(&j, "key");
	json_hex(&j, a->mark.key, sizeof(a->mark.key));
	json_object_end(&j);
	r = json_error(&j);
	if (r == 0)
		r = buf_put_byte(&b, '\n');
	return r == 0 ? medium_write(&c->state, name, 0600, buf_view(&b)) : r;
}

/* ---- checking ---- */

static const char *read_body(struct arrival *a, const char *host)
{
	struct view body, kind;
	const char *why = proof_check(buf_view(&a->statement), "courier-export", &body, &a->mark);

	if (why)
		return why;
	if (payload_check(body, &kind) < 0 || !view_eq(kind, VIEW_LIT("sealgate-courier-export")) ||
		!text(body, "host", a->host, sizeof(a->host)) ||
		!text(body, "journal", a->journal, sizeof(a->journal)) ||
		!payload_number(body, "first", &a->first) ||
		!payload_number(body, "last", &a->last) ||
		!payload_number(body, "records", &a->records) ||
		!payload_number(body, "bytes", &a->bytes) ||
		!payload_hex(body, "prev", a->prev, sizeof(a->prev)) ||
		!payload_hex(body, "hash", a->hash, sizeof(a->hash)) ||
		!payload_hex(body, "sha256", a->sha256, sizeof(a->sha256)))
		return "this is no export's statement";
	if (strcmp(a->host, host) != 0)
		return "it is of another host than its name says";
	if (strcmp(a->journal, a->mark.journal) != 0 ||
		a->journal[strspn(a->journal, "0123456789abcdef")])
		return "the checkpoint is another journal's";
	return sha256(buf_view(&a->statement), a->own) < 0 ? "out of memory" : NULL;
}

static struct view next_line(struct view *rest)
{
	const uint8_t *nl = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	struct view line = nl ? view_of(rest->p, (size_t)(nl - rest->p)) : *rest;

	*rest = nl ? view_sub(*rest, line.n + 1, rest->n) : VIEW_EMPTY;
	return line;
}

/* A new key counts where the one before has signed it. */
static void follow_key(const struct line *l, uint8_t key[SIGN_KEY_SIZE])
{
	uint8_t fresh[SIGN_KEY_SIZE];

	if (view_eq(l->kind, VIEW_LIT("key")) &&
		payload_hex(l->payload, "key", fresh, sizeof(fresh)) &&
		seal_key_check(l->payload, key, fresh) == SIGN_VALID)
		memcpy(key, fresh, sizeof(fresh));
}

static const char *check_lines(struct arrival *a)
{
	cleanup_with(sha256_freep) struct sha256 *sha = NULL;
	struct view rest = buf_view(&a->lines);
	uint8_t prev[SHA256_SIZE], key[SIGN_KEY_SIZE];
	uint64_t seq = a->first, n = 0;
	struct line l;

	if (sha256_new(&sha) < 0)
		return "out of memory";
	memcpy(prev, a->prev, sizeof(prev));
	memcpy(key, a->known.is ? a->known.key : a->mark.key, sizeof(key));
	for (; rest.n > 0; n++, seq++) {
		struct view line = next_line(&rest);

		if (line_parse(line, &l) < 0 || line_check(line, &l, sha) != 0)
			return "a record was altered";
		if (l.seq != seq || memcmp(l.prev, prev, sizeof(prev)) != 0)
			return "the chain of records is broken";
		if (a->known.is && seq == a->known.last &&
			memcmp(l.hash, a->known.hash, sizeof(l.hash)) != 0)
			return "a record that was received before is another one now";
		memcpy(prev, l.hash, sizeof(prev));
		follow_key(&l, key);
	}
	if (n == 0 || n != a->records || seq - 1 != a->last ||
		memcmp(prev, a->hash, sizeof(prev)) != 0)
		return "there are other records than the statement says";
	return memcmp(key, a->mark.key, sizeof(key)) == 0
		? NULL
		: "another key has signed it than what came before, and that key does not vouch "
		  "for it";
}

static const char *check(struct arrival *a)
{
	const struct known *k = &a->known;
	uint8_t hash[SHA256_SIZE];

	if (sha256(buf_view(&a->lines), hash) < 0)
		return "out of memory";
	if (a->lines.n != a->bytes || memcmp(hash, a->sha256, sizeof(hash)) != 0)
		return "the records are not whole, or were altered";
	a->again = k->is && memcmp(k->statement, a->own, sizeof(a->own)) == 0;
	if (k->is && !a->again && a->last <= k->last)
		return "it is older than what was received: a replay";
	if (k->is && a->first == k->last + 1 && memcmp(a->prev, k->hash, sizeof(a->prev)) != 0)
		return "it does not follow what was received before";
	a->missing = a->first > (k->is ? k->last + 1 : 0) ? a->first - (k->is ? k->last + 1 : 0)
							  : 0;
	return check_lines(a);
}

/* ---- keeping and signing ---- */

static int keep(const struct courier *c, const struct arrival *a)
{
	char name[2 * COURIER_NAME_MAX];
	int r;

	snprintf(name, sizeof(name), "%s-%s-%" PRIu64 ".jsonl", a->host, a->journal, a->first);
	r = medium_write(&c->state, name, 0600, buf_view(&a->lines));
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%s-%s-%" PRIu64 ".statement", a->host, a->journal, a->first);
	r = medium_write(&c->state, name, 0600, buf_view(&a->statement));
	return r < 0 ? r : save(c, a);
}

static int sign(const struct courier *c, const struct arrival *a, const struct sign_secret *key)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(RECEIPT_BYTES_MAX);
	struct receipt r = {.first = a->first, .last = a->last};
	char name[COURIER_NAME_MAX];
	int e;

	memcpy(r.host, a->host, sizeof(r.host));
	memcpy(r.journal, a->journal, sizeof(r.journal));
	memcpy(r.hash, a->hash, sizeof(r.hash));
	memcpy(r.statement, a->own, sizeof(r.statement));
	clock_format(clock_realtime(), r.time);
	e = receipt_put(&r, key, &out);
	COURIER_FILE(name, a->host, "receipt");
	return e < 0 ? e : medium_write(&c->medium, name, 0644, buf_view(&out));
}

static void tell(const struct courier *c, const struct arrival *a)
{
	enum lang lang = c->o.lang;

	printf(lang_pick(lang, "%s: records %" PRIu64 " to %" PRIu64 " received%s\n",
		       "%s: đã nhận bản ghi %" PRIu64 " đến %" PRIu64 "%s\n"),
		a->host, a->first, a->last,
		a->again ? lang_pick(lang, " before; the receipt was written again",
				   " trước đây; biên nhận được viết lại")
			 : "");
	if (!a->known.is) {
		printf("  %s ",
			lang_pick(lang, "for the first time; the journal's key:",
				"lần đầu tiên; khóa của nhật ký:"));
		for (size_t i = 0; i < sizeof(a->mark.key); i++)
			printf("%02x", a->mark.key[i]);
		putchar('\n');
	}
	if (a->missing && !a->again)
		printf(lang_pick(lang,
			       "  MISSING: %" PRIu64 " records before %" PRIu64 " never came\n",
			       "  THIẾU: %" PRIu64 " bản ghi trước số %" PRIu64 " không đến\n"),
			a->missing, a->first);
}

static int refuse(const struct courier *c, const char *name, const char *why)
{
	cleanup_with(buf_done) struct buf room = BUF_INIT(0);

	printf("%s/", c->medium.path);
	tty_put_safe(stdout, view_str(name));
	printf(": %s: %s\n", lang_pick(c->o.lang, "REFUSED", "TỪ CHỐI"),
		message_in(c->o.lang, why, &room));
	return CTL_FOUND;
}

static int receive(const struct courier *c, const char *host, const char *name,
	const struct sign_secret *key, struct arrival *a)
{
	char lines[COURIER_NAME_MAX];
	const char *why;
	int r = medium_read(&c->medium, name, COURIER_TEXT_MAX, &a->statement);

	COURIER_FILE(lines, host, "jsonl");
	if (r == 0)
		r = medium_read(&c->medium, lines, COURIER_BYTES_MAX, &a->lines);
	if (r < 0)
		return refuse(c, name, r == -ENOENT ? "its records are not there" : strerror(-r));
	why = read_body(a, host);
	if (why)
		return refuse(c, name, why);
	r = load(c, a, &a->known);
	if (r != CTL_DONE)
		return r;
	why = check(a);
	if (why)
		return refuse(c, name, why);
	r = a->again ? 0 : keep(c, a);
	if (r < 0)
		return ctl_error("%s: %s", c->state.path, strerror(-r));
	r = sign(c, a, key);
	if (r < 0)
		return ctl_error(
			"%s: the receipt cannot be written: %s", c->medium.path, strerror(-r));
	tell(c, a);
	return a->missing && !a->again ? CTL_FOUND : CTL_DONE;
}

/* Of "sealgate-HOST.statement", the host. */
static bool host_of(const char *name, char ret[BUNDLE_HOST_MAX + 1])
{
	const size_t before = strlen("sealgate-"), behind = strlen(".statement");
	size_t n = strlen(name);
	struct bundle b = {0};
	bool is;

	if (n <= before + behind || n - before - behind > BUNDLE_HOST_MAX ||
		strncmp(name, "sealgate-", before) != 0 ||
		strcmp(name + n - behind, ".statement") != 0)
		return false;
	memcpy(ret, name + before, n - before - behind);
	ret[n - before - behind] = 0;
	is = bundle_add_host(&b, ret) == 0;
	bundle_done(&b);
	return is;
}

int courier_receipt(struct courier *c)
{
	cleanup_with(sign_secret_wipe) struct sign_secret key = {0};
	struct dirent **entries = NULL;
	int worst = keys_read_secret(c->key, &key), n;
	unsigned found = 0;

	if (worst != CTL_DONE)
		return worst;
	n = scandir(c->medium.path, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		struct arrival a = {.statement = BUF_INIT(COURIER_TEXT_MAX + 1),
			.lines = BUF_INIT(COURIER_BYTES_MAX + 1)};
		char host[BUNDLE_HOST_MAX + 1];

		if (host_of(entries[i]->d_name, host)) {
			int r = receive(c, host, entries[i]->d_name, &key, &a);

			worst = MAX(worst, r);
			found++;
		}
		buf_done(&a.statement);
		buf_done(&a.lines);
		free(entries[i]);
	}
	if (n >= 0)
		free((void *)entries);
	return n < 0    ? ctl_error("%s: %s", c->medium.path, strerror(errno))
		: found ? worst
			: ctl_error("there is no export in %s", c->medium.path);
}
