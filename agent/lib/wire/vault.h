/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quarantine: what core and the supervisor say of it, and the record that lies beside each file
 * there. A record is lines of "name value"; of a value every byte that is no plain character is
 * written as %XX, so that any path comes back as it was.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

#define VAULT_ID_MAX     32U          /* bytes with the NUL */
#define VAULT_RECORD_MAX (64U << 10)  /* bytes of a record */
#define VAULT_DIR        "quarantine" /* below state-dir */

enum vault_outcome {
	VAULT_MOVED, /* or restored, or deleted */
	VAULT_NOT_MOVED,
	VAULT_OUTCOME_MAX,
};

enum vault_request {
	VAULT_RESTORE, /* to where it was, or into a folder */
	VAULT_DELETE,
	VAULT_REQUEST_MAX,
};

struct vault_record {
	char id[VAULT_ID_MAX];
	char incident[64], app[64], level[24], rule[64];
	char sha256[65];        /* "" where unknown */
	char path[4096];        /* where it was */
	char placeholder[4096]; /* the text that lies there now, or "" */
	uint64_t placeholder_dev, placeholder_ino;
	uint64_t size, time, mtime; /* time: ns, when it was moved */
	uint32_t uid, gid, mode;    /* of the file */
	uint32_t other_names;       /* hard links that were left */
};

must_check int vault_record_write(const struct vault_record *r, struct buf *ret);
/* -EBADMSG. */
must_check int vault_record_read(struct view text, struct vault_record *ret);

/* Letters, digits and -, as the ids are made. */
bool vault_id_is_valid(const char *id);
