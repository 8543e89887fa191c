/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents that are one XML file: flat OpenDocument, Word 2003, flat OPC (a package as one file),
 * Excel 2003, Visio 2003, FictionBook, SVG. Known by their root; other XML is plain text.
 */
#pragma once

#include "extract/extractor.h"
#include "extract/office.h"

int xmlfile_bid(struct view content);
must_check int xmlfile_extract(struct extractor *x, struct view content);

/* The text of any XML: an element with text is a paragraph, those that only style it are not. */
must_check int xmlfile_text(struct extractor *x, struct view xml, enum place place);
