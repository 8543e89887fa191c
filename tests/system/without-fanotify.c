/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a program as on a kernel without fanotify permission events: fanotify_init(2) with a content
   class and fanotify_mark(2) with permission bits give EINVAL, as the kernel's own code does there.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	uint64_t perm = FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM;

	if (argc < 2 || !ctx)
		return 2;
	for (uint64_t bit = FAN_OPEN_PERM; bit <= FAN_OPEN_EXEC_PERM; bit <<= 1)
		if (perm & bit &&
			seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(fanotify_mark), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, bit, bit)) < 0)
			return 2;
	if (seccomp_load(ctx) < 0)
		return 2;
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 2;
}
