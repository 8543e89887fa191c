/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.yaml into struct settings. One table says each key, its type, its bounds, its default and
 * its sentence; the parser, the check for unknown keys and settings_key() all read it.
 */
#include "settings/settings.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "model/level.h"
#include "settings/settings_private.h"

#define CODE_KEY   "S001" /* unknown key */
#define CODE_VALUE "S002" /* wrong type, or out of bounds */
#define CODE_EMPTY "S003" /* a list without which the agent would do nothing */
#define CODE_PATHS "S004" /* more than SETTINGS_PATHS_MAX */

#define POLICY_OWN     SEALGATE_SYSCONFDIR "/policy.yaml"
#define POLICY_SHIPPED SEALGATE_DATADIR "/policy/default.yaml"

enum type {
	TYPE_PATH,
	TYPE_PATHS,
	TYPE_NAME,
	TYPE_NUMBER, /* uint32_t */
	TYPE_CHOICE, /* uint32_t: which of `choices` */
	TYPE_SET,    /* uint32_t: a bit per one of `choices` */
	TYPE_DURATION,
	TYPE_SIZE,
	TYPE_MAX,
};

struct key {
	const char *name; /* "limits.hold": `hold` below `limits` */
	enum type type;
	bool may_be_empty;
	size_t offset;
	uint64_t min, max;
	uint64_t value;    /* the default of numbers */
	const char *path;  /* the default of a path; of paths, separated by colons */
	const char *shown; /* the default as people write it */
	const char *text;
	const char *const *choices; /* terminated; the first is the default */
};

#define MIB        (UINT64_C(1) << 20)
#define DAY        (86400 * NSEC_PER_SEC)
#define AT(member) offsetof(struct settings, member)
#define LISTEN     "127.0.0.1:8620"

/* In the order of enum settings_arm. */
static const char *const arm_choices[] = {"on-demand", "always", NULL};

/* In the order of enum settings_when_full. */
static const char *const when_full_choices[] = {"keep-old", "drop-oldest", NULL};

/* In the order of enum settings_level. */
static const char *const level_choices[] = {
	"never", "top-secret", "secret", "confidential", "internal", NULL};

/* In the order of enum settings_signed. */
static const char *const signed_choices[] = {"policy", "rules", "advisories", NULL};

/* In the order of enum settings_two. */
static const char *const two_choices[] = {"never", "when-weaker", NULL};

/* In the order of enum settings_crawl. */
static const char *const crawl_choices[] = {"slow", "as-ever", NULL};

