/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profiles, as data: add a line here when a process needs another system call, and say what
 * for. Numbers that an architecture does not have are skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "jail/jail_private.h"

#define CALL(name)                                    \
	{                                             \
		SCMP_SYS(name), JAIL_CHECK_NONE, 0, 0 \
	}
#define EQUAL(name, arg, val)                                          \
	{                                                              \
		SCMP_SYS(name), JAIL_CHECK_EQUAL, arg, (uint32_t)(val) \
	}
#define CLEAR(name, arg, val)                                          \
	{                                                              \
		SCMP_SYS(name), JAIL_CHECK_CLEAR, arg, (uint32_t)(val) \
	}
#define TABLE(a)                 \
	{                        \
		a, ARRAY_SIZE(a) \
	}

/* Memory, time, descriptors that are already there: what every process does all day. */
static const struct jail_call common[] = {
	CALL(read),
	CALL(readv),
	CALL(pread64),
	CALL(write),
	CALL(writev),
	CALL(close),
	CALL(close_range),
	CALL(lseek),
	CALL(fstat),
	CALL(recvmsg),
	CALL(sendmsg),
	CALL(recvfrom),
	CALL(sendto),
	CALL(shutdown),
	CALL(poll),
	CALL(ppoll),
	CALL(epoll_wait),
	CALL(epoll_pwait),
	CALL(epoll_pwait2),
	CALL(epoll_ctl),
	CALL(epoll_create1),
	/* executable pages are refused below, for every profile */
	CLEAR(mmap, 2, PROT_EXEC),
	CLEAR(mmap2, 2, PROT_EXEC),
	CLEAR(mprotect, 2, PROT_EXEC),
	CALL(munmap),
	CALL(mremap),
	CALL(madvise),
	CALL(brk),
	CALL(memfd_create),
	EQUAL(fcntl, 1, F_GETFD),
	EQUAL(fcntl, 1, F_SETFD),
	EQUAL(fcntl, 1, F_GETFL),
	EQUAL(fcntl, 1, F_SETFL),
	EQUAL(fcntl, 1, F_DUPFD_CLOEXEC),
	EQUAL(fcntl, 1, F_ADD_SEALS),
	EQUAL(fcntl, 1, F_GET_SEALS),
	CALL(clock_gettime),
	CALL(clock_gettime64),
	CALL(clock_getres),
	CALL(gettimeofday),
	CALL(time),
	CALL(nanosleep),
	CALL(clock_nanosleep),
	CALL(restart_syscall),
	CALL(setitimer),
	CALL(timer_settime),
	CALL(timerfd_create),
	CALL(timerfd_settime),
	CALL(rt_sigaction),
	CALL(rt_sigprocmask),
	CALL(rt_sigreturn),
	CALL(sigreturn),
	CALL(sigaltstack),
	CALL(signalfd4),
	CALL(futex),
	CALL(getrandom),
	CALL(getpid),
	CALL(gettid),
	CALL(getrusage),
	CALL(getuid),
	CALL(geteuid),
	CALL(getgid),
	CALL(getegid),
	CALL(sched_yield),
	CALL(sched_getaffinity),
	CALL(getcpu),
	CALL(sysinfo),
	CALL(uname),
	CALL(rseq),
	CALL(set_robust_list),
	CALL(membarrier),
	CALL(exit),
	CALL(exit_group),
};

/* What fstat(2) is in glibc. With a path beside the flag it tells sizes and dates of what is
   outside, where there is no empty root; never contents. */
static const struct jail_call scan_calls[] = {
	EQUAL(newfstatat, 3, AT_EMPTY_PATH),
	EQUAL(fstatat64, 3, AT_EMPTY_PATH),
};

/* Libraries look for locales, configuration and terminals, and cope with a refusal; a worker need
   not die for that. */
static const struct jail_call scan_probes[] = {
	CALL(open),
	CALL(openat),
	CALL(openat2),
	CALL(access),
	CALL(faccessat),
	CALL(faccessat2),
	CALL(stat),
	CALL(lstat),
	CLEAR(newfstatat, 3, AT_EMPTY_PATH),
	CLEAR(fstatat64, 3, AT_EMPTY_PATH),
	CALL(statx),
	CALL(readlink),
	CALL(readlinkat),
	CALL(ioctl),
	CALL(prlimit64),
	CALL(getrlimit),
	CALL(sched_setaffinity),
	CALL(get_mempolicy),
};

