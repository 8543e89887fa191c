#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A policy is changed at a bad moment: processes stopped and killed at each step, two administrators at
once, a core that is just coming back, a store that cannot be written, includes that changed since. Run
in a lab: tests/lab/enter."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from policies import APPS, VERSIONS, agree, apply, history, opens, sealgate, setup, teardown, version, write
from tap import equal, run, test

PATIENCE = 60


def pid_of(f, role):
    return f.agent.process.pid if role == "supervisor" else f.agent.pid_of(role)


def other(f):
    """The one of the two policies that is not in force."""
    return f.block if opens(f) else f.log


def applying(path):
    return subprocess.Popen(["sealgate", "policy", "apply", "--json", str(path)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed_while_stopped(f, stopped, killed):
    """One process is stopped, so that the change cannot get past it; then one is killed. What was in
    force, and what the caller was told."""
    path, before = other(f), history()["current"]
    stored = (VERSIONS / "log").stat().st_size
    stop, kill = pid_of(f, stopped), pid_of(f, killed)
    os.kill(stop, signal.SIGSTOP)
    p = applying(path)
    try:
        # stored, sent, and not answered
        assert lab.wait_for(lambda: (VERSIONS / "log").stat().st_size > stored, PATIENCE), "never stored"
        os.kill(kill, signal.SIGKILL)
    finally:
        if stop != kill:
            os.kill(stop, signal.SIGCONT)
    out, err = p.communicate(timeout=PATIENCE)
    if killed == "supervisor":
        f.agent.process.wait(PATIENCE)
        f.agent.start()
    assert lab.wait_for(lambda: f.agent.serving() and agree(f), PATIENCE), (stopped, killed, f.agent.status())
    return before, p.returncode, out, err


@test
def killed_at_each_step_leaves_all_on_one_policy(f):
    for stopped, killed in (("supervisor", "core"), ("gate", "core"), ("gate", "gate"),
                            ("gate", "supervisor"), ("supervisor", "gate"), ("supervisor", "supervisor")):
        before, code, out, err = killed_while_stopped(f, stopped, killed)
        now = history()["current"]
        # Who was told that it is in force was told the truth; who was told that it is not, too.
        if code == 0:
            equal(now, json.loads(out)["version"], (stopped, killed))
        elif "stays in force" in err:
            equal(now, before, (stopped, killed, err))
    path = other(f)
    code, said, err = apply(path)
    equal(code, 0, err)
    os.kill(f.agent.pid_of("core"), signal.SIGKILL)
    assert lab.wait_for(lambda: f.agent.serving() and agree(f), PATIENCE)
    equal(history()["current"], said["version"], "what was said to be in force is, after a kill too")


@test
def a_gate_that_does_not_answer_in_time(f):
    """It is killed, and the next one is on the policy that the caller was told of."""
    path, before = other(f), history()["current"]
    os.kill(f.agent.pid_of("gate"), signal.SIGSTOP)
    p = applying(path)
    out, err = p.communicate(timeout=PATIENCE)
    assert lab.wait_for(lambda: f.agent.serving() and agree(f), PATIENCE), f.agent.status()
    if p.returncode == 0:
        equal(history()["current"], json.loads(out)["version"], "in force")
    else:
        assert f"version {before} stays in force" in err, (p.returncode, out, err)
        equal(history()["current"], before, "in force")


@test
def asked_while_core_comes_back(f):
    """Refused in words, or done; never half, and never without an end."""
    for _ in range(3):
        path = other(f)
        os.kill(f.agent.pid_of("core"), signal.SIGKILL)
        code, _, err = apply(path)
        assert code == 0 or err.startswith("sealgate: "), (code, err)
        assert lab.wait_for(lambda: f.agent.serving() and agree(f), PATIENCE)
        if code:
            equal(apply(path)[0], 0, "again")
            assert agree(f)


@test
def two_administrators_at_once(f):
    paths = [write(f"admin-{n}/{k}.yaml", "block" if (n + k) % 2 else "log", rule=f"admin-{n}-{k}")
             for n in range(2) for k in range(6)]
    first, results = history()["current"], []

    def administrator(mine):
        for path in mine:
            results.append(apply(path))
    threads = [threading.Thread(target=administrator, args=(paths[n * 6:n * 6 + 6],)) for n in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    done = [said["version"] for code, said, _ in results if code == 0]
    for code, said, err in results:
        assert code == 0 or "another policy is being put in force" in err, (code, err)
    equal(len(set(done)), len(done), f"a number each: {done}")
    assert len(done) >= 6, results
    numbers = [v["version"] for v in reversed(history()["versions"]) if v["version"] > first]
    equal(numbers, list(range(first + 1, first + 1 + len(numbers))), "one after the other")
    equal(history()["current"], max(done), "the last word counts")
    assert lab.wait_for(lambda: agree(f), PATIENCE)


@test
def what_an_include_was_comes_back_with_its_version(f):
    path = write("own/policy.yaml", "block")
    apps = path.parent / "apps/lab.yaml"
    equal(apply(path)[0], 0, "with the client")
    assert not opens(f)
    apps.write_text(APPS.replace("/opt/lab/chat-client", "/opt/lab/somebody-else"))
    equal(apply(path)[0], 0, "without it")
    assert lab.wait_for(lambda: opens(f)), "the client is nobody's"
    shutil.rmtree(path.parent)
    equal(sealgate("policy", "rollback")[0], 0, "rollback")
    assert lab.wait_for(lambda: not opens(f)), "the client is that of the version again"
    files = {x["name"]: x["content"] for x in json.loads(sealgate("policy", "show", "--json")[1])["files"]}
    equal(files["apps/lab.yaml"], APPS, "the include")


@test
def a_store_that_cannot_be_written(f):
    """What is in force stays, over a start too; a change is refused in words."""
    before, could = version(f), opens(f)
    f.agent.stop()
    subprocess.run(["mount", "--bind", VERSIONS, VERSIONS], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", VERSIONS], check=True)
    try:
        f.agent.start()
        equal((version(f), opens(f)), (before, could), "after a start")
        code, _, err = apply(f.log if not could else f.block)
        assert code == 1 and "Read-only" in err, (code, err)
        equal(sealgate("policy", "rollback")[0], 1, "rollback")
        equal((version(f), opens(f)), (before, could), "nothing changed")
    finally:
        f.agent.stop()
        subprocess.run(["umount", VERSIONS], check=True)
    f.agent.start()
    equal(apply(f.log if not could else f.block)[0], 0, "written again")
    assert lab.wait_for(lambda: agree(f), PATIENCE)


run(setup, teardown)
