/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/console.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "wire/config.h"

static const char *const names[] = {"reviewer", "author", "approver", "auditor"};
static_assert(ARRAY_SIZE(names) == CONSOLE_ROLE_MAX, "one name per role");
static_assert(CONFIG_ROLES == CONSOLE_ROLE_MAX, "one group per role");

const char *console_role_name(enum console_role r)
{
	return (unsigned)r < CONSOLE_ROLE_MAX ? names[r] : "?";
}
