/* SPDX-License-Identifier: Apache-2.0 */
/* A record of the quarantine: what is read is written, and read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "wire/vault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t room)
{
	if (strnlen(text, room) == room)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vault_record r, again;
	cleanup_with(buf_done) struct buf b = BUF_INIT(4 * VAULT_RECORD_MAX);

	memset(&r, 0xa5, sizeof(r));
	if (vault_record_read(view_of(data, size), &r) < 0)
		return 0;
	check_text(r.id, sizeof(r.id));
	check_text(r.path, sizeof(r.path));
	check_text(r.placeholder, sizeof(r.placeholder));
	check_text(r.sha256, sizeof(r.sha256));
	if (r.path[0] != '/' || !vault_id_is_valid(r.id))
		abort();
	if (vault_record_write(&r, &b) < 0 || vault_record_read(buf_view(&b), &again) < 0 ||
		strcmp(r.path, again.path) != 0 || r.mtime != again.mtime || r.mode != again.mode)
		abort();
	return 0;
}
