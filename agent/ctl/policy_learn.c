/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate policy learn: what the journal of some weeks says about a policy. Which applications had
 * what, what would have been refused, and exceptions that are narrow enough to be proposed: an
 * application, a folder, the levels seen there, and its few users. None is proposed for state
 * secrets: that is for a person to think of.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "ctl/incidents.h"
#include "ctl/policy.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "model/action.h"

#define GROUP_SLOTS   65536U /* a power of two above GROUPS_MAX */
#define GROUPS_MAX    20000U /* of one kind; what comes after is counted as a whole */
#define USERS_MAX     3U     /* that an exception names; it names none where there are more */
#define PROPOSED_MIN  3U     /* opens of a folder below which nothing is proposed */
#define PROPOSED_MAX  50U
#define PROPOSED_DAYS 90
#define NAME_APP_MAX  40U

static const struct usage usage = {
	.synopsis = "policy learn [--json] [--since TIME] [--until TIME] [--state-dir DIR]",
	.text = "Reports from the journal what applications had, what \"enforce\" refuses or would "
		"have\n"
		"refused, and proposes exceptions. For the weeks in which a policy runs with "
		"\"mode: monitor\".",
	.options = {{"--since TIME", "from then on: 2026-11-23, 12h, 14d ago; default: all"},
		{"--until TIME", "up to then"},
		{"--state-dir DIR", "the agent's state directory (" SEALGATE_STATEDIR ")"},
		{"--json", "one JSON object"}, {"--help", "this text"}},
};

/* Hashes that were seen: what is there twice counts once. */
struct seen {
	uint64_t *v;
	size_t n, cap; /* cap: a power of two, or 0 */
};

struct group {
	char *app, *key; /* the key: a level, a rule, or a folder */
	char *example;   /* a path */
	uint64_t opens, documents, refused;
	uint32_t levels; /* bits */
	uint32_t n_users;
	char *users[USERS_MAX];
	bool partial; /* not everything was read */
};

struct groups {
	struct group *v;
	uint32_t *slots; /* by hash: one more than the place in `v`; GROUP_SLOTS, or NULL */
	size_t n, cap;
	uint64_t left_out; /* opens over GROUPS_MAX */
};

struct learn {
	const struct ctl *ctl;
	struct incidents_options o;
	struct groups levels, rules, folders; /* folders: of what would be refused */
	struct seen seen;
	struct hash_key hash;
	uint64_t incidents, opens, refused, secrets;
	char *first, *last;
};

static void groups_done(struct groups *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->v[i].app);
		free(g->v[i].key);
		free(g->v[i].example);
		for (size_t k = 0; k < USERS_MAX; k++)
			free(g->v[i].users[k]);
	}
	free(g->v);
	free(g->slots);
}

static void learn_done(struct learn *l)
{
	groups_done(&l->levels);
	groups_done(&l->rules);
	groups_done(&l->folders);
	free(l->seen.v);
	free(l->first);
	free(l->last);
}

static void seen_put(struct seen *s, uint64_t hash)
{
	size_t at = hash & (s->cap - 1);

	while (s->v[at])
		at = (at + 1) & (s->cap - 1);
	s->v[at] = hash;
	s->n++;
}

static int seen_grow(struct seen *s)
{
	struct seen bigger = {.cap = s->cap ? 2 * s->cap : 4096};

	bigger.v = calloc(bigger.cap, sizeof(*bigger.v));
	if (!bigger.v)
		return -ENOMEM;
	for (size_t i = 0; i < s->cap; i++)
		if (s->v[i])
			seen_put(&bigger, s->v[i]);
	free(s->v);
	*s = bigger;
	return 0;
}

/* 1: for the first time; 0: again; -ENOMEM. */
static int is_new(struct learn *l, const void *group, const char *kind, const char *text)
{
	char buffer[4400];
	int n = snprintf(buffer, sizeof(buffer), "%p %s %s", group, kind, text);
	uint64_t hash = hash_bytes(
		l->hash, view_of(buffer, MIN((size_t)MAX(n, 0), sizeof(buffer) - 1)));
	struct seen *s = &l->seen;
	size_t at;
	int r;

	hash += hash == 0;
	if (2 * s->n >= s->cap) {
		r = seen_grow(s);
		if (r < 0)
			return r;
	}
	for (at = hash & (s->cap - 1); s->v[at]; at = (at + 1) & (s->cap - 1))
		if (s->v[at] == hash)
			return 0;
	s->v[at] = hash;
	s->n++;
	return 1;
}

