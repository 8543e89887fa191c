/* SPDX-License-Identifier: Apache-2.0 */
/* What `policy diff` says, in sentences: for whom, in which cases, what was and what will be. */
#include "ctl/policy_words.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/tty.h"
#include "model/posture.h"

#define LINES_MAX 40U
#define SHOWN_MAX 8U /* values of one condition in a sentence */

static __attribute__((format_arg(2), format_arg(3))) const char *say(
	const struct policy_words *w, const char *en, const char *vi)
{
	return w->lang == LANG_VI ? vi : en;
}

static void put_name(FILE *f, const char *text)
{
	tty_put_safe(f, view_str(text));
}

static const char *action_text(enum action a, enum lang lang)
{
	static const char *const vi[] = {
		"cho phép", "ghi lại", "báo", "hỏi lý do", "chặn", "cách ly"};

	_Static_assert(ARRAY_SIZE(vi) == ACTION_MAX, "one word per action");
	return lang == LANG_VI ? vi[a] : action_name(a);
}

static void put_set(FILE *f, uint32_t set, unsigned n, const char *const *names, const char *and)
{
	bool first = true;

	for (unsigned i = 0; i < n; i++)
		if (set >> i & 1) {
			fprintf(f, "%s%s", first ? "" : and, names[i]);
			first = false;
		}
}

static void put_reading(const struct policy_words *w, const struct policydiff_value *v, FILE *f)
{
	if (v->number == COMPLETENESS_FULL && !v->failure) {
		fputs(say(w, "read in full", "đọc được toàn bộ"), f);
		return;
	}
	fputs(v->number == COMPLETENESS_PARTIAL ? say(w, "read in part", "chỉ đọc được một phần")
						: say(w, "not readable", "không đọc được"),
		f);
	if (v->other)
		return;
	fputs(" (", f);
	if (v->failure)
		fputs(failure_name((enum failure)v->failure), f);
	else
		put_set(f, v->set, REASON_MAX, reason_names, " + ");
	fputs(")", f);
}

