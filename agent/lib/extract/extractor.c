/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one document: budgets, the member path, and the one way out for blocks. */
#include "extract/extractor.h"

#include <errno.h>
#include <stdio.h>
#include <libdeflate.h>

#include "base/clock.h"
#include "base/hash.h"
#include "extract/extract_internal.h"
#include "extract/label.h"
#include "extract/signature.h"
#include "extract/utf8.h"

void extractor_init(struct extractor *x, const struct extract_limits *limits,
	const struct block_sink *sink, struct extract_result *result)
{
	*x = (struct extractor){
		.limits = limits,
		.sink = sink,
		.result = result,
		.cpu_start = clock_cpu(),
		.key = hash_key_new(),
		.member = BUF_INIT(EXTRACT_MEMBER_MAX),
		.clean = BUF_INIT(0),
	};
	*result = (struct extract_result){.completeness = COMPLETENESS_FULL};
}

void extractor_done(struct extractor *x)
{
	buf_done(&x->member);
	buf_done(&x->clean);
	libdeflate_free_decompressor(x->decompressor);
	x->decompressor = NULL;
}

int extractor_tick(struct extractor *x, uint64_t work)
{
	if (x->stopped)
		return EXTRACT_STOP;
	x->work += work;
	if (x->work < EXTRACT_TICK_WORK)
		return 0;
	x->work = 0;
	if (clock_cpu() - x->cpu_start <= x->limits->cpu_ns)
		return 0;
	x->stopped = true;
	extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TIMED_OUT);
	return EXTRACT_STOP;
}

static bool is_blank(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] > ' ')
			return false;
	return true;
}

int extractor_emit(struct extractor *x, const struct block *block)
{
	struct block b = *block;
	int r;

	if (x->stopped)
		return EXTRACT_STOP;
	if (is_blank(b.text))
		return 0;
	if (b.text.n > x->limits->text_bytes - x->text) {
		x->stopped = true;
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return EXTRACT_STOP;
	}
	x->text += b.text.n;
	if (!utf8_is_valid(b.text) || !utf8_is_valid(b.name)) {
		struct view text = b.text, name = b.name;
		size_t split;

		buf_clear(&x->clean);
		r = utf8_repair(text, &x->clean);
		if (r < 0)
			return r;
		split = x->clean.n;
		r = utf8_repair(name, &x->clean);
		if (r < 0)
			return r;
		b.text = view_of(x->clean.p, split);
		b.name = view_of(x->clean.p + split, x->clean.n - split);
	}
	b.member = buf_view(&x->member);
	x->blocks += b.place != PLACE_FILE_NAME;
	x->has_text |= b.place != PLACE_PROPERTY && b.place != PLACE_FILE_NAME &&
		b.place != PLACE_MAIL_HEADER;
	r = x->sink->take(x->sink->userdata, &b);
	if (r < 0)
		return r;
	if (b.place == PLACE_PROPERTY || b.place == PLACE_MAIL_HEADER)
		r = label_derive(x, &b);
	return r != 0 ? r : extractor_tick(x, block->text.n + 64);
}

uint32_t extractor_shape(struct extractor *x)
{
	if (++x->shapes == 0)
		x->shapes = 1;
	return x->shapes;
}

void extractor_fail(struct extractor *x, enum completeness c, enum reason r)
{
	if (x->depth > 0 && c == COMPLETENESS_UNREADABLE)
		c = COMPLETENESS_PARTIAL;
	if (c > x->result->completeness)
		x->result->completeness = c;
	x->result->reasons |= REASON_BIT(r);
}

void extractor_format(struct extractor *x, const char *format)
{
	if (x->depth == 0)
		(void)snprintf(x->result->format, sizeof(x->result->format), "%s", format);
}

bool extractor_member(struct extractor *x)
{
	if (x->members >= x->limits->members) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return false;
	}
	x->members++;
	return true;
}

