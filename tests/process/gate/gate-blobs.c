/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes what a gate is started with, for its tests.
 *
 * gate-blobs config FILE PROTECT HOLD-MS TAGS ON-DEMAND AGENT-PID: the body of SUP_CONFIG.
 * gate-blobs POLICY APPS < lines: the two blobs.
 *	app ID CATEGORY, then for it: exe PATTERN | flatpak NAME | snap NAME
 *	rule NAME ACTION LEVEL-BITS COMPLETENESS-BITS CHANNEL-BITS PATH|-
 *	mode MODE | version N
 * Bits of 0 leave the condition out.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "decide/policy_builder.h"
#include "subject/apptable.h"
#include "wire/config.h"

static void fail(const char *what)
{
	fprintf(stderr, "gate-blobs: %s\n", what);
	exit(2);
}

static void must(int r, const char *what)
{
	if (r < 0)
		fail(what);
}

static void save(const char *path, const struct buf *b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || fd_write_all(fd, buf_view(b)) < 0)
		fail(path);
	fd_close(fd);
}

static void add_rule(struct policy_builder *b, const char *name, const char *action,
	const unsigned bits[3], const char *path)
{
	struct policy_rule_def def = {.name = name};

	must(action_parse(action, &def.action), action);
	def.levels = bits[0];
	def.completeness = bits[1];
	def.channels = bits[2] & 0xff;
	def.posture = bits[2] >> 8; /* of a program */
	def.when = (bits[0] ? POLICY_WHEN_LEVEL : 0) | (bits[1] ? POLICY_WHEN_COMPLETENESS : 0) |
		(def.channels ? POLICY_WHEN_CHANNEL : 0) | (def.posture ? POLICY_WHEN_POSTURE : 0);
	if (strcmp(path, "-") != 0) {
		def.when |= POLICY_WHEN_PATH;
		def.paths = &path;
		def.n_paths = 1;
	}
	must(policy_builder_add(b, &def), name);
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

static void write_config(char **argv)
{
	char nowhere[] = "";
	struct config c = {.state_dir = nowhere,
		.runtime_dir = nowhere,
		.policy = nowhere,
		.protect = {.v = {argv[1]}, .n = 1},
		.workers = 1,
		.uid = UINT32_MAX,
		.gid = UINT32_MAX,
		.hold_ns = (uint64_t)number(argv[2]) * 1000000,
		.cgroup_tags = number(argv[3]) != 0,
		.on_demand = number(argv[4]) != 0,
		.agent_pid = number(argv[5]),
		.policy_gid = UINT32_MAX,
		.console_uid = UINT32_MAX};
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};

	pack_config(&p, &c);
	must(p.error, "configuration");
	save(argv[0], &body);
	buf_done(&body);
}

int main(int argc, char **argv)
{
	struct apptable_builder *apps;
	struct policy_builder *policy;
	struct buf blob = BUF_INIT(0);
	char line[1024], a[512], b[512], path[512];
	unsigned version = 1, bits[3];
	enum mode mode = MODE_ENFORCE;
	uint32_t app = 0;

	if (argc == 8 && strcmp(argv[1], "config") == 0) {
		write_config(argv + 2);
		return 0;
	}
	if (argc != 3)
		fail("two paths");
	must(apptable_builder_new(&apps), "memory");
	must(policy_builder_new(&policy), "memory");
	while (fgets(line, sizeof(line), stdin)) {
		enum category category;

		if (sscanf(line, "app %511s %511s", a, b) == 2) {
			must(category_parse(b, &category), b);
			must(apptable_builder_app(apps, a, a, category, &app), a);
		} else if (sscanf(line, "exe %511s", a) == 1) {
			must(apptable_builder_pattern(apps, app, APP_PATTERN_EXE, a), a);
		} else if (sscanf(line, "flatpak %511s", a) == 1) {
			must(apptable_builder_pattern(apps, app, APP_PATTERN_FLATPAK, a), a);
		} else if (sscanf(line, "snap %511s", a) == 1) {
			must(apptable_builder_pattern(apps, app, APP_PATTERN_SNAP, a), a);
		} else if (sscanf(line, "rule %511s %511s %u %u %u %511s", a, b, &bits[0], &bits[1],
				   &bits[2], path) == 6) {
			add_rule(policy, a, b, bits, path);
		} else if (sscanf(line, "mode %511s", a) == 1) {
			must(mode_parse(a, &mode), a);
		} else if (sscanf(line, "version %u", &version) != 1) {
			fail(line);
		}
	}
	must(apptable_builder_finish(apps, &blob), "applications");
	save(argv[2], &blob);
	buf_clear(&blob);
	must(policy_builder_finish(policy, mode, version, &blob), "policy");
	save(argv[1], &blob);
	buf_done(&blob);
	apptable_builder_free(apps);
	policy_builder_free(policy);
	return 0;
}
