# SPDX-License-Identifier: Apache-2.0
"""Ways to hide a marking from a program but not from its reader, for the evasion table.

LINE techniques turn a line of text into another (None: it cannot be written so). DOCUMENT techniques
write a whole document themselves: (lines, n) with the marking in line n, to [(extension, bytes)].
"""
import gzip
import importlib.util
import io
import pathlib
import re
import tarfile
import unicodedata
import zipfile

from carriers import (WRITERS, docx, eml, esc, html_page, odt, package, para, pdf, pptx, rtf, run,
                      txt, xlsx)

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


# --- whole documents ------------------------------------------------------------------------------

def plain(ext, lines, **kw):
    return ext, WRITERS[ext](lines, **kw)


def encoded(codec):
    return lambda lines, n: [('txt', '\r\n'.join(lines).encode(codec))]


def legacy(name):
    def f(lines, n):
        data = [LEGACY[name](l) for l in lines]
        return None if None in data else [('txt', b'\r\n'.join(data) + b'\r\n')]
    return f


def legacy_font(name):
    def f(lines, n):
        data = [LEGACY[name](l) for l in lines]
        if None in data:
            return None
        text = [d.decode('latin-1') if name == 'TCVN3' else
                ''.join(bytes([b]).decode('cp1252', 'replace') for b in d) for d in data]
        if any('\ufffd' in t for t in text):
            return None
        font = FONTS[name]
        word = {i: para(run(t, f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}"/>'))
                for i, t in enumerate(text)}
        style = ('<style:style style:name="L" style:family="paragraph"><style:text-properties '
                 f'style:font-name="{font}"/></style:style>')
        face = f'<office:font-face-decls><style:font-face style:name="{font}" svg:font-family="{font}"/></office:font-face-decls>'
        opened = {i: f'<text:p text:style-name="L">{esc(t)}</text:p>' for i, t in enumerate(text)}
        rich = '\\par\n'.join(''.join(f"\\'{b:02x}" if b > 0x7f else chr(b) for b in d) for d in data)
        page = ''.join(f'<p><font face="{font}">{esc(t)}</font></p>' for t in text)
        return [('docx', docx(text, body=word)), ('odt', odt(text, body=opened, styles=style, fonts=face)),
                ('rtf', rtf([], body=rich, fonts='{\\f0 %s;}' % font)),
                ('html', html_page([], body=page))]
    return f


def legacy_unnamed(name):
    """Legacy text in a Unicode file, with nothing that says so."""
    def f(lines, n):
        data = [LEGACY[name](l) for l in lines]
        if None in data:
            return None
        text = [''.join(bytes([b]).decode('cp1252', 'replace') for b in d) for d in data]
        if any('\ufffd' in t for t in text):
            return None
        return [plain('txt', text)]
    return f


def words_of(lines, n):
    w = lines[n].split(' ')
    return w if len(w) > 1 else None


def split_runs(lines, n):
    m = lines[n]
    rich = '\\par\n'.join(''.join('{\\b \\u%d?}' % ord(c) if i == n and ord(c) < 0x8000 else
                                  rtf([c], fonts='').decode().split('\\f0 ')[1][:-5]
                                  for c in l) for i, l in enumerate(lines))
    return [('docx', docx(lines, body={n: para(''.join(
                run(c) + '<w:proofErr w:type="spellStart"/>' for c in m))})),
            ('odt', odt(lines, body={n: '<text:p>' + ''.join(
                '<text:s/>' if c == ' ' else f'<text:span>{esc(c)}</text:span>' for c in m) +
                '</text:p>'})),
            ('html', html_page([], body=''.join(
                '<p>' + (''.join(f'<span>{esc(c)}</span>' for c in l) if i == n else esc(l)) + '</p>'
                for i, l in enumerate(lines)))),
            ('rtf', rtf([], body=rich))]


def split_lines(lines, n):
    w = words_of(lines, n)
    if not w:
        return None
    both = lines[:n] + w + lines[n + 1:]
    return [plain('txt', both), ('docx', docx(lines, body={n: para('<w:br/>'.join(
                run(x) for x in w).replace('<w:br/>', '<w:r><w:br/></w:r>'))})),
            ('docx', docx(both)), ('html', html_page([], body='<br>'.join(map(esc, both)))),
            ('odt', odt(both)), ('pptx', pptx([], shapes=[lines[:n], w, lines[n + 1:]])),
            ('pdf', pdf(both))]


def split_cells(lines, n):
    w = words_of(lines, n)
    if not w:
        return None
    cells = ''.join(f'<w:tc><w:tcPr/>{para(run(x))}</w:tc>' for x in w)
    return [('xlsx', xlsx(lines, rows=[w if i == n else [l] for i, l in enumerate(lines)])),
            ('docx', docx(lines, body={n: f'<w:tbl><w:tr>{cells}</w:tr></w:tbl>'})),
            ('html', html_page([], body=''.join(
                '<table><tr>' + ''.join(f'<td>{esc(x)}</td>' for x in w) + '</tr></table>'
                if i == n else f'<p>{esc(l)}</p>' for i, l in enumerate(lines))))]


def split_shapes(lines, n):
    w = words_of(lines, n)
    return w and [('pptx', pptx([], shapes=[[l] for l in lines[:n] + w + lines[n + 1:]]))]


def vertical(lines, n):
    letters = [c for c in lines[n] if c != ' ']
    if len(letters) < 3:
        return None
    both = lines[:n] + letters + lines[n + 1:]
    return [plain('txt', both), ('docx', docx(both)), ('xlsx', xlsx(both)), ('html', html_page(both)),
            ('pptx', pptx([], shapes=[lines[:n], letters, lines[n + 1:]]))]


def letters_in_cells(lines, n):
    letters = list(lines[n])
    return [('xlsx', xlsx(lines, rows=[letters if i == n else [l] for i, l in enumerate(lines)])),
            ('docx', docx(lines, body={n: '<w:tbl><w:tr>' + ''.join(
                f'<w:tc><w:tcPr/>{para(run(x))}</w:tc>' for x in letters) + '</w:tr></w:tbl>'}))]


def pdf_letters(lines, n):
    """Each letter placed on its own, with tracking."""
    def draw(line, code):
        if line != lines[n]:
            return None
        return 'BT /F1 12 Tf ' + ' '.join(
            f'1 0 0 1 {60 + 12 * i} {{y}} Tm {code(c)} Tj' for i, c in enumerate(line) if c != ' ') + ' ET'
    return [('pdf', pdf(lines, draw=draw))]


def pdf_columns(lines, n):
    """The marking between two columns of other text on the same line."""
    def draw(line, code):
        if line != lines[n]:
            return None
        return (f'BT /F1 10 Tf 1 0 0 1 40 {{y}} Tm {code("Lưu: VT, 03 bản")} Tj 1 0 0 1 220 {{y}} Tm '
                f'{code(line)} Tj 1 0 0 1 460 {{y}} Tm {code("Trang 1")} Tj ET')
    return [('pdf', pdf(lines, draw=draw))]


def hyphenated(lines, n):
    w = words_of(lines, n)
    last = w[-1] if w else lines[n]
    if len(last) < 5:
        return None
    head, tail = lines[n][:-len(last) + 3] + '-', last[3:]
    both = lines[:n] + [head, tail] + lines[n + 1:]
    return [plain('txt', both), plain('docx', both), plain('pdf', both)]


def hidden(css, word=None):
    def f(lines, n):
        out = [('html', html_page([], body=''.join(
            f'<p style="{css}">{esc(l)}</p>' if i == n else f'<p>{esc(l)}</p>'
            for i, l in enumerate(lines))))]
        if word:
            out.append(('docx', docx(lines, body={n: para(run(lines[n], word))})))
        return out
    return f


def caps(lines, n):
    low = lines[n].lower()
    return [('docx', docx(lines, body={n: para(run(low, '<w:caps/>'))})),
            ('docx', docx(lines, body={n: para(run(low, '<w:smallCaps/>'))})),
            ('html', html_page([], body=''.join(
                f'<p style="text-transform:uppercase">{esc(low)}</p>' if i == n else f'<p>{esc(l)}</p>'
                for i, l in enumerate(lines)))),
            ('odt', odt(lines, body={n: f'<text:p text:style-name="C">{esc(low)}</text:p>'},
                        styles='<style:style style:name="C" style:family="paragraph"><style:text-'
                        'properties fo:text-transform="uppercase"/></style:style>'))]


def without(lines, n):
    return lines[:n] + lines[n + 1:]


def header(change=lambda s: s):
    def f(lines, n):
        m = change(lines[n])
        rest = without(lines, n)
        return [('docx', docx(rest, header=run(m))), ('xlsx', xlsx(rest, header='&C&"Arial,Bold"&14' + m))]
    return f


def long_header(lines, n):
    return header(lambda m: f'Đoàn khảo sát hồ đập - {m} - Báo cáo quý II năm 2026')(lines, n)


def box(lines, n):
    w = max(len(lines[n]), 3) + 2
    both = lines[:n] + ['╔' + '═' * w + '╗', f'║ {lines[n]} ║', '╚' + '═' * w + '╝'] + lines[n + 1:]
    dash = lines[:n] + ['+' + '-' * w + '+', f'| {lines[n]} |', '+' + '-' * w + '+'] + lines[n + 1:]
    return [plain('txt', both), plain('txt', dash), plain('eml', dash)]


def comment(lines, n):
    return [('docx', docx(without(lines, n), comment=lines[n]))]


def insertion(lines, n):
    return [('docx', docx(lines, body={n: para(
        f'<w:ins w:id="1" w:author="A">{run(lines[n])}</w:ins>')}))]


def control(lines, n):
    return [('docx', docx(lines, body={n: f'<w:sdt><w:sdtContent>{para(run(lines[n]))}</w:sdtContent>'
                                          '</w:sdt>'}))]


def field_result(lines, n):
    return [('docx', docx(lines, body={n: para(
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> DOCPROPERTY X </w:instrText>'
        f'</w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>{run(lines[n])}<w:r><w:fldChar '
        'w:fldCharType="end"/></w:r>')}))]


def category(lines, n):
    return [('docx', docx(without(lines, n), core=lines[n]))]


def sheet_name(lines, n):
    return [('xlsx', xlsx(without(lines, n), sheet=lines[n][:31]))] if '/' not in lines[n] else None


def wrong_extension(lines, n):
    return [('jpg', docx(lines)), ('bin', txt(lines)), ('dat', pdf(lines)), ('exe', odt(lines))]


def packed(lines, n):
    inner = package({'a.docx': docx(lines)})
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode='w') as t:
        info = tarfile.TarInfo('x/tai-lieu.odt')
        data = odt(lines)
        info.size = len(data)
        t.addfile(info, io.BytesIO(data))
    deep = io.BytesIO()
    with zipfile.ZipFile(deep, 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr('b.zip', inner)
    return [('zip', deep.getvalue()), ('tar.gz', gzip.compress(tar.getvalue(), 1)),
            ('eml', eml(['Gửi anh chị tệp kèm theo.'], part=('c.zip', inner))),
            ('docx', docx(['Xem tệp kèm theo.'], file=('a.docx', docx(lines))))]


def deep_page(lines, n):
    blank = [''] * 40
    return [('pdf', pdf([], pages=[['.'], *[blank] * 60, lines])), ('docx', docx([''] * 4000 + lines)),
            ('txt', txt([''] * 20000 + lines))]


FILLER = ('Tổ khảo sát đo mực nước hồ chứa số hai vào sáng thứ ba hằng tuần và ghi vào sổ trực. ' * 4)


def after_much(lines, n):
    return [('txt', ((FILLER + '\n') * 30000).encode() + txt(lines))]


def among_garbage(lines, n):
    junk = bytes(0x80 + (i * 37) % 0x7f for i in range(64))
    return [('txt', b'\n'.join(l.encode() for l in lines[:n]) + b'\n' + junk[:10] + b'\n' +
             b'\n'.join(l.encode() for l in lines[n:]))]


def nul_bytes(lines, n):
    return [('txt', b'\n'.join(l.encode() for l in lines) + b'\n' + bytes(4096))]


def override(lines, n):
    back = ''.join(reversed(clusters(lines[n])))
    return [('html', html_page([], body=''.join(
        f'<p><bdo dir="rtl">{esc(back)}</bdo></p>' if i == n else f'<p>{esc(l)}</p>'
        for i, l in enumerate(lines))))]


def html_coded(form):
    def f(lines, n):
        return [('html', html_page([], body=''.join(
            '<p>' + (''.join(form(c) for c in l) if i == n else esc(l)) + '</p>'
            for i, l in enumerate(lines))))]
    return f


def file_name(lines, n):
    return [(f'[{lines[n]}].txt', txt(without(lines, n)))] if '/' not in lines[n] else None


def mail_subject(lines, n):
    import base64
    word = base64.b64encode(f'[{lines[n]}] Kế hoạch'.encode()).decode()
    return [('eml', eml(without(lines, n), subject=f'=?UTF-8?B?{word}?='))]


# name: (function of (lines, n), languages)
DOCUMENT = {
    **{f'{name} text file': (legacy(name), 'vi') for name in LEGACY},
    **{f'{name} as a font': (legacy_font(name), 'vi') for name in FONTS},
    **{f'{name} in a Unicode file': (legacy_unnamed(name), 'vi') for name in ('TCVN3', 'VNI')},
    'UTF-16 without BOM': (encoded('utf-16-le'), 'vi en zh ru'),
    'UTF-16, big-endian, without BOM': (encoded('utf-16-be'), 'vi en zh ru'),
    'UTF-32 without BOM': (encoded('utf-32-le'), 'vi en zh ru'),
    'UTF-7': (encoded('utf-7'), 'vi zh ru'),
    'GB18030': (encoded('gb18030'), 'zh'),
    'Big5': (encoded('big5'), 'tw'),
    'Shift_JIS': (encoded('shift_jis'), 'ja'),
    'EUC-JP': (encoded('euc_jp'), 'ja'),
    'EUC-KR': (encoded('euc_kr'), 'ko'),
    'CP1251': (encoded('cp1251'), 'ru'),
    'KOI8-R': (encoded('koi8-r'), 'ru'),
    'entities, decimal': (html_coded(lambda c: f'&#{ord(c)};'), 'vi en zh ru'),
    'entities, hexadecimal': (html_coded(lambda c: f'&#x{ord(c):x};'), 'vi en zh ru'),
    'entities, escaped twice': (html_coded(lambda c: f'&amp;#{ord(c)};'), 'vi en zh ru'),
    'bidi override in HTML': (override, 'vi en'),
    'hidden': (hidden('display:none', '<w:vanish/>'), 'vi en'),
    'white on white': (hidden('color:#ffffff', '<w:color w:val="FFFFFF"/>'), 'vi en'),
    'tiny': (hidden('font-size:1px', '<w:sz w:val="2"/>'), 'vi en'),
    'off the page': (hidden('position:absolute;left:-9999px'), 'vi en'),
    'small letters shown as capitals': (caps, 'vi en'),
    'a run for each letter': (split_runs, 'vi en zh ru'),
    'a line for each word': (split_lines, 'vi en ru'),
    'a cell for each word': (split_cells, 'vi en ru'),
    'a shape for each word': (split_shapes, 'vi en ru'),
    'a line for each letter': (vertical, 'vi en'),
    'a cell for each letter': (letters_in_cells, 'vi en'),
    'letters placed one by one in PDF': (pdf_letters, 'vi en ru'),
    'between columns in PDF': (pdf_columns, 'vi en ru'),
    'broken at a hyphen': (hyphenated, 'vi en ru'),
    'box of line drawing': (box, 'vi en zh ru'),
    'header': (header(), 'vi en zh ru'),
    'header, small letters': (header(str.lower), 'vi'),
    'in a long header line': (long_header, 'vi'),
    'comment': (comment, 'vi en'),
    'tracked insertion': (insertion, 'vi en zh ru'),
    'content control': (control, 'vi en zh ru'),
    'result of a field': (field_result, 'vi en zh ru'),
    'category property': (category, 'vi en'),
    'sheet name': (sheet_name, 'vi en'),
    'wrong extension': (wrong_extension, 'vi en zh ru'),
    'packed twice': (packed, 'vi en zh ru'),
    'after many empty pages': (deep_page, 'vi'),
    'after 10 MB of text': (after_much, 'vi'),
    'between binary garbage': (among_garbage, 'vi en'),
    'before a block of NULs': (nul_bytes, 'vi en'),
    'subject of a mail': (mail_subject, 'vi'),
}
