/* SPDX-License-Identifier: Apache-2.0 */
/* ArcSight's Common Event Format, version 0:
 * CEF:0|vendor|product|version|id|name|severity|key=value. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "siem/siem.h"

static int put_escaped(struct buf *out, const char *text, const char *special)
{
	int r = 0;

	for (; *text && r == 0; text++) {
		if (*text == '\n' || *text == '\r') {
			r = buf_put_str(out, "\\n");
			continue;
		}
		if (strchr(special, *text))
			r = buf_put_byte(out, '\\');
		if (r == 0)
			r = buf_put_byte(out, (uint8_t)*text < 0x20 ? ' ' : (uint8_t)*text);
	}
	return r;
}

static int put_header(struct buf *out, const char *text)
{
	int r = put_escaped(out, text, "\\|");

	return r == 0 ? buf_put_byte(out, '|') : r;
}

static int put_text(struct buf *out, const char *key, const char *value)
{
	int r;

	if (!*value)
		return 0;
	r = buf_printf(out, "%s=", key);
	if (r == 0)
		r = put_escaped(out, value, "\\=");
	return r == 0 ? buf_put_byte(out, ' ') : r;
}

static int put_number(struct buf *out, const char *key, uint64_t value)
{
	return buf_printf(out, "%s=%" PRIu64 " ", key, value);
}

static int put_labelled(struct buf *out, const char *key, const char *label, const char *value)
{
	char name[16];
	int r;

	if (!*value)
		return 0;
	snprintf(name, sizeof(name), "%sLabel", key);
	r = put_text(out, name, label);
	return r == 0 ? put_text(out, key, value) : r;
}

static int put_incident(const struct incident *i, struct buf *out)
{
	struct incident_evidence e = {.rule = "", .pack = "", .part = ""};
	const char *slash = strrchr(i->path, '/');
	char found[256] = "", page[24] = "";
	int r = put_text(out, "suser", i->user);

	if (i->n_evidence > 0) {
		e = incident_evidence(i, 0);
		snprintf(found, sizeof(found), "%s/%s", e.pack, e.rule);
		snprintf(page, sizeof(page), "%s %" PRIu64, e.part, e.page);
	}
	const struct {
		const char *key, *value;
	} texts[] = {{"dvchost", i->host}, {"sproc", i->exe}, {"act", i->action},
		{"filePath", i->path}, {"fname", slash ? slash + 1 : i->path},
		{"fileHash", i->sha256}, {"fileType", i->format}, {"reason", i->cause}};
	const struct {
		const char *key, *label, *value;
	} labelled[] = {{"cs1", "level", i->level_text}, {"cs2", "policyRule", i->rule},
		{"cs3", "foundBy", found}, {"cs4", "place", page}, {"cs5", "application", i->app},
		{"cs6", "completeness", i->completeness}};

	for (size_t n = 0; r == 0 && n < ARRAY_SIZE(texts); n++)
		r = put_text(out, texts[n].key, texts[n].value);
	for (size_t n = 0; r == 0 && n < ARRAY_SIZE(labelled); n++)
		r = put_labelled(out, labelled[n].key, labelled[n].label, labelled[n].value);
	if (r == 0)
		r = put_number(out, "suid", i->uid);
	if (r == 0)
		r = put_number(out, "spid", i->pid);
	return r == 0 ? put_number(out, "fsize", i->size) : r;
}

int siem_cef(const struct siem_event *v, struct buf *out)
{
	static const unsigned severities[] = {0, 1, 3, 5, 8, 10}; /* by siem_event.severity */
	char name[160];
	int r = buf_put_str(out, "CEF:0|sealgate|sealgate|" SEALGATE_VERSION "|");

	snprintf(name, sizeof(name), "%s%s%s", v->kind, *v->what ? " " : "", v->what);
	if (r == 0)
		r = put_header(out, v->kind);
	if (r == 0)
		r = put_header(out,
			v->incident ? (v->refused ? "document refused" : "document allowed")
				    : name);
	if (r == 0)
		r = buf_printf(out, "%u|", severities[v->severity]);
	if (r == 0)
		r = put_number(out, "rt", v->time_ms);
	if (r == 0)
		r = put_text(out, "externalId", v->id);
	if (r == 0)
		r = buf_printf(out, "cn1Label=seq cn1=%" PRIu64 " ", v->entry->seq);
	if (r == 0 && v->incident)
		r = put_incident(v->incident, out);
	if (r == 0 && !v->incident)
		r = put_text(out, "dvchost", v->options->host);
	if (r == 0 && v->retries)
		r = put_number(out, "cnt", v->retries);
	if (r == 0)
		r = put_text(out, "cat", v->kind);
	if (r == 0)
		r = put_text(out, "outcome", v->status);
	return r == 0 ? put_text(out, "msg", v->sentence) : r;
}
