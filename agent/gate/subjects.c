/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate tells watch of the processes of applications: see wire/subjects.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "gate/gate.h"

int subjects_map(struct gate *g, int fd)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)sizeof(struct subjects))
		return -EINVAL;
	p = mmap(NULL, sizeof(struct subjects), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	g->subjects = p;
	if (g->subjects->magic != SUBJECTS_MAGIC)
		memset(g->subjects, 0, sizeof(*g->subjects));
	g->subjects->magic = SUBJECTS_MAGIC;
	return 0;
}

void subjects_tell(struct gate *g, const struct proc *p, const char *starts)
{
	struct gate_record names = {.pid = (uint32_t)p->pid};
	struct subject s = {.pid = (uint32_t)p->pid,
		.ppid = p->ppid,
		.uid = p->user.uid,
		.start_time = p->start_time,
		.n_gids = MIN(p->user.n_gids, SUBJECTS_GIDS_MAX)};

	if (!g->subjects || p->app == APP_NONE || p->agent)
		return;
	identify_names(g, p->pid, p, &names);
	memcpy(s.gids, p->user.gids, s.n_gids * sizeof(*s.gids));
	snprintf(s.app, sizeof(s.app), "%s", apptable_id(g->apps, p->app));
	snprintf(s.identified, sizeof(s.identified), "%s", proc_how_name((enum proc_how)p->how));
	memcpy(s.comm, names.comm, sizeof(s.comm));
	judge_copy_tail(s.exe, sizeof(s.exe), names.exe);
	if (starts && *starts) {
		const char *slash = strrchr(starts, '/');

		judge_copy_tail(s.exe, sizeof(s.exe), starts);
		snprintf(s.comm, sizeof(s.comm), "%.15s", slash ? slash + 1 : starts);
	}
	subjects_put(g->subjects, &s);
}

void subjects_gone(struct gate *g, const struct proc *p)
{
	if (g->subjects && p->app != APP_NONE)
		subjects_end(g->subjects, (uint32_t)p->pid, g->now);
}

void subjects_new(struct gate *g, int32_t pid)
{
	if (g->subjects)
		subjects_forget(g->subjects, (uint32_t)pid);
}
