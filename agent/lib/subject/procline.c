/* SPDX-License-Identifier: Apache-2.0 */
#include "subject/procline.h"

#include <string.h>

/* Takes what stands before `sep`, or all of it; false where nothing is left. */
static bool next_part(struct view *text, char sep, struct view *ret)
{
	const uint8_t *end;

	if (text->n == 0)
		return false;
	end = memchr(text->p, sep, text->n);
	if (!end) {
		*ret = *text;
		*text = VIEW_EMPTY;
		return true;
	}
	*ret = view_of(text->p, (size_t)(end - text->p));
	*text = view_sub(*text, ret->n + 1, SIZE_MAX);
	return true;
}

static bool copy(struct view v, char *ret, size_t size)
{
	if (v.n == 0 || v.n >= size || memchr(v.p, 0, v.n))
		return false;
	memcpy(ret, v.p, v.n);
	ret[v.n] = 0;
	return true;
}

/* Decimal, all of it. */
static bool number(struct view v, uint64_t *ret)
{
	uint64_t x = 0;

	if (v.n == 0)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9' || __builtin_mul_overflow(x, 10U, &x) ||
			__builtin_add_overflow(x, (uint64_t)(v.p[i] - '0'), &x))
			return false;
	}
	*ret = x;
	return true;
}

static bool number32(struct view v, uint32_t *ret)
{
	uint64_t x;

	if (!number(v, &x) || x > UINT32_MAX)
		return false;
	*ret = (uint32_t)x;
	return true;
}

/* Hexadecimal in small letters, all of it. */
static bool hexadecimal(struct view v, uint64_t *ret)
{
	uint64_t x = 0;

	if (v.n == 0 || v.n > 16)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		uint8_t c = v.p[i];

		if (c >= '0' && c <= '9')
			x = x << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			x = x << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret = x;
	return true;
}

#define STAT_PPID  1 /* fields after the name: state is 0 */
#define STAT_START 19

bool procline_stat(struct view text, struct procline_stat *ret)
{
	const uint8_t *open = text.n ? memchr(text.p, '(', text.n) : NULL;
	/* The name may hold anything, parentheses too; what follows it may not. */
	const uint8_t *close = text.n ? memrchr(text.p, ')', text.n) : NULL;
	struct procline_stat s = {0};
	struct view rest, field;
	size_t n;

	if (!open || !close || close < open)
		return false;
	n = (size_t)(close - open) - 1;
	if (n >= sizeof(s.comm))
		n = sizeof(s.comm) - 1;
	memcpy(s.comm, open + 1, n);
	rest = view_sub(text, (size_t)(close - text.p) + 2, SIZE_MAX);
	for (unsigned i = 0; i <= STAT_START; i++) {
		if (!next_part(&rest, ' ', &field))
			return false;
		if (i == STAT_PPID && !number32(field, &s.ppid))
			return false;
		if (i == STAT_START && !number(field, &s.start_time))
			return false;
	}
	*ret = s;
	return true;
}

static bool next_word(struct view *text, struct view *ret)
{
	while (text->n > 0 && (text->p[0] == ' ' || text->p[0] == '\t'))
		*text = view_sub(*text, 1, SIZE_MAX);
	for (size_t i = 0; i < text->n; i++) {
		if (text->p[i] != ' ' && text->p[i] != '\t')
			continue;
		*ret = view_sub(*text, 0, i);
		*text = view_sub(*text, i, SIZE_MAX);
		return true;
	}
	*ret = *text;
	*text = VIEW_EMPTY;
	return ret->n > 0;
}

