/* SPDX-License-Identifier: Apache-2.0 */
/* When the walk is slow: the machine's files are made up here. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pace.h"

static char top[] = "/tmp/test-pace-XXXXXX";
static char pressure[128], power[128];

static void put(const char *path, const char *text)
{
	char whole[300];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s/%s", top, path);
	f = fopen(whole, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void load(unsigned percent)
{
	char line[200];

	snprintf(line, sizeof(line),
		"some avg10=%u.31 avg60=1.00 avg300=0.00 total=1\nfull avg10=0.00\n", percent);
	put("cpu", line);
}

static void test_load(void **state)
{
	struct pace p = {.pressure = pressure};

	(void)state;
	load(PACE_LOAD_HIGH - 1);
	pace_look(&p);
	assert_int_equal(p.why, WATCH_GOES_ON);
	for (unsigned i = 0; i < 2 * PACE_STEP; i++)
		assert_true(pace_may_step(&p));
	load(PACE_LOAD_HIGH);
	pace_look(&p);
	assert_int_equal(p.why, WATCH_PAUSE_LOAD);
	for (unsigned i = 0; i < PACE_STEP; i++)
		assert_true(pace_may_step(&p));
	assert_false(pace_may_step(&p));
	/* A little less is not yet fast again, but some steps more. */
	load(PACE_LOAD_LOW);
	pace_look(&p);
	assert_int_equal(p.why, WATCH_PAUSE_LOAD);
	assert_true(pace_may_step(&p));
	load(PACE_LOAD_LOW - 1);
	pace_look(&p);
	assert_int_equal(p.why, WATCH_GOES_ON);
}

static void test_battery(void **state)
{
	struct pace p = {.power = power};

	(void)state;
	put("power/AC/type", "Mains\n");
	put("power/AC/online", "1\n");
	put("power/BAT0/type", "Battery\n");
	pace_look(&p);
	assert_int_equal(p.why, WATCH_GOES_ON);
	put("power/AC/online", "0\n");
	pace_look(&p);
	assert_int_equal(p.why, WATCH_PAUSE_BATTERY);
	assert_false(!pace_may_step(&p));
}

/* A machine that tells neither goes on. */
static void test_unknown(void **state)
{
	struct pace p = {.pressure = "/nonexistent/cpu", .power = "/nonexistent"};

	(void)state;
	pace_look(&p);
	assert_int_equal(p.why, WATCH_GOES_ON);
	p = (struct pace){.pressure = pressure};
	put("cpu", "nothing of the kind\n");
	pace_look(&p);
	assert_int_equal(p.why, WATCH_GOES_ON);
}

static int set_up(void **state)
{
	char path[300];

	(void)state;
	if (!mkdtemp(top))
		return -1;
	snprintf(pressure, sizeof(pressure), "%s/cpu", top);
	snprintf(power, sizeof(power), "%s/power", top);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const names[] = {"", "/AC", "/BAT0"};

		snprintf(path, sizeof(path), "%s%s", power, names[i]);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	return 0;
}

static int tear_down(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_battery),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
