/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonicaliser's speed, and its ratio to ICU's NFKC_Casefold where ICU was found. Both run in
 * turn on the same text, several rounds; the best round of each counts.
 *
 * Usage: bench-canon [MEGABYTES [ROUNDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "text/canon.h"

#if HAVE_ICU
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#endif

/* Words in random order: a few fixed sentences would let the processor learn them by heart. */
static const char *const vietnamese[] = {
	"căn",
	"cứ",
	"luật",
	"tổ",
	"chức",
	"chính",
	"phủ",
	"và",
	"đề",
	"nghị",
	"của",
	"bộ",
	"trưởng",
	"các",
	"cơ",
	"quan",
	"đơn",
	"vị",
	"có",
	"trách",
	"nhiệm",
	"thực",
	"hiện",
	"nghiêm",
	"túc",
	"quy",
	"định",
	"về",
	"quản",
	"lý",
	"tài",
	"liệu",
	"người",
	"đứng",
	"đầu",
	"chịu",
	"trước",
	"pháp",
	"kết",
	"quả",
	"vụ",
	"được",
	"giao",
	"việc",
	"thống",
	"kê",
	"lưu",
	"giữ",
	"bảo",
	"tiến",
	"hành",
	"hằng",
	"năm",
	"theo",
	"mẫu",
	"nhất",
	"trường",
	"hợp",
	"cần",
	"thiết",
	"thì",
	"báo",
	"cáo",
	"cấp",
	"thẩm",
	"quyền",
	"xem",
	"xét",
	"quyết",
	"bổ",
	"sung",
	"sở",
	"chủ",
	"trì",
	"phối",
	"với",
	"ủy",
	"ban",
	"nhân",
	"dân",
	"huyện",
	"thị",
	"xã",
	"hướng",
	"dẫn",
	"chi",
	"tiết",
	"học",
	"sinh",
	"nghỉ",
	"hè",
	"từ",
	"cuối",
	"tháng",
	"thời",
	"miền",
	"trung",
	"nắng",
	"nóng",
	"kéo",
	"dài",
	"nhiều",
	"ngày",
	"giá",
	"lúa",
	"gạo",
	"xuất",
	"khẩu",
	"tăng",
	"nhẹ",
	"so",
	"tuần",
	"nhờ",
	"nhu",
	"cầu",
	"nước",
	"trong",
	"cho",
	"không",
	"này",
	"khi",
	"ra",
	"anh",
	"em",
	"hai",
	"ba",
	"hay",
	"sao",
	"cao",
	"hoa",
	"quy",
	"thi",
	"Điều",
	"Khoản",
	"Hà Nội",
};

static const char *const english[] = {
	"the",
	"committee",
	"met",
	"on",
	"Tuesday",
	"to",
	"review",
	"annual",
	"report",
	"and",
	"budget",
	"for",
	"next",
	"year",
	"members",
	"agreed",
	"that",
	"work",
	"northern",
	"bridge",
	"should",
	"continue",
	"through",
	"winter",
	"a",
	"second",
	"proposal",
	"put",
	"forward",
	"by",
	"harbour",
	"office",
	"was",
	"sent",
	"back",
	"more",
	"detail",
	"visitors",
	"are",
	"asked",
	"sign",
	"in",
	"at",
	"front",
	"desk",
	"wear",
	"badge",
	"all",
	"times",
	"rainfall",
	"valley",
	"slightly",
	"above",
	"average",
	"while",
	"coast",
	"stayed",
	"dry",
	"Commission",
	"is",
	"of",
};

static const char *const russian[] = {
	"комиссия",
	"рассмотрела",
	"годовой",
	"отчёт",
	"и",
	"утвердила",
	"план",
	"работ",
	"на",
	"следующий",
	"квартал",
	"погода",
	"в",
	"северных",
	"районах",
	"остаётся",
	"прохладной",
	"местами",
	"ожидаются",
	"небольшие",
	"дожди",
	"Учебный",
	"год",
	"начнётся",
	"первого",
	"сентября",
	"расписание",
	"занятий",
	"опубликовано",
	"сайте",
	"с",
	"по",
	"для",
	"не",
};

static const char *const chinese[] = {
	"委员会",
	"星期二",
	"召开",
	"会议",
	"，",
	"审议",
	"了",
	"年度",
	"报告",
	"和",
	"明年",
	"的",
	"预算",
	"。",
	"北部",
	"地区",
	"天气",
	"凉爽",
	"局部",
	"有",
	"小雨",
	"沿海",
	"晴朗",
};

struct text {
	const char *name;
	const char *const *words;
	size_t n;
	const char *gap;
	bool decomposed;
};

static double cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void check(int r)
{
	if (r < 0) {
		fprintf(stderr, "bench-canon: error %d\n", r);
		exit(1);
	}
}

/* About every tenth word ends a clause, every fortieth a line. */
static void fill(struct buf *b, const struct text *t, size_t n)
{
	uint32_t seed = 12345;

	while (b->n < n) {
		unsigned x;

		seed = seed * 1664525U + 1013904223U;
		x = seed >> 12;
		check(buf_put_str(b, t->words[x % t->n]));
		x = seed >> 26;
		check(buf_put_str(b, x == 0 ? ".\n" : x < 6 ? ", " : t->gap));
	}
}

#if HAVE_ICU
static void icu_check(UErrorCode e)
{
	if (U_FAILURE(e)) {
		fprintf(stderr, "bench-canon: %s\n", u_errorName(e));
		exit(1);
	}
}

struct icu {
	const UNormalizer2 *cf, *nfd;
	UChar *a, *b;
	char *utf8;
	int32_t cap;
};

static struct icu icu_new(size_t n)
{
	UErrorCode e = U_ZERO_ERROR;
	struct icu icu = {.cap = (int32_t)(4 * n + 64)};

	icu.cf = unorm2_getNFKCCasefoldInstance(&e);
	icu.nfd = unorm2_getNFDInstance(&e);
	icu_check(e);
	icu.a = malloc(2 * (size_t)icu.cap);
	icu.b = malloc(2 * (size_t)icu.cap);
	icu.utf8 = malloc((size_t)icu.cap);
	if (!icu.a || !icu.b || !icu.utf8)
		check(-1);
	return icu;
}

static void icu_done(struct icu *icu)
{
	free(icu->a);
	free(icu->b);
	free(icu->utf8);
}

/* UTF-8 to UTF-8 by way of UTF-16, as ICU's C interface has it. Returns the length. */
static int32_t icu_run(struct icu *icu, const UNormalizer2 *how, struct view in)
{
	UErrorCode e = U_ZERO_ERROR;
	int32_t na, nb, n;

	u_strFromUTF8(icu->a, icu->cap, &na, (const char *)in.p, (int32_t)in.n, &e);
	nb = unorm2_normalize(how, icu->a, na, icu->b, icu->cap, &e);
	u_strToUTF8(icu->utf8, icu->cap, &n, icu->b, nb, &e);
	icu_check(e);
	return n;
}
#endif

static void bench(const struct text *t, size_t size, int rounds)
{
	cleanup_with(buf_done) struct buf in = {0};
	cleanup_with(buf_done) struct buf out = {0};
	struct canon_map map = {0};
	double plain = 1e9, mapped = 1e9, icu_best = 1e9;
	double mb;

	fill(&in, t, size);
#if HAVE_ICU
	struct icu icu = icu_new(in.n);

	if (t->decomposed) {
		int32_t n = icu_run(&icu, icu.nfd, buf_view(&in));

		buf_clear(&in);
		check(buf_put(&in, icu.utf8, (size_t)n));
	}
#else
	if (t->decomposed)
		return;
#endif
	mb = (double)in.n / 1e6;
	for (int i = 0; i < rounds; i++) {
		double start = cpu_now();

		buf_clear(&out);
		check(canon_text(buf_view(&in), &out, NULL));
		plain = MIN(plain, cpu_now() - start);
		start = cpu_now();
		buf_clear(&out);
		check(canon_text(buf_view(&in), &out, &map));
		mapped = MIN(mapped, cpu_now() - start);
#if HAVE_ICU
		start = cpu_now();
		icu_run(&icu, icu.cf, buf_view(&in));
		icu_best = MIN(icu_best, cpu_now() - start);
#endif
	}
	printf("%-18s %8.0f %8.0f", t->name, mb / plain, mb / mapped);
	if (icu_best < 1e8)
		printf(" %8.0f %7.1f", mb / icu_best, icu_best / plain);
	printf("\n");
	canon_map_done(&map);
#if HAVE_ICU
	icu_done(&icu);
#endif
}

int main(int argc, char **argv)
{
	const struct text texts[] = {
		{"Vietnamese", vietnamese, ARRAY_SIZE(vietnamese), " ", false},
		{"Vietnamese, NFD", vietnamese, ARRAY_SIZE(vietnamese), " ", true},
		{"English", english, ARRAY_SIZE(english), " ", false},
		{"Russian", russian, ARRAY_SIZE(russian), " ", false},
		{"Chinese", chinese, ARRAY_SIZE(chinese), "", false},
	};
	size_t mb = argc > 1 ? strtoul(argv[1], NULL, 10) : 8;
	int rounds = argc > 2 ? (int)strtoul(argv[2], NULL, 10) : 5;

	printf("%-18s %8s %8s %8s %7s\n", "MB/s", "canon", "+map", "ICU", "ratio");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		bench(&texts[i], MAX(mb, (size_t)1) << 20, MAX(rounds, 1));
	return 0;
}
