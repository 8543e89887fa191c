/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pack.h"

#include <errno.h>

#include "base/checked.h"

static void put(struct pack *p, const void *data, size_t n)
{
	int r = p->error ? 0 : buf_put(p->out, data, n);

	if (r < 0)
		p->error = r;
}

void pack_u8(struct pack *p, uint8_t v)
{
	put(p, &v, 1);
}

void pack_u32(struct pack *p, uint32_t v)
{
	uint8_t b[4];

	for (unsigned i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(v >> 8 * i);
	put(p, b, sizeof(b));
}

void pack_u64(struct pack *p, uint64_t v)
{
	pack_u32(p, (uint32_t)v);
	pack_u32(p, (uint32_t)(v >> 32));
}

void pack_view(struct pack *p, struct view v)
{
	if (v.n > UINT32_MAX) {
		p->error = -EMSGSIZE;
		return;
	}
	pack_u32(p, (uint32_t)v.n);
	put(p, v.p, v.n);
}

void pack_str(struct pack *p, const char *s)
{
	pack_view(p, view_str(s));
}

void pack_key(struct pack *p, const struct file_key *k)
{
	pack_u64(p, k->dev);
	pack_u64(p, k->ino);
	pack_u64(p, k->size);
	pack_u64(p, (uint64_t)k->mtime);
	pack_u64(p, (uint64_t)k->ctime);
}

static struct view get(struct unpack *u, size_t n)
{
	struct view v = view_sub(u->in, 0, n);

	if (u->error || u->in.n < n) {
		u->error = -EPROTO;
		return VIEW_EMPTY;
	}
	u->in.p += n;
	u->in.n -= n;
	return v;
}

uint8_t unpack_u8(struct unpack *u)
{
	struct view v = get(u, 1);

	return v.n ? v.p[0] : 0;
}

uint32_t unpack_u32(struct unpack *u)
{
	struct view v = get(u, 4);

	return v.n ? load_le32(v.p) : 0;
}

uint64_t unpack_u64(struct unpack *u)
{
	struct view v = get(u, 8);

	return v.n ? load_le64(v.p) : 0;
}

struct view unpack_view(struct unpack *u)
{
	return get(u, unpack_u32(u));
}

void unpack_str(struct unpack *u, char *ret, size_t size)
{
	struct view v = unpack_view(u);

	ret[0] = 0;
	if (v.n >= size || (v.n > 0 && memchr(v.p, 0, v.n))) {
		u->error = -EPROTO;
		return;
	}
	if (v.n > 0)
		memcpy(ret, v.p, v.n);
	ret[v.n] = 0;
}

void unpack_key(struct unpack *u, struct file_key *ret)
{
	ret->dev = unpack_u64(u);
	ret->ino = unpack_u64(u);
	ret->size = unpack_u64(u);
	ret->mtime = (int64_t)unpack_u64(u);
	ret->ctime = (int64_t)unpack_u64(u);
}

uint8_t unpack_enum(struct unpack *u, unsigned max)
{
	uint8_t v = unpack_u8(u);

	if (v >= max) {
		u->error = -EPROTO;
		return 0;
	}
	return v;
}

int unpack_end(const struct unpack *u)
{
	return u->error || u->in.n > 0 ? -EPROTO : 0;
}
