/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.yaml and the application files that it includes, compiled to what the gate reads. Owns the
 * meaning of every key; the tables of keywords.c are the source of the parser, of the hints and of
 * the JSON Schema. Diagnostics have the permanent codes P001..P029 and P040.. (policy,
 * applications) and P030..P039 (decision tables), or conf's C codes where the YAML itself is wrong.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/macros.h"
#include "bundle/bundle.h"
#include "decide/policy.h"
#include "subject/apptable.h"

#define POLICYFILE_APP_FILES_MAX       256U
#define POLICYFILE_EXCEPTION_FILES_MAX 256U
#define POLICYFILE_EXCEPTIONS_MAX      1000U
#define POLICYFILE_LIST_MAX            10000U /* entries of one list */
#define POLICYFILE_CASES_MAX           10000U
#define POLICYFILE_ADVISORY_FILES_MAX  256U
#define POLICYFILE_ADVISORIES_MAX      10000U
#define POLICYFILE_GLOB_MAX            1024U /* bytes of a pattern */
/* In one pattern: the gate tries it while somebody waits. */
#define POLICYFILE_WILDCARDS_MAX 16U

struct policyfile_info {
	enum mode mode;
	uint32_t n_rules, n_apps; /* rules with the exceptions, which come first */
	uint32_t n_exceptions;
	uint32_t n_idle; /* rules that can do nothing on this host (warnings P020); for `check` */
};

/* A folder of this name above a policy is a root: absolute includes are looked up in its @root, and
   none may lead out of it. */
#define POLICYFILE_ROOT "@bundle"

/*
 * Compiles `path`; `version` goes into the blob and into every verdict. 0; or -EBADMSG with
 * diagnostics; or -errno where the policy file itself could not be read. Warnings may be there in
 * both cases. The buffers are appended to.
 */
must_check int policyfile_compile(const char *path, uint32_t version, struct diags *d,
	struct policyfile_info *ret, struct buf *ret_policy, struct buf *ret_apps);

/* The policy at `path` and every file that it includes. 0; -EBADMSG with diagnostics; -errno where
   the policy file itself could not be read. Whether it is valid is for compiling to say. */
must_check int policyfile_bundle(const char *path, struct diags *d, struct bundle *ret);

/* As policyfile_compile(), from a bundle alone, which lies in `work`, an existing folder, for the
   time being. Diagnostics name the bundle's files. */
must_check int policyfile_compile_bundle(const struct bundle *b, const char *work, uint32_t version,
	struct diags *d, struct policyfile_info *ret, struct buf *ret_policy, struct buf *ret_apps);
must_check int policyfile_compile_bundle_all(const struct bundle *b, const char *work,
	uint32_t version, struct diags *d, struct policyfile_info *ret, struct buf *ret_policy,
	struct buf *ret_apps, struct buf *ret_posture);

/* The same, and what is asked of programs (the section `posture`), for posture/rules.h. */
must_check int policyfile_compile_all(const char *path, uint32_t version, struct diags *d,
	struct policyfile_info *ret, struct buf *ret_policy, struct buf *ret_apps,
	struct buf *ret_posture);

/* Parts of a host without which conditions can do nothing. */
enum policyfile_part {
	POLICYFILE_PART_GATE,     /* a kernel that holds opens until they are answered */
	POLICYFILE_PART_STAMPS,   /* the reader for stamps in pictures */
	POLICYFILE_PART_CRAWL,    /* a search for the documents that lie here */
	POLICYFILE_PART_EVIDENCE, /* the certificate that evidence copies are encrypted to */
	POLICYFILE_PART_MAX,
};

/* What is known of a host. All zero: nothing is missing, and any path is judged. */
struct policyfile_host {
	const char *lacks[POLICYFILE_PART_MAX]; /* why the part is missing; NULL: it is there */
	const char *const *places;              /* folders, without which no document is judged */
	size_t n_places;
};

/* As policyfile_compile(), for people: warns also of what `host` has not got (P020, P029). Looks at
   the file system more than the agent should. */
must_check int policyfile_check(const char *path, const struct policyfile_host *host,
	struct diags *d, struct policyfile_info *ret, struct buf *ret_policy, struct buf *ret_apps);

/* Where a program, sandbox or package of the application is on this host. */
bool policyfile_app_installed(const struct apptable *t, uint32_t app);

struct policyfile_cases {
	uint32_t n_cases, n_failed;
};

/*
 * A decision table: each case is a question with the action and rule that must come out. Failed
 * cases are diagnostics (P030) at their place in the file. 0 where the table could be run, whatever
 * failed; -EBADMSG where it is wrong; or -errno.
 */
must_check int policyfile_test(const char *path, const struct policy *p,
	const struct apptable *apps, struct diags *d, struct policyfile_cases *ret);

enum policyfile_schema {
	POLICYFILE_SCHEMA_POLICY,
	POLICYFILE_SCHEMA_APPS,
	POLICYFILE_SCHEMA_CASES,
	POLICYFILE_SCHEMA_ADVISORIES,
	POLICYFILE_SCHEMA_EXCEPTIONS,
	POLICYFILE_SCHEMA_MAX,
};

/* JSON Schema (draft 7) of one kind of file. */
must_check int policyfile_schema(enum policyfile_schema which, struct buf *ret);