static uint64_t hash_of(const struct learn *l, const char *app, const char *key)
{
	char text[4400];
	int n = snprintf(text, sizeof(text), "%s %s", app, key);

	return hash_bytes(l->hash, view_of(text, MIN((size_t)MAX(n, 0), sizeof(text) - 1)));
}

/* The slot of the group, or the free one where it would be. */
static uint32_t *slot_of(
	const struct learn *l, const struct groups *g, const char *app, const char *key)
{
	size_t at = hash_of(l, app, key) & (GROUP_SLOTS - 1);

	for (; g->slots[at]; at = (at + 1) & (GROUP_SLOTS - 1)) {
		const struct group *m = &g->v[g->slots[at] - 1];

		if (strcmp(m->app, app) == 0 && strcmp(m->key, key) == 0)
			break;
	}
	return &g->slots[at];
}

/* NULL: no memory, or over the bound. */
static struct group *find_group(
	const struct learn *l, struct groups *g, const char *app, const char *key)
{
	struct group *made;
	uint32_t *slot;

	if (!g->slots)
		g->slots = calloc(GROUP_SLOTS, sizeof(*g->slots));
	if (!g->slots)
		return NULL;
	slot = slot_of(l, g, app, key);
	if (*slot)
		return &g->v[*slot - 1];
	if (g->n == GROUPS_MAX)
		return NULL;
	if (g->n == g->cap) {
		size_t cap = g->cap ? 2 * g->cap : 64;
		struct group *v = realloc(g->v, cap * sizeof(*v));

		if (!v)
			return NULL;
		g->v = v;
		g->cap = cap;
	}
	made = &g->v[g->n];
	*made = (struct group){.app = strdup(app), .key = strdup(key)};
	if (!made->app || !made->key) {
		free(made->app);
		free(made->key);
		return NULL;
	}
	*slot = (uint32_t)++g->n;
	return made;
}

static int add_user(
	struct learn *l, const struct groups *g, struct group *m, const struct incident *i)
{
	char number[24], which[64];
	int r;

	snprintf(number, sizeof(number), "%" PRIu64, i->uid);
	snprintf(which, sizeof(which), "user %p %zu", (const void *)g, (size_t)(m - g->v));
	r = is_new(l, g, which, number);
	if (r <= 0)
		return r;
	if (m->n_users < USERS_MAX) {
		m->users[m->n_users] = strdup(*i->user ? i->user : number);
		if (!m->users[m->n_users])
			return -ENOMEM;
	}
	m->n_users++;
	return 0;
}

static int add(
	struct learn *l, struct groups *g, const struct incident *i, const char *key, bool refused)
{
	struct group *m = find_group(l, g, i->app, key);
	uint64_t opens = i->retries + 1;
	char which[64];
	int r;

	if (!m) {
		g->left_out += opens;
		return g->n == GROUPS_MAX ? 0 : -ENOMEM;
	}
	m->opens += opens;
	m->refused += refused ? opens : 0;
	m->levels |= i->level_known ? UINT32_C(1) << i->level : 0;
	m->partial |= strcmp(i->completeness, "full") != 0;
	snprintf(which, sizeof(which), "document %p %zu", (void *)g, (size_t)(m - g->v));
	r = is_new(l, g, which, i->path);
	if (r < 0)
		return r;
	m->documents += (uint64_t)r;
	if (!m->example)
		m->example = strdup(i->path);
	return m->example ? add_user(l, g, m, i) : -ENOMEM;
}

static int add_folder(struct learn *l, const struct incident *i)
{
	const char *slash = strrchr(i->path, '/');
	char *folder;
	int r;

	/* A name that is concealed, or cut at its front, is none to write an exception for. */
	if (!slash || slash == i->path || i->path[0] != '/')
		return 0;
	folder = strndup(i->path, (size_t)(slash - i->path));
	if (!folder)
		return -ENOMEM;
	r = add(l, &l->folders, i, folder, true);
	free(folder);
	return r;
}

