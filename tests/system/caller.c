/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that can be in a call. Reads commands, one a line, and answers each with one line:
 *
 *   open PATH    opens and closes; 0 or the errno
 *   hold PATH    opens and keeps
 *   udp PORT     a UDP socket connected to that port of this machine, kept
 *   drop         closes what is kept
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HELD_MAX 16

static int held[HELD_MAX], n_held;

static int keep(int fd)
{
	if (fd < 0 || n_held == HELD_MAX)
		return errno;
	held[n_held++] = fd;
	return 0;
}

static int udp(const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return errno;
	return keep(fd);
}

static int open_once(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int drop(void)
{
	while (n_held > 0)
		close(held[--n_held]);
	return 0;
}

int main(void)
{
	char line[4096];

	while (fgets(line, sizeof(line), stdin)) {
		char *word = line;
		const char *rest;

		line[strcspn(line, "\n")] = 0;
		rest = line + strcspn(line, " ");
		rest += *rest == ' ';
		word[strcspn(word, " ")] = 0;
		printf("%d\n",
			strcmp(word, "open") == 0           ? open_once(rest)
				: strcmp(word, "hold") == 0 ? keep(open(rest, O_RDONLY | O_CLOEXEC))
				: strcmp(word, "udp") == 0  ? udp(rest)
							    : drop());
		fflush(stdout);
	}
	return 0;
}
