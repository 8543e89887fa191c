/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/pdf_file.h"

#include <errno.h>

#include "extract/pdf_crypt.h"

static const struct pdf_object null_object;

static int file_add(struct pdf_file *f, struct pdf_entry entry)
{
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 256;
		if (cap > PDF_OBJECTS_MAX) {
			extractor_fail(f->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			return -E2BIG;
		}
		struct pdf_entry *p = reallocarray(f->entries, cap, sizeof(*p));
		if (!p)
			return -ENOMEM;
		f->entries = p;
		f->cap = cap;
	}
	f->entries[f->n++] = entry;
	return 0;
}

/* The number in "12 0 obj", where `obj` points at its last word; NULL where it is none. */
static const uint8_t *object_head(
	const uint8_t *from, const uint8_t *obj, uint32_t *ret, uint32_t *ret_generation)
{
	const uint8_t *c = obj;
	uint64_t number = 0, generation = 0, unit = 1;

	for (int field = 0; field < 2; field++) {
		const uint8_t *space = c;
		while (c > from && pdf_is_space(c[-1]))
			c--;
		if (c == space && !(field == 0 && c > from && c[-1] >= '0' && c[-1] <= '9'))
			return NULL;
		const uint8_t *digits = c;
		generation = number;
		number = 0;
		unit = 1;
		while (c > from && c[-1] >= '0' && c[-1] <= '9' && digits - c < 10) {
			number += (uint64_t)(*--c - '0') * unit;
			unit *= 10;
		}
		if (c == digits)
			return NULL;
	}
	if (number >= UINT32_MAX)
		return NULL;
	*ret = (uint32_t)number;
	*ret_generation = (uint32_t)generation;
	return c;
}

/* Behind a dictionary that starts at `c`, without making objects of it. */
static const uint8_t *dict_skip(const uint8_t *c, const uint8_t *end)
{
	unsigned nest = 0;

	while (c < end) {
		switch (*c) {
		case '<':
			if (end - c > 1 && c[1] == '<') {
				nest++;
				c++;
			}
			break;
		case '>':
			if (end - c > 1 && c[1] == '>') {
				c++;
				if (--nest == 0)
					return c + 1;
			}
			break;
		case '(':
			for (unsigned open = 0; c < end; c++) {
				if (*c == '\\')
					c++;
				else if (*c == '(')
					open++;
				else if (*c == ')' && --open == 0)
					break;
			}
			break;
		case 'e': /* a dictionary that is not closed */
			if (end - c > 6 && memcmp(c, "endobj", 6) == 0)
				return c;
			break;
		default: break;
		}
		c++;
	}
	return end;
}

static bool word_at(const uint8_t *c, const uint8_t *end, const char *word)
{
	size_t n = strlen(word);
	return (size_t)(end - c) >= n && memcmp(c, word, n) == 0;
}

/* memmem() in steps, for some libraries look at the whole haystack before they search it. */
static const uint8_t *find(const uint8_t *from, const uint8_t *end, const char *word)
{
	size_t n = strlen(word), step = 4096;

	while ((size_t)(end - from) >= n) {
		const uint8_t *at = memmem(from, MIN((size_t)(end - from), step + n), word, n);
		if (at)
			return at;
		if ((size_t)(end - from) <= step)
			break;
		from += step;
	}
	return NULL;
}

static const uint8_t *skip_space(const uint8_t *c, const uint8_t *end)
{
	while (c < end && pdf_is_space(*c))
		c++;
	return c;
}

/* The bytes of a stream: by its length if "endstream" stands there, else up to "endstream". */
static struct view stream_bytes(
	struct pdf_file *f, const struct pdf_object *dict, const uint8_t *from, const uint8_t *end)
{
	const struct pdf_object *length = pdf_dict_get(dict, "Length");

	if (from < end && *from == '\r')
		from++;
	if (from < end && *from == '\n')
		from++;
	if (length && length->type == PDF_NUMBER && length->number >= 0 &&
		length->number <= (double)(end - from)) {
		const uint8_t *to = from + (size_t)length->number;
		if (word_at(skip_space(to, end), end, "endstream"))
			return view_of(from, (size_t)(to - from));
	}

	const uint8_t *to = f->unending ? NULL : find(from, end, "endstream");
	if (!to) {
		f->unending = true; /* nor will there be one later on */
		to = find(from, end, "endobj");
	}
	return view_of(from, (size_t)((to ? to : end) - from));
}

static int parse(struct pdf_file *f, struct view source, struct pdf_object *ret)
{
	struct pdf_lex l;

	pdf_lex_init(&l, source, &f->arena, true);
	int r = pdf_lex_next(&l, ret);
	pdf_lex_done(&l);
	if (r == 0 || r == -E2BIG) {
		int stop = extractor_tick(f->x, (uint64_t)(l.p - source.p));
		return stop ? stop : r;
	}
	return r;
}

/* Makes a stream of a dictionary. */
static const struct pdf_object *stream_new(
	struct pdf_file *f, const struct pdf_object *dict, struct pdf_raw raw)
{
	struct pdf_object *o = pdf_arena_alloc(&f->arena, sizeof(*o));
	struct pdf_raw *v = pdf_arena_alloc(&f->arena, sizeof(*v));

