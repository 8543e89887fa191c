/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CTL_NOTICE: what happened, for the person whom it happened to. Core sends it to those who asked
 * with CTL_NOTICES, each only what is their own user's. No text of a document is in it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/action.h"
#include "model/level.h"
#include "wire/pack.h"

#define NOTICE_NAME_SIZE    256U
#define NOTICE_MESSAGE_SIZE 1025U

/* What the caller of CTL_NOTICES can read; without one, NOTICE_PLAIN. */
enum notice_form {
	NOTICE_PLAIN,
	NOTICE_REASON, /* with `may_justify` and what follows */
	NOTICE_FORM_MAX,
};

struct notice {
	enum action action;
	enum channel channel;
	enum level level;  /* LEVEL_NONE: nobody could say in time, or it is no document */
	char incident[28]; /* "": no incident, only `message` to be read */
	char app[64];      /* application id */
	char app_name[96]; /* as people know it */
	char file[NOTICE_NAME_SIZE];       /* base name; cut at the end where longer */
	char message[NOTICE_MESSAGE_SIZE]; /* the rule's, or "" */
	bool may_justify;                  /* a reason lets it pass: wire/justify.h */
	uint32_t reason, minutes;          /* of how many characters, for how long */
};

void pack_notice(struct pack *p, const struct notice *n, enum notice_form form);
void unpack_notice(struct unpack *u, struct notice *ret, enum notice_form form);
