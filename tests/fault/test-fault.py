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
  - id: lab-browser
    name: Lab browser
    category: browser
    exe: [/opt/lab/browser]
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
    for name in ("chat-client", "browser", "editor"):
        shutil.copy(os.environ["OPENER"], f"/opt/lab/{name}")
    lab.ETC.mkdir(parents=True, exist_ok=True)
    (lab.ETC / "apps").mkdir()
    (lab.ETC / "apps/lab.yaml").write_text(APPS)
    lab.copy_shipped_policy()
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


def failures(agent):
    """{(failure, may be, action): count} as status says."""
    return {(f["failure"], f["may_be"], f["action"]): f["count"]
            for f in agent.status()["supervisor"]["failures"]}


def failure_records(failure):
    text = (lab.STATE / "journal/incidents.jsonl").read_text()
    return [r for r in (json.loads(line)["record"] for line in text.splitlines()
                        if '"kind":"failure"' in line) if r["what"] == failure]


def burst(name, paths):
    return subprocess.Popen(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups",
                             f"/opt/lab/{name}", "burst", *paths],
                            stdout=subprocess.PIPE, text=True)


def expect_failure(agent, before, failure, may_be, action, n):
    """Counted `n` times at least, told by status, and in the journal with its count."""
    key = (failure, may_be, action)
    assert lab.wait_for(lambda: failures(agent).get(key, 0) - before.get(key, 0) >= n, 10), \
        (key, n, before, failures(agent))
    assert lab.wait_for(lambda: any(
        (r["may_be"], r["action"]) == (may_be, action) and r["count"] >= 1 and r["from"] <= r["to"]
        for r in failure_records(failure)), 10), failure_records(failure)


def counted(agent, before, *kinds):
    after = failures(agent)
    return sum(after.get((k, "unknown", "block"), 0) - before.get((k, "unknown", "block"), 0)
               for k in kinds)


