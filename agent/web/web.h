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
	enum { WEB_NOT_VERIFIED, WEB_WHOLE, WEB_NOT_WHOLE } journal_state;
	uint64_t verified; /* realtime; 0: never */
	struct server *server;
};
