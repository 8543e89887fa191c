/* SPDX-License-Identifier: Apache-2.0 */
/* S/MIME (CMS, PKCS#7): what is signed is read, what is encrypted is said to be. */
#pragma once

#include "extract/extractor.h"

/* Values inside values; deeper ones are damage. */
#define CMS_DEPTH_MAX 16

int cms_bid(struct view content);
must_check int cms_extract(struct extractor *x, struct view content);
