#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scanned pages with and without stamps, made for the tests. Everything is fictional.

Letters come from LibreOffice and pdftoppm; seals are drawn on them with worn ink, turned, blurred,
over text; then the page is "scanned": skewed, tinted, noisy, coded as JPEG, PNG, TIFF or PDF.

usage: pages.py OUT [--seed N] [--set tune|final] [--stamped N] [--clean N] [--dpi 150,200] [--grey]
"""
import argparse
import io
import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import zipfile

import numpy
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import documents

BASE_DPI = 300
BLACK = 150  # of 255: darker pixels are black where there is nothing between
FONT_DIRS = ["/usr/share/fonts", "/usr/share/texmf/fonts"]
SETS = {
    "tune": ["FreeSerifBold.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSans-Bold.ttf",
             "FreeSerifBold.ttf"],
    "final": ["texgyretermes-bold.otf", "LinLibertine_RB.otf", "OpenSans-Bold.ttf",
              "NotoSerif-Bold.ttf", "Roboto-Bold.ttf", "texgyretermes-bold.otf"],
    "unseen": ["texgyrepagella-bold.otf", "texgyreschola-bold.otf", "texgyreheros-bold.otf",
               "NotoSans-Bold.ttf", "NotoSerifDisplay-Bold.ttf", "DejaVuSerifCondensed-Bold.ttf"],
}
REDS = {
    "tune": [(200, 30, 40), (178, 24, 32), (214, 48, 44), (160, 20, 40), (205, 40, 75),
             (190, 35, 25)],
    "final": [(196, 22, 28), (220, 60, 60), (170, 30, 50), (186, 20, 66), (226, 52, 30),
              (150, 16, 24), (208, 72, 84)],
    "unseen": [(188, 28, 36), (212, 34, 52), (164, 26, 40), (200, 52, 60), (176, 14, 30), (222, 44, 38)],
}
LEVELS = [("TUYỆT MẬT", "top-secret", 40), ("TỐI MẬT", "secret", 30), ("MẬT", "confidential", 20)]
HARMLESS = [("HỎA TỐC", 30), ("KHẨN", 20), ("THƯỢNG KHẨN", 40), ("BẢN SAO", 30), ("DỰ THẢO", 30),
            ("SAO Y BẢN CHÍNH", 48), ("ĐÃ DUYỆT", 34), ("ĐÃ THU TIỀN", 42), ("CÓ MẶT", 28),
            ("VẮNG MẶT", 34), ("MẶT BẰNG", 36), ("TRẬT TỰ", 30), ("MẬT ONG", 36), ("ĐỒNG Ý", 28),
            ("CHỨNG THỰC", 44), ("PHẦN MẬT ĐỘ", 44)]
WORDS = """tổ khảo sát hồ chứa đo mực nước cửa van vận hành lịch bảo dưỡng cảm biến đập tràn kênh dẫn
báo cáo đơn vị kế hoạch quý phương án nhân sự vật tư kinh phí đề nghị xem xét phê duyệt theo quy định
hiện hành công trình thủy lợi mùa lũ dự báo thời tiết trạm bơm đường ống thi công nghiệm thu biên bản
họp giao ban phòng kỹ thuật ban quản lý giám sát an toàn lao động hồ sơ lưu trữ văn thư nơi nhận""".split()
TITLES = ["BÁO CÁO", "TỜ TRÌNH", "KẾ HOẠCH", "THÔNG BÁO", "BIÊN BẢN", "CÔNG VĂN"]

_fonts = {}


def font(name, size):
    if name not in _fonts:
        _fonts[name] = next(p for d in FONT_DIRS for p in pathlib.Path(d).rglob(name))
        face = ImageFont.truetype(str(_fonts[name]), 40)
        if bytes(face.getmask("Ậ")) == bytes(face.getmask("\uffff")):
            sys.exit(f"{name} has no Vietnamese letters")
    return ImageFont.truetype(str(_fonts[name]), size)


def mm(v, dpi=BASE_DPI):
    return int(round(v * dpi / 25.4))


def letters(folder, n, rng):
    """`n` page images (grey, 300 dpi)."""
    sources = []
    for i in range(n):
        parts = [("Plain", "ĐOÀN KHẢO SÁT HỒ ĐẬP SỐ " + str(i + 1)),
                 ("Plain", f"Số: {rng.randint(2, 400)}/BC-ĐKS")]
        if i % 3:
            parts += documents.HEADING
        parts += [("Head", rng.choice(TITLES))]
        for _ in range(rng.randint(5, 14)):
            text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(12, 60)))
            parts.append(("Plain", text.capitalize() + "."))
        path = folder / f"letter{i:02}.fodt"
        path.write_text(documents.fodt(parts))
        sources.append(path)
    documents.convert(sources, "pdf", folder)
    pages = []
    for s in sources:
        subprocess.run(["pdftoppm", "-r", str(BASE_DPI), "-gray", "-l", "1", "-singlefile",
                        str(s.with_suffix(".pdf")), str(s.with_suffix(""))], check=True)
        pages.append(Image.open(s.with_suffix(".pgm")).convert("L"))
    return pages


def cloud(size, rng, grain):
    """Smooth noise, 0 ... 1."""
    w, h = size
    small = numpy.array([[rng.random() for _ in range(max(2, w // grain + 2))]
                         for _ in range(max(2, h // grain + 2))])
    image = Image.fromarray((small * 255).astype("uint8"))
    return numpy.asarray(image.resize(size, Image.BICUBIC)).astype("float32") / 255


def wear(mask, amount, rng):
    """Ink that is missing in patches and specks."""
    a = numpy.asarray(mask).astype("float32") / 255
    noise = 0.55 * cloud(mask.size, rng, 40) + 0.45 * cloud(mask.size, rng, 5)
    keep = numpy.clip((noise - (amount - 0.35) * 0.75) * 4, 0.0, 1)
    strength = 1 - 0.5 * amount * cloud(mask.size, rng, 90)
    return Image.fromarray((a * keep * strength * 255).astype("uint8"))


def box_stamp(lines, size_mm, style, face, rng, points=13):
    """The ink of a stamp, white on black, upright."""
    scale = 2
    w, h = mm(size_mm[0]) * scale, mm(size_mm[1]) * scale
    image = Image.new("L", (w + 40, h + 40), 0)
    d = ImageDraw.Draw(image)
    line = max(2, int(mm(1) * scale * rng.uniform(0.25, 0.5)))
    gap = int(mm(1) * scale * rng.uniform(0.75, 1.1))
    if style in ("double", "single"):
        d.rectangle((20, 20, 20 + w, 20 + h), outline=255, width=line)
    if style == "double":
        d.rectangle((20 + gap, 20 + gap, 20 + w - gap, 20 + h - gap), outline=255,
                    width=max(2, line * 2 // 3))
    inner = (w - 2 * gap - mm(1.2) * scale, (h - 2 * gap - mm(0.6) * scale) // len(lines))
    size = int(points / 72 * BASE_DPI * scale)
    while size > 10:
        f = font(face, size)
        boxes = [d.textbbox((0, 0), t, font=f) for t in lines]
        if max(b[2] - b[0] for b in boxes) <= inner[0] and max(b[3] - b[1] for b in boxes) <= inner[1] * 1.02:
            break
        size = int(size * 0.96)
    for i, (text, b) in enumerate(zip(lines, boxes)):
        x = 20 + w // 2 - (b[0] + b[2]) // 2
        y = 20 + h // 2 + int((i - (len(lines) - 1) / 2) * inner[1]) - (b[1] + b[3]) // 2
        d.text((x, y), text, fill=255, font=f)
    return image.resize((image.width // scale, image.height // scale), Image.LANCZOS)


def round_seal(face, rng):
    r = mm(rng.uniform(16, 18))
    image = Image.new("L", (2 * r + 20, 2 * r + 20), 0)
    d = ImageDraw.Draw(image)
    c = r + 10
    d.ellipse((10, 10, 10 + 2 * r, 10 + 2 * r), outline=255, width=mm(0.6))
    d.ellipse((10 + mm(5), 10 + mm(5), 10 + 2 * r - mm(5), 10 + 2 * r - mm(5)), outline=255, width=mm(0.3))
    star = [(c + mm(5) * (1 if k % 2 == 0 else 0.4) * math.sin(k * math.pi / 5),
             c - mm(5) * (1 if k % 2 == 0 else 0.4) * math.cos(k * math.pi / 5)) for k in range(10)]
    d.polygon(star, fill=255)
    f = font(face, mm(3.2))
    for k, ch in enumerate("ĐOÀN KHẢO SÁT HỒ ĐẬP TRUNG ƯƠNG"):
        tile = Image.new("L", (mm(5), mm(5)), 0)
        ImageDraw.Draw(tile).text((mm(1), 0), ch, fill=255, font=f)
        angle = -130 + k * 260 / 31
        tile = tile.rotate(-angle, Image.BICUBIC)
        x = c + int((r - mm(2.7)) * math.sin(math.radians(angle))) - mm(2.5)
        y = c - int((r - mm(2.7)) * math.cos(math.radians(angle))) - mm(2.5)
        image.paste(ImageChops.lighter(image.crop((x, y, x + mm(5), y + mm(5))), tile), (x, y))
    return image


def press(page, ink, colour, xy, rng, worn, turn=3.5):
    """Multiplies a stamp into the page: what is black stays black."""
    ink = wear(ink, worn, rng)
    ink = ink.rotate(rng.uniform(-turn, turn), Image.BICUBIC, expand=True)
    ink = ink.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.4)))
    x, y = xy
    box = (x, y, x + ink.width, y + ink.height)
    under = numpy.asarray(page.crop(box)).astype("float32")
    a = numpy.asarray(ink).astype("float32")[:, :, None] / 255
    mix = under * (1 - a + a * numpy.array(colour, "float32") / 255)
    page.paste(Image.fromarray(mix.astype("uint8")), (x, y))
    return ink.size


def arrival(face, rng):
    """The stamp of a registry: a box with several lines."""
    lines = ["ĐOÀN KHẢO SÁT", f"ĐẾN  Số: {rng.randint(10, 999)}", f"Ngày: {rng.randint(1, 28)}/{rng.randint(1, 12)}"]
    return box_stamp(lines, (rng.uniform(42, 52), rng.uniform(20, 28)), "single", face, rng, 11)


def free_place(page, size, over, rng):
    """A place at the top: on text (`over`) or on paper."""
    w, h = mm(size[0]), mm(size[1])
    grey = numpy.asarray(page.convert("L").resize((page.width // 8, page.height // 8)))
    best = None
    for _ in range(60):
        x = rng.randint(mm(12), page.width - w - mm(20))
        y = rng.randint(mm(12), int(page.height * (0.55 if rng.random() < 0.7 else 0.85)) - h)
        dark = (grey[y // 8:(y + h) // 8, x // 8:(x + w) // 8] < 200).mean()
        rank = -abs(dark - 0.12) if over else -dark
        if best is None or rank > best[0]:
            best = (rank, x, y)
    return best[1], best[2]


def scan(page, dpi, grey, rng):
    page = page.rotate(rng.uniform(-1.2, 1.2), Image.BICUBIC, fillcolor=(255, 255, 255))
    page = page.resize((int(page.width * dpi / BASE_DPI), int(page.height * dpi / BASE_DPI)), Image.LANCZOS)
    if rng.random() < 0.4:
        page = page.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.7)))
    a = numpy.asarray(page).astype("float32")
    tint = numpy.array([255, rng.uniform(244, 255), rng.uniform(228, 255)], "float32")
    a = a * tint / 255
    noise = numpy.random.default_rng(rng.randrange(1 << 30))
    a += noise.normal(0, rng.uniform(1, 5), a.shape[:2])[:, :, None]
    a = 128 + (a - 128) * rng.uniform(0.82, 1.0) + rng.uniform(-4, 8)
    page = Image.fromarray(numpy.clip(a, 0, 255).astype("uint8"))
    return page.convert("L") if grey else page


def jpeg(page, dpi, quality):
    out = io.BytesIO()
    page.save(out, "JPEG", quality=quality, dpi=(dpi, dpi))
    return out.getvalue()


def pdf_of(jpegs):
    """A PDF whose pages are pictures: (bytes, width, height, dpi, grey); bytes that are no JPEG are JBIG2."""
    out = io.BytesIO()
    offsets = []

    def add(text, data=None):
        offsets.append(out.tell())
        out.write(f"{len(offsets)} 0 obj\n{text}\n".encode())
        if data is not None:
            out.write(b"stream\n" + data + b"\nendstream\n")
        out.write(b"endobj\n")

    out.write(b"%PDF-1.5\n")
    kids = " ".join(f"{3 + 3 * i} 0 R" for i in range(len(jpegs)))
    add("<</Type/Catalog/Pages 2 0 R>>")
    add(f"<</Type/Pages/Count {len(jpegs)}/Kids[{kids}]>>")
    for i, (data, w, h, dpi, grey) in enumerate(jpegs):
        pw, ph = w * 72 / dpi, h * 72 / dpi
        n = 3 + 3 * i
        add(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {pw:.2f} {ph:.2f}]/Contents {n + 1} 0 R"
            f"/Resources<</XObject<</I {n + 2} 0 R>>>>>>")
        content = f"q {pw:.2f} 0 0 {ph:.2f} 0 0 cm /I Do Q".encode()
        add(f"<</Length {len(content)}>>", content)
        is_jpeg = data[:2] == b"\xff\xd8"
        add(f"<</Type/XObject/Subtype/Image/Width {w}/Height {h}/BitsPerComponent {8 if is_jpeg else 1}/ColorSpace"
            f"/Device{'Gray' if grey else 'RGB'}/Filter/{'DCT' if is_jpeg else 'JBIG2'}Decode/Length {len(data)}>>",
            data)
    xref = out.tell()
    out.write(f"xref\n0 {len(offsets) + 1}\n0000000000 65535 f \n".encode())
    for o in offsets:
        out.write(f"{o:010} 00000 n \n".encode())
    out.write(f"trailer<</Size {len(offsets) + 1}/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF\n".encode())
    return out.getvalue()


# ITU-T T.88, table E.1: share of the less likely value, next state after each, whether they swap
MQ = [(0x5601, 1, 1, 1), (0x3401, 2, 6, 0), (0x1801, 3, 9, 0), (0x0ac1, 4, 12, 0), (0x0521, 5, 29, 0),
      (0x0221, 38, 33, 0), (0x5601, 7, 6, 1), (0x5401, 8, 14, 0), (0x4801, 9, 14, 0), (0x3801, 10, 14, 0),
      (0x3001, 11, 17, 0), (0x2401, 12, 18, 0), (0x1c01, 13, 20, 0), (0x1601, 29, 21, 0), (0x5601, 15, 14, 1),
      (0x5401, 16, 14, 0), (0x5101, 17, 15, 0), (0x4801, 18, 16, 0), (0x3801, 19, 17, 0), (0x3401, 20, 18, 0),
      (0x3001, 21, 19, 0), (0x2801, 22, 19, 0), (0x2401, 23, 20, 0), (0x2201, 24, 21, 0), (0x1c01, 25, 22, 0),
      (0x1801, 26, 23, 0), (0x1601, 27, 24, 0), (0x1401, 28, 25, 0), (0x1201, 29, 26, 0), (0x1101, 30, 27, 0),
      (0x0ac1, 31, 28, 0), (0x09c1, 32, 29, 0), (0x08a1, 33, 30, 0), (0x0521, 34, 31, 0), (0x0441, 35, 32, 0),
      (0x02a1, 36, 33, 0), (0x0221, 37, 34, 0), (0x0141, 38, 35, 0), (0x0111, 39, 36, 0), (0x0085, 40, 37, 0),
      (0x0049, 41, 38, 0), (0x0025, 42, 39, 0), (0x0015, 43, 40, 0), (0x0009, 44, 41, 0), (0x0005, 45, 42, 0),
      (0x0001, 45, 43, 0), (0x5601, 46, 46, 0)]


def jbig2_bits(pairs):
    """The arithmetic code of (context, bit) pairs."""
    out = bytearray([0])
    state, likely = [0] * 65536, [0] * 65536
    a, c, ct = 0x8000, 0, 12

    def byte_out():
        nonlocal c, ct
        if out[-1] != 0xff and c >= 0x8000000:
            out[-1] += 1
            c &= 0x7ffffff
        shift = 20 if out[-1] == 0xff else 19
        out.append(c >> shift & 0xff)
        c &= (1 << shift) - 1
        ct = shift - 13 + (shift == 19) * 2

    for cx, bit in pairs:
        less, after, after_less, turn = MQ[state[cx]]
        a -= less
        if bit == likely[cx]:
            if a & 0x8000:
                c += less
                continue
            if a < less:
                a = less
            else:
                c += less
            state[cx] = after
        else:
            if a < less:
                c += less
            else:
                a = less
            likely[cx] ^= turn
            state[cx] = after_less
        while True:
            a <<= 1
            c <<= 1
            ct -= 1
            if ct == 0:
                byte_out()
            if a & 0x8000:
                break
    limit = c + a
    c |= 0xffff
    if c >= limit:
        c -= 0x8000
    for _ in range(2):
        c <<= ct
        byte_out()
    return bytes(out[1:]) + b"\xff\xac"


def jbig2_of(page):
    """A page in black and white as JBIG2 in the form that PDF embeds: one generic region, template 3."""
    dark = numpy.asarray(page.convert("L")) < BLACK
    h, w = dark.shape
    wide = numpy.zeros((h + 1, w + 8), numpy.int32)
    wide[1:, 4:4 + w] = dark
    steps = [(-1, 0), (-2, 0), (-3, 0), (-4, 0), (2, -1), (1, -1), (0, -1), (-1, -1), (-2, -1), (-3, -1)]
    contexts = sum(wide[1 + y:1 + y + h, 4 + x:4 + x + w] << i for i, (x, y) in enumerate(steps))

    def pairs():
        before = 0
        for y in range(h):
            same = int((wide[y] == wide[y + 1]).all())
            yield 0x195, before ^ same
            before = same
            if not same:
                yield from zip(contexts[y].tolist(), wide[y + 1, 4:4 + w].tolist())

    def segment(number, kind, data):
        return struct.pack(">IBBBI", number, kind, 0, 1, len(data)) + data

    region = struct.pack(">IIIIBB", w, h, 0, 0, 0, 3 << 1 | 8) + b"\2\377" + jbig2_bits(pairs())
    return segment(0, 48, struct.pack(">IIIIBH", w, h, 0, 0, 0, 0)) + segment(1, 38, region)


def docx_of(picture, name="image1.png"):
    out = io.BytesIO()
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    rel = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/'
                   'package/2006/content-types"><Default Extension="png" ContentType="image/png"/>'
                   '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" '
                   'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
        z.writestr("_rels/.rels", f'<?xml version="1.0"?><Relationships xmlns="{rel}"><Relationship Id="r1" '
                   'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
                   'Target="word/document.xml"/></Relationships>')
        z.writestr("word/document.xml", f'<?xml version="1.0"?><w:document xmlns:w="{w}"><w:body><w:p><w:r><w:t>'
                   'Tổ khảo sát gửi bảng đo mực nước tuần này.</w:t></w:r></w:p></w:body></w:document>')
        z.writestr("word/media/" + name, picture)
    return out.getvalue()


class Maker:
    def __init__(self, folder, kind, seed, n_letters=10):
        self.rng = random.Random(f"{kind}{seed}")
        self.fonts, self.reds = SETS[kind], REDS[kind]
        self.kind = kind
        base = folder / "base"
        base.mkdir(parents=True, exist_ok=True)
        self.letters = letters(base, n_letters, self.rng)

    def face(self):
        return self.rng.choice(self.fonts)

    def page(self):
        return self.rng.choice(self.letters).convert("RGB")

    def seal(self, page):
        ink = round_seal(self.face(), self.rng)
        press(page, ink, self.rng.choice(self.reds),
              (self.rng.randint(page.width // 2, page.width - ink.width - mm(15)),
               self.rng.randint(page.height // 2, page.height - ink.height - mm(15))),
              self.rng, self.rng.uniform(0.2, 0.6), 20)

    def decorate(self, page):
        rng = self.rng
        if rng.random() < 0.6:
            self.seal(page)
        if rng.random() < 0.2:
            ink = arrival(self.face(), rng)
            press(page, ink, rng.choice(self.reds + [(60, 50, 150)]), (mm(15), mm(rng.randint(60, 120))), rng,
                  rng.uniform(0.1, 0.5))

    def stamp(self, page, lines, size, style=None, worn=None, over=None, points=13):
        rng = self.rng
        style = style or rng.choices(["double", "single", "none"], [80, 12, 8] if self.kind == "tune" else [75, 15, 10])[0]
        over = rng.random() < 0.55 if over is None else over
        worn = rng.uniform(0.15, 0.72) if worn is None else worn
        xy = free_place(page, size, over, rng)
        ink = box_stamp(lines, size, style, self.face(), rng, points)
        colour = rng.choice(self.reds)
        press(page, ink, colour, xy, rng, worn)
        return {"style": style, "worn": round(worn, 2), "over": over, "at": xy, "colour": colour}

    def stamped(self, i):
        rng = self.rng
        text, level, width = LEVELS[i % 3]
        page = self.page()
        self.decorate(page)
        size = (width * rng.uniform(0.95, 1.08), rng.uniform(7.6, 9))
        facts = self.stamp(page, [text], size, points=rng.choice([12, 13, 13, 14]))
        if rng.random() < 0.3:
            urgent, w = rng.choice(HARMLESS[:3])
            ink = box_stamp([urgent], (w, 8), "single", self.face(), rng)
            x, y = facts["at"]
            press(page, ink, facts["colour"], (min(x, page.width - ink.width - 10), y + mm(size[1] + rng.uniform(1.5, 5))),
                  rng, rng.uniform(0.1, 0.5))
        return page, level, text, facts

    def clean(self, i):
        """A page without a level: (page, what it shows)."""
        rng = self.rng
        page = self.page()
        d = ImageDraw.Draw(page)
        what = ["plain", "harmless", "harmless", "seal", "masthead", "table", "photo", "declassified",
                "arrival", "advert"][i % 10]
        if what == "plain":
            return page, what
        if what == "harmless":
            for text, w in rng.sample(HARMLESS, rng.choice([1, 1, 2])):
                self.stamp(page, [text], (w, rng.uniform(7.6, 9)))
            self.decorate(page)
        elif what == "seal":
            self.seal(page)
        elif what == "masthead":
            f = font(self.face(), mm(rng.uniform(6, 12)))
            d.text((mm(20), mm(8)), rng.choice(["ĐOÀN KHẢO SÁT", "TIN TỨC HÔM NAY", "MẶT TRẬN", "BÁO NHÂN VIÊN",
                                               "HỒ SƠ ĐẤU THẦU", "MẠNG LƯỚI"]), fill=rng.choice(self.reds), font=f)
            d.rectangle((mm(20), mm(25), mm(190), mm(26)), fill=rng.choice(self.reds))
        elif what == "table":
            for k in range(rng.randint(3, 8)):
                y = mm(40 + 12 * k)
                d.rectangle((mm(20), y, mm(20 + rng.choice([30, 40, 60])), y + mm(9)), outline=rng.choice(self.reds), width=4)
                d.text((mm(23), y + mm(1.5)), rng.choice(["CỘT MỘT", "MÃ SỐ", "MẶT CẮT", "MẤT", "MÁT", "TỔNG", "THẬT", "NHẬT KÝ", "1.250"]),
                       fill=rng.choice(self.reds), font=font(self.face(), mm(4.6)))
        elif what == "photo":
            w, h = mm(rng.randint(60, 160)), mm(rng.randint(40, 120))
            chans = [Image.fromarray((cloud((w, h), rng, rng.choice([30, 80, 200])) * 255).astype("uint8")) for _ in range(3)]
            page.paste(Image.merge("RGB", chans), (mm(20), mm(rng.randint(30, 120))))
        elif what == "declassified":
            text, _, w = rng.choice(LEVELS)
            self.stamp(page, [text], (w, 8), style="double", worn=rng.uniform(0.15, 0.5))
            self.stamp(page, ["GIẢI MẬT", f"Từ: {rng.randint(1, 28)}/{rng.randint(1, 12)}/2025"], (30, 13), style="double",
                       worn=rng.uniform(0.1, 0.35), over=False, points=13)
        elif what == "arrival":
            ink = arrival(self.face(), rng)
            press(page, ink, rng.choice(self.reds + [(60, 50, 150)]), (mm(rng.randint(12, 60)), mm(rng.randint(20, 90))), rng, 0.3)
            self.seal(page)
        else:
            x, y = mm(rng.randint(20, 90)), mm(rng.randint(20, 180))
            d.rectangle((x, y, x + mm(90), y + mm(30)), fill=rng.choice(self.reds))
            d.text((x + mm(6), y + mm(8)), rng.choice(["GIẢM GIÁ 50%", "MẬT ONG RỪNG", "KHUYẾN MẠI"]), fill=(255, 255, 255),
                   font=font(self.face(), mm(9)))
        return page, what


def make(folder, kind, seed, stamped, clean, dpis, grey):
    m = Maker(folder, kind, seed)
    rows = []
    for i in range(stamped + clean):
        state = m.rng.getstate()
        for dpi in dpis:
            m.rng.setstate(state)  # the same page at each scale
            if i < stamped:
                page, level, text, facts = m.stamped(i)
            else:
                (page, text), level, facts = m.clean(i - stamped), "none", {}
            quality = m.rng.randint(35, 90)
            shot = scan(page, dpi, grey, m.rng)
            name = f"{'g' if grey else 'c'}{dpi}-{i:04}.jpg"
            (folder / name).write_bytes(jpeg(shot, dpi, quality))
            rows.append({"file": name, "level": level, "text": text, "dpi": dpi, "grey": grey, "quality": quality, **facts})
    with open(folder / "manifest.json", "a") as out:
        for r in rows:
            out.write(json.dumps(r, ensure_ascii=False) + "\n")
    return rows


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out", type=pathlib.Path)
    p.add_argument("--seed", default="1")
    p.add_argument("--set", default="tune", choices=SETS)
    p.add_argument("--stamped", type=int, default=30)
    p.add_argument("--clean", type=int, default=30)
    p.add_argument("--dpi", default="150,200")
    p.add_argument("--grey", action="store_true")
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    make(a.out, a.set, a.seed, a.stamped, a.clean, [int(d) for d in a.dpi.split(",")], a.grey)


if __name__ == "__main__":
    main()
