/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of core share. Owned by main.c; one per process. */
#pragma once

#include "core/incidents.h"
#include "core/ledger.h"
#include "core/pool.h"
#include "core/store.h"
#include "wire/child.h"
#include "wire/config.h"

struct console;
struct control;
struct crawl;
struct desk;
struct copies;
struct overrides;
struct inventory;
struct justify;
struct receive;
struct rulebook;

struct core {
	struct loop *loop;
	struct child *child;
	struct config config;
	struct store *store;
	struct pool *pool;
	struct ledger *ledger;
	struct incidents *incidents;
	struct rulebook *rulebook; /* policy and rules in force */
	struct packages *packages; /* for what people read */
	struct overrides *overrides;
	struct justify *justify; /* what people may give a reason for */
	struct copies *copies;   /* what copies were asked for */
	struct desk *desk;       /* the gate's questions and records */
	struct crawl *crawl;     /* what watch brings */
	struct inventory *inventory;
	struct receive *receive; /* what applications wrote */
	struct console *console; /* who is logged in to it */
	struct control *control; /* the command line's questions */
	uint64_t started;        /* realtime */
};
