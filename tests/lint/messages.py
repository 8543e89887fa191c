#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What people read from `sealgate` is there in both languages: each
text of the sources below is in agent/ctl/messages.vi (or stands beside its Vietnamese), has the same
places to fill in, and nothing in the catalogue is stale. Prints TAP; --list prints what is found.

usage: messages.py TOP [--list]
"""
import pathlib
import re
import sys

SOURCES = ("agent/ctl/usage.c", "agent/ctl/policy*.c", "agent/ctl/simulate_rest.c", "agent/ctl/courier*.c",
           "agent/ctl/sign.c", "agent/ctl/keys.c", "agent/ctl/medium.c", "agent/ctl/proof.c",
           "agent/ctl/codes.c", "agent/ctl/control.c", "agent/ctl/host.c", "agent/ctl/main.c", "agent/ctl/scan*.c",
           "agent/ctl/apps.c", "agent/ctl/explain*.c", "agent/ctl/inventory.c", "agent/ctl/justify.c",
           "agent/ctl/console.c", "agent/ctl/statement.c", "agent/ctl/rules.c", "agent/ctl/quarantine.c", "agent/ctl/status.c",
           "agent/ctl/incidents*.c",
           "agent/lib/conf/*.c", "agent/lib/policyfile/*.c", "agent/lib/bundle/*.c", "agent/lib/base/glob.c",
           "agent/core/policies*.c", "agent/core/control_policy.c", "agent/core/trust.c",
           "agent/core/overrides.c")
# Calls whose texts nobody reads, or which are for the journal, which has one language.
SILENT = re.compile(r"^(json_\w+|str\w*cmp|strstr|str\w*spn|fopen|asprintf|sscanf|strftime|open\w*|"
                    r"incidents_note|note|policies_note|policies_note_via|static_assert|_Static_assert|conf_get|member|at|buf_put_str|"
                    r"keywords_hint|is_word|put_text|put_effect|put_rows|printf|fprintf|puts|fputs|"
                    r"getopt_long|memcmp|word_bit|read_words|header)$")
# Printed where both languages stand side by side, or where the text is for a file.
SPACED = re.compile(r"[A-Za-z`]{2,}[^A-Za-z]*\s.*[A-Za-z]{2,}|%\w+.*\s[a-z]{2,}")
MACROS = {"PRIu64": "lu", "PRIu32": "u"}
TOKEN = re.compile(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'|[A-Za-z_]\w*|\s+|.', re.S)
CONVERSION = re.compile(r"%(?:(\d)\$)?[-0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j)?([a-zA-Z%])")


def unescape(s):
    return s.encode().decode("unicode_escape").encode("latin-1", "replace").decode("utf-8", "replace")


def is_vietnamese(text):
    return any(ord(c) > 0x7f and c.isalpha() for c in text)


def literals(text):
    """(text, call it stands in, line, literal that follows behind a comma, key of an initialiser)."""
    found, calls, line, last, key = [], [], 1, "", ""
    parts, at = [], 0
    comma = False

    def flush():
        if parts:
            found.append(["".join(parts), calls[-1] if calls else "", at, "", key])
        parts.clear()
    for m in TOKEN.finditer(text):
        t = m[0]
        if t[0] == '"' or t in MACROS:
            if not parts:
                at = line
                if found and comma:
                    found[-1][3] = unescape(t[1:-1])
            parts.append(unescape(t[1:-1]) if t[0] == '"' else MACROS[t])
        elif not t.isspace() and not t.startswith("/*"):
            # A name between literals is a macro that stands for one.
            if parts and re.match(r"[A-Z][A-Z0-9_]+$", t):
                parts.append("%s")
            else:
                comma = bool(parts) and t == ","
                flush()
                comma = comma or t == ","
            if t == "(":
                calls.append(last)
            elif t == ")" and calls:
                calls.pop()
            elif t in ";":
                key = ""
            if t == "=":
                key = last
            last = t
        line += t.count("\n")
    flush()
    return found


def texts(top):
    out = {}
    for pattern in SOURCES:
        for path in sorted(top.glob(pattern)):
            source = path.read_text(encoding="utf-8")
            source = re.sub(r"^\s*#.*(?:\\\n.*)*$", lambda m: "\n" * m[0].count("\n"), source, flags=re.M)
            for text, call, line, follows, key in literals(source):
                if call == "lang_pick" or SILENT.match(call) or key == "synopsis" or is_vietnamese(text) \
                        or is_vietnamese(follows) or not SPACED.search(text) \
                        or re.search(r"</?\w+[^>]*>|<meta|^<|^\{\"", text) \
                        or re.fullmatch(r"--?[\w-]+(, --[\w-]+)?( [A-Z|]+)?", text) \
                        or (path.name in ("keywords.c", "schema.c") and not call):
                    continue
                out.setdefault(text, f"{path.relative_to(top)}:{line}")
    return out


def catalogue(top):
    entries, said, own = {}, None, True
    for number, line in enumerate((top / "agent/ctl/messages.vi").read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            own = "of others" not in line
        elif line.startswith("\t"):
            assert said is not None, f"messages.vi:{number}: nothing to translate"
            entries[unescape_line(said)] = (unescape_line(line[1:]), own)
            said = None
        elif line:
            assert said is None, f"messages.vi:{number}: `{said}` has no translation"
            assert line not in entries, f"messages.vi:{number}: there twice"
            said = line
    return entries


def unescape_line(s):
    return s.replace("\\n", "\n").replace("\\t", "\t")


def conversions(text):
    return sorted((m[2] for m in CONVERSION.finditer(text) if m[2] != "%"))


def main():
    top = pathlib.Path(sys.argv[1])
    found = texts(top)
    if "--list" in sys.argv:
        for text, where in found.items():
            print(f"# {where}\n{text!r}")
        return 0
    known = catalogue(top)
    silent = set((top / "tests/lint/not-for-people").read_text(encoding="utf-8").splitlines())
    faults = {
        "every text has its Vietnamese": [f"{where}: {text!r}" for text, where in found.items()
                                          if text not in known and text.replace("\n", "\\n") not in silent],
        "no translation is stale": [text for text, (_, own) in known.items() if own and text not in found],
        "the same places are filled in": [text for text, (vi, _) in known.items()
                                          if conversions(text) != conversions(vi)],
        "no exception is stale": [t for t in silent if t and t[0] != "#" and unescape_line(t) not in found],
    }
    assert len(found) > 200, "the sources were not found"
    print(f"1..{len(faults)}")
    for n, (name, wrong) in enumerate(faults.items(), 1):
        print(f"{'not ' * bool(wrong)}ok {n} - {name}")
        for w in wrong:
            print(f"# {w}")
    return any(faults.values())


sys.exit(main())
