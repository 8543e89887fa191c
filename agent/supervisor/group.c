/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/group.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "supervisor/helper.h"
#include "supervisor/layers.h"
#include "supervisor/mounts.h"
#include "supervisor/news.h"
#include "supervisor/sandboxed.h"
#include "supervisor/servers.h"

#ifndef FAN_MARK_IGNORE
#define FAN_MARK_IGNORE 0x00000400
#endif
#ifndef FAN_MARK_IGNORE_SURV
#define FAN_MARK_IGNORE_SURV (FAN_MARK_IGNORE | FAN_MARK_IGNORED_SURV_MODIFY)
#endif

#ifndef FAN_PRE_ACCESS
#define FAN_PRE_ACCESS 0x00100000
#endif
#ifndef FAN_REPORT_FD_ERROR
#define FAN_REPORT_FD_ERROR 0x00002000
#endif

#define COVERED_MAX       256U
#define HELPER_NS         (2 * NSEC_PER_SEC) /* then the server of a file system counts as hung */
#define HELPER_NOW_MS     10                 /* of these, while the start of an application waits */
#define HELPER_PRIVATE_MS 50

/* A file system under a mark, or one that should be and could not. */
struct covered {
	char mount[PATH_MAX];
	char type[32];
	uint64_t dev;
	uint32_t id; /* of a mount of it: a device number may be given again */
	bool marked, seen;
	uint32_t uid;         /* whose server it is */
	bool arrivals, moves; /* what is written there is told, and what is renamed */
	int error;            /* of the last attempt to mark it */
	bool layer;           /* our own opens on an overlay raise events of it */
	pid_t helper;         /* that is marking it, or 0 */
	uint64_t helper_since;
};

struct group {
	int fd;
	struct news news;
	int mounts_fd, host_mounts_fd;
	const struct config_paths *protect; /* the supervisor's configuration outlives the group */
	bool may_miss;                      /* not all of it need be there */
	struct covered *covered;
	size_t n_covered;
	uint32_t n_programs, programs_failed; /* of applications: those that are marked, and not */
	struct sandboxed sandboxed;
	struct servers servers;
	struct rescue *rescue; /* NULL: no FUSE file system may be marked */
	bool armed;
	bool pre_access; /* the kernel can ask before a file is read or mapped */
};

static void explain(int error, char *ret, size_t size)
{
	switch (error) {
	case EPERM:
		snprintf(ret, size,
			"may not watch file opens: CAP_SYS_ADMIN is missing. Start sealgated as "
			"root "
			"(systemctl start sealgate)");
		break;
	case ENOSYS:
	case EINVAL:
		snprintf(ret, size,
			"this kernel has no fanotify permission events "
			"(CONFIG_FANOTIFY_ACCESS_PERMISSIONS); without them nothing can be "
			"blocked");
		break;
	default: snprintf(ret, size, "cannot make a fanotify group: %s", strerror(error));
	}
}

/* The agent's own opens must raise no events: see group_cover(). Changes outside still arrive. */
static int enter_namespace(char *ret_why, size_t why_size)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) {
		snprintf(ret_why, why_size, "cannot make a mount namespace of its own: %s",
			strerror(errno));
		return -errno;
	}
	return 0;
}

static int open_group(char *ret_why, size_t why_size)
{
	/* The class that may ask before content is read; its events come before those of others. */
	unsigned flags = FAN_CLASS_PRE_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE |
		FAN_UNLIMITED_MARKS;
	/* Without O_NOATIME: the flags reach the server of a FUSE file, which may not open what its
	   user does not own that way, and then the kernel refuses the open whoever asked for it.
	   The gate sets it where it hands on a descriptor to be read. */
	unsigned files = O_RDONLY | O_LARGEFILE | O_CLOEXEC;
	/* From 6.12 on an open that the kernel refuses by itself is told one by one. */
	int fd = fanotify_init(flags | FAN_REPORT_FD_ERROR, files), saved;

	if (fd < 0 && errno == EINVAL)
		fd = fanotify_init(flags, files);
	saved = errno;
	if (fd < 0) {
		explain(saved, ret_why, why_size);
		return -saved;
	}
	return fd;
}

