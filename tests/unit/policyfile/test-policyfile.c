/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "policyfile/compile.h"
#include "policyfile/policyfile.h"

static char dir[] = "/tmp/test-policyfile-XXXXXX";
static struct diags diags;

struct compiled {
	struct policyfile_info info;
	struct buf policy_blob, apps_blob;
	struct policy *policy;
	struct apptable *apps;
};

static void compiled_done(struct compiled *c)
{
	policy_close(c->policy);
	apptable_close(c->apps);
	buf_done(&c->policy_blob);
	buf_done(&c->apps_blob);
}

static void fail_with_diags(const char *path)
{
	char line[1024] = "no diagnostic";

	if (diags.n > 0)
		diag_format(&diags.v[0], line, sizeof(line));
	fail_msg("%s: %s", path, line);
}

static void compile(const char *path, struct compiled *ret)
{
	memset(&diags, 0, sizeof(diags));
	memset(ret, 0, sizeof(*ret));
	if (policyfile_compile(path, 5, &diags, &ret->info, &ret->policy_blob, &ret->apps_blob) !=
		0)
		fail_with_diags(path);
	assert_int_equal(policy_open(buf_view(&ret->policy_blob), &ret->policy), 0);
	assert_int_equal(apptable_open(buf_view(&ret->apps_blob), &ret->apps), 0);
	assert_int_equal(policy_version(ret->policy), 5);
	assert_int_equal(policy_n_rules(ret->policy), ret->info.n_rules);
	assert_int_equal(apptable_n(ret->apps), ret->info.n_apps);
}

static const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(in_dir(name), "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

#define APPS                                                                              \
	"version: 1\napps:\n"                                                             \
	"  - {id: zoom, name: Zoom, category: meeting, exe: [/opt/zoom/zoom, /b/zoom]}\n" \
	"  - {id: zalo, name: Zalo, category: chat, exe: '/opt/*/zalo', snap: zalo}\n"

/* Each rule decides at least one case of the table: what no case shows may be broken unseen. */
static void assert_covered(const struct policy *p, const char *table)
{
	cleanup_with(buf_done) struct buf text = {0};

	assert_int_equal(fd_read_path(table, 1U << 20, &text), 0);
	assert_int_equal(buf_terminate(&text), 0);
	for (uint32_t i = 0; i < policy_n_rules(p); i++) {
		char rule[POLICY_NAME_MAX + 16];

		snprintf(rule, sizeof(rule), "rule: %s}", policy_rule_name(p, i));
		if (!strstr((char *)text.p, rule))
			fail_msg("%s: no case for rule %s", table, policy_rule_name(p, i));
	}
}

/* The shipped policies are valid without a warning, and their tables hold. */
static void test_shipped(void **state)
{
	static const char *const names[] = {"default", "strict", "monitor"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct policyfile_cases result;
		struct compiled c;
		char path[600];

		snprintf(path, sizeof(path), POLICY_DIR "/%s.yaml", names[i]);
		compile(path, &c);
		if (diags.n > 0)
			fail_with_diags(path);
		snprintf(path, sizeof(path), POLICY_DIR "/cases/%s.yaml", names[i]);
		if (policyfile_test(path, c.policy, c.apps, &diags, &result) != 0 ||
			result.n_failed > 0)
			fail_with_diags(path);
		assert_true(result.n_cases >= 8);
		assert_covered(c.policy, path);
		compiled_done(&c);
	}
}

/* A worker who is refused is told why, in the shipped policies that refuse. */
static void test_shipped_refusals_speak(void **state)
{
	static const char *const names[] = {"default", "strict"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct compiled c;
		char path[600];

		snprintf(path, sizeof(path), POLICY_DIR "/%s.yaml", names[i]);
		compile(path, &c);
		for (uint32_t k = 0; k < policy_n_rules(c.policy); k++) {
			const struct policy_rule
				*r = (const struct policy_rule *)(const void *)(c.policy_blob.p +
					     sizeof(struct policy_header)) +
				k;

			if (action_refuses((enum action)r->action))
				assert_true(strlen(policy_rule_message(c.policy, k)) > 40);
		}
		compiled_done(&c);
	}
}

static void test_shipped_apps(void **state)
{
	static const struct {
		const char *exe, *app;
		enum category category;
	} known[] = {
		{"/opt/zoom/zoom", "zoom", CATEGORY_MEETING},
		{"/usr/bin/profanity", "profanity", CATEGORY_CHAT},
		{"/usr/bin/go-sendxmpp", "go-sendxmpp", CATEGORY_CHAT},
		{"/usr/bin/gajim", "gajim", CATEGORY_CHAT},
		{"/usr/bin/dino-im", "dino", CATEGORY_CHAT},
		{"/opt/zalo/zalo", "zalo", CATEGORY_CHAT},
		{"/home/an/Telegram/Telegram", "telegram", CATEGORY_CHAT},
		{"/usr/share/discord/Discord", "discord", CATEGORY_CHAT},
		{"/usr/lib/chromium/chromium", "chromium", CATEGORY_BROWSER},
		{"/usr/lib/firefox-esr/firefox-esr", "firefox", CATEGORY_BROWSER},
		{"/opt/coccoc/browser/browser", "coccoc", CATEGORY_BROWSER},
	};
	struct compiled c;

	(void)state;
	compile(POLICY_DIR "/default.yaml", &c);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		uint32_t app = apptable_match_exe(c.apps, known[i].exe);

		if (app == APP_NONE || strcmp(apptable_id(c.apps, app), known[i].app) != 0)
			fail_msg("%s is %s", known[i].exe, apptable_id(c.apps, app));
		assert_int_equal(apptable_category(c.apps, app), known[i].category);
	}
	assert_int_equal(apptable_match_exe(c.apps, "/usr/bin/python3.11"), APP_NONE);
	assert_int_equal(apptable_match_exe(c.apps, "/usr/bin/bash"), APP_NONE);
	assert_int_not_equal(apptable_match_flatpak(c.apps, "us.zoom.Zoom"), APP_NONE);
	assert_int_not_equal(apptable_match_snap(c.apps, "firefox"), APP_NONE);
	compiled_done(&c);
}

