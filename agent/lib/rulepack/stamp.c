/* SPDX-License-Identifier: Apache-2.0 */
/* Whether packs changed, without reading them. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "rulepack/rulepack.h"

static const struct hash_key key = {UINT64_C(0x7275 << 16 | 0x6c65), UINT64_C(0x7061636b)};

static uint64_t mix(uint64_t stamp, struct view v)
{
	return hash_bytes((struct hash_key){key.k0 ^ stamp, key.k1}, v);
}

/* A pack that is not there counts as such: it may come. */
static uint64_t mix_pack(uint64_t stamp, const char *folder)
{
	char path[4096];
	struct stat st = {0};
	int n = snprintf(path, sizeof(path), "%s/pack.yaml", folder);

	if (n < 0 || n >= (int)sizeof(path) || stat(path, &st) < 0)
		return mix(stamp, view_str(folder));
	const uint64_t fields[] = {st.st_dev, st.st_ino, (uint64_t)st.st_size,
		(uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec,
		(uint64_t)st.st_ctim.tv_sec, (uint64_t)st.st_ctim.tv_nsec};

	stamp = mix(stamp, view_str(path));
	return mix(stamp, view_of(fields, sizeof(fields)));
}

static int not_hidden(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

uint64_t rulepack_stamp(const char *const *dirs, size_t n_dirs)
{
	uint64_t stamp = mix(0, view_str(SEALGATE_VERSION));

	for (size_t i = 0; i < n_dirs; i++) {
		struct dirent **names = NULL;
		int n = scandir(dirs[i], &names, not_hidden, alphasort);

		stamp = mix_pack(stamp, dirs[i]);
		for (int k = 0; k < n; k++) {
			char path[4096];
			int used = snprintf(path, sizeof(path), "%s/%s", dirs[i], names[k]->d_name);

			if (used > 0 && used < (int)sizeof(path))
				stamp = mix_pack(stamp, path);
			free(names[k]);
		}
		free(names);
	}
	return stamp;
}
