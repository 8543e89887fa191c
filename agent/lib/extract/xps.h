/* SPDX-License-Identifier: Apache-2.0 */
/* A fixed page (XPS, OpenXPS). */
#pragma once

#include "extract/office.h"

/* Runs of glyphs on one page; a page with more is read so far. */
#define XPS_RUNS_MAX 100000

must_check int xps_page(struct office *o, struct view xml);