static int set_text(char **slot, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*slot);
	*slot = copy;
	return 0;
}

static int take(struct learn *l, const struct incident *i)
{
	enum action meant = ACTION_ALLOW;
	/* What an administrator let pass was thought about already. */
	bool refused = i->override == 0 && action_parse(i->intended, &meant) == 0 &&
		action_interferes(meant);
	bool secret = i->level_known && i->level >= LEVEL_CONFIDENTIAL;
	const char *level = i->level_known && i->level > LEVEL_NONE ? i->level_text
		: strcmp(i->completeness, "full") == 0              ? "none"
								    : i->completeness;
	int r = l->first ? 0 : set_text(&l->first, i->time);

	l->incidents++;
	l->opens += i->retries + 1;
	l->refused += refused ? i->retries + 1 : 0;
	l->secrets += refused && secret ? i->retries + 1 : 0;
	if (r == 0)
		r = set_text(&l->last, i->time);
	if (r == 0)
		r = add(l, &l->levels, i, level, refused);
	if (r == 0 && refused)
		r = add(l, &l->rules, i, i->rule, true);
	if (r == 0 && refused && !secret)
		r = add_folder(l, i);
	return r;
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->opens != y->opens)
		return x->opens > y->opens ? -1 : 1;
	return strcmp(x->app, y->app) ?: strcmp(x->key, y->key);
}

static void sort_groups(struct groups *g)
{
	if (g->n > 1)
		qsort(g->v, g->n, sizeof(*g->v), compare_groups);
}

static int read_journal(struct learn *l)
{
	cleanup_with(index_freep) struct index *x = NULL;
	int r = index_build(l->o.dir, incidents_wanted, &l->o, &x);

	if (r < 0)
		return incidents_no_journal(&l->o, r);
	for (size_t n = 0; r == 0 && n < index_count(x); n++) {
		cleanup_with(incident_freep) struct incident *i = NULL;

		r = index_load(x, n, &i);
		if (r == 0)
			r = take(l, i);
	}
	if (r < 0)
		return ctl_error("cannot read the journal: %s", strerror(-r));
	sort_groups(&l->levels);
	sort_groups(&l->rules);
	sort_groups(&l->folders);
	return CTL_DONE;
}

/* ---- proposals ---- */

/* Not where a user's name cannot be written down: without it, it would be for everybody. */
static bool is_proposed(const struct group *g)
{
	for (uint32_t k = 0; k < MIN(g->n_users, USERS_MAX); k++)
		for (const char *s = g->users[k]; *s; s++)
			if ((unsigned char)*s < 0x20 || *s == 0x7f || *s == '\'')
				return false;
	return g->opens >= PROPOSED_MIN && *g->app;
}

/* In single quotes; what a pattern would take for something else, or nobody sees, is any one
   character. */
static int put_pattern(struct buf *out, const char *folder)
{
	int r = buf_put_byte(out, '\'');

	for (const char *s = folder; r == 0 && *s; s++) {
		if (*s == '\'')
			r = buf_put_str(out, "''");
		else if ((unsigned char)*s < 0x20 || *s == 0x7f || strchr("[]{}\\*", *s))
			r = buf_put_byte(out, '?');
		else
			r = buf_put_byte(out, (uint8_t)*s);
	}
	return r < 0 ? r : buf_put_str(out, "/*'");
}

static int put_levels(struct buf *out, uint32_t levels)
{
	const char *before = "";
	int r = buf_put_str(out, "      level: [");

	for (unsigned k = 0; r == 0 && k < LEVEL_MAX; k++)
		if (levels >> k & 1) {
			r = buf_printf(out, "%s%s", before, level_name((enum level)k));
			before = ", ";
		}
	return r < 0 ? r : buf_put_str(out, "]\n");
}

static int put_users(struct buf *out, const struct group *g)
{
	int r = 0;

	if (g->n_users > USERS_MAX)
		return 0;
	for (uint32_t k = 0; r == 0 && k < g->n_users; k++) {
		bool number = strspn(g->users[k], "0123456789") == strlen(g->users[k]);

		r = buf_printf(
			out, number ? "%s%s" : "%s'%s'", k ? ", " : "      user: [", g->users[k]);
	}
	return r < 0 || g->n_users == 0 ? r : buf_put_str(out, "]\n");
}

