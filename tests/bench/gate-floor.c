/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate is measured against: the least that can answer permission events. Reads the group
 * that is its descriptor 3, allows everything, and knows nothing.
 */
#include <stdint.h>
#include <sys/fanotify.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

int main(void)
{
	_Alignas(struct fanotify_event_metadata) uint8_t batch[4096];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		ssize_t n = read(3, batch, sizeof(batch));
		const struct fanotify_event_metadata *m;

		if (n <= 0)
			return 1;
		for (size_t off = 0; off < (size_t)n; off += m->event_len) {
			struct fanotify_response r = {.response = FAN_ALLOW};

			m = (const void *)(batch + off);
			r.fd = m->fd;
			if (m->fd < 0)
				continue;
			if (write(3, &r, sizeof(r)) != (ssize_t)sizeof(r))
				return 1;
			close(m->fd);
		}
	}
}
