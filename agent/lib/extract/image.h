/* SPDX-License-Identifier: Apache-2.0 */
/* A document that is a picture: handed over whole, as one page (a TIFF: its pages). */
#pragma once

#include "extract/extractor.h"

must_check int image_extract(struct extractor *x, struct view content);