/* Whether permission marks exist at all, tried on a memfd that nobody else can open. */
static int probe(int group_fd, bool *ret_pre_access, char *ret_why, size_t why_size)
{
	cleanup_with(fd_closep) int fd = memfd_create("probe", MFD_CLOEXEC);
	char path[64];

	if (fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fanotify_mark(group_fd, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM, AT_FDCWD,
		    path) < 0) {
		int saved = errno;

		explain(saved, ret_why, why_size);
		return saved == EINVAL ? -ENOSYS : -saved;
	}
	/* Memory files cannot have it; a kernel that knows it says so in another way (6.14). */
	*ret_pre_access = fanotify_mark(group_fd, FAN_MARK_ADD, FAN_PRE_ACCESS, AT_FDCWD, path) ==
			0 ||
		errno == EOPNOTSUPP;
	(void)fanotify_mark(group_fd, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL);
	return 0;
}

int group_new(
	const struct config_paths *protect, char *ret_why, size_t why_size, struct group **ret)
{
	struct group *g = calloc(1, sizeof(*g));
	int r;

	if (!g)
		return -ENOMEM;
	g->fd = g->news.writes = g->news.moves = g->mounts_fd = g->host_mounts_fd = -1;
	g->protect = protect;
	g->covered = calloc(COVERED_MAX, sizeof(*g->covered));
	r = g->covered ? 0 : -ENOMEM;
	if (r == 0) {
		r = g->fd = open_group(ret_why, why_size);
		r = MIN(r, 0);
	}
	if (r == 0)
		news_open(&g->news);
	if (r == 0)
		r = probe(g->fd, &g->pre_access, ret_why, why_size);
	if (r == 0) {
		/* Pid 1's, not our own: a service manager may have given us a namespace already. */
		g->host_mounts_fd = open("/proc/1/mountinfo", O_RDONLY | O_CLOEXEC);
		r = g->host_mounts_fd < 0 ? -errno : 0;
	}
	if (r == 0)
		r = enter_namespace(ret_why, why_size);
	if (r == 0) {
		g->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
		r = g->mounts_fd < 0 ? -errno : 0;
	}
	if (r < 0) {
		group_free(g);
		return r;
	}
	*ret = g;
	return 0;
}

struct group *group_free(struct group *g)
{
	if (!g)
		return NULL;
	/* Closing the last descriptor would do too; a gate may still hold one. */
	if (g->fd >= 0)
		group_uncover(g);
	group_close(g);
	news_close(&g->news);
	fd_close(g->host_mounts_fd);
	fd_close(g->mounts_fd);
	free(g->covered);
	sandboxed_done(&g->sandboxed);
	free(g);
	return NULL;
}

void group_close(struct group *g)
{
	g->fd = fd_close(g->fd);
}

int group_fd(const struct group *g)
{
	return g->fd;
}

const struct news *group_news(const struct group *g)
{
	return &g->news;
}

int group_host_mounts_fd(const struct group *g)
{
	return g->host_mounts_fd;
}

int group_mounts_fd(const struct group *g)
{
	return g->mounts_fd;
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	return strncmp(path, dir, n) == 0 && (n == 1 || path[n] == 0 || path[n] == '/');
}

static bool is_wanted(const struct group *g, const char *mount_point)
{
	for (uint32_t i = 0; i < g->protect->n; i++)
		if (is_below(mount_point, g->protect->v[i]))
			return true;
	return false;
}

/* Through which sandboxed applications see files of their users, wherever it is mounted. */
static bool is_portal(const char *type)
{
	return strcmp(type, "fuse.portal") == 0 || strcmp(type, "fuse.gvfsd-fuse") == 0;
}

