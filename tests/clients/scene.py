# SPDX-License-Identifier: Apache-2.0
"""What the scenarios with real clients share: documents, policies, the agent, and what to ask of
them. Run in a lab: tests/lab/enter."""
import hashlib
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
import desktop
import documents
import web
import xmpp
from tap import Skip, equal, run, test
from xmpp import go_sendxmpp

DOCS = lab.DOCS
HOME = pathlib.Path("/home/lan")
PEOPLE = "[meeting, chat, browser]"

BLOCK = f"""version: 1
mode: enforce
apps: [{lab.SHIPPED}/policy/apps]
rules:
  - name: state-secret
    when:
      family: state-secret
      category: {PEOPLE}
    do: block
  - name: internal
    when:
      level: internal
      category: {PEOPLE}
    do: log
  - name: undecided
    when:
      reason: [timed-out, crashed]
      category: {PEOPLE}
    do: block
"""
LOG = BLOCK.replace("do: block", "do: log")

PLAN = [("Head", "KẾ HOẠCH TRỰC"),
        ("Plain", "Tổ trực số 3 đổi vị trí neo sau mỗi đêm, cách bờ không quá hai hải lý.")]
TEXTS = {
    "tuyet-mat": [("Plain", "TRẠM QUAN TRẮC ĐẢO HÒN SẬP"), ("Stamp", "TUYỆT MẬT"), *PLAN],
    "toi-mat": [("Plain", "TRẠM QUAN TRẮC ĐẢO HÒN SẬP"), ("Stamp", "TỐI MẬT"), *PLAN],
    "mat": [("Plain", "TRẠM QUAN TRẮC ĐẢO HÒN SẬP"), ("Stamp", "MẬT"), *PLAN],
    "secret": [("Head", "SECRET"), ("Head", "ANCHORAGE ROSTER"),
               ("Plain", "The third watch shifts its anchorage each night."), ("Head", "SECRET")],
    "ji-mi": [("Stamp", "机密"), ("Head", "值班计划"), ("Plain", "第三组每晚更换锚地。")],
    "noi-bo": [("Plain", "CÔNG TY CỔ PHẦN ĐÁ VÀ SÀNH"), ("Stamp", "LƯU HÀNH NỘI BỘ"),
               ("Head", "BIÊN BẢN HỌP"), ("Plain", "Cuộc họp bắt đầu lúc mười bốn giờ.")],
    "cong-khai": documents.PUBLIC,
}


def sha(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def make(wanted, outdir=DOCS):
    """Documents by name and format ("toi-mat.pdf"), made by LibreOffice. {name: path}"""
    made = {}
    sources = pathlib.Path("/var/tmp/sources")
    sources.mkdir(exist_ok=True)
    for target in sorted({w.split(".")[1] for w in wanted}):
        mine = [w for w in wanted if w.endswith("." + target)]
        files = []
        for name in mine:
            source = sources / (name.split(".")[0] + ".fodt")
            source.write_text(documents.fodt(TEXTS[name.split(".")[0]]))
            files.append(source)
        documents.convert(files, target, outdir)
        for name in mine:
            made[name] = pathlib.Path(outdir) / name
            made[name].chmod(0o644)
    return made


def workbook(path, rows):
    import openpyxl
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    path.chmod(0o644)
    return path


class Scene:
    """The agent, the XMPP server and a user's desktop; clients are started when they are asked for."""

    def __init__(self, policy=BLOCK, extra="", graphical=True):
        lab.install(os.environ["BUILD"])
        # A file system of its own for what clients keep: it is protected too.
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755,size=1g", "home", "/home"],
                       check=True)
        lab.add_user("lan")
        (HOME / "tmp").mkdir()
        subprocess.run(["chown", "lan:", str(HOME / "tmp")], check=True)
        desktop.network()
        self.server = xmpp.Server()
        self.desktop = desktop.Desktop() if graphical else None
        lab.ETC.mkdir(parents=True, exist_ok=True)
        self.policy_file = lab.ETC / "policy.yaml"
        self.policy_file.write_text(policy)
        self.agent = lab.Agent(policy=self.policy_file, protect=(DOCS, "/home"), extra=extra)
        self.clients = {}

    def client(self, kind, *args):
        name = kind.__name__
        if name not in self.clients:
            begun = time.monotonic()
            self.clients[name] = kind(self.desktop, *args)
            print(f"# {name} was there after {time.monotonic() - begun:.1f} s", flush=True)
        return self.clients[name]

    def incidents(self, path, app=None):
        path = str(path)
        return [i for i in self.agent.incidents()
                if i["path"] == path and (app is None or i["app"] == app)]

    def blocked(self, path, app, within=10):
        """The one incident of it, waited for; how long the wait was."""
        begun = time.monotonic()
        found = lab.wait_for(lambda: self.incidents(path, app), within)
        if not found:
            raise AssertionError(f"no incident of {app} and {path}: {self.agent.incidents()}")
        return found[0], time.monotonic() - begun

    def once(self, path, app, action="block"):
        """Exactly one incident, with that action, once everything that was to happen happened."""
        lab.wait_for(lambda: self.incidents(path, app), 10)
        time.sleep(1.5)
        found = [i for i in self.agent.incidents() if i["path"] == str(path)]
        equal([(i["app"], i["action"]) for i in found], [(app, action)], str(path))
        return found[0]

    def not_stored(self, path):
        assert sha(path) not in self.server.stored(), f"{path} was stored"

    def stored(self, path, seconds=30):
        digest = sha(path)
        assert lab.wait_for(lambda: digest in self.server.stored(), seconds), f"{path} never came"

    def shot(self, name):
        if os.environ.get("LAB_SHOTS"):
            self.desktop.screenshot(f"{os.environ['LAB_SHOTS']}/{name}.png")

    def stop(self):
        for c in self.clients.values():
            c.stop()
        self.agent.stop()
        if self.desktop:
            self.desktop.stop()
        self.server.stop()


def contents(folder):
    """SHA-256 of every file below it."""
    return {sha(p) for p in pathlib.Path(folder).rglob("*") if p.is_file()}
