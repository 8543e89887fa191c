/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/line.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/fd.h"
#include "journal/payload.h"

#define HEX_SIZE (2 * SHA256_SIZE)

static const char time_form[] = "0000-00-00T00:00:00.000Z";

static bool eat(struct view *v, struct view lit)
{
	if (!view_starts(*v, lit))
		return false;
	v->p += lit.n;
	v->n -= lit.n;
	return true;
}

static bool eat_number(struct view *v, uint64_t *ret)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; i < v->n && v->p[i] >= '0' && v->p[i] <= '9'; i++)
		if (!checked_mul(n, 10U, &n) || !checked_add(n, (uint64_t)(v->p[i] - '0'), &n))
			return false;
	/* One way to write a number: no leading zero. */
	if (i == 0 || (i > 1 && v->p[0] == '0'))
		return false;
	v->p += i;
	v->n -= i;
	*ret = n;
	return true;
}

static int nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool eat_hash(struct view *v, uint8_t ret[SHA256_SIZE])
{
	if (v->n < HEX_SIZE)
		return false;
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		int hi = nibble(v->p[2 * i]), lo = nibble(v->p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		ret[i] = (uint8_t)(hi << 4 | lo);
	}
	v->p += HEX_SIZE;
	v->n -= HEX_SIZE;
	return true;
}

static bool eat_time(struct view *v, char ret[LINE_TIME_SIZE + 1])
{
	if (v->n < LINE_TIME_SIZE)
		return false;
	for (size_t i = 0; i < LINE_TIME_SIZE; i++)
		if (time_form[i] == '0' ? v->p[i] < '0' || v->p[i] > '9' : v->p[i] != time_form[i])
			return false;
	memcpy(ret, v->p, LINE_TIME_SIZE);
	ret[LINE_TIME_SIZE] = 0;
	v->p += LINE_TIME_SIZE;
	v->n -= LINE_TIME_SIZE;
	return true;
}

int line_parse(struct view v, struct line *ret)
{
	static const size_t tail = sizeof(",\"hash\":\"") - 1 + HEX_SIZE + sizeof("\"}") - 1;
	struct line l;
	struct view front, back;

	if (v.n < tail || v.n >= LINE_MAX_BYTES)
		return -EBADMSG;
	l.hashed = v.n - tail;
	front = view_sub(v, 0, l.hashed);
	back = view_sub(v, l.hashed, tail);
	if (!eat(&front, VIEW_LIT("{\"seq\":")) || !eat_number(&front, &l.seq) ||
		!eat(&front, VIEW_LIT(",\"time\":\"")) || !eat_time(&front, l.time) ||
		!eat(&front, VIEW_LIT("\",\"prev\":\"")) || !eat_hash(&front, l.prev) ||
		!eat(&front, VIEW_LIT("\",\"record\":")) || front.n > JOURNAL_RECORD_MAX ||
		payload_check(front, &l.kind) < 0 || !eat(&back, VIEW_LIT(",\"hash\":\"")) ||
		!eat_hash(&back, l.hash) || !view_eq(back, VIEW_LIT("\"}")))
		return -EBADMSG;
	l.payload = front;
	*ret = l;
	return 0;
}

int line_check(struct view v, const struct line *line, struct sha256 *sha)
{
	uint8_t hash[SHA256_SIZE];
	int r = sha256_update(sha, view_sub(v, 0, line->hashed));

	if (r == 0)
		r = sha256_final(sha, hash);
	if (r < 0)
		return r;
	return memcmp(hash, line->hash, SHA256_SIZE) == 0 ? 0 : -EBADMSG;
}

int line_put(struct buf *out, struct line *l, struct sha256 *sha)
{
	size_t begin = out->n;
	int r = buf_printf(
		out, "{\"seq\":%" PRIu64 ",\"time\":\"%s\",\"prev\":\"", l->seq, l->time);

	if (r == 0)
		r = buf_put_hex(out, l->prev, SHA256_SIZE);
	if (r == 0)
		r = buf_put_str(out, "\",\"record\":");
	if (r == 0)
		r = buf_put_view(out, l->payload);
	if (r == 0)
		r = sha256_update(sha, view_of(out->p + begin, out->n - begin));
	if (r == 0)
		r = sha256_final(sha, l->hash);
	if (r == 0)
		r = buf_put_str(out, ",\"hash\":\"");
	if (r == 0)
		r = buf_put_hex(out, l->hash, SHA256_SIZE);
	if (r == 0)
		r = buf_put_str(out, "\"}\n");
	return r;
}

void head_format(const struct head *h, char ret[HEAD_SIZE + 1])
{
	int n = snprintf(ret, HEAD_SIZE + 1, "%020" PRIu64 " ", h->seq);

	for (size_t i = 0; i < SHA256_SIZE; i++)
		n += snprintf(ret + n, HEAD_SIZE + 1 - (size_t)n, "%02x", h->hash[i]);
	ret[n++] = '\n';
	ret[n] = 0;
}

int head_read(int dir_fd, struct head *ret)
{
	cleanup_with(fd_closep) int fd = openat(
		dir_fd, JOURNAL_HEAD, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint8_t b[HEAD_SIZE + 1];
	struct view v;
	struct head h = {0};
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = pread(fd, b, sizeof(b), 0);
	if (n < 0)
		return -errno;
	if (n != HEAD_SIZE)
		return -EBADMSG;
	for (size_t i = 0; i < 20; i++)
		if (b[i] < '0' || b[i] > '9' || !checked_mul(h.seq, 10U, &h.seq) ||
			!checked_add(h.seq, (uint64_t)(b[i] - '0'), &h.seq))
			return -EBADMSG;
	v = view_of(b + 20, HEAD_SIZE - 20);
	if (!eat(&v, VIEW_LIT(" ")) || !eat_hash(&v, h.hash) || !view_eq(v, VIEW_LIT("\n")))
		return -EBADMSG;
	*ret = h;
	return 0;
}
