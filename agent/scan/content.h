/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document's bytes: small ones are read into a buffer that is used again, large ones are mapped.
 * A file that is cut while it is mapped kills the worker by SIGBUS, which costs that one verdict.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"

#define CONTENT_BUFFER_MAX  (16U << 20)  /* bytes; more is mapped */
#define CONTENT_BUFFER_KEEP (256U << 10) /* bytes that stay in memory between jobs */

struct content {
	uint8_t *buffer; /* CONTENT_BUFFER_MAX of addresses; pages come with use */
	size_t used;
	void *map; /* or NULL */
	size_t map_size;
};

must_check int content_init(struct content *c);

/* Reads or maps the first `max` bytes of a regular file or memfd. `ret_size` is the file's own
   size; where it is larger than the view, the rest was not read. The view holds until
   content_release(). 0, -EINVAL for what is no regular file, or -errno. */
must_check int content_open(
	struct content *c, int fd, uint64_t max, struct view *ret, uint64_t *ret_size);

/* Forgets the bytes. */
void content_release(struct content *c);
