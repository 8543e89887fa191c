/* SPDX-License-Identifier: Apache-2.0 */
/* Compound files: which documents the storages hold, and who reads them. */
#pragma once

#include "extract/cfb.h"

int ole_bid(struct view content);
must_check int ole_extract(struct extractor *x, struct view content);

/* One storage that is a document, for the readers that find one inside of theirs. */
must_check int ole_storage(struct cfb *c, uint32_t storage);

/* The readers; `storage` holds their streams. */
must_check int doc_extract(struct cfb *c, uint32_t storage);
must_check int xls_extract(struct cfb *c, uint32_t storage);
must_check int ppt_extract(struct cfb *c, uint32_t storage);
