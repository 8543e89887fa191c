/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "ctl/configured.h"
#include "ctl/usage.h"
#include "settings/settings.h"
#include "wire/frame.h"
#include "wire/pack.h"
#include "wire/protocol.h"

#define ANSWER_MS 5000
#define VAULT_MS  150000 /* files are copied */

static int socket_path(const struct ctl *ctl, char *ret, size_t size)
{
	struct settings s;
	int r;

	if (ctl->socket) {
		snprintf(ret, size, "%s", ctl->socket);
		return 0;
	}
	r = configured(ctl->config, CONFIGURED_LENIENT, &s);
	if (r != 0)
		return r;
	snprintf(ret, size, "%s/control.sock", s.runtime_dir);
	settings_done(&s);
	return 0;
}

static int exchange(int fd, uint16_t request, struct view body, int send_fd, int ms,
	struct buf *ret_text, int *ret_fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	cleanup_with(buf_done) struct buf storage = BUF_INIT(0);
	struct wire_frame f;
	struct unpack u;
	struct view text;
	uint8_t failed; /* CTL_TEXT's */
	int r = wire_send(fd, request, 1, body, &send_fd, send_fd >= 0);

	if (r < 0)
		return r;
	if (poll(&p, 1, ms) <= 0)
		return -ETIMEDOUT;
	r = wire_receive(fd, &storage, &f);
	if (r != 0)
		return r == WIRE_EOF ? -ECONNRESET : r;
	u = (struct unpack){f.body, 0};
	failed = f.type == CTL_BLOB ? 0 : unpack_u8(&u);
	text = unpack_view(&u);
	r = unpack_end(&u);
	if (r == 0)
		r = buf_put_view(ret_text, text);
	if (r == 0 && ret_fd)
		*ret_fd = wire_frame_take_fd(&f, 0);
	wire_frame_done(&f);
	if (r < 0)
		return r;
	return failed == CTL_TEXT_FORBIDDEN ? CONTROL_FORBIDDEN : failed != 0;
}

/* `quiet`: -ENOENT or -ECONNREFUSED where no agent answers, instead of a message. */
static int talk(const struct ctl *ctl, uint16_t request, struct view body, int fd, int ms,
	bool quiet, struct buf *ret_text, int *ret_fd)
{
	cleanup_with(fd_closep) int sock = -1;
	char path[4200];
	int r = socket_path(ctl, path, sizeof(path));

	if (r != 0)
		return r;
	sock = wire_dial(path);
	if (quiet && (sock == -ENOENT || sock == -ECONNREFUSED))
		return sock;
	if (sock < 0)
		return ctl_error(
			"no agent answers at %s: %s; is it running? (systemctl status sealgate)",
			path, strerror(-sock));
	r = exchange(sock, request, body, fd, ms, ret_text, ret_fd);
	if (r < 0)
		return ctl_error("the agent at %s did not answer: %s", path, strerror(-r));
	return r;
}

static int patience(uint16_t request)
{
	return request == CTL_VAULT ? VAULT_MS : ANSWER_MS;
}

int control_ask(const struct ctl *ctl, uint16_t request, struct buf *ret_text)
{
	return talk(ctl, request, VIEW_EMPTY, -1, patience(request), false, ret_text, NULL);
}

int control_exchange(const struct ctl *ctl, uint16_t request, struct view body, int fd, int ms,
	struct buf *ret_text, int *ret_fd)
{
	return talk(ctl, request, body, fd, ms, false, ret_text, ret_fd);
}

int control_call(const struct ctl *ctl, uint16_t request, struct view body, struct buf *ret_text)
{
	return talk(ctl, request, body, -1, patience(request), true, ret_text, NULL);
}
