# SPDX-License-Identifier: Apache-2.0
"""Office documents made by LibreOffice, from texts written for the tests. Everything is fictional."""
import html
import os
import pathlib
import shutil
import subprocess
import tempfile

STYLES = """
<office:automatic-styles>
<style:style style:name="Stamp" style:family="paragraph"><style:paragraph-properties
 fo:border="0.06cm double #c00000" fo:padding="0.1cm" fo:margin-right="13cm"
 fo:text-align="center"/><style:text-properties fo:color="#c00000" fo:font-weight="bold"
 fo:font-size="13pt"/></style:style>
<style:style style:name="Head" style:family="paragraph"><style:paragraph-properties
 fo:text-align="center"/><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="Plain" style:family="paragraph"/>
<style:page-layout style:name="Page"><style:page-layout-properties fo:page-width="21cm"
 fo:page-height="29.7cm" fo:margin="2cm"/><style:header-style/><style:footer-style/>
</style:page-layout>
</office:automatic-styles>
"""


def fodt(paragraphs, header=None, footer=None):
    """Flat ODT. `paragraphs`: (style, text) with the styles above."""
    ns = ("office text style fo meta dc draw svg table".split())
    urn = {"fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
           "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
           "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
           "dc": "http://purl.org/dc/elements/1.1/"}
    decl = " ".join(f'xmlns:{n}="{urn.get(n, f"urn:oasis:names:tc:opendocument:xmlns:{n}:1.0")}"'
                    for n in ns)

    def part(tag, text):
        return f"<style:{tag}><text:p>{html.escape(text)}</text:p></style:{tag}>" if text else ""

    body = "".join(f'<text:p text:style-name="{s}">{html.escape(t)}</text:p>'
                   for s, t in paragraphs)
    return (f'<?xml version="1.0" encoding="UTF-8"?><office:document {decl} '
            f'office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">'
            f'{STYLES}<office:master-styles><style:master-page style:name="Standard" '
            f'style:page-layout-name="Page">{part("header", header)}{part("footer", footer)}'
            f'</style:master-page></office:master-styles><office:body><office:text>{body}'
            f'</office:text></office:body></office:document>')


def convert(sources, target, outdir):
    """Converts files in one LibreOffice run; `target` is an extension."""
    profile = tempfile.mkdtemp(prefix="lo-")
    try:
        subprocess.run(["soffice", f"-env:UserInstallation=file://{profile}", "--headless",
                        "--convert-to", target, "--outdir", str(outdir), *map(str, sources)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**os.environ, "HOME": profile}, timeout=240)
    finally:
        shutil.rmtree(profile, ignore_errors=True)


HEADING = [("Head", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), ("Head", "Độc lập - Tự do - Hạnh phúc"),
           ("Plain", "")]

SECRET = [("Plain", "TRẠM QUAN TRẮC ĐẢO HÒN SẬP"), ("Plain", "Số: 12/KH-TQT"),
          ("Stamp", "TỐI MẬT")] + HEADING + [
    ("Head", "KẾ HOẠCH TRỰC"),
    ("Plain", "Tổ trực số 3 đổi vị trí neo sau mỗi đêm, cách bờ không quá hai hải lý."),
    ("Plain", "Nhiên liệu dự phòng đủ cho chín ngày; lịch đổi ca ghi ở phụ lục."),
    ("Plain", "Bản số 02. Không sao chụp.")]

INTERNAL = [("Plain", "CÔNG TY CỔ PHẦN ĐÁ VÀ SÀNH"), ("Plain", "Số: 7/BB-HĐQT"),
            ("Stamp", "LƯU HÀNH NỘI BỘ")] + HEADING + [
    ("Head", "BIÊN BẢN HỌP"),
    ("Plain", "Cuộc họp bắt đầu lúc mười bốn giờ, mười một người dự."),
    ("Plain", "Ban điều hành thống nhất phương án giá chào cho gói thầu số sáu.")]

PUBLIC = [("Plain", "PHÒNG AN TOÀN THÔNG TIN")] + HEADING + [
    ("Head", "THÔNG BÁO"),
    ("Head", "Về việc sử dụng phần mềm họp trực tuyến an toàn"),
    ("Plain", "Không trao đổi dữ liệu bí mật nhà nước, dữ liệu nội bộ qua phần mềm họp trực "
              "tuyến. Đặt mật khẩu cho phòng họp và không công khai mật khẩu, mã phòng họp."),
    ("Plain", "Chỉ cài đặt phần mềm từ nguồn chính thức, cập nhật bản vá thường xuyên, không mở "
              "tệp hay liên kết lạ.")]


def make_demo_documents(outdir):
    """The demo's three documents. Returns {name: path}."""
    outdir = pathlib.Path(outdir)
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        for name, text in (("ke-hoach-truc", SECRET), ("thong-bao", PUBLIC),
                           ("bien-ban-hop", INTERNAL)):
            (tmp / f"{name}.fodt").write_text(fodt(text))
        convert([tmp / "ke-hoach-truc.fodt", tmp / "thong-bao.fodt"], "docx", outdir)
        convert([tmp / "bien-ban-hop.fodt"], "odt", outdir)
    found = {"secret": outdir / "ke-hoach-truc.docx", "internal": outdir / "bien-ban-hop.odt",
             "public": outdir / "thong-bao.docx"}
    for p in found.values():
        if not p.exists():
            raise RuntimeError(f"LibreOffice did not make {p}")
        p.chmod(0o644)
    return found
