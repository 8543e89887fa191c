/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages: files of one folder, and of the folder "assets" in it, read at the start. What is
 * asked for is looked up among them, so that no path of a request is ever opened.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

#define ASSETS_MAX       512U
#define ASSETS_BYTES_MAX (32U << 20) /* in all */

struct asset {
	char path[256]; /* "/assets/app-ABCDEF.js" */
	const char *type;
	bool immutable; /* its name changes with its content */
	char etag[24];
	struct buf content;
};

struct assets;

/* -ENOENT where there is no index.html. */
must_check int assets_load(const char *dir, struct assets **ret);
struct assets *assets_free(struct assets *a); /* takes NULL, returns NULL */
const struct asset *assets_find(const struct assets *a, struct view path);
const struct asset *assets_index(const struct assets *a);
