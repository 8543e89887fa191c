/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's configuration, as every command finds it. */
#pragma once

#include "base/diag.h"
#include "base/macros.h"
#include "settings/settings.h"

enum configured {
	CONFIGURED_STRICT,  /* a file that may not be read is an error */
	CONFIGURED_LENIENT, /* the default file is passed over where it may not be read */
};

/* `config`: what --config said; NULL: the default file where it exists, else what is built in.
   settings_done() is the caller's. 0; -EBADMSG with diagnostics; -errno. */
must_check int configured_load(
	const char *config, enum configured how, struct diags *d, struct settings *ret);

/* The same. 0, or CTL_FAILED after saying why on stderr. */
must_check int configured(const char *config, enum configured how, struct settings *ret);
