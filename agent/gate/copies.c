/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies of applications under names that no pattern has: known by the build id that they carry.
 * Asked only of programs that a user could have brought: what root owns and nobody else may write
 * is what its path says. Read from the memory of the process, because opening its file would raise
 * an event that only we could answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "gate/gate.h"

#define AUXV_TEXT  4096U
#define AT_HEADERS 3U /* AT_PHDR of getauxval(3) */

static bool is_brought(struct gate *g, int32_t pid)
{
	char name[32];
	struct statx st;

	snprintf(name, sizeof(name), "%d/exe", pid);
	/* Nobody but its user may look at a program on his own FUSE mount. */
	if (statx(g->proc, name, AT_STATX_DONT_SYNC, STATX_UID | STATX_MODE, &st) < 0)
		return true;
	return st.stx_uid != 0 || st.stx_mode & (S_IWGRP | S_IWOTH);
}

/* Where its first page lies in memory: the one with its program headers. */
static uint64_t first_page(struct gate *g, int32_t pid)
{
	char name[32];
	struct view text;
	uint64_t pair[2];

	snprintf(name, sizeof(name), "%d/auxv", pid);
	if (!identify_text(g, name, AUXV_TEXT, &text))
		return 0;
	for (size_t at = 0; at + sizeof(pair) <= text.n; at += sizeof(pair)) {
		memcpy(pair, (const uint8_t *)text.p + at, sizeof(pair));
		if (pair[0] == AT_HEADERS)
			return pair[1] & ~UINT64_C(4095);
	}
	return 0;
}

uint32_t copies_match(struct gate *g, const struct proc *p)
{
	uint8_t page[4096];
	struct iovec here = {page, sizeof(page)}, there = {NULL, sizeof(page)};
	struct build_id id;
	uint64_t at;
	ssize_t n;

	if (g->copies.n == 0 || !is_brought(g, p->pid))
		return APP_NONE;
	at = first_page(g, p->pid);
	if (at == 0)
		return APP_NONE;
	there.iov_base = (void *)(uintptr_t)at;
	/* As for its command line: it may lie on a file system that does not answer. */
	if (!identify_memory_begin(g, p->pid))
		return APP_NONE;
	n = process_vm_readv(p->pid, &here, 1, &there, 1, 0);
	identify_memory_end(g);
	if (n <= 0 || !build_id_read(view_of(page, (size_t)n), &id))
		return APP_NONE;
	for (uint32_t i = 0; i < g->copies.n; i++)
		if (g->copies.v[i].id.n == id.n && memcmp(g->copies.v[i].id.v, id.v, id.n) == 0)
			return g->copies.v[i].app;
	return APP_NONE;
}

void copies_forget(struct gate *g)
{
	g->copies.n = 0;
}

int copies_set(struct gate *g, struct view body)
{
	struct unpack u = {body, 0};

	copies_forget(g);
	while (u.in.n > 0 && !u.error) {
		uint32_t app = unpack_u32(&u);
		struct view id = unpack_view(&u);

		if (u.error || id.n == 0 || id.n > BUILD_ID_MAX || app >= apptable_n(g->apps))
			return -EPROTO;
		if (g->copies.n == WIRE_BUILD_IDS_MAX)
			return -E2BIG;
		g->copies.v[g->copies.n].app = app;
		g->copies.v[g->copies.n].id.n = (uint8_t)id.n;
		memcpy(g->copies.v[g->copies.n++].id.v, id.p, id.n);
	}
	return u.error;
}
