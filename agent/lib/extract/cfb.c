/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/cfb.h"

#include <errno.h>
#include <strings.h>

#include "base/checked.h"

#define HEADER      512
#define HEADER_FATS 109
#define ENTRY       128
#define MINI_SHIFT  6

#define LAST_SECTOR 0xfffffffaU /* numbers from here on mean something else */

/* Sector 0 is behind the header, which fills a sector whatever its size. */
static struct view sector(const struct cfb *c, uint32_t number)
{
	uint64_t at = ((uint64_t)number + 1) << c->shift;

	if (number >= LAST_SECTOR || at >= c->file.n)
		return VIEW_EMPTY;
	return view_sub(c->file, (size_t)at, (size_t)1 << c->shift);
}

static uint32_t next_in(const struct buf *table, uint32_t number)
{
	return number < table->n / 4 ? load_le32(table->p + (size_t)number * 4) : CFB_NONE;
}

/* The sectors of a chain, until it or the file ends; `max` bytes. */
static int read_chain(struct cfb *c, uint32_t number, uint64_t max, struct buf *out)
{
	uint64_t left = MIN(max, (uint64_t)c->file.n);

	while (left > 0) {
		struct view s = sector(c, number);
		int r;

		if (s.n == 0)
			return 0;
		s = view_sub(s, 0, (size_t)MIN(left, (uint64_t)s.n));
		r = buf_put_view(out, s);
		if (r < 0)
			return r;
		left -= s.n;
		number = next_in(&c->fat, number);
	}
	return 0;
}

static int read_mini_chain(struct cfb *c, uint32_t number, uint64_t max, struct buf *out)
{
	uint64_t left = MIN(max, (uint64_t)c->mini.n);

	while (left > 0) {
		uint64_t at = (uint64_t)number << MINI_SHIFT;
		struct view s = view_sub(buf_view(&c->mini), (size_t)at,
			(size_t)MIN(left, (uint64_t)1 << MINI_SHIFT));
		int r;

		if (number >= LAST_SECTOR || s.n == 0)
			return 0;
		r = buf_put_view(out, s);
		if (r < 0)
			return r;
		left -= s.n;
		number = next_in(&c->mini_fat, number);
	}
	return 0;
}

/* The table of all chains: its sectors are named in the header and in a chain of their own. */
static int read_fat(struct cfb *c)
{
	uint32_t further = load_le32(c->file.p + 68);
	size_t per_sector = ((size_t)1 << c->shift) / 4;
	size_t left = (c->file.n >> c->shift) + 1;

	for (size_t i = 0; i < HEADER_FATS; i++) {
		int r = buf_put_view(&c->fat, sector(c, load_le32(c->file.p + 76 + i * 4)));

		if (r < 0)
			return r;
	}
	while (further < LAST_SECTOR && left > 0) {
		struct view list = sector(c, further);

		if (list.n < per_sector * 4)
			break;
		for (size_t i = 0; i + 1 < per_sector && left > 0; i++) {
			struct view s = sector(c, load_le32(list.p + i * 4));
			int r = buf_put_view(&c->fat, s);

			if (r < 0)
				return r;
			left -= s.n > 0;
		}
		left -= left > 0;
		further = load_le32(list.p + (per_sector - 1) * 4);
	}
	return 0;
}

/* UTF-16 of a directory entry, its length with the NUL. */
static void take_name(struct cfb_entry *e, const uint8_t *raw)
{
	size_t n = MIN((size_t)load_le16(raw + 64), (size_t)64) / 2;
	struct buf utf8 = BUF_INIT(CFB_NAME_MAX);

	for (size_t i = 0; i + 1 < n; i++)
		if (buf_put_utf8(&utf8, load_le16(raw + 2 * i)) < 0)
			break;
	if (utf8.n > 0)
		memcpy(e->name, utf8.p, utf8.n);
	e->name_n = (uint8_t)utf8.n;
	buf_done(&utf8);
}

struct link {
	uint32_t number, parent;
};

static int push(struct buf *stack, uint32_t number, uint32_t parent)
{
	struct link l = {number, parent};

	return number == CFB_NONE ? 0 : buf_put(stack, &l, sizeof(l));
}

