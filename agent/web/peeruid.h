/* SPDX-License-Identifier: Apache-2.0 */
/* Which user of this computer is at the other end of a connection. */
#pragma once

#include <stdint.h>

#include "base/macros.h"

/* Of a socket, or of a TCP connection within this computer (a forwarded one is its forwarder's).
   0; -ENOENT where it is not known. */
must_check int peeruid(int fd, uint32_t *ret);
