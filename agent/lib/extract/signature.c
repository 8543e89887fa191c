/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/signature.h"

#include "base/macros.h"

#define UNREAD(format, off, magic)                             \
	{                                                      \
		format, SIGNATURE_UNREAD, off, VIEW_LIT(magic) \
	}
#define IMAGE(format, off, magic)                             \
	{                                                     \
		format, SIGNATURE_IMAGE, off, VIEW_LIT(magic) \
	}
#define OTHER(format, off, magic)                                   \
	{                                                           \
		format, SIGNATURE_NO_DOCUMENT, off, VIEW_LIT(magic) \
	}

static const struct signature signatures[] = {
	UNREAD("onenote", 0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"),
	UNREAD("access", 4, "Standard Jet DB"),
	UNREAD("access", 4, "Standard ACE DB"),
	UNREAD("outlook", 0, "!BDN"),
	UNREAD("chm", 0, "ITSF"),
	UNREAD("mobi", 60, "BOOKMOBI"),
	UNREAD("wordperfect", 0, "\xffWPC"),
	UNREAD("dwg", 0, "AC10"),
	UNREAD("postscript", 0, "%!PS-Adobe"),
	UNREAD("postscript", 0, "\xc5\xd0\xd3\xc6"),
	UNREAD("squashfs", 0, "hsqs"),
	UNREAD("disk-image", 0, "QFI\xfb"),
	UNREAD("disk-image", 0, "KDMV"),
	UNREAD("disk-image", 0, "vhdxfile"),
	UNREAD("disk-image", 0, "conectix"),
	UNREAD("udf", 0x8001, "BEA01"),
	UNREAD("lzop", 0, "\x89LZO\0\r\n\x1a\n"),
	UNREAD("xar", 0, "xar!"),
	UNREAD("arj", 0, "\x60\xea"),
	UNREAD("ace", 7, "**ACE**"),
	UNREAD("binhex", 0, "(This file must be converted with BinHex"),
	UNREAD("djvu", 0, "AT&TFORM"),
	UNREAD("luks", 0, "LUKS\xba\xbe"),
	IMAGE("jpeg", 0, "\xff\xd8\xff"),
	IMAGE("png", 0, "\x89PNG\r\n\x1a\n"),
	IMAGE("gif", 0, "GIF87a"),
	IMAGE("gif", 0, "GIF89a"),
	IMAGE("tiff", 0, "II*\0"),
	IMAGE("tiff", 0, "MM\0*"),
	IMAGE("tiff", 0, "II+\0"),
	IMAGE("webp", 8, "WEBPVP8"),
	IMAGE("heif", 4, "ftypheic"),
	IMAGE("heif", 4, "ftypheix"),
	IMAGE("heif", 4, "ftypmif1"),
	IMAGE("heif", 4, "ftypavif"),
	IMAGE("jpeg2000", 4, "jP  \r\n\x87\n"),
	IMAGE("jpeg2000", 0, "\xff\x4f\xff\x51"),
	IMAGE("jxl", 0, "\xff\x0a"),
	IMAGE("jbig2", 0, "\x97JB2\r\n\x1a\n"),
	IMAGE("emf", 40, " EMF"),
	IMAGE("wmf", 0, "\xd7\xcd\xc6\x9a"),
	IMAGE("psd", 0, "8BPS"),
	OTHER("elf", 0,
		"\x7f"
		"ELF"),
	OTHER("mach-o", 0, "\xcf\xfa\xed\xfe"),
	OTHER("java-class", 0, "\xca\xfe\xba\xbe"),
	OTHER("wasm", 0, "\0asm"),
	OTHER("sqlite", 0, "SQLite format 3\0"),
	OTHER("font", 0, "OTTO"),
	OTHER("font", 0, "\0\1\0\0\0"),
	OTHER("font", 0, "ttcf"),
	OTHER("font", 0, "wOFF"),
	OTHER("font", 0, "wOF2"),
	OTHER("audio", 0, "ID3"),
	OTHER("audio", 0, "OggS"),
	OTHER("audio", 0, "fLaC"),
	OTHER("audio", 8, "WAVEfmt"),
	OTHER("video", 8, "AVI LIST"),
	OTHER("video", 4, "ftyp"),
	OTHER("video", 0, "\x1a\x45\xdf\xa3"),
	OTHER("git-pack", 0, "PACK\0\0\0\2"),
	OTHER("journal", 0, "LPKSHHRH"),
};

static bool is_bmp(struct view v)
{
	/* "BM" alone is too little: the header's own size and the reserved zeros must fit. */
	return v.n > 26 && v.p[0] == 'B' && v.p[1] == 'M' && v.p[6] == 0 && v.p[7] == 0 &&
		v.p[8] == 0 && v.p[9] == 0 && (v.p[14] == 40 || v.p[14] == 12 || v.p[14] >= 108) &&
		v.p[15] == 0;
}

static bool is_pe(struct view v)
{
	size_t at;

	if (v.n < 64 || v.p[0] != 'M' || v.p[1] != 'Z')
		return false;
	at = (size_t)v.p[60] | (size_t)v.p[61] << 8 | (size_t)v.p[62] << 16;
	return view_starts(view_sub(v, at, 4), VIEW_LIT("PE\0\0"));
}

const struct signature *signature_find(struct view content)
{
	static const struct signature bmp = IMAGE("bmp", 0, "BM");
	static const struct signature pe = OTHER("pe", 0, "MZ");

	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
		const struct signature *s = &signatures[i];

		if (view_starts(view_sub(content, s->offset, s->magic.n), s->magic))
			return s;
	}
	if (is_bmp(content))
		return &bmp;
	return is_pe(content) ? &pe : NULL;
}
