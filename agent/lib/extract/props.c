/* SPDX-License-Identifier: Apache-2.0 */
/* Document properties and labels; office.h says what they become. */
#include "extract/label.h"
#include "extract/odf.h"
#include "extract/office.h"

/* Bytes of all keywords of a document together. */
#define KEYWORDS_MAX 4096

static int emit(struct extractor *x, struct view name, struct view raw, uint32_t shape)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	cleanup_with(buf_done) struct buf key = BUF_INIT(0);
	struct block b = {.place = PLACE_PROPERTY, .shape = shape};
	int r = xml_decode(raw, &text);

	if (r == 0)
		r = xml_decode(view_sub(name, 0, OFFICE_NAME_MAX), &key);
	if (r < 0)
		return r;
	b.text = buf_view(&text);
	b.name = buf_view(&key);
	return extractor_emit(x, &b);
}

/* Each element that holds text directly, named by the element. */
static int elements(struct extractor *x, struct view xml, const char *const *skip)
{
	struct xml s = xml_begin(xml);
	struct label_slab slab = {0};
	struct view name = VIEW_EMPTY;
	struct xml_token t;
	int r = 0;

	while (r == 0 && xml_next(&s, &t) != XML_END) {
		r = extractor_tick(x, 32);
		if (t.kind == XML_TEXT || t.kind == XML_CDATA) {
			if (r == 0)
				r = emit(x, name, t.text, 0);
			if (r == 0)
				r = label_slab_text(x, &slab, t.text);
		} else if (t.kind == XML_OPEN) {
			name = t.name;
			label_slab_open(&slab, name);
			for (size_t i = 0; r == 0 && skip && skip[i]; i++)
				if (xml_is(&t, skip[i])) {
					r = office_skip(x, &s, &t);
					break;
				}
		} else {
			if (t.kind == XML_CLOSE)
				label_slab_close(&slab, t.name);
			name = VIEW_EMPTY;
		}
	}
	return r;
}

int props_link(struct extractor *x, struct view raw)
{
	return view_starts(raw, VIEW_LIT("http")) ? emit(x, VIEW_LIT("link"), raw, 0) : 0;
}

int props_relations(struct extractor *x, struct view xml)
{
	struct xml s = xml_begin(xml);
	struct xml_token t;
	struct view mode, target;
	int r = 0;

	while (r == 0 && xml_next(&s, &t) != XML_END) {
		r = extractor_tick(x, 32);
		if (r == 0 && t.kind != XML_CLOSE && xml_attr(&t, "TargetMode", &mode) &&
			view_eq(mode, VIEW_LIT("External")) && xml_attr(&t, "Target", &target))
			r = props_link(x, target);
	}
	return r;
}

int props_core(struct extractor *x, struct view xml)
{
	return elements(x, xml, NULL);
}

int props_any(struct extractor *x, struct view xml)
{
	return elements(x, xml, NULL);
}

int props_app_or_custom(struct extractor *x, struct view xml)
{
	/* Titles of parts repeat sheet names and headings; the rest are counts. */
	static const char *const skip[] = {"TitlesOfParts", "HeadingPairs", "Application",
		"AppVersion", "DocSecurity", "ScaleCrop", "LinksUpToDate", "SharedDoc",
		"HyperlinksChanged", "Pages", "Words", "Characters", "CharactersWithSpaces",
		"Lines", "Paragraphs", "TotalTime", NULL};
	struct xml s = xml_begin(xml);
	struct view name = VIEW_EMPTY;
	struct xml_token t;
	bool custom = false;
	int r = 0;

	while (r == 0 && xml_next(&s, &t) != XML_END) {
		r = extractor_tick(x, 32);
		if (t.kind == XML_OPEN && xml_is(&t, "property")) {
			custom = true;
			(void)xml_attr(&t, "name", &name);
		} else if (t.kind == XML_CLOSE && xml_is(&t, "property")) {
			name = VIEW_EMPTY;
		} else if (r == 0 && name.n > 0 && (t.kind == XML_TEXT || t.kind == XML_CDATA)) {
			r = emit(x, name, t.text, 0);
		}
	}
	return r == 0 && !custom ? elements(x, xml, skip) : r;
}

int props_labels(struct extractor *x, struct view xml)
{
	struct xml s = xml_begin(xml);
	struct xml_token t;

	while (xml_next(&s, &t) != XML_END) {
		struct view attrs = t.attrs, name, value, id, enabled, removed;
		uint32_t shape;
		int r = extractor_tick(x, 32);

		if ((t.kind != XML_OPEN && t.kind != XML_EMPTY) || !xml_is(&t, "label"))
			continue;
		shape = extractor_shape(x);
		while (r == 0 && xml_attr_next(&attrs, &name, &value)) {
			cleanup_with(buf_done) struct buf key = BUF_INIT(0);

			r = buf_put_str(&key, "LabelInfo:");
			if (r == 0)
				r = buf_put_view(&key, view_sub(name, 0, OFFICE_NAME_MAX));
			if (r == 0)
				r = emit(x, buf_view(&key), value, shape);
		}
		(void)xml_attr(&t, "id", &id);
		(void)xml_attr(&t, "enabled", &enabled);
		(void)xml_attr(&t, "removed", &removed);
		if (r == 0)
			r = label_info(x, id, enabled, removed);
		if (r != 0)
			return r;
	}
	return 0;
}

/* LibreOffice makes a keyword of each word of "Độ mật: Tối mật": they are read together, too. What
   is more than fits is left out. */
static int keyword(struct buf *all, struct view raw)
{
	int r = 0;

	if (all->n + raw.n + 1 > KEYWORDS_MAX)
		return 0;
	if (all->n > 0)
		r = buf_put_byte(all, ' ');
	return r == 0 ? buf_put_view(all, raw) : r;
}

/* meta:user-defined carries its name in an attribute; all others are named by the element. */
int odf_meta(struct extractor *x, struct xml *xml, const struct xml_token *t)
{
	struct view end = t->name, name = VIEW_EMPTY;
	cleanup_with(buf_done) struct buf keywords = BUF_INIT(KEYWORDS_MAX);
	struct xml_token in;
	int r = 0;

	while (r == 0 && xml_next(xml, &in) != XML_END) {
		r = extractor_tick(x, 32);
		if (in.kind == XML_TEXT || in.kind == XML_CDATA) {
			if (r == 0 && name.n > 0)
				r = emit(x, name, in.text, 0);
			if (r == 0 && view_eq(name, VIEW_LIT("keyword")))
				r = keyword(&keywords, in.text);
		} else if (in.kind == XML_CLOSE) {
			if (view_eq(in.name, end))
				break;
			name = VIEW_EMPTY;
		} else if (in.kind == XML_OPEN) {
			name = in.name;
			if (xml_is(&in, "user-defined"))
				(void)xml_attr(&in, "name", &name);
			/* counts, programs and dates say nothing */
			if (xml_is(&in, "generator") || xml_is(&in, "document-statistic"))
				name = VIEW_EMPTY;
		}
	}
	if (r == 0 && keywords.n > 0)
		r = emit(x, VIEW_LIT("keyword"), buf_view(&keywords), 0);
	return r;
}
