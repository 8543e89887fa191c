/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The opener of bench-gate: for each line "N RATE FILE" on its standard input, opens and closes
 * FILE N times, and says on one line: nanoseconds per open (median of ten parts), and the 50th,
 * 99th and 100th percentile of single opens. RATE 0 is a closed loop; else it is an open loop of
 * that many opens a second, where the time of each counts from when it should have begun.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define PARTS    10
#define LOAD_MAX 1000000U

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void wait_until(uint64_t at)
{
	struct timespec t = {(time_t)(at / NSEC_PER_SEC), (long)(at % NSEC_PER_SEC)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static void run(unsigned n, unsigned rate, const char *path)
{
	uint64_t *took = calloc(n, sizeof(*took)), parts[PARTS], start = clock_now(), part = start;
	unsigned in_part = n / PARTS, k = 0;

	for (unsigned i = 0; i < n; i++) {
		uint64_t due = rate ? start + i * (NSEC_PER_SEC / rate) : clock_now();
		int fd;

		if (rate && clock_now() < due)
			wait_until(due);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			close(fd);
		took[i] = clock_now() - due;
		if (k < PARTS && (i + 1) % in_part == 0) {
			uint64_t now = clock_now();

			parts[k++] = (now - part) / in_part;
			part = now;
		}
	}
	qsort(parts, k, sizeof(*parts), by_value);
	qsort(took, n, sizeof(*took), by_value);
	printf("%lu %lu %lu %lu\n", (unsigned long)parts[k / 2], (unsigned long)took[n / 2],
		(unsigned long)took[n - 1 - n / 100], (unsigned long)took[n - 1]);
	fflush(stdout);
	free(took);
}

int main(void)
{
	char line[1024], path[512];
	unsigned n, rate;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	printf("ready %d\n", getpid());
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%u %u %511s", &n, &rate, path) != 3 || n < PARTS || n > LOAD_MAX)
			return 2;
		run(n, rate, path);
	}
	return 0;
}
