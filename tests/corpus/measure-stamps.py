#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How many stamps on scanned pages are found, at the right level, what is found where none is, and what a page costs.

usage: measure-stamps.py SEALGATE LIBEXEC RULES [--generator pages|scans|worn] [--seed N] [--set SET] [--stamped N]
                         [--clean N] [--dpi 150,200] [--modes colour,grey] [--kinds K,...] [--keep DIR] [--again DIR]

generators, all under tests/lab:
  worn    a hand of its own (letters, wear, scanners): --modes of colour, grey, bw; --kinds as there
  pages   the first hand: --modes of colour, grey; --set tune, final, unseen
  scans   its further kinds: blue ink, small, black and white, by phone, on its side, typed, ...; --kinds, --set
--stamped and --clean are numbers of pages per mode (scans: per kind) and scale. --keep leaves the pages in DIR,
--again scans those that are there. A figure is blind only for a seed that nothing was tuned on.
"""
import argparse
import collections
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import pages
import scans
import worn


def generate(a, folder):
    dpis, modes = [int(d) for d in a.dpi.split(",")], a.modes.split(",")
    if a.generator == "worn":
        return worn.make(folder, a.seed, a.stamped, a.clean, dpis, modes, (a.kinds or ",".join(worn.KINDS)).split(","))
    if a.generator == "scans":
        return scans.make(folder, a.set, a.seed, a.stamped, a.clean, dpis, (a.kinds or ",".join(scans.KINDS)).split(","))
    for mode in modes:
        pages.make(folder, a.set, a.seed, a.stamped, a.clean, dpis, mode == "grey")


def load(folder):
    rows = [json.loads(line) for line in open(folder / "manifest.json")]
    for r in rows:
        stamped = r["level"] != "none"
        kind = r.get("kind", "stamped" if stamped else "clean-" + r["text"])
        r["group"] = r.get("mode", kind if "grey" not in r else "grey" if r["grey"] else "colour")
        r["kind"] = kind if "mode" in r or "grey" in r else f"{kind} {r['text']}" if not stamped else kind
    return rows


def scan(a, files):
    """({name: what was found}, CPU seconds)"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    r = subprocess.run([a.sealgate, "scan", "--json", "--jobs", "2", "--rules", a.rules, *map(str, files)],
                       stdout=subprocess.PIPE, text=True, env={**os.environ, "SEALGATE_LIBEXEC": a.libexec})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ({pathlib.Path(o["path"]).name: o for o in map(json.loads, r.stdout.splitlines())},
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def count(c, r, o):
    level = o["level"] if o else "not scanned"
    doubt = bool(o) and level == "none" and "unreadable-stamp" in o["tags"]
    c["all"] += 1
    c["right"] += level == r["level"]
    c["wrong"] += level not in (r["level"], "none", "not scanned")
    c["doubt"] += doubt
    c["partial"] += not o or o["completeness"] != "full"


def say(r, o):
    level, tags = (o["level"], o["tags"]) if o else ("not scanned", [])
    if level != r["level"] or "unreadable-stamp" in tags:
        print(f"# {r['file']}: {level} {' '.join(tags)}, expected {r['level']}: {r['kind']}: {r['text']} {r.get('style', '')}"
              f" {r.get('worn', '')}", flush=True)


def table(title, counts):
    print(f"# {title:44} right            wrong  doubt  partial  CPU ms/page")
    for key, c in counts.items():
        cpu = f"{1000 * c['cpu'] / c['all']:7.0f}" if c["cpu"] else ""
        print(f"# {key:44} {c['right']:4}/{c['all']:<4} {100 * c['right'] / c['all']:5.1f} %  {c['wrong']:4}  {c['doubt']:5}"
              f"  {c['partial']:7}  {cpu}", flush=True)


def measure(a, folder):
    rows = load(folder)
    groups, kinds = collections.OrderedDict(), collections.OrderedDict()
    for r in rows:
        side = "stamped" if r["level"] != "none" else "clean"
        groups.setdefault(f"{r['group']} {r['dpi']} {side}", []).append(r)
    totals = collections.OrderedDict()
    for key, members in groups.items():
        got, cpu = scan(a, [folder / r["file"] for r in members])
        c = totals[key] = collections.Counter(cpu=cpu)
        for r in members:
            count(c, r, got.get(r["file"]))
            count(kinds.setdefault(f"{r['group']} {r['kind']}", collections.Counter()), r, got.get(r["file"]))
            say(r, got.get(r["file"]))
    table("by kind, all scales", kinds)
    table("pages", totals)


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("sealgate")
    p.add_argument("libexec")
    p.add_argument("rules")
    p.add_argument("--generator", default="worn", choices=["worn", "pages", "scans"])
    p.add_argument("--seed", default="1")
    p.add_argument("--set", default="unseen", choices=pages.SETS)
    p.add_argument("--stamped", type=int, default=60)
    p.add_argument("--clean", type=int, default=100)
    p.add_argument("--dpi", default="150,200")
    p.add_argument("--modes", default="colour,grey")
    p.add_argument("--kinds", default="")
    p.add_argument("--keep", type=pathlib.Path)
    p.add_argument("--again", type=pathlib.Path)
    a = p.parse_args()
    if a.again:
        return measure(a, a.again)
    with tempfile.TemporaryDirectory() as tmp:
        folder = a.keep or pathlib.Path(tmp)
        generate(a, folder)
        measure(a, folder)


if __name__ == "__main__":
    main()
