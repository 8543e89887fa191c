/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/override.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"

void pack_override(struct pack *p, const struct override_request *r)
{
	pack_u8(p, (uint8_t)r->what);
	pack_u32(p, r->id);
	pack_u32(p, r->minutes);
	pack_view(p, view_of(r->sha256, sizeof(r->sha256)));
	pack_str(p, r->app);
	pack_str(p, r->reason);
	pack_str(p, r->owner);
}

void unpack_override(struct unpack *u, struct override_request *ret)
{
	struct view digest;

	memset(ret, 0, sizeof(*ret));
	ret->what = (enum override_what)unpack_enum(u, OVERRIDE_WHAT_MAX);
	ret->id = unpack_u32(u);
	ret->minutes = unpack_u32(u);
	digest = unpack_view(u);
	if (digest.n == sizeof(ret->sha256))
		memcpy(ret->sha256, digest.p, digest.n);
	else
		u->error = -EPROTO;
	unpack_str(u, ret->app, sizeof(ret->app));
	unpack_str(u, ret->reason, sizeof(ret->reason));
	unpack_str(u, ret->owner, sizeof(ret->owner));
}

static bool is_text(const char *s)
{
	return s[strspn(s, " ")] && utf8_is_line(s);
}

const char *override_refused(const struct override_request *r)
{
	if (r->what != OVERRIDE_ADD)
		return NULL;
	if (r->minutes == 0)
		return "an override lasts at least a minute";
	if (!is_text(r->app))
		return "an override is for one application";
	if (!is_text(r->reason))
		return "an override needs a reason, of one line";
	if (!is_text(r->owner))
		return "an override needs an owner, of one line";
	return NULL;
}
