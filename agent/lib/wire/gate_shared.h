/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory that the supervisor keeps across gates: a memfd of sizeof(struct gate_shared) bytes,
 * zero at first, written by the one live gate. The supervisor reads the heartbeat and the counters;
 * a successor finds here what its dead predecessor had read and not yet answered, and the records
 * that core has not acknowledged. Single words are stored whole; nothing here is locked.
 *
 * Everything in it was written by a process as privileged as its reader.
 */
#pragma once

#include <stdint.h>

#include "model/failure.h"
#include "model/filekey.h"
#include "wire/record.h"

#define GATE_SHARED_MAGIC  UINT32_C(0x53474736)
#define GATE_BATCH_BYTES   384U  /* sixteen events: small reads, so that none waits for many */
#define GATE_SLOTS_MAX     2048U /* opens held at once; one more is answered under pressure */
#define GATE_RECORDS_MAX   512U /* records waiting for CORE_RECORDED; one more is counted as lost */
#define GATE_HISTOGRAM_MAX 16U  /* latencies: bucket i is below 4^i us; the last is open */
#define GATE_SLOT_PATH_MAX 1024U  /* bytes with NUL */
#define GATE_MARKS_MAX     16384U /* classified files with a mark of their own */
#define GATE_MARKS_INDEX   (2 * GATE_MARKS_MAX)
/* Programs that applications wrote: so many with a mark that stays, and so many in all; what comes
   after the first gets marks that the kernel may drop when it needs the memory, and the oldest of
   these gives way. */
#define GATE_DROPPED_FIRM 512U
#define GATE_DROPPED_MAX  4096U

/* What became of an open whose document nobody could look at. */
enum gate_outcome {
	GATE_OUTCOME_ALLOWED,
	GATE_OUTCOME_LOGGED,
	GATE_OUTCOME_REFUSED,
	GATE_OUTCOME_MAX,
};

/* Counts since the memory was made, all of them across gates. */
struct gate_counters {
	uint64_t allowed;   /* opens of processes of no application */
	uint64_t gated;     /* opens and execs of applications */
	uint64_t outside;   /* of these: not a regular file, or outside `protect` */
	uint64_t known;     /* answered from the cached facts */
	uint64_t held;      /* held for core */
	uint64_t shared;    /* of these: joined a request that was already under way */
	uint64_t scanned;   /* held and answered with facts in time */
	uint64_t deadline;  /* held until the budget ran out */
	uint64_t core_gone; /* nobody to ask */
	uint64_t pressure;  /* no slot free, or core's socket full */
	uint64_t successor; /* left by a dead gate and answered by number */
	uint64_t denied;
	uint64_t execs;         /* starts of applications */
	uint64_t tag_timeouts;  /* the tag did not come in time; the exec went on without it */
	uint64_t late;          /* facts that came after the deadline and were kept */
	uint64_t identified;    /* processes looked up in procfs */
	uint64_t unidentified;  /* procfs did not tell: allowed */
	uint64_t uncached;      /* process table full: looked up again at the next open */
	uint64_t answer_errors; /* answers that the kernel refused at first */
	uint64_t read_errors;   /* events lost by the kernel: EMFILE and the like; it denied them */
	uint64_t records;       /* made */
	uint64_t records_lost;  /* of these: dropped because the ring was full */
	uint64_t max_allowed_ns; /* slowest answers, from reading the event */
	uint64_t max_known_ns;
	uint64_t max_held_ns;
	uint64_t allowed_us[GATE_HISTOGRAM_MAX];
	uint64_t gated_us[GATE_HISTOGRAM_MAX]; /* known and held */
	uint64_t stuck;                        /* gates that died reading the memory of a process */
	uint64_t
		cover_timeouts; /* applications that started before the file systems were covered */
	uint64_t looks;         /* at all processes */
	uint64_t look_ns;       /* processor time of these */
	uint64_t found;         /* processes of applications that were not seen starting */
	uint64_t reads;         /* of marked files, by applications */
	uint64_t inherited;     /* descriptors that were looked at before an exec */
	uint64_t marks_refused; /* classified files without a mark: too many, or it failed */
	uint64_t descriptors;   /* opens that could not be handed on for want of a descriptor */
	uint64_t failures[FAILURE_MAX][MAY_BE_MAX][GATE_OUTCOME_MAX];
	uint64_t files_short; /* times that the gate's own descriptors ran short */
};

enum gate_slot_kind {
	GATE_SLOT_FREE, /* 0 */
	GATE_SLOT_OPEN,
	GATE_SLOT_EXEC, /* waits for the tag; always allowed in the end */
};

/* A held event. `kind` is set last and cleared after the answer. */
struct gate_slot {
	uint32_t kind; /* enum gate_slot_kind */
	int32_t fd;    /* the number by which the kernel knows the event */
	int32_t pid;
	uint32_t mask;
	uint32_t app;     /* index in the application table of `policy_version` */
	uint64_t arrived; /* monotonic */
	uint64_t realtime;
	struct file_key key;
	char path[GATE_SLOT_PATH_MAX]; /* as the opener saw it; cut at the front */
};

/* A file whose inode carries a mark, open addressing by both numbers. */
struct gate_mark {
	uint64_t dev;
	uint64_t ino;   /* 0: free */
	uint32_t level; /* as it was last read */
	uint32_t reserved;
};

/* A program that an application wrote; its inode carries a mark for its start. */
struct gate_dropped {
	uint64_t dev;
	uint64_t ino; /* 0: free */
	char app[64];
};

/* `id` is set last, and cleared when core has acknowledged it. */
struct gate_kept_record {
	uint32_t id; /* 0: free */
	struct gate_record record;
};

#define GATE_STUCK_USERS 16U /* over it, the oldest are tried again */

struct gate_stuck {
	uint32_t uid;
	uint64_t until; /* clock_now(); 0: none */
};

struct gate_shared {
	uint32_t magic; /* 0: fresh */
	uint32_t size;  /* of this structure */
	uint32_t gate_pid;
	uint32_t policy_version; /* that the gate decides with */
	uint64_t beat;           /* grows at least five times a second while the gate is alive */
	uint64_t beat_time;      /* clock_now() of the last beat */
	uint32_t n_held;         /* now */
	uint32_t n_processes;    /* in the table now */
	uint32_t n_gated;        /* of these, belonging to applications */
	uint32_t next_record;    /* ids grow across gates */
	struct gate_counters counters;
	uint64_t look_interval_ns; /* between the ends of looks, as the last one cost */

	/* What read(2) on the group returned: cleared before each read, and an event's fd becomes
	   FAN_NOFD once it is answered or in a slot. The kernel fills it even where the reader dies
	   inside the call, so that no length is needed. */
	_Alignas(8) uint8_t batch[GATE_BATCH_BYTES];
	struct gate_slot slots[GATE_SLOTS_MAX];
	struct gate_kept_record records[GATE_RECORDS_MAX];

	uint32_t next_dropped; /* how many there were */
	struct gate_dropped dropped[GATE_DROPPED_MAX];

	uint32_t n_marks;
	struct gate_mark marks[GATE_MARKS_INDEX];

	/* Set while a process's command line or environment is read, which waits for a lock that
	   the process can hold. A gate that was killed there leaves it to its successors, which do
	   without for a while where processes of the same user are concerned. */
	uint32_t reading_memory_of, reading_memory_uid;
	uint32_t next_stuck;
	struct gate_stuck stuck[GATE_STUCK_USERS];
};
