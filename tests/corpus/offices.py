# SPDX-License-Identifier: Apache-2.0
"""Documents as the programs of an office make them. A document is a list of (kind, text):

  head, line, right, body   a heading, a line in the middle, at the right, a paragraph
  stamp, red, capitals      a mark in a double frame, in red, shown in capitals by its style
  box                       a mark in a table of one cell
  struck                    struck through
  table                     rows of cells in place of the text
  columns                   two lists of such parts side by side, the heading of a Vietnamese letter
  page                      a new page
"""
import email.message
import html
import subprocess
import textwrap
import zipfile

DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
NAMES = {"office": "office", "style": "style", "text": "text", "table": "table", "draw": "drawing",
         "fo": "xsl-fo-compatible", "svg": "svg-compatible", "presentation": "presentation", "meta": "meta"}
NS = " ".join(f'xmlns:{k}="urn:oasis:names:tc:opendocument:xmlns:{v}:1.0"' for k, v in NAMES.items())


def esc(text):
    return html.escape(text, quote=False)


# Word files by python-docx

def docx_border(paragraph):
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    sides = "".join(f'<w:{s} w:val="double" w:sz="6" w:space="1" w:color="C00000"/>'
                    for s in ("top", "left", "bottom", "right"))
    paragraph._p.get_or_add_pPr().append(parse_xml(f'<w:pBdr {nsdecls("w")}>{sides}</w:pBdr>'))


def docx_part(document, where, kind, text):
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import RGBColor
    if kind in ("table", "columns", "box"):
        rows = {"table": text, "columns": [text], "box": [[text]]}[kind]
        table = where.add_table(len(rows), len(rows[0]))
        if kind != "columns":
            table.style = "Table Grid"
        for r, row in enumerate(rows):
            for c, content in enumerate(row):
                if kind != "columns":
                    table.cell(r, c).text = content
                    continue
                for part in content:
                    docx_part(document, table.cell(r, c), *part)
        return
    if kind == "page":
        document.add_page_break()
        return
    paragraph = where.add_paragraph()
    run = paragraph.add_run(text)
    run.bold = kind in ("head", "stamp", "red", "capitals")
    run.font.all_caps = kind == "capitals" or None
    run.font.strike = kind == "struck" or None
    if kind in ("stamp", "red"):
        run.font.color.rgb = RGBColor(0xC0, 0, 0)
    if kind == "stamp":
        docx_border(paragraph)
    if kind in ("head", "line"):
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if kind == "right":
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def docx(path, parts, header="", footer="", first="", even="", core=None):
    import docx as library
    document = library.Document()
    for part in parts:
        docx_part(document, document, *part)
    section = document.sections[0]
    section.header.paragraphs[0].text = header
    section.footer.paragraphs[0].text = footer
    if first:
        section.different_first_page_header_footer = True
        section.first_page_header.paragraphs[0].text = first
    if even:
        document.settings.odd_and_even_pages_header_footer = True
        section.even_page_header.paragraphs[0].text = even
    for key, value in (core or {}).items():
        setattr(document.core_properties, key, value)
    document.save(path)


def pack_into(path, name, content):
    """Puts one more part into a ZIP package."""
    with zipfile.ZipFile(path, "a") as z:
        z.writestr(name, content)


# pages and what is printed from them

def page_part(kind, text):
    if kind == "table":
        return "<table border=1>" + "".join(
            "<tr>" + "".join(f"<td>{esc(c)}</td>" for c in row) + "</tr>" for row in text) + "</table>"
    if kind == "columns":
        return "<table width='100%'><tr>" + "".join(
            "<td align=center>" + "".join(page_part(*p) for p in column) + "</td>"
            for column in text) + "</tr></table>"
    return {"head": "<h3 align=center>%s</h3>", "line": "<p align=center>%s</p>",
            "right": "<p align=right>%s</p>", "body": "<p>%s</p>", "struck": "<p><s>%s</s></p>",
            "stamp": "<div style='border:3px double red;color:red;width:5cm'><b>%s</b></div>",
            "red": "<p style='color:#c00'><b>%s</b></p>",
            "capitals": "<p style='text-transform:uppercase'><b>%s</b></p>",
            "box": "<table border=1><tr><td>%s</td></tr></table>",
            "page": "<div style='page-break-before:always'>%s</div>"}[kind] % esc(text)


