/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes in, blocks out. Pure functions over a bounded view: no I/O, no globals, nothing allocated
 * in proportion to a declared length before that many bytes exist. Runs only in the scan worker
 * (and in tests). Content problems are data: they lower `completeness` with a reason.
 */
#pragma once

#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"
#include "model/block.h"
#include "model/facts.h"
#include "model/picture.h"

/* Every bound: name, unit, default. extract_limits_default() fills them in. */
struct extract_limits {
	uint64_t member_bytes; /* of one member after decompression; 64 MiB */
	uint64_t total_bytes;  /* of everything decompressed for one document; 512 MiB */
	uint64_t text_bytes;   /* of text handed to the sink; 256 MiB */
	uint32_t members;      /* files in containers, all levels together; 10000 */
	uint32_t depth;        /* of containers in containers; 8 */
	uint32_t pages;        /* of a PDF or slides of a deck; 20000 */
	uint64_t cpu_ns;       /* CPU time, looked at between units of work; 2 s */
};

void extract_limits_default(struct extract_limits *ret);

struct extract_result {
	char format[32]; /* true type, never from the extension */
	enum completeness completeness;
	uint32_t reasons; /* REASON_BIT */
};

/*
 * Reads one document with everything inside it. Blocks go to `sink` in reading order, parts one
 * after another; a negative return of the sink ends the reading and is forwarded.
 * Returns 0 (look at the result), or -errno for want of memory or as the sink said.
 */
must_check int extract_document(struct view content, const struct extract_limits *limits,
	const struct block_sink *sink, struct extract_result *ret);

/* The same with somebody who reads pictures (NULL: they are reported as unsupported). */
must_check int extract_document_seeing(struct view content, const struct extract_limits *limits,
	const struct picture_reader *pictures, const struct block_sink *sink,
	struct extract_result *ret);
