/* SPDX-License-Identifier: Apache-2.0 */
/* In place of sealgate-scan: does what the document tells it to. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "wire/child.h"
#include "wire/wire_facts.h"

static void answer(int core, uint32_t id, const char *text)
{
	struct facts f = {.format = "text", .size = strlen(text)};
	struct buf b = BUF_INIT(0);
	struct pack p = {&b, 0};

	if (strncmp(text, "crash", 5) == 0)
		abort();
	if (strncmp(text, "hang", 4) == 0)
		for (;;)
			pause();
	if (strncmp(text, "exit", 4) == 0)
		exit(0);
	if (strncmp(text, "secret", 6) == 0)
		f.level = LEVEL_SECRET;
	pack_facts(&p, &f);
	if (p.error || wire_send(core, SCAN_RESULT, id, buf_view(&b), NULL, 0) < 0)
		exit(1);
	buf_done(&b);
}

static int next(int sock, struct buf *storage, struct wire_frame *f)
{
	struct pollfd p = {.fd = sock, .events = POLLIN};

	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
	return wire_receive(sock, storage, f);
}

int main(void)
{
	struct buf storage = BUF_INIT(0), b = BUF_INIT(0);
	struct config config;
	struct wire_frame f;
	struct pack p = {&b, 0};
	int core = -1;

	if (getenv("FAKE_SCAN_REFUSES"))
		return 1;
	if (child_config(&config) < 0)
		return 1;
	pack_str(&p, "");
	if (wire_send(PROTOCOL_CONTROL_FD, CHILD_READY, 0, buf_view(&b), NULL, 0) < 0 ||
		next(PROTOCOL_CONTROL_FD, &storage, &f) != 0)
		return 1;
	core = wire_frame_take_fd(&f, 0);
	while (next(core, &storage, &f) == 0) {
		char text[64] = "";

		if (f.type == SCAN_JOB && pread(f.fds[0], text, sizeof(text) - 1, 0) >= 0)
			answer(core, f.id, text);
		wire_frame_done(&f);
	}
	return 0;
}
