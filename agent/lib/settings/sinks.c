/* SPDX-License-Identifier: Apache-2.0 */
/* `sinks` of agent.yaml: where the journal's records are sent on to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "model/level.h"
#include "settings/settings_private.h"

#define CODE_KEY   "S001"
#define CODE_VALUE "S002"
#define CODE_SINKS "S005" /* more than SETTINGS_SINKS_MAX, or a name twice */

static const char *const keys[] = {
	"name", "to", "format", "ca", "cert", "key", "hide-names", "hide-snippets", NULL};
static const char *const formats[] = {"jsonl", "cef", "ecs", "ocsf", "rfc5424", NULL};
static const char *const levels[] = {
	"never", "top-secret", "secret", "confidential", "internal", NULL};

static int choice(const struct conf *c, const struct conf_node *n, const char *const *names,
	struct diags *d, uint32_t *ret)
{
	const char *text;
	int r = n ? conf_string(c, n, CODE_VALUE, d, &text) : 1;

	if (r != 0)
		return r > 0 ? 0 : r;
	for (uint32_t i = 0; names[i]; i++)
		if (strcmp(names[i], text) == 0) {
			*ret = i;
			return 0;
		}
	(void)conf_error(c, n, CODE_VALUE, d, "`%s` is none of the values here", text);
	return -EBADMSG;
}

static int string(
	const struct conf *c, const struct conf_node *n, struct diags *d, char *ret, size_t size)
{
	const char *text;
	int r = n ? conf_string(c, n, CODE_VALUE, d, &text) : 1;

	if (r != 0)
		return r > 0 ? 0 : r;
	if ((size_t)snprintf(ret, size, "%s", text) >= size || !text[0]) {
		(void)conf_error(c, n, CODE_VALUE, d, "empty, or longer than %zu bytes", size - 1);
		return -EBADMSG;
	}
	return 0;
}

/* "file:/PATH", "unix:/PATH", "tcp:HOST:PORT", "tls:HOST:PORT"; the host may stand in brackets. */
static int parse_target(
	const struct conf *c, const struct conf_node *n, struct diags *d, struct settings_sink *s)
{
	static const char *const kinds[] = {"file:", "unix:", "tcp:", "tls:"};
	char to[sizeof(s->host) + 16] = "";
	char *at = NULL, *colon;
	int r = string(c, n, d, to, sizeof(to));

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < SETTINGS_SINK_KIND_MAX; i++)
		if (strncmp(to, kinds[i], strlen(kinds[i])) == 0) {
			s->kind = (enum settings_sink_kind)i;
			at = to + strlen(kinds[i]);
		}
	if (at && s->kind <= SETTINGS_SINK_UNIX && at[0] == '/') {
		snprintf(s->host, sizeof(s->host), "%s", at);
		return 0;
	}
	colon = at && s->kind >= SETTINGS_SINK_TCP ? strrchr(at, ':') : NULL;
	if (colon && colon > at && colon[1] &&
		strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
		strlen(colon + 1) < sizeof(s->port)) {
		snprintf(s->port, sizeof(s->port), "%s", colon + 1);
		*colon = 0;
		if (at[0] == '[' && colon[-1] == ']') {
			colon[-1] = 0;
			at++;
		}
		snprintf(s->host, sizeof(s->host), "%s", at);
		return 0;
	}
	(void)conf_error(c, n, CODE_VALUE, d,
		"`to` is file:/PATH, unix:/PATH, tcp:HOST:PORT or tls:HOST:PORT");
	return -EBADMSG;
}

static int load_sink(
	const struct conf *c, const struct conf_node *n, struct diags *d, struct settings *s)
{
	struct settings_sink *k = &s->sinks.v[s->sinks.n];
	const struct conf_node *name = conf_get(n, "name"), *to = conf_get(n, "to");
	int r = conf_check_keys(c, n, keys, CODE_KEY, d);

	if (r < 0)
		return r;
	if (!name || !to) {
		(void)conf_error(
			c, n, CODE_VALUE, d, "a sink has a `name` and says where to (`to`)");
		return -EBADMSG;
	}
	*k = (struct settings_sink){0};
	r = string(c, name, d, k->name, sizeof(k->name));
	if (r == 0 && strspn(k->name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(k->name)) {
		(void)conf_error(
			c, name, CODE_VALUE, d, "a sink's name has small letters, digits and -");
		r = -EBADMSG;
	}
	for (size_t i = 0; r == 0 && i < s->sinks.n; i++)
		if (strcmp(s->sinks.v[i].name, k->name) == 0) {
			(void)conf_error(
				c, name, CODE_SINKS, d, "two sinks are called `%s`", k->name);
			r = -EBADMSG;
		}
	if (r == 0)
		r = parse_target(c, to, d, k);
	if (r == 0)
		r = choice(c, conf_get(n, "format"), formats, d, &k->format);
	if (r == 0)
		r = string(c, conf_get(n, "ca"), d, k->ca, sizeof(k->ca));
	if (r == 0)
		r = string(c, conf_get(n, "cert"), d, k->cert, sizeof(k->cert));
	if (r == 0)
		r = string(c, conf_get(n, "key"), d, k->key, sizeof(k->key));
	if (r == 0)
		r = choice(c, conf_get(n, "hide-names"), levels, d, &k->hide_names);
	if (r == 0)
		r = choice(c, conf_get(n, "hide-snippets"), levels, d, &k->hide_snippets);
	if (r == 0)
		s->sinks.n++;
	return r;
}

int settings_load_sinks(
	const struct conf *c, const struct conf_node *n, struct diags *d, struct settings *s)
{
	size_t count = n && n->type == CONF_SEQUENCE ? n->n : 0;
	int r = 0;

	if (n && n->type != CONF_SEQUENCE) {
		(void)conf_error(c, n, CODE_VALUE, d, "`sinks` is a list");
		return -EBADMSG;
	}
	if (count > SETTINGS_SINKS_MAX) {
		(void)conf_error(c, n->items[SETTINGS_SINKS_MAX], CODE_SINKS, d,
			"more than %u sinks", SETTINGS_SINKS_MAX);
		return -EBADMSG;
	}
	for (size_t i = 0; i < count; i++) {
		int e = load_sink(c, n->items[i], d, s);

		if (e < 0)
			r = e;
	}
	return r;
}
