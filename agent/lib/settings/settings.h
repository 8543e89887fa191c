/* SPDX-License-Identifier: Apache-2.0 */
/* agent.yaml: where things are and how much they may cost. What may happen is policy.yaml. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/macros.h"

#define SETTINGS_PATHS_MAX 64U
#define SETTINGS_SINKS_MAX 8U

enum settings_sink_kind {
	SETTINGS_SINK_FILE,
	SETTINGS_SINK_UNIX,
	SETTINGS_SINK_TCP,
	SETTINGS_SINK_TLS,
	SETTINGS_SINK_KIND_MAX,
};

/* console.roles: who may do what in the web console. */
enum settings_role {
	SETTINGS_ROLE_REVIEWER, /* sees and marks incidents */
	SETTINGS_ROLE_AUTHOR,   /* sees the policy, checks and tries another one */
	SETTINGS_ROLE_APPROVER, /* puts a policy in force */
	SETTINGS_ROLE_AUDITOR,  /* sees incidents and the policy, and changes nothing */
	SETTINGS_ROLE_MAX,
};

/* sinks: where records are sent on to (sealgate-relay). */
struct settings_sink {
	char name[32];
	enum settings_sink_kind kind;
	char host[256], port[8];            /* `host` is a path for files and sockets */
	uint32_t format;                    /* of jsonl, cef, ecs, ocsf, rfc5424 */
	char ca[256], cert[256], key[256];  /* TLS: "" for the system's authorities, and for none */
	uint32_t hide_names, hide_snippets; /* enum settings_level */
};

struct settings_paths {
	char *v[SETTINGS_PATHS_MAX];
	size_t n;
};

/* arm: when the protected file systems are under marks. */
enum settings_arm {
	SETTINGS_ARM_ON_DEMAND, /* while a process of an application lives */
	SETTINGS_ARM_ALWAYS,
};

/* journal.when-full: what a full disk, or a journal of journal.max-size, does to records. */
enum settings_when_full {
	SETTINGS_WHEN_FULL_KEEP_OLD,    /* new ones wait in memory, and are counted as lost there */
	SETTINGS_WHEN_FULL_DROP_OLDEST, /* the oldest file goes, which is recorded */
};

enum settings_level {
	SETTINGS_LEVEL_NEVER,
	SETTINGS_LEVEL_TOP_SECRET,
	SETTINGS_LEVEL_SECRET,
	SETTINGS_LEVEL_CONFIDENTIAL,
	SETTINGS_LEVEL_INTERNAL,
};

/* require-signatures: what is taken only with the signature of a trusted key. */
enum settings_signed {
	SETTINGS_SIGNED_POLICY,
	SETTINGS_SIGNED_RULES,
	SETTINGS_SIGNED_ADVISORIES,
};

/* two-signatures */
enum settings_two {
	SETTINGS_TWO_NEVER,
	SETTINGS_TWO_WHEN_WEAKER, /* a policy that protects a state-secret level less */
};

/* crawl.*: how fast documents are looked for ahead of time. */
enum settings_crawl {
	SETTINGS_CRAWL_SLOW,
	SETTINGS_CRAWL_AS_EVER,
};

struct settings {
	char *state_dir;   /* state-dir: /var/lib/sealgate */
	char *runtime_dir; /* runtime-dir: /run/sealgate */
	char *policy;      /* policy: /etc/sealgate/policy.yaml, else the shipped default */
	struct settings_paths rules;   /* rules: shipped rules, then /etc/sealgate/rules.d */
	struct settings_paths protect; /* protect: directories; their file systems are gated */
	bool protect_is_default;       /* `protect` is not given: not all of it need be there */
	struct settings_paths
		watch;      /* watch: directories scanned ahead of time; default: protect */
	uint32_t workers;   /* workers: 2 */
	char *reviewers;    /* reviewers: a group, "" for root alone */
	uint32_t arm;       /* arm: on-demand (enum settings_arm) */
	char *policy_group; /* policy-group: members may apply policies; "" for root alone */
	uint32_t require_signatures;        /* a bit per enum settings_signed */
	bool policy_is_shipped;             /* `policy` is, as the own one is not there */
	uint32_t policy_versions;           /* policy-versions: 1000, the most that are kept */
	struct settings_paths trusted_keys; /* trusted-keys: public keys, and folders of them */
	uint32_t two_signatures;            /* enum settings_two */
	struct {
		uint64_t hold_ns;     /* limits.hold: 300 ms, the longest that an open is held */
		uint64_t scan_cpu_ns; /* limits.scan-cpu: 2 s per document */
		uint64_t background_cpu_ns; /* limits.background-cpu: 30 s */
		uint64_t file_bytes;        /* limits.file-size: 512 MiB; more is `too-big` */
		uint64_t worker_memory;     /* limits.worker-memory: 512 MiB */
		uint64_t quarantine_bytes;  /* limits.quarantine: 2 GiB in all */
	} limits;
	struct {
		uint32_t under_load; /* crawl.under-load (enum settings_crawl) */
		uint32_t on_battery; /* crawl.on-battery */
	} crawl;
	struct {
		uint64_t segment_bytes; /* journal.file-size: 64 MiB, then a new file is begun */
		uint64_t total_bytes;   /* journal.max-size: 0, no limit */
		uint64_t keep_ns;       /* journal.keep: 0, for ever */
		uint32_t when_full;     /* journal.when-full (enum settings_when_full) */
		/* From which level up (enum settings_level) the names of files, and what was found
		   in them, are shown only on request; or the names not even recorded. */
		uint32_t hide_names, hide_snippets, omit_names;
	} journal;
	struct {
		char *certificate;    /* evidence.certificate: PEM; "" for none: no copies */
		uint64_t file_bytes;  /* evidence.file-size: 32 MiB, the largest document */
		uint64_t total_bytes; /* evidence.max-size: 1 GiB in all */
		uint64_t keep_ns;     /* evidence.keep: 90 d; 0, for ever */
	} evidence;
	struct {
		struct settings_sink v[SETTINGS_SINKS_MAX];
		size_t n;
	} sinks;
	struct {
		char *listen; /* console.listen: 127.0.0.1:8620, [::1]:PORT or a socket's path */
		char *roles[SETTINGS_ROLE_MAX]; /* console.roles.*: groups; "" for root alone */
		uint64_t session_ns;            /* console.session: 8 h, then a new login */
		uint64_t idle_ns;               /* console.idle: 30 min */
	} console;
};

/* console.listen: only this computer. 0; -EINVAL. `ret_port` is 0 for a path. */
must_check int settings_listen(
	const char *text, bool *ret_is_path, bool *ret_is_v6, uint16_t *ret_port);

/* NULL path: the defaults. 0, or -EBADMSG with diagnostics, or -errno. Relative paths are taken
   from the file's directory. */
must_check int settings_load(const char *path, struct diags *d, struct settings *ret);
void settings_done(struct settings *s);

/* As enum level; LEVEL_MAX for "never". */
uint32_t settings_level(uint32_t choice);

/* Every key, its type, default and sentence, from the table that the parser uses (for --help,
   man pages and the schema). Returns false at the end. */
bool settings_key(unsigned i, const char **ret_key, const char **ret_type, const char **ret_default,
	const char **ret_text);
