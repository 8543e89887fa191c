/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU time of the PDF reader against poppler's, in one interleaved run: bench-pdf FILE...
 * poppler is measured as a library, if it was there at build time, and as `pdftotext FILE
 * /dev/null`, whose start-up is part of the price. pdf-corpus makes files to read.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if HAVE_POPPLER
#include <poppler.h>
#undef MIN
#undef MAX
#endif

#include "base/clock.h"
#include "base/fd.h"
#include "extract/extract.h"

#define ROUNDS 5

static int take(void *userdata, const struct block *b)
{
	*(uint64_t *)userdata += b->text.n;
	return 0;
}

static uint64_t run_own(struct view content, uint64_t *text)
{
	struct block_sink sink = {take, text};
	struct extract_limits limits;
	struct extract_result result;
	uint64_t start = clock_cpu();

	extract_limits_default(&limits);
	if (extract_document(content, &limits, &sink, &result))
		return 0;
	return clock_cpu() - start;
}

static uint64_t run_library(struct view content, uint64_t *text)
{
	uint64_t start = clock_cpu();

#if HAVE_POPPLER
	GBytes *bytes = g_bytes_new_static(content.p, content.n);
	PopplerDocument *d = poppler_document_new_from_bytes(bytes, NULL, NULL);
	for (int i = 0; d && i < poppler_document_get_n_pages(d); i++) {
		PopplerPage *page = poppler_document_get_page(d, i);
		char *s = poppler_page_get_text(page);
		*text += strlen(s);
		g_free(s);
		g_object_unref(page);
	}
	g_clear_object(&d);
	g_bytes_unref(bytes);
#else
	(void)content;
	(void)text;
#endif
	return clock_cpu() - start;
}

static uint64_t children_cpu(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_CHILDREN, &u) < 0)
		return 0;
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * NSEC_PER_SEC +
		(uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

static uint64_t run_program(const char *path)
{
	char program[] = "pdftotext", out[] = "/dev/null";
	char *argv[] = {program, (char *)path, out, NULL};
	uint64_t start = children_cpu();
	pid_t pid;
	int status;

	if (posix_spawnp(&pid, program, NULL, NULL, argv, environ) || waitpid(pid, &status, 0) < 0)
		return 0;
	return children_cpu() - start;
}

int main(int argc, char **argv)
{
	uint64_t best[3] = {UINT64_MAX, UINT64_MAX, UINT64_MAX}, text[2] = {0}, size = 0;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t sum[3] = {0};
		text[0] = text[1] = size = 0;
		for (int i = 1; i < argc; i++) {
			cleanup_with(buf_done) struct buf b = BUF_INIT(0);
			if (fd_read_path(argv[i], BUF_MAX_DEFAULT, &b)) {
				(void)fprintf(stderr, "bench-pdf: %s: cannot read\n", argv[i]);
				return 1;
			}
			size += b.n;
			sum[0] += run_own(buf_view(&b), &text[0]);
			sum[1] += run_library(buf_view(&b), &text[1]);
			sum[2] += run_program(argv[i]);
		}
		for (size_t k = 0; k < ARRAY_SIZE(best); k++)
			best[k] = MIN(best[k], sum[k]);
	}
	printf("%d files, %.1f MB, best of %d rounds\n", argc - 1, (double)size / 1e6, ROUNDS);
	printf("own       %8.2f ms CPU, %.0f files/s, %lu bytes of text\n", (double)best[0] / 1e6,
		(argc - 1) * 1e9 / (double)best[0], (unsigned long)text[0]);
	if (HAVE_POPPLER)
		printf("poppler   %8.2f ms CPU, %.1f x, %lu bytes of text\n", (double)best[1] / 1e6,
			(double)best[1] / (double)best[0], (unsigned long)text[1]);
	printf("pdftotext %8.2f ms CPU, %.1f x\n", (double)best[2] / 1e6,
		(double)best[2] / (double)best[0]);
	return 0;
}
