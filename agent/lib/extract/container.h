/* SPDX-License-Identifier: Apache-2.0 */
/* Containers of files that are read here: ZIP (also the one around office documents) and gzip. */
#pragma once

#include "extract/extractor.h"

int container_zip_bid(struct view content);
must_check int container_zip(struct extractor *x, struct view content);

int container_gzip_bid(struct view content);
must_check int container_gzip(struct extractor *x, struct view content);
