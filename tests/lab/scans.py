#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""More kinds of scanned pages than pages.py: stamps and typed headings in every way that offices and
phones make pictures of them, and as many harmless pages. Everything is fictional.

usage: scans.py OUT [--seed N] [--set tune|final] [--stamped N] [--clean N] [--dpi 150,200] [--kinds K,...]

--stamped is the number of pages per kind and scale, --clean that of harmless pages per scale and mode.
"""
import argparse
import io
import json
import pathlib
import random
import sys

import numpy
from PIL import Image, ImageDraw, ImageFilter

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import pages
from pages import mm

FONTS = {
    "tune": ["FreeSerifBold.ttf", "FreeSerifBold.ttf", "FreeSerifBold.ttf", "FreeSansBold.ttf", "DejaVuSerif-Bold.ttf",
             "DejaVuSansCondensed-Bold.ttf"],
    "final": ["texgyretermes-bold.otf", "texgyretermes-bold.otf", "NotoSerif-Bold.ttf", "OpenSans-Bold.ttf",
              "LinLibertine_RB.otf", "Roboto-Bold.ttf"],
    "unseen": pages.SETS["unseen"],
}
BLUES = {
    "tune": [(40, 50, 160), (60, 40, 150), (90, 50, 160), (30, 70, 170), (110, 40, 140), (20, 30, 120)],
    "final": [(50, 60, 170), (76, 44, 156), (24, 48, 140), (120, 60, 160), (46, 84, 180)],
    "unseen": [(36, 56, 150), (68, 50, 164), (100, 46, 150), (28, 64, 160)],
}
INTERNAL = [("LƯU HÀNH NỘI BỘ", 46), ("TÀI LIỆU NỘI BỘ", 44), ("NỘI BỘ", 26), ("XEM XONG TRẢ LẠI", 46)]
OTHERS = [("MẤT", 20), ("MẮT", 20), ("MÁT", 20), ("MẶT", 20), ("HOẢ TỐC", 30), ("HỎA TỐC", 30), ("KHẨN", 20),
          ("THƯỢNG KHẨN", 40), ("BẢN SAO", 30), ("ĐÃ DUYỆT", 34), ("CÓ MẶT", 28), ("VẮNG MẶT", 34), ("NHẬT", 22),
          ("MỘT", 20), ("MÓT", 20), ("BẬT", 20), ("TỐT", 20), ("MÃ SỐ", 24), ("SAO Y", 24), ("ĐÃ MẤT", 26),
          ("ĐẠT", 20), ("HỦY", 18), ("ĐÃ KIỂM TRA", 40), ("TRẬT TỰ", 30)]
TYPED = [("Độ mật: Tối mật", "secret"), ("Độ mật: Mật", "confidential"), ("ĐỘ MẬT: TUYỆT MẬT", "top-secret"),
         ("LƯU HÀNH NỘI BỘ", "internal"), ("TÀI LIỆU LƯU HÀNH NỘI BỘ", "internal"), ("TUYỆT MẬT", "top-secret"),
         ("TỐI MẬT", "secret")]
# what a kind of stamped page is: (mode of the scan, what is stamped)
KINDS = {
    "colour": ("colour", "level"), "grey": ("grey", "level"), "bw": ("bw", "level"), "bw-clear": ("bw", "clear"),
    "small": ("colour", "small"), "small-grey": ("grey", "small"),
    "internal": ("colour", "internal"), "blue": ("colour", "blue"), "internal-grey": ("grey", "internal"),
    "phone": ("phone", "level"), "turned": ("turned", "level"), "turned-grey": ("turned-grey", "level"),
    "typed": ("grey", "typed"), "typed-turned": ("turned-grey", "typed"),
    "signed": ("colour", "signed"), "sealed": ("colour", "sealed"), "sealed-grey": ("grey", "sealed"),
    "edge": ("colour", "edge"), "faded": ("worn", "faded"),
}
CAPITALS = ["BẢO MẬT THÔNG TIN", "MẬT ĐỘ DÂN SỐ", "MẶT TRẬN TỔ QUỐC", "MẶT BẰNG TẦNG MỘT", "MẬT MÃ HỌC", "KÝ MẬT ONG",
            "TUYỆT TÁC", "TỐI ƯU HÓA", "DANH SÁCH VẮNG MẶT", "PHIẾU TRÌNH", "BIÊN BẢN GIAO NHẬN", "ĐƠN XIN NGHỈ PHÉP"]
HARMLESS_MODES = ["colour", "grey", "bw", "phone", "turned"]


def signature(page, rng, colour, at=None):
    d = ImageDraw.Draw(page)
    x, y = at or (rng.randint(page.width // 2, page.width - mm(60)), rng.randint(int(page.height * 0.6), int(page.height * 0.85)))
    points = [(x, y)]
    for _ in range(rng.randint(12, 30)):
        px, py = points[-1]
        points.append((max(x - mm(5), min(x + mm(45), px + rng.randint(-mm(6), mm(9)))),
                       max(y - mm(12), min(y + mm(12), py + rng.randint(-mm(8), mm(8))))))
    d.line(points, fill=colour, width=rng.randint(4, 9), joint="curve")


def chart(page, rng):
    d = ImageDraw.Draw(page)
    x, y, w, h = mm(rng.randint(20, 60)), mm(rng.randint(40, 150)), mm(rng.randint(70, 130)), mm(rng.randint(40, 80))
    d.rectangle((x, y, x + w, y + h), outline=(60, 60, 60), width=3, fill=(252, 252, 252))
    colours = [(200, 40, 40), (40, 90, 180), (230, 150, 30), (60, 150, 70), (150, 30, 60)]
    n = rng.randint(3, 9)
    for i in range(n):
        top = rng.randint(0, h - mm(8))
        left = x + mm(4) + i * (w - mm(8)) // n
        d.rectangle((left, y + mm(4) + top, left + (w - mm(8)) // n - mm(2), y + h), fill=rng.choice(colours))
    d.text((x, y + h + mm(2)), "Biểu đồ mực nước các tháng", fill=(40, 40, 40), font=pages.font("FreeSerifBold.ttf", mm(4)))


def logo(page, face, rng, red):
    """A letterhead: an emblem, a company's name, a rule."""
    d = ImageDraw.Draw(page)
    x, y, s = mm(rng.randint(15, 30)), mm(rng.randint(8, 16)), mm(rng.randint(12, 24))
    d.rectangle((x - mm(2), y - mm(2), x + mm(170), y + s + mm(2)), fill="white")
    if rng.random() < 0.5:
        d.ellipse((x, y, x + s, y + s), fill=red)
    else:
        d.rectangle((x, y, x + s * 2, y + s // 2), fill=red)
    d.text((x + s * 2 + mm(6), y), rng.choice(["CÔNG TY XÂY LẮP SÔNG ĐÀO", "MẶT TRỜI ĐỎ", "TẬP ĐOÀN HỒ ĐẬP", "NGÂN HÀNG BẾN NƯỚC",
                                              "NHẬT MINH", "MAT BAO LAND"]), fill=red, font=pages.font(face, mm(rng.uniform(5, 8))))
    d.rectangle((x, y + s + mm(2), x + mm(165), y + s + mm(3)), fill=red)


def grid(page, face, rng, colour):
    """A table, whose cells have a stamp's size."""
    d = ImageDraw.Draw(page)
    x, y, w, h = mm(20), mm(rng.randint(50, 150)), mm(rng.choice([20, 30, 40])), mm(rng.choice([7, 8, 9, 10]))
    rows, columns = rng.randint(3, 9), rng.randint(2, 170 * 300 // 25 // w + 1)
    columns = max(2, min(columns, mm(170) // w))
    d.rectangle((x - mm(1), y - mm(1), x + w * columns + mm(1), y + h * rows + mm(1)), fill="white")
    words = ["STT", "TÊN", "MÃ SỐ", "CÓ MẶT", "MẶT", "NGÀY", "ĐẠT", "MỘT", "HAI", "1.250", "NHẬT", "MÓNG", "MẶT CẮT", "TỔNG", "GHI CHÚ",
             "TỐT", "MẤT", "ĐẾN", "Tuyết", "Mạt", "Tới nơi", "Nguyễn Mật"]
    for r in range(rows):
        for c in range(columns):
            d.rectangle((x + c * w, y + r * h, x + (c + 1) * w, y + (r + 1) * h), outline=colour, width=3)
            d.text((x + c * w + mm(1.5), y + r * h + mm(1.2)), rng.choice(words), fill=colour, font=pages.font(face, mm(4.2)))


def form(page, face, rng, colour):
    """Boxes of a form or an exam paper, each with a word or two in capitals."""
    d = ImageDraw.Draw(page)
    y = mm(rng.randint(10, 40))
    for _ in range(rng.randint(3, 7)):
        x, w, h = mm(rng.randint(12, 120)), mm(rng.choice([20, 28, 30, 40, 52])), mm(rng.uniform(7.5, 11))
        d.rectangle((x - mm(2), y - mm(2), x + w + mm(2), y + h + mm(2)), fill="white")
        d.rectangle((x, y, x + w, y + h), outline=colour, width=rng.choice([3, 4, 6]))
        if rng.random() < 0.4:
            d.rectangle((x + mm(1), y + mm(1), x + w - mm(1), y + h - mm(1)), outline=colour, width=2)
        text = rng.choice(["MÃ ĐỀ 132", "SỐ PHÁCH", "ĐỀ THI THỬ", "SỐ TỜ", "ĐIỂM", "MÔN TOÁN", "PHÒNG 12", "MẪU 01", "MẶT 1", "MÃ SỐ",
                           "SỐ THẺ", "TỔNG", "MỤC A", "NHẬN", "ĐÃ THU", "MIỄN PHÍ", "KÝ TÊN"])
        f = pages.font(face, mm(rng.uniform(3.6, 4.8)))
        box = d.textbbox((0, 0), text, font=f)
        d.text((x + (w - box[2]) // 2, y + (h - box[3] - box[1]) // 2), text, fill=colour, font=f)
        y += h + mm(rng.randint(4, 24))


def heading(page, face, rng, colour):
    """A line in capitals that has a level's letters, upright or on its side."""
    f = pages.font(face, mm(rng.uniform(4.2, 7)))
    text = rng.choice(CAPITALS)
    tile = Image.new("RGB", (int(f.getlength(text)) + mm(6), mm(12)), "white")
    ImageDraw.Draw(tile).text((mm(3), mm(2)), text, fill=colour, font=f)
    if rng.random() < 0.4:
        tile = tile.rotate(rng.choice([90, 270]), expand=True)
    page.paste(tile, (rng.randint(mm(10), max(mm(11), page.width - tile.width - mm(10))), mm(rng.randint(8, 80))))


def perspective(page, rng):
    """What a phone sees: the page on a table, from aslant, in uneven light."""
    w, h = page.size
    pad = int(w * rng.uniform(0.03, 0.09))
    desk = tuple(rng.randint(40, 170) for _ in range(3))
    back = Image.new("RGB", (w + 2 * pad, h + 2 * pad), desk)
    back.paste(page, (pad, pad))
    w, h = back.size
    shift = [rng.uniform(-0.035, 0.035) for _ in range(8)]
    to = [(shift[0] * w, shift[1] * h), (w + shift[2] * w, shift[3] * h), (w + shift[4] * w, h + shift[5] * h),
          (shift[6] * w, h + shift[7] * h)]
    at = [(0, 0), (w, 0), (w, h), (0, h)]
    rows, b = [], []
    for (x, y), (u, v) in zip(at, to):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        b += [u, v]
    k = numpy.linalg.solve(numpy.array(rows), numpy.array(b))
    out = back.transform(back.size, Image.PERSPECTIVE, tuple(k), Image.BICUBIC, fillcolor=desk)
    a = numpy.asarray(out).astype("float32")
    light = pages.cloud(out.size, rng, max(out.size) // 2)
    a *= (1 - rng.uniform(0.15, 0.5) * light)[:, :, None]
    a *= numpy.array([rng.uniform(0.92, 1.04), rng.uniform(0.92, 1.0), rng.uniform(0.8, 1.0)], "float32")
    return Image.fromarray(numpy.clip(a, 0, 255).astype("uint8"))


class Maker(pages.Maker):
    def __init__(self, folder, kind, seed, n_letters=10):
        super().__init__(folder, kind, seed + "-scans", n_letters)
        self.fonts, self.blues = FONTS[kind], BLUES[kind]

    def paste_stamp(self, page, text, size, colours, points, style=None, over=None, worn=None):
        saved, self.reds = self.reds, colours
        facts = self.stamp(page, [text], size, style=style, over=over, points=points, worn=worn)
        self.reds = saved
        return facts

    def typed(self, page, i):
        rng = self.rng
        text, level = TYPED[i % len(TYPED)]
        d = ImageDraw.Draw(page)
        x, y = mm(rng.randint(18, 110)), mm(rng.uniform(7, 12))
        f = pages.font(self.face(), mm(rng.uniform(4.2, 5.4)))
        box = d.textbbox((x, y), text, font=f)
        d.rectangle((box[0] - mm(2), 0, box[2] + mm(2), box[3] + mm(1)), fill="white")
        d.text((x, y), text, fill=(10, 10, 10), font=f)
        if rng.random() < 0.5:
            ink = pages.round_seal(self.face(), rng)
            pages.press(page, ink, rng.choice(self.reds), (min(box[2] + mm(2), page.width - ink.width - mm(6)), mm(3)), rng, 0.4, 20)
        return level, text, {}

    def one(self, what, i):
        """(page, level, text, facts)"""
        rng = self.rng
        page = self.page()
        self.decorate(page)
        if what == "typed":
            return (page, *self.typed(page, i))
        text, level, width = pages.LEVELS[i % 3]
        size = (width * rng.uniform(0.95, 1.08), rng.uniform(7.6, 9))
        points, colours, style, over = rng.choice([12, 13, 13, 14]), self.reds, None, None
        if what == "small":
            size, points = (size[0] * 0.75, size[1] * 0.75), 10
        elif what == "internal":
            (text, width), level = INTERNAL[i % len(INTERNAL)], "internal"
            size, style = (width * rng.uniform(0.95, 1.1), rng.uniform(7.6, 9.5)), rng.choice(["single", "single", "double"])
            colours = rng.choice([self.reds, self.blues, self.blues])
        elif what == "blue":
            colours = self.blues
        elif what == "clear":
            over = False
        if what == "edge":
            return (self.cut_off(page, text, size, points), level, text, {})
        facts = self.paste_stamp(page, text, size, colours, points, style, over, rng.uniform(0.6, 0.8) if what == "faded" else None)
        x, y = facts["at"]
        if what == "signed":
            signature(page, rng, rng.choice([(30, 40, 150), (20, 20, 20), (20, 30, 120)]), (x + mm(rng.randint(-4, 12)), y + mm(4)))
        elif what == "sealed":  # a round seal that reaches into the stamp
            ink = pages.round_seal(self.face(), rng)
            at = (x + mm(size[0] * rng.choice([-0.7, 0.85])), y - mm(rng.uniform(8, 24)))
            pages.press(page, ink, rng.choice(self.reds), (max(0, min(at[0], page.width - ink.width - mm(2))), max(0, at[1])), rng, 0.4, 20)
        return page, level, text, facts

    def cut_off(self, page, text, size, points):
        """A stamp at the upper edge, whose frame a scanner cut off there."""
        rng = self.rng
        ink = pages.box_stamp([text], size, rng.choice(["double", "single"]), self.face(), rng, points)
        x = rng.randint(mm(8), page.width - ink.width - mm(12))
        ImageDraw.Draw(page).rectangle((x - mm(3), 0, x + ink.width + mm(3), mm(14)), fill="white")
        pages.press(page, ink, rng.choice(self.reds), (x, mm(1)), rng, rng.uniform(0.15, 0.6), 1.5)
        return page.crop((0, mm(rng.uniform(1.2, 2.6)), page.width, page.height))

    def harmless(self, i):
        rng = self.rng
        what = ["others", "form", "logo", "heading", "chart", "grid", "signature", "pages", "pages", "pages", "others-blue", "others",
                "form", "heading"][i % 14]
        if what == "pages":
            return super().clean(i // 14 * 3 + i % 14 - 7)
        page = self.page()
        if what.startswith("others"):
            colours = self.blues if what == "others-blue" else self.reds
            for text, w in rng.sample(OTHERS, rng.choice([1, 1, 2])):
                self.paste_stamp(page, text, (w * rng.uniform(0.95, 1.08), rng.uniform(7.6, 9)), colours, 13)
            self.decorate(page)
        elif what == "logo":
            logo(page, self.face(), rng, rng.choice(self.reds))
        elif what == "signature":
            signature(page, rng, rng.choice([(30, 40, 150), (20, 20, 20), (200, 30, 40)]))
            self.seal(page)
        elif what == "chart":
            chart(page, rng)
        elif what == "form":
            form(page, self.face(), rng, rng.choice([(0, 0, 0), (0, 0, 0), (30, 50, 150), *self.reds[:2]]))
        elif what == "heading":
            heading(page, self.face(), rng, rng.choice([(0, 0, 0), (30, 50, 150), *self.reds[:2]]))
            self.decorate(page)
        else:
            grid(page, self.face(), rng, rng.choice([(0, 0, 0), (0, 0, 0), (30, 50, 150), (200, 20, 30)]))
        return page, what


def shoot(page, mode, dpi, rng):
    """(bytes, ending) of a page as it comes from a machine."""
    quality = rng.randint(12, 30) if mode == "worn" else rng.randint(35, 90)
    if mode.startswith("turned"):
        page = page.rotate(rng.choice([90, 180, 270]), expand=True)
    if mode == "phone":
        page = perspective(page, rng)
    shot = pages.scan(page, dpi, mode in ("grey", "bw", "turned-grey"), rng)
    if mode == "bw":
        out = io.BytesIO()
        limit = rng.choice([128, pages.BLACK, 170])
        shot.point(lambda v: 0 if v < limit else 255).convert("1").save(out, "PNG", dpi=(dpi, dpi))
        return out.getvalue(), "png"
    if mode == "phone":  # no scale, and more pixels than a scan of that size
        out = io.BytesIO()
        shot.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.8))).save(out, "JPEG", quality=quality)
        return out.getvalue(), "jpg"
    return pages.jpeg(shot, dpi, quality), "jpg"


def small_page(text, kind, dpi):
    """A red stamp of a level's size on a sheet of its own."""
    rng = random.Random(text)
    page = Image.new("RGB", (mm(120), mm(80)), "white")
    width = {3: 20, 4: 24}.get(len(text), 32)
    ink = pages.box_stamp([text], (width, 8.2), "double", FONTS[kind][0], rng)
    pages.press(page, ink, pages.REDS[kind][0], (mm(20), mm(20)), rng, 0.25)
    return pages.jpeg(pages.scan(page, dpi, False, rng), dpi, 75)


def make(folder, kind, seed, stamped, clean, dpis, kinds, n_letters=10):
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    m = Maker(folder, kind, seed, n_letters)

    def put(label, dpi, mode, i, page, level, text, facts):
        data, ending = shoot(page, mode, dpi, m.rng)
        name = f"{label}-{dpi}-{i:04}.{ending}"
        (folder / name).write_bytes(data)
        rows.append({"file": name, "kind": label, "level": level, "text": text, "dpi": dpi, **facts})

    for label in kinds:
        mode, what = KINDS[label]
        for i in range(stamped):
            m.rng = random.Random(f"{kind}/{seed}/{label}/{i}")
            page, level, text, facts = m.one(what, i)
            state = m.rng.getstate()
            for dpi in dpis:
                m.rng.setstate(state)
                put(label, dpi, mode, i, page, level, text, facts)
    for mode in HARMLESS_MODES:
        for i in range(clean):
            m.rng = random.Random(f"{kind}/{seed}/clean-{mode}/{i}")
            page, what = m.harmless(i)
            state = m.rng.getstate()
            for dpi in dpis:
                m.rng.setstate(state)
                put("clean-" + mode, dpi, mode, i, page, "none", what, {})
    with open(folder / "manifest.json", "w") as out:
        for r in rows:
            out.write(json.dumps(r, ensure_ascii=False) + "\n")
    return rows


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out", type=pathlib.Path)
    p.add_argument("--seed", default="1")
    p.add_argument("--set", default="tune", choices=FONTS)
    p.add_argument("--stamped", type=int, default=12)
    p.add_argument("--clean", type=int, default=20)
    p.add_argument("--dpi", default="150,200")
    p.add_argument("--kinds", default=",".join(KINDS))
    a = p.parse_args()
    make(a.out, a.set, a.seed, a.stamped, a.clean, [int(d) for d in a.dpi.split(",")],
         [k for k in a.kinds.split(",") if k])


if __name__ == "__main__":
    main()
