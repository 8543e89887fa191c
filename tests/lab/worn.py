#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scanned pages with and without stamps by a second hand: it shares no code with pages.py and scans.py, so that
a figure isn't that of one generator. Other letters, other wear (ink that is thin, uneven, smeared, pressed twice),
other scanners (grain, folds, the other side shining through, hard contrast, skew). Everything is fictional.

usage: worn.py OUT [--seed N] [--stamped N] [--clean N] [--dpi 150,200] [--modes colour,grey,bw] [--kinds K,...]

--stamped and --clean are numbers of pages per mode and scale; kinds take turns.
"""
import argparse
import io
import json
import math
import pathlib
import random
import sys

import numpy
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

DPI = 300  # of what is drawn
FACES = ["LinBiolinum_RB.otf", "LinLibertine_RZ.otf", "OpenSans-Semibold.ttf", "OpenSans-CondBold.ttf", "RobotoCondensed-Bold.ttf",
         "NotoSansDisplay-Bold.ttf", "texgyrebonum-bold.otf", "texgyreheroscn-bold.otf", "lmroman12-bold.otf", "lmsans10-bold.otf",
         "texgyretermes-bold.otf", "texgyretermes-bold.otf"]
BODY = ["texgyretermes-regular.otf", "NotoSerif-Regular.ttf", "OpenSans-Regular.ttf", "lmroman10-regular.otf"]
LEVELS = [("TUYỆT MẬT", "top-secret", 40), ("TỐI MẬT", "secret", 30), ("MẬT", "confidential", 20)]
INTERNAL = [("LƯU HÀNH NỘI BỘ", "internal", 48), ("NỘI BỘ", "internal", 26), ("TÀI LIỆU NỘI BỘ", "internal", 46)]
KINDS = ["plain", "text", "signature", "faded", "smeared", "twice", "skewed", "bleed", "outside", "folded", "seal", "grain"]
# words that a box or a red line of a page without a level holds
BOXED = ["ĐÃ KÝ", "BẢN CHÍNH", "HOẢ TỐC", "KHẨN", "THƯỢNG KHẨN", "ĐÃ THU TIỀN", "ĐÃ XUẤT KHO", "CHUYỂN KHOẢN", "MẶT TRƯỚC", "MẶT SAU",
         "BẬC THỢ", "ĐÃ ĐỌC", "NHẬT TRÌNH", "TỐI ĐA", "TỐI THIỂU", "TUYỆT ĐỐI", "MẤT DẤU", "VẬT TƯ", "THẬT", "KÝ NHẬN", "TỐI NAY",
         "TỔNG HỢP", "LUẬT SƯ", "DUYỆT", "MẠT CƯA", "PHÒNG MẠNG", "SỔ TAY", "ĐẠT YÊU CẦU", "MẪU SỐ 2", "HÀNG MẪU", "TỐT NHẤT"]
RED_LINES = ["HỘI ĐỒNG GIÁM SÁT KÊNH ĐÀO", "BẢO MẬT KHI HỌP TRỰC TUYẾN", "MẬT ONG BẠC HÀ", "MẶT ĐƯỜNG SỐ BẢY", "TUYỆT VỜI MÙA HÈ",
             "THÔNG BÁO KHẨN", "TỐI THỨ BẢY HÀNG TUẦN", "NỘI BỘ SẠCH, ĐẬP VỮNG", "CÔNG BỐ DỰ BÁO LŨ", "GIẤY KHEN", "HÓA ĐƠN BÁN HÀNG"]
CLEAN = ["letterhead", "office-seal", "square-seal", "red-line", "boxes", "boxes-over-text", "cells", "photo", "certificate", "receipt",
         "signed-box", "handwriting", "plain", "date-stamp", "form", "map"]
SYLLABLES = """nước hồ đập kênh cửa xả mùa lũ trạm bơm đo sáng chiều tổ đội người trực ca ghi sổ mức cao thấp mái dốc cỏ đá bê tông
thân khe nứt thấm rò van tời cáp điện máy dầu kho chìa khóa gửi nhận kèm bảng số liệu tuần tháng quý năm nay qua được cần phải sửa
mật độ bảo mật mặt bằng tuyệt đối tối đa nội dung bộ phận lưu giữ thi hành""".split()

_paths = {}


def face(name, size):
    if name not in _paths:
        folders = ("/usr/share/fonts", "/usr/share/texmf/fonts")
        _paths[name] = next((p for d in folders for p in pathlib.Path(d).rglob(name)), None)
        if not _paths[name]:
            sys.exit(f"{name} is not here: tests/install-deps stamps")
        letters = ImageFont.truetype(str(_paths[name]), 40)
        if any(bytes(letters.getmask(c)) == bytes(letters.getmask("\uffff")) for c in "ẬỆỐỏ"):
            sys.exit(f"{name} has no Vietnamese letters")
    return ImageFont.truetype(str(_paths[name]), max(8, int(size)))


def mm(v):
    return int(round(v * DPI / 25.4))


def noise(size, rng, grain):
    """Soft noise of blotches that are `grain` pixels wide, 0 ... 1."""
    g = numpy.random.default_rng(rng.randrange(1 << 31))
    small = g.random((max(2, size[1] // grain + 2), max(2, size[0] // grain + 2)), dtype="float32")
    return numpy.asarray(Image.fromarray((small * 255).astype("uint8")).resize(size, Image.BICUBIC)).astype("float32") / 255


def sentence(rng, n):
    return " ".join(rng.choice(SYLLABLES) for _ in range(n)).capitalize() + "."


def letter(rng, dark=(25, 25, 28)):
    """An A4 page of typed text; returns it and where lines stand."""
    page = Image.new("RGB", (mm(210), mm(297)), "white")
    d = ImageDraw.Draw(page)
    name, lines = rng.choice(BODY), []
    size, pitch = mm(rng.uniform(4.0, 4.8)), mm(rng.uniform(6.4, 8.2))
    f = face(name, size)
    d.text((mm(20), mm(14)), "TRẠM THỦY NÔNG SÔNG NGÀN", fill=dark, font=face(name, mm(4.2)))
    d.text((mm(20), mm(20)), f"Số: {rng.randint(1, 900)}/TTr-TTN", fill=dark, font=face(name, mm(4.2)))
    if rng.random() < 0.7:
        d.text((mm(96), mm(14)), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", fill=dark, font=face(name, mm(4)))
        d.text((mm(112), mm(20)), "Độc lập - Tự do - Hạnh phúc", fill=dark, font=face(name, mm(4)))
    y, end = mm(rng.uniform(36, 52)), mm(rng.uniform(150, 245))
    while y < end:
        text, x = sentence(rng, rng.randint(30, 70)), mm(30)
        while text and y < end:
            n = len(text)
            while f.getlength(text[:n]) > mm(190) - x:
                n = text.rfind(" ", 0, n)
            d.text((x, y), text[:n], fill=dark, font=f)
            lines.append((x, y))
            text, x, y = text[n:].strip(), mm(22), y + pitch
    d.text((mm(125), end + mm(8)), "TRẠM TRƯỞNG", fill=dark, font=face(name, mm(4.4)))
    return page, lines, end


def rubber(text, size, rng, style=None):
    """What a rubber stamp leaves when it is new: white on black."""
    k, pad = 2, 24
    w, h = mm(size[0]) * k, mm(size[1]) * k
    ink = Image.new("L", (w + 2 * pad, h + 2 * pad), 0)
    d = ImageDraw.Draw(ink)
    style = style or rng.choices(["double", "single", "round", "bare"], [70, 14, 8, 8])[0]
    gap = mm(rng.uniform(0.7, 1.05)) * k
    if style in ("double", "single"):
        d.rectangle((pad, pad, pad + w, pad + h), outline=255, width=max(3, mm(rng.uniform(0.28, 0.5)) * k))
    if style == "round":
        d.rounded_rectangle((pad, pad, pad + w, pad + h), radius=mm(1.4) * k, outline=255, width=mm(0.45) * k)
    if style == "double":
        d.rectangle((pad + gap, pad + gap, pad + w - gap, pad + h - gap), outline=255, width=max(3, mm(rng.uniform(0.2, 0.3)) * k))
    name, points = rng.choice(FACES), rng.choice([12.5, 13, 13.5, 14])
    tall, wide = h - 2 * gap - mm(1) * k, w - 2 * gap - mm(2.4) * k
    while True:
        f = face(name, points / 72 * DPI * k)
        box = f.getbbox(text)
        if box[2] - box[0] <= wide and box[3] - box[1] <= tall or points < 7:
            break
        points *= 0.97
    d.text((pad + (w - box[0] - box[2]) // 2, pad + (h - box[1] - box[3]) // 2), text, fill=255, font=f)
    return ink.resize((ink.width // k, ink.height // k), Image.LANCZOS), style


def worn_ink(ink, kind, rng):
    """How much ink gets to the paper, 0 ... 1, by pixel; `kind` says what the hand did."""
    if kind == "smeared":  # too much ink: it runs
        ink = ink.filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.GaussianBlur(rng.uniform(0.8, 1.5)))
    if kind == "twice":  # the hand shook
        weak, shift = rng.uniform(0.25, 0.5), (mm(rng.uniform(-0.5, 0.5)), mm(rng.uniform(-0.45, 0.45)))
        ink = ImageChops.lighter(ink, ImageChops.offset(ink, *shift).point(lambda v: int(v * weak)))
    a = numpy.asarray(ink).astype("float32") / 255
    h, w = a.shape
    # one side was pressed less than the other
    angle, fall = rng.uniform(0, 2 * math.pi), rng.uniform(0.05, 0.45)
    y, x = numpy.mgrid[-0.5:0.5:h * 1j, -0.5:0.5:w * 1j].astype("float32")
    a *= 1 - fall * (0.5 + x * math.cos(angle) + y * math.sin(angle))
    # the grain of the paper takes ink unevenly, some spots take none
    bite = 0.5 * noise((w, h), rng, 3) + 0.5 * noise((w, h), rng, rng.choice([14, 30, 60]))
    dry = rng.uniform(0.08, 0.30) + (0.08 if kind == "faded" else 0)
    a *= numpy.clip((bite - dry) * 6, 0, 1)
    strength = rng.uniform(0.38, 0.6) if kind == "faded" else rng.uniform(0.7, 1)
    return a * strength


def turned(a, angle):
    return numpy.asarray(Image.fromarray((numpy.clip(a, 0, 1) * 255).astype("uint8")).rotate(
        angle, Image.BICUBIC, expand=True)).astype("float32") / 255


def lay(page, a, colour, x, y):
    """Ink lets through what is below it; what lies beyond the page is lost."""
    h, w = a.shape
    x0, y0, x1, y1 = max(0, x), max(0, y), min(page.width, x + w), min(page.height, y + h)
    if x1 <= x0 or y1 <= y0:
        return
    part = a[y0 - y:y1 - y, x0 - x:x1 - x, None]
    under = numpy.asarray(page.crop((x0, y0, x1, y1))).astype("float32")
    page.paste(Image.fromarray((under * (1 - part * (1 - numpy.array(colour, "float32") / 255))).astype("uint8")), (x0, y0))


def red(rng):
    return (rng.randint(165, 235), rng.randint(15, 70), rng.randint(20, 80))


def blue(rng):
    return (rng.randint(20, 90), rng.randint(30, 80), rng.randint(130, 190))


def pen(page, rng, x, y, w, h, colour, width=None):
    """A signature: loops of a pen from left to right."""
    points, phase = [], rng.uniform(0, 6)
    fast, slow = rng.uniform(5, 9), rng.uniform(1, 3)
    for i in range(120):
        t = i / 119
        points.append((x + w * (t + 0.12 * math.sin(fast * 2 * t * 3 + phase)),
                       y + h * (0.5 + 0.42 * math.sin(fast * 3 * t + phase) * math.cos(slow * t * 3))))
    ImageDraw.Draw(page).line(points, fill=colour, width=width or rng.randint(4, 8), joint="curve")


def office_seal(page, rng, x, y, colour):
    """A round seal with a star, letters around it, a name below."""
    r, k = mm(rng.uniform(15.5, 18)), 1
    ink = Image.new("L", (2 * r + 8, 2 * r + 8), 0)
    d, c = ImageDraw.Draw(ink), r + 4
    for radius, width in ((r, 0.7), (r - mm(1.2), 0.25), (r - mm(6), 0.35)):
        d.ellipse((c - radius, c - radius, c + radius, c + radius), outline=255, width=mm(width) * k)
    f = face(rng.choice(FACES), mm(3.4))
    text = "TRẠM THỦY NÔNG SÔNG NGÀN"
    for i, ch in enumerate(text):
        a = math.radians(-120 + 240 * i / (len(text) - 1))
        tile = Image.new("L", (mm(6), mm(6)), 0)
        ImageDraw.Draw(tile).text((mm(3), mm(3)), ch, fill=255, font=f, anchor="mm")
        tile = tile.rotate(-math.degrees(a), Image.BICUBIC)
        at = (int(c + (r - mm(3.6)) * math.sin(a)) - mm(3), int(c - (r - mm(3.6)) * math.cos(a)) - mm(3))
        ink.paste(ImageChops.lighter(tile, ink.crop((*at, at[0] + mm(6), at[1] + mm(6)))), at)
    if rng.random() < 0.5:
        d.text((c, c), "TRẠM\nSÔNG NGÀN", fill=255, font=face(rng.choice(FACES), mm(3.6)), anchor="mm", align="center")
    else:
        star = [(c + mm(5) * (1, 0.4)[i % 2] * math.sin(i * math.pi / 5), c - mm(5) * (1, 0.4)[i % 2] * math.cos(i * math.pi / 5))
                for i in range(10)]
        d.polygon(star, fill=255)
    lay(page, turned(worn_ink(ink, "", rng), rng.uniform(-20, 20)), colour, x, y)


def box_of(page, rng, text, colour, x, y, over=False):
    f = face("texgyretermes-bold.otf", mm(4.6))
    size = (f.getlength(text) * 25.4 / DPI + rng.uniform(6, 9), rng.uniform(7.6, 9.6))
    if not over:
        ImageDraw.Draw(page).rectangle((x - mm(2), y - mm(2), x + mm(size[0] + 4), y + mm(size[1] + 4)), fill="white")
    ink, _ = rubber(text, size, rng, rng.choice(["double", "single", "single", "round"]))
    lay(page, turned(worn_ink(ink, "", rng), rng.uniform(-5, 5)), colour, x, y)
    return size


def gradient(rng, w, h):
    """A picture that might be a photograph: smooth colours and shapes."""
    planes = [noise((w, h), rng, rng.choice([60, 160, 300])) * rng.uniform(0.5, 1) for _ in range(3)]
    image = Image.fromarray((numpy.stack(planes, axis=2) * 255).astype("uint8"))
    d = ImageDraw.Draw(image)
    for _ in range(rng.randint(3, 12)):
        x, y, s = rng.randrange(w), rng.randrange(h), rng.randint(20, 220)
        shape = rng.choice([d.ellipse, d.rectangle])
        shape((x, y, x + s, y + int(s * rng.uniform(0.3, 1.2))), fill=tuple(rng.randint(0, 255) for _ in range(3)))
    return image.filter(ImageFilter.GaussianBlur(3))


def stamped(rng, i, kind, words):
    text, level, width = words[i % len(words)]
    page, lines, end = letter(rng)
    ink, style = rubber(text, (width * rng.uniform(0.96, 1.06), rng.uniform(7.7, 8.8)), rng)
    colour = red(rng)
    angle = rng.uniform(-5, 5)
    a = turned(worn_ink(ink, kind, rng), angle)
    x, y = rng.choice([(mm(rng.randint(18, 40)), mm(26)), (mm(rng.randint(120, 150)), mm(27)), (mm(rng.randint(60, 100)), mm(3))])
    if kind in ("text", "grain", "smeared") and lines:
        at = rng.choice(lines)
        x, y = at[0] + mm(rng.randint(0, 110)), at[1] - mm(rng.uniform(0, 6))
    elif kind == "signature":
        x, y = mm(rng.randint(105, 140)), end + mm(rng.randint(14, 22))
    elif kind == "outside":
        x = page.width - int(a.shape[1] * rng.uniform(0.88, 0.96)) if rng.random() < 0.5 else -int(a.shape[1] * rng.uniform(0.04, 0.1))
        y = mm(rng.randint(8, 60)) if rng.random() < 0.6 else -int(a.shape[0] * rng.uniform(0.03, 0.12))
        if y < 0:
            x = mm(rng.randint(20, 140))
    else:
        ImageDraw.Draw(page).rectangle((x, y, x + a.shape[1], y + a.shape[0]), fill="white")
    lay(page, a, colour, x, y)
    if kind == "signature":
        pen(page, rng, x - mm(4), y - mm(4), mm(rng.randint(30, 50)), mm(14), rng.choice([blue(rng), (20, 20, 30)]))
    if kind == "seal":
        office_seal(page, rng, x + rng.choice([-mm(22), a.shape[1] - mm(12)]), y - mm(rng.randint(2, 20)), red(rng))
    elif rng.random() < 0.5:
        office_seal(page, rng, mm(110), end - mm(2), red(rng))
        pen(page, rng, mm(125), end + mm(14), mm(40), mm(14), blue(rng))
    return page, level, text, {"style": style, "angle": round(angle, 1), "at": [x, y]}


def clean(rng, what):
    page, lines, end = letter(rng)
    d = ImageDraw.Draw(page)
    if what == "letterhead":
        c = red(rng)
        d.rectangle((0, 0, page.width, mm(34)), fill="white")
        d.polygon([(mm(20), mm(26)), (mm(30), mm(8)), (mm(40), mm(26))], fill=c)
        d.text((mm(46), mm(9)), rng.choice(RED_LINES[:6]), fill=c, font=face(rng.choice(FACES), mm(rng.uniform(5.5, 8))))
        d.text((mm(46), mm(19)), "Ấp Bờ Kênh, xã Sông Ngàn - Điện thoại 0123", fill=c, font=face(BODY[0], mm(4)))
        d.rectangle((mm(18), mm(29), mm(192), mm(30)), fill=c)
    elif what in ("office-seal", "handwriting"):
        office_seal(page, rng, mm(rng.randint(20, 130)), end - mm(rng.randint(0, 40)), red(rng))
        pen(page, rng, mm(120), end + mm(12), mm(45), mm(16), rng.choice([red(rng), blue(rng)]))
        for _ in range(rng.randint(1, 4) if what == "handwriting" else 0):
            x, y = rng.choice(lines)
            pen(page, rng, x, y, mm(rng.randint(20, 60)), mm(rng.randint(6, 12)), red(rng))
    elif what == "square-seal":
        x, y, s, c = mm(rng.randint(20, 140)), mm(rng.randint(40, 220)), mm(rng.randint(14, 24)), red(rng)
        d.rectangle((x, y, x + s, y + s), outline=c, width=mm(0.8))
        for i, word in enumerate(rng.sample(["THẬT", "VẬT", "NHẬT", "MẠNH", "LUẬT", "TÍN"], 2)):
            d.text((x + s // 2, y + s * (2 * i + 1) // 4), word, fill=c, font=face(rng.choice(FACES), s // 4), anchor="mm")
    elif what == "red-line":
        for _ in range(rng.randint(1, 3)):
            x, y = rng.choice(lines)
            d.rectangle((0, y - mm(2), page.width, y + mm(10)), fill="white")
            d.text((x, y), rng.choice(RED_LINES), fill=red(rng), font=face(rng.choice(FACES), mm(rng.uniform(4.5, 9))))
    elif what.startswith("boxes"):
        y = mm(rng.randint(26, 60))
        for _ in range(rng.randint(1, 4)):
            box_of(page, rng, rng.choice(BOXED), rng.choice([red, red, blue])(rng), mm(rng.randint(12, 140)), y, what != "boxes")
            y += mm(rng.randint(14, 50))
    elif what == "cells":
        x, y, w, h, c = mm(20), mm(rng.randint(60, 130)), mm(rng.choice([20, 28, 34, 42])), mm(rng.uniform(7.5, 10)), red(rng)
        for row in range(rng.randint(3, 8)):
            for col in range(mm(170) // w):
                fill = rng.choice(["white", "white", (250, 225, 225), (225, 235, 250), c])
                d.rectangle((x + col * w, y + row * h, x + (col + 1) * w, y + (row + 1) * h), outline=rng.choice([c, (0, 0, 0)]), width=3,
                            fill=fill)
                d.text((x + col * w + w // 2, y + row * h + h // 2), rng.choice(BOXED)[:int(w / mm(3.6))],
                       fill="white" if fill == c else rng.choice([c, (20, 20, 20)]), font=face("texgyretermes-bold.otf", mm(3.9)), anchor="mm")
    elif what == "photo":
        w, h = mm(rng.randint(70, 180)), mm(rng.randint(50, 150))
        page.paste(gradient(rng, w, h), (mm(rng.randint(5, 25)), mm(rng.randint(20, 120))))
    elif what == "certificate":
        c = red(rng)
        for gap, width in ((8, 1.6), (11, 0.5), (13, 0.5)):
            d.rectangle((mm(gap), mm(gap), page.width - mm(gap), page.height - mm(gap)), outline=c, width=mm(width))
        d.rectangle((mm(20), mm(24), mm(190), mm(60)), fill="white")
        d.text((page.width // 2, mm(40)), rng.choice(["GIẤY KHEN", "CHỨNG NHẬN", "TUYỆT VỜI", "BẰNG KHEN"]), fill=c,
               font=face(rng.choice(FACES), mm(14)), anchor="mm")
    elif what == "receipt":
        d.rectangle((mm(110), 0, page.width, mm(36)), fill="white")
        d.text((mm(130), mm(12)), f"Số: {rng.randint(100000, 999999):07}", fill=red(rng), font=face(rng.choice(FACES), mm(6)))
        box_of(page, rng, rng.choice(["ĐÃ THU TIỀN", "CHUYỂN KHOẢN", "ĐÃ XUẤT KHO"]), red(rng), mm(rng.randint(30, 110)), mm(80), True)
    elif what == "signed-box":
        c, x, y = rng.choice([red(rng), (20, 120, 40), blue(rng)]), mm(rng.randint(90, 115)), mm(rng.randint(30, 240))
        d.rectangle((x, y, x + mm(72), y + mm(20)), outline=c, width=4, fill="white")
        for i, text in enumerate(["Ký bởi: Trạm Thủy Nông", f"Ngày ký: {rng.randint(1, 28)}/{rng.randint(1, 12)}/2025", "Chữ ký hợp lệ"]):
            d.text((x + mm(3), y + mm(2 + 5.5 * i)), text, fill=c, font=face(BODY[2], mm(3.6)))
    elif what == "date-stamp":
        for _ in range(rng.randint(1, 3)):
            text = f"{rng.randint(1, 28):02} {rng.choice(['THG', 'T', 'THÁNG'])} {rng.randint(1, 12):02} 2025"
            ink, _ = rubber(text, (rng.uniform(34, 44), 8), rng, "bare")
            x, y = rng.choice(lines)
            lay(page, turned(worn_ink(ink, "", rng), rng.uniform(-8, 8)), rng.choice([red, blue])(rng), x + mm(rng.randint(0, 100)), y)
    elif what == "form":
        y, c = mm(rng.randint(40, 70)), rng.choice([(0, 0, 0), red(rng), blue(rng)])
        for _ in range(rng.randint(4, 9)):
            x = mm(rng.randint(15, 130))
            w, h = mm(rng.choice([20, 30, 40, 50])), mm(8)
            d.rectangle((x - mm(1), y - mm(1), x + w + mm(1), y + h + mm(1)), fill="white")
            d.rectangle((x, y, x + w, y + h), outline=c, width=4)
            d.text((x + w // 2, y + h // 2), rng.choice(BOXED)[:int(w / mm(3.4))], fill=c, font=face("texgyretermes-bold.otf", mm(4)), anchor="mm")
            y += mm(rng.randint(10, 20))
    elif what == "map":
        for _ in range(40):
            x, y = rng.randint(mm(20), mm(180)), rng.randint(mm(40), mm(230))
            c = rng.choice([red(rng), blue(rng), (60, 140, 60)])
            points = [(x, y)]
            for _ in range(6):
                points.append((points[-1][0] + rng.randint(-mm(12), mm(12)), points[-1][1] + rng.randint(-mm(12), mm(12))))
            d.line(points, fill=c, width=rng.randint(3, 8))
            if rng.random() < 0.3:
                d.text((x, y), rng.choice(BOXED), fill=c, font=face(rng.choice(FACES), mm(4)))
    return page


def machine(page, mode, kind, dpi, rng, other):
    """(bytes, ending): what a scanner makes of the page."""
    skew = rng.uniform(-1.5, 1.5) if kind != "skewed" else rng.choice([-1, 1]) * rng.uniform(2, 4.5)
    page = page.resize((page.width * dpi // DPI, page.height * dpi // DPI), Image.BOX if rng.random() < 0.3 else Image.LANCZOS)
    page = page.rotate(skew, Image.BICUBIC, fillcolor=(255, 255, 255))
    a = numpy.asarray(page).astype("float32")
    h, w = a.shape[:2]
    if kind == "bleed" or rng.random() < 0.1:  # the other side shines through
        back = other.resize((w, h), Image.LANCZOS).convert("L").transpose(Image.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur(1.2))
        a *= (1 - (1 - numpy.asarray(back).astype("float32") / 255) * rng.uniform(0.12, 0.28))[:, :, None]
    grain = rng.uniform(0.04, 0.09) if kind == "grain" else rng.uniform(0, 0.03)
    a *= (1 - grain * noise((w, h), rng, 2) - grain * noise((w, h), rng, 9))[:, :, None]
    if kind == "folded" or rng.random() < 0.08:
        at = rng.randint(h // 10, h - h // 10)
        a[at:at + rng.randint(1, 3)] *= rng.uniform(0.6, 0.85)
        a[max(0, at - h // 40):at] *= numpy.linspace(1, 0.93, at - max(0, at - h // 40))[:, None, None]
    if rng.random() < 0.25:  # the lid was not shut: a dark edge
        n = rng.randint(4, w // 30)
        a[:, :n] *= numpy.linspace(rng.uniform(0.2, 0.6), 1, n)[None, :, None]
    a *= numpy.array([1, rng.uniform(0.96, 1), rng.uniform(0.88, 1)], "float32")
    a = (a - 255) * rng.uniform(0.85, 1.08) + rng.uniform(240, 258)
    g = numpy.random.default_rng(rng.randrange(1 << 31))
    speckle = g.standard_normal((701, 701, 1), dtype="float32") * rng.uniform(1, 5) + g.standard_normal((701, 701, 3), dtype="float32") * rng.uniform(0, 2)
    a += numpy.tile(speckle, (h // 701 + 1, w // 701 + 1, 1))[:h, :w]
    image = Image.fromarray(numpy.clip(a, 0, 255).astype("uint8"))
    if rng.random() < 0.5:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.8)))
    if mode != "colour":  # scanners differ in what they take for brightness
        image = rng.choice([image.convert("L"), image.convert("L"), image.getchannel("G"),
                            Image.fromarray(numpy.asarray(image).mean(axis=2).astype("uint8"))])
    out = io.BytesIO()
    if mode == "bw":  # against the brightness around it
        local = numpy.asarray(image.filter(ImageFilter.BoxBlur(dpi // 6))).astype("float32")
        dark = numpy.asarray(image) < local * rng.uniform(0.78, 0.9)
        Image.fromarray(~dark).convert("1").save(out, "PNG", dpi=(dpi, dpi))
        return out.getvalue(), "png"
    image.save(out, "JPEG", quality=rng.randint(40, 70), dpi=(dpi, dpi))
    return out.getvalue(), "jpg"


def make(folder, seed, stamped_n, clean_n, dpis, modes, kinds):
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    other = letter(random.Random(f"{seed}/other"))[0]
    for mode in modes:
        for i in range(stamped_n + clean_n):
            rng = random.Random(f"{seed}/{mode}/{i}")
            if i < stamped_n:
                kind = kinds[i % len(kinds)]
                words = INTERNAL if i % 10 == 9 else LEVELS
                page, level, text, facts = stamped(rng, i // len(kinds) + i, kind, words)
            else:
                kind, level, facts = rng.choice(["", "", "skewed", "bleed", "folded", "grain"]), "none", {}
                text = CLEAN[(i - stamped_n) % len(CLEAN)]
                page = clean(rng, text)
            state = rng.getstate()
            for dpi in dpis:  # the same page at each scale
                rng.setstate(state)
                data, ending = machine(page, mode, kind, dpi, rng, other)
                name = f"{mode}-{dpi}-{i:04}.{ending}"
                (folder / name).write_bytes(data)
                rows.append({"file": name, "kind": kind if i < stamped_n else "clean-" + text, "level": level, "text": text, "dpi": dpi,
                             "mode": mode, **facts})
    (folder / "manifest.json").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))
    return rows


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out", type=pathlib.Path)
    p.add_argument("--seed", default="1")
    p.add_argument("--stamped", type=int, default=36)
    p.add_argument("--clean", type=int, default=32)
    p.add_argument("--dpi", default="150,200")
    p.add_argument("--modes", default="colour,grey")
    p.add_argument("--kinds", default=",".join(KINDS))
    a = p.parse_args()
    make(a.out, a.seed, a.stamped, a.clean, [int(d) for d in a.dpi.split(",")], a.modes.split(","), a.kinds.split(","))


if __name__ == "__main__":
    main()
