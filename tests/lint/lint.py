#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of docs/architecture.md that a program can check. Prints TAP.

usage: lint.py TOP [PROGRAM...]
"""
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(sys.argv[1])
PROGRAMS = [pathlib.Path(p) for p in sys.argv[2:]]
HERE = TOP / "tests/lint"
AGENT = TOP / "agent"

BANNED = {
    "strcpy": "snprintf or a view", "strcat": "struct buf", "sprintf": "snprintf",
    "vsprintf": "vsnprintf", "strtok": "strtok_r", "atoi": "strtoul with checks",
    "atol": "strtoul with checks", "gets": "fgets", "alloca": "a bounded array",
    "system": "posix_spawn", "popen": "posix_spawn", "tmpnam": "mkstemp", "mktemp": "mkstemp",
    "signal": "signalfd", "fork": "posix_spawn",
}
# Where a banned name is what the file is about.
ALLOWED = {("lib/jail", "fork"), ("scan", "fork"), ("supervisor", "fork")}
LIBC_DIRS = {"sys", "linux", "arpa", "netinet", "asm", "bits", "net"}
# C17 and POSIX headers, and glibc's.
LIBC = set("""aio assert ctype dirent dlfcn elf endian err errno error fcntl fenv float fnmatch ftw
fts getopt glob grp immintrin emmintrin inttypes langinfo libgen limits link locale malloc math mntent
netdb nmmintrin tmmintrin smmintrin poll pthread pwd regex sched search semaphore setjmp shadow signal spawn stdalign stdarg stdatomic stdbool
stddef stdint stdio stdlib stdnoreturn string strings syscall syslog termios time tgmath threads
uchar ucontext unistd utime wchar wctype x86intrin""".split())

failures = []
count = 0


def check(name, problems):
    global count
    count += 1
    problems = list(problems)
    print(f"{'not ok' if problems else 'ok'} {count} - {name}")
    for p in problems[:40]:
        print(f"# {p}")
    if problems:
        failures.append(name)


def table(name):
    rows = {}
    for line in (HERE / name).read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            key, _, value = line.partition(":")
            rows[key.strip()] = value.split()
    return rows


def tracked(*suffixes):
    out = subprocess.run(["git", "-C", str(TOP), "ls-files"], stdout=subprocess.PIPE, text=True)
    if out.returncode == 0 and out.stdout:
        files = [TOP / f for f in out.stdout.splitlines()]
    else:  # a release tarball
        files = [p for p in TOP.rglob("*") if p.is_file()]
    return [f for f in files if f.exists() and (not suffixes or f.suffix in suffixes)]


def component(path):
    """("lib/text", "text") for agent/lib/text/canon.c, ("gate", "gate") for agent/gate/x.c."""
    parts = path.relative_to(AGENT).parts
    if parts[0] == "lib":
        return "/".join(parts[:2]), parts[1]
    return parts[0], parts[0]


def includes(path):
    for n, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if m:
            yield n, m.group(1), m.group(2)


SOURCES = [f for f in tracked(".c", ".h") if AGENT in f.parents]


def edges():
    allowed = table("include-edges")
    for f in SOURCES:
        _, me = component(f)
        for n, kind, target in includes(f):
            if kind != '"' or "/" not in target:
                continue
            to = target.split("/")[0]
            if to != me and to not in allowed.get(me, []):
                yield f"{f.relative_to(TOP)}:{n}: {me} may not include {to}"


def third_party():
    rows = table("third-party")
    for f in SOURCES:
        folder, _ = component(f)
        for n, kind, target in includes(f):
            stem = target[:-2] if target.endswith(".h") else target
            if kind != "<" or stem in LIBC or target.split("/")[0] in LIBC_DIRS:
                continue
            owner = next((v for k, v in rows.items() if stem == k or target.startswith(k)), None)
            if owner is None:
                yield f"{f.relative_to(TOP)}:{n}: <{target}> is in no table"
            elif owner[0] not in ("*", folder):
                yield f"{f.relative_to(TOP)}:{n}: <{target}> belongs to {owner[0]}"


def cycles():
    allowed = table("include-edges")
    order = list(allowed)
    for me, targets in allowed.items():
        for t in targets:
            if t not in order or order.index(t) >= order.index(me):
                yield f"include-edges: {me} -> {t} points down or nowhere"


def strip_comments(text):
    text = re.sub(r'"(\\.|[^"\\\n])*"', '""', text)
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def banned():
    word = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for f in SOURCES:
        folder, _ = component(f)
        for n, line in enumerate(strip_comments(f.read_text(errors="replace")).splitlines(), 1):
            for m in word.finditer(line):
                if (folder, m.group(1)) not in ALLOWED:
                    yield f"{f.relative_to(TOP)}:{n}: {m.group(1)}(): use {BANNED[m.group(1)]}"


def heads():
    for f in tracked(".c", ".h", ".py", ".sh"):
        if "SPDX-License-Identifier: Apache-2.0" not in f.read_text(errors="replace")[:400]:
            yield f"{f.relative_to(TOP)}: no SPDX line"
    for f in SOURCES:
        if f.suffix == ".h" and "#pragma once" not in f.read_text(errors="replace"):
            yield f"{f.relative_to(TOP)}: no #pragma once"


def formatted():
    if subprocess.run(["which", "clang-format"], stdout=subprocess.DEVNULL).returncode:
        yield "clang-format is not installed"
        return
    files = [str(f) for f in tracked(".c", ".h")]
    out = subprocess.run(["clang-format", "--dry-run", "--ferror-limit=1", *files],
                         stderr=subprocess.PIPE, text=True)
    seen = set()
    for line in out.stderr.splitlines():
        m = re.match(r"(.+?):(\d+):\d+: (warning|error): code should be clang-formatted", line)
        if m and m.group(1) not in seen:
            seen.add(m.group(1))
            yield f"{m.group(1)}:{m.group(2)}: not as .clang-format has it"


def mutable_globals():
    """No mutable file-scope variable outside a process's main.c."""
    decl = re.compile(r"^static\s+(?!const\b|inline\b|_Thread_local\b)[\w\s*]+?\b(\w+)\s*(\[[^\]]*\]\s*)*(=|;)")
    for f in SOURCES:
        if f.suffix != ".c" or f.name == "main.c":
            continue
        for n, line in enumerate(strip_comments(f.read_text(errors="replace")).splitlines(), 1):
            m = decl.match(line)
            if m and "const" not in line.split("=")[0] and "(" not in line.split("=")[0]:
                yield f"{f.relative_to(TOP)}:{n}: mutable file-scope variable {m.group(1)}"


