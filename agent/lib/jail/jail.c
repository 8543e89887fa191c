/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of the steps is forced: limits and namespaces while there is privilege, directories
 * opened with the old uid, then the uid, then landlock and seccomp, which nothing undoes.
 */
#include "jail/jail.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "jail/jail_private.h"

#define CAP_BIT(c) (UINT64_C(1) << (c))

static int limit(int resource, uint64_t value)
{
	struct rlimit old, new = {.rlim_cur = value, .rlim_max = value};

	if (value == JAIL_LIMIT_KEEP)
		return 0;
	if (getrlimit((__rlimit_resource_t)resource, &old) < 0)
		return -errno;
	/* Never raise: without privilege that fails, with it it would loosen. */
	if (new.rlim_max > old.rlim_max)
		new.rlim_cur = new.rlim_max = old.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &new) < 0 ? -errno : 0;
}

static int set_limits(const struct jail_rules *rules, const struct jail_options *o)
{
	const struct sigaction ignored = {.sa_handler = SIG_IGN};
	int r = limit(RLIMIT_CORE, 0);

	if (r == 0)
		r = limit(RLIMIT_NPROC, 0);
	/* A library's complaint on a stderr that is a file is lost; it does not end the process. */
	if (r == 0 && sigaction(SIGXFSZ, &ignored, NULL) < 0)
		r = -errno;
	if (r == 0)
		r = limit(RLIMIT_FSIZE, rules->max_file_size);
	if (r == 0)
		r = limit(RLIMIT_NOFILE, rules->max_files);
	/* A sanitizer's shadow memory takes terabytes of addresses. */
	if (r == 0 && o->memory_max > 0 && !SANITIZED)
		r = limit(RLIMIT_AS, o->memory_max);
	return r;
}

/* An empty, read-only root. 0 or -errno. */
static int empty_root(void)
{
	static const char at[] = "/proc"; /* exists everywhere; the mount is ours alone */

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", at, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			"size=4k,mode=555") < 0 ||
		chdir(at) < 0 || chroot(".") < 0)
		return -errno;
	return 0;
}

/* True where all of them are in force. A host that forbids namespaces (a container) is served
   without: landlock and seccomp deny the same things. */
static bool enter_namespaces(const struct jail_rules *rules)
{
	if (rules->namespaces && unshare(rules->namespaces) < 0)
		return false;
	return !rules->empty_root || empty_root() == 0;
}

static int change_uid(const struct jail_options *o, uint64_t caps)
{
	int r = 0;

	if (caps & CAP_BIT(CAP_SETPCAP))
		r = jail_caps_drop_bounding();
	if (r < 0 || o->uid == (uid_t)-1)
		return r;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
		setresgid(o->gid, o->gid, o->gid) < 0 || setresuid(o->uid, o->uid, o->uid) < 0)
		return -errno;
	return 0;
}

int jail_enter(enum jail_profile profile, const struct jail_options *o, unsigned *ret_layers)
{
	const struct jail_rules *rules = &jail_rules[profile];
	unsigned layers = JAIL_LAYER_SECCOMP | JAIL_LAYER_RLIMITS;
	cleanup_with(fd_closep) int ruleset = -1;
	uint64_t caps;
	int r = jail_caps_get(&caps);

	if (r < 0)
		return r;
	r = set_limits(rules, o);
	if (r < 0)
		return r;
	if (rules->landlock) {
		ruleset = jail_landlock_prepare(o);
		if (ruleset < 0 && ruleset != -EOPNOTSUPP)
			return ruleset;
	}
	if (caps & CAP_BIT(CAP_SYS_ADMIN) && enter_namespaces(rules))
		layers |= JAIL_LAYER_NAMESPACES;
	r = change_uid(o, caps);
	if (r == 0)
		r = jail_caps_set(caps & o->keep_caps);
	if (r < 0)
		return r;
	if (o->uid != (uid_t)-1)
		layers |= JAIL_LAYER_UID;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	if (ruleset >= 0) {
		r = jail_landlock_restrict(ruleset);
		if (r < 0)
			return r;
		layers |= JAIL_LAYER_LANDLOCK;
	}
	r = jail_seccomp_load(rules);
	if (r < 0)
		return r;
	*ret_layers = layers;
	return 0;
}

void jail_layers_format(unsigned layers, char *ret, size_t size)
{
	static const char *const names[] = {"uid", "namespaces", "landlock", "seccomp", "rlimits"};
	size_t n = 0;

	if (size > 0)
		ret[0] = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		int k;

		if (!(layers & 1U << i))
			continue;
		k = snprintf(ret + n, size - n, "%s%s", n > 0 ? "+" : "", names[i]);
		if (k < 0 || (size_t)k >= size - n)
			return;
		n += (size_t)k;
	}
}
