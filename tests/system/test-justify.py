#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A rule that asks for a reason (`do: justify`): given in a dialog of the desktop, typed into the
notification, or by the command; what it lets pass, and what not. Run in a lab: tests/lab/enter."""
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from desktop import NOTIFY, NOTIFY_LOG, Desktop
from tap import equal, run, test

DOCS = lab.DOCS
FAKE_SERVER = pathlib.Path(__file__).resolve().parent / "reply-server.py"
APPS = """version: 1
apps:
  - {id: lab-chat, name: "Lab <b>chat</b>", category: chat, exe: /opt/lab/chat}
  - {id: lab-meeting, name: Lab meeting, category: meeting, exe: /opt/lab/meeting}
"""
POLICY = """version: 1
apps: apps.yaml
justify: {max: 3, minutes: 20, reason: 12}
overrides: {max: 2, minutes: 30}
rules:
  - {name: refuse-secret, when: {family: state-secret}, do: block}
  - {name: ask-internal, when: {level: internal}, do: justify}
"""
INTERNAL = "LƯU HÀNH NỘI BỘ\n\nSố: 7/TB\n\nTHÔNG BÁO\n\nHọp tổ số %s lúc tám giờ.\n"
REASON = "gửi lịch họp cho đối tác"


class Fixture:
    pass


def document(name):
    """Files of one folder that are opened together are one act, so each has its own."""
    path = DOCS / name / f"{name}.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(INTERNAL % name)
    return path


def may_read(path, app="chat", user="lan"):
    r = subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups",
                        f"/opt/lab/{app}", "-c", f"read -r line < '{path}' && echo READ"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    return "READ" in r.stdout


def refused(path, app="chat", user="lan"):
    """Refused by the rule and told to core: its incident."""
    assert not may_read(path, app, user), path
    listed = lab.wait_for(lambda: [a for a in waiting(user) if a["file"] == path.name])
    assert listed, (path, waiting(user))
    return listed[-1]["incident"]


def justify(*args, user="lan", ok=None):
    r = subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "sealgate",
                        "justify", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=20)
    if ok is not None:
        equal(r.returncode, ok, r.stdout)
    return r.stdout


def waiting(user="lan"):
    return json.loads(justify("--list", "--json", user=user, ok=0))["asked"]


def granted(user="lan"):
    return json.loads(justify("--list", "--json", user=user, ok=0))["granted"]


def sealgate(*args):
    return subprocess.run(["sealgate", *map(str, args)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=20)


def in_force():
    return json.loads(sealgate("policy", "override", "list", "--json").stdout)["overrides"]


def revoke_all():
    for o in in_force():
        equal(sealgate("policy", "override", "revoke", o["id"]).returncode, 0)


def end(f, process):
    process.terminate()
    process.wait(20)
    f.desktop.children.remove(process)


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    for user in ("lan", "minh"):
        lab.add_user(user)
    os.makedirs("/opt/lab")
    for name in ("chat", "meeting"):
        shutil.copy("/bin/dash", f"/opt/lab/{name}")
    lab.ETC.mkdir(parents=True, exist_ok=True)
    (lab.ETC / "apps.yaml").write_text(APPS)
    (lab.ETC / "policy.yaml").write_text(POLICY)
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()
    f.desktop = Desktop("lan")
    f.desktop.env["LANG"] = "vi_VN.UTF-8"
    f.dunst = f.desktop.start_dunst()
    f.notifier = f.desktop.start_notifier()
    return f


def teardown(f):
    if f:
        f.desktop.stop()
        f.agent.stop()


@test
def the_notification_asks_and_the_second_try_passes(f):
    path = document("lich-hop")
    incident = refused(path)
    assert lab.wait_for(lambda: f.desktop.run("dunstctl", "count", "displayed").strip() == "1", 20)
    if os.environ.get("SCREENSHOTS"):
        f.desktop.screenshot(f"{os.environ['SCREENSHOTS']}/justify-notice.png")
    f.desktop.run("dunstctl", "action")
    f.desktop.window("lich-hop.txt")
    f.desktop.type("hop voi doi tac nuoc ngoai")
    if os.environ.get("SCREENSHOTS"):
        f.desktop.screenshot(f"{os.environ['SCREENSHOTS']}/justify-dialog.png")
    f.desktop.key("Return")
    assert lab.wait_for(lambda: may_read(path), 20), (open("/run/notify.log").read(), justify("--list"))
    bodies = lab.wait_for(lambda: [b for _, b in f.desktop.notices() if "trong 20 phút. Hãy thử lại" in b], 20, 0.3)
    assert bodies and "chat" in bodies[0], f.desktop.notices()
    assert not may_read(path, app="meeting"), "another application"
    assert not may_read(path, user="minh"), "another user"
    assert not may_read(document("khac")), "another document"
    o, = granted()
    equal((o["for"], o["incident"], o["app"], o["minutes"], o["reason"]),
          ("lan", incident, "lab-chat", 20, "hop voi doi tac nuoc ngoai"))


@test
def the_journal_has_the_reason(f):
    record = lab.records("override")[0]
    equal((record["what"], record["by"], record["for"], record["owner"], record["reason"]),
          ("justified", "lan", "lan", "lan", "hop voi doi tac nuoc ngoai"))
    text = sealgate("incidents", "show", record["incident"]).stdout
    assert "hop voi doi tac nuoc ngoai" in text and "justified" in text and "lan" in text, text
    passed = lab.wait_for(lambda: [i for i in f.agent.incidents() if i.get("override") == record["id"]])
    equal((passed[0]["action"], passed[0]["intended"]), ("log", "justify"))
    equal(f.agent.verify().returncode, 0)


@test
def an_incident_says_all_that_is_known(f):
    """Of a real one: nothing that the guide promises is missing, in JSON and in words."""
    i = [i for i in f.agent.incidents() if i["id"] == lab.records("override")[0]["incident"]][0]
    known = ("id time host user uid app app_name pid ppid start_time exe comm identified ancestry channel way path dev "
             "ino level completeness format size sha256 evidence action intended mode rule policy_version "
             "rules_version cause user_notified retry_window_s").split()
    empty = [k for k in known if i.get(k) in (None, "", [])]
    equal(empty, [], i)
    for k in ("package", "sandbox", "tags", "reasons", "failure", "may_be", "meeting", "posture", "hold_ms", "retries",
              "destination", "status", "notes", "message"):
        assert k in i, (k, i)
    assert i["evidence"][0]["part"] == "body" and i["evidence"][0]["page"] == 1, i["evidence"]
    assert i["ancestry"][0]["comm"] and i["hold_ms"] > 0, i
    text = sealgate("--lang", "en", "incidents", "show", i["id"]).stdout
    for words in ("program: /opt/lab/chat", "started by: ", "recognised by: ", "computer: ", "path: ", "size and format: ",
                  "SHA-256: ", "marking: ", "in the text, page 1", "policy rule: ask-internal", "policy version: ",
                  "rules: ", "how: ", "the application waited: ", "was told on the desktop"):
        assert words in text, (words, text)


@test
def it_is_listed_and_counted(f):
    equal([(o["for"], o["id"]) for o in in_force()], [("lan", granted()[0]["id"])])
    text = sealgate("policy", "override", "list").stdout
    assert "for lan alone" in text, text
    status = f.agent.status()
    equal((status["policy"]["overrides"], status["policy"]["justified"]), (0, 1), status["policy"])
    assert "1 opened for a reason" in sealgate("status").stdout, sealgate("status").stdout


@test
def the_command_gives_a_reason_in_both_languages(f):
    revoke_all()
    path = document("bao-cao")
    incident = refused(path)
    assert "12 characters" in justify(incident, "--reason", "ngắn quá", ok=2)
    assert "12 characters" in justify(incident, "--reason", "a            b", ok=2)
    assert "one line" in justify(incident, "--reason", "dòng một của lý do\ndòng hai", ok=2)
    assert not may_read(path)
    assert "--reason" in justify(incident, ok=2)  # no terminal to ask on
    text = justify(incident[:12].lower(), "--reason", REASON, ok=0)
    assert "lab-chat" in text, text
    assert may_read(path)
    assert "already" in justify(incident, "--reason", REASON, ok=2)
    r = subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", "sealgate", "--lang",
                        "vi", "justify", incident, "--reason", REASON], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=20)
    assert "đang được mở" in r.stdout, r.stdout


@test
def on_a_terminal_it_asks(f):
    revoke_all()
    path = document("hoi-y-kien")
    refused(path)
    r = subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", "script", "-qec",
                        "sealgate --lang en justify", "/dev/null"], input=REASON + "\n",
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    assert "hoi-y-kien.txt" in r.stdout and "at least 12 characters" in r.stdout, r.stdout
    assert "may be opened with lab-chat until" in r.stdout, r.stdout
    assert may_read(path)


@test
def nobody_answers_for_another(f):
    revoke_all()
    path = document("cua-lan")
    incident = refused(path)
    assert "no such incident" in justify(incident, "--reason", REASON, user="minh", ok=2)
    equal([a for a in waiting("minh") if a["incident"] == incident], [])
    for wrong in ("nothing", incident + "A" * 40, "%n%s", "../x"):
        justify(wrong, "--reason", REASON, ok=2)
    assert not may_read(path) and granted() == [] and granted("minh") == []


@test
def which_of_several(f):
    revoke_all()
    folder = DOCS / "nhieu"
    folder.mkdir()
    files = [folder / f"so-{n}.txt" for n in range(3)]
    for n, p in enumerate(files):
        p.write_text(INTERNAL % f"nhiều {n}")
    # one process: one act, so one incident
    subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", "/opt/lab/chat", "-c",
                    f"for f in {folder}/*; do read -r l < $f; done"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20)
    listed = lab.wait_for(lambda: len([a for a in waiting() if a["file"].startswith("so-")]) == 3 and waiting())
    assert listed, waiting()
    ids = {a["incident"] for a in listed if a["file"].startswith("so-")}
    if len(ids) == 1:
        assert "3 documents" in justify(*ids, "--reason", REASON, ok=2)
    incident = [a["incident"] for a in listed if a["file"] == "so-1.txt"][0]
    justify(incident, "--file", "so-1.txt", "--reason", REASON, ok=0)
    assert may_read(files[1]) and not may_read(files[0]) and not may_read(files[2])


@test
def the_policy_bounds_it(f):
    revoke_all()
    paths = [document(f"gioi-han-{n}") for n in range(4)]
    for p in paths[:3]:
        justify(refused(p), "--reason", REASON, ok=0)
    assert "no more at a time" in justify(refused(paths[3]), "--reason", REASON, ok=2)
    # an administrator's are counted by themselves
    r = sealgate("policy", "override", "add", paths[3], "--app", "lab-chat", "--minutes", "5",
                 "--reason", "r", "--owner", "o")
    equal(r.returncode, 0, r.stdout)
    assert may_read(paths[3])
    (lab.ETC / "policy.yaml").write_text(POLICY.replace("max: 3", "max: 0"))
    assert lab.wait_for(lambda: not may_read(paths[0]), 30), "still in force"
    assert "lets nothing pass" in justify(refused(paths[1]), "--reason", REASON, ok=2)
    # what is refused outright is not lifted by a reason that was given before
    (lab.ETC / "policy.yaml").write_text(POLICY.replace("do: justify", "do: block"))
    assert lab.wait_for(lambda: f.agent.status()["policy"]["version"] and not may_read(paths[0]), 30)
    (lab.ETC / "policy.yaml").write_text(POLICY)
    assert lab.wait_for(lambda: may_read(paths[0]), 30), "not in force again"


@test
def what_is_blocked_asks_for_no_reason(f):
    path = DOCS / "toi-mat.txt"
    path.write_text("TRẠM QUAN TRẮC\nSố: 5/BC\n\nTỐI MẬT\n\nBÁO CÁO\n\nMực nước là bốn mét.\n")
    assert not may_read(path)
    found = lab.wait_for(lambda: [i for i in f.agent.incidents() if i["path"] == str(path)])
    assert "no such incident" in justify(found[0]["id"], "--reason", REASON, ok=2)


@test
def it_survives_a_killed_core_and_ends_by_itself(f):
    revoke_all()
    path = document("het-han")
    justify(refused(path), "--reason", REASON, ok=0)
    os.kill(f.agent.pid_of("core"), signal.SIGKILL)
    assert lab.wait_for(lambda: f.agent.serving() and may_read(path), 30)
    f.agent.stop()
    # As if it had been given earlier: magic, next, count; id, content, uid, begin, end.
    kept = lab.STATE / "core/overrides"
    data = bytearray(kept.read_bytes())
    over = time.time() + 6
    struct.pack_into("<QQ", data, 24, int((over - 1200) * 1e9), int(over * 1e9))
    kept.write_bytes(data)
    f.agent.start()
    assert lab.wait_for(lambda: not may_read(path), 60, 0.5), "past its time"
    assert time.time() >= over, "before its time"
    assert lab.wait_for(lambda: granted() == [], 75, 0.5), granted()
    assert lab.wait_for(lambda: [r for r in lab.records("override") if r["what"] == "expired"])


@test
def a_server_that_takes_replies_needs_no_dialog(f):
    end(f, f.notifier)
    end(f, f.dunst)
    # The checkout may lie where this user may not look.
    program = shutil.copy(FAKE_SERVER, "/opt/lab/reply-server.py")
    server = f.desktop.spawn("/usr/bin/python3", program, "hop-noi-bo.txt", REASON, log="/run/server.log")
    assert lab.wait_for(lambda: "ready" in open("/run/server.log").read(), 20)
    f.notifier = f.desktop.start_notifier()
    path = document("hop-noi-bo")
    refused(path)
    assert lab.wait_for(lambda: may_read(path), 20), open("/run/server.log").read()
    # the first reply is too short: asked again in its place
    text = open("/run/server.log").read()
    assert "12 ký tự" in text and "inline-reply" in text, text
    end(f, f.notifier)
    end(f, server)


@test
def without_a_dialog_the_command_is_told(f):
    bare = pathlib.Path("/run/bare")
    bare.mkdir()
    f.dunst = f.desktop.start_dunst()
    path = f.desktop.env["PATH"]
    f.desktop.env["PATH"] = str(bare)
    try:
        f.notifier = f.desktop.spawn(NOTIFY, log=NOTIFY_LOG)
    finally:
        f.desktop.env["PATH"] = path
    n = [0]

    def told():
        n[0] += 1
        incident = refused(document(f"khong-hop-thoai-{n[0]}"))
        return lab.wait_for(lambda: [b for _, b in f.desktop.notices() if f"sealgate justify {incident[:10]}" in b], 2, 0.3)
    assert lab.wait_for(told, 40, 0.3), f.desktop.notices()


run(setup, teardown)
