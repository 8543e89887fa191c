/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/fd.h"
#include "content.h"
#include "digest/sha256.h"
#include "extract/extract.h"
#include "match/limits.h"
#include "match/match.h"
#ifdef SEALGATE_OCR
#include "stamp/stamp.h"
#endif
#include "wire/protocol.h"

/* A job that took more than this leaves the heap large enough to be worth returning. */
#define TRIM_BYTES (1U << 20)

struct worker {
	uint64_t file_bytes;
	struct content content;
	struct sha256 *sha256;
	struct view blob; /* of the rules */
	struct ruleset *ruleset;
	struct match *match;
	uint32_t generation;
	struct facts facts;
	struct picture_reader pictures; /* `read` is NULL where nobody reads stamps */
#ifdef SEALGATE_OCR
	struct stamp_word words[RULESET_STAMPS_MAX];
#endif
};

#ifdef SEALGATE_OCR
static int eyes_new(struct picture_reader *ret)
{
	struct stamp *s = NULL;
	int r = stamp_new(NULL, &s);

	if (r == 0)
		*ret = (struct picture_reader){stamp_read, s};
	/* Without the model the worker does the rest; worker_lacks() says so. */
	return r == -ENOENT ? 0 : r;
}

static void eyes_free(struct picture_reader *p)
{
	p->userdata = stamp_free(p->userdata);
}

static void eyes_set(struct picture_reader *p, uint32_t flags)
{
	if (p->read)
		stamp_begin(
			p->userdata, flags & SCAN_WANT_OCR ? STAMP_LOOK_ALL : STAMP_LOOK_COLOUR);
}
/* What stamps can say is the packs' matter. */
static void eyes_words(struct worker *w)
{
	uint32_t n = MIN(ruleset_n_stamps(w->ruleset), RULESET_STAMPS_MAX);

	for (uint32_t i = 0; i < n; i++) {
		struct ruleset_stamp s;

		ruleset_stamp(w->ruleset, i, &s);
		w->words[i] = (struct stamp_word){s.text, s.errors, s.width_mm, s.harmless};
	}
	if (w->pictures.read)
		stamp_set_words(w->pictures.userdata, (struct stamp_words){w->words, n});
}
#else
static void eyes_words(struct worker *w)
{
	(void)w;
}

static int eyes_new(struct picture_reader *ret)
{
	*ret = (struct picture_reader){0};
	return 0;
}

static void eyes_free(struct picture_reader *p)
{
	(void)p;
}

static void eyes_set(struct picture_reader *p, uint32_t flags)
{
	(void)p;
	(void)flags;
}
#endif

const char *worker_lacks(const struct worker *w)
{
	if (w->pictures.read)
		return NULL;
#ifdef SEALGATE_OCR
	return "stamps are not read: no vie.traineddata of tesseract";
#else
	return "stamps are not read: built without it";
#endif
}

int worker_new(uint64_t file_bytes, struct worker **ret)
{
	struct worker *w = calloc(1, sizeof(*w));
	uint8_t digest[SHA256_SIZE];
	int r;

	if (!w)
		return -ENOMEM;
	w->file_bytes = file_bytes;
	r = content_init(&w->content);
	/* One digest now, for what libcrypto loads at its first. */
	if (r == 0)
		r = sha256_new(&w->sha256);
	if (r == 0)
		r = sha256_final(w->sha256, digest);
	if (r == 0)
		r = eyes_new(&w->pictures);
	if (r < 0) {
		worker_free(w);
		return r;
	}
	/* Keep freed memory between small jobs: page faults cost more than their work. */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	*ret = w;
	return 0;
}

static void rules_done(struct worker *w)
{
	w->match = match_free(w->match);
	w->ruleset = ruleset_close(w->ruleset);
	if (w->blob.n > 0)
		munmap((void *)w->blob.p, w->blob.n);
	w->blob = VIEW_EMPTY;
}

struct worker *worker_free(struct worker *w)
{
	if (!w)
		return NULL;
	rules_done(w);
	sha256_free(w->sha256);
	eyes_free(&w->pictures);
	if (w->content.buffer)
		munmap(w->content.buffer, CONTENT_BUFFER_MAX);
	free(w);
	return NULL;
}

int worker_rules(struct worker *w, uint32_t generation, int fd)
{
	struct worker new = {0};
	int r = fd_map_sealed(fd, &new.blob);

	if (r == 0)
		r = ruleset_open(new.blob, &new.ruleset);
	if (r == 0)
		r = match_new(new.ruleset, &new.match);
	if (r < 0) {
		rules_done(&new);
		return r;
	}
	rules_done(w);
	w->blob = new.blob;
	w->ruleset = new.ruleset;
	w->match = new.match;
	w->generation = generation;
	eyes_words(w);
	return 0;
}

static int take_block(void *userdata, const struct block *block)
{
	return match_take(userdata, block);
}

/* The reason that stands for an error of ours. */
static enum reason reason_of(int error)
{
	return error == -ENOMEM || error == -E2BIG ? REASON_TOO_BIG : REASON_DAMAGED;
}

static void look(struct worker *w, const struct worker_job *job, struct view content)
{
	struct facts *f = &w->facts;
	struct block_sink sink = {take_block, w->match};
	struct extract_result result = {0};
	struct extract_limits limits;
	int r = match_begin(w->match, job->name);

	extract_limits_default(&limits);
	limits.cpu_ns = job->cpu_ns;
	eyes_set(&w->pictures, job->flags);
	if (r == 0)
		r = extract_document_seeing(
			content, &limits, w->pictures.read ? &w->pictures : NULL, &sink, &result);
	if (r < 0) {
		facts_lower(f, COMPLETENESS_PARTIAL, reason_of(r));
	} else {
		f->completeness = MAX(f->completeness, result.completeness);
		f->reasons |= result.reasons;
	}
	memcpy(f->format, result.format[0] ? result.format : "unknown",
		result.format[0] ? sizeof(f->format) : sizeof("unknown"));
	/* Also after an error: what was found until then is true. */
	r = match_end(w->match, f);
	if (r < 0)
		facts_lower(f, COMPLETENESS_UNREADABLE, reason_of(r));
}

static void digest(struct worker *w, struct view content)
{
	struct facts *f = &w->facts;

	if (sha256_update(w->sha256, content) == 0 && sha256_final(w->sha256, f->sha256) == 0)
		f->has_sha256 = true;
}

const struct facts *worker_run(struct worker *w, const struct worker_job *job)
{
	struct facts *f = &w->facts;
	uint64_t start = clock_cpu();
	struct view content;
	int r;

	if (!w->match)
		return NULL;
	*f = (struct facts){.generation = w->generation, .format = "unknown"};
	r = content_open(&w->content, job->fd, w->file_bytes, &content, &f->size);
	if (r < 0) {
		facts_lower(f, COMPLETENESS_UNREADABLE, REASON_DAMAGED);
	} else {
		if (content.n < f->size)
			facts_lower(f, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		look(w, job, content);
		/* The digest of a part would be mistaken for the document's. */
		if (job->flags & SCAN_WANT_SHA256 && content.n == f->size)
			digest(w, content);
	}
	content_release(&w->content);
	if (f->size > TRIM_BYTES)
		malloc_trim(TRIM_BYTES);
	f->cpu_ns = clock_cpu() - start;
	return f;
}
