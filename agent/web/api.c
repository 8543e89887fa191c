/* SPDX-License-Identifier: Apache-2.0 */
/* The table of requests, and what their answers share. */
#include "web/api.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "wire/protocol.h"

#define REVIEWER    CONSOLE_ROLE(CONSOLE_REVIEWER)
#define APPROVER    CONSOLE_ROLE(CONSOLE_APPROVER)
#define ROLES_WRITE (CONSOLE_ROLE(CONSOLE_AUTHOR) | APPROVER)

static const struct route routes[] = {
	{METHOD_POST, "login", 0, true, 1024, api_login},
	{METHOD_GET, "session", 0, false, 0, api_session},
	{METHOD_POST, "logout", 0, false, 1024, api_logout},
	{METHOD_GET, "health", 0, false, 0, api_health},
	{METHOD_GET, "overview", ROLES_SEE, false, 0, api_overview},
	{METHOD_GET, "incidents", ROLES_SEE, false, 0, api_incidents},
	{METHOD_POST, "incidents/mark", REVIEWER, false, API_BODY_MAX, api_mark},
	{METHOD_GET, "incidents/*", ROLES_SEE, false, 0, api_incident},
	{METHOD_GET, "incidents/*/trace", ROLES_SEE, false, 0, api_trace},
	{METHOD_POST, "incidents/*/reveal", REVIEWER, false, API_BODY_MAX, api_reveal},
	{METHOD_POST, "incidents/*/suggest", REVIEWER, false, API_BODY_MAX, api_suggest},
	{METHOD_POST, "journal/verify", ROLES_SEE, false, 1024, api_verify},
	{METHOD_GET, "inventory", ROLES_SEE, false, 0, api_inventory},
	{METHOD_GET, "policy", ROLES_POLICY, false, 0, api_policy},
	{METHOD_GET, "policy/history", ROLES_POLICY, false, 0, api_policy_history},
	{METHOD_POST, "policy/check", ROLES_WRITE, false, API_POLICY_MAX, api_policy_check},
	{METHOD_POST, "policy/diff", ROLES_WRITE, false, API_POLICY_MAX, api_policy_diff},
	{METHOD_POST, "policy/simulate", ROLES_WRITE, false, API_POLICY_MAX, api_policy_simulate},
	{METHOD_POST, "policy/apply", APPROVER, false, API_POLICY_MAX, api_policy_apply},
	{METHOD_POST, "policy/rollback", APPROVER, false, API_BODY_MAX, api_policy_rollback},
	{METHOD_POST, "policy/exception", APPROVER, false, API_BODY_MAX, api_policy_exception},
	{METHOD_GET, "jobs/*", 0, false, 0, api_job},
	{METHOD_POST, "rules/test", 0, false, API_TEST_MAX, api_test},
	{METHOD_GET, "apps", 0, false, 0, api_apps},
	{METHOD_GET, "report", ROLES_SEE, false, 0, api_report},
};

static bool matches(const char *pattern, struct view path, struct view *ret_argument)
{
	while (*pattern) {
		size_t n = 0;

		if (*pattern != '*') {
			if (path.n == 0 || *path.p != (uint8_t)*pattern)
				return false;
			pattern++;
			path = view_sub(path, 1, path.n - 1);
			continue;
		}
		while (n < path.n && path.p[n] != '/')
			n++;
		if (n == 0)
			return false;
		*ret_argument = view_sub(path, 0, n);
		path = view_sub(path, n, path.n - n);
		pattern++;
	}
	return path.n == 0;
}

const struct route *api_find(
	enum method m, struct view path, struct view *ret_argument, bool *ret_known)
{
	struct view rest = view_sub(path, strlen(API_PREFIX), path.n);

	*ret_known = false;
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (!matches(routes[i].path, rest, ret_argument))
			continue;
		if (routes[i].method == m)
			return &routes[i];
		*ret_known = true;
	}
	return NULL;
}

