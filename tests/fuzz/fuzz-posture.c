/* SPDX-License-Identifier: Apache-2.0 */
/* The question that sealgate-origin is asked: rules of a policy, and a version to judge by them.
   What is before the first NUL is the version. */
#include <stdlib.h>
#include <string.h>

#include "model/posture.h"
#include "posture/rules.h"
#include "posture/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	size_t n = end ? (size_t)(end - data) : 0;
	char version[128], ids[64];
	struct posture_rules r;
	uint32_t bits;

	if (n >= sizeof(version))
		return 0;
	memcpy(version, data, n);
	version[n] = 0;
	if (posture_rules_read(view_of(data + n + (end != NULL), size - n - (end != NULL)), &r) < 0)
		return 0;
	for (unsigned o = 0; o < POSTURE_ORIGIN_MAX; o++) {
		bits = posture_rules_judge(
			&r, "zoom", version, (enum posture_origin)o, ids, sizeof(ids));
		if (bits & ~(POSTURE_BIT(POSTURE_OUTDATED) | POSTURE_BIT(POSTURE_ADVISORY)) ||
			strnlen(ids, sizeof(ids)) == sizeof(ids))
			abort();
	}
	for (size_t i = 0; i < r.n_minimums; i++) {
		const char *bound = r.minimums[i].fixed;

		if (version_compare(bound, bound) != 0 ||
			version_compare(version, bound) != -version_compare(bound, version))
			abort();
	}
	posture_rules_done(&r);
	return 0;
}