static const struct key keys[] = {
	{"state-dir", TYPE_PATH, false, AT(state_dir), 0, 0, 0, SEALGATE_STATEDIR,
		SEALGATE_STATEDIR, "The agent's own data: journal, facts, accepted policies."},
	{"runtime-dir", TYPE_PATH, false, AT(runtime_dir), 0, 0, 0, SEALGATE_RUNDIR,
		SEALGATE_RUNDIR, "Sockets of the running agent."},
	{"policy", TYPE_PATH, false, AT(policy), 0, 0, 0, POLICY_OWN, POLICY_OWN,
		"The policy; where the default is absent, the one shipped with sealgate applies."},
	{"rules", TYPE_PATHS, false, AT(rules), 0, 0, 0,
		SEALGATE_DATADIR "/rules:" SEALGATE_SYSCONFDIR "/rules.d",
		"[" SEALGATE_DATADIR "/rules, " SEALGATE_SYSCONFDIR "/rules.d]",
		"Folders of rule packs, all of which are loaded."},
	{"protect", TYPE_PATHS, false, AT(protect), 0, 0, 0,
		"/home:/root:/srv:/media:/mnt:/run/media:/tmp:/var/tmp",
		"[/home, /root, /srv, /media, /mnt, /run/media, /tmp, /var/tmp]",
		"Directories that are protected; what lies outside is never judged."},
	{"watch", TYPE_PATHS, true, AT(watch), 0, 0, 0, NULL, "what `protect` says",
		"Directories whose documents are scanned ahead of time."},
	{"workers", TYPE_NUMBER, false, AT(workers), 1, 64, 2, NULL, "2",
		"Processes that scan documents."},
	{"arm", TYPE_CHOICE, false, AT(arm), 0, 0, SETTINGS_ARM_ON_DEMAND, NULL, "on-demand",
		"When opens are looked at: on-demand (while an application runs), or always.",
		arm_choices},
	{"reviewers", TYPE_NAME, false, AT(reviewers), 0, 0, 0, "", "only root",
		"The group whose members may read the journal and mark incidents."},
	{"policy-group", TYPE_NAME, false, AT(policy_group), 0, 0, 0, "", "only root",
		"Members of this group may apply policies, as root may."},
	{"policy-versions", TYPE_NUMBER, false, AT(policy_versions), 10, 1000000, 1000, NULL,
		"1000", "Versions of the policy that are kept; older ones go, which is recorded."},
	{"require-signatures", TYPE_SET, true, AT(require_signatures), 0, 0, 0, NULL, "[]",
		"What is taken only with a trusted signature: policy, rules, advisories.",
		signed_choices},
	{"trusted-keys", TYPE_PATHS, true, AT(trusted_keys), 0, 0, 0, SEALGATE_SYSCONFDIR "/keys",
		"[" SEALGATE_SYSCONFDIR "/keys]",
		"Public keys whose signatures count, and folders of them (*.pub)."},
	{"two-signatures", TYPE_CHOICE, false, AT(two_signatures), 0, 0, SETTINGS_TWO_NEVER, NULL,
		"never",
		"when-weaker: a policy that protects a state-secret level less needs two signers.",
		two_choices},
	{"limits.hold", TYPE_DURATION, false, AT(limits.hold_ns), NSEC_PER_MSEC, 60 * NSEC_PER_SEC,
		300 * NSEC_PER_MSEC, NULL, "300 ms", "The longest that an open is held."},
	{"limits.scan-cpu", TYPE_DURATION, false, AT(limits.scan_cpu_ns), 10 * NSEC_PER_MSEC,
		600 * NSEC_PER_SEC, 2 * NSEC_PER_SEC, NULL, "2 s",
		"Processor time for a document that somebody waits for."},
	{"limits.background-cpu", TYPE_DURATION, false, AT(limits.background_cpu_ns),
		10 * NSEC_PER_MSEC, 3600 * NSEC_PER_SEC, 30 * NSEC_PER_SEC, NULL, "30 s",
		"Processor time for a document that nobody waits for."},
	{"limits.file-size", TYPE_SIZE, false, AT(limits.file_bytes), 1024, 64 * 1024 * MIB,
		512 * MIB, NULL, "512 MiB", "Larger files are not read and count as `too-big`."},
	{"limits.worker-memory", TYPE_SIZE, false, AT(limits.worker_memory), 64 * MIB,
		64 * 1024 * MIB, 512 * MIB, NULL, "512 MiB", "Memory of one scanning process."},
	{"limits.quarantine", TYPE_SIZE, false, AT(limits.quarantine_bytes), 0, 1024 * 1024 * MIB,
		2048 * MIB, NULL, "2 GiB",
		"The most that the quarantine takes; what does not fit is left where it is."},
	{"crawl.under-load", TYPE_CHOICE, false, AT(crawl.under_load), 0, 0, SETTINGS_CRAWL_SLOW,
		NULL, "slow",
		"How documents are looked for ahead of time while others need the processor: slow, "
		"or as-ever.",
		crawl_choices},
	{"crawl.on-battery", TYPE_CHOICE, false, AT(crawl.on_battery), 0, 0, SETTINGS_CRAWL_SLOW,
		NULL, "slow", "The same while the machine runs on its battery.", crawl_choices},
	{"journal.file-size", TYPE_SIZE, false, AT(journal.segment_bytes), 64U << 10, 1024 * MIB,
		64 * MIB, NULL, "64 MiB",
		"A file of the journal that large is closed and a new one begun."},
	{"journal.max-size", TYPE_SIZE, false, AT(journal.total_bytes), 0, 1024 * 1024 * MIB, 0,
		NULL, "0", "The most that the whole journal takes; 0 for no limit."},
	{"journal.keep", TYPE_DURATION, false, AT(journal.keep_ns), 0, 36500 * DAY, 0, NULL, "0",
		"Records older than this are removed, which is recorded; 0 keeps them for ever."},
	{"journal.when-full", TYPE_CHOICE, false, AT(journal.when_full), 0, 0,
		SETTINGS_WHEN_FULL_KEEP_OLD, NULL, "keep-old",
		"On a full disk or at `max-size`: keep-old (new records wait in memory and are "
		"counted when lost), or drop-oldest.",
		when_full_choices},
	{"journal.hide-names", TYPE_CHOICE, false, AT(journal.hide_names), 0, 0,
		SETTINGS_LEVEL_NEVER, NULL, "never",
		"From this level up, names of files are shown only on request, which is recorded.",
		level_choices},
	{"journal.hide-snippets", TYPE_CHOICE, false, AT(journal.hide_snippets), 0, 0,
		SETTINGS_LEVEL_NEVER, NULL, "never",
		"From this level up, what was found is shown only on request, which is recorded.",
		level_choices},
	{"journal.omit-names", TYPE_CHOICE, false, AT(journal.omit_names), 0, 0,
		SETTINGS_LEVEL_NEVER, NULL, "never",
		"From this level up, names of files are not even recorded.", level_choices},
	{"evidence.certificate", TYPE_PATH, false, AT(evidence.certificate), 0, 0, 0, "",
		"none: no copies are kept",
		"The reviewers' certificate (PEM), to which evidence copies are encrypted."},
	{"evidence.file-size", TYPE_SIZE, false, AT(evidence.file_bytes), 1024, 1024 * MIB,
		32 * MIB, NULL, "32 MiB", "Of larger documents no copy is kept."},
	{"evidence.max-size", TYPE_SIZE, false, AT(evidence.total_bytes), 0, 1024 * 1024 * MIB,
		1024 * MIB, NULL, "1 GiB",
		"The most that all copies take; what does not fit is not kept, which is "
		"recorded."},
	{"evidence.keep", TYPE_DURATION, false, AT(evidence.keep_ns), 0, 36500 * DAY, 90 * DAY,
		NULL, "90 d",
		"Copies older than this are removed, which is recorded; 0 keeps them for ever."},
	{"console.listen", TYPE_NAME, false, AT(console.listen), 0, 0, 0, LISTEN, LISTEN,
		"Where the web console answers: 127.0.0.1:PORT, [::1]:PORT, or the path of a "
		"socket."},
	{"console.session", TYPE_DURATION, false, AT(console.session_ns), 60 * NSEC_PER_SEC, DAY,
		8 * 3600 * NSEC_PER_SEC, NULL, "8 h", "A login of the console ends then."},
	{"console.idle", TYPE_DURATION, false, AT(console.idle_ns), 60 * NSEC_PER_SEC, DAY,
		30 * 60 * NSEC_PER_SEC, NULL, "30 min", "Or when it was not used for so long."},
	{"console.roles.reviewer", TYPE_NAME, false, AT(console.roles[SETTINGS_ROLE_REVIEWER]), 0,
		0, 0, "", "what `reviewers` says",
		"The group whose members see and mark incidents in the console."},
	{"console.roles.author", TYPE_NAME, false, AT(console.roles[SETTINGS_ROLE_AUTHOR]), 0, 0, 0,
		"", "what `policy-group` says",
		"The group whose members see the policy there, and check and try another."},
	{"console.roles.approver", TYPE_NAME, false, AT(console.roles[SETTINGS_ROLE_APPROVER]), 0,
		0, 0, "", "what `policy-group` says",
		"The group whose members put a policy in force there."},
	{"console.roles.auditor", TYPE_NAME, false, AT(console.roles[SETTINGS_ROLE_AUDITOR]), 0, 0,
		0, "", "only root",
		"The group whose members see incidents and policy there, and change nothing."},
};

