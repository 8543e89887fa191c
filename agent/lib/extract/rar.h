/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libarchive does not tell about a RAR file: which members are encrypted (RAR 5 gives noise
 * for them there), whether the headers are, and which members go on in another volume.
 */
#pragma once

#include "extract/extractor.h"

struct rar_headers {
	struct buf encrypted; /* a byte for each file header, in order */
	bool is_encrypted;    /* any of them, or the headers */
};

/* Walks the headers; `ret` stays empty where the content is no RAR. The reasons are recorded.
   0, EXTRACT_STOP, -ENOMEM. */
must_check int rar_headers_read(struct extractor *x, struct view content, struct rar_headers *ret);
void rar_headers_done(struct rar_headers *h);

/* Of the file header `number`, counted from 0. */
bool rar_headers_encrypted(const struct rar_headers *h, size_t number);
