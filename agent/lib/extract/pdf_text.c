/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/pdf_text.h"

#include <errno.h>
#include <math.h>

#include "extract/pdf_paint.h"
#include "extract/pdf_run.h"

static void matrix_multiply(const double a[6], const double b[6], double ret[6])
{
	double m[6] = {
		a[0] * b[0] + a[1] * b[2],
		a[0] * b[1] + a[1] * b[3],
		a[2] * b[0] + a[3] * b[2],
		a[2] * b[1] + a[3] * b[3],
		a[4] * b[0] + a[5] * b[2] + b[4],
		a[4] * b[1] + a[5] * b[3] + b[5],
	};
	memcpy(ret, m, sizeof(m));
}

int pdf_content_init(struct pdf_content *c)
{
	*c = (struct pdf_content){.text = BUF_INIT(0)};
	c->rules = reallocarray(NULL, PDF_RULES_MAX, sizeof(*c->rules));
	c->boxes = reallocarray(NULL, PDF_BOXES_MAX, sizeof(*c->boxes));
	c->pictures = reallocarray(NULL, PDF_IMAGES_MAX, sizeof(*c->pictures));
	return c->rules && c->boxes && c->pictures ? 0 : -ENOMEM;
}

void pdf_content_clear(struct pdf_content *c)
{
	buf_clear(&c->text);
	c->n = c->n_rules = c->n_boxes = 0;
	c->glyphs = c->unmapped = c->images = c->lost_images = c->n_pictures = 0;
}

void pdf_content_done(struct pdf_content *c)
{
	free(c->chunks);
	free(c->rules);
	free(c->boxes);
	free(c->pictures);
	buf_done(&c->text);
	*c = (struct pdf_content){0};
}

static double number(const struct pdf_run *r, unsigned i)
{
	return i < r->n && r->operands[i].type == PDF_NUMBER ? r->operands[i].number : 0;
}

static bool all_numbers(const struct pdf_run *r, unsigned n)
{
	if (r->n < n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (r->operands[i].type != PDF_NUMBER)
			return false;
	}
	return true;
}

static void line_move(struct pdf_run *r, double x, double y)
{
	r->line[4] += x * r->line[0] + y * r->line[2];
	r->line[5] += x * r->line[1] + y * r->line[3];
	memcpy(r->tm, r->line, sizeof(r->tm));
}

static int show_array(struct pdf_run *r, const struct pdf_object *array)
{
	for (uint32_t i = 0; array->type == PDF_ARRAY && i < array->n; i++) {
		const struct pdf_object *o = &array->items[i];

		if (o->type == PDF_STRING) {
			int e = pdf_run_show(r, o->text);
			if (e)
				return e;
		} else if (o->type == PDF_NUMBER) {
			pdf_run_step(r, o->number);
		}
	}
	return 0;
}

static void set_matrix(struct pdf_run *r)
{
	if (!all_numbers(r, 6))
		return;
	for (unsigned i = 0; i < 6; i++)
		r->tm[i] = r->line[i] = number(r, i);
	r->turned = true;
}

static int set_font(struct pdf_run *r, const struct pdf_object *dict, double size)
{
	struct pdf_font *font;
	int e = pdf_fonts_get(r->f, r->fonts, dict, &font);

	if (e)
		return e;
	r->s->font = font;
	r->s->size = size;
	r->turned = true;
	return 0;
}

static const struct pdf_object *resource(struct pdf_run *r, const char *kind, unsigned operand)
{
	const struct pdf_object *dict = pdf_get(r->f, r->resources, kind);

	if (operand >= r->n || r->operands[operand].type != PDF_NAME || dict->type != PDF_DICT)
		return pdf_resolve(r->f, NULL);

	struct view name = r->operands[operand].text;
	for (uint32_t i = 0; i < dict->n; i++) {
		if (view_eq(dict->items[2 * (size_t)i].text, name))
			return pdf_resolve(r->f, &dict->items[2 * (size_t)i + 1]);
	}
	return pdf_resolve(r->f, NULL);
}

