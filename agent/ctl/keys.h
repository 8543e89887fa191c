/* SPDX-License-Identifier: Apache-2.0 */
/* Key files, for commands. Each says what is wrong, and returns an exit status. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "digest/sign.h"

#define KEYS_MAX 64U

must_check int keys_read_secret(const char *path, struct sign_secret *ret);
/* A public key, or those of a folder (*.pub), to an array of KEYS_MAX. */
must_check int keys_add(struct sign_public *keys, size_t *n, const char *path, bool may_be_missing);
