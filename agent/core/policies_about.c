/* SPDX-License-Identifier: Apache-2.0 */
/* What is in force, and what was. */
#include "core/policies_internal.h"

#include <errno.h>

#include "base/clock.h"
#include "core/trust.h"

const struct policy *policies_policy(const struct policies *p)
{
	return p->now.policy;
}

const struct apptable *policies_apps(const struct policies *p)
{
	return p->now.apps;
}

const struct policy *policies_policy_at(const struct policies *p, uint32_t version)
{
	if (p->next.set.policy && p->next.set.version == version)
		return p->next.set.policy;
	if (p->before.policy && p->before.version == version)
		return p->before.policy;
	return p->now.policy;
}

uint32_t policies_version(const struct policies *p)
{
	return p->now.version;
}

static void write_version(struct json *j, const struct version *v)
{
	char time[CLOCK_TEXT_MAX];

	json_object(j);
	json_key_u64(j, "version", v->number);
	clock_format(v->time, time);
	json_key_str(j, "time", time);
	json_key_str(j, "user", v->user);
	json_key_u64(j, "uid", v->uid);
	json_key_str(j, "how", version_how_name(v->how));
	json_key(j, "repeats");
	v->from ? json_u64(j, v->from) : json_null(j);
	json_key_str(j, "reason", v->reason);
	json_key(j, "digest");
	json_hex(j, v->digest, SHA256_SIZE);
	json_key_u64(j, "counter", v->counter);
	json_key_str(j, "signers", v->signers);
	json_key(j, "in_force_since");
	if (v->in_force) {
		clock_format(v->in_force, time);
		json_str(j, time);
	} else {
		json_null(j);
	}
	json_object_end(j);
}

int policies_history(const struct policies *p, uint32_t limit, struct buf *ret)
{
	size_t n = versions_n(p->versions), end = limit && limit < n ? n - limit : 0;
	struct json j;

	json_init(&j, ret);
	json_object(&j);
	json_key_u64(&j, "current", p->now.version);
	json_key(&j, "versions");
	json_array(&j);
	for (size_t i = n; i-- > end;)
		write_version(&j, versions_at(p->versions, i));
	json_array_end(&j);
	json_object_end(&j);
	return json_error(&j);
}

int policies_show(
	const struct policies *p, uint32_t version, struct buf *ret_about, struct buf *ret_bundle)
{
	const struct version *v = version ? versions_get(p->versions, version)
					  : versions_current(p->versions);
	struct json j;
	int r = v ? versions_read(p->versions, v, ret_bundle) : -ENOENT;

	if (r < 0)
		return r;
	json_init(&j, ret_about);
	write_version(&j, v);
	return json_error(&j);
}

const char *policies_error(const struct policies *p)
{
	return p->error;
}

void policies_status(const struct policies *p, struct json *j)
{
	const struct version *v = versions_current(p->versions);

	json_key_str(j, "file", policies_file_path(p->core));
	json_key_u64(j, "version", p->now.version);
	json_key_str(j, "mode", mode_name(policy_mode(p->now.policy)));
	json_key_u64(j, "rules", policy_n_rules(p->now.policy));
	json_key_u64(j, "applications", apptable_n(p->now.apps));
	json_key_bool(j, "file_refused", p->file_refused);
	json_key_str(j, "origin", v ? version_how_name(v->how) : "shipped");
	json_key_str(j, "author", v ? v->user : "");
	json_key_str(j, "signers", v ? v->signers : "");
	json_key_bool(
		j, "signatures_required", (p->core->config.require_signatures & TRUST_POLICY) != 0);
	json_key_u64(j, "applied", p->applied);
	json_key_u64(j, "refused", p->refused);
}
