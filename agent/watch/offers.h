/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation with core about files: at most OFFERS_MAX at a time; after core's answer,
 * whether the file is still what was looked at. Owns the descriptors of files under way.
 */
#pragma once

#include <stdint.h>

#include "base/macros.h"
#include "model/filekey.h"
#include "wire/peer.h"

#define OFFERS_MAX 16U

struct offer {
	uint32_t id; /* 0: free */
	int fd;
	struct file_key key;
	bool stable; /* settled and without a writer when it was offered */
};

struct offers {
	struct offer v[OFFERS_MAX];
	uint32_t n;
	uint32_t last_id;
	uint64_t sent;
};

/* Sends the file, whose descriptor is taken over. `path` is for people. 0 or -errno; -EBUSY where
   OFFERS_MAX are under way. */
must_check int offers_send(struct offers *o, struct wire_peer *core, int fd,
	const struct file_key *key, const char *path, bool no_writer, bool settled, bool urgent);

/* CORE_WATCHED. 0, or -EPROTO for an id that is not under way. */
must_check int offers_answer(struct offers *o, struct wire_peer *core, uint32_t id, bool confirm);

/* core is gone. */
void offers_drop(struct offers *o);
