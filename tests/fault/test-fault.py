#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each process stopped and killed under a load of openers. Run in a lab: tests/lab/enter.

What must hold whatever dies or hangs: no application reads a marked document, nobody waits much
longer than the deadline (a second where the gate itself is gone), others are never refused, the
agent is whole again afterwards, and the journal is clean and says what happened.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from tap import equal, run, test

DOCS = lab.DOCS
APPS = """version: 1
apps:
  - id: lab-chat
    name: Lab chat
    category: chat
    exe: [/opt/lab/chat-client]
"""
MARKED = "TRẠM QUAN TRẮC\nSố: 5/BC\n\nMẬT\n\nBÁO CÁO\n\nMực nước hồ chứa số {} là bốn mét.\n"
PLAIN = "Thư viện xã mở cửa cả ngày chủ nhật, phòng đọc số {}, bạn đọc không phải trả phí.\n"
HOLD_MS = 300
# A machine with two busy cores adds its own delays; the deadline itself is exact.
SLACK_MS = 500
files = {"n": 0}


def fresh(kind, n, text):
    """Files that nobody has seen yet."""
    made = []
    for _ in range(n):
        files["n"] += 1
        path = DOCS / f"{kind}-{files['n']}.txt"
        path.write_text(text.format(files["n"]))
        made.append(str(path))
    return made


def setup():
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    pathlib.Path("/opt/lab").mkdir(parents=True)
    for name in ("chat-client", "editor"):
        shutil.copy(os.environ["OPENER"], f"/opt/lab/{name}")
    lab.ETC.mkdir(parents=True, exist_ok=True)
    (lab.ETC / "apps").mkdir()
    (lab.ETC / "apps/lab.yaml").write_text(APPS)
    shutil.copy(lab.SHIPPED / "policy/default.yaml", lab.ETC / "policy.yaml")
    lab.STATE.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=30m,mode=711", "tmpfs", str(lab.STATE)],
                   check=True)
    return lab.Agent(policy=lab.ETC / "policy.yaml").start()


def teardown(agent):
    if agent:
        agent.stop()


def opener(name, seconds, paths):
    return subprocess.Popen(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups",
                             f"/opt/lab/{name}", str(seconds), *paths],
                            stdout=subprocess.PIPE, text=True)


def result(p):
    out, _ = p.communicate(timeout=30)
    return json.loads(out)


def whole(agent):
    s = agent.status()
    return bool(s and s.get("supervisor") and s["supervisor"]["serving"] and
                all(p["state"] == "ready" for p in s["supervisor"]["processes"]))


def load(agent, fault, seconds=3):
    """Two clients and an editor open marked and plain files, known and new ones; after a second
    `fault` happens, and a third client comes for files that nobody can have seen before it. Returns
    their results."""
    known = fresh("marked", 5, MARKED) + fresh("plain", 5, PLAIN)
    new = fresh("marked", 40, MARKED) + fresh("plain", 40, PLAIN)
    openers = [opener("chat-client", seconds, known), opener("chat-client", seconds, new),
               opener("editor", seconds, known)]
    time.sleep(1)
    late = threading.Thread(target=lambda: openers.append(
        opener("chat-client", 1, fresh("marked", 20, MARKED) + fresh("plain", 20, PLAIN))))
    fault(late.start)
    late.join()
    return [result(p) for p in openers]


def judge(results, limit_ms):
    a, b, editor, c = results
    for r in (a, b, c):
        equal(r["marked_opened"], 0, f"marked documents read by the client: {r}")
        equal(r["other"], 0, str(r))
        assert r["denied"] > 0, r
        assert r["max_ms"] < limit_ms, f"a client waited too long: {r}"
    equal(editor["denied"], 0, f"the editor was refused: {editor}")
    assert editor["max_ms"] < limit_ms, f"the editor waited too long: {editor}"
    print(f"# clients waited at most {max(a['max_ms'], b['max_ms'], c['max_ms']):.0f} ms, the editor "
          f"{editor['max_ms']:.0f} ms (p99.9 {editor['p999_ms']:.2f} ms)")


def kill_under_load(agent, role, limit_ms):
    pid = agent.pid_of(role)

    def fault(then):
        os.kill(pid, signal.SIGKILL)
        then()

    judge(load(agent, fault), limit_ms)
    assert lab.wait_for(lambda: whole(agent) and agent.pid_of(role) not in (0, pid), 10), \
        agent.log.read_text()


def stop_under_load(agent, role, limit_ms, seconds=1.5):
    pid = agent.pid_of(role)

    def fault(then):
        os.kill(pid, signal.SIGSTOP)
        then()
        time.sleep(seconds)
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass  # replaced meanwhile

    judge(load(agent, fault, 4), limit_ms)
    assert lab.wait_for(lambda: whole(agent), 15), agent.log.read_text()


