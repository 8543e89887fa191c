/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that opens what it is told on its standard input, for the gate's tests. Each line is
 * answered with one line: an errno (0 for done) and microseconds.
 *	open FILE | write FILE      itself
 *	child FILE                  a child
 *	orphan FILE                 a grandchild in a session of its own, its parent gone
 *	deep N FILE                 the Nth of as many generations
 *	threads N FILE              N threads at once: opened, refused, slowest
 *	files N PREFIX              the same, thread I opens PREFIX.I
 *	exec PROGRAM [ARG]          becomes it
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static void try_open(const char *path, int flags, int *ret_error, unsigned long *ret_us)
{
	uint64_t start = clock_now();
	int fd = open(path, flags | O_CLOEXEC);

	*ret_error = fd < 0 ? errno : 0;
	*ret_us = (unsigned long)((clock_now() - start) / 1000);
	if (fd >= 0)
		close(fd);
}

static void report(const char *path, int flags)
{
	unsigned long us;
	int error;

	try_open(path, flags, &error, &us);
	printf("%d %lu\n", error, us);
	fflush(stdout);
}

static void in_child(const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		report(path, O_RDONLY);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void in_orphan(const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		pid_t middle = getpid();

		if (setsid() < 0)
			_exit(1);
		if (fork() != 0)
			_exit(0);
		while (getppid() == middle)
			usleep(1000);
		report(path, O_RDONLY);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void in_depth(unsigned n, const char *path)
{
	pid_t pid;

	if (n == 0) {
		report(path, O_RDONLY);
		return;
	}
	pid = fork();
	if (pid == 0) {
		in_depth(n - 1, path);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

struct job {
	pthread_t thread;
	char path[256];
	pthread_barrier_t *start;
	int error;
	unsigned long us;
};

static void *run_job(void *p)
{
	struct job *j = p;

	pthread_barrier_wait(j->start);
	try_open(j->path, O_RDONLY, &j->error, &j->us);
	return NULL;
}

static void in_threads(unsigned n, const char *path, int numbered)
{
	struct job *jobs = calloc(n, sizeof(*jobs));
	unsigned opened = 0, refused = 0;
	unsigned long slowest = 0;
	pthread_barrier_t start;
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	pthread_barrier_init(&start, NULL, n);
	for (unsigned i = 0; i < n; i++) {
		jobs[i].start = &start;
		if (numbered)
			snprintf(jobs[i].path, sizeof(jobs[i].path), "%s.%u", path, i);
		else
			snprintf(jobs[i].path, sizeof(jobs[i].path), "%s", path);
		if (pthread_create(&jobs[i].thread, &attr, run_job, &jobs[i]) != 0) {
			printf("failed: thread %u\n", i);
			exit(1);
		}
	}
	for (unsigned i = 0; i < n; i++) {
		pthread_join(jobs[i].thread, NULL);
		opened += jobs[i].error == 0;
		refused += jobs[i].error == EPERM;
		if (jobs[i].us > slowest)
			slowest = jobs[i].us;
	}
	printf("%u %u %lu\n", opened, refused, slowest);
	fflush(stdout);
	free(jobs);
}

int main(void)
{
	char line[1024], word[32], path[512], arg[512];
	unsigned n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	printf("ready %d\n", getpid());
	fflush(stdout);
	/* Byte by byte, so that a program we become finds the rest. */
	setvbuf(stdin, NULL, _IONBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "threads %u %511s", &n, path) == 2)
			in_threads(n, path, 0);
		else if (sscanf(line, "files %u %511s", &n, path) == 2)
			in_threads(n, path, 1);
		else if (sscanf(line, "deep %u %511s", &n, path) == 2)
			in_depth(n, path);
		else if (sscanf(line, "exec %511s %511s", path, arg) == 2)
			execl(path, path, arg, (char *)NULL);
		else if (sscanf(line, "exec %511s", path) == 1)
			execl(path, path, (char *)NULL);
		else if (sscanf(line, "%31s %511s", word, path) != 2)
			return 2;
		else if (strcmp(word, "open") == 0)
			report(path, O_RDONLY);
		else if (strcmp(word, "write") == 0)
			report(path, O_RDWR);
		else if (strcmp(word, "child") == 0)
			in_child(path);
		else if (strcmp(word, "orphan") == 0)
			in_orphan(path);
		else
			return 2;
		if (strncmp(line, "exec", 4) == 0) {
			printf("%d 0\n", errno);
			fflush(stdout);
		}
	}
	return 0;
}