bool procline_status(struct view text, struct procline_status *ret)
{
	static const struct view uid = VIEW_LIT("Uid:"), gid = VIEW_LIT("Gid:"),
				 groups = VIEW_LIT("Groups:");
	struct procline_status s = {0};
	bool has_uid = false, has_gid = false;
	struct view line, word;

	while (next_part(&text, '\n', &line)) {
		if (view_starts(line, uid)) {
			line = view_sub(line, uid.n, SIZE_MAX);
			has_uid = next_word(&line, &word) && number32(word, &s.uid);
		} else if (view_starts(line, gid)) {
			line = view_sub(line, gid.n, SIZE_MAX);
			has_gid = next_word(&line, &word) && number32(word, &s.gids[0]);
			s.n_gids = 1;
		} else if (view_starts(line, groups)) {
			line = view_sub(line, groups.n, SIZE_MAX);
			while (s.n_gids < PROCLINE_GIDS_MAX && next_word(&line, &word) &&
				number32(word, &s.gids[s.n_gids]))
				s.n_gids++;
		}
	}
	if (!has_uid || !has_gid)
		return false;
	*ret = s;
	return true;
}

bool procline_cgroup_tag(struct view text, char *ret, size_t size)
{
	static const struct view unified = VIEW_LIT("0::"), prefix = VIEW_LIT("sealgate.app.");
	struct view line, part;

	while (next_part(&text, '\n', &line)) {
		if (!view_starts(line, unified))
			continue;
		line = view_sub(line, unified.n, SIZE_MAX);
		while (next_part(&line, '/', &part))
			if (view_starts(part, prefix))
				return copy(view_sub(part, prefix.n, SIZE_MAX), ret, size);
	}
	return false;
}

/* systemd writes "-" in names as "\x2d". */
static bool copy_unescaped(struct view v, char *ret, size_t size)
{
	static const struct view dash = VIEW_LIT("\\x2d");
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (n + 1 >= size || v.p[i] == 0)
			return false;
		if (view_starts(view_sub(v, i, SIZE_MAX), dash)) {
			ret[n++] = '-';
			i += dash.n - 1;
		} else {
			ret[n++] = (char)v.p[i];
		}
	}
	ret[n] = 0;
	return n > 0;
}

bool procline_cgroup_flatpak(struct view text, char *ret, size_t size)
{
	static const struct view prefix = VIEW_LIT("app-flatpak-"), suffix = VIEW_LIT(".scope");
	struct view line, part;

	while (next_part(&text, '\n', &line)) {
		while (next_part(&line, '/', &part)) {
			const uint8_t *dash;
			struct view id;

			if (!view_starts(part, prefix) || !view_ends(part, suffix) ||
				part.n < prefix.n + suffix.n)
				continue;
			id = view_sub(part, prefix.n, part.n - prefix.n - suffix.n);
			dash = id.n ? memrchr(id.p, '-', id.n) : NULL;
			if (dash && copy_unescaped(view_of(id.p, (size_t)(dash - id.p)), ret, size))
				return true;
		}
	}
	return false;
}

bool procline_cgroup_snap(struct view text, char *ret, size_t size)
{
	static const struct view prefix = VIEW_LIT("snap.");
	struct view line, part, name;

	while (next_part(&text, '\n', &line)) {
		while (next_part(&line, '/', &part)) {
			if (!view_starts(part, prefix))
				continue;
			part = view_sub(part, prefix.n, SIZE_MAX);
			if (next_part(&part, '.', &name) && part.n > 0 &&
				copy_unescaped(name, ret, size))
				return true;
		}
	}
	return false;
}

bool procline_environ(struct view text, const char *name, char *ret, size_t size)
{
	struct view prefix = view_str(name), entry;

	while (next_part(&text, 0, &entry))
		if (view_starts(entry, prefix) && entry.n > prefix.n && entry.p[prefix.n] == '=')
			return copy(view_sub(entry, prefix.n + 1, SIZE_MAX), ret, size);
	return false;
}

bool procline_snap_path(const char *path, char *ret, size_t size)
{
	static const struct view roots[] = {VIEW_LIT("/snap/"), VIEW_LIT("/var/lib/snapd/snap/")};
	struct view v = view_str(path), name;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		if (!view_starts(v, roots[i]))
			continue;
		v = view_sub(v, roots[i].n, SIZE_MAX);
		return next_part(&v, '/', &name) && v.n > 0 && copy(name, ret, size);
	}
	return false;
}

