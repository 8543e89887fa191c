#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Documents as offices of several countries write them, by many programs, and harmless ones.

usage: test-offices.py SEALGATE LIBEXEC RULES
"""
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unicodedata
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import documents
import harmless
import offices

SEALGATE, LIBEXEC, RULES = sys.argv[1:4]
TOP, SECRET, CONFIDENTIAL, INTERNAL, NONE = "top-secret", "secret", "confidential", "internal", "none"
VN = {"TUYỆT MẬT": TOP, "TỐI MẬT": SECRET, "MẬT": CONFIDENTIAL}

BODY = [("body", t) for t in (
    "Thực hiện kế hoạch công tác năm, Sở đã kiểm tra mười hai hồ chứa trên địa bàn tỉnh.",
    "Phần lớn công trình vận hành ổn định, riêng hồ Khe Sậy thấm ở vai phải đập.",
    "Đề nghị bố trí kinh phí sửa chữa trước mùa mưa và giao đơn vị trực ban ngày đêm.")]
STATE = [("line", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), ("line", "Độc lập - Tự do - Hạnh phúc"),
         ("line", "Hà Lâm, ngày 12 tháng 5 năm 2026")]
ORGAN = [("line", "UBND TỈNH HÀ LÂM"), ("line", "SỞ THỦY LỢI"), ("line", "Số: 214/BC-STL")]
TITLE = [("head", "BÁO CÁO"), ("line", "Kết quả kiểm tra an toàn hồ chứa quý một")]
MEMO = [("head", "HARBOUR COMMAND"), ("body", "Subject: Pier watch rotation"),
        ("body", "1. The rotation shifts from eight to six hours on 1 April."),
        ("body", "2. Two patrol craft remain in the yard; gaps are listed in the enclosure.")]
RUSSIAN = [("head", "АДМИНИСТРАЦИЯ ОКРУГА"), ("body", "Проведена проверка источников питания на шести объектах."),
           ("body", "На двух объектах требуется замена батарей до начала сезона.")]
CHINESE = [("head", "东川市水务局文件"), ("line", "东水发〔2026〕14号"), ("body", "我局对全市十二座水库进行了安全检查。"),
           ("body", "其中两座水库坝体存在渗漏，已安排专项资金。")]
ROWS = [["STT", "Họ và tên", "Hệ số", "Thực lĩnh"], ["1", "Lê Thị Mận", "2,34", "7000000"],
        ["2", "Đặng Văn Mật", "2,67", "8410000"], ["3", "Hoàng Tuyết", "3,00", "8820000"]]


def two_columns(*marks):
    return [("columns", [ORGAN + list(marks), STATE])] + TITLE + BODY


def one_column(*marks):
    return ORGAN + list(marks) + STATE + TITLE + BODY


def party(*marks):
    return [("columns", [[("line", "TỈNH ỦY HÀ LÂM"), ("line", "*"), ("line", "Số 45-TTr/TU"), *marks],
                         [("line", "ĐẢNG CỘNG SẢN VIỆT NAM"), ("line", "Hà Lâm, ngày 11 tháng 4 năm 2026")]]),
            ("head", "TỜ TRÌNH"), ("line", "về công tác nhân sự")] + BODY


# how: a maker of files and the end of the name
MAKERS = {"docx": (offices.docx, ".docx"), "page": (offices.page_file, ".html"), "txt": (offices.plain, ".txt"),
          "printed": (offices.printed, ".printed.pdf"), "drawn": (offices.drawn, ".drawn.pdf"),
          "pandoc": (offices.pandoc, ".pandoc.docx"), "odt": (offices.pandoc, ".pandoc.odt"),
          "rtf": (offices.pandoc, ".pandoc.rtf"), "epub": (offices.pandoc, ".epub")}


class Corpus:
    def __init__(self, folder):
        self.folder = folder
        self.want = {}   # file name: (group, level)
        self.flat = {}   # LibreOffice target: sources

    def path(self, group, level, name):
        self.want[name] = (group, level)
        return self.folder / name

    def make(self, group, level, stem, how, parts, **more):
        maker, end = MAKERS[how]
        maker(self.path(group, level, f"{stem}{end}"), parts, **more)

    def office(self, group, level, stem, targets, source):
        for target in targets:
            kind = target.split(":")[0]
            name = f"{stem}.{kind}"
            self.want[name] = (group, level)
            path = self.folder / "flat" / f"{stem}.fodt"
            path.write_text(source)
            self.flat.setdefault(target, []).append(path)

    def convert(self):
        for target, sources in self.flat.items():
            documents.convert(sources, target, self.folder)


def letters(c):
    for how in MAKERS:
        group = f"letters by {how}"
        for n, (mark, level) in enumerate(VN.items()):
            c.make(group, level, f"columns{n}", how, two_columns(("line", mark)))
            c.make(group, level, f"stamp{n}", how, one_column(("stamp", mark)))
            c.make(group, level, f"party{n}", how, party(("box", mark)))
            c.make(group, level, f"field{n}", how, one_column(("body", f"Độ mật: {mark.capitalize()}")))
            c.make(group, level, f"annex{n}", how, two_columns() + [
                ("page", ""), ("red", mark), ("head", "PHỤ LỤC"), ("body", "Vị trí quan trắc.")])
        c.make(group, INTERNAL, "circulation", how, [("right", "(Lưu hành nội bộ)")] + two_columns())
        c.make(group, SECRET, "banner", how, [("line", "SECRET//NOFORN")] + MEMO + [("line", "SECRET//NOFORN")])
        c.make(group, CONFIDENTIAL, "russian", how,
               [("right", "Секретно"), ("right", "Экз. № 2")] + RUSSIAN)


def word(c):
    group = "places in Word files"
    for n, (mark, level) in enumerate(VN.items()):
        for place in ("header", "footer", "first", "even"):
            c.make(group, level, f"{place}{n}", "docx", two_columns(), **{place: mark})
        c.make(group, level, f"capitals{n}", "docx", one_column(("capitals", mark.capitalize())))
        c.make(group, level, f"cells{n}", "docx", [("table", [["Số hiệu", "QT-07"], ["Độ mật", mark.capitalize()],
                                                           ["Người soạn", "Lê Tám"]])] + BODY)
    c.make(group, SECRET, "urgent", "docx", one_column(("stamp", "TỐI MẬT"), ("stamp", "HỎA TỐC")))
    c.make(group, INTERNAL, "subject", "docx", two_columns(), core={"subject": "Lưu hành nội bộ"})
    c.make(group, SECRET, "category", "docx", two_columns(), core={"category": "Tối mật"})
    c.make(group, TOP, "inner", "docx", one_column(("stamp", "TUYỆT MẬT")))
    c.make(group, TOP, "outer", "docx", two_columns())
    offices.pack_into(c.folder / "outer.docx", "word/embeddings/Document1.docx",
                      (c.folder / "inner.docx").read_bytes())
    for n, (level, parts, header) in enumerate((
            (INTERNAL, MEMO, "OFFICIAL-SENSITIVE"), (TOP, MEMO, "TOP SECRET//SI//NOFORN"),
            (SECRET, MEMO, "SECRET//REL TO USA, FVEY"), (INTERNAL, MEMO, "CUI//SP-PRVCY"),
            (SECRET, MEMO, "NATO SECRET"), (INTERNAL, MEMO, "NATO RESTRICTED"),
            (INTERNAL, MEMO, "TLP:AMBER+STRICT"), (INTERNAL, MEMO, "COMPANY CONFIDENTIAL"),
            (INTERNAL, MEMO, "Internal use only"), (INTERNAL, RUSSIAN, "ДСП"), (INTERNAL, CHINESE, "内部文件"),
            (NONE, MEMO, "UNCLASSIFIED"), (NONE, MEMO, "OFFICIAL"), (NONE, MEMO, "TLP:CLEAR"))):
        c.make("headers of other countries", level, f"country{n}", "docx", parts, header=header)
    for n, (level, mark) in enumerate((
            (TOP, ("red", "绝密★")), (SECRET, ("body", "机密★10年")), (CONFIDENTIAL, ("right", "秘密★长期")),
            (INTERNAL, ("red", "内部资料 注意保存")))):
        c.make("Chinese marks", level, f"chinese{n}", "docx", [mark] + CHINESE)


def texts(c):
    group = "encodings of text"
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "VISCII", "CP1258"):
        for n, (mark, level) in enumerate(VN.items()):
            offices.plain(c.path(group, level, f"{encoding}{n}.txt"), one_column(("body", mark)), encoding)
    offices.plain(c.path(group, SECRET, "TCVN.txt"), one_column(("body", "Độ mật: Tối mật")), "TCVN")
    offices.plain(c.path(group, CONFIDENTIAL, "cp1251.txt"),
                  [("right", "Секретно"), ("right", "Экз. № 2")] + RUSSIAN, "cp1251")
    offices.plain(c.path(group, INTERNAL, "koi8.txt"), [("right", "Для служебного пользования")] + RUSSIAN, "koi8-r")
    offices.plain(c.path(group, SECRET, "gb.txt"), [("body", "机密★3年")] + CHINESE, "gb18030")
    c.path(group, TOP, "nfd.txt").write_text(
        unicodedata.normalize("NFD", offices.lines(one_column(("body", "TUYỆT MẬT")))))
    c.path(group, TOP, "folded.txt").write_text(
        "+-----------+\n| TUYET MAT |\n+-----------+\nBO CHI HUY\nKe hoach dien tap khu vuc nam nay.\n")


def pdf(c):
    group = "places in PDF"
    c.make(group, TOP, "pdf-header", "drawn", MEMO, header="TOP SECRET//NOFORN")
    c.make(group, SECRET, "pdf-footer", "drawn", MEMO, footer="SECRET//NOFORN")
    c.make(group, CONFIDENTIAL, "pdf-watermark", "drawn", one_column(), watermark="MẬT")
    c.make(group, SECRET, "pdf-keywords", "drawn", one_column(), info={"Keywords": "Độ mật: Tối mật"})


def sheets(c):
    targets = ["xlsx", "xls", "ods", "xltx:Calc MS Excel 2007 XML Template"]
    for n, (mark, level) in enumerate(VN.items()):
        for place, source in {
                "top": offices.sheets(("Bảng 1", [[mark], ["DANH SÁCH"]] + ROWS)),
                "heading": offices.sheets(("Bảng 1", ROWS), header=mark),
                "name": offices.sheets(("Bảng 1", ROWS), (mark, ROWS)),
                "hidden": offices.sheets(("Bảng 1", ROWS), ("Phụ", [[mark], ["PHỤ LỤC"]] + ROWS), hidden=("Phụ",)),
                "pair": offices.sheets(("Bảng 1", [["Đơn vị", "Sở"], ["Độ mật", mark.capitalize()]] + ROWS)),
        }.items():
            c.office("sheets by LibreOffice", level, f"sheet-{place}{n}", targets, source)
    group = "sheets by openpyxl"

    def book(name, level, change):
        offices.workbook(c.path(group, level, f"{name}.xlsx"), ROWS, change)

    def heading(_, sheet):
        sheet.oddHeader.center.text = '&"Arial,Bold"&14TUYỆT MẬT'

    def first(_, sheet):
        sheet.firstHeader.right.text = "MẬT"
        sheet.HeaderFooter.differentFirst = True

    def merged(_, sheet):
        sheet.insert_rows(1)
        sheet["A1"] = "LƯU HÀNH NỘI BỘ"
        sheet.merge_cells("A1:D1")

    def buried(all_sheets, _):
        sheet = all_sheets.create_sheet("x")
        sheet["A1"] = "TỐI MẬT"
        sheet["A2"] = "Danh sách nguồn tin"
        sheet.sheet_state = "veryHidden"

    def named(all_sheets, _):
        all_sheets.create_sheet("MẬT").append(["x"])

    for name, level, change in (("heading", TOP, heading), ("first", CONFIDENTIAL, first),
                                ("merged", INTERNAL, merged), ("buried", SECRET, buried),
                                ("named", CONFIDENTIAL, named), ("plain", NONE, lambda *_: None)):
        book(f"book-{name}", level, change)


def decks(c):
    pages = [["KẾ HOẠCH 2026", "Sở Thủy lợi"], ["Nội dung", "Kiểm tra hồ chứa\nTu sửa cống\nĐào tạo trực ban"]]
    targets = ["pptx", "ppt", "odp", "ppsx:Impress MS PowerPoint 2007 XML AutoPlay",
               "potx:Impress MS PowerPoint 2007 XML Template"]
    for n, (mark, level) in enumerate(VN.items()):
        for place, source in {
                "box": offices.slides(pages[0] + [mark], pages[1]),
                "broken": offices.slides(pages[0] + [mark.replace(" ", "\n")], pages[1]),
                "notes": offices.slides(*pages, notes=mark),
                "hidden": offices.slides(*pages, [mark, "Phụ lục"], hidden=(2,)),
        }.items():
            c.office("slides by LibreOffice", level, f"slides-{place}{n}", targets, source)
    c.office("slides by LibreOffice", NONE, "slides-plain", targets, offices.slides(*pages))


def zipped(*members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in members:
            z.writestr(name, content)
    return out.getvalue()


def mails(c):
    group = "mails"
    text = "Kính gửi các đồng chí,\n\nĐề nghị cho ý kiến trước 16 giờ ngày mai.\n"
    inner = (c.folder / "inner.docx").read_bytes()

    def put(name, level, *args, **more):
        offices.mail(c.path(group, level, f"mail-{name}.eml"), *args, **more)

    put("tag", CONFIDENTIAL, "[MẬT] Kế hoạch tuần tra", text)
    put("bracket", SECRET, "(TỐI MẬT) Danh sách dự họp", text)
    put("first", SECRET, "Báo cáo", "TỐI MẬT\n\n" + text)
    put("page", CONFIDENTIAL, "Báo cáo", " ", page_text="<p style='color:red'><b>MẬT</b></p><p>Xin ý kiến.</p>")
    put("sensitivity", INTERNAL, "Plan", "See below.\n", headers={"Sensitivity": "Company-Confidential"})
    put("header", SECRET, "Plan", "See below.\n", headers={"X-Classification": "SECRET"})
    put("attached", TOP, "Tài liệu họp", text, attached=[("kh.docx", inner)])
    put("zipped", TOP, "Tài liệu họp", text, attached=[("tl.zip", zipped(("a/kh.docx", inner)))])
    put("plain", NONE, "Lịch họp", text)
    mbox = b"".join(b"From vp@example.vn Tue Nov  3 08:12:00 2026\n" + (c.folder / f"mail-{n}.eml").read_bytes() +
                    b"\n" for n in ("plain", "tag"))
    c.path(group, CONFIDENTIAL, "two.mbox").write_bytes(mbox)
    c.path(group, TOP, "nested.zip").write_bytes(zipped(("q.zip", zipped(("kh.docx", inner)))))
    c.path(group, TOP, "scan.jpg").write_bytes(inner)


def unmarked(c):
    for name, (parts, kinds) in harmless.HARMLESS.items():
        for how in kinds:
            c.make(f"harmless by {how}", NONE, f"no-{name}", how, parts)
    for how in MAKERS:
        c.make(f"harmless by {how}", NONE, "no-letter", how, two_columns())
        c.make(f"harmless by {how}", NONE, "no-party", how, party())
    for name, content in harmless.FILES.items():
        c.path("harmless files", NONE, f"no-{name}").write_text(content)
    for name, (subject, text) in harmless.MAILS.items():
        offices.mail(c.path("harmless mails", NONE, f"no-{name}.eml"), subject, text)


def scan(folder):
    # A file for stderr: the worker may not write files, and a library that complains must not die of it.
    with open(folder.parent / "stderr", "w", encoding="utf-8") as err:
        r = subprocess.run([SEALGATE, "scan", "--json", "--rules", RULES, str(folder)], stdout=subprocess.PIPE,
                           stderr=err, text=True, env={**os.environ, "SEALGATE_LIBEXEC": LIBEXEC}, check=False)
    return {pathlib.Path(o["path"]).name: o for o in map(json.loads, r.stdout.splitlines())}


def main():
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp) / "corpus"
        (folder / "flat").mkdir(parents=True)
        c = Corpus(folder)
        for build in (letters, word, texts, pdf, sheets, decks, mails, unmarked):
            build(c)
        c.convert()
        got = scan(folder)
    groups = {}
    for name, (group, level) in c.want.items():
        o = got.get(name)
        groups.setdefault(group, []).append(
            None if o and o["level"] == level and o["completeness"] == "full" else
            f"{name}: " + (f"{o['level']} {o['completeness']} {','.join(o['reasons'])}" if o else "not made") +
            f", expected {level}")
    failed = 0
    for n, (group, results) in enumerate(groups.items()):
        wrong = [r for r in results if r]
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {n + 1} - {group} ({len(results)})", flush=True)
        for r in wrong:
            print("# " + r)
    print(f"1..{len(groups)}")
    return 1 if failed else 0


sys.exit(main())
