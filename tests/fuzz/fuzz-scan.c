/* SPDX-License-Identifier: Apache-2.0 */
/* A scan worker between the supervisor and core. What is in documents has targets of its own. */
#include "frames.h"
#include "rulepack/rulepack.h"

int process_main(void);
#define main process_main
#include "scan/main.c"
#undef main

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint16_t from_supervisor[] = {SUP_PEER, SUP_PING, SUP_STOP, 0};
static const uint16_t from_core[] = {SCAN_RULES, SCAN_JOB, 0};

static struct {
	int rules, document, pipe[2];
	struct worker *worker;
} once = {.rules = -1};

/* Not with the first input, which has a time limit. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct diags d;
	static struct rulepack_info info;
	static struct buf blob;
	const char *dirs[] = {SEALGATE_SOURCE_RULES};

	(void)argc, (void)argv;
	/* A budget that is over in the midst of it ends the process, which is right. */
	if (signal(SIGPROF, SIG_IGN) == SIG_ERR || pipe2(once.pipe, O_CLOEXEC | O_NONBLOCK) < 0 ||
		rulepack_compile(dirs, 1, &d, &info, &blob) < 0)
		abort();
	once.rules = fd_memfd_sealed("rules", buf_view(&blob));
	once.document = fd_memfd_sealed("document", VIEW_LIT("TỐI MẬT\n\nSố: 7/KH\n"));
	if (once.rules < 0 || once.document < 0 || worker_new(1U << 20, &once.worker) < 0 ||
		worker_rules(once.worker, 1, once.rules) < 0)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scan s = {.out = BUF_INIT(WIRE_BODY_MAX)};
	struct frames f = {0};
	int pair[2];

	f.blobs[0] = once.document;
	f.blobs[1] = once.rules;
	f.blobs[2] = once.pipe[0];
	f.peers[0].types = from_supervisor;
	f.peers[1].types = f.peers[2].types = from_core;
	f.peers[0].fd = frames_control();
	f.peers[2].fd = -1;
	s.worker = once.worker;
	if (loop_new(&s.loop) < 0 || child_new(s.loop, &events, &s, &s.child) < 0 ||
		wire_pair(pair) < 0 || on_peer(&s, ROLE_CORE, 0, pair[0]) < 0)
		abort();
	f.peers[1].fd = pair[1];
	f.loop = s.loop;
	frames_run(&f, view_of(data, size));
	overrun_disarm();
	wire_peer_free(s.core);
	child_free(s.child);
	loop_free(s.loop);
	buf_done(&s.out);
	frames_done(&f);
	return 0;
}
