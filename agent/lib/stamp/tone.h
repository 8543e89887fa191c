/* SPDX-License-Identifier: Apache-2.0 */
/* The dot below the middle letter of a word of three: what MẬT has, and MẤT, MẮT, MÁT have not. */
#pragma once

#include "stamp/image.h"

/* `mask`: the letters of one line, without a frame. 0 or -ENOMEM. */
must_check int tone_dot(PIX *mask, bool *ret);
