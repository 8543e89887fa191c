/* SPDX-License-Identifier: Apache-2.0 */
/* Facts and their brief on the wire. What arrives is checked: enums in range, strings UTF-8-safe.
 */
#pragma once

#include "model/facts.h"
#include "wire/pack.h"

void pack_facts(struct pack *p, const struct facts *f);
void unpack_facts(struct unpack *u, struct facts *ret);
void pack_brief(struct pack *p, const struct facts_brief *b);
void unpack_brief(struct unpack *u, struct facts_brief *ret);
