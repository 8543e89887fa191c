#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scans the test documents of other programs that read documents: Apache POI, PDFBox, pdf.js, qpdf,
poppler, libarchive, gnumeric and others, as Debian ships them in source packages. Each must end in
facts: a crash, a hang or a missing answer is a failure. Prints what could not be read, by format and
reason, and all that was flagged, for a person to look at.

usage: foreign.py BUILD [--folder DIR] [--jobs N] [--rules DIR]
Needs some 400 MB in DIR and the package mirrors that apt knows; nothing of it is kept in the project.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PACKAGES = """libapache-poi-java libpdfbox2-java pdf.js qpdf poppler pdfminer libarchive gnumeric
catdoc unrtf docx2txt libmspack libwpd pandoc""".split()


def sources(folder):
    """apt's own sources with deb-src for deb, in a folder of our own."""
    out = []
    for path in [pathlib.Path("/etc/apt/sources.list"),
                 *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]:
        if path.suffix not in (".list", ".sources") or not path.exists():
            continue
        text = re.sub(r"^Types:.*$", "Types: deb-src", path.read_text(), flags=re.M)
        text = re.sub(r"^deb ", "deb-src ", text, flags=re.M)
        (folder / path.name).write_text(text)
        out.append(path.name)
    (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    return ["-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={folder}",
            "-o", f"Dir::State::lists={folder}/lists"]


def fetch(folder):
    apt = folder / "apt"
    apt.mkdir(parents=True, exist_ok=True)
    options = sources(apt)
    subprocess.run(["apt-get", *options, "-qq", "update"], check=True)
    for package in PACKAGES:
        print(f"fetching {package}", file=sys.stderr)
        r = subprocess.run(["apt-get", *options, "-qq", "source", "--download-only", package],
                           cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if r.returncode:
            print(f"{package}: {r.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
    documents = folder / "documents"
    documents.mkdir()
    for archive in sorted(folder.glob("*.orig.tar.*")):
        if archive.suffix != ".asc":
            subprocess.run(["tar", "-xf", archive, "-C", documents], check=True)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("build")
    a.add_argument("--folder", default="/var/tmp/sealgate-foreign")
    a.add_argument("--jobs", default="2")
    a.add_argument("--rules")
    o = a.parse_args()
    folder = pathlib.Path(o.folder)
    if not (folder / "documents").exists():
        folder.mkdir(exist_ok=True)
        fetch(folder)
    build = pathlib.Path(o.build).resolve()
    top = pathlib.Path(__file__).resolve().parent.parent.parent
    files = {str(p) for p in (folder / "documents").rglob("*") if p.is_file() and not p.is_symlink()}
    with tempfile.TemporaryFile("w+") as out:
        p = subprocess.run([build / "agent/ctl/sealgate", "scan", "--json", "--jobs", o.jobs,
                            "--rules", o.rules or top / "rules", folder / "documents"], stdout=out,
                           env={**os.environ, "SEALGATE_LIBEXEC": str(build / "agent/scan")})
        out.seek(0)
        facts = [json.loads(line) for line in out]
    if p.returncode == 2 and not facts:
        sys.exit("the scan did not run")
    unread, bad, flagged, slow = collections.Counter(), [], [], []
    for f in facts:
        files.discard(f["path"])
        for reason in f["reasons"]:
            unread[f["format"], reason] += 1
        name = f["path"][len(str(folder)) + 11:]
        # out of time with what was read until then is an answer
        if "crashed" in f["reasons"] or ("timed-out" in f["reasons"] and
                                         f["completeness"] == "unreadable"):
            bad.append((name, f["reasons"], f["ms"]))
        if f["level"] != "none":
            flagged.append((f["level"], name, [(e["rule"], e["part"], e["snippet"])
                                               for e in f["evidence"][:2]]))
        slow.append((f["ms"], name))
    print(f"{len(facts)} files; " + ", ".join(f"{n} {k}" for k, n in collections.Counter(
        f["completeness"] for f in facts).most_common()))
    for (kind, reason), n in unread.most_common():
        print(f"  {n:5} {kind}: {reason}")
    for row in sorted(flagged):
        print("flagged:", *row)
    for ms, name in sorted(slow, reverse=True)[:5]:
        print(f"slowest: {ms:.0f} ms {name}")
    for name, reasons, ms in bad:
        print(f"FAILED: {name}: {', '.join(reasons)} after {ms:.0f} ms")
    for name in sorted(files):
        print(f"FAILED: {name}: no answer")
    print(f"{len(facts) - len(bad)} passed, {len(bad) + len(files)} failed, 0 skipped")
    sys.exit(1 if bad or files else 0)


main()
