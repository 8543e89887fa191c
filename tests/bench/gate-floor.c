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
		struct fanotify_event_metadata *m = (void *)batch;

		if (n <= 0)
			return 1;
		for (; FAN_EVENT_OK(m, n); m = FAN_EVENT_NEXT(m, n)) {
			struct fanotify_response r = {.fd = m->fd, .response = FAN_ALLOW};

			if (m->fd < 0)
				continue;
			if (write(3, &r, sizeof(r)) != (ssize_t)sizeof(r))
				return 1;
			close(m->fd);
		}
	}
}
