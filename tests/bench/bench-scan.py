#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sealgate scan beside clamscan, yara and an admin's shell script of converters and grep, over a
folder of office documents that LibreOffice makes, interleaved in one run. sealgate looks for
everything that its packs know; each peer for fifty markings in the forms that it can express
(peer_rules.py tells which and why), and with --literals also for the fifty spellings alone: less
work, and what half of an hour's try would be. `found` and `false` say what the CPU time bought:
yara reads raw bytes and sees into no zip and no PDF.

usage: bench-scan.py BUILD [--files 2000] [--rounds 3] [--folder DIR] [--literals] [--json]
BUILD: a release build (meson setup --buildtype=release). Installs the peers where they are missing
(needs root then). The folder is made once (some minutes) and used again where it is there.
"""
import argparse
import email.message
import html
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import documents
import peer_rules
from prose import sentence

# source, LibreOffice's filter (None: written here), share
FORMATS = [("fodt", "docx", 20), ("fodt", "doc", 10), ("fodt", "odt", 8), ("fodt", "rtf", 6),
           ("fodt", "pdf", 24), ("fods", "xlsx", 8), ("fods", "xls", 6), ("fods", "ods", 3),
           ("fodp", "pptx", 5), ("fodp", "ppt", 3), ("fodp", "odp", 2), (None, "txt", 3),
           (None, "html", 1), (None, "eml", 1)]
MARKS = ["TUYỆT MẬT", "TỐI MẬT", "MẬT", "LƯU HÀNH NỘI BỘ", "NATO SECRET", "SECRET//NOFORN", "绝密★10年",
         "СОВЕРШЕННО СЕКРЕТНО"]
PEERS = {"clamscan": "clamav", "yara": "yara", "catdoc": "catdoc", "unrtf": "unrtf",
         "pdftotext": "poppler-utils", "w3m": "w3m", "unzip": "unzip"}

SCRIPT = r"""#!/bin/bash
# What an administrator would write: a converter for each extension, and grep.
find "$1" -type f | while read -r f; do
	case $f in
	*.docx) unzip -p "$f" 'word/*.xml' | sed 's/<[^>]*>/\n/g' ;;
	*.xlsx) unzip -p "$f" 'xl/*.xml' | sed 's/<[^>]*>/\n/g' ;;
	*.pptx) unzip -p "$f" 'ppt/*.xml' | sed 's/<[^>]*>/\n/g' ;;
	*.od?) unzip -p "$f" content.xml styles.xml meta.xml | sed 's/<[^>]*>/\n/g' ;;
	*.doc) catdoc -d utf-8 "$f" ;;
	*.xls) xls2csv -d utf-8 "$f" ;;
	*.ppt) catppt -d utf-8 "$f" ;;
	*.rtf) unrtf --text "$f" ;;
	*.pdf) pdftotext "$f" - ;;
	*.html) w3m -dump -T text/html "$f" ;;
	*) cat "$f" ;;
	esac 2>/dev/null | grep -q"$3" -f "$2" && echo "$f"
