/* SPDX-License-Identifier: Apache-2.0 */
/* Facts for people: short phrases in their language. */
#pragma once

#include <stdio.h>

#include "base/lang.h"
#include "model/facts.h"

/* "header" or "đầu trang". */
const char *facts_text_place(enum lang lang, enum place place);

/* "partial" or "đọc được một phần". */
const char *facts_text_completeness(enum lang lang, enum completeness completeness);

/* "it is encrypted" or "bị mã hóa". */
const char *facts_text_reason(enum lang lang, enum reason reason);

/* `header, page 1, in a.zip/b.docx: "TỐI MẬT" (rule vn-secret)` */
void facts_text_evidence(FILE *f, enum lang lang, const struct evidence *e);
