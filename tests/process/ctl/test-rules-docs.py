#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/rules*.md, as a reader would try them. Prints TAP.

usage: test-rules-docs.py SEALGATE SEALGATE-SCAN SOURCE
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SEALGATE, SCAN, SOURCE = sys.argv[1:4]
RULES = os.path.join(SOURCE, "rules")
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.M | re.S)
PATH = re.compile(r"^# /etc/sealgate/(rules\.d/[a-z-]+/(?:pack|samples)\.yaml)\n")
HEAD = 'pack: example\nversion: "1"\n'


def run(*args):
    env = dict(os.environ, SEALGATE_LIBEXEC=os.path.dirname(SCAN), LC_ALL="C.UTF-8")
    done = subprocess.run([SEALGATE, *args], env=env, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=100)
    return done.returncode, done.stdout


def examples(doc):
    return BLOCK.findall((pathlib.Path(SOURCE) / "docs" / doc).read_text())


def write(folder, path, text):
    file = pathlib.Path(folder, path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def whole_packs(doc, folder):
    """The packs that are written with their path: they are valid, and their samples hold."""
    written = 0
    for text in examples(doc):
        path = PATH.match(text)
        if path:
            write(folder, path[1], text)
            written += 1
    assert written == 4, f"{written} files with a path"
    code, out = run("rules", "check", RULES, folder + "/rules.d")
    assert code == 0, out
    code, out = run("rules", "test", "-v", RULES, folder + "/rules.d")
    assert code == 0, out
    for name in ("da-xanh", "our-labels"):
        assert f"rules.d/{name}/samples.yaml" in out, out


def first_pack_finds(doc, folder):
    """The first example finds its marking in a document, and not in a sentence."""
    for text in examples(doc):
        path = PATH.match(text)
        if path:
            write(folder, path[1], text)
    write(folder, "in/a.txt", "CÔNG TY ĐÁ XANH\nTÀI LIỆU ĐỎ\nSố: 4/BC\nBÁO CÁO\n")
    write(folder, "in/b.txt", "Bìa của tập tài liệu đỏ đã rách.\n")
    code, out = run("scan", "--json", "--rules", RULES, "--rules", folder + "/rules.d",
                    folder + "/in")
    found = {os.path.basename(o["path"]): o for o in map(json.loads, out.splitlines())}
    assert code == 1, out
    assert found["a.txt"]["level"] == "confidential", out
    assert found["a.txt"]["evidence"][0]["pack"] == "da-xanh", out
    assert found["b.txt"]["level"] == "none", out


def pieces(doc, folder):
    """Every other example is valid YAML that the loader takes, too."""
    n = 0
    for text in examples(doc):
        if PATH.match(text):
            continue
        where = f"{folder}/piece-{n}"
        if text.startswith("# samples.yaml"):
            write(where, "example/pack.yaml",
                  HEAD + "marks: {m: {level: none, forms: [A B C]}}\n"
                  "rules: [{id: r, marks: [m], score: 1, suspect-at: 1}]\n")
            write(where, "example/samples.yaml", text)
            code, out = run("rules", "test", RULES, where)
        else:
            write(where, "example/pack.yaml", HEAD + text)
            code, out = run("rules", "check", RULES, where)
        assert code == 0, text + out
        n += 1
    assert n >= 5, f"{n} examples"


def mistakes(folder):
    """What is wrong is said with its line, and what was meant."""
    write(folder, "p/pack.yaml", HEAD + "marks:\n  m: {level: secrt, forms: [A B]}\n")
    code, out = run("rules", "check", folder + "/p")
    assert code == 1 and "p/pack.yaml:4:14: " in out and "R007" in out, out
    write(folder, "p/pack.yaml", HEAD + "marks:\n  m: {level: secret, forms: [A B]}\n"
          "rules:\n  - {id: r, marks: [m], score: 40, placez: [header]}\n")
    code, out = run("rules", "check", folder + "/p")
    assert code == 1 and ":6:" in out and "places" in out, out
    write(folder, "p/pack.yaml", HEAD + "marks:\n  m: {level: secret, forms: [A B]}\n"
          "rules:\n  - {id: r, marks: [m], score: 90}\n")
    write(folder, "p/samples.yaml", "match:\n  - {text: A C, level: secret}\n"
          "no-match:\n  - {text: x, place: heeder}\n")
    code, out = run("rules", "test", folder + "/p")
    assert code == 1 and "expected secret, found none" in out, out
    assert ":4:" in out and "did you mean 'header'?" in out, out


def main():
    tests = [(f"{f.__name__} of {doc}", lambda d, f=f, doc=doc: f(doc, d))
             for f in (whole_packs, first_pack_finds, pieces) for doc in ("rules.md", "rules.vi.md")]
    tests.append(("mistakes", mistakes))
    print(f"1..{len(tests)}")
    failed = 0
    for i, (name, f) in enumerate(tests, 1):
        folder = tempfile.mkdtemp(prefix="test-rules-docs-")
        os.chmod(folder, 0o755)
        try:
            f(folder)
            print(f"ok {i} - {name}")
        except AssertionError as e:
            failed += 1
            print(f"not ok {i} - {name}")
            print("\n".join("# " + line for line in str(e).splitlines()))
        finally:
            shutil.rmtree(folder)
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
