#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The binary formats of Microsoft: sheets and slides made by LibreOffice, each place where a marking
can stand, and Outlook messages, in which another program must find what was put in.

usage: test-binary.py SEALGATE LIBEXEC RULES
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import binary
import documents

SEALGATE, LIBEXEC, RULES = sys.argv[1:4]

LEVELS = {"TUYỆT MẬT": "top-secret", "TỐI MẬT": "secret", "MẬT": "confidential",
          "LƯU HÀNH NỘI BỘ": "internal"}
PROSE = ["Tổ khảo sát đo mực nước hồ chứa số hai vào sáng thứ ba hằng tuần và ghi vào sổ trực.",
         "Cửa van số bốn bị rò, đội vận hành đề nghị thay gioăng trước mùa lũ năm nay.",
         "Bảng kèm theo nêu vị trí cảm biến, người phụ trách và lịch bảo dưỡng từng quý."]
NS = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{u}:1.0"' for n, u in {
    "office": "office", "style": "style", "text": "text", "table": "table", "draw": "drawing",
    "fo": "xsl-fo-compatible", "svg": "svg-compatible", "presentation": "presentation",
    "meta": "meta"}.items()) + ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
AT = 'svg:x="2cm" svg:y="2cm" svg:width="9cm" svg:height="2cm"'


def flat(kind, inner, meta="", styles="", master=""):
    return (f'<?xml version="1.0" encoding="UTF-8"?><office:document {NS} office:version="1.3" '
            f'office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:meta>{meta}'
            f'</office:meta><office:styles/><office:automatic-styles>{styles}</office:automatic-styles>'
            f'<office:master-styles>{master}</office:master-styles><office:body><office:{kind}>{inner}'
            f'</office:{kind}></office:body></office:document>')


def user_property(mark):
    return f'<meta:user-defined meta:name="Độ mật">{mark}</meta:user-defined>'


def cells(*texts):
    return "<table:table-row>" + "".join(
        f'<table:table-cell office:value-type="string">{t}</table:table-cell>' for t in texts
    ) + "</table:table-row>"


def p(text):
    return f"<text:p>{text}</text:p>"


def sheet(first="", name="Bảng 1", shape="", note="", header="", footer="", meta="", hidden=False):
    rows = (cells(p(first)) if first else "") + "".join(cells(p(t), p("số 2")) for t in PROSE)
    if note:
        rows += cells(f"<office:annotation>{p(note)}</office:annotation>{p('ghi chú')}")
    shapes = f"<table:shapes><draw:custom-shape {AT}>{p(shape)}</draw:custom-shape></table:shapes>"
    visible = '<style:style style:name="T" style:family="table" style:master-page-name="M">' \
        f'<style:table-properties table:display="{str(not hidden).lower()}"/></style:style>'
    page = '<style:page-layout style:name="L"><style:page-layout-properties/><style:header-style/>' \
        '<style:footer-style/></style:page-layout>'
    other = f'<table:table table:name="Trang khác">{cells(p("số 3"))}</table:table>' if hidden else ""
    return flat("spreadsheet", f'<table:table table:name="{name}" table:style-name="T">'
                f'{shapes if shape else ""}{rows}</table:table>{other}', meta, page + visible,
                '<style:master-page style:name="M" style:page-layout-name="L">'
                f'<style:header>{p(header) if header else ""}</style:header>'
                f'<style:footer>{p(footer) if footer else ""}</style:footer></style:master-page>')


def frame(text, kind=""):
    kind = f'presentation:class="{kind}" ' if kind else ""
    return f"<draw:frame {kind}{AT}><draw:text-box>" + "".join(map(p, text.split("\n"))) + \
        "</draw:text-box></draw:frame>"


