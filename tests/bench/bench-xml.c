/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The speed of the tag scanner, and of the whole reader of WordprocessingML, on a document.xml of
 * the shape that word processors write; and their ratio to libxml2's SAX parser where that was
 * found. All read the same bytes in turn, several rounds; the best round of each counts. The text
 * that scanner and parser find must be the same.
 *
 * Usage: bench-xml [MEGABYTES [ROUNDS]]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "extract/office.h"

#if HAVE_LIBXML2
#include <libxml/parser.h>
#endif

/* What was found: all character data inside of w:t, one piece after the other. */
struct found {
	struct buf text;
	uint64_t bytes;
	bool in_text;
};

static void add(struct found *f, const uint8_t *p, size_t n)
{
	if (buf_put(&f->text, p, n) == 0)
		f->bytes += n;
}

static uint32_t pick(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % n;
}

/* Paragraphs of runs with properties, as word processors write them; 0 or -errno. */
static int generate(size_t bytes, struct buf *out)
{
	static const char *const words[] = {"căn cứ ", "luật ", "tổ chức ", "chính phủ ", "và ",
		"quy định ", "của bộ trưởng ", "đơn vị ", "trách nhiệm ", "thực hiện "};
	uint32_t seed = 1;
	int r = buf_put_str(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:document "
		"xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/"
		"main\"><w:body>");

	while (r == 0 && out->n < bytes) {
		r = buf_printf(out,
			"<w:p w14:paraId=\"%08X\" w:rsidR=\"00A77B3E\" "
			"w:rsidRDefault=\"00A77B3E\"><w:pPr>"
			"<w:pStyle w:val=\"Normal\"/><w:spacing w:before=\"60\" w:after=\"60\"/>"
			"<w:jc w:val=\"both\"/></w:pPr>",
			pick(&seed, 1U << 24));
		for (uint32_t runs = 1 + pick(&seed, 6); r == 0 && runs > 0; runs--) {
			r = buf_put_str(out,
				"<w:r w:rsidRPr=\"00B21C05\"><w:rPr><w:rFonts w:ascii=\"Times New "
				"Roman\" "
				"w:hAnsi=\"Times New Roman\"/><w:sz w:val=\"28\"/><w:lang "
				"w:val=\"vi-VN\"/></w:rPr><w:t xml:space=\"preserve\">");
			for (uint32_t n = 1 + pick(&seed, 8); r == 0 && n > 0; n--)
				r = buf_put_str(out, words[pick(&seed, ARRAY_SIZE(words))]);
			if (r == 0)
				r = buf_put_str(out, "</w:t></w:r>");
		}
		if (r == 0)
			r = buf_put_str(out, "</w:p>");
	}
	return r == 0 ? buf_put_str(out, "</w:body></w:document>") : r;
}

static int run_scanner(struct view xml, struct found *f)
{
	struct xml x = xml_begin(xml);
	struct xml_token t;

	while (xml_next(&x, &t) != XML_END)
		if (t.kind == XML_TEXT) {
			if (f->in_text)
				add(f, t.text.p, t.text.n);
		} else if (xml_is(&t, "t")) {
			f->in_text = t.kind == XML_OPEN;
		}
	return 0;
}

static int take(void *userdata, const struct block *b)
{
	struct found *f = userdata;

	f->bytes += b->text.n;
	return 0;
}

/* The reader with styles, looks, frames and blocks, as documents are read. */
static int run_reader(struct view xml, struct found *f)
{
	const struct block_sink sink = {take, f};
	struct extract_limits limits;
	struct extract_result result;
	struct extractor x;
	struct office o = {.x = &x};
	int r;

	extract_limits_default(&limits);
	limits.cpu_ns = UINT64_MAX;
	extractor_init(&x, &limits, &sink, &result);
	r = docx_part(&o, xml, PLACE_BODY, 0);
	extractor_done(&x);
	return r;
}

#if HAVE_LIBXML2
static void on_start(void *userdata, const xmlChar *local, const xmlChar *prefix,
	const xmlChar *uri, int n_namespaces, const xmlChar **namespaces, int n_attributes,
	int n_defaulted, const xmlChar **attributes)
{
	struct found *f = userdata;

	(void)prefix, (void)uri, (void)n_namespaces, (void)namespaces, (void)n_attributes;
	(void)n_defaulted, (void)attributes;
	if (strcmp((const char *)local, "t") == 0)
		f->in_text = true;
}

static void on_end(void *userdata, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	struct found *f = userdata;

	(void)prefix, (void)uri;
	if (strcmp((const char *)local, "t") == 0)
		f->in_text = false;
}

static void on_text(void *userdata, const xmlChar *p, int n)
{
	struct found *f = userdata;

	if (f->in_text)
		add(f, p, (size_t)n);
}

static int run_libxml2(struct view xml, struct found *f)
{
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
	};

	return xmlSAXUserParseMemory(&sax, f, (const char *)xml.p, (int)xml.n) == 0 ? 0 : -1;
}
#endif

static const struct {
	const char *name;
	int (*run)(struct view xml, struct found *f);
} runners[] = {
	{"scanner", run_scanner},
	{"reader", run_reader},
#if HAVE_LIBXML2
	{"libxml2 SAX", run_libxml2},
#endif
};

int main(int argc, char **argv)
{
	size_t megabytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 20;
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 7;
	cleanup_with(buf_done) struct buf xml = BUF_INIT(0);
	uint64_t best[ARRAY_SIZE(runners)];
	struct found last[ARRAY_SIZE(runners)] = {0};

	if (megabytes == 0 || megabytes > 200 || rounds == 0 ||
		generate(megabytes << 20, &xml) != 0) {
		fprintf(stderr, "usage: bench-xml [MEGABYTES, up to 200 [ROUNDS]]\n");
		return 2;
	}
	memset(best, 0xff, sizeof(best));
	for (unsigned long round = 0; round < rounds; round++)
		for (size_t i = 0; i < ARRAY_SIZE(runners); i++) {
			struct found f = {.text = last[i].text};
			uint64_t start = clock_cpu(), spent;

			buf_clear(&f.text);
			if (runners[i].run(buf_view(&xml), &f) != 0) {
				fprintf(stderr, "bench-xml: %s failed\n", runners[i].name);
				return 1;
			}
			spent = clock_cpu() - start;
			best[i] = MIN(best[i], spent);
			last[i] = f;
		}
	for (size_t i = 0; i < ARRAY_SIZE(runners); i++)
		printf("%-12s %8.1f MB/s  %" PRIu64 " bytes of text\n", runners[i].name,
			(double)xml.n / 1e6 / ((double)best[i] / (double)NSEC_PER_SEC),
			last[i].bytes);
#if HAVE_LIBXML2
	printf("scanner / libxml2: %.1f\n", (double)best[2] / (double)best[0]);
	printf("reader / libxml2: %.1f\n", (double)best[2] / (double)best[1]);
	if (!view_eq(buf_view(&last[0].text), buf_view(&last[2].text))) {
		fprintf(stderr, "bench-xml: scanner and libxml2 found different text\n");
		return 1;
	}
#endif
	for (size_t i = 0; i < ARRAY_SIZE(runners); i++)
		buf_done(&last[i].text);
	return 0;
}
