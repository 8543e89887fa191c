/* SPDX-License-Identifier: Apache-2.0 */
/* "sealgate incidents show": one incident in words, for the person who has to do something. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/fd.h"
#include "ctl/facts_text.h"
#include "ctl/incidents.h"
#include "ctl/incidents_trace.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "model/action.h"
#include "model/completeness.h"
#include "model/place.h"
#include "wire/review.h"

#define RECORD_MAX (1U << 20) /* bytes of --record */

struct phrase {
	const char *text[LANG_MAX];
};

static const struct phrase places[] = {
	[PLACE_BODY] = {{"in the text", "trong nội dung"}},
	[PLACE_HEADER] = {{"in the page header", "ở đầu trang"}},
	[PLACE_FOOTER] = {{"in the page footer", "ở chân trang"}},
	[PLACE_TEXT_BOX] = {{"in a text box", "trong khung chữ"}},
	[PLACE_TABLE_CELL] = {{"in a table", "trong ô bảng"}},
	[PLACE_FOOTNOTE] = {{"in a footnote", "trong chú thích cuối trang"}},
	[PLACE_COMMENT] = {{"in a comment", "trong nhận xét"}},
	[PLACE_NOTES] = {{"in the speaker's notes", "trong ghi chú thuyết trình"}},
	[PLACE_WATERMARK] = {{"as a watermark", "ở hình mờ"}},
	[PLACE_ANNOTATION] = {{"in an annotation", "trong chú giải"}},
	[PLACE_FORM_FIELD] = {{"in a form field", "trong trường biểu mẫu"}},
	[PLACE_PROPERTY] = {{"in the document's properties", "trong thuộc tính tài liệu"}},
	[PLACE_SHEET_NAME] = {{"as the name of a sheet", "ở tên trang tính"}},
	[PLACE_MAIL_HEADER] = {{"in the mail's header", "ở tiêu đề thư"}},
	[PLACE_MAIL_BODY] = {{"in the mail's text", "trong nội dung thư"}},
	[PLACE_IMAGE] = {{"in a picture", "trong hình ảnh"}},
	[PLACE_FILE_NAME] = {{"in the file's name", "ở tên tệp"}},
	[PLACE_MASTER] = {{"on the slide master", "ở trang chiếu mẫu"}},
	[PLACE_ALT_TEXT] = {{"in a picture's description", "trong mô tả hình ảnh"}},
};
_Static_assert(ARRAY_SIZE(places) == PLACE_MAX, "one phrase per place");

/* What was done to the document, by channel. */
static const struct phrase refused[] = {
	[CHANNEL_OPEN] = {{"was kept from opening", "đã bị chặn khi mở"}},
	[CHANNEL_EXEC] = {{"was kept from running", "đã bị chặn khi chạy"}},
	[CHANNEL_RECEIVE] = {{"was kept from saving", "đã bị chặn khi lưu"}},
	[CHANNEL_BROWSER_UPLOAD] = {{"was kept from uploading", "đã bị chặn khi tải lên"}},
	[CHANNEL_BROWSER_PASTE] = {{"was kept from pasting text of",
		"đã bị chặn khi dán nội dung"}},
};
static const struct phrase allowed[] = {
	[CHANNEL_OPEN] = {{"opened", "đã mở"}},
	[CHANNEL_EXEC] = {{"ran", "đã chạy"}},
	[CHANNEL_RECEIVE] = {{"saved", "đã lưu"}},
	[CHANNEL_BROWSER_UPLOAD] = {{"uploaded", "đã tải lên"}},
	[CHANNEL_BROWSER_PASTE] = {{"pasted text of", "đã dán nội dung"}},
};
/* of what lies there put_found() tells */
_Static_assert(ARRAY_SIZE(refused) == CHANNEL_AT_REST && ARRAY_SIZE(allowed) == CHANNEL_AT_REST &&
		CHANNEL_AT_REST == CHANNEL_MAX - 1,
	"one phrase per channel");