bool settings_key(unsigned i, const char **ret_key, const char **ret_type, const char **ret_default,
	const char **ret_text)
{
	static const char *const types[TYPE_MAX] = {"path", "list of paths", "name", "number",
		"choice", "list of choices", "duration", "size"};

	if (i >= ARRAY_SIZE(keys))
		return false;
	*ret_key = keys[i].name;
	*ret_type = types[keys[i].type];
	*ret_default = keys[i].shown;
	*ret_text = keys[i].text;
	return true;
}

uint32_t settings_level(uint32_t choice)
{
	static const enum level levels[] = {
		LEVEL_MAX, LEVEL_TOP_SECRET, LEVEL_SECRET, LEVEL_CONFIDENTIAL, LEVEL_INTERNAL};

	return choice < ARRAY_SIZE(levels) ? levels[choice] : LEVEL_MAX;
}

static void *member(struct settings *s, const struct key *k)
{
	return (uint8_t *)s + k->offset;
}

static void paths_clear(struct settings_paths *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i]);
	p->n = 0;
}

void settings_done(struct settings *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].type == TYPE_PATH || keys[i].type == TYPE_NAME)
			free(*(char **)member(s, &keys[i]));
		else if (keys[i].type == TYPE_PATHS)
			paths_clear(member(s, &keys[i]));
	*s = (struct settings){0};
}

