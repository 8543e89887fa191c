/* SPDX-License-Identifier: Apache-2.0 */
#include "pdfwriter.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <zlib.h>

#include "extract/pdf.h"

static void put(struct pdfwriter *w, struct view v)
{
	int r = buf_put_view(&w->out, v);
	assert(r == 0);
}

static void put_format(struct pdfwriter *w, const char *fmt, ...) printf_like(2, 3);

static void put_format(struct pdfwriter *w, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	put(w, view_of(text, (size_t)n));
	free(text);
}

void pdfwriter_begin(struct pdfwriter *w)
{
	*w = (struct pdfwriter){.out = BUF_INIT(0)};
	pdfwriter_raw(w, "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n");
}

void pdfwriter_done(struct pdfwriter *w)
{
	buf_done(&w->out);
}

void pdfwriter_raw(struct pdfwriter *w, const char *text)
{
	put(w, view_str(text));
}

void pdfwriter_object(struct pdfwriter *w, unsigned n, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	int len = vasprintf(&text, fmt, ap);
	va_end(ap);
	assert(len >= 0);
	put_format(w, "%u 0 obj\n%s\nendobj\n", n, text);
	free(text);
}

void pdfwriter_stream(struct pdfwriter *w, unsigned n, const char *dict, struct view data)
{
	put_format(w, "%u 0 obj\n<</Length %zu %s>>\nstream\n", n, data.n, dict);
	put(w, data);
	pdfwriter_raw(w, "\nendstream\nendobj\n");
}

void pdfwriter_deflated(struct pdfwriter *w, unsigned n, const char *dict, struct view data)
{
	uLongf size = compressBound(data.n);
	cleanup_with(freep) uint8_t *p = malloc(size);
	cleanup_with(freep) char *with_filter = NULL;

	assert(p);
	int r = compress(p, &size, data.p, data.n);
	assert(r == Z_OK);
	int n_text = asprintf(&with_filter, "/Filter /FlateDecode %s", dict);
	assert(n_text > 0);
	pdfwriter_stream(w, n, with_filter, view_of(p, size));
}

void pdfwriter_end(struct pdfwriter *w, const char *extra)
{
	put_format(w, "trailer\n<</Root 1 0 R %s>>\nstartxref\n0\n%%%%EOF\n", extra);
}

static void write_font(struct pdfwriter *w, unsigned n, const char *name)
{
	put_format(w,
		"%u 0 obj\n<</Type /Font /Subtype /TrueType /BaseFont /%s /FirstChar 0 /LastChar "
		"255"
		" /Encoding /WinAnsiEncoding /Widths [",
		n, name);
	for (int i = 0; i < 256; i++)
		pdfwriter_raw(w, "500 ");
	pdfwriter_raw(w, "]>>\nendobj\n");
}

void pdfwriter_page(struct pdfwriter *w, const char *page, const char *content)
{
	pdfwriter_object(w, 1, "<</Type /Catalog /Pages 2 0 R>>");
	pdfwriter_object(w, 2, "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842]>>");
	pdfwriter_object(w, 3,
		"<</Type /Page /Parent 2 0 R /Contents 4 0 R"
		" /Resources <</Font <</F1 5 0 R /F2 6 0 R>>>> %s>>",
		page);
	pdfwriter_stream(w, 4, "", view_str(content));
	write_font(w, 5, "Plain");
	write_font(w, 6, "Plain-Bold");
}

static void copy(char *to, size_t size, struct view v)
{
	(void)snprintf(to, size, "%.*s", (int)v.n, (const char *)v.p);
}

static int take(void *userdata, const struct block *b)
{
	struct gathered *g = userdata;

	g->total++;
	if (g->n == GATHERED_MAX)
		return 0;
	struct gathered_block *to = &g->v[g->n++];
	to->place = b->place;
	to->page = b->page;
	to->shape = b->shape;
	to->flags = b->flags;
	copy(to->text, sizeof(to->text), b->text);
	copy(to->name, sizeof(to->name), b->name);
	copy(to->member, sizeof(to->member), b->member);
	return 0;
}

int gather(struct gathered *g, struct view content)
{
	struct block_sink sink = {take, g};
	struct extract_limits usual;
	struct extractor x;

	extract_limits_default(&usual);
	if (g->limits.cpu_ns == 0)
		g->limits = usual;
	g->n = g->total = 0;
	extractor_init(&x, &g->limits, &sink, &g->result);
	int r = pdf_extract(&x, content);
	g->images = x.images;
	extractor_done(&x);
	return r;
}

int gather_writer(struct gathered *g, struct pdfwriter *w)
{
	int r = gather(g, buf_view(&w->out));
	pdfwriter_done(w);
	return r;
}

const struct gathered_block *gathered_find(const struct gathered *g, const char *text)
{
	for (size_t i = 0; i < g->n; i++) {
		if (strcmp(g->v[i].text, text) == 0)
			return &g->v[i];
	}
	return NULL;
}

size_t gathered_count(const struct gathered *g, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		n += strcmp(g->v[i].text, text) == 0;
	return n;
}
