/* SPDX-License-Identifier: Apache-2.0 */
/* "sealgate incidents verify": the chain's findings, and the gaps that the agent recorded. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "ctl/incidents.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "journal/seal.h"

#define PROGRESS_NS (200 * NSEC_PER_MSEC)

struct report {
	const struct incidents_options *o;
	struct checkpoint anchor;
	bool has_anchor;
	uint64_t ns;   /* that the walk took */
	uint64_t told; /* how far it is: clock_now() */
	struct buf out;
	struct json j;
};

static const char *fault_text(enum journal_fault fault, enum lang lang)
{
	static const char *const texts[][LANG_MAX] = {
		{"no record", "không phải bản ghi"},
		{"altered", "bản ghi đã bị sửa"},
		{"chain broken", "chuỗi băm bị đứt"},
		{"records missing or out of order", "thiếu bản ghi hoặc sai thứ tự"},
		{"time runs backwards", "thời gian chạy lùi"},
		{"unfinished line", "dòng cuối chưa hoàn chỉnh"},
		{"end not as it was", "phần cuối không còn nguyên"},
		{"signature not valid", "chữ ký không hợp lệ"},
		{"not what the checkpoint saw", "không khớp với điểm kiểm tra"},
	};

	_Static_assert(ARRAY_SIZE(texts) == JOURNAL_FAULT_MAX, "one text per fault");
	return texts[fault][lang];
}

static void on_finding(void *userdata, const struct journal_finding *f)
{
	struct report *p = userdata;

	if (!p->o->json) {
		printf("%s/%s:%" PRIu64 ": %s%s%s: %s\n", p->o->dir, f->file, f->line,
			tty_style(stdout, TTY_RED), fault_text(f->fault, p->o->lang),
			tty_style(stdout, TTY_PLAIN), f->text);
		return;
	}
	json_object(&p->j);
	json_key_str(&p->j, "fault", journal_fault_name(f->fault));
	json_key_str(&p->j, "file", f->file);
	json_key_u64(&p->j, "line", f->line);
	json_key_u64(&p->j, "offset", f->offset);
	json_key_u64(&p->j, "seq", f->seq);
	json_key_str(&p->j, "text", f->text);
	json_object_end(&p->j);
}

static bool is_gap(const struct journal_entry *e)
{
	return view_eq(e->kind, VIEW_LIT("gap"));
}

static void put_gap(struct report *p, const struct journal_entry *e)
{
	char what[64], text[512], from[64], to[64], when[64];

	payload_string(e->payload, "what", what, sizeof(what));
	payload_string(e->payload, "text", text, sizeof(text));
	payload_string(e->payload, "from", from, sizeof(from));
	payload_string(e->payload, "to", to, sizeof(to));
	if (p->o->json) {
		json_object(&p->j);
		json_key_u64(&p->j, "seq", e->seq);
		json_key_str(&p->j, "file", e->file);
		json_key_u64(&p->j, "line", e->line);
		json_key_str(&p->j, "time", e->time);
		json_key_str(&p->j, "what", what);
		json_key_str(&p->j, "text", text);
		json_key_str(&p->j, "from", *from ? from : NULL);
		json_key_str(&p->j, "to", *to ? to : NULL);
		json_object_end(&p->j);
		return;
	}
	incidents_local_time(e->time, false, p->o->lang, when, sizeof(when));
	printf("%s/%s:%" PRIu64 ": %s%s%s %s: %s: ", p->o->dir, e->file, e->line,
		tty_style(stdout, TTY_YELLOW),
		is_gap(e) ? lang_pick(p->o->lang, "gap", "khoảng trống")
			  : lang_pick(p->o->lang, "removed", "đã xóa"),
		tty_style(stdout, TTY_PLAIN), when, what);
	tty_put_safe(stdout, view_str(text));
	if (*from)
		printf(" (%s .. %s)", from, to);
	putchar('\n');
}