static const struct {
	const char *name;
	struct phrase phrase;
} causes[] = {
	{"known", {{"the document was known already", "tài liệu đã được biết từ trước"}}},
	{"scanned",
		{{"the document was read while the application waited",
			"tài liệu được đọc trong lúc ứng dụng chờ"}}},
	{"deadline",
		{{"reading took longer than an application may be kept waiting",
			"đọc lâu hơn thời gian được phép giữ ứng dụng"}}},
	{"core-gone",
		{{"the part of the agent that knows documents was not there",
			"thành phần nhận biết tài liệu không hoạt động"}}},
	{"pressure", {{"too many opens were waiting", "quá nhiều lượt mở đang chờ"}}},
	{"successor",
		{{"the agent had just been restarted", "chương trình vừa được khởi động lại"}}},
	{"descriptors",
		{{"no descriptor was left to hand the document on",
			"không còn mô tả tệp nào để chuyển tài liệu đi kiểm tra"}}},
	{"store",
		{{"the document was read while the store of facts is being filled anew",
			"tài liệu được đọc trong lúc kho kết quả đang được dựng lại"}}},
};

struct named_phrase {
	const char *name;
	struct phrase phrase;
};

static const struct named_phrase failures[] = {
	{"deadline", {{"reading it took too long", "đọc quá lâu"}}},
	{"crash", {{"the reader failed", "bộ đọc gặp lỗi"}}},
	{"unreadable", {{"it cannot be read", "không đọc được"}}},
	{"pressure", {{"too much was waiting", "quá nhiều lượt đang chờ"}}},
	{"core-gone",
		{{"the part of the agent that knows documents was not there",
			"thành phần nhận biết tài liệu không hoạt động"}}},
	{"descriptors", {{"no descriptor was left", "không còn mô tả tệp nào"}}},
	{"store", {{"the store of facts was damaged", "kho kết quả bị hỏng"}}},
};

static const struct named_phrase possibilities[] = {
	{"state-secret",
		{{"it was a state secret when last read", "lần đọc trước là bí mật nhà nước"}}},
	{"internal", {{"it was internal when last read", "lần đọc trước là tài liệu nội bộ"}}},
	{"unknown", {{"nobody had read it before", "chưa từng được đọc"}}},
};

static const struct named_phrase ways[] = {
	{"read", {{"through a descriptor that was open already", "qua một mô tả tệp đã mở sẵn"}}},
	{"inherited", {{"open when the program started", "đã mở sẵn khi chương trình khởi chạy"}}},
	{"already-open",
		{{"open already when it was looked at; nothing could be refused",
			"đã mở từ trước khi được kiểm tra; không chặn được nữa"}}},
	{"written", {{"the application wrote it", "do ứng dụng ghi ra"}}},
};

static const struct named_phrase postures[] = {
	{"outdated", {{"outdated", "phiên bản cũ"}}},
	{"advisory", {{"has a known vulnerability", "có lỗ hổng đã công bố"}}},
	{"unofficial", {{"from an unofficial source", "nguồn không chính thức"}}},
	{"dropped", {{"written by an application", "do một ứng dụng ghi ra"}}},
	{"unknown", {{"of unknown origin", "không rõ nguồn gốc"}}},
};

/* The name itself where it is none of these. */
static const char *phrase_of(
	const struct named_phrase *list, size_t n, const char *name, enum lang lang)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return list[i].phrase.text[lang];
	return name;
}

static void heading(enum lang lang, const char *en, const char *vi)
{
	printf("\n%s%s%s\n", tty_style(stdout, TTY_BOLD), lang_pick(lang, en, vi),
		tty_style(stdout, TTY_PLAIN));
}

static void put(const char *text)
{
	tty_put_safe(stdout, view_str(text));
}

static void line(enum lang lang, const char *en, const char *vi, const char *value)
{
	if (!*value)
		return;
	printf("  %s: ", lang_pick(lang, en, vi));
	put(value);
	putchar('\n');
}

static bool is_refused(const char *action)
{
	enum action a;

	return action_parse(action, &a) == 0 && action_refuses(a);
}

static const char *who(const struct incident *i)
{
	return *i->app_name ? i->app_name : *i->app ? i->app : *i->comm ? i->comm : "?";
}

/* Found where it lies: no application had it. */
static bool is_at_rest(const struct incident *i)
{
	enum channel c;

	return channel_parse(i->channel, &c) == 0 && c == CHANNEL_AT_REST;
}

static void put_user(const struct incident *i)
{
	if (*i->user)
		put(i->user);
	else
		printf("%" PRIu64, i->uid);
}

