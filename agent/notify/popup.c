/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/popup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/buf.h"
#include "notify/words.h"

#define SERVER   "org.freedesktop.Notifications"
#define OBJECT   "/org/freedesktop/Notifications"
#define OWN_NAME "org.sealgate.Notify"
#define TEXT_MAX 2000U
#define SHOWN_MS 20000

#define KEY_REASON "reason"
#define KEY_REPLY  "inline-reply" /* of servers that know it */

struct popup {
	sd_bus *bus;
	bool knows_markup, asked;
	enum popup_way way;
	popup_fn fn;
	void *userdata;
};

static int on_action(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct popup *p = userdata;
	const char *key;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(m, "us", &id, &key) >= 0 && strcmp(key, KEY_REASON) == 0)
		p->fn(p->userdata, id, NULL);
	return 0;
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct popup *p = userdata;
	const char *text;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(m, "us", &id, &text) >= 0)
		p->fn(p->userdata, id, text);
	return 0;
}

int popup_new(popup_fn fn, void *userdata, struct popup **ret)
{
	struct popup *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->fn = fn;
	p->userdata = userdata;
	r = sd_bus_open_user(&p->bus);
	if (r >= 0)
		r = sd_bus_set_method_call_timeout(p->bus, POPUP_WAIT_S * UINT64_C(1000000));
	if (r >= 0)
		r = sd_bus_request_name(p->bus, OWN_NAME, 0);
	if (r >= 0)
		r = sd_bus_match_signal(
			p->bus, NULL, SERVER, OBJECT, SERVER, "ActionInvoked", on_action, p);
	if (r >= 0)
		r = sd_bus_match_signal(
			p->bus, NULL, SERVER, OBJECT, SERVER, "NotificationReplied", on_reply, p);
	if (r < 0) {
		popup_free(p);
		return r == -EALREADY ? -EEXIST : r;
	}
	*ret = p;
	return 0;
}

struct popup *popup_free(struct popup *p)
{
	if (p)
		sd_bus_flush_close_unref(p->bus);
	free(p);
	return NULL;
}

static void learn(struct popup *p, const char *capability)
{
	p->knows_markup |= strcmp(capability, "body-markup") == 0;
	if (strcmp(capability, "inline-reply") == 0)
		p->way = POPUP_REPLY;
	else if (strcmp(capability, "actions") == 0 && p->way == POPUP_NOT)
		p->way = POPUP_BUTTON;
}

/* A server that renders markup would make a link of a file's name. */
static void ask_server(struct popup *p)
{
	sd_bus_message *m = NULL;
	const char *name;

	if (p->asked ||
		sd_bus_call_method(
			p->bus, SERVER, OBJECT, SERVER, "GetCapabilities", NULL, &m, "") < 0)
		return;
	p->asked = true;
	p->way = POPUP_NOT;
	if (sd_bus_message_enter_container(m, 'a', "s") > 0)
		while (sd_bus_message_read(m, "s", &name) > 0)
			learn(p, name);
	sd_bus_message_unref(m);
}

enum popup_way popup_way(struct popup *p)
{
	ask_server(p);
	return p->way;
}

static int append_button(const struct popup *p, sd_bus_message *m, const char *button)
{
	if (!button || p->way == POPUP_NOT)
		return sd_bus_message_append(m, "as", 0);
	return sd_bus_message_append(
		m, "as", 2, p->way == POPUP_REPLY ? KEY_REPLY : KEY_REASON, button);
}

static int append_notice(
	const struct popup *p, sd_bus_message *m, const struct popup_notice *n, uint32_t id)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	int r = words_clean(&text, n->body, TEXT_MAX, p->knows_markup);

	if (r == 0)
		r = buf_terminate(&text);
	if (r < 0)
		return r;
	r = sd_bus_message_append(
		m, "susss", "sealgate", id, "security-high", n->title, (const char *)text.p);
	if (r >= 0)
		r = append_button(p, m, n->button);
	return r < 0 ? r
		     : sd_bus_message_append(m, "a{sv}i", 1, "urgency", "y", n->urgent ? 2 : 1,
			       (int32_t)(n->urgent ? 0 : SHOWN_MS));
}

int popup_show(struct popup *p, const struct popup_notice *n, uint32_t *id)
{
	sd_bus_message *m = NULL, *answer = NULL;
	int r;

	ask_server(p);
	r = sd_bus_message_new_method_call(p->bus, &m, SERVER, OBJECT, SERVER, "Notify");
	if (r >= 0)
		r = append_notice(p, m, n, *id);
	if (r >= 0)
		r = sd_bus_call(p->bus, m, 0, NULL, &answer);
	if (r >= 0)
		r = sd_bus_message_read(answer, "u", id);
	sd_bus_message_unref(m);
	sd_bus_message_unref(answer);
	p->asked &= r >= 0; /* another server may come */
	return r < 0 ? r : 0;
}

int popup_fd(const struct popup *p)
{
	return sd_bus_get_fd(p->bus);
}

int popup_process(struct popup *p)
{
	int r;

	do
		r = sd_bus_process(p->bus, NULL);
	while (r > 0);
	return r < 0 ? r : sd_bus_is_open(p->bus) > 0 ? 0 : -ENOTCONN;
}
