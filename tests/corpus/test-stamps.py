#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stamps on scanned pages: how many are found, at the right level, and what is found where none is.

usage: test-stamps.py SEALGATE LIBEXEC RULES            a small set, with floors; measure-stamps.py measures
"""
import collections
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import pages
import scans
from PIL import Image

SEALGATE, LIBEXEC, RULES = sys.argv[1:4]


def scan(folder):
    r = subprocess.run([SEALGATE, "scan", "--json", "--jobs", "2", "--rules", RULES, str(folder)],
                       stdout=subprocess.PIPE, text=True, env={**os.environ, "SEALGATE_LIBEXEC": LIBEXEC})
    return {pathlib.Path(o["path"]).name: o for o in map(json.loads, r.stdout.splitlines())}


def is_ocr_here(folder):
    """Whether this build reads pictures at all."""
    Image.new("RGB", (700, 900), "white").save(folder / "probe.png")
    return scan(folder)["probe.png"]["completeness"] == "full"


def table(rows, got):
    """{(grey, dpi): Counter}"""
    out = collections.OrderedDict()
    for r in rows:
        o = got.get(r["file"])
        c = out.setdefault((r["grey"], r["dpi"]), collections.Counter())
        level = o["level"] if o else "not scanned"
        kind = "stamped" if r["level"] != "none" else "clean"
        c[kind] += 1
        c["ms"] += o["ms"] if o else 0
        if kind == "stamped":
            c["found"] += level == r["level"]
            c["wrong"] += level not in (r["level"], "none", "not scanned")
            c["unreadable"] += bool(o) and level == "none" and "unreadable-stamp" in o["tags"]
        else:
            c["false"] += level != "none"
            c["tagged"] += bool(o) and "unreadable-stamp" in o["tags"]
        if r["text"] == "declassified":
            c["declassified"] += 1
            c["declassified-seen"] += bool(o) and "declassified" in o["tags"]
        if (level != r["level"]):
            print(f"# {r['file']}: {level}, expected {r['level']}: {r['text']} {r.get('style', '')} "
                  f"{r.get('worn', '')}", flush=True)
    return out


def print_table(t):
    print("#         dpi   found        wrong  unreadable  false        tagged  declassified  ms/page")
    for (grey, dpi), c in t.items():
        print(f"# {'grey  ' if grey else 'colour'} {dpi:5}   {c['found']:3}/{c['stamped']:<3}      {c['wrong']:3}"
              f"    {c['unreadable']:3}         {c['false']:3}/{c['clean']:<3}     {c['tagged']:3}"
              f"     {c['declassified-seen']:2}/{c['declassified']:<2}        "
              f"{c['ms'] / max(1, c['stamped'] + c['clean']):6.0f}", flush=True)


def as_formats(folder, rows):
    """The same pages in other clothes; returns their rows."""
    more = []
    for i, r in enumerate(rows):
        path = folder / r["file"]
        image = Image.open(path)
        kind = ["jpg", "pdf", "png", "tif", "docx"][i % 5]
        if kind == "jpg":
            more.append(r)
            continue
        name = path.stem + "." + kind
        if kind == "pdf":
            data = pages.pdf_of([(path.read_bytes(), image.width, image.height, r["dpi"], r["grey"])])
        elif kind == "docx":
            out = io.BytesIO()
            image.save(out, "PNG", dpi=(r["dpi"], r["dpi"]))
            data = pages.docx_of(out.getvalue())
        else:
            out = io.BytesIO()
            image.save(out, "PNG" if kind == "png" else "TIFF", dpi=(r["dpi"], r["dpi"]),
                       **({"compression": "tiff_lzw"} if kind == "tif" else {}))
            data = out.getvalue()
        path.unlink()
        (folder / name).write_bytes(data)
        more.append({**r, "file": name})
    return more


def in_black(folder, rows):
    """Copies of grey pages in black and white, as office scanners write them: each as JBIG2 and as PNG."""
    names = []
    for r in rows:
        image = Image.open(folder / r["file"])
        stem = "bw-" + pathlib.Path(r["file"]).stem
        data = [(pages.jbig2_of(image), image.width, image.height, r["dpi"], True)]
        (folder / (stem + ".pdf")).write_bytes(pages.pdf_of(data))
        image.point(lambda v: 0 if v < pages.BLACK else 255).convert("1").save(
            folder / (stem + ".png"), dpi=(r["dpi"], r["dpi"]))
        names.append(stem)
    return names


def check(number, what, good):
    print(f"{'ok' if good else 'not ok'} {number} - {what}", flush=True)
    return bool(good)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp)
        if not is_ocr_here(folder):
            print("1..0 # SKIP stamps are not read in this build")
            return 0
    good = True
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp)
        rows = as_formats(folder, pages.make(folder, "tune", "ci", 15, 20, [200], False))
        grey = pages.make(folder, "tune", "ci", 9, 0, [200], True)
        black = in_black(folder, grey[:4])
        got = scan(folder)
        t = table(rows + grey, got)
        print_table(t)
        c, g = t[(False, 200)], t[(True, 200)]
        good &= check(1, f"colour: {c['found']} of {c['stamped']} stamps found, at least 13", c["found"] >= 13)
        good &= check(2, f"colour: {c['wrong']} at a wrong level", c["wrong"] == 0)
        good &= check(3, f"colour: {c['false']} of {c['clean']} pages without a level flagged", c["false"] == 0)
        good &= check(4, "GIẢI MẬT takes the level off", c["declassified-seen"] == c["declassified"])
        good &= check(5, f"grey: {g['found']} of {g['stamped']} stamps found, at least 7", g["found"] >= 7)
        good &= check(6, f"grey: {g['wrong']} at a wrong level", g["wrong"] == 0)
        both = [(got[n + ".pdf"]["level"], got[n + ".png"]["level"]) for n in black]
        good &= check(7, f"black and white: JBIG2 is read as PNG is: {both}", all(a == b for a, b in both))
        good &= check(8, "some of them are found", any(a != "none" for a, _ in both))
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp)
        rows = scans.make(folder, "tune", "ci", 2, 0, [200], ["internal", "turned"], 3)
        names = []
        for text in ("MẬT", "MẤT", "MẮT", "MẶT", "MÁT", "ĐẠT", "BẬT", "KHẨN", "BẢN SAO"):
            names.append(f"other-{len(names)}.jpg")
            (folder / names[-1]).write_bytes(scans.small_page(text, "tune", 200))
        got = scan(folder)
        found = sum(got[r["file"]]["level"] == r["level"] for r in rows)
        good &= check(9, f"{found} of {len(rows)} stamps in blue or on a turned page, at least 3", found >= 3)
        levels = [got[n]["level"] for n in names]
        good &= check(10, f"MẬT, and words that are nearly it: {levels}",
                      levels == ["confidential"] + ["none"] * (len(names) - 1))
    print("1..10")
    return 0 if good else 1


sys.exit(main())
