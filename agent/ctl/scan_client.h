/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sandboxed scan workers of the command line's own: no daemon, no privilege. Compiles the rules,
 * starts sealgate-scan, hands over rules and documents, replaces a worker that died, and kills one
 * that is past its deadline. A lost worker costs one verdict, which says so.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/macros.h"
#include "ctl/commands.h"
#include "model/facts.h"
#include "settings/settings.h"

#define SCAN_CLIENT_JOBS_MAX  64U
#define SCAN_CLIENT_RULES_MAX 64U
/* Workers that end before they are ready, in a row: then it is not the documents. */
#define SCAN_CLIENT_FAILURES_MAX 3U

struct scan_client_options {
	const char *rules[SCAN_CLIENT_RULES_MAX]; /* directories, up to a NULL */
	uint32_t jobs;                            /* workers; 0: one per CPU */
	uint64_t cpu_ns;                          /* per document */
	uint64_t file_bytes;                      /* more of a document is not looked at */
	uint64_t worker_memory;
};

/* Fills in what is 0 from the agent's configuration: its rules, limits.background-cpu,
   limits.file-size, limits.worker-memory. Paths point into `s`, to be given to settings_done()
   after the client. 0, or CTL_FAILED after saying why. */
must_check int scan_client_configure(
	const struct ctl *ctl, struct settings *s, struct scan_client_options *o);

struct scan_client;

/* A document's facts; `f` is valid for the call. A negative return ends the waiting call with it.
 */
typedef int (*scan_client_fn)(void *userdata, void *document, const struct facts *f);

/* 0; -EBADMSG with diagnostics about the rules; -errno. After an error `ret` may be set, for
   scan_client_trouble(); it is to be freed all the same. */
must_check int scan_client_new(const struct scan_client_options *o, struct diags *d,
	scan_client_fn fn, void *userdata, struct scan_client **ret);
struct scan_client *scan_client_free(struct scan_client *c); /* takes NULL, returns NULL */

/* Hands a document to a worker, waiting for one to be free. `fd` is taken over; `name` is the
   file's, without directories. 0; what `fn` said; -ECHILD where workers cannot be started
   (scan_client_trouble() says why); -errno. */
must_check int scan_client_submit(
	struct scan_client *c, int fd, const char *name, bool sha256, void *document);
/* Waits for all that was submitted. As above. */
must_check int scan_client_drain(struct scan_client *c);

const char *scan_client_trouble(const struct scan_client *c); /* "" where there is none */
