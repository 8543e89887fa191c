#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An administrator's work, with the whole agent: the guide from its first command to its last, and a
session with a slip in it, whose end a real chat client feels. Run in a lab: tests/lab/enter."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/lab"))
import agent as lab
import guide
import xmpp
from tap import equal, run, test

DOCS = lab.DOCS
MARKED = "TRẠM QUAN TRẮC\nSố: %d/BC\n\n%s\n\nBÁO CÁO\n\nMực nước hồ chứa số hai là bốn mét.\n"
PLAIN = "Thư viện xã mở cửa cả ngày chủ nhật, bạn đọc không phải trả phí.\n"
SYSTEMCTL = """#!/bin/sh
# The service manager's part, in a lab that has none.
[ "$*" = "enable --now sealgate" ] || exit 1
sealgated > /run/sealgated.log 2>&1 < /dev/null &
echo $! > /run/sealgated.pid
"""


class Fixture:
    pass


def sealgate(*args, status=0):
    r = subprocess.run(["sealgate", *map(str, args)], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=60)
    equal(r.returncode, status, f"sealgate {' '.join(map(str, args))}: {r.stdout}")
    return r.stdout


def as_lan(*argv):
    return subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", "env",
                           "HOME=/home/lan", *map(str, argv)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


def zalo_reads(path):
    """A copy of the shell stands where the policy knows the application."""
    return "READ" in as_lan("/opt/zalo/zalo", "-c", f"read -r x < '{path}' && echo READ").stdout


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    os.makedirs("/opt/zalo")
    shutil.copy("/bin/dash", "/opt/zalo/zalo")
    systemctl = pathlib.Path("/usr/local/bin/systemctl")
    systemctl.write_text(SYSTEMCTL)
    systemctl.chmod(0o755)
    for folder in ("bao-chi", "bieu-mau", "phong-kinh-doanh"):
        (DOCS / folder).mkdir()
    (DOCS / "ke-hoach.txt").write_text(MARKED % (1, "MẬT"))
    for n in range(4):
        (DOCS / f"phong-kinh-doanh/bao-gia-{n}.txt").write_text(
            MARKED % (20 + n, "LƯU HÀNH NỘI BỘ"))
    (DOCS / "bao-chi/ban-thao.txt").write_text(MARKED % (3, "LƯU HÀNH NỘI BỘ"))
    (DOCS / "thu-vien.txt").write_text(PLAIN)
    f.agent = lab.Agent()
    f.done = {}
    return f


def teardown(f):
    if f and f.agent.process:
        f.agent.stop()


def people_work(f):
    paths = [DOCS / f"phong-kinh-doanh/bao-gia-{n}.txt" for n in range(4)] + [DOCS / "ke-hoach.txt"]
    for path in paths:
        assert zalo_reads(path), f"{path}: monitor refuses nothing"
    assert lab.wait_for(lambda: len(f.agent.incidents()) >= len(paths)), f.agent.incidents()


def refused(f):
    assert lab.wait_for(lambda: not zalo_reads(DOCS / "ke-hoach.txt")), "enforced, but not refused"
    assert zalo_reads(DOCS / "bao-chi/ban-thao.txt"), "the press office's draft"
    assert lab.wait_for(lambda: any(i["action"] == "block" for i in f.agent.incidents()))


def allowed(f):
    assert lab.wait_for(lambda: zalo_reads(DOCS / "ke-hoach.txt")), "rolled back, but refused"


HOOKS = {"people work": people_work, "refused": refused, "allowed": allowed}


@test
def both_guides_tell_to_do_the_same(f):
    english, vietnamese = (guide.steps((TOP / "docs" / name).read_text())
                           for name in ("admin-guide.md", "admin-guide.vi.md"))
    equal(english, vietnamese, "the steps of the two guides")
    assert len([s for s in english if s[0] == "run"]) >= 30, len(english)
    f.steps = english


