# SPDX-License-Identifier: Apache-2.0
"""The same with whole documents: (lines, n), the marking in line n, to [(extension, bytes)], or None."""
import base64
import gzip
import io
import tarfile
import zipfile

from carriers import (WRITERS, docx, eml, esc, html_page, odt, package, para, pdf, pptx, rtf, run, txt,
                      xlsx)
from line_disguises import FONTS, LEGACY, clusters

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


def alternative_text(lines, n):
    wp = 'http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing'
    return [('docx', docx(without(lines, n) + [''], body={len(lines) - 1: para(
        f'<w:r><w:drawing><wp:inline xmlns:wp="{wp}"><wp:docPr id="1" name="P" '
        f'descr="{esc(lines[n])}"/></wp:inline></w:drawing></w:r>')})),
            ('html', html_page([], body=''.join(f'<p>{esc(l)}</p>' for l in without(lines, n)) +
                               f'<img src="a.png" alt="{esc(lines[n])}">'))]


def watermark(lines, n):
    return [('docx', docx(without(lines, n), header=(
        '<w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textpath '
        f'string="{esc(lines[n])}"/></v:shape></w:pict></w:r>')))]


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
    'CP866': (encoded('cp866'), 'ru'),
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
    'alternative text': (alternative_text, 'vi en'),
    'watermark': (watermark, 'vi en zh ru'),
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
