/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "settings/settings.h"

struct conf;
struct conf_node;

/* `n` is the value of `sinks`, or NULL. 0, -EBADMSG with diagnostics, or -errno. */
must_check int settings_load_sinks(
	const struct conf *c, const struct conf_node *n, struct diags *d, struct settings *s);
