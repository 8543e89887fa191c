/* SPDX-License-Identifier: Apache-2.0 */
#include "model/filekey.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/clock.h"
#include "base/hash.h"

int file_key_read(int fd, struct file_key *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*ret = (struct file_key){
		.dev = st.st_dev,
		.ino = st.st_ino,
		.size = (uint64_t)st.st_size,
		.mtime = (int64_t)st.st_mtim.tv_sec * (int64_t)NSEC_PER_SEC + st.st_mtim.tv_nsec,
		.ctime = (int64_t)st.st_ctim.tv_sec * (int64_t)NSEC_PER_SEC + st.st_ctim.tv_nsec,
	};
	return 0;
}

bool file_key_eq(const struct file_key *a, const struct file_key *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime == b->mtime &&
		a->ctime == b->ctime;
}

uint64_t file_key_hash(const struct file_key *k)
{
	return hash_u64(k->ino ^ hash_u64(k->dev));
}

#define SETTLED_NS (20 * (int64_t)NSEC_PER_MSEC)

bool file_key_is_settled(const struct file_key *k, uint64_t realtime)
{
	return k->ctime <= (int64_t)realtime - SETTLED_NS;
}

bool file_has_no_writer(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return false;
	/* Failing to drop it would make the next writer wait for us. */
	return fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

bool file_is_trackable(int fd)
{
	struct statfs sfs;

	if (fstatfs(fd, &sfs) < 0)
		return false;
	switch ((unsigned long)sfs.f_type) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case TMPFS_MAGIC: return true;
	default: /* FUSE, NFS, CIFS, overlay, vfat and whatever comes next */ return false;
	}
}

bool file_is_storable(int fd)
{
	struct statfs sfs;

	return file_is_trackable(fd) && fstatfs(fd, &sfs) == 0 &&
		(unsigned long)sfs.f_type != TMPFS_MAGIC;
}
