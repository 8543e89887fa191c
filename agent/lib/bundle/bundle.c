/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/bundle.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WORD     "sealgate-bundle" /* the purpose of these signatures */
#define END      "end\n"
#define CONTENTS "contents\n"
#define LINE_MAX (BUNDLE_NAME_MAX + 256U)

static const char *const kind_names[BUNDLE_KIND_MAX] = {"policy", "rules"};

const char *bundle_kind_name(enum bundle_kind kind)
{
	return kind_names[kind];
}

void bundle_done(struct bundle *b)
{
	for (size_t i = 0; i < b->n_files; i++) {
		free(b->files[i].name);
		free(b->files[i].content);
	}
	free(b->files);
	free(b->hosts);
	*b = (struct bundle){0};
}

bool bundle_is(struct view v)
{
	return view_starts(v, VIEW_LIT(BUNDLE_MAGIC));
}

static bool component_is_valid(const char *p, size_t n)
{
	if (n == 0 || n > 255 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < ' ' || p[i] == 127)
			return false;
	return true;
}

static bool name_is_valid(enum bundle_kind kind, const char *name)
{
	if (strlen(name) > BUNDLE_NAME_MAX)
		return false;
	if (*name == '/' && kind == BUNDLE_KIND_POLICY)
		name++;
	for (;;) {
		size_t n = strcspn(name, "/");

		if (!component_is_valid(name, n))
			return false;
		if (!name[n])
			return true;
		name += n + 1;
	}
}

static int compare(const struct bundle_file *f, enum bundle_kind kind, const char *name)
{
	return f->kind != kind ? (f->kind < kind ? -1 : 1) : strcmp(f->name, name);
}

/* Where it is, or where it belongs. */
static bool find(const struct bundle *b, enum bundle_kind kind, const char *name, size_t *ret)
{
	size_t low = 0, high = b->n_files;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&b->files[middle], kind, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret = low;
	return low < b->n_files && compare(&b->files[low], kind, name) == 0;
}

const struct bundle_file *bundle_find(
	const struct bundle *b, enum bundle_kind kind, const char *name)
{
	size_t at;

	return find(b, kind, name, &at) ? &b->files[at] : NULL;
}

bool bundle_has(const struct bundle *b, enum bundle_kind kind)
{
	for (size_t i = 0; i < b->n_files; i++)
		if (b->files[i].kind == kind)
			return true;
	return false;
}

static bool host_is_valid(const char *host)
{
	size_t n = strlen(host);

	if (n == 0 || n > BUNDLE_HOST_MAX || host[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._",
			    host[i]))
			return false;
	return true;
}

static bool names_host(const struct bundle *b, const char *host)
{
	for (size_t i = 0; i < b->n_hosts; i++)
		if (strcasecmp(b->hosts[i], host) == 0)
			return true;
	return false;
}

int bundle_add_host(struct bundle *b, const char *host)
{
	if (!host_is_valid(host))
		return -EINVAL;
	if (names_host(b, host))
		return -EEXIST;
	if (b->n_hosts == BUNDLE_HOSTS_MAX)
		return -E2BIG;
	if (!b->hosts)
		b->hosts = calloc(BUNDLE_HOSTS_MAX, sizeof(*b->hosts));
	if (!b->hosts)
		return -ENOMEM;
	memcpy(b->hosts[b->n_hosts++], host, strlen(host) + 1);
	return 0;
}

bool bundle_is_for(const struct bundle *b, const char *host)
{
	return b->n_hosts == 0 || names_host(b, host);
}

static int make_room(struct bundle *b)
{
	size_t cap = b->cap ? 2 * b->cap : 16;
	struct bundle_file *files;

	if (b->n_files < b->cap)
		return 0;
	files = realloc(b->files, cap * sizeof(*files));
	if (!files)
		return -ENOMEM;
	b->files = files;
	b->cap = cap;
	return 0;
}

