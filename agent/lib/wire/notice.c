/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/notice.h"

void pack_notice(struct pack *p, const struct notice *n, enum notice_form form)
{
	pack_u8(p, (uint8_t)n->action);
	pack_u8(p, (uint8_t)n->channel);
	pack_u8(p, (uint8_t)n->level);
	pack_str(p, n->incident);
	pack_str(p, n->app);
	pack_str(p, n->app_name);
	pack_str(p, n->file);
	pack_str(p, n->message);
	if (form == NOTICE_PLAIN)
		return;
	pack_u8(p, n->may_justify);
	pack_u32(p, n->reason);
	pack_u32(p, n->minutes);
}

void unpack_notice(struct unpack *u, struct notice *ret, enum notice_form form)
{
	ret->action = (enum action)unpack_enum(u, ACTION_MAX);
	ret->channel = (enum channel)unpack_enum(u, CHANNEL_MAX);
	ret->level = (enum level)unpack_enum(u, LEVEL_MAX);
	unpack_str(u, ret->incident, sizeof(ret->incident));
	unpack_str(u, ret->app, sizeof(ret->app));
	unpack_str(u, ret->app_name, sizeof(ret->app_name));
	unpack_str(u, ret->file, sizeof(ret->file));
	unpack_str(u, ret->message, sizeof(ret->message));
	ret->may_justify = form == NOTICE_REASON && unpack_u8(u) != 0;
	ret->reason = form == NOTICE_REASON ? unpack_u32(u) : 0;
	ret->minutes = form == NOTICE_REASON ? unpack_u32(u) : 0;
}