/* One component onto `b`, which holds the absolute path so far ("" is the root). */
static int put_component(struct buf *b, struct view c)
{
	int r;

	if (c.n == 0 || view_eq(c, VIEW_LIT(".")))
		return 0;
	if (view_eq(c, VIEW_LIT(".."))) {
		while (b->n > 0 && b->p[--b->n] != '/')
			;
		return 0;
	}
	r = buf_put_byte(b, '/');
	return r < 0 ? r : buf_put_view(b, c);
}

static int put_path(struct buf *b, const char *path)
{
	int r = 0;

	while (r == 0 && *path) {
		size_t n = strcspn(path, "/");

		r = put_component(b, view_of(path, n));
		path += n + (path[n] == '/');
	}
	return r;
}

/* Absolute, and free of empty, `.` and `..` components. */
static int absolute(const char *dir, const char *path, char **ret)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(2 * PATH_MAX);
	int r = path[0] == '/' ? 0 : put_path(&b, dir);

	if (r == 0)
		r = put_path(&b, path);
	if (r == 0 && b.n == 0)
		r = buf_put_byte(&b, '/');
	if (r == 0)
		r = buf_terminate(&b);
	if (r < 0)
		return r;
	*ret = (char *)steal(&b.p);
	return 0;
}

static int paths_add(struct settings_paths *p, const char *dir, const char *path)
{
	int r = absolute(dir, path, &p->v[p->n]);

	if (r == 0)
		p->n++;
	return r;
}

static int default_paths(struct settings_paths *p, const char *list)
{
	int r = 0;

	while (r == 0 && list && *list) {
		size_t n = strcspn(list, ":");
		cleanup_with(freep) char *one = strndup(list, n);

		r = one ? paths_add(p, "/", one) : -ENOMEM;
		list += n + (list[n] == ':');
	}
	return r;
}

static int set_default(struct settings *s, const struct key *k)
{
	void *m = member(s, k);

	switch (k->type) {
	case TYPE_PATH:
	case TYPE_NAME:
		/* "" is no path. */
		if (k->type == TYPE_PATH && k->path[0])
			return absolute("/", k->path, m);
		*(char **)m = strdup(k->path);
		return *(char **)m ? 0 : -ENOMEM;
	case TYPE_PATHS: return default_paths(m, k->path);
	case TYPE_SET:
	case TYPE_NUMBER:
	case TYPE_CHOICE: *(uint32_t *)m = (uint32_t)k->value; return 0;
	case TYPE_DURATION:
	case TYPE_SIZE: *(uint64_t *)m = k->value; return 0;
	case TYPE_MAX: break;
	}
	return -EINVAL;
}

struct load {
	struct conf *conf;
	struct diags *diags;
	struct settings *settings;
	const char *dir;
};

static int load_path(struct load *l, const struct conf_node *n, char **ret)
{
	const char *text;
	char *path;
	int r = conf_string(l->conf, n, CODE_VALUE, l->diags, &text);

	if (r == 0 && !text[0]) {
		(void)conf_error(l->conf, n, CODE_VALUE, l->diags, "the path is empty");
		r = -EBADMSG;
	}
	if (r == 0)
		r = absolute(l->dir, text, &path);
	if (r < 0)
		return r;
	free(*ret);
	*ret = path;
	return 0;
}