static void test_meaning(void **state)
{
	struct question q = {.facts = {.level = LEVEL_SECRET},
		.category = CATEGORY_CHAT,
		.uid = 0,
		.path = "/srv/a/b.docx",
		.destination = "x.example.com"};
	struct verdict v;
	struct compiled c;

	(void)state;
	write_file("apps.yaml", APPS);
	write_file("p.yaml",
		"version: 1\nmode: monitor\napps: apps.yaml\nrules:\n"
		"  - name: one\n"
		"    when: {app: [zoom, zalo], level: secret, user: root, group: [root, 77],\n"
		"           path: ['/srv/**/*.docx'], destination: '*.example.com',\n"
		"           time: 'mon 08:00-09:00', meeting: yes, family: any,\n"
		"           completeness: full, channel: open}\n"
		"    do: block\n"
		"    message: Không.\n"
		"    valid-until: 2999-12-31\n");
	compile(in_dir("p.yaml"), &c);
	assert_int_equal(diags.n, 0);
	assert_int_equal(c.info.mode, MODE_MONITOR);
	q.app = apptable_find(c.apps, "zalo");
	q.gids = (const uint32_t[]){5, 77};
	q.n_gids = 2;
	q.meeting = true;
	q.realtime = UINT64_C(1796027400) * NSEC_PER_SEC; /* Mon 2026-11-30 08:30 UTC */
	policy_decide(c.policy, &q, &v);
	assert_int_equal(v.rule, 0);
	assert_int_equal(v.intended, ACTION_BLOCK);
	assert_int_equal(v.action, ACTION_LOG);
	assert_string_equal(policy_rule_message(c.policy, 0), "Không.");
	q.utc_offset = 3600;
	policy_decide(c.policy, &q, &v);
	assert_int_equal(v.rule, POLICY_RULE_NONE);
	compiled_done(&c);
}

