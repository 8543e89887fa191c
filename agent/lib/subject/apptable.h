/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The application table: which process belongs to which application. Compiled from policy/apps/ by
 * policyfile; opened by the gate and the supervisor. Position-independent, checked when opened.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/view.h"
#include "model/action.h"

#define APPTABLE_APPS_MAX     4096U
#define APPTABLE_PATTERNS_MAX 65536U
#define APPTABLE_ID_MAX       64U   /* bytes with the NUL, as in the gate's records */
#define APPTABLE_NAME_MAX     128U  /* bytes with the NUL */
#define APPTABLE_PATTERN_MAX  1024U /* bytes with the NUL */
#define APP_NONE              UINT32_MAX

enum app_pattern {
	APP_PATTERN_EXE, /* absolute path of a binary or script; may hold * and ? within a name */
	APP_PATTERN_FLATPAK, /* application id, as in /.flatpak-info */
	APP_PATTERN_SNAP,    /* snap name, as in /snap/NAME/ */
	APP_PATTERN_PACKAGE, /* package whose executables count; expanded to EXE by core */
	APP_PATTERN_MAX,
};

struct apptable;

/* `blob` must be aligned for uint32_t and stay valid until apptable_close(). 0, -EBADMSG, -ENOMEM.
 */
must_check int apptable_open(struct view blob, struct apptable **ret);
struct apptable *apptable_close(struct apptable *t); /* takes NULL, returns NULL */

uint32_t apptable_n(const struct apptable *t);
const char *apptable_id(const struct apptable *t, uint32_t app);   /* "profanity" */
const char *apptable_name(const struct apptable *t, uint32_t app); /* "Profanity" */
enum category apptable_category(const struct apptable *t, uint32_t app);
uint32_t apptable_find(const struct apptable *t, const char *id); /* or APP_NONE */

/* The application that an identity string belongs to, or APP_NONE. No allocation, no system call.
 */
uint32_t apptable_match_exe(const struct apptable *t, const char *path);
uint32_t apptable_match_flatpak(const struct apptable *t, const char *id);
uint32_t apptable_match_snap(const struct apptable *t, const char *name);

/* Walks the patterns of one kind, for marking executables: returns false at the end. */
bool apptable_pattern(const struct apptable *t, enum app_pattern kind, uint32_t i,
	uint32_t *ret_app, const char **ret_pattern);

/* Building, in policyfile and tests. */
struct apptable_builder;
must_check int apptable_builder_new(struct apptable_builder **ret);
struct apptable_builder *apptable_builder_free(struct apptable_builder *b);
/* -EEXIST where the id is taken; -E2BIG over a bound. */
must_check int apptable_builder_app(struct apptable_builder *b, const char *id, const char *name,
	enum category category, uint32_t *ret_app);
/* A pattern that two applications have belongs to the one added first. -EINVAL where the pattern is
   empty or an executable's path is not absolute; -E2BIG over a bound. */
must_check int apptable_builder_pattern(
	struct apptable_builder *b, uint32_t app, enum app_pattern kind, const char *pattern);
must_check int apptable_builder_finish(struct apptable_builder *b, struct buf *ret_blob);
