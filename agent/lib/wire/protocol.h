/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who says what to whom. Every child gets its control socket to the supervisor as descriptor 3
 * (PROTOCOL_CONTROL_FD); all other sockets arrive over it as SUP_PEER. "id" is the request number;
 * an answer repeats it. Bodies are packed (wire/pack.h) in the order given.
 */
#pragma once

#define PROTOCOL_CONTROL_FD 3
#define WIRE_BUILD_IDS_MAX  2048U

enum role {
	ROLE_SUPERVISOR,
	ROLE_GATE,
	ROLE_CORE,
	ROLE_WATCH,
	ROLE_SCAN,
	ROLE_LOG,
	ROLE_CTL,
	ROLE_MAX,
};

enum message {
	/* supervisor -> child */
	SUP_CONFIG = 1, /* wire/config.h; first frame, once */
	SUP_PEER,   /* u8 role, u32 index; fd: a socket to that process (also after its restart) */
	SUP_PING,   /* answered with CHILD_PONG by every child */
	SUP_STOP,   /* finish what was begun and exit 0 */
	SUP_RELOAD, /* core: read policy and rules again */
	SUP_FANOTIFY, /* gate: fd: the fanotify group; fd: the shared memory (wire/gate_shared.h);
			fd, may be left out: /proc/self/mountinfo, opened in the host's mount
			namespace (else the gate takes that of pid 1); fd, may be left out: the
			memory of wire/subjects.h */
	SUP_POLICY,   /* gate: u32 version; fds: sealed policy, sealed application table */
	SUP_TAGGED,   /* gate: answer to GATE_TAG and GATE_FOUND; u32 0 or an errno of the tag,
			u32 0 where the file systems are covered, or an errno */
	SUP_STATUS, /* core: answer to CORE_STATUS_GET; view: JSON object of supervisor and gate */
	SUP_EVENT,  /* core: view: JSON object, a record for the journal (restart, gap, coverage) */
	SUP_LOOK,   /* gate: u8: look at all processes again, and tell of each that belongs to an
			application (1) or only of the first (0) */
	SUP_BUILD_IDS, /* gate: of the applications' programs: up to WIRE_BUILD_IDS_MAX times u32
			application, view; after each SUP_POLICY, which forgets the last ones */

	SUP_ARRIVALS,    /* watch: fd: a fanotify group of closes after writing, on the file systems
			   that    are covered; fd: the memory of wire/subjects.h, to read; fd,
			   where the kernel has it: a group of renames on the same */
	SUP_QUARANTINED, /* core: answer to CORE_QUARANTINE and CORE_VAULT; u8 enum vault_outcome,
			str id in the quarantine, u32 other names that the file has, str why */
	SUP_POLICY_DONE, /* core: what became of its CORE_POLICY with this number; u32 version, u32
			    0 where the gate judges by it, else an errno, and the last one stays */

	SUP_MEETING, /* gate: u8: a call is in progress */
	SUP_CALL,    /* core: u8 it began (1) or ended (0), u32 user, u64 since (realtime), str
			application, str sign: for the journal and the reminder */
	SUP_POSTURE, /* gate: fd: sealed struct posture_entry (wire/posture.h); core: fd: the same
			as text, as sealgate-origin answers */
	SUP_STARTS,  /* gate: fd: sealed struct start_entry (wire/starts.h); forgotten with the
			next SUP_POLICY that has other applications */

	/* child -> supervisor */
	CHILD_READY = 64, /* set up and confined; str: a note for status, may be empty */
	CHILD_PONG,
	CHILD_FATAL, /* str: why it is about to exit */
	CORE_POLICY, /* u32 version; fds: sealed policy, sealed application table, for the gate.
			With a number other than 0 it is put in force only when the gate has taken
			it, and answered with SUP_POLICY_DONE; with 0 at once, as after a restart */
	CORE_KILL_WORKER, /* u32 index: past its deadline; the supervisor kills and replaces it */
	CORE_STATUS_GET,
	GATE_TAG, /* u32 pid, u32 application: put this held process into the tag cgroup, and cover
			the file systems */
	GATE_FOUND, /* u32 pid, u32 application, u8 it ran before SUP_LOOK, u32 protected files that
			it has open, str one of them: not seen starting; tag it and cover */
	GATE_IDLE,  /* no process of an application lives, as of a look at all of them */
	CORE_QUARANTINE, /* key, str incident id, str path, str application, str level, str rule,
			str message, str SHA-256 or "", u32 uid; fd: the file: move it to
			quarantine */
	CORE_VAULT,      /* u8 enum vault_request, str id in the quarantine, str folder or "" */
	GATE_POLICY, /* answer to SUP_POLICY; u32 version, u32 0 or an errno: the last one stays */
	GATE_UNLINKED, /* no socket to core for a second, although core may live: another one */
	CORE_EVIDENCE, /* key, str incident id, str path, view SHA-256: keep an encrypted copy of
			the content, if it still is that */
	CORE_POSTURE,  /* fd: sealed text of posture/rules.h: what policy asks of programs */

	/* gate <-> core */
	GATE_CLASSIFY = 128, /* key, u32 app, u32 pid, u64 deadline (monotonic ns), u8 no writer
				seen; fd: the event's own descriptor */
	CORE_FACTS,    /* key, brief, u8: bit 0 may be cached (if the gate's own checks agree), from
			   bit 1 on the enum failure that stood in core's way, or 0; may be left
			   out: u8 and u8, low and high half of the content's number in the
			   policy's overrides; may be left out: u32 generation of the rules, a new
			   one makes the gate forget its facts, as every SUP_POLICY does */
	GATE_CONFIRM,  /* u8: the gate's checks after the scan agree: core may store the facts */
	GATE_RECORD,   /* what gate/record.h packs; kept by the gate until CORE_RECORDED */
	CORE_RECORDED, /* id of the record that log has acknowledged */
	CORE_CLASSIFIED, /* key, brief; fd: a file that nobody asked about, for its own mark */

