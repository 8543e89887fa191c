/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate inventory: the marked documents that the agent knows of on this endpoint, and how far it
 * has come with looking. The agent decides who may know of which: root of all, others of their own.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "conf/conf.h"
#include "ctl/cell.h"
#include "ctl/commands.h"
#include "ctl/control.h"
#include "ctl/facts_text.h"
#include "ctl/incidents.h"
#include "ctl/inventory.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "model/level.h"
#include "wire/frame.h"
#include "wire/pack.h"
#include "wire/protocol.h"

#define FOLDERS_MAX 20U /* of the summary: those with the most documents */
#define PAGES_MAX   100000U
#define LEVEL_WIDTH 9U /* TUYỆT MẬT */

static const struct usage usage = {
	.synopsis = "inventory [--json|--csv] [--level L] [--path P]\n"
		    "       sealgate inventory rescan",
	.text = "Lists the marked documents that the agent knows of in the folders it watches, and "
		"says\nhow far it has come with looking. Root sees all, others what belongs to "
		"them.\n\"rescan\" has everything looked at again (root only).",
	.options =
		{
			{"--level L", "this level and higher"},
			{"--path P", "a folder with all below it, or one file"},
			{"--json", "one object per document and line, then one about the search"},
			{"--csv", "a table"},
			{"--help", "this text"},
		},
};

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_CSV,
};

struct folder {
	char *path;
	uint64_t n;
};

struct inventory {
	const struct ctl *ctl;
	enum format format;
	enum level level;
	char *below; /* absolute, without a slash at the end; "" for all */
	uint64_t n, levels[LEVEL_MAX];
	struct folder *folders;
	size_t n_folders, room;
};

static const char *text(const struct conf_node *n, const char *key)
{
	n = n ? conf_get(n, key) : NULL;
	return n && n->type == CONF_SCALAR ? n->text : "";
}

static void put_list(FILE *f, const struct conf_node *n, const char *between)
{
	for (size_t k = 0; n && n->type == CONF_SEQUENCE && k < n->n; k++)
		fprintf(f, "%s%s", k ? between : "", n->items[k]->text);
}

/* A cell that no spreadsheet takes for a formula. */
static void put_cell(const char *s, bool last)
{
	putchar('"');
	if (strchr("=+-@\t\r", s[0]) && s[0])
		putchar('\'');
	for (; *s; s++) {
		if (*s == '"')
			putchar('"');
		putchar(*s);
	}
	fputs(last ? "\"\r\n" : "\",", stdout);
}

static int put_json(const struct conf_node *d)
{
	static const char *const words[] = {
		"path", "level", "completeness", "mtime", "first_seen", "last_checked", "owner"};
	static const char *const lists[] = {"tags", "reasons"};
	static const char *const numbers[] = {"size", "uid"};
	cleanup_with(buf_done) struct buf out = {0};
	const char *rule = text(d, "rule");
	struct json j;

	json_init(&j, &out);
	json_object(&j);
	for (size_t k = 0; k < ARRAY_SIZE(words); k++)
		json_key_str(&j, words[k], text(d, words[k]));
	for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
		const struct conf_node *n = conf_get(d, lists[k]);

		json_key(&j, lists[k]);
		json_array(&j);
		for (size_t i = 0; n && n->type == CONF_SEQUENCE && i < n->n; i++)
			json_str(&j, n->items[i]->text);
		json_array_end(&j);
	}
	for (size_t k = 0; k < ARRAY_SIZE(numbers); k++)
		json_key_u64(&j, numbers[k], strtoull(text(d, numbers[k]), NULL, 10));
	json_key_str(&j, "rule", strcmp(rule, "null") == 0 || !rule[0] ? NULL : rule);
	json_object_end(&j);
	if (json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	fwrite(out.p, 1, out.n, stdout);
	return CTL_DONE;
}

