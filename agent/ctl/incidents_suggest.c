/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "sealgate incidents false-positive": a narrow exception for one incident, for whoever keeps the
 * policy to look at. Nothing is changed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "ctl/incidents.h"
#include "ctl/tty.h"
#include "ctl/usage.h"

#define DAYS 30

/* A scalar that is a string in YAML too: JSON's form. */
static int put_string(struct buf *b, const char *key, const char *text)
{
	struct json j;
	int r = buf_put_str(b, key);

	json_init(&j, b);
	json_str(&j, text);
	if (r == 0)
		r = json_error(&j);
	return r == 0 ? buf_put_byte(b, '\n') : r;
}

/* A path is a pattern in the policy: its own stars are not meant. */
static bool has_pattern(const char *path)
{
	return strpbrk(path, "*?[\\") != NULL;
}

static uint64_t days_of(const struct incidents_options *o)
{
	return o->days ? o->days : DAYS;
}

static bool is_about(const struct incidents_options *o, const char *what)
{
	return !o->scope || strstr(o->scope, what);
}

bool incidents_scope_is(const char *scope)
{
	static const char *const scopes[] = {"file-app-user", "file-app", "file-user", "app-user"};

	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++)
		if (strcmp(scopes[i], scope) == 0)
			return true;
	return false;
}

static int compose(const struct incidents_options *o, const struct incident *i, struct buf *b)
{
	time_t until = (time_t)(clock_realtime() / NSEC_PER_SEC) + (time_t)days_of(o) * 86400;
	struct tm tm;
	char day[16], name[64], number[24];
	int r;

	if (!gmtime_r(&until, &tm) || strftime(day, sizeof(day), "%Y-%m-%d", &tm) == 0)
		return -1;
	snprintf(name, sizeof(name), "false-positive-%.26s", i->id);
	r = buf_printf(b, "version: 1\nexceptions:\n  - name: %s\n    when:\n", name);
	if (r == 0 && is_about(o, "app"))
		r = buf_printf(b, "      app: %s\n", i->app);
	if (r == 0)
		r = buf_printf(b, "      channel: %s\n", i->channel);
	/* No more than what was found: were it marked higher one day, it would be refused again. */
	if (r == 0 && i->level_known && i->level > LEVEL_NONE)
		r = buf_printf(b, "      level: %s\n", i->level_text);
	else if (r == 0)
		r = buf_printf(b, "      completeness: %s\n", i->completeness);
	snprintf(number, sizeof(number), "%" PRIu64, i->uid);
	if (r == 0 && is_about(o, "user"))
		r = put_string(b, "      user: ", *i->user ? i->user : number);
	if (r == 0 && is_about(o, "file"))
		r = put_string(b, "      path: ", i->path);
	if (r == 0)
		r = put_string(b, "    do: log\n    valid-until: ", day);
	if (r == 0)
		r = put_string(b, "    owner: ", o->assign ? o->assign : "?");
	if (r == 0)
		r = put_string(b, "    reason: ", o->note ? o->note : "false positive");
	return r;
}

/* As one word of a shell. */
static int put_word(struct buf *b, const char *text)
{
	int r = buf_put_byte(b, '\'');

	for (; r == 0 && *text; text++)
		r = *text == '\'' ? buf_put_str(b, "'\\''") : buf_put_byte(b, (uint8_t)*text);
	return r == 0 ? buf_put_byte(b, '\'') : r;
}

/* Whoever made the file chose its name: it is shown as a name, and can be copied as one. */
static void hint(const struct incidents_options *o, const struct incident *i)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	int r;

	fprintf(stderr,
		lang_pick(o->lang,
			"\nThis lets %s open this one file for %d days, and records it. The file's "
			"content may change\nmeanwhile. To try it: put it into a file that the "
			"policy's \"exceptions\" names, then\n  sealgate policy check\n",
			"\nNgoại lệ này cho %s mở đúng một tệp trong %d ngày, và vẫn ghi lại. Nội "
			"dung tệp có thể thay đổi\ntrong thời gian đó. Để thử: đặt vào một tệp "
			"được nêu trong \"exceptions\" của chính sách, rồi\n  sealgate policy "
			"check\n"),
		i->app, (int)days_of(o));
	r = buf_put_str(&b, "  sealgate explain --app ");
	if (r == 0)
		r = buf_put_str(&b, i->app);
	if (r == 0)
		r = buf_put_str(&b, " --user ");
	if (r == 0)
		r = *i->user ? put_word(&b, i->user) : buf_put_str(&b, "USER");
	if (r == 0)
		r = buf_put_byte(&b, ' ');
	if (r == 0)
		r = put_word(&b, i->path);
	if (r == 0)
		tty_put_safe(stderr, buf_view(&b));
	fputc('\n', stderr);
}

int incidents_false_positive(const struct incidents_options *o, const char *prefix)
{
	cleanup_with(incident_freep) struct incident *i = NULL;
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	int r = incidents_find(o, prefix, &i);

	if (r != 0)
		return r;
	if (is_about(o, "app") && !*i->app)
		return ctl_error("no application did this: an exception needs one (--scope "
				 "file-user)");
	if (is_about(o, "file") && (incident_is_concealed(i) || !*i->path))
		return ctl_error(
			"the file's name is concealed: an exception needs it (show --reveal)");
	if (is_about(o, "file") && has_pattern(i->path))
		return ctl_error(
			"the file's name has characters that are patterns in a policy: move or "
			"rename it first");
	if (compose(o, i, &b) < 0)
		return ctl_error("cannot make an exception");
	r = incidents_write_out(o, buf_view(&b));
	if (r != 0)
		return r;
	if (o->scope)
		return CTL_DONE;
	hint(o, i);
	if (*i->sha256)
		fprintf(stderr,
			lang_pick(o->lang,
				"Or let exactly this content pass, whatever its name, for an "
				"hour:\n  "
				"sealgate policy override add %s --app %s --minutes 60 --reason "
				"TEXT\n",
				"Hoặc cho qua đúng nội dung này, bất kể tên tệp, trong một giờ:\n  "
				"sealgate policy override add %s --app %s --minutes 60 --reason "
				"TEXT\n"),
			i->sha256, i->app);
	return CTL_DONE;
}