/* Follows the trees from the root, each entry once. */
static int link_entries(struct cfb *c, struct view directory)
{
	cleanup_with(buf_done) struct buf stack = BUF_INIT(0);
	int r = push(&stack, load_le32(directory.p + 76), 0);

	while (r == 0 && stack.n > 0) {
		struct link l;
		struct cfb_entry *e;
		const uint8_t *raw;

		stack.n -= sizeof(l);
		memcpy(&l, stack.p + stack.n, sizeof(l));
		if (l.number == 0 || l.number >= c->n_entries)
			continue;
		e = &c->entries[l.number];
		if (e->parent != CFB_NONE)
			continue;
		e->parent = l.parent;
		e->next = c->entries[l.parent].child;
		c->entries[l.parent].child = l.number;
		raw = directory.p + (size_t)l.number * ENTRY;
		r = push(&stack, load_le32(raw + 68), l.parent);
		if (r == 0)
			r = push(&stack, load_le32(raw + 72), l.parent);
		if (r != 0 || e->type != CFB_STORAGE)
			continue;
		e->depth = (uint8_t)(c->entries[l.parent].depth + 1);
		if (e->depth < CFB_DEPTH_MAX)
			r = push(&stack, load_le32(raw + 76), l.number);
		else
			extractor_fail(c->x, COMPLETENESS_PARTIAL, REASON_TOO_DEEP);
	}
	return r;
}

static int read_directory(struct cfb *c)
{
	cleanup_with(buf_done) struct buf raw = BUF_INIT(0);
	bool is_wide = c->shift > 9;
	int r = read_chain(c, load_le32(c->file.p + 48), UINT64_MAX, &raw);

	if (r < 0)
		return r;
	c->n_entries = (uint32_t)MIN(raw.n / ENTRY, (size_t)CFB_ENTRIES_MAX);
	if (raw.n / ENTRY > CFB_ENTRIES_MAX)
		extractor_fail(c->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
	if (c->n_entries == 0)
		return 0;
	c->entries = calloc(c->n_entries, sizeof(c->entries[0]));
	if (!c->entries)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_entries; i++) {
		const uint8_t *p = raw.p + (size_t)i * ENTRY;
		struct cfb_entry *e = &c->entries[i];

		e->parent = CFB_NONE;
		e->type = p[66];
		e->start = load_le32(p + 116);
		e->size = is_wide ? load_le64(p + 120) : load_le32(p + 120);
		take_name(e, p);
	}
	return link_entries(c, buf_view(&raw));
}

int cfb_open(struct cfb *c, struct extractor *x, struct view file)
{
	int r;

	*c = (struct cfb){.x = x, .file = file};
	if (file.n >= HEADER) {
		c->shift = load_le16(file.p + 30);
		c->mini_cutoff = load_le32(file.p + 56);
	}
	if (c->shift < 9 || c->shift > 16 || load_le16(file.p + 32) != MINI_SHIFT) {
		extractor_fail(x, COMPLETENESS_UNREADABLE, REASON_DAMAGED);
		return 0;
	}
	r = extractor_tick(x, file.n / 64);
	if (r == 0)
		r = read_fat(c);
	if (r == 0)
		r = read_directory(c);
	if (r == 0 && c->n_entries == 0)
		extractor_fail(x, COMPLETENESS_UNREADABLE, REASON_DAMAGED);
	if (r == 0)
		r = read_chain(c, load_le32(file.p + 60), UINT64_MAX, &c->mini_fat);
	if (r == 0 && c->n_entries > 0)
		r = read_chain(c, c->entries[0].start, c->entries[0].size, &c->mini);
	return r;
}

void cfb_done(struct cfb *c)
{
	free(c->entries);
	c->entries = NULL;
	c->n_entries = 0;
	buf_done(&c->fat);
	buf_done(&c->mini_fat);
	buf_done(&c->mini);
}

uint32_t cfb_find(const struct cfb *c, uint32_t storage, const char *name)
{
	size_t n = strlen(name);

	for (uint32_t i = c->entries[storage].child; i != 0; i = c->entries[i].next) {
		const struct cfb_entry *e = &c->entries[i];

		if (e->name_n == n && strncasecmp(e->name, name, n) == 0)
			return i;
	}
	return CFB_NONE;
}

int cfb_read(struct cfb *c, uint32_t entry, struct buf *out)
{
	const struct cfb_entry *e = &c->entries[entry];
	uint64_t size = MIN(e->size, (uint64_t)c->file.n);
	int r;

	buf_clear(out);
	if (e->type != CFB_STREAM)
		return CFB_ABSENT;
	if (size > c->x->limits->member_bytes) {
		extractor_fail(c->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return CFB_ABSENT;
	}
	if (!extractor_charge(c->x, size))
		return CFB_ABSENT;
	r = extractor_tick(c->x, size / 16 + 64);
	if (r != 0)
		return r;
	r = e->size < c->mini_cutoff ? read_mini_chain(c, e->start, e->size, out)
				     : read_chain(c, e->start, e->size, out);
	if (r == 0 && out->n < e->size)
		extractor_fail(c->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
	return r;
}

int cfb_read_name(struct cfb *c, uint32_t storage, const char *name, struct buf *out)
{
	uint32_t entry = cfb_find(c, storage, name);

	return entry == CFB_NONE ? CFB_ABSENT : cfb_read(c, entry, out);
}
