#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The bars that the project has set for the cost of scanning, and how each is measured:

whole scan, CPU     >= 25 x less than converters and grep, 12 x than clamscan, 12 x than yara
                    bench-scan.py; the peers' rules are in peer_rules.py
small documents     >= 4,000 OOXML and ODF files of about 10 KB a second and core: here
a DOCX of 20 KB     <= 1 ms of CPU in a warm worker: here, with bench-worker
memory              <= 48 MB resident for the largest worker without pictures: here
numbers             a CSV of numbers costs no more than five times as much as prose: here
PDF                 >= 8 x less CPU than poppler, as a library: here, with bench-pdf
matching            bench-match; canonical text against ICU: bench-canon
XML                 >= 1 GB/s and 8 x libxml2's SAX: bench-xml
CPU by format       bench-format, which a profiler can look into

usage: bench-bars.py BUILD [--folder DIR] [--rounds 5]
BUILD: a release build with bench-worker and bench-pdf built. DIR: the documents of bench-scan.py,
which makes them. Figures are the least of the rounds; the start of the scan is taken off (measured
with one tiny document), for an agent's workers are warm.
"""
import argparse
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from prose import sentence

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
ZIPPED = ("docx", "xlsx", "pptx", "odt", "ods", "odp")
SMALL = range(8_000, 12_001)
TEXT = 16 << 20


class Scan:
    def __init__(self, build, rounds):
        self.argv = [str(build / "agent/ctl/sealgate"), "scan", "--json", "--jobs", "1", "--rules",
                     str(TOP / "rules")]
        self.env = {**os.environ, "SEALGATE_LIBEXEC": str(build / "agent/scan")}
        self.rounds = rounds
        self.start = 0.0
        with tempfile.TemporaryDirectory() as tmp:
            (pathlib.Path(tmp) / "a.txt").write_text("a\n")
            self.start = self.cpu(tmp)

    def once(self, path):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*self.argv, str(path)], stdout=subprocess.DEVNULL, env=self.env)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def cpu(self, path):
        return min(self.once(path) for _ in range(self.rounds)) - self.start

    def peak(self, path):
        """Largest resident size of one process, MB: the worker's."""
        code = ("import resource,subprocess,sys;subprocess.run(sys.argv[1:],"
                "stdout=subprocess.DEVNULL);"
                "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        out = subprocess.run([sys.executable, "-c", code, *self.argv, str(path)], check=True,
                             stdout=subprocess.PIPE, env=self.env).stdout
        return int(out) / 1024


def small_documents(scan, files, tmp):
    """Each of the right size many times over, so that the clock's ticks don't matter."""
    chosen = [f for f in files if f.suffix[1:] in ZIPPED and f.stat().st_size in SMALL]
    folder = tmp / "small"
    folder.mkdir()
    for n in range(2000):
        source = chosen[n % len(chosen)]
        shutil.copyfile(source, folder / f"{n:04}{source.suffix}")
    cpu = scan.cpu(folder)
    kinds = ", ".join(sorted({f.suffix[1:] for f in chosen}))
    print(f"small documents ({kinds} of 8 to 12 KB): {2000 / cpu:.0f} files/s, bar 4000")


def docx_of(size, source, path):
    """The DOCX `source` with more paragraphs, until it is of this size."""
    rng = random.Random(1)
    added = b""
    while not path.exists() or path.stat().st_size < size:
        added += f"<w:p><w:r><w:t>{sentence(rng)}</w:t></w:r></w:p>".encode()
        with zipfile.ZipFile(source) as old, \
                zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                data = old.read(name)
                if name == "word/document.xml":
                    body, tag, rest = data.rpartition(b"<w:sectPr")
                    data = body + added + tag + rest
                new.writestr(name, data)


def warm_docx(build, files, tmp):
    docx = tmp / "warm.docx"
    docx_of(20_000, max((f for f in files if f.suffix == ".docx"), key=lambda f: f.stat().st_size),
            docx)
    out = subprocess.run([build / "tests/bench/bench-worker", build / "agent/scan/sealgate-scan",
                          TOP / "rules", docx], check=True, stdout=subprocess.PIPE,
                         text=True).stdout
    ms = re.search(r": ([0-9.]+) ms CPU", out).group(1)
    print(f"a DOCX of {docx.stat().st_size} bytes in a warm worker: {ms} ms of CPU, bar 1")


def numbers(scan, tmp):
    rng = random.Random(1)
    prose, csv = tmp / "prose.txt", tmp / "numbers.csv"
    with prose.open("w") as f:
        while f.tell() < TEXT:
            f.write(sentence(rng) + "\n")
    with csv.open("w") as f:
        while f.tell() < TEXT:
            f.write(",".join(str(rng.randrange(10 ** rng.randrange(1, 13)))
                             for _ in range(12)) + "\n")
    speed = {p: TEXT / 1e6 / scan.cpu(p) for p in (prose, csv)}
    print(f"numbers: {speed[csv]:.0f} MB/s, prose {speed[prose]:.0f} MB/s: "
          f"{speed[prose] / speed[csv]:.1f} x, bar 5")


def pdf(build, files):
    chosen = [str(f) for f in files if f.suffix == ".pdf"][:100]
    print("PDF, bar 8 x:")
    sys.stdout.flush()
    subprocess.run([build / "tests/bench/bench-pdf", *chosen], check=True)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("build")
    a.add_argument("--folder", default="/var/tmp/sealgate-bench-scan")
    a.add_argument("--rounds", type=int, default=5)
    o = a.parse_args()
    build = pathlib.Path(o.build).resolve()
    files = sorted(p for p in pathlib.Path(o.folder).rglob("*") if p.is_file())
    if not files:
        sys.exit("bench-bars.py: no documents; bench-scan.py makes them")
    scan = Scan(build, o.rounds)
    print(f"start of a scan: {scan.start * 1e3:.0f} ms of CPU")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as tmp:
        small_documents(scan, files, pathlib.Path(tmp))
        warm_docx(build, files, pathlib.Path(tmp))
        print(f"largest resident size over {len(files)} documents: {scan.peak(o.folder):.0f} MB, "
              "bar 48")
        numbers(scan, pathlib.Path(tmp))
    pdf(build, files)


main()