static struct covered *find_covered(struct group *g, uint64_t dev)
{
	for (size_t i = 0; i < g->n_covered; i++)
		if (g->covered[i].dev == dev)
			return &g->covered[i];
	return NULL;
}

/* Marks the file system that `path` is on. Existing marks are merged by the kernel. */
static int mark_file_system(const struct group *g, const char *path)
{
	if (fanotify_mark(
		    g->fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_PERM, AT_FDCWD, path) < 0)
		return -errno;
	return 0;
}

/* Our own mount of it raises nothing for us. Kernels before 6.0 know the older flag. */
static void ignore_own_mount(const struct group *g, const char *path)
{
	uint64_t mask = FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM | FAN_ACCESS_PERM;
	unsigned how = FAN_MARK_ADD | FAN_MARK_MOUNT | FAN_MARK_IGNORE_SURV;

	if (g->pre_access && fanotify_mark(g->fd, how, mask | FAN_PRE_ACCESS, AT_FDCWD, path) == 0)
		return;
	if (fanotify_mark(g->fd, how, mask, AT_FDCWD, path) < 0)
		(void)fanotify_mark(g->fd,
			FAN_MARK_ADD | FAN_MARK_MOUNT | FAN_MARK_IGNORED_MASK |
				FAN_MARK_IGNORED_SURV_MODIFY,
			mask, AT_FDCWD, path);
}

/* A server that users run: marking it may wait for the server, and be for its user alone. */
static bool is_served(const char *type)
{
	return strncmp(type, "fuse", 4) == 0;
}

/* "user_id=" or "group_id=" of its options; 0 where there is none. */
static uint32_t option(const char *options, const char *name)
{
	const char *at = options ? strstr(options, name) : NULL;

	return at ? (uint32_t)strtoul(at + strlen(name), NULL, 10) : 0;
}

struct marking {
	const struct group *group;
	const char *path;
	uint32_t uid, gid;
};

static int mark_as_user(void *userdata)
{
	const struct marking *m = userdata;
	int r = m->uid ? helper_become(m->uid, m->gid) : 0;

	if (r < 0)
		return r;
	ignore_own_mount(m->group, m->path);
	return mark_file_system(m->group, m->path);
}

static void helper_ended(struct covered *c, int r)
{
	if (r == -EAGAIN && clock_now() - c->helper_since < HELPER_NS)
		return;
	if (r == -EAGAIN) {
		helper_kill(c->helper);
		r = -ETIMEDOUT;
	}
	c->helper = 0;
	c->error = -r;
	c->marked = r == 0;
}

static int mark_served(const struct group *g, struct covered *c, const char *options)
{
	struct marking m = {g, c->mount, option(options, "user_id="), option(options, "group_id=")};
	int r;

	c->uid = m.uid;
	if (c->helper)
		return 0;
	if (servers_is_shunned(&g->servers, c->uid)) {
		c->error = ETIMEDOUT;
		return 0;
	}
	r = g->rescue ? rescue_start(g->rescue) : -ENOTSUP;
	if (r < 0) {
		c->error = -r;
		return r;
	}
	c->helper_since = clock_now();
	c->helper = helper_start(mark_as_user, &m);
	if (c->helper < 0) {
		c->error = -c->helper;
		c->helper = 0;
		return -c->error;
	}
	c->error = EINPROGRESS;
	helper_ended(c, helper_wait(c->helper, HELPER_NOW_MS));
	return c->marked;
}

void group_guard(struct group *g, struct rescue *rescue)
{
	g->rescue = rescue;
}

void group_tick(struct group *g)
{
	bool guarded = false;

	for (size_t i = 0; i < g->n_covered; i++) {
		if (g->covered[i].helper)
			helper_ended(&g->covered[i], helper_wait(g->covered[i].helper, 0));
		guarded = guarded ||
			((is_served(g->covered[i].type) || g->covered[i].layer) &&
				g->covered[i].marked);
	}
	if (guarded && g->rescue)
		unchecked(rescue_start(g->rescue)); /* again at the next tick */
}

