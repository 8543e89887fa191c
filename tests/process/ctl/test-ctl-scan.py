#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sealgate scan, as its users run it. Prints TAP.

usage: test-ctl-scan.py SEALGATE SEALGATE-SCAN FAKE-SCAN RULES
"""
import atexit
import hashlib
import json
import os
import pathlib
import pty
import shutil
import subprocess
import sys
import tempfile
import time

SEALGATE, SCAN, FAKE, RULES = sys.argv[1:5]


def everybodys():
    """Copies where every user may read them: a checkout may lie in a home that is closed."""
    folder = tempfile.mkdtemp(prefix="test-ctl-scan-")
    atexit.register(shutil.rmtree, folder)
    os.chmod(folder, 0o755)
    shutil.copytree(RULES, folder + "/rules")
    return shutil.copy(SEALGATE, folder), shutil.copy(SCAN, folder), folder + "/rules"


SEALGATE, SCAN, RULES = everybodys()
NOBODY = 65534
SECRET = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n"
          "Số: 12/BC-UBND\nTỐI MẬT\n\nBÁO CÁO\nvề công tác bảo vệ\n")
OPEN = "Kính gửi các đồng chí,\n\nCuộc họp bắt đầu lúc chín giờ.\n"

tests = []


def test(f):
    tests.append(f)
    return f


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def objects(self):
        return {os.path.basename(o["path"]): o for o in map(json.loads, self.out.splitlines())}


def run(*args, env=None, user=None, rules=True, worker=None):
    """worker: a directory with a sealgate-scan; by default the real one."""
    e = dict(os.environ, SEALGATE_LIBEXEC=worker or os.path.dirname(SCAN), LC_ALL="C.UTF-8")
    e.update(env or {})
    command = [SEALGATE, "scan"] + (["--rules", RULES] if rules else []) + [str(a) for a in args]
    who = {"user": user, "group": user, "extra_groups": []} if user is not None else {}
    return Result(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 env=e, timeout=100, stdin=subprocess.DEVNULL, **who))


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def fake(top):
    d = top / "libexec"
    d.mkdir()
    shutil.copy(FAKE, d / "sealgate-scan")
    return str(d)


def equal(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


@test
def nothing_found(top):
    put(top / "a.txt", OPEN)
    r = run(top)
    equal((r.code, r.err), (0, ""))
    assert "1 document " in r.out and "0 classified" in r.out, r.out


@test
def found(top):
    put(top / "x/mat.txt", SECRET)
    put(top / "a.txt", OPEN)
    r = run(top)
    equal((r.code, r.err), (1, ""))
    lines = r.out.splitlines()
    equal(len(lines), 2)
    assert lines[0].startswith("TỐI MẬT  ") and "/x/mat.txt" in lines[0], lines[0]
    assert "TỐI MẬT" in lines[0].split("mat.txt", 1)[1], lines[0]
    assert "2 documents" in lines[1] and "1 classified" in lines[1], lines[1]
    assert "\033" not in r.out
    assert "1 có độ mật" in run(top, env={"LC_ALL": "vi_VN.UTF-8"}).out


@test
def json_objects(top):
    put(top / "mat.txt", SECRET)
    put(top / "a \"b\"\n.txt", OPEN)
    (top / "bad-\udcff.txt").write_text(OPEN)
    r = run("--json", top)
    equal((r.code, r.err), (1, ""))
    equal(len(r.out.splitlines()), 3)
    o = r.objects()["mat.txt"]
    equal(o["level"], "secret")
    equal(o["completeness"], "full")
    equal(o["format"], "text")
    equal(o["size"], len(SECRET.encode()))
    equal(o["sha256"], hashlib.sha256(SECRET.encode()).hexdigest())
    equal((o["tags"], o["reasons"]), ([], []))
    assert o["ms"] > 0
    equal(sorted(o["evidence"][0]),
          sorted(["rule", "pack", "level", "part", "page", "member", "snippet", "score"]))
    equal(r.objects()["a \"b\"\n.txt"]["level"], "none")
    assert "bad-\ufffd.txt" in r.objects()


@test
def what_is_walked(top):
    put(top / "in/deep/er/mat.txt", SECRET)
    put(top / "elsewhere/mat2.txt", SECRET)
    (top / "in/link").symlink_to(top / "elsewhere")
    (top / "in/link.txt").symlink_to(top / "elsewhere/mat2.txt")
    os.mkfifo(top / "in/pipe")
    equal(list(run("--json", top / "in").objects()), ["mat.txt"])
    # one that is named itself is said not to be a document, and never waited for
    r = run(top / "in/pipe")
    equal(r.code, 2)
    assert "not supported" in r.err, r.err
    # one that is named itself is followed
    equal(list(run("--json", top / "in/link.txt").objects()), ["link.txt"])
    # several paths, relative ones too, and after "--"
    r = run("--json", "--", os.path.relpath(top / "in"), top / "elsewhere/mat2.txt")
    equal(sorted(r.objects()), ["mat.txt", "mat2.txt"])
    assert not r.objects()["mat.txt"]["path"].startswith("/")


@test
def too_deep(top):
    p = top
    for _ in range(201):
        p = p / "d"
    put(p / "f.txt", OPEN)
    r = run(top)
    equal(r.code, 2)
    assert "too deep" in r.err, r.err


@test
def unreadable_path(top):
    put(top / "mat.txt", SECRET)
    put(top / "closed/f.txt", OPEN)
    os.chmod(top / "closed", 0)
    os.chmod(top, 0o755)
    r = run("--json", top, top / "missing", user=NOBODY if os.geteuid() == 0 else None)
    equal(r.code, 2)
    equal(list(r.objects()), ["mat.txt"])
    equal(sorted(r.err.splitlines()), sorted([f"sealgate: {top}/closed: Permission denied",
                                              f"sealgate: {top}/missing: No such file or directory"]))


@test
def unprivileged(top):
    put(top / "mat.txt", SECRET)
    os.chmod(top, 0o755)
    r = run("--json", top, user=NOBODY if os.geteuid() == 0 else None)
    equal((r.code, r.objects()["mat.txt"]["level"]), (1, "secret"))


@test
def many_at_once(top):
    for i in range(300):
        put(top / f"{i % 7}/f{i}.txt", (SECRET if i % 3 == 0 else OPEN) + str(i))
    r = run("--json", "--jobs", "4", top)
    o = r.objects()
    equal((r.code, len(o)), (1, 300))
    equal(sum(x["level"] == "secret" for x in o.values()), 100)
    for i in (0, 1, 150, 299):
        text = (SECRET if i % 3 == 0 else OPEN) + str(i)
        equal(o[f"f{i}.txt"]["sha256"], hashlib.sha256(text.encode()).hexdigest())


@test
def crashed_worker(top):
    worker = fake(top)
    docs = top / "docs"
    for i in range(20):
        put(docs / f"good{i}", "secret" if i % 2 else "plain")
    put(docs / "bad1", "crash")
    put(docs / "bad2", "crash")
    put(docs / "bad3", "exit")
    put(docs / "bad4", "crash")
    for jobs in ("1", "3"):
        r = run("--json", "--jobs", jobs, docs, worker=worker)
        o = r.objects()
        equal((r.code, r.err, len(o)), (1, "", 24))
        for n in range(1, 5):
            equal((o[f"bad{n}"]["completeness"], o[f"bad{n}"]["reasons"]), ("unreadable", ["crashed"]))
        equal(sum(x["level"] == "secret" for x in o.values()), 10)
        equal(sum(x["completeness"] == "full" for x in o.values()), 20)


@test
def hung_worker(top):
    worker = fake(top)
    docs = top / "docs"
    put(docs / "a", "plain")
    put(docs / "b", "hang")
    put(docs / "c", "secret")
    begin = time.monotonic()
    r = run("--json", "--cpu", "1", "--jobs", "1", docs, worker=worker)
    o = r.objects()
    equal((r.code, len(o)), (1, 3))
    equal((o["b"]["completeness"], o["b"]["reasons"]), ("unreadable", ["timed-out"]))
    equal((o["a"]["completeness"], o["c"]["level"]), ("full", "secret"))
    assert 2.5 < time.monotonic() - begin < 20, time.monotonic() - begin


@test
def worker_that_does_not_start(top):
    worker = fake(top)
    put(top / "a", "plain")
    r = run(top / "a", worker=worker, env={"FAKE_SCAN_REFUSES": "1"})
    equal((r.code, r.out), (2, ""))
    assert "does not start" in r.err, r.err
    r = run(top / "a", worker="/nonexistent")
    equal(r.code, 2)
    equal(r.err, "sealgate: /nonexistent/sealgate-scan: No such file or directory\n")


@test
def broken_rules(top):
    put(top / "rules/pack.yaml", "pack: broken\nnonsense: 1\n")
    put(top / "a.txt", OPEN)
    r = run("--rules", top / "rules", top / "a.txt", rules=False)
    equal((r.code, r.out), (2, ""))
    assert r.err.startswith(f"{top}/rules/pack.yaml:"), r.err
    r = run("--rules", top / "none", top / "a.txt", rules=False)
    equal(r.code, 2)
    assert str(top / "none") in r.err, r.err


@test
def usage(top):
    for args in ((), ("--nonsense", top), ("--jobs", "0", top), ("--jobs", "x", top),
                 ("--jobs", "65", top), ("--cpu", "0", top), ("--rules",)):
        r = run(*args)
        equal((r.code, r.out), (2, ""))
        assert r.err.startswith("sealgate: ") and "usage: sealgate scan" in r.err, r.err
    r = run("--help")
    equal((r.code, r.err), (0, ""))
    assert "--json" in r.out


def on_terminal(args, env):
    """What a terminal gets, both streams."""
    master, slave = pty.openpty()
    e = dict(os.environ, SEALGATE_LIBEXEC=os.path.dirname(SCAN), LC_ALL="C.UTF-8", TERM="xterm")
    e.pop("NO_COLOR", None)
    e.update(env)
    p = subprocess.Popen([SEALGATE, "scan", "--rules", RULES] + args, stdout=slave, stderr=slave,
                         stdin=subprocess.DEVNULL, env=e)
    os.close(slave)
    out = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        out += data
    p.wait(timeout=60)
    os.close(master)
    return out.decode()


@test
def terminal(top):
    put(top / "ev\033[31mil.txt", SECRET)
    for i in range(50):
        put(top / f"f{i}.txt", OPEN)
    out = on_terminal([str(top)], {})
    assert "\033[31mTỐI MẬT\033[0m" in out, out
    assert "ev?[31mil.txt" in out, out
    assert "\r\033[K" in out and " documents, " in out, out
    out = on_terminal([str(top)], {"NO_COLOR": "1"})
    assert "\033[31m" not in out and "\033[0m" not in out, out


@test
def global_options(top):
    def sealgate(*args):
        return Result(subprocess.run([SEALGATE, *args], stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, text=True, timeout=60))
    r = sealgate("--version")
    assert r.code == 0 and r.out.startswith("sealgate "), r.out
    assert "scan" in sealgate("--help").out
    for args in ((), ("scna",), ("--nonsense",), ("--lang", "de", "scan"), ("--config",)):
        r = sealgate(*args)
        equal((r.code, r.out), (2, ""))
        assert r.err.startswith("sealgate: "), r.err
    assert 'did you mean "scan"' in sealgate("scna").err


print(f"1..{len(tests)}")
failed = False
for n, f in enumerate(tests, 1):
    with tempfile.TemporaryDirectory(prefix="test-ctl-") as d:
        try:
            f(pathlib.Path(d))
            print(f"ok {n} - {f.__name__}", flush=True)
        except (AssertionError, subprocess.TimeoutExpired, KeyError, ValueError) as e:
            failed = True
            print(f"not ok {n} - {f.__name__}\n# " + str(e).replace("\n", "\n# "), flush=True)
        finally:
            subprocess.run(["chmod", "-R", "u+rwx", d], check=False)
sys.exit(failed)
