/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/justify.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/utf8.h"

/* "#" is the number. */
static const struct {
	const char *name, *text[LANG_MAX];
} refusals[] = {
	[JUSTIFY_UNKNOWN] = {"unknown",
		{"there is no such incident of yours that asks for a reason; try to open the "
		 "document "
		 "again, then give the reason",
			"không có sự cố nào như vậy của bạn đang cần nêu lý do; hãy mở lại tài "
			"liệu rồi "
			"nêu lý do"}},
	[JUSTIFY_SEVERAL] = {"several",
		{"the incident is about # documents: say which one",
			"sự cố này có # tài liệu: hãy cho biết tài liệu nào"}},
	[JUSTIFY_SHORT] = {"short",
		{"the reason needs at least # characters", "lý do cần ít nhất # ký tự"}},
	[JUSTIFY_NOT_TEXT] = {"not-text",
		{"the reason is to be one line of text", "lý do phải là một dòng văn bản"}},
	[JUSTIFY_TOO_MANY] = {"too-many",
		{"you have given a reason for # documents that may still be opened; the policy "
		 "allows no "
		 "more at a time",
			"bạn đã nêu lý do cho # tài liệu còn được mở; chính sách không cho phép "
			"nhiều hơn "
			"cùng lúc"}},
	[JUSTIFY_FORBIDDEN] = {"forbidden",
		{"the policy lets nothing pass for a reason; ask your administrator",
			"chính sách không cho mở khi nêu lý do; hãy hỏi quản trị viên"}},
	[JUSTIFY_ALREADY] = {"already",
		{"it may be opened already, for another # minutes",
			"tài liệu này đang được mở, còn # phút"}},
	[JUSTIFY_FAILED] = {"failed",
		{"the reason could not be kept; ask your administrator",
			"không lưu được lý do; hãy hỏi quản trị viên"}},
};
static_assert(ARRAY_SIZE(refusals) == JUSTIFY_REFUSAL_MAX, "one row per refusal");

void pack_justify(struct pack *p, const struct justify_request *r)
{
	pack_u8(p, (uint8_t)r->what);
	pack_str(p, r->incident);
	pack_str(p, r->file);
	pack_str(p, r->reason);
}

void unpack_justify(struct unpack *u, struct justify_request *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->what = (enum justify_what)unpack_enum(u, JUSTIFY_WHAT_MAX);
	unpack_str(u, ret->incident, sizeof(ret->incident));
	unpack_str(u, ret->file, sizeof(ret->file));
	unpack_str(u, ret->reason, sizeof(ret->reason));
}

const char *justify_refusal_name(enum justify_refusal r)
{
	return (unsigned)r < JUSTIFY_REFUSAL_MAX ? refusals[r].name : "?";
}

int justify_refusal_parse(const char *name, enum justify_refusal *ret)
{
	for (unsigned i = 0; i < JUSTIFY_REFUSAL_MAX; i++)
		if (strcmp(refusals[i].name, name) == 0) {
			*ret = (enum justify_refusal)i;
			return 0;
		}
	return -EINVAL;
}

int justify_refusal_put(struct buf *out, enum justify_refusal r, enum lang lang, unsigned n)
{
	const char *text = refusals[(unsigned)r < JUSTIFY_REFUSAL_MAX ? r : JUSTIFY_FAILED]
				   .text[lang];
	const char *number = strchr(text, '#');

	if (!number)
		return buf_put_str(out, text);
	return buf_printf(out, "%.*s%u%s", (int)(number - text), text, n, number + 1);
}

unsigned justify_length(const char *reason)
{
	const uint8_t *p = (const uint8_t *)reason;
	unsigned n = 0;

	while (*p) {
		uint32_t cp = utf8_next(&p);

		n += cp != ' ' && cp != 0xa0;
	}
	return n;
}