static void put_found(const struct incident *i, enum lang lang)
{
	fputs("  “", stdout);
	put(incidents_base_name(i->path));
	printf("” %s ", lang_pick(lang, "lies here; it belongs to", "đang nằm ở đây, chủ sở hữu:"));
	put_user(i);
	puts(lang_pick(lang, ". That was recorded.", ". Việc này được ghi lại."));
}

/* "Telegram Desktop (user lan) was kept from opening "báo cáo.docx"." */
static void put_sentence(const struct incident *i, enum lang lang)
{
	const struct phrase *p = is_refused(i->action) ? refused : allowed;
	enum channel c;

	if (channel_parse(i->channel, &c) < 0)
		c = CHANNEL_OPEN;
	fputs("  ", stdout);
	put(who(i));
	printf(" (%s ", lang_pick(lang, "user", "người dùng"));
	put_user(i);
	printf(") %s “", p[c].text[lang]);
	put(incidents_base_name(i->path));
	puts("”.");
	if (is_refused(i->action))
		return;
	if (i->override)
		printf(lang_pick(lang,
			       "  A rule refuses it; an administrator, or the reason that the "
			       "person "
			       "gave, let it pass (override %" PRIu64
			       ", see \"kind\":\"override\" in the journal).\n",
			       "  Quy tắc chặn lượt này; quản trị viên, hoặc lý do người dùng đã "
			       "nêu, "
			       "cho qua (lần cho qua số %" PRIu64
			       ", xem \"kind\":\"override\" trong nhật ký).\n"),
			i->override);
	else if (is_refused(i->intended))
		puts(lang_pick(lang,
			"  It was allowed because the policy only monitors; in the mode "
			"\"enforce\" "
			"it would have been refused.",
			"  Lượt này được cho qua vì chính sách chỉ theo dõi; ở chế độ \"enforce\" "
			"nó "
			"đã bị từ chối."));
	else
		puts(lang_pick(lang, "  It was allowed and recorded.",
			"  Lượt này được phép và được ghi lại."));
}

static void put_window(const struct incident *i, enum lang lang)
{
	uint64_t seconds = incident_number(i, "retry_window_s");

	if (seconds)
		printf(lang_pick(lang, " (counted for %" PRIu64 " s)",
			       " (đếm trong %" PRIu64 " giây)"),
			seconds);
}

static void put_when(const struct incident *i, enum lang lang)
{
	char time[64], last[64];

	incidents_local_time(i->time, true, lang, time, sizeof(time));
	line(lang, "when", "thời gian", time);
	if (i->retries == 0)
		return;
	incidents_local_time(i->last, true, lang, last, sizeof(last));
	printf(lang_pick(lang, "  tried again: %" PRIu64 " times", "  thử lại: %" PRIu64 " lần"),
		i->retries);
	if (*i->last)
		printf("%s%s", lang_pick(lang, ", the last at ", ", lần cuối lúc "), last);
	put_window(i, lang);
	putchar('\n');
}

static void put_process(const struct incident *i, enum lang lang)
{
	char text[640];

	if (is_at_rest(i)) {
		line(lang, "computer", "máy", i->host);
		return;
	}
	snprintf(text, sizeof(text), "%s, pid %" PRIu64 ", %s %" PRIu64, i->exe, i->pid,
		lang_pick(lang, "child of", "tiến trình cha"), i->ppid);
	line(lang, "program", "chương trình", text);
	for (size_t n = 0; n < i->n_ancestry; n++) {
		struct incident_ancestor a = incident_ancestor(i, n);

		snprintf(text, sizeof(text), "%s, pid %" PRIu64, *a.exe ? a.exe : a.comm, a.pid);
		line(lang, n == 0 ? "started by" : "  which was started by",
			n == 0 ? "được khởi chạy bởi" : "  vốn do", text);
	}
	line(lang, "package", "gói phần mềm", incident_text(i, "package"));
	line(lang, "sandbox", "hộp cát", incident_text(i, "sandbox"));
	line(lang, "recognised by", "nhận biết qua", i->identified);
	line(lang, "computer", "máy", i->host);
	line(lang, "sent to", "nơi nhận", i->destination);
}

