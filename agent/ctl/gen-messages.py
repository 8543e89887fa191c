#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The catalogue messages.vi as C, for message.c. Ends of lines are the printer's, not the text's.

usage: gen-messages.py CATALOGUE OUTPUT
"""
import sys


def text(s):
    s = s.removesuffix("\\n")
    return '"' + s.replace("\\n", "\n").replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"').replace("?", "\\?") + '"'


def main():
    said = None
    with open(sys.argv[1], encoding="utf-8") as f, open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write('/* Made by gen-messages.py. */\n#include "ctl/message.h"\n\n'
                  "const struct message_pair ctl_messages[] = {\n")
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line.startswith("\t"):
                if said is None:
                    sys.exit(f"{sys.argv[1]}:{number}: nothing to translate")
                out.write(f"\t{{{text(said)},\n\t\t{text(line[1:])}}},\n")
                said = None
            elif line and not line.startswith("#"):
                said = line
        out.write("\t{0},\n};\n")


main()
