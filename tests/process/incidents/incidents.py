#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sealgate incidents` over journals that this script writes by docs/journal.md, not by the agent's code.

Usage: incidents.py SEALGATE DOCS
"""
import hashlib
import json
import os
import pty
import subprocess
import sys
import tempfile
import unittest
import warnings

import ocsf

SEALGATE = os.path.abspath(sys.argv.pop(1))
DOCS = sys.argv.pop(1)


def incident(number, **changes):
    record = {
        "kind": "incident", "id": "01JDBXAMPL%016d" % number, "time": "2026-11-23T08:%02d:00.123Z" % number,
        "host": "may-tram", "user": "lan", "uid": 1000, "app": "telegram", "app_name": "Telegram Desktop",
        "pid": 4242, "ppid": 1, "exe": "/usr/bin/telegram-desktop", "comm": "telegram-deskto",
        "identified": "exe", "channel": "open", "path": "/home/lan/báo cáo %d.docx" % number,
        "level": "secret", "tags": [], "completeness": "full", "reasons": [], "format": "docx",
        "size": 48213, "sha256": "ab" * 32, "ms": 3.1,
        "evidence": [{"rule": "own-line", "pack": "vn", "level": "secret", "part": "header", "page": 3,
                      "member": "", "snippet": "TỐI MẬT", "score": 120}],
        "action": "block", "intended": "block", "mode": "enforce", "rule": "no-secrets-in-chat",
        "message": "", "policy_version": 3, "cause": "scanned", "hold_ms": 12.25, "retries": 0,
        "destination": None, "status": "new", "notes": []}
    record.update(changes)
    return record


CONTRACT = ("id time host user app pid exe channel path sha256 size level tags completeness evidence action "
            "rule policy_version hold_ms retries destination status notes").split()


class Journal:
    def __init__(self, records):
        self.state = tempfile.TemporaryDirectory()
        self.dir = os.path.join(self.state.name, "journal")
        os.mkdir(self.dir)
        self.lines = []
        prev = "0" * 64
        for seq, record in enumerate([{"kind": "birth", "format": 1, "id": "00" * 16}] + records):
            body = '{"seq":%d,"time":"2026-11-23T09:%02d:%02d.%03dZ","prev":"%s","record":%s' % (
                seq, seq // 60000, seq // 1000 % 60, seq % 1000, prev, json.dumps(record, ensure_ascii=False, separators=(",", ":")))
            prev = hashlib.sha256(body.encode()).hexdigest()
            self.lines.append('%s,"hash":"%s"}\n' % (body, prev))
        self.head = "%020d %s\n" % (len(records), prev)
        self.write()

    def write(self):
        with open(os.path.join(self.dir, "incidents.jsonl"), "w", encoding="utf-8") as f:
            f.writelines(self.lines)
        with open(os.path.join(self.dir, "incidents.head"), "w", encoding="ascii") as f:
            f.write(self.head)


def run(*args, lang="C", command="incidents", **kw):
    env = dict(os.environ, LC_ALL=lang, TZ="Asia/Ho_Chi_Minh")
    env.pop("NO_COLOR", None)
    p = subprocess.run([SEALGATE, command, *args], capture_output=True, env=env, timeout=60, **kw)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def run_on_terminal(columns, *args):
    """What the command writes to a terminal of this width."""
    import fcntl
    import struct
    import termios
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
    env = dict(os.environ, TERM="xterm", LC_ALL="C", TZ="UTC")
    env.pop("NO_COLOR", None)
    p = subprocess.Popen([SEALGATE, "incidents", *args], stdout=slave, stderr=subprocess.DEVNULL, env=env)
    os.close(slave)
    out = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:
            break
        if not chunk:
            break
        out += chunk
    os.close(master)
    return p.wait(timeout=60), out.decode().replace("\r\n", "\n")


class List(unittest.TestCase):
    def setUp(self):
        self.journal = Journal([
            incident(1),
            incident(2, level="internal", app="zalo", app_name="Zalo", user="minh", uid=1001, action="notify",
                     intended="notify"),
            {"kind": "incident-more", "id": incident(1)["id"], "retries": 2, "last": "2026-11-23T08:01:05.000Z"},
            incident(3, level="top-secret", user="", action="log", intended="block", mode="monitor"),
            {"kind": "incident-more", "id": incident(1)["id"], "retries": 5, "last": "2026-11-23T08:01:09.000Z"},
            incident(4, level="none", completeness="unreadable", reasons=["encrypted"], action="log",
                     intended="log", evidence=[]),
            {"kind": "agent", "what": "start", "text": "x"},
        ])
        self.at = ["--state-dir", self.journal.state.name]

    def ids(self, *args):
        status, out, err = run("list", "--json", *self.at, *args)
        self.assertEqual(status, 0, err)
        return [int(json.loads(line)["id"][-2:]) for line in out.splitlines()]

    def test_json(self):
        status, out, _ = run("list", "--json", *self.at)
        self.assertEqual(status, 0)
        first = json.loads(out.splitlines()[0])
        for key in CONTRACT:
            self.assertIn(key, first)
        self.assertEqual(first["retries"], 5)
        self.assertEqual(first["last"], "2026-11-23T08:01:09.000Z")
        self.assertEqual(first["hold_ms"], 12.25)
        self.assertIsNone(first["destination"])
        self.assertNotIn("kind", first)

    def test_filters(self):
        self.assertEqual(self.ids(), [1, 2, 3, 4])
        self.assertEqual(self.ids("--level", "secret"), [1])
        self.assertEqual(self.ids("--level", "secret+"), [1, 3])
        self.assertEqual(self.ids("--level", "none,internal"), [2, 4])
        self.assertEqual(self.ids("--app", "zalo"), [2])
        self.assertEqual(self.ids("--app", "telegram desktop"), [1, 3, 4])
        self.assertEqual(self.ids("--user", "minh"), [2])
        self.assertEqual(self.ids("--user", "1000"), [1, 3, 4])
        self.assertEqual(self.ids("--action", "block"), [1])
        self.assertEqual(self.ids("--limit", "2"), [3, 4])
        self.assertEqual(self.ids("--limit", "0"), [1, 2, 3, 4])
        self.assertEqual(self.ids("--since", "2026-11-23T08:02:30Z"), [3, 4])
        self.assertEqual(self.ids("--until", "2026-11-23T08:02:30Z"), [1, 2])
        # Without a zone it is the reader's own time, seven hours ahead of UTC here.
        self.assertEqual(self.ids("--since", "2026-11-23T15:02:30"), [3, 4])
        self.assertEqual(self.ids("--since", "2026-11-24"), [])
        self.assertEqual(self.ids("--since", "2026-11-23T08:02:30Z", "--app", "zalo"), [])

    def test_table(self):
        status, out, _ = run("list", *self.at)
        self.assertEqual(status, 0)
        rows = out.splitlines()
        self.assertIn("TỐI MẬT", rows[1])
        self.assertIn("2026-11-23 15:01:00", rows[1])
        self.assertIn("+5", rows[1])
        self.assertIn("báo cáo 1.docx", rows[1])
        self.assertIn("NỘI BỘ", rows[2])
        self.assertIn("log*", rows[3])
        self.assertNotIn("\033", out)
        status, out, _ = run("list", *self.at, lang="vi_VN.UTF-8")
        self.assertIn("ỨNG DỤNG", out)
        self.assertIn("chặn", out)

    def test_terminal(self):
        for columns in (100, 132, 200):
            status, out = run_on_terminal(columns, "list", *self.at)
            self.assertEqual(status, 0)
            self.assertIn("\033[31mTỐI MẬT", out)
            for line in out.splitlines()[1:5]:
                plain = line
                for escape in ("\033[0m", "\033[1m", "\033[31m", "\033[33m"):
                    plain = plain.replace(escape, "")
                self.assertLessEqual(len(plain), columns, plain)

    def test_control_characters(self):
        journal = Journal([incident(1, path="/tmp/a\n\033[2Jb‮c.docx")])
        status, out, _ = run("list", "--state-dir", journal.state.name)
        self.assertEqual(status, 0)
        self.assertEqual(len(out.splitlines()), 2)
        self.assertIn("a??[2Jb?c.docx", out)

    def test_absent(self):
        with tempfile.TemporaryDirectory() as empty:
            for command in (["list"], ["show", "X"], ["verify"], ["list", "--json"]):
                status, out, err = run(*command, "--state-dir", empty)
                self.assertEqual(status, 2)
                self.assertEqual(out, "")
                self.assertIn("there is no journal in " + empty, err)

    def test_configuration(self):
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "agent.yaml")
            with open(path, "w", encoding="utf-8") as f:
                f.write("state-dir: %s\n" % self.journal.state.name)
            self.assertEqual(run("list", "--config", path)[0], 0)
            self.assertEqual(run("list", "--config", path + ".none")[0], 2)

    def test_usage(self):
        for args in ([], ["what"], ["list", "x"], ["show"], ["list", "--level", "x"], ["list", "--since", "x"],
                     ["list", "--limit", "-1"], ["list", "--limit"], ["list", "--action", "x"], ["list", "--nope"],
                     ["list", "--lang", "fr"]):
            status, out, err = run(*args, *self.at)
            self.assertEqual(status, 2, args)
            self.assertNotEqual(err, "")
            self.assertEqual(out, "")
        self.assertEqual(run("--help")[0], 0)


class Show(unittest.TestCase):
    def setUp(self):
        self.journal = Journal([
            incident(1), incident(2, action="log", intended="block", mode="monitor"),
            {"kind": "incident-more", "id": incident(1)["id"], "retries": 2, "last": "2026-11-23T08:01:05.000Z"},
            incident(3, id="ZZZ", level="none", completeness="partial", reasons=["too-big"], evidence=[])])
        self.at = ["--state-dir", self.journal.state.name]

    def test_words(self):
        status, out, _ = run("show", incident(1)["id"], *self.at)
        self.assertEqual(status, 0)
        for text in ("was kept from opening “báo cáo 1.docx”", "2026-11-23 15:01:00", "TỐI MẬT",
                     "in the page header, page 3", "vn/own-line", "no-secrets-in-chat", "policy version: 3",
                     "tried again: 2 times", "12.2 ms", "did not get out"):
            self.assertIn(text, out)
        status, out, _ = run("show", incident(1)["id"], *self.at, lang="vi_VN.UTF-8")
        for text in ("đã bị chặn khi mở", "ở đầu trang, trang 3", "Việc cần làm", "thử lại: 2 lần"):
            self.assertIn(text, out)
        self.assertEqual(run("show", incident(1)["id"], "--lang", "vi", *self.at)[1], out)
        out = run("show", incident(2)["id"], *self.at)[1]
        self.assertIn("would have been refused", out)
        out = run("show", "zz", *self.at)[1]
        self.assertIn("only a part of it could be read: it is too big", out)
        self.assertIn("no marking was found", out)

    def test_ids(self):
        status, out, err = run("show", "01JDB", *self.at)
        self.assertEqual((status, out), (2, ""))
        self.assertIn(incident(2)["id"], err)
        self.assertEqual(run("show", "NOPE", *self.at)[0], 2)
        status, out, _ = run("show", "--json", "Z", *self.at)
        self.assertEqual(status, 0)
        self.assertEqual(json.loads(out)["id"], "ZZZ")


class Verify(unittest.TestCase):
    def check(self, journal, status, *texts):
        got, out, err = run("verify", "--state-dir", journal.state.name)
        self.assertEqual(got, status, out + err)
        for text in texts:
            self.assertIn(text, out)
        got, out, _ = run("verify", "--json", "--state-dir", journal.state.name)
        self.assertEqual(got, status)
        return json.loads(out)

    def test_valid(self):
        journal = Journal([incident(1), {"kind": "gap", "what": "disk-full", "text": "t", "from": "a", "to": "b"}])
        report = self.check(journal, 0, "valid: 3 records", "jsonl:3: gap", "disk-full")
        self.assertTrue(report["valid"])
        self.assertEqual(report["gaps"][0]["what"], "disk-full")
        self.assertEqual(journal.head.split()[1], report["last_hash"])

    def test_altered(self):
        journal = Journal([incident(1), incident(2), incident(3)])
        whole = list(journal.lines)
        journal.lines[2] = whole[2].replace("telegram", "telegran")
        journal.write()
        report = self.check(journal, 1, "incidents.jsonl:3: altered", "NOT VALID")
        self.assertEqual([(f["fault"], f["line"]) for f in report["findings"]], [("hash", 3)])
        for lines, fault, line in ((whole[:2] + whole[3:], "seq", 3), (whole[1:], "seq", 1),
                                   (whole[:3], "head", 4), (whole + ["{"], "torn", 5),
                                   (whole[:1] + ["x\n"] + whole[2:], "malformed", 2)):
            journal.lines = lines
            journal.write()
            report = self.check(journal, 1)
            self.assertEqual([(f["fault"], f["line"]) for f in report["findings"]], [(fault, line)])


class Review(unittest.TestCase):
    """What adds records, where no agent runs: the command writes them itself."""

    def setUp(self):
        self.journal = Journal([incident(1), incident(2, app="zalo", rule="other", channel="browser-upload"),
                                incident(3, evidence=[])])
        self.at = ["--state-dir", self.journal.state.name]

    def ok(self, *args):
        status, out, err = run(*args, *self.at)
        self.assertEqual(status, 0, out + err)
        return out

    def ids(self, *args):
        return [int(json.loads(line)["id"][-2:]) for line in self.ok("list", "--json", *args).splitlines()]

    def test_mark(self):
        one, two = incident(1)["id"], incident(2)["id"]
        self.ok("mark", one, two, "--status", "in-progress", "--assign", "minh", "--tag", "kế toán")
        self.ok("mark", one, "--note", "đã hỏi người dùng", "--status", "false-positive")
        self.ok("mark", two, "--untag", "kế toán", "--assign", "-")
        shown = json.loads(self.ok("show", "--json", one))
        self.assertEqual(shown["status"], "false-positive")
        self.assertEqual(shown["assignee"], "minh")
        self.assertEqual(shown["labels"], ["kế toán"])
        self.assertEqual(shown["notes"], ["đã hỏi người dùng"])
        self.assertEqual([step["by_uid"] for step in shown["history"]], [os.getuid()] * 2)
        self.assertEqual(self.ids("--status", "in-progress"), [2])
        self.assertEqual(self.ids("--status", "new"), [3])
        self.assertEqual(self.ids("--assignee", "minh"), [1])
        self.assertEqual(self.ids("--assignee", "-"), [2, 3])
        self.assertEqual(self.ids("--tag", "kế toán"), [1])
        self.assertEqual(self.ids("--text", "đã hỏi"), [1])
        self.assertEqual(self.ids("--rule", "other"), [2])
        self.assertEqual(self.ids("--rule", "vn/own-line"), [1, 2])
        self.assertEqual(self.ids("--channel", "browser-upload"), [2])
        out = self.ok("show", one)
        for text in ("(false-positive)", "assigned to: minh", "đã hỏi người dùng", "status in-progress"):
            self.assertIn(text, out)
        self.assertIn("báo nhầm", run("show", one, *self.at, lang="vi_VN.UTF-8")[1])
        self.ok("verify")

    def test_concealed(self):
        journal = Journal([incident(1, level="top-secret", path="/home/lan/kế hoạch mật.docx"), incident(2)])
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "agent.yaml")
            with open(path, "w", encoding="utf-8") as f:
                f.write("state-dir: %s\nruntime-dir: %s\njournal: {hide-names: top-secret, hide-snippets: secret}\n"
                        % (journal.state.name, d))
            at = ["--config", path]
            for command in (["list"], ["list", "--json"], ["show", incident(1)["id"]],
                            ["show", "--json", incident(1)["id"]], ["list", "--text", "mật.docx"]):
                status, out, err = run(*command, *at)
                self.assertEqual(status, 0, err)
                self.assertNotIn("kế hoạch", out)
                self.assertNotIn("TỐI MẬT” (", out)
            listed = [json.loads(line) for line in run("list", "--json", *at)[1].splitlines()]
            self.assertEqual(listed[0]["path"], "•••.docx")
            self.assertEqual(listed[0]["concealed"], ["path", "snippets"])
            self.assertEqual(listed[1]["path"], "/home/lan/báo cáo 2.docx")
            self.assertEqual(listed[1]["evidence"][0]["snippet"], "•••")
            self.assertEqual(run("list", "--reveal", *at)[0], 2)
            status, out, err = run("show", "--reveal", incident(1)["id"], *at)
            self.assertEqual(status, 0, err)
            self.assertIn("kế hoạch mật.docx", out)
            shown = json.loads(run("show", "--json", incident(1)["id"], *at)[1])
            self.assertEqual(shown["path"], "•••.docx")
            self.assertTrue(shown["history"][0]["revealed"])
            self.assertEqual(shown["history"][0]["by_uid"], os.getuid())

    def test_concealed_where_exported(self):
        other = incident(3, level="top-secret", path="/home/lan/phương án mật.docx")
        file = {k: other[k] for k in ("time", "path", "level", "evidence")}
        journal = Journal([incident(1, level="top-secret", path="/home/lan/kế hoạch mật.docx"),
                           {"kind": "incident-more", "id": incident(1)["id"], "retries": 0,
                            "last": "2026-11-23T08:01:05.000Z", "file": file},
                           {"kind": "inventory", "state": "gone", "path": "/srv/sổ phương án.docx",
                            "level": "top-secret", "tags": [], "uid": 1000}])
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "agent.yaml")
            for hide, hidden in (("", False), ("journal: {hide-names: top-secret, hide-snippets: secret}\n", True)):
                with open(path, "w", encoding="utf-8") as f:
                    f.write("state-dir: %s\nruntime-dir: %s\n%s" % (journal.state.name, d, hide))
                for form in ("jsonl", "cef", "ecs", "ocsf", "rfc5424"):
                    status, out, err = run("export", "--format", form, "--config", path)
                    self.assertEqual(status, 0, err)
                    self.assertIn("incident-more", out)
                    if not hidden and form in ("jsonl", "ecs", "ocsf"):
                        self.assertIn("phương án", out)
                    if hidden:
                        self.assertNotIn("phương án", out)
                        self.assertNotIn("kế hoạch", out)
                        self.assertNotIn("TỐI MẬT", out)

    def test_refused(self):
        one = incident(1)["id"]
        before = len(self.ok("list", "--json").splitlines())
        for args in (["mark", one], ["mark"], ["mark", one, "--status", "done"], ["mark", "NOPE", "--note", "x"],
                     ["mark", one, "--note", "x" * 2001], ["mark", one, "--note", "a\x1b[2Jb"],
                     ["mark", one, "--tag", "t" * 65], ["list", "--channel", "x"], ["list", "--status", "x"]):
            self.assertEqual(run(*args, *self.at)[0], 2, args)
        self.ok("mark", one, "--note", "x" * 2000)
        self.assertEqual(len(self.ok("list", "--json").splitlines()), before)
        with tempfile.TemporaryDirectory() as empty:
            os.mkdir(os.path.join(empty, "journal"))
            for command in (["mark", one, "--note", "x"], ["verify"]):
                self.assertEqual(run(*command, "--state-dir", empty)[0], 2)

    def test_checkpoint(self):
        with tempfile.TemporaryDirectory() as away:
            path = os.path.join(away, "host.checkpoint")
            kept = {name: open(os.path.join(self.journal.dir, name), "rb").read()
                    for name in os.listdir(self.journal.dir)}
            self.ok("mark", incident(1)["id"], "--note", "x")
            self.ok("checkpoint", "--out", path)
            with open(path, encoding="utf-8") as f:
                exported = f.read()
            self.assertEqual(json.loads(exported)["kind"], "checkpoint")
            self.assertIn("is there, unchanged", self.ok("verify", "--checkpoint", path))
            self.ok("rotate-key")
            self.ok("mark", incident(1)["id"], "--note", "y")
            report = json.loads(self.ok("verify", "--checkpoint", path, "--json"))
            self.assertEqual((report["checkpoint"], report["lost_keys"]), ("found", 0))
            # An older copy of everything is put back: only the checkpoint tells.
            for name in os.listdir(self.journal.dir):
                os.unlink(os.path.join(self.journal.dir, name))
            for name, content in kept.items():
                with open(os.path.join(self.journal.dir, name), "wb") as f:
                    f.write(content)
            self.ok("verify")
            status, out, _ = run("verify", "--checkpoint", path, *self.at)
            self.assertEqual(status, 1)
            self.assertIn("older copy", out)
            for text, status in ((exported.replace('"over":', '"over":1'), 1), ("x", 2), (exported + "x", 2)):
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
                self.assertEqual(run("verify", "--checkpoint", path, *self.at)[0], status, text)


class Statement(unittest.TestCase):
    def test_signed(self):
        journal = Journal([incident(1), incident(2, level="internal", action="log"),
                           {"kind": "gap", "what": "disk-full", "text": "the disk", "lost": 7},
                           {"kind": "agent", "what": "stop", "text": "told to stop"}])
        at = ["--state-dir", journal.state.name]

        def statement(*args, **kw):
            return run(*args, command="statement", **kw)
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "statement")
            status, out, err = statement("--out", path, *at)
            self.assertEqual(status, 0, out + err)
            for text in ("no agent runs", "disk-full: the disk", "records lost: 7", "secret       refused 1"):
                self.assertIn(text, out)
            status, out, _ = statement("verify", path)
            self.assertEqual(status, 0)
            self.assertIn("signed by the key", out)
            self.assertIn("mất mát", statement("verify", path, lang="vi_VN.UTF-8")[1].lower())
            self.assertEqual(run("verify", *at)[0], 0)
            with open(path, encoding="utf-8") as f:
                whole = f.read()
            body = json.loads(whole.splitlines()[0])
            self.assertEqual((body["records_lost"], body["losses_count"], body["incidents"]["internal"]["allowed"]),
                             (7, 2, 1))
            for i in range(0, len(whole), 61):  # any byte
                changed = whole[:i] + ("x" if whole[i] != "x" else "y") + whole[i + 1:]
                with open(path, "w", encoding="utf-8") as f:
                    f.write(changed)
                self.assertEqual(statement("verify", path)[0], 1, i)
            for text in ("", "x", whole[:-100], whole + "x\n"):
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
                self.assertEqual(statement("verify", path)[0], 1)
            self.assertEqual(statement("verify", path + ".none")[0], 2)
            self.assertEqual(statement("--json", "--out", path, *at)[0], 2)
            # Another time: nothing was lost in it.
            status, out, _ = statement("--since", "2026-11-24", *at)
            self.assertIn("records lost: 0", out)


class Shown(unittest.TestCase):
    """What an incident can say beside the usual, in both languages."""

    def test_all(self):
        journal = Journal([
            incident(1, failure="deadline", may_be="state-secret", meeting=True, way="already-open",
                     posture=["outdated", "advisory"], user_notified=False, rules_version="deadbeef",
                     package="telegram-desktop 4.6", sandbox="flatpak:org.telegram.desktop", retry_window_s=60,
                     ancestry=[{"pid": 9, "comm": "bash", "exe": "/usr/bin/bash"}]),
            incident(2, user_notified=True, way="open", failure=None, may_be=None, posture=[], meeting=False),
            incident(3, way="<b>\x1b[31m", failure="new-one", posture=["\x1b]0;x\x07"], may_be="x"),
            {"kind": "incident-more", "id": incident(1)["id"], "retries": 2, "last": "2026-11-23T08:01:05.000Z"}])
        at = ["--state-dir", journal.state.name]
        english = run("show", incident(1)["id"], *at)[1]
        for words in ("could not be judged: reading it took too long", "it was a state secret when last read",
                      "a call was in progress", "outdated", "has a known vulnerability", "was not told",
                      "open already when it was looked at", "deadbeef", "telegram-desktop 4.6",
                      "flatpak:org.telegram.desktop", "started by: /usr/bin/bash, pid 9", "counted for 60 s"):
            self.assertIn(words, english)
        vietnamese = run("show", incident(1)["id"], *at, lang="vi_VN.UTF-8")[1]
        for words in ("không xét được: đọc quá lâu", "lần đọc trước là bí mật nhà nước", "đang có cuộc gọi",
                      "phiên bản cũ", "chưa được thông báo", "đã mở từ trước", "đếm trong 60 giây"):
            self.assertIn(words, vietnamese)
        shown = json.loads(run("show", "--json", incident(1)["id"], *at)[1])
        for key in ("failure", "may_be", "meeting", "way", "posture", "user_notified", "rules_version", "package",
                    "sandbox", "ancestry", "retry_window_s"):
            self.assertIn(key, shown)
        plain = run("show", incident(2)["id"], *at)[1]
        self.assertIn("was told on the desktop", plain)
        for words in ("could not be judged", "meeting", "how it came", "the program is"):
            self.assertNotIn(words, plain)
        strange = run_on_terminal(100, "show", incident(3)["id"], *at)[1]
        self.assertIn("new-one", strange)
        self.assertNotIn("\x1b]0", strange)


class Export(unittest.TestCase):
    def setUp(self):
        self.evil = '/home/lan/a|b=c\\d]"e\n\x1b.docx'
        self.journal = Journal([
            incident(1, path=self.evil, ancestry=[{"pid": 1, "comm": "systemd", "exe": "/usr/lib/systemd/systemd"}]),
            incident(2, level="top-secret", action="log", user="", sha256="", evidence=[], path=""),
            {"kind": "incident-more", "id": incident(1)["id"], "retries": 2, "last": "2026-11-23T08:01:05.000Z"},
            {"kind": "incident-mark", "id": incident(1)["id"], "status": "false-positive", "by": "minh", "note": "n|=]"},
            {"kind": "gap", "what": "disk-full", "text": "the disk\nwas full", "lost": 3}])
        self.at = ["--state-dir", self.journal.state.name]

    def lines(self, form, *args):
        status, out, err = run("export", "--format", form, *args, *self.at)
        self.assertEqual(status, 0, err)
        return out.split("\n")[:-1]

    def test_jsonl(self):
        self.assertEqual(self.lines("jsonl"), [line.rstrip("\n") for line in self.journal.lines])
        self.assertEqual(len(self.lines("jsonl", "--level", "secret")), 1)
        self.assertEqual(run("export", "--format", "x", *self.at)[0], 2)

    def test_ocsf(self):
        events = [json.loads(line) for line in self.lines("ocsf")]
        schema = ocsf.Schema(os.path.join(DOCS, "..", "tests", "golden", "ocsf", "definitions.json"))
        for event in events:
            self.assertEqual(list(schema.faults(event)), [], event)
        self.assertEqual([(e["class_uid"], e["activity_id"]) for e in events],
                         [(0, 99), (2006, 1), (2006, 1), (2006, 2), (2006, 3), (0, 99)])
        self.assertEqual(events[1]["file"]["path"], self.evil)
        self.assertEqual([e["severity_id"] for e in events], [1, 4, 5, 1, 1, 4])
        self.assertEqual(events[1]["finding_info"]["uid"], events[4]["finding_info"]["uid"])
        self.assertEqual(len({e["metadata"]["uid"] for e in events}), 6)

    def test_ocsf_validator(self):
        """It finds what it is there for: an event that is spoilt in one place has a fault there."""
        schema = ocsf.Schema(os.path.join(DOCS, "..", "tests", "golden", "ocsf", "definitions.json"))
        text = self.lines("ocsf")[1]
        self.assertEqual(list(schema.faults(json.loads(text))), [])

        def spoilt(change):
            event = json.loads(text)
            change(event)
            return " ".join(schema.faults(event))
        for change, fault in (
                (lambda e: e.pop("severity_id"), "severity_id is missing"),
                (lambda e: e["metadata"].pop("product"), "metadata.product is missing"),
                (lambda e: e["finding_info"].pop("uid"), "finding_info.uid is missing"),
                (lambda e: e["metadata"].pop("profiles"), "disposition_id is not defined"),
                (lambda e: e["metadata"].update(profiles=["x"]), "no profile x"),
                (lambda e: e.update(colour="red"), "colour is not defined"),
                (lambda e: e["file"].update(sha256="x"), "file.sha256 is not defined"),
                (lambda e: e.update(severity_id=7), "severity_id is 7"),
                (lambda e: e["file"].update(type_id=77), "file.type_id is 77"),
                (lambda e: e["file"].update(hashes={}), "file.hashes is no list"),
                (lambda e: e["file"]["hashes"][0].pop("value"), "file.hashes[0].value is missing"),
                (lambda e: e["actor"]["process"].pop("pid"), "has none of"),
                (lambda e: e["data_security"].update(confidentiality_id="3"), "is no integer_t"),
                (lambda e: e["data_security"].update(confidentiality_id=9), "confidentiality_id is 9"),
                (lambda e: e["metadata"].update(version="1.9.0") or e.update(comment="x"), "comment is deprecated"),
                (lambda e: e.update(class_uid=2004), "class_uid is 2004"),
                (lambda e: e.update(activity_id=2), "type_uid is not"),
                (lambda e: e.update(user={}), "user is not defined")):
            self.assertIn(fault, spoilt(change))

    def test_ecs(self):
        events = [json.loads(line) for line in self.lines("ecs")]
        self.assertEqual([e["event"]["sequence"] for e in events], list(range(6)))
        self.assertEqual(events[1]["event"]["kind"], "alert")
        self.assertEqual((events[1]["file"]["path"], events[1]["process"]["parent"]["executable"]),
                         (self.evil, "/usr/lib/systemd/systemd"))
        self.assertEqual(events[5]["sealgate"]["lost"], 3)
        for event in events:
            self.assertEqual(event["ecs"]["version"], "8.11.0")
            self.assertTrue(event["@timestamp"].endswith("Z"))

    def test_cef(self):
        import re
        lines = self.lines("cef")
        self.assertEqual(len(lines), 6)
        for line in lines:
            head = re.split(r"(?<!\\)\|", line, maxsplit=7)
            self.assertEqual((head[0], head[1], len(head)), ("CEF:0", "sealgate", 8))
            self.assertIn(int(head[6]), range(11))
            keys = re.findall(r"(?:^| )([A-Za-z0-9]+)(?<!\\)=", head[7])
            self.assertEqual(len(keys), len(set(keys)), head[7])
            self.assertLessEqual({"rt", "cn1", "cat"}, set(keys))
        self.assertIn("filePath=/home/lan/a|b\\=c\\\\d]\"e\\n .docx", lines[1])

    def test_rfc5424(self):
        import re
        form = re.compile(r'<(\d+)>1 (\S+) (\S+) sealgate - (\S+) \[sealgate@32473((?: [a-z0-9]+="(?:[^"\\\]]|\\.)*")*)\] '
                          '\ufeff(.*)')
        for number, line in enumerate(self.lines("rfc5424")):
            m = form.fullmatch(line)
            self.assertTrue(m, line)
            self.assertEqual(int(m.group(1)) // 8, 13)
            self.assertIn('seq="%d"' % number, m.group(5))
            self.assertLessEqual(len(m.group(4)), 32)
        self.assertIn('path="/home/lan/a|b=c\\\\d\\]\\"e  .docx"', self.lines("rfc5424")[1])


class Counts(unittest.TestCase):
    def setUp(self):
        evil = "/home/lan/<script>alert(1)</script> & \"x\".docx"
        self.journal = Journal(
            [incident(1, path=evil), incident(2, user="=cmd|' /C calc'!A1"),
             incident(3, app="zalo", level="internal", action="log", user="root", uid=0, path="/home/lan/b,\"c\".docx")] +
            [incident(n, time="2026-12-%02dT08:00:00.000Z" % n, path="/home/lan/kh%d.docx" % n) for n in range(4, 12)] +
            [{"kind": "incident-mark", "id": incident(n)["id"], "status": "false-positive"} for n in (4, 5)] +
            [{"kind": "incident-mark", "id": incident(n)["id"], "status": "confirmed"} for n in (1, 2, 6)])
        self.at = ["--state-dir", self.journal.state.name]

    def ok(self, *args, **kw):
        status, out, err = run(*args, *self.at, **kw)
        self.assertEqual(status, 0, out + err)
        return out

    def test_stats(self):
        stats = json.loads(self.ok("stats", "--json"))
        self.assertEqual(stats["incidents"], 11)
        self.assertEqual([(x["key"], x["incidents"]) for x in stats["level"]], [("secret", 10), ("internal", 1)])
        self.assertEqual(sum(x["incidents"] for x in stats["day"]), 11)
        out = self.ok("stats", "--app", "telegram")
        self.assertIn("incidents: 10", out)
        self.assertIn("█", out)

    def test_precision(self):
        rule = json.loads(self.ok("precision", "--json"))
        self.assertEqual((rule["rule"], rule["incidents"], rule["judged"], rule["false_positives"]),
                         ("vn/own-line", 11, 5, 2))
        self.assertEqual(rule["precision"], 0.6)
        self.assertEqual([(m["key"], m["incidents"], m["false_positives"]) for m in rule["months"]],
                         [("2026-11", 3, 0), ("2026-12", 8, 2)])
        self.assertIn("60.0 %", self.ok("precision"))

    def test_groups(self):
        groups = [json.loads(line) for line in self.ok("list", "--group", "similar", "--json").splitlines()]
        self.assertEqual(groups[0]["incidents"], 9)
        self.assertEqual(groups[0]["newest"], incident(11)["id"])
        self.assertEqual(sum(g["incidents"] for g in groups), 11)
        self.assertIn("     9 ×", self.ok("list", "--group", "similar"))
        self.assertEqual(run("list", "--group", "x", *self.at)[0], 2)
        self.assertEqual(len(self.ok("list", "--group", "file", "--limit", "3").splitlines()), 3)

    def test_report(self):
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "report.html")
            for lang, title in (("C", "By application"), ("vi_VN.UTF-8", "Theo ứng dụng")):
                self.ok("report", "--since", "2026-11-01", "--out", path, lang=lang)
                with open(path, encoding="utf-8") as f:
                    page = f.read()
                self.assertIn(title, page)
                self.assertNotIn("<script", page)
                self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;", page)
                self.assertNotIn("://", page)
            import html.parser

            class Tags(html.parser.HTMLParser):
                open, bad = [], 0

                def handle_starttag(self, tag, attrs):
                    if tag not in ("meta", "br"):
                        self.open.append(tag)

                def handle_endtag(self, tag):
                    if not self.open or self.open.pop() != tag:
                        self.bad += 1
            parser = Tags()
            parser.feed(page)
            self.assertEqual((parser.bad, parser.open), (0, []))
            self.assertIn("The chain holds", self.ok("report"))

    def test_csv(self):
        import csv
        import io
        rows = list(csv.DictReader(io.StringIO(self.ok("report", "--csv"), newline="")))
        self.assertEqual(len(rows), 11)
        self.assertEqual(rows[1]["user"], "'=cmd|' /C calc'!A1")
        self.assertEqual(rows[2]["path"], '/home/lan/b,"c".docx')
        self.assertEqual((rows[0]["found_by"], rows[0]["part"], rows[0]["page"]), ("vn/own-line", "header", "3"))

    def test_false_positive(self):
        status, out, err = run("false-positive", incident(3)["id"], "--assign", "minh", *self.at)
        self.assertEqual(status, 0, err)
        self.assertIn("policy override add " + "ab" * 32 + " --app zalo", err)
        with tempfile.TemporaryDirectory() as d:
            with open(os.path.join(d, "e.yaml"), "w", encoding="utf-8") as f:
                f.write(out)
            with open(os.path.join(d, "apps.yaml"), "w", encoding="utf-8") as f:
                f.write("version: 1\napps: [{id: zalo, name: Zalo, category: chat, exe: /usr/bin/env}]\n")
            with open(os.path.join(d, "policy.yaml"), "w", encoding="utf-8") as f:
                f.write("version: 1\nmode: enforce\napps: [apps.yaml]\nexceptions: [e.yaml]\nrules:\n"
                        "  - {name: x, when: {family: any}, do: block}\n")
            p = subprocess.run([SEALGATE, "policy", "check", os.path.join(d, "policy.yaml")], capture_output=True,
                               timeout=60)
            self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertEqual(run("false-positive", *self.at)[0], 2)

    def test_watch(self):
        env = dict(os.environ, LC_ALL="C")
        p = subprocess.Popen([SEALGATE, "incidents", "watch", "--json", "--since", "2026-12-10T00:00:00Z", *self.at],
                             stdout=subprocess.PIPE, env=env)
        try:
            seen = [json.loads(p.stdout.readline())["id"] for _ in range(2)]
            self.assertEqual(seen, [incident(10)["id"], incident(11)["id"]])
            body = json.dumps(incident(12, time="2026-12-24T08:00:00.000Z"), ensure_ascii=False)
            with open(os.path.join(self.journal.dir, "incidents.jsonl"), "a", encoding="utf-8") as f:
                f.write('{"seq":99,"time":"2026-12-24T08:00:00.000Z","prev":"%s","record":%s,"hash":"%s"}\n'
                        % ("0" * 64, body, "0" * 64))
            self.assertEqual(json.loads(p.stdout.readline())["id"], incident(12)["id"])
        finally:
            p.kill()
            p.wait()
            p.stdout.close()


class Simulate(unittest.TestCase):
    def test_meeting(self):
        """An incident of a meeting is asked about as one; documents at rest are not incidents here."""
        journal = Journal([
            incident(1, meeting=True), incident(2, meeting=False), incident(3),
            incident(4, meeting=False, channel="at-rest", app="", action="log", intended="log")])
        policy = os.path.join(journal.state.name, "new.yaml")
        with open(policy, "w", encoding="utf-8") as f:
            f.write("""version: 1
