/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GATE_RECORD: one answered event that the policy wants recorded. Made after the answer; core turns
 * it into an incident. Names, not indices, so that a reload between the two cannot confuse them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/action.h"
#include "model/facts.h"
#include "model/failure.h"
#include "model/filekey.h"
#include "wire/pack.h"

enum record_cause {
	RECORD_CAUSE_KNOWN,       /* facts were cached */
	RECORD_CAUSE_SCANNED,     /* held until the facts came */
	RECORD_CAUSE_DEADLINE,    /* the hold budget ran out */
	RECORD_CAUSE_CORE_GONE,   /* nobody to ask */
	RECORD_CAUSE_PRESSURE,    /* too many held opens, or core's socket full */
	RECORD_CAUSE_SUCCESSOR,   /* a new gate answered what its predecessor left */
	RECORD_CAUSE_DESCRIPTORS, /* none left to hand the file on */
	RECORD_CAUSE_STORE,       /* scanned, while the store of facts is damaged */
	RECORD_CAUSE_MAX,
};

/* How the process came by the file. */
enum record_way {
	RECORD_WAY_OPEN,
	RECORD_WAY_READ,      /* of a descriptor: opened by somebody else, or before it was known */
	RECORD_WAY_INHERITED, /* open over the exec of the application */
	RECORD_WAY_ALREADY,   /* open already when it was looked at: nothing was refused */
	RECORD_WAY_WRITTEN,   /* the process wrote it: nothing was refused */
	RECORD_WAY_AT_REST,   /* it lies there; no process asked */
	RECORD_WAY_MAX,
};

const char *record_way_name(
	enum record_way way); /* "open", "read", "inherited", "already-open", "written", ... */
enum failure record_cause_failure(enum record_cause cause); /* FAILURE_NONE: what the facts say */
const char *record_cause_name(enum record_cause cause); /* "known", "scanned", "deadline", ... */

#define RECORD_ANCESTORS_MAX 5U

struct record_ancestor {
	uint32_t pid;
	char comm[16];
	char exe[104]; /* cut at the front where longer */
};

struct gate_record {
	uint64_t realtime;   /* ns, of the event's arrival */
	uint64_t hold_ns;    /* from reading the event to answering it */
	uint64_t start_time; /* of the process, clock ticks since boot; 0 where unknown */
	uint32_t pid, ppid, uid;
	uint32_t policy_version;
	enum action action, intended;
	enum channel channel;
	enum record_cause cause;
	enum record_way way; /* may be left out of the frame, with what follows */
	enum failure failure;
	enum may_be may_be; /* counts where there is a failure */
	bool meeting;       /* a call was in progress */
	uint32_t override;  /* what let it pass; 0: nothing */
	uint32_t posture;   /* POSTURE_BIT, of a program that starts; may be left out */
	struct file_key key;
	struct facts_brief facts;
	char app[64];        /* application id */
	char rule[64];       /* policy rule name */
	char identified[32]; /* how the subject was recognised: "exe", "script", "exec", "cgroup",
				... */
	char comm[16];
	char exe[512];
	char path[2048]; /* as the opener saw it; cut at the front where longer */
	/* Looked up after the answer; may be left out of the frame. */
	char sandbox[96]; /* "flatpak:ID", "snap:NAME", "" where there is none */
	uint32_t n_ancestors;
	struct record_ancestor ancestors[RECORD_ANCESTORS_MAX]; /* the parent first */
};

void pack_record(struct pack *p, const struct gate_record *r);
void unpack_record(struct unpack *u, struct gate_record *ret);
