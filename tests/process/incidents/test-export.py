#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sealgate incidents`: what leaves a journal: exports, counts, reports.

Usage: test-export.py SEALGATE DOCS
"""
import json
import os
import subprocess
import tempfile
import unittest
import warnings

import ocsf
from journals import DOCS, SEALGATE, Journal, incident, run


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


if __name__ == "__main__":
    warnings.simplefilter("ignore", ResourceWarning)  # of directories that go with their journal
    unittest.main(warnings="ignore")