static void put_size(const struct incident *i, enum lang lang)
{
	char text[96];

	snprintf(text, sizeof(text), "%" PRIu64 " %s%s%s", i->size,
		lang_pick(lang, "bytes", "byte"), *i->format ? ", " : "", i->format);
	line(lang, "size and format", "dung lượng và định dạng", text);
}

static void put_reasons(const struct incident *i, enum lang lang)
{
	if (strcmp(i->completeness, "full") == 0 || !*i->completeness)
		return;
	fputs(strcmp(i->completeness, "partial") == 0
			? lang_pick(lang, "  only a part of it could be read",
				  "  chỉ đọc được một phần")
			: lang_pick(lang, "  it could not be read", "  không đọc được"),
		stdout);
	for (size_t n = 0; n < i->n_reasons; n++) {
		enum reason r;
		const char *name = incident_reason(i, n);

		fputs(n ? ", " : ": ", stdout);
		if (reason_parse(name, &r) == 0)
			fputs(facts_text_reason(lang, r), stdout);
		else
			put(name);
	}
	putchar('\n');
}

static void put_document(const struct incident *i, enum lang lang)
{
	heading(lang, "The document", "Tài liệu");
	line(lang, "path", "đường dẫn", i->path);
	if (strcmp(incident_text(i, "way"), "open") != 0 && !is_at_rest(i))
		line(lang, "how it came to the program", "cách chương trình có tài liệu",
			phrase_of(ways, ARRAY_SIZE(ways), incident_text(i, "way"), lang));
	put_size(i, lang);
	line(lang, "SHA-256", "SHA-256", i->sha256);
	printf("  %s: %s%s%s (%s)\n", lang_pick(lang, "marking", "độ mật"),
		tty_style(stdout, i->level_known && i->level > LEVEL_NONE ? TTY_RED : TTY_PLAIN),
		incidents_marking(i), tty_style(stdout, TTY_PLAIN), i->level_text);
	put_reasons(i, lang);
	for (size_t n = 0; n < i->n_tags; n++)
		line(lang, "also", "ngoài ra", incident_tag(i, n));
}

/* What else was opened in the same act. */
static void put_files(const struct incident *i, enum lang lang)
{
	if (i->n_files == 0)
		return;
	heading(lang, "Opened in the same act", "Mở trong cùng một lượt");
	for (size_t n = 0; n < i->n_files; n++) {
		struct incident_file f = incident_file(i, n);

		fputs("  - ", stdout);
		put(f.path);
		fputs(" (", stdout);
		put(f.level);
		puts(")");
	}
}

static void put_evidence(const struct incident *i, enum lang lang)
{
	heading(lang, "Where the marking stands", "Vị trí dấu độ mật");
	if (i->n_evidence == 0)
		puts(lang_pick(lang, "  no marking was found in what was read",
			"  không thấy dấu độ mật trong phần đã đọc"));
	for (size_t n = 0; n < i->n_evidence; n++) {
		struct incident_evidence e = incident_evidence(i, n);
		enum place p;

		fputs("  - ", stdout);
		if (place_parse(e.part, &p) == 0)
			fputs(places[p].text[lang], stdout);
		else
			put(e.part);
		if (e.page)
			printf(lang_pick(lang, ", page %" PRIu64, ", trang %" PRIu64), e.page);
		if (*e.member) {
			fputs(lang_pick(lang, ", of the member ", ", của thành phần "), stdout);
			put(e.member);
		}
		fputs(": “", stdout);
		put(e.snippet);
		fputs(lang_pick(lang, "” (rule ", "” (quy tắc "), stdout);
		put(e.pack);
		putchar('/');
		put(e.rule);
		printf(lang_pick(lang, ", score %" PRId64 ")\n", ", điểm %" PRId64 ")\n"), e.score);
	}
}