static int put_exception(
	struct buf *out, const struct group *g, unsigned number, const char *until, enum lang lang)
{
	int r = buf_printf(out, "  - name: learned-%.*s-%u\n", (int)NAME_APP_MAX, g->app, number);

	if (r == 0)
		r = buf_put_str(out,
			lang_pick(
				lang, "    reason: TO BE FILLED IN\n", "    reason: CẦN GHI RÕ\n"));
	if (r == 0)
		r = buf_put_str(out,
			lang_pick(lang, "    owner: TO BE FILLED IN\n", "    owner: CẦN GHI RÕ\n"));
	if (r == 0)
		r = buf_printf(out, "    when:\n      app: %s\n      path: ", g->app);
	if (r == 0)
		r = put_pattern(out, g->key);
	if (r == 0)
		r = buf_put_byte(out, '\n');
	if (r == 0)
		r = put_levels(out, g->levels);
	if (r == 0)
		r = put_users(out, g);
	return r < 0 ? r : buf_printf(out, "    do: log\n    valid-until: %s\n", until);
}

/* An exception file, or nothing where none is proposed. */
static int make_exceptions(const struct learn *l, struct buf *out)
{
	time_t end = (time_t)(clock_realtime() / NSEC_PER_SEC) + PROPOSED_DAYS * 86400;
	char until[16] = "";
	struct tm tm;
	unsigned number = 0;
	int r = 0;

	if (!localtime_r(&end, &tm) || strftime(until, sizeof(until), "%Y-%m-%d", &tm) == 0)
		return -EINVAL;
	for (size_t i = 0; r == 0 && i < l->folders.n && number < PROPOSED_MAX; i++) {
		if (!is_proposed(&l->folders.v[i]))
			continue;
		if (number++ == 0)
			r = buf_put_str(out, "version: 1\nexceptions:\n");
		if (r == 0)
			r = put_exception(out, &l->folders.v[i], number, until, l->ctl->lang);
	}
	return r;
}

/* ---- output ---- */

static void json_groups(struct json *j, const char *name, const char *key, const struct groups *g)
{
	json_key(j, name);
	json_array(j);
	for (size_t i = 0; i < g->n; i++) {
		const struct group *m = &g->v[i];

		json_object(j);
		json_key_str(j, "app", m->app);
		json_key_str(j, key, m->key);
		json_key_u64(j, "opens", m->opens);
		json_key_u64(j, "documents", m->documents);
		json_key_u64(j, "users", m->n_users);
		json_key_u64(j, "refused", m->refused);
		json_key_str(j, "example", m->example ? m->example : "");
		json_object_end(j);
	}
	json_array_end(j);
}

static int put_json(const struct learn *l, const struct buf *exceptions)
{
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;

	json_init(&j, &out);
	json_object(&j);
	json_key_str(&j, "from", l->first ? l->first : "");
	json_key_str(&j, "to", l->last ? l->last : "");
	json_key_u64(&j, "incidents", l->incidents);
	json_key_u64(&j, "opens", l->opens);
	json_key_u64(&j, "refused", l->refused);
	json_key_u64(&j, "refused_state_secrets", l->secrets);
	json_key_u64(&j, "left_out", l->levels.left_out + l->folders.left_out);
	json_groups(&j, "levels", "level", &l->levels);
	json_groups(&j, "rules", "rule", &l->rules);
	json_key_str(&j, "exceptions", exceptions->n ? (const char *)exceptions->p : "");
	json_object_end(&j);
	if (json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0)
		return ctl_error("cannot write: %s", strerror(errno));
	return CTL_DONE;
}

