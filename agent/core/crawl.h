/* SPDX-License-Identifier: Apache-2.0 */
/* What watch brings: files seen ahead of time, scanned in the background and put into the store. */
#pragma once

#include "base/json.h"
#include "core/core.h"

struct crawl;

must_check int crawl_new(struct core *core, struct crawl **ret);
struct crawl *crawl_free(struct crawl *c); /* takes NULL, returns NULL */

/* Has watch look at everything again. */
void crawl_rescan(struct crawl *c);
must_check int crawl_watch(struct crawl *c, int sock); /* a (new) watch; socket taken over */

/* Counts watches. An answer to WATCH_RECEIVED, for the watch that sent it alone. */
uint32_t crawl_generation(const struct crawl *c);
void crawl_received(struct crawl *c, uint32_t generation, uint32_t id);

void crawl_status(const struct crawl *c, struct json *j); /* key "watch" */
