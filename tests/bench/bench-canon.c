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

static const char *const vietnamese[] = {
	"Căn cứ Luật Tổ chức Chính phủ và đề nghị của Bộ trưởng, Chánh Văn phòng, ",
	"các cơ quan, đơn vị có trách nhiệm thực hiện nghiêm túc quy định về quản lý tài liệu. ",
	"Người đứng đầu chịu trách nhiệm trước pháp luật về kết quả thực hiện nhiệm vụ được "
	"giao.\n",
	"Điều 12. Việc thống kê, lưu giữ, bảo quản được tiến hành hằng năm theo mẫu thống nhất; ",
	"trường hợp cần thiết thì báo cáo cấp có thẩm quyền xem xét, quyết định bổ sung. ",
	"Sở Tài chính chủ trì, phối hợp với Ủy ban nhân dân các huyện, thị xã hướng dẫn chi "
	"tiết.\n",
	"Học sinh nghỉ hè từ cuối tháng năm, thời tiết miền Trung nắng nóng kéo dài nhiều ngày. ",
	"Giá lúa gạo xuất khẩu tăng nhẹ so với tuần trước nhờ nhu cầu từ các nước láng giềng. ",
};

static const char *const english[] = {
	"The committee met on Tuesday to review the annual report and the budget for next year. ",
	"Members agreed that the work on the northern bridge should continue through the winter.\n",
	"A second proposal, put forward by the harbour office, was sent back for more detail. ",
	"Visitors are asked to sign in at the front desk and to wear a badge at all times. ",
	"Rainfall in the valley was slightly above average, while the coast stayed dry.\n",
};

static const char *const russian[] = {
	"Комиссия рассмотрела годовой отчёт и утвердила план работ на следующий квартал. ",
	"Погода в северных районах остаётся прохладной, местами ожидаются небольшие дожди.\n",
	"Учебный год начнётся первого сентября, расписание занятий опубликовано на сайте. ",
};

static const char *const chinese[] = {
	"委员会星期二召开会议，审议了年度报告和明年的预算。",
	"北部地区天气凉爽，局部地区有小雨，沿海天气晴朗。\n",
	"新学年将于九月一日开始，课程安排已在网站上公布。",
};

struct text {
	const char *name;
	const char *const *sentences;
	size_t n;
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

/* Sentences in an order that a small generator picks, until there are `n` bytes. */
static void fill(struct buf *b, const struct text *t, size_t n)
{
	uint32_t seed = 12345;

	while (b->n < n) {
		seed = seed * 1664525U + 1013904223U;
		check(buf_put_str(b, t->sentences[(seed >> 16) % t->n]));
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
		{"Vietnamese", vietnamese, ARRAY_SIZE(vietnamese), false},
		{"Vietnamese, NFD", vietnamese, ARRAY_SIZE(vietnamese), true},
		{"English", english, ARRAY_SIZE(english), false},
		{"Russian", russian, ARRAY_SIZE(russian), false},
		{"Chinese", chinese, ARRAY_SIZE(chinese), false},
	};
	size_t mb = argc > 1 ? strtoul(argv[1], NULL, 10) : 8;
	int rounds = argc > 2 ? (int)strtoul(argv[2], NULL, 10) : 5;

	printf("%-18s %8s %8s %8s %7s\n", "MB/s", "canon", "+map", "ICU", "ratio");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		bench(&texts[i], MAX(mb, (size_t)1) << 20, MAX(rounds, 1));
	return 0;
}
