#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sealgate explain, as its users run it. Prints TAP.

usage: test-ctl-explain.py SEALGATE SEALGATE-SCAN POLICY-FOLDER RULES
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SEALGATE, SCAN, POLICY, RULES = sys.argv[1:5]
SECRET = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n"
          "Số: 12/BC-UBND\nTỐI MẬT\n\nBÁO CÁO\nvề công tác bảo vệ\n")
OPEN = "Kính gửi các đồng chí,\n\nCuộc họp bắt đầu lúc chín giờ.\n"
tests = []


def test(f):
    tests.append(f)
    return f


def run(*args, policy="default", lang="C.UTF-8"):
    command = [SEALGATE, "explain", "--rules", RULES]
    if policy:
        command += ["--policy", f"{POLICY}/{policy}.yaml"]
    return subprocess.run(command + [str(a) for a in args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=100, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, LC_ALL=lang, SEALGATE_LIBEXEC=os.path.dirname(SCAN)))


def explain(*args, **more):
    r = run("--json", *args, **more)
    equal((r.returncode, r.stderr), (0, ""))
    return json.loads(r.stdout)


def put(top, text, name="a.txt"):
    (top / name).write_text(text)
    return top / name


def equal(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


@test
def failures(top):
    """One failure beside the rules, and the table of all."""
    o = explain("--app", "zalo", "--failure", "core-gone", put(top, OPEN))
    equal((o["failure"], o["may_be"], o["verdict"]["action"], o["verdict"]["rule"]),
          ("core-gone", "unknown", "block", "undecided-to-people"))
    equal([f["name"] for f in o["failures"] if f["decides"]], ["undecided-to-people"])
    o = explain("--app", "zalo", "--failure", "unreadable", "--may-be", "internal", put(top, OPEN))
    equal(o["verdict"]["rule"], "was-classified-to-people")
    o = explain("--app", "zalo", put(top, OPEN))
    equal((o["failure"], [f for f in o["failures"] if f["matches"]]), (None, []))
    table = explain("--failures", "--app", "firefox")["failures"]
    equal(len(table), 21)
    equal({(t["failure"], t["may_be"]): t["action"] for t in table}["store", "internal"], "log")
    text = run("--failures", "--app", "zalo").stdout
    assert "descriptors" in text and "was-classified-to-people" in text, text
    equal(run("--failures", "--app", "zalo", top / "a.txt").returncode, 2)
    equal(run("--app", "zalo", "--failure", "slow", top / "a.txt").returncode, 2)


@test
def blocked(top):
    o = explain("--app", "zalo", put(top, SECRET))
    equal((o["level"], o["verdict"]["action"], o["verdict"]["rule"]),
          ("secret", "block", "state-secret-to-people"))
    assert o["evidence"] and o["verdict"]["message"], o
    by_name = {r["name"]: r for r in o["rules"]}
    equal([r["name"] for r in o["rules"] if r["decides"]], ["state-secret-to-people"])
    assert by_name["state-secret-to-people"]["matches"]
    equal(by_name["state-secret-to-people"]["why"], None)
    assert "level" in by_name["internal-to-people"]["why"]
    assert "category" in by_name["classified-to-browsers"]["why"]


@test
def no_rule(top):
    o = explain("--app", "zalo", put(top, OPEN))
    equal((o["level"], o["verdict"]["action"], o["verdict"]["rule"]), ("none", "allow", None))
    assert all(r["why"] for r in o["rules"])


@test
def channel_and_category(top):
    f = put(top, SECRET)
    equal(explain("--app", "firefox", "--channel", "browser-upload", f)["verdict"]["action"], "log")
    equal(explain("--app", "zalo", "--channel", "receive", f)["verdict"]["rule"],
          "classified-received")


@test
def monitor_says_what_enforce_would(top):
    f = put(top, SECRET)
    v = explain("--app", "zalo", f, policy="monitor")["verdict"]
    equal((v["action"], v["intended"]), ("log", "block"))
    assert "enforce would block" in run("--app", "zalo", f, policy="monitor").stdout


@test
def conditions_of_the_question(top):
    (top / "apps.yaml").write_text(
        "version: 1\napps: [{id: a, name: A, category: chat, exe: /bin/a}]\n")
    (top / "p.yaml").write_text(f"""version: 1
apps: apps.yaml
rules:
  - name: all
    when: {{user: [4242], destination: '*.vn', meeting: true, path: '{top}/**/a.txt'}}
    do: notify
""")
    f = put(top, OPEN)
    asked = {"--user": "4242", "--destination": "x.vn", "--meeting": None}

    def ask(**changed):
        words = dict(asked, **{"--" + k: v for k, v in changed.items()})
        args = []
        for k, v in words.items():
            args += [] if v == "" else [k] if v is None else [k, v]
        return explain("--app", "a", "--policy", top / "p.yaml", *args, f, policy=None)

    equal(ask()["verdict"], {"action": "notify", "intended": "notify", "rule": "all", "message": ""})
    equal(ask()["uid"], 4242)
    for changed in ({"user": "4243"}, {"destination": "x.com"}, {"meeting": ""}):
        o = ask(**changed)
        equal(o["verdict"]["rule"], None)
        assert list(changed)[0] in o["rules"][0]["why"], o["rules"]


@test
def text(top):
    f = put(top, SECRET)
    r = run("--app", "zalo", f)
    equal((r.returncode, r.stderr), (0, ""))
    assert "\x1b" not in r.stdout
    assert "* state-secret-to-people: block" in r.stdout, r.stdout
    assert str(f) in r.stdout and "TỐI MẬT" in r.stdout, r.stdout
    # No reason is left in English.
    for policy in ("default", "strict", "monitor"):
        for file in (f, put(top, OPEN, "b.txt")):
            r = run("--app", "zalo", file, policy=policy, lang="vi_VN.UTF-8")
            equal(r.returncode, 0)
            for line in re.findall(r"^  - [a-z-]+: (.*)$", r.stdout, re.M):
                assert not re.search(r"\b(the|rule|none)\b", line), line


@test
def refused(top):
    f = put(top, OPEN)
    for args, word in (
            (["--app", "zallo", f], 'did you mean "zalo"'),
            ([f], "needs --app"),
            (["--app", "zalo"], "one FILE"),
            (["--app", "zalo", f, f], "one FILE"),
            (["--app", "zalo", "--channel", "mail", f], "no channel"),
            (["--app", "zalo", "--user", "no-such-person-here", f], "no user"),
            (["--app", "zalo", top / "absent"], "No such file"),
            (["--app", "zalo", "--bogus", f], "unknown option")):
        r = run(*args)
        equal((r.returncode, r.stdout), (2, ""))
        assert word in r.stderr, r.stderr
    (top / "p.yaml").write_text("version: 2\nrules: []\n")
    r = run("--app", "zalo", "--policy", top / "p.yaml", f, policy=None)
    equal(r.returncode, 2)
    assert "P023" in r.stderr, r.stderr


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
