/* SPDX-License-Identifier: Apache-2.0 */
#include "core/copies.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "wire/pack.h"

struct copies {
	struct core *core;
	uint64_t asked[COPIES_ASKED_MAX]; /* hashes of incident and content; a ring */
	uint32_t next;
};

int copies_new(struct core *core, struct copies **ret)
{
	struct copies *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->core = core;
	*ret = e;
	return 0;
}

struct copies *copies_free(struct copies *e)
{
	free(e);
	return NULL;
}

/* True where it was not asked for before. */
static bool is_new(struct copies *e, const char *incident, const struct facts *f)
{
	uint64_t hash = hash_bytes((struct hash_key){1, 2}, view_str(incident));

	if (f && f->has_sha256)
		hash = hash_bytes(
			(struct hash_key){hash, 3}, view_of(f->sha256, sizeof(f->sha256)));
	for (uint32_t i = 0; i < COPIES_ASKED_MAX; i++)
		if (e->asked[i] == hash)
			return false;
	e->asked[e->next++ % COPIES_ASKED_MAX] = hash;
	return true;
}

/* A copy that was wanted and is not there is never left unsaid. */
static void not_asked(struct copies *e, const char *incident, const char *why)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(4096);
	struct json j;

	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "kind", "evidence");
	json_key_str(&j, "what", "failed");
	json_key_str(&j, "id", incident);
	json_key_str(&j, "text", why);
	json_object_end(&j);
	/* What the ledger cannot take is counted and told there. */
	if (json_error(&j) == 0)
		unchecked(ledger_add(e->core->ledger, buf_view(&b), 0));
}

void copies_heard(struct copies *e, const char *incident, const struct gate_record *r,
	const struct incident_context *c)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(WIRE_BODY_MAX);
	struct pack p = {&body, 0};

	if (!e || !is_new(e, incident, c->facts))
		return;
	if (c->vault && c->vault->moved) {
		not_asked(e, incident, "the document itself lies in the quarantine");
		return;
	}
	if (!c->facts || !c->facts->has_sha256) {
		not_asked(e, incident,
			"nobody could read the document, so none can be told to be it");
		return;
	}
	pack_key(&p, &r->key);
	pack_str(&p, incident);
	pack_str(&p, r->path);
	pack_view(&p, view_of(c->facts->sha256, sizeof(c->facts->sha256)));
	if (p.error || child_send(e->core->child, CORE_EVIDENCE, 0, buf_view(&body), NULL, 0) < 0)
		not_asked(e, incident, "the supervisor could not be asked");
}
