/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One incident as the journal tells it: the payload of its "incident" record, with what later
 * records ("incident-more" and the like) say about the same id. jansson is included here alone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"
#include "model/level.h"

#define INCIDENT_ID_MAX    40U  /* characters, with room for other makers of ids */
#define INCIDENT_NOTES_MAX 64U  /* kept per incident; later ones stay in the journal alone */
#define INCIDENT_FILES_MAX 256U /* as many as core names, and more */

/* One thing that a reviewer did; "" where it was about something else. */
struct incident_step {
	const char *time, *by, *status, *assignee, *note, *tag, *untag;
	bool revealed;
	bool taken; /* the evidence copies; the note says how many, and whether opened */
};

struct incident_evidence {
	const char *rule, *pack, *level, *part, *member, *snippet; /* never NULL */
	uint64_t page;                                             /* 0 where unknown */
	int64_t score;
};

/* A copy of one of its documents, or that there is none; "" and 0 where it does not say. */
struct incident_copy {
	const char *what, *time, *sha256, *copy, *why;
	uint64_t size, copy_size;
};

/* Another file that was opened in the same act. */
struct incident_file {
	const char *time, *path, *level, *sha256; /* never NULL */
};

/* Strings are never NULL; "" where the record does not say. They live as long as the incident. */
struct incident {
	const char *id, *time, *last, *host, *user, *app, *app_name, *exe, *comm, *identified;
	const char *channel, *path, *sha256, *format, *level_text, *completeness;
	const char *assignee;
	const char *action, *intended, *mode, *rule, *message, *cause, *destination, *status;
	enum level level;
	bool level_known; /* false: `level_text` is no level of this version */
	bool meeting;     /* a call was in progress */
	bool has_meeting; /* false: an earlier version wrote it, which did not say */
	uint64_t uid, pid, ppid, size, policy_version, retries;
	uint64_t override; /* what let it pass; 0: nothing */
	double hold_ms;
	size_t n_tags, n_reasons, n_evidence, n_notes, n_files, n_copies;
	size_t n_ancestry;
	size_t n_labels, n_history; /* what reviewers said: their tags, and each thing they did */
	struct incident_tree *tree; /* the parsed record */
};

/* -EINVAL where the payload is no incident; -ENOMEM. */
must_check int incident_parse(struct view payload, struct incident **ret);
struct incident *incident_free(struct incident *i); /* takes NULL, returns NULL */
void incident_freep(struct incident **i);

const char *incident_tag(const struct incident *i, size_t n);
const char *incident_reason(const struct incident *i, size_t n);
const char *incident_note(const struct incident *i, size_t n);
struct incident_ancestor {
	uint64_t pid;
	const char *comm, *exe;
};
struct incident_ancestor incident_ancestor(const struct incident *i, size_t n);

/* What is not shown without a request of its own: the name of the file, and what was found in it.
   "concealed" then says which. 0 or -ENOMEM. */
must_check int incident_conceal(struct incident *i, bool name, bool snippets);

/* The same of a later record, which may bring another file, and of one of the inventory: 1 and the
   whole payload in `out`; 0 where it says nothing that is concealed from these levels up
   (LEVEL_NONE and LEVEL_MAX: never). -EINVAL, or -ENOMEM. */
must_check int incident_more_conceal(
	struct view payload, enum level names, enum level snippets, struct buf *out);

bool incident_is_concealed(const struct incident *i);

const char *incident_label(const struct incident *i, size_t n);
bool incident_has_label(const struct incident *i, const char *label); /* or tag */
struct incident_step incident_step(const struct incident *i, size_t n);
/* The n-th string of a member that is an array, or "". */
const char *incident_item(const struct incident *i, const char *name, size_t n);
/* A member that is true or false; `absent` where it is neither. */
bool incident_flag(const struct incident *i, const char *name, bool absent);
/* A member that is a number, or 0. */
uint64_t incident_number(const struct incident *i, const char *name);
/* A member that is a string, or "". */
const char *incident_text(const struct incident *i, const char *name);
struct incident_evidence incident_evidence(const struct incident *i, size_t n);
struct incident_copy incident_copy(const struct incident *i, size_t n);
struct incident_file incident_file(const struct incident *i, size_t n);

/* Takes what a later record says: "retries" (all of them so far), "last", and what reviewers did:
   "status", "assignee", "note", "tag", "untag"; another "file" of the same act.
   -EINVAL where it is about another id, or nothing that can be read. */
must_check int incident_merge(struct incident *i, struct view payload);

/* Of a kind that tells more of an incident: "incident-...", and its copies ("evidence"). */
bool incident_is_more(struct view kind);

/* The id that a payload is about, into `ret`; -EINVAL where there is none. */
must_check int incident_id(struct view payload, char ret[INCIDENT_ID_MAX + 1]);

/* The whole as one line of JSON without a line feed, with the contract's names. */
must_check int incident_json(const struct incident *i, struct buf *out);

/* A gap or any other record: the string member `name`, into `ret`, cut to fit; "" where absent. */
void payload_string(struct view payload, const char *name, char *ret, size_t size);