def product_only():
    """The repository speaks of the product alone."""
    words = re.compile(r"(^|[\s\"'=(])/(work|farm)/|registry\.npmjs|deb\.debian\.org|"
                       r"security\.debian\.org|snapshot\.debian|pypi\.org", re.I)
    for f in tracked():
        if f.suffix in (".lock", ".png") or f.name in ("LICENSE", "lint.py"):
            continue
        try:
            text = f.read_text()
        except UnicodeDecodeError:
            continue
        for n, line in enumerate(text.splitlines(), 1):
            if words.search(line):
                yield f"{f.relative_to(TOP)}:{n}: {line.strip()[:80]}"


def needed():
    rows = table("needed-libraries")
    for program in PROGRAMS:
        out = subprocess.run(["readelf", "-d", str(program)], stdout=subprocess.PIPE,
                             text=True, check=True).stdout
        libs = re.findall(r"NEEDED.*\[(.+?)\.so[.\d]*\]", out)
        for lib in libs:
            if lib in ("libc", "libm", "ld-linux-x86-64", "ld-linux-aarch64"):
                continue
            if lib.startswith(("libasan", "libubsan", "libclang_rt")):
                continue
            if program.name not in rows:
                yield f"{program.name}: not in needed-libraries"
                break
            if lib not in rows[program.name]:
                yield f"{program.name}: needs {lib}"


check("include edges are those of include-edges", edges())
check("include-edges has no cycle", cycles())
check("each third-party library is included by one directory", third_party())
check("no banned function", banned())
check("SPDX lines and include guards", heads())
check("formatted", formatted())
check("no mutable file-scope variable", mutable_globals())
check("the repository speaks of the product alone", product_only())
if PROGRAMS:
    check("needed libraries are on the allow-list", needed())
print(f"1..{count}")
sys.exit(bool(failures))
