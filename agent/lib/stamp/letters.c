/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/letters.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <tesseract/capi.h>

struct letters {
	TessBaseAPI *api;
};

/* No word lists: a stamp's words are not prose, and half of the start-up goes. */
static const char *const keys[] = {"load_system_dawg", "load_freq_dawg", "load_punc_dawg",
	"load_number_dawg", "load_unambig_dawg", "load_bigram_dawg", "debug_file"};
static const char *const values[] = {"0", "0", "0", "0", "0", "0", "/dev/null"};

/* The engine starts threads of OpenMP, which the sandbox kills for. The limit that an environment
   variable sets is read before main(); that no parallel region becomes active can be said now. */
static void forbid_threads(void)
{
	void (*set_levels)(int);

	*(void **)&set_levels = dlsym(RTLD_DEFAULT, "omp_set_max_active_levels");
	if (set_levels)
		set_levels(0);
}

int letters_new(struct view model, struct letters **ret)
{
	struct letters *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	forbid_threads();
	l->api = TessBaseAPICreate();
	if (!l->api) {
		free(l);
		return -ENOMEM;
	}
	if (TessBaseAPIInit5(l->api, (const char *)model.p, (int)model.n, "vie", OEM_LSTM_ONLY,
		    NULL, 0, (char **)(uintptr_t)keys, (char **)(uintptr_t)values,
		    ARRAY_SIZE(keys) - 1, 0)) {
		letters_free(l);
		return -EINVAL;
	}
	*ret = l;
	return 0;
}

struct letters *letters_free(struct letters *l)
{
	if (!l)
		return NULL;
	TessBaseAPIEnd(l->api);
	TessBaseAPIDelete(l->api);
	free(l);
	return NULL;
}

static void set(struct letters *l, PIX *pix, int dpi, enum letters_layout layout)
{
	static const TessPageSegMode modes[] = {
		[LETTERS_LINE] = PSM_SINGLE_LINE,
		[LETTERS_BLOCK] = PSM_SINGLE_BLOCK,
		[LETTERS_PAGE] = PSM_AUTO,
	};

	TessBaseAPISetPageSegMode(l->api, modes[layout]);
	TessBaseAPISetImage2(l->api, pix);
	TessBaseAPISetSourceResolution(l->api, dpi);
}

int letters_read(struct letters *l, PIX *pix, int dpi, enum letters_layout layout, struct buf *out,
	int *ret_trust)
{
	char *text;
	int r;

	set(l, pix, dpi, layout);
	text = TessBaseAPIGetUTF8Text(l->api);
	*ret_trust = TessBaseAPIMeanTextConf(l->api);
	r = text ? buf_put_str(out, text) : 0;
	TessDeleteText(text);
	TessBaseAPIClear(l->api);
	return r;
}

int letters_lines(struct letters *l, PIX *pix, int dpi, letters_line_fn fn, void *userdata)
{
	TessResultIterator *it;
	TessPageIterator *page;
	int r = 0;

	set(l, pix, dpi, LETTERS_PAGE);
	if (TessBaseAPIRecognize(l->api, NULL)) {
		TessBaseAPIClear(l->api);
		return 0;
	}
	it = TessBaseAPIGetIterator(l->api);
	page = it ? TessResultIteratorGetPageIterator(it) : NULL;
	for (bool more = it != NULL; more && r == 0;
		more = TessPageIteratorNext(page, RIL_TEXTLINE)) {
		int x0, y0, x1, y1;
		char *text;

		if (!TessPageIteratorBoundingBox(page, RIL_TEXTLINE, &x0, &y0, &x1, &y1))
			continue;
		text = TessResultIteratorGetUTF8Text(it, RIL_TEXTLINE);
		if (text)
			r = fn(userdata,
				&(struct letters_line){view_str(text), x0, y0, x1 - x0, y1 - y0,
					(int)TessResultIteratorConfidence(it, RIL_TEXTLINE)});
		TessDeleteText(text);
	}
	if (it)
		TessResultIteratorDelete(it);
	TessBaseAPIClear(l->api);
	return r;
}
