#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the canonicaliser's tables from the Unicode Character Database.

Usage: gen-canon.py UCD-DIRECTORY OUTPUT.c

What the tables mean is told in canon_table.h; the two files belong together.
"""

import os
import sys

PAGE = 64
PAIR_BITS = 13  # CANON_PAIR_BITS
KIND_COPY, KIND_ONE, KIND_SPACE, KIND_DROP, KIND_MARK, KIND_SEQ = range(6)
FAST = 1 << 48
VI_MARK = 1 << 49
ALL_MARKS = 1 << 50
PROP_UPPER, PROP_LOWER, PROP_LETTER = 1, 2, 4

# Scripts that hold look-alikes of Latin letters; 0 takes no part, 1 is Latin itself. "Phonetic"
# are Latin letters that only stand in for others: small capitals and the like.
SCRIPTS = {'Latin': 1, 'Cyrillic': 2, 'Greek': 3, 'Armenian': 4, 'Cherokee': 5, 'Lisu': 6}
PHONETIC = 7

# The letters of other scripts that look like a Latin one, by their own case: a capital Greek Nu
# is an N, a small one a v.
LOOK = {
    'Cyrillic':
        'АA ВB ЕE ІI ЅS ЈJ КK МM НH ОO РP СC ТT УY ХX ҮY ҺH ԀD ԚQ ԜW ӀI ѴV ԌG '
        'аa вb еe іi ѕs јj кk мm нh оo рp сc тt уy хx үy һh ԁd ԛq ԝw ӏl ѵv ьb',
    'Greek':
        'ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX ϹC ͿJ '
        'αa εe ηn ιi κk νv οo ρp τt υu χx γy ϲc ϳj',
    'Armenian': 'ՕO ՍU ՏS ԼL օo հh ոn սu ցg զq',
    'Cherokee': 'ᎠD ᎡR ᎢT ᎪA ᎫJ ᎬE ᎳW ᎷM ᎻH ᏀG ᏃZ ᏙV ᏚS ᏞL ᏟC ᏢP ᏦK ᏴB',
    'Lisu': 'ꓐB ꓑP ꓓD ꓔT ꓖG ꓗK ꓙJ ꓚC ꓜZ ꓝF ꓟM ꓠN ꓡL ꓢS ꓣR ꓦV ꓧH ꓪW ꓫX ꓬY ꓮA ꓰE ꓲI ꓳO ꓴU',
    'Phonetic':
        'ɑa ɡg ɩi ᴀA ʙB ᴄC ᴅD ᴇE ɢG ʜH ɪI ᴊJ ᴋK ʟL ᴍM ɴN ᴏO ᴘP ʀR ᴛT ᴜU ᴠV ᴡW ʏY ᴢZ ꜱS ꜰF',
}

# Always read as đ: an eth is what many a keyboard and converter leaves in the place of Đ.
ETH = {0x00d0: 0x0111, 0x00f0: 0x0111, 0x0189: 0x0111, 0x0256: 0x0111}

# White capitals on black (circles, squares) and the letters that flags are made of, which Unicode leaves
# undecomposed.
ENCLOSED = {first + n: ord('a') + n for first in (0x1f150, 0x1f170, 0x1f1e6) for n in range(26)}

# Tone and quality marks that no Cyrillic or Greek text needs, so a letter of another script that
# bears one counts as mixed: circumflex, tilde, hook above, horn, dot below.
VI_MARKS = {0x0302, 0x0303, 0x0309, 0x031b, 0x0323}


class Ucd:
    """The parts of the database that are needed, as dictionaries by code point."""

    def __init__(self, directory):
        self.directory = directory
        self.gc, self.ccc, self.decomp = {}, {}, {}
        self.capitals = set()  # that stand for a capital, whatever their category
        self.read_unicode_data()
        self.nfkc_cf, self.nfc_qc, self.excluded = {}, {}, set()
        self.read_normalization()
        self.script = self.read_property('Scripts.txt')
        self.white = self.read_set('PropList.txt', 'White_Space')
        self.other_upper = self.read_set('PropList.txt', 'Other_Uppercase')
        self.other_lower = self.read_set('PropList.txt', 'Other_Lowercase')
        self.compose = {}
        for cp, seq in self.decomp.items():
            if len(seq) == 2 and cp not in self.excluded:
                self.compose[tuple(seq)] = cp

    def lines(self, name):
        with open(os.path.join(self.directory, name), encoding='utf-8') as f:
            for line in f:
                line = line.split('#')[0].strip()
                if line:
                    yield [field.strip() for field in line.split(';')]

    @staticmethod
    def span(text):
        first, _, last = text.partition('..')
        return range(int(first, 16), int(last or first, 16) + 1)

    def read_unicode_data(self):
        first = None
        for f in self.lines('UnicodeData.txt'):
            cp = int(f[0], 16)
            if f[1].endswith(', First>'):
                first = cp
                continue
            for c in range(first if first is not None else cp, cp + 1):
                self.gc[c] = f[2]
            first = None
            if f[1].startswith(('MODIFIER LETTER CAPITAL', 'LATIN LETTER SMALL CAPITAL',
                                'REGIONAL INDICATOR')):
                self.capitals.add(cp)
            if f[3] != '0':
                self.ccc[cp] = int(f[3])
            if f[5] and not f[5].startswith('<'):
                self.decomp[cp] = [int(x, 16) for x in f[5].split()]

    def read_normalization(self):
        for f in self.lines('DerivedNormalizationProps.txt'):
            if f[1] == 'NFKC_CF':
                for cp in self.span(f[0]):
                    self.nfkc_cf[cp] = [int(x, 16) for x in f[2].split()]
            elif f[1] == 'NFC_QC':
                for cp in self.span(f[0]):
                    self.nfc_qc[cp] = f[2]
            elif f[1] == 'Full_Composition_Exclusion':
                self.excluded.update(self.span(f[0]))

    def read_property(self, name):
        out = {}
        for f in self.lines(name):
            for cp in self.span(f[0]):
                out[cp] = f[1]
        return out

    def read_set(self, name, value):
        return {cp for f in self.lines(name) if f[1] == value for cp in self.span(f[0])}

    def decompose(self, cp):
        if cp not in self.decomp:
            return [cp]
        return [d for c in self.decomp[cp] for d in self.decompose(c)]

    def nfc(self, cps):
        seq = [d for c in cps for d in self.decompose(c)]
        i = 0
        while i < len(seq):  # canonical order: stable sort of each run of marks
            j = i
            while j < len(seq) and self.ccc.get(seq[j], 0):
                j += 1
            seq[i:j] = sorted(seq[i:j], key=lambda c: self.ccc[c])
            i = j + 1
        out, starter, last = [], None, -1
        for c in seq:
            ccc = self.ccc.get(c, 0)
            if starter is not None and (last < ccc or last == -1):
                both = self.compose.get((out[starter], c))
                if both is not None:
                    out[starter] = both
                    continue
            if ccc == 0:
                starter, last = len(out), -1
            else:
                last = ccc
            out.append(c)
        return out


def look_alikes(ucd):
    """From code point to the Latin code point, accented letters included."""
    plain, scripts = {}, {}
    for script, pairs in LOOK.items():
        for pair in pairs.split():
            if pair[0] != pair[1]:
                plain[ord(pair[0])] = ord(pair[1])
                scripts[ord(pair[0])] = script
    out = dict(plain)
    for cp in ucd.decomp:
        full = ucd.decompose(cp)
        if cp not in out and full[0] in plain and len(full) > 1:
            latin = ucd.nfc([plain[full[0]]] + full[1:])
            if len(latin) == 1:
                out[cp] = latin[0]
    return out, scripts


def entry(ucd, cp, phonetic, seqs):
    if cp in ucd.white:
        return KIND_SPACE << 40
    if ucd.gc.get(cp) in ('Cc', 'Cf'):
        return KIND_DROP << 40
    mapped = ucd.nfkc_cf.get(cp, [cp])
    if cp in ETH:
        mapped = [ETH[cp]]
    if cp in ENCLOSED:
        mapped = [ENCLOSED[cp]]
    if not mapped or ucd.gc.get(cp) == 'Cs':  # surrogates never get here: they are not UTF-8
        return KIND_DROP << 40
    script = 0
    if ucd.gc.get(cp, 'Cn')[0] == 'L':
        script = PHONETIC if cp in phonetic else SCRIPTS.get(ucd.script.get(cp), 0)
    bits = script << 44

    def is_mark(c):
        return c in ucd.ccc or ucd.nfc_qc.get(c, 'Y') != 'Y'

    if mapped == [cp] and is_mark(cp):
        return bits | KIND_MARK << 40 | ucd.ccc.get(cp, 0) | (VI_MARK if cp in VI_MARKS else 0)
    if len(mapped) == 1 and not is_mark(mapped[0]):
        utf8 = chr(mapped[0]).encode('utf-8')
        return (bits | KIND_ONE << 40 | len(utf8) << 32 | int.from_bytes(utf8, 'little') |
                (FAST if script <= 1 else 0))
    marks = [is_mark(c) for c in mapped]
    assert all(marks) or not marks[0], 'a sequence starts with a mark and goes on with a letter'
    bits |= KIND_SEQ << 40 | len(mapped) << 32 | (ALL_MARKS if all(marks) else 0)
    key = tuple(mapped)
    if key not in seqs:
        seqs[key] = sum(len(k) for k in seqs)
    return bits | seqs[key]


def prop(ucd, cp):
    gc = ucd.gc.get(cp, 'Cn')
    bits = PROP_LETTER if gc[0] == 'L' else 0
    if gc == 'Lu' or cp in ucd.other_upper or cp in ucd.capitals:
        bits |= PROP_UPPER
    elif gc == 'Ll' or (cp in ucd.other_lower and gc == 'So'):
        bits |= PROP_LOWER
    return bits


def paged(values, default):
    """Index and distinct pages; the first 32 pages stay in place, so that [cp] works below 0x800."""
    index, pages, seen = [], [], {}
    for n, first in enumerate(range(0, 0x110000, PAGE)):
        page = tuple(values.get(cp, default) for cp in range(first, first + PAGE))
        if n >= 32 and page in seen:
            index.append(seen[page])
            continue
        seen.setdefault(page, len(pages))
        index.append(len(pages))
        pages.append(page)
    return index, pages


def pairs(ucd):
    """(letter, mark) to letter: canonical composition, and letters with marks in any order."""
    out = {k: v for k, v in ucd.compose.items()}
    marks = sorted({b for a, b in ucd.compose if b in ucd.ccc})
    letters = {cp for cp in ucd.decomp
               if ucd.script.get(cp) in ('Latin', 'Greek', 'Cyrillic') and ucd.nfc([cp]) == [cp]}
    for letter in sorted(letters):
        for mark in marks:
            both = ucd.nfc([letter, mark])
            if len(both) == 1:
                out[(letter, mark)] = both[0]
    return out


def pair_hash(a, b, bits):
    return ((a * 0x9e3779b1 + b * 0x85ebca6b) & 0xffffffff) >> (32 - bits)


def pair_table(table, bits):
    slots = [0] * (1 << bits)
    for (a, b), c in sorted(table.items()):
        h = pair_hash(a, b, bits)
        while slots[h]:
            h = (h + 1) % len(slots)
        slots[h] = a | b << 21 | c << 42
    return slots


def strip_table(ucd):
    """For code points below 0x2000: 0 stays, 0xffff is dropped, else the letter without marks."""
    out = []
    for cp in range(0x2000):
        value = 0
        full = ucd.decompose(cp)
        if ucd.gc.get(cp) == 'Mn' and ucd.script.get(cp) == 'Inherited':
            value = 0xffff
        elif cp == 0x0111:
            value = ord('d')
        elif len(full) > 1 and ucd.script.get(full[0]) in ('Latin', 'Greek', 'Cyrillic'):
            value = full[0]
        out.append(value)
    return out


def write_array(f, ctype, name, values, fmt='%d', per_line=16):
    f.write('\nconst %s %s[%d] = {\n' % (ctype, name, len(values)))
    for i in range(0, len(values), per_line):
        f.write('\t' + ' '.join((fmt % v) + ',' for v in values[i:i + per_line]) + '\n')
    f.write('};\n')


def main():
    ucd = Ucd(sys.argv[1])
    looks, look_scripts = look_alikes(ucd)
    phonetic = {cp for cp, s in look_scripts.items() if s == 'Phonetic'}
    for cp, script in look_scripts.items():
        want = 'Latin' if script == 'Phonetic' else script
        if ucd.script.get(cp) not in (want, 'Common'):
            sys.exit('gen-canon: U+%04X is not of script %s' % (cp, want))

    seqs, values, props = {}, {}, {}
    interesting = set(ucd.gc) | set(ucd.nfkc_cf)
    for cp in sorted(interesting):
        e = entry(ucd, cp, phonetic, seqs)
        # Letters that stay as they are and have no Latin look cost no page of their own.
        identity = e & FAST and e & 0xffffffff == int.from_bytes(
            chr(cp).encode('utf-8', 'surrogatepass'), 'little')
        if cp < 0x2000 or not identity or e >> 44 & 15:
            values[cp] = e
        p = prop(ucd, cp)
        if p:
            props[cp] = p
    index, pages = paged(values, 0)
    prop_index, prop_pages = paged(props, 0)
    both = pairs(ucd)
    assert 2 * len(both) <= 1 << PAIR_BITS, 'the pair table is too small'
    decomp = sorted(cp for cp in ucd.decomp if ucd.nfc([cp]) == [cp])
    decomp_rows = [(cp, (ucd.decompose(cp) + [0] * 4)[:4]) for cp in decomp]
    assert all(len(ucd.decompose(cp)) <= 4 for cp in decomp)

    with open(sys.argv[2], 'w', encoding='utf-8') as f:
        f.write('/* Generated by gen-canon.py; do not edit. */\n#include "text/canon_table.h"\n')
        write_array(f, 'uint16_t', 'canon_index', index)
        write_array(f, 'uint64_t', 'canon_entries', [e for p in pages for e in p], '0x%x', 8)
        write_array(f, 'uint32_t', 'canon_seqs', [c for k in seqs for c in k], '0x%x', 12)
        write_array(f, 'uint64_t', 'canon_pairs', pair_table(both, PAIR_BITS), '0x%x', 6)
        f.write('\nconst struct canon_decomp canon_decomps[%d] = {\n' % len(decomp_rows))
        for cp, row in decomp_rows:
            f.write('\t{0x%x, {%s}},\n' % (cp, ', '.join('0x%x' % c for c in row)))
        f.write('};\nconst size_t canon_n_decomps = %d;\n' % len(decomp_rows))
        f.write('\nconst struct canon_look canon_looks[%d] = {\n' % len(looks))
        for cp in sorted(looks):
            f.write('\t{0x%x, 0x%x},\n' % (cp, looks[cp]))
        f.write('};\nconst size_t canon_n_looks = %d;\n' % len(looks))
        write_array(f, 'uint16_t', 'canon_strips', strip_table(ucd))
        write_array(f, 'uint16_t', 'canon_prop_index', prop_index)
        write_array(f, 'uint8_t', 'canon_props', [p for page in prop_pages for p in page])


if __name__ == '__main__':
    main()
