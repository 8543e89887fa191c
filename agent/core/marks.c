/* SPDX-License-Identifier: Apache-2.0 */
#include "core/marks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/review.h"

struct one {
	char id[REVIEW_ID_SIZE];
	uint32_t uid;
	uint64_t tag; /* 0: free */
	uint64_t seq; /* UINT64_MAX: not in the journal yet */
};

struct marks {
	struct one v[MARKS_MAX]; /* a ring: the oldest makes room */
	uint32_t next;
};

int marks_new(struct marks **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

struct marks *marks_free(struct marks *m)
{
	free(m);
	return NULL;
}

bool marks_is_late(const struct marks *m, const char *id, uint32_t uid, uint64_t seen)
{
	for (uint32_t i = 0; seen && i < MARKS_MAX; i++)
		if (m->v[i].tag && m->v[i].uid != uid && m->v[i].seq > seen &&
			strcmp(m->v[i].id, id) == 0)
			return true;
	return false;
}

void marks_begin(struct marks *m, const char *id, uint32_t uid, uint64_t tag)
{
	struct one *o = &m->v[m->next++ % MARKS_MAX];

	*o = (struct one){.uid = uid, .tag = tag, .seq = UINT64_MAX};
	snprintf(o->id, sizeof(o->id), "%s", id);
}

void marks_end(struct marks *m, uint64_t tag, uint64_t seq)
{
	for (uint32_t i = 0; tag && i < MARKS_MAX; i++) {
		if (m->v[i].tag != tag)
			continue;
		if (seq)
			m->v[i].seq = seq;
		else
			m->v[i] = (struct one){0};
		return;
	}
}
