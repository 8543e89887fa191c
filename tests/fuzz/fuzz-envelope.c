/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of evidence that was changed on its way to the reviewer, who opens it with the private
 * key. The first byte says what the rest is: 0, the whole file; else changes of a good one (u16
 * place, u8 what is added to the byte there), and its low bits how much is cut off. What was
 * changed anywhere never opens.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "digest/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct view content = VIEW_LIT("MẬT: nội dung");
static struct buf key, good;

static int take(void *userdata, struct view v)
{
	return buf_put_view(userdata, v);
}

static void setup(void)
{
	cleanup_with(envelope_freep) struct envelope *e = NULL;
	struct buf certificate = {0};

	if (fd_read_path(FUZZ_REVIEWER ".key", 65536, &key) < 0 ||
		fd_read_path(FUZZ_REVIEWER ".pem", 65536, &certificate) < 0 ||
		envelope_new(buf_view(&certificate), take, &good, &e) != 0 ||
		envelope_write(e, content) != 0 || envelope_finish(e) != 0)
		abort();
	buf_done(&certificate);
}

static void try_open(struct view sealed, bool is_changed)
{
	struct buf out = {0};
	int r = envelope_open(buf_view(&key), sealed, take, &out);

	if (r == 0 && is_changed && !view_eq(buf_view(&out), content))
		abort();
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf changed = {0};

	if (!good.n)
		setup();
	if (size == 0)
		return 0;
	if (data[0] == 0) {
		try_open(view_of(data + 1, size - 1), false);
		return 0;
	}
	if (buf_put_view(&changed, buf_view(&good)) < 0)
		return 0;
	for (size_t i = 1; i + 3 <= size; i += 3)
		changed.p[((size_t)data[i] | (size_t)data[i + 1] << 8) % changed.n] += data[i + 2];
	try_open(view_sub(buf_view(&changed), 0, changed.n - (data[0] & 31U)), true);
	buf_done(&changed);
	return 0;
}
