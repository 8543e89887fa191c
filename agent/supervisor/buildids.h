/* SPDX-License-Identifier: Apache-2.0 */
/* The build ids of the applications' programs, for the gate to know copies by. */
#pragma once

#include "base/buf.h"
#include "base/macros.h"
#include "subject/apptable.h"

/* Appends the body of SUP_BUILD_IDS: of the programs that exist now. 0 or -errno. */
must_check int buildids_collect(const struct apptable *apps, struct buf *ret);
