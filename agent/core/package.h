/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which Debian package a program is of, for what people read. Only the lists that its name suggests
 * are looked at, each once: core must not go through thousands of files while openers wait.
 */
#pragma once

#include "base/macros.h"

#define PACKAGES_KNOWN_MAX 64U         /* programs remembered */
#define PACKAGES_LIST_MAX  (1U << 20U) /* bytes of a package's list; longer ones are passed over */

struct packages;

/* `dir` holds dpkg's lists. */
must_check int packages_new(const char *dir, struct packages **ret);
struct packages *packages_free(struct packages *p); /* takes NULL, returns NULL */

/* "" where none of the likely ones has it. Takes NULL. Valid until the next call. */
const char *package_of(struct packages *p, const char *exe);
