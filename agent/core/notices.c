/* SPDX-License-Identifier: Apache-2.0 */
#include "core/notices.h"

#include <stdio.h>
#include <string.h>

#include "core/control.h"

bool notices_wanted(const struct gate_record *r, const struct incident_context *c)
{
	return c->control && r->action >= ACTION_NOTIFY && control_has_listener(c->control, r->uid);
}

void notices_cut(char *ret, size_t size, const char *s)
{
	size_t n = strnlen(s, size - 1);

	while (n > 0 && s[n] && ((uint8_t)s[n] & 0xc0) == 0x80)
		n--;
	memcpy(ret, s, n);
	ret[n] = '\0';
}

void notices_tell(const char *id, const struct gate_record *r, const struct incident_context *c,
	bool may_justify)
{
	const char *slash = strrchr(r->path, '/');
	struct notice n = {
		.action = r->action,
		.channel = r->channel,
		.level = c->facts ? c->facts->level : r->facts.level,
		.may_justify = may_justify,
	};

	if (!notices_wanted(r, c))
		return;
	notices_cut(n.incident, sizeof(n.incident), id);
	notices_cut(n.app, sizeof(n.app), r->app);
	notices_cut(n.app_name, sizeof(n.app_name), c->app_name ? c->app_name : r->app);
	notices_cut(n.file, sizeof(n.file), slash ? slash + 1 : r->path);
	notices_cut(n.message, sizeof(n.message), c->message ? c->message : "");
	control_notify(c->control, r->uid, &n);
}
