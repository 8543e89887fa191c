/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's state: one structure, allocated once at start with every table at its full size, so
 * that nothing on the way from an event to its answer allocates.
 *
 * Who owns what: event.c answers, files.c has room for the next event, proc.c knows processes
 * (identify.c asks procfs), facts.c knows files and marks.c those that carry a mark, fds.c what
 * processes have open and maps.c mapped, look.c finds processes that nobody saw start, hold.c holds
 * events while core looks, exec.c the starts of applications, judge.c decides, record.c keeps
 * records, subjects.c tells watch who is an application, link.c talks to core, mounts.c knows
 * mounts, control.c talks to the supervisor.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/loop.h"
#include "base/view.h"
#include "decide/policy.h"
#include "gate/limits.h"
#include "model/facts.h"
#include "subject/apptable.h"
#include "subject/buildid.h"
#include "subject/procline.h"
#include "wire/child.h"
#include "wire/config.h"
#include "wire/posture.h"
#include "wire/protocol.h"
#include "wire/subjects.h"

/* How a process was recognised, strongest first. */
enum proc_how {
	PROC_HOW_NONE,
	PROC_HOW_EXEC, /* seen executing the application */
	PROC_HOW_EXE,
	PROC_HOW_CGROUP,
	PROC_HOW_PARENT,
	PROC_HOW_SNAP,
	PROC_HOW_SCRIPT,
	PROC_HOW_FLATPAK,
	PROC_HOW_COPY, /* by the build id of its program */
	PROC_HOW_MAX,
};

struct proc {
	int32_t pid; /* 0: free */
	int32_t pidfd;
	uint32_t app; /* APP_NONE: no application */
	uint32_t tag; /* application of its cgroup, or APP_NONE */
	uint8_t how;  /* enum proc_how */
	bool agent;   /* the agent's own */
	bool used;    /* since the last look for somebody to forget */
	bool busy;    /* being looked up */
	bool known;   /* whole; false where procfs did not tell */
	uint32_t ppid;
	uint64_t start_time;          /* ticks since boot */
	uint64_t checked;             /* when procfs was asked */
	uint64_t valid_until;         /* of "none", and of the user */
	uint64_t unsettled;           /* until then an exec is under way */
	uint64_t told[GATE_TOLD_MAX]; /* hashes of files that it was seen to have open */
	uint8_t next_told;
	struct procline_status user;
};

struct proc_table {
	struct proc v[GATE_PROCESSES_MAX];
	uint16_t index[GATE_PROCESSES_MAX * 2]; /* of v, plus one; open addressing */
	uint16_t free[GATE_PROCESSES_MAX];
	uint32_t n_free, n, n_gated, hand;
	int exits; /* epoll of the pidfds and the mount table */
};

enum file_track {
	FILE_TRACK_NONE,  /* a server or another file system answers for it */
	FILE_TRACK_LOCAL, /* changes may go unseen: facts hold for the held open only, as above */
	FILE_TRACK_SHORT, /* tmpfs */
	FILE_TRACK_FULL,
};

struct known_file {
	struct file_key key;
	struct facts_brief facts;
	uint64_t until; /* 0: as long as the key is the same */
	bool used;
};

struct facts_table {
	struct known_file v[GATE_FACTS_SETS][GATE_FACTS_WAYS];
	uint8_t next[GATE_FACTS_SETS];
	/* Of those with an `until`: where it is no later they are not believed, and when who opens
	   a file need not be looked at any more. */
	uint64_t floor, watched_until;
};

/* One event of the group. Its descriptor is closed by event_done(), once, after event_answer(). */
struct event {
	int32_t fd;
	int32_t pid;
	uint64_t mask;
	uint64_t arrived; /* monotonic */
	uint64_t realtime;
};

/* A held event. Its like in shared memory (same index) is what a successor sees. */
struct hold {
	struct list node;    /* by deadline; or free */
	struct list by_file; /* of its request */
	struct event event;
	struct request *request; /* NULL for an exec that waits for the supervisor */
	uint32_t app;
	bool exec;
	uint32_t id;       /* of GATE_TAG */
	int32_t inherited; /* the descriptor that `request` is about */
	struct file_key inherited_key;
};

