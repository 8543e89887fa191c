/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/proof.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/usage.h"
#include "digest/sha256.h"
#include "journal/line.h"
#include "journal/payload.h"

/* The journal's line `seq`, and the checkpoint behind it. */
static int append_proof(const struct incidents_options *o, uint64_t seq, struct buf *out)
{
	struct journal_reader *reader;
	struct journal_entry e;
	struct checkpoint c;
	int r = journal_reader_open(o->dir, &reader);

	if (r < 0)
		return r;
	while ((r = journal_read(reader, &e)) != JOURNAL_END) {
		if (r < 0 || e.seq + 1 < seq)
			continue;
		if (e.seq + 1 == seq) {
			r = buf_put_view(out, e.whole);
			if (r == 0)
				r = buf_put_byte(out, '\n');
		} else {
			r = checkpoint_parse(e.payload, &c);
			if (r == 0)
				r = checkpoint_put(out, &c);
			break;
		}
		if (r < 0)
			break;
	}
	journal_reader_close(reader);
	return r == JOURNAL_END ? -ENOENT : r;
}

int proof_make(const struct incidents_options *o, enum review_what what, const char *note,
	struct buf *body)
{
	struct review ask = {.what = what};
	uint8_t hash[SHA256_SIZE];
	uint64_t seq;
	int r = sha256(buf_view(body), hash);

	if (r < 0)
		return ctl_error("%s", strerror(-r));
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(ask.sha256 + 2 * i, 3, "%02x", hash[i]);
	snprintf(ask.note, sizeof(ask.note), "%s", note);
	r = incidents_submit(o, &ask, &seq);
	if (r != 0)
		return r;
	r = buf_put_byte(body, '\n');
	if (r == 0)
		r = append_proof(o, seq, body);
	return r < 0 ? incidents_no_journal(o, r) : CTL_DONE;
}

static struct view next_line(struct view *rest)
{
	const uint8_t *nl = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	struct view line = nl ? view_of(rest->p, (size_t)(nl - rest->p)) : *rest;

	*rest = nl ? view_sub(*rest, line.n + 1, rest->n) : VIEW_EMPTY;
	return line;
}

const char *proof_check(
	struct view file, const char *kind, struct view *ret_body, struct checkpoint *ret_c)
{
	cleanup_with(sha256_freep) struct sha256 *sha = NULL;
	bool whole = file.n > 0 && file.p[file.n - 1] == '\n';
	struct view body = next_line(&file), record = next_line(&file), mark = next_line(&file);
	uint8_t hash[SHA256_SIZE], said[SHA256_SIZE];
	struct line l;

	if (sha256_new(&sha) < 0 || sha256(body, hash) < 0)
		return "out of memory";
	if (!whole || file.n > 0 || line_parse(record, &l) < 0 || checkpoint_parse(mark, ret_c) < 0)
		return "this is no signed statement: three lines are expected";
	if (line_check(record, &l, sha) != 0)
		return "the journal's record was altered";
	if (!view_eq(l.kind, view_str(kind)) ||
		!payload_hex(l.payload, "sha256", said, sizeof(said)) ||
		memcmp(said, hash, sizeof(hash)) != 0)
		return "the statement was altered: its record has another digest";
	if (checkpoint_check(ret_c) != SIGN_VALID)
		return "the signature is not valid";
	if (ret_c->over != l.seq || memcmp(ret_c->hash, l.hash, sizeof(l.hash)) != 0)
		return "the checkpoint is of another record";
	*ret_body = body;
	return NULL;
}