static int set_ext_state(struct pdf_run *r)
{
	const struct pdf_object *o = resource(r, "ExtGState", 0);
	const struct pdf_object *font = pdf_get(r->f, o, "Font");

	r->s->transparent = pdf_get_number(r->f, o, "ca", r->s->transparent ? 0 : 1) < 0.8;
	if (font->type == PDF_ARRAY && font->n == 2) {
		const struct pdf_object *size = pdf_item(r->f, font, 1);
		return set_font(
			r, pdf_item(r->f, font, 0), size->type == PDF_NUMBER ? size->number : 1);
	}
	return 0;
}

/* Red as stamps are, and pale as watermarks are. By the number of components. */
static void set_color(struct pdf_run *r)
{
	double red, green, blue;

	if (r->n == 1 && all_numbers(r, 1)) {
		red = green = blue = number(r, 0);
	} else if (r->n == 3 && all_numbers(r, 3)) {
		red = number(r, 0);
		green = number(r, 1);
		blue = number(r, 2);
	} else if (r->n == 4 && all_numbers(r, 4)) {
		double k = 1 - number(r, 3);
		red = (1 - number(r, 0)) * k;
		green = (1 - number(r, 1)) * k;
		blue = (1 - number(r, 2)) * k;
	} else {
		return;
	}
	r->s->red = red > 0.55 && green < 0.4 && blue < 0.4 && red - MAX(green, blue) > 0.3;
	r->s->pale = red > 0.45 && green > 0.45 && blue > 0.45;
}

static void state_save(struct pdf_run *r)
{
	if (r->n_states + 1 == PDF_STATES_MAX) {
		r->lost_states++;
		return;
	}
	r->states[r->n_states + 1] = r->states[r->n_states];
	r->s = &r->states[++r->n_states];
}

static void state_restore(struct pdf_run *r, unsigned floor)
{
	if (r->lost_states) {
		r->lost_states--;
	} else if (r->n_states > floor) {
		r->s = &r->states[--r->n_states];
		r->turned = true;
	}
}

static int content_run(struct pdf_run *r, struct view content);

static int run_form(struct pdf_run *r, const struct pdf_object *form)
{
	const struct pdf_object *m = pdf_get(r->f, form, "Matrix");
	const struct pdf_object *own = pdf_get(r->f, form, "Resources");
	const struct pdf_object *outer = r->resources;
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	unsigned states = r->n_states, lost = r->lost_states;

	for (unsigned i = 0; i < r->depth; i++) {
		if (r->forms[i] == form)
			return 0; /* it draws itself: nothing new */
	}
	if (r->depth == PDF_FORM_DEPTH_MAX || r->n_forms == PDF_FORMS_MAX ||
		r->n_states + 1 == PDF_STATES_MAX) {
		extractor_fail(r->f->x, COMPLETENESS_PARTIAL, REASON_TOO_DEEP);
		return 0;
	}
	r->n_forms++;
	int e = pdf_stream_decode(r->f, form, &b);
	if (e < 0 || e == EXTRACT_STOP)
		return e;
	if (e == PDF_STREAM_DAMAGED)
		extractor_fail(r->f->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);

	double saved_tm[6], saved_line[6], matrix[6] = {1, 0, 0, 1, 0, 0};
	memcpy(saved_tm, r->tm, sizeof(saved_tm));
	memcpy(saved_line, r->line, sizeof(saved_line));
	for (uint32_t i = 0; m->type == PDF_ARRAY && m->n == 6 && i < 6; i++) {
		const struct pdf_object *o = pdf_item(r->f, m, i);
		matrix[i] = o->type == PDF_NUMBER ? o->number : 0;
	}
	r->lost_states = 0;
	state_save(r);
	matrix_multiply(matrix, r->s->ctm, r->s->ctm);
	if (own->type == PDF_DICT)
		r->resources = own;
	r->forms[r->depth++] = form;

	e = content_run(r, buf_view(&b));

	r->depth--;
	r->resources = outer;
	r->n_states = states;
	r->lost_states = lost;
	r->s = &r->states[states];
	memcpy(r->tm, saved_tm, sizeof(saved_tm));
	memcpy(r->line, saved_line, sizeof(saved_line));
	r->turned = true;
	return e;
}

