/* SPDX-License-Identifier: Apache-2.0 */
/* Any pack.yaml: compiles to a ruleset that opens, or says why not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "match/match.h"
#include "rulepack/rulepack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct diags d;
	static struct rulepack_info info;
	struct buf blob = {0};
	struct ruleset *r = NULL;
	int e;

	memset(&d, 0, sizeof(d));
	e = rulepack_compile_text("pack.yaml", view_of(data, size), &d, &info, &blob);
	if (e == 0 && ruleset_open(buf_view(&blob), &r) < 0)
		abort();
	if (e < 0 && (e != -EBADMSG || d.errors == 0))
		abort();
	r = ruleset_close(r);
	buf_done(&blob);
	return 0;
}