@test
def every_command_of_the_guide_does_what_it_says(f):
    output = ""
    env = dict(os.environ, LC_ALL="C.UTF-8", PATH="/usr/local/bin:" + os.environ["PATH"])
    for n, (kind, what, more) in enumerate(f.steps):
        if kind == "file":
            pathlib.Path(more).parent.mkdir(parents=True, exist_ok=True)
            pathlib.Path(more).write_text(what)
        elif kind == "run":
            r = subprocess.run(["bash", "-c", what], stdout=subprocess.PIPE, env=env,
                               stderr=subprocess.STDOUT, text=True, timeout=120)
            output = r.stdout
            equal(r.returncode, more, f"step {n}: {what}\n{output}")
            if what.startswith("systemctl"):
                f.agent.process = Adopted(int(pathlib.Path("/run/sealgated.pid").read_text()))
                assert lab.wait_for(f.agent.serving, 30), "the agent does not serve"
            f.done[what.split(" #")[0]] = output
        elif kind == "expect":
            for line in what.splitlines():
                assert line in output, f"step {n}: {line!r} is not in\n{output}"
        else:
            HOOKS[what](f)


@test
def commands_in_passing_are_there(f):
    """Those within sentences: each is one of the steps, or is done here."""
    done = [what for kind, what, _ in f.steps if kind == "run"]
    refused_id = next(i["id"] for i in f.agent.incidents() if i["action"] == "block")
    here = {"sealgate incidents show": lambda: sealgate("incidents", "show", refused_id),
            "sealgate explain --app ID FILE": lambda: sealgate(
                "explain", "--app", "zalo", DOCS / "ke-hoach.txt"),
            "sealgate policy check --explain CODE": lambda: sealgate(
                "policy", "check", "--explain", "P020"),
            "sealgate justify": lambda: sealgate("justify", "--help")}
    for name in ("admin-guide.md", "admin-guide.vi.md"):
        named = guide.in_passing((TOP / "docs" / name).read_text())
        assert len(named) >= 5, named
        for command in named:
            if not any(what.startswith(command) for what in done):
                here[command]()


class Adopted:
    """The agent that `systemctl` started, for lab.Agent."""

    def __init__(self, pid):
        self.pid, self.returncode = pid, None

    def poll(self):
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            self.returncode = 0
        return self.returncode

    def send_signal(self, number):
        os.kill(self.pid, number)

    def wait(self, seconds):
        lab.wait_for(lambda: self.poll() is not None, seconds)


def output_of(f, begin):
    return next(text for command, text in f.done.items() if command.startswith(begin))


@test
def what_was_learned_is_true_and_its_exceptions_can_be_used(f):
    text = output_of(f, "sealgate policy learn")
    assert "phong-kinh-doanh" in text and "learned-zalo-1" in text, text
    assert "ke-hoach" not in text.split("exceptions:")[-1], "an exception for a state secret"
    o = json.loads(sealgate("policy", "learn", "--json"))
    level = {g["level"]: g for g in o["levels"] if g["app"] == "zalo"}
    assert level["internal"]["documents"] >= 4 and level["internal"]["users"] == 1, level
    assert level["confidential"]["refused"] >= 1 and o["refused_state_secrets"] >= 1, o
    # The proposal, completed as it asks for, lets exactly those documents pass.
    folder = pathlib.Path("/root/learned")
    folder.mkdir()
    (folder / "learned.yaml").write_text(o["exceptions"])
    assert "TO BE FILLED IN" in o["exceptions"], o["exceptions"]
    (folder / "policy.yaml").write_text(
        "version: 1\napps: [/usr/share/sealgate/policy/apps]\nexceptions: learned.yaml\nrules:\n"
        "  - {name: all, when: {family: any}, do: block}\n")
    sealgate("policy", "check", "--any-host", folder / "policy.yaml")
    for path, user, rule in (("phong-kinh-doanh/bao-gia-1.txt", "lan", "learned-zalo-1"),
                             ("phong-kinh-doanh/bao-gia-1.txt", "root", "all"),
                             ("ke-hoach.txt", "lan", "all")):
        v = json.loads(sealgate("explain", "--json", "--app", "zalo", "--user", user, "--policy",
                                folder / "policy.yaml", DOCS / path))["verdict"]
        equal(v["rule"], rule, (path, user))


@test
def nothing_was_recorded_is_said(f):
    assert "nothing was recorded" in sealgate("policy", "learn", "--since", "2035-01-01")
    sealgate("policy", "learn", "--since", "yesterday-ish", status=2)
    sealgate("policy", "learn", "--state-dir", "/nonexistent", status=2)


