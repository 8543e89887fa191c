/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quarantine, state-dir/quarantine, which nobody but root may look into. One helper process at
 * a time works on it, in the host's mount namespace, where paths mean what users mean; the
 * supervisor goes on meanwhile. Orders beyond VAULT_QUEUE_MAX are answered as not moved.
 */
#pragma once

#include "base/loop.h"
#include "supervisor/vault_work.h"

#define VAULT_QUEUE_MAX 64U
#define VAULT_HEAL_MAX  1024U               /* things mended after a start */
#define VAULT_WORK_NS   (60 * NSEC_PER_SEC) /* then the helper is killed */
#define VAULT_ENDS_MS   20                  /* that a killed helper is waited for */

struct vault;

enum vault_what {
	VAULT_WHAT_MOVE,
	VAULT_WHAT_RESTORE,
	VAULT_WHAT_DELETE,
	VAULT_WHAT_HEAL, /* told only where something was mended */
};

/* `id` as given. */
typedef void (*vault_done_fn)(
	void *userdata, enum vault_what what, uint32_t id, const struct vault_result *r);

/* `max`: bytes in all. */
must_check int vault_new(struct loop *l, const char *state_dir, uint64_t max, vault_done_fn done,
	void *userdata, struct vault **ret);
struct vault *vault_free(struct vault *v); /* kills the helper; takes NULL, returns NULL */

/* `file` is taken over. What comes of it is told by the callback, always. */
void vault_move(struct vault *v, uint32_t id, int file, const struct vault_order *o);
void vault_ask(struct vault *v, uint32_t id, enum vault_request what, const char *vault_id,
	const char *folder);

/* What an end of the agent has left half done, one after the other. */
void vault_heal(struct vault *v);

bool vault_is_busy(const struct vault *v);
