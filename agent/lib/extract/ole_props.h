/* SPDX-License-Identifier: Apache-2.0 */
/* Property sets: what a compound file says about itself. The usual properties are named as in OOXML
   ("creator", "keywords"), those that users define by their own names. */
#pragma once

#include "extract/cfb.h"

/* Properties of one set that are read. */
#define OLE_PROPS_MAX 1024

/* The property sets among the streams of a storage. */
must_check int ole_props(struct cfb *c, uint32_t storage);

/* LabelInfo and custom XML, wherever in the file they are; what they become says office.h. */
must_check int ole_labels(struct cfb *c);
