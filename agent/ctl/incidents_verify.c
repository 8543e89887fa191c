/* SPDX-License-Identifier: Apache-2.0 */
/* "sealgate incidents verify": the chain's findings, and the gaps that the agent recorded. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "ctl/incidents.h"
#include "ctl/tty.h"
#include "ctl/usage.h"

struct report {
	const struct incidents_options *o;
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
	};

	_Static_assert(ARRAY_SIZE(texts) == JOURNAL_FAULT_MAX, "one text per fault");
	return texts[fault][lang];
}

static void on_finding(void *userdata, const struct journal_finding *f)
{
	struct report *p = userdata;

	if (!p->o->json) {
		printf("%s/" JOURNAL_FILE ":%" PRIu64 ": %s%s%s: %s\n", p->o->dir, f->line,
			tty_style(stdout, TTY_RED), fault_text(f->fault, p->o->lang),
			tty_style(stdout, TTY_PLAIN), f->text);
		return;
	}
	json_object(&p->j);
	json_key_str(&p->j, "fault", journal_fault_name(f->fault));
	json_key_str(&p->j, "file", JOURNAL_FILE);
	json_key_u64(&p->j, "line", f->line);
	json_key_u64(&p->j, "offset", f->offset);
	json_key_u64(&p->j, "seq", f->seq);
	json_key_str(&p->j, "text", f->text);
	json_object_end(&p->j);
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
	printf("%s/" JOURNAL_FILE ":%" PRIu64 ": %s%s%s %s: %s: ", p->o->dir, e->line,
		tty_style(stdout, TTY_YELLOW), lang_pick(p->o->lang, "gap", "khoảng trống"),
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
		if (r == 0 && view_eq(e.kind, VIEW_LIT("gap")))
			put_gap(p, &e);
	}
	journal_reader_close(reader);
	return r == JOURNAL_END ? 0 : r;
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
	for (size_t i = 0; i < sizeof(v->last_hash); i++)
		printf("%02x", v->last_hash[i]);
	putchar('\n');
}

static int verify_text(struct report *p, struct journal_verify_result *v)
{
	int r = journal_verify(p->o->dir, on_finding, p, v);

	if (r == 0 && v->gaps > 0)
		r = put_gaps(p);
	if (r == 0)
		put_summary(p, v);
	return r;
}

static int verify_json(struct report *p, struct journal_verify_result *v)
{
	int r;

	json_init(&p->j, &p->out);
	json_object(&p->j);
	json_key_str(&p->j, "journal", p->o->dir);
	json_key(&p->j, "findings");
	json_array(&p->j);
	r = journal_verify(p->o->dir, on_finding, p, v);
	if (r < 0)
		return r;
	json_array_end(&p->j);
	json_key(&p->j, "gaps");
	json_array(&p->j);
	if (v->gaps > 0)
		r = put_gaps(p);
	json_array_end(&p->j);
	json_key_bool(&p->j, "valid", v->findings == 0);
	json_key_u64(&p->j, "records", v->records);
	json_key_u64(&p->j, "first_seq", v->first_seq);
	json_key_u64(&p->j, "last_seq", v->last_seq);
	json_key(&p->j, "last_hash");
	json_hex(&p->j, v->last_hash, sizeof(v->last_hash));
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
	int r = o->json ? verify_json(&p, &v) : verify_text(&p, &v);

	buf_done(&p.out);
	if (fflush(stdout) != 0 && r == 0)
		r = -errno;
	if (r < 0)
		return incidents_no_journal(o, r);
	return v.findings ? CTL_FOUND : CTL_DONE;
}