static void put_csv(const struct conf_node *d)
{
	static const char *const keys[] = {"path", "level", "completeness", "size", "mtime",
		"first_seen", "last_checked", "owner", "uid"};
	const struct conf_node *tags = conf_get(d, "tags");
	char list[256] = "";

	for (size_t k = 0; tags && tags->type == CONF_SEQUENCE && k < tags->n; k++) {
		size_t n = strlen(list);

		snprintf(list + n, sizeof(list) - n, "%s%s", k ? " " : "", tags->items[k]->text);
	}
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
		put_cell(text(d, keys[k]), false);
	put_cell(list, true);
}

static const char *shown_level(enum level level, enum lang lang)
{
	return level == LEVEL_NONE ? lang_pick(lang, "no level", "không mức")
				   : level_display_vi(level);
}

static void put_text(const struct conf_node *d, enum lang lang)
{
	const struct conf_node *tags = conf_get(d, "tags");
	enum completeness completeness;
	enum level level = LEVEL_NONE;
	char time[64];

	(void)level_parse(text(d, "level"), &level);
	incidents_local_time(text(d, "mtime"), false, lang, time, sizeof(time));
	cell_put(stdout, view_str(shown_level(level, lang)), LEVEL_WIDTH, CELL_CUT_END, true);
	fputs("  ", stdout);
	tty_put_safe(stdout, view_str(text(d, "path")));
	printf("%s", tty_style(stdout, TTY_DIM));
	printf("  %s, %s B, %s", text(d, "owner")[0] ? text(d, "owner") : text(d, "uid"),
		text(d, "size"), time);
	if (completeness_parse(text(d, "completeness"), &completeness) == 0 &&
		completeness != COMPLETENESS_FULL)
		printf(", %s", facts_text_completeness(lang, completeness));
	if (tags && tags->n > 0) {
		fputs(", ", stdout);
		put_list(stdout, tags, " ");
	}
	printf("%s\n", tty_style(stdout, TTY_PLAIN));
}

static int count_folder(struct inventory *v, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	/* The list is in the order of paths, so that the last folders are the likely ones. */
	for (size_t k = v->n_folders; k > 0 && v->n_folders - k < 64; k--)
		if (strlen(v->folders[k - 1].path) == n &&
			strncmp(v->folders[k - 1].path, path, n) == 0) {
			v->folders[k - 1].n++;
			return CTL_DONE;
		}
	if (v->n_folders == v->room) {
		size_t room = v->room ? v->room * 2 : 64;
		struct folder *more = realloc(v->folders, room * sizeof(*more));

		if (!more)
			return ctl_error("out of memory");
		v->folders = more;
		v->room = room;
	}
	v->folders[v->n_folders] = (struct folder){strndup(path, n), 1};
	if (!v->folders[v->n_folders].path)
		return ctl_error("out of memory");
	v->n_folders++;
	return CTL_DONE;
}

static int put_document(void *userdata, const struct conf_node *d)
{
	struct inventory *v = userdata;
	enum level level = LEVEL_NONE;

	(void)level_parse(text(d, "level"), &level);
	v->n++;
	v->levels[level]++;
	switch (v->format) {
	case FORMAT_JSON: return put_json(d);
	case FORMAT_CSV: put_csv(d); return CTL_DONE;
	case FORMAT_TEXT: break;
	}
	put_text(d, v->ctl->lang);
	return count_folder(v, text(d, "path"));
}

static int compare_folders(const void *a, const void *b)
{
	const struct folder *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->path, y->path);
}

