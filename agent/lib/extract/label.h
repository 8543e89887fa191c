/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Label metadata in one form, wherever it was found, so that rules need only one:
 *   MSIP_Label_<guid>_Enabled, _Removed, _Name ...   as in custom properties; LabelInfo.xml and the
 *                                                    mail header msip_labels are turned into them
 *   MSIP_Label_<guid>_LabelId                        the id as a value, for every label that is on
 *   slab:Classification, slab:Marking                of STANAG 4774: "SECRET", "NATO SECRET"
 */
#pragma once

#include "extract/extractor.h"

/* Bytes of a security policy's name that are kept. */
#define LABEL_POLICY_MAX 64

/* What a property or mail header that was handed over says besides. Called by extractor_emit(). */
must_check int label_derive(struct extractor *x, const struct block *b);

/* One label of LabelInfo.xml. `id` may stand in braces; an empty `enabled` is on. */
must_check int label_info(
	struct extractor *x, struct view id, struct view enabled, struct view removed);

/* Follows the elements of an XML part for a confidentiality label. Zero-initialised. */
struct label_slab {
	bool inside, is_policy, is_classification;
	size_t n;
	char policy[LABEL_POLICY_MAX];
};
void label_slab_open(struct label_slab *s, struct view element);
void label_slab_close(struct label_slab *s, struct view element);
must_check int label_slab_text(struct extractor *x, struct label_slab *s, struct view text);
