/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving a file into the quarantine and out of it: what the supervisor's helper process does. All
 * by descriptor. The file's folder is opened without following a link, what is taken out of it is
 * compared with the file that was read, and where it is another one, was changed, or is open for
 * writing, it is put back under its name.
 *
 * The content is copied, never renamed: a rename would carry the user's open descriptors, his
 * ownership and his hard links into the quarantine.
 */
#pragma once

#include <stdint.h>

#include "base/macros.h"
#include "model/filekey.h"
#include "wire/vault.h"

struct vault_order {
	struct file_key key;
	char incident[64], path[4096], app[64], level[24], rule[64], sha256[65];
	char message[1024]; /* the rule's, for the placeholder */
	char host[64];
	uint32_t uid; /* who ran the application */
};

struct vault_result {
	uint32_t outcome; /* enum vault_outcome */
	uint32_t other_names;
	char id[VAULT_ID_MAX];
	char why[512];   /* of what went wrong, also where it was moved all the same */
	char path[4096]; /* of the file */
};

/* `dir`: the quarantine; `file`: opened for reading. `max` bytes in all. Fills `ret` in any case.
 */
void vault_work_move(
	int dir, int file, const struct vault_order *o, uint64_t max, struct vault_result *ret);
/* `folder`: "" for where it was. */
void vault_work_restore(int dir, const char *id, const char *folder, struct vault_result *ret);
void vault_work_delete(int dir, const char *id, struct vault_result *ret);

/* vault_heal.c: mends one thing that an end of the supervisor has left half done; VAULT_NOT_MOVED
   where there is none. */
void vault_work_heal(int dir, struct vault_result *ret);
bool vault_work_placeholder(
	int dir, int parent, const char *name, const struct vault_record *record);
