#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Overrides, with the whole agent: one content, one application, for a while. Run in a lab:
tests/lab/enter."""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from tap import equal, run, test

DOCS = lab.DOCS
APPS = """version: 1
apps:
  - {id: lab-chat, name: Lab chat, category: chat, exe: /opt/lab/chat}
  - {id: lab-meeting, name: Lab meeting, category: meeting, exe: /opt/lab/meeting}
"""
POLICY = """version: 1
apps: apps.yaml
overrides: {max: 2, minutes: 30}
rules:
  - name: refuse-classified
    when: {family: any}
    do: block
"""
MARKED = "TRẠM QUAN TRẮC\nSố: %d/BC\n\nMẬT\n\nBÁO CÁO\n\nMực nước hồ chứa số hai là bốn mét.\n"


class Fixture:
    pass


def sealgate(*args):
    return subprocess.run(["sealgate", *map(str, args)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)


def sealgate_as(user, *args):
    return subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups",
                           "sealgate", *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60)


def add(what, app="lab-chat", minutes=10, reason="họp với đối tác"):
    return sealgate("policy", "override", "add", what, "--app", app, "--minutes", minutes,
                    "--reason", reason, "--owner", "Lan", "--json")


def in_force():
    return json.loads(sealgate("policy", "override", "list", "--json").stdout)["overrides"]


def journal():
    return "".join(p.read_text() for p in sorted((lab.STATE / "journal").glob("*.jsonl*")))


def may_read(app, path):
    r = subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups",
                        f"/opt/lab/{app}", "-c", f"read -r line < '{path}' && echo READ"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    return "READ" in r.stdout


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    os.makedirs("/opt/lab")
    for name in ("chat", "meeting"):
        shutil.copy("/bin/dash", f"/opt/lab/{name}")
    lab.ETC.mkdir(parents=True, exist_ok=True)
    (lab.ETC / "apps.yaml").write_text(APPS)
    (lab.ETC / "policy.yaml").write_text(POLICY)
    f.files = []
    for n in range(3):
        f.files.append(DOCS / f"bao-cao-{n}.txt")
        f.files[n].write_text(MARKED % n)
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()
    return f


def teardown(f):
    if f:
        f.agent.stop()


@test
def one_content_passes_to_one_application(f):
    a, b, _ = f.files
    for app in ("chat", "meeting"):
        assert not may_read(app, a) and not may_read(app, b), app
    r = add(a, minutes=20)
    equal(r.returncode, 0, r.stdout)
    o = json.loads(r.stdout)
    equal(o["sha256"], hashlib.sha256(a.read_bytes()).hexdigest())
    f.first = o["id"]
    assert lab.wait_for(lambda: may_read("chat", a)), "an override changes nothing"
    assert not may_read("meeting", a), "another application"
    assert not may_read("chat", b), "another document"


@test
def it_is_the_content_and_not_the_name(f):
    a, b, c = f.files
    copy = DOCS / "ten-khac.txt"
    shutil.copy(a, copy)
    assert may_read("chat", copy), "the same content under another name"
    copy.write_text(MARKED % 77)
    assert not may_read("chat", copy), "other content under that name"


@test
def the_journal_says_what_passed_and_why(f):
    i = lab.wait_for(lambda: next((i for i in f.agent.incidents()
                                   if i.get("override") == f.first), None))
    equal((i["action"], i["intended"], i["rule"], i["path"]),
          ("log", "block", "refuse-classified", str(f.files[0])))
    assert f"override {f.first}" in sealgate("incidents", "show", i["id"]).stdout
    assert "would have been refused" not in sealgate("incidents", "list").stdout
    text = journal()
    added = [json.loads(line) for line in text.splitlines() if '"kind":"override"' in line]
    assert added, "no record of the override"
    text = json.dumps(added[0], ensure_ascii=False)
    assert "added" in text and "họp với đối tác" in text and "Lan" in text, text
    equal(f.agent.verify().returncode, 0)


@test
def the_policy_bounds_number_and_time(f):
    r = add(f.files[1], minutes=31)
    assert r.returncode == 2 and "at most 30 minutes" in r.stdout, r.stdout
    r = add(f.files[1], app="no-such-app")
    assert r.returncode == 2 and "no application" in r.stdout, r.stdout
    r = add(hashlib.sha256(f.files[1].read_bytes()).hexdigest(), app="lab-meeting")
    equal(r.returncode, 0, r.stdout)
    f.second = json.loads(r.stdout)["id"]
    assert lab.wait_for(lambda: may_read("meeting", f.files[1]))
    r = add(f.files[2])
    assert r.returncode == 2 and "allows 2 at a time" in r.stdout, r.stdout
    equal([o["id"] for o in in_force()], [f.first, f.second])


@test
def nobody_else_may_ask(f):
    for args in (["list"], ["revoke", str(f.second)]):
        r = subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", "sealgate",
                            "policy", "override", *args], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=20)
        assert r.returncode == 2 and "only root" in r.stdout, r.stdout


@test
def who_has_many_numbers_leaves_room_for_root(f):
    """A user has the subordinate numbers of his own namespaces, too."""
    children = []
    for n in range(40):
        pid = os.fork()
        if pid == 0:
            os.setgroups([])
            os.setresgid(300000 + n, 300000 + n, 300000 + n)
            os.setresuid(300000 + n, 300000 + n, 300000 + n)
            held = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(8)]
            for s in held:
                s.connect("/run/sealgate/control.sock")
            time.sleep(120)
            os._exit(0)
        children.append(pid)
    try:
        full = lab.wait_for(lambda: sealgate_as("lan", "status").returncode == 2, 20)
        assert full, "the places are not all taken"
        equal(sealgate("status").returncode, 0, "root has none")
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    assert lab.wait_for(lambda: sealgate_as("lan", "status").returncode == 0, 20)


@test
def wrong_requests_are_refused_with_a_reason(f):
    for args, why in ((["add"], "one file"), (["add", f.files[0]], "--app"),
                      (["add", "/nonexistent", "--app", "x", "--minutes", "1", "--reason", "r"],
                       "No such file"),
                      (["add", "/srv", "--app", "x", "--minutes", "1", "--reason", "r"],
                       "not a file"),
                      (["add", f.files[0], "--app", "x", "--minutes", "x", "--reason", "r"],
                       "whole number"),
                      (["add", f.files[0], "--app", "x", "--minutes", "0", "--reason", "r"],
                       "at least a minute"),
                      (["add", f.files[0], "--app", "x", "--minutes", "1", "--reason", ""],
                       "needs a reason"),
                      (["add", f.files[0], "--app", "x", "--minutes", "1", "--reason", "r" * 257],
                       "too long"),
                      (["revoke", "4711"], "no override 4711"), (["revoke"], "number"),
                      (["lst"], "no \"policy override lst\""), ([], "add, list or revoke")):
        r = sealgate("policy", "override", *args)
        assert r.returncode == 2 and why in r.stdout, (args, r.stdout)


@test
def it_survives_a_restart_and_a_killed_core(f):
    os.kill(f.agent.pid_of("core"), signal.SIGKILL)
    assert lab.wait_for(lambda: f.agent.serving() and may_read("meeting", f.files[1]), 30)
    assert not may_read("chat", f.files[1])
    f.agent.stop()
    f.agent.start()
    assert lab.wait_for(lambda: may_read("meeting", f.files[1]), 30)
    assert not may_read("chat", f.files[1])


@test
def a_stricter_policy_ends_it(f):
    (lab.ETC / "policy.yaml").write_text(POLICY.replace("max: 2", "max: 0"))
    assert lab.wait_for(lambda: not may_read("meeting", f.files[1]), 30), "still in force"
    (lab.ETC / "policy.yaml").write_text(POLICY)
    assert lab.wait_for(lambda: may_read("meeting", f.files[1]), 30)


@test
def revoked_it_ends_at_once(f):
    r = sealgate("policy", "override", "revoke", f.second)
    equal(r.returncode, 0, r.stdout)
    assert lab.wait_for(lambda: not may_read("meeting", f.files[1]))
    assert f.second not in [o["id"] for o in in_force()]


@test
def a_damaged_file_is_told_and_none_is_in_force(f):
    f.agent.stop()
    kept = lab.STATE / "core/overrides"
    whole = kept.read_bytes()
    for damaged in (whole[:-3], b"", b"x" * 100, whole[:4] + b"\xff" * (len(whole) - 4)):
        kept.write_bytes(damaged)
        f.agent.start()
        equal(in_force(), [], damaged)
        assert lab.wait_for(lambda: kept.with_suffix(".damaged").exists(), 20), damaged
        kept.with_suffix(".damaged").unlink()
        f.agent.stop()
    # Killed before the journal has it: the file is still there, and told of at the next start.
    f.agent.start()
    told, kept_by = journal().count("overrides.damaged"), f.agent.pid_of("log")
    os.kill(kept_by, signal.SIGSTOP)
    try:
        kept.write_bytes(b"damaged once more")
        for _ in range(2):
            core = f.agent.pid_of("core")
            os.kill(core, signal.SIGKILL)
            assert lab.wait_for(lambda: (p := f.agent.pid_of("core")) and p != core, 20)
            assert lab.wait_for(f.agent.status, 20)
    finally:
        os.kill(kept_by, signal.SIGCONT)
    assert lab.wait_for(lambda: journal().count("overrides.damaged") > told, 20), journal()
    assert lab.wait_for(lambda: kept.with_suffix(".damaged").exists(), 20)
    equal(in_force(), [], "none is in force")
    f.agent.stop()
    kept.write_bytes(whole)
    f.agent.start()
    equal([o["id"] for o in in_force()], [f.first], "kept")
    assert lab.wait_for(lambda: journal().count("overrides.damaged") >= 4), journal()


def rewrite_times(begin, end):
    """As if it had been given then: magic, next, count; id, content, uid, begin, end."""
    kept = lab.STATE / "core/overrides"
    whole = kept.read_bytes()
    data = bytearray(whole)
    struct.pack_into("<QQ", data, 24, int(begin * 1e9), int(end * 1e9))
    kept.write_bytes(data)
    return whole


@test
def a_clock_that_was_set_back_prolongs_none(f):
    f.agent.stop()
    day = time.time() + 86400
    whole = rewrite_times(day, day + 1200)
    f.agent.start()
    equal(in_force(), [], "given tomorrow")
    assert not may_read("chat", f.files[0])
    f.agent.stop()
    (lab.STATE / "core/overrides").write_bytes(whole)
    f.agent.start()
    equal([o["id"] for o in in_force()], [f.first], "kept")


@test
def it_expires_by_itself(f):
    a = f.files[0]
    f.agent.stop()
    end = time.time() + 6
    rewrite_times(end - 1200, end)
    f.agent.start()
    if time.time() < end - 1:
        assert may_read("chat", a) or time.time() >= end, "before its time"
    assert lab.wait_for(lambda: not may_read("chat", a), 60, 0.5), "past its time"
    assert time.time() >= end, "before its time"
    assert lab.wait_for(lambda: in_force() == [], 75, 0.5), in_force()
    assert lab.wait_for(lambda: '"expired"' in journal())


run(setup, teardown)