/* A file that core is looking at. */
struct request {
	struct list node; /* free, or all in order of sending */
	struct list bucket;
	struct list waiting; /* struct hold */
	struct file_key key;
	uint64_t sent; /* monotonic */
	uint64_t sent_realtime;
	uint32_t id; /* 0: free */
	uint32_t epoch;
	int32_t about; /* process that has it open and does not wait, or 0 */
	uint32_t about_app;
	int fd;
	uint8_t track;  /* enum file_track */
	bool no_writer; /* before */
};

#define GATE_BUCKETS 4096U

struct hold_table {
	struct hold v[GATE_SLOTS_MAX];
	struct request requests[GATE_REQUESTS_MAX];
	struct list buckets[GATE_BUCKETS];
	struct list free, opens, execs;  /* struct hold */
	struct list free_requests, sent; /* struct request */
	uint32_t next_id, n_requests;
};

/* The gate's own descriptors. */
struct own_files {
	uint32_t limit, base; /* how many there may be, and how many there are always */
	int reserve[GATE_FILES_RESERVE];
	uint32_t n_reserve;
	bool is_short;
};

struct mount_table {
	int fd; /* mountinfo of the host's mount namespace */
	bool loaded;
	/* 0: not the host's; else 1 + enum file_track */
	uint8_t v[GATE_MOUNTS_MAX];
	uint64_t own; /* the last of our own namespace's that was looked up, and its track */
	enum file_track own_track;
};

/* Of the applications' programs. */
struct copy_table {
	struct {
		uint32_t app;
		struct build_id id;
	} v[WIRE_BUILD_IDS_MAX];
	uint32_t n;
};

/* Core's side of a record that it has: which of the kept ones it was sent. */
struct record_table {
	bool sent[GATE_RECORDS_MAX];
	uint32_t n_unsent;
};

struct seen_process {
	int32_t pid;  /* 0: free */
	uint32_t exe; /* hash of its path */
};

struct look_table {
	struct seen_process seen[2][GATE_LOOK_PROCESSES]; /* of the last look, and of this one */
	unsigned now;                                     /* which is this one's */
	struct hash_key key;
	uint32_t n_seen, n_gated, n_told;
	uint64_t cpu;   /* that it took so far */
	uint64_t execs; /* starts of applications when it began */
	int dir;        /* /proc; -1: between looks */
	size_t at, n;   /* in entries */
	bool fresh;     /* nothing is remembered from the last */
	bool announce;  /* tell of each that is found */
	bool audit;     /* look what applications have open */
	bool again, announce_next, audit_next, told_idle;
	_Alignas(8) uint8_t entries[4096];
};

struct gate {
	struct config config;
	struct loop *loop;
	struct child *child;
	struct loop_source *group_source, *core_source;
	struct loop_timer *hold_timer, *beat_timer, *look_timer;
	int group;     /* fanotify */
	int core;      /* -1: nobody to ask */
	int proc;      /* /proc */
	int own_files; /* /proc/self/fd, where the paths of events are read */
	int32_t self;
	uint64_t memory_dev; /* of memory files, which are in no file system that anybody mounts */
	bool serving, stopping;
	bool core_wants_out;
	uint64_t
		core_lost; /* when its socket broke, or when another was asked for; 0: it has one */
	bool covered;      /* the file systems, as the supervisor said since GATE_IDLE */
	uint32_t covered_after; /* the number of GATE_IDLE: older questions do not count */

	struct gate_shared *shared;
	struct subjects *subjects; /* NULL: nobody reads them */
	struct policy *policy;
	struct apptable *apps;
	struct view policy_blob, apps_blob; /* mapped */
	struct view posture;                /* mapped: struct posture_entry, sorted */
	bool posture_known;
	struct view starts; /* mapped: struct start_entry, sorted */
	uint32_t policy_version;
	uint32_t epoch;      /* of what is known about files: a change forgets it all */
	uint32_t generation; /* of the rules, as core last said */

	uint64_t now;         /* of the events in hand */
	uint64_t boot_offset; /* realtime of the monotonic clock's zero, for this round */
	uint64_t offset_due;  /* when utc_offset is worked out again */
	int32_t utc_offset;
	bool meeting; /* a call is in progress, as the supervisor said */

