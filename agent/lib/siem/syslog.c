/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 5424: header and structured data. The enterprise number is the one that RFC 5612 keeps for
   documentation: sealgate has none of its own. */
#include <inttypes.h>
#include <string.h>

#include "siem/siem.h"

#define FACILITY       13U /* log audit */
#define SD_ID          "sealgate@32473"
#define NAME_MAX_BYTES 255U

/* Printable ASCII without blanks; "-" where there is nothing. */
static int put_name(struct buf *out, const char *name, size_t max)
{
	size_t n = 0;
	int r = 0;

	for (; *name && n < max && r == 0; name++)
		if (*name > 0x20 && *name < 0x7f) {
			r = buf_put_byte(out, (uint8_t)*name);
			n++;
		}
	return r == 0 && n == 0 ? buf_put_byte(out, '-') : r;
}

static int put_param(struct buf *out, const char *name, const char *value)
{
	int r = *value ? buf_printf(out, " %s=\"", name) : 0;

	if (!*value)
		return 0;
	for (; *value && r == 0; value++) {
		if (strchr("\"\\]", *value))
			r = buf_put_byte(out, '\\');
		if (r == 0)
			r = buf_put_byte(out, (uint8_t)*value < 0x20 ? ' ' : (uint8_t)*value);
	}
	return r == 0 ? buf_put_byte(out, '"') : r;
}

static int put_params(const struct siem_event *v, struct buf *out)
{
	const struct incident *i = v->incident;
	const struct {
		const char *name, *value;
	} params[] = {
		{"journal", v->options->journal},
		{"kind", v->kind},
		{"what", v->what},
		{"id", v->id},
		{"status", v->status},
		{"by", v->by},
		{"level", i ? i->level_text : ""},
		{"action", i ? i->action : ""},
		{"app", i ? i->app : ""},
		{"user", i ? i->user : ""},
		{"path", i ? i->path : ""},
		{"sha256", i ? i->sha256 : ""},
		{"rule", i ? i->rule : ""},
	};
	int r = buf_printf(out, "[" SD_ID " seq=\"%" PRIu64 "\"", v->entry->seq);

	for (size_t n = 0; r == 0 && n < ARRAY_SIZE(params); n++)
		r = put_param(out, params[n].name, params[n].value);
	return r == 0 ? buf_put_byte(out, ']') : r;
}

int siem_rfc5424(const struct siem_event *v, struct view text, struct buf *out)
{
	static const unsigned severities[] = {6, 6, 5, 4, 3, 2}; /* by siem_event.severity */
	const char *host = v->incident && *v->incident->host ? v->incident->host : v->options->host;
	int r = buf_printf(
		out, "<%u>1 %s ", FACILITY * 8 + severities[v->severity], v->entry->time);

	if (r == 0)
		r = put_name(out, host, NAME_MAX_BYTES);
	if (r == 0)
		r = buf_put_str(out, " sealgate - ");
	if (r == 0)
		r = put_name(out, v->kind, 32);
	if (r == 0)
		r = buf_put_byte(out, ' ');
	if (r == 0)
		r = put_params(v, out);
	/* The mark says that the text is UTF-8. */
	if (r == 0)
		r = buf_put_str(out, " \xef\xbb\xbf");
	return r == 0 ? buf_put_view(out, text) : r;
}
