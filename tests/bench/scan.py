#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sealgate scan beside clamscan with one signature, over a folder of office documents that
LibreOffice makes, interleaved in one run.

usage: scan.py BUILD [--files 1000] [--rounds 3] [--folder DIR]
BUILD: a release build (meson setup --buildtype=release). Installs clamav where it is missing.
The folder is made once and used again where it is there.
"""
import argparse
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import documents

FORMATS = [("fodt", "docx", 30), ("fodt", "odt", 15), ("fodt", "pdf", 20), ("fodt", "txt:Text", 5),
           ("fods", "xlsx", 12), ("fods", "ods", 6), ("fodp", "pptx", 8), ("fodp", "odp", 4)]
MARKS = ["TUYỆT MẬT", "TỐI MẬT", "MẬT", "LƯU HÀNH NỘI BỘ"]
WORDS = """báo cáo kế hoạch công tác quý năm tỉnh huyện xã phường thực hiện triển khai đề nghị các
đơn vị phối hợp chỉ đạo kiểm tra giám sát kết quả nhiệm vụ giải pháp trọng tâm phát triển kinh tế xã
hội đầu tư xây dựng cơ sở hạ tầng giao thông thủy lợi giáo dục y tế văn hóa an ninh trật tự môi
trường tài nguyên quản lý nhà nước cải cách hành chính ứng dụng công nghệ thông tin dữ liệu mật khẩu
hệ thống người dân doanh nghiệp tổ chức cá nhân quy định pháp luật nghị định thông tư hướng dẫn""".split()


def sentence(rng):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(8, 22))).capitalize() + "."


def paragraphs(rng, n):
    return [" ".join(sentence(rng) for _ in range(rng.randint(2, 6))) for _ in range(n)]


def flat(kind, body):
    ns = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{u}:1.0"' for n, u in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"),
        ("style", "style"), ("presentation", "presentation"), ("svg", "svg-compatible")))
    return (f'<?xml version="1.0" encoding="UTF-8"?><office:document {ns} office:version="1.3" '
            f'office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:body>'
            f'<office:{kind}>{body}</office:{kind}></office:body></office:document>')


def source(rng, kind, mark):
    if kind == "fodt":
        head = documents.HEADING + ([("Stamp", mark)] if mark else [])
        return documents.fodt([("Plain", "ỦY BAN NHÂN DÂN HUYỆN"), ("Plain", "Số: 12/BC-UBND")] +
                              head + [("Plain", p) for p in paragraphs(rng, rng.randint(8, 40))])
    if kind == "fods":
        rows = ([[mark]] if mark else []) + [
            [sentence(rng)[:30], *(str(rng.randint(1, 10 ** 6)) for _ in range(6))]
            for _ in range(rng.randint(40, 200))]
        cells = "".join("<table:table-row>" + "".join(
            f"<table:table-cell><text:p>{c}</text:p></table:table-cell>" for c in r) +
            "</table:table-row>" for r in rows)
        return flat("spreadsheet", f'<table:table table:name="Bảng">{cells}</table:table>')
    pages = "".join(
        f'<draw:page><draw:frame svg:width="20cm" svg:height="10cm" svg:x="2cm" svg:y="4cm">'
        f'<draw:text-box><text:p>{p}</text:p></draw:text-box></draw:frame>' +
        (f'<draw:frame svg:width="6cm" svg:height="1cm" svg:x="2cm" svg:y="1cm"><draw:text-box>'
         f'<text:p>{mark}</text:p></draw:text-box></draw:frame>' if mark and n == 0 else "") +
        "</draw:page>" for n, p in enumerate(paragraphs(rng, rng.randint(5, 15))))
    return flat("presentation", pages)


def generate(folder, count):
    rng = random.Random(1)
    total = sum(weight for _, _, weight in FORMATS)
    for n, (kind, target, weight) in enumerate(FORMATS):
        part = folder / f"{n}-{target.split(':')[0]}"
        part.mkdir(parents=True)
        with tempfile.TemporaryDirectory() as tmp:
            sources = []
            for k in range(max(1, count * weight // total)):
                path = pathlib.Path(tmp) / f"{target.split(':')[0]}-{k:04}.{kind}"
                path.write_text(source(rng, kind, rng.choice(MARKS) if k % 2 else None))
                sources.append(path)
            for at in range(0, len(sources), 50):
                documents.convert(sources[at:at + 50], target, part)
                print(f"\r{part.name}: {at + len(sources[at:at + 50])}   ", end="",
                      file=sys.stderr)
    print(file=sys.stderr)


def measure(argv, env=None):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    p = subprocess.Popen(["/usr/bin/env", *argv], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, env={**os.environ, **(env or {})})
    out = p.stdout.read()
    p.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return cpu, time.monotonic() - begun, out


def peak(argv, env=None):
    """Largest resident size of one process, KiB, in a run of its own."""
    code = ("import resource,subprocess,sys;subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,"
            "stderr=subprocess.DEVNULL);print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    r = subprocess.run([sys.executable, "-c", code, *argv], stdout=subprocess.PIPE, text=True,
                       env={**os.environ, **(env or {})})
    return int(r.stdout)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("build")
    a.add_argument("--files", type=int, default=1000)
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--folder", default="/var/tmp/sealgate-bench-corpus")
    o = a.parse_args()
    folder = pathlib.Path(o.folder)
    if not folder.exists():
        generate(folder, o.files)
    if subprocess.run(["which", "clamscan"], stdout=subprocess.DEVNULL).returncode:
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "clamav"],
                       check=True, stdout=subprocess.DEVNULL)
    files = [p for p in folder.rglob("*") if p.is_file()]
    size = sum(p.stat().st_size for p in files)
    build = pathlib.Path(o.build).resolve()
    top = pathlib.Path(__file__).resolve().parent.parent.parent
    database = pathlib.Path(tempfile.mkdtemp()) / "one.ndb"
    database.write_text("Mark.TuyetMat:0:*:" + "TUYỆT MẬT".encode().hex() + "\n")
    ours = [str(build / "agent/ctl/sealgate"), "scan", "--json", "--jobs", "1", "--rules",
            str(top / "rules"), str(folder)]
    env = {"SEALGATE_LIBEXEC": str(build / "agent/scan")}
    theirs = ["clamscan", "-r", "--no-summary", "-d", str(database), str(folder)]
    cpu = {"sealgate scan": [], "clamscan, one signature": []}
    wall = {k: [] for k in cpu}
    for _ in range(o.rounds):
        for name, argv, e in (("sealgate scan", ours, env), ("clamscan, one signature", theirs, None)):
            c, w, out = measure(argv, e)
            cpu[name].append(c)
            wall[name].append(w)
            if name == "sealgate scan":
                found = sum(b'"level":"none"' not in line for line in out.splitlines())
                seen = len(out.splitlines())
    print(f"{len(files)} files, {size / 1e6:.1f} MB; one core each, least of {o.rounds} "
          "interleaved rounds")
    print(f"{'':26}{'CPU s':>8}{'files/s':>9}{'peak MB':>9}")
    for name, argv, e in (("sealgate scan", ours, env), ("clamscan, one signature", theirs, None)):
        print(f"{name:26}{min(cpu[name]):8.2f}{len(files) / min(wall[name]):9.0f}"
              f"{peak(argv, e) / 1024:9.0f}")
    ratio = min(cpu["clamscan, one signature"]) / min(cpu["sealgate scan"])
    print(f"sealgate needs {ratio:.1f} times less CPU; it read {seen} and found {found} classified")


main()
