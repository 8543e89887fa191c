#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An office worker, Gajim, and an agent that is killed meanwhile (E19): what is stopped is told on the
desktop, what is public and what is nobody's passes, and nobody waits for an agent that is not there.

Run in a lab, without systemd: this test starts the agent again as its unit does. Packages and
reboots are in tests/system/unit.py."""
import json
import shutil
import subprocess
import threading
import time

from scene import BLOCK, DOCS, HOME, Scene, equal, lab, make, run, test
from messengers import Gajim

MESSAGE = "Hãy chuyển tài liệu qua đường công văn mật."
PUBLIC = 4


def setup():
    s = Scene(policy=BLOCK.replace("    do: block\n", f"    do: block\n    message: {MESSAGE}\n", 1))
    s.docs = make(["mat.odt", "toi-mat.odt", "cong-khai.odt", "cong-khai.docx"])
    s.agent.start()
    s.agent.known(len(s.docs))
    s.desktop.env["LANG"] = "vi_VN.UTF-8"
    s.desktop.start_dunst(30)
    s.desktop.start_notifier(30)
    return s


def teardown(s):
    if s:
        s.stop()


def notices(s):
    """The agent's; Gajim has notices of its own."""
    return s.desktop.notices(of="sealgate")


def as_worker(*argv):
    return subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", "env",
                           "HOME=/home/lan", *map(str, argv)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)


@test
def a_public_document_is_sent(s):
    path = s.docs["cong-khai.odt"]
    s.client(Gajim).send_file(path)
    s.stored(path)
    equal((s.incidents(path), notices(s)), ([], []), "incidents and notices")


@test
def a_marked_one_is_stopped_and_told(s):
    path = s.docs["mat.odt"]
    s.client(Gajim).send_file(path)
    began = time.monotonic()
    told = lab.wait_for(lambda: notices(s), 20, 0.1)
    print(f"# told {time.monotonic() - began:.1f} s after Send")
    i = s.once(path, "gajim")
    equal((i["app_name"], i["level"], i["user_notified"]), ("Gajim", "confidential", True), "incident")
    s.not_stored(path)
    equal(len(told), 1, f"notices: {told}")
    title, body = told[0]
    print(f"# {title} | {body!r}")
    equal(title, "Đã chặn tài liệu: mat.odt", "title")
    for words in ("MẬT", "Gajim", MESSAGE, i["id"][:10]):
        assert words in body, (words, body)


@test
def nobody_else_is_kept_from_it(s):
    """Copying it, and reading it in the office program."""
    before = len(s.agent.acts())
    path = s.docs["toi-mat.odt"]
    r = as_worker("cp", path, HOME / "ban-sao.odt")
    equal(r.returncode, 0, r.stdout)
    r = as_worker("soffice", "--headless", "--convert-to", "txt:Text", "--outdir", HOME / "tmp", path)
    equal(r.returncode, 0, r.stdout)
    assert "TỐI MẬT" in (HOME / "tmp/toi-mat.txt").read_text(), r.stdout
    equal(len(s.agent.acts()), before, "incidents")


class Uploads:
    """Public files, one after the other, by the mouse."""

    def __init__(self, s):
        self.client, self.fault, self.sent = s.client(Gajim), None, 0
        self.files = []
        for n in range(PUBLIC):
            path = DOCS / f"lich-{n}.docx"
            path.write_bytes(s.docs["cong-khai.docx"].read_bytes() + b"\n" * (n + 1))
            path.chmod(0o644)
            self.files.append(path)
        self.thread = threading.Thread(target=self.send)
        self.thread.start()

    def send(self):
        try:
            for path in self.files:
                self.client.send_file(path)
                self.sent += 1
        except Exception as e:
            self.fault = e

    def over(self, s):
        self.thread.join()
        if self.fault:
            raise self.fault
        for path in self.files:
            s.stored(path)


class Waits:
    """How long an open of a worker's program and Gajim's main loop were held up, at most."""

    def __init__(self, s, path):
        self.client, self.path, self.ended = s.client(Gajim), path, False
        self.gajim = self.cat = 0.0
        self.threads = [threading.Thread(target=t) for t in (self.ask, self.read)]
        for t in self.threads:
            t.start()

    def ask(self):
        while not self.ended:
            self.gajim = max(self.gajim, self.client.answers())

    def read(self):
        while not self.ended:
            began = time.monotonic()
            with open(self.path, "rb") as f:
                f.read(1)
            self.cat = max(self.cat, time.monotonic() - began)
            time.sleep(0.01)

    def end(self):
        self.ended = True
        for t in self.threads:
            t.join()


def gaps():
    text = (lab.STATE / "journal/incidents.jsonl").read_text()
    records = (json.loads(line)["record"] for line in text.splitlines() if line)
    return [r for r in records if r["kind"] == "gap" and r["what"] == "agent"]


@test
def e19_killed_and_replaced_while_gajim_sends(s):
    before = len(gaps())
    uploads, waits = Uploads(s), Waits(s, s.docs["cong-khai.docx"])
    try:
        assert lab.wait_for(lambda: uploads.sent or uploads.fault, 60), "nothing was sent"
        s.agent.process.kill()
        s.agent.process.wait()
        time.sleep(0.1)  # as RestartSec of the unit
        s.agent.start()
        new = gaps()[before:]
        equal(len(new), 1, f"gaps: {new}")
        assert new[0]["from"] < new[0]["to"], new
        with s.policy_file.open("a") as f:  # what the administrator has edited stays, as at an upgrade
            f.write("# sửa bởi quản trị viên\n")
        edited = s.policy_file.read_text()
        equal(s.agent.stop(30), 0, "stop")
        s.agent.start()
        equal(s.policy_file.read_text(), edited, "the policy")
        uploads.over(s)
    finally:
        waits.end()
    print(f"# longest waits: Gajim's main loop {waits.gajim:.2f} s, another program's open "
          f"{waits.cat * 1000:.0f} ms")
    # Below a second where the machine has nothing else to do.
    assert waits.cat < 1.5 and waits.gajim < 3, (waits.cat, waits.gajim)
    marked = DOCS / "sau-do.odt"
    shutil.copy(s.docs["toi-mat.odt"], marked)
    marked.chmod(0o644)
    s.client(Gajim).send_file(marked)
    i = s.once(marked, "gajim")
    equal(i["level"], "secret", "level")
    s.not_stored(marked)
    assert lab.wait_for(lambda: any("sau-do.odt" in t for t, _ in notices(s)), 30), notices(s)


@test
def the_journal_verifies(s):
    equal(s.agent.verify().returncode, 0)


run(setup, teardown)
