/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail (RFC 5322, MIME). Headers that can carry a marking become PLACE_MAIL_HEADER with block.name:
 * Subject, Comments, Keywords, Sensitivity and every one whose name speaks of classification.
 * Text parts are PLACE_MAIL_BODY; everything else is an attachment and read by its true type.
 */
#pragma once

#include "extract/extractor.h"

/* Bytes of headers of one part, and multiparts inside multiparts. */
#define MAIL_HEADERS_MAX ((size_t)256 << 10)
#define MAIL_DEPTH_MAX   16

int mail_bid(struct view content);
must_check int mail_extract(struct extractor *x, struct view content);

/* Is a header of this name one that can carry a marking? Hands such headers over; for formats that
   keep the headers beside the bodies. */
bool mail_is_telling(struct view name);
must_check int mail_headers(struct extractor *x, struct view head);