static void put_groups(const struct learn *l, const struct groups *g, const char *title)
{
	if (g->n == 0)
		return;
	printf("\n%s\n", title);
	for (size_t i = 0; i < g->n; i++) {
		const struct group *m = &g->v[i];

		printf("  %-16s %-28s ", m->app, m->key);
		printf(lang_pick(l->ctl->lang, "%" PRIu64 " opens, %" PRIu64 " documents, %u users",
			       "%" PRIu64 " lượt mở, %" PRIu64 " tài liệu, %u người dùng"),
			m->opens, m->documents, m->n_users);
		if (m->refused > 0 && m->refused < m->opens)
			printf(lang_pick(l->ctl->lang, ", %" PRIu64 " refused",
				       ", %" PRIu64 " bị chặn"),
				m->refused);
		if (g == &l->rules && m->example) {
			fputs(lang_pick(l->ctl->lang, "; as ", "; ví dụ "), stdout);
			tty_put_safe(stdout, view_str(m->example));
		}
		putchar('\n');
	}
}

static int put_text(const struct learn *l, const struct buf *exceptions)
{
	enum lang lang = l->ctl->lang;
	char first[64], last[64];

	if (l->incidents == 0) {
		puts(lang_pick(lang, "nothing was recorded in this time",
			"không có gì được ghi nhận trong thời gian này"));
		return CTL_DONE;
	}
	incidents_local_time(l->first, false, lang, first, sizeof(first));
	incidents_local_time(l->last, false, lang, last, sizeof(last));
	printf(lang_pick(lang,
		       "%s to %s: %" PRIu64 " incidents, %" PRIu64
		       " opens; \"enforce\" refuses %" PRIu64 " of them, %" PRIu64
		       " of these of state secrets\n",
		       "%s đến %s: %" PRIu64 " sự cố, %" PRIu64
		       " lượt mở; ở chế độ \"enforce\" %" PRIu64 " lượt bị chặn, trong đó %" PRIu64
		       " lượt là bí mật nhà nước\n"),
		first, last, l->incidents, l->opens, l->refused, l->secrets);
	put_groups(
		l, &l->levels, lang_pick(lang, "What applications had:", "Ứng dụng nào đã mở gì:"));
	put_groups(l, &l->rules,
		lang_pick(lang, "What \"enforce\" refuses, by rule:",
			"Ở chế độ \"enforce\", quy tắc nào chặn gì:"));
	puts("");
	if (exceptions->n == 0) {
		puts(lang_pick(lang,
			"No exceptions to propose: nothing that would be refused came from one "
			"folder often enough,\nor only state secrets did.",
			"Không có ngoại lệ nào để đề xuất: không thư mục nào bị chặn đủ nhiều, "
			"hoặc chỉ "
			"toàn\nbí mật nhà nước."));
		return CTL_DONE;
	}
	puts(lang_pick(lang,
		"Exceptions to think about (none is proposed for state secrets). Keep what is "
		"right, "
		"say why and\nwho answers for it, save it as a file that the policy includes, and "
		"check it:\n",
		"Ngoại lệ để cân nhắc (không đề xuất cho bí mật nhà nước). Chỉ giữ những gì đúng, "
		"ghi "
		"lý do và\nngười chịu trách nhiệm, lưu thành tệp để chính sách nạp vào, rồi kiểm "
		"tra:\n"));
	if (fwrite(exceptions->p, 1, exceptions->n, stdout) != exceptions->n)
		return ctl_error("cannot write: %s", strerror(errno));
	return CTL_DONE;
}

/* -1: go on. */
static int parse(struct learn *l, int argc, char **argv)
{
	int r = incidents_take_period(&usage, l->ctl->config, argc, argv, &l->o);

	return r < 0 && optind < argc ? usage_error(&usage, "too many arguments") : r;
}

int policy_learn(const struct ctl *ctl, int argc, char **argv)
{
	cleanup_with(learn_done) struct learn l = {
		.ctl = ctl, .o = {.ctl = ctl, .lang = ctl->lang}, .hash = hash_key_new()};
	cleanup_with(buf_done) struct buf exceptions = {0};
	int r = parse(&l, argc, argv);

	if (r >= 0)
		return r;
	r = read_journal(&l);
	if (r != CTL_DONE)
		return r;
	if (make_exceptions(&l, &exceptions) < 0 || buf_terminate(&exceptions) < 0)
		return ctl_error("out of memory");
	r = l.o.json ? put_json(&l, &exceptions) : put_text(&l, &exceptions);
	return r == CTL_DONE && fflush(stdout) != 0 ? ctl_error("cannot write: %s", strerror(errno))
						    : r;
}
