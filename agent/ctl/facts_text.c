/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/facts_text.h"

#include <assert.h>

#include "ctl/tty.h"

const char *facts_text_place(enum lang lang, enum place place)
{
	static const char *const vi[] = {"nội dung", "đầu trang", "chân trang", "hộp văn bản",
		"ô bảng", "cước chú", "nhận xét", "ghi chú", "hình mờ", "chú thích PDF",
		"trường biểu mẫu", "thuộc tính", "tên trang tính", "đầu thư", "nội dung thư", "ảnh",
		"tên tệp", "trang mẫu", "văn bản thay thế"};

	static_assert(ARRAY_SIZE(vi) == PLACE_MAX, "one text per place");
	return lang == LANG_VI && (unsigned)place < PLACE_MAX ? vi[place] : place_name(place);
}

const char *facts_text_completeness(enum lang lang, enum completeness completeness)
{
	static const char *const vi[] = {"đọc đầy đủ", "đọc được một phần", "không đọc được"};

	static_assert(ARRAY_SIZE(vi) == COMPLETENESS_MAX, "one text per completeness");
	return lang == LANG_VI && (unsigned)completeness < COMPLETENESS_MAX
		? vi[completeness]
		: completeness_name(completeness);
}

const char *facts_text_reason(enum lang lang, enum reason reason)
{
	static const char *const texts[][LANG_MAX] = {
		[REASON_ENCRYPTED] = {"it is encrypted", "bị mã hóa"},
		[REASON_DAMAGED] = {"it is damaged", "bị hỏng"},
		[REASON_UNSUPPORTED] = {"its format is not supported",
			"định dạng chưa được hỗ trợ"},
		[REASON_TOO_BIG] = {"it is too big", "quá lớn"},
		[REASON_TOO_DEEP] = {"it is nested too deeply", "lồng quá sâu"},
		[REASON_TIMED_OUT] = {"reading took too long", "đọc quá lâu"},
		[REASON_CRASHED] = {"the reader failed", "bộ đọc gặp lỗi"},
		[REASON_POLICY] = {"the policy says not to look", "chính sách không cho đọc"},
	};

	static_assert(ARRAY_SIZE(texts) == REASON_MAX, "one text per reason");
	return (unsigned)reason < REASON_MAX ? texts[reason][lang] : "?";
}

void facts_text_evidence(FILE *f, enum lang lang, const struct evidence *e)
{
	fputs(facts_text_place(lang, e->place), f);
	if (e->page > 0)
		fprintf(f, lang_pick(lang, ", page %u", ", trang %u"), e->page);
	if (e->member[0]) {
		fputs(lang_pick(lang, ", in ", ", trong "), f);
		tty_put_safe(f, view_str(e->member));
	}
	fputs(": \"", f);
	tty_put_safe(f, view_str(e->snippet));
	fprintf(f, "\" (%s)", e->rule);
}