static int put_gaps(struct report *p)
{
	struct journal_reader *reader;
	struct journal_entry e;
	int r = journal_reader_open(p->o->dir, &reader);

	if (r < 0)
		return r;
	while ((r = journal_read(reader, &e)) != JOURNAL_END) {
		if (r < 0 && r != -EBADMSG)
			break;
		if (r == 0 && (is_gap(&e) || view_eq(e.kind, VIEW_LIT("retention"))))
			put_gap(p, &e);
	}
	journal_reader_close(reader);
	return r == JOURNAL_END ? 0 : r;
}

static void put_hex(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
	putchar('\n');
}

static void put_seal(const struct report *p, const struct journal_verify_result *v)
{
	enum lang lang = p->o->lang;
	char when[64];

	if (v->checkpoints == 0) {
		puts(lang_pick(lang, "no checkpoint: nothing is signed",
			"không có điểm kiểm tra nào được ký"));
		return;
	}
	incidents_local_time(v->sealed_time, false, lang, when, sizeof(when));
	printf(lang_pick(lang,
		       "signed up to record %" PRIu64 " (%s), %" PRIu64 " checkpoints, by the key ",
		       "đã ký đến bản ghi %" PRIu64 " (%s), %" PRIu64 " điểm kiểm tra, bằng khóa "),
		v->sealed_seq, when, v->checkpoints);
	put_hex(v->key, sizeof(v->key));
	if (v->lost_keys > 0)
		printf(lang_pick(lang,
			       "the key changed %" PRIu64
			       " times without a signature of the old one\n",
			       "khóa đã đổi %" PRIu64 " lần mà không có chữ ký của khóa cũ\n"),
			v->lost_keys);
}

static void put_anchor(const struct report *p, const struct journal_verify_result *v)
{
	enum lang lang = p->o->lang;

	if (v->anchor == JOURNAL_ANCHOR_FOUND)
		printf(lang_pick(lang, "the checkpoint's record %" PRIu64 " is there, unchanged\n",
			       "bản ghi %" PRIu64 " của điểm kiểm tra vẫn còn nguyên\n"),
			p->anchor.over);
	else if (v->anchor == JOURNAL_ANCHOR_DROPPED)
		puts(lang_pick(lang,
			"the checkpoint's record was removed by retention: nothing to compare",
			"bản ghi của điểm kiểm tra đã bị xóa theo thời hạn lưu: không thể so "
			"sánh"));
}

static void put_summary(const struct report *p, const struct journal_verify_result *v)
{
	enum lang lang = p->o->lang;

	printf("%s%s%s: ", tty_style(stdout, v->findings ? TTY_RED : TTY_GREEN),
		v->findings ? lang_pick(lang, "NOT VALID", "KHÔNG HỢP LỆ")
			    : lang_pick(lang, "valid", "hợp lệ"),
		tty_style(stdout, TTY_PLAIN));
	printf(lang_pick(lang,
		       "%" PRIu64 " records (%" PRIu64 " to %" PRIu64 "), findings: %" PRIu64
		       ", gaps recorded by the agent: %" PRIu64 "\n",
		       "%" PRIu64 " bản ghi (%" PRIu64 " đến %" PRIu64 "), lỗi: %" PRIu64
		       ", khoảng trống được ghi nhận: %" PRIu64 "\n"),
		v->records, v->first_seq, v->last_seq, v->findings, v->gaps);
	printf("%s ", lang_pick(lang, "last hash:", "mã băm cuối:"));
	put_hex(v->last_hash, sizeof(v->last_hash));
	put_seal(p, v);
	put_anchor(p, v);
	printf(lang_pick(lang, "%.2f s, %.0f records/s\n", "%.2f giây, %.0f bản ghi/giây\n"),
		(double)p->ns / 1e9, p->ns ? (double)v->records * 1e9 / (double)p->ns : 0);
}

static void on_progress(void *userdata, uint64_t done, uint64_t total)
{
	struct report *p = userdata;

	if (clock_now() - p->told < PROGRESS_NS)
		return;
	p->told = clock_now();
	fprintf(stderr, "%" PRIu64 " %" PRIu64 "\n", done, total);
}

