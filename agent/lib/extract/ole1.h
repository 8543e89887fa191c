/* SPDX-License-Identifier: Apache-2.0 */
/* Objects as OLE 1 stores them: in RTF, and in the Ole10Native streams of compound files. */
#pragma once

#include "extract/extractor.h"

/* \objdata: a header with the class, and the object's own bytes. */
must_check int ole1_object(struct extractor *x, struct view content);

/* What the packager wraps a file in: label, path, bytes. */
must_check int ole1_package(struct extractor *x, struct view content);
