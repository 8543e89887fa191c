/* SPDX-License-Identifier: Apache-2.0 */
/* log between the supervisor and core, and its configuration. Whatever is said, the journal is
 * sound. */
#include <unistd.h>

#include "frames.h"

int process_main(void);
#define main process_main
#include "log/main.c"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint16_t from_supervisor[] = {SUP_PEER, SUP_PING, SUP_STOP, SUP_CONFIG, 0};
static const uint16_t from_core[] = {LOG_APPEND, LOG_SEAL, LOG_NEW_KEY, 0};

static char state[64], dir[80];

static void read_config(struct view body)
{
	struct unpack u = {body, 0};
	struct config c;

	unpack_config(&u, &c);
	config_done(&c);
}

static void check_journal(void)
{
	struct journal_verify_result v;

	if (journal_verify(dir, NULL, NULL, &v) < 0 || v.findings > 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c = {.journal_segment_bytes = 1U << 20,
		.journal_total_bytes = 8U << 20,
		.uid = UINT32_MAX,
		.gid = UINT32_MAX};
	struct process p = {0};
	struct frames f = {.blobs = {-1, -1, -1}};
	int pair[2];

	if (!*state) {
		frames_dir(state, sizeof(state), "log");
		snprintf(dir, sizeof(dir), "%s/journal", state);
	}
	read_config(view_of(data, size));
	c.state_dir = state;
	list_init(&p.clients);
	f.peers[0].types = from_supervisor;
	f.peers[1].types = f.peers[2].types = from_core;
	f.peers[0].fd = frames_control();
	if (mkdir(dir, 0700) < 0 || set_up(&p, &c) < 0)
		abort();
	for (unsigned i = 1; i <= 2; i++) { /* a core, and its successor */
		if (wire_pair(pair) < 0 || on_peer(&p, ROLE_CORE, 0, pair[0]) < 0)
			abort();
		f.peers[i].fd = pair[1];
	}
	f.loop = p.loop;
	frames_run(&f, view_of(data, size));
	(void)finish(&p);
	tear_down(&p);
	frames_done(&f);
	check_journal();
	frames_empty(state);
	return 0;
}
