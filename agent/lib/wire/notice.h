/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CTL_NOTICE: what happened, for the person whom it happened to. Core sends it to those who asked
 * with CTL_NOTICES, each only what is their own user's. No text of a document is in it.
 */
#pragma once

#include <stdint.h>

#include "model/action.h"
#include "model/level.h"
#include "wire/pack.h"

#define NOTICE_NAME_SIZE    256U
#define NOTICE_MESSAGE_SIZE 1025U

struct notice {
	enum action action;
	enum channel channel;
	enum level level;  /* LEVEL_NONE: nobody could say in time, or it is no document */
	char incident[28]; /* "": no incident, only `message` to be read */
	char app[64];      /* application id */
	char app_name[96]; /* as people know it */
	char file[NOTICE_NAME_SIZE];       /* base name; cut at the end where longer */
	char message[NOTICE_MESSAGE_SIZE]; /* the rule's, or "" */
};

void pack_notice(struct pack *p, const struct notice *n);
void unpack_notice(struct unpack *u, struct notice *ret);
