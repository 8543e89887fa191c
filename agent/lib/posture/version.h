/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions of packages, compared as their package managers do: [epoch:]upstream[-revision] as
 * deb-version(7) says. RPM's order is another one (rpm-version(7)). Any text has a place in the
 * order; nothing is allocated.
 */
#pragma once

#include <stdbool.h>

#define VERSION_TEXT_MAX 64U /* bytes with the NUL, of what policies and advisories may say */

/* Below, at or above zero. */
int version_compare(const char *a, const char *b);     /* Debian; also flatpaks and snaps */
int version_compare_rpm(const char *a, const char *b); /* [epoch:]version[-release] */

/* A digit first, then letters, digits and . + - : ~ only; shorter than VERSION_TEXT_MAX. */
bool version_is_valid(const char *v);
