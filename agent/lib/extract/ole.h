/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "extract/extractor.h"

int ole_bid(struct view content);
must_check int ole_extract(struct extractor *x, struct view content);
