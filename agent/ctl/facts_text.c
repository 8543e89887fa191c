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
