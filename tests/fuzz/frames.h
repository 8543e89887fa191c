/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process between its peers, each of which says anything. The input is frames: whom from, type,
 * number, descriptors, length in two bytes, body. The process is its own sources, its main.c
 * included where its functions are needed; nothing is confined, and no fanotify group is real.
 */
#pragma once

#include "base/loop.h"
#include "base/view.h"

#define FRAMES_PEERS 3U
#define FRAMES_BLOBS \
	3U            /* what is sent as descriptors; -1: none; one more is the frame's own body */
#define FRAMES_FDS 4U /* of one frame */

struct frames {
	struct loop *loop;
	struct {
		int fd;                /* the peer's end; -1: not there */
		const uint16_t *types; /* 0 ends them; one more is any */
	} peers[FRAMES_PEERS];
	int blobs[FRAMES_BLOBS];
};

/* The control socket, under the number that every child has it under; the supervisor's end. */
int frames_control(void);

/* At the end, when the process has closed its side: closes the peers', and keeps the number of the
   control socket from whatever else this program opens. */
void frames_done(struct frames *f);

/* Until the input or the loop ends. What the process answers is read and forgotten. */
void frames_run(const struct frames *f, struct view in);

/* A directory of its own in memory, where there is one. Removed with all in it when the process
   ends. */
void frames_dir(char *ret, size_t size, const char *name);
/* All below it. */
void frames_empty(const char *dir);
