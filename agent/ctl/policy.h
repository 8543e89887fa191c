/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands of `sealgate policy` that have a file of their own; argv[0] is the subcommand's name.
 */
#pragma once

#include "ctl/commands.h"

int policy_learn(const struct ctl *ctl, int argc, char **argv);
int policy_override(const struct ctl *ctl, int argc, char **argv);
int policy_simulate(const struct ctl *ctl, int argc, char **argv);
