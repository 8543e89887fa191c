/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <elf.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fd.h"
#include "subject/buildid.h"

struct image {
	Elf64_Ehdr h;
	Elf64_Phdr p[2];
	Elf64_Nhdr other;
	char other_name[4], other_value[8];
	Elf64_Nhdr note;
	char name[4];
	uint8_t value[20];
};

static struct image make(void)
{
	struct image i = {
		.h = {.e_phoff = offsetof(struct image, p),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 2},
		.p = {{.p_type = PT_LOAD},
			{.p_type = PT_NOTE,
				.p_offset = offsetof(struct image, other),
				.p_filesz = sizeof(i) - offsetof(struct image, other)}},
		.other = {4, 5, 1}, /* its value is padded */
		.other_name = "GNU",
		.note = {4, 20, NT_GNU_BUILD_ID},
		.name = "GNU",
	};

	memcpy(i.h.e_ident, ELFMAG, SELFMAG);
	i.h.e_ident[EI_CLASS] = ELFCLASS64;
	i.h.e_ident[EI_DATA] = ELFDATA2LSB;
	for (uint8_t k = 0; k < 20; k++)
		i.value[k] = (uint8_t)(k + 1);
	return i;
}

static void test_found(void **state)
{
	struct image i = make();
	struct build_id id;

	(void)state;
	assert_true(build_id_read(view_of(&i, sizeof(i)), &id));
	assert_int_equal(20, id.n);
	assert_memory_equal(i.value, id.v, 20);
}

static void test_own_program(void **state)
{
	struct buf b = BUF_INIT(1U << 20);
	struct build_id id;

	(void)state;
	/* What this compiler makes; it may have been told to make none. */
	assert_true(fd_read_path("/proc/self/exe", 4096, &b) <= 0 || b.n > 0);
	if (build_id_read(buf_view(&b), &id))
		assert_true(id.n >= 8 && id.n <= BUILD_ID_MAX);
	buf_done(&b);
}

static void test_cut(void **state)
{
	struct image i = make();
	struct build_id id;

	(void)state;
	for (size_t n = 0; n < offsetof(struct image, value) + sizeof(i.value); n++)
		assert_false(build_id_read(view_of(&i, n), &id));
}

static void test_hostile(void **state)
{
	struct image i = make();
	struct build_id id;

	(void)state;
	i.note.n_descsz = UINT32_MAX;
	assert_false(build_id_read(view_of(&i, sizeof(i)), &id));
	i.note.n_descsz = BUILD_ID_MAX + 1;
	assert_false(build_id_read(view_of(&i, sizeof(i)), &id));
	i = make();
	i.other.n_namesz = UINT32_MAX;
	assert_false(build_id_read(view_of(&i, sizeof(i)), &id));
	i = make();
	i.p[1].p_offset = UINT64_MAX - 4;
	i.p[1].p_filesz = 8;
	assert_false(build_id_read(view_of(&i, sizeof(i)), &id));
	i = make();
	i.h.e_phoff = UINT64_MAX - 8;
	assert_false(build_id_read(view_of(&i, sizeof(i)), &id));
	i = make();
	i.h.e_ident[EI_CLASS] = ELFCLASS32;
	assert_false(build_id_read(view_of(&i, sizeof(i)), &id));
}

/* The header with the note stands behind the last one that is looked at; so does the note. */
static void test_bounds(void **state)
{
	static Elf64_Phdr headers[BUILD_ID_HEADERS_MAX + 1];
	static struct {
		Elf64_Ehdr h;
		Elf64_Phdr p;
		Elf64_Nhdr empty[BUILD_ID_NOTES_MAX];
		Elf64_Nhdr note;
		char name[4], value[8];
	} many;
	struct image i = make();
	uint8_t file[sizeof(i) + sizeof(headers)];
	struct build_id id;

	(void)state;
	i.h.e_phoff = sizeof(i);
	i.h.e_phnum = BUILD_ID_HEADERS_MAX + 1;
	headers[BUILD_ID_HEADERS_MAX] = i.p[1];
	memcpy(file, &i, sizeof(i));
	memcpy(file + sizeof(i), headers, sizeof(headers));
	assert_false(build_id_read(view_of(file, sizeof(file)), &id));
	headers[BUILD_ID_HEADERS_MAX - 1] = i.p[1];
	memcpy(file + sizeof(i), headers, sizeof(headers));
	assert_true(build_id_read(view_of(file, sizeof(file)), &id));

	many.h = i.h;
	many.h.e_phoff = offsetof(__typeof__(many), p);
	many.h.e_phnum = 1;
	many.p = (Elf64_Phdr){.p_type = PT_NOTE,
		.p_offset = offsetof(__typeof__(many), empty),
		.p_filesz = sizeof(many) - offsetof(__typeof__(many), empty)};
	many.note = (Elf64_Nhdr){4, 8, NT_GNU_BUILD_ID};
	memcpy(many.name, "GNU", 4);
	assert_false(build_id_read(view_of(&many, sizeof(many)), &id));
	many.p.p_offset += sizeof(Elf64_Nhdr);
	assert_true(build_id_read(view_of(&many, sizeof(many)), &id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_own_program),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
