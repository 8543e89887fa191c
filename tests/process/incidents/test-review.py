#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sealgate incidents`: what reviewers say of incidents, statements, and what is concealed.

Usage: test-review.py SEALGATE DOCS
"""
import json
import os
import shlex
import tempfile
import unittest
import warnings

from journals import Journal, incident, run, run_on_terminal


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


class Hint(unittest.TestCase):
    def test_a_name_that_is_a_command(self):
        """What is offered for copying names the file, whatever its maker called it."""
        name = "/home/lan/a'; touch b #\x1b]0;owned\x07.docx"
        journal = Journal([incident(1, path=name)])
        tty = run_on_terminal(100, "false-positive", "--state-dir", journal.state.name, incident(1)["id"], errors=True)[1]
        self.assertIn("touch b", tty)
        self.assertNotIn("\x1b]0;", tty)
        err = run("false-positive", "--state-dir", journal.state.name, incident(1)["id"])[2]
        line, = [x for x in err.splitlines() if "sealgate explain" in x]
        self.assertEqual(shlex.split(line)[-1], name)


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
            for text in ("no agent runs", "disk-full: the disk", "records lost: 7", "secret       refused 1",
                         "policy and rules: not known", "stops: 1", "no start is recorded in this time"):
                self.assertIn(text, out)
            for text in ("(mode )", "sha256 null"):  # what nobody knows is not an empty place
                self.assertNotIn(text, out)
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
        journal = Journal([{"kind": "agent", "what": "start", "text": "sealgate protects 1 directory"}])
        out = run("--state-dir", journal.state.name, command="statement")[1]
        self.assertIn("starts of the agent: 1", out)
        self.assertNotIn("no start is recorded", out)
        self.assertIn("không rõ, vì chương trình không trả lời",
                      run("--state-dir", journal.state.name, command="statement", lang="vi_VN.UTF-8")[1])


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


if __name__ == "__main__":
    warnings.simplefilter("ignore", ResourceWarning)  # of directories that go with their journal
    unittest.main(warnings="ignore")
