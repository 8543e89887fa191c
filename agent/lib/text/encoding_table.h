/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that gen-encoding.py writes, and how the encoding modules share them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"
#include "text/encoding.h"

#define ENCODING_GB_COLUMNS 191 /* second bytes 0x40 to 0xfe */

/* The four-byte codes of GB18030 from `linear` on stand for `n` code points from `cp` on. */
struct encoding_run {
	uint16_t linear;
	uint16_t cp;
	uint16_t n;
};

struct vi_key {
	uint8_t utf8[12]; /* zero-padded */
};

struct vi_tone {
	uint16_t cp;
	uint16_t base;
	uint8_t tone; /* enum vi_tone_mark */
};

extern const uint16_t encoding_high[ENCODING_MAX][128]; /* 0 is not assigned */
extern const uint16_t encoding_low[ENCODING_MAX][32];   /* letters among the controls */
extern const uint16_t encoding_gb_two[], encoding_big5[], encoding_shift_jis[], encoding_euc_kr[];
extern const struct encoding_run encoding_gb_four[];
extern const size_t encoding_gb_four_n;
extern const uint16_t encoding_hanzi[]; /* frequent characters, sorted */
extern const size_t encoding_hanzi_n;
extern const uint16_t encoding_hangul[];
extern const size_t encoding_hangul_n;

extern const struct vi_key vi_syllables[], vi_onsets[], vi_rimes[];
extern const size_t vi_syllables_n, vi_onsets_n, vi_rimes_n;
extern const struct vi_tone vi_tones[];
extern const size_t vi_tones_n;

/*
 * Reads text of one byte per character (VNI: or two) as code points. With `mojibake` the bytes are
 * those that somebody took for Latin-1 and wrote as UTF-8; what is no such byte stays as it is.
 */
struct encoding_reader {
	enum encoding encoding;
	bool mojibake;
	const uint8_t *p, *end;
};

bool encoding_is_single(enum encoding e);

/* The next code point, composed with the tone marks that follow it; UTF8_INVALID where a byte is
   not assigned. `p` must be before `end`. */
uint32_t encoding_read(struct encoding_reader *r);

bool encoding_is_hanzi(uint32_t cp); /* a frequent one, simplified or traditional */

bool encoding_is_utf7(struct view v); /* of ASCII */
must_check int encoding_decode_utf7(struct view v, struct buf *out);

bool encoding_is_double(enum encoding e); /* one or two bytes a character, GB18030 apart */

/* Reads such an encoding as encoding_read_gb() does. */
uint32_t encoding_read_double(enum encoding e, const uint8_t **p, const uint8_t *end, bool *ret_ok);

/* Reads GB18030; sets `ret_ok` false where the bytes are none. `p` must be before `end`. */
uint32_t encoding_read_gb(const uint8_t **p, const uint8_t *end, bool *ret_ok);
