/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a program as on a kernel without fanotify permission events: fanotify_mark(2) with
 * permission bits gives EINVAL, as the kernel's own code does there. With "old" as its first
 * argument: as on a kernel of 5.14 to 5.19, without FAN_MARK_IGNORE, FAN_PRE_ACCESS, mount events
 * and notification of whole file systems by name.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

static int refuse(scmp_filter_ctx ctx, int call, unsigned arg, uint64_t bit)
{
	return seccomp_rule_add(
		ctx, SCMP_ACT_ERRNO(EINVAL), call, 1, SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, bit, bit));
}

static int become_old(scmp_filter_ctx ctx)
{
	static const uint64_t ignore = 0x400, pre_access = 0x100000, report_mount = 0x4000;

	return refuse(ctx, SCMP_SYS(fanotify_mark), 1, ignore) < 0 ||
		refuse(ctx, SCMP_SYS(fanotify_mark), 2, pre_access) < 0 ||
		refuse(ctx, SCMP_SYS(fanotify_init), 0, report_mount) < 0 ||
		refuse(ctx, SCMP_SYS(fanotify_init), 0, FAN_REPORT_FID) < 0;
}

int main(int argc, char **argv)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	bool old = argc > 2 && strcmp(argv[1], "old") == 0;
	uint64_t perm = FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM;

	if (argc < 2 || !ctx)
		return 2;
	if (old && become_old(ctx))
		return 2;
	argv += old;
	for (uint64_t bit = FAN_OPEN_PERM; !old && bit <= FAN_OPEN_EXEC_PERM; bit <<= 1)
		if (perm & bit && refuse(ctx, SCMP_SYS(fanotify_mark), 2, bit) < 0)
			return 2;
	if (seccomp_load(ctx) < 0)
		return 2;
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 2;
}
