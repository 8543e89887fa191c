/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "settings/settings.h"

static char dir[] = "/tmp/test-settings-XXXXXX";
static char file[64];
static struct diags diags;

static int load(const char *text, struct settings *ret)
{
	FILE *f = fopen(file, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	memset(&diags, 0, sizeof(diags));
	return settings_load(file, &diags, ret);
}

static void refused(const char *text, const char *code, unsigned line, unsigned col)
{
	struct settings s;

	assert_int_equal(load(text, &s), -EBADMSG);
	assert_string_equal(diags.v[0].code, code);
	assert_string_equal(diags.v[0].file, file);
	assert_int_equal(diags.v[0].line, line);
	assert_int_equal(diags.v[0].col, col);
}

static void test_defaults(void **state)
{
	struct settings s;

	(void)state;
	memset(&diags, 0, sizeof(diags));
	assert_int_equal(settings_load(NULL, &diags, &s), 0);
	assert_string_equal(s.state_dir, SEALGATE_STATEDIR);
	assert_string_equal(s.runtime_dir, SEALGATE_RUNDIR);
	assert_string_equal(s.policy,
		access(SEALGATE_SYSCONFDIR "/policy.yaml", F_OK) == 0
			? SEALGATE_SYSCONFDIR "/policy.yaml"
			: SEALGATE_DATADIR "/policy/default.yaml");
	assert_int_equal(s.rules.n, 2);
	assert_int_equal(s.crawl.under_load, SETTINGS_CRAWL_SLOW);
	assert_string_equal(s.evidence.certificate, "");
	assert_int_equal(s.evidence.file_bytes, 32U << 20);
	assert_int_equal(s.evidence.total_bytes, 1U << 30);
	assert_int_equal(s.evidence.keep_ns / NSEC_PER_SEC, 90 * 86400);
	assert_string_equal(s.rules.v[1], SEALGATE_SYSCONFDIR "/rules.d");
	assert_true(s.protect.n > 0);
	assert_true(s.protect_is_default);
	assert_int_equal(s.watch.n, s.protect.n);
	assert_string_equal(s.watch.v[0], s.protect.v[0]);
	assert_int_equal(s.workers, 2);
	assert_int_equal(s.arm, SETTINGS_ARM_ON_DEMAND);
	assert_int_equal(s.limits.hold_ns, 300 * NSEC_PER_MSEC);
	assert_int_equal(s.limits.file_bytes, UINT64_C(512) << 20);
	settings_done(&s);
	settings_done(&s);
}

static void test_all_keys(void **state)
{
	struct settings s;
	char expect[100];

	(void)state;
	assert_int_equal(load("state-dir: state\n"
			      "runtime-dir: ./run//x/\n"
			      "policy: ../policy.yaml\n"
			      "rules: [rules, /etc/rules]\n"
			      "protect: /srv/docs\n"
			      "watch: []\n"
			      "workers: 4\n"
			      "arm: always\n"
			      "policy-group: security\n"
			      "policy-versions: 50\n"
			      "require-signatures: [policy, advisories]\n"
			      "trusted-keys: keys\n"
			      "two-signatures: when-weaker\n"
			      "crawl: {under-load: as-ever}\n"
			      "evidence: {certificate: keys/reviewers.pem, file-size: 1 MiB, "
			      "max-size: 0, keep: 0}\n"
			      "limits:\n"
			      "  hold: 1 s\n"
			      "  scan-cpu: 3s\n"
			      "  background-cpu: 1 min\n"
			      "  file-size: 1 GiB\n"
			      "  worker-memory: 256 MiB\n",
				 &s),
		0);
	assert_int_equal(diags.n, 0);
	snprintf(expect, sizeof(expect), "%s/state", dir);
	assert_string_equal(s.state_dir, expect);
	snprintf(expect, sizeof(expect), "%s/run/x", dir);
	assert_string_equal(s.runtime_dir, expect);
	assert_string_equal(s.policy, "/tmp/policy.yaml");
	assert_int_equal(s.rules.n, 2);
	assert_int_equal(s.crawl.under_load, SETTINGS_CRAWL_AS_EVER);
	assert_int_equal(s.crawl.on_battery, SETTINGS_CRAWL_SLOW);
	snprintf(expect, sizeof(expect), "%s/keys/reviewers.pem", dir);
	assert_string_equal(s.evidence.certificate, expect);
	assert_int_equal(s.evidence.file_bytes, 1U << 20);
	assert_int_equal(s.evidence.total_bytes, 0);
	assert_int_equal(s.evidence.keep_ns, 0);
	snprintf(expect, sizeof(expect), "%s/rules", dir);
	assert_string_equal(s.rules.v[0], expect);
	assert_string_equal(s.rules.v[1], "/etc/rules");
	assert_int_equal(s.protect.n, 1);
	assert_string_equal(s.protect.v[0], "/srv/docs");
	assert_false(s.protect_is_default);
	assert_int_equal(s.watch.n, 0);
	assert_int_equal(s.workers, 4);
	assert_int_equal(s.arm, SETTINGS_ARM_ALWAYS);
	assert_string_equal(s.policy_group, "security");
	assert_int_equal(s.require_signatures,
		1U << SETTINGS_SIGNED_POLICY | 1U << SETTINGS_SIGNED_ADVISORIES);
	assert_int_equal(s.trusted_keys.n, 1);
	assert_int_equal(s.two_signatures, SETTINGS_TWO_WHEN_WEAKER);
	assert_int_equal(s.policy_versions, 50);
	assert_int_equal(s.limits.hold_ns, NSEC_PER_SEC);
	assert_int_equal(s.limits.scan_cpu_ns, 3 * NSEC_PER_SEC);
	assert_int_equal(s.limits.background_cpu_ns, 60 * NSEC_PER_SEC);
	assert_int_equal(s.limits.file_bytes, UINT64_C(1) << 30);
	assert_int_equal(s.limits.worker_memory, UINT64_C(256) << 20);
	settings_done(&s);
}

static void test_console(void **state)
{
	static const char *const bad[] = {
		"console: {listen: 0.0.0.0:8620}\n",
		"console: {listen: \"127.0.0.1:0\"}\n",
		"console: {listen: \"127.0.0.1:65536\"}\n",
		"console: {listen: \"127.0.0.1:86x\"}\n",
		"console: {listen: \"\"}\n",
		"console: {listen: run/web.sock}\n",
		"console: {roles: {boss: all}}\n",
		"console: {role: {reviewer: all}}\n",
		"console: {session: 3 d}\n",
		"console: {idle: 1 s}\n",
	};
	struct settings s;
	uint16_t port;
	bool path, v6;

	(void)state;
	assert_int_equal(load("reviewers: sec\npolicy-group: pol\n", &s), 0);
	assert_string_equal(s.console.listen, "127.0.0.1:8620");
	assert_string_equal(s.console.roles[SETTINGS_ROLE_REVIEWER], "sec");
	assert_string_equal(s.console.roles[SETTINGS_ROLE_AUTHOR], "pol");
	assert_string_equal(s.console.roles[SETTINGS_ROLE_APPROVER], "pol");
	assert_string_equal(s.console.roles[SETTINGS_ROLE_AUDITOR], "");
	assert_int_equal(s.console.session_ns, 8 * 3600 * NSEC_PER_SEC);
	assert_int_equal(s.console.idle_ns, 1800 * NSEC_PER_SEC);
	settings_done(&s);
	assert_int_equal(load("reviewers: sec\n"
			      "console:\n"
			      "  listen: /run/sealgate-web/console.sock\n"
			      "  session: 1 h\n"
			      "  idle: 5 min\n"
			      "  roles: {reviewer: a, author: b, approver: c, auditor: d}\n",
				 &s),
		0);
	assert_int_equal(diags.n, 0);
	assert_int_equal(settings_listen(s.console.listen, &path, &v6, &port), 0);
	assert_true(path);
	assert_string_equal(s.console.roles[SETTINGS_ROLE_REVIEWER], "a");
	assert_string_equal(s.console.roles[SETTINGS_ROLE_AUDITOR], "d");
	assert_int_equal(s.console.idle_ns, 300 * NSEC_PER_SEC);
	settings_done(&s);
	assert_int_equal(settings_listen("[::1]:9000", &path, &v6, &port), 0);
	assert_true(v6 && !path && port == 9000);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(load(bad[i], &s), -EBADMSG);
		assert_int_equal(diags.errors, 1);
	}
}

