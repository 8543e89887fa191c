/* SPDX-License-Identifier: Apache-2.0 */
/* Files of many mails, one behind another's "From " line; and Apple's file of one mail. */
#pragma once

#include "extract/extractor.h"

int mbox_bid(struct view content);
must_check int mbox_extract(struct extractor *x, struct view content);

int emlx_bid(struct view content);
must_check int emlx_extract(struct extractor *x, struct view content);
