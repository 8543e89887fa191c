/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any blocks, all shipped packs. The input is a list of blocks: a byte of place, one of flags, one
 * of shape and member, then text up to 0xff.
 */
#include <stdlib.h>
#include <string.h>

#include "match/match.h"
#include "model/level.h"
#include "rulepack/rulepack.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct match *m;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct diags d;
	static struct rulepack_info info;
	static struct buf blob;
	static struct ruleset *r;
	const char *dirs[] = {SEALGATE_SOURCE_RULES};

	(void)argc;
	(void)argv;
	if (rulepack_compile(dirs, 1, &d, &info, &blob) < 0 ||
		ruleset_open(buf_view(&blob), &r) < 0 || match_new(r, &m) < 0)
		abort();
	return 0;
}

/* Blocks hold valid UTF-8 by contract: broken bytes become "?". */
static void make_utf8(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t len = p[i] < 0x80 ? 1
			: p[i] < 0xc2    ? 0
			: p[i] < 0xe0    ? 2
			: p[i] < 0xf0    ? 3
			: p[i] < 0xf5    ? 4
					 : 0;
		size_t k = 1;

		while (k < len && i + k < n && (p[i + k] & 0xc0) == 0x80)
			k++;
		if (len == 0 || k < len || (p[i] == 0xe0 && p[i + 1] < 0xa0) ||
			(p[i] == 0xed && p[i + 1] > 0x9f) || (p[i] == 0xf0 && p[i + 1] < 0x90) ||
			(p[i] == 0xf4 && p[i + 1] > 0x8f))
			p[i++] = '?';
		else
			i += len;
	}
}

static const char *const members[] = {"", "a.zip/b.docx", "a.zip/c/d.eml", "e"};
static const char *const names[] = {
	"", "Subject", "Classification", "MSIP_Label_x_Name", "MSIP_Label_x_Enabled", "title"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	struct facts f = {0};
	size_t i = 0;

	if (!copy || match_begin(m, view_of(data, size < 40 ? size : 40)) < 0)
		abort();
	while (i + 3 < size) {
		const uint8_t *end = memchr(data + i + 3, 0xff, size - i - 3);
		size_t n = end ? (size_t)(end - data) - i - 3 : size - i - 3;
		struct block b = {
			.place = (enum place)(data[i] % PLACE_MAX),
			.flags = (uint32_t)data[i + 1] << (data[i] & 7),
			.shape = data[i + 2] & 7,
			.member = view_str(members[data[i + 2] >> 3 & 3]),
			.name = view_str(names[(data[i + 2] >> 5) % ARRAY_SIZE(names)]),
			.text = view_of(copy, n),
		};

		memcpy(copy, data + i + 3, n);
		make_utf8(copy, n);
		if (match_take(m, &b) < 0)
			abort();
		i += 3 + n + 1;
	}
	if (match_end(m, &f) < 0 || f.level >= LEVEL_MAX || f.n_evidence > EVIDENCE_MAX)
		abort();
	for (uint32_t k = 0; k < f.n_evidence; k++)
		if (!memchr(f.evidence[k].snippet, 0, sizeof(f.evidence[k].snippet)))
			abort();
	free(copy);
	return 0;
}
