/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "sealgate incidents mark", "checkpoint" and "rotate-key": what adds records. They go through the
 * agent, which knows who asks; where none runs, root writes them itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "ctl/control.h"
#include "ctl/incidents.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "journal/payload.h"
#include "journal/seal.h"
#include "wire/protocol.h"
#include "wire/review.h"

static int write_own(struct journal *j, const struct review *r, uint64_t *ret_seq)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(64U << 10);
	const struct passwd *pw = getpwuid(getuid());
	int e = review_payload(r, getuid(), pw ? pw->pw_name : "", &b);

	if (e < 0)
		return e;
	switch (r->what) {
	case REVIEW_NEW_KEY: *ret_seq = 0; return journal_key_rotate(j);
	case REVIEW_CHECKPOINT:
	case REVIEW_STATEMENT:
	case REVIEW_COURIER_EXPORT:
	case REVIEW_COURIER_IMPORT:
	case REVIEW_COURIER_RECEIPT: return journal_seal(j, buf_view(&b), ret_seq);
	case REVIEW_MARK:
	case REVIEW_REVEAL:
	case REVIEW_EVIDENCE:
	case REVIEW_WHAT_MAX: break;
	}
	return journal_append(j, buf_view(&b), ret_seq);
}

static int open_own(const struct incidents_options *o, struct journal **ret)
{
	struct journal_opened how;
	struct journal *j;
	enum seal_key key;
	uint64_t seq;
	int r;

	/* Opening makes what is not there: only a journal that is. */
	if (access(o->dir, F_OK) < 0)
		return -errno;
	r = journal_open(o->dir, &j, &how);
	if (r < 0)
		return r;
	if (how.cut_bytes > 0)
		r = journal_append(j,
			VIEW_LIT("{\"kind\":\"gap\",\"what\":\"torn-line\",\"text\":\"the journal "
				 "ended in an unfinished record\"}"),
			&seq);
	if (r == 0 && how.missing > 0)
		r = journal_append(j,
			VIEW_LIT(
				"{\"kind\":\"gap\",\"what\":\"missing-records\",\"text\":\"records "
				"that were written once are gone\"}"),
			&seq);
	if (r == 0)
		r = journal_key(j, &key);
	if (r < 0)
		journal_close(j);
	else
		*ret = j;
	return r;
}

static int submit_own(const struct incidents_options *o, const struct review *r, uint64_t *ret_seq)
{
	struct journal *j;
	int e = open_own(o, &j);

	if (e == -EBUSY)
		return ctl_error(
			"the agent has the journal in %s open: ask it (leave out --state-dir, or "
			"say its --config)",
			o->dir);
	if (e == -EACCES || e == -EPERM)
		return ctl_error(
			"%s: permission denied; where no agent runs, only root may do this",
			o->dir);
	if (e < 0)
		return incidents_no_journal(o, e);
	e = write_own(j, r, ret_seq);
	if (e == 0)
		e = journal_sync(j);
	journal_close(j);
	return e < 0 ? ctl_error("cannot write the journal in %s: %s", o->dir, strerror(-e)) : 0;
}

int incidents_submit(const struct incidents_options *o, const struct review *r, uint64_t *ret_seq)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(0);
	cleanup_with(buf_done) struct buf answer = BUF_INIT(0);
	struct pack p = {&body, 0};
	const char *why = review_refused(r);
	int e;

	if (why)
		return ctl_error("%s", why);
	if (o->dir_said)
		return submit_own(o, r, ret_seq);
	pack_review(&p, r);
	e = p.error ? p.error : control_call(o->ctl, CTL_REVIEW, buf_view(&body), &answer);
	if (e == -ENOENT || e == -ECONNREFUSED)
		return submit_own(o, r, ret_seq);
	if (e == 1)
		return ctl_error("%.*s", (int)answer.n, (const char *)answer.p);
	if (e != 0)
		return e < 0 ? ctl_error("%s", strerror(-e)) : e;
	if (!payload_number(buf_view(&answer), "seq", ret_seq))
		return ctl_error("the agent's answer cannot be read");
	return 0;
}

/* ---- mark ---- */

static int take(char *ret, size_t size, const char *what, const char *value)
{
	if (!value)
		return 0;
	if ((size_t)snprintf(ret, size, "%s", value) >= size)
		return ctl_error("--%s is too long: %zu bytes at most", what, size - 1);
	return 0;
}

static int make_mark(const struct incidents_options *o, struct review *r)
{
	int e;

	*r = (struct review){.what = REVIEW_MARK};
	e = take(r->status, sizeof(r->status), "status", o->status);
	if (e == 0)
		e = take(r->assignee, sizeof(r->assignee), "assign", o->assign);
	if (e == 0)
		e = take(r->note, sizeof(r->note), "note", o->note);
	if (e == 0)
		e = take(r->tag, sizeof(r->tag), "tag", o->tag);
	if (e == 0)
		e = take(r->untag, sizeof(r->untag), "untag", o->untag);
	return e;
}

