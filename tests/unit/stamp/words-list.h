/* SPDX-License-Identifier: Apache-2.0 */
/* The words that the tests look for. */
#pragma once

#include "stamp/stamp.h"

static const struct stamp_word test_words[] = {
	{"TUYỆT MẬT", 200, 40, false},
	{"TỐI MẬT", 150, 30, false},
	{"MẬT", 50, 20, false},
	{"GIẢI MẬT", 150, 30, false},
	{"ĐÃ GIẢI MẬT", 150, 0, false},
	{"LƯU HÀNH NỘI BỘ", 300, 0, false},
	{"TÀI LIỆU LƯU HÀNH NỘI BỘ", 400, 0, false},
	{"TÀI LIỆU NỘI BỘ", 300, 0, false},
	{"NỘI BỘ", 100, 0, false},
	{"XEM XONG TRẢ LẠI", 300, 0, false},
	{"TÀI LIỆU THU HỒI", 300, 0, true},
	{"HỎA TỐC", 150, 0, true},
	{"HỎA TỐC HẸN GIỜ", 200, 0, true},
	{"THƯỢNG KHẨN", 200, 0, true},
	{"KHẨN", 100, 0, true},
	{"ĐẾN", 50, 0, true},
	{"BẢN SAO", 150, 0, true},
	{"SAO Y", 100, 0, true},
	{"SAO Y BẢN CHÍNH", 300, 0, true},
	{"SAO LỤC", 150, 0, true},
	{"DỰ THẢO", 150, 0, true},
	{"CÓ MẶT", 100, 0, true},
	{"VẮNG MẶT", 150, 0, true},
	{"ĐÃ DUYỆT", 150, 0, true},
	{"ĐÃ THU TIỀN", 200, 0, true},
	{"CHỨNG THỰC", 200, 0, true},
	{"TOP SECRET", 200, 0, false},
	{"SECRET", 100, 0, false},
	{"CONFIDENTIAL", 200, 0, false},
	{"INTERNAL USE ONLY", 300, 0, false},
};
