/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/buildids.h"

#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "subject/buildid.h"
#include "wire/pack.h"
#include "wire/protocol.h"

#define START_BYTES 4096U /* the gate reads no more of a process either */

static bool read_id(const char *path, struct build_id *ret)
{
	cleanup_with(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t start[START_BYTES];
	struct stat st;
	ssize_t n;

	/* What a user put there would make an application of any program that others have copied.
	 */
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != 0 ||
		st.st_mode & 022)
		return false;
	n = pread(fd, start, sizeof(start), 0);
	return n > 0 && build_id_read(view_of(start, (size_t)n), ret);
}

/* Not where a link leads to some other program. */
static bool read_program(
	const struct apptable *apps, uint32_t app, const char *path, struct build_id *ret)
{
	cleanup_with(freep) char *real = realpath(path, NULL);

	return real && apptable_match_exe(apps, real) == app && read_id(real, ret);
}

int buildids_collect(const struct apptable *apps, struct buf *ret)
{
	struct pack p = {ret, 0};
	const char *pattern;
	uint32_t app, n = 0;

	for (uint32_t i = 0; apptable_pattern(apps, APP_PATTERN_EXE, i, &app, &pattern); i++) {
		glob_t found;

		if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc && n < WIRE_BUILD_IDS_MAX; k++) {
			struct build_id id;

			if (!read_program(apps, app, found.gl_pathv[k], &id))
				continue; /* a script, a user's, or gone */
			pack_u32(&p, app);
			pack_view(&p, view_of(id.v, id.n));
			n++;
		}
		globfree(&found);
	}
	return p.error;
}