/* What was kept of the documents; never what is in it. */
static void put_copies(const struct incident *i, enum lang lang)
{
	bool kept = false;
	char when[64];

	if (i->n_copies == 0)
		return;
	heading(lang, "Copies kept as evidence", "Bản sao giữ làm chứng cứ");
	for (size_t n = 0; n < i->n_copies; n++) {
		struct incident_copy c = incident_copy(i, n);

		incidents_local_time(c.time, false, lang, when, sizeof(when));
		printf("  - %s ", when);
		if (strcmp(c.what, "kept") == 0)
			printf(lang_pick(lang, "kept, encrypted: %" PRIu64 " bytes",
				       "có giữ, đã mã hóa: %" PRIu64 " byte"),
				c.copy_size);
		else
			printf("%s: ",
				strcmp(c.what, "failed") == 0
					? lang_pick(lang, "not kept", "không giữ được")
					: lang_pick(lang, "removed", "đã xóa"));
		kept = kept || strcmp(c.what, "kept") == 0;
		put(c.why);
		putchar('\n');
	}
	if (!kept)
		return;
	puts(lang_pick(lang,
		"  Whoever has the reviewers' private key can open them, and nobody else. Taking "
		"them is recorded:",
		"  Chỉ người giữ khóa riêng của nhóm xem xét mới mở được. Việc lấy bản sao được "
		"ghi "
		"lại:"));
	printf("    sealgate incidents evidence %s\n", i->id);
}

/* Where nobody could say in time what the document is. */
static void put_failure(const struct incident *i, enum lang lang)
{
	const char *failure = incident_text(i, "failure"), *may_be = incident_text(i, "may_be");

	if (!*failure)
		return;
	line(lang, "could not be judged", "không xét được",
		phrase_of(failures, ARRAY_SIZE(failures), failure, lang));
	if (*may_be)
		line(lang, "what it may be", "có thể là",
			phrase_of(possibilities, ARRAY_SIZE(possibilities), may_be, lang));
}

static void put_circumstances(const struct incident *i, enum lang lang)
{
	if (i->meeting)
		line(lang, "meeting", "cuộc họp",
			lang_pick(lang, "a call was in progress", "đang có cuộc gọi"));
	for (size_t n = 0; *incident_item(i, "posture", n); n++)
		line(lang, "the program is", "chương trình này",
			phrase_of(postures, ARRAY_SIZE(postures), incident_item(i, "posture", n),
				lang));
	if (incident_flag(i, "user_notified", false) || !incident_flag(i, "user_notified", true))
		line(lang, "the person", "người dùng",
			incident_flag(i, "user_notified", false)
				? lang_pick(lang, "was told on the desktop", "đã được thông báo")
				: lang_pick(lang, "was not told: no session of theirs listened",
					  "chưa được thông báo: không có phiên làm việc nào nhận"));
}

static void put_decision(const struct incident *i, enum lang lang)
{
	char text[128];

	heading(lang, "What was decided, and why", "Quyết định và lý do");
	line(lang, "action", "xử lý", incidents_action(i->action, lang));
	if (strcmp(i->action, i->intended) != 0)
		line(lang, "the rule says", "quy tắc yêu cầu", incidents_action(i->intended, lang));
	line(lang, "policy rule", "quy tắc chính sách", i->rule);
	snprintf(text, sizeof(text), "%" PRIu64 " (%s)", i->policy_version, i->mode);
	line(lang, "policy version", "phiên bản chính sách", text);
	line(lang, "rules", "bộ quy tắc nhận dạng", incident_text(i, "rules_version"));
	line(lang, "message", "thông báo", i->message);
	put_failure(i, lang);
	put_circumstances(i, lang);
	if (is_at_rest(i))
		return;
	for (size_t n = 0; n < ARRAY_SIZE(causes); n++)
		if (strcmp(causes[n].name, i->cause) == 0)
			line(lang, "how", "cách quyết định", causes[n].phrase.text[lang]);
	snprintf(text, sizeof(text), "%.1f ms", i->hold_ms);
	line(lang, "the application waited", "ứng dụng đã chờ", text);
}

