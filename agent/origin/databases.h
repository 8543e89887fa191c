/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which package a program belongs to, and in which version: dpkg's and RPM's databases, the folders
 * that flatpak and snap deploy into. Everything is read below `root`, "" but in tests. What cannot
 * be read counts as not there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "posture/rules.h"

#define PACKAGE_NAME_MAX    128U
#define PACKAGE_VERSION_MAX 128U

struct owner {
	enum posture_origin origin;
	char package[PACKAGE_NAME_MAX];
	char version[PACKAGE_VERSION_MAX]; /* "" where unknown */
	char remote[64];                   /* of a flatpak */
	bool local;                        /* a snap that did not come from a store */
};

struct program {
	const char *app, *path;
	unsigned long long dev, ino;
	bool safe; /* only root can write it */
	struct owner owner;
};

/* dpkg: one walk over its lists for all programs. 0 or -ENOMEM. */
must_check int deb_find(const char *root, struct program *v, size_t n);
/* Asks rpm, where it is installed. */
void rpm_find(const char *root, struct program *p);
bool flatpak_find(const char *root, const char *id, struct owner *ret);
bool snap_find(const char *root, const char *name, struct owner *ret);
/* By where the program lies. */
void sandbox_find(const char *root, struct program *p);
