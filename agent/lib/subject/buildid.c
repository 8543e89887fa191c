/* SPDX-License-Identifier: Apache-2.0 */
/* ELF-64, little-endian: elf(5). Others have none here. */
#include "subject/buildid.h"

#include <elf.h>
#include <string.h>

#include "base/macros.h"

/* False where it is not all there. */
static bool get(struct view from, uint64_t at, void *ret, size_t n)
{
	if (at > from.n || n > from.n - at)
		return false;
	memcpy(ret, (const uint8_t *)from.p + at, n);
	return true;
}

static uint64_t padded(uint64_t n)
{
	return (n + 3) & ~UINT64_C(3);
}

static bool from_notes(struct view start, uint64_t at, uint64_t size, struct build_id *ret)
{
	uint64_t end = size > start.n || at > start.n - size ? start.n : at + size;
	Elf64_Nhdr note;

	for (unsigned i = 0; i < BUILD_ID_NOTES_MAX && at < end; i++) {
		char name[4];
		uint64_t value;

		if (!get(start, at, &note, sizeof(note)))
			return false;
		value = at + sizeof(note) + padded(note.n_namesz);
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof(name) &&
			get(start, at + sizeof(note), name, sizeof(name)) &&
			memcmp(name, "GNU", sizeof(name)) == 0 && note.n_descsz > 0 &&
			note.n_descsz <= BUILD_ID_MAX && get(start, value, ret->v, note.n_descsz)) {
			ret->n = (uint8_t)note.n_descsz;
			return true;
		}
		at = value + padded(note.n_descsz);
	}
	return false;
}

bool build_id_read(struct view start, struct build_id *ret)
{
	Elf64_Ehdr h;
	Elf64_Phdr p;

	*ret = (struct build_id){0};
	if (!get(start, 0, &h, sizeof(h)) || memcmp(h.e_ident, ELFMAG, SELFMAG) != 0 ||
		h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB ||
		h.e_phentsize != sizeof(p))
		return false;
	for (unsigned i = 0; i < MIN((unsigned)h.e_phnum, BUILD_ID_HEADERS_MAX); i++) {
		if (h.e_phoff > start.n || !get(start, h.e_phoff + i * sizeof(p), &p, sizeof(p)))
			return false;
		if (p.p_type == PT_NOTE && from_notes(start, p.p_offset, p.p_filesz, ret))
			return true;
	}
	return false;
}
