/* SPDX-License-Identifier: Apache-2.0 */
/* Drawings in the binary formats: the words of word art and the descriptions of pictures, and the
 * pictures. */
#pragma once

#include "extract/extractor.h"

#define OFFICEART_HEADER 8

/* `art` is any part of a drawing that starts with a record. */
must_check int officeart_words(struct extractor *x, struct view art, uint32_t page, uint32_t flags);

/* Every picture that a part of a drawing holds, or names in the stream `delayed`. */
must_check int officeart_pictures(struct extractor *x, struct view art, struct view delayed);

/* The stream with the pictures in Word's text: each behind a head. */
must_check int officeart_in_text(struct extractor *x, struct view data);