static void put_summary(struct inventory *v, const struct conf_node *crawl)
{
	enum lang lang = v->ctl->lang;
	const char *last = text(crawl, "last_walk");

	printf(lang_pick(lang, "%s%" PRIu64 " marked documents", "%s%" PRIu64 " tài liệu có dấu"),
		v->n ? "\n" : "", v->n);
	for (int k = LEVEL_MAX - 1; k >= 0; k--)
		if (v->levels[k])
			printf(", %" PRIu64 " %s", v->levels[k], shown_level((enum level)k, lang));
	putchar('\n');
	if (v->n_folders > 0)
		qsort(v->folders, v->n_folders, sizeof(*v->folders), compare_folders);
	for (size_t k = 0; k < v->n_folders && k < FOLDERS_MAX; k++) {
		printf("%8" PRIu64 "  ", v->folders[k].n);
		tty_put_safe(stdout, view_str(v->folders[k].path[0] ? v->folders[k].path : "/"));
		putchar('\n');
	}
	if (v->n_folders > FOLDERS_MAX)
		printf(lang_pick(lang, "          and %zu more folders\n",
			       "          và %zu thư mục khác\n"),
			v->n_folders - FOLDERS_MAX);
	printf(lang_pick(lang,
		       "search: %s folders watched, %s folders and %s files left, %s not "
		       "readable; everything was last seen: %s\n",
		       "tìm kiếm: theo dõi %s thư mục, còn %s thư mục và %s tệp, %s mục không đọc "
		       "được; lần xem hết gần nhất: %s\n"),
		text(crawl, "directories"), text(crawl, "folders_left"), text(crawl, "files_left"),
		text(crawl, "unreadable"),
		last[0] && strcmp(last, "null") != 0
			? last
			: lang_pick(lang, "not yet since the start", "chưa, từ khi chạy"));
}

static int put_crawl_json(const struct inventory *v, const struct conf_node *crawl)
{
	static const char *const keys[] = {
		"directories", "folders_left", "files_left", "unreadable", "walks"};
	cleanup_with(buf_done) struct buf out = {0};
	const char *last = text(crawl, "last_walk"), *slow = text(crawl, "slowed_by");
	struct json j;

	json_init(&j, &out);
	json_object(&j);
	json_key_u64(&j, "documents", v->n);
	json_key_bool(&j, "complete", strcmp(text(crawl, "crawl_complete"), "true") == 0);
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
		json_key_u64(&j, keys[k], strtoull(text(crawl, keys[k]), NULL, 10));
	json_key_str(&j, "last_walk", strcmp(last, "null") == 0 ? NULL : last);
	json_key_str(&j, "slowed_by", strcmp(slow, "null") == 0 ? NULL : slow);
	json_object_end(&j);
	if (json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	fwrite(out.p, 1, out.n, stdout);
	return CTL_DONE;
}

struct each {
	const struct ctl *ctl;
	enum level level;
	const char *below;
	inventory_fn document, end;
	void *userdata;
};

static int take_answer(
	const struct each *e, const struct conf_node *root, struct buf *after, bool *ret_more)
{
	const struct conf_node *list = conf_get(root, "documents");
	int r = 0;

	for (size_t k = 0; r == 0 && list && list->type == CONF_SEQUENCE && k < list->n; k++)
		r = e->document(e->userdata, list->items[k]);
	buf_clear(after);
	*ret_more = text(root, "next")[0] == '/';
	if (r == 0 && *ret_more && buf_put_str(after, text(root, "next")) < 0)
		return ctl_error("out of memory");
	if (buf_terminate(after) < 0)
		return ctl_error("out of memory");
	return r != 0 || *ret_more ? r : e->end(e->userdata, conf_get(root, "watch"));
}

/* One answer of the agent. `after` becomes the path to go on after, or "" at the end. */
static int page(const struct each *e, struct buf *after, bool *ret_more)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(WIRE_BODY_MAX), answer = BUF_INIT(0);
	cleanup_with(conf_freep) struct conf *c = NULL;
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	struct pack p = {&body, 0};
	int r;

	pack_str(&p, (const char *)after->p);
	pack_u8(&p, (uint8_t)e->level);
	pack_str(&p, e->below);
	if (p.error || !d)
		return ctl_error("out of memory");
	r = control_call(e->ctl, CTL_INVENTORY, buf_view(&body), &answer);
	if (r != 0)
		return r == CTL_FOUND ? ctl_error("%.*s", (int)answer.n, (char *)answer.p) : r;
	if (conf_parse("inventory", buf_view(&answer), d, &c) < 0)
		return ctl_error("the agent's answer cannot be read");
	return take_answer(e, conf_root(c), after, ret_more);
}

