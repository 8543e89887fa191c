/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/configured.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/usage.h"

static const char standard[] = SEALGATE_SYSCONFDIR "/agent.yaml";

int configured_load(const char *config, enum configured how, struct diags *d, struct settings *ret)
{
	if (!config && access(standard, how == CONFIGURED_STRICT ? F_OK : R_OK) == 0)
		config = standard;
	return settings_load(config, d, ret);
}

int configured(const char *config, enum configured how, struct settings *ret)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return ctl_error("out of memory");
	r = configured_load(config, how, d, ret);
	ctl_diags(d);
	if (r < 0 && d->errors == 0)
		return ctl_error("%s: %s", config ? config : standard, strerror(-r));
	return r < 0 ? CTL_FAILED : 0;
}
