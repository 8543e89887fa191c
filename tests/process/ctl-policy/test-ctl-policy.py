#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sealgate policy and sealgate apps, as their users run them. Prints TAP.

usage: test-ctl-policy.py SEALGATE POLICY-FOLDER
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SEALGATE, POLICY = sys.argv[1], pathlib.Path(sys.argv[2])
GOLDEN = POLICY.parent / "tests/golden"
APPS = """version: 1
apps:
  - {id: zalo, name: Zalo, category: chat, exe: /opt/zalo/zalo}
"""
GOOD = """version: 1
apps: apps.yaml
rules:
  - {name: refuse, when: {level: secret}, do: block}
"""
BAD = GOOD.replace("secret", "secrett")
IDLE = GOOD.replace("level: secret", "user: no-such-person-here")
CASES = """version: 1
cases:
  - {app: zalo, level: secret, expect: block, rule: refuse}
  - {app: zalo, level: none, expect: %s}
"""
tests = []


def test(f):
    tests.append(f)
    return f


def run(*args, lang="C.UTF-8", **env):
    return subprocess.run([SEALGATE] + [str(a) for a in args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, LC_ALL=lang, **env))


def put(top, **files):
    (top / "apps.yaml").write_text(APPS)
    for name, text in files.items():
        (top / f"{name}.yaml").write_text(text)


