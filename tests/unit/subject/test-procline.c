/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include "subject/procline.h"

#define TEXT(s) VIEW_LIT(s)

static const char stat_text[] = "4242 (a) (b c) S 17 4242 4242 34816 4242 4194304 1 0 0 0 0 0 0 0 "
				"20 0 1 0 987654 1000 20 18446744073709551615\n";

static void test_stat(void **state)
{
	struct procline_stat st;

	(void)state;
	assert_true(procline_stat(TEXT("4242 (a) (b c) S 17 4242 4242 34816 4242 4194304 1 0 0 0 0 "
				       "0 0 0 20 0 1 0 987654 1000"),
		&st));
	assert_string_equal(st.comm, "a) (b c");
	assert_int_equal(st.ppid, 17);
	assert_int_equal(st.start_time, 987654);
	/* Cut anywhere before the start time is over, it says nothing. */
	for (size_t n = 0; n < strlen("4242 (a) (b c) S 17 4242 4242 34816 4242 4194304 1 0 0 0 0 "
				      "0 0 0 20 0 1 0");
		n++)
		assert_false(procline_stat(view_of(stat_text, n), &st));
	assert_false(procline_stat(TEXT("1 (x) S 99999999999 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 7 "
					"8"),
		&st));
	assert_false(procline_stat(TEXT(")("), &st));
	assert_false(procline_stat(VIEW_EMPTY, &st));
}

static void test_status(void **state)
{
	struct procline_status s;
	char many[8192] = "Uid:\t1\t1\t1\t1\nGid:\t5\t5\t5\t5\nGroups:\t";
	size_t n = strlen(many);

	(void)state;
	assert_true(procline_status(TEXT("Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t100\t0\t0\t0\n"
					 "Groups:\t4 24 1000 \nVmPeak: 5 kB\n"),
		&s));
	assert_int_equal(s.uid, 1000);
	assert_int_equal(s.n_gids, 4);
	assert_int_equal(s.gids[0], 100);
	assert_int_equal(s.gids[3], 1000);
	for (unsigned i = 0; i < 2 * PROCLINE_GIDS_MAX; i++, n += 3)
		memcpy(many + n, "77 ", 4);
	assert_true(procline_status(view_of(many, n), &s));
	assert_int_equal(s.n_gids, PROCLINE_GIDS_MAX);
	assert_false(procline_status(TEXT("Uid:\t1\t1\t1\t1\n"), &s));
	assert_false(procline_status(TEXT("Uid:\tx\nGid:\t1\n"), &s));
	assert_false(procline_status(TEXT("Uid:\t4294967296\nGid:\t1\n"), &s));
}

static void test_cgroup(void **state)
{
	char id[64];

	(void)state;
	assert_true(procline_cgroup_tag(
		TEXT("1:name=systemd:/x\n0::/user.slice/sealgate.app.zoom/inner\n"), id, 64));
	assert_string_equal(id, "zoom");
	/* The outermost counts: what is below belongs to the user. */
	assert_true(
		procline_cgroup_tag(TEXT("0::/sealgate.app.zoom/sealgate.app.harmless\n"), id, 64));
	assert_string_equal(id, "zoom");
	assert_false(procline_cgroup_tag(TEXT("1:cpu:/sealgate.app.zoom\n"), id, 64));
	assert_false(procline_cgroup_tag(TEXT("0::/xsealgate.app.zoom\n"), id, 64));
	assert_false(procline_cgroup_tag(TEXT("0::/sealgate.app.\n"), id, 64));
	assert_false(procline_cgroup_tag(TEXT("0::/sealgate.app.long\n"), id, 4));
	assert_true(procline_cgroup_flatpak(TEXT("0::/user@1000.service/app.slice/"
						 "app-flatpak-org.example.A\\x2dB-4711.scope\n"),
		id, 64));
	assert_string_equal(id, "org.example.A-B");
	assert_false(procline_cgroup_flatpak(TEXT("0::/app-flatpak-.scope\n"), id, 64));
	assert_false(procline_cgroup_flatpak(TEXT("0::/app-flatpak-scope\n"), id, 64));
	assert_false(procline_cgroup_flatpak(TEXT("0::/app-gnome-x-1.scope\n"), id, 64));
	assert_true(procline_cgroup_snap(
		TEXT("0::/user.slice/snap.zoom-client.zoom-client-1-2.scope\n"), id, 64));
	assert_string_equal(id, "zoom-client");
	assert_false(procline_cgroup_snap(TEXT("0::/snap.\n"), id, 64));
	assert_false(procline_cgroup_snap(TEXT("0::/system.slice/snapd.service\n"), id, 64));
}

static void test_environ_and_args(void **state)
{
	static const char env[] = "A=1\0FLATPAK_IDX=no\0FLATPAK_ID=org.x.Y\0B=2";
	static const char args[] = "python3\0-B\0\0/opt/x\0";
	struct view text = view_of(args, sizeof(args) - 1), arg;
	char id[32];

	(void)state;
	assert_true(procline_environ(view_of(env, sizeof(env)), "FLATPAK_ID", id, sizeof(id)));
	assert_string_equal(id, "org.x.Y");
	assert_false(procline_environ(view_of(env, sizeof(env)), "FLATPAK", id, sizeof(id)));
	assert_false(procline_environ(view_of(env, sizeof(env)), "FLATPAK_ID", id, 4));
	assert_true(procline_next_arg(&text, &arg) && view_eq(arg, TEXT("python3")));
	assert_true(procline_next_arg(&text, &arg) && view_eq(arg, TEXT("-B")));
	assert_true(procline_next_arg(&text, &arg) && arg.n == 0);
	assert_true(procline_next_arg(&text, &arg) && view_eq(arg, TEXT("/opt/x")));
	assert_false(procline_next_arg(&text, &arg));
}

