/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/keys.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/usage.h"

int keys_read_secret(const char *path, struct sign_secret *ret)
{
	int r = sign_secret_read(path, ret);

	if (r == SIGN_FILE_EXPOSED)
		return ctl_error("%s: others may read this secret key", path);
	if (r == SIGN_FILE_BAD)
		return ctl_error("%s: this is no secret key", path);
	return r < 0 ? ctl_error("%s: %s", path, strerror(-r)) : CTL_DONE;
}

static int add_key(struct sign_public *keys, size_t *n, const char *path)
{
	int r = *n < KEYS_MAX ? sign_public_read(path, &keys[*n]) : -E2BIG;

	if (r == SIGN_FILE_BAD)
		return ctl_error("%s: this is no public key", path);
	if (r < 0)
		return ctl_error("%s: %s", path, strerror(-r));
	++*n;
	return CTL_DONE;
}

int keys_add(struct sign_public *keys, size_t *n, const char *path, bool may_be_missing)
{
	struct dirent **entries = NULL;
	struct stat st;
	int count, r = CTL_DONE;

	if (stat(path, &st) < 0)
		return may_be_missing ? CTL_DONE : ctl_error("%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return add_key(keys, n, path);
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		cleanup_with(freep) char *file = NULL;
		size_t length = strlen(entries[i]->d_name);

		if (r == CTL_DONE && length > 4 &&
			strcmp(entries[i]->d_name + length - 4, ".pub") == 0)
			r = asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0
				? ctl_error("out of memory")
				: add_key(keys, n, file);
		free(entries[i]);
	}
	if (count >= 0)
		free((void *)entries);
	return r;
}
