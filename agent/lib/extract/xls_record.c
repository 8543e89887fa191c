/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/xls_record.h"

#include "base/checked.h"

bool xls_next(struct xls_record *r)
{
	const uint8_t *p;

	if (!checked_range(r->next, XLS_RECORD_HEADER, r->stream.n))
		return false;
	p = r->stream.p + r->next;
	r->at = r->next;
	r->type = load_le16(p);
	r->rest = view_sub(r->stream, r->at + XLS_RECORD_HEADER, load_le16(p + 2));
	r->next = r->at + XLS_RECORD_HEADER + load_le16(p + 2);
	return true;
}

bool xls_continue(struct xls_record *r)
{
	if (!checked_range(r->next, XLS_RECORD_HEADER, r->stream.n) ||
		load_le16(r->stream.p + r->next) != XLS_CONTINUE)
		return false;
	return xls_next(r);
}

static bool take8(struct xls_record *r, uint32_t *ret)
{
	while (r->rest.n == 0)
		if (!xls_continue(r))
			return false;
	*ret = r->rest.p[0];
	r->rest = view_sub(r->rest, 1, r->rest.n);
	return true;
}

bool xls_take16(struct xls_record *r, uint32_t *ret)
{
	uint32_t low, high;

	if (!take8(r, &low) || !take8(r, &high))
		return false;
	*ret = low | high << 8;
	return true;
}

bool xls_take32(struct xls_record *r, uint32_t *ret)
{
	uint32_t low, high;

	if (!xls_take16(r, &low) || !xls_take16(r, &high))
		return false;
	*ret = low | high << 16;
	return true;
}

bool xls_skip(struct xls_record *r, uint64_t n)
{
	while (n > r->rest.n) {
		n -= r->rest.n;
		if (!xls_continue(r))
			return false;
	}
	r->rest = view_sub(r->rest, (size_t)n, r->rest.n);
	return true;
}

int xls_take_units(struct xls_record *r, size_t n, bool is_wide, struct buf *units)
{
	buf_clear(units);
	while (n > 0) {
		size_t unit = is_wide ? 2 : 1, have = MIN(n, r->rest.n / unit);
		uint32_t flags;
		int k = 0;

		if (is_wide)
			k = buf_put_view(units, view_sub(r->rest, 0, have * 2));
		for (size_t i = 0; k == 0 && !is_wide && i < have; i++) {
			const uint8_t pair[] = {r->rest.p[i], 0};

			k = buf_put(units, pair, sizeof(pair));
		}
		if (k < 0)
			return k;
		r->rest = view_sub(r->rest, have * unit, r->rest.n);
		n -= have;
		if (n == 0)
			break;
		if (!xls_continue(r) || r->rest.n == 0)
			break;
		flags = r->rest.p[0];
		r->rest = view_sub(r->rest, 1, r->rest.n);
		is_wide = flags & 1;
	}
	return 0;
}