/* The bound of rules, and that the rules' order is the file's. */
static void test_many_rules(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};
	struct question q = {.facts = {.level = LEVEL_SECRET}, .path = "/srv/d9998/x"};
	struct policyfile_info info;
	struct verdict v;
	struct compiled c;

	(void)state;
	write_file("apps.yaml", APPS);
	assert_int_equal(buf_put_str(&b, "version: 1\napps: apps.yaml\nrules:\n"), 0);
	for (unsigned i = 0; i < POLICY_RULES_MAX; i++)
		assert_int_equal(
			buf_printf(&b, "- {name: r%u, when: {path: /srv/d%u/*}, do: log}\n", i, i),
			0);
	assert_int_equal(buf_terminate(&b), 0);
	write_file("many.yaml", (char *)b.p);
	compile(in_dir("many.yaml"), &c);
	policy_decide(c.policy, &q, &v);
	assert_int_equal(v.rule, 9998);
	compiled_done(&c);
	assert_int_equal(buf_put_str(&b, "- {name: more, when: {path: /x}, do: log}\n"), 0);
	assert_int_equal(buf_terminate(&b), 0);
	write_file("many.yaml", (char *)b.p);
	memset(&c, 0, sizeof(c));
	memset(&diags, 0, sizeof(diags));
	assert_int_equal(policyfile_compile(in_dir("many.yaml"), 1, &diags, &info, &c.policy_blob,
				 &c.apps_blob),
		-EBADMSG);
	assert_string_equal(diags.v[0].code, P_LIMIT);
	compiled_done(&c);
}

static int compile_text(const char *text)
{
	cleanup_with(buf_done) struct buf policy = {0}, apps = {0};
	struct policyfile_info info;

	write_file("apps.yaml", APPS);
	write_file("p.yaml", text);
	memset(&diags, 0, sizeof(diags));
	return policyfile_compile(in_dir("p.yaml"), 1, &diags, &info, &policy, &apps);
}

static void test_list_limit(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};

	(void)state;
	assert_int_equal(
		buf_put_str(&b,
			"version: 1\napps: apps.yaml\nrules: [{name: a, do: log, when: {user: ["),
		0);
	for (unsigned i = 0; i < POLICYFILE_LIST_MAX; i++)
		assert_int_equal(buf_printf(&b, "%u,", i), 0);
	assert_int_equal(buf_put_str(&b, "7]}}]\n"), 0);
	assert_int_equal(buf_terminate(&b), 0);
	assert_int_equal(compile_text((char *)b.p), -EBADMSG);
	assert_int_equal(diags.errors, 1);
	assert_string_equal(diags.v[0].code, P_LIMIT);
}

static void test_app_files_limit(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};

	(void)state;
	assert_int_equal(buf_put_str(&b, "version: 1\nrules: []\napps: ["), 0);
	for (unsigned i = 0; i < POLICYFILE_APP_FILES_MAX; i++)
		assert_int_equal(buf_put_str(&b, "empty.yaml,"), 0);
	write_file("empty.yaml", "version: 1\napps: []\n");
	assert_int_equal(buf_put_str(&b, "]\n"), 0);
	assert_int_equal(buf_terminate(&b), 0);
	assert_int_equal(compile_text((char *)b.p), 0);
	b.n -= 2;
	assert_int_equal(buf_put_str(&b, "empty.yaml]\n"), 0);
	assert_int_equal(buf_terminate(&b), 0);
	assert_int_equal(compile_text((char *)b.p), -EBADMSG);
	assert_string_equal(diags.v[0].code, P_INCLUDE);
}

static void test_exceptions_limit(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};

	(void)state;
	write_file("apps.yaml", APPS);
	assert_int_equal(buf_put_str(&b, "version: 1\nexceptions:\n"), 0);
	for (unsigned i = 0; i <= POLICYFILE_EXCEPTIONS_MAX; i++) {
		assert_int_equal(buf_terminate(&b), 0);
		if (i == POLICYFILE_EXCEPTIONS_MAX)
			write_file("exceptions.yaml", (char *)b.p);
		assert_int_equal(buf_printf(&b,
					 "- {name: e%u, reason: r, owner: o, when: {user: [%u], "
					 "level: none}, "
					 "valid-until: 2035-12-31}\n",
					 i, i + 1),
			0);
	}
	assert_int_equal(compile_text("version: 1\napps: apps.yaml\nexceptions: exceptions.yaml\n"
				      "rules: []\n"),
		0);
	assert_int_equal(buf_terminate(&b), 0);
	write_file("exceptions.yaml", (char *)b.p);
	assert_int_equal(compile_text("version: 1\napps: apps.yaml\nexceptions: exceptions.yaml\n"
				      "rules: []\n"),
		-EBADMSG);
	assert_string_equal(diags.v[0].code, P_LIMIT);
}

