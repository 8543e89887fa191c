/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "sealgate incidents evidence": the encrypted copies of an incident's documents, for the
 * reviewers' group. Taking them is a record, which is written first. The private key is read here
 * and nowhere else, and need not be on this computer: without it the copy is written as it is.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "ctl/incidents.h"
#include "ctl/usage.h"
#include "digest/envelope.h"
#include "digest/sha256.h"
#include "journal/payload.h"
#include "journal/reader.h"
#include "wire/review.h"

#define COPIES_MAX 128U          /* of one incident: as many files as it names */
#define COPY_MAX   (2047U << 20) /* bytes; evidence.file-size ends before */

struct copy {
	char name[256];
	char target[4096];
	char sha256[65], copy_sha256[65]; /* as the journal has them; "" where it no longer does */
	uint64_t size;                    /* of what was written */
};

struct evidence_command {
	const struct incidents_options *o;
	const struct incident *incident;
	char dir[4200];
	struct buf key; /* PEM; empty: the copies are written as they are */
	struct copy copies[COPIES_MAX];
	size_t n;
};

static void command_done(struct evidence_command **c)
{
	if (*c)
		buf_done(&(*c)->key);
	free(*c);
}

static bool is_copy(const struct evidence_command *c, const char *name)
{
	size_t n = strlen(c->incident->id), all = strlen(name);

	return strncmp(name, c->incident->id, n) == 0 && name[n] == '-' && all > n + 4 &&
		all < sizeof(c->copies[0].name) && strcmp(name + all - 4, ".cms") == 0;
}

static int find_copies(struct evidence_command *c)
{
	const struct incidents_options *o = c->o;
	const struct dirent *e;
	DIR *d = opendir(c->dir);

	if (!d && errno != ENOENT)
		return ctl_error("%s: %s", c->dir, strerror(errno));
	while (d && c->n < COPIES_MAX && (e = readdir(d)))
		if (is_copy(c, e->d_name))
			snprintf(
				c->copies[c->n++].name, sizeof(c->copies[0].name), "%s", e->d_name);
	if (d)
		closedir(d);
	if (c->n > 0)
		return CTL_DONE;
	fprintf(stderr,
		lang_pick(o->lang,
			"sealgate: no copy is kept of %s: copies are made where the rule says "
			"`evidence: copy`, and removed in time; the journal says why one was not\n",
			"sealgate: không có bản sao nào của %s: bản sao chỉ được tạo khi quy tắc "
			"ghi `evidence: copy`, và được xóa khi hết hạn; nhật ký ghi lý do nếu "
			"không tạo được\n"),
		c->incident->id);
	return CTL_FOUND;
}

/* What the journal says of them: none could have changed it and the copy. */
static int find_records(struct evidence_command *c)
{
	struct journal_reader *reader;
	struct journal_entry e;
	char text[256];
	int r = journal_reader_open(c->o->dir, &reader);

	if (r < 0)
		return incidents_no_journal(c->o, r);
	while ((r = journal_read(reader, &e)) != JOURNAL_END) {
		if (r != 0)
			continue;
		payload_string(e.payload, "kind", text, sizeof(text));
		if (strcmp(text, "evidence") != 0)
			continue;
		payload_string(e.payload, "copy", text, sizeof(text));
		for (size_t i = 0; i < c->n; i++) {
			struct copy *k = &c->copies[i];

			if (strcmp(k->name, text) != 0 || k->copy_sha256[0])
				continue;
			payload_string(
				e.payload, "copy_sha256", k->copy_sha256, sizeof(k->copy_sha256));
			payload_string(e.payload, "sha256", k->sha256, sizeof(k->sha256));
		}
	}
	journal_reader_close(reader);
	return CTL_DONE;
}

