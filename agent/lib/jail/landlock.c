/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock through its system calls: all file system access is denied but what is listed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "jail/jail_private.h"

/* Bits and fields of later kernels than the headers of our oldest build host. */
#define FS_REFER     (UINT64_C(1) << 13) /* ABI 2 */
#define FS_TRUNCATE  (UINT64_C(1) << 14) /* ABI 3 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define FS_ABI_1     ((UINT64_C(1) << 13) - 1)
#define NET_TCP      UINT64_C(3) /* bind and connect, ABI 4 */
#define SCOPE_ALL    UINT64_C(3) /* abstract sockets and signals, ABI 6 */

#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_NEVER                                                               \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |           \
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
		LANDLOCK_ACCESS_FS_MAKE_SYM | FS_IOCTL_DEV)

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

static uint64_t handled_fs(long abi)
{
	uint64_t fs = FS_ABI_1;

	if (abi >= 2)
		fs |= FS_REFER;
	if (abi >= 3)
		fs |= FS_TRUNCATE;
	if (abi >= 5)
		fs |= FS_IOCTL_DEV;
	return fs;
}

static int allow_below(int ruleset, const char *const *dirs, uint64_t access)
{
	for (; dirs && *dirs; dirs++) {
		cleanup_with(fd_closep) int fd = open(*dirs, O_PATH | O_CLOEXEC | O_DIRECTORY);
		struct landlock_path_beneath_attr rule = {
			.allowed_access = access, .parent_fd = fd};

		/* What is not there cannot be reached later either: a stricter outcome. */
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
			continue;
		if (fd < 0 ||
			syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule,
				0) < 0)
			return -errno;
	}
	return 0;
}

int jail_landlock_prepare(const struct jail_options *o)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset_attr attr = {0};
	cleanup_with(fd_closep) int ruleset = -1;
	size_t size = sizeof(attr.fs);
	int r;

	if (abi < 1)
		return -EOPNOTSUPP;
	attr.fs = handled_fs(abi);
	if (abi >= 4) {
		attr.net = NET_TCP;
		size += sizeof(attr.net);
	}
	if (abi >= 6) {
		attr.scoped = SCOPE_ALL;
		size += sizeof(attr.scoped);
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return -errno;
	r = allow_below(ruleset, o->read_dirs, FS_READ);
	if (r == 0)
		r = allow_below(ruleset, o->write_dirs, attr.fs & ~FS_NEVER);
	return r < 0 ? r : fd_steal(&ruleset);
}

int jail_landlock_restrict(int ruleset)
{
	return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}