/* All pairs of patterns are compared, as long as that takes a fraction of a second. */
static void test_overlap_limit(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};

	(void)state;
	assert_int_equal(buf_put_str(&b,
				 "version: 1\napps:\n"
				 "  - {id: a, name: A, category: chat, exe: /opt/a/x}\n"
				 "  - {id: b, name: B, category: other, exe: ["),
		0);
	for (unsigned i = 0; i < 3000; i++)
		assert_int_equal(buf_printf(&b, "'/opt/b/%u*', ", i), 0);
	assert_int_equal(buf_put_str(&b, "/opt/b/y]}\n"), 0);
	assert_int_equal(buf_terminate(&b), 0);
	write_file("many.yaml", (char *)b.p);
	assert_int_equal(compile_text("version: 1\napps: many.yaml\n"
				      "rules:\n  - {name: a, when: {level: secret}, do: block}\n"),
		0);
	assert_int_equal(diags.n, 1);
	assert_string_equal(diags.v[0].code, P_OVERLAP);
}

/* Rules of which none covers another, though any might by what it asks for. */
static void test_compared_limit(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};

	(void)state;
	assert_int_equal(buf_put_str(&b, "version: 1\napps: many.yaml\nrules:\n"), 0);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(buf_printf(&b,
					 "  - {name: r%u, when: {category: chat}, do: log, "
					 "valid-until: %u-%02u-%02u}\n",
					 i, 2100 + i / 336, 1 + i / 28 % 12, 1 + i % 28),
			0);
	assert_int_equal(buf_terminate(&b), 0);
	write_file(
		"many.yaml", "version: 1\napps:\n  - {id: a, name: A, category: chat, exe: /x}\n");
	assert_int_equal(compile_text((char *)b.p), 0);
	assert_int_equal(diags.n, 1);
	assert_string_equal(diags.v[0].code, P_NOT_COMPARED);
}

/* As many rules as there may be, the last of which is never reached. */
static void test_last_of_many(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};

	(void)state;
	assert_int_equal(buf_put_str(&b, "version: 1\napps: many.yaml\nrules:\n"), 0);
	for (unsigned i = 0; i < POLICY_RULES_MAX - 1; i++)
		assert_int_equal(buf_printf(&b,
					 "  - {name: r%u, when: {level: secret, user: %u, path: "
					 "'/a/%u/**'}, do: block}\n",
					 i, i % 7, i),
			0);
	assert_int_equal(buf_put_str(&b,
				 "  - {name: last, when: {level: secret, user: 3, path: "
				 "/a/9005/x/y}, do: log}\n"),
		0);
	assert_int_equal(9005 % 7, 3);
	assert_int_equal(buf_terminate(&b), 0);
	write_file(
		"many.yaml", "version: 1\napps:\n  - {id: a, name: A, category: chat, exe: /x}\n");
	assert_int_equal(compile_text((char *)b.p), -EBADMSG);
	assert_int_equal(diags.n, 1);
	assert_string_equal(diags.v[0].code, P_UNREACHABLE);
	assert_non_null(strstr(diags.v[0].text, "r9005"));
}

/* An exception goes before all rules, and is logged unless it says otherwise. */
static void test_exceptions(void **state)
{
	struct question q = {.facts = {.level = LEVEL_SECRET},
		.uid = 1234,
		.path = "/srv/forms/a.docx",
		.realtime = UINT64_C(1796027400) * NSEC_PER_SEC};
	struct verdict v;
	struct compiled c;

	(void)state;
	write_file("apps.yaml", APPS);
	write_file("exceptions.yaml",
		"version: 1\nexceptions:\n"
		"  - {name: forms, reason: r, owner: o, when: {path: /srv/forms/*, family: any},\n"
		"     valid-until: 2035-12-31}\n");
	write_file("p.yaml",
		"version: 1\napps: apps.yaml\nexceptions: exceptions.yaml\n"
		"overrides: {max: 3, minutes: 20}\n"
		"justify: {minutes: 5, reason: 30}\n"
		"rules:\n  - {name: all, when: {family: any}, do: block}\n");
	compile(in_dir("p.yaml"), &c);
	assert_int_equal(diags.n, 0);
	assert_int_equal(c.info.n_exceptions, 1);
	assert_int_equal(policy_override_max(c.policy), 3);
	assert_int_equal(policy_override_minutes(c.policy), 20);
	assert_int_equal(policy_justify_minutes(c.policy), 5);
	assert_int_equal(policy_justify_reason(c.policy), 30);
	assert_int_equal(policy_justify_max(c.policy), POLICY_JUSTIFY_MAX);
	q.app = apptable_find(c.apps, "zalo");
	policy_decide(c.policy, &q, &v);
	assert_string_equal(policy_rule_name(c.policy, v.rule), "forms");
	assert_int_equal(v.action, ACTION_LOG);
	q.path = "/srv/a.docx";
	policy_decide(c.policy, &q, &v);
	assert_int_equal(v.action, ACTION_BLOCK);
	compiled_done(&c);
}

