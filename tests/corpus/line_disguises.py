# SPDX-License-Identifier: Apache-2.0
"""Ways to hide a marking from a program but not from its reader: lines of text that become others.

A function of a line gives another, or None where it cannot be written so.
"""
import importlib.util
import pathlib
import re
import unicodedata

from carriers import WRITERS

SOURCE = pathlib.Path(__file__).resolve().parents[2] / 'agent/lib/text/gen-encoding.py'
_spec = importlib.util.spec_from_file_location('gen_encoding', SOURCE)
tables = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tables)

ALL = tuple(WRITERS)
TEXT = ('txt',)
NO_PDF = tuple(c for c in ALL if c != 'pdf')
TONES = '\u0300\u0301\u0303\u0309\u0323'
QUALITIES = '\u0302\u0306\u031b'


def nfc(s):
    return unicodedata.normalize('NFC', s)


def nfd(s):
    return unicodedata.normalize('NFD', s)


def strip(s, marks=TONES + QUALITIES, d=True):
    s = nfc(''.join(c for c in nfd(s) if c not in marks))
    return s.replace('đ', 'd').replace('Đ', 'D') if d else s


def changed(f):
    """None where nothing comes of it."""
    def g(s):
        t = f(s)
        return None if t == s else t
    return g


def each(f, only=str.isalpha):
    return changed(lambda s: ''.join(f(c) if only(c) else c for c in s))


def clusters(s):
    out = []
    for c in s:
        if unicodedata.combining(c) and out:
            out[-1] += c
        else:
            out.append(c)
    return out


def spaced(sep, gap=None):
    """Letters of a word apart by `sep`, words by `gap`."""
    return changed(lambda s: (gap or '   ').join(sep.join(w) for w in s.split(' ')))


