/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: what a document is, as far as it was looked at. Plain data; copying is fine. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "model/completeness.h"
#include "model/level.h"
#include "model/place.h"
#include "model/tag.h"

#define EVIDENCE_MAX 24 /* kept per document, highest scores first; more are counted */

struct evidence {
	char rule[64];
	char pack[48];
	enum level level;
	enum place place;
	uint32_t page; /* 1-based, 0 where unknown */
	int32_t score;
	char member[256];  /* path inside containers; cut at the front where longer */
	char snippet[200]; /* redacted: the marking and a few characters around it, one line */
};

/* What deciding needs; small enough to be cached per file and sent with every answer. */
struct facts_brief {
	uint8_t level;        /* enum level */
	uint8_t completeness; /* enum completeness */
	uint16_t content;     /* number of a content that has an override; 0: none */
	uint32_t tags;        /* TAG_BIT */
	uint32_t reasons;     /* REASON_BIT */
};

struct facts {
	enum level level;
	enum completeness completeness;
	uint32_t tags;
	uint32_t reasons;
	char format[32]; /* true type: "docx", "pdf", "text", "elf", "unknown", ... */
	uint64_t size;   /* bytes */
	bool has_sha256;
	uint8_t sha256[32];
	uint64_t cpu_ns;     /* spent by the worker */
	uint32_t generation; /* of the rules that looked */
	uint32_t n_evidence; /* in `evidence` */
	uint32_t n_dropped;  /* evidence over EVIDENCE_MAX */
	struct evidence evidence[EVIDENCE_MAX];
};

struct facts_brief facts_brief(const struct facts *f);

/* Keeps `e` among the EVIDENCE_MAX best. Does not touch `level`. */
void facts_add_evidence(struct facts *f, const struct evidence *e);

/* A limit reached or a part not read: adds the reason, and lowers `completeness` to at least `c`.
 */
void facts_lower(struct facts *f, enum completeness c, enum reason r);

/* The contract's keys "level" ... "evidence" into the object that is open in `j`. */
void facts_json(const struct facts *f, struct json *j);
void evidence_json(const struct evidence *e, struct json *j);