void procline_strip_deleted(char *path)
{
	static const struct view suffix = VIEW_LIT(" (deleted)");
	struct view v = view_str(path);

	if (view_ends(v, suffix))
		path[v.n - suffix.n] = 0;
}

bool procline_next_arg(struct view *text, struct view *ret)
{
	return next_part(text, 0, ret);
}

/* Appends the components of `v` to the `n` bytes of an absolute path without slash at its end. */
static bool append_path(struct view v, char *ret, size_t size, size_t *n)
{
	static const struct view here = VIEW_LIT("."), up = VIEW_LIT("..");
	struct view part;

	while (next_part(&v, '/', &part)) {
		if (part.n == 0 || view_eq(part, here))
			continue;
		if (view_eq(part, up)) {
			while (*n > 0 && ret[--*n] != '/')
				;
			continue;
		}
		if (part.n >= size - *n - 1 || memchr(part.p, 0, part.n))
			return false;
		ret[(*n)++] = '/';
		memcpy(ret + *n, part.p, part.n);
		*n += part.n;
	}
	return true;
}

bool procline_resolve(struct view cwd, struct view arg, char *ret, size_t size)
{
	size_t n = 0;

	if (arg.n == 0 || size < 2)
		return false;
	if (arg.p[0] != '/' && (cwd.n == 0 || cwd.p[0] != '/' || !append_path(cwd, ret, size, &n)))
		return false;
	if (!append_path(arg, ret, size, &n) || n == 0)
		return false;
	ret[n] = 0;
	return true;
}

bool procline_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1 && dir[0] == '/')
		return path[0] == '/';
	return strncmp(path, dir, n) == 0 && (path[n] == 0 || path[n] == '/');
}

bool procline_next_mount(struct view *text, struct procline_mount *ret)
{
	static const struct view dash = VIEW_LIT("-");
	struct view line, word;

	while (next_part(text, '\n', &line)) {
		struct procline_mount m = {0};

		if (!next_part(&line, ' ', &word) || !number32(word, &m.id))
			continue;
		/* The parent's number, the device, the root in the file system, and the point. */
		for (int i = 0; i < 4; i++)
			m.point = next_part(&line, ' ', &word) ? word : VIEW_EMPTY;
		/* The optional fields end with a lone dash; blanks in paths are escaped. */
		while (next_part(&line, ' ', &word) && !view_eq(word, dash))
			;
		if (!next_part(&line, ' ', &m.type) || m.type.n == 0)
			continue;
		*ret = m;
		return true;
	}
	return false;
}

static bool read_map(struct view line, struct procline_map *ret)
{
	struct view range, word, device, part;
	uint64_t major, minor;

	if (!next_part(&line, ' ', &range) || !next_part(&range, '-', &part) ||
		!hexadecimal(part, &ret->start) || !hexadecimal(range, &ret->end))
		return false;
	/* what may be done with it, and where in the file it begins */
	if (!next_part(&line, ' ', &word) || !next_part(&line, ' ', &word) ||
		!next_part(&line, ' ', &device) || !next_part(&device, ':', &part) ||
		!hexadecimal(part, &major) || !hexadecimal(device, &minor) || major > UINT32_MAX ||
		minor > UINT32_MAX || !next_part(&line, ' ', &word) || !number(word, &ret->ino))
		return false;
	ret->major = (uint32_t)major;
	ret->minor = (uint32_t)minor;
	return true;
}

bool procline_next_map(struct view *text, struct procline_map *ret)
{
	struct view line;

	while (next_part(text, '\n', &line)) {
		struct procline_map m;

		if (!read_map(line, &m))
			continue;
		*ret = m;
		return true;
	}
	return false;
}