/* The newest one that something waits for. */
static struct covered *find_silent(struct group *g)
{
	struct covered *newest = NULL;

	for (size_t i = 0; i < g->n_covered; i++) {
		struct covered *c = &g->covered[i];

		if (is_served(c->type) && c->marked && (!newest || c->id > newest->id) &&
			servers_is_waited_for(c->dev))
			newest = c;
	}
	return newest;
}

bool group_end_server(
	struct group *g, pid_t gate, bool hurry, char *ret_mount, size_t size, uint32_t *ret_uid)
{
	pid_t pids[RESCUERS + 1] = {gate};
	struct covered *c;

	if (!g->rescue)
		return false;
	rescue_pids(g->rescue, pids + 1);
	if (!servers_look(&g->servers, pids, RESCUERS + 1, hurry))
		return false;
	c = find_silent(g);
	if (!c || servers_end(&g->servers, c->dev, c->uid) < 0)
		return false;
	c->marked = false;
	c->error = ETIMEDOUT;
	snprintf(ret_mount, size, "%s", c->mount);
	*ret_uid = c->uid;
	return true;
}

/* 1 where newly marked, 0 where it was, -errno. */
static int cover(struct group *g, const char *path, const struct mount_entry *m)
{
	struct covered *c = find_covered(g, m->dev);
	int r;

	if (c && c->seen) {
		/* A second mount of it needs the ignore mark of its own. */
		if (!is_served(m->type))
			ignore_own_mount(g, path);
		return 0;
	}
	if (c && c->marked && c->id == m->id) {
		c->seen = true;
		return 0;
	}
	if (!c) {
		if (g->n_covered == COVERED_MAX)
			return -ENOSPC;
		c = &g->covered[g->n_covered++];
		*c = (struct covered){.dev = m->dev};
	}
	c->seen = true;
	c->marked = c->marked && c->id == m->id;
	c->id = m->id;
	snprintf(c->mount, sizeof(c->mount), "%s", path);
	snprintf(c->type, sizeof(c->type), "%s", m->type);
	if (is_served(m->type))
		return g->armed ? mark_served(g, c, m->options) : 0;
	/* The order matters: from the first mark on, our own opens there would wait for the gate.
	   Also while nothing is covered: classified files carry marks of their own. */
	ignore_own_mount(g, path);
	if (!g->armed)
		return 0;
	c->layer = layers_raise(path, c->dev);
	r = !c->layer ? 0 : g->rescue ? rescue_start(g->rescue) : -ENOTSUP;
	if (r == 0)
		r = mark_file_system(g, path);
	c->error = -r;
	c->marked = r == 0;
	/* A server's own file system is left out: telling opens the file, which would wait for the
	   server. */
	c->arrivals = r == 0 && news_add(&g->news, path, &c->moves);
	return r < 0 ? r : 1;
}

static void forget_unmounted(struct group *g)
{
	for (size_t i = 0; i < g->n_covered;) {
		if (g->covered[i].seen) {
			i++;
			continue;
		}
		if (g->covered[i].helper)
			helper_kill(g->covered[i].helper);
		g->covered[i] = g->covered[--g->n_covered];
	}
}

struct covering {
	struct group *group;
	int added;
};

static int on_mount(void *userdata, const struct mount_entry *m)
{
	struct covering *c = userdata;
	int r;

	/* An automount trigger must not be touched: that would set it off. */
	if (strcmp(m->type, "autofs") == 0 ||
		!(is_wanted(c->group, m->mount_point) || is_portal(m->type)))
		return 0;
	r = cover(c->group, m->mount_point, m);
	if (r > 0)
		c->added++;
	return 0;
}

