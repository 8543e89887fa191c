/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as a sign of a call: names of devices, and lines of /proc/net/udp as kernels write
 * them. */
#include "../unit.h"

#include <string.h>

#include "supervisor/meeting.h"

static void test_devices(void **state)
{
	static const struct {
		const char *target;
		enum meeting_sign sign;
	} v[] = {
		{"/dev/video0", MEETING_SIGN_CAMERA},
		{"/dev/video12", MEETING_SIGN_CAMERA},
		{"/dev/snd/pcmC0D0c", MEETING_SIGN_MICROPHONE},
		{"/dev/snd/pcmC1D12c", MEETING_SIGN_MICROPHONE},
		{"/dev/snd/pcmC0D0p", MEETING_SIGN_NONE}, /* it plays */
		{"/dev/snd/controlC0", MEETING_SIGN_NONE},
		{"/dev/video", MEETING_SIGN_NONE},
		{"/dev/video0/x", MEETING_SIGN_NONE},
		{"/dev/video0 (deleted)", MEETING_SIGN_NONE},
		{"/dev/snd/pcmC0D0cc", MEETING_SIGN_NONE},
		{"/home/lan/dev/video0", MEETING_SIGN_NONE},
		{"socket:[123]", MEETING_SIGN_NONE},
		{"", MEETING_SIGN_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		assert_int_equal(meeting_sign_of(v[i].target), v[i].sign);
}

#define TAIL " 01 00000000:00000000 00:00000000 00000000  1000        0 77 2 0000 0"

static void test_sockets(void **state)
{
	static const struct {
		const char *line;
		bool media;
	} v[] = {
		{"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt",
			false},
		/* connected, to a media port, to names, to QUIC */
		{"  12: 0100007F:C350 0100007F:9C40" TAIL, true},
		{"  12: 0100007F:C350 0100007F:0035" TAIL, false},
		{"  12: 0100007F:C350 0100007F:01BB" TAIL, false},
		/* not connected: everywhere, on one address, discovery on one address */
		{"  12: 00000000:C350 00000000:0000" TAIL, false},
		{"  12: 0A01A8C0:C350 00000000:0000" TAIL, true},
		{"  12: 0A01A8C0:14E9 00000000:0000" TAIL, false},
		/* the same of IPv6 */
		{"  12: 00000000000000000000000001000000:C350 "
		 "00000000000000000000000001000000:9C40" TAIL,
			true},
		{"  12: 00000000000000000000000000000000:C350 "
		 "00000000000000000000000000000000:0000" TAIL,
			false},
		{"", false},
		{"12: zz", false},
		{"  12: 0100007F:C350 0100007F:9C40 01", false},
	};
	uint64_t inode;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		inode = 0;
		assert_int_equal(meeting_is_media(v[i].line, &inode), v[i].media);
		assert_int_equal(inode, v[i].media ? 77 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