static int load_name(struct load *l, const struct conf_node *n, char **ret)
{
	const char *text;
	char *copy;
	int r = conf_string(l->conf, n, CODE_VALUE, l->diags, &text);

	if (r < 0)
		return r;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	free(*ret);
	*ret = copy;
	return 0;
}

static int load_paths(
	struct load *l, const struct key *k, const struct conf_node *n, struct settings_paths *ret)
{
	const struct conf_node *const *items = n->type == CONF_SEQUENCE ? n->items : &n;
	size_t count = n->type == CONF_SEQUENCE ? n->n : 1;
	int r = 0;

	if (count == 0 && !k->may_be_empty) {
		(void)conf_error(l->conf, n, CODE_EMPTY, l->diags,
			"`%s` is empty: the agent would do nothing", k->name);
		return -EBADMSG;
	}
	if (count > SETTINGS_PATHS_MAX) {
		(void)conf_error(l->conf, items[SETTINGS_PATHS_MAX], CODE_PATHS, l->diags,
			"more than %u paths", SETTINGS_PATHS_MAX);
		return -EBADMSG;
	}
	paths_clear(ret);
	for (size_t i = 0; r == 0 && i < count; i++) {
		ret->v[ret->n] = NULL;
		r = load_path(l, items[i], &ret->v[ret->n]);
		if (r == 0)
			ret->n++;
	}
	return r;
}

static int load_quantity(
	struct load *l, const struct key *k, const struct conf_node *n, uint64_t *ret)
{
	uint64_t v;
	int r;

	if (k->type == TYPE_NUMBER)
		return conf_u64(l->conf, n, k->min, k->max, CODE_VALUE, l->diags, ret);
	if (k->type == TYPE_DURATION)
		r = conf_duration(l->conf, n, CODE_VALUE, l->diags, &v);
	else
		r = conf_bytes(l->conf, n, CODE_VALUE, l->diags, &v);
	if (r < 0)
		return r;
	if (v < k->min || v > k->max) {
		struct diag *d = conf_error(l->conf, n, CODE_VALUE, l->diags,
			"%s is too %s for `%s`", n->text, v < k->min ? "small" : "large", k->name);

		if (k->type == TYPE_DURATION)
			diag_hint(d, "from %llu ms to %llu s",
				(unsigned long long)(k->min / NSEC_PER_MSEC),
				(unsigned long long)(k->max / NSEC_PER_SEC));
		else
			diag_hint(d, "from %llu KiB to %llu MiB",
				(unsigned long long)(k->min >> 10),
				(unsigned long long)(k->max >> 20));
		return -EBADMSG;
	}
	*ret = v;
	return 0;
}

static int load_choice(
	struct load *l, const struct key *k, const struct conf_node *n, uint32_t *ret)
{
	char list[128] = "";
	struct diag *d;
	const char *text;
	int r = conf_string(l->conf, n, CODE_VALUE, l->diags, &text);

	if (r < 0)
		return r;
	for (uint32_t i = 0; k->choices[i]; i++)
		if (strcmp(k->choices[i], text) == 0) {
			*ret = i;
			return 0;
		}
	d = conf_error(l->conf, n, CODE_VALUE, l->diags, "`%s` is no value of `%s`", text, k->name);
	for (size_t i = 0, at = 0; k->choices[i] && at < sizeof(list); i++)
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s",
			i == 0                      ? ""
				: k->choices[i + 1] ? ", "
						    : " or ",
			k->choices[i]);
	diag_hint(d, "%s", list);
	return -EBADMSG;
}

static int load_set(struct load *l, const struct key *k, const struct conf_node *n, uint32_t *ret)
{
	const struct conf_node *const *items = n->type == CONF_SEQUENCE ? n->items : &n;
	size_t count = n->type == CONF_SEQUENCE ? n->n : 1;
	uint32_t which;
	int r = 0;

	*ret = 0;
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = load_choice(l, k, items[i], &which);
		if (r == 0)
			*ret |= UINT32_C(1) << which;
	}
	return r;
}