static void put_advice(const struct incident *i, enum lang lang)
{
	bool classified = i->level_known && i->level > LEVEL_NONE;

	heading(lang, "What to do", "Việc cần làm");
	if (is_refused(i->action) && classified)
		puts(lang_pick(lang,
			"  The document did not get out this way. Who needs to pass it on uses the "
			"channel that is\n  approved for its marking. Where the marking is wrong, "
			"give this incident's ID to whoever\n  keeps the rules.",
			"  Tài liệu chưa ra ngoài theo đường này. Nếu cần chuyển, hãy dùng kênh "
			"được "
			"phép cho độ mật của nó.\n  Nếu nhận biết sai, hãy gửi mã sự cố này cho "
			"người quản lý quy tắc."));
	else if (is_refused(i->action))
		puts(lang_pick(lang,
			"  No marking was read; the policy refused for another reason (see above). "
			"Look at the document,\n  then try again or tell whoever keeps the policy.",
			"  Không đọc thấy dấu độ mật; chính sách từ chối vì lý do khác (xem trên). "
			"Hãy kiểm tra tài liệu,\n  rồi thử lại hoặc báo người quản lý chính "
			"sách."));
	else if (is_at_rest(i))
		puts(lang_pick(lang,
			"  Ask its owner to move it to where such documents may be kept.",
			"  Hãy đề nghị chủ sở hữu chuyển tài liệu đến nơi được phép lưu loại tài "
			"liệu này."));
	else if (classified)
		puts(lang_pick(lang,
			"  The application has had the document. Ask the person whether it was "
			"sent "
			"on; if it was,\n  follow the procedure for the disclosure of classified "
			"documents.",
			"  Ứng dụng đã đọc được tài liệu. Hãy hỏi người dùng xem tài liệu đã được "
			"gửi đi chưa; nếu đã gửi,\n  xử lý theo quy trình lộ, mất tài liệu mật."));
	else
		puts(lang_pick(lang, "  Nothing, unless the document turns out to be classified.",
			"  Không cần làm gì, trừ khi tài liệu thực ra có độ mật."));
	if (strcmp(i->completeness, "full") != 0)
		puts(lang_pick(lang,
			"  Not all of it was read: open it by hand before trusting the result.",
			"  Tài liệu chưa được đọc hết: hãy mở xem trực tiếp trước khi tin kết "
			"quả."));
}

/* What reviewers did, oldest first. */
static void put_review(const struct incident *i, enum lang lang)
{
	char when[64], words[160];

	if (i->n_history == 0 && i->n_notes == 0)
		return;
	heading(lang, "Review", "Xem xét");
	line(lang, "assigned to", "giao cho", i->assignee);
	for (size_t n = 0; n < i->n_labels; n++)
		line(lang, "tag", "nhãn", incident_label(i, n));
	/* A note without a history is of a record that was not made by "mark". */
	for (size_t n = 0; i->n_history == 0 && n < i->n_notes; n++)
		line(lang, "note", "ghi chú", incident_note(i, n));
	for (size_t n = 0; n < i->n_history; n++) {
		struct incident_step s = incident_step(i, n);

		incidents_local_time(s.time, false, lang, when, sizeof(when));
		printf("  %s ", when);
		put(*s.by ? s.by : "?");
		fputs(": ", stdout);
		if (s.revealed)
			fputs(lang_pick(lang, "saw what is concealed. ", "đã xem phần được che. "),
				stdout);
		if (s.taken)
			fputs(lang_pick(lang,
				      "took the kept copies: ", "đã lấy các bản sao được giữ: "),
				stdout);
		if (*s.status) {
			snprintf(words, sizeof(words), "%s %s. ",
				lang_pick(lang, "status", "trạng thái"),
				incidents_status(s.status, lang));
			put(words);
		}
		if (*s.assignee) {
			snprintf(words, sizeof(words), "%s %s. ",
				lang_pick(lang, "assigned to", "giao cho"), s.assignee);
			put(words);
		}
		put(*s.tag ? "+" : "");
		put(s.tag);
		put(*s.untag ? " -" : "");
		put(s.untag);
		put(*s.tag || *s.untag ? " " : "");
		put(s.note);
		putchar('\n');
	}
}

static void put_incident(const struct incident *i, enum lang lang)
{
	printf("%s%s %s%s", tty_style(stdout, TTY_BOLD), lang_pick(lang, "Incident", "Sự cố"),
		i->id, tty_style(stdout, TTY_PLAIN));
	if (*i->status) {
		fputs(" (", stdout);
		put(incidents_status(i->status, lang));
		putchar(')');
	}
	putchar('\n');
	heading(lang, "What happened", "Chuyện gì đã xảy ra");
	if (is_at_rest(i))
		put_found(i, lang);
	else
		put_sentence(i, lang);
	put_when(i, lang);
	put_process(i, lang);
	put_document(i, lang);
	put_evidence(i, lang);
	put_files(i, lang);
	put_copies(i, lang);
	put_decision(i, lang);
	put_review(i, lang);
	put_advice(i, lang);
	if (incident_is_concealed(i))
		puts(lang_pick(lang,
			"  Parts are concealed because of the level: --reveal shows them, which is "
			"recorded.",
			"  Một phần được che do độ mật: --reveal để xem, việc xem sẽ được ghi "
			"lại."));
}

