/* SPDX-License-Identifier: Apache-2.0 */
#include "core/calls.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "core/control.h"
#include "core/incidents.h"
#include "core/inventory.h"
#include "core/notices.h"
#include "core/rulebook.h"

struct call {
	bool on;
	uint32_t uid;
	uint64_t since;
	char app[64], sign[32], user[INCIDENTS_USER_SIZE];
};

/* Days of the host's zone: a person's, not the clock's. */
static uint64_t today(void)
{
	time_t now = (time_t)(clock_realtime() / NSEC_PER_SEC);
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return (uint64_t)now / 86400;
	return (uint64_t)(tm.tm_year * 366 + tm.tm_yday);
}

static void add(struct core *core, const struct call *c, const char *kind, const char *what,
	const char *text)
{
	char now[CLOCK_TEXT_MAX], since[CLOCK_TEXT_MAX];
	struct buf b = BUF_INIT(16U << 10);
	struct json j;

	clock_format(clock_realtime(), now);
	clock_format(c->since, since);
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "kind", kind);
	json_key_str(&j, "what", what);
	json_key_str(&j, "time", now);
	json_key_str(&j, "since", since);
	json_key_str(&j, "app", c->app);
	json_key_str(&j, "sign", c->sign);
	json_key_u64(&j, "uid", c->uid);
	json_key_str(&j, "user", c->user);
	json_key_str(&j, "text", text);
	json_object_end(&j);
	/* What the ledger cannot take is counted and told there. */
	if (json_error(&j) == 0)
		unchecked(ledger_add(core->ledger, buf_view(&b), 0));
	buf_done(&b);
}

static void remind(struct core *core, const struct call *c, const char *text)
{
	struct notice n = {.action = ACTION_NOTIFY};

	add(core, c, "reminder", "meeting", text);
	notices_cut(n.app, sizeof(n.app), c->app);
	notices_cut(n.message, sizeof(n.message), text);
	control_notify(core->control, c->uid, &n);
}

int calls_changed(struct core *core, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct call c;
	const char *reminder;

	c.on = unpack_u8(&u) != 0;
	c.uid = unpack_u32(&u);
	c.since = unpack_u64(&u);
	unpack_str(&u, c.app, sizeof(c.app));
	unpack_str(&u, c.sign, sizeof(c.sign));
	if (unpack_end(&u) < 0)
		return -EPROTO;
	incidents_user_name(c.uid, c.user);
	add(core, &c, "meeting", c.on ? "began" : "ended",
		"a call, as far as devices and sockets of applications tell");
	reminder = policy_reminder(rulebook_policy(core->rulebook));
	if (c.on && reminder[0] && inventory_first_today(core->inventory, c.uid, today()))
		remind(core, &c, reminder);
	return 0;
}