static int load_key(struct load *l, const struct key *k, const struct conf_node *n)
{
	void *m = member(l->settings, k);
	uint64_t v;
	int r;

	if (k->type == TYPE_PATH)
		return load_path(l, n, m);
	if (k->type == TYPE_NAME)
		return load_name(l, n, m);
	if (k->type == TYPE_PATHS)
		return load_paths(l, k, n, m);
	if (k->type == TYPE_SET)
		return load_set(l, k, n, m);
	if (k->type == TYPE_CHOICE)
		return load_choice(l, k, n, m);
	r = load_quantity(l, k, n, &v);
	if (r == 0 && k->type == TYPE_NUMBER)
		*(uint32_t *)m = (uint32_t)v;
	else if (r == 0)
		*(uint64_t *)m = v;
	return r;
}

/* The groups of keys; a key without one stands at the top. */
static const char *const groups[] = {
	"limits", "journal", "evidence", "crawl", "console.roles", "console"};

/* The group that a key is in, or ARRAY_SIZE(groups); `ret` is its name there. */
static size_t group_of(const char *name, const char **ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		size_t n = strlen(groups[i]);

		if (strncmp(name, groups[i], n) == 0 && name[n] == '.') {
			*ret = name + n + 1;
			return i;
		}
	}
	*ret = name;
	return ARRAY_SIZE(groups);
}

/* The group that a group is in, likewise. */
static size_t parent_of(const char *group, const char **ret)
{
	const char *dot = strrchr(group, '.');

	*ret = dot ? dot + 1 : group;
	for (size_t i = 0; dot && i < ARRAY_SIZE(groups); i++)
		if (strncmp(group, groups[i], (size_t)(dot - group)) == 0 &&
			!groups[i][dot - group])
			return i;
	return ARRAY_SIZE(groups);
}

static const struct conf_node *find_group(const struct conf_node *root, const char *group)
{
	const char *name;
	size_t parent = parent_of(group, &name);

	if (parent < ARRAY_SIZE(groups))
		root = conf_get(root, groups[parent]); /* one that is at the top */
	return root ? conf_get(root, name) : NULL;
}

/* The names of one level of the table, for the check of keys. */
static void key_names(size_t group, const char **ret)
{
	const char *name;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (group_of(keys[i].name, &name) == group)
			ret[n++] = name;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (parent_of(groups[i], &name) == group)
			ret[n++] = name;
	if (group == ARRAY_SIZE(groups))
		ret[n++] = "sinks";
	ret[n] = NULL;
}

static const struct conf_node *find(const struct conf_node *root, const char *key)
{
	const char *name;
	size_t group = group_of(key, &name);

	return conf_get(group < ARRAY_SIZE(groups) ? find_group(root, groups[group]) : root, name);
}

int settings_listen(const char *text, bool *ret_is_path, bool *ret_is_v6, uint16_t *ret_port)
{
	static const char v4[] = "127.0.0.1:", v6[] = "[::1]:";
	char *end = NULL;
	unsigned long port;

	*ret_is_path = text[0] == '/';
	*ret_is_v6 = strncmp(text, v6, strlen(v6)) == 0;
	*ret_port = 0;
	if (*ret_is_path)
		return strlen(text) < 100 ? 0 : -EINVAL; /* of a socket's address */
	if (*ret_is_v6)
		text += strlen(v6);
	else if (strncmp(text, v4, strlen(v4)) == 0)
		text += strlen(v4);
	else
		return -EINVAL;
	if (text[0] < '1' || text[0] > '9')
		return -EINVAL;
	port = strtoul(text, &end, 10);
	if (*end || port > UINT16_MAX)
		return -EINVAL;
	*ret_port = (uint16_t)port;
	return 0;
}

/* Nobody elsewhere is to reach it: it speaks no TLS. */
static void check_listen(struct load *l, const struct conf_node *n)
{
	bool path, v6;
	uint16_t port;

	if (!n || settings_listen(l->settings->console.listen, &path, &v6, &port) == 0)
		return;
	diag_hint(conf_error(l->conf, n, CODE_VALUE, l->diags,
			  "the console listens on this computer alone"),
		"127.0.0.1:PORT, [::1]:PORT, or the path of a socket");
}

