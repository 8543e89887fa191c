/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/versions.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "bundle/bundle.h"
#include "bundle/versions_internal.h"

#define LOG_MAX    (512U << 20) /* bytes; VERSIONS_MAX lines are less */
#define FIELDS_MAX 12

static const char *const how_names[VERSION_HOW_MAX] = {"file", "shipped", "applied", "rolled-back"};

const char *version_how_name(enum version_how how)
{
	return how_names[how];
}

/* ---- lines ---- */

/* Without blanks and control characters; "" is "-". */
static int put_escaped(struct buf *b, const char *s)
{
	int r = *s ? 0 : buf_put_byte(b, '-');

	if (strcmp(s, "-") == 0)
		return buf_put_str(b, "%2d");
	for (; r == 0 && *s; s++)
		r = (unsigned char)*s <= ' ' || *s == '%' || *s == 127
			? buf_printf(b, "%%%02x", (unsigned char)*s)
			: buf_put_byte(b, (uint8_t)*s);
	return r;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. */
static bool unescape(char *s)
{
	char *to = s;

	if (strcmp(s, "-") == 0) {
		*s = 0;
		return true;
	}
	for (; *s; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		if (hex_digit(s[1]) < 0 || hex_digit(s[2]) < 0)
			return false;
		*to++ = (char)(hex_digit(s[1]) << 4 | hex_digit(s[2]));
		s += 2;
	}
	*to = 0;
	return true;
}

static bool parse_number(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || v > (max - (uint64_t)(*s - '0')) / 10)
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*ret = v;
	return true;
}

