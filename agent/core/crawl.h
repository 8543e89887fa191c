/* SPDX-License-Identifier: Apache-2.0 */
/* What watch brings: files seen ahead of time, scanned in the background and put into the store. */
#pragma once

#include "base/json.h"
#include "core/core.h"

struct crawl;

must_check int crawl_new(struct core *core, struct crawl **ret);
struct crawl *crawl_free(struct crawl *c);

/* Has watch look at everything again. */
void crawl_rescan(struct crawl *c);                    /* takes NULL, returns NULL */
must_check int crawl_watch(struct crawl *c, int sock); /* a (new) watch; socket taken over */

void crawl_status(const struct crawl *c, struct json *j); /* key "watch" */