/* Goes on after a bad value, so that one run shows all of them. */
static int load_tree(struct load *l)
{
	const char *names[ARRAY_SIZE(keys) + ARRAY_SIZE(groups) + 2];
	const struct conf_node *root = conf_root(l->conf), *n;
	size_t errors = l->diags->errors;
	int r;

	for (size_t i = 0; i <= ARRAY_SIZE(groups); i++) {
		n = i < ARRAY_SIZE(groups) ? find_group(root, groups[i]) : root;
		key_names(i, names);
		r = n ? conf_check_keys(l->conf, n, names, CODE_KEY, l->diags) : 0;
		if (r < 0 && r != -EBADMSG)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		n = find(root, keys[i].name);
		r = n ? load_key(l, &keys[i], n) : 0;
		if (r < 0 && r != -EBADMSG)
			return r;
	}
	r = settings_load_sinks(l->conf, conf_get(root, "sinks"), l->diags, l->settings);
	if (r < 0 && r != -EBADMSG)
		return r;
	check_listen(l, find(root, "console.listen"));
	return l->diags->errors > errors ? -EBADMSG : 0;
}

static int directory_of(const char *path, char **ret)
{
	const char *slash = strrchr(path, '/');
	cleanup_with(freep) char *dir = slash
		? strndup(path, MAX((size_t)(slash - path), (size_t)1))
		: strdup(".");

	if (!dir)
		return -ENOMEM;
	*ret = realpath(dir, NULL);
	return *ret ? 0 : -errno;
}

static int load_file(const char *path, struct diags *d, struct settings *s, bool *ret_watch)
{
	cleanup_with(conf_freep) struct conf *c = NULL;
	cleanup_with(freep) char *dir = NULL;
	struct load l = {.diags = d, .settings = s};
	int r = conf_load(path, d, &c);

	if (r == 0)
		r = directory_of(path, &dir);
	if (r < 0)
		return r;
	l.conf = c;
	l.dir = dir;
	*ret_watch = conf_get(conf_root(c), "watch");
	s->protect_is_default = !conf_get(conf_root(c), "protect");
	return load_tree(&l);
}

static int copy_paths(struct settings_paths *to, const struct settings_paths *from)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->n; i++)
		r = paths_add(to, "/", from->v[i]);
	return r;
}

static int set_roles(struct settings *s)
{
	const char *const from[SETTINGS_ROLE_MAX] = {
		s->reviewers, s->policy_group, s->policy_group, ""};

	for (size_t i = 0; i < SETTINGS_ROLE_MAX; i++) {
		char *copy;

		if (s->console.roles[i][0])
			continue;
		copy = strdup(from[i]);
		if (!copy)
			return -ENOMEM;
		free(s->console.roles[i]);
		s->console.roles[i] = copy;
	}
	return 0;
}

/* What follows from other keys, or from what is on the disk. */
static int set_dependent(struct settings *s, bool watch_given)
{
	char *shipped;
	int r = 0;

	if (!watch_given)
		r = copy_paths(&s->watch, &s->protect);
	if (r == 0)
		r = set_roles(s);
	if (r == 0 && strcmp(s->policy, POLICY_OWN) == 0 && access(POLICY_OWN, F_OK) < 0 &&
		errno == ENOENT) {
		r = absolute("/", POLICY_SHIPPED, &shipped);
		if (r == 0) {
			free(s->policy);
			s->policy = shipped;
			s->policy_is_shipped = true;
		}
	}
	return r;
}

int settings_load(const char *path, struct diags *d, struct settings *ret)
{
	cleanup_with(settings_done) struct settings s = {0};
	bool watch_given = false;
	int r = 0;

	s.protect_is_default = true;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(keys); i++)
		r = set_default(&s, &keys[i]);
	if (r == 0 && path)
		r = load_file(path, d, &s, &watch_given);
	if (r == 0)
		r = set_dependent(&s, watch_given);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct settings){0};
	return 0;
}
