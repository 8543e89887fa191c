/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody would ask the agent who has taken over the console's server, or another account:
 *
 *   console-caller SOCKET [login TOKEN | as SESSION | end SESSION | mark ID | reload]...
 *
 * Prints of the last question "done" with the session (login), "refused" or "ended".
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/frame.h"
#include "wire/pack.h"
#include "wire/protocol.h"
#include "wire/review.h"

static void put_session(struct view text)
{
	static const char key[] = "\"session\":\"";
	const char *at = text.n ? memmem(text.p, text.n, key, strlen(key)) : NULL;

	printf(" %.64s", at ? at + strlen(key) : "");
}

static int ask(int fd, uint16_t type, struct view body, bool last, bool *ret_failed)
{
	struct buf storage = BUF_INIT(0);
	struct wire_frame f;
	struct unpack u;
	int r = wire_send(fd, type, 1, body, NULL, 0);

	if (r == 0)
		r = wire_receive(fd, &storage, &f);
	if (r != 0)
		return -1;
	u = (struct unpack){f.body, 0};
	*ret_failed = unpack_u8(&u) != 0;
	if (*ret_failed || last)
		printf("%s", *ret_failed ? "refused" : "done");
	if (type == CTL_CONSOLE_LOGIN && !*ret_failed)
		put_session(unpack_view(&u));
	if (*ret_failed || last)
		putchar('\n');
	wire_frame_done(&f);
	buf_done(&storage);
	return 0;
}

static int step(int fd, const char *what, const char *value, bool last, bool *ret_failed)
{
	struct review r = {.what = REVIEW_MARK, .status = "ignored"};
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};
	uint16_t type = CTL_RELOAD;
	int e;

	if (strcmp(what, "mark") == 0) {
		snprintf(r.id, sizeof(r.id), "%s", value);
		pack_review(&p, &r);
		type = CTL_REVIEW;
	} else if (strcmp(what, "reload") != 0) {
		pack_str(&p, value);
		type = strcmp(what, "login") == 0 ? CTL_CONSOLE_LOGIN
			: strcmp(what, "as") == 0 ? CTL_CONSOLE_AS
						  : CTL_CONSOLE_END;
	}
	e = p.error ? p.error : ask(fd, type, buf_view(&body), last, ret_failed);
	buf_done(&body);
	return e;
}

int main(int argc, char **argv)
{
	struct timeval patience = {.tv_sec = 20};
	bool failed = false;
	int fd;

	if (argc < 3)
		return 2;
	fd = wire_dial(argv[1]);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		return 2;
	for (int i = 2; i < argc && !failed; i += 2) {
		if (step(fd, argv[i], i + 1 < argc ? argv[i + 1] : "", i + 2 >= argc, &failed) <
			0) {
			puts("ended");
			break;
		}
	}
	close(fd);
	return 0;
}
