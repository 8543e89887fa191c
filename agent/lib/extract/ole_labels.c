/* SPDX-License-Identifier: Apache-2.0 */
/* XML that says something about a document in a compound file: labels, and what other programs
   keep with it. It stands beside what is encrypted. */
#include "extract/office.h"
#include "extract/ole_props.h"

/* Bytes that are looked at for the start of the XML. */
#define HEAD 64

static int read_xml(
	struct cfb *c, uint32_t entry, int (*read)(struct extractor *x, struct view xml))
{
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(0);
	cleanup_with(buf_done) struct buf decoded = BUF_INIT(0);
	struct view v, xml;
	const uint8_t *p;
	int r = cfb_read(c, entry, &bytes);

	if (r != 0)
		return r == CFB_ABSENT ? 0 : r;
	v = buf_view(&bytes);
	p = v.n > 0 ? memchr(v.p, '<', MIN(v.n, (size_t)HEAD)) : NULL;
	if (p && !xml_looks_like(v))
		v = view_sub(v, (size_t)(p - v.p), v.n);
	r = xml_prepare(v, &decoded, &xml);
	return r == 0 ? read(c->x, xml) : r;
}

/* MsoDataStore, in it a storage for each part, in that the stream "Item". */
static bool is_custom_xml(const struct cfb *c, const struct cfb_entry *e)
{
	const struct cfb_entry *parent = &c->entries[e->parent];

	return view_eq(cfb_name(e), VIEW_LIT("Item")) && parent->parent != CFB_NONE &&
		view_eq(cfb_name(&c->entries[parent->parent]), VIEW_LIT("MsoDataStore"));
}

int ole_labels(struct cfb *c)
{
	int r = 0;

	for (uint32_t i = 1; r == 0 && i < c->n_entries; i++) {
		const struct cfb_entry *e = &c->entries[i];

		if (e->type != CFB_STREAM || e->parent == CFB_NONE)
			continue;
		if (view_ends(cfb_name(e), VIEW_LIT("LabelInfo")))
			r = read_xml(c, i, props_labels);
		else if (is_custom_xml(c, e))
			r = read_xml(c, i, props_any);
	}
	return r;
}
