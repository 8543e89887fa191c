/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "sealgate courier export": the journal's lines behind the last receipt, as they are, with their
 * hashes, and a statement about them for which the journal's key stands (ctl/proof.h).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "bundle/receipt.h"
#include "ctl/configured.h"
#include "ctl/courier.h"
#include "ctl/keys.h"
#include "ctl/message.h"
#include "ctl/proof.h"
#include "ctl/usage.h"
#include "digest/sha256.h"
#include "journal/line.h"
#include "journal/payload.h"
#include "settings/settings.h"

#define STATE_FILE "export.json"

/* What the state directory knows of the journal of this name. */
struct known {
	char journal[SEAL_ID_SIZE + 1];
	uint64_t exported, next; /* the record behind the last; behind the last that was received */
	uint8_t hash[SHA256_SIZE]; /* of the last that was received */
};

struct export
{
	struct courier *c;
	struct known known;
	char journal[SEAL_ID_SIZE + 1];
	struct buf lines;
	uint64_t first, last, records, incidents;
	uint8_t prev[SHA256_SIZE], hash[SHA256_SIZE];
	bool more, rewritten;
};

static int load(struct courier *c, struct known *ret)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(COURIER_TEXT_MAX);
	struct known k = {0};
	struct view id, kind;
	int r = medium_read(&c->state, STATE_FILE, b.max, &b);

	*ret = k;
	if (r == -ENOENT)
		return CTL_DONE;
	if (r == 0 && b.n > 0 && b.p[b.n - 1] == '\n')
		b.n--;
	if (r == 0 &&
		(payload_check(buf_view(&b), &kind) < 0 ||
			!payload_text(buf_view(&b), "journal", &id) || id.n != SEAL_ID_SIZE ||
			!payload_number(buf_view(&b), "exported", &k.exported) ||
			!payload_number(buf_view(&b), "next", &k.next) ||
			!payload_hex(buf_view(&b), "hash", k.hash, sizeof(k.hash))))
		r = -EBADMSG;
	if (r < 0)
		return ctl_error("%s/" STATE_FILE ": %s", c->state.path, strerror(-r));
	memcpy(k.journal, id.p, id.n);
	*ret = k;
	return CTL_DONE;
}

static int save(struct courier *c, const struct known *k)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(COURIER_TEXT_MAX);
	struct json j;
	int r;

	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "journal", k->journal);
	json_key_u64(&j, "exported", k->exported);
	json_key_u64(&j, "next", k->next);
	json_key(&j, "hash");
	json_hex(&j, k->hash, sizeof(k->hash));
	json_object_end(&j);
	r = json_error(&j);
	if (r == 0)
		r = buf_put_byte(&b, '\n');
	if (r == 0)
		r = medium_write(&c->state, STATE_FILE, 0600, buf_view(&b));
	return r < 0 ? ctl_error("%s/" STATE_FILE ": %s", c->state.path, strerror(-r)) : CTL_DONE;
}

/* ---- the journal ---- */

static int add_line(struct export *x, const struct journal_entry *e)
{
	struct line l;
	int r;

	if (x->c->limit && x->records == x->c->limit) {
		x->more = true;
		return 0;
	}
	if (x->lines.n + e->whole.n + 1 > COURIER_BYTES_MAX) {
		x->more = true;
		return 0;
	}
	r = line_parse(e->whole, &l);
	if (r == 0)
		r = buf_put_view(&x->lines, e->whole);
	if (r == 0)
		r = buf_put_byte(&x->lines, '\n');
	if (r < 0)
		return r;
	if (x->records++ == 0) {
		x->first = e->seq;
		memcpy(x->prev, l.prev, sizeof(x->prev));
	}
	x->incidents += view_eq(e->kind, VIEW_LIT("incident"));
	x->last = e->seq;
	memcpy(x->hash, e->hash, sizeof(x->hash));
	return 0;
}

static int take_line(struct export *x, const struct journal_entry *e)
{
	struct view id;

	if (!x->journal[0] && payload_text(e->payload, "id", &id) && id.n == SEAL_ID_SIZE &&
		(view_eq(e->kind, VIEW_LIT("birth")) || view_eq(e->kind, VIEW_LIT("segment")))) {
		memcpy(x->journal, id.p, id.n);
		/* Another journal: nothing of it was ever received. */
		if (strcmp(x->journal, x->known.journal) != 0)
			x->known = (struct known){0};
		memcpy(x->known.journal, x->journal, sizeof(x->journal));
	}
	if (e->seq + 1 == x->known.next)
		x->rewritten = memcmp(e->hash, x->known.hash, sizeof(e->hash)) != 0;
	return e->seq < x->known.next || x->more ? 0 : add_line(x, e);
}

static int walk(const char *dir, int (*take)(struct export *, const struct journal_entry *),
	struct export *x)
{
	struct journal_reader *reader;
	struct journal_entry e;
	int r = journal_reader_open(dir, &reader);

