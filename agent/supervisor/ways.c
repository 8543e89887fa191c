/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ways of taking a document are covered here, which only partly, which not, and why: of this
 * kernel, this configuration and what has happened so far. tests/system/test-cases-*.py hold the
 * agent to it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "supervisor/agent_state.h"

enum state { COVERED, PARTLY, NOT_COVERED };

struct words {
	const char *en, *vi;
};

static void way(struct json *j, enum state state, struct words area, struct words why)
{
	static const char *const names[] = {"covered", "partly", "not covered"};

	json_object(j);
	json_key_str(j, "area", area.en);
	json_key_str(j, "area_vi", area.vi);
	json_key_str(j, "state", names[state]);
	json_key_str(j, "why", why.en);
	json_key_str(j, "why_vi", why.vi);
	json_object_end(j);
}

static bool kernel_before(int major, int minor)
{
	struct utsname u;
	int x = 0, y = 0;

	if (uname(&u) < 0 || sscanf(u.release, "%d.%d", &x, &y) != 2)
		return true;
	return x < major || (x == major && y < minor);
}

static bool any_uncovered(const struct agent *a)
{
	return group_n_failed(a->group) > 0;
}

static void write_opens(const struct agent *a, struct json *j)
{
	static const struct words none = {"", ""};

	if (any_uncovered(a))
		way(j, PARTLY, (struct words){"opening files", "mở tệp"},
			(struct words){"some file systems could not be covered, see above",
				"có hệ thống tệp không bảo vệ được, xem ở trên"});
	else
		way(j, COVERED, (struct words){"opening files", "mở tệp"}, none);
	if (a->tags && !a->tags_error[0])
		way(j, COVERED,
			(struct words){"children of applications", "tiến trình con của ứng dụng"},
			(struct words){"one that is moved into another control group of its user "
				       "is known by its parents from then on",
				"tiến trình bị chuyển sang nhóm điều khiển khác của người dùng thì "
				"từ đó được nhận ra qua tiến trình cha"});
	else
		way(j, PARTLY,
			(struct words){"children of applications", "tiến trình con của ứng dụng"},
			(struct words){"some are known by their parents only, because they could "
				       "not be put into a control group",
				"có tiến trình chỉ được nhận ra qua tiến trình cha, vì không đưa "
				"được "
				"vào nhóm điều khiển"});
	way(j, PARTLY, (struct words){"copies of applications", "bản sao của ứng dụng"},
		(struct words){"programs of users are known by their build id, moments after their "
			       "start; scripts and programs that were changed are not",
			"chương trình của người dùng được nhận ra qua mã bản dựng, ngay sau khi "
			"chạy; "
			"tập lệnh và chương trình đã sửa thì không"});
	if (kernel_before(6, 12))
		way(j, NOT_COVERED,
			(struct words){"overlays of users", "lớp phủ do người dùng tạo"},
			(struct words){"before Linux 6.12 an overlay mounted in a user namespace "
				       "hides opens: forbid unprivileged user namespaces",
				"trước Linux 6.12, lớp phủ gắn trong không gian người dùng che mất "
				"lần mở tệp: hãy cấm không gian người dùng"});
	else
		way(j, COVERED, (struct words){"overlays of users", "lớp phủ do người dùng tạo"},
			none);
	way(j, PARTLY,
		(struct words){"file systems mounted while an application runs",
			"hệ thống tệp gắn vào khi ứng dụng đang chạy"},
		(struct words){
			"covered a moment after the mount; what is opened before that is not "
			"seen",
			"được bảo vệ ngay sau khi gắn; tệp mở trước lúc đó không được thấy"});
}

static void write_descriptors(const struct agent *a, struct json *j)
{
	static const struct words read = {"passed descriptors, read",
					  "mô tả tệp được chuyển sang, khi đọc"},
				  map = {"passed descriptors, mapped",
					  "mô tả tệp được chuyển sang, khi ánh xạ"};
	bool refused = a->shared->counters.marks_refused > 0;

	way(j, PARTLY, read,
		refused ? (struct words){"some classified files carry no mark of their own",
				  "có tệp mật không mang dấu theo dõi riêng"}
			: (struct words){"where the file was known to be classified when it was "
					 "opened; not on overlays, FUSE and network file systems",
				  "khi tệp đã được biết là mật vào lúc mở; không có trên lớp phủ, "
				  "FUSE và hệ thống tệp mạng"});
	if (!group_has_pre_access(a->group))
		way(j, NOT_COVERED, map,
			(struct words){"this kernel cannot ask before a file is mapped (Linux 6.14 "
				       "can)",
				"nhân này không hỏi trước khi ánh xạ tệp (cần Linux 6.14)"});
	else
		way(j, PARTLY, map,
			(struct words){
				"as for reading, but not on tmpfs", "như khi đọc, trừ trên tmpfs"});
	way(j, COVERED,
		(struct words){"descriptors that an application inherits",
			"mô tả tệp mà ứng dụng thừa hưởng"},
		(struct words){"", ""});
	way(j, PARTLY,
		(struct words){"files open before the agent or their marking",
			"tệp mở trước khi sealgate chạy hoặc trước khi có dấu mật"},
		(struct words){"recorded; reading goes on", "được ghi lại; vẫn đọc được"});
}

