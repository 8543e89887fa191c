/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of sealgate-web share. Owned by main.c; one per process. */
#pragma once

#include "base/loop.h"
#include "catalog/catalog.h"
#include "settings/settings.h"

struct assets;
struct commands;
struct jobs;
struct link;
struct server;
struct sessions;

/* What `sealgate incidents verify` said last. */
struct verification {
	enum { WEB_NOT_VERIFIED, WEB_WHOLE, WEB_NOT_WHOLE } state;
	uint64_t at;  /* realtime; 0: never */
	uint64_t due; /* clock_now() */
	uint64_t last_seq, records;
	bool sealed; /* a checkpoint is there: */
	uint64_t sealed_seq;
	char sealed_time[32], key[65];
	uint64_t job; /* that somebody asked for */
	uint32_t job_uid;
};

struct web {
	struct loop *loop;
	struct settings settings;
	const char *config; /* --config, or NULL */
	char control[4200]; /* the agent's control socket */
	char journal[4200]; /* the folder */
	char work[4200];    /* a folder for files of requests */
	char host[256];
	struct catalog *catalog;
	struct assets *assets;
	struct sessions *sessions;
	struct link *link;         /* to the agent */
	struct commands *commands; /* programs that are run */
	struct jobs *jobs;
	struct verification verification; /* of the journal */
	struct server *server;
};
