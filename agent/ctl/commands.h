/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands. Each has one file, reads its own options with getopt_long (argv[0] is the command's
 * name; main.c has reset optind), answers --help, and returns an exit status of ctl/usage.h.
 */
#pragma once

#include "base/lang.h"

/* What was said before the command's name. */
struct ctl {
	const char *config; /* --config, or NULL: the default where it exists */
	const char *socket; /* --socket, or NULL: as the configuration says */
	enum lang lang;
};

int cmd_scan(const struct ctl *ctl, int argc, char **argv);
int cmd_explain(const struct ctl *ctl, int argc, char **argv);
int cmd_status(const struct ctl *ctl, int argc, char **argv);
int cmd_statement(const struct ctl *ctl, int argc, char **argv);
int cmd_incidents(const struct ctl *ctl, int argc, char **argv);
int cmd_justify(const struct ctl *ctl, int argc, char **argv);
int cmd_policy(const struct ctl *ctl, int argc, char **argv);
int cmd_rules(const struct ctl *ctl, int argc, char **argv);
int cmd_quarantine(const struct ctl *ctl, int argc, char **argv);
int cmd_inventory(const struct ctl *ctl, int argc, char **argv);
int cmd_apps(const struct ctl *ctl, int argc, char **argv);
int cmd_keygen(const struct ctl *ctl, int argc, char **argv);
int cmd_sign(const struct ctl *ctl, int argc, char **argv);
int cmd_courier(const struct ctl *ctl, int argc, char **argv);
int cmd_console(const struct ctl *ctl, int argc, char **argv);
int cmd_verify(const struct ctl *ctl, int argc, char **argv);
