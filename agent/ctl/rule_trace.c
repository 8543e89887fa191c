/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/rule_trace.h"

#include <stdio.h>
#include <string.h>

#include "ctl/tty.h"

/* policy_rule_mismatch() speaks English, which "why" keeps. */
static const char *translate(const char *why)
{
	static const char *const words[][2] = {
		{"the document's level is not in the rule's list", "độ mật không thuộc quy tắc"},
		{"how completely the document was read is not in the rule's list",
			"mức đọc được tài liệu không thuộc quy tắc"},
		{"the application's category is not in the rule's list",
			"loại ứng dụng không thuộc quy tắc"},
		{"the application is not in the rule's list", "ứng dụng không thuộc quy tắc"},
		{"the channel is not in the rule's list", "kênh không thuộc quy tắc"},
		{"the rule asks the opposite of whether a meeting is in progress",
			"quy tắc đòi hỏi ngược lại về việc đang họp"},
		{"the document has none of the rule's tags",
			"tài liệu không có nhãn nào của quy tắc"},
		{"none of the rule's reasons for an incomplete reading applies",
			"không có lý do đọc thiếu nào của quy tắc"},
		{"the program has none of the rule's findings",
			"chương trình không có phát hiện nào của quy tắc"},
		{"the user is not in the rule's list", "người dùng không thuộc quy tắc"},
		{"the user is in none of the rule's groups",
			"người dùng không thuộc nhóm nào của quy tắc"},
		{"the path matches none of the rule's patterns",
			"đường dẫn không khớp mẫu nào của quy tắc"},
		{"the destination matches none of the rule's patterns",
			"nơi nhận không khớp mẫu nào của quy tắc"},
		{"it is outside the rule's hours", "ngoài thời gian của quy tắc"},
		{"it is known what the document is", "đã biết tài liệu là gì"},
		{"the failure is not in the entry's list", "sự cố không thuộc mục này"},
		{"what the document may be is not in the entry's list",
			"tài liệu có thể là gì không thuộc mục này"},
		{"the rule is not valid yet", "quy tắc chưa đến ngày có hiệu lực"},
		{"the rule is no longer valid", "quy tắc đã hết hạn"},
	};

	for (size_t i = 0; why && i < ARRAY_SIZE(words); i++)
		if (strcmp(why, words[i][0]) == 0)
			return words[i][1];
	return why;
}

static void put(const struct policy *p, const struct question *q, const struct verdict *v,
	uint32_t rule, enum lang lang)
{
	const char *why = policy_rule_mismatch(p, rule, q);

	if (rule == v->rule)
		printf("  %s* %s: %s%s\n", tty_style(stdout, TTY_BOLD), policy_rule_name(p, rule),
			action_name(v->intended), tty_style(stdout, TTY_PLAIN));
	else
		printf("  %s- %s: %s%s\n", tty_style(stdout, TTY_DIM), policy_rule_name(p, rule),
			!why ? lang_pick(lang, "matches too, but an earlier rule has decided",
				       "cũng khớp, nhưng quy tắc trước đã quyết định")
				: lang == LANG_VI ? translate(why)
						  : why,
			tty_style(stdout, TTY_PLAIN));
}

void rule_trace_put(
	const struct policy *p, const struct question *q, const struct verdict *v, enum lang lang)
{
	for (uint32_t i = 0; i < policy_n_rules(p); i++)
		put(p, q, v, i, lang);
	if (v->failure == FAILURE_NONE)
		return;
	printf(lang_pick(lang, "  failure %s, may be %s\n", "  sự cố %s, có thể là %s\n"),
		failure_name(v->failure), may_be_name(v->may_be));
	for (uint32_t i = 0; i < policy_n_failures(p); i++)
		put(p, q, v, policy_n_rules(p) + i, lang);
}

/* `n` from number `first` on: rules, or entries of `failures`. */
static void put_json(const struct policy *p, const struct question *q, const struct verdict *v,
	struct json *j, uint32_t first, uint32_t n)
{
	json_array(j);
	for (uint32_t i = first; i < first + n; i++) {
		const char *why = policy_rule_mismatch(p, i, q);

		json_object(j);
		json_key_str(j, "name", policy_rule_name(p, i));
		json_key_bool(j, "matches", !why);
		json_key_bool(j, "decides", i == v->rule);
		json_key_str(j, "why", why);
		json_key_str(j, "why_vi", translate(why));
		json_object_end(j);
	}
	json_array_end(j);
}

void rule_trace_json(
	const struct policy *p, const struct question *q, const struct verdict *v, struct json *j)
{
	json_key(j, "rules");
	put_json(p, q, v, j, 0, policy_n_rules(p));
	json_key(j, "failures");
	put_json(p, q, v, j, policy_n_rules(p), policy_n_failures(p));
}