static void note_image(struct pdf_run *r, const struct pdf_object *o)
{
	struct pdf_content *c = r->c;
	struct pdf_image *image;

	if (c->images == PDF_IMAGES_MAX) {
		c->lost_images++;
		return;
	}
	c->images++;
	image = &c->pictures[c->n_pictures++];
	*image = (struct pdf_image){.object = o, .red = r->s->red};
	memcpy(image->place, r->s->ctm, sizeof(image->place));
}

static int do_object(struct pdf_run *r)
{
	const struct pdf_object *o = resource(r, "XObject", 0);

	if (o->type != PDF_STREAM)
		return 0;
	if (pdf_is_name(pdf_get(r->f, o, "Subtype"), "Form"))
		return run_form(r, o);
	if (pdf_is_name(pdf_get(r->f, o, "Subtype"), "Image"))
		note_image(r, o);
	return 0;
}

/* Behind the data of an inline image: "EI" on its own, with text behind it. */
static void skip_inline_image(struct pdf_lex *l)
{
	const uint8_t *c = l->p;

	while (l->end - c > 2) {
		const uint8_t *e = memchr(c, 'E', (size_t)(l->end - c - 1));
		if (!e)
			break;
		c = e + 1;
		if (e[1] != 'I' || !pdf_is_space(e[-1]) || (l->end - e > 2 && !pdf_is_space(e[2])))
			continue;
		size_t look = MIN((size_t)(l->end - e - 2), (size_t)16), i = 0;
		while (i < look && e[2 + i] < 0x7F && (e[2 + i] >= ' ' || pdf_is_space(e[2 + i])) &&
			e[2 + i])
			i++;
		if (i < look)
			continue;
		l->p = e + 2;
		return;
	}
	l->p = l->end;
}

#define OP(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

static int text_operator(struct pdf_run *r, uint32_t op)
{
	struct pdf_state *s = r->s;
	static const double unity[6] = {1, 0, 0, 1, 0, 0};

	switch (op) {
	case OP(0, 'B', 'T'):
		memcpy(r->tm, unity, sizeof(unity));
		memcpy(r->line, unity, sizeof(unity));
		r->turned = true;
		break;
	case OP(0, 'T', 'f'): return set_font(r, resource(r, "Font", 0), number(r, 1));
	case OP(0, 'T', 'd'): line_move(r, number(r, 0), number(r, 1)); break;
	case OP(0, 'T', 'D'):
		s->leading = -number(r, 1);
		line_move(r, number(r, 0), number(r, 1));
		break;
	case OP(0, 'T', 'm'): set_matrix(r); break;
	case OP(0, 'T', '*'): line_move(r, 0, -s->leading); break;
	case OP(0, 'T', 'c'): s->char_space = number(r, 0); break;
	case OP(0, 'T', 'w'): s->word_space = number(r, 0); break;
	case OP(0, 'T', 'z'):
		s->scale = number(r, 0) / 100;
		r->turned = true;
		break;
	case OP(0, 'T', 'L'): s->leading = number(r, 0); break;
	case OP(0, 'T', 's'): s->rise = number(r, 0); break;
	case OP(0, 'T', 'r'):
		s->mode = number(r, 0) >= 0 && number(r, 0) <= 7 ? (int)number(r, 0) : 0;
		break;
	case OP(0, 'T', 'J'): return r->n ? show_array(r, &r->operands[0]) : 0;
	case OP(0, 'T', 'j'):
		return r->n && r->operands[0].type == PDF_STRING
			? pdf_run_show(r, r->operands[0].text)
			: 0;
	case OP(0, 0, '"'):
		s->word_space = number(r, 0);
		s->char_space = number(r, 1);
		line_move(r, 0, -s->leading);
		return r->n > 2 && r->operands[2].type == PDF_STRING
			? pdf_run_show(r, r->operands[2].text)
			: 0;
	case OP(0, 0, '\''):
		line_move(r, 0, -s->leading);
		return r->n && r->operands[0].type == PDF_STRING
			? pdf_run_show(r, r->operands[0].text)
			: 0;
	default: break;
	}
	return 0;
}

