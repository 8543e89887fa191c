/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads stamps and typed headings in pictures: decodes them, looks for red boxes and frames, reads
 * the letters inside, and hands on those words of a list that a stamp says. Runs in the scan
 * worker; leptonica (pictures) and tesseract (letters) are included here alone.
 *
 * The cheap look comes first: a page without a red box costs milliseconds. Bounds are below; what
 * was not looked at is a reason in the result.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "model/picture.h"

#define STAMP_PIXELS_MAX (48U << 20) /* of one picture or page, decoded */
#define STAMP_SIDE_MAX   32000U      /* pixels */
#define STAMP_FRAMES_MAX 200U        /* pages of one TIFF */
#define STAMP_BOXES_MAX  24U         /* boxes of one page whose letters are read */
#define STAMP_SCANS_MAX  64U         /* passes of a progressive JPEG */
#define STAMP_READS_MAX  96U         /* times that letters are read, per page */
#define STAMP_WORDS_MAX  256U
#define STAMP_TEXT_MAX   64U /* letters of a word */

/* What a stamp can say. The nearest word wins, so harmless stamps belong into the list, too. */
struct stamp_word {
	const char *text;  /* handed on as it stands here */
	unsigned errors;   /* hundredths of a misread letter that are forgiven */
	unsigned width_mm; /* of its frame; 0: any */
	bool harmless;     /* not handed on */
};

struct stamp_words {
	const struct stamp_word *v;
	size_t n;
};

/* Handed on for a frame as stamps have it whose letters nobody could read. */
#define STAMP_UNREADABLE "DẤU KHÔNG ĐỌC ĐƯỢC"

enum stamp_look {
	STAMP_LOOK_COLOUR = 1 << 0, /* red boxes; always done */
	STAMP_LOOK_GREY = 1 << 1,   /* frames on grey and black pages */
	STAMP_LOOK_TEXT = 1 << 2,   /* typed headings of pages that are pictures */
	STAMP_LOOK_ALL = 7,
};

struct stamp;

/* Reads the letter model, the only file it needs: `dir` holds vie.traineddata (NULL: where the
   system keeps it). -ENOENT where there is none. The letters' engine itself is set up when the
   first box wants reading, without any file. */
must_check int stamp_new(const char *dir, struct stamp **ret);
struct stamp *stamp_free(struct stamp *s);

/* From now on; the words must stay valid. Without any, no box says anything. */
void stamp_set_words(struct stamp *s, struct stamp_words words);

/* A new document begins, which may have some of these looks. */
void stamp_begin(struct stamp *s, unsigned looks);

/* For extract/: `userdata` is a struct stamp. */
must_check int stamp_read(void *userdata, const struct picture *p, uint64_t cpu_end,
	const struct block_sink *out, struct picture_result *ret);