apps: [%s]
rules:
  - name: in-a-meeting
    when: {meeting: true, channel: open}
    do: block
  - name: otherwise
    when: {channel: open}
    do: log
""" % os.path.join(os.path.dirname(os.path.abspath(DOCS)), "policy", "apps"))
        args = ["simulate", "--state-dir", journal.state.name, policy]
        status, out, err = run(*args, "--json", command="policy")
        self.assertEqual(status, 1, err)
        said = json.loads(out)
        known = sum(said["incidents"].values())
        self.assertEqual(known, 3)
        self.assertEqual((said["at_rest_incidents"], said["meeting_not_recorded"], said["at_rest"]), (1, 1, None))
        self.assertEqual({r["name"]: (r["same"], r["vanished_block"]) for r in said["rule"]},
                         {"in-a-meeting": (1, 0), "no-secrets-in-chat": (0, 2)})
        out = run(*args, command="policy")[1]
        self.assertIn("not asked, no agent answers", out)
        self.assertIn("recorded before meetings were: 1", out)
        self.assertNotIn("meeting went on is not", out)


class Guide(unittest.TestCase):
    """Each command that the reviewers' guides show does what it is there for."""

    def commands(self, name):
        import shlex
        with open(os.path.join(DOCS, name), encoding="utf-8") as f:
            return [shlex.split(line) for line in f if line.startswith("    sealgate ")]

    def test_commands(self):
        english, vietnamese = (self.commands(name) for name in ("reviewer-guide.md", "reviewer-guide.vi.md"))
        self.assertGreater(len(english), 20)
        # Only notes are translated.
        self.assertEqual([[w for w in c if " " not in w] for c in english],
                         [[w for w in c if " " not in w] for c in vietnamese])
        for commands in (english, vietnamese):
            journal = Journal([incident(1), incident(2, time="2099-01-01T00:00:00.000Z")])
            copies = os.path.join(journal.state.name, "evidence")
            os.mkdir(copies)
            with open(os.path.join(copies, incident(1)["id"] + "-00000000.cms"), "wb") as f:
                f.write(b"sealed")
            with tempfile.TemporaryDirectory() as d:
                for words in commands:
                    if "watch" in words:
                        continue
                    words = [incident(1)["id"] if w == "ID" else w for w in words[1:]]
                    if words[:2] != ["statement", "verify"]:
                        words += ["--state-dir", journal.state.name]
                    p = subprocess.run([SEALGATE, *words], capture_output=True, cwd=d, timeout=60,
                                       env=dict(os.environ, LC_ALL="C"))
                    self.assertEqual(p.returncode, 0, (words, p.stderr))
                self.assertEqual(sorted(os.listdir(d)), ["copy.cms", "host.checkpoint", "report.csv", "report.html",
                                                         "statement.txt", "today.json", "unit.html"])


