/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/words.h"

#include <string.h>

#include "base/utf8.h"
#include "base/view.h"

static int put_shown(struct buf *out, uint32_t cp, bool markup)
{
	if (markup && cp == '&')
		return buf_put_str(out, "&amp;");
	if (markup && cp == '<')
		return buf_put_str(out, "&lt;");
	if (markup && cp == '>')
		return buf_put_str(out, "&gt;");
	return buf_put_utf8(out, cp);
}

int words_clean(struct buf *out, const char *s, unsigned max, bool markup)
{
	const uint8_t *p = (const uint8_t *)s;
	unsigned n = 0;
	int r = 0;

	while (*p && r == 0) {
		uint32_t cp = utf8_next(&p);

		if (cp != '\n' && !utf8_is_shown(cp))
			continue;
		if (n++ == max)
			return buf_put_str(out, "…");
		r = put_shown(out, cp, markup);
	}
	return r;
}

static int title(struct buf *out, enum lang lang, const struct notice *n)
{
	bool exec = n->channel == CHANNEL_EXEC;

	switch (n->action) {
	case ACTION_BLOCK:
		return buf_put_str(out,
			exec ? lang_pick(lang, "Program stopped: ", "Đã chặn chương trình: ")
			     : lang_pick(lang, "Document blocked: ", "Đã chặn tài liệu: "));
	case ACTION_JUSTIFY:
		return buf_put_str(out, lang_pick(lang, "A reason is needed: ", "Cần nêu lý do: "));
	case ACTION_QUARANTINE:
		return buf_put_str(out,
			lang_pick(lang, "Moved to quarantine: ", "Đã chuyển vào khu cách ly: "));
	case ACTION_ALLOW:
	case ACTION_LOG:
	case ACTION_NOTIFY:
	case ACTION_MAX:
	default: return buf_put_str(out, lang_pick(lang, "Please note: ", "Xin lưu ý: "));
	}
}

int words_title(struct buf *out, enum lang lang, const struct notice *n, unsigned more)
{
	int r;

	if (!n->incident[0])
		return buf_put_str(out,
			lang_pick(lang, "Before you share anything", "Trước khi chia sẻ tài liệu"));
	r = title(out, lang, n);
	if (r == 0)
		r = words_clean(out, n->file, WORDS_NAME_MAX, false);
	if (r == 0 && more)
		r = buf_printf(
			out, lang_pick(lang, " (and %u more)", " (và %u tài liệu khác)"), more);
	return r;
}

/* Takes the application's name. */
static const char *refused(enum lang lang, const struct notice *n)
{
	if (n->channel == CHANNEL_EXEC)
		return lang_pick(lang, "By your organisation's rules %s must not be started.",
			"Theo quy định của đơn vị, %s không được phép chạy.");
	if (n->level == LEVEL_NONE)
		return lang_pick(lang,
			"Nobody could say yet what this document is, so %s was not given it.",
			"Chưa xác định được tài liệu này có mang dấu độ mật hay không, nên tạm "
			"thời %s chưa được mở.");
	return lang_pick(
		lang, "%s must not be given this document.", "%s không được phép mở tài liệu này.");
}

/* With "%s" for the application, where one had it. */
static const char *happened(enum lang lang, const struct notice *n)
{
	if (action_refuses(n->action))
		return refused(lang, n);
	if (n->action == ACTION_QUARANTINE)
		return lang_pick(lang,
			"%s had written it. It was moved away, and an administrator can give it "
			"back.",
			"%s đã lưu tài liệu này vào máy. Tài liệu đã được chuyển đi, không bị "
			"xóa, và quản trị viên có thể trả lại.");
	if (n->channel == CHANNEL_RECEIVE)
		return lang_pick(lang, "%s wrote this document here. That was recorded.",
			"%s đã lưu tài liệu này vào máy. Việc này được ghi lại.");
	if (n->channel == CHANNEL_AT_REST)
		return lang_pick(lang, "A document of this kind is not to lie here.",
			"Tài liệu loại này không được lưu ở đây.");
	if (n->channel == CHANNEL_EXEC)
		return lang_pick(lang, "%s was started. That was recorded.",
			"%s đã được khởi chạy. Việc này được ghi lại.");
	return lang_pick(lang, "%s opened this document. That was recorded.",
		"%s đã mở tài liệu này. Việc này được ghi lại.");
}

