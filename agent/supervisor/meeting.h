/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a call is in progress: an application holds a camera or a recording device, or has a UDP
 * socket as media streams have it. Looked at once a second while applications live, in the
 * descriptors of tagged processes alone. A hint: it only ever makes the policy stricter.
 *
 * Not seen: a microphone that PipeWire or PulseAudio holds for the application, and media that goes
 * through a TCP or QUIC connection.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/loop.h"
#include "base/macros.h"

#define MEETING_LOOK_NS NSEC_PER_SEC
/* Looks without a sign before a call has ended: devices are closed and opened in between. */
#define MEETING_END_LOOKS     3U
#define MEETING_PROCESSES_MAX 256U  /* looked at in one look */
#define MEETING_FILES_MAX     4096U /* descriptors of one process */
#define MEETING_SOCKETS_MAX   1024U
#define MEETING_LINES_MAX     16384U /* UDP sockets of a network namespace */

enum meeting_sign {
	MEETING_SIGN_NONE,
	MEETING_SIGN_NETWORK,
	MEETING_SIGN_MICROPHONE,
	MEETING_SIGN_CAMERA,
	MEETING_SIGN_MAX,
};
const char *meeting_sign_name(enum meeting_sign sign);

/* By the name of an open file, as in /proc/PID/fd: "/dev/video0", "/dev/snd/pcmC0D0c". */
enum meeting_sign meeting_sign_of(const char *target);

/* A line of /proc/net/udp or udp6. True where the socket may carry media; its inode. */
bool meeting_is_media(const char *line, uint64_t *ret_inode);

struct meeting_call {
	bool on;
	uint32_t pid, uid; /* of the process with the sign */
	enum meeting_sign sign;
	uint64_t since; /* realtime */
	char app[64];
};

struct meeting_events {
	/* Calls `fn` for the processes of applications, as far as they are known. */
	void (*each)(void *userdata, void (*fn)(void *look, uint32_t pid, const char *app_id),
		void *look);
	void (*changed)(void *userdata, const struct meeting_call *call);
};

struct meeting;
must_check int meeting_new(
	struct loop *l, const struct meeting_events *events, void *userdata, struct meeting **ret);
struct meeting *meeting_free(struct meeting *m); /* takes NULL, returns NULL */
bool meeting_is_on(const struct meeting *m);
void meeting_status(const struct meeting *m, struct json *j); /* key "meeting" */