/* What is asked of a program before it starts, and of what an application brings. */
static void write_programs(const struct agent *a, struct json *j)
{
	const struct news *news = group_news(a->group);
	char en[400], vi[400];
	uint32_t stalled;
	const char *place = lookup_stalled(a->lookup, &stalled);

	if (stalled > 0) {
		snprintf(en, sizeof(en),
			"%.200s does not answer (%u such places): applications that lie there are "
			"noticed only after their start",
			place, stalled);
		snprintf(vi, sizeof(vi),
			"%.200s không trả lời (có %u nơi như vậy): ứng dụng nằm ở đó chỉ được nhận "
			"ra sau khi chạy",
			place, stalled);
		way(j, NOT_COVERED,
			(struct words){"starts from places that do not answer",
				"chạy ứng dụng từ nơi không trả lời"},
			(struct words){en, vi});
	}
	way(j, PARTLY, (struct words){"starts of applications", "lúc ứng dụng khởi chạy"},
		(struct words){
			"held for programs that lie where the policy says, and for those of "
			"snaps and of flatpaks that are installed for all users; flatpaks of one "
			"user, and copies, are noticed moments after their start",
			"được giữ lại để hỏi với chương trình nằm ở nơi chính sách nêu, của snap "
			"và "
			"của flatpak cài cho mọi người; flatpak của riêng một người và bản sao "
			"được nhận ra ngay sau khi chạy"});
	way(j, PARTLY,
		(struct words){
			"programs that applications bring", "chương trình do ứng dụng mang về"},
		(struct words){"what an application writes in a protected folder is asked about "
			       "when it starts, until the agent ends; scripts given to an "
			       "interpreter by name are not",
			"chương trình mà ứng dụng ghi vào thư mục được bảo vệ thì được hỏi khi "
			"chạy, "
			"cho đến khi sealgate dừng; tập lệnh giao cho trình thông dịch thì không"});
	if (news->writes < 0)
		way(j, NOT_COVERED,
			(struct words){"files that applications write", "tệp do ứng dụng ghi"},
			(struct words){"this kernel does not tell of them", "nhân này không báo"});
	else
		way(j, PARTLY,
			(struct words){"files that applications write", "tệp do ứng dụng ghi"},
			news->moves < 0
				? (struct words){"what is written elsewhere and renamed into a "
						 "protected folder is not seen on this kernel, "
						 "nor what is written through a document portal",
					  "nhân này không báo tệp ghi ở nơi khác rồi đổi tên vào "
					  "thư mục được bảo vệ; tệp ghi qua cổng tài liệu cũng "
					  "không thấy"}
				: (struct words){"written there or renamed to there; not what is "
						 "written through a document portal, nor whole "
						 "folders that are moved there",
					  "ghi tại chỗ hoặc đổi tên vào đó; không thấy tệp ghi qua "
					  "cổng tài liệu và cả thư mục được chuyển vào"});
}

static void write_rest(struct json *j)
{
	way(j, NOT_COVERED,
		(struct words){"pipes, sockets, memory, clipboard, screen",
			"đường ống, socket, bộ nhớ, khay nhớ tạm, màn hình"},
		(struct words){"no file is opened", "không có tệp nào được mở"});
	way(j, NOT_COVERED,
		(struct words){"while the supervisor is dead", "khi tiến trình giám sát bị dừng"},
		(struct words){"opens go on unseen until it is started again; the gap is recorded",
			"tệp vẫn mở được cho đến khi chạy lại; khoảng trống được ghi lại"});
	way(j, NOT_COVERED,
		(struct words){"decisions inside the kernel (BPF)", "quyết định trong nhân (BPF)"},
		(struct words){"this version has the fanotify engine alone",
			"bản này chỉ có cơ chế fanotify"});
	way(j, PARTLY, (struct words){"whether a meeting is running", "có đang họp hay không"},
		(struct words){"by devices and media sockets that an application holds itself; a "
			       "microphone that a sound server holds for it is not seen",
			"qua thiết bị và kết nối phương tiện do chính ứng dụng giữ; micrô do máy "
			"chủ âm thanh giữ hộ thì không thấy"});
}

void agent_write_ways(const struct agent *a, struct json *j)
{
	json_key(j, "ways");
	json_array(j);
	write_opens(a, j);
	write_descriptors(a, j);
	write_programs(a, j);
	write_rest(j);
	json_array_end(j);
}
