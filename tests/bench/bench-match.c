/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast a Vietnamese text is made canonical and matched, with the shipped packs, and with 500
 * and 5,000 more rules. Figures are of the process's CPU time, the best of five rounds that take
 * turns.
 *
 * usage: bench-match RULES-DIR [TEXT-FILE]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "match/match.h"
#include "match/ruleset_build.h"
#include "rulepack/rulepack.h"
#include "text/canon.h"

#define TEXT_SIZE (16U << 20)
#define ROUNDS    5

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Office prose of ordinary syllables; the same on every run. */
static const char *const words[] = {"Ủy", "ban", "nhân", "dân", "xã", "đã", "giao", "cho", "phòng",
	"kinh", "tế", "hạ", "tầng", "phối", "hợp", "với", "trạm", "quan", "trắc", "rà", "soát",
	"số", "liệu", "mực", "nước", "hồ", "chứa", "trong", "tháng", "qua", "và", "báo", "cáo",
	"kết", "quả", "trước", "ngày", "mười", "lăm", "theo", "quy", "định", "về", "bảo", "mật",
	"thông", "tin", "nội", "bộ", "của", "đơn", "vị", "người", "đứng", "đầu", "chịu", "trách",
	"nhiệm", "thi", "hành"};

static char *prose(void)
{
	char *text = malloc(TEXT_SIZE + 1);
	uint32_t seed = 1;
	size_t n = 0, in_line = 0;

	while (text && n + 16 < TEXT_SIZE) {
		const char *w;
		size_t len;

		seed = seed * 1664525U + 1013904223U;
		w = words[(seed >> 8) % ARRAY_SIZE(words)];
		len = strlen(w);
		memcpy(text + n, w, len);
		n += len;
		in_line++;
		text[n++] = in_line > 24 + (seed >> 20 & 63) ? '\n' : ' ';
		if (text[n - 1] == '\n')
			in_line = 0;
	}
	if (text)
		text[n] = 0;
	return text;
}

struct engine {
	const char *name;
	struct buf blob;
	struct ruleset *r;
	struct match *m;
	double best;
};

static int run(struct engine *g, struct view text)
{
	struct facts f = {0};
	int e = match_begin(g->m, VIEW_EMPTY);
	double start = cpu();

	for (size_t from = 0; e == 0 && from < text.n;) {
		const uint8_t *end = memchr(text.p + from, '\n', text.n - from);
		size_t n = end ? (size_t)(end - text.p) - from : text.n - from;
		struct block b = {.text = view_of(text.p + from, n)};

		e = match_take(g->m, &b);
		from += n + 1;
	}
	if (e == 0)
		e = match_end(g->m, &f);
	g->best = MIN(g->best, cpu() - start);
	return e;
}

/* Phrases of two and three words, each a rule of its own. */
static int extra(struct engine *g, unsigned n)
{
	struct ruleset_build *b = NULL;
	int e = ruleset_build_new(&b), mark;
	uint32_t index;
	char form[96];

	if (e == 0)
		e = build_pack(b, "extra", "1");
	for (unsigned i = 0; e >= 0 && i < n; i++) {
		struct build_mark m = {.name = "m", .level = LEVEL_INTERNAL, .tag = RS_NO_TAG};
		struct build_text t = {.text = form};
		struct build_rule u = {.name = "r",
			.as = RS_AS_WHOLE,
			.score = 40,
			.level_at = 70,
			.suspect_at = 40,
			.marks = &index,
			.n_marks = 1};

		snprintf(form, sizeof(form), "%s %s %s %u", words[i % 57], words[i / 57 % 57],
			words[i * 7 % 57], i / 3000);
		mark = build_mark(b, &m);
		index = (uint32_t)mark;
		e = mark < 0 ? mark : build_form(b, index, RS_FORM_EXACT, &t);
		if (e >= 0)
			e = build_rule(b, &u);
	}
	if (e >= 0)
		e = ruleset_build(b, &g->blob);
	ruleset_build_free(b);
	return e;
}

static int engine_open(struct engine *g)
{
	int e = ruleset_open(buf_view(&g->blob), &g->r);

	g->best = 1e9;
	return e < 0 ? e : match_new(g->r, &g->m);
}

int main(int argc, char **argv)
{
	static struct diags d;
	static struct rulepack_info info;
	struct engine engines[] = {
		{.name = "shipped"}, {.name = "50"}, {.name = "500"}, {.name = "5000"}};
	struct buf file = BUF_INIT(TEXT_SIZE), canonical = {0};
	char *made = argc < 3 ? prose() : NULL;
	struct view text = view_str(made);
	double canon = 1e9;
	int e;

	if (argc < 2)
		return 2;
	if (argc > 2) {
		e = fd_read_path(argv[2], TEXT_SIZE, &file);
		if (e < 0 && e != -E2BIG)
			return 2;
		text = buf_view(&file);
	}
	e = rulepack_compile((const char *const *)&argv[1], 1, &d, &info, &engines[0].blob);
	for (unsigned i = 1; e == 0 && i < ARRAY_SIZE(engines); i++)
		e = extra(&engines[i], (unsigned)strtoul(engines[i].name, NULL, 10));
	for (unsigned i = 0; e == 0 && i < ARRAY_SIZE(engines); i++)
		e = engine_open(&engines[i]);
	for (int round = 0; e == 0 && round < ROUNDS; round++) {
		double start = cpu();

		buf_clear(&canonical);
		e = canon_text(text, &canonical, NULL);
		canon = MIN(canon, cpu() - start);
		for (unsigned i = 0; e == 0 && i < ARRAY_SIZE(engines); i++)
			e = run(&engines[i], text);
	}
	if (e < 0) {
		fprintf(stderr, "bench-match: %s\n", strerror(-e));
		return 2;
	}
	printf("%.1f MB of text; canonical alone %.0f MB/s\n", (double)text.n / 1e6,
		(double)text.n / 1e6 / canon);
	for (unsigned i = 0; i < ARRAY_SIZE(engines); i++)
		printf("%-8s %6u rules  blob %7zu bytes  %6.0f MB/s  %.2f x the time of 50\n",
			engines[i].name, ruleset_n_rules(engines[i].r), engines[i].blob.n,
			(double)text.n / 1e6 / engines[i].best, engines[i].best / engines[1].best);
	for (unsigned i = 0; i < ARRAY_SIZE(engines); i++) {
		engines[i].m = match_free(engines[i].m);
		engines[i].r = ruleset_close(engines[i].r);
		buf_done(&engines[i].blob);
	}
	free(made);
	buf_done(&file);
	buf_done(&canonical);
	return 0;
}
