/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files in and beside the quarantine: folders opened without following a link, files that get their
 * name last, and the pair of content and record that each quarantined file is.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"
#include "wire/vault.h"

/* The folder that a path lies in, without following any link; `ret_name` is the rest. */
must_check int vault_open_parent(const char *path, const char **ret_name);
must_check int vault_open_folder(const char *path);

/* A file without a name in the folder; where the file system has no such thing, one whose name goes
   to `ret_name`. */
must_check int vault_open_nameless(int dir, mode_t mode, char ret_name[40]);
/* Gives it its name, unless there is one already: -EEXIST. */
must_check int vault_give_name(int fd, int dir, const char *temporary, const char *name);
void vault_drop_nameless(int dir, const char *temporary);

/* 0, -EFBIG where more than `max` came, -errno. */
must_check int vault_copy(int from, int to, uint64_t max, uint64_t *ret_bytes);

/* The first record of a file is replaced whole or not at all: without it the file could not be
   given back. */
must_check int vault_put_record(int dir, const struct vault_record *record);
must_check int vault_get_record(int dir, const char *id, struct vault_record *ret);
must_check int vault_open_data(int dir, const char *id);
void vault_forget(int dir, const char *id);