static const struct {
	unsigned status;
	const char *code, *vi, *en;
} errors[] = {
	[API_BAD_REQUEST] = {400, "bad-request", "Yêu cầu không đúng dạng.",
		"The request is malformed."},
	[API_LOGIN] = {401, "login", "Chưa đăng nhập, hoặc phiên đã hết.",
		"Not logged in, or the session is over."},
	[API_FORBIDDEN] = {403, "forbidden", "Vai trò của bạn không được phép làm việc này.",
		"Your role may not do this."},
	[API_CSRF] = {403, "csrf", "Yêu cầu không đến từ trang này.",
		"The request does not come from this page."},
	[API_NOT_FOUND] = {404, "not-found", "Không có.", "There is no such thing."},
	[API_METHOD] = {405, "method", "Phương thức không dùng được ở đây.",
		"This method is not for this path."},
	[API_CONFLICT] = {409, "conflict", "Có người đã thay đổi trong lúc đó.",
		"Somebody changed it meanwhile."},
	[API_GONE] = {410, "gone", "Bản ghi không còn trong nhật ký.",
		"The record is not in the journal any more."},
	[API_TOO_BIG] = {413, "too-big", "Yêu cầu quá lớn.", "The request is too big."},
	[API_WRONG_HOST] = {421, "host", "Tên máy không phải của trang này.",
		"This host name is not this page's."},
	[API_INVALID] = {422, "invalid", "Không được chấp nhận.", "It was refused."},
	[API_INTERNAL] = {500, "internal", "Có lỗi bên trong.", "Something went wrong inside."},
	[API_NO_AGENT] = {503, "no-agent", "Chương trình sealgate không trả lời.",
		"The agent does not answer."},
	[API_BUSY] = {503, "busy", "Đang bận, hãy thử lại.", "Busy: try again."},
};
_Static_assert(ARRAY_SIZE(errors) == API_ERROR_MAX, "one text per error");

void exchange_fail_view(struct exchange *x, enum api_error e, struct view detail)
{
	struct json j;

	while (detail.n > 0 && detail.p[detail.n - 1] == '\n')
		detail.n--;
	buf_clear(&x->answer);
	x->type = x->download = NULL;
	json_init(&j, &x->answer);
	json_object(&j);
	json_key(&j, "error");
	json_object(&j);
	json_key_str(&j, "code", errors[e].code);
	json_key_str(&j, "message_vi", errors[e].vi);
	json_key_str(&j, "message_en", errors[e].en);
	if (detail.n > 0)
		json_key_view(&j, "detail", detail);
	json_object_end(&j);
	json_object_end(&j);
	if (json_error(&j) < 0)
		buf_clear(&x->answer);
	exchange_done(x, errors[e].status);
}

void exchange_fail(struct exchange *x, enum api_error e, const char *detail)
{
	exchange_fail_view(x, e, view_str(detail));
}

void exchange_fail_link(struct exchange *x, int outcome, struct view text)
{
	if (outcome == -ESTALE) {
		sessions_end(x->web->sessions, x->who.number);
		exchange_fail(x, API_LOGIN, NULL);
	} else if (outcome > 0) {
		exchange_fail_view(x,
			outcome == CTL_TEXT_LATE                ? API_CONFLICT
				: outcome == CTL_TEXT_FORBIDDEN ? API_FORBIDDEN
								: API_INVALID,
			text);
	} else {
		exchange_fail(x, outcome == -EAGAIN ? API_BUSY : API_NO_AGENT, NULL);
	}
}

void exchange_pass(void *userdata, int outcome, struct view text, int fd)
{
	struct exchange *x = userdata;

	fd_close(fd);
	if (outcome != 0)
		exchange_fail_link(x, outcome, text);
	else if (buf_put_view(&x->answer, text) < 0)
		exchange_fail(x, API_INTERNAL, NULL);
	else
		exchange_done(x, 200);
}

void exchange_asked(struct exchange *x, int r)
{
	if (r < 0)
		exchange_fail_link(x, r, VIEW_EMPTY);
	else
		exchange_wait(x);
}

void exchange_json(struct exchange *x, const struct json *j)
{
	if (json_error(j) < 0)
		exchange_fail(x, API_INTERNAL, NULL);
	else
		exchange_done(x, 200);
}

bool exchange_body(struct exchange *x, struct json_doc *ret)
{
	int r = json_read(&x->body, ret);

	if (r == 0 && ret->v[0].type != JSON_OBJECT) {
		json_doc_done(ret);
		r = -EBADMSG;
	}
	if (r < 0)
		exchange_fail(x, r == -ENOMEM ? API_INTERNAL : API_BAD_REQUEST,
			"the body is no JSON object");
	return r == 0;
}
