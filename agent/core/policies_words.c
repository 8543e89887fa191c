/* SPDX-License-Identifier: Apache-2.0 */
/* Why something was refused, for people, and what was done, for the journal. */
#include "core/policies_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

int printf_like(2, 3) policies_refuse(struct refusal *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	return -EBADMSG;
}

void policies_explain(const struct refusal *f, int r, struct buf *ret_why)
{
	diags_put_errors(&f->diags, ret_why);
	if (f->text[0])
		unchecked(buf_printf(ret_why, "%s\n", f->text));
	else if (f->diags.errors == 0)
		unchecked(buf_printf(ret_why, "%s\n", strerror(-r)));
}

void policies_keep_error(struct policies *p, const struct buf *why)
{
	const char *end = why->n ? memchr(why->p, '\n', why->n) : NULL;
	size_t n = end ? (size_t)(end - (const char *)why->p) : why->n;

	snprintf(p->error, sizeof(p->error), "%.*s", (int)MIN(n, sizeof(p->error) - 1),
		n ? (const char *)why->p : "");
}

/* For the journal: who changed what the agent does, or tried to. */
void policies_note_via(struct policies *p, const char *what, const struct policies_request *r,
	const struct version *v, const char *via, const char *text)
{
	struct buf b = BUF_INIT(16U << 10);
	char time[CLOCK_TEXT_MAX];
	struct json j;

	clock_format(clock_realtime(), time);
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "kind", "policy");
	json_key_str(&j, "what", what);
	json_key_str(&j, "time", time);
	json_key_u64(&j, "version", v ? v->number : p->now.version);
	if (v) {
		json_key(&j, "digest");
		json_hex(&j, v->digest, SHA256_SIZE);
		if (v->from)
			json_key_u64(&j, "repeats", v->from);
		if (v->counter)
			json_key_u64(&j, "counter", v->counter);
		if (v->signers[0])
			json_key_str(&j, "signers", v->signers);
	}
	json_key_str(&j, "user", r ? r->user : v ? v->user : "");
	json_key_u64(&j, "uid", r ? r->uid : v ? v->uid : 0);
	if (via)
		json_key_str(&j, "via", via);
	json_key_str(&j, "reason", r && r->reason ? r->reason : v ? v->reason : "");
	json_key_str(&j, "text", text);
	json_object_end(&j);
	/* What the ledger cannot take is counted there. */
	if (json_error(&j) == 0)
		unchecked(ledger_add(p->core->ledger, buf_view(&b), 0));
	buf_done(&b);
}

void policies_note(struct policies *p, const char *what, const struct policies_request *r,
	const struct version *v, const char *text)
{
	policies_note_via(p, what, r, v, r ? r->via : NULL, text);
}
