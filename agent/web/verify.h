/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the journal is whole, asked of `sealgate incidents verify` now and then, and on request.
 */
#pragma once

#include "base/json.h"
#include "web/web.h"

void verify_tick(struct web *w); /* call a few times a second */
/* The members "verified" (null: not known), and what of it is known. */
void verify_put(const struct web *w, struct json *j);