static void test_not_there(void **state)
{
	struct policyfile_info info;
	struct buf a = {0}, b = {0};

	(void)state;
	memset(&diags, 0, sizeof(diags));
	assert_int_equal(policyfile_compile("/nonexistent", 1, &diags, &info, &a, &b), -ENOENT);
	assert_int_equal(a.n + b.n, 0);
}

/* Rules that only look alike must not be called unreachable. */
static void test_reachable(void **state)
{
	static const char *const pairs[][2] = {
		{"level: secret", "level: [secret, internal]"},
		{"{level: secret, category: chat}", "level: secret"},
		{"app: zalo", "category: chat"},
		{"tag: suspected", "tag: [suspected, declassified]"},
		{"path: /srv/*", "path: /srv/**"},
		{"path: /srv/**", "path: [/srv/a, /home/a]"},
		{"path: /srv/**", "level: secret"},
		{"user: [0, 5]", "user: [5, 7]"},
		{"time: 'mon-fri 08:00-17:00'", "time: 'sat 09:00-10:00'"},
		{"time: 'mon 08:00-17:00'", "time: 'mon 16:00-17:01'"},
		{"meeting: true", "meeting: false"},
		{"meeting: true", "level: secret"},
		{"channel: open", "channel: [open, exec]"},
		{"completeness: partial", "reason: damaged"},
		{"destination: '*.a.vn'", "destination: a.vn"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		char text[600];
		bool flow0 = pairs[i][0][0] == '{', flow1 = pairs[i][1][0] == '{';

		snprintf(text, sizeof(text),
			"version: 1\napps: apps.yaml\nrules:\n"
			"  - {name: a, when: %s%s%s, do: log}\n"
			"  - {name: b, when: %s%s%s, do: block}\n",
			flow0 ? "" : "{", pairs[i][0], flow0 ? "" : "}", flow1 ? "" : "{",
			pairs[i][1], flow1 ? "" : "}");
		if (compile_text(text) != 0)
			fail_with_diags(text);
	}
}

/* An earlier rule that ends does not hide a later one for ever. */
static void test_expiring_rule_hides_nothing(void **state)
{
	(void)state;
	assert_int_equal(
		compile_text(
			"version: 1\napps: apps.yaml\nrules:\n"
			"  - {name: a, when: {level: secret}, do: log, valid-until: 2999-01-01}\n"
			"  - {name: b, when: {level: secret}, do: block}\n"),
		0);
	assert_int_equal(
		compile_text(
			"version: 1\napps: apps.yaml\nrules:\n"
			"  - {name: a, when: {level: secret}, do: log, valid-until: 2999-01-02}\n"
			"  - {name: b, when: {level: secret}, do: block, valid-until: "
			"2999-01-01}\n"),
		-EBADMSG);
	assert_string_equal(diags.v[0].code, P_UNREACHABLE);
}

static void test_until(void **state)
{
	uint64_t t;

	(void)state;
	/* The last day counts: valid until the next midnight. */
	assert_int_equal(until_parse("2026-12-31", &t), 0);
	assert_int_equal(t, UINT64_C(1798761600) * NSEC_PER_SEC);
	assert_int_equal(until_parse("2026-12-31T17:00:00+07:00", &t), 0);
	assert_int_equal(t, UINT64_C(1798711200) * NSEC_PER_SEC);
	assert_int_equal(until_parse("2026-13-01", &t), -EINVAL);
	assert_int_equal(until_parse("tomorrow", &t), -EINVAL);
}

static void test_windows(void **state)
{
	static const struct {
		const char *text;
		struct policy_window w;
	} good[] = {
		{"mon-fri 08:00-17:30", {0x3e, 480, 1050}},
		{"sat,sun", {0x41, 0, 1440}},
		{"fri-mon 22:00-06:00", {0x63, 1320, 360}},
		{"00:00-24:00", {0x7f, 0, 1440}},
	};
	static const char *const bad[] = {"", " ", "mon ", "mon,", "mon- 08:00-09:00", "xyz",
		"08:00", "08:00-", "08:60-09:00", "24:01-01:00", "24:00-01:00", "mon 08:00-09:00 x",
		"08:00-08:00"};
	struct policy_window w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(window_parse(good[i].text, &w), 0);
		assert_memory_equal(&w, &good[i].w, sizeof(w));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (window_parse(bad[i], &w) != -EINVAL)
			fail_msg("`%s` was taken", bad[i]);
}

/* A package's programs count, unless another application names them itself. */
static void test_packages(void **state)
{
	cleanup_with(buf_done) struct buf first = {0}, second = {0};
	struct apptable_builder *b;
	struct apptable *t;
	uint32_t mine, other;

	(void)state;
	write_file("chat.list",
		"/.\n/usr\n/usr/bin\n/usr/bin/chat\n/usr/bin/owned\n"
		"/usr/share/chat/x\n/usr/bin/sub/x\n");
	write_file("multi:amd64.list", "/usr/games/multi");
	assert_int_equal(apptable_builder_new(&b), 0);
	assert_int_equal(apptable_builder_app(b, "mine", "x", CATEGORY_CHAT, &mine), 0);
	assert_int_equal(apptable_builder_app(b, "other", "x", CATEGORY_CHAT, &other), 0);
	assert_int_equal(apptable_builder_pattern(b, mine, APP_PATTERN_PACKAGE, "chat"), 0);
	assert_int_equal(apptable_builder_pattern(b, mine, APP_PATTERN_PACKAGE, "multi"), 0);
	assert_int_equal(apptable_builder_pattern(b, mine, APP_PATTERN_PACKAGE, "absent"), 0);
	assert_int_equal(apptable_builder_pattern(b, other, APP_PATTERN_EXE, "/usr/bin/owned"), 0);
	assert_int_equal(apptable_builder_finish(b, &first), 0);
	assert_int_equal(apptable_open(buf_view(&first), &t), 0);
	assert_int_equal(packages_expand(b, t, dir), 0);
	apptable_close(t);
	assert_int_equal(apptable_builder_finish(b, &second), 0);
	assert_int_equal(apptable_open(buf_view(&second), &t), 0);
	assert_int_equal(apptable_match_exe(t, "/usr/bin/chat"), mine);
	assert_int_equal(apptable_match_exe(t, "/usr/games/multi"), mine);
	assert_int_equal(apptable_match_exe(t, "/usr/bin/owned"), other);
	assert_int_equal(apptable_match_exe(t, "/usr/share/chat/x"), APP_NONE);
	assert_int_equal(apptable_match_exe(t, "/usr/bin"), APP_NONE);
	apptable_close(t);
	apptable_builder_free(b);
}

static void test_cases(void **state)
{
	struct policyfile_cases result;
	struct compiled c;

	(void)state;
	write_file("apps.yaml", APPS);
	write_file("p.yaml",
		"version: 1\napps: apps.yaml\nrules:\n"
		"  - {name: refuse, when: {level: secret, path: /a/*}, do: block}\n");
	compile(in_dir("p.yaml"), &c);
	write_file("c.yaml",
		"version: 1\ncases:\n"
		"  - {app: zoom, level: secret, path: /a/b, expect: block, rule: refuse}\n"
		"  - {app: zoom, level: secret, expect: allow, rule: none}\n"
		"  - {app: zoom, level: secret, expect: block}\n"
		"  - {app: zoom, level: secret, path: /a/b, expect: block, rule: none}\n");
	assert_int_equal(policyfile_test(in_dir("c.yaml"), c.policy, c.apps, &diags, &result), 0);
	assert_int_equal(result.n_cases, 4);
	assert_int_equal(result.n_failed, 2);
	assert_int_equal(diags.n, 2);
	assert_string_equal(diags.v[0].code, P_CASE_FAILED);
	assert_int_equal(diags.v[0].line, 5);
	memset(&diags, 0, sizeof(diags));
	write_file("c.yaml",
		"version: 1\ncases:\n"
		"  - {app: zoomy, expect: allow}\n"
		"  - {app: zoom, expect: allow, rule: yes-sir}\n"
		"  - {app: zoom, expect: allow, at: today}\n"
		"  - {app: zoom, channel: exec, level: secret, expect: allow}\n");
	assert_int_equal(
		policyfile_test(in_dir("c.yaml"), c.policy, c.apps, &diags, &result), -EBADMSG);
	assert_int_equal(diags.errors, 4);
	assert_string_equal(diags.v[0].code, P_CASE);
	write_file("c.yaml", "version: 1\ncases: []\n");
	assert_int_equal(
		policyfile_test(in_dir("c.yaml"), c.policy, c.apps, &diags, &result), -EBADMSG);
	compiled_done(&c);
}

/* What editors check with is what the parser checks with. */
static void test_schema_is_current(void **state)
{
	static const char *const names[POLICYFILE_SCHEMA_MAX] = {
		"policy", "apps", "cases", "advisories", "exceptions"};

	(void)state;
	for (unsigned i = 0; i < POLICYFILE_SCHEMA_MAX; i++) {
		cleanup_with(buf_done) struct buf made = {0}, file = {0};
		char path[600];

		snprintf(path, sizeof(path), POLICY_DIR "/schema/%s.schema.json", names[i]);
		assert_int_equal(policyfile_schema((enum policyfile_schema)i, &made), 0);
		assert_int_equal(fd_read_path(path, 1U << 20, &file), 0);
		if (!view_eq(buf_view(&made), buf_view(&file)))
			fail_msg("%s is not what `sealgate policy schema %s` prints", path,
				names[i]);
	}
	assert_int_equal(policyfile_schema(POLICYFILE_SCHEMA_MAX, &(struct buf){0}), -EINVAL);
}

/* A code that somebody meets must be explained. */
static void test_codes_are_documented(void **state)
{
	static const char *const codes[] = {CONF_CODE_SYNTAX, CONF_CODE_SIZE, CONF_CODE_NODES,
		CONF_CODE_DEPTH, CONF_CODE_ALIAS, CONF_CODE_TAG, CONF_CODE_DOCUMENTS,
		CONF_CODE_DUPLICATE, CONF_CODE_CHARACTER, CONF_CODE_KEY, P_KEY, P_VALUE, P_MISSING,
		P_WORD, P_NAME, P_APP, P_GLOB, P_TIME, P_DATE, P_PAST, P_UNREACHABLE, P_EVERYTHING,
		P_NOTHING, P_LIMIT, P_APP_TWICE, P_APP_BLIND, P_PATTERN, P_TAKEN, P_INCLUDE, P_IDLE,
		P_UNKNOWN_ID, P_NEEDLESS, P_VERSION, P_WIDE, P_SHADOWS, P_SURPRISE, P_SPELLING,
		P_INVISIBLE, P_NOTHING_HERE, P_CASE_FAILED, P_CASE, P_NO_RULES, P_NO_KEY, P_FAR,
		P_OVERLAP, P_NOT_READ, P_OPEN_TO_ALL, P_SAME_NAME, P_NOT_COMPARED, P_NOT_OFFICIAL};
	cleanup_with(buf_done) struct buf text = {0};

	(void)state;
	assert_int_equal(fd_read_path(DIAGNOSTICS_MD, 1U << 20, &text), 0);
	assert_int_equal(buf_terminate(&text), 0);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		char row[16];

		snprintf(row, sizeof(row), "| %s |", codes[i]);
		if (!strstr((char *)text.p, row))
			fail_msg("%s is not in docs/diagnostics.md", codes[i]);
	}
}

static void remove_dir(void)
{
	static const char *const names[] = {"apps.yaml", "p.yaml", "many.yaml", "empty.yaml",
		"c.yaml", "chat.list", "multi:amd64.list"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlink(in_dir(names[i]));
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_shipped_refusals_speak),
		cmocka_unit_test(test_shipped_apps),
		cmocka_unit_test(test_meaning),
		cmocka_unit_test(test_many_rules),
		cmocka_unit_test(test_list_limit),
		cmocka_unit_test(test_app_files_limit),
		cmocka_unit_test(test_exceptions_limit),
		cmocka_unit_test(test_overlap_limit),
		cmocka_unit_test(test_compared_limit),
		cmocka_unit_test(test_last_of_many),
		cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_reachable),
		cmocka_unit_test(test_expiring_rule_hides_nothing),
		cmocka_unit_test(test_until),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_packages),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_schema_is_current),
		cmocka_unit_test(test_codes_are_documented),
	};
	int r;

	if (!mkdtemp(dir))
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	remove_dir();
	return r;
}