static void put_minute(const struct policy_words *w, uint64_t minute, FILE *f)
{
	static const char *const en[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const vi[] = {"CN", "T2", "T3", "T4", "T5", "T6", "T7"};

	fprintf(f, "%s %02u:%02u", (w->lang == LANG_VI ? vi : en)[minute / 1440 % 7],
		(unsigned)(minute % 1440 / 60), (unsigned)(minute % 60));
}

static void put_date(uint64_t time, FILE *f)
{
	char text[CLOCK_TEXT_MAX];

	clock_format(time, text);
	fprintf(f, "%.16sZ", text);
}

static void put_groups(const struct policy_words *w, const struct policydiff_value *v, FILE *f)
{
	if (v->n_gids == 0)
		fputs(say(w, "none of the groups named", "không nhóm nào được nêu"), f);
	for (uint32_t i = 0; i < v->n_gids; i++) {
		const struct group *g = getgrgid(v->gids[i]);

		fprintf(f, "%s", i ? " + " : "");
		g ? put_name(f, g->gr_name) : (void)fprintf(f, "%u", v->gids[i]);
	}
}

static void put_user(const struct policy_words *w, const struct policydiff_value *v, FILE *f)
{
	const struct passwd *p = v->other ? NULL : getpwuid(v->number);

	if (v->other)
		fputs(say(w, "everybody else", "mọi người khác"), f);
	else if (p)
		put_name(f, p->pw_name);
	else
		fprintf(f, "%u", v->number);
}

static void put_pattern(const struct policy_words *w, const struct policydiff_value *v, FILE *f)
{
	if (v->other) {
		fputs(say(w, "anything else", "mọi nơi khác"), f);
		return;
	}
	put_name(f, v->pattern[0]);
	if (v->pattern[1]) {
		fputs(" + ", f);
		put_name(f, v->pattern[1]);
	}
}

void policy_words_value(const struct policy_words *w, enum policydiff_dim dim,
	const struct policydiff_value *v, FILE *f)
{
	switch (dim) {
	case POLICYDIFF_READING: put_reading(w, v, f); break;
	case POLICYDIFF_CHANNEL: fputs(channel_name((enum channel)v->number), f); break;
	case POLICYDIFF_LEVEL:
	case POLICYDIFF_WAS:
		fputs(v->number == LEVEL_NONE ? say(w, "not classified", "không mật")
					      : level_name((enum level)v->number),
			f);
		break;
	case POLICYDIFF_APP: put_name(f, v->id); break;
	case POLICYDIFF_TAGS:
		if (v->set)
			put_set(f, v->set, TAG_MAX, tag_names, " + ");
		else
			fputs(say(w, "none", "không có"), f);
		break;
	case POLICYDIFF_POSTURE:
		if (v->set)
			put_set(f, v->set, POSTURE_MAX, posture_names, " + ");
		else
			fputs(say(w, "nothing against it", "không có vấn đề"), f);
		break;
	case POLICYDIFF_MEETING:
		fputs(v->number ? say(w, "during a meeting", "trong cuộc họp")
				: say(w, "outside meetings", "ngoài cuộc họp"),
			f);
		break;
	case POLICYDIFF_USER: put_user(w, v, f); break;
	case POLICYDIFF_GROUPS: put_groups(w, v, f); break;
	case POLICYDIFF_PATH:
	case POLICYDIFF_DESTINATION: put_pattern(w, v, f); break;
	case POLICYDIFF_WEEK: put_minute(w, v->time, f); break;
	case POLICYDIFF_DATE: put_date(v->time, f); break;
	case POLICYDIFF_DIM_MAX: break;
	}
}

/* A set of tags, reasons, postures or groups that holds a smaller one of the region says no more
   than that one. */
static bool is_implied(const struct policy_words *w, enum policydiff_dim dim, size_t value)
{
	const struct policydiff_value *v = policydiff_value(w->d, dim, value);

	for (size_t i = 0; i < policydiff_n_values(w->d, dim); i++) {
		const struct policydiff_value *o = policydiff_value(w->d, dim, i);

		if (i == value || !policydiff_has(w->c, dim, i))
			continue;
		if (dim == POLICYDIFF_GROUPS && v->n_gids == 2 && o->n_gids == 1 &&
			(o->gids[0] == v->gids[0] || o->gids[0] == v->gids[1]))
			return true;
		if ((dim == POLICYDIFF_TAGS || dim == POLICYDIFF_POSTURE ||
			    dim == POLICYDIFF_READING) &&
			o->number == v->number && o->failure == v->failure && o->set &&
			o->set != v->set && (o->set & v->set) == o->set)
			return true;
	}
	return false;
}

/* Each span of the week, from a value to the next that is not in it. */
static void put_spans(const struct policy_words *w, enum policydiff_dim dim, FILE *f)
{
	size_t n = policydiff_n_values(w->d, dim), shown = 0;

	for (size_t i = 0; i < n; i++) {
		size_t end = i;

		if (!policydiff_has(w->c, dim, i))
			continue;
		while (end < n && policydiff_has(w->c, dim, end))
			end++;
		if (shown++ == SHOWN_MAX) {
			fputs(", …", f);
			return;
		}
		fputs(shown > 1 ? ", " : "", f);
		policy_words_value(w, dim, policydiff_value(w->d, dim, i), f);
		fputs("–", f);
		if (end < n)
			policy_words_value(w, dim, policydiff_value(w->d, dim, end), f);
		else if (dim == POLICYDIFF_WEEK)
			put_minute(w, 7 * 1440 - 1, f);
		i = end;
	}
}

/* "chat" where it is all chat applications and no other. */
static bool put_categories(const struct policy_words *w, FILE *f)
{
	uint32_t in = 0, out = 0;

	for (size_t i = 0; i < policydiff_n_values(w->d, POLICYDIFF_APP); i++) {
		const struct policydiff_value *v = policydiff_value(w->d, POLICYDIFF_APP, i);
		unsigned s = v->app[0] == APP_NONE;

		if (v->app[s] == APP_NONE)
			return false;
		uint32_t c = UINT32_C(1) << apptable_category(w->side[s].apps, v->app[s]);
		if (policydiff_has(w->c, POLICYDIFF_APP, i))
			in |= c;
		else
			out |= c;
	}
	if (in & out)
		return false;
	fputs(say(w, "applications of the category ", "ứng dụng thuộc nhóm "), f);
	put_set(f, in, CATEGORY_MAX, category_names, ", ");
	return true;
}

static void put_list(const struct policy_words *w, enum policydiff_dim dim, FILE *f)
{
	size_t n = policydiff_n_values(w->d, dim), in = 0, shown = 0;

	for (size_t i = 0; i < n; i++)
		in += policydiff_has(w->c, dim, i);
	/* What is left out may be shorter to say. */
	bool but = 2 * in > n && n - in <= 3 && n > 4 &&
		(dim == POLICYDIFF_APP || dim == POLICYDIFF_USER || dim == POLICYDIFF_PATH ||
			dim == POLICYDIFF_CHANNEL);

	if (but)
		fputs(say(w, "all but ", "tất cả trừ "), f);
	for (size_t i = 0; i < n; i++) {
		if (policydiff_has(w->c, dim, i) == but || (!but && is_implied(w, dim, i)))
			continue;
		if (shown++ == SHOWN_MAX) {
			fputs(", …", f);
			return;
		}
		fputs(shown > 1 ? ", " : "", f);
		policy_words_value(w, dim, policydiff_value(w->d, dim, i), f);
	}
}

static void put_condition(const struct policy_words *w, enum policydiff_dim dim, FILE *f)
{
	static const struct {
		const char *en, *vi;
	} heads[POLICYDIFF_DIM_MAX] = {
		[POLICYDIFF_READING] = {"", ""},
		[POLICYDIFF_CHANNEL] = {"by ", "qua kênh "},
		[POLICYDIFF_LEVEL] = {"documents that are ", "tài liệu "},
		[POLICYDIFF_WAS] = {"last read as ", "lần đọc trước là "},
		[POLICYDIFF_APP] = {"in ", "trong "},
		[POLICYDIFF_TAGS] = {"tags: ", "nhãn: "},
		[POLICYDIFF_POSTURE] = {"program: ", "chương trình: "},
		[POLICYDIFF_USER] = {"users: ", "người dùng: "},
		[POLICYDIFF_GROUPS] = {"groups: ", "nhóm: "},
		[POLICYDIFF_PATH] = {"path: ", "đường dẫn: "},
		[POLICYDIFF_DESTINATION] = {"to: ", "tới: "},
		[POLICYDIFF_WEEK] = {"at ", "lúc "},
		[POLICYDIFF_DATE] = {"from ", "từ "},
	};

	fputs(heads[dim].en ? say(w, heads[dim].en, heads[dim].vi) : "", f);
	if (dim == POLICYDIFF_APP && put_categories(w, f))
		return;
	if (dim == POLICYDIFF_WEEK || dim == POLICYDIFF_DATE)
		put_spans(w, dim, f);
	else
		put_list(w, dim, f);
}

/* In the order of a sentence. */
static const enum policydiff_dim order[] = {POLICYDIFF_LEVEL, POLICYDIFF_TAGS, POLICYDIFF_READING,
	POLICYDIFF_WAS, POLICYDIFF_PATH, POLICYDIFF_CHANNEL, POLICYDIFF_APP, POLICYDIFF_POSTURE,
	POLICYDIFF_DESTINATION, POLICYDIFF_USER, POLICYDIFF_GROUPS, POLICYDIFF_MEETING,
	POLICYDIFF_WEEK, POLICYDIFF_DATE};

void policy_words_region(const struct policy_words *w, FILE *f)
{
	bool first = true;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (w->c->in[order[i]].any)
			continue;
		fputs(first ? "" : ", ", f);
		put_condition(w, order[i], f);
		first = false;
	}
	if (first)
		fputs(say(w, "everything", "mọi trường hợp"), f);
}

