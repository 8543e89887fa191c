/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/wire_facts.h"

#include <errno.h>
#include <string.h>

static uint32_t unpack_bits(struct unpack *u, unsigned max)
{
	uint32_t v = unpack_u32(u);

	if (v >> max) {
		u->error = -EPROTO;
		return 0;
	}
	return v;
}

void pack_brief(struct pack *p, const struct facts_brief *b)
{
	pack_u8(p, b->level);
	pack_u8(p, b->completeness);
	pack_u32(p, b->tags);
	pack_u32(p, b->reasons);
}

void unpack_brief(struct unpack *u, struct facts_brief *ret)
{
	*ret = (struct facts_brief){
		.level = unpack_enum(u, LEVEL_MAX),
		.completeness = unpack_enum(u, COMPLETENESS_MAX),
	};
	ret->tags = unpack_bits(u, TAG_MAX);
	ret->reasons = unpack_bits(u, REASON_MAX);
}

static void pack_evidence(struct pack *p, const struct evidence *e)
{
	pack_str(p, e->rule);
	pack_str(p, e->pack);
	pack_u8(p, (uint8_t)e->level);
	pack_u8(p, (uint8_t)e->place);
	pack_u32(p, e->page);
	pack_u32(p, (uint32_t)e->score);
	pack_str(p, e->member);
	pack_str(p, e->snippet);
}

static void unpack_evidence(struct unpack *u, struct evidence *ret)
{
	unpack_str(u, ret->rule, sizeof(ret->rule));
	unpack_str(u, ret->pack, sizeof(ret->pack));
	ret->level = (enum level)unpack_enum(u, LEVEL_MAX);
	ret->place = (enum place)unpack_enum(u, PLACE_MAX);
	ret->page = unpack_u32(u);
	ret->score = (int32_t)unpack_u32(u);
	unpack_str(u, ret->member, sizeof(ret->member));
	unpack_str(u, ret->snippet, sizeof(ret->snippet));
}

void pack_facts(struct pack *p, const struct facts *f)
{
	struct facts_brief b = facts_brief(f);

	pack_brief(p, &b);
	pack_str(p, f->format);
	pack_u64(p, f->size);
	pack_view(p, view_of(f->sha256, f->has_sha256 ? sizeof(f->sha256) : 0));
	pack_u64(p, f->cpu_ns);
	pack_u32(p, f->generation);
	pack_u32(p, f->n_dropped);
	pack_u32(p, f->n_evidence);
	for (uint32_t i = 0; i < f->n_evidence; i++)
		pack_evidence(p, &f->evidence[i]);
}

void unpack_facts(struct unpack *u, struct facts *ret)
{
	struct facts_brief b;
	struct view digest;

	memset(ret, 0, sizeof(*ret));
	unpack_brief(u, &b);
	ret->level = (enum level)b.level;
	ret->completeness = (enum completeness)b.completeness;
	ret->tags = b.tags;
	ret->reasons = b.reasons;
	unpack_str(u, ret->format, sizeof(ret->format));
	ret->size = unpack_u64(u);
	digest = unpack_view(u);
	ret->has_sha256 = digest.n == sizeof(ret->sha256);
	if (ret->has_sha256)
		memcpy(ret->sha256, digest.p, digest.n);
	else if (digest.n > 0)
		u->error = -EPROTO;
	ret->cpu_ns = unpack_u64(u);
	ret->generation = unpack_u32(u);
	ret->n_dropped = unpack_u32(u);
	ret->n_evidence = unpack_u32(u);
	if (ret->n_evidence > EVIDENCE_MAX) {
		u->error = -EPROTO;
		ret->n_evidence = 0;
	}
	for (uint32_t i = 0; i < ret->n_evidence; i++)
		unpack_evidence(u, &ret->evidence[i]);
}