	CORE_DROPPED, /* key, str application; fd: a program that it wrote, to be asked about when
		     it starts */

	/* watch <-> core */
	WATCH_FILE = 160, /* key, str path, u8 no writer seen, u8 urgent; fd: the file */
	CORE_WATCHED,     /* u8: 1 where WATCH_CONFIRM is wanted, else 0 */
	WATCH_CONFIRM,    /* u8: key unchanged and still no writer */
	WATCH_STATE, /* u64 files seen, u64 directories watched, u8 crawl complete, u64 overflows,
			str note; may be left out: u64 walks of everything that ended, u64 when the
			last did (realtime, 0: none yet), u64 folders and u64 files left of this
			one, u64 folders and files that could not be read, u8 enum watch_pause */

	WATCH_RECEIVED, /* key, subject, u64 realtime, str path, u8 it is a program, u8 no writer
			seen; fd: a file that an application wrote */
	CORE_RECEIVED,  /* id: core has read it and wants the next */
	WATCH_MISSED,   /* u64: writes of applications that were not looked at, since the last */
	CORE_RESCAN,    /* look at everything again */
	WATCH_GONE,     /* str path, u8 it was a folder: it is not there any more */

	/* core <-> scan */
	SCAN_RULES = 192, /* u32 generation; fd: sealed ruleset */
	SCAN_JOB,    /* u64 CPU budget ns, u8 flags (SCAN_WANT_*), str file name; fd: content */
	SCAN_RESULT, /* facts */

	/* core <-> log */
	LOG_APPEND = 224, /* view: one JSON object, the record's payload */
	LOG_SEAL,     /* view: one JSON object or empty: appended with a checkpoint behind it, whose
			    number LOG_APPENDED tells */
	LOG_NEW_KEY,  /* empty: a new signing key, answered with LOG_APPENDED */
	LOG_APPENDED, /* u64 sequence number, durable from here on; 0: refused or lost, and
			    a gap record counts it */

	/* CLI <-> core, over the control socket in runtime-dir */
	CTL_STATUS = 256, /* empty; answered with CTL_TEXT */
	CTL_RELOAD,       /* empty; answered with CTL_TEXT: root only */
	CTL_REVIEW,       /* wire/review.h; answered with CTL_TEXT, the record's number, when it is
				durable: root, and the group that agent.yaml names as `reviewers` */
	CTL_VAULT,        /* u8 enum vault_request, str id in the quarantine, str folder or "";
				answered with CTL_TEXT when it is done: root only */
	CTL_OVERRIDE,     /* wire/override.h; answered with CTL_TEXT: root only */
	CTL_PROGRAMS,     /* empty; answered with CTL_TEXT: what is known of the applications'
				programs, lines as sealgate-origin answers */
	CTL_TEXT,         /* u8 0 done, 1 failed, 2 (CTL_TEXT_LATE) somebody else was first, 3
			     (CTL_TEXT_FORBIDDEN) the caller may not; view: JSON, or message lines */
	CTL_POLICY_APPLY, /* u8 CTL_APPLY_*, str reason, u32 the version that is to be in force
			     still (0: any); fd: sealed bundle; CTL_TEXT when it is in
			     force, or why it is not: root and the policy's group only, as below */
	CTL_POLICY_ROLLBACK, /* u32 version, 0 for the one before, str reason, u32 as above */
	CTL_POLICY_HISTORY,  /* u32 how many, 0 for all; CTL_BLOB: JSON, or CTL_TEXT */
	CTL_POLICY_SHOW, /* u32 version, 0 for the one in force; CTL_BLOB: bundle, or CTL_TEXT */
	CTL_BLOB,        /* view: JSON about it; fd: sealed */
	CTL_INVENTORY,   /* str after, u8 level, str below; answered with CTL_TEXT: core/inventory.h
			  */
	CTL_RESCAN,      /* empty; answered with CTL_TEXT: root only */
	CTL_NOTICES, /* empty, or u8 enum notice_form; from now on CTL_NOTICE for each that is the
		      caller's user's */
	CTL_NOTICE,  /* wire/notice.h */
	CTL_JUSTIFY, /* wire/justify.h; answered with CTL_TEXT: about the caller's own user */
	/* The web console (wire/console.h); answered with CTL_TEXT: JSON. */
	CTL_CONSOLE_TOKEN, /* empty; for who has a role: a token that can be used once, soon */
	CTL_CONSOLE_LOGIN, /* str token; the console's own account only: a session and its person */
	CTL_CONSOLE_AS,    /* str session; likewise: what follows on this connection is asked by
			      that person, as far as the session goes */
	CTL_CONSOLE_END,   /* str session; likewise: it is over */
};

#define CTL_TEXT_LATE      2U
#define CTL_TEXT_FORBIDDEN 3U
#define CTL_APPLY_DRY_RUN  (1U << 0) /* only say what would become of it */
#define CTL_APPLY_COURIER  (1U << 1) /* it came on a medium: signed, and never taken before */
/* Why the walk waits. */
enum watch_pause {
	WATCH_GOES_ON,
	WATCH_PAUSE_LOAD,    /* others need the machine */
	WATCH_PAUSE_BATTERY, /* no mains */
	WATCH_PAUSE_MAX,
};

#define SCAN_WANT_SHA256 (1U << 0)
#define SCAN_WANT_OCR    (1U << 1) /* the costly looks at pictures, too */
