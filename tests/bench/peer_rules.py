# SPDX-License-Identifier: Apache-2.0
"""Fifty markings as clamscan, yara and grep can be told to look for them.

Two sets for each tool:

forms     what sealgate is asked to recognise, as far as the tool can say it: any case (capitals for
          the words that prose has, too), letters composed, decomposed and as Windows-1258 keeps them
          (the shape in one, the tone apart), UTF-8 and UTF-16, letters set apart by blanks.
literals  the fifty spellings as they stand in a document of ours, and no more.

yara      Enumerated byte strings for what stands together, because its search for those is four
          times as fast as regular expressions of alternatives; one regular expression for each
          encoding of what is set apart. `nocase` and `wide` know ASCII alone.
clamscan  Enumerated .ndb signatures. A wildcard there needs two fixed bytes beside it, so of letters
          that are set apart it has the usual spellings: one blank between letters, two or three
          between words. Its PCRE signatures need a literal that triggers them and find no more.
grep      -E with a class or a group for each letter; what it reads is UTF-8 already.

None gets the expressions for identity numbers and keys that such lists often have, too: sealgate's
packs have none, and they would cost yara most of its speed.
"""
import unicodedata

MARKINGS = """TUYỆT MẬT|TỐI MẬT|MẬT|LƯU HÀNH NỘI BỘ|TÀI LIỆU NỘI BỘ|NỘI BỘ|TÀI LIỆU MẬT|VĂN BẢN MẬT|
HỒ SƠ MẬT|BÍ MẬT NHÀ NƯỚC|XEM XONG TRẢ LẠI|XONG HỘI NGHỊ TRẢ LẠI|KHÔNG PHỔ BIẾN|KHÔNG SAO CHỤP|
TUYET MAT|TOI MAT|LUU HANH NOI BO|Độ mật: Mật|Độ mật: Tối mật|Độ mật: Tuyệt mật|TOP SECRET|SECRET//|
CONFIDENTIAL//|NATO SECRET|NATO CONFIDENTIAL|NATO RESTRICTED|COSMIC TOP SECRET|OFFICIAL-SENSITIVE|
UK SECRET|CUI//|FOR OFFICIAL USE ONLY|INTERNAL USE ONLY|COMPANY CONFIDENTIAL|STRICTLY CONFIDENTIAL|
TLP:AMBER|TLP:RED|NOFORN|绝密★|机密★|秘密★|内部资料|内部文件|ОСОБОЙ ВАЖНОСТИ|СОВЕРШЕННО СЕКРЕТНО|СЕКРЕТНО|
ДЛЯ СЛУЖЕБНОГО ПОЛЬЗОВАНИЯ|MSIP_Label_|VS-VERTRAULICH|STRENG GEHEIM|DIFFUSION RESTREINTE""".replace(
    "\n", "").split("|")
# Prose has these in small letters ("mật khẩu"): nobody would look for them so.
CAPITALS = {"MẬT", "NỘI BỘ", "СЕКРЕТНО"}
TONES = "\u0300\u0301\u0303\u0309\u0323"
ENCODINGS = ("utf-8", "utf-16-le")


def letter_spellings(c):
    """Composed, decomposed, and the tone alone apart; often they are the same."""
    d = unicodedata.normalize("NFD", c)
    tone = "".join(m for m in d if m in TONES)
    shape = unicodedata.normalize("NFC", "".join(m for m in d if m not in TONES))
    return unicodedata.normalize("NFC", c), d, shape + tone


def text_spellings(text):
    return {"".join(s) for s in zip(*map(letter_spellings, text))}


def cases(marking):
    if marking in CAPITALS:
        return {marking}
    return {marking, marking.lower(), marking.title(), marking.capitalize()}


def is_spaced(marking):
    """Of letters alone: these are set with blanks between them."""
    return all(c.isalpha() or c == " " for c in marking)


def apart(marking):
    words = [" ".join(w) for w in marking.split()]
    return {gap.join(words) for gap in ("  ", "   ")} if is_spaced(marking) else set()


def enumerated(marking, spaced):
    texts = {s for c in cases(marking) for s in text_spellings(c)}
    if spaced:
        texts |= {s for t in apart(marking) for s in text_spellings(t)}
    return sorted(t.encode(e) for t in texts for e in ENCODINGS)


def letters(marking, c):
    both = [c] if marking in CAPITALS else [c.upper(), c.lower()]
    return list(dict.fromkeys(s for x in both for s in letter_spellings(x)))


def group(alternatives):
    return alternatives[0] if len(alternatives) == 1 else f"({'|'.join(alternatives)})"


def yara_regex(marking, encoding):
    def coded(text):
        return "".join(f"\\x{b:02x}" for b in text.encode(encoding))
    out = []
    for before, c in zip(" " + marking, marking):
        if c == " ":
            out.append(f"({coded(' ')}|{coded(chr(0xa0))})+")
            continue
        if before != " ":
            out.append(f"({coded(' ')})?")
        out.append(group([coded(s) for s in letters(marking, c)]))
    return "".join(out)


def grep_regex(marking):
    out = []
    for before, c in zip(" " + marking, marking):
        if c == " ":
            out.append("[ \u00a0]+")
            continue
        if is_spaced(marking) and before != " ":
            out.append(" ?")
        spellings = letters(marking, c)
        single = "".join(s for s in spellings if len(s) == 1)
        out.append(group([f"[{single}]"] + [s for s in spellings if len(s) > 1]))
    return "".join(out)


def yara_rule(n, forms):
    marking = MARKINGS[n]
    if not forms:
        strings = [f'$t = "{marking}"', f"$w = {{ {marking.encode('utf-16-le').hex(' ')} }}"]
    else:
        strings = [f"$e{k} = {{ {form.hex(' ')} }}"
                   for k, form in enumerate(enumerated(marking, False))]
        if is_spaced(marking):
            strings += [f"$r{k} = /{yara_regex(marking, e)}/" for k, e in enumerate(ENCODINGS)]
    return f"rule m{n} {{ strings: {' '.join(strings)} condition: any of them }}"


def write(folder):
    """marks.ndb, marks.yar, marks.grep of the forms and literals.* of the literals; returns how many
    signatures the forms are for clamscan."""
    count = 0
    for stem, forms in (("forms", True), ("literals", False)):
        signatures = [f"Mark.{n}.{k}:0:*:{form.hex()}" for n, marking in enumerate(MARKINGS)
                      for k, form in enumerate(enumerated(marking, True) if forms else
                                               [marking.encode(e) for e in ENCODINGS])]
        count = count or len(signatures)
        (folder / f"{stem}.ndb").write_text("\n".join(signatures) + "\n")
        (folder / f"{stem}.yar").write_text(
            "\n".join(yara_rule(n, forms) for n in range(len(MARKINGS))) + "\n")
        (folder / f"{stem}.grep").write_text(
            "\n".join(map(grep_regex, MARKINGS) if forms else MARKINGS) + "\n")
    return count