static const char *advice(enum lang lang, const struct notice *n)
{
	if (n->action == ACTION_JUSTIFY && n->may_justify)
		return lang_pick(lang, "A reason is needed to open it.",
			"Muốn mở tài liệu này, cần nêu lý do.");
	if (n->action == ACTION_JUSTIFY)
		return lang_pick(lang,
			"If your work needs it, ask your administrator to allow it for a while.",
			"Nếu công việc cần, hãy đề nghị quản trị viên cho phép có thời hạn.");
	if (n->level == LEVEL_NONE && n->channel != CHANNEL_EXEC)
		return lang_pick(
			lang, "Wait a moment and try again.", "Hãy đợi một lát rồi thử lại.");
	return lang_pick(lang,
		"Use the official way for such documents, or ask whoever keeps them.",
		"Hãy gửi theo đường văn bản chính thức, hoặc hỏi bộ phận văn thư, bảo mật của đơn "
		"vị.");
}

int words_body(struct buf *out, enum lang lang, const struct notice *n)
{
	const char *text = happened(lang, n), *name = strstr(text, "%s");
	int r = 0;

	if (!n->incident[0])
		return words_clean(out, n->message, NOTICE_MESSAGE_SIZE, false);
	if (n->level != LEVEL_NONE)
		r = buf_printf(out, lang_pick(lang, "It is marked %s. ", "Tài liệu mang dấu %s. "),
			level_display_vi(n->level));
	if (r == 0)
		r = buf_put(out, text, name ? (size_t)(name - text) : strlen(text));
	if (r == 0 && name)
		r = words_clean(out, n->app_name[0] ? n->app_name : n->app, WORDS_NAME_MAX, false);
	if (r == 0 && name)
		r = buf_put_str(out, name + 2);
	if (r == 0)
		r = buf_put_byte(out, '\n');
	if (r == 0)
		r = n->message[0] ? words_clean(out, n->message, NOTICE_MESSAGE_SIZE, false)
				  : buf_put_str(out, advice(lang, n));
	if (r == 0)
		r = buf_printf(
			out, lang_pick(lang, "\nIncident %.10s", "\nMã sự cố: %.10s"), n->incident);
	return r;
}

int words_how(struct buf *out, enum lang lang, const struct notice *n, bool by_answer)
{
	int r = buf_printf(out,
		lang_pick(lang,
			"\nIf your work needs it, give a reason; it may then be opened for %u "
			"minutes.",
			"\nNếu công việc cần, hãy nêu lý do; sau đó có thể mở tài liệu trong %u "
			"phút."),
		n->minutes);

	if (r == 0 && !by_answer)
		r = buf_printf(out, "\nsealgate justify %.10s", n->incident);
	return r;
}

const char *words_button(enum lang lang)
{
	return lang_pick(lang, "Give a reason…", "Nêu lý do…");
}

int words_question(struct buf *out, enum lang lang, const struct notice *n)
{
	return buf_printf(out,
		lang_pick(lang,
			"Why do you need this document? (at least %u characters)\n"
			"The reason is recorded with your name.",
			"Vì sao bạn cần tài liệu này? (ít nhất %u ký tự)\n"
			"Lý do được ghi lại cùng tên của bạn."),
		n->reason);
}

int words_granted(struct buf *out, enum lang lang, const struct notice *n)
{
	int r = words_clean(out, n->app_name[0] ? n->app_name : n->app, WORDS_NAME_MAX, false);

	return r < 0 ? r
		     : buf_printf(out,
			       lang_pick(lang, " may open it for %u minutes. Try again now.",
				       " được mở tài liệu này trong %u phút. Hãy thử lại."),
			       n->minutes);
}
