/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML 1.1 (through libyaml, included here alone) as a tree whose nodes know their place. Anchors,
 * aliases, tags other than the core ones, several documents in a stream and duplicate keys are
 * errors: a configuration must mean what it shows. Bounds: CONF_SIZE_MAX bytes, CONF_NODES_MAX
 * nodes, CONF_DEPTH_MAX levels.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/macros.h"
#include "base/view.h"

#define CONF_SIZE_MAX  (4U << 20)
#define CONF_NODES_MAX 500000U
#define CONF_DEPTH_MAX 32U

/* The diagnostics of conf_parse(); the typed reads below use their callers' codes. */
#define CONF_CODE_SYNTAX    "C001"
#define CONF_CODE_SIZE      "C002" /* CONF_SIZE_MAX */
#define CONF_CODE_NODES     "C003" /* CONF_NODES_MAX */
#define CONF_CODE_DEPTH     "C004" /* CONF_DEPTH_MAX */
#define CONF_CODE_ALIAS     "C005" /* anchor or alias */
#define CONF_CODE_TAG       "C006"
#define CONF_CODE_DOCUMENTS "C007" /* more than one in the stream */
#define CONF_CODE_DUPLICATE "C008" /* key given twice */
#define CONF_CODE_CHARACTER \
	"C009"               /* NUL in a scalar, a raw bidirectional control, an unseen line end */
#define CONF_CODE_KEY "C010" /* a key that is no scalar */

enum conf_type {
	CONF_SCALAR,
	CONF_SEQUENCE,
	CONF_MAPPING,
};

struct conf_node {
	enum conf_type type;
	unsigned line, col; /* 1-based */
	bool quoted;        /* scalar in quotes or a block scalar: never a boolean or a number */
	const char *text;   /* scalar: NUL-terminated, no NUL inside */
	size_t n;           /* children: items, or key-value pairs */
	const struct conf_node **keys;  /* mapping: n scalars */
	const struct conf_node **items; /* sequence: n items; mapping: n values */
};

struct conf; /* owns the tree */

/* `file` is the name in diagnostics. 0, or -EBADMSG with at least one diagnostic, or -errno. */
must_check int conf_parse(const char *file, struct view text, struct diags *d, struct conf **ret);
must_check int conf_load(const char *path, struct diags *d, struct conf **ret);
struct conf *conf_free(struct conf *c); /* takes NULL, returns NULL */
void conf_freep(struct conf **c);

const struct conf_node *conf_root(
	const struct conf *c); /* never NULL; an empty file is an empty mapping */
const char *conf_file(const struct conf *c);

/* The value under `key`, or NULL. NULL also where `map` is no mapping. */
const struct conf_node *conf_get(const struct conf_node *map, const char *key);

/* Typed reads; on a mismatch they add a diagnostic with `code` and return -EBADMSG. */
must_check int conf_bool(const struct conf *c, const struct conf_node *n, const char *code,
	struct diags *d, bool *ret);
must_check int conf_u64(const struct conf *c, const struct conf_node *n, uint64_t min, uint64_t max,
	const char *code, struct diags *d, uint64_t *ret);
must_check int conf_i64(const struct conf *c, const struct conf_node *n, int64_t min, int64_t max,
	const char *code, struct diags *d, int64_t *ret);
/* Sizes: a number with an optional KiB, MiB, GiB; durations: a number with ms, s, min, h, d. */
must_check int conf_bytes(const struct conf *c, const struct conf_node *n, const char *code,
	struct diags *d, uint64_t *ret);
must_check int conf_duration(const struct conf *c, const struct conf_node *n, const char *code,
	struct diags *d, uint64_t *ret_ns);
must_check int conf_string(const struct conf *c, const struct conf_node *n, const char *code,
	struct diags *d, const char **ret);

/* Reports each key of `map` that is not in `names` (NULL-terminated), with the nearest known one.
 */
must_check int conf_check_keys(const struct conf *c, const struct conf_node *map,
	const char *const *names, const char *code, struct diags *d);

/* An error at a node. */
struct diag *conf_error(const struct conf *c, const struct conf_node *n, const char *code,
	struct diags *d, const char *fmt, ...) printf_like(5, 6);
