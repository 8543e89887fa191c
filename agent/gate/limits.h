/* SPDX-License-Identifier: Apache-2.0 */
/* Every bound of the gate. What outlives it (slots, records) is in wire/gate_shared.h. */
#pragma once

#include "base/clock.h"
#include "wire/gate_shared.h"

/* The tests reach these with a gate built small; the bounds that others rely on stay. */
#ifdef GATE_SMALL
#define GATE_PROCESSES_MAX      64U
#define GATE_ANCESTORS_MAX      4U
#define GATE_REQUESTS_MAX       8U
#define GATE_FACTS_SETS         2U
#define GATE_LATE_NS            (2 * NSEC_PER_SEC)
#define GATE_VOLATILE_NS        (2 * NSEC_PER_SEC)
#define GATE_LOOK_SHARE         5U
#define GATE_LOOK_MIN_NS        (100 * NSEC_PER_MSEC)
#define GATE_LOOK_PROCESSES     16U
#define GATE_LOOK_TOLD_MAX      4U
#define GATE_LOOK_FILES_MAX     8U
#define GATE_LOOK_MAPS_MAX      4U
#define GATE_MARKS_LIMIT        4U
#define GATE_EXEC_FILES_MAX     16U
#define GATE_DROPPED_FIRM_LIMIT 2U
#define GATE_DROPPED_LIMIT      4U
#else
/* Processes remembered. Over it those of no application are forgotten first; one that does not fit
   is looked up again at each of its opens. */
#define GATE_PROCESSES_MAX 8192U
/* Ancestors asked for an application before a process counts as belonging to none. */
#define GATE_ANCESTORS_MAX 32U
/* Files under classification, those past their deadline included: the oldest of these go first. */
#define GATE_REQUESTS_MAX  2048U
/* How long facts that missed their deadline are still waited for. */
#define GATE_LATE_NS       (120 * NSEC_PER_SEC)

/* Files whose facts are remembered: 16384 sets of four; the oldest of a set goes first. */
#define GATE_FACTS_SETS    16384U
/* On tmpfs a store through a mapping that was read first leaves ctime alone, so facts hold only
   this long there, and only while nobody writes. */
#define GATE_VOLATILE_NS   (30 * NSEC_PER_SEC)

#define GATE_LOOK_SHARE         500U
/* Between two looks at all processes, at least. */
#define GATE_LOOK_MIN_NS        NSEC_PER_SEC
/* Processes whose executable is remembered from one look to the next: a power of two, filled to
   three quarters. Over it they are identified again each time. */
#define GATE_LOOK_PROCESSES     16384U
/* Applications that a look tells of, and open files of each that it reads the names of. */
#define GATE_LOOK_TOLD_MAX      64U
#define GATE_LOOK_FILES_MAX     1024U
#define GATE_MARKS_LIMIT        GATE_MARKS_MAX
/* Mappings of one that may be of a marked file. */
#define GATE_LOOK_MAPS_MAX      64U
/* Descriptors that are looked at before an application starts; with more it counts as not read. */
#define GATE_EXEC_FILES_MAX     4096U
#define GATE_DROPPED_FIRM_LIMIT GATE_DROPPED_FIRM
#define GATE_DROPPED_LIMIT      GATE_DROPPED_MAX
#endif
#define GATE_FACTS_WAYS 4U
/* Files of one process that were reported as open already; over it, the oldest may be told again.
 */
#define GATE_TOLD_MAX 4U
/* Arguments of a command line that are tried as the path of a script. */
#define GATE_SCRIPT_ARGS_MAX 4U
/* An exec waits this long for its tag, then goes on: the process is known by its pid anyway. */
#define GATE_TAG_NS (300 * NSEC_PER_MSEC)
/* After an exec the procfs lines of a process still show the old program for a moment. */
#define GATE_EXEC_SETTLE_NS (200 * NSEC_PER_MSEC)
/* "Belongs to none" is believed for the age of the process, within these bounds: what it executes
   may carry no mark. */
#define GATE_NONE_MIN_NS (10 * NSEC_PER_MSEC)
#define GATE_NONE_MAX_NS NSEC_PER_SEC
/* The user of a process of an application is read again after this. */
#define GATE_USER_NS NSEC_PER_SEC
/* Soon after the exec: until then its names are those of the program before. */
#define GATE_EXEC_USER_NS (2 * NSEC_PER_MSEC)

/* After a gate was killed while it read a process's command line or environment, successors do
   without these of its user's processes for so long: one that can stop a gate would stop the next.
 */
#define GATE_STUCK_NS (600 * NSEC_PER_SEC)

/* A look at all processes: turns of so long, with pauses for answers; each costs at most about one
   part in GATE_LOOK_SHARE of a processor, because the time to the next follows from its own. */
#define GATE_LOOK_TURN_NS  (NSEC_PER_MSEC / 5)
#define GATE_LOOK_PAUSE_NS (2 * NSEC_PER_MSEC)
#define GATE_LOOK_MAX_NS   (30 * NSEC_PER_SEC)

#define GATE_BEAT_NS (200 * NSEC_PER_MSEC)

/* Without a socket to core for so long, another one is asked for: a core that died comes with one.
 */
#define GATE_UNLINKED_NS NSEC_PER_SEC

/* Batches of events and frames of core per round, so that neither starves the other. */
#define GATE_BATCHES_PER_ROUND 8
#define GATE_ROUND_NS          (20 * NSEC_PER_MSEC)
#define GATE_FRAMES_PER_ROUND  64

/* Mounts are known by their number up to here; above it, a path is never taken as the host's. */
#define GATE_MOUNTS_MAX 65536U
/* What is read of one procfs file (bytes). */
#define GATE_PROC_TEXT_MAX (256U << 10)
#define GATE_PATH_MAX      4096U
#define GATE_FDINFO_TEXT   4096U

/* Descriptors: running out makes the kernel refuse opens of everybody. */
#define GATE_FILES_SPARE 128U
/* Kept back for when they run out, where fewer than that are left; and what is open for a moment.
 */
#define GATE_FILES_RESERVE 32U
#define GATE_FILES_LOW     64U
#define GATE_FILES_MOMENT  8U
/* With fewer it does not start. */
#define GATE_FILES_MIN 256U
#define GATE_FILES     (GATE_SLOTS_MAX + GATE_REQUESTS_MAX + GATE_PROCESSES_MAX + GATE_FILES_SPARE)