	if (!o || !v)
		return NULL;
	*v = raw;
	*o = (struct pdf_object){.type = PDF_STREAM, .n = dict->n, .items = dict->items, .raw = v};
	return o;
}

static void file_trailer(struct pdf_file *f, const struct pdf_object *dict)
{
	static const char *const keys[] = {"Root", "Info", "Encrypt", "ID"};
	const struct pdf_object **to[] = {&f->root, &f->info, &f->encrypt, &f->id};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct pdf_object *o = pdf_dict_get(dict, keys[i]);
		if (o && o->type != PDF_NULL)
			*to[i] = o;
	}
}

static int gap_scan(struct pdf_file *f, const uint8_t *from, const uint8_t *to)
{
	const uint8_t *t;

	while (from < to && (t = find(from, to, "trailer"))) {
		struct pdf_object o;
		int r = parse(f, view_of(t + 7, (size_t)(f->bytes.p + f->bytes.n - t - 7)), &o);
		if (r && r != -E2BIG && r != PDF_LEX_END)
			return r;
		if (r == 0 && o.type == PDF_DICT) {
			struct pdf_object *keep = pdf_arena_alloc(&f->arena, sizeof(*keep));
			if (keep) {
				*keep = o;
				file_trailer(f, keep);
			}
		}
		from = t + 7;
	}
	return 0;
}

/* One object whose content starts at `c`; `ret` is where to go on looking. */
static int object_scan(
	struct pdf_file *f, struct pdf_entry entry, const uint8_t *c, const uint8_t **ret)
{
	const uint8_t *end = f->bytes.p + f->bytes.n;

	*ret = c;
	c = skip_space(c, end);
	if (word_at(c, end, "<<")) {
		const uint8_t *head = c;
		*ret = dict_skip(c, end);
		c = skip_space(*ret, end);
		if (word_at(c, end, "stream")) {
			struct pdf_object dict;
			int r = parse(f, view_of(head, (size_t)(*ret - head)), &dict);
			if (r && r != -E2BIG && r != PDF_LEX_END)
				return r;
			if (r == 0 && dict.type == PDF_DICT) {
				struct pdf_raw raw = {stream_bytes(f, &dict, c + 6, end),
					entry.number, entry.generation};
				entry.object = stream_new(f, &dict, raw);
				*ret = raw.bytes.p + raw.bytes.n;
				if (pdf_is_name(pdf_dict_get(&dict, "Type"), "XRef"))
					file_trailer(f, entry.object);
			}
		}
	}
	return file_add(f, entry);
}

static int file_scan(struct pdf_file *f)
{
	const uint8_t *c = f->bytes.p, *end = c + f->bytes.n, *gap = c, *obj;

	while (c < end && (obj = find(c, end, "obj"))) {
		struct pdf_entry entry = {.order = (uint32_t)f->n,
			.source = view_of(obj + 3, (size_t)(end - obj - 3))};
		int r = extractor_tick(f->x, (uint64_t)(obj - c) + 64);
		if (r)
			return r;

		const uint8_t *head = object_head(c, obj, &entry.number, &entry.generation);
		c = obj + 3;
		if (!head)
			continue;
		r = gap_scan(f, gap, head);
		if (r)
			return r;
		r = object_scan(f, entry, obj + 3, &c);
		if (r)
			return r == -E2BIG ? 0 : r;
		gap = c;
	}
	return gap_scan(f, gap, end);
}

/* The objects inside an object stream; they take the stream's place in the order. */
static int object_stream_unpack(
	struct pdf_file *f, const struct pdf_object *stream, uint32_t order, struct view content)
{
	const struct pdf_object *first = pdf_get(f, stream, "First");
	double count = pdf_get_number(f, stream, "N", 0);
	struct pdf_lex l;
	int r = 0;

	if (first->type != PDF_NUMBER || first->number < 0 || first->number > (double)content.n)
		return 0;
	size_t base = (size_t)first->number;
	pdf_lex_init(&l, view_sub(content, 0, base), &f->arena, false);
	for (double i = 0; i < count; i++) {
		struct pdf_object number, at;

		if (pdf_lex_next(&l, &number) || pdf_lex_next(&l, &at))
			break;
		if (number.type != PDF_NUMBER || at.type != PDF_NUMBER || number.number < 0 ||
			number.number >= UINT32_MAX || at.number < 0 ||
			at.number >= (double)(content.n - base))
			continue;
		struct pdf_entry entry = {.number = (uint32_t)number.number,
			.order = order,
			.source = view_sub(content, base + (size_t)at.number, content.n),
			.packed = true};
		r = file_add(f, entry);
		if (r == 0)
			r = extractor_tick(f->x, 16);
		if (r)
			break;
	}
	pdf_lex_done(&l);
	return r == -E2BIG ? 0 : r;
}

