#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Documents made by LibreOffice: each format, each place where a marking can stand, and harmless ones.

usage: test-corpus.py SEALGATE LIBEXEC RULES
"""
import html
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import documents

SEALGATE, LIBEXEC, RULES = sys.argv[1:4]

LEVELS = {"TUYỆT MẬT": "top-secret", "TỐI MẬT": "secret", "MẬT": "confidential",
          "LƯU HÀNH NỘI BỘ": "internal"}
PROSE = ["Tổ khảo sát đo mực nước hồ chứa số hai vào sáng thứ ba hằng tuần và ghi vào sổ trực.",
         "Cửa van số bốn bị rò, đội vận hành đề nghị thay gioăng trước mùa lũ năm nay.",
         "Bảng kèm theo nêu vị trí cảm biến, người phụ trách và lịch bảo dưỡng từng quý."]
HEAD = [("Plain", "ĐOÀN KHẢO SÁT HỒ ĐẬP"), ("Plain", "Số: 15/BC-ĐKS")] + documents.HEADING + [
    ("Head", "BÁO CÁO")]
BODY = [("Plain", p) for p in PROSE * 3]
WRITER = ["docx", "odt", "pdf", "doc", "rtf", "html", "txt:Text (encoded):UTF8", "docm:MS Word 2007 XML VBA"]


def raw(xml):
    return ("raw", xml)


def fodt(parts, header=None, footer=None, meta=""):
    """documents.fodt() with raw XML paragraphs and metadata."""
    marks = {}
    paragraphs = []
    for n, (style, text) in enumerate(parts):
        if style == "raw":
            marks[f"@@{n}@@"] = text
            paragraphs.append(("Plain", f"@@{n}@@"))
        else:
            paragraphs.append((style, text))
    xml = documents.fodt(paragraphs, header, footer)
    for mark, text in marks.items():
        xml = xml.replace(f'<text:p text:style-name="Plain">{mark}</text:p>', text)
    return xml.replace("<office:automatic-styles>",
                       f"<office:meta>{meta}</office:meta><office:automatic-styles>", 1)


def box(mark):
    return raw('<text:p><draw:frame text:anchor-type="paragraph" svg:width="5cm" svg:height="1cm" '
               f'svg:x="1cm" svg:y="0cm"><draw:text-box><text:p>{mark}</text:p></draw:text-box>'
               '</draw:frame></text:p>')


def cell(mark):
    return raw('<table:table><table:table-column table:number-columns-repeated="2"/><table:table-row>'
               '<table:table-cell><text:p>Độ mật</text:p></table:table-cell>'
               f'<table:table-cell><text:p>{mark}</text:p></table:table-cell></table:table-row>'
               '</table:table>')


def spans(mark):
    return raw("<text:p>" + "".join(f"<text:span>{html.escape(c)}</text:span>" for c in mark) +
               "</text:p>")


# place: (function of a mark, formats that cannot carry it)
PLACES = {
    "stamp": (lambda m: fodt(HEAD[:2] + [("Stamp", m)] + HEAD[2:] + BODY), ()),
    "own-line": (lambda m: fodt(HEAD[:2] + [("Plain", m)] + HEAD[2:] + BODY), ()),
    "header": (lambda m: fodt(HEAD + BODY, header=m), ("html", "txt")),
    "footer": (lambda m: fodt(HEAD + BODY, footer=m), ("html", "txt")),
    "text-box": (lambda m: fodt(HEAD[:2] + [box(m)] + HEAD[2:] + BODY), ("txt",)),
    "field-cell": (lambda m: fodt(HEAD + [cell(m)] + BODY), ("txt",)),
    "split-runs": (lambda m: fodt(HEAD[:2] + [spans(m)] + HEAD[2:] + BODY), ()),
    "field": (lambda m: fodt(HEAD + [("Plain", f"Độ mật: {m}")] + BODY), ()),
    "property": (lambda m: fodt(HEAD + BODY, meta='<meta:user-defined meta:name="Độ mật">'
                                f'{m}</meta:user-defined>'), ("html", "txt", "pdf")),
}
HARMLESS = {
    "plain": fodt(HEAD + BODY),
    "notice": documents.fodt(documents.PUBLIC),
    "urgent": fodt(HEAD[:2] + [("Stamp", "HỎA TỐC")] + HEAD[2:] + BODY),
    "draft": fodt(HEAD[:2] + [("Stamp", "DỰ THẢO")] + HEAD[2:] + BODY),
    "field-none": fodt(HEAD + [("Plain", "Độ mật: Thường")] + BODY),
    "law": fodt(HEAD + [("Plain", "Bí mật nhà nước được phân thành ba độ mật: Tuyệt mật, Tối mật và "
                         "Mật.")] + BODY),
    "title": fodt([("Head", "BẢNG GIÁ MẬT ONG RỪNG")] + BODY),
    "rules": fodt([("Head", "QUY CHẾ CHI TIÊU NỘI BỘ")] + BODY),
    "attendance": fodt([("Head", "DANH SÁCH"), ("Plain", "CÓ MẶT: 30"), ("Plain", "VẮNG MẶT: 2")] + BODY),
    "levels": fodt([("Head", "PHỤ LỤC"), ("Plain", "Mẫu dấu độ mật, kích thước 40 x 8 mm"),
                    ("Stamp", "TUYỆT MẬT"), ("Stamp", "TỐI MẬT"), ("Stamp", "MẬT")] + BODY),
    "declassified": fodt(HEAD[:2] + [("Stamp", "TỐI MẬT"), ("Stamp", "GIẢI MẬT"),
                                     ("Plain", "Từ: 12/5/2024")] + HEAD[2:] + BODY),
}


def make(folder):
    """{stem: expected level}"""
    want = {}
    sources = []
    with tempfile.TemporaryDirectory() as tmp:
        for place, (build, _) in PLACES.items():
            for n, (mark, level) in enumerate(LEVELS.items()):
                stem = f"{place}.{n}"
                path = pathlib.Path(tmp) / f"{stem}.fodt"
                path.write_text(build(mark))
                sources.append(path)
                want[stem] = level
        for name, text in HARMLESS.items():
            path = pathlib.Path(tmp) / f"harmless-{name}.0.fodt"
            path.write_text(text)
            sources.append(path)
            want[path.stem] = "none"
        for target in WRITER:
            out = folder / target.split(":")[0]
            out.mkdir()
            documents.convert(sources, target, out)
    return want


def scan(folder):
    r = subprocess.run([SEALGATE, "scan", "--json", "--rules", RULES, str(folder)],
                       stdout=subprocess.PIPE, text=True, env={**os.environ, "SEALGATE_LIBEXEC": LIBEXEC})
    return {pathlib.Path(o["path"]): o for o in map(json.loads, r.stdout.splitlines())}


def main():
    count = failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp)
        want = make(folder)
        got = scan(folder)
        for target in WRITER:
            kind = target.split(":")[0]
            groups = {}
            for stem, level in want.items():
                group = stem.rsplit(".", 1)[0]
                if group in PLACES and kind in PLACES[group][1]:
                    continue
                o = got.get(folder / kind / f"{stem}.{kind}")
                groups.setdefault(group, []).append(
                    None if o and o["level"] == level else
                    f"{stem}.{kind}: {o['level'] + ' ' + o['completeness'] if o else 'not made'}, "
                    f"expected {level}")
            for group, results in groups.items():
                count += 1
                wrong = [r for r in results if r]
                failed += bool(wrong)
                print(f"{'not ok' if wrong else 'ok'} {count} - {kind}: {group}", flush=True)
                for r in wrong:
                    print("# " + r)
    print(f"1..{count}")
    return 1 if failed else 0


sys.exit(main())