	if (r < 0)
		return r;
	while ((r = journal_read(reader, &e)) != JOURNAL_END) {
		if (r == 0)
			r = take(x, &e);
		if (r < 0 && r != -EBADMSG)
			break;
	}
	journal_reader_close(reader);
	return r == JOURNAL_END ? 0 : r;
}

/* ---- the receipt that came back ---- */

static int load_keys(const struct courier *c, struct sign_public *keys, size_t *n)
{
	struct settings s;
	int r = configured(c->o.ctl->config, CONFIGURED_STRICT, &s);

	if (r != 0)
		return r;
	r = CTL_DONE;
	for (size_t i = 0; r == CTL_DONE && i < s.trusted_keys.n; i++)
		r = keys_add(keys, n, s.trusted_keys.v[i], true);
	settings_done(&s);
	return r;
}

static int find_record(const char *dir, const struct receipt *r, bool *ret_same)
{
	struct journal_reader *reader;
	struct journal_entry e;
	int n = journal_reader_open(dir, &reader);

	*ret_same = false;
	if (n < 0)
		return n;
	while ((n = journal_read(reader, &e)) != JOURNAL_END) {
		if (n < 0 && n != -EBADMSG)
			break;
		if (n == 0 && e.seq == r->last) {
			*ret_same = memcmp(e.hash, r->hash, sizeof(e.hash)) == 0;
			break;
		}
	}
	journal_reader_close(reader);
	return n == JOURNAL_END ? 0 : n;
}

/* NULL where it may be believed. */
static const char *judge(const struct courier *c, const struct known *k, const struct receipt *r,
	const struct sign_public *keys, size_t n)
{
	bool same;

	if (receipt_check(r, keys, n) != SIGN_VALID)
		return "no trusted key (trusted-keys) has signed it";
	if (strcmp(r->host, c->host) != 0)
		return "it is another host's";
	if (strcmp(r->journal, k->journal) != 0)
		return "it is another journal's";
	if (r->last >= k->exported)
		return "it is about records that were not exported";
	if (r->last < k->next)
		return NULL; /* an old one */
	if (find_record(c->o.dir, r, &same) < 0 || !same)
		return "the journal has another record there";
	return NULL;
}

static int record_receipt(const struct courier *c, struct view text, const char *note)
{
	struct review ask = {.what = REVIEW_COURIER_RECEIPT};
	uint8_t hash[SHA256_SIZE];
	uint64_t seq;

	if (sha256(text, hash) < 0)
		return ctl_error("out of memory");
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(ask.sha256 + 2 * i, 3, "%02x", hash[i]);
	snprintf(ask.note, sizeof(ask.note), "%s", note);
	return incidents_submit(&c->o, &ask, &seq);
}

static int take_receipt(struct courier *c, struct known *k, const char *name, struct view text)
{
	cleanup_with(freep) struct sign_public *keys = calloc(KEYS_MAX, sizeof(*keys));
	struct receipt r = {0};
	cleanup_with(buf_done) struct buf room = BUF_INIT(0);
	const char *why = "it is no whole receipt";
	char note[256];
	size_t n = 0;
	int e = keys ? load_keys(c, keys, &n) : ctl_error("out of memory");

	if (e != CTL_DONE)
		return e;
	if (receipt_parse(text, &r) == 0)
		why = judge(c, k, &r, keys, n);
	if (why) {
		snprintf(note, sizeof(note), "refused: %s", why);
		e = record_receipt(c, text, note);
		if (e != CTL_DONE)
			return e;
		fprintf(stderr, "%s/%s: %s: %s\n", c->medium.path, name,
			lang_pick(c->o.lang, "refused", "từ chối"),
			message_in(c->o.lang, why, &room));
		return CTL_FOUND;
	}
	if (r.last < k->next)
		return CTL_DONE;
	snprintf(note, sizeof(note), "records up to %" PRIu64 " were received, signed by %s",
		r.last, r.signature.id);
	e = record_receipt(c, text, note);
	if (e != CTL_DONE)
		return e;
	k->next = r.last + 1;
	memcpy(k->hash, r.hash, sizeof(k->hash));
	printf(lang_pick(c->o.lang, "receipt: records up to %" PRIu64 " were received\n",
		       "biên nhận: đã nhận các bản ghi đến số %" PRIu64 "\n"),
		r.last);
	return save(c, k);
}

static int look_for_receipt(struct courier *c, struct known *k)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(COURIER_TEXT_MAX);
	char name[COURIER_NAME_MAX];
	int r;

	COURIER_FILE(name, c->host, "receipt");
	r = medium_read(&c->medium, name, RECEIPT_BYTES_MAX, &text);
	if (r == -ENOENT)
		return CTL_DONE;
	if (r < 0 && r != -E2BIG)
		return ctl_error("%s/%s: %s", c->medium.path, name, strerror(-r));
	return take_receipt(c, k, name, buf_view(&text));
}

