/* SPDX-License-Identifier: Apache-2.0 */
#include "offers.h"

#include <errno.h>

#include "base/clock.h"
#include "base/fd.h"
#include "wire/pack.h"
#include "wire/protocol.h"

static struct offer *find(struct offers *o, uint32_t id)
{
	for (uint32_t i = 0; i < OFFERS_MAX; i++)
		if (o->v[i].id == id)
			return &o->v[i];
	return NULL;
}

static void release(struct offers *o, struct offer *e)
{
	fd_close(e->fd);
	*e = (struct offer){.fd = -1};
	o->n--;
}

int offers_send(struct offers *o, struct wire_peer *core, int fd, const struct file_key *key,
	const char *path, bool no_writer, bool settled, bool urgent)
{
	struct offer *e = find(o, 0);
	struct buf body = BUF_INIT(WIRE_BODY_MAX);
	struct pack p = {&body, 0};
	int r;

	if (!e) {
		fd_close(fd);
		return -EBUSY;
	}
	if (++o->last_id == 0)
		o->last_id = 1;
	*e = (struct offer){
		.id = o->last_id, .fd = fd, .key = *key, .stable = no_writer && settled};
	o->n++;
	pack_key(&p, key);
	pack_str(&p, path);
	pack_u8(&p, e->stable);
	pack_u8(&p, urgent);
	r = p.error ? p.error : wire_peer_send(core, WATCH_FILE, e->id, buf_view(&body), &e->fd, 1);
	buf_done(&body);
	if (r < 0)
		release(o, e);
	else
		o->sent++;
	return r;
}

int offers_answer(struct offers *o, struct wire_peer *core, uint32_t id, bool confirm)
{
	struct offer *e = id ? find(o, id) : NULL;
	struct file_key now;
	uint8_t body;
	int r = 0;

	if (!e)
		return -EPROTO;
	if (confirm) {
		body = e->stable && file_key_read(e->fd, &now) == 0 && file_key_eq(&now, &e->key) &&
			file_has_no_writer(e->fd);
		r = wire_peer_send(core, WATCH_CONFIRM, id, view_of(&body, 1), NULL, 0);
	}
	release(o, e);
	return r;
}

void offers_drop(struct offers *o)
{
	for (uint32_t i = 0; i < OFFERS_MAX; i++)
		if (o->v[i].id)
			release(o, &o->v[i]);
}
