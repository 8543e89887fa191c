/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two fanotify groups that only tell and hold nobody: closes after writing, and files that get
 * another name. Watch reads them. Bounded: what is told is not held, so that a flood would only
 * grow. Without them nothing but the channel `receive` is missing.
 */
#pragma once

#include <stdbool.h>

struct news {
	int writes, moves; /* -1: the kernel has none */
};

void news_open(struct news *n);
void news_close(struct news *n);
/* The file system that the path is on. Whether its writes are told, and its renames. */
bool news_add(const struct news *n, const char *path, bool *ret_moves);
void news_flush(const struct news *n);