void group_let_miss(struct group *g)
{
	g->may_miss = true;
}

int group_cover(struct group *g, char *ret_why, size_t why_size)
{
	struct covering c = {g, 0};
	int r;

	for (size_t i = 0; i < g->n_covered; i++)
		g->covered[i].seen = false;
	for (uint32_t i = 0; i < g->protect->n; i++) {
		struct mount_place place;
		struct mount_entry m;

		if (g->may_miss && access(g->protect->v[i], F_OK) < 0 && errno == ENOENT)
			continue;
		r = mounts_place(g->protect->v[i], &place);
		m = (struct mount_entry){.type = place.type, .dev = place.dev, .id = place.id};
		if (r == 0)
			r = cover(g, g->protect->v[i], &m);
		if (r < 0) {
			snprintf(ret_why, why_size, "cannot protect %s: %s", g->protect->v[i],
				strerror(-r));
			return r;
		}
		c.added += r;
	}
	r = mounts_walk(on_mount, &c);
	forget_unmounted(g);
	return r < 0 ? r : c.added;
}

/* Of a process in a mount namespace of its own: what is mounted there alone. */
struct private_mounts {
	const struct group *group;
	uint32_t pid;
};

struct same_dev {
	uint64_t dev;
	bool found;
};

static int on_same_dev(void *userdata, const struct mount_entry *m)
{
	struct same_dev *s = userdata;

	s->found |= m->dev == s->dev;
	return 0;
}

static int on_private(void *userdata, const struct mount_entry *m)
{
	static const char *const types[] = {"tmpfs", "ramfs", "ext4", "ext3", "ext2", "xfs",
		"btrfs", "f2fs", "vfat", "exfat", "ntfs3", "overlay"};
	const struct private_mounts *p = userdata;
	struct same_dev same = {.dev = m->dev};
	char path[PATH_MAX];
	bool wanted = false, moves;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		wanted |= strcmp(m->type, types[i]) == 0;
	/* What the host sees too is covered, or not protected, already. */
	if (!wanted || mounts_walk(on_same_dev, &same) < 0 || same.found)
		return 0;
	snprintf(path, sizeof(path), "/proc/%u/root%s", p->pid, m->mount_point);
	/* One that cannot be marked does not keep the others from it. */
	unchecked(mark_file_system(p->group, path));
	unchecked(news_add(&p->group->news, path, &moves));
	return 0;
}

static int mark_private(void *userdata)
{
	const struct private_mounts *p = userdata;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/mountinfo", p->pid);
	return mounts_walk_of(path, on_private, userdata);
}

static bool is_in_other_namespace(uint32_t pid)
{
	char path[64], own[64] = "", other[64] = "";

	snprintf(path, sizeof(path), "/proc/%u/ns/mnt", pid);
	return readlink(path, other, sizeof(other) - 1) > 0 &&
		readlink("/proc/1/ns/mnt", own, sizeof(own) - 1) > 0 && strcmp(own, other) != 0;
}

void group_cover_process(const struct group *g, uint32_t pid)
{
	struct private_mounts p = {g, pid};
	pid_t helper;

	if (!g->armed || !is_in_other_namespace(pid))
		return;
	/* One of them may be a FUSE server's. */
	if (!g->rescue || rescue_start(g->rescue) < 0)
		return;
	/* What lies on the way to a mount may be a server of the user's. */
	helper = helper_start(mark_private, &p);
	if (helper > 0 && helper_wait(helper, HELPER_PRIVATE_MS) == -EAGAIN)
		helper_kill(helper);
}

void group_uncover(struct group *g)
{
	static const unsigned kinds[] = {FAN_MARK_FILESYSTEM, FAN_MARK_INODE, FAN_MARK_MOUNT};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		(void)fanotify_mark(g->fd, FAN_MARK_FLUSH | kinds[i], 0, AT_FDCWD, NULL);
	news_flush(&g->news);
	if (g->rescue)
		rescue_stop(g->rescue);
	for (size_t i = 0; i < g->n_covered; i++)
		if (g->covered[i].helper) /* it holds the group, too */
			helper_kill(g->covered[i].helper);
	g->n_covered = 0;
	g->armed = false;
}

