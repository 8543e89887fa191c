/* SPDX-License-Identifier: Apache-2.0 */
/*
 * winmail.dat: what Outlook sends where it thinks that the other side is Outlook, too. Subject and
 * bodies are read as a mail's, attachments by their true type.
 */
#pragma once

#include "extract/extractor.h"

int tnef_bid(struct view content);
must_check int tnef_extract(struct extractor *x, struct view content);