static void test_watch_follows_protect(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(load("protect: [/a, /]\n", &s), 0);
	assert_int_equal(s.watch.n, 2);
	assert_string_equal(s.watch.v[0], "/a");
	assert_string_equal(s.watch.v[1], "/");
	settings_done(&s);
}

static void test_refused(void **state)
{
	(void)state;
	refused("protcet: [/srv]\n", "S001", 1, 1);
	assert_string_equal(diags.v[0].hint, "did you mean `protect`?");
	refused("limits:\n  holt: 1 s\n", "S001", 2, 3);
	refused("limits: 5\n", "S001", 1, 9);
	refused("workers: 0\n", "S002", 1, 10);
	refused("workers: 65\n", "S002", 1, 10);
	refused("workers: two\n", "S002", 1, 10);
	refused("arm: sometimes\n", "S002", 1, 6);
	refused("require-signatures: [policy, law]\n", "S002", 1, 30);
	refused("policy-versions: 9\n", "S002", 1, 18);
	refused("two-signatures: always\n", "S002", 1, 17);
	refused("arm: [always]\n", "S002", 1, 6);
	refused("limits:\n  hold: 300\n", "S002", 2, 9);
	refused("limits:\n  hold: 61 s\n", "S002", 2, 9);
	refused("limits:\n  hold: 0\n", "S002", 2, 9);
	refused("limits:\n  file-size: 1 B\n", "S002", 2, 14);
	refused("limits:\n  worker-memory: 63 MiB\n", "S002", 2, 18);
	refused("state-dir: [a]\n", "S002", 1, 12);
	refused("state-dir: \"\"\n", "S002", 1, 12);
	refused("protect: []\n", "S003", 1, 10);
	refused("rules: []\n", "S003", 1, 8);
	refused("protect: [/a, [b]]\n", "S002", 1, 15);
	refused("- a\n", "S001", 1, 1);
	refused("a: [\n", "C001", 2, 1);
	/* All of them in one run. */
	refused("workers: x\nstate-dir: {}\nnothing: 1\n", "S001", 3, 1);
	assert_int_equal(diags.errors, 3);
}

