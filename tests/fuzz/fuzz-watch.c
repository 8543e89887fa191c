/* SPDX-License-Identifier: Apache-2.0 */
/* watch between the supervisor and core, over a folder with a few files. */
#include <fcntl.h>
#include <sys/mman.h>

#include "frames.h"
#include "wire/subjects.h"

int process_main(void);
#define main process_main
#include "watch/main.c"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint16_t from_supervisor[] = {SUP_PEER, SUP_PING, SUP_STOP, SUP_ARRIVALS, 0};
static const uint16_t from_core[] = {CORE_WATCHED, CORE_RECEIVED, CORE_RESCAN, 0};

static struct {
	char dir[64];
	int pipe[2]; /* a group that never tells anything: real numbers of descriptors are ours */
	int memory, small;
} once;

static void setup(void)
{
	static const char *const names[] = {"a.txt", "b.docx", "mật.pdf"};
	char path[128];

	frames_dir(once.dir, sizeof(once.dir), "watch");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/%s", once.dir, names[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 || fd_write_all(fd, VIEW_LIT("MẬT\n")) < 0)
			abort();
		close(fd);
	}
	once.memory = memfd_create("subjects", MFD_CLOEXEC);
	once.small = memfd_create("small", MFD_CLOEXEC);
	if (pipe2(once.pipe, O_CLOEXEC | O_NONBLOCK) < 0 || once.memory < 0 || once.small < 0 ||
		ftruncate(once.memory, sizeof(struct subjects)) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct watch w = {.note = BUF_INIT(8192), .told_note = BUF_INIT(8192)};
	struct config c = {.crawl_under_load = true, .crawl_on_battery = true};
	struct frames f = {0};
	int pair[2];

	if (!*once.dir)
		setup();
	c.state_dir = c.runtime_dir = (char *)"/nonexistent";
	c.watch.v[c.watch.n++] = once.dir;
	f.blobs[0] = once.pipe[0];
	f.blobs[1] = once.memory;
	f.blobs[2] = once.small;
	f.peers[0].types = from_supervisor;
	f.peers[1].types = f.peers[2].types = from_core;
	f.peers[0].fd = frames_control();
	f.peers[2].fd = -1;
	if (start(&w, &c) < 0 || wire_pair(pair) < 0 || on_peer(&w, ROLE_CORE, 0, pair[0]) < 0)
		abort();
	f.peers[1].fd = pair[1];
	f.loop = w.loop;
	for (int i = 0; i < 4; i++) /* files are offered */
		unchecked(loop_step(w.loop, 0));
	frames_run(&f, view_of(data, size));
	done(&w);
	frames_done(&f);
	return 0;
}
