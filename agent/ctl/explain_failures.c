/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate explain --failures: what an application gets where nobody could look, for each failure
 * and each thing that the document may be.
 */
#include <stdio.h>

#include "base/json.h"
#include "ctl/commands.h"
#include "ctl/explain_failures.h"
#include "ctl/tty.h"
#include "ctl/usage.h"

static const enum level was[MAY_BE_MAX] = {LEVEL_SECRET, LEVEL_INTERNAL, LEVEL_NONE};

static void ask(const struct policy *p, const struct question *q, enum failure failure,
	enum may_be may_be, struct verdict *ret)
{
	struct question mine = *q;

	mine.failure = failure;
	mine.was = was[may_be];
	mine.facts = (struct facts_brief){
		.completeness = COMPLETENESS_UNREADABLE, .reasons = failure_reasons(failure)};
	policy_decide(p, &mine, ret);
}

int explain_failures_json(const struct policy_load *load, const struct question *q)
{
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;

	json_init(&j, &out);
	json_object(&j);
	json_key_str(&j, "app", apptable_id(load->apps, q->app));
	json_key_str(&j, "category", category_name(q->category));
	json_key_str(&j, "policy", load->path);
	json_key_str(&j, "mode", mode_name(policy_mode(load->policy)));
	json_key(&j, "failures");
	json_array(&j);
	for (unsigned f = FAILURE_NONE + 1; f < FAILURE_MAX; f++)
		for (unsigned m = 0; m < MAY_BE_MAX; m++) {
			struct verdict v;

			ask(load->policy, q, (enum failure)f, (enum may_be)m, &v);
			json_object(&j);
			json_key_str(&j, "failure", failure_name((enum failure)f));
			json_key_str(&j, "may_be", may_be_name((enum may_be)m));
			json_key_str(&j, "action", action_name(v.action));
			json_key_str(&j, "intended", action_name(v.intended));
			json_key_str(&j, "rule",
				v.rule == POLICY_RULE_NONE
					? NULL
					: policy_rule_name(load->policy, v.rule));
			json_object_end(&j);
		}
	json_array_end(&j);
	json_object_end(&j);
	if (json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	fwrite(out.p, 1, out.n, stdout);
	return CTL_DONE;
}

void explain_failures_text(const struct policy_load *load, const struct question *q, enum lang lang)
{
	printf(lang_pick(lang, "%s (%s), %s: where nobody could look\n",
		       "%s (%s), %s: khi không xem được tài liệu\n"),
		apptable_name(load->apps, q->app), category_name(q->category), load->path);
	for (unsigned f = FAILURE_NONE + 1; f < FAILURE_MAX; f++)
		for (unsigned m = 0; m < MAY_BE_MAX; m++) {
			enum tty_style style;
			struct verdict v;

			ask(load->policy, q, (enum failure)f, (enum may_be)m, &v);
			style = action_refuses(v.action)   ? TTY_RED
				: v.action == ACTION_ALLOW ? TTY_GREEN
							   : TTY_YELLOW;
			printf("  %-12s %-13s %s%-6s%s %s\n",
				m == 0 ? failure_name((enum failure)f) : "",
				may_be_name((enum may_be)m), tty_style(stdout, style),
				action_name(v.action), tty_style(stdout, TTY_PLAIN),
				policy_rule_name(load->policy, v.rule));
		}
}
