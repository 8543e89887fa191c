/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/codes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ctl/usage.h"

static const char *severity(const struct code *c, enum lang lang)
{
	bool warning = strncmp(c->wrong[LANG_EN], "warning:", 8) == 0;

	return warning ? lang_pick(lang, "warning", "cảnh báo") : lang_pick(lang, "error", "lỗi");
}

static void put_json(const struct code *c, struct json *j)
{
	static const char *const names[LANG_MAX] = {[LANG_EN] = "en", [LANG_VI] = "vi"};

	json_object(j);
	json_key_str(j, "code", c->code);
	json_key_str(j, "severity", severity(c, LANG_EN));
	for (unsigned l = 0; l < LANG_MAX; l++) {
		json_key(j, names[l]);
		json_object(j);
		json_key_str(j, "wrong", c->wrong[l]);
		json_key_str(j, "advice", c->advice[l]);
		json_object_end(j);
	}
	json_object_end(j);
}

/* Behind "warning: ", which stands before it in another way. */
static const char *bare(const char *text)
{
	static const char *const marks[] = {"warning: ", "cảnh báo: "};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strncmp(text, marks[i], strlen(marks[i])) == 0)
			return text + strlen(marks[i]);
	return text;
}

static int put(const struct ctl *ctl, const struct code *c, bool json)
{
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;

	if (!json) {
		printf("%s (%s): %s\n  %s: %s\n", c->code, severity(c, ctl->lang),
			bare(c->wrong[ctl->lang]), lang_pick(ctl->lang, "what to do", "cách sửa"),
			c->advice[ctl->lang]);
		return CTL_DONE;
	}
	json_init(&j, &out);
	put_json(c, &j);
	if (json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	if (fwrite(out.p, 1, out.n, stdout) != out.n)
		return ctl_error("cannot write: %s", strerror(errno));
	return CTL_DONE;
}

int codes_explain(const struct ctl *ctl, const char *code, bool json)
{
	bool all = strcmp(code, "all") == 0, found = false;
	int r = CTL_DONE;

	for (const struct code *c = ctl_codes; r == CTL_DONE && c->code; c++)
		if (all || strcasecmp(c->code, code) == 0) {
			found = true;
			r = put(ctl, c, json);
		}
	if (!found)
		return ctl_error("no diagnostic has the code \"%s\"; see \"--explain all\"", code);
	return r == CTL_DONE && fflush(stdout) != 0 ? ctl_error("cannot write: %s", strerror(errno))
						    : r;
}
