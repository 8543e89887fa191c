/* SPDX-License-Identifier: Apache-2.0 */
#include "cfbwriter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR      512
#define PER_SECTOR  (SECTOR / 4)
#define HEADER_FATS 109
#define CUTOFF      4096
#define END         0xfffffffeU
#define NONE        0xffffffffU

void put8(struct buf *b, unsigned v)
{
	assert_int_equal(buf_put_byte(b, (uint8_t)v), 0);
}

void put16(struct buf *b, unsigned v)
{
	put8(b, v & 0xff);
	put8(b, v >> 8);
}

void put32(struct buf *b, uint32_t v)
{
	put16(b, v & 0xffff);
	put16(b, v >> 16);
}

void set16(struct buf *b, size_t at, unsigned v)
{
	b->p[at] = (uint8_t)v;
	b->p[at + 1] = (uint8_t)(v >> 8);
}

void set32(struct buf *b, size_t at, uint32_t v)
{
	set16(b, at, v & 0xffff);
	set16(b, at + 2, v >> 16);
}

void put_zeros(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put8(b, 0);
}

size_t put_utf16(struct buf *b, const char *utf8)
{
	const uint8_t *p = (const uint8_t *)utf8;
	size_t n = 0;

	for (; *p; n++) {
		unsigned cp = *p++;

		if (cp >= 0xe0) {
			cp = (cp & 15) << 12 | (p[0] & 63U) << 6 | (p[1] & 63U);
			p += 2;
		} else if (cp >= 0xc0) {
			cp = (cp & 31) << 6 | (p[0] & 63U);
			p++;
		}
		put16(b, cp);
	}
	return n;
}

struct cfb_builder cfb_builder_new(void)
{
	struct cfb_builder b = {.n = 1, .nodes = calloc(CFB_NODES_MAX, sizeof(*b.nodes))};

	assert_non_null(b.nodes);
	b.nodes[0].is_storage = true;
	(void)snprintf(b.nodes[0].name, sizeof(b.nodes[0].name), "Root Entry");
	return b;
}

static unsigned add(struct cfb_builder *b, unsigned parent, const char *name)
{
	struct cfb_node *n = &b->nodes[b->n];

	assert_true(b->n < CFB_NODES_MAX);
	(void)snprintf(n->name, sizeof(n->name), "%s", name);
	n->parent = parent;
	return b->n++;
}

unsigned cfb_add_storage(struct cfb_builder *b, unsigned parent, const char *name)
{
	unsigned i = add(b, parent, name);

	b->nodes[i].is_storage = true;
	return i;
}

unsigned cfb_add(struct cfb_builder *b, unsigned parent, const char *name, struct view content)
{
	unsigned i = add(b, parent, name);

	assert_int_equal(buf_put_view(&b->nodes[i].data, content), 0);
	return i;
}

void cfb_builder_free(struct cfb_builder *b)
{
	for (unsigned i = 0; i < b->n; i++)
		buf_done(&b->nodes[i].data);
	free(b->nodes);
	b->nodes = NULL;
}

/* Puts `data` into sectors at the end of `out` and its chain into `fat`. */
static uint32_t put_chain(struct buf *out, struct buf *fat, struct view data, size_t unit)
{
	uint32_t first = (uint32_t)(fat->n / 4);
	size_t n = (data.n + unit - 1) / unit;

	if (n == 0)
		return END;
	assert_int_equal(buf_put_view(out, data), 0);
	put_zeros(out, n * unit - data.n);
	for (size_t i = 0; i < n; i++)
		put32(fat, i + 1 < n ? first + (uint32_t)i + 1 : END);
	return first;
}

static void put_entry(struct buf *dir, const struct cfb_node *node, unsigned type, uint32_t right,
	uint32_t child, uint32_t start, size_t size)
{
	size_t at = dir->n, units = put_utf16(dir, node->name);

	put_zeros(dir, 64 - 2 * units);
	put16(dir, (unsigned)units * 2 + 2);
	put8(dir, type);
	put8(dir, 1);
	put32(dir, NONE);
	put32(dir, right);
	put32(dir, child);
	put_zeros(dir, 36);
	put32(dir, start);
	put32(dir, (uint32_t)size);
	put32(dir, 0);
	assert_int_equal(dir->n - at, 128);
}

