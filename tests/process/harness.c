/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include "../unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

static void blocking(int sock)
{
	struct timeval tv = {.tv_sec = HARNESS_TIMEOUT_S};

	assert_int_equal(0, fcntl(sock, F_SETFL, 0));
	assert_int_equal(0, setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
}

void harness_start(
	struct harness *h, const char *exe, const struct config *c, void (*prepare)(void))
{
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};
	int pair[2];

	*h = (struct harness){.control = -1};
	assert_int_equal(0, wire_pair(pair));
	h->pid = fork();
	assert_true(h->pid >= 0);
	if (h->pid == 0) {
		int moved = fcntl(pair[1], F_DUPFD, 10);

		if (prepare)
			prepare();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (moved < 0 || dup2(moved, PROTOCOL_CONTROL_FD) < 0)
			_exit(126);
		execl(exe, exe, (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	h->control = pair[0];
	blocking(h->control);
	pack_config(&p, c);
	assert_int_equal(0, p.error);
	assert_int_equal(0, wire_send(h->control, SUP_CONFIG, 0, buf_view(&body), NULL, 0));
	buf_done(&body);
}

void harness_receive(struct harness *h, int sock, struct wire_frame *ret)
{
	assert_int_equal(0, wire_receive(sock, &h->storage, ret));
}

void harness_wait_ready(struct harness *h)
{
	struct wire_frame f;
	struct unpack u;

	harness_receive(h, h->control, &f);
	u = (struct unpack){f.body, 0};
	unpack_str(&u, h->note, sizeof(h->note));
	if (f.type != CHILD_READY)
		fail_msg("instead of ready: %d %s", f.type, h->note);
	assert_int_equal(0, unpack_end(&u));
}

int harness_core(struct harness *h)
{
	struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};
	int pair[2];

	assert_int_equal(0, wire_pair(pair));
	pack_u8(&p, ROLE_CORE);
	pack_u32(&p, 0);
	assert_int_equal(0, wire_send(h->control, SUP_PEER, 0, buf_view(&body), &pair[1], 1));
	buf_done(&body);
	close(pair[1]);
	blocking(pair[0]);
	return pair[0];
}

int harness_wait(struct harness *h)
{
	int status;

	assert_int_equal(h->pid, waitpid(h->pid, &status, 0));
	h->control = fd_close(h->control);
	buf_done(&h->storage);
	return status;
}

int harness_stop(struct harness *h)
{
	assert_int_equal(0, wire_send(h->control, SUP_STOP, 0, VIEW_EMPTY, NULL, 0));
	return harness_wait(h);
}

void harness_uid(struct config *c)
{
	c->uid = c->gid = geteuid() == 0 ? 65534 : UINT32_MAX;
}
