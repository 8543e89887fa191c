/* SPDX-License-Identifier: Apache-2.0 */
/* The policy file, which is in force as soon as it is saved. */
#include "core/policies_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "policyfile/policyfile.h"

static bool is_shipped(const char *path)
{
	return strncmp(path, SEALGATE_DATADIR "/", strlen(SEALGATE_DATADIR) + 1) == 0;
}

/* The file's bundle, as bytes: it may be one itself. */
static int read_file(const char *path, struct diags *d, struct buf *ret)
{
	cleanup_with(bundle_done) struct bundle b = {0};
	int r = fd_read_path(path, BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX, ret);

	if (r < 0 || bundle_is(buf_view(ret)))
		return r;
	buf_clear(ret);
	r = policyfile_bundle(path, d, &b);
	return r < 0 ? r : bundle_write(&b, ret);
}

/* The shipped one stands in for the administrator's own until that is there. */
const char *policies_file_path(const struct core *core)
{
	return core->config.policy_is_shipped && access(POLICIES_OWN, F_OK) == 0
		? POLICIES_OWN
		: core->config.policy;
}

static struct policies_request file_request(const struct core *core)
{
	struct policies_request r = {.reason = "", .how = VERSION_HOW_FILE};
	const char *path = policies_file_path(core);
	struct stat st;

	if (is_shipped(path))
		r.how = VERSION_HOW_SHIPPED;
	if (stat(path, &st) == 0)
		r.uid = st.st_uid;
	snprintf(r.user, sizeof(r.user), "%s", r.how == VERSION_HOW_SHIPPED ? "package" : "file");
	return r;
}

/* What somebody chose: neither the package's, nor gone back to that. */
static bool is_own(const struct policies *p)
{
	const struct version *v = versions_current(p->versions);

	if (v && v->how == VERSION_HOW_ROLLBACK)
		v = versions_get(p->versions, v->from);
	return v && v->how != VERSION_HOW_SHIPPED;
}

/* The digest of the bytes: whether somebody has edited it. A new package, or a policy file that is
   gone, is no reason to put the shipped policy in the place of one that somebody chose. */
static int is_news(const struct policies *p, const struct policies_request *who,
	const struct buf *bytes, uint8_t ret[SHA256_SIZE])
{
	int r = sha256(buf_view(bytes), ret);

	if (r < 0)
		return r;
	return !versions_is_seen(p->versions, ret) &&
		!(who->how == VERSION_HOW_SHIPPED && is_own(p));
}

/* Diagnostics of a bundle's files as the files are called that it was made of. */
static void name_files(struct diags *d, const char *policy)
{
	const char *slash = strrchr(policy, '/');
	int folder = slash ? (int)(slash - policy + 1) : 0;

	for (size_t i = 0; i < d->n; i++) {
		char name[sizeof(d->v[i].file)];

		if (d->v[i].file[0] == '/')
			continue;
		memcpy(name, d->v[i].file, sizeof(name));
		if (strcmp(name, BUNDLE_POLICY) == 0)
			name[0] = '\0';
		/* Where it does not fit, its end is missing. */
		if (snprintf(d->v[i].file, sizeof(name), "%.*s%s", name[0] ? folder : INT_MAX,
			    policy, name) < 0)
			d->v[i].file[0] = '\0';
	}
}

static int take_file(struct policies *p, struct refusal *f, struct buf *ret_text)
{
	struct buf bytes = BUF_INIT(BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX);
	struct policies_request r = file_request(p->core);
	struct proposal n = {.from_file = true};
	uint8_t digest[SHA256_SIZE];
	const char *path = policies_file_path(p->core);
	int e = read_file(path, &f->diags, &bytes);

	if (e < 0 && e != -EBADMSG && f->diags.errors == 0)
		policies_refuse(f, "%s: %s", path, strerror(-e));
	if (e == 0)
		e = is_news(p, &r, &bytes, digest);
	if (e > 0) {
		e = policies_propose(p, &r, buf_view(&bytes), 0, &n, f, ret_text);
		if (e == 0)
			p->next = n;
		else
			policy_set_done(&n.set);
		name_files(&f->diags, path);
		if (e >= 0 && versions_saw(p->versions, digest) < 0)
			unchecked(incidents_note(p->core->ledger, "agent", "policy",
				"the policy file will be read again at the next start"));
		e = MIN(e, 0);
	}
	buf_done(&bytes);
	return e;
}

/* The same as before, though the accounts or packages that it names may mean others now. */
int policies_renew(struct policies *p, struct diags *d)
{
	const struct version *v = versions_current(p->versions);
	struct buf bytes = BUF_INIT(BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX);
	cleanup_with(bundle_done) struct bundle b = {0};
	struct policy_set fresh = {0};
	char why[300];
	int r = v ? versions_read(p->versions, v, &bytes) : -ENOENT;

	if (r == 0)
		r = bundle_parse(buf_view(&bytes), &b, why, sizeof(why));
	if (r == 0)
		r = policies_compile(p, &b, v->number, d, &fresh);
	buf_done(&bytes);
	if (r < 0)
		return r;
	policy_set_done(&p->now);
	p->now = fresh;
	return 0;
}

int policies_file(struct policies *p, struct buf *ret_why)
{
	cleanup_with(freep) struct refusal *f = calloc(1, sizeof(*f));
	struct policies_request who = file_request(p->core);
	struct buf text = BUF_INIT(POLICIES_WHY_MAX);
	int r;

	if (!f)
		return -ENOMEM;
	if (p->next.id)
		return 1;
	r = take_file(p, f, &text);
	buf_done(&text);
	p->file_refused = r < 0;
	if (r == 0 && !p->next.id && policies_renew(p, &f->diags) < 0)
		unchecked(incidents_note(p->core->ledger, "agent", "policy",
			"version %u could not be read again and stays as it was", p->now.version));
	if (r < 0) {
		policies_explain(f, r, ret_why);
		p->refused++;
		policies_keep_error(p, ret_why);
		policies_note(p, "refused", &who, NULL, p->error);
		return -EBADMSG;
	}
	if (!p->next.id)
		p->error[0] = 0;
	return 0;
}
