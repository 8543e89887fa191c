/* SPDX-License-Identifier: Apache-2.0 */
#include "model/facts.h"

#include "base/macros.h"
#include "model/failure.h"

struct facts_brief facts_brief(const struct facts *f)
{
	return (struct facts_brief){
		.level = (uint8_t)f->level,
		.completeness = (uint8_t)f->completeness,
		.tags = f->tags,
		.reasons = f->reasons,
	};
}

void facts_add_evidence(struct facts *f, const struct evidence *e)
{
	uint32_t at = f->n_evidence;

	while (at > 0 && f->evidence[at - 1].score < e->score)
		at--;
	if (f->n_evidence == EVIDENCE_MAX)
		f->n_dropped++;
	else
		f->n_evidence++;
	if (at == EVIDENCE_MAX)
		return;
	for (uint32_t i = f->n_evidence - 1; i > at; i--)
		f->evidence[i] = f->evidence[i - 1];
	f->evidence[at] = *e;
}

void facts_lower(struct facts *f, enum completeness c, enum reason r)
{
	f->completeness = MAX(f->completeness, c);
	f->reasons |= REASON_BIT(r);
}

void evidence_json(const struct evidence *e, struct json *j)
{
	json_object(j);
	json_key_str(j, "rule", e->rule);
	json_key_str(j, "pack", e->pack);
	json_key_str(j, "level", level_name(e->level));
	json_key_str(j, "part", place_name(e->place));
	json_key_u64(j, "page", e->page);
	json_key_str(j, "member", e->member);
	json_key_str(j, "snippet", e->snippet);
	json_key(j, "score");
	json_i64(j, e->score);
	json_object_end(j);
}

void facts_json(const struct facts *f, struct json *j)
{
	json_key_str(j, "level", level_name(f->level));
	json_key(j, "tags");
	json_array(j);
	for (unsigned t = 0; t < TAG_MAX; t++)
		if (f->tags & TAG_BIT(t))
			json_str(j, tag_name((enum tag)t));
	json_array_end(j);
	json_key_str(j, "completeness", completeness_name(f->completeness));
	json_key(j, "reasons");
	json_array(j);
	for (unsigned r = 0; r < REASON_MAX; r++)
		if (f->reasons & REASON_BIT(r))
			json_str(j, reason_name((enum reason)r));
	json_array_end(j);
	json_key_str(j, "format", f->format);
	json_key_u64(j, "size", f->size);
	json_key(j, "sha256");
	if (f->has_sha256)
		json_hex(j, f->sha256, sizeof(f->sha256));
	else
		json_null(j);
	json_key(j, "ms");
	json_double(j, (double)f->cpu_ns / 1e6, 3);
	json_key(j, "evidence");
	json_array(j);
	for (uint32_t i = 0; i < f->n_evidence; i++)
		evidence_json(&f->evidence[i], j);
	json_array_end(j);
}

enum failure facts_failure(const struct facts_brief *f)
{
	if (f->reasons & REASON_BIT(REASON_CRASHED))
		return FAILURE_CRASH;
	if (f->reasons & REASON_BIT(REASON_TIMED_OUT))
		return FAILURE_DEADLINE;
	return f->completeness == COMPLETENESS_UNREADABLE ? FAILURE_UNREADABLE : FAILURE_NONE;
}

enum may_be level_may_be(enum level level)
{
	if (level_is_state_secret(level))
		return MAY_BE_STATE_SECRET;
	return level == LEVEL_INTERNAL ? MAY_BE_INTERNAL : MAY_BE_UNKNOWN;
}

uint32_t failure_reasons(enum failure failure)
{
	switch (failure) {
	case FAILURE_DEADLINE:
	case FAILURE_PRESSURE: return REASON_BIT(REASON_TIMED_OUT);
	case FAILURE_CRASH:
	case FAILURE_CORE_GONE:
	case FAILURE_DESCRIPTORS: return REASON_BIT(REASON_CRASHED);
	case FAILURE_NONE:
	case FAILURE_UNREADABLE:
	case FAILURE_STORE:
	case FAILURE_MAX: break;
	}
	return 0;
}