def page(parts, head=""):
    return (f"<!DOCTYPE html><html><head><meta charset=utf-8><title>-</title>{head}</head><body>" +
            "\n".join(page_part(*p) for p in parts) + "</body></html>")


def page_file(path, parts, **more):
    path.write_text(page(parts, **more))


def tool(*command, stdin=None):
    subprocess.run(list(map(str, command)), check=True, input=stdin, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=60)


def pandoc(path, parts):
    tool("pandoc", "-s", "-f", "html", "-o", path, stdin=page(parts).encode())


def printed(path, parts):
    source = path.with_suffix(".source.html")
    source.write_text(page(parts))
    tool("env", "QT_QPA_PLATFORM=offscreen", "wkhtmltopdf", "-q", source, path)
    source.unlink()


# plain text

def lines(parts):
    out = []
    for kind, text in parts:
        if kind in ("stamp", "box"):
            rule = "+" + "-" * (len(text) + 2) + "+"
            out += [rule, f"| {text} |", rule]
        elif kind == "table":
            out += [" | ".join(row) for row in text]
        elif kind == "columns":
            left, right = ([t for _, t in column] for column in text)
            for n in range(max(len(left), len(right))):
                out.append((left + [""] * 9)[n].ljust(36) + (right + [""] * 9)[n])
        elif kind == "body":
            out += textwrap.wrap(text, 74)
        else:
            out.append(text.upper() if kind == "capitals" else
                       text.center(74).rstrip() if kind in ("head", "line") else
                       text.rjust(74) if kind == "right" else text)
        out.append("")
    return "\n".join(out) + "\n"


def plain(path, parts, encoding="utf-8"):
    text = lines(parts)
    if encoding in ("VISCII", "TCVN", "CP1258"):
        path.write_bytes(subprocess.run(["iconv", "-f", "UTF-8", "-t", encoding + "//TRANSLIT"], check=True,
                                        input=text.encode(), stdout=subprocess.PIPE).stdout)
    else:
        path.write_bytes(text.encode(encoding, "replace"))


# PDF by ReportLab

