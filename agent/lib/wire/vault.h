/* SPDX-License-Identifier: Apache-2.0 */
/* Words of the quarantine between core and the supervisor. */
#pragma once

enum vault_outcome {
	VAULT_MOVED, /* or restored, or deleted */
	VAULT_NOT_MOVED,
	VAULT_OUTCOME_MAX,
};

enum vault_request {
	VAULT_RESTORE, /* to where it was, or into a folder */
	VAULT_DELETE,
	VAULT_REQUEST_MAX,
};

#define VAULT_ID_MAX 32 /* bytes with the NUL */
