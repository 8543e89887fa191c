/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Walks everything that a parsed tree promises. */
static void walk(const struct conf *c, const struct conf_node *n, unsigned depth, struct diags *d)
{
	const char *s;
	uint64_t u;
	int64_t i;
	bool b;

	if (depth > CONF_DEPTH_MAX || n->line == 0 || n->col == 0)
		abort();
	if (n->type == CONF_SCALAR && strlen(n->text) > CONF_SIZE_MAX)
		abort();
	if (conf_bool(c, n, "F", d, &b) == 0 || conf_u64(c, n, 0, UINT64_MAX, "F", d, &u) == 0 ||
		conf_i64(c, n, INT64_MIN, INT64_MAX, "F", d, &i) == 0 ||
		conf_bytes(c, n, "F", d, &u) == 0 || conf_duration(c, n, "F", d, &u) == 0 ||
		conf_string(c, n, "F", d, &s) == 0) {
		if (n->type != CONF_SCALAR)
			abort();
	}
	for (size_t k = 0; k < n->n; k++) {
		if (n->type == CONF_MAPPING && conf_get(n, n->keys[k]->text) != n->items[k])
			abort();
		walk(c, n->items[k], depth + 1, d);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"name", "when", "do", NULL};
	struct diags *d = calloc(1, sizeof(*d));
	struct conf *c = NULL;

	if (!d)
		return 0;
	if (conf_parse("fuzz", view_of(data, size), d, &c) == 0) {
		walk(c, conf_root(c), 0, d);
		(void)!conf_check_keys(c, conf_root(c), names, "F", d);
		conf_free(c);
	} else if (d->errors == 0) {
		abort();
	}
	free(d);
	return 0;
}