def drawn(path, parts, header="", footer="", watermark="", info=None):
    from reportlab.pdfbase import pdfmetrics, ttfonts
    from reportlab.pdfgen import canvas
    pdfmetrics.registerFont(ttfonts.TTFont("D", DEJAVU))
    c = canvas.Canvas(str(path), pagesize=(595, 842))
    for key, value in (info or {}).items():
        getattr(c, "set" + key)(value)

    def furniture():
        c.setFont("D", 10)
        c.drawCentredString(297, 815, header)
        c.drawCentredString(297, 25, footer)
        c.saveState()
        c.translate(300, 420)
        c.rotate(45)
        c.setFont("D", 60)
        c.setFillGray(.85)
        c.drawCentredString(0, 0, watermark)
        c.restoreState()

    furniture()
    y = 780
    for kind, text in parts:
        if kind == "page" or y < 80:
            c.showPage()
            furniture()
            y = 780
        if kind in ("table", "columns"):
            rows = text if kind == "table" else list(zip(*([t for _, t in col] + [""] * 9 for col in text)))
            for row in rows:
                c.setFont("D", 9)
                for n, cell in enumerate(row):
                    c.drawString(60 + n * 480 // len(row), y, cell)
                y -= 14 if any(row) else 0
        elif kind == "body":
            c.setFont("D", 11)
            for line in textwrap.wrap(text, 76):
                c.drawString(60, y, line)
                y -= 16
        elif kind in ("stamp", "red", "box"):
            c.setFont("D", 13)
            c.setFillColorRGB(.8, 0, 0)
            c.setStrokeColorRGB(.8, 0, 0)
            if kind != "red":
                for gap in (4, 6):
                    c.rect(60 - gap, y - gap, c.stringWidth(text) + 2 * gap, 12 + 2 * gap)
            c.drawString(60, y, text)
            c.setFillGray(0)
        else:
            c.setFont("D", 12)
            c.drawCentredString(297, y, text)
        y -= 22
    c.save()


# sheets and slides: flat files for LibreOffice, and openpyxl

def flat(kind, inner, styles="", master=""):
    return (f'<?xml version="1.0" encoding="UTF-8"?><office:document {NS} office:version="1.3" '
            f'office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:automatic-styles>{styles}'
            f'</office:automatic-styles><office:master-styles>{master}</office:master-styles><office:body>'
            f'<office:{kind}>{inner}</office:{kind}></office:body></office:document>')


def sheets(*tables, header="", hidden=()):
    """tables: (name, rows)"""
    styles = ('<style:page-layout style:name="L"><style:header-style/></style:page-layout>' + "".join(
        f'<style:style style:name="{n}" style:family="table" style:master-page-name="M">'
        f'<style:table-properties table:display="{shown}"/></style:style>'
        for n, shown in (("shown", "true"), ("hidden", "false"))))
    body = "".join(
        f'<table:table table:name="{esc(name)}" table:style-name="{"hidden" if name in hidden else "shown"}">' +
        "".join("<table:table-row>" + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{esc(c)}</text:p></table:table-cell>'
            for c in row) + "</table:table-row>" for row in rows) + "</table:table>"
        for name, rows in tables)
    return flat("spreadsheet", body, styles, '<style:master-page style:name="M" style:page-layout-name="L">'
                f'<style:header><text:p>{esc(header)}</text:p></style:header></style:master-page>')


def slides(*pages, notes="", hidden=()):
    """pages: lists of the boxes' texts, \\n between paragraphs"""
    def box(text, n, more=""):
        return (f'<draw:frame svg:x="1cm" svg:y="{1 + 3 * n}cm" svg:width="20cm" svg:height="2cm" {more}>'
                "<draw:text-box>" + "".join(f"<text:p>{esc(t)}</text:p>" for t in text.split("\n")) +
                "</draw:text-box></draw:frame>")

    styles = ('<style:page-layout style:name="L"><style:page-layout-properties fo:page-width="28cm" '
              'fo:page-height="21cm"/></style:page-layout><style:style style:name="hidden" '
              'style:family="drawing-page"><style:drawing-page-properties '
              'presentation:visibility="hidden"/></style:style>')
    body = "".join(
        f'<draw:page draw:name="p{n}" draw:master-page-name="M"' +
        (' draw:style-name="hidden">' if n in hidden else ">") +
        "".join(box(t, k) for k, t in enumerate(texts)) +
        (f"""<presentation:notes>{box(notes, 4, 'presentation:class="notes"')}</presentation:notes>"""
         if notes and n == 0 else "") + "</draw:page>" for n, texts in enumerate(pages))
    return flat("presentation", body, styles,
                '<style:master-page style:name="M" style:page-layout-name="L"/>')


def workbook(path, rows, change):
    """`change` gets the workbook and its first sheet."""
    import openpyxl
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    change(book, book.active)
    book.save(path)


def mail(path, subject, text, page_text="", headers=None, attached=(), encoding="utf-8"):
    m = email.message.EmailMessage()
    m["From"] = "Van phong <vp@example.vn>"
    m["To"] = "Phong Ke hoach <kh@example.vn>"
    m["Subject"] = subject
    m["Date"] = "Tue, 03 Nov 2026 08:12:00 +0700"
    for key, value in (headers or {}).items():
        m[key] = value
    m.set_content(text, charset=encoding)
    if page_text:
        m.add_alternative(page_text, subtype="html")
    for name, content in attached:
        m.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    path.write_bytes(m.as_bytes())