/* Somebody was there between the reading and the writing: nothing is written. */
static int late(const struct incidents_options *o, const struct incident *i)
{
	fprintf(stderr,
		lang_pick(o->lang, "sealgate: %s is \"%s\" by now, not \"%s\": not marked\n",
			"sealgate: %s nay là \"%s\", không còn là \"%s\": không đánh dấu\n"),
		i->id, *i->status ? i->status : "new", o->was);
	return CTL_FOUND;
}

static int mark(const struct incidents_options *o, struct review *r, const char *prefix)
{
	cleanup_with(incident_freep) struct incident *i = NULL;
	struct buf b = BUF_INIT(0);
	struct json j;
	uint64_t seq;
	int e = incidents_find_seen(o, prefix, &i, &r->seen);

	if (e == 0 && o->was && strcmp(*i->status ? i->status : "new", o->was) != 0)
		return late(o, i);
	if (e == 0)
		e = take(r->id, sizeof(r->id), "ID", i->id);
	if (e == 0)
		e = incidents_submit(o, r, &seq);
	if (e != 0)
		return e;
	if (!o->json) {
		printf(lang_pick(o->lang, "%s marked (record %" PRIu64 ")\n",
			       "%s đã được đánh dấu (bản ghi %" PRIu64 ")\n"),
			i->id, seq);
		return CTL_DONE;
	}
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "id", i->id);
	json_key_str(&j, "status", *r->status ? r->status : i->status);
	json_key_u64(&j, "seq", seq);
	json_object_end(&j);
	if (json_error(&j) == 0)
		printf("%.*s\n", (int)b.n, (const char *)b.p);
	buf_done(&b);
	return CTL_DONE;
}

int incidents_mark(const struct incidents_options *o, char **ids, size_t n)
{
	struct review r;
	int worst = make_mark(o, &r);

	if (worst != 0)
		return worst;
	for (size_t i = 0; i < n; i++) {
		int e = mark(o, &r, ids[i]);

		worst = MAX(worst, e);
	}
	return worst;
}

/* ---- checkpoint ---- */

/* The checkpoint that is record `seq`. */
static int find_checkpoint(const struct incidents_options *o, uint64_t seq, struct checkpoint *ret)
{
	struct journal_reader *reader;
	struct journal_entry e;
	int r = journal_reader_open(o->dir, &reader);

	if (r < 0)
		return r;
	while ((r = journal_read(reader, &e)) != JOURNAL_END)
		if (r == 0 && e.seq == seq) {
			r = checkpoint_parse(e.payload, ret);
			break;
		}
	journal_reader_close(reader);
	return r == JOURNAL_END ? -ENOENT : r;
}

int incidents_write_out(const struct incidents_options *o, struct view v)
{
	cleanup_with(fd_closep) int fd = -1;
	int r;

	if (!o->out) {
		fwrite(v.p, 1, v.n, stdout);
		return fflush(stdout) == 0 ? CTL_DONE
					   : ctl_error("cannot write: %s", strerror(errno));
	}
	fd = open(o->out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return ctl_error("cannot write %s: %s", o->out, strerror(errno));
	r = fd_write_all(fd, v);
	if (r == 0 && fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
		r = -errno;
	return r < 0 ? ctl_error("cannot write %s: %s", o->out, strerror(-r)) : CTL_DONE;
}

int incidents_checkpoint(const struct incidents_options *o)
{
	static const struct review ask = {.what = REVIEW_CHECKPOINT};
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct checkpoint c;
	uint64_t seq;
	int r = incidents_submit(o, &ask, &seq);

	if (r != 0)
		return r;
	r = find_checkpoint(o, seq, &c);
	if (r == 0)
		r = checkpoint_put(&b, &c);
	if (r < 0)
		return incidents_no_journal(o, r);
	r = incidents_write_out(o, buf_view(&b));
	if (r == 0 && o->out)
		fprintf(stderr,
			lang_pick(o->lang,
				"checkpoint over record %" PRIu64
				": keep %s where this computer cannot reach\n",
				"điểm kiểm tra đến bản ghi %" PRIu64
				": hãy giữ %s ở nơi máy này không với tới\n"),
			c.over, o->out);
	return r;
}

int incidents_rotate_key(const struct incidents_options *o)
{
	static const struct review ask = {.what = REVIEW_NEW_KEY};
	uint64_t seq;
	int r = incidents_submit(o, &ask, &seq);

	if (r == 0)
		puts(lang_pick(o->lang,
			"the journal has a new signing key, which the old one signed",
			"nhật ký đã có khóa ký mới, được khóa cũ ký xác nhận"));
	return r;
}
