/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/review.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/macros.h"

static const char *const status_names[] = {
	"new", "in-progress", "confirmed", "resolved", "false-positive", "ignored"};
static_assert(ARRAY_SIZE(status_names) == REVIEW_STATUS_MAX, "one name per status");

const char *review_status_name(enum review_status s)
{
	return (unsigned)s < REVIEW_STATUS_MAX ? status_names[s] : "?";
}

int review_status_parse(const char *name, enum review_status *ret)
{
	for (unsigned i = 0; i < REVIEW_STATUS_MAX; i++)
		if (strcmp(status_names[i], name) == 0) {
			*ret = (enum review_status)i;
			return 0;
		}
	return -EINVAL;
}

void pack_review(struct pack *p, const struct review *r)
{
	pack_u8(p, (uint8_t)r->what);
	pack_str(p, r->id);
	pack_str(p, r->status);
	pack_str(p, r->assignee);
	pack_str(p, r->tag);
	pack_str(p, r->untag);
	pack_str(p, r->note);
	pack_str(p, r->sha256);
}

void unpack_review(struct unpack *u, struct review *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->what = (enum review_what)unpack_enum(u, REVIEW_WHAT_MAX);
	unpack_str(u, ret->id, sizeof(ret->id));
	unpack_str(u, ret->status, sizeof(ret->status));
	unpack_str(u, ret->assignee, sizeof(ret->assignee));
	unpack_str(u, ret->tag, sizeof(ret->tag));
	unpack_str(u, ret->untag, sizeof(ret->untag));
	unpack_str(u, ret->note, sizeof(ret->note));
	unpack_str(u, ret->sha256, sizeof(ret->sha256));
}

static bool is_made_of(const char *s, const char *set)
{
	return s[strspn(s, set)] == 0;
}

#define ID_SET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"

/* No control characters: these are shown on terminals and in reports. */
static bool is_text(const char *s)
{
	for (; *s; s++)
		if ((uint8_t)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

const char *review_refused(const struct review *r)
{
	enum review_status status;

	if (r->what >= REVIEW_COURIER_EXPORT && !is_text(r->note))
		return "control characters have no place in notes";
	if (r->what >= REVIEW_STATEMENT && r->what != REVIEW_EVIDENCE)
		return strlen(r->sha256) == 64 && is_made_of(r->sha256, "0123456789abcdef")
			? NULL
			: "a statement has a SHA-256";
	if (r->what == REVIEW_CHECKPOINT || r->what == REVIEW_NEW_KEY)
		return NULL;
	if (!r->id[0] || !is_made_of(r->id, ID_SET))
		return "this is no incident's ID";
	if (r->what == REVIEW_REVEAL || r->what == REVIEW_EVIDENCE)
		return NULL;
	if (!r->status[0] && !r->assignee[0] && !r->note[0] && !r->tag[0] && !r->untag[0])
		return "nothing to mark: say a status, an assignee, a note or a tag";
	if (r->status[0] && review_status_parse(r->status, &status) < 0)
		return "the status is new, in-progress, confirmed, resolved, false-positive or "
		       "ignored";
	if (!is_text(r->assignee) || !is_text(r->tag) || !is_text(r->untag) || !is_text(r->note))
		return "control characters have no place in notes, names and tags";
	return NULL;
}

static void put_if(struct json *j, const char *key, const char *s)
{
	if (s[0])
		json_key_str(j, key, s);
}

int review_payload(const struct review *r, uint32_t uid, const char *user, struct buf *out)
{
	static const char *const kinds[] = {
		[REVIEW_MARK] = "incident-mark",
		[REVIEW_REVEAL] = "incident-reveal",
		[REVIEW_STATEMENT] = "statement",
		[REVIEW_COURIER_EXPORT] = "courier-export",
		[REVIEW_COURIER_IMPORT] = "courier-import",
		[REVIEW_COURIER_RECEIPT] = "courier-receipt",
		[REVIEW_EVIDENCE] = "incident-evidence",
	};
	char now[CLOCK_TEXT_MAX];
	struct json j;

	if (r->what == REVIEW_CHECKPOINT || r->what == REVIEW_NEW_KEY)
		return 0;
	clock_format(clock_realtime(), now);
	json_init(&j, out);
	json_object(&j);
	json_key_str(&j, "kind", kinds[r->what]);
	put_if(&j, "id", r->id);
	json_key_str(&j, "time", now);
	json_key_str(&j, "by", user);
	json_key_u64(&j, "by_uid", uid);
	if (r->via)
		json_key_str(&j, "via", r->via);
	put_if(&j, "status", r->status);
	put_if(&j, "assignee", r->assignee);
	put_if(&j, "note", r->note);
	put_if(&j, "tag", r->tag);
	put_if(&j, "untag", r->untag);
	put_if(&j, "sha256", r->sha256);
	json_object_end(&j);
	return json_error(&j);
}