def slides(box="", title="", master="", notes="", footer="", comment="", meta="", second="",
           hidden=False):
    use = ' presentation:use-footer-name="F"' if footer else ""
    first = (f'<draw:page draw:name="1" draw:master-page-name="M" draw:style-name="D"{use}>'
             f'{frame(title or "Báo cáo quý", "title")}{frame(box) if box else ""}'
             f'{"".join(map(frame, PROSE))}')
    if comment:
        first += f"<office:annotation {AT}><dc:creator>a</dc:creator>{p(comment)}</office:annotation>"
    if notes:
        first += f'<presentation:notes>{frame(notes, "notes")}</presentation:notes>'
    more = (f'<draw:page draw:name="2" draw:master-page-name="M" draw:style-name="H">{frame(second)}'
            '</draw:page>') if second else ""
    page = ('<style:page-layout style:name="L"><style:page-layout-properties fo:page-width="28cm" '
            'fo:page-height="21cm"/></style:page-layout>'
            '<style:style style:name="D" style:family="drawing-page"><style:drawing-page-properties '
            'presentation:display-footer="true"/></style:style>'
            '<style:style style:name="H" style:family="drawing-page"><style:drawing-page-properties '
            f'presentation:visibility="{"hidden" if hidden else "visible"}"/></style:style>'
            '<style:style style:name="G" style:family="graphic"/>')
    shape = (f'<draw:custom-shape draw:style-name="G" draw:layer="backgroundobjects" {AT}>{p(master)}'
             '</draw:custom-shape>') if master else ""
    declared = f'<presentation:footer-decl presentation:name="F">{footer}</presentation:footer-decl>'
    return flat("presentation", f'{declared if footer else ""}{first}</draw:page>{more}', meta, page,
                f'<style:master-page style:name="M" style:page-layout-name="L">{shape}'
                '</style:master-page>')


SHEETS = {
    "first-row": lambda m: sheet(first=m),
    "header": lambda m: sheet(header=m),
    "footer": lambda m: sheet(footer=m),
    "sheet-name": lambda m: sheet(name=m),
    "text-box": lambda m: sheet(shape=m),
    "comment": lambda m: sheet(note=f"Độ mật: {m}"),
    "property": lambda m: sheet(meta=user_property(m)),
    "hidden-sheet": lambda m: sheet(first=m, hidden=True),
}
SLIDES = {
    "box": lambda m: slides(box=m),
    "two-lines": lambda m: slides(box=m.replace(" ", "\n", 1)),
    "title": lambda m: slides(title=m),
    "master": lambda m: slides(master=m),
    "footer": lambda m: slides(footer=m),
    "notes": lambda m: slides(notes=m),
    "comment": lambda m: slides(comment=m),
    "property": lambda m: slides(meta=user_property(m)),
    "second-slide": lambda m: slides(second=m),
    "hidden-slide": lambda m: slides(second=m, hidden=True),
}
HEAD = [("Plain", "ĐOÀN KHẢO SÁT HỒ ĐẬP"), ("Plain", "Số: 15/BC-ĐKS")]
BODY = documents.HEADING + [("Head", "BÁO CÁO")] + [("Plain", t) for t in PROSE]
LETTERS = {
    "stamp": lambda m: documents.fodt(HEAD + [("Stamp", m)] + BODY),
    "header": lambda m: documents.fodt(HEAD + BODY, header=m),
    "footer": lambda m: documents.fodt(HEAD + BODY, footer=m),
}
KINDS = {
    "fodt": (LETTERS, documents.fodt(HEAD + BODY), ["dot:MS Word 97 Vorlage"]),
    "fods": (SHEETS, sheet(), ["xls", "xlt:MS Excel 97 Vorlage/Template"]),
    "fodp": (SLIDES, slides(), ["ppt", "pps:MS PowerPoint 97 AutoPlay",
                                "pot:MS PowerPoint 97 Vorlage"]),
}
TEXT = "\r\n".join(PROSE)
MESSAGES = {
    "subject": lambda m: binary.message({binary.SUBJECT: f"[{m}] Lịch trực", binary.BODY: TEXT}),
    "body": lambda m: binary.message({binary.SUBJECT: "Lịch", binary.BODY: f"{m}\r\n\r\n{TEXT}"}),
    "html-only": lambda m: binary.message({
        binary.SUBJECT: "Lịch", binary.INTERNET_PAGE: 65001,
        binary.HTML: f"<html><body><p><b>{m}</b></p><p>{PROSE[0]}</p></body></html>".encode()}),
    "rtf-only": lambda m: binary.message({binary.SUBJECT: "Lịch", binary.RTF: binary.rtf(m)}),
    "header": lambda m: binary.message({
        binary.SUBJECT: "Lịch", binary.BODY: TEXT, binary.HEADERS:
        f"From: a@example.org\r\nX-Classification: {m}\r\nSubject: x\r\n\r\n"}),
    "named": lambda m: binary.message({binary.SUBJECT: "Lịch", binary.BODY: TEXT}, named={"Độ mật": m}),
    "attachment": lambda m: binary.message(
        {binary.SUBJECT: "Lịch", binary.BODY: TEXT},
        [binary.attached("lich.html", f"<html><p>{m}</p><p>{PROSE[0]}</p></html>".encode())]),
    "inner": lambda m: binary.message(
        {binary.SUBJECT: "Fwd", binary.BODY: TEXT},
        [binary.attached("thư", binary.message({binary.SUBJECT: f"[{m}] Lịch trực"}, inner=True))]),
    "cp1258": lambda m: binary.message(
        {binary.CODE_PAGE: 1258, binary.SUBJECT: f"[{decomposed(m)}]", binary.BODY: decomposed(m)},
        page="cp1258"),
}