/* ---- writing ---- */

static int compose(const struct export *x, struct buf *out)
{
	uint8_t hash[SHA256_SIZE];
	char time[CLOCK_TEXT_MAX];
	struct json j;

	if (sha256(buf_view(&x->lines), hash) < 0)
		return -ENOMEM;
	clock_format(clock_realtime(), time);
	json_init(&j, out);
	json_object(&j);
	json_key_str(&j, "kind", "sealgate-courier-export");
	json_key_u64(&j, "format", 1);
	json_key_str(&j, "version", SEALGATE_VERSION);
	json_key_str(&j, "host", x->c->host);
	json_key_str(&j, "journal", x->journal);
	json_key_str(&j, "made", time);
	json_key_u64(&j, "first", x->first);
	json_key_u64(&j, "last", x->last);
	json_key_u64(&j, "records", x->records);
	json_key_u64(&j, "incidents", x->incidents);
	json_key_u64(&j, "missing", x->first - x->known.next);
	json_key_bool(&j, "more", x->more);
	json_key(&j, "prev");
	json_hex(&j, x->prev, sizeof(x->prev));
	json_key(&j, "hash");
	json_hex(&j, x->hash, sizeof(x->hash));
	json_key_u64(&j, "bytes", x->lines.n);
	json_key(&j, "sha256");
	json_hex(&j, hash, sizeof(hash));
	json_object_end(&j);
	return json_error(&j);
}

/* The statement last: without it, or with another, the lines are no export. */
static int write_medium(struct export *x, const struct buf *statement)
{
	struct courier *c = x->c;
	char lines[COURIER_NAME_MAX], name[COURIER_NAME_MAX];
	int r;

	COURIER_FILE(lines, c->host, "jsonl");
	COURIER_FILE(name, c->host, "statement");
	r = medium_remove(&c->medium, name);
	if (r == 0)
		r = medium_write(&c->medium, lines, 0644, buf_view(&x->lines));
	if (r == 0)
		r = medium_write(&c->medium, name, 0644, buf_view(statement));
	if (r < 0)
		return ctl_error("cannot write %s in %s: %s", name, c->medium.path, strerror(-r));
	printf(lang_pick(c->o.lang,
		       "%s/%s: records %" PRIu64 " to %" PRIu64 ", %" PRIu64 " incidents%s\n",
		       "%s/%s: bản ghi %" PRIu64 " đến %" PRIu64 ", %" PRIu64 " sự cố%s\n"),
		c->medium.path, lines, x->first, x->last, x->incidents,
		x->more ? lang_pick(c->o.lang, "; there are more, for the next export",
				  "; còn nữa, cho lần xuất sau")
			: "");
	if (x->first > x->known.next)
		printf(lang_pick(c->o.lang,
			       "%" PRIu64 " records were dropped before they were "
			       "received\n",
			       "%" PRIu64 " bản ghi đã bị xóa trước khi được nhận\n"),
			x->first - x->known.next);
	return CTL_DONE;
}

static int write_export(struct export *x)
{
	cleanup_with(buf_done) struct buf statement = BUF_INIT(COURIER_TEXT_MAX);
	char note[128];
	int r = compose(x, &statement);

	snprintf(note, sizeof(note), "records %" PRIu64 " to %" PRIu64, x->first, x->last);
	r = r < 0 ? ctl_error("out of memory")
		  : proof_make(&x->c->o, REVIEW_COURIER_EXPORT, note, &statement);
	/* Before it leaves: a receipt is never about more than was exported. */
	if (r == CTL_DONE && x->known.exported <= x->last) {
		x->known.exported = x->last + 1;
		r = save(x->c, &x->known);
	}
	return r == CTL_DONE ? write_medium(x, &statement) : r;
}

int courier_export(struct courier *c)
{
	struct export x = {.c = c, .lines = BUF_INIT(COURIER_BYTES_MAX)};
	int r = load(c, &x.known), e;

	if (r == CTL_DONE)
		r = look_for_receipt(c, &x.known);
	e = r == CTL_DONE ? walk(c->o.dir, take_line, &x) : 0;
	if (e < 0)
		r = incidents_no_journal(&c->o, e);
	else if (r == CTL_DONE && (x.rewritten || !x.journal[0]))
		r = ctl_error("the journal in %s is not the one that the last receipt was for: see "
			      "\"sealgate incidents verify\"",
			c->o.dir);
	else if (r == CTL_DONE && x.records == 0)
		puts(lang_pick(c->o.lang, "nothing new since the last receipt",
			"không có gì mới từ biên nhận trước"));
	else if (r == CTL_DONE)
		r = write_export(&x);
	buf_done(&x.lines);
	return r;
}
