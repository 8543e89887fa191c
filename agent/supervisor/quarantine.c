/* SPDX-License-Identifier: Apache-2.0 */
/* Between core, which decides, and the quarantine: each thing done there is a journal record. */
#include <string.h>
#include <unistd.h>

#include "model/level.h"
#include "supervisor/agent_state.h"

static void answer(struct agent *a, uint32_t id, const struct vault_result *r)
{
	struct buf body = BUF_INIT(8192);
	struct pack p = {&body, 0};

	pack_u8(&p, (uint8_t)r->outcome);
	pack_str(&p, r->outcome == VAULT_MOVED ? r->id : "");
	pack_u32(&p, r->other_names);
	pack_str(&p, r->why);
	/* A core that is away has its successor read it in the journal. */
	if (!p.error && proc_send(a->core, SUP_QUARANTINED, id, buf_view(&body), NULL, 0) < 0)
		agent_say(a, "core is away; what became of %s is in the journal", r->path);
	buf_done(&body);
}

void agent_vault_done(
	void *userdata, enum vault_what what, uint32_t id, const struct vault_result *r)
{
	static const struct {
		const char *what, *done, *failed;
	} words[] = {
		[VAULT_WHAT_MOVE] = {"moved", "moved to quarantine", "not moved to quarantine"},
		[VAULT_WHAT_RESTORE] = {"restored", "given back from quarantine", "not given back"},
		[VAULT_WHAT_DELETE] = {"deleted", "deleted from quarantine", "not deleted"},
		[VAULT_WHAT_HEAL] = {"healed", "mended after a start", "not mended"},
	};
	struct agent *a = userdata;
	bool done = r->outcome == VAULT_MOVED, omit = agent_names_no_files(a);

	agent_record(a, "quarantine", done ? words[what].what : "failed", 0, "%s%s%.600s: %s%s%s",
		r->id, r->id[0] ? " " : "", omit ? "(name omitted)" : r->path,
		done ? words[what].done : words[what].failed, r->why[0] ? ": " : "", r->why);
	if (what != VAULT_WHAT_HEAL)
		answer(a, id, r);
}

void agent_quarantine(struct agent *a, struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct vault_order o = {0};

	unpack_key(&u, &o.key);
	unpack_str(&u, o.incident, sizeof(o.incident));
	unpack_str(&u, o.path, sizeof(o.path));
	unpack_str(&u, o.app, sizeof(o.app));
	unpack_str(&u, o.level, sizeof(o.level));
	unpack_str(&u, o.rule, sizeof(o.rule));
	unpack_str(&u, o.message, sizeof(o.message));
	unpack_str(&u, o.sha256, sizeof(o.sha256));
	o.uid = unpack_u32(&u);
	if (gethostname(o.host, sizeof(o.host) - 1) < 0)
		o.host[0] = 0;
	if (unpack_end(&u) == 0)
		vault_move(a->vault, f->id, wire_frame_take_fd(f, 0), &o);
}

void agent_vault(struct agent *a, const struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	enum vault_request what = (enum vault_request)unpack_enum(&u, VAULT_REQUEST_MAX);
	char id[VAULT_ID_MAX], folder[4096];

	unpack_str(&u, id, sizeof(id));
	unpack_str(&u, folder, sizeof(folder));
	if (unpack_end(&u) == 0)
		vault_ask(a->vault, f->id, what, id, folder);
}