class Learning(unittest.TestCase):
    """sealgate policy learn, over journals."""

    def learn(self, records, *args):
        journal = Journal(records)
        self.addCleanup(journal.state.cleanup)
        status, out, err = run("learn", "--json", "--state-dir", journal.state.name, *args,
                               command="policy")
        self.assertEqual((status, err), (0, ""))
        return json.loads(out)

    def monitored(self, number, path, **changes):
        return incident(0, **{"id": "01JDBXAMPL%016d" % number, "path": path, "level": "internal",
                              "action": "log", "mode": "monitor", **changes})

    def test_counts_and_proposal(self):
        records = [self.monitored(n, f"/srv/mẫu/{n % 2}.docx", uid=1000 + n % 2,
                                  user=("lan", "minh")[n % 2]) for n in range(1, 5)]
        records.append({"kind": "incident-more", "id": records[0]["id"], "retries": 6,
                        "last": "2026-11-23T09:00:00.000Z"})
        o = self.learn(records)
        self.assertEqual((o["incidents"], o["opens"], o["refused"]), (4, 10, 10))
        self.assertEqual([(g["app"], g["level"], g["opens"], g["documents"], g["users"])
                          for g in o["levels"]], [("telegram", "internal", 10, 2, 2)])
        self.assertIn("path: '/srv/mẫu/*'", o["exceptions"])
        self.assertIn("user: ['minh', 'lan']", o["exceptions"])
        self.assertIn("level: [internal]", o["exceptions"])

    def test_nothing_is_proposed_for_state_secrets_few_opens_or_names_that_cannot_be_written(self):
        for records in ([self.monitored(n, "/srv/a/b", level="secret") for n in range(1, 9)],
                        [self.monitored(n, "/srv/a/b") for n in range(1, 3)],
                        [self.monitored(n, "/srv/a/b", user="o'x") for n in range(1, 9)],
                        [self.monitored(n, "", ) for n in range(1, 9)],
                        [self.monitored(n, "…cut/off/x") for n in range(1, 9)],
                        [self.monitored(n, "/srv/a/b", intended="log") for n in range(1, 9)],
                        [self.monitored(n, "/srv/a/b", override=3) for n in range(1, 9)]):
            self.assertEqual(self.learn(records)["exceptions"], "", records[0])

    def test_names_that_patterns_would_take_for_something_else(self):
        o = self.learn([self.monitored(n, "/srv/[a] {b}*\n'c'/x") for n in range(1, 5)])
        self.assertIn("path: '/srv/?a? ?b???''c''/*'", o["exceptions"])

    def test_many_users_are_not_named_and_many_folders_are_counted(self):
        o = self.learn([self.monitored(n, "/srv/a/b", uid=n, user=f"u{n}") for n in range(1, 6)])
        self.assertNotIn("user:", o["exceptions"])
        o = self.learn([self.monitored(n, f"/srv/{n}/x") for n in range(1, 20006)])
        self.assertEqual((o["opens"], o["left_out"]), (20005, 5))


if __name__ == "__main__":
    warnings.simplefilter("ignore", ResourceWarning)  # of directories that go with their journal
    unittest.main(warnings="ignore")