static int walk(struct report *p, struct journal_verify_result *v)
{
	uint64_t begin = clock_now();
	int r = journal_verify_told(p->o->dir, p->has_anchor ? &p->anchor : NULL, on_finding,
		p->o->progress ? on_progress : NULL, p, v);

	p->ns = clock_now() - begin;
	return r;
}

static int verify_text(struct report *p, struct journal_verify_result *v)
{
	int r = walk(p, v);

	if (r == 0 && v->gaps + v->retentions > 0)
		r = put_gaps(p);
	if (r == 0)
		put_summary(p, v);
	return r;
}

static void put_seal_json(struct report *p, const struct journal_verify_result *v)
{
	static const char *const anchors[] = {NULL, "found", "dropped", "missing"};

	json_key_str(&p->j, "journal_id", v->id);
	json_key_u64(&p->j, "checkpoints", v->checkpoints);
	json_key_u64(&p->j, "lost_keys", v->lost_keys);
	json_key_str(&p->j, "checkpoint", anchors[v->anchor]);
	json_key(&p->j, "key");
	if (v->has_key)
		json_hex(&p->j, v->key, sizeof(v->key));
	else
		json_null(&p->j);
	if (v->checkpoints > 0) {
		json_key_u64(&p->j, "sealed_seq", v->sealed_seq);
		json_key_str(&p->j, "sealed_time", v->sealed_time);
	}
	json_key(&p->j, "seconds");
	json_double(&p->j, (double)p->ns / 1e9, 3);
}

/* An exported checkpoint. 0, or an exit status. */
static int read_anchor(struct report *p, const char *path)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	int r = fd_read_path(path, 64U << 10, &b);

	if (r < 0)
		return ctl_error("cannot read %s: %s", path, strerror(-r));
	r = checkpoint_parse(buf_view(&b), &p->anchor);
	if (r == 0)
		r = checkpoint_check(&p->anchor);
	if (r == -EBADMSG)
		return ctl_error("%s:1:1: this is no checkpoint of a journal", path);
	if (r < 0)
		return ctl_error("cannot check %s: %s", path, strerror(-r));
	if (r == SIGN_INVALID) {
		fprintf(stderr, "%s:1:1: the checkpoint was altered: its signature is not valid\n",
			path);
		return CTL_FOUND;
	}
	p->has_anchor = true;
	return 0;
}

static int verify_json(struct report *p, struct journal_verify_result *v)
{
	int r;

	json_init(&p->j, &p->out);
	json_object(&p->j);
	json_key_str(&p->j, "journal", p->o->dir);
	json_key(&p->j, "findings");
	json_array(&p->j);
	r = walk(p, v);
	if (r < 0)
		return r;
	json_array_end(&p->j);
	json_key(&p->j, "gaps");
	json_array(&p->j);
	if (v->gaps + v->retentions > 0)
		r = put_gaps(p);
	json_array_end(&p->j);
	json_key_bool(&p->j, "valid", v->findings == 0);
	json_key_u64(&p->j, "records", v->records);
	json_key_u64(&p->j, "first_seq", v->first_seq);
	json_key_u64(&p->j, "last_seq", v->last_seq);
	json_key(&p->j, "last_hash");
	json_hex(&p->j, v->last_hash, sizeof(v->last_hash));
	put_seal_json(p, v);
	json_object_end(&p->j);
	if (r == 0)
		r = json_error(&p->j);
	if (r == 0) {
		fwrite(p->out.p, 1, p->out.n, stdout);
		putchar('\n');
	}
	return r;
}

int incidents_verify(const struct incidents_options *o)
{
	struct report p = {.o = o};
	struct journal_verify_result v = {0};
	int r = o->checkpoint ? read_anchor(&p, o->checkpoint) : 0;

	if (r != 0)
		return r;
	r = o->json ? verify_json(&p, &v) : verify_text(&p, &v);

	buf_done(&p.out);
	if (fflush(stdout) != 0 && r == 0)
		r = -errno;
	if (r < 0)
		return incidents_no_journal(o, r);
	return v.findings ? CTL_FOUND : CTL_DONE;
}