int bundle_add(struct bundle *b, enum bundle_kind kind, const char *name, struct view content)
{
	struct bundle_file f = {.kind = kind, .n = content.n};
	size_t at;
	int r;

	if (!name_is_valid(kind, name))
		return -EINVAL;
	if (find(b, kind, name, &at))
		return -EEXIST;
	if (b->n_files == BUNDLE_FILES_MAX || content.n > BUNDLE_BYTES_MAX - b->bytes)
		return -E2BIG;
	r = make_room(b);
	if (r == 0)
		r = sha256(content, f.digest);
	if (r < 0)
		return r;
	f.name = strdup(name);
	f.content = content.n ? malloc(content.n) : NULL;
	if (!f.name || (content.n && !f.content)) {
		free(f.name);
		free(f.content);
		return -ENOMEM;
	}
	if (content.n)
		memcpy(f.content, content.p, content.n);
	memmove(&b->files[at + 1], &b->files[at], (b->n_files - at) * sizeof(f));
	b->files[at] = f;
	b->n_files++;
	b->bytes += content.n;
	return 0;
}

static int put_file(const struct bundle_file *f, struct buf *ret)
{
	int r = buf_printf(ret, "file %s %zu ", kind_names[f->kind], f->n);

	if (r == 0)
		r = buf_put_hex(ret, f->digest, SHA256_SIZE);
	return r < 0 ? r : buf_printf(ret, " %s\n", f->name);
}

/* What is signed. */
static int put_manifest(const struct bundle *b, struct buf *ret)
{
	int r = buf_printf(ret, BUNDLE_MAGIC "counter %ju\ncreated %s\n", (uintmax_t)b->counter,
		b->created[0] ? b->created : "-");

	for (size_t i = 0; r == 0 && i < b->n_hosts; i++)
		r = buf_printf(ret, "host %s\n", b->hosts[i]);
	for (size_t i = 0; r == 0 && i < b->n_files; i++)
		r = put_file(&b->files[i], ret);
	return r < 0 ? r : buf_put_str(ret, END);
}

int bundle_write(const struct bundle *b, struct buf *ret)
{
	int r = put_manifest(b, ret);

	for (size_t i = 0; r == 0 && i < b->n_signatures; i++) {
		r = buf_printf(ret, "signature %s ", b->signatures[i].id);
		if (r == 0)
			r = sign_base64_put(ret, view_of(b->signatures[i].bytes, SIGN_SIZE));
		if (r == 0)
			r = buf_put_byte(ret, '\n');
	}
	if (r == 0)
		r = buf_put_str(ret, CONTENTS);
	for (size_t i = 0; r == 0 && i < b->n_files; i++)
		r = buf_put(ret, b->files[i].content, b->files[i].n);
	return r;
}

int bundle_digest(const struct bundle *b, enum bundle_kind kind, uint8_t ret[SHA256_SIZE])
{
	cleanup_with(buf_done) struct buf m = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->n_files; i++)
		if (b->files[i].kind == kind)
			r = put_file(&b->files[i], &m);
	return r < 0 ? r : sha256(buf_view(&m), ret);
}

/* ---- reading ---- */

struct reader {
	struct view rest;
	unsigned line;
	char text[LINE_MAX];
	char *why;
	size_t why_size;
};

static int printf_like(2, 3) wrong(struct reader *r, const char *fmt, ...)
{
	int n = snprintf(r->why, r->why_size, "line %u: ", r->line);
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < r->why_size)
		vsnprintf(r->why + n, r->why_size - (size_t)n, fmt, ap);
	va_end(ap);
	return -EBADMSG;
}

static int next_line(struct reader *r)
{
	const uint8_t *end = r->rest.n == 0
		? NULL
		: memchr(r->rest.p, '\n', MIN(r->rest.n, (size_t)LINE_MAX));
	size_t n;

	r->line++;
	if (r->rest.n == 0 || !end)
		return wrong(r, "the manifest ends here");
	n = (size_t)(end - r->rest.p);
	if (n >= sizeof(r->text) || memchr(r->rest.p, 0, n))
		return wrong(r, "this is no line of a manifest");
	memcpy(r->text, r->rest.p, n);
	r->text[n] = 0;
	r->rest = view_sub(r->rest, n + 1, r->rest.n);
	return 0;
}