static bool parse_digest(const char *s, uint8_t ret[SHA256_SIZE])
{
	if (strlen(s) != 2 * SHA256_SIZE)
		return false;
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		int high = hex_digit(s[2 * i]), low = hex_digit(s[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int keep(struct versions *v, const struct version *n)
{
	if (v->n == v->cap) {
		size_t cap = v->cap ? 2 * v->cap : 64;
		struct version *grown = realloc(v->v, cap * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		v->v = grown;
		v->cap = cap;
	}
	v->v[v->n++] = *n;
	v->last = n->number;
	return 0;
}

static struct version *find(const struct versions *v, uint32_t number)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->v[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < v->n && v->v[low].number == number ? &v->v[low] : NULL;
}

static void enter_force(struct versions *v, struct version *n, uint64_t now)
{
	n->in_force = now;
	v->current = n->number;
	v->counter = MAX(v->counter, n->counter);
}

/* "version NUMBER TIME UID USER HOW FROM DIGEST BUNDLE COUNTER SIGNERS REASON"; 1: no such line. */
static int read_version(struct versions *v, char **f, size_t n_fields)
{
	struct version n = {0};
	uint64_t number, uid, from;

	if (n_fields != 12 || !parse_number(f[1], UINT32_MAX - 1, &number) || number <= v->last ||
		!parse_number(f[2], UINT64_MAX, &n.time) || !parse_number(f[3], UINT32_MAX, &uid) ||
		!unescape(f[4]) || !parse_number(f[6], UINT32_MAX, &from) ||
		!parse_digest(f[7], n.digest) || !parse_digest(f[8], n.bundle) ||
		!parse_number(f[9], UINT64_MAX, &n.counter) || !unescape(f[10]) || !unescape(f[11]))
		return 1;
	while (n.how < VERSION_HOW_MAX && strcmp(how_names[n.how], f[5]) != 0)
		n.how++;
	if (n.how == VERSION_HOW_MAX || v->n == VERSIONS_MAX)
		return 1;
	n.number = (uint32_t)number;
	n.uid = (uint32_t)uid;
	n.from = (uint32_t)from;
	snprintf(n.user, sizeof(n.user), "%s", f[4]);
	snprintf(n.signers, sizeof(n.signers), "%s", f[10]);
	n.reason = strdup(f[11]);
	if (!n.reason)
		return -ENOMEM;
	int r = keep(v, &n);
	if (r < 0)
		free(n.reason);
	return r;
}

static int read_line(struct versions *v, char *line)
{
	char *f[FIELDS_MAX + 1];
	struct version *n;
	uint64_t number, now;
	size_t fields = 0;

	for (char *p = line; p && fields <= FIELDS_MAX; fields++) {
		f[fields] = p;
		p = strchr(p, ' ');
		if (p)
			*p++ = 0;
	}
	if (strcmp(f[0], "version") == 0)
		return read_version(v, f, fields);
	if (strcmp(f[0], "current") == 0 && fields == 3 &&
		parse_number(f[1], UINT32_MAX, &number) && parse_number(f[2], UINT64_MAX, &now) &&
		(n = find(v, (uint32_t)number))) {
		enter_force(v, n, now);
		return 0;
	}
	/* What went with the versions that were removed. */
	if (strcmp(f[0], "base") == 0 && fields == 3 && v->n == 0 &&
		parse_number(f[1], UINT32_MAX - 1, &number) &&
		parse_number(f[2], UINT64_MAX, &v->counter)) {
		v->base = (uint32_t)number;
		return 0;
	}
	if (strcmp(f[0], "seen") == 0 && fields == 2 && parse_digest(f[1], v->seen)) {
		v->has_seen = true;
		return 0;
	}
	return 1;
}

static int read_log(struct versions *v, size_t *ret_cut)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(LOG_MAX);
	size_t whole = 0;
	int r = fd_read_all(v->log, LOG_MAX - 1, &b);

	*ret_cut = 0;
	while (r >= 0 && whole < b.n) {
		char *line = (char *)b.p + whole, *end = memchr(line, '\n', b.n - whole);
		size_t length;

		if (!end)
			break;
		*end = 0;
		length = (size_t)(end - line) + 1;
		r = memchr(line, 0, length - 1) ? 1 : read_line(v, line);
		*ret_cut += r == 1 ? length : 0;
		whole += length;
	}
	if (r < 0)
		return r;
	v->size = (off_t)whole;
	v->last = MAX(v->last, v->base);
	*ret_cut += b.n - whole;
	return whole < b.n && !v->read_only && ftruncate(v->log, v->size) < 0 ? -errno : 0;
}

/* All of it or nothing: a full disk must not leave half a line for the next to grow on. */
static int append(struct versions *v, const struct buf *line)
{
	int r;

	if (v->read_only)
		return -EROFS;
	r = fd_write_all(v->log, buf_view(line));
	if (r == 0 && fdatasync(v->log) < 0)
		r = -errno;
	if (r == 0)
		v->size += (off_t)line->n;
	else if (ftruncate(v->log, v->size) < 0)
		return r; /* cut off at the next start */
	return r;
}

/* Where nothing can be written, what is there goes on being read: the policy in force is among it.
 */
static int open_log(struct versions *v, const char *path)
{
	v->log = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (v->log < 0 && errno == EROFS) {
		v->read_only = true;
		v->log = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	}
	return v->log < 0 ? -errno : 0;
}

int versions_open(const char *dir, uint32_t first, size_t *ret_cut, struct versions **ret)
{
	struct versions *v = calloc(1, sizeof(*v));
	char path[PATH_MAX];
	int r = 0;

	if (!v)
		return -ENOMEM;
	v->log = -1;
	if (snprintf(v->dir, sizeof(v->dir), "%s", dir) >= (int)sizeof(v->dir) ||
		snprintf(path, sizeof(path), "%s/log", dir) >= (int)sizeof(path))
		r = -ENAMETOOLONG;
	if (r == 0 && mkdir(dir, 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0) {
		r = open_log(v, path);
		if (r == 0 && !v->read_only)
			r = fd_sync_dir(dir);
	}
	if (r == 0)
		r = read_log(v, ret_cut);
	if (v->n == 0)
		v->last = MAX(first, v->base);
	if (r < 0) {
		versions_close(v);
		return r;
	}
	*ret = v;
	return 0;
}

struct versions *versions_close(struct versions *v)
{
	if (!v)
		return NULL;
	for (size_t i = 0; i < v->n; i++)
		free(v->v[i].reason);
	free(v->v);
	fd_close(v->log);
	free(v);
	return NULL;
}

/* ---- bundles ---- */

static int bundle_path(const struct versions *v, const uint8_t digest[SHA256_SIZE],
	const char *suffix, char ret[PATH_MAX])
{
	char hex[2 * SHA256_SIZE + 1];
	int n;

	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	n = snprintf(ret, PATH_MAX, "%s/%s.bundle%s", v->dir, hex, suffix);
	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int read_bundle(const struct versions *v, const uint8_t digest[SHA256_SIZE], struct buf *ret)
{
	uint8_t found[SHA256_SIZE];
	char path[PATH_MAX];
	size_t before = ret->n;
	int r = bundle_path(v, digest, "", path);

	if (r == 0)
		r = fd_read_path(path, BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX, ret);
	if (r == 0)
		r = sha256(view_of(ret->p + before, ret->n - before), found);
	return r == 0 && memcmp(found, digest, SHA256_SIZE) != 0 ? -EBADMSG : r;
}

static int write_bundle(
	const struct versions *v, const uint8_t digest[SHA256_SIZE], struct view bundle)
{
	cleanup_with(fd_closep) int fd = -1;
	char path[PATH_MAX], part[PATH_MAX];
	int r = bundle_path(v, digest, "", path);

	if (r == 0)
		r = bundle_path(v, digest, ".part", part);
	if (r < 0)
		return r;
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0400);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, bundle);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && rename(part, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(part);
	return r < 0 ? r : fd_sync_dir(v->dir);
}

static int keep_bundle(
	const struct versions *v, const uint8_t digest[SHA256_SIZE], struct view bundle)
{
	cleanup_with(buf_done) struct buf there = {0};

	/* What another version has already is not written again, unless it is damaged. */
	return read_bundle(v, digest, &there) == 0 ? 0 : write_bundle(v, digest, bundle);
}

int versions_put(const struct version *n, struct buf *b)
{
	int r = buf_printf(b, "version %u %" PRIu64 " %u ", n->number, n->time, n->uid);

	if (r == 0)
		r = put_escaped(b, n->user);
	if (r == 0)
		r = buf_printf(b, " %s %u ", how_names[n->how], n->from);
	if (r == 0)
		r = buf_put_hex(b, n->digest, SHA256_SIZE);
	if (r == 0)
		r = buf_put_byte(b, ' ');
	if (r == 0)
		r = buf_put_hex(b, n->bundle, SHA256_SIZE);
	if (r == 0)
		r = buf_printf(b, " %" PRIu64 " ", n->counter);
	if (r == 0)
		r = put_escaped(b, n->signers);
	if (r == 0)
		r = buf_put_byte(b, ' ');
	if (r == 0)
		r = put_escaped(b, n->reason);
	return r < 0 ? r : buf_put_byte(b, '\n');
}

int versions_add(
	struct versions *v, const struct version *about, struct view bundle, uint32_t *ret_number)
{
	cleanup_with(buf_done) struct buf line = {0};
	struct version n = *about;
	int r;

	if (v->n == VERSIONS_MAX || v->last >= UINT32_MAX - 1)
		return -EOVERFLOW;
	n.number = v->last + 1;
	n.in_force = 0;
	n.reason = strndup(about->reason ? about->reason : "", VERSIONS_REASON_MAX - 1);
	r = n.reason ? sha256(bundle, n.bundle) : -ENOMEM;
	if (r == 0)
		r = keep_bundle(v, n.bundle, bundle);
	if (r == 0)
		r = versions_put(&n, &line);
	if (r == 0)
		r = append(v, &line);
	if (r == 0)
		r = keep(v, &n);
	if (r < 0) {
		free(n.reason);
		return r;
	}
	*ret_number = n.number;
	return 0;
}

int versions_put_current(uint32_t number, uint64_t now, struct buf *b)
{
	return buf_printf(b, "current %u %" PRIu64 "\n", number, now);
}

int versions_put_seen(const uint8_t digest[SHA256_SIZE], struct buf *b)
{
	int r = buf_put_str(b, "seen ");

	if (r == 0)
		r = buf_put_hex(b, digest, SHA256_SIZE);
	return r < 0 ? r : buf_put_byte(b, '\n');
}

int versions_use(struct versions *v, uint32_t number, uint64_t now)
{
	cleanup_with(buf_done) struct buf line = {0};
	struct version *n = find(v, number);
	int r = n ? versions_put_current(number, now, &line) : -ENOENT;

	if (r == 0)
		r = append(v, &line);
	if (r == 0)
		enter_force(v, n, now);
	return r;
}

int versions_saw(struct versions *v, const uint8_t digest[SHA256_SIZE])
{
	cleanup_with(buf_done) struct buf line = {0};
	int r;

	if (versions_is_seen(v, digest))
		return 0;
	r = versions_put_seen(digest, &line);
	if (r == 0)
		r = append(v, &line);
	if (r == 0) {
		memcpy(v->seen, digest, SHA256_SIZE);
		v->has_seen = true;
	}
	return r;
}

/* ---- asking ---- */

size_t versions_n(const struct versions *v)
{
	return v->n;
}

const struct version *versions_at(const struct versions *v, size_t i)
{
	return &v->v[i];
}

const struct version *versions_get(const struct versions *v, uint32_t number)
{
	return find(v, number);
}

const struct version *versions_current(const struct versions *v)
{
	return find(v, v->current);
}

static uint32_t origin(const struct version *n)
{
	return n->how == VERSION_HOW_ROLLBACK ? n->from : n->number;
}

const struct version *versions_before(const struct versions *v)
{
	const struct version *now = versions_current(v);

	for (size_t i = v->n; now && i-- > 0;)
		if (v->v[i].in_force && v->v[i].number < origin(now))
			/* What was taken back before must not come again by this. */
			return find(v, origin(&v->v[i]));
	return NULL;
}

bool versions_is_seen(const struct versions *v, const uint8_t digest[SHA256_SIZE])
{
	return v->has_seen && memcmp(v->seen, digest, SHA256_SIZE) == 0;
}

uint64_t versions_counter(const struct versions *v)
{
	return v->counter;
}

int versions_read(const struct versions *v, const struct version *n, struct buf *ret)
{
	return read_bundle(v, n->bundle, ret);
}
