/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/ole1.h"

#include "base/checked.h"
#include "extract/signature.h"

static bool take32(struct view *v, uint32_t *ret)
{
	if (v->n < 4)
		return false;
	*ret = load_le32(v->p);
	*v = view_sub(*v, 4, v->n);
	return true;
}

/* A string with its length before it and a NUL at its end. */
static bool take_counted(struct view *v, struct view *ret)
{
	uint32_t n;

	if (!take32(v, &n) || n > v->n)
		return false;
	*ret = view_sub(*v, 0, n > 0 ? n - 1 : 0);
	*v = view_sub(*v, n, v->n);
	return true;
}

static bool take_string(struct view *v, struct view *ret)
{
	const uint8_t *nul = v->n > 0 ? memchr(v->p, 0, v->n) : NULL;

	if (!nul)
		return false;
	*ret = view_sub(*v, 0, (size_t)(nul - v->p));
	*v = view_sub(*v, ret->n + 1, v->n);
	return true;
}

/* Pictures and programs' own data have no text to miss. */
static int hand_over(struct extractor *x, struct view name, struct view content)
{
	const struct signature *s = signature_find(content);

	if (s && s->kind == SIGNATURE_IMAGE) {
		extractor_image(x, content);
		return 0;
	}
	return extractor_nested(x, name, content);
}

int ole1_package(struct extractor *x, struct view content)
{
	struct view v = content, label, path, temporary, data;
	uint32_t n;
	int r;

	if (v.n < 2 || load_le16(v.p) != 2)
		return hand_over(x, VIEW_LIT("object"), content);
	v = view_sub(v, 2, v.n);
	if (!take_string(&v, &label) || !take_string(&v, &path) || !take32(&v, &n) ||
		!take_counted(&v, &temporary) || !take32(&v, &n)) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
		return 0;
	}
	data = view_sub(v, 0, n);
	if (label.n == 0)
		label = VIEW_LIT("object");
	r = extractor_file_name(x, label);
	return r == 0 ? hand_over(x, label, data) : r;
}

int ole1_object(struct extractor *x, struct view content)
{
	static const char cfb[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
	struct view v = content, class, topic, item, data;
	uint32_t version, format, n;
	const uint8_t *hit;

	if (take32(&v, &version) && take32(&v, &format) && format <= 2 &&
		take_counted(&v, &class) && class.n < 256) {
		/* a link has no bytes */
		if (format != 2)
			return 0;
		if (take_counted(&v, &topic) && take_counted(&v, &item) && take32(&v, &n) &&
			v.n > 0) {
			data = view_sub(v, 0, n);
			if (view_eq(class, VIEW_LIT("Package")))
				return ole1_package(x, data);
			return hand_over(x, class.n > 0 ? class : VIEW_LIT("object"), data);
		}
	}
	/* Programs find the object behind a header that is wrong, so it is looked for. */
	hit = memmem(content.p, content.n, cfb, sizeof(cfb) - 1);
	if (hit)
		return extractor_nested(x, VIEW_LIT("object"),
			view_sub(content, (size_t)(hit - content.p), content.n));
	extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
	return 0;
}