/* Looking at files and directories. */
static const struct jail_call look[] = {
	CALL(open),
	CALL(openat),
	CALL(openat2),
	CALL(access),
	CALL(faccessat),
	CALL(faccessat2),
	CALL(stat),
	CALL(lstat),
	CALL(newfstatat),
	CALL(fstatat64),
	CALL(statx),
	CALL(statfs),
	CALL(fstatfs),
	CALL(statfs64),
	CALL(fstatfs64),
	CALL(readlink),
	CALL(readlinkat),
	CALL(getdents64),
	CALL(getcwd),
	CALL(fadvise64),
	CALL(dup),
	CALL(dup3),
	CALL(pipe2),
	CALL(eventfd2),
	CALL(getppid),
	CALL(getgroups),
	CALL(getresuid),
	CALL(getresgid),
	CALL(prlimit64),
	CALL(getrlimit),
	CALL(getsockopt),
	CALL(setsockopt),
	CALL(socketpair),
	CALL(getsockname),
	CALL(getpeername),
	EQUAL(fcntl, 1, F_SETLEASE),
	EQUAL(fcntl, 1, F_GETLEASE),
	EQUAL(prctl, 0, PR_SET_NAME),
	EQUAL(prctl, 0, PR_GET_DUMPABLE),
};

static const struct jail_call gate_calls[] = {
	CALL(fanotify_init),
	CALL(fanotify_mark),
	CALL(name_to_handle_at),
	CALL(open_by_handle_at), /* keys of files */
	CALL(pidfd_open),
	CALL(pidfd_getfd),      /* what an application is about to inherit */
	CALL(process_vm_readv), /* the build id of a program that a user brought */
	CALL(inotify_init1),
	CALL(inotify_add_watch),
	CALL(inotify_rm_watch),
	EQUAL(ioctl, 1, FS_IOC_GETVERSION), /* inode generation */
	CALL(msync),
	CALL(setpriority),
	CALL(sched_setscheduler),
	CALL(mlockall),
};

static const struct jail_call watch_calls[] = {
	CALL(inotify_init1),
	CALL(inotify_add_watch),
	CALL(inotify_rm_watch),
	CALL(name_to_handle_at), /* directories, as events name them */
	CALL(open_by_handle_at), /* where a file was moved to */
	CALL(ioprio_set),
	CALL(setpriority), /* crawling is background work */
	EQUAL(ioctl, 1, FS_IOC_GETVERSION),
};

/* Own files: sqlite's, the journal's. */
static const struct jail_call store[] = {
	CALL(pwrite64),
	CALL(pwritev),
	CALL(preadv),
	CALL(fsync),
	CALL(fdatasync),
	CALL(sync_file_range),
	CALL(ftruncate),
	CALL(ftruncate64),
	CALL(fallocate),
	CALL(unlink),
	CALL(unlinkat),
	CALL(rename),
	CALL(renameat),
	CALL(renameat2),
	CALL(link),
	CALL(linkat),
	CALL(mkdir),
	CALL(mkdirat),
	CALL(rmdir),
	CALL(fchmod),
	CALL(fchmodat),
	CALL(fchown),
	CALL(umask),
	CALL(utimensat),
	CALL(flock),
	CALL(msync),
	CALL(chdir),
	EQUAL(fcntl, 1, F_SETLK),
	EQUAL(fcntl, 1, F_SETLKW),
	EQUAL(fcntl, 1, F_GETLK),
	EQUAL(fcntl, 1, F_OFD_SETLK),
	EQUAL(fcntl, 1, F_OFD_SETLKW),
	EQUAL(fcntl, 1, F_OFD_GETLK),
};