	struct proc_table procs;
	struct facts_table facts;
	struct hold_table holds;
	struct mount_table mounts;
	struct record_table records;
	struct look_table look;
	struct copy_table copies;
	struct own_files files;

	struct buf frame;         /* being packed */
	struct buf storage;       /* being received */
	struct proc scratch;      /* of a process that the table has no room for */
	char path[GATE_PATH_MAX]; /* of the file in hand */
	uint8_t text[GATE_PROC_TEXT_MAX];
};

/* event.c. The one place that answers. */
/* Reads one batch and hands over each event. 0; 1 where there may be more; -EAGAIN where there was
   none; other errors are for good. */
must_check int event_read(struct gate *g, void (*take)(struct gate *g, struct event *ev));
/* Hands over what is in the batch already: what a predecessor had read. */
void event_batch(struct gate *g, void (*take)(struct gate *g, struct event *ev));
void event_answer(struct gate *g, const struct event *ev, bool allow);
void event_done(struct event *ev);
void event_beat(struct gate *g);
void event_forget(struct gate *g, const struct event *ev); /* it is in a slot now */
void event_count(const struct event *ev, uint64_t *max, uint64_t *histogram);

/* files.c */
void files_init(struct gate *g);
void files_look(struct gate *g); /* the limit may be another now */
/* Nothing may be kept open beyond the event in hand. */
bool files_is_short(const struct gate *g);
/* How many bytes of events, `max` at most, there is room for: never less than one event. */
size_t files_for_events(struct gate *g, size_t max);

/* proc.c */
must_check int proc_init(struct gate *g);
/* Never NULL; valid until the next call. */
struct proc *proc_get(struct gate *g, int32_t pid);
/* The same without asking procfs: NULL where not remembered. */
struct proc *proc_find(struct gate *g, int32_t pid);
/* Room for a process that is about to be looked up, or NULL. */
struct proc *proc_add(struct gate *g, int32_t pid);
void proc_remove(struct gate *g, struct proc *p);
void proc_forget_others(struct gate *g); /* all that belong to no application */
void proc_set_app(struct gate *g, struct proc *p, uint32_t app, enum proc_how how);
void proc_drain_exits(struct gate *g);
void proc_new_apps(struct gate *g, const struct apptable *old);
/* Whether it was asked before about this process and file; remembers the last GATE_TOLD_MAX. */
bool proc_is_told(struct proc *p, const struct file_key *key);
const char *proc_how_name(enum proc_how how);

/* identify.c */
void identify(struct gate *g, struct proc *p);
void identify_user(struct gate *g, struct proc *p);
/* Of the process now, for a record. */
void identify_names(struct gate *g, int32_t pid, const struct proc *p, struct gate_record *ret);
/* Its sandbox and its ancestors: after the answer. */
void identify_descent(struct gate *g, int32_t pid, struct gate_record *ret);
/* Around each read of a process's memory, by whatever way. False where it is not to be read. */
must_check bool identify_memory_begin(struct gate *g, int32_t pid);
void identify_memory_end(struct gate *g);
void identify_memory_recover(struct gate *g); /* what a predecessor was killed in */
/* A link below /proc, terminated; its length, or 0. */
size_t identify_link(struct gate *g, const char *name, char *ret, size_t size);
/* The text of a file below /proc, in g->text; false where it could not be read. */
bool identify_text(struct gate *g, const char *name, size_t max, struct view *ret);

/* copies.c */
/* The application whose program the process runs, under whatever name, or APP_NONE. */
uint32_t copies_match(struct gate *g, const struct proc *p);
must_check int copies_set(struct gate *g, struct view body); /* of SUP_BUILD_IDS */
void copies_forget(struct gate *g);

/* starts.c */
must_check int starts_set(struct gate *g, int fd); /* of SUP_STARTS */
void starts_forget(struct gate *g);
uint32_t starts_app(struct gate *g, int fd); /* whose program it is, or APP_NONE */

/* look.c */
int look_turn(void *userdata); /* of the look timer */
void look_ask(struct gate *g, bool announce);
void look_audit(struct gate *g);

