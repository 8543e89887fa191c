/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From answered events to incidents: one for what a person did. Retries are counted into it, and
 * files that are opened in the same act, or have the same content, are named in it. Composes the
 * payloads (docs/journal.md) and gives them to the ledger.
 */
#pragma once

#include "core/ledger.h"
#include "core/package.h"
#include "model/facts.h"
#include "wire/record.h"

#define INCIDENTS_WINDOW_NS (60 * NSEC_PER_SEC)
/* The most between two files of one act, by their own times; and where several were opened
   already, as a file chooser does while somebody looks for the one to send. */
#define INCIDENTS_ACT_NS  (10 * NSEC_PER_SEC)
#define INCIDENTS_LOOK_NS (30 * NSEC_PER_SEC)
#define INCIDENTS_NOTICE_NS                                                          \
	(2 * NSEC_PER_SEC)        /* after so long a person is told of the next, too \
				   */
#define INCIDENTS_FILES_MAX 128U  /* files of one incident; more are another one's */
#define INCIDENTS_OPEN_MAX  1024U /* windows; the oldest is closed early for a new one */

#define INCIDENTS_ID_MAX 27 /* 26 characters of Crockford's base 32, sortable by time */

struct incidents;

/* From /etc/passwd alone: a directory service may be slow, and openers wait for this process. Users
   of a directory stand with their number, and "" here. */
#define INCIDENTS_USER_SIZE 64U
void incidents_user_name(uint32_t uid, char ret[INCIDENTS_USER_SIZE]);

/* The id that the incident of this record has. */
void incidents_id(const struct gate_record *r, char ret[INCIDENTS_ID_MAX]);

must_check int incidents_new(struct loop *l, struct ledger *g, struct incidents **ret);
struct incidents *incidents_free(struct incidents *i); /* writes what is counted; takes NULL */

/* What became of a file that was to be moved to quarantine. */
struct incident_vault {
	bool moved;
	const char *id, *why; /* "" where there is none */
	uint32_t other_names; /* hard links of the content that are left */
};

struct incident_context {
	const struct facts *facts; /* NULL where not (yet) known */
	const char *app_name;
	const char *message; /* the rule's, "" where it has none */
	const char *mode;
	const struct incident_vault *vault; /* NULL: it was not to be moved */
	const char *rules_version;
	enum level omit_names;     /* from this level up; LEVEL_NONE and LEVEL_MAX: never */
	struct packages *packages; /* NULL: not looked up */
	struct control *control;   /* tells the person; NULL: nobody does */
	struct justify *justify;   /* takes reasons; NULL: nobody does */
	struct copies *copies;     /* has a copy made; NULL: the rule wants none */
	bool crowd; /* one of many that are found lying there at once: told together */
};

/* `tag` is handed to the ledger; it comes back at once with `ret_counted` where the record was
   counted into an open incident, as another try for a file that it names. 0 or -errno. */
must_check int incidents_add(struct incidents *i, const struct gate_record *r,
	const struct incident_context *c, uint64_t tag, bool *ret_counted);

/* A record of the agent about itself: {"kind": kind, "what": what, "text": text, ...}. */
must_check int incidents_note(struct ledger *g, const char *kind, const char *what, const char *fmt,
	...) printf_like(4, 5);

uint64_t incidents_count(const struct incidents *i);
uint64_t incidents_retries(const struct incidents *i);
