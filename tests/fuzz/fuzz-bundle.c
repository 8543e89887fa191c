/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles and receipts, as they come on a medium: what parses can be written and parsed again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle.h"
#include "bundle/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_bundle(struct view v)
{
	cleanup_with(bundle_done) struct bundle b = {0}, c = {0};
	cleanup_with(buf_done) struct buf again = {0};
	char why[200];

	if (bundle_parse(v, &b, why, sizeof(why)) < 0)
		return;
	if (bundle_write(&b, &again) < 0 ||
		bundle_parse(buf_view(&again), &c, why, sizeof(why)) < 0)
		abort();
}

static void try_receipt(struct view v)
{
	static const uint8_t seed[SIGN_KEY_SIZE] = {1};
	struct sign_secret nobody;
	struct receipt r;

	if (receipt_parse(v, &r) < 0)
		return;
	if (sign_secret_from_seed(seed, &nobody) < 0)
		abort();
	memcpy(nobody.public.id, r.signature.id, SIGN_ID_TEXT);
	if (receipt_check(&r, &nobody.public, 1) == SIGN_VALID)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = view_of(data, size);

	try_bundle(v);
	try_receipt(v);
	return 0;
}
