#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Files of every format, cut off and with bytes turned: each must end in facts within the time limit.

usage: test-malformed.py SEALGATE LIBEXEC RULES
"""
import bz2
import gzip
import io
import json
import lzma
import os
import pathlib
import random
import subprocess
import sys
import tarfile
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import documents
import offices

SEALGATE, LIBEXEC, RULES = sys.argv[1:4]
SEED = 20260515
CUTS = 14
FLIPS = 14
PARTS = [("line", "SỞ THỦY LỢI"), ("stamp", "TỐI MẬT"), ("head", "BÁO CÁO")] + [
    ("body", f"Hồ chứa số {n} vận hành ổn định, riêng hồ Khe Sậy thấm ở vai phải đập.") for n in range(20)]
ROWS = [["STT", "Họ và tên"]] + [[str(n), f"Lê Thị Mận {n}"] for n in range(20)]
# LibreOffice makes these of one source each
OFFICE = {"fodt": ["doc", "rtf", "odt", "pdf", "html"], "fods": ["xls", "ods"], "fodp": ["ppt", "pptx", "odp"]}
# What must not come of any file.
NEVER = {"crashed", "timed-out"}


def originals(folder):
    offices.docx(folder / "a.docx", PARTS, header="TỐI MẬT")
    offices.workbook(folder / "a.xlsx", ROWS, lambda *_: None)
    offices.drawn(folder / "b.pdf", PARTS)
    offices.pandoc(folder / "a.epub", PARTS)
    offices.plain(folder / "a.txt", PARTS, "utf-16")
    inner = (folder / "a.docx").read_bytes()
    offices.mail(folder / "a.eml", "[TỐI MẬT] Báo cáo", "Xin ý kiến.\n", attached=[("a.docx", inner)])
    (folder / "a.mbox").write_bytes(b"From a Tue Nov  3 08:12:00 2026\n" + (folder / "a.eml").read_bytes())
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        t.add(folder / "a.docx", "a.docx")
    (folder / "a.tar").write_bytes(out.getvalue())
    (folder / "a.tar.gz").write_bytes(gzip.compress(out.getvalue()))
    (folder / "a.tar.xz").write_bytes(lzma.compress(out.getvalue()))
    (folder / "a.tar.bz2").write_bytes(bz2.compress(out.getvalue()))
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.write(folder / "a.docx", "tài liệu/a.docx")
    subprocess.run(["7z", "a", "-bd", str(folder / "a.7z"), str(folder / "a.docx")], check=True,
                   stdout=subprocess.DEVNULL)
    for kind, text in (("fodt", documents.fodt(documents.SECRET, header="TỐI MẬT")),
                       ("fods", offices.sheets(("Bảng", ROWS), header="TỐI MẬT")),
                       ("fodp", offices.slides(["KẾ HOẠCH", "TỐI MẬT"], notes="TỐI MẬT"))):
        source = folder / f"lo.{kind}"
        source.write_text(text)
        for target in OFFICE[kind]:
            documents.convert([source], target, folder)
    return sorted(p for p in folder.iterdir() if p.is_file())


def spoilt(content, dice):
    """Pairs of a name and bytes."""
    for n in range(CUTS):
        # the ends matter most: headers in front, directories behind
        at = dice.choice([dice.randrange(1, min(len(content), 600)), dice.randrange(1, len(content)),
                          len(content) - dice.randrange(1, min(len(content), 200))])
        yield f"cut{n}", content[:at]
    for n in range(FLIPS):
        copy = bytearray(content)
        for _ in range(dice.choice([1, 1, 3, 10, 40])):
            copy[dice.randrange(len(copy))] ^= 1 << dice.randrange(8)
        yield f"flip{n}", bytes(copy)
    half = len(content) // 2
    yield "twice", content + content
    yield "halves", content[half:] + content[:half]


def scan(folder):
    # A file for stderr: the worker may not write files, and a library that complains must not die of it.
    with open(folder.parent / "stderr", "w", encoding="utf-8") as err:
        r = subprocess.run([SEALGATE, "scan", "--json", "--rules", RULES, str(folder)], stdout=subprocess.PIPE,
                           stderr=err, text=True, check=False, env={**os.environ, "SEALGATE_LIBEXEC": LIBEXEC})
    return {pathlib.Path(o["path"]).name: o for o in map(json.loads, r.stdout.splitlines())}


def main():
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        (tmp / "whole").mkdir()
        (tmp / "spoilt").mkdir()
        dice = random.Random(SEED)
        groups = {}
        for path in originals(tmp / "whole"):
            for what, content in spoilt(path.read_bytes(), dice):
                name = f"{path.stem}-{what}{path.suffix}"
                (tmp / "spoilt" / name).write_bytes(content)
                groups.setdefault(path.name, []).append(name)
        whole, got = scan(tmp / "whole"), scan(tmp / "spoilt")
    failed = 0
    for n, (kind, names) in enumerate(groups.items()):
        wrong = [f"{name}: " + (",".join(got[name]["reasons"]) if name in got else "no facts")
                 for name in names if name not in got or NEVER & set(got[name]["reasons"])]
        if kind not in whole or whole[kind]["completeness"] != "full":
            wrong.append(f"{kind}: the file itself is not read")
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {n + 1} - {kind} ({len(names)})")
        for line in wrong:
            print("# " + line)
    print(f"1..{len(groups)}")
    return 1 if failed else 0


sys.exit(main())
