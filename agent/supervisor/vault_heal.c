/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a supervisor that was killed has left of a move: the order of its steps says how far it
 * came. content, record, name taken to `.sealgate-ID`, name removed, placeholder, record again Only
 * a record without a placeholder is of a move that did not end, and nothing of a user's is removed
 * that is not the same, byte for byte, as what lies in the quarantine. Where users have put
 * something else in its place, all stays as it is: what is listed can be given back.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "supervisor/vault_files.h"
#include "supervisor/vault_work.h"

#define PIECE (64U << 10)

static bool healed(struct vault_result *r, const char *id, const char *path, const char *why)
{
	r->outcome = VAULT_MOVED;
	snprintf(r->id, sizeof(r->id), "%s", id);
	snprintf(r->path, sizeof(r->path), "%s", path);
	snprintf(r->why, sizeof(r->why), "%s", why);
	return true;
}

static bool read_piece(int fd, uint8_t *piece, uint64_t at, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t k = pread(fd, piece + done, n - done, (off_t)(at + done));

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		done += (size_t)k;
	}
	return true;
}

static bool same_content(int a, int b, uint64_t size)
{
	cleanup_with(freep) uint8_t *x = malloc(2 * (size_t)PIECE);

	for (uint64_t at = 0; x && at < size; at += PIECE) {
		size_t n = (size_t)MIN(size - at, (uint64_t)PIECE);

		if (!read_piece(a, x, at, n) || !read_piece(b, x + PIECE, at, n) ||
			memcmp(x, x + PIECE, n) != 0)
			return false;
	}
	return x != NULL;
}

/* Whether the name in the folder is of the file that the record is about, as it was. */
static bool is_original(int dir, int parent, const char *name, const struct vault_record *r)
{
	cleanup_with(fd_closep) int file = -1, data = -1;
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
		(uint64_t)st.st_size != r->size ||
		(uint64_t)st.st_mtim.tv_sec * NSEC_PER_SEC + (uint64_t)st.st_mtim.tv_nsec !=
			r->mtime)
		return false;
	file = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	data = vault_open_data(dir, r->id);
	return file >= 0 && data >= 0 && file_has_no_writer(file) &&
		same_content(file, data, r->size);
}

static bool heal_pair(int dir, const struct vault_record *r, struct vault_result *ret)
{
	cleanup_with(fd_closep) int parent = -1;
	char temporary[64];
	const char *name;

	if (r->placeholder[0])
		return false;
	parent = vault_open_parent(r->path, &name);
	if (parent < 0)
		return false;
	snprintf(temporary, sizeof(temporary), ".sealgate-%s", r->id);
	if (is_original(dir, parent, temporary, r)) {
		if (unlinkat(parent, temporary, 0) < 0)
			return false;
		unchecked(vault_work_placeholder(dir, parent, name, r));
		return healed(ret, r->id, r->path,
			"the move to quarantine that an end of the agent had interrupted was "
			"ended");
	}
	if (is_original(dir, parent, name, r)) {
		vault_forget(dir, r->id);
		return healed(ret, r->id, r->path,
			"the move to quarantine was interrupted by an end of the agent before "
			"anything was taken: the file is where it was");
	}
	if (faccessat(parent, temporary, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		faccessat(parent, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		!vault_work_placeholder(dir, parent, name, r))
		return false;
	return healed(ret, r->id, r->path, "the text in its place was missing and was put there");
}

static bool ends_with(const char *name, const char *end, char id[VAULT_ID_MAX])
{
	size_t n = strlen(name), k = strlen(end);

	if (n <= k || n - k >= VAULT_ID_MAX || strcmp(name + n - k, end) != 0)
		return false;
	memcpy(id, name, n - k);
	id[n - k] = 0;
	return vault_id_is_valid(id);
}

static bool has(int dir, const char *id, const char *end)
{
	char name[64];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", id, end);
	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool heal_entry(int dir, const char *name, struct vault_record *r, struct vault_result *ret)
{
	char id[VAULT_ID_MAX];

	if (name[0] == '.' && name[1] && strcmp(name, "..") != 0) {
		if (unlinkat(dir, name, 0) < 0)
			return false;
		return healed(ret, "", name, "what was written only in part was removed");
	}
	/* The record comes before anything is taken, and goes after the content. */
	if (ends_with(name, ".data", id) && !has(dir, id, ".record")) {
		vault_forget(dir, id);
		return !has(dir, id, ".data") &&
			healed(ret, id, "?",
				"a copy without a record was removed: its file was not taken");
	}
	if (!ends_with(name, ".record", id))
		return false;
	if (!has(dir, id, ".data")) {
		vault_forget(dir, id);
		return !has(dir, id, ".record") &&
			healed(ret, id, "?", "a record without content was removed");
	}
	return vault_get_record(dir, id, r) == 0 && heal_pair(dir, r, ret);
}

void vault_work_heal(int dir, struct vault_result *ret)
{
	cleanup_with(freep) struct vault_record *r = calloc(1, sizeof(*r));
	int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own >= 0 && r ? fdopendir(own) : NULL;
	const struct dirent *e;

	*ret = (struct vault_result){.outcome = VAULT_NOT_MOVED};
	if (!d) {
		fd_close(own);
		return;
	}
	while ((e = readdir(d)) && !heal_entry(dir, e->d_name, r, ret))
		;
	closedir(d);
}
