/* SPDX-License-Identifier: Apache-2.0 */
/* An incident as the person whom it happened to is told of it (wire/notice.h). */
#pragma once

#include "core/incidents.h"

/* Whether a person is to be told of it, and somebody in their session waits for that. */
bool notices_wanted(const struct gate_record *r, const struct incident_context *c);

/* A text as a notice holds it: cut between letters where it is longer. */
void notices_cut(char *ret, size_t size, const char *s);

/* `may_justify`: a reason lets it pass. */
void notices_tell(const char *id, const struct gate_record *r, const struct incident_context *c,
	bool may_justify);