int group_arm(struct group *g, char *ret_why, size_t why_size)
{
	g->armed = true;
	return group_cover(g, ret_why, why_size);
}

void group_disarm(struct group *g)
{
	/* None of them is to come after the flush. */
	for (size_t i = 0; i < g->n_covered; i++)
		if (g->covered[i].helper) {
			helper_kill(g->covered[i].helper);
			g->covered[i].helper = 0;
			g->covered[i].error = 0;
		}
	/* The ignore marks on our own mounts stay: they hold nobody, and are there for the next
	   time. */
	(void)fanotify_mark(g->fd, FAN_MARK_FLUSH | FAN_MARK_FILESYSTEM, 0, AT_FDCWD, NULL);
	sandboxed_mark_file_systems(&g->sandboxed, g->fd);
	news_flush(&g->news);
	for (size_t i = 0; i < g->n_covered; i++)
		g->covered[i].marked = g->covered[i].arrivals = g->covered[i].moves = false;
	if (g->rescue)
		rescue_stop(g->rescue);
	g->armed = false;
}

bool group_is_armed(const struct group *g)
{
	return g->armed;
}

bool group_has_pre_access(const struct group *g)
{
	return g->pre_access;
}

uint32_t group_n_failed(const struct group *g)
{
	uint32_t n = 0;

	for (size_t i = 0; i < g->n_covered; i++)
		n += g->covered[i].error != 0;
	return n;
}

int group_mark_program(struct group *g, int fd, bool on)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fanotify_mark(g->fd, on ? FAN_MARK_ADD : FAN_MARK_REMOVE, FAN_OPEN_EXEC_PERM,
		       AT_FDCWD, path) < 0
		? -errno
		: 0;
}

void group_count_programs(struct group *g, uint32_t marked, uint32_t failed)
{
	g->n_programs = marked;
	g->programs_failed = failed;
}

int group_mark_sandboxed(struct group *g, const struct apptable *apps)
{
	struct sandboxed fresh;
	int r = sandboxed_find(apps, &fresh);

	if (r < 0)
		return r;
	sandboxed_mark(&fresh, &g->sandboxed, g->fd);
	sandboxed_done(&g->sandboxed);
	g->sandboxed = fresh;
	return sandboxed_table(&g->sandboxed);
}

const struct sandboxed *group_sandboxed(const struct group *g)
{
	return &g->sandboxed;
}

void group_status(const struct group *g, struct json *j)
{
	struct utsname u;

	json_key(j, "engine");
	json_object(j);
	json_key_str(j, "name", "fanotify");
	json_key_str(j, "kernel", uname(&u) == 0 ? u.release : "");
	json_key_bool(j, "pre_access", g->pre_access);
	json_key_u64(j, "executables_marked", g->n_programs);
	json_key_u64(j, "executables_failed", g->programs_failed);
	json_key_u64(j, "sandboxed_marked", g->sandboxed.n);
	json_object_end(j);
	json_key(j, "coverage");
	json_array(j);
	for (size_t i = 0; i < g->n_covered; i++) {
		const struct covered *c = &g->covered[i];

		json_object(j);
		json_key_str(j, "mount", c->mount);
		json_key_str(j, "type", c->type);
		json_key_str(j, "state",
			c->error            ? "not covered"
				: c->marked ? "covered"
					    : "on demand");
		json_key_bool(j, "arrivals", c->arrivals);
		json_key_bool(j, "moves", c->moves);
		json_key_str(j, "why", c->error ? strerror(c->error) : "");
		json_object_end(j);
	}
	json_array_end(j);
}
