/* SPDX-License-Identifier: Apache-2.0 */
/* Between core, which decides, and the evidence copies: each thing done there is a journal record.
 */
#include <stdio.h>
#include <string.h>

#include "supervisor/agent_state.h"

static void begin(struct json *j, const char *what, const char *incident)
{
	char when[CLOCK_TEXT_MAX];

	clock_format(clock_realtime(), when);
	json_object(j);
	json_key_str(j, "kind", "evidence");
	json_key_str(j, "what", what);
	json_key_str(j, "time", when);
	json_key_str(j, "id", incident);
}

static void end(struct agent *a, struct json *j, const struct buf *text)
{
	json_object_end(j);
	if (json_error(j) == 0)
		agent_record_json(a, buf_view(text));
}

static void on_done(void *userdata, const struct copies_order *o, const struct copies_result *r)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(4096);
	struct json j;

	if (r->there_before)
		return; /* and in the journal */
	json_init(&j, &text);
	begin(&j, r->kept ? "kept" : "failed", o->incident);
	json_key(&j, "sha256");
	json_hex(&j, o->sha256, sizeof(o->sha256));
	if (r->kept) {
		json_key_u64(&j, "size", r->size);
		json_key_str(&j, "copy", r->name);
		json_key_u64(&j, "copy_size", r->copy_size);
		json_key(&j, "copy_sha256");
		json_hex(&j, r->copy_sha256, sizeof(r->copy_sha256));
	} else {
		json_key_str(&j, "text", r->why);
	}
	end(userdata, &j, &text);
}

static void on_removed(void *userdata, const char *name, bool leftover)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(4096);
	const char *from = leftover && name[0] == '.' ? name + 1 : name;
	char incident[64];
	struct json j;

	snprintf(incident, sizeof(incident), "%.*s", (int)MIN(strcspn(from, "-."), (size_t)40),
		from);
	json_init(&j, &text);
	begin(&j, leftover ? "leftover" : "removed", incident);
	json_key_str(&j, "copy", name);
	json_key_str(&j, "text",
		leftover ? "an end of the agent had interrupted this copy: it was removed"
			 : "it was older than evidence.keep");
	end(userdata, &j, &text);
}

const struct copies_events agent_evidence_events = {.done = on_done, .removed = on_removed};

void agent_evidence(struct agent *a, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct copies_order o = {0};
	struct view sha256;

	unpack_key(&u, &o.key);
	unpack_str(&u, o.incident, sizeof(o.incident));
	unpack_str(&u, o.path, sizeof(o.path));
	sha256 = unpack_view(&u);
	if (unpack_end(&u) < 0 || sha256.n != sizeof(o.sha256))
		return;
	memcpy(o.sha256, sha256.p, sizeof(o.sha256));
	copies_keep(a->copies, &o);
}