static bool number(const char *s, const char *end, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (s == end || (s[0] == '0' && end - s > 1))
		return false;
	for (; s < end; s++) {
		if (*s < '0' || *s > '9' || v > (max - (uint64_t)(*s - '0')) / 10)
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*ret = v;
	return true;
}

static bool digest_text(const char *s, uint8_t ret[SHA256_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 2 * SHA256_SIZE; i++) {
		const char *d = s[i] ? strchr(digits, s[i]) : NULL;

		if (!d)
			return false;
		ret[i / 2] = (uint8_t)(ret[i / 2] << 4 | (d - digits));
	}
	return true;
}

static int read_head(struct reader *r, struct bundle *b)
{
	int e = next_line(r);

	if (e < 0 || strcmp(r->text, "sealgate-bundle 1") != 0)
		return wrong(r, "this is no bundle");
	e = next_line(r);
	if (e == 0 &&
		(strncmp(r->text, "counter ", 8) != 0 ||
			!number(r->text + 8, r->text + strlen(r->text), UINT64_MAX / 2,
				&b->counter)))
		return wrong(r, "a counter is expected");
	if (e == 0)
		e = next_line(r);
	if (e == 0 &&
		(strncmp(r->text, "created ", 8) != 0 || strlen(r->text + 8) >= sizeof(b->created)))
		return wrong(r, "a time is expected");
	if (e == 0 && strcmp(r->text + 8, "-") != 0)
		memcpy(b->created, r->text + 8, strlen(r->text + 8) + 1);
	return e;
}

/* "file KIND SIZE DIGEST NAME"; the content comes later. */
static int read_file(struct reader *r, struct bundle *b)
{
	struct bundle_file f = {0};
	char *kind = r->text + 5, *size, *digest, *name;
	uint64_t n;
	int e;

	size = strchr(kind, ' ');
	digest = size ? strchr(size + 1, ' ') : NULL;
	name = digest ? strchr(digest + 1, ' ') : NULL;
	if (!name || name - digest != 1 + 2 * SHA256_SIZE)
		return wrong(r, "this is no file's line");
	*size++ = *digest = *name++ = 0;
	while (f.kind < BUNDLE_KIND_MAX && strcmp(kind_names[f.kind], kind) != 0)
		f.kind++;
	if (f.kind == BUNDLE_KIND_MAX || !number(size, digest, BUNDLE_BYTES_MAX, &n) ||
		!digest_text(digest + 1, f.digest) || !name_is_valid(f.kind, name))
		return wrong(r, "this is no file's line");
	f.n = (size_t)n;
	if (b->n_files == BUNDLE_FILES_MAX || f.n > BUNDLE_BYTES_MAX - b->bytes)
		return wrong(
			r, "more than %u files or %u bytes", BUNDLE_FILES_MAX, BUNDLE_BYTES_MAX);
	if (b->n_files > 0 && compare(&b->files[b->n_files - 1], f.kind, name) >= 0)
		return wrong(r, "files are out of order");
	e = make_room(b);
	if (e == 0 && !(f.name = strdup(name)))
		e = -ENOMEM;
	if (e < 0)
		return e;
	b->files[b->n_files++] = f;
	b->bytes += f.n;
	return 0;
}

static int read_signature(struct reader *r, struct bundle *b)
{
	struct bundle_signature *s = &b->signatures[b->n_signatures];
	const char *id = r->text + strlen("signature "), *space;

	if (strncmp(r->text, "signature ", 10) != 0)
		return wrong(r, "a signature or the contents are expected");
	if (b->n_signatures == BUNDLE_SIGNATURES_MAX)
		return wrong(r, "more than %u signatures", BUNDLE_SIGNATURES_MAX);
	space = strchr(id, ' ');
	if (!space || space - id != SIGN_ID_TEXT - 1 ||
		sign_base64_get(view_str(space + 1), s->bytes, SIGN_SIZE) < 0)
		return wrong(r, "this is no signature");
	memcpy(s->id, id, SIGN_ID_TEXT - 1);
	s->id[SIGN_ID_TEXT - 1] = 0;
	b->n_signatures++;
	return 0;
}

static int read_content(struct reader *r, struct bundle_file *f)
{
	uint8_t digest[SHA256_SIZE];
	struct view v = view_sub(r->rest, 0, f->n);
	int e;

	if (v.n != f->n) {
		snprintf(r->why, r->why_size, "%s is not whole: the bundle was cut short", f->name);
		return -EBADMSG;
	}
	e = sha256(v, digest);
	if (e < 0)
		return e;
	if (memcmp(digest, f->digest, SHA256_SIZE) != 0) {
		snprintf(r->why, r->why_size, "%s is not what the manifest says", f->name);
		return -EBADMSG;
	}
	r->rest = view_sub(r->rest, f->n, r->rest.n);
	if (f->n == 0)
		return 0;
	f->content = malloc(f->n);
	if (!f->content)
		return -ENOMEM;
	memcpy(f->content, v.p, v.n);
	return 0;
}

static int read_all(struct reader *r, struct bundle *b)
{
	int e = read_head(r, b);

	if (e == 0)
		e = next_line(r);
	for (; e == 0 && strncmp(r->text, "host ", 5) == 0; e = e < 0 ? e : next_line(r)) {
		e = bundle_add_host(b, r->text + 5);
		if (e < 0 && e != -ENOMEM)
			e = wrong(r, "this is no host, or one too many");
	}
	for (; e == 0 && strncmp(r->text, "file ", 5) == 0; e = e < 0 ? e : next_line(r))
		e = read_file(r, b);
	if (e == 0 && strcmp(r->text, "end") != 0)
		e = wrong(r, "a file or the end of the manifest is expected");
	while (e == 0 && (e = next_line(r)) == 0 && strcmp(r->text, "contents") != 0)
		e = read_signature(r, b);
	for (size_t i = 0; e == 0 && i < b->n_files; i++)
		e = read_content(r, &b->files[i]);
	if (e == 0 && r->rest.n > 0) {
		snprintf(r->why, r->why_size, "%zu bytes are left over", r->rest.n);
		e = -EBADMSG;
	}
	return e;
}

int bundle_parse(struct view v, struct bundle *ret, char *ret_why, size_t why_size)
{
	struct reader r = {.rest = v, .why = ret_why, .why_size = why_size};
	struct bundle b = {0};
	int e = read_all(&r, &b);

	if (e < 0) {
		bundle_done(&b);
		return e;
	}
	*ret = b;
	return 0;
}

/* ---- signatures ---- */

int bundle_sign(struct bundle *b, const struct sign_secret *key)
{
	struct bundle_signature *s = &b->signatures[b->n_signatures];
	cleanup_with(buf_done) struct buf m = {0};
	int r;

	for (size_t i = 0; i < b->n_signatures; i++)
		if (strcmp(b->signatures[i].id, key->public.id) == 0)
			return -EEXIST;
	if (b->n_signatures == BUNDLE_SIGNATURES_MAX)
		return -E2BIG;
	r = put_manifest(b, &m);
	if (r == 0)
		r = sign_message(key, WORD, buf_view(&m), s->bytes);
	if (r < 0)
		return r;
	memcpy(s->id, key->public.id, SIGN_ID_TEXT);
	b->n_signatures++;
	return 0;
}

/* Whether this key has signed: 1 or 0; -EBADMSG where a signature that names it is not its own. */
static int is_signed_by(const struct bundle *b, struct view manifest, const struct sign_public *key)
{
	for (size_t i = 0; i < b->n_signatures; i++) {
		int r;

		if (strcmp(b->signatures[i].id, key->id) != 0)
			continue;
		r = sign_verify(key, WORD, manifest, b->signatures[i].bytes);
		if (r < 0)
			return r;
		return r == SIGN_VALID ? 1 : -EBADMSG;
	}
	return 0;
}

int bundle_signers(const struct bundle *b, const struct sign_public *keys, size_t n_keys,
	size_t *ret_n, char *ret_by, size_t by_size)
{
	cleanup_with(buf_done) struct buf m = {0};
	int r = put_manifest(b, &m);
	size_t n = 0, used = 0;

	if (by_size > 0)
		ret_by[0] = 0;
	for (size_t i = 0; r >= 0 && i < n_keys; i++) {
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= strcmp(keys[k].id, keys[i].id) == 0;
		r = again ? 0 : is_signed_by(b, buf_view(&m), &keys[i]);
		if (r != 1)
			continue;
		n++;
		if (used + SIGN_ID_TEXT + 1 <= by_size)
			used += (size_t)snprintf(
				ret_by + used, by_size - used, "%s%s", used ? "," : "", keys[i].id);
	}
	if (r < 0)
		return r;
	*ret_n = n;
	return 0;
}
