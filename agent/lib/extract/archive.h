/* SPDX-License-Identifier: Apache-2.0 */
/* Containers of files: ZIP (also the one around office documents), gzip, tar. */
#pragma once

#include "extract/extractor.h"

int archive_zip_bid(struct view content);
must_check int archive_zip(struct extractor *x, struct view content);

int archive_gzip_bid(struct view content);
must_check int archive_gzip(struct extractor *x, struct view content);

int archive_tar_bid(struct view content);
must_check int archive_tar(struct extractor *x, struct view content);
