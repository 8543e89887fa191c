/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells systemd that the agent is up, alive and stopping: sd_notify(3)'s protocol, one datagram to
 * $NOTIFY_SOCKET. Without that variable nothing happens, as the protocol has it.
 */
#pragma once

void notify_ready(void);
void notify_alive(void); /* WATCHDOG=1 */
void notify_stopping(void);
