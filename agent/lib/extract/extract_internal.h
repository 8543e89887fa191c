/* SPDX-License-Identifier: Apache-2.0 */
/* Between the driver and the shared state: readers have no use for it. */
#pragma once

#include "extract/extractor.h"

/* Finds the reader of `content` and lets it read, at the depth that `x` is at. */
must_check int extract_one(struct extractor *x, struct view content);
