/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/policy_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/configured.h"
#include "ctl/host.h"
#include "ctl/usage.h"
#include "settings/settings.h"

#define CONFIG_DEFAULT SEALGATE_SYSCONFDIR "/agent.yaml"

struct policy_load *policy_load_free(struct policy_load *l)
{
	if (!l)
		return NULL;
	policy_close(l->policy);
	apptable_close(l->apps);
	buf_done(&l->policy_blob);
	buf_done(&l->apps_blob);
	free(l->path);
	free(l);
	return NULL;
}

static int configured_path(const struct ctl *ctl, struct policy_load *l)
{
	cleanup_with(settings_done) struct settings s = {0};
	int r = configured_load(ctl->config, CONFIGURED_STRICT, &l->diags, &s);

	if (r == -EBADMSG) {
		ctl_diags(&l->diags);
		return CTL_FAILED;
	}
	if (r < 0)
		return ctl_error(
			"%s: %s", ctl->config ? ctl->config : CONFIG_DEFAULT, strerror(-r));
	l->path = steal(&s.policy);
	return CTL_DONE;
}

static int check_here(const struct ctl *ctl, struct policy_load *l)
{
	cleanup_with(settings_done) struct settings s = {0};
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	struct host host;

	if (!d)
		return -ENOMEM;
	/* A configuration that is wrong is no fault of the policy: nothing is known of it. */
	if (configured_load(ctl->config, CONFIGURED_STRICT, d, &s) < 0)
		s = (struct settings){0};
	host_look(&s, &host);
	return policyfile_check(
		l->path, &host.known, &l->diags, &l->info, &l->policy_blob, &l->apps_blob);
}

static int compile(const struct ctl *ctl, struct policy_load *l, bool for_people)
{
	int r = for_people ? check_here(ctl, l)
			   : policyfile_compile(l->path, 0, &l->diags, &l->info, &l->policy_blob,
				     &l->apps_blob);

	if (r == -EBADMSG)
		return CTL_FOUND;
	if (r == 0)
		r = policy_open(buf_view(&l->policy_blob), &l->policy);
	if (r == 0)
		r = apptable_open(buf_view(&l->apps_blob), &l->apps);
	return r < 0 ? ctl_error("%s: %s", l->path, strerror(-r)) : CTL_DONE;
}

static int load(const struct ctl *ctl, const char *path, bool for_people, struct policy_load **ret)
{
	struct policy_load *l = calloc(1, sizeof(*l));
	int r = CTL_DONE;

	if (!l)
		return ctl_error("out of memory");
	if (!path)
		r = configured_path(ctl, l);
	else if (!(l->path = strdup(path)))
		r = ctl_error("out of memory");
	if (r == CTL_DONE)
		r = compile(ctl, l, for_people);
	if (r == CTL_FAILED)
		l = policy_load_free(l);
	*ret = l;
	return r;
}

int policy_load(const struct ctl *ctl, const char *path, struct policy_load **ret)
{
	return load(ctl, path, false, ret);
}

int policy_load_check(const struct ctl *ctl, const char *path, struct policy_load **ret)
{
	return load(ctl, path, true, ret);
}
