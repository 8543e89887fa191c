/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/picture.h"

#define CONFIG_MAX (1U << 20)
#define NO_GATE    "its kernel cannot hold opens (no fanotify permission events)"

/* Of the kernel's configuration, where the distribution keeps it. */
static bool is_configured_without(void)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(CONFIG_MAX);
	struct utsname u;
	char path[sizeof(u.release) + 16];

	if (uname(&u) < 0)
		return false;
	snprintf(path, sizeof(path), "/boot/config-%s", u.release);
	return fd_read_path(path, CONFIG_MAX - 1, &text) == 0 && buf_terminate(&text) == 0 &&
		strstr((const char *)text.p, "# CONFIG_FANOTIFY_ACCESS_PERMISSIONS is not set") !=
		NULL;
}

/* Root may ask the kernel; tried on a memory file that nobody else can open. */
static bool has_gate(void)
{
	cleanup_with(fd_closep) int group = fanotify_init(
		FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY);
	cleanup_with(fd_closep) int probe = -1;
	char path[64];

	if (group < 0)
		return errno != ENOSYS && errno != EINVAL && !is_configured_without();
	probe = memfd_create("probe", MFD_CLOEXEC);
	if (probe < 0)
		return true;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", probe);
	return fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM, AT_FDCWD,
		       path) == 0 ||
		errno != EINVAL;
}

static bool has_model(void)
{
	static const char *const dirs[] = {PICTURE_MODEL_DIRS};
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(path, sizeof(path), "%s/" PICTURE_MODEL, dirs[i]);
		if (access(path, R_OK) == 0)
			return true;
	}
	return false;
}

void host_look(const struct settings *s, struct host *ret)
{
	size_t n = 0;

	*ret = (struct host){0};
	for (size_t i = 0; i < s->protect.n; i++)
		ret->places[n++] = s->protect.v[i];
	for (size_t i = 0; i < s->watch.n; i++)
		ret->places[n++] = s->watch.v[i];
	if (!has_gate())
		ret->known.lacks[POLICYFILE_PART_GATE] = NO_GATE;
	if (!has_model())
		ret->known.lacks[POLICYFILE_PART_STAMPS] = "there is no " PICTURE_MODEL
							   " of tesseract";
	if (s->evidence.certificate && !s->evidence.certificate[0])
		ret->known.lacks[POLICYFILE_PART_EVIDENCE] =
			"agent.yaml names no certificate of the reviewers";
	else if (s->evidence.certificate && access(s->evidence.certificate, F_OK) < 0)
		ret->known.lacks[POLICYFILE_PART_EVIDENCE] =
			"the certificate that agent.yaml names is not there";
	/* Before anything is configured, nothing is known of it. */
	if (s->protect.n > 0 && s->watch.n == 0)
		ret->known.lacks[POLICYFILE_PART_CRAWL] = "`watch` in agent.yaml is empty";
	ret->known.places = ret->places;
	ret->known.n_places = n;
}
