/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/helper.h"

#include <errno.h>
#include <linux/capability.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

#define ENDS_MS 20 /* that a killed one is waited for */

pid_t helper_start(int (*fn)(void *userdata), void *userdata)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid < 0 ? -errno : pid;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(ESRCH);
	_exit(-fn(userdata) & 0xff);
}

static int result(pid_t helper, int flags)
{
	int status;
	pid_t r;

	do
		r = waitpid(helper, &status, flags);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return -EAGAIN;
	return r > 0 && WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

int helper_wait(pid_t helper, int ms)
{
	cleanup_with(fd_closep) int fd = (int)syscall(SYS_pidfd_open, helper, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (fd >= 0 && ms > 0 && poll(&p, 1, ms) < 0 && errno != EINTR)
		return -errno;
	return result(helper, WNOHANG);
}

void helper_kill(pid_t helper)
{
	/* Not until it is gone: what a FUSE server has taken up and does not answer, no signal
	 * ends.
	 */
	if (kill(helper, SIGKILL) == 0)
		unchecked(helper_wait(helper, ENDS_MS));
}

int helper_become(uint32_t uid, uint32_t gid)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (prctl(PR_SET_KEEPCAPS, 1) < 0 || setresgid(gid, gid, gid) < 0 ||
		setresuid(uid, uid, uid) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
		syscall(SYS_capget, &header, data) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted;
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

void helper_enter_host(void)
{
	cleanup_with(fd_closep) int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)setns(fd, CLONE_NEWNS);
}

void helper_keep_only(const int *fds, size_t n)
{
	unsigned from = STDERR_FILENO + 1;

	for (;;) {
		unsigned next = ~0U; /* the lowest that is kept, from there on */

		for (size_t i = 0; i < n; i++)
			if (fds[i] >= (int)from && (unsigned)fds[i] < next)
				next = (unsigned)fds[i];
		if (next == ~0U)
			break;
		if (next > from)
			(void)close_range(from, next - 1, 0);
		from = next + 1;
	}
	(void)close_range(from, ~0U, 0);
}