@test
def a_session_with_a_slip(f):
    server = xmpp.Server()
    try:
        session(f, server)
    finally:
        server.stop()


def session(f, server):
    work = pathlib.Path("/root/session")
    (work / "cases").mkdir(parents=True)
    policy = work / "policy.yaml"

    def send(path):
        """With a real client: what it said, and whether the document arrived."""
        r = as_lan("go-sendxmpp", "--username", f"lan@{xmpp.DOMAIN}", "--password", "secret-lan",
                   "--jserver", f"{xmpp.DOMAIN}:5222", "--http-upload", path, f"minh@{xmpp.DOMAIN}")
        return hashlib.sha256(path.read_bytes()).hexdigest() in server.stored(), r.stdout

    def write(text):
        policy.write_text("version: 1\napps: [/usr/share/sealgate/policy/apps]\nrules:\n" + text)

    # What is in force lets it go, and writes it down.
    first = DOCS / "lan-mot.txt"
    first.write_text(MARKED % (41, "MẬT"))
    assert send(first)[0], "before"

    # A rule with a slip; the message says where, and what was meant.
    write("  - name: no-secrets-by-chat\n    when: {family: state-secrt, category: chat}\n"
          "    do: chặn\n    message: Không gửi tài liệu mật qua ứng dụng nhắn tin.\n")
    said = sealgate("policy", "check", policy, status=1)
    assert f"{policy}:5:20: P004" in said and "`state-secret`" in said, said
    assert f"{policy}:6:9: P004" in said and "`block`" in said, said
    said = sealgate("policy", "apply", policy, status=1)
    assert "P004" in said, said
    write("  - name: no-secrets-by-chat\n    when: {family: state-secret, category: chat}\n"
          "    do: block\n    message: Không gửi tài liệu mật qua ứng dụng nhắn tin.\n")
    sealgate("policy", "check", policy)

    # What is expected of it; the first table is wrong itself, and says so.
    table = work / "cases/policy.yaml"
    table.write_text("version: 1\ncases:\n"
                     "  - {app: go-sendxmpp, level: secret, expect: log}\n"
                     "  - {app: go-sendxmpp, expect: allow, rule: none}\n")
    said = sealgate("policy", "test", policy, status=1)
    assert "P030" in said and "got block by rule no-secrets-by-chat" in said, said
    table.write_text(table.read_text().replace("expect: log", "expect: block"))
    sealgate("policy", "test", policy)

    # What changes, in words.
    before = f.agent.status()["policy"]["version"]
    said = sealgate("policy", "diff", before, policy, status=1)
    assert "no-secrets-by-chat" in said, said

    # What it would have done to what was: the document that went out at the beginning.
    o = json.loads(sealgate("policy", "simulate", "--json", "--since", "1h", policy, status=1))
    assert o["incidents"]["new_block"] >= 1 and first.name in json.dumps(o["examples"]), o

    # In force, and a real client feels it.
    sealgate("policy", "apply", "--reason", "no secrets by chat", policy)
    second = DOCS / "lan-hai.txt"
    second.write_text(MARKED % (42, "MẬT"))
    arrived, said = send(second)
    assert not arrived and "not permitted" in said, said
    public = DOCS / "thong-bao.txt"
    public.write_text(PLAIN + "Thông báo lần hai.\n")
    assert send(public)[0], "a public one"
    assert lab.wait_for(lambda: any(i["rule"] == "no-secrets-by-chat" and i["action"] == "block" and
                                    i["path"] == str(second) for i in f.agent.incidents()))

    # And back.
    sealgate("policy", "rollback", "--reason", "session is over")
    assert lab.wait_for(lambda: send(second)[0], 20), sealgate("policy", "history") + sealgate(
        "policy", "show")
    versions = json.loads(sealgate("policy", "history", "--json"))["versions"]
    assert [v["reason"] for v in versions[:2]] == ["session is over", "no secrets by chat"], versions
    equal(f.agent.status()["policy"]["version"], before + 2)
    equal(f.agent.verify().returncode, 0)


run(setup, teardown)