@test
def without_a_fault(agent):
    judge(load(agent, lambda then: then()), HOLD_MS + SLACK_MS)


@test
def the_gate_is_killed(agent):
    kill_under_load(agent, "gate", 1000)


@test
def the_gate_is_stopped(agent):
    before = agent.pid_of("gate")
    stop_under_load(agent, "gate", 1500, 3)
    assert agent.pid_of("gate") != before, "a stopped gate must be replaced"


@test
def core_is_killed(agent):
    kill_under_load(agent, "core", HOLD_MS + SLACK_MS)


@test
def core_is_stopped(agent):
    stop_under_load(agent, "core", HOLD_MS + SLACK_MS)


@test
def a_worker_is_killed(agent):
    kill_under_load(agent, "scan", HOLD_MS + SLACK_MS)


@test
def a_worker_is_stopped(agent):
    stop_under_load(agent, "scan", HOLD_MS + SLACK_MS)


@test
def log_is_killed(agent):
    kill_under_load(agent, "log", HOLD_MS + SLACK_MS)


@test
def log_is_stopped(agent):
    stop_under_load(agent, "log", HOLD_MS + SLACK_MS)


@test
def watch_is_killed(agent):
    kill_under_load(agent, "watch", HOLD_MS + SLACK_MS)


@test
def watch_is_stopped(agent):
    stop_under_load(agent, "watch", HOLD_MS + SLACK_MS)


@test
def others_do_not_wait_for_a_busy_worker(agent):
    """Both workers stopped for two seconds, clients held at their deadlines all the while."""
    workers = [agent.pid_of("scan", 0), agent.pid_of("scan", 1)]
    new = fresh("marked", 200, MARKED)
    known = fresh("plain", 5, PLAIN)
    for w in workers:
        os.kill(w, signal.SIGSTOP)
    try:
        client = opener("chat-client", 2, new)
        editor = result(opener("editor", 2, known))
    finally:
        for w in workers:
            os.kill(w, signal.SIGCONT)
    held = result(client)
    equal(held["opened"], 0, str(held))
    equal(editor["denied"], 0, str(editor))
    assert editor["p999_ms"] < 20, editor
    assert held["max_ms"] < HOLD_MS + SLACK_MS, held
    print(f"# the editor's p99.9 {editor['p999_ms']:.3f} ms, max {editor['max_ms']:.1f} ms; "
          f"the client was held {held['max_ms']:.0f} ms at most")
    assert lab.wait_for(lambda: whole(agent), 15)


@test
def a_full_disk_under_load(agent):
    """The journal's file system fills up; decisions go on, and nothing is lost when there is room."""
    before = len(agent.incidents())
    filler = lab.STATE / "filler"
    paths = fresh("marked", 30, MARKED)
    try:
        lab.fill(filler)
        r = result(opener("chat-client", 2, paths))
        equal(r["opened"], 0, str(r))
        assert r["max_ms"] < HOLD_MS + SLACK_MS, r
    finally:
        filler.unlink(missing_ok=True)
    assert lab.wait_for(lambda: len(agent.incidents()) >= before + 30, 15), \
        f"{len(agent.incidents())} incidents, expected {before + 30}"
    r = agent.verify()
    equal(r.returncode, 0, r.stdout)


@test
def the_supervisor_is_killed(agent):
    known = fresh("marked", 5, MARKED) + fresh("plain", 5, PLAIN)
    editor = opener("editor", 3, known)
    time.sleep(1)
    os.kill(agent.process.pid, signal.SIGKILL)
    agent.process.wait()
    r = result(editor)
    equal(r["denied"], 0, str(r))
    assert r["max_ms"] < 1000, r
    assert lab.wait_for(lambda: not subprocess.run(
        ["pgrep", "-x", "sealgate-gate"], stdout=subprocess.DEVNULL).returncode == 0, 5), \
        "the gate outlives the supervisor"
    time.sleep(0.5)
    agent.start()
    r = result(opener("chat-client", 1, known))
    equal(r["marked_opened"], 0, str(r))


@test
def the_journal_is_clean_and_says_what_happened(agent):
    time.sleep(1.5)
    r = agent.verify()
    equal(r.returncode, 0, r.stdout)
    text = (lab.STATE / "journal/incidents.jsonl").read_text()
    gaps = [json.loads(line)["record"] for line in text.splitlines()
            if '"kind":"gap"' in line]
    named = {g["what"] for g in gaps}
    for role in ("gate", "core", "log", "watch", "agent"):
        assert role in named, f"no gap record about {role}: {named}"


run(setup, teardown)
