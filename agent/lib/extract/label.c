/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/label.h"

#include <string.h>

#include "extract/html_style.h"

static const char prefix[] = "MSIP_Label_", prefix_lower[] = "msip_label_";

static bool starts(struct view v, const char *text)
{
	size_t n = strlen(text);

	return v.n >= n && html_is(view_sub(v, 0, n), text);
}

static bool ends(struct view v, const char *text)
{
	size_t n = strlen(text);

	return v.n >= n && html_is(view_sub(v, v.n - n, n), text);
}

static struct view trimmed(struct view v, const char *around)
{
	while (v.n && strchr(around, v.p[0]) && v.p[0])
		v = view_sub(v, 1, v.n - 1);
	while (v.n && strchr(around, v.p[v.n - 1]) && v.p[v.n - 1])
		v.n--;
	return v;
}

static int emit(
	struct extractor *x, enum place place, struct view id, const char *what, struct view text)
{
	cleanup_with(buf_done) struct buf name = BUF_INIT(0);
	struct block b = {.place = place, .text = text};
	int r = buf_put_str(&name, prefix);

	if (r == 0)
		r = buf_put_view(&name, view_sub(id, 0, LABEL_POLICY_MAX));
	if (r == 0)
		r = buf_put_str(&name, what);
	if (r < 0)
		return r;
	b.name = buf_view(&name);
	return extractor_emit(x, &b);
}

/* "MSIP_Label_<guid>_Enabled=True;MSIP_Label_<guid>_Name=Secret;..." */
static int split_header(struct extractor *x, struct view v)
{
	int r = 0;

	while (r == 0 && v.n > 0) {
		const uint8_t *end = memchr(v.p, ';', v.n), *equals;
		struct view one = view_sub(v, 0, end ? (size_t)(end - v.p) : v.n);
		struct block b = {.place = PLACE_MAIL_HEADER};

		v = view_sub(v, one.n + 1, v.n);
		equals = one.n ? memchr(one.p, '=', one.n) : NULL;
		if (!equals)
			continue;
		b.name = trimmed(view_sub(one, 0, (size_t)(equals - one.p)), " \t\r\n");
		b.text = trimmed(view_sub(one, (size_t)(equals - one.p) + 1, one.n), " \t\r\n\"");
		if (starts(b.name, prefix_lower))
			r = extractor_emit(x, &b);
	}
	return r;
}

int label_derive(struct extractor *x, const struct block *b)
{
	static const char enabled[] = "_enabled";
	cleanup_with(buf_done) struct buf copy = BUF_INIT(0);
	size_t n = sizeof(prefix) - 1 + sizeof(enabled) - 1;
	struct view on = trimmed(b->text, " ");
	int r;

	if (b->place == PLACE_MAIL_HEADER && html_is(b->name, "msip_labels")) {
		/* the block may lie in a buffer that is used again */
		r = buf_put_view(&copy, b->text);
		return r < 0 ? r : split_header(x, buf_view(&copy));
	}
	if (b->name.n <= n || !starts(b->name, prefix_lower) || !ends(b->name, enabled) ||
		(!html_is(on, "true") && !html_is(on, "1")))
		return 0;
	r = buf_put_view(&copy, view_sub(b->name, sizeof(prefix) - 1, b->name.n - n));
	return r < 0 ? r : emit(x, b->place, buf_view(&copy), "_LabelId", buf_view(&copy));
}

int label_info(struct extractor *x, struct view id, struct view enabled, struct view removed)
{
	int r;

	id = trimmed(id, "{} ");
	if (id.n == 0)
		return 0;
	r = emit(x, PLACE_PROPERTY, id, "_Enabled", enabled.n ? enabled : VIEW_LIT("1"));
	return r == 0 && removed.n ? emit(x, PLACE_PROPERTY, id, "_Removed", removed) : r;
}

void label_slab_open(struct label_slab *s, struct view element)
{
	if (view_eq(element, VIEW_LIT("ConfidentialityInformation"))) {
		s->inside = true;
		s->n = 0;
	}
	s->is_policy = s->inside && view_eq(element, VIEW_LIT("PolicyIdentifier"));
	s->is_classification = s->inside && view_eq(element, VIEW_LIT("Classification"));
}

void label_slab_close(struct label_slab *s, struct view element)
{
	if (view_eq(element, VIEW_LIT("ConfidentialityInformation")))
		s->inside = false;
	s->is_policy = s->is_classification = false;
}

int label_slab_text(struct extractor *x, struct label_slab *s, struct view text)
{
	cleanup_with(buf_done) struct buf marking = BUF_INIT(0);
	struct block b = {.place = PLACE_PROPERTY, .name = VIEW_LIT("slab:Classification")};
	int r;

	text = trimmed(text, " \t\r\n");
	if (s->is_policy) {
		s->n = text.n <= sizeof(s->policy) ? text.n : 0;
		if (s->n)
			memcpy(s->policy, text.p, s->n);
	}
	if (!s->is_classification || text.n == 0)
		return 0;
	b.text = text;
	r = extractor_emit(x, &b);
	if (r != 0 || s->n == 0)
		return r;
	r = buf_put(&marking, s->policy, s->n);
	if (r == 0)
		r = buf_put_byte(&marking, ' ');
	if (r == 0)
		r = buf_put_view(&marking, text);
	if (r < 0)
		return r;
	b.name = VIEW_LIT("slab:Marking");
	b.text = buf_view(&marking);
	return extractor_emit(x, &b);
}
