/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making one evidence copy: what the supervisor's helper process does. The document is opened
 * without following a link and without any effect on what is no file, compared with what was judged
 * (device, inode, and every byte by SHA-256), and encrypted piece by piece: neither memory nor disk
 * ever holds it in the clear. A copy gets its name when it is whole and on the disk.
 */
#pragma once

#include <stdint.h>

#include "base/macros.h"
#include "digest/sha256.h"
#include "model/filekey.h"

#define COPIES_DIR      "evidence"
#define COPIES_NAME_MAX 80U

struct copies_order {
	struct file_key key;
	char incident[40], path[4096];
	uint8_t sha256[SHA256_SIZE]; /* of the content that was judged */
};

struct copies_bounds {
	const char *certificate;
	uint64_t file_bytes, total_bytes;
	uint32_t gid; /* who may read the copies */
};

struct copies_result {
	bool kept, there_before;
	char name[COPIES_NAME_MAX];
	uint64_t size, copy_size;
	uint8_t copy_sha256[SHA256_SIZE];
	char why[300]; /* it is not kept */
};

/* INCIDENT-DIGITS.cms: the digits are of the content, so that a record which comes twice makes one
   copy. False where the incident has no such id. */
must_check bool copies_name(const struct copies_order *o, char ret[COPIES_NAME_MAX]);

/* `dir`: the copies; `used`: what they take already. Fills `ret` in any case. */
void copies_work(int dir, uint64_t used, const struct copies_order *o,
	const struct copies_bounds *b, struct copies_result *ret);
