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

struct popup {
	sd_bus *bus;
	bool knows_markup, asked;
};

int popup_new(struct popup **ret)
{
	struct popup *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	r = sd_bus_open_user(&p->bus);
	if (r >= 0)
		r = sd_bus_set_method_call_timeout(p->bus, POPUP_WAIT_S * UINT64_C(1000000));
	if (r >= 0)
		r = sd_bus_request_name(p->bus, OWN_NAME, 0);
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
	if (sd_bus_message_enter_container(m, 'a', "s") > 0)
		while (sd_bus_message_read(m, "s", &name) > 0)
			p->knows_markup |= strcmp(name, "body-markup") == 0;
	sd_bus_message_unref(m);
}

int popup_show(struct popup *p, const char *title, const char *body, bool urgent, uint32_t *id)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	sd_bus_message *m = NULL;
	int r;

	ask_server(p);
	r = words_clean(&text, body, TEXT_MAX, p->knows_markup);
	if (r == 0)
		r = buf_terminate(&text);
	if (r < 0)
		return r;
	r = sd_bus_call_method(p->bus, SERVER, OBJECT, SERVER, "Notify", NULL, &m, "susssasa{sv}i",
		"sealgate", *id, "security-high", title, (const char *)text.p, 0, 1, "urgency", "y",
		urgent ? 2 : 1, (int32_t)(urgent ? 0 : SHOWN_MS));
	if (r >= 0)
		r = sd_bus_message_read(m, "u", id);
	sd_bus_message_unref(m);
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