def stop_workers(agent):
    stopped = [agent.pid_of("scan", 0), agent.pid_of("scan", 1)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    return stopped


def go_on(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass  # replaced meanwhile


def others_are_served():
    r = result(burst("editor", fresh("plain", 3, PLAIN)))
    equal(r, {"opened": 3, "denied": 0, "other": 0})


@test
def failure_deadline(agent):
    before, stopped = failures(agent), stop_workers(agent)
    try:
        equal(result(burst("chat-client", fresh("plain", 4, PLAIN)))["denied"], 4)
        equal(result(burst("browser", fresh("plain", 4, PLAIN)))["opened"], 4)
        others_are_served()
    finally:
        go_on(stopped)
    expect_failure(agent, before, "deadline", "unknown", "block", 4)
    expect_failure(agent, before, "deadline", "unknown", "allow", 4)
    assert lab.wait_for(lambda: whole(agent), 15)


@test
def failure_crash_of_a_worker(agent):
    before, stopped = failures(agent), stop_workers(agent)
    clients = burst("chat-client", fresh("plain", 1, PLAIN))
    lab.wait_for(lambda: agent.status()["scan"]["idle"] < 2, 0.2, 0.01)
    for pid in stopped:
        os.kill(pid, signal.SIGKILL)
    equal(result(clients)["denied"], 1)
    others_are_served()
    assert lab.wait_for(lambda: whole(agent), 15)
    # Either came first: the end of the worker, or the deadline of the open.
    equal(counted(agent, before, "crash", "deadline"), 1, str(failures(agent)))


@test
def failure_core_gone(agent):
    before, stopped = failures(agent), stop_workers(agent)
    held = agent.status()["supervisor"]["gate"]["held"]
    core = agent.pid_of("core")
    clients = burst("chat-client", fresh("plain", 3, PLAIN))
    lab.wait_for(lambda: agent.status()["supervisor"]["gate"]["held"] >= held + 3, 0.2, 0.01)
    os.kill(core, signal.SIGKILL)
    equal(result(clients)["denied"], 3)
    others_are_served()
    go_on(stopped)
    assert lab.wait_for(lambda: whole(agent), 15)
    equal(counted(agent, before, "core-gone", "deadline"), 3, str(failures(agent)))


@test
def failure_pressure(agent):
    """More than the socket to a stopped core takes; nobody else is refused."""
    before, core, n = failures(agent), agent.pid_of("core"), 0
    paths = fresh("plain", 3600, PLAIN)
    os.kill(core, signal.SIGSTOP)
    try:
        for at in range(0, len(paths), 900):
            equal(result(burst("chat-client", paths[at:at + 900]))["denied"], 900)
            n += 900
        others_are_served()
    finally:
        go_on([core])
    assert lab.wait_for(lambda: whole(agent), 20)
    equal(counted(agent, before, "pressure", "deadline", "core-gone"), n)
    print(f"# {failures(agent)}")
    assert counted(agent, before, "pressure") > 0, failures(agent)
    # A storm is a few records, not hundreds.
    assert len(failure_records("pressure")) <= 3, failure_records("pressure")


@test
def failure_unreadable(agent):
    """It was a state secret; what is there now cannot be read."""
    before = failures(agent)
    path = fresh("marked", 1, MARKED)[0]
    equal(result(burst("chat-client", [path]))["denied"], 1)
    pathlib.Path(path).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 2000)
    equal(result(burst("chat-client", [path]))["denied"], 1)
    equal(result(burst("browser", [path]))["opened"], 1)
    expect_failure(agent, before, "unreadable", "state-secret", "block", 1)
    expect_failure(agent, before, "unreadable", "state-secret", "log", 1)
    told = [i for i in agent.incidents() if i["path"] == path and i["level"] == "none"]
    assert told and told[0]["failure"] == "unreadable" and told[0]["may_be"] == "state-secret", told
    others_are_served()


def set_files(pid, limit):
    """As core's own account, which may: root of a lab may not."""
    subprocess.run(["setpriv", "--reuid=sealgate-core", "--regid=sealgate-core", "--clear-groups",
                    "prlimit", f"--pid={pid}", f"--nofile={limit}"], check=True)


def limit_files(pid, free):
    """Leaves the process so many unused descriptors below its limit. Returns the old limit."""
    used = {int(n) for n in os.listdir(f"/proc/{pid}/fd")}
    at = 0
    while at in used or sum(n not in used for n in range(at)) < free:
        at += 1
    old = next(line.split()[3:5] for line in open(f"/proc/{pid}/limits")
               if line.startswith("Max open files"))
    set_files(pid, f"{at}:{old[1]}")
    return ":".join(old)


def without_files(agent, free, paths):
    core = agent.pid_of("core")
    old = limit_files(core, free)
    try:
        return result(burst("chat-client", paths))
    finally:
        set_files(core, old)


@test
def failure_descriptors(agent):
    """Core can take a document, but not hand it on; then it cannot even take it, and the socket
    between it and the gate breaks and is made anew."""
    assert lab.wait_for(lambda: agent.status()["watch"]["crawl_complete"], 20)
    before, core = failures(agent), agent.pid_of("core")
    paths = fresh("plain", 6, PLAIN)
    assert lab.wait_for(lambda: agent.status()["scan"]["idle"] == 2, 10)
    time.sleep(1)  # watch has brought them; they are known, and changed
    for p in paths:
        pathlib.Path(p).write_text("một dòng khác\n")
    equal(without_files(agent, 1, paths[:2])["denied"], 2)
    others_are_served()
    equal(without_files(agent, 0, paths[2:4])["denied"], 2)
    others_are_served()
    assert lab.wait_for(lambda: result(
        burst("chat-client", fresh("plain", 1, PLAIN)))["opened"] == 1, 15), agent.status()
    equal(agent.pid_of("core"), core, "core lives on")
    print(f"# {failures(agent)}")
    assert counted(agent, before, "descriptors", "core-gone", "deadline") >= 4, failures(agent)
    assert counted(agent, before, "descriptors") >= 1, failures(agent)


@test
def failure_store(agent):
    """A damaged store is put aside; what was known is found again, and nothing opens meanwhile."""
    known = fresh("marked", 3, MARKED) + fresh("plain", 3, PLAIN)
    assert lab.wait_for(lambda: agent.status()["watch"]["crawl_complete"], 20)
    db = lab.STATE / "core/facts.db"
    for path in (db, pathlib.Path(f"{db}-wal")):
        with path.open("r+b") as f:
            f.write(os.urandom(8192))
    os.kill(agent.pid_of("core"), signal.SIGKILL)
    r = result(opener("chat-client", 1, known))
    equal(r["marked_opened"], 0, str(r))
    others_are_served()
    assert lab.wait_for(lambda: whole(agent), 15)
    assert (lab.STATE / "core/facts.db.damaged").exists()
    assert lab.wait_for(lambda: '"what":"store"' in
                        (lab.STATE / "journal/incidents.jsonl").read_text(), 10)
    equal(agent.status()["store"]["lost"], 1)
    assert lab.wait_for(lambda: not agent.status()["store"]["incomplete"], 30), agent.status()
    equal(result(burst("chat-client", known))["opened"], 3)


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
