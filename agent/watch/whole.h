/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of whole file systems, from one fanotify group: one mark instead of a watch on each
 * directory, so that those who open files there pay nothing. Not every file system can (FUSE,
 * network, overlay and btrfs subvolumes cannot), and marks take CAP_SYS_ADMIN, which the process
 * has only at its start: what cannot be marked then is watched directory by directory.
 *
 * An event names its directory by a file handle; whole_key() gives the same number for an open
 * directory. Events of the same name are merged: order and count mean nothing.
 */
#pragma once

#include <stdint.h>

#include "base/hash.h"
#include "base/macros.h"

#define WHOLE_MAX 64U /* file systems */

enum whole_bit {
	WHOLE_CREATED = 1 << 0,
	WHOLE_WRITTEN = 1 << 1, /* closed after writing */
	WHOLE_ARRIVED = 1 << 2, /* moved to here */
	WHOLE_LEFT = 1 << 3,    /* moved away or deleted */
	WHOLE_DIR = 1 << 4,
};

struct whole;

/* -EPERM, -EINVAL and the like where this cannot be had. */
must_check int whole_new(struct whole **ret);
struct whole *whole_free(struct whole *w); /* takes NULL, returns NULL */

int whole_fd(const struct whole *w);

/* The file system of this directory. 0 or -errno. */
must_check int whole_mark(struct whole *w, int path_fd);

/* The directory's key where its file system is marked, else 0. */
uint64_t whole_key(const struct whole *w, int path_fd);

/* Reads what there is. `fn`: directory, name in it, bits; a negative return is forwarded. 0;
   -EAGAIN where there is nothing; -EOVERFLOW where events were lost; else -errno. */
must_check int whole_read(struct whole *w,
	int (*fn)(void *userdata, uint64_t key, const char *name, unsigned bits), void *userdata);
