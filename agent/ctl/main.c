/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: global options, then one command of the table. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "ctl/commands.h"
#include "ctl/usage.h"

struct command {
	const char *name;
	int (*run)(const struct ctl *ctl, int argc, char **argv);
	const char *text, *text_vi;
};

/* One row per command that exists; ended by an empty one. */
static const struct command commands[] = {
	{"scan", cmd_scan, "say which documents are classified", "cho biết tài liệu nào có độ mật"},
	{"apps", cmd_apps, "list applications, say which one a process is",
		"liệt kê ứng dụng, cho biết một tiến trình là ứng dụng nào"},
	{"explain", cmd_explain, "what would happen to a document, and why",
		"điều gì sẽ xảy ra với một tài liệu, và vì sao"},
	{"quarantine", cmd_quarantine, "list what was moved away, give it back, delete it",
		"liệt kê tệp bị cách ly, trả lại, xóa"},
	{"policy", cmd_policy, "check a policy, run its decision table",
		"kiểm tra chính sách, chạy bảng quyết định của nó"},
	{"rules", cmd_rules, "check, test and list rule packs",
		"kiểm tra, chạy thử và liệt kê các gói luật"},
	{"status", cmd_status, "how the running agent is, and what it covers",
		"chương trình đang chạy ra sao và bảo vệ những gì"},
	{"inventory", cmd_inventory, "which marked documents lie here",
		"tài liệu có dấu nào đang nằm trên máy này"},
	{"incidents", cmd_incidents, "what happened: list, show, verify the journal",
		"những gì đã xảy ra: liệt kê, xem, kiểm tra nhật ký"},
	{"justify", cmd_justify, "give a reason for opening a document that asks for one",
		"nêu lý do để mở một tài liệu cần lý do"},
	{"console", cmd_console, "a way into the web console, for you alone",
		"đường vào bảng điều khiển web, chỉ cho riêng bạn"},
	{"statement", cmd_statement, "a signed statement of what was covered, and what was lost",
		"bản xác nhận có chữ ký: đã bảo vệ gì, mất mát gì"},
	{"courier", cmd_courier, "signed policy in and incidents out, on removable media",
		"đưa chính sách đã ký vào và sự cố ra bằng thiết bị tháo rời"},
	{"keygen", cmd_keygen, "make a pair of keys", "tạo một cặp khóa"},
	{"sign", cmd_sign, "sign a policy or rules", "ký một chính sách hoặc các luật"},
	{"verify", cmd_verify, "say whether a bundle is whole, and who signed it",
		"cho biết một gói có nguyên vẹn không và ai đã ký"},
	{0},
};

enum lang ctl_lang;

static const struct usage main_usage = {
	.synopsis = "[--config FILE] [--socket PATH] [--lang vi|en] COMMAND ...",
	.text = "Finds classified documents and says what may happen to them.",
	.options =
		{
			{"--config FILE", "the agent's configuration (agent.yaml)"},
			{"--socket PATH", "the agent's control socket"},
			{"--lang vi|en", "language of messages; by default the locale's"},
			{"--version", "print the version and exit"},
			{"--help", "this text; \"sealgate COMMAND --help\" for a command's own"},
		},
};

enum {
	OPT_CONFIG = 256,
	OPT_SOCKET,
	OPT_LANG,
	OPT_VERSION,
	OPT_HELP,
};

static const struct option options[] = {
	{"config", required_argument, NULL, OPT_CONFIG},
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"lang", required_argument, NULL, OPT_LANG},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static void help(enum lang lang)
{
	usage_print(stdout, &main_usage);
	puts("\ncommands:");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-24s%s\n", c->name, lang_pick(lang, c->text, c->text_vi));
	puts("\nexit status: 0 done, 1 something found or not valid, 2 usage or could not do it");
}

static int run(const struct ctl *ctl, int argc, char **argv)
{
	const char *names[ARRAY_SIZE(commands)] = {0};
	const char *nearest;

	for (size_t i = 0; commands[i].name; i++) {
		names[i] = commands[i].name;
		if (strcmp(commands[i].name, argv[0]) == 0) {
			optind = 0; /* glibc: start anew, with the "+" of the next option string */
			return commands[i].run(ctl, argc, argv);
		}
	}
	nearest = diag_nearest(argv[0], names);
	if (!nearest)
		return usage_error(&main_usage, "no command \"%s\"", argv[0]);
	return usage_error(
		&main_usage, "no command \"%s\"; did you mean \"%s\"?", argv[0], nearest);
}

int main(int argc, char **argv)
{
	struct ctl ctl = {.lang = lang_from_environment()};
	int c;

	ctl_lang = ctl.lang;
	setlocale(LC_ALL, "C.UTF-8");
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:h", options, NULL)) != -1) {
		switch (c) {
		case OPT_CONFIG: ctl.config = optarg; break;
		case OPT_SOCKET: ctl.socket = optarg; break;
		case OPT_LANG:
			if (lang_parse(optarg, &ctl.lang) < 0)
				return usage_error(&main_usage,
					"--lang is \"vi\" or \"en\", not \"%s\"", optarg);
			ctl_lang = ctl.lang;
			break;
		case OPT_VERSION: puts("sealgate " SEALGATE_VERSION); return CTL_DONE;
		case OPT_HELP:
		case 'h': help(ctl.lang); return CTL_DONE;
		case ':': return usage_error(&main_usage, "%s needs an argument", argv[optind - 1]);
		default: return usage_error(&main_usage, "unknown option %s", argv[optind - 1]);
		}
	}
	if (optind >= argc)
		return usage_error(&main_usage, "no command given; see \"sealgate --help\"");
	return run(&ctl, argc - optind, argv + optind);
}