static const struct jail_call core_calls[] = {
	/* the control socket; user names by NSS */
	EQUAL(socket, 0, AF_UNIX),
	CALL(bind),
	CALL(listen),
	CALL(accept),
	CALL(accept4),
	CALL(connect),
	CALL(chmod),
	CALL(chown),
	CALL(fchownat),
	CALL(pidfd_open),
	CALL(inotify_init1),
	CALL(inotify_add_watch),
	CALL(inotify_rm_watch),
};

static const struct jail_call forbidden[] = {
	CALL(execve),
	CALL(execveat),
	CALL(ptrace),
	CALL(process_vm_readv),
	CALL(process_vm_writev),
	CALL(fork),
	CALL(vfork),
	CALL(clone),
	CALL(clone3),
	CALL(unshare),
	CALL(setns),
	CALL(mount),
	CALL(umount2),
	CALL(move_mount),
	CALL(fsopen),
	CALL(fsmount),
	CALL(open_tree),
	CALL(mount_setattr),
	CALL(pivot_root),
	CALL(chroot),
	CALL(bpf),
	CALL(userfaultfd),
	CALL(perf_event_open),
	CALL(io_uring_setup),
	CALL(io_uring_enter),
	CALL(io_uring_register),
	CALL(init_module),
	CALL(finit_module),
	CALL(delete_module),
	CALL(kexec_load),
	CALL(kexec_file_load),
	CALL(reboot),
	CALL(keyctl),
	CALL(add_key),
	CALL(request_key),
	CALL(swapon),
	CALL(swapoff),
	CALL(settimeofday),
	CALL(clock_settime),
	CALL(setuid),
	CALL(setgid),
	CALL(setreuid),
	CALL(setregid),
	CALL(setresuid),
	CALL(setresgid),
	CALL(setgroups),
	CALL(capset),
	CALL(personality),
	CALL(pkey_mprotect),
	CALL(modify_ldt),
	CALL(ioperm),
	CALL(iopl),
	CALL(acct),
	CALL(quotactl),
	CALL(lookup_dcookie),
};

const struct jail_table jail_forbidden = TABLE(forbidden);

#define NAMESPACES (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

const struct jail_rules jail_rules[JAIL_MAX] = {
	/* Reads hostile content; its death costs one verdict, so what it should not do kills. */
	[JAIL_SCAN] =
		{
			.name = "scan",
			.refusal = JAIL_KILL,
			.namespaces = NAMESPACES | CLONE_NEWNS,
			.empty_root = true,
			.landlock = true,
			.max_files = 64,
			.max_file_size = 0,
			.calls = {TABLE(common), TABLE(scan_calls)},
			.probes = TABLE(scan_probes),
		},
	/* The others die only for what `forbidden` lists: a call that a table forgot must not
	   stop the answering of openers. No landlock for the gate: it would hide other
	   processes' /proc entries. */
	[JAIL_GATE] =
		{
			.name = "gate",
			.refusal = JAIL_EPERM,
			.namespaces = NAMESPACES,
			.max_files = JAIL_LIMIT_KEEP,
			.max_file_size = 0,
			.calls = {TABLE(common), TABLE(look), TABLE(gate_calls)},
		},
	[JAIL_WATCH] =
		{
			.name = "watch",
			.refusal = JAIL_EPERM,
			.namespaces = NAMESPACES,
			.landlock = true,
			.max_files = JAIL_LIMIT_KEEP,
			.max_file_size = 0,
			.calls = {TABLE(common), TABLE(look), TABLE(watch_calls)},
		},
	[JAIL_CORE] =
		{
			.name = "core",
			.refusal = JAIL_EPERM,
			.namespaces = NAMESPACES,
			.landlock = true,
			.map_exec = true,
			.max_files = JAIL_LIMIT_KEEP,
			.max_file_size = JAIL_LIMIT_KEEP,
			.calls = {TABLE(common), TABLE(look), TABLE(store), TABLE(core_calls)},
		},
	[JAIL_LOG] =
		{
			.name = "log",
			.refusal = JAIL_EPERM,
			.namespaces = NAMESPACES,
			.landlock = true,
			.max_files = JAIL_LIMIT_KEEP,
			.max_file_size = JAIL_LIMIT_KEEP,
			.calls = {TABLE(common), TABLE(look), TABLE(store)},
		},
};
