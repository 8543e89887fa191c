/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "origin/databases.h"

#define RPM_MS    10000
#define FILE_MAX_ (4U << 20)

/* What the program prints, as far as it fits, or false. */
static bool run(char *const argv[], char *ret, size_t size)
{
	posix_spawn_file_actions_t actions;
	struct pollfd p = {.events = POLLIN};
	size_t n = 0;
	int fds[2], status, r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	r = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	fd_close(fds[1]);
	p.fd = fds[0];
	while (r == 0 && n + 1 < size && poll(&p, 1, RPM_MS) == 1) {
		ssize_t k = read(fds[0], ret + n, size - 1 - n);

		if (k <= 0)
			break;
		n += (size_t)k;
	}
	ret[n] = 0;
	fd_close(fds[0]);
	if (r != 0)
		return false;
	(void)kill(pid, SIGKILL); /* it has said all, or hangs */
	return waitpid(pid, &status, 0) == pid && n > 0;
}

void rpm_find(const char *root, struct program *p)
{
	static char format[] = "%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n";
	char rpm[] = "/usr/bin/rpm", query[] = "-qf", qf[] = "--queryformat", path[4096];
	char *argv[] = {rpm, query, qf, format, path, NULL};
	char text[512], *tab, *end;

	if (root[0] || access(rpm, X_OK) < 0 || strlen(p->path) >= sizeof(path))
		return;
	snprintf(path, sizeof(path), "%s", p->path);
	if (!run(argv, text, sizeof(text)))
		return;
	tab = strchr(text, '\t');
	end = tab ? strchr(tab, '\n') : NULL;
	if (!end)
		return; /* "is not owned by any package" */
	*tab = *end = 0;
	p->owner.origin = POSTURE_ORIGIN_RPM;
	snprintf(p->owner.package, sizeof(p->owner.package), "%.127s", text);
	snprintf(p->owner.version, sizeof(p->owner.version), "%.127s", tab + 1);
}

/* The deployment is described by a serialised tuple: the remote's name comes first, and the version
   stands in a dictionary behind its key. Facts: flatpak-deploy(5) names the file; the form is
   GLib's serialisation of variants, strings end with NUL. */
static void read_deploy(const struct buf *b, struct owner *ret)
{
	static const char key[] = "appdata-version";
	const uint8_t *at;
	size_t n = strnlen((const char *)b->p, b->n);

	if (n < sizeof(ret->remote) && n < b->n)
		snprintf(ret->remote, sizeof(ret->remote), "%s", (const char *)b->p);
	at = memmem(b->p, b->n, key, sizeof(key));
	if (!at)
		return;
	at += sizeof(key);
	while (at < b->p + b->n && *at == 0)
		at++;
	n = strnlen((const char *)at, b->n - (size_t)(at - b->p));
	if (at + n < b->p + b->n && n < sizeof(ret->version))
		snprintf(ret->version, sizeof(ret->version), "%s", (const char *)at);
}

bool flatpak_find(const char *root, const char *id, struct owner *ret)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(FILE_MAX_);
	struct owner o = {.origin = POSTURE_ORIGIN_FLATPAK};
	char path[4200];

	snprintf(path, sizeof(path), "%.3000s/var/lib/flatpak/app/%.200s/current/active/deploy",
		root, id);
	if (fd_read_path(path, FILE_MAX_, &b) < 0 || b.n == 0)
		return false;
	snprintf(o.package, sizeof(o.package), "%.127s", id);
	read_deploy(&b, &o);
	*ret = o;
	return true;
}

/* "version: 1.2", perhaps in quotes. */
static void read_version(char *text, struct owner *ret)
{
	char *line = strncmp(text, "version:", 8) == 0 ? text : strstr(text, "\nversion:");

	if (!line)
		return;
	line += strcspn(line, ":") + 1;
	line += strspn(line, " \t'\"");
	line[strcspn(line, "\n'\" ")] = 0;
	snprintf(ret->version, sizeof(ret->version), "%.127s", line);
}

bool snap_find(const char *root, const char *name, struct owner *ret)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(FILE_MAX_);
	struct owner o = {.origin = POSTURE_ORIGIN_SNAP};
	char path[4200], revision[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%.3000s/snap/%.200s/current", root, name);
	n = readlink(path, revision, sizeof(revision) - 1);
	if (n <= 0)
		return false;
	revision[n] = 0;
	/* Revisions of a store are numbers; what was installed from a file has x1, x2, ... */
	o.local = revision[0] == 'x';
	snprintf(path, sizeof(path), "%.3000s/snap/%.200s/current/meta/snap.yaml", root, name);
	if (fd_read_path(path, FILE_MAX_ - 1, &b) == 0 && buf_terminate(&b) == 0)
		read_version((char *)b.p, &o);
	snprintf(o.package, sizeof(o.package), "%.127s", name);
	*ret = o;
	return true;
}

/* The name between `before` and the next slash. */
static bool name_behind(const char *path, const char *before, char ret[PACKAGE_NAME_MAX])
{
	size_t n = strlen(before), length;

	if (strncmp(path, before, n) != 0)
		return false;
	length = strcspn(path + n, "/");
	if (length == 0 || length >= PACKAGE_NAME_MAX || !path[n + length])
		return false;
	snprintf(ret, PACKAGE_NAME_MAX, "%.*s", (int)length, path + n);
	return true;
}

void sandbox_find(const char *root, struct program *p)
{
	char name[PACKAGE_NAME_MAX];

	/* Where it cannot be read, it stays of no package. */
	if (name_behind(p->path, "/var/lib/flatpak/app/", name))
		unchecked(flatpak_find(root, name, &p->owner));
	else if (name_behind(p->path, "/snap/", name) ||
		name_behind(p->path, "/var/lib/snapd/snap/", name))
		unchecked(snap_find(root, name, &p->owner));
}
