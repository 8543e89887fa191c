# SPDX-License-Identifier: Apache-2.0
"""Small writers of documents for the evasion table: text in, bytes out, no other program needed.

A document is a list of lines; a line is a string. Each writer takes (lines, **options) and returns
bytes. What a writer cannot express it leaves out.
"""
import base64
import html
import io
import zipfile

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
W = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
S = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
P = 'http://schemas.openxmlformats.org/presentationml/2006/main'
A = 'http://schemas.openxmlformats.org/drawingml/2006/main'
R = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
REL = 'http://schemas.openxmlformats.org/package/2006/relationships'
TYPES = 'http://schemas.openxmlformats.org/package/2006/content-types'


def esc(text):
    """XML text; what XML cannot hold goes."""
    return html.escape(''.join(c for c in text if c >= ' ' or c in '\t\n'), quote=True)


def package(parts, store_first=None):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_STORED) as z:
        if store_first:
            z.writestr(*store_first)
        for name, data in parts.items():
            z.writestr(name, data)
    return out.getvalue()


def relations(*items):
    return (f'{XML}<Relationships xmlns="{REL}">' + ''.join(
        f'<Relationship Id="{i}" Type="{R}/{kind}" Target="{target}"/>' for i, kind, target in items)
        + '</Relationships>')


def types(*overrides):
    return (f'{XML}<Types xmlns="{TYPES}"><Default Extension="rels" ContentType="application/vnd.'
            'openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            'ContentType="application/xml"/>' + ''.join(
                f'<Override PartName="{name}" ContentType="application/vnd.openxmlformats-'
                f'officedocument.{kind}+xml"/>' for name, kind in overrides) + '</Types>')


# --- text -----------------------------------------------------------------------------------------

def txt(lines, encoding='utf-8', **_):
    return '\n'.join(lines).encode(encoding, 'surrogatepass') + b'\n'


def html_page(lines, body=None, head='', **_):
    body = body if body is not None else ''.join(f'<p>{esc(l)}</p>\n' for l in lines)
    return (f'<!DOCTYPE html>\n<html><head><meta charset="utf-8">{head}</head>\n<body>\n{body}'
            '</body></html>\n').encode()


def eml(lines, subject='Tai lieu', part=None, **_):
    """A mail with the text as its body, or with `part` = (name, bytes) attached."""
    body = base64.encodebytes(txt(lines)).decode()
    head = ('From: <a@example.test>\r\nTo: <b@example.test>\r\nDate: Mon, 01 Jun 2026 08:00:00 +0700'
            f'\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n')
    text = ('Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
            body)
    if part is None:
        return (head + text).encode()
    name, data = part
    return (f'{head}Content-Type: multipart/mixed; boundary="b1"\r\n\r\n--b1\r\n{text}\r\n--b1\r\n'
            f'Content-Type: application/octet-stream; name="{name}"\r\nContent-Disposition: '
            f'attachment; filename="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
            base64.encodebytes(data).decode() + '\r\n--b1--\r\n').encode()


def rtf(lines, body=None, fonts='{\\f0 Times New Roman;}', **_):
    def word(c):
        n = ord(c)
        if c in '\\{}':
            return '\\' + c
        if n < 0x80:
            return c
        units = c.encode('utf-16-le', 'surrogatepass')
        return ''.join('\\u%d?' % int.from_bytes(units[i:i + 2], 'little', signed=True)
                       for i in range(0, len(units), 2))

    body = body if body is not None else '\\par\n'.join(''.join(map(word, l)) for l in lines)
    return ('{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl%s}\\f0 %s\\par}' % (fonts, body)).encode(
        'latin-1')


# --- office ---------------------------------------------------------------------------------------

def run(text, props=''):
    return (f'<w:r>{"<w:rPr>" + props + "</w:rPr>" if props else ""}'
            f'<w:t xml:space="preserve">{esc(text)}</w:t></w:r>')


def para(content, props=''):
    return f'<w:p>{"<w:pPr>" + props + "</w:pPr>" if props else ""}{content}</w:p>'