int inventory_each(const struct ctl *ctl, enum level level, const char *below,
	inventory_fn document, inventory_fn end, void *userdata)
{
	const struct each e = {ctl, level, below, document, end, userdata};
	cleanup_with(buf_done) struct buf after = {0};
	bool more = true;
	int r = 0;

	if (buf_terminate(&after) < 0)
		return ctl_error("out of memory");
	for (unsigned k = 0; r == 0 && more && k < PAGES_MAX; k++)
		r = page(&e, &after, &more);
	return r;
}

static int put_end(void *userdata, const struct conf_node *crawl)
{
	struct inventory *v = userdata;

	if (v->format == FORMAT_JSON)
		return put_crawl_json(v, crawl);
	if (v->format == FORMAT_TEXT)
		put_summary(v, crawl);
	return CTL_DONE;
}

static int list(struct inventory *v)
{
	int r;

	if (v->format == FORMAT_CSV)
		fputs("path,level,completeness,size,mtime,first_seen,last_checked,owner,uid,"
		      "tags\r\n",
			stdout);
	r = inventory_each(v->ctl, v->level, v->below, put_document, put_end, v);
	if (r < 0)
		return ctl_error("no agent answers: %s; is it running? (systemctl status sealgate)",
			strerror(-r));
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		return ctl_error("cannot write: %s", strerror(errno));
	return r;
}

static int rescan(const struct ctl *ctl)
{
	cleanup_with(buf_done) struct buf answer = BUF_INIT(0);
	int r = control_ask(ctl, CTL_RESCAN, &answer);

	return r == CTL_FOUND ? ctl_error("%.*s", (int)answer.n, (char *)answer.p) : r;
}

static int set_path(struct inventory *v, const char *path)
{
	size_t n = strlen(path);

	if (path[0] != '/')
		return usage_error(&usage, "\"%s\" does not begin with /", path);
	while (n > 0 && path[n - 1] == '/')
		n--;
	free(v->below);
	v->below = strndup(path, n);
	return v->below ? CTL_DONE : ctl_error("out of memory");
}

/* An exit status, or -1: go on. */
static int parse(struct inventory *v, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"csv", no_argument, NULL, 'c'}, {"level", required_argument, NULL, 'l'},
		{"path", required_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'}, {0}};
	int c, r = 0;

	while (r == 0 && (c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 'j': v->format = FORMAT_JSON; break;
		case 'c': v->format = FORMAT_CSV; break;
		case 'l':
			if (level_parse(optarg, &v->level) < 0)
				return usage_error(&usage, "no level \"%s\"", optarg);
			break;
		case 'p': r = set_path(v, optarg); break;
		case 'h': usage_print(stdout, &usage); return CTL_DONE;
		case ':': return usage_error(&usage, "%s needs an argument", argv[optind - 1]);
		default: return usage_error(&usage, "unknown option %s", argv[optind - 1]);
		}
	}
	return r ? r : -1;
}

int cmd_inventory(const struct ctl *ctl, int argc, char **argv)
{
	struct inventory v = {.ctl = ctl, .below = strdup("")};
	int r = v.below ? parse(&v, argc, argv) : ctl_error("out of memory");

	if (r < 0 && argc - optind == 1 && strcmp(argv[optind], "rescan") == 0)
		r = rescan(ctl);
	else if (r < 0 && argc != optind)
		r = usage_error(&usage, "no subcommand \"%s\"", argv[optind]);
	else if (r < 0)
		r = list(&v);
	for (size_t k = 0; k < v.n_folders; k++)
		free(v.folders[k].path);
	free(v.folders);
	free(v.below);
	return r;
}
