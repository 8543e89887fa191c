#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One table of keywords: the schema means what the parser does, by a validator that is not ours, and
manual, completions and the fuzzer's dictionary know every word of it. Prints TAP.

usage: test-schema.py SOURCE BUILT
"""
import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

TOP, BUILT = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])  # packaging of the build
POLICY = TOP / "policy"
GOLDEN = TOP / "tests/golden/policy"
KINDS = ("policy", "apps", "cases", "advisories", "exceptions")
SCHEMAS = {k: json.loads((POLICY / f"schema/{k}.schema.json").read_text()) for k in KINDS}
# What a schema can see: keys, types, missing ones, words.
VISIBLE = {"P001", "P003", "P004"}
tests = []


def test(f):
    tests.append(f)
    return f


class Editor(yaml.SafeLoader):
    """YAML 1.2 as editors read it: no dates, no yes and no, no base 60."""


Editor.yaml_implicit_resolvers = {}
for tag, pattern, first in (
        ("bool", "^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
        ("null", "^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
        ("int", "^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789"),
        ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789")):
    Editor.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), list(first))


def construct_int(loader, node):
    text = loader.construct_scalar(node)
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text, 10)


Editor.add_constructor("tag:yaml.org,2002:int", construct_int)


def faults(kind, text):
    """What the validator says; None where it is no YAML to begin with."""
    try:
        document = yaml.load(text, Editor)
    except (yaml.YAMLError, ValueError):
        return None
    return [e.message for e in jsonschema.Draft7Validator(SCHEMAS[kind]).iter_errors(document)]


def words(schema, keys, values):
    """All keys and all words of a schema."""
    if isinstance(schema, dict):
        keys.update(schema.get("properties", {}))
        values.update(schema.get("enum", []))
        for v in schema.values():
            words(v, keys, values)
    elif isinstance(schema, list):
        for v in schema:
            words(v, keys, values)


def all_words():
    keys, values = set(), set()
    for s in SCHEMAS.values():
        words(s, keys, values)
    return keys, values


@test
def schemas_are_schemas():
    for s in SCHEMAS.values():
        jsonschema.Draft7Validator.check_schema(s)


@test
def shipped_files_are_valid_and_name_their_schema():
    found = 0
    for folder, kind in ((POLICY, "policy"), (POLICY / "apps", "apps"), (POLICY / "cases", "cases"),
                         (POLICY / "advisories", "advisories")):
        for path in sorted(folder.glob("*.yaml")):
            text = path.read_text()
            assert faults(kind, text) == [], (path, faults(kind, text))
            m = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
            assert m, f"{path}: no modeline"
            schema = (path.parent / m[1]).resolve()
            assert schema == (POLICY / f"schema/{kind}.schema.json").resolve(), (path, schema)
            found += 1
    assert found >= 10, found


@test
def the_guide_s_files_are_valid():
    text = (TOP / "docs/admin-guide.md").read_text()
    blocks = re.findall(r"<!-- file: (\S+) -->\n```yaml\n(.*?)\n```", text, re.S)
    kinds = {"office.yaml": "policy", "forms.yaml": "exceptions", "cases/office.yaml": "cases"}
    seen = 0
    for path, body in blocks:
        kind = next((k for name, k in sorted(kinds.items(), key=lambda x: -len(x[0]))
                     if path.endswith(name)), None)
        if not kind:
            continue
        seen += 1
        body = body.replace("levle", "level")  # the slip that it shows
        assert faults(kind, body) == [], (path, faults(kind, body))
    assert seen == 3, seen


@test
def it_takes_what_the_parser_takes_and_refuses_what_it_can_see():
    good = bad = 0
    for path in sorted(GOLDEN.glob("*.yaml")):
        raw = path.read_bytes()
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            continue
        expected = re.findall(r"^# expect: (\S+\.yaml:)?\d+:\d+: (warning: )?([A-Z]\d{3}):", text, re.M)
        own = {code for file, warning, code in expected if not file and not warning}
        found = faults("policy", text)
        if found is None:
            assert own, f"{path.name}: no YAML, but the parser takes it"
        elif own & VISIBLE:
            bad += 1
            assert found, f"{path.name}: {own}, and the schema has nothing to say"
        elif not own and "P026" not in text:
            good += 1
            assert not found, f"{path.name}: {found}"
    assert good >= 10 and bad >= 25, (good, bad)


@test
def the_manual_knows_every_word():
    text = (BUILT / "sealgate-policy.yaml.5.scd").read_text()
    keys, values = all_words()
    missing = [k for k in sorted(keys) if not re.search(rf"\*([\w.-]*\.)?{re.escape(k)}\*", text)]
    assert not missing, f"keys: {missing}"
    missing = [v for v in sorted(values) if not re.search(rf"(?<![\w-]){re.escape(v)}(?![\w-])", text)]
    assert not missing, f"words: {missing}"
    assert "@keys" not in text, "a place that was not filled"


@test
def completions_know_the_words():
    """As they are built, and as a shell understands them."""
    case = SCHEMAS["cases"]["properties"]["cases"]["items"]["properties"]
    when = SCHEMAS["policy"]["properties"]["rules"]["items"]["properties"]["when"]["properties"]
    lists = {"--level": case["level"]["enum"], "--action": case["expect"]["enum"],
             "--failure": case["failure"]["enum"], "--may-be": case["may-be"]["enum"],
             "--channel": when["channel"]["oneOf"][0]["enum"]}
    zsh = (BUILT / "_sealgate").read_text()
    for option, known in lists.items():
        script = (f"complete() {{ :; }}; . {BUILT / 'sealgate'}; COMP_WORDS=(sealgate scan {option} ''); "
                  "COMP_CWORD=3; _sealgate; printf '%s\n' \"${COMPREPLY[@]}\"")
        said = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, text=True, timeout=20).stdout
        assert said.split() == known, f"bash, {option}: {said}"
        m = re.search(rf"^{option}\) _values (?:-s , )?'\w+' (.*?);", zsh, re.M)
        assert m and m[1].split() == known, f"zsh, {option}: {m and m[1]}"
    assert "@words" not in zsh, "a place that was not filled"


@test
def the_fuzzer_knows_every_word():
    text = (TOP / "tests/fuzz/fuzz-policyfile.dict").read_text()
    keys, values = all_words()
    missing = [w for w in sorted(keys | values) if f'"{w}"' not in text]
    assert not missing, missing


@test
def each_code_of_the_sources_is_explained():
    codes = set()
    for path in (TOP / "agent").rglob("*.[ch]"):
        codes.update(re.findall(r'#define \w+\s+"([CPRS]\d{3})"', path.read_text()))
    for name in ("diagnostics.md", "diagnostics.vi.md"):
        known = set(re.findall(r"^\| ([CPRS]\d{3}) \|", (TOP / "docs" / name).read_text(), re.M))
        assert codes and codes <= known, f"{name}: {sorted(codes - known)}"


print(f"1..{len(tests)}")
failed = False
for n, f in enumerate(tests, 1):
    try:
        f()
        print(f"ok {n} - {f.__name__}")
    except AssertionError as e:
        failed = True
        print(f"not ok {n} - {f.__name__}")
        print("# " + str(e).replace("\n", "\n# "))
sys.exit(failed)