static int file_unpack(struct pdf_file *f)
{
	size_t n = f->n, room = 0;

	for (size_t i = 0; i < n; i++) {
		const struct pdf_object *o = f->entries[i].object;
		if (!o || !pdf_is_name(pdf_dict_get(o, "Type"), "ObjStm"))
			continue;
		if (f->n_unpacked == PDF_OBJECT_STREAMS_MAX) {
			extractor_fail(f->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			break;
		}
		if (f->n_unpacked == room) {
			room = room ? room * 2 : 16;
			struct buf *p = reallocarray(f->unpacked, room, sizeof(*p));
			if (!p)
				return -ENOMEM;
			f->unpacked = p;
		}

		struct buf *b = &f->unpacked[f->n_unpacked++];
		*b = BUF_INIT(0);
		int r = pdf_stream_decode(f, o, b);
		if (r < 0 || r == EXTRACT_STOP)
			return r;
		if (r)
			extractor_fail(f->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
		r = object_stream_unpack(f, o, f->entries[i].order, buf_view(b));
		if (r)
			return r;
	}
	return 0;
}

static int entry_compare(const void *pa, const void *pb)
{
	const struct pdf_entry *a = pa, *b = pb;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void file_sort(struct pdf_file *f)
{
	size_t n = 0;

	if (f->n)
		qsort(f->entries, f->n, sizeof(f->entries[0]), entry_compare);
	for (size_t i = 0; i < f->n; i++) {
		if (i + 1 < f->n && f->entries[i + 1].number == f->entries[i].number)
			continue;
		f->entries[n++] = f->entries[i];
	}
	f->n = n;
}

static struct pdf_entry *entry_find(struct pdf_file *f, uint32_t number)
{
	size_t lo = 0, hi = f->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (f->entries[mid].number == number)
			return &f->entries[mid];
		if (f->entries[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct pdf_entry *pdf_file_entry(struct pdf_file *f, uint32_t number)
{
	return entry_find(f, number);
}

/* Without a trailer that names it. */
static void root_find(struct pdf_file *f)
{
	if (pdf_resolve(f, f->root)->type == PDF_DICT)
		return;
	f->root = NULL;
	for (size_t i = 0; i < f->n && !f->error; i++) {
		struct pdf_object ref = {.type = PDF_REF, .n = f->entries[i].number};
		const struct pdf_object *o = pdf_resolve(f, &ref);
		if (pdf_is_name(pdf_dict_get(o, "Type"), "Catalog"))
			f->root = o;
	}
}

int pdf_file_open(struct pdf_file *f, struct extractor *x, struct view bytes)
{
	*f = (struct pdf_file){.x = x, .bytes = bytes, .arena = PDF_ARENA_INIT(PDF_ARENA_MAX)};

	int r = file_scan(f);
	if (r)
		return r;
	file_sort(f);
	if (f->encrypt) {
		r = pdf_crypt_open(f);
		if (r)
			return r;
	}
	r = file_unpack(f);
	if (r)
		return r;
	if (f->n_unpacked)
		file_sort(f);
	root_find(f);
	return f->error;
}

void pdf_file_close(struct pdf_file *f)
{
	for (size_t i = 0; i < f->n_unpacked; i++)
		buf_done(&f->unpacked[i]);
	free(f->unpacked);
	free(f->entries);
	pdf_arena_done(&f->arena);
	*f = (struct pdf_file){0};
}

static void entry_load(struct pdf_file *f, struct pdf_entry *e)
{
	struct pdf_object *o = pdf_arena_alloc(&f->arena, sizeof(*o));

	e->object = &null_object;
	if (!o) {
		extractor_fail(f->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return;
	}
	int r = parse(f, e->source, o);
	if (r == 0 && f->crypt && !e->packed)
		r = pdf_crypt_strings(f, e->number, e->generation, o);
	if (r == -E2BIG)
		extractor_fail(f->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
	else if (r < 0 || r == EXTRACT_STOP)
		f->error = r;
	else if (r == 0)
		e->object = o;
}

const struct pdf_object *pdf_resolve(struct pdf_file *f, const struct pdf_object *o)
{
	for (unsigned hops = 0; o && o->type == PDF_REF; hops++) {
		struct pdf_entry *e = hops < PDF_HOPS_MAX ? entry_find(f, o->n) : NULL;
		if (!e)
			return &null_object;
		if (!e->object)
			entry_load(f, e);
		o = e->object;
	}
	return o ? o : &null_object;
}

const struct pdf_object *pdf_get(struct pdf_file *f, const struct pdf_object *dict, const char *key)
{
	return pdf_resolve(f, pdf_dict_get(dict, key));
}

double pdf_get_number(
	struct pdf_file *f, const struct pdf_object *dict, const char *key, double otherwise)
{
	const struct pdf_object *o = pdf_get(f, dict, key);
	return o->type == PDF_NUMBER ? o->number : otherwise;
}

const struct pdf_object *pdf_item(struct pdf_file *f, const struct pdf_object *array, uint32_t i)
{
	return array->type == PDF_ARRAY && i < array->n ? pdf_resolve(f, &array->items[i])
							: &null_object;
}
