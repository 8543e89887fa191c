/* SPDX-License-Identifier: Apache-2.0 */
/* A suggested exception, added to the policy in force. */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "journal/payload.h"
#include "web/api.h"
#include "web/policy_work.h"

#define EXCEPTIONS_FILE "console-exceptions.yaml"
#define EXCEPTIONS_HEAD "version: 1\nexceptions:\n"

/* policy.yaml with this file among its "exceptions". -EINVAL where its form is not one that can be
   added to by hand alike. */
static int name_exceptions(struct view text, struct buf *ret)
{
	static const char key[] = "exceptions:", name[] = EXCEPTIONS_FILE;
	const char *p = (const char *)text.p;
	size_t at = 0;
	int r;

	while (at < text.n && !view_starts(view_sub(text, at, text.n), VIEW_LIT("exceptions:"))) {
		const char *end = memchr(p + at, '\n', text.n - at);

		at = end ? (size_t)(end - p) + 1 : text.n;
	}
	if (at >= text.n) {
		r = buf_put_view(ret, text);
		if (r == 0 && text.n > 0 && p[text.n - 1] != '\n')
			r = buf_put_byte(ret, '\n');
		return r < 0 ? r : buf_printf(ret, "%s [%s]\n", key, name);
	}
	at += strlen(key);
	while (at < text.n && p[at] == ' ')
		at++;
	if (at >= text.n || (p[at] != '\n' && p[at] != '['))
		return -EINVAL;
	r = buf_put_view(ret, view_sub(text, 0, at + 1));
	if (r == 0 && p[at] == '\n')
		r = buf_printf(ret, "  - %s\n", name);
	else if (r == 0)
		r = buf_printf(ret, "%s%s", name, at + 1 < text.n && p[at + 1] == ']' ? "" : ", ");
	return r < 0 ? r : buf_put_view(ret, view_sub(text, at + 1, text.n));
}

/* Everything of the bundle in force, with one more entry in the console's own file. */
static int add_exception(const struct bundle *old, const char *yaml, struct bundle *ret)
{
	const struct bundle_file *had = bundle_find(old, BUNDLE_KIND_POLICY, EXCEPTIONS_FILE);
	cleanup_with(buf_done) struct buf b = BUF_INIT(BUNDLE_BYTES_MAX), main = BUF_INIT(0);
	int r = 0;

	if (strncmp(yaml, EXCEPTIONS_HEAD, strlen(EXCEPTIONS_HEAD)) != 0)
		return -EINVAL;
	r = buf_put_view(&b, had ? view_of(had->content, had->n) : VIEW_LIT(EXCEPTIONS_HEAD));
	if (r == 0 && b.n > 0 && b.p[b.n - 1] != '\n')
		r = buf_put_byte(&b, '\n');
	if (r == 0)
		r = buf_put_str(&b, yaml + strlen(EXCEPTIONS_HEAD));
	if (r == 0)
		r = bundle_add(ret, BUNDLE_KIND_POLICY, EXCEPTIONS_FILE, buf_view(&b));
	for (size_t i = 0; r == 0 && i < old->n_files; i++) {
		const struct bundle_file *f = &old->files[i];
		struct view content = view_of(f->content, f->n);

		if (f->kind != BUNDLE_KIND_POLICY || f == had)
			continue;
		if (!had && strcmp(f->name, BUNDLE_POLICY) == 0) {
			r = name_exceptions(content, &main);
			content = buf_view(&main);
		}
		if (r == 0)
			r = bundle_add(ret, f->kind, f->name, content);
	}
	return r;
}

static void on_exception(void *userdata, int outcome, struct view text, int fd)
{
	cleanup_with(bundle_done) struct bundle old = {0}, new = {0};
	cleanup_with(fd_closep) int own = fd;
	struct policy_work *w = userdata;
	uint64_t version;
	int r;

	if (outcome != 0) {
		exchange_fail_link(w->x, outcome, text);
		return;
	}
	/* Nobody may come between the reading and the writing. */
	if (w->base == 0 && payload_number(text, "version", &version))
		w->base = (uint32_t)version;
	r = policy_work_parse(own, &old);
	if (r == 0)
		r = add_exception(&old, w->yaml, &new);
	if (r == 0)
		w->fd = r = policy_work_seal(&new);
	if (r < 0)
		exchange_fail(w->x, API_INVALID,
			"this exception cannot be added to the policy in force: add it by hand");
	else
		policy_work_apply(w);
}

void api_policy_exception(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	struct policy_work *w;
	struct view yaml;

	if (!exchange_body(x, &d) || !(w = policy_work_new(x)) || !policy_work_reason(x, &d, w))
		return;
	if (!json_get_text(json_get(&d, d.v, "yaml"), &yaml) ||
		!(w->yaml = strndup((const char *)yaml.p, yaml.n))) {
		exchange_fail(x, API_BAD_REQUEST, "yaml");
		return;
	}
	exchange_asked(x, policy_work_ask(x, 0, on_exception, w));
}