static int operator_run(struct pdf_run *r, uint32_t op, unsigned floor)
{
	switch (op) {
	case OP(0, 0, 'q'): state_save(r); return 0;
	case OP(0, 0, 'Q'): state_restore(r, floor); return 0;
	case OP(0, 'c', 'm'):
		if (all_numbers(r, 6)) {
			double m[6];
			for (unsigned i = 0; i < 6; i++)
				m[i] = number(r, i);
			matrix_multiply(m, r->s->ctm, r->s->ctm);
			r->turned = true;
		}
		return 0;
	case OP(0, 'D', 'o'): return do_object(r);
	case OP(0, 'g', 's'): return set_ext_state(r);
	case OP(0, 0, 'g'):
	case OP(0, 'r', 'g'):
	case OP(0, 0, 'k'):
	case OP(0, 's', 'c'):
	case OP('s', 'c', 'n'): set_color(r); return 0;
	case OP(0, 'c', 's'): r->s->red = r->s->pale = false; return 0;
	default: break;
	}
	if (op >> 16 == 0 && ((op >> 8) == 'T' || op == OP(0, 'B', 'T') || op == '\'' || op == '"'))
		return text_operator(r, op);

	double v[6];
	for (unsigned i = 0; i < 6; i++)
		v[i] = number(r, i);
	pdf_path_operator(&r->path, op, v, r->s->ctm, r->c);
	return 0;
}

static int content_run(struct pdf_run *r, struct view content)
{
	struct pdf_arena scratch = PDF_ARENA_INIT(PDF_ARENA_MAX / 8);
	struct pdf_lex l;
	unsigned floor = r->n_states;
	struct pdf_object o;
	int e = 0;

	pdf_lex_init(&l, content, &scratch, false);
	r->n = 0;
	for (;;) {
		pdf_lex_space(&l);
		if (r->n == 0 && l.p < l.end && *l.p == '[') {
			e = pdf_run_show_array(r, &l);
			if (e == 0)
				continue;
			if (e != PDF_SHOW_OTHER)
				break;
		}
		e = pdf_lex_next(&l, &o);
		if (e != 0 && e != -E2BIG)
			break;
		if (e == -E2BIG) {
			extractor_fail(r->f->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			e = 0;
			break;
		}
		if (o.type != PDF_KEYWORD) {
			if (r->n < PDF_OPERANDS_MAX)
				r->operands[r->n++] = o;
			continue;
		}

		uint32_t op = 0;
		if (o.text.n <= 3) {
			for (size_t i = 0; i < o.text.n; i++)
				op = op << 8 | o.text.p[i];
		}
		if (op == OP(0, 'I', 'D')) {
			r->c->images += r->c->images < PDF_IMAGES_MAX;
			r->c->lost_images++;
			skip_inline_image(&l);
		}
		e = operator_run(r, op, floor);
		r->n = 0;
		pdf_arena_release(&scratch, (struct pdf_arena_mark){scratch.last, 0});
		if (e == 0)
			e = r->f->error ? r->f->error : extractor_tick(r->f->x, 16);
		if (e)
			break;
	}
	pdf_lex_done(&l);
	pdf_arena_done(&scratch);
	r->n = 0;
	if (e == -E2BIG) {
		extractor_fail(r->f->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return 0;
	}
	return e == PDF_LEX_END ? 0 : e;
}

int pdf_content_run(struct pdf_file *f, struct pdf_fonts *fonts, struct view content,
	const struct pdf_object *resources, const double base[6], struct pdf_content *c)
{
	struct pdf_run *r = malloc(sizeof(*r));
	struct pdf_state *states = reallocarray(NULL, PDF_STATES_MAX, sizeof(*states));
	int e = -ENOMEM;

	if (r && states) {
		*r = (struct pdf_run){.f = f,
			.fonts = fonts,
			.c = c,
			.states = states,
			.s = states,
			.resources = resources,
			.turned = true};
		*states = (struct pdf_state){.scale = 1};
		memcpy(states->ctm, base, sizeof(states->ctm));
		static const double unity[6] = {1, 0, 0, 1, 0, 0};
		memcpy(r->tm, unity, sizeof(unity));
		memcpy(r->line, unity, sizeof(unity));
		e = content_run(r, content);
	}
	free(states);
	free(r);
	return e;
}
