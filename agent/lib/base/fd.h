/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: owned by a struct field or by `cleanup_with(fd_closep) int fd = -1;`. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

int fd_close(int fd); /* always returns -1; keeps errno; takes -1 */
void fd_closep(int *fd);
int fd_steal(int *fd);

/* The whole of [0, size) with pread, without moving the offset. Appends to `b`; stops at the end of
   file. Returns 0 or -errno; -E2BIG where the file is longer than `max` (the first `max` bytes are
   kept). */
must_check int fd_read_all(int fd, size_t max, struct buf *b);

/* Reads a file by path; for configuration, /proc and the like. -ENOTSUP for a named pipe, which
   could be waited for without end. */
must_check int fd_read_path(const char *path, size_t max, struct buf *b);

/* What was renamed or made in the folder outlives a loss of power. */
must_check int fd_sync_dir(const char *path);

must_check int fd_write_all(int fd, struct view v);

/* A sealed, read-only memfd with these bytes. Returns the descriptor or -errno. */
must_check int fd_memfd_sealed(const char *name, struct view v);

/* Checks that `fd` is a memfd sealed against writing and resizing, and maps it.
   munmap() with the view's n is the caller's. 0, -EPERM where not sealed, or -errno. */
must_check int fd_map_sealed(int fd, struct view *ret);
