/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One document at a time: content -> blocks -> facts. Owns the rules in force and the content
 * buffer; knows nothing of sockets. The CPU budget is looked at by the readers; the backstop behind
 * them is main.c's.
 */
#pragma once

#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"
#include "model/facts.h"

#define WORKER_NAME_MAX 4096U /* bytes of a document's file name */

struct worker;

struct worker_job {
	int fd;           /* the content; stays the caller's */
	uint64_t cpu_ns;  /* budget; looked at by the readers */
	uint32_t flags;   /* SCAN_WANT_* */
	struct view name; /* of the file, without directories */
};

/* `file_bytes`: more of a document than this is not looked at. Everything that needs the file
   system happens here, before the sandbox. */
must_check int worker_new(uint64_t file_bytes, struct worker **ret);
struct worker *worker_free(struct worker *w);

/* What it cannot do for want of a library or file, as a sentence for status; or NULL. */
const char *worker_lacks(const struct worker *w);

/* A sealed memfd with a compiled ruleset; replaces the one before. 0, or -errno (the old one stays
   in force). */
must_check int worker_rules(struct worker *w, uint32_t generation, int fd);

/* Never fails: what could not be done is in the facts. The facts are valid until the next job.
   NULL where there are no rules yet. */
const struct facts *worker_run(struct worker *w, const struct worker_job *job);