def docx(lines, body=None, header=None, comment=None, core=None, file=None, **_):
    """`body` maps a line's number to XML that takes its place."""
    body = body or {}
    xml = ''.join(body.get(n) or para(run(l)) for n, l in enumerate(lines))
    rels, over, parts = [], [('/word/document.xml', 'wordprocessingml.document.main')], {}
    if header is not None:
        rels.append(('rId1', 'header', 'header1.xml'))
        over.append(('/word/header1.xml', 'wordprocessingml.header'))
        parts['word/header1.xml'] = f'{XML}<w:hdr xmlns:w="{W}">{para(header)}</w:hdr>'
        xml += (f'<w:sectPr xmlns:r="{R}"><w:headerReference w:type="default" r:id="rId1"/>'
                '</w:sectPr>')
    if comment is not None:
        rels.append(('rId2', 'comments', 'comments.xml'))
        over.append(('/word/comments.xml', 'wordprocessingml.comments'))
        parts['word/comments.xml'] = (f'{XML}<w:comments xmlns:w="{W}"><w:comment w:id="0" '
                                      f'w:author="A">{para(run(comment))}</w:comment></w:comments>')
    top = [('rId1', 'officeDocument', 'word/document.xml')]
    if core is not None:
        parts['docProps/core.xml'] = (
            f'{XML}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/'
            'metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f'<cp:category>{esc(core)}</cp:category></cp:coreProperties>')
        top.append(('rId2', 'metadata/core-properties', 'docProps/core.xml'))
    if file is not None:
        parts['word/embeddings/' + file[0]] = file[1]
        rels.append(('rId3', 'package', 'embeddings/' + file[0]))
    return package({
        '[Content_Types].xml': types(*over), '_rels/.rels': relations(*top),
        'word/_rels/document.xml.rels': relations(*rels), **parts,
        'word/document.xml': f'{XML}<w:document xmlns:w="{W}"><w:body>{xml}</w:body></w:document>'})


def odt(lines, body=None, styles='', fonts='', **_):
    body = body or {}
    urn = 'urn:oasis:names:tc:opendocument:xmlns:'
    ns = ' '.join(f'xmlns:{n}="{urn}{n}:1.0"' for n in ('office', 'text', 'style', 'table', 'draw'))
    ns += f' xmlns:fo="{urn}xsl-fo-compatible:1.0" xmlns:svg="{urn}svg-compatible:1.0"'
    xml = ''.join(body.get(n) or f'<text:p>{esc(l)}</text:p>' for n, l in enumerate(lines))
    return package({'content.xml': (
        f'{XML}<office:document-content {ns} office:version="1.3">{fonts}<office:automatic-styles>'
        f'{styles}</office:automatic-styles><office:body><office:text>{xml}</office:text>'
        '</office:body></office:document-content>'),
        'META-INF/manifest.xml': f'{XML}<manifest:manifest xmlns:manifest="{urn}manifest:1.0"/>'},
        ('mimetype', 'application/vnd.oasis.opendocument.text'))


def xlsx(lines, rows=None, sheet='Sheet1', header=None, **_):
    """One line a row, or `rows`: lists of cells."""
    rows = rows if rows is not None else [[l] for l in lines]
    xml = ''.join(
        f'<row r="{r}">' + ''.join(
            f'<c r="{chr(65 + c)}{r}" t="inlineStr"><is><t xml:space="preserve">{esc(v)}</t></is></c>'
            for c, v in enumerate(row) if v) + '</row>' for r, row in enumerate(rows, 1))
    foot = f'<headerFooter><oddHeader>{esc(header)}</oddHeader></headerFooter>' if header else ''
    return package({
        '[Content_Types].xml': types(('/xl/workbook.xml', 'spreadsheetml.sheet.main'),
                                     ('/xl/worksheets/sheet1.xml', 'spreadsheetml.worksheet')),
        '_rels/.rels': relations(('rId1', 'officeDocument', 'xl/workbook.xml')),
        'xl/_rels/workbook.xml.rels': relations(('rId1', 'worksheet', 'worksheets/sheet1.xml')),
        'xl/workbook.xml': f'{XML}<workbook xmlns="{S}" xmlns:r="{R}"><sheets><sheet '
                           f'name="{esc(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        'xl/worksheets/sheet1.xml': f'{XML}<worksheet xmlns="{S}"><sheetData>{xml}</sheetData>{foot}'
                                    '</worksheet>'})


def pptx(lines, shapes=None, **_):
    """Each of `shapes` is a list of paragraphs; without it all lines are one shape's."""
    xml = ''.join(
        f'<p:sp><p:nvSpPr><p:cNvPr id="{i}" name="S{i}"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>'
        '<p:txBody><a:bodyPr/>' + ''.join(
            f'<a:p><a:r><a:t>{esc(t)}</a:t></a:r></a:p>' for t in shape) + '</p:txBody></p:sp>'
        for i, shape in enumerate(shapes if shapes is not None else [lines], 2))
    return package({
        '[Content_Types].xml': types(('/ppt/presentation.xml', 'presentationml.presentation.main'),
                                     ('/ppt/slides/slide1.xml', 'presentationml.slide')),
        '_rels/.rels': relations(('rId1', 'officeDocument', 'ppt/presentation.xml')),
        'ppt/_rels/presentation.xml.rels': relations(('rId1', 'slide', 'slides/slide1.xml')),
        'ppt/presentation.xml': f'{XML}<p:presentation xmlns:p="{P}" xmlns:r="{R}"><p:sldIdLst>'
                                '<p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>',
        'ppt/slides/slide1.xml': f'{XML}<p:sld xmlns:p="{P}" xmlns:a="{A}"><p:cSld><p:spTree>{xml}'
                                 '</p:spTree></p:cSld></p:sld>'})


# --- PDF ------------------------------------------------------------------------------------------

def pdf(lines, pages=None, draw=None, **_):
    """Text with a two-byte font and its ToUnicode map. `pages`: lists of lines; `draw`: of a line, the
    operators that show it, given a function that codes text as a hexadecimal string."""
    codes = {}

    def code(text):
        for c in text:
            codes.setdefault(c, len(codes) + 1)
        return '<' + ''.join('%04X' % codes[c] for c in text) + '>'

    streams = []
    for page in (pages if pages is not None else [lines]):
        ops = []
        for n, line in enumerate(page):
            y = 800 - 18 * n
            special = draw(line, code) if draw else None
            ops.append(special.format(x=60, y=y) if special else
                       f'BT /F1 12 Tf 1 0 0 1 60 {y} Tm {code(line)} Tj ET')
        streams.append('\n'.join(ops))
    pairs = list(codes.items())
    cmap = ['/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def '
            '1 begincodespacerange <0000> <FFFF> endcodespacerange']
    for i in range(0, len(pairs), 100):
        part = pairs[i:i + 100]
        cmap.append(f'{len(part)} beginbfchar')
        cmap += ['<%04X> <%s>' % (n, c.encode('utf-16-be', 'surrogatepass').hex().upper())
                 for c, n in part]
        cmap.append('endbfchar')
    cmap.append('endcmap CMapName currentdict /CMap defineresource pop end end')
    objects = {1: '<< /Type /Catalog /Pages 2 0 R >>', 3:
               '<< /Type /Font /Subtype /Type0 /BaseFont /Serif /Encoding /Identity-H '
               '/DescendantFonts [4 0 R] /ToUnicode 5 0 R >>', 4:
               '<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Serif /CIDSystemInfo << /Registry '
               '(Adobe) /Ordering (Identity) /Supplement 0 >> /DW 600 >>'}
    kids = []
    streams = {5: '\n'.join(cmap), **{7 + 2 * i: s for i, s in enumerate(streams)}}
    for n in streams:
        if n > 5:
            kids.append(f'{n - 1} 0 R')
            objects[n - 1] = ('<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << '
                              f'/Font << /F1 3 0 R >> >> /Contents {n} 0 R >>')
    objects[2] = f'<< /Type /Pages /Kids [{" ".join(kids)}] /Count {len(kids)} >>'
    out, offsets = bytearray(b'%PDF-1.6\n'), {}
    for n in sorted(set(objects) | set(streams)):
        offsets[n] = len(out)
        data = streams[n].encode() if n in streams else None
        out += b'%d 0 obj\n' % n
        out += (objects[n].encode() if data is None else
                b'<< /Length %d >>\nstream\n' % len(data) + data + b'\nendstream')
        out += b'\nendobj\n'
    start = len(out)
    out += b'xref\n0 %d\n0000000000 65535 f \n' % (max(offsets) + 1)
    for n in range(1, max(offsets) + 1):
        out += b'%010d 00000 n \n' % offsets[n]
    out += (b'trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n'
            % (max(offsets) + 1, start))
    return bytes(out)


WRITERS = {'txt': txt, 'html': html_page, 'eml': eml, 'rtf': rtf, 'docx': docx, 'odt': odt,
           'xlsx': xlsx, 'pptx': pptx, 'pdf': pdf}
