#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sealgate incidents`: what is listed and shown of a journal, and whether it is whole.

Usage: test-list.py SEALGATE DOCS
"""
import json
import os
import tempfile
import unittest
import warnings

from journals import CONTRACT, Journal, incident, run, run_on_terminal


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


if __name__ == "__main__":
    warnings.simplefilter("ignore", ResourceWarning)  # of directories that go with their journal
    unittest.main(warnings="ignore")
