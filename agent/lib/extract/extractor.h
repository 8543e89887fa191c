/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all readers share: the state of reading one document, its budgets, and the way out for
 * text. Internal to extract/ (readers, their unit tests and fuzz targets).
 *
 * What a reader returns, and what every function here of type int returns:
 *   0             go on (a content problem was told with extractor_fail());
 *   EXTRACT_STOP  a budget of the whole document is used up and its reason recorded: unwind;
 *   -errno        no memory, or the sink's answer: unwind and forward.
 * So a reader writes `if (r != 0) return r;` after each call and never looks closer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/macros.h"
#include "base/view.h"
#include "extract/extract.h"
#include "model/block.h"
#include "model/completeness.h"
#include "model/picture.h"

#define EXTRACT_STOP 1

/* Bytes (or comparable units) of work between two looks at the CPU clock. */
#define EXTRACT_TICK_WORK (UINT64_C(64) << 10)

/* Bytes of a member path that are kept; longer ones are cut at the front. */
#define EXTRACT_MEMBER_MAX 1024

/* Pictures inside one document that are looked at, repetitions apart. */
#define EXTRACT_PICTURES_MAX 2000

/* Pictures that are remembered, to look at each once. */
#define EXTRACT_PICTURES_KNOWN 64

struct libdeflate_decompressor;

struct extractor {
	const struct extract_limits *limits;
	const struct block_sink *sink;
	struct extract_result *result;

	uint64_t cpu_start;
	uint64_t work;     /* since the last look at the clock */
	uint64_t inflated; /* bytes, against limits->total_bytes */
	uint64_t text;     /* bytes, against limits->text_bytes */
	uint32_t members;  /* against limits->members */
	uint32_t depth;    /* 0 at the document itself */
	uint32_t shapes;   /* last number given out */
	uint32_t images;   /* pictures that nobody read */
	uint32_t seen;     /* pictures that somebody read, against EXTRACT_PICTURES_MAX */
	bool stopped;      /* EXTRACT_STOP was returned */
	uint64_t blocks;   /* handed over, file names apart */
	bool has_text;     /* among them one that is no property or mail header */

	const struct picture_reader *pictures; /* or NULL */
	struct hash_key key;
	uint64_t known[EXTRACT_PICTURES_KNOWN];

	struct buf member; /* path of the member being read */
	struct buf clean;  /* repaired UTF-8 of the block being handed over */
	struct libdeflate_decompressor *decompressor; /* made when first needed */
};

/* A format: `bid` says from the bytes alone how sure it is, `read` reads. */
struct reader {
	const char *format; /* what extract_result.format says, unless `read` refines it */
	int (*bid)(struct view content); /* BID_NONE ... BID_MAGIC */
	int (*read)(struct extractor *x, struct view content);
};

enum {
	BID_NONE = 0,
	BID_GUESS = 20,   /* looks like it */
	BID_CONTENT = 60, /* structure says so */
	BID_MAGIC = 100,  /* unmistakable first bytes */
};

/* Counts `work` bytes looked at; EXTRACT_STOP (and the reason timed-out) once the CPU budget is
   used up. Cheap: call it in every loop whose length the document decides. */
must_check int extractor_tick(struct extractor *x, uint64_t work);

/*
 * Hands a block to the sink. `block->member` is filled in here; text that is not UTF-8 gets U+FFFD
 * for each bad byte; blocks without any visible text are dropped. Counts against
 * limits->text_bytes.
 */
must_check int extractor_emit(struct extractor *x, const struct block *block);

/* A fresh number for block.shape, never 0. */
uint32_t extractor_shape(struct extractor *x);

/* A part was not read (COMPLETENESS_PARTIAL), or nothing of this document
   (COMPLETENESS_UNREADABLE; inside a container that makes the whole partial). A document that is
   partial in the end and gave not one block is unreadable. */
void extractor_fail(struct extractor *x, enum completeness c, enum reason r);

/* Refines the format's name; only the outermost document's counts. */
void extractor_format(struct extractor *x, const char *format);

/* Reads a member, attachment or embedded document by its true type. Depth and the number of
   members are bounded here. `name` is any bytes, as stored. */
must_check int extractor_nested(struct extractor *x, struct view name, struct view content);

/* What extractor_nested() does around its reader, for what is no bytes of their own (a storage in a
   compound file). EXTRACT_OUTSIDE where a limit forbids it; else extractor_leave() takes the path.
 */
#define EXTRACT_OUTSIDE 3
must_check int extractor_enter(struct extractor *x, struct view name, size_t *ret_path);
void extractor_leave(struct extractor *x, size_t path);

/* Counts a file against limits->members. False (and the reason too-big) where there are too many.
   extractor_nested() does it by itself. */
must_check bool extractor_member(struct extractor *x);

/* The name of a member is itself a place where a marking can stand: hands it over. */
must_check int extractor_file_name(struct extractor *x, struct view name);

/* True where a reader, or at least a signature, says that this may be a document with text. For
   parts of office files whose type nobody states. */
bool extract_is_document(struct view content);

/* A picture inside a document, as a file of its own; where on which page, nobody knows. Looked at
   once, however often the document shows it. Where nobody reads pictures and the document turns out
   to have no text, they are reported as unsupported. What it returns comes again from the next
   extractor_tick(). */
void extractor_image(struct extractor *x, struct view content);

/* Hands a picture to whoever reads pictures. */
must_check int extractor_picture(struct extractor *x, const struct picture *p);

/* Whether a picture of that content was met before; remembers it. */
bool extractor_is_known(struct extractor *x, struct view content);

/* Counts `n` decompressed bytes against limits->total_bytes. False where they don't fit any more;
   the reason too-big is recorded then. inflate_view() does it by itself. */
bool extractor_charge(struct extractor *x, uint64_t n);

/* For tests and fuzz targets of single readers; extract_document() does it otherwise. */
void extractor_init(struct extractor *x, const struct extract_limits *limits,
	const struct block_sink *sink, struct extract_result *result);
void extractor_done(struct extractor *x);