done
"""


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
        header = rng.random() < 0.4
        head = documents.HEADING + ([("Stamp", mark)] if mark and not header else [])
        return documents.fodt([("Plain", "ỦY BAN NHÂN DÂN HUYỆN"), ("Plain", "Số: 12/BC-UBND")] +
                              head + [("Plain", p) for p in paragraphs(rng, rng.randint(8, 80))],
                              header=mark if header else None)
    if kind == "fods":
        rows = ([[mark]] if mark else []) + [
            [sentence(rng)[:30], *(str(rng.randint(1, 10 ** 6)) for _ in range(6))]
            for _ in range(rng.randint(40, 500))]
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


def plain(rng, kind, mark):
    """Bytes of what needs no LibreOffice."""
    lines = ["ỦY BAN NHÂN DÂN HUYỆN", "Số: 12/BC-UBND"] + ([mark] if mark else []) + \
        paragraphs(rng, rng.randint(20, 120))
    if kind == "txt":
        return "\n\n".join(lines).encode(rng.choice(["utf-8", "utf-8", "utf-16"]))
    if kind == "html":
        return ("<!DOCTYPE html><meta charset=utf-8><title>Báo cáo</title>" + "".join(
            f"<p>{html.escape(x)}</p>\n" for x in lines)).encode()
    m = email.message.EmailMessage()
    m["From"], m["To"], m["Subject"] = "a@example.vn", "b@example.vn", "Báo cáo tháng"
    m.set_content("\n\n".join(lines))
    return bytes(m)


def generate(folder, count):
    rng = random.Random(1)
    total = sum(weight for _, _, weight in FORMATS)
    for kind, target, weight in FORMATS:
        part = folder / target
        part.mkdir(parents=True)
        with tempfile.TemporaryDirectory() as tmp:
            sources = []
            for k in range(max(1, count * weight // total)):
                mark = rng.choice(MARKS) if k % 2 else None
                name = f"{'marked' if mark else 'plain'}-{k:04}"
                if kind is None:
                    (part / f"{name}.{target}").write_bytes(plain(rng, target, mark))
                    continue
                path = pathlib.Path(tmp) / f"{name}.{kind}"
                path.write_text(source(rng, kind, mark))
                sources.append(path)
            for at in range(0, len(sources), 50):
                documents.convert(sources[at:at + 50], target, part)
                print(f"\r{target}: {at + len(sources[at:at + 50])}   ", end="", file=sys.stderr)
    print(file=sys.stderr)


def measure(argv, env):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    out = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env,
                         text=True).stdout
    wall = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, out


def peak(argv, env):
    """Largest resident size of one process, KiB, in a run of its own."""
    code = ("import resource,subprocess,sys;subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,"
            "stderr=subprocess.DEVNULL);print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    return int(subprocess.run([sys.executable, "-c", code, *argv], stdout=subprocess.PIPE,
                              env=env, check=True).stdout)


def found_by(name, out):
    """Files that a tool names as marked."""
    if name == "sealgate scan":
        docs = [json.loads(line) for line in out.splitlines()]
        return {d["path"] for d in docs if d["level"] != "none"}
    if name.startswith("clamscan"):
        return {line.rsplit(": ", 1)[0] for line in out.splitlines() if line.endswith(" FOUND")}
    if name.startswith("yara"):
        return {line.split(" ", 1)[1] for line in out.splitlines()}
    return set(out.splitlines())


def main():
    a = argparse.ArgumentParser()
    a.add_argument("build")
    a.add_argument("--files", type=int, default=2000)
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--folder", default="/var/tmp/sealgate-bench-scan")
    a.add_argument("--literals", action="store_true")
    a.add_argument("--json", action="store_true")
    o = a.parse_args()
    folder = pathlib.Path(o.folder)
    missing = sorted({p for exe, p in PEERS.items() if not shutil.which(exe)})
    if missing:
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing],
                       check=True, stdout=subprocess.DEVNULL)
    if not folder.exists():
        generate(folder, o.files)
    files = [p for p in folder.rglob("*") if p.is_file()]
    marked = {str(p) for p in files if p.name.startswith("marked")}
    size = sum(p.stat().st_size for p in files)
    build = pathlib.Path(o.build).resolve()
    top = pathlib.Path(__file__).resolve().parent.parent.parent
    rules = pathlib.Path(tempfile.mkdtemp(prefix="bench-scan-"))
    signatures = peer_rules.write(rules)
    (rules / "script").write_text(SCRIPT)
    env = {**os.environ, "LC_ALL": "C.UTF-8", "SEALGATE_LIBEXEC": str(build / "agent/scan")}
    tools = {
        "sealgate scan": [str(build / "agent/ctl/sealgate"), "scan", "--json", "--jobs", "1",
                          "--rules", str(top / "rules"), str(folder)],
    }
    for stem, grep in [("forms", "E"), ("literals", "F")][:1 + o.literals]:
        by = "" if stem == "forms" else ", literals"
        tools["clamscan" + by] = ["clamscan", "-r", "--no-summary", "--infected", "-d",
                                  str(rules / f"{stem}.ndb"), str(folder)]
        tools["yara" + by] = ["yara", "-r", "-w", "-p", "1", str(rules / f"{stem}.yar"),
                              str(folder)]
        tools["converters" + by] = ["bash", str(rules / "script"), str(folder),
                                    str(rules / f"{stem}.grep"), grep]
    cpu, wall, out = {t: [] for t in tools}, {t: [] for t in tools}, {}
    for n in range(o.rounds):
        for name, argv in tools.items():
            c, w, out[name] = measure(argv, env)
            cpu[name].append(c)
            wall[name].append(w)
            print(f"round {n + 1}: {name} {c:.2f} s CPU", file=sys.stderr)
    best = {t: min(v) for t, v in cpu.items()}
    rows = []
    for name, argv in tools.items():
        named = found_by(name, out[name])
        rows.append({"tool": name, "cpu_s": round(best[name], 2),
                     "ratio": round(best[name] / best["sealgate scan"], 1),
                     "files_per_s": round(len(files) / min(wall[name])),
                     "peak_mb": round(peak(argv, env) / 1024),
                     "found": len(named & marked), "false": len(named - marked)})
    shutil.rmtree(rules)
    if o.json:
        print(json.dumps({"files": len(files), "bytes": size, "marked": len(marked),
                          "rounds": o.rounds, "tools": rows}))
        return
    print(f"{len(files)} files, {size / 1e6:.1f} MB, {len(marked)} marked; one core each, least of "
          f"{o.rounds} interleaved rounds;\nthe peers look for {len(peer_rules.MARKINGS)} markings "
          f"({signatures} signatures for clamscan)")
    print(f"{'':22}{'CPU s':>8}{'ratio':>8}{'files/s':>9}{'peak MB':>9}{'found':>8}{'false':>8}")
    for r in rows:
        print(f"{r['tool']:22}{r['cpu_s']:8.2f}{r['ratio']:8.1f}{r['files_per_s']:9}"
              f"{r['peak_mb']:9}{r['found']:8}{r['false']:8}")


main()