def decomposed(text):
    """As windows-1258 has it: the tone is a character of its own."""
    tones = {"Ệ": "Ê\u0323", "Ậ": "Â\u0323", "Ố": "Ô\u0301", "Ộ": "Ô\u0323", "Ư": "Ư", "À": "À"}
    return "".join(tones.get(c, c) for c in text)


def make(folder):
    """{path: expected level}"""
    want = {}
    for kind, (places, harmless, targets) in KINDS.items():
        with tempfile.TemporaryDirectory() as tmp:
            sources = {pathlib.Path(tmp) / f"harmless.0.{kind}": (harmless, "none")}
            for place, build in places.items():
                for n, (mark, level) in enumerate(LEVELS.items()):
                    sources[pathlib.Path(tmp) / f"{place}.{n}.{kind}"] = (build(mark), level)
            for path, (xml, _) in sources.items():
                path.write_text(xml)
            for target in targets:
                extension = target.split(":")[0]
                out = folder / extension
                out.mkdir()
                documents.convert(sources, target, out)
                want.update({out / f"{path.stem}.{extension}": level
                             for path, (_, level) in sources.items()})
    out = folder / "msg"
    out.mkdir()
    for place, build in MESSAGES.items():
        for n, (mark, level) in enumerate(LEVELS.items()):
            path = out / f"{place}.{n}.msg"
            path.write_bytes(binary.compound(build(mark)))
            want[path] = level
    path = out / "harmless.0.msg"
    path.write_bytes(binary.compound(binary.message({binary.SUBJECT: "Lịch trực", binary.BODY: TEXT})))
    want[path] = "none"
    return want


def scan(folder):
    r = subprocess.run([SEALGATE, "scan", "--json", "--rules", RULES, str(folder)],
                       stdout=subprocess.PIPE, text=True, env={**os.environ, "SEALGATE_LIBEXEC": LIBEXEC})
    return {pathlib.Path(o["path"]): o for o in map(json.loads, r.stdout.splitlines())}


def second_opinion(folder):
    """Does another program find the subject and the body in a message of ours?"""
    path = folder / "other.msg"
    path.write_bytes(binary.compound(binary.message(
        {binary.SUBJECT: "Duty list", binary.BODY: "first line of the body\r\n"},
        [binary.attached("list.txt", b"attached words\n")])))
    r = subprocess.run(["msgconvert", "--outfile", "-", str(path)], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True)
    return [w for w in ("Subject: Duty list", "first line of the body", "list.txt") if w not in r.stdout]


def main():
    count = failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp)
        want = make(folder)
        got = scan(folder)
        groups = {}
        for path, level in want.items():
            o = got.get(path)
            groups.setdefault((path.suffix[1:], path.name.split(".")[0]), []).append(
                None if o and o["level"] == level else
                f"{path.name}: {o['level'] + ' ' + o['completeness'] if o else 'not made'}, "
                f"expected {level}")
        for (kind, place), results in groups.items():
            count += 1
            wrong = [r for r in results if r]
            failed += bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} {count} - {kind}: {place}", flush=True)
            for r in wrong:
                print("# " + r)
        count += 1
        missing = second_opinion(folder)
        failed += bool(missing)
        print(f"{'not ok' if missing else 'ok'} {count} - msgconvert reads the messages", *missing)
    print(f"1..{count}")
    return 1 if failed else 0


sys.exit(main())