static void put_answer(const struct policy_words *w, unsigned side, FILE *f)
{
	const struct verdict *v = side ? &w->c->after : &w->c->before;
	const struct policy *p = w->side[side].policy;

	if (w->c->absent[side]) {
		fputs(say(w, "not asked (no application)", "không xét (không là ứng dụng)"), f);
		return;
	}
	fprintf(f, "%s%s%s", tty_style(f, v->action > ACTION_NOTIFY ? TTY_RED : TTY_BOLD),
		action_text(v->action, w->lang), tty_style(f, TTY_PLAIN));
	if (v->action != v->intended)
		fprintf(f, " (%s %s)", say(w, "monitored:", "chỉ giám sát:"),
			action_text(v->intended, w->lang));
	if (v->rule == POLICY_RULE_NONE)
		return;
	fprintf(f, " (%s ", say(w, "rule", "quy tắc"));
	put_name(f, policy_rule_name(p, v->rule));
	fputs(")", f);
}

/* What else differs where the answer is the same. */
static void put_rest(const struct policy_words *w, FILE *f)
{
	bool before = policy_rule_keeps_evidence(w->side[0].policy, w->c->before.rule);
	bool after = policy_rule_keeps_evidence(w->side[1].policy, w->c->after.rule);

	if (before == after)
		fputs(say(w, " with another message", " với lời nhắn khác"), f);
	else if (after)
		fputs(say(w, " and keeps an encrypted copy of the document",
			      " và giữ một bản sao đã mã hóa của tài liệu"),
			f);
	else
		fputs(say(w, " and keeps no copy of the document any more",
			      " và không còn giữ bản sao của tài liệu"),
			f);
}