/* Into --out where it is no folder, else under its own name there, or here. */
static int choose_target(const struct evidence_command *c, struct copy *k)
{
	const char *out = c->o->out;
	struct stat st;
	bool folder = !out || (stat(out, &st) == 0 && S_ISDIR(st.st_mode));
	cleanup_with(freep) char *shown = strndup(
		k->name, strlen(k->name) - (c->key.n > 0 ? strlen(".cms") : 0));

	if (!shown)
		return ctl_error("out of memory");
	if (!folder && c->n > 1)
		return ctl_error(
			"%zu copies are kept of this incident: --out must be a folder", c->n);
	if (folder)
		snprintf(k->target, sizeof(k->target), "%.3800s/%s", out ? out : ".", shown);
	else if ((size_t)snprintf(k->target, sizeof(k->target), "%s", out) >= sizeof(k->target))
		return ctl_error("--out is too long");
	if (faccessat(AT_FDCWD, k->target, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return ctl_error("%s is there already, and is not overwritten", k->target);
	return CTL_DONE;
}

static int put_to_file(void *userdata, struct view v)
{
	return fd_write_all(*(int *)userdata, v);
}

static bool has_digest(struct view v, const char *expected)
{
	uint8_t digest[SHA256_SIZE];
	char text[2 * SHA256_SIZE + 1];

	if (!expected[0])
		return true; /* its record went with old records */
	if (sha256(v, digest) < 0)
		return false;
	for (unsigned i = 0; i < SHA256_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return strcmp(text, expected) == 0;
}

static int put_to_buf(void *userdata, struct view v)
{
	return buf_put_view(userdata, v);
}

/* What is to be written: the copy, or what is in it. */
static int read_copy(const struct evidence_command *c, const struct copy *k, struct buf *ret)
{
	cleanup_with(buf_done) struct buf sealed = BUF_INIT(COPY_MAX);
	char path[4500];
	int r;

	snprintf(path, sizeof(path), "%s/%s", c->dir, k->name);
	r = fd_read_path(path, COPY_MAX, &sealed);
	if (r < 0)
		return ctl_error("%s: %s", path, strerror(-r));
	if (!has_digest(buf_view(&sealed), k->copy_sha256))
		return ctl_error("%s is not what the journal says it was: it was changed", path);
	if (c->key.n == 0) {
		*ret = sealed;
		sealed = (struct buf)BUF_INIT(0);
		return CTL_DONE;
	}
	r = envelope_open(buf_view(&c->key), buf_view(&sealed), put_to_buf, ret);
	if (r == ENVELOPE_BAD || r == -EBADMSG)
		return ctl_error("%s does not open with this key", path);
	if (r < 0)
		return ctl_error("%s: %s", path, strerror(-r));
	if (!has_digest(buf_view(ret), k->sha256))
		return ctl_error("%s holds another content than the journal says", path);
	return CTL_DONE;
}

static int write_one(const struct evidence_command *c, struct copy *k)
{
	cleanup_with(buf_done) struct buf content = BUF_INIT(COPY_MAX);
	cleanup_with(fd_closep) int fd = -1;
	int r = read_copy(c, k, &content);

	if (r != CTL_DONE)
		return r;
	k->size = content.n;
	fd = open(k->target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return ctl_error("cannot write %s: %s", k->target, strerror(errno));
	r = put_to_file(&fd, buf_view(&content));
	if (r == 0 && fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
		r = -errno;
	if (r < 0) {
		(void)unlink(k->target);
		return ctl_error("cannot write %s: %s", k->target, strerror(-r));
	}
	return CTL_DONE;
}

/* Who takes a document is recorded before it is given. */
static int tell_taken(const struct evidence_command *c, uint64_t *ret_seq)
{
	struct review r = {.what = REVIEW_EVIDENCE};

	snprintf(r.id, sizeof(r.id), "%s", c->incident->id);
	snprintf(r.note, sizeof(r.note), "%zu %s", c->n, c->key.n > 0 ? "opened" : "taken");
	return incidents_submit(c->o, &r, ret_seq);
}

static int report(const struct evidence_command *c, uint64_t seq)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct json j;

	if (!c->o->json) {
		for (size_t i = 0; i < c->n; i++)
			puts(c->copies[i].target);
		return CTL_DONE;
	}
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "id", c->incident->id);
	json_key_u64(&j, "seq", seq);
	json_key_bool(&j, "opened", c->key.n > 0);
	json_key(&j, "copies");
	json_array(&j);
	for (size_t i = 0; i < c->n; i++) {
		json_object(&j);
		json_key_str(&j, "copy", c->copies[i].name);
		json_key_str(&j, "sha256", c->copies[i].sha256);
		json_key_str(&j, "written", c->copies[i].target);
		json_key_u64(&j, "size", c->copies[i].size);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	if (json_error(&j) < 0)
		return ctl_error("out of memory");
	printf("%.*s\n", (int)b.n, (const char *)b.p);
	return CTL_DONE;
}

int incidents_evidence(const struct incidents_options *o, const char *prefix)
{
	cleanup_with(incident_freep) struct incident *i = NULL;
	cleanup_with(command_done) struct evidence_command *c = calloc(1, sizeof(*c));
	uint64_t seq;
	int r;

	if (!c)
		return ctl_error("out of memory");
	c->o = o;
	c->key.max = ENVELOPE_CERTIFICATE_MAX;
	r = o->key ? fd_read_path(o->key, ENVELOPE_CERTIFICATE_MAX, &c->key) : 0;
	if (r < 0 || (o->key && c->key.n == 0))
		return ctl_error(
			"cannot read %s: %s", o->key, r < 0 ? strerror(-r) : "it is empty");
	r = incidents_find(o, prefix, &i);
	if (r != 0)
		return r;
	c->incident = i;
	snprintf(c->dir, sizeof(c->dir), "%.*s/evidence",
		(int)(strlen(o->dir) - strlen("/journal")), o->dir);
	r = find_copies(c);
	if (r == CTL_DONE)
		r = find_records(c);
	for (size_t k = 0; r == CTL_DONE && k < c->n; k++)
		r = choose_target(c, &c->copies[k]);
	if (r == CTL_DONE)
		r = tell_taken(c, &seq);
	for (size_t k = 0; r == CTL_DONE && k < c->n; k++)
		r = write_one(c, &c->copies[k]);
	return r == CTL_DONE ? report(c, seq) : r;
}