def inside(sign):
    """`sign` in the middle of each word."""
    return changed(lambda s: ' '.join(w[:(len(w) + 1) // 2] + sign + w[(len(w) + 1) // 2:]
                                      if len(w) > 1 else w for w in s.split(' ')))


def mapped(table, every=1):
    def f(s):
        out, n = [], 0
        for c in s:
            if c in table:
                n += 1
                if n % every == 0 or every == 1:
                    c = table[c]
            out.append(c)
        return ''.join(out)
    return changed(f)


def marks_kept(table):
    """Replaces base letters, keeps their diacritics as combining marks."""
    def f(s):
        return ''.join(table.get(c, c) for c in nfd(s))
    return changed(f)


def to_math(base):
    def f(s):
        return ''.join(chr(base + ord(c) - 65) if 'A' <= c <= 'Z' else c for c in nfd(s))
    return changed(f)


CYRILLIC = dict(zip('ABCEHIJKMOPSTXYaceijopsxy', 'АВСЕНІЈКМОРЅТХУасеіјорѕху'))
GREEK = dict(zip('ABEZHIKMNOPTYXo', 'ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο'))
TO_LATIN = {c: l for l, c in CYRILLIC.items() if l.isupper()}
SMALL_CAPS = dict(zip('ABCDEFGHIJKLMNOPRSTUVWYZ', 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ'))
SUPER = dict(zip('ABDEGHIJKLMNOPRTUVW', 'ᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ'))
LEET = {'O': '0', 'I': '1', 'E': '3', 'A': '4', 'S': '5'}
TRADITIONAL = dict(zip('绝机内资报仅关', '絕機內資報僅關'))
WIDE = {chr(c): chr(c + 0xfee0) for c in range(0x21, 0x7f)}
NEW_TONE = {'òa': 'oà', 'óa': 'oá', 'ỏa': 'oả', 'õa': 'oã', 'ọa': 'oạ', 'ủy': 'uỷ', 'úy': 'uý'}


def reordered(s):
    """Tone before quality, both loose."""
    out = ''
    for c in clusters(nfd(s)):
        out += c[0] + ''.join(sorted(c[1:], key=lambda m: m in QUALITIES))
    return out


def mixed_forms(s):
    """Quality composed, tone loose: as CP1258 has it."""
    return ''.join(nfc(c[0] + ''.join(m for m in c[1:] if m not in TONES)) +
                   ''.join(m for m in c[1:] if m in TONES) for c in clusters(nfd(s)))


def telex(s):
    tone = dict(zip(TONES, 'FSXRJ'))
    words = []
    for w in s.split(' '):
        out, end = '', ''
        for c in clusters(nfd(w)):
            l = c[0]
            l = {'Đ': 'DD', 'đ': 'dd'}.get(l, l)
            for m in c[1:]:
                if m == '\u0302':
                    l += l
                elif m in '\u0306\u031b':
                    l += 'W'
                else:
                    end = tone.get(m, '')
            out += l
        words.append(out + end)
    return ' '.join(words)


def vni_typed(s):
    tone = dict(zip(TONES, '21435'))
    qual = dict(zip(QUALITIES, '687'))
    out = ''
    for c in clusters(nfd(s)):
        out += {'Đ': 'D9', 'đ': 'd9'}.get(c[0], c[0])
        out += ''.join(qual.get(m, '') for m in c[1:]) + ''.join(tone.get(m, '') for m in c[1:])
    return out


def viqr(s):
    signs = dict(zip(TONES, "`'~?."))
    signs.update(dict(zip(QUALITIES, '^(+')))
    out = ''
    for c in clusters(nfd(s)):
        out += {'Đ': 'DD', 'đ': 'dd'}.get(c[0], c[0])
        out += ''.join(sorted((signs.get(m, '') for m in c[1:]), key=lambda m: m not in '^(+'))
    return out


def mojibake(s, times=1):
    for _ in range(times):
        out = ''
        for b in s.encode():
            try:
                out += bytes([b]).decode('cp1252')
            except UnicodeDecodeError:
                out += chr(b)
        s = out
    return s


def one_byte(table, low={}):
    """Encoder of an 8-bit table: text to bytes, or None."""
    back = {c: 0x80 + i for i, c in enumerate(table) if c != '\0'}
    back.update({c: b for b, c in low.items()})

    def f(s):
        out = bytearray()
        for c in s:
            if ord(c) < 0x80:
                out.append(ord(c))
            elif c in back:
                out.append(back[c])
            elif c.lower() in back:
                out.append(back[c.lower()])
            else:
                return None
        return bytes(out)
    return f


def vni_bytes(s):
    marks = {'': '', '\u0300': 'ø', '\u0301': 'ù', '\u0309': 'û', '\u0303': 'õ', '\u0323': 'ï'}
    circ = dict(zip(['', *TONES], 'âàáãåä'))
    breve = dict(zip(['', *TONES], 'êèéüúë'))
    whole = {'Đ': 'Ñ', 'Ơ': 'Ô', 'Ư': 'Ö', 'Ỉ': 'Æ', 'Ĩ': 'Ó', 'Ị': 'Ò', 'Ỵ': 'Î'}
    out = ''
    for c in clusters(nfd(s)):
        upper, letter = nfc(c), nfc(c).upper()
        tone = ''.join(m for m in c[1:] if m in TONES)
        small = not upper.isupper()
        base = nfc(c[0] + ''.join(m for m in c[1:] if m not in TONES)).upper()
        if letter in whole:
            v = whole[letter]
        elif '\u0302' in c:
            v = c[0].upper() + circ[tone].upper()
        elif '\u0306' in c:
            v = c[0].upper() + breve[tone].upper()
        elif base in whole:
            v = whole[base] + marks[tone].upper()
        else:
            v = c[0].upper() + marks[tone].upper()
        out += v.lower() if small else v
    try:
        return out.encode('cp1252')
    except UnicodeEncodeError:
        return None


def cp1258(s):
    try:
        return mixed_forms(s).encode('cp1258')
    except UnicodeEncodeError:
        return None


LEGACY = {
    'TCVN3': one_byte('\0' * 32 + tables.TCVN3[32:]),
    'VNI': vni_bytes,
    'VISCII': one_byte(tables.VISCII, tables.LOW['VISCII']),
    'VPS': one_byte(tables.VPS, tables.LOW['VPS']),
    'CP1258': cp1258,
}
FONTS = {'TCVN3': '.VnTime', 'VNI': 'VNI-Times', 'VPS': 'VPS Times'}


def utf7(s):
    return s.encode('utf-7').decode('ascii')


def rlo(s):
    return '\u202e' + ''.join(reversed(clusters(s))) + '\u202c'


def entities(form):
    return each(lambda c: form(ord(c)), lambda c: ord(c) > 0x7f or c.isalpha())


# name: (function of a line, languages, whole document, carriers)
LINE = {
    'as it is': (lambda s: s, 'vi en zh ru tw ja ko', False, ALL),
    # Unicode's own variants
    'decomposed (NFD)': (changed(nfd), 'vi', True, ALL),
    'decomposed in part': (changed(mixed_forms), 'vi', False, ALL),
    'marks in another order': (changed(reordered), 'vi', False, ALL),
    'tone on the other vowel': (changed(lambda s: nfd(s).replace('E\u0323\u0302T', 'E\u0302T\u0323')), 'vi', False, ALL),
    'full-width': (mapped(WIDE), 'en', False, ALL),
    'full-width base letters': (marks_kept(WIDE), 'vi', False, ALL),
    'mathematical bold': (to_math(0x1d400), 'vi en', False, ALL),
    'mathematical sans': (to_math(0x1d5a0), 'vi en', False, ALL),
    'circled letters': (to_math(0x24b6), 'vi en', False, ALL),
    'squared letters': (to_math(0x1f130), 'vi en', False, ALL),
    'negative circled letters': (to_math(0x1f150), 'vi en', False, ALL),
    'regional indicators': (to_math(0x1f1e6), 'vi en', False, ALL),
    'small capitals': (marks_kept(SMALL_CAPS), 'vi en', False, ALL),
    'superscript letters': (marks_kept(SUPER), 'vi en', False, ALL),
    'eth for đ': (changed(lambda s: s.replace('Đ', 'Ð').replace('đ', 'ð')), 'vi', True, ALL),
    'mathematical letters and digits': (lambda s: to_math(0x1d63c)(s.translate(
        {48 + i: 0x1d7ce + i for i in range(10)})), 'vi en', False, ALL),
    # diacritics
    'no diacritics, whole document': (changed(strip), 'vi', True, ALL),
    'no diacritics, marking only': (changed(strip), 'vi', False, ALL),
    'no tones': (changed(lambda s: strip(s, TONES, False)), 'vi', False, ALL),
    'no circumflex or horn': (changed(lambda s: strip(s, QUALITIES, False)), 'vi', False, ALL),
    'last word without diacritics': (changed(
        lambda s: ' '.join(s.split(' ')[:-1] + [strip(s.split(' ')[-1])])), 'vi', False, ALL),
    'first word without diacritics': (changed(
        lambda s: ' '.join([strip(s.split(' ')[0])] + s.split(' ')[1:])), 'vi', False, ALL),
    # apart
    'letter spacing': (spaced(' '), 'vi en', False, ALL),
    'letter spacing, one gap': (spaced(' ', ' '), 'vi en zh ru', False, ALL),
    'no-break spaces': (spaced('\u00a0'), 'vi en', False, ALL),
    'thin spaces': (spaced('\u2009'), 'vi en', False, ALL),
    'dots between letters': (spaced('.', ' '), 'vi en', False, ALL),
    'hyphens between letters': (spaced('-', ' '), 'vi en', False, ALL),
    'underscores between letters': (spaced('_', '  '), 'vi en', False, ALL),
    'strokes between letters': (spaced('/', ' '), 'vi en', False, ALL),
    'middle dots between letters': (spaced('·', ' '), 'vi en', False, ALL),
    'stars between letters': (spaced('*', ' '), 'vi en', False, ALL),
    'dots between words': (changed(lambda s: s.replace(' ', '.')), 'vi en', False, ALL),
    'underscores between words': (changed(lambda s: s.replace(' ', '_')), 'vi en', False, ALL),
    'hyphens between words': (changed(lambda s: s.replace(' ', '-')), 'vi en', False, ALL),
    'words run together': (changed(lambda s: s.replace(' ', '')), 'vi en', False, ALL),
    'wide gaps between words': (changed(lambda s: s.replace(' ', '      ')), 'vi en ru', False, ALL),
    # invisible
    'zero-width space': (inside('\u200b'), 'vi en ru', False, ALL),
    'zero-width joiner': (inside('\u200d'), 'vi en', False, ALL),
    'word joiner': (inside('\u2060'), 'vi en', False, ALL),
    'soft hyphen': (inside('\u00ad'), 'vi en', False, ALL),
    'byte order mark inside': (inside('\ufeff'), 'vi en', False, ALL),
    'variation selectors': (inside('\ufe0f'), 'vi en', False, ALL),
    'combining grapheme joiner': (inside('\u034f'), 'vi en', False, ALL),
    'tag characters': (inside('\U000e0041'), 'vi en', False, ALL),
    'hangul filler': (inside('\u3164'), 'vi en', False, ALL),
    'bidi marks': (inside('\u200e'), 'vi en', False, ALL),
    'reversed, with RLO': (changed(rlo), 'vi en', False, NO_PDF),
    'strike overlay': (each(lambda c: c + '\u0336'), 'vi en', False, ALL),
    'underline overlay': (each(lambda c: c + '\u0332'), 'vi en', False, ALL),
    # look-alikes
    'Cyrillic letters among them': (lambda s: mapped(CYRILLIC, 2)(nfc(s)), 'vi en', False, ALL),
    'Cyrillic throughout': (marks_kept(CYRILLIC), 'vi en', False, ALL),
    'Greek throughout': (marks_kept(GREEK), 'vi en', False, ALL),
    'Latin letters among them': (mapped(TO_LATIN, 2), 'ru', False, ALL),
    'Latin throughout': (mapped(TO_LATIN), 'ru', False, ALL),
    'traditional characters': (mapped(TRADITIONAL), 'zh', False, ALL),
    'digits for letters': (mapped(LEET), 'en', False, ALL),
    'digits for letters, no diacritics': (changed(
        lambda s: ''.join(LEET.get(c, c) for c in strip(s))), 'vi', False, ALL),
    'one digit for a letter': (changed(lambda s: re.sub(
        '[OIEAS]', lambda m: LEET[m[0]], s, count=1)), 'vi en', False, ALL),
    'l for I': (changed(lambda s: s.replace('I', 'l')), 'vi en', False, ALL),
    # typed or coded otherwise
    'typed in Telex': (changed(telex), 'vi', False, ALL),
    'typed in VNI': (changed(vni_typed), 'vi', False, ALL),
    'VIQR, whole text': (changed(viqr), 'vi', True, TEXT),
    'VIQR, marking only': (changed(viqr), 'vi', False, ALL),
    'UTF-8 read as CP1252': (changed(mojibake), 'vi zh ru', False, NO_PDF),
    'UTF-8 read as CP1252, whole document': (changed(mojibake), 'vi zh ru', True, NO_PDF),
    'UTF-8 read as CP1252 twice': (changed(lambda s: mojibake(s, 2)), 'vi zh ru', True, NO_PDF),
    'entities as text, decimal': (entities(lambda n: f'&#{n};'), 'vi en', False, ALL),
    'entities as text, hexadecimal': (entities(lambda n: f'&#x{n:X};'), 'vi en', False, ALL),
    'backslash-u escapes': (entities(lambda n: f'\\u{n:04x}'), 'vi en', False, ALL),
    'percent escapes': (each(lambda c: ''.join(f'%{b:02X}' for b in c.encode()),
                             lambda c: ord(c) > 0x7f), 'vi zh ru', False, ALL),
    # dressed up
    'stars around': (lambda s: f'*** {s} ***', 'vi en zh ru', False, ALL),
    'equals signs around': (lambda s: f'====== {s} ======', 'vi en zh ru', False, ALL),
    'brackets': (lambda s: f'[ {s} ]', 'vi en zh ru', False, ALL),
    'lenticular brackets': (lambda s: f'【{s}】', 'vi en zh ru', False, ALL),
    'double bars': (lambda s: f'║ {s} ║', 'vi en zh ru', False, ALL),
    'emoji around': (lambda s: f'🔒 {s} 🔒', 'vi en zh ru', False, ALL),
    'warning signs around': (lambda s: f'⚠️ {s} ❗❗', 'vi en zh ru', False, ALL),
    'exclamation marks': (lambda s: f'{s}!!!', 'vi en ru', False, ALL),
    'full stop': (lambda s: f'{s}.', 'vi en zh ru', False, ALL),
    'quotation marks': (lambda s: f'“{s}”', 'vi en zh ru', False, ALL),
    'arrows': (lambda s: f'>>> {s} <<<', 'vi en zh ru', False, ALL),
    'dashes around': (lambda s: f'– {s} –', 'vi en zh ru', False, ALL),
    'with a copy number': (lambda s: f'{s} - Bản số: 03/05', 'vi', False, ALL),
    'with a page': (lambda s: f'{s} (Trang 2/5)', 'vi', False, ALL),
    'with an urgency': (lambda s: f'{s} - HỎA TỐC', 'vi', False, ALL),
    'with a place and date': (lambda s: f'{s}      Hà Nội, ngày 5 tháng 6 năm 2026', 'vi', False, ALL),
    'as a field': (lambda s: f'Độ mật: {s}', 'vi', False, ALL),
    'as a field, other key': (lambda s: f'MỨC ĐỘ BẢO MẬT : {s}', 'vi', False, ALL),
    'as a field, dash': (lambda s: f'Phân loại – {s}', 'vi', False, ALL),
    'as a field, dots': (lambda s: f'Độ mật ........ {s}', 'vi', False, ALL),
    'as a field, in a sentence’s case': (lambda s: f'Độ mật: {s.capitalize()}', 'vi', False, ALL),
}
