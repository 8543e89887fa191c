/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/stamp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "stamp/reader.h"

#define MODEL_MAX (32U << 20)

static const char *const model_dirs[] = {PICTURE_MODEL_DIRS};

static int model_read(const char *dir, struct buf *b)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/" PICTURE_MODEL, dir);

	if (n < 0 || n >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return fd_read_path(path, MODEL_MAX, b);
}

int stamp_new(const char *dir, struct stamp **ret)
{
	struct stamp *s = calloc(1, sizeof(*s));
	int r = -ENOENT;

	if (!s)
		return -ENOMEM;
	s->model = BUF_INIT(MODEL_MAX);
	s->looks = STAMP_LOOK_ALL;
	if (dir)
		r = model_read(dir, &s->model);
	for (size_t i = 0; i < ARRAY_SIZE(model_dirs) && !dir && r == -ENOENT; i++)
		r = model_read(model_dirs[i], &s->model);
	if (r < 0) {
		stamp_free(s);
		return r;
	}
	setMsgSeverity(L_SEVERITY_NONE);
	*ret = s;
	return 0;
}

struct stamp *stamp_free(struct stamp *s)
{
	if (!s)
		return NULL;
	letters_free(s->letters);
	buf_done(&s->model);
	free(s);
	return NULL;
}

void stamp_set_words(struct stamp *s, struct stamp_words words)
{
	s->words = words;
}

void stamp_begin(struct stamp *s, unsigned looks)
{
	s->looks = looks | STAMP_LOOK_COLOUR;
	s->cpu_start = clock_cpu();
}