static void put_change(const struct policy_words *w, FILE *f)
{
	fputs("- ", f);
	policy_words_region(w, f);
	fputs(say(w, ": was ", ": trước đây "), f);
	put_answer(w, 0, f);
	fputs(say(w, ", becomes ", ", nay "), f);
	put_answer(w, 1, f);
	if (!w->c->absent[0] && !w->c->absent[1] && w->c->before.action == w->c->after.action &&
		w->c->before.intended == w->c->after.intended)
		put_rest(w, f);
	fputs("\n", f);
}

static void put_app_changes(const struct policy_words *w, FILE *f)
{
	static const struct {
		const char *en, *vi;
	} texts[] = {
		[POLICYDIFF_APP_ADDED] = {"is new", "là mới"},
		[POLICYDIFF_APP_REMOVED] = {"is no application any more", "không còn là ứng dụng"},
		[POLICYDIFF_APP_LESS] = {"is not recognised by all that it was",
			"không còn được nhận ra như trước"},
		[POLICYDIFF_APP_MORE] = {"is recognised by more", "được nhận ra thêm cách khác"},
	};

	for (size_t i = 0; i < policydiff_n_values(w->d, POLICYDIFF_APP); i++) {
		enum policydiff_app_change c = policydiff_app(w->d, i);

		if (c == POLICYDIFF_APP_SAME)
			continue;
		fprintf(f, "- %s ", say(w, "application", "ứng dụng"));
		put_name(f, policydiff_value(w->d, POLICYDIFF_APP, i)->id);
		fprintf(f, " %s\n", say(w, texts[c].en, texts[c].vi));
	}
}

static void put_overrides(const struct policy_words *w, FILE *f)
{
	const struct policy *a = w->side[0].policy, *b = w->side[1].policy;

	if (policy_override_max(a) != policy_override_max(b) ||
		policy_override_minutes(a) != policy_override_minutes(b))
		fprintf(f, "- %s: %u × %u min → %u × %u min\n",
			say(w, "overrides that may be granted", "ngoại lệ tạm thời được phép"),
			policy_override_max(a), policy_override_minutes(a), policy_override_max(b),
			policy_override_minutes(b));
	if (policy_justify_max(a) != policy_justify_max(b) ||
		policy_justify_minutes(a) != policy_justify_minutes(b) ||
		policy_justify_reason(a) != policy_justify_reason(b))
		fprintf(f,
			say(w,
				"- what a person may let pass with a reason: %u × %u min, %u "
				"characters → %u × %u min, %u characters\n",
				"- người dùng được mở khi nêu lý do: %u × %u phút, %u ký tự → %u × "
				"%u phút, %u ký tự\n"),
			policy_justify_max(a), policy_justify_minutes(a), policy_justify_reason(a),
			policy_justify_max(b), policy_justify_minutes(b), policy_justify_reason(b));
}

void policy_words_text(struct policy_words *w, bool all, FILE *f)
{
	if (policydiff_is_same(w->d))
		fprintf(f, "%s\n", say(w, "no change", "không có gì thay đổi"));
	for (size_t i = 0; i < policydiff_n(w->d) && (all || i < LINES_MAX); i++) {
		w->c = policydiff_at(w->d, i);
		put_change(w, f);
	}
	if (!all && policydiff_n(w->d) > LINES_MAX) {
		fprintf(f, say(w, "… and %zu more: --all", "… và %zu thay đổi khác: --all"),
			policydiff_n(w->d) - LINES_MAX);
		fputs("\n", f);
	}
	put_app_changes(w, f);
	put_overrides(w, f);
	if (policydiff_is_weaker(w->d))
		fprintf(f, "%s%s%s\n", tty_style(f, TTY_YELLOW),
			say(w, "This protects state secrets less than before.",
				"Thay đổi này làm giảm mức bảo vệ bí mật nhà nước."),
			tty_style(f, TTY_PLAIN));
	if (policydiff_is_cut(w->d))
		fprintf(f, "%s\n",
			say(w, "There is more: the comparison stopped at its bound.",
				"Còn nữa: việc so sánh đã dừng ở giới hạn."));
	if (policydiff_is_sampled(w->d))
		fprintf(f, "%s\n",
			say(w,
				"Patterns of paths, destinations or groups were compared by "
				"examples.",
				"Các mẫu đường dẫn, nơi đến hoặc nhóm được so sánh bằng ví dụ."));
}