/* Who sees what is concealed is recorded before it is shown. */
static int tell_revealed(const struct incidents_options *o, const struct incident *i)
{
	struct review r = {.what = REVIEW_REVEAL};
	uint64_t seq;

	snprintf(r.id, sizeof(r.id), "%s", i->id);
	return incidents_submit(o, &r, &seq);
}

/* As `export` and `show --json` write one. */
static int read_record(const char *path, struct incident **ret)
{
	cleanup_with(buf_done) struct buf file = BUF_INIT(RECORD_MAX), record = BUF_INIT(0);
	int r = fd_read_path(path, RECORD_MAX, &file);
	const uint8_t *brace = r == 0 && file.n > 0 ? memchr(file.p, '{', file.n) : NULL;

	/* The kind is the journal's word. */
	if (brace)
		r = buf_put_str(&record, "{\"kind\":\"incident\",");
	if (r == 0 && brace)
		r = buf_put(&record, brace + 1, file.n - (size_t)(brace + 1 - file.p));
	if (r == 0)
		r = brace ? incident_parse(buf_view(&record), ret) : -EINVAL;
	if (r == 0)
		return 0;
	return ctl_error("%s: %s", path, r == -EINVAL ? "this is no incident" : strerror(-r));
}

/* With what is concealed, so that rules which ask for it are asked again as they were. */
static int find_whole(const struct incidents_options *o, const char *prefix, struct incident **ret)
{
	struct incidents_options whole = *o;

	whole.reveal = true;
	return o->record ? read_record(o->record, ret) : incidents_find(&whole, prefix, ret);
}

static int put_json(const struct incident *i, const struct incidents_trace *t)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct json j;
	int r = incident_json(i, &b);

	if (r < 0 || !t)
		return r < 0 ? r : (printf("%.*s\n", (int)b.n, (const char *)b.p), 0);
	b.n--; /* the brace: one more member */
	r = buf_put_byte(&b, ',');
	printf("%.*s", (int)b.n, (const char *)b.p);
	buf_clear(&b);
	json_init(&j, &b);
	json_object(&j);
	json_key(&j, "trace");
	incidents_trace_json(t, i, &j);
	json_object_end(&j);
	if (r == 0)
		r = json_error(&j);
	if (r == 0)
		printf("%.*s\n", (int)b.n - 1, (const char *)b.p + 1);
	return r;
}

static int put_one(const struct incidents_options *o, const struct incident *i,
	const struct incidents_trace *t)
{
	int r = 0;

	if (o->json) {
		r = put_json(i, t);
	} else {
		put_incident(i, o->lang);
		if (t)
			incidents_trace_put(t, i, o->lang);
	}
	if (fflush(stdout) != 0 && r == 0)
		r = -errno;
	return r;
}

static int show(const struct incidents_options *o, const char *prefix)
{
	cleanup_with(incidents_trace_done) struct incidents_trace t = {0};
	cleanup_with(incident_freep) struct incident *i = NULL;
	int r = find_whole(o, prefix, &i);

	if (r == 0 && o->reveal)
		r = tell_revealed(o, i);
	if (r != 0)
		return r;
	if (o->trace)
		r = incidents_trace(o, i, &t);
	if (r != 0)
		return r;
	r = incidents_conceal(o, i);
	if (r == 0)
		r = put_one(o, i, o->trace ? &t : NULL);
	return r < 0 ? ctl_error("cannot show %s: %s", prefix, strerror(-r)) : CTL_DONE;
}

int incidents_show(const struct incidents_options *o, char **ids, size_t n)
{
	int worst = CTL_DONE;

	if (o->record)
		return show(o, o->record);
	for (size_t i = 0; i < n; i++) {
		int r;

		if (i > 0 && !o->json)
			putchar('\n');
		r = show(o, ids[i]);
		worst = MAX(worst, r);
	}
	return worst;
}
