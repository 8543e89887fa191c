/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own programs on an overlay (overlayroot, systemd-sysext, a container). What the overlay opens
 * in its layers goes by a mount of the kernel's own, which can carry no ignore mark: where a
 * layer's file system is under marks, the gate would wait for its own answer, and its successor's
 * start for the successor. Seen on Linux 6.18.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether opening a program of ours opens a file of the file system `dev` that `path` is on, which
   is not under marks yet. Where this cannot be seen and may be so: true. */
bool layers_raise(const char *path, uint64_t dev);
