/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody may have meant who wrote a word that is none of the known ones. */
#include <string.h>

#include "policyfile/keywords.h"
#include "text/canon.h"

/* Without diacritics, blanks as `-`. Vietnamese first, then other programs' words. */
static const struct {
	const char *said, *meant;
} meanings[] = {
	{"mat", "confidential"},
	{"toi-mat", "secret"},
	{"tuyet-mat", "top-secret"},
	{"noi-bo", "internal"},
	{"luu-hanh-noi-bo", "internal"},
	{"mat", "state-secret"},
	{"qua-han", "deadline"},
	{"het-gio", "deadline"},
	{"khong", "none"},
	{"khong-mat", "none"},
	{"thuong", "none"},
	{"bi-mat-nha-nuoc", "state-secret"},
	{"tat-ca", "any"},
	{"all", "any"},
	{"chan", "block"},
	{"cam", "block"},
	{"tu-choi", "block"},
	{"deny", "block"},
	{"refuse", "block"},
	{"reject", "block"},
	{"cho-phep", "allow"},
	{"cho-qua", "allow"},
	{"permit", "allow"},
	{"accept", "allow"},
	{"ghi", "log"},
	{"ghi-lai", "log"},
	{"ghi-nhan", "log"},
	{"record", "log"},
	{"canh-bao", "notify"},
	{"thong-bao", "notify"},
	{"nhac-nho", "notify"},
	{"warn", "notify"},
	{"giai-trinh", "justify"},
	{"neu-ly-do", "justify"},
	{"ask", "justify"},
	{"hop", "meeting"},
	{"hop-truc-tuyen", "meeting"},
	{"nhan-tin", "chat"},
	{"tro-chuyen", "chat"},
	{"trinh-duyet", "browser"},
	{"khac", "other"},
	{"giam-sat", "monitor"},
	{"theo-doi", "monitor"},
	{"audit", "monitor"},
	{"dry-run", "monitor"},
	{"thuc-thi", "enforce"},
	{"day-du", "full"},
	{"mot-phan", "partial"},
	{"khong-doc-duoc", "unreadable"},
	{"mo", "open"},
	{"nhan", "receive"},
	{"upload", "browser-upload"},
	{"paste", "browser-paste"},
	{"ma-hoa", "encrypted"},
	{"giai-mat", "declassified"},
	{"phien-ban", "version"},
	{"che-do", "mode"},
	{"quy-tac", "rules"},
	{"luat", "rules"},
	{"ngoai-le", "exceptions"},
	{"ten", "name"},
	{"khi", "when"},
	{"if", "when"},
	{"match", "when"},
	{"thi", "do"},
	{"hanh-dong", "do"},
	{"action", "do"},
	{"then", "do"},
	{"muc", "level"},
	{"do-mat", "level"},
	{"levels", "level"},
	{"nhan-phu", "tag"},
	{"ung-dung", "app"},
	{"application", "app"},
	{"loai", "category"},
	{"kenh", "channel"},
	{"nguoi-dung", "user"},
	{"nhom", "group"},
	{"duong-dan", "path"},
	{"file", "path"},
	{"thoi-gian", "time"},
	{"gio", "time"},
	{"cuoc-hop", "meeting"},
	{"loi-nhan", "message"},
	{"thong-diep", "message"},
	{"tu-ngay", "valid-from"},
	{"den-ngay", "valid-until"},
	{"het-han", "valid-until"},
	{"expires", "valid-until"},
	{"ly-do", "reason"},
	{"nguoi-phu-trach", "owner"},
};

/* As in `meanings`; empty where it does not fit. */
static void fold(const char *text, char *ret, size_t size)
{
	cleanup_with(buf_done) struct buf canonical = BUF_INIT(256), plain = BUF_INIT(256);

	ret[0] = 0;
	if (canon_text(view_str(text), &canonical, NULL) < 0 ||
		canon_strip(buf_view(&canonical), &plain) < 0 || plain.n >= size)
		return;
	for (size_t i = 0; i < plain.n; i++)
		ret[i] = (char)(plain.p[i] == ' ' || plain.p[i] == '_' ? '-' : plain.p[i]);
	ret[plain.n] = 0;
}

static bool has(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

static const char *meaning(const char *folded, const char *const *words)
{
	if (has(words, folded))
		return folded;
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (strcmp(meanings[i].said, folded) == 0 && has(words, meanings[i].meant))
			return meanings[i].meant;
	return NULL;
}

void keywords_hint(struct diag *e, const char *text, const char *const *words)
{
	char known[sizeof(e->hint) - 16] = "", folded[64];
	const char *meant;
	size_t n = 0;

	fold(text, folded, sizeof(folded));
	meant = meaning(folded, words);
	if (!meant)
		meant = diag_nearest(text, words);
	if (meant) {
		diag_hint(e, "did you mean `%s`?", meant);
		return;
	}
	for (; *words && n + strlen(*words) + 3 < sizeof(known); words++) {
		memcpy(known + n, ", ", 2 * (n > 0));
		n += 2 * (n > 0);
		memcpy(known + n, *words, strlen(*words) + 1);
		n += strlen(*words);
	}
	diag_hint(e, "known: %s%s", known, *words ? ", ..." : "");
}