/* The children of a storage are one chain of right neighbours. */
static void neighbours(const struct cfb_builder *b, uint32_t *right, uint32_t *child)
{
	for (unsigned i = 0; i < b->n; i++)
		right[i] = child[i] = NONE;
	for (unsigned i = b->n - 1; i > 0; i--) {
		right[i] = child[b->nodes[i].parent];
		child[b->nodes[i].parent] = i;
	}
}

static void put_fat(struct buf *out, struct buf *fat, uint32_t *ret_first_list)
{
	size_t data = fat->n / 4, n_fat = 0, n_list = 0;

	for (;;) {
		size_t all = data + n_fat + n_list;
		size_t fats = (all + PER_SECTOR - 1) / PER_SECTOR;
		size_t lists = fats > HEADER_FATS
			? (fats - HEADER_FATS + PER_SECTOR - 2) / (PER_SECTOR - 1)
			: 0;

		if (fats == n_fat && lists == n_list)
			break;
		n_fat = fats;
		n_list = lists;
	}
	for (size_t i = 0; i < n_fat; i++)
		put32(fat, 0xfffffffdU);
	for (size_t i = 0; i < n_list; i++)
		put32(fat, 0xfffffffcU);
	while (fat->n % SECTOR != 0)
		put32(fat, NONE);
	assert_int_equal(buf_put_view(out, buf_view(fat)), 0);
	for (size_t i = 0; i < HEADER_FATS; i++)
		set32(out, 76 + i * 4, i < n_fat ? (uint32_t)(data + i) : NONE);
	*ret_first_list = n_list > 0 ? (uint32_t)(data + n_fat) : END;
	for (size_t k = 0; k < n_list; k++) {
		for (size_t i = 0; i + 1 < PER_SECTOR; i++) {
			size_t number = HEADER_FATS + k * (PER_SECTOR - 1) + i;

			put32(out, number < n_fat ? (uint32_t)(data + number) : NONE);
		}
		put32(out, k + 1 < n_list ? (uint32_t)(data + n_fat + k + 1) : END);
	}
}

void cfb_build(struct cfb_builder *b, struct buf *out)
{
	static const char magic[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
	cleanup_with(buf_done) struct buf fat = BUF_INIT(0);
	cleanup_with(buf_done) struct buf mini = BUF_INIT(0);
	cleanup_with(buf_done) struct buf mini_fat = BUF_INIT(0);
	cleanup_with(buf_done) struct buf dir = BUF_INIT(0);
	uint32_t *start = calloc(b->n * 3, sizeof(*start)), first;
	uint32_t *right = start + b->n, *child = right + b->n;

	assert_non_null(start);
	buf_clear(out);
	assert_int_equal(buf_put(out, magic, 8), 0);
	put_zeros(out, SECTOR - 8);
	for (unsigned i = 1; i < b->n; i++) {
		struct view data = buf_view(&b->nodes[i].data);

		start[i] = data.n >= CUTOFF ? put_chain(out, &fat, data, SECTOR)
					    : put_chain(&mini, &mini_fat, data, 64);
	}
	start[0] = put_chain(out, &fat, buf_view(&mini), SECTOR);
	neighbours(b, right, child);
	for (unsigned i = 0; i < b->n; i++)
		put_entry(&dir, &b->nodes[i],
			i == 0                           ? 5
				: b->nodes[i].is_storage ? 1
							 : 2,
			right[i], child[i], start[i], i == 0 ? mini.n : b->nodes[i].data.n);
	set16(out, 24, 0x3e);
	set16(out, 26, 3);
	set16(out, 28, 0xfffe);
	set16(out, 30, 9);
	set16(out, 32, 6);
	set32(out, 48, put_chain(out, &fat, buf_view(&dir), SECTOR));
	set32(out, 56, CUTOFF);
	set32(out, 60, put_chain(out, &fat, buf_view(&mini_fat), SECTOR));
	put_fat(out, &fat, &first);
	set32(out, 68, first);
	free(start);
}

int seen_cfb(struct seen *s, struct cfb_builder *b)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);

	cfb_build(b, &out);
	cfb_builder_free(b);
	return seen_run(s, buf_view(&out));
}