def equal(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


@test
def valid(top):
    put(top, p=GOOD)
    r = run("policy", "check", top / "p.yaml")
    equal((r.returncode, r.stderr), (0, ""))
    assert "1 rules" in r.stdout and "enforce" in r.stdout, r.stdout
    assert "hợp lệ" in run("policy", "check", top / "p.yaml", lang="vi_VN.UTF-8").stdout


@test
def broken(top):
    put(top, p=BAD)
    r = run("policy", "check", top / "p.yaml")
    equal((r.returncode, r.stdout), (1, ""))
    equal(r.stderr, f"{top}/p.yaml:4:34: P004: `secrett` is no value of `level` "
                    "(did you mean `secret`?)\n")
    r = run("policy", "check", "--json", top / "p.yaml")
    o = json.loads(r.stdout)
    equal((r.returncode, r.stderr, o["valid"]), (1, "", False))
    d = o["diagnostics"][0]
    equal((d["code"], d["severity"], d["line"], d["column"]), ("P004", "error", 4, 34))


@test
def idle_is_not_valid_here(top):
    put(top, p=IDLE)
    r = run("policy", "check", "--json", top / "p.yaml")
    o = json.loads(r.stdout)
    equal((r.returncode, o["valid"], o["idle"]), (1, False, 1))
    equal([d["code"] for d in o["diagnostics"]], ["P021", "P020"])


@test
def what_could_not_be_applied(top):
    """`check` says what `apply` would: an include that leads out; and who else may write a file."""
    inner = top / "inner"
    inner.mkdir()
    put(top)
    (inner / "p.yaml").write_text(GOOD.replace("apps.yaml", "../apps.yaml"))
    r = run("policy", "check", "--any-host", inner / "p.yaml")
    equal(r.returncode, 1)
    assert "p.yaml:2:7: P019: ../apps.yaml: `..` is not possible" in r.stderr, r.stderr
    put(top, p=GOOD)
    for name in ("p.yaml", "apps.yaml"):
        (top / name).chmod(0o666)
        r = run("policy", "check", "--any-host", "--json", top / "p.yaml")
        d = json.loads(r.stdout)["diagnostics"]
        equal((r.returncode, [x["code"] for x in d]), (0, ["P045"]))
        assert str(top / name) in d[0]["message"], d
        (top / name).chmod(0o644)


@test
def a_folder_is_no_document(top):
    docs = top / "docs"
    docs.mkdir()
    put(top, p=GOOD.replace("level: secret", f"level: secret, path: {docs}"))
    (top / "agent.yaml").write_text(f"protect: [{docs}]\n")
    r = run("--config", top / "agent.yaml", "policy", "check", top / "p.yaml")
    equal(r.returncode, 1)
    assert f"P029: `{docs}` is a folder (for all beneath it write `{docs}/**`)" in r.stderr, r.stderr


@test
def what_the_configuration_leaves_out(top):
    """Of the host itself: what agent.yaml protects is what paths are compared with."""
    docs = top / "docs"
    docs.mkdir()
    put(top, p=GOOD.replace("level: secret", f"level: secret, path: {docs}/**"),
        out=GOOD.replace("level: secret", f"level: secret, path: {top}/other/**"))
    (top / "link").symlink_to(docs)
    put(top, link=GOOD.replace("level: secret", f"level: secret, path: {top}/link/**"))
    (top / "agent.yaml").write_text(f"protect: [{docs}]\n")

    def codes(name, *args):
        r = run("--config", top / "agent.yaml", "policy", "check", *args, "--json", top / f"{name}.yaml")
        return r.returncode, [d["code"] for d in json.loads(r.stdout)["diagnostics"]]
    equal(codes("p"), (0, []))
    equal(codes("out"), (1, ["P029", "P020"]))
    equal(codes("link"), (1, ["P029", "P020"]))
    equal(codes("out", "--any-host"), (0, []))
    (top / "agent.yaml").write_text("protect: {\n")  # that is not the policy's fault
    equal(codes("p"), (0, []))


@test
def not_there(top):
    r = run("policy", "check", top / "p.yaml")
    equal((r.returncode, r.stdout), (2, ""))
    assert "No such file" in r.stderr, r.stderr
    put(top, p=GOOD)
    equal(run("policy", "test", top / "p.yaml").returncode, 2)


@test
def configured(top):
    put(top, p=GOOD)
    (top / "agent.yaml").write_text("policy: p.yaml\n")
    r = run("--config", top / "agent.yaml", "policy", "check", "--json")
    equal((r.returncode, json.loads(r.stdout)["file"]), (0, f"{top}/p.yaml"))
    (top / "agent.yaml").write_text("polcy: p.yaml\n")
    r = run("--config", top / "agent.yaml", "policy", "check")
    equal(r.returncode, 2)
    assert "agent.yaml:1:1: S001:" in r.stderr, r.stderr


@test
def table(top):
    (top / "cases").mkdir()
    put(top, p=GOOD)
    (top / "cases/p.yaml").write_text(CASES % "allow")
    r = run("policy", "test", top / "p.yaml")
    equal((r.returncode, r.stderr), (0, ""))
    assert "2 cases, 0 failed" in r.stdout, r.stdout
    (top / "c.yaml").write_text(CASES % "log")
    r = run("policy", "test", "--json", top / "p.yaml", top / "c.yaml")
    o = json.loads(r.stdout)
    equal((r.returncode, o["cases"], o["failed"]), (1, 2, 1))
    equal((o["diagnostics"][0]["code"], o["diagnostics"][0]["line"]), ("P030", 4))
    put(top, p=BAD)
    equal(run("policy", "test", top / "p.yaml", top / "c.yaml").returncode, 2)


@test
def hours_are_the_host_s(top):
    """Zones, midnight, the days of daylight saving, and the first and last moments of a rule."""
    rules = """version: 1
apps: apps.yaml
rules:
  - {name: office, when: {level: secret, time: 'mon-fri 08:00-17:30'}, do: notify}
  - {name: night, when: {level: secret, time: 'sat 22:00-06:00'}, do: block}
  - {name: lost-hour, when: {level: internal, time: '02:00-03:00'}, do: block}
  - {name: december, when: {level: confidential}, do: block, valid-from: 2026-12-01, valid-until: 2026-12-31}
"""
    tables = {
        "Asia/Ho_Chi_Minh": (
            ("secret", "2026-11-23T00:59:59Z", "none"), ("secret", "2026-11-23T01:00:00Z", "office"),
            ("secret", "2026-11-23T17:29:59+07:00", "office"), ("secret", "2026-11-23T17:30:00+07:00", "none"),
            ("secret", "2026-11-28T14:59:59Z", "none"), ("secret", "2026-11-28T15:00:00Z", "night"),
            ("secret", "2026-11-29T05:59:59+07:00", "night"), ("secret", "2026-11-29T06:00:00+07:00", "none"),
            ("secret", "2026-11-29T23:00:00+07:00", "none"),
            ("confidential", "2026-11-30T16:59:59Z", "none"), ("confidential", "2026-11-30T17:00:00Z", "december"),
            ("confidential", "2026-12-31T16:59:59Z", "december"), ("confidential", "2026-12-31T17:00:00Z", "none")),
        "America/New_York": (
            ("secret", "2026-11-23T12:59:59Z", "none"), ("secret", "2026-11-23T13:00:00Z", "office"),
            ("secret", "2026-11-29T02:59:59Z", "none"), ("secret", "2026-11-29T03:00:00Z", "night"),
            ("confidential", "2026-12-01T04:59:59Z", "none"), ("confidential", "2026-12-01T05:00:00Z", "december")),
        "Europe/Berlin": (
            # On the 29th of March the hour from two to three is not there; on the 25th of October it is twice.
            ("internal", "2026-03-29T00:59:59Z", "none"), ("internal", "2026-03-29T01:00:00Z", "none"),
            ("internal", "2026-03-28T01:30:00Z", "lost-hour"), ("internal", "2026-03-30T00:30:00Z", "lost-hour"),
            ("internal", "2026-10-25T00:30:00Z", "lost-hour"), ("internal", "2026-10-25T01:30:00Z", "lost-hour"),
            ("internal", "2026-10-25T02:00:00Z", "none"),
            ("secret", "2026-10-23T06:00:00Z", "office"), ("secret", "2026-10-26T06:59:59Z", "none"),
            ("secret", "2026-10-26T07:00:00Z", "office")),
    }
    put(top, p=rules)
    for zone, table in tables.items():
        cases = "version: 1\ncases:\n" + "".join(
            "  - {app: zalo, level: %s, at: '%s', rule: %s, expect: %s}\n" % (
                level, at, rule, {"none": "allow", "office": "notify"}.get(rule, "block"))
            for level, at, rule in table)
        (top / "cases.yaml").write_text(cases)
        r = run("policy", "test", top / "p.yaml", top / "cases.yaml", TZ=zone)
        equal((zone, r.returncode, r.stderr), (zone, 0, ""))


@test
def shipped(top):
    for name in ("default", "strict", "monitor"):
        equal(run("policy", "check", POLICY / f"{name}.yaml").returncode, 0)
        equal(run("policy", "test", POLICY / f"{name}.yaml").returncode, 0)


@test
def schema(top):
    for name in ("policy", "apps", "exceptions", "cases"):
        r = run("policy", "schema", name)
        equal((r.returncode, r.stderr), (0, ""))
        equal(r.stdout, (POLICY / f"schema/{name}.schema.json").read_text())
        json.loads(r.stdout)
    equal(run("policy", "schema", "nothing").returncode, 2)


@test
def apps(top):
    put(top, p=GOOD)
    (top / "apps.yaml").write_text(
        "version: 1\napps:\n"
        f"  - {{id: tail, name: Tail, category: chat, exe: {os.path.realpath('/usr/bin/tail')}}}\n"
        f"  - {{id: script, name: Script, category: chat, exe: {top}/script}}\n"
        "  - {id: absent, name: Absent, category: other, exe: /nonexistent/x, snap: absent}\n")
    (top / "p.yaml").write_text("version: 1\napps: apps.yaml\nrules: []\n")
    (top / "script").write_text("#!/bin/sh\nread x\n")
    policy = ["--policy", top / "p.yaml"]
    r = run("apps", "--json", *policy, "list")
    listed = {a["id"]: a for a in json.loads(r.stdout)}
    equal((r.returncode, list(listed)), (0, ["tail", "script", "absent"]))
    equal((listed["tail"]["installed"], listed["absent"]["installed"]), (True, False))
    equal(listed["absent"]["snap"], ["absent"])
    r = run("apps", *policy, "list")
    assert "installed" in r.stdout and len(r.stdout.splitlines()) == 3, r.stdout
    for command, expect in ((["/usr/bin/tail", "-f", "/dev/null"], ("tail", "exe", 0)),
                            (["/bin/sh", "script"], ("script", "script", 0)),
                            (["/bin/sleep", "50"], (None, None, 1))):
        with subprocess.Popen(command, cwd=top, stdin=subprocess.PIPE) as p:
            try:
                r = run("apps", "--json", *policy, "identify", p.pid)
                o = json.loads(r.stdout)
                equal((o["app"], o["how"], r.returncode), expect)
                equal(run("apps", *policy, "identify", p.pid).returncode, expect[2])
            finally:
                p.kill()
    for args in (["identify", "0"], ["identify"], ["identify", "x"], [], ["lst"],
                 ["identify", "999999999"]):
        equal(run("apps", *policy, *args).returncode, 2)


@test
def explain_code(top):
    for command in ("policy", "rules"):
        r = run(command, "check", "--explain", "p011")
        equal((r.returncode, r.stderr), (0, ""))
        assert r.stdout.startswith("P011 (error): unreachable") and "what to do" in r.stdout, r.stdout
        r = run("--lang", "vi", command, "check", "--explain", "P011")
        assert "cách sửa" in r.stdout and "không bao giờ" in r.stdout, r.stdout
        equal(run(command, "check", "--explain", "P999").returncode, 2)
        equal(run(command, "check", "--explain", "P011", "x").returncode, 2)
        equal(run(command, "test", "--explain", "P011").returncode, 2)
    r = run("policy", "check", "--json", "--explain", "all")
    codes = {o["code"]: o for o in map(json.loads, r.stdout.splitlines())}
    assert {"C001", "S001", "P031", "R016"} <= set(codes), sorted(codes)
    equal((codes["P010"]["severity"], codes["P011"]["severity"]), ("warning", "error"))
    for o in codes.values():
        for lang in ("en", "vi"):
            assert o[lang]["wrong"] and o[lang]["advice"], o


@test
def diff_says_what_changes_for_whom(top):
    log = GOOD.replace("block", "log")
    two = GOOD + "  - {name: note, when: {level: internal}, do: log}\n"
    turned = """version: 1
apps: apps.yaml
rules:
  - {name: other, when: {level: internal}, do: log}
  - {name: refuse, when: {level: secret}, do: block}
"""
    put(top, a=log, b=GOOD, two=two, turned=turned)
    r = run("policy", "diff", top / "a.yaml", top / "b.yaml")
    equal((r.returncode, r.stderr), (1, ""))
    for line in r.stdout.splitlines():
        assert line.startswith("- documents that are secret, "), line
        assert line.endswith(": was log (rule refuse), becomes block (rule refuse)"), line
    r = run("--lang", "vi", "policy", "diff", top / "b.yaml", top / "a.yaml")
    assert "- tài liệu secret, " in r.stdout, r.stdout
    assert ": trước đây chặn (quy tắc refuse), nay ghi lại (quy tắc refuse)" in r.stdout, r.stdout
    assert "làm giảm mức bảo vệ" in r.stdout, r.stdout
    # another order and other names without effect
    r = run("policy", "diff", top / "two.yaml", top / "turned.yaml")
    equal((r.returncode, r.stdout), (0, "no change\n"))
    d = json.loads(run("policy", "diff", "--json", top / "a.yaml", top / "b.yaml").stdout)
    equal((d["same"], d["weaker"], d["cut"]), (False, False, False))
    for c in d["changes"]:
        equal((c["when"]["level"], c["before"]["action"], c["after"]["action"]), (["secret"], "log", "block"))


@test
def diff_of_what_an_application_is(top):
    put(top, a=GOOD, b=GOOD.replace("apps.yaml", "more.yaml"))
    (top / "more.yaml").write_text(APPS + "  - {id: viber, name: Viber, category: chat, exe: /opt/viber}\n")
    r = run("policy", "diff", top / "a.yaml", top / "b.yaml")
    equal(r.returncode, 1)
    assert "application viber is new" in r.stdout and "in viber: was not asked" in r.stdout, r.stdout
    r = run("policy", "diff", top / "b.yaml", top / "a.yaml")
    assert "viber is no application any more" in r.stdout and "protects state secrets less" in r.stdout, r.stdout
    (top / "more.yaml").write_text(APPS.replace("/opt/zalo/zalo", "/opt/zalo/other"))
    r = run("policy", "diff", top / "a.yaml", top / "b.yaml")
    assert r.returncode == 1 and "zalo is not recognised by all that it was" in r.stdout, r.stdout


@test
def diff_of_what_cannot_be_read(top):
    put(top, a=GOOD, bad=BAD)
    for x, y in (("a.yaml", "bad.yaml"), ("bad.yaml", "a.yaml"), ("a.yaml", "none.yaml")):
        r = run("policy", "diff", top / x, top / y)
        equal((r.returncode, r.stdout), (2, ""))
        assert r.stderr, (x, y)
    assert "policy.yaml:4:" in run("policy", "diff", top / "bad.yaml", top / "a.yaml").stderr
    equal(run("policy", "diff", top / "a.yaml").returncode, 2)
    # a version without an agent
    r = run("--socket", top / "none.sock", "policy", "diff", "3", top / "a.yaml")
    assert r.returncode == 2 and "no agent" in r.stderr, r.stderr


@test
def shipped_policies_differ(top):
    r = run("policy", "diff", POLICY / "default.yaml", POLICY / "default.yaml")
    equal((r.returncode, r.stdout, r.stderr), (0, "no change\n", ""))
    d = json.loads(run("policy", "diff", "--json", POLICY / "default.yaml", POLICY / "monitor.yaml").stdout)
    assert d["weaker"] and not d["cut"], d
    d = json.loads(run("policy", "diff", "--json", POLICY / "default.yaml", POLICY / "strict.yaml").stdout)
    assert not d["cut"] and len(d["changes"]) > 5


@test
def each_diagnostic_has_its_vietnamese(top):
    """Every policy of the golden suites: text and hint in the reader's language, with what was filled in."""
    left, n = [], 0
    for path in sorted(GOLDEN.glob("*/*.yaml")):
        english, vietnamese = (run("--lang", lang, "policy", "check", "--any-host", path) for lang in ("en", "vi"))
        equal(english.returncode, vietnamese.returncode)
        lines = english.stderr.splitlines(), vietnamese.stderr.splitlines()
        equal(len(lines[0]), len(lines[1]))
        for en, vi in zip(*lines):
            n += 1
            en, vi = en.split(": ", 1)[1].removeprefix("warning: "), vi.split(": ", 1)[1].removeprefix("cảnh báo: ")
            equal(en[:5], vi[:5])  # the code
            quoted = re.findall("`[^`]*`", en)
            if not any(ord(c) > 0x1e9f or c in "đăâêôơưáàãéèíìóòõúùý" for c in re.sub("`[^`]*`", "", vi)) or \
                    any(q not in vi for q in quoted):
                left.append((path.name, en, vi))
    assert n > 150 and not left, (n, left)


@test
def errors_and_help_in_vietnamese(top):
    put(top, p=GOOD, bad=BAD)
    for args, status, text in (
            (["policy", "check", "--nope"], 2, "không có tùy chọn --nope"),
            (["policy", "chek"], 2, "không có lệnh \"policy chek\"; có phải ý bạn là \"check\"?"),
            (["policy", "check", top / "none.yaml"], 2, "none.yaml: không có tệp hay thư mục đó"),
            (["policy", "check", "--explain", "X999"], 2, "không có mã lỗi"),
            (["policy", "apply", top / "p.yaml"], 2, "không có chương trình nào trả lời tại"),
            (["policy", "check", "--help"], 0, "tùy chọn:"),
            (["sign", "--help"], 0, "Ký một chính sách"),
            (["courier", "export"], 2, "cần export, import hoặc receipt, và một thư mục"),
            (["courier", "--state-dir", top, "receipt", top], 2, "chỉ receipt mới dùng"),
            (["verify", top / "p.yaml"], 1, "đây không phải một gói"),
            (["keygen"], 2, "cần một tên")):
        r = run("--lang", "vi", *args)
        equal(r.returncode, status)
        assert text in r.stdout + r.stderr, (args, r.stdout + r.stderr)


@test
def usage(top):
    equal(run("policy", "--help").returncode, 0)
    equal(run("policy").returncode, 2)
    r = run("policy", "chek")
    equal((r.returncode, r.stdout), (2, ""))
    assert "did you mean \"check\"" in r.stderr, r.stderr
    for args in (["--jsn"], ["a", "b"]):
        equal(run("policy", "check", *args).returncode, 2)
    for name in ("check", "test", "schema", "apply", "history", "rollback", "show", "diff", "simulate"):
        r = run("policy", name, "--help")
        equal((r.returncode, r.stderr), (0, ""))


print(f"1..{len(tests)}")
failed = 0
for i, t in enumerate(tests, 1):
    with tempfile.TemporaryDirectory() as d:
        try:
            t(pathlib.Path(d).resolve())
            print(f"ok {i} - {t.__name__}")
        except Exception as e:  # any exception is a failed test
            failed += 1
            print(f"not ok {i} - {t.__name__}\n# {e!r}")
sys.exit(failed > 0)
