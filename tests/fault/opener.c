/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens files over and over and measures how long each open(2) takes. An installed copy of it is an
 * application or not, by its path.
 *
 *   opener SECONDS[@RATE] FILE...     prints one JSON object;  RATE is in opens a second
 *   opener burst FILE...       opens each once, all at the same time: prints how many were opened
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"

#define SAMPLES_MAX (1U << 20)

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void wait_until(uint64_t at)
{
	struct timespec t = {(time_t)(at / NSEC_PER_SEC), (long)(at % NSEC_PER_SEC)};

	if (at > clock_now())
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static int burst(int n, char **paths)
{
	unsigned long opened = 0, denied = 0, other = 0;
	int status;

	for (int i = 0; i < n; i++)
		if (fork() == 0)
			_exit(open(paths[i], O_RDONLY | O_CLOEXEC) >= 0 ? 0
					: errno == EPERM                ? 1
									: 2);
	while (waitpid(-1, &status, 0) > 0) {
		opened += WIFEXITED(status) && WEXITSTATUS(status) == 0;
		denied += WIFEXITED(status) && WEXITSTATUS(status) == 1;
		other += !WIFEXITED(status) || WEXITSTATUS(status) == 2;
	}
	printf("{\"opened\":%lu,\"denied\":%lu,\"other\":%lu}\n", opened, denied, other);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t *wait = calloc(SAMPLES_MAX, sizeof(*wait));
	unsigned long opened = 0, denied = 0, other = 0, marked_opened = 0, total = 0;
	uint64_t begin = clock_now(), end, rate, longest = 0;
	char *at = NULL;
	size_t n;

	if (argc < 3 || !wait)
		return 2;
	if (strcmp(argv[1], "burst") == 0) {
		free(wait);
		return burst(argc - 2, argv + 2);
	}
	end = begin + strtoull(argv[1], &at, 10) * NSEC_PER_SEC;
	rate = *at == '@' ? strtoull(at + 1, NULL, 10) : 0;
	for (int i = 2; clock_now() < end; i = i + 1 < argc ? i + 1 : 2) {
		uint64_t from, took;
		int fd;

		if (rate)
			wait_until(begin + total * NSEC_PER_SEC / rate);
		from = clock_now();
		fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		took = clock_now() - from;
		/* The newest samples; the longest wait of all is kept besides. */
		wait[total++ % SAMPLES_MAX] = took;
		longest = MAX(longest, took);
		if (fd >= 0) {
			opened++;
			marked_opened += strstr(argv[i], "marked") != NULL;
			close(fd);
		} else if (errno == EPERM) {
			denied++;
		} else {
			other++;
		}
	}
	n = MIN(total, SAMPLES_MAX);
	qsort(wait, n, sizeof(*wait), compare);
	printf("{\"opened\":%lu,\"denied\":%lu,\"other\":%lu,\"marked_opened\":%lu,"
	       "\"max_ms\":%.3f,\"p999_ms\":%.3f,\"p50_us\":%.1f}\n",
		opened, denied, other, marked_opened, (double)longest / 1e6,
		n ? (double)wait[n * 999 / 1000] / 1e6 : 0, n ? (double)wait[n / 2] / 1e3 : 0);
	free(wait);
	return 0;
}
