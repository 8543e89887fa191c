#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A call in progress makes the policy stricter, and ends again. In a lab: tests/lab/enter.

Devices are stand-ins of the same name; what counts is who holds them.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from tap import equal, run, test

APPS = """version: 1
apps:
  - id: lab-call
    name: Lab call
    category: meeting
    exe: [/opt/lab/call]
"""
REMINDER = "Không chia sẻ tài liệu có dấu mật trong cuộc họp."
POLICY = f"""version: 1
apps: [apps]
rules:
  - name: not-in-a-call
    when: {{meeting: true, path: "{lab.DOCS}/**"}}
    do: block
  - name: otherwise
    when: {{path: "{lab.DOCS}/**"}}
    do: log
meeting-reminder: {REMINDER}
"""
MICROPHONE = pathlib.Path("/dev/snd/pcmC0D0c")
PLAYER = pathlib.Path("/dev/snd/pcmC0D0p")
CAMERA = pathlib.Path("/dev/video77")


class Caller:
    def __init__(self, name="call"):
        self.p = subprocess.Popen(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups",
                                   f"/opt/lab/{name}"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)

    def __call__(self, command):
        self.p.stdin.write(command + "\n")
        self.p.stdin.flush()
        return int(self.p.stdout.readline())

    def end(self):
        self.p.stdin.close()
        self.p.wait(10)


def private_dev():
    """A /dev of the lab's own: nobody else sees the stand-ins."""
    new = pathlib.Path("/run/new-dev")
    new.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(new)], check=True)
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        (new / name).touch()
        subprocess.run(["mount", "--bind", f"/dev/{name}", str(new / name)], check=True)
    for n, name in enumerate(("stdin", "stdout", "stderr")):
        (new / name).symlink_to(f"/proc/self/fd/{n}")
    (new / "fd").symlink_to("/proc/self/fd")
    (new / "shm").mkdir(mode=0o1777)
    subprocess.run(["mount", "--rbind", str(new), "/dev"], check=True)


def setup():
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    pathlib.Path("/opt/lab").mkdir(parents=True)
    for name in ("call", "editor"):
        shutil.copy(os.environ["CALLER"], f"/opt/lab/{name}")
    private_dev()
    MICROPHONE.parent.mkdir(exist_ok=True)
    for device in (MICROPHONE, PLAYER, CAMERA):
        device.touch()
        device.chmod(0o666)
    lab.ETC.mkdir(parents=True, exist_ok=True)
    (lab.ETC / "apps").mkdir()
    (lab.ETC / "apps/lab.yaml").write_text(APPS)
    (lab.ETC / "policy.yaml").write_text(POLICY)
    agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()
    (lab.DOCS / "a.txt").write_text("Thư viện xã mở cửa cả ngày chủ nhật.\n")
    return agent


def teardown(agent):
    if agent:
        agent.stop()


def meeting(agent):
    return agent.status()["supervisor"]["meeting"]


def began(agent, sign):
    assert lab.wait_for(lambda: meeting(agent)["in_progress"], 15), agent.status()
    m = meeting(agent)
    equal((m["app"], m["sign"]), ("lab-call", sign))


def ended(agent):
    assert lab.wait_for(lambda: not meeting(agent)["in_progress"], 20), meeting(agent)


def in_and_out(agent, command, sign):
    """The verdict changes when the call begins, and back when it ends."""
    doc = lab.DOCS / "a.txt"
    c = Caller()
    try:
        equal(c(f"open {doc}"), 0)
        equal(c(command), 0)
        began(agent, sign)
        equal(c(f"open {doc}"), 1)
        assert lab.wait_for(lambda: any(i["rule"] == "not-in-a-call" and i["meeting"] is True
                                        for i in agent.incidents()), 10), agent.incidents()
        equal(c("drop"), 0)
        ended(agent)
        equal(c(f"open {doc}"), 0)
    finally:
        c.end()


@test
def a_microphone(agent):
    in_and_out(agent, f"hold {MICROPHONE}", "microphone")


@test
def a_camera(agent):
    in_and_out(agent, f"hold {CAMERA}", "camera")


@test
def media_sockets(agent):
    in_and_out(agent, "udp 40000", "network")


@test
def what_is_no_call(agent):
    """Sound that is played, names that are looked up, and what others hold."""
    app, other = Caller(), Caller("editor")
    try:
        equal([app(f"hold {PLAYER}"), app("udp 53"), app("udp 443"), app("udp 5353")], [0] * 4)
        equal([other(f"hold {MICROPHONE}"), other("udp 40000")], [0, 0])
        looks = meeting(agent)["times"]
        equal(lab.wait_for(lambda: meeting(agent)["in_progress"], 4), False)
        equal(meeting(agent)["times"], looks)
    finally:
        app.end()
        other.end()


@test
def another_gate_knows(agent):
    doc = lab.DOCS / "a.txt"
    c = Caller()
    try:
        equal(c(f"hold {MICROPHONE}"), 0)
        began(agent, "microphone")
        gate = agent.pid_of("gate")
        os.kill(gate, signal.SIGKILL)
        assert lab.wait_for(lambda: agent.pid_of("gate") not in (0, gate) and
                            agent.serving(), 15)
        assert lab.wait_for(lambda: c(f"open {doc}") == 1, 10)
    finally:
        c.end()
    ended(agent)


@test
def the_journal_and_the_reminder(agent):
    calls = lab.records("meeting")
    began_, ended_ = ([r for r in calls if r["what"] == w] for w in ("began", "ended"))
    assert len(began_) >= 4 and len(ended_) >= 4, calls
    equal({(r["app"], r["user"]) for r in began_}, {("lab-call", "lan")})
    equal({r["sign"] for r in began_}, {"microphone", "camera", "network"})
    reminders = lab.records("reminder")
    # One a day, though the test may run at midnight.
    assert 1 <= len(reminders) <= 2, reminders
    equal((reminders[0]["text"], reminders[0]["user"]), (REMINDER, "lan"))
    agent.stop()
    agent.start()
    c = Caller()
    try:
        equal(c(f"hold {MICROPHONE}"), 0)
        began(agent, "microphone")
        assert lab.wait_for(lambda: len(lab.records("meeting")) > len(calls), 10)
    finally:
        c.end()
    assert len(lab.records("reminder")) <= 2, lab.records("reminder")
    equal(agent.verify().returncode, 0)


run(setup, teardown)
