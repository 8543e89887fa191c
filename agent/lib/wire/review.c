/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/review.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/macros.h"
#include "base/utf8.h"

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
	pack_u64(p, r->seen);
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
	ret->seen = unpack_u64(u);
}

static bool is_made_of(const char *s, const char *set)
{
	return s[strspn(s, set)] == 0;
}

#define ID_SET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"

enum member { MEMBER_ID = 1, MEMBER_MARKS = 2, MEMBER_NOTE = 4, MEMBER_SHA256 = 8 };

/* What each may say. */
static const uint8_t members[] = {
	[REVIEW_MARK] = MEMBER_ID | MEMBER_MARKS | MEMBER_NOTE,
	[REVIEW_REVEAL] = MEMBER_ID | MEMBER_NOTE,
	[REVIEW_CHECKPOINT] = 0,
	[REVIEW_NEW_KEY] = 0,
	[REVIEW_STATEMENT] = MEMBER_SHA256,
	[REVIEW_COURIER_EXPORT] = MEMBER_SHA256 | MEMBER_NOTE,
	[REVIEW_COURIER_IMPORT] = MEMBER_SHA256 | MEMBER_NOTE,
	[REVIEW_COURIER_RECEIPT] = MEMBER_SHA256 | MEMBER_NOTE,
	[REVIEW_EVIDENCE] = MEMBER_ID | MEMBER_NOTE,
};
static_assert(ARRAY_SIZE(members) == REVIEW_WHAT_MAX, "one row per request");

static bool has_marks(const struct review *r)
{
	return r->status[0] || r->assignee[0] || r->tag[0] || r->untag[0];
}

static bool says_too_much(const struct review *r)
{
	unsigned may = members[r->what];

	return (r->id[0] && !(may & MEMBER_ID)) || (has_marks(r) && !(may & MEMBER_MARKS)) ||
		(r->note[0] && !(may & MEMBER_NOTE)) || (r->sha256[0] && !(may & MEMBER_SHA256));
}

/* These are shown on terminals and in reports. */
static bool is_shown(const struct review *r)
{
	return utf8_is_line(r->assignee) && utf8_is_line(r->tag) && utf8_is_line(r->untag) &&
		utf8_is_line(r->note);
}

const char *review_refused(const struct review *r)
{
	unsigned may = members[r->what];
	enum review_status status;

	if (says_too_much(r))
		return "the request says what has no place in it";
	if (!is_shown(r))
		return "control characters have no place in notes, names and tags";
	if (may & MEMBER_SHA256 &&
		(strlen(r->sha256) != 64 || !is_made_of(r->sha256, "0123456789abcdef")))
		return "a statement has a SHA-256";
	if (may & MEMBER_ID && (!r->id[0] || !is_made_of(r->id, ID_SET)))
		return "this is no incident's ID";
	if (may & MEMBER_MARKS && !has_marks(r) && !r->note[0])
		return "nothing to mark: say a status, an assignee, a note or a tag";
	if (r->status[0] && review_status_parse(r->status, &status) < 0)
		return "the status is new, in-progress, confirmed, resolved, false-positive or "
		       "ignored";
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
