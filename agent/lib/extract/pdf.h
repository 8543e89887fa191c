/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PDF: pages by where their text stands, annotations, form fields, properties, attached files.
 * What cannot be read lowers the completeness: pages that are only pictures, fonts that don't say
 * which letters they show, encryption that the empty password does not open.
 */
#pragma once

#include "extract/extractor.h"

/* "%PDF-" is looked for in so many first bytes. */
#define PDF_HEAD_MAX 1024

int pdf_bid(struct view content);
must_check int pdf_extract(struct extractor *x, struct view content);
