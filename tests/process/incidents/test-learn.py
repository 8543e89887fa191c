#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sealgate incidents`: what a journal says of policies: simulating, learning, and the guide's commands.

Usage: test-learn.py SEALGATE DOCS
"""
import json
import os
import subprocess
import tempfile
import unittest
import warnings

from journals import DOCS, SEALGATE, Journal, incident, run


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