/* Appends "/name" to the path; cut at the front where too long. */
static int member_push(struct extractor *x, struct view name)
{
	size_t from = x->member.n;
	int r;

	if (name.n > EXTRACT_MEMBER_MAX / 4) {
		size_t cut = name.n - EXTRACT_MEMBER_MAX / 4;

		while (cut < name.n && (name.p[cut] & 0xc0) == 0x80)
			cut++;
		name = view_sub(name, cut, name.n);
	}
	buf_clear(&x->clean);
	r = utf8_repair(name, &x->clean);
	if (r < 0)
		return r;
	/* A full path keeps what it has: the outermost names are the ones an admin can find. */
	if (x->clean.n + 1 > EXTRACT_MEMBER_MAX - from)
		return 0;
	if (from > 0) {
		r = buf_put_byte(&x->member, '/');
		if (r < 0)
			return r;
	}
	return buf_put_view(&x->member, buf_view(&x->clean));
}

int extractor_enter(struct extractor *x, struct view name, size_t *ret_path)
{
	size_t path = x->member.n;
	int r;

	if (x->depth >= x->limits->depth) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_DEEP);
		return EXTRACT_OUTSIDE;
	}
	if (!extractor_member(x))
		return EXTRACT_OUTSIDE;
	r = extractor_tick(x, 4096);
	if (r != 0)
		return r;
	r = member_push(x, name);
	if (r < 0)
		return r;
	x->depth++;
	*ret_path = path;
	return 0;
}

void extractor_leave(struct extractor *x, size_t path)
{
	x->depth--;
	x->member.n = path;
}

int extractor_nested(struct extractor *x, struct view name, struct view content)
{
	size_t path;
	int r = extractor_enter(x, name, &path);

	if (r == EXTRACT_OUTSIDE)
		return 0;
	if (r == 0) {
		r = extract_one(x, content);
		extractor_leave(x, path);
	}
	return r;
}

int extractor_file_name(struct extractor *x, struct view name)
{
	size_t path = x->member.n;
	struct block b = {.place = PLACE_FILE_NAME};
	int r;

	for (size_t i = name.n; i-- > 0;)
		if (name.p[i] == '/' || name.p[i] == '\\') {
			b.text = view_sub(name, i + 1, name.n);
			break;
		} else if (i == 0) {
			b.text = name;
		}
	r = member_push(x, name);
	if (r < 0)
		return r;
	r = extractor_emit(x, &b);
	x->member.n = path;
	return r;
}

static int take_block(void *userdata, const struct block *b)
{
	return extractor_emit(userdata, b);
}

int extractor_picture(struct extractor *x, const struct picture *p)
{
	struct block_sink out = {take_block, x};
	struct picture_result result = {0};
	int r;

	if (x->stopped)
		return EXTRACT_STOP;
	if (!x->pictures) {
		x->images++;
		return 0;
	}
	if (x->seen == EXTRACT_PICTURES_MAX) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return 0;
	}
	x->seen++;
	/* half of the time: the other is for the text */
	r = x->pictures->read(
		x->pictures->userdata, p, x->cpu_start + x->limits->cpu_ns / 2, &out, &result);
	/* In a document of text, a drawing that nobody reads is not worth a word. */
	if (!p->whole && result.reasons & REASON_BIT(REASON_UNSUPPORTED)) {
		x->images++;
		result.reasons &= ~REASON_BIT(REASON_UNSUPPORTED);
	}
	for (unsigned i = 0; i < REASON_MAX; i++)
		if (result.reasons & REASON_BIT(i))
			extractor_fail(x, result.completeness, (enum reason)i);
	return r ? r : extractor_tick(x, EXTRACT_TICK_WORK);
}

bool extractor_is_known(struct extractor *x, struct view content)
{
	uint64_t h = hash_bytes(x->key, content);
	uint64_t *slot = &x->known[h % EXTRACT_PICTURES_KNOWN];
	bool known = *slot == h;

	*slot = h;
	return known;
}

void extractor_image(struct extractor *x, struct view content)
{
	struct picture_piece piece = {.coding = PICTURE_FILE, .bytes = content};
	struct picture p = {.pieces = &piece, .n = 1};
	const struct signature *s = signature_find(content);
	int r;

	if (x->pictures && (!s || s->kind != SIGNATURE_IMAGE || extractor_is_known(x, content)))
		return;
	r = extractor_picture(x, &p);
	if (r == EXTRACT_STOP)
		x->stopped = true;
	else if (r < 0)
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
}

bool extractor_charge(struct extractor *x, uint64_t n)
{
	if (n > x->limits->total_bytes - x->inflated) {
		x->inflated = x->limits->total_bytes;
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return false;
	}
	x->inflated += n;
	return true;
}
