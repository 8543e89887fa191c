/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker found in a document, for tests of what core does with it. */
#pragma once

#include <stdio.h>

#include "model/facts.h"

static inline struct facts some_facts(enum level level)
{
	struct facts f = {.level = level, .format = "docx", .generation = 7, .n_evidence = 1};

	snprintf(f.evidence[0].snippet, sizeof(f.evidence[0].snippet), "MẬT");
	return f;
}
