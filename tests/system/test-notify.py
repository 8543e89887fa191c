#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the person at the desk is told, with the whole agent and a real notification daemon on a real
session bus. Run in a lab: tests/lab/enter."""
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from desktop import NOTIFY, Desktop
from tap import equal, run, test

DOCS = lab.DOCS
APPS = """version: 1
apps:
  - {id: lab-chat, name: "Lab <b>chat</b>", category: chat, exe: /opt/lab/chat}
  - {id: lab-browser, name: Lab browser, category: browser, exe: /opt/lab/browser}
"""
POLICY = """version: 1
apps: apps.yaml
rules:
  - name: refuse-secret
    when: {family: state-secret, category: chat}
    do: block
    message: Hãy chuyển tài liệu qua đường công văn mật.
  - name: tell-internal
    when: {level: internal, category: chat}
    do: notify
  - name: record-browsers
    when: {family: any, category: browser}
    do: log
"""
SECRET = "TRẠM QUAN TRẮC\nSố: 5/BC\n\nTỐI MẬT\n\nBÁO CÁO\n\nMực nước hồ chứa số %s là bốn mét.\n"
INTERNAL = "LƯU HÀNH NỘI BỘ\n\nSố: 7/TB\n\nTHÔNG BÁO\n\nHọp tổ số %s lúc tám giờ.\n"


class Fixture:
    pass


def document(folder, name, text):
    """Files of one folder that are opened together are one act, so each has its own."""
    path = DOCS / folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text % folder)
    return path


def open_with(app, path, user="lan"):
    return subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups",
                           f"/opt/lab/{app}", "-c", f"read -r line < '{path}'"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20)


def expect(desktop, n, seconds=20):
    def enough():
        return len(desktop.notices()) >= n and desktop.notices()
    got = lab.wait_for(enough, seconds, 0.3)
    assert got, f"{n} notices expected, {desktop.notices()} shown"
    return got


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    lab.add_user("minh")
    os.makedirs("/opt/lab")
    for name in ("chat", "browser"):
        shutil.copy("/bin/dash", f"/opt/lab/{name}")
    lab.ETC.mkdir(parents=True, exist_ok=True)
    (lab.ETC / "apps.yaml").write_text(APPS)
    (lab.ETC / "policy.yaml").write_text(POLICY)
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()
    f.desktop = Desktop("lan")
    f.desktop.env["LANG"] = "vi_VN.UTF-8"
    f.desktop.start_dunst()
    f.notifier = f.desktop.start_notifier()
    return f


def teardown(f):
    if f:
        f.desktop.stop()
        f.agent.stop()


@test
def a_block_is_told_in_vietnamese(f):
    path = document("mot", "báo cáo <a href=x>quý.txt", SECRET)
    open_with("chat", path)
    (title, body), = expect(f.desktop, 1)
    assert "Đã chặn tài liệu: báo cáo" in title, title
    assert "TỐI MẬT" in body and "công văn mật" in body and "Mã sự cố" in body, body
    assert "<b>" not in body, body
    incident = f.agent.incidents()[-1]
    assert incident["user_notified"] is True, incident
    assert incident["id"][:10] in body, (incident["id"], body)


@test
def retries_of_one_action_are_one_notice(f):
    path = document("hai", "công văn.txt", SECRET)
    for _ in range(5):
        open_with("chat", path)
    # in the place of the first: the same application, within a minute
    titles = lab.wait_for(lambda: [t for t, _ in f.desktop.notices() if "công văn" in t], 20, 0.3)
    assert titles and "(và 1 tài liệu khác)" in titles[-1], f.desktop.notices()
    equal(len(titles), 1, f"notices: {titles}")


@test
def an_internal_document_is_told_and_opened(f):
    before = len(f.desktop.notices())
    path = document("ba", "thông báo.txt", INTERNAL)
    open_with("chat", path)
    title, body = expect(f.desktop, before + 1)[-1]
    assert title.startswith("Xin lưu ý: thông báo.txt"), title
    assert "NỘI BỘ" in body and "Việc này được ghi lại" in body, body


@test
def what_is_only_recorded_is_not_told(f):
    before = f.desktop.notices()
    path = document("bon", "trang.txt", SECRET)
    open_with("browser", path)
    assert lab.wait_for(lambda: [i for i in f.agent.incidents() if i["path"] == str(path)], 20)
    equal(f.desktop.notices(), before, "notices")
    incident = [i for i in f.agent.incidents() if i["path"] == str(path)][0]
    assert "user_notified" not in incident, incident


@test
def another_users_incident_is_not_told(f):
    before = f.desktop.notices()
    path = document("nam", "của minh.txt", SECRET)
    open_with("chat", path, user="minh")
    found = lab.wait_for(lambda: [i for i in f.agent.incidents() if i["path"] == str(path)], 20)
    assert found and found[0]["user_notified"] is False, found
    equal(f.desktop.notices(), before, "notices")


@test
def it_comes_back_with_the_agent(f):
    f.agent.stop()
    f.agent.start()
    assert f.notifier.poll() is None, open("/run/notify.log").read()
    n = [0]

    def told():
        n[0] += 1
        path = document(f"sau-{n[0]}", f"lại {n[0]}.txt", SECRET)
        open_with("chat", path)
        return lab.wait_for(lambda: [t for t, _ in f.desktop.notices() if "lại" in t], 2, 0.3)
    assert lab.wait_for(told, 60, 1), open("/run/notify.log").read()


@test
def one_user_cannot_take_all_places(f):
    """The notifier has one of a user's eight; root is answered whatever they do."""
    script = """
import socket
open_ones = []
for _ in range(9):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect("/run/sealgate/control.sock")
    open_ones.append(s)
ended = 0
for s in open_ones:
    s.settimeout(1)
    try:
        ended += s.recv(1) == b""
    except TimeoutError:
        pass
print(ended)
"""
    equal(f.desktop.run("/usr/bin/python3", "-c", script).strip(), "2", "connections that were ended")
    assert f.agent.status(), "root gets no answer"


@test
def on_a_terminal_it_prints(f):
    log = open("/run/print.log", "w")
    p = subprocess.Popen(f.desktop.as_user(NOTIFY, "--print", "--lang", "en"), stdout=log)
    try:
        n = [0]

        def told():
            n[0] += 1
            open_with("chat", document(f"bay-{n[0]}", f"in ra {n[0]}.txt", SECRET))
            return "Document blocked: in ra" in open("/run/print.log").read()
        assert lab.wait_for(told, 30, 1), open("/run/print.log").read()
    finally:
        p.terminate()
        p.wait()


run(setup, teardown)
