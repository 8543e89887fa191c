#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/diagnostics.md and docs/diagnostics.vi.md as C, for `--explain CODE`.

usage: gen-codes.py ENGLISH VIETNAMESE OUTPUT
"""
import re
import sys

ROW = re.compile(r"^\| ([A-Z]\d{3}) \| (.+?) \| (.+?) \|$")


def read(path):
    rows = {}
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if not re.match(r"^\| [A-Z]\d", line):
                continue
            m = ROW.match(line.rstrip("\n"))
            if not m or m[1] in rows:
                sys.exit(f"{path}:{number}: not a row `| CODE | what is wrong | what to do |`, or there twice")
            rows[m[1]] = (m[2], m[3])
    return rows


def text(s):
    return '"' + s.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") + '"'


def main():
    english, vietnamese = read(sys.argv[1]), read(sys.argv[2])
    if english.keys() != vietnamese.keys():
        sys.exit("gen-codes.py: not the same codes in both languages: "
                 + " ".join(sorted(english.keys() ^ vietnamese.keys())))
    with open(sys.argv[3], "w", encoding="utf-8") as out:
        out.write('/* Made by gen-codes.py. */\n#include "ctl/codes.h"\n\n'
                  "const struct code ctl_codes[] = {\n")
        for code, (wrong, advice) in english.items():
            out.write(f"\t{{{text(code)}, {{{text(wrong)}, {text(vietnamese[code][0])}}},\n"
                      f"\t\t{{{text(advice)}, {text(vietnamese[code][1])}}}}},\n")
        out.write("\t{0},\n};\n")


main()