static void test_paths_limit(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};
	struct settings s;

	(void)state;
	assert_int_equal(buf_put_str(&b, "watch:\n"), 0);
	for (unsigned i = 0; i < SETTINGS_PATHS_MAX; i++)
		assert_int_equal(buf_printf(&b, "- /p%u\n", i), 0);
	assert_int_equal(buf_terminate(&b), 0);
	assert_int_equal(load((char *)b.p, &s), 0);
	assert_int_equal(s.watch.n, SETTINGS_PATHS_MAX);
	settings_done(&s);
	assert_int_equal(buf_put_str(&b, "- /more\n"), 0);
	assert_int_equal(buf_terminate(&b), 0);
	refused((char *)b.p, "S004", SETTINGS_PATHS_MAX + 2, 3);
}

static void test_missing_file(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(settings_load("/nonexistent/agent.yaml", &diags, &s), -ENOENT);
}

static void test_table(void **state)
{
	const char *key, *type, *value, *text;
	unsigned n = 0;

	(void)state;
	for (; settings_key(n, &key, &type, &value, &text); n++)
		assert_true(key[0] && type[0] && value[0] && text[0]);
	assert_int_equal(n, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_console),
		cmocka_unit_test(test_watch_follows_protect),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_paths_limit),
		cmocka_unit_test(test_missing_file),
		cmocka_unit_test(test_table),
	};
	int r;

	if (!mkdtemp(dir))
		return 1;
	snprintf(file, sizeof(file), "%s/agent.yaml", dir);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(file);
	rmdir(dir);
	return r;
}
