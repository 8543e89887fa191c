/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of text in, blocks out: what every reader of structured documents needs. Text is put into
 * the current paragraph with the look of its run; a paragraph's flag is set where at least half of
 * its text has that look. Shapes (boxes, cells, notes) nest: a box inside a paragraph is handed
 * over before the paragraph that it hangs in. Lines of one paragraph become blocks that share a
 * shape. The last block of a shape gets BLOCK_SHAPE_END.
 */
#pragma once

#include "extract/extractor.h"
#include "text/encoding.h"

/* Shapes inside shapes; deeper ones belong to the one they are in. */
#define FLOW_DEPTH 32

/* Bytes of one paragraph; a longer one becomes several blocks. */
#define FLOW_PARAGRAPH_MAX ((size_t)256 << 10)

/* The look of a run. */
struct look {
	uint32_t flags; /* BLOCK_RED, _STRUCK, _HIDDEN, _CAPS, _BOLD, _LARGE, ... */
	bool is_legacy; /* the font belongs to a legacy encoding: */
	enum encoding legacy;
};

/* Red as a marking is. */
static inline bool look_is_red(unsigned red, unsigned green, unsigned blue)
{
	return red >= 0x90 && green <= red / 3 && blue <= red / 3;
}

/* In a font of TCVN3 the soft hyphen's number is the letter ư. */
#define LOOK_SOFT_HYPHEN "\xc2\xad"
static inline bool look_soft_hyphen_is_letter(const struct look *l)
{
	return l->is_legacy && l->legacy == ENCODING_TCVN3;
}

/* Sets the legacy part (and BLOCK_CAPS for a capital font) from a font's name. */
void look_set_font(struct look *l, struct view font);

struct flow_frame {
	enum place place;
	uint32_t shape;  /* 0: the body itself */
	uint32_t flags;  /* of the shape: BLOCK_FRAMED, _HIDDEN */
	uint32_t para;   /* flags of the paragraph: BLOCK_FRAMED, _CENTRED */
	size_t start;    /* of the paragraph in `text` */
	size_t with[14]; /* bytes that have the flag 1 << i */
};

struct flow {
	struct extractor *x;
	uint32_t page;
	uint32_t row;   /* on every cell; 0: not known */
	uint32_t flags; /* on every block */
	uint64_t puts;  /* pieces of text so far */
	struct buf text;
	struct buf held; /* text of `last` */
	struct block last;
	bool has_last;
	unsigned n, over;
	struct flow_frame frames[FLOW_DEPTH];
};

void flow_init(struct flow *f, struct extractor *x, enum place place);
void flow_done(struct flow *f); /* frees; what was not finished is lost */

must_check int flow_shape(struct flow *f, enum place place, uint32_t flags);
must_check int flow_shape_end(struct flow *f);
must_check int flow_paragraph_end(struct flow *f);
must_check int flow_break(struct flow *f);  /* a line break */
must_check int flow_finish(struct flow *f); /* hands over all that is still open */

/* Decoded text, or text with XML entities. */
must_check int flow_put(struct flow *f, struct view text, const struct look *look);
must_check int flow_put_xml(struct flow *f, struct view raw, const struct look *look);

/* A block of its own beside the flow (alternative text, watermark): `raw` has XML entities. */
must_check int flow_aside(struct flow *f, enum place place, struct view raw);

static inline struct flow_frame *flow_frame(struct flow *f)
{
	return &f->frames[f->n - 1];
}