/* fds.c */
struct dirent64 { /* of getdents64(2) */
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

struct file_look {
	struct file_key key;
	uint64_t mount;
	bool regular;
};

struct open_file {
	int32_t number;
	bool closed_by_exec;
	struct file_look look;
};

void fds_init(struct gate *g);
/* The number that a directory of /proc or of /proc/PID/fd is named with, or -1. */
int32_t fds_number(const char *name);
/* A walk over the descriptors of a process, from that number on, looking at no more than `max`;
   `left` is 0 where there may be more. */
struct fds {
	int32_t pid, from;
	uint32_t left;
	int dir;
	size_t at, n; /* in entries */
	_Alignas(8) uint8_t entries[4096];
};
bool fds_open(struct gate *g, int32_t pid, int32_t from, uint32_t max, struct fds *ret);
void fds_close(struct fds *w);
/* The next one that can read a regular, protected file with content; the path in g->path. */
bool fds_next(struct gate *g, struct fds *w, struct open_file *ret);
/* A descriptor of the same open file, or -1. */
int fds_take(struct gate *g, int32_t pid, int32_t number);
/* Records which marked files (or all that are protected, where facts have to be found first) an
   application has open although it may not. Returns how many it has open, and the first. */
uint32_t fds_audit(struct gate *g, struct proc *p, bool all, char *ret_first, size_t size);

/* maps.c */
/* The same of marked files that it has mapped, whether open or not. */
void maps_audit(struct gate *g, struct proc *p);

/* marks.c */
bool marks_has(const struct gate *g, const struct file_key *key);
/* What the file was when it was last read, whatever it is now; `key` may be NULL. */
enum level marks_level(const struct gate *g, const struct file_key *key);
/* Puts a mark on the file, or takes it off, as the facts are. */
void marks_facts(struct gate *g, int fd, enum file_track track, const struct file_key *key,
	const struct facts_brief *facts);

/* facts.c */
bool facts_known(struct gate *g, const struct file_key *key, int fd, struct facts_brief *ret);
void facts_keep(struct gate *g, const struct file_key *key, const struct facts_brief *facts,
	enum file_track track);
void facts_forget(struct gate *g);
/* Where a store leaves no sign, what is known ends when somebody opens the file, who may be about
   to write; a file that is being looked at is watched, too. */
void facts_opened(struct gate *g, int fd);
void facts_watch(struct gate *g, enum file_track track);
void facts_unwatched(struct gate *g); /* opens raise no events from here on */

/* mounts.c */
void mounts_init(struct gate *g);
void mounts_changed(struct gate *g);
bool mounts_is_host(struct gate *g, uint64_t id);
enum file_track mounts_track(struct gate *g, uint64_t id, int32_t pid);

/* hold.c */
void hold_init(struct gate *g);
void hold_open(struct gate *g, struct event *ev, struct proc *p, const struct file_key *key,
	uint64_t mount);
/* Somebody opened the file who may write: what is being found out about it is not kept where a
   store leaves no sign. */
void hold_opened(struct gate *g, const struct file_key *key);
/* `cause` says what stood in core's way, or that nothing did: RECORD_CAUSE_SCANNED. */
void hold_facts(struct gate *g, uint32_t id, const struct file_key *key,
	const struct facts_brief *facts, bool may_keep, enum record_cause cause);
/* Takes the event over. NULL where all slots are in use; it stays the caller's then. */
struct hold *hold_take(struct gate *g, struct event *ev, uint32_t app, const struct file_key *key,
	enum gate_slot_kind kind);
void hold_free(struct gate *g, struct hold *h); /* after the answer */
void hold_wait(struct gate *g, struct hold *h, struct request *q);
void hold_stop_waiting(struct hold *h);
/* Asks core about a file for a held exec. -errno where nobody can be asked. */
must_check int hold_request(struct gate *g, int fd, const struct event *ev, uint32_t app,
	const struct file_look *look, struct request **ret);
/* Asks core about a file that the process has open; what comes of it is recorded. */
void hold_ask(struct gate *g, struct proc *p, int fd, const struct file_look *look);
uint32_t hold_next_id(struct gate *g);
void hold_expire(struct gate *g);
void hold_arm(struct gate *g);
void hold_core_gone(struct gate *g);
/* Lets go of so many descriptors: of files that nobody waits for, then of the oldest opens. */
void hold_shed(struct gate *g, uint32_t n);
void hold_release(struct gate *g); /* every one, at the end */
void hold_recover(struct gate *g); /* what a dead gate left */
void hold_new_apps(struct gate *g, const struct apptable *old);
/* The request was answered by the rules of now. */
void hold_epoch(struct gate *g, uint32_t id);

/* exec.c */
void exec_begin(struct gate *g, struct event *ev, struct proc *p, uint32_t app);
void exec_facts(
	struct gate *g, struct hold *h, const struct facts_brief *facts, enum record_cause cause);
void exec_tagged(struct gate *g, uint32_t id, bool tagged, bool covered);
bool exec_any(const struct gate *g);
void exec_late(struct gate *g, struct hold *h);
void exec_core_gone(struct gate *g);
void exec_release(struct gate *g);

/* judge.c */
must_check int judge_look(int fd, struct file_look *ret);
must_check int judge_look_at(int dir, const char *name, int flags, struct file_look *ret);
/* The path in g->path is one that the administrator does not want judged. */
bool judge_is_outside(struct gate *g, uint64_t mount);
/* The path of an event's file in g->path; "" where there is none. */
void judge_path(struct gate *g, int fd);
/* The last bytes of `from` that fit, from a whole character on. */
void judge_copy_tail(char *ret, size_t size, const char *from);
void judge_event(struct gate *g, struct event *ev);
/* Decides, answers, closes and records. `path`: as in g->path; key NULL where unknown. */
void judge(struct gate *g, struct event *ev, struct proc *p, uint32_t app,
	const struct file_key *key, const struct facts_brief *facts, enum record_cause cause);
/* Whether the process may not have the file in g->path over its exec; records it. */
/* Whether policy refuses the start of the program in g->path. */
bool judge_refuses_start(
	struct gate *g, const struct event *ev, const struct proc *p, uint32_t app);
bool judge_inherited(struct gate *g, const struct event *ev, const struct proc *p, uint32_t app,
	const struct file_key *key, const struct facts_brief *facts, enum record_cause cause);
/* The process has the file in g->path open: recorded where it may not. */
void judge_already(struct gate *g, struct proc *p, const struct file_key *key,
	const struct facts_brief *facts);

/* subjects.c */
must_check int subjects_map(struct gate *g, int fd);
/* `starts`: what it executes and will be known by in a moment, or NULL. */
void subjects_tell(struct gate *g, const struct proc *p, const char *starts);
void subjects_gone(struct gate *g, const struct proc *p);
void subjects_new(struct gate *g, int32_t pid); /* the number is another process's now */

/* posture.c */
must_check int posture_set(struct gate *g, int fd); /* of SUP_POSTURE */
uint32_t posture_of(struct gate *g, int fd);        /* POSTURE_BIT of the program */
/* An application wrote it: its start is asked about from now on. */
void posture_dropped(struct gate *g, int fd, const char *app);
/* The application that wrote the program, or APP_NONE. */
uint32_t posture_writer(struct gate *g, int fd);

/* record.c */
void record_init(struct gate *g);
/* The next free record, or NULL where the ring is full (which is counted). */
struct gate_kept_record *record_next(struct gate *g);
void record_commit(struct gate *g, struct gate_kept_record *r);
void record_acknowledge(struct gate *g, uint32_t id);
void record_resend(struct gate *g); /* to a new core */
void record_flush(struct gate *g);

/* link.c */
void link_set(struct gate *g, int sock);
void link_drop(struct gate *g);
/* Asks for another socket where it has had none for a while. */
void link_ask(struct gate *g);
/* 0, -EAGAIN where core does not take it, -EPIPE where it is gone. */
must_check int link_send(struct gate *g, uint16_t type, uint32_t id, int fd);

/* control.c */
extern const struct child_events control_events;

/* In g->frame. */
static inline struct pack gate_pack(struct gate *g)
{
	buf_clear(&g->frame);
	return (struct pack){&g->frame, 0};
}