static void test_paths(void **state)
{
	char path[32], deleted[] = "/opt/x (deleted)";

	(void)state;
	procline_strip_deleted(deleted);
	assert_string_equal(deleted, "/opt/x");
	procline_strip_deleted(deleted);
	assert_string_equal(deleted, "/opt/x");
	assert_true(procline_snap_path("/snap/zoom/12/usr/bin/zoom", path, sizeof(path)));
	assert_string_equal(path, "zoom");
	assert_true(procline_snap_path("/var/lib/snapd/snap/a/1/b", path, sizeof(path)));
	assert_string_equal(path, "a");
	assert_false(procline_snap_path("/snap/zoom", path, sizeof(path)));
	assert_false(procline_snap_path("/snapper/zoom/1", path, sizeof(path)));

	assert_true(procline_resolve(TEXT("/a/b"), TEXT("../c/./d//e"), path, sizeof(path)));
	assert_string_equal(path, "/a/c/d/e");
	assert_true(procline_resolve(VIEW_EMPTY, TEXT("/../../x"), path, sizeof(path)));
	assert_string_equal(path, "/x");
	assert_false(procline_resolve(VIEW_EMPTY, TEXT("x"), path, sizeof(path)));
	assert_false(procline_resolve(TEXT("rel"), TEXT("x"), path, sizeof(path)));
	assert_false(procline_resolve(TEXT("/"), TEXT(".."), path, sizeof(path)));
	assert_true(procline_resolve(TEXT("/"), TEXT("123456789"), path, 11));
	assert_string_equal(path, "/123456789");
	assert_false(procline_resolve(TEXT("/"), TEXT("1234567890"), path, 11));

	assert_true(procline_is_below("/a/b", "/a/b"));
	assert_true(procline_is_below("/a/b/c", "/a/b"));
	assert_false(procline_is_below("/a/bc", "/a/b"));
	assert_false(procline_is_below("/a", "/a/b"));
	assert_true(procline_is_below("/a", "/"));
	assert_false(procline_is_below("a", "/"));
}

static void test_mountinfo(void **state)
{
	struct view text = TEXT("nonsense\n"
				"24 1 8:1 / / rw,relatime shared:1 master:2 - ext4 /dev/sda1 rw\n"
				"9 24 0:30 /- /mnt/- rw - fuse.x y rw\n"
				"10 24 0:31 / /cut rw\n"
				"4294967296 24 0:31 / /big rw - tmpfs t rw\n"
				"11 24 0:32 / /t rw - tmpfs t rw");
	struct procline_mount m;

	(void)state;
	assert_true(procline_next_mount(&text, &m));
	assert_int_equal(m.id, 24);
	assert_true(view_eq(m.type, TEXT("ext4")));
	assert_true(procline_next_mount(&text, &m));
	assert_int_equal(m.id, 9);
	assert_true(view_eq(m.type, TEXT("fuse.x")));
	assert_true(procline_next_mount(&text, &m));
	assert_int_equal(m.id, 11);
	assert_true(view_eq(m.type, TEXT("tmpfs")));
	assert_false(procline_next_mount(&text, &m));
}

static void test_maps(void **state)
{
	struct view text = TEXT(
		"nonsense\n"
		"55d0c0a00000-55d0c0a01000 r--p 00001000 fe:1f 4321                       "
		"/usr/bin/x\n"
		"7ffc0000-7ffd0000 rw-p 00000000 00:00 0                                  [stack]\n"
		"7f0000000000-7f00000g0000 r--p 00000000 00:1c 9 /bad\n"
		"7f0000000000-7f0000010000 r--p 00000000 001c 9 /bad\n"
		"00400000-00401000 r--s 00000000 00:1c 18446744073709551615 /a b (deleted)\n"
		"00400000-00401000 r--s 00000000 00:1c 18446744073709551616 /more\n"
		"7f0000000000");
	struct procline_map m;

	(void)state;
	assert_true(procline_next_map(&text, &m));
	assert_int_equal(m.start, 0x55d0c0a00000);
	assert_int_equal(m.end, 0x55d0c0a01000);
	assert_int_equal(m.major, 0xfe);
	assert_int_equal(m.minor, 0x1f);
	assert_int_equal(m.ino, 4321);
	assert_true(procline_next_map(&text, &m));
	assert_int_equal(m.ino, 0);
	assert_true(procline_next_map(&text, &m));
	assert_int_equal(m.start, 0x400000);
	assert_true(m.ino == UINT64_MAX);
	assert_false(procline_next_map(&text, &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stat),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_cgroup),
		cmocka_unit_test(test_environ_and_args),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_mountinfo),
		cmocka_unit_test(test_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
