/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void put16(struct buf *b, uint32_t v)
{
	assert_int_equal(buf_put_byte(b, (uint8_t)v), 0);
	assert_int_equal(buf_put_byte(b, (uint8_t)(v >> 8)), 0);
}

static void put32(struct buf *b, uint32_t v)
{
	put16(b, v);
	put16(b, v >> 16);
}

static void put64(struct buf *b, uint64_t v)
{
	put32(b, (uint32_t)v);
	put32(b, (uint32_t)(v >> 32));
}

static void deflate_into(struct view in, struct buf *out)
{
	z_stream z = {0};
	uLong bound;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	bound = deflateBound(&z, in.n);
	assert_int_equal(buf_reserve(out, bound), 0);
	z.next_in = (Bytef *)(uintptr_t)in.p;
	z.avail_in = (uInt)in.n;
	z.next_out = out->p + out->n;
	z.avail_out = (uInt)bound;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->n += bound - z.avail_out;
	deflateEnd(&z);
}

void zip_add(struct zip_builder *z, const char *name, struct view content, unsigned how)
{
	cleanup_with(buf_done) struct buf data = BUF_INIT(0);
	uint32_t offset = (uint32_t)z->out.n, size = (uint32_t)content.n, csize;
	uint32_t flags = (how & ZIP_ENCRYPTED ? 1 : 0) | (how & ZIP_DESCRIPTOR ? 8 : 0);
	uint32_t method = how & ZIP_METHOD_IMPLODE ? 6 : how & ZIP_STORED ? 0 : 8;
	bool is64 = how & ZIP_64;

	if (method == 8)
		deflate_into(content, &data);
	else
		assert_int_equal(buf_put_view(&data, content), 0);
	csize = (uint32_t)data.n;
	if (how & ZIP_SIZE_LIES)
		size = 3;
	put32(&z->out, 0x04034b50);
	put16(&z->out, 20);
	put16(&z->out, flags);
	put16(&z->out, method);
	put32(&z->out, 0);
	put32(&z->out, 0);
	put32(&z->out, is64 ? UINT32_MAX : how & ZIP_DESCRIPTOR ? 0 : csize);
	put32(&z->out, is64 ? UINT32_MAX : how & ZIP_DESCRIPTOR ? 0 : size);
	put16(&z->out, (uint32_t)strlen(name));
	put16(&z->out, is64 ? 20 : 0);
	assert_int_equal(buf_put_str(&z->out, name), 0);
	if (is64) {
		put16(&z->out, 1);
		put16(&z->out, 16);
		put64(&z->out, size);
		put64(&z->out, csize);
	}
	assert_int_equal(buf_put_view(&z->out, buf_view(&data)), 0);
	if (how & ZIP_DESCRIPTOR) {
		put32(&z->out, 0x08074b50);
		put32(&z->out, 0);
		put32(&z->out, csize);
		put32(&z->out, size);
	}
	if (how & ZIP_UNLISTED)
		return;
	z->n++;
	put32(&z->central, 0x02014b50);
	put16(&z->central, 20);
	put16(&z->central, 20);
	put16(&z->central, flags);
	put16(&z->central, method);
	put32(&z->central, 0);
	put32(&z->central, 0);
	put32(&z->central, is64 ? UINT32_MAX : how & ZIP_CSIZE_LIES ? 3 : csize);
	put32(&z->central, is64 ? UINT32_MAX : size);
	put16(&z->central, (uint32_t)strlen(name));
	put16(&z->central, is64 ? 28 : 0);
	put16(&z->central, 0);
	put32(&z->central, 0);
	put32(&z->central, 0);
	put32(&z->central, is64 ? UINT32_MAX : offset);
	assert_int_equal(buf_put_str(&z->central, name), 0);
	if (is64) {
		put16(&z->central, 1);
		put16(&z->central, 24);
		put64(&z->central, size);
		put64(&z->central, csize);
		put64(&z->central, offset);
	}
}

void zip_add_str(struct zip_builder *z, const char *name, const char *content, unsigned how)
{
	zip_add(z, name, view_str(content), how);
}

void zip_end(struct zip_builder *z)
{
	uint32_t at = (uint32_t)z->out.n, size = (uint32_t)z->central.n;

	assert_int_equal(buf_put_view(&z->out, buf_view(&z->central)), 0);
	put32(&z->out, 0x06054b50);
	put32(&z->out, 0);
	put16(&z->out, z->n);
	put16(&z->out, z->n);
	put32(&z->out, size);
	put32(&z->out, at);
	put16(&z->out, 0);
}

void zip_builder_done(struct zip_builder *z)
{
	buf_done(&z->out);
	buf_done(&z->central);
	z->n = 0;
}

static char *copy(struct view v)
{
	char *s = malloc(v.n + 1);

	assert_non_null(s);
	if (v.n > 0)
		memcpy(s, v.p, v.n);
	s[v.n] = 0;
	return s;
}

static int take(void *userdata, const struct block *b)
{
	struct seen *s = userdata;

	s->total++;
	if (s->n < SEEN_MAX)
		s->blocks[s->n++] = (struct seen_block){
			.place = b->place,
			.page = b->page,
			.shape = b->shape,
			.flags = b->flags,
			.text = copy(b->text),
			.name = copy(b->name),
			.member = copy(b->member),
		};
	return s->answer;
}

struct seen *seen_new(void)
{
	struct seen *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	extract_limits_default(&s->limits);
	/* Sanitizers and busy machines are slow; the tests of the budget set their own. */
	s->limits.cpu_ns = UINT64_C(60000000000);
	return s;
}

void seen_clear(struct seen *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->blocks[i].text);
		free(s->blocks[i].name);
		free(s->blocks[i].member);
	}
	s->n = s->total = 0;
}

void seen_free(struct seen *s)
{
	seen_clear(s);
	free(s);
}

int seen_run(struct seen *s, struct view content)
{
	const struct block_sink sink = {take, s};
	/* A copy of exactly this size, so that a sanitizer sees every byte read too far. */
	uint8_t *p = malloc(content.n ? content.n : 1);
	int r;

	assert_non_null(p);
	if (content.n > 0)
		memcpy(p, content.p, content.n);
	seen_clear(s);
	r = extract_document(view_of(p, content.n), &s->limits, &sink, &s->result);
	free(p);
	return r;
}

int seen_zip(struct seen *s, struct zip_builder *z)
{
	int r;

	zip_end(z);
	r = seen_run(s, buf_view(&z->out));
	zip_builder_done(z);
	return r;
}

const struct seen_block *seen_find(struct seen *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->blocks[i].text, text) == 0)
			return &s->blocks[i];
	return NULL;
}

size_t seen_count(struct seen *s, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += strcmp(s->blocks[i].text, text) == 0;
	return n;
}

const struct seen_block *seen_text(struct seen *s, const char *text)
{
	const struct seen_block *b = seen_find(s, text);

	if (!b)
		for (size_t i = 0; i < s->n; i++)
			print_error("seen: %s: %s\n", place_name(s->blocks[i].place),
				s->blocks[i].text);
	if (!b)
		fail_msg("no block \"%s\"", text);
	return b;
}
