#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sealgate courier export` and `receipt`: records leave on a medium and a receipt comes back; what is forged,
cut short, replayed or another's changes nothing. Usage: courier.py SEALGATE DOCS
"""
import glob
import json
import os
import shutil
import sys
import tempfile
import unittest

from journals import Journal, incident, run

HOST = os.uname().nodename


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


class Courier(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.journal = Journal([incident(n) for n in range(1, 6)])
        self.addCleanup(self.journal.state.cleanup)
        self.medium, self.office = (os.path.join(self.dir.name, n) for n in ("medium", "office"))
        for path in (self.medium, self.office, self.at("keys")):
            os.mkdir(path)
        self.key, self.stranger = (self.keygen(n) for n in ("reviewer", "stranger"))
        shutil.copy(self.at("reviewer.pub"), self.at("keys"))
        write(self.at("agent.yaml"), b"trusted-keys: [%s]\n" % self.at("keys").encode())

    def at(self, name):
        return os.path.join(self.dir.name, name)

    def on(self, what):
        return os.path.join(self.medium, "sealgate-%s.%s" % (HOST, what))

    def keygen(self, name):
        self.assertEqual(run(self.at(name), command="keygen")[0], 0)
        return self.at(name + ".key")

    def export(self, *args, status=0):
        got, out, err = run("--config", self.at("agent.yaml"), "courier", "export", "--state-dir", self.journal.state.name, *args,
                            self.medium, command="--lang=en")
        self.assertEqual(got, status, out + err)
        return out + err

    def receipt(self, key=None, status=0):
        got, out, err = run("receipt", "--key", key or self.key, "--state-dir", self.office, self.medium,
                            command="courier")
        self.assertEqual(got, status, out + err)
        return out + err

    def statement(self):
        return json.loads(read(self.on("statement")).splitlines()[0])

    def lines(self):
        return [json.loads(line) for line in read(self.on("jsonl")).splitlines()]

    def records(self, kind):
        path = os.path.join(self.journal.dir, "incidents.jsonl")
        return [r for r in (json.loads(line)["record"] for line in read(path).splitlines()) if r["kind"] == kind]

    def office_has(self):
        """All that the reviewers' side keeps."""
        return {p: read(p) for p in glob.glob(self.office + "/courier/*")}

    def test_a_link_in_the_place_of_the_folder(self):
        elsewhere = self.at("elsewhere")
        os.rename(self.medium, elsewhere)
        os.symlink(elsewhere, self.medium)
        for slash in ("", "//"):
            self.medium = self.medium.rstrip("/") + slash
            self.assertIn("no link", self.export(status=2))
            self.assertIn("no link", self.receipt(status=2))
        self.assertEqual(os.listdir(elsewhere), [])

    def test_there_and_back(self):
        self.export()
        s = self.statement()
        self.assertEqual((s["host"], s["first"], s["records"], s["incidents"], s["missing"]),
                         (HOST, 0, s["last"] + 1, 5, 0))
        self.assertEqual([e["seq"] for e in self.lines()], list(range(s["last"] + 1)))
        self.assertEqual(self.lines()[3]["record"]["id"], incident(3)["id"])
        self.assertIn("for the first time", self.receipt())
        kept = [p for p in self.office_has() if p.endswith(".jsonl")]
        self.assertEqual([read(p) for p in kept], [read(self.on("jsonl"))])
        # The next one begins behind it, and says so to the journal.
        self.assertIn("up to %d were received" % s["last"], self.export())
        t = self.statement()
        self.assertEqual((t["first"], t["incidents"], t["prev"]), (s["last"] + 1, 0, s["hash"]))
        self.receipt()
        self.assertEqual(run("verify", "--state-dir", self.journal.state.name)[0], 0)
        self.assertEqual(len(self.records("courier-export")), 2)
        self.assertIn("signed by", self.records("courier-receipt")[0]["note"])
        # Without a receipt in between, the same records again, and more.
        os.unlink(self.on("receipt"))
        self.export()
        self.assertEqual(self.statement()["first"], t["first"])
        self.receipt()

    def test_part_by_part(self):
        said = []
        for n in range(3):
            out = self.export("--limit", "2")
            s = self.statement()
            said.append((s["first"], s["last"], s["more"]))
            self.assertIn("there are more", out)
            self.receipt()
        self.assertEqual(said, [(0, 1, True), (2, 3, True), (4, 5, True)])
        self.export("--limit", "0", status=2)

    def test_what_never_came_is_told(self):
        """The reviewers' side has not seen the records before: they are counted, and the rest is signed for."""
        self.export("--limit", "2")
        self.receipt()
        self.export()
        shutil.rmtree(self.office)
        os.mkdir(self.office)
        self.assertIn("MISSING: 2 records before 2", self.receipt(status=1))
        self.assertIn("were received", self.export())

    def test_as_much_as_an_export_takes(self):
        """Records of more than 64 MiB leave in two parts."""
        self.journal = Journal([incident(n, message="x" * 90000) for n in range(800)])
        self.addCleanup(self.journal.state.cleanup)
        self.assertIn("there are more", self.export())
        size = os.path.getsize(self.on("jsonl"))
        self.assertTrue((64 << 20) - 91000 < size <= 64 << 20, size)
        first = self.statement()
        self.receipt()
        self.export()
        rest = self.statement()
        self.assertEqual((rest["first"], rest["more"], first["incidents"] + rest["incidents"]),
                         (first["last"] + 1, False, 800))
        self.receipt()

    def test_a_medium_that_takes_nothing(self):
        self.export()
        self.receipt()
        os.mkdir(self.on("jsonl.part"))
        before = read(self.on("jsonl"))
        self.assertIn("cannot write", self.export(status=2))
        self.assertEqual(read(self.on("jsonl")), before)
        self.assertFalse(os.path.exists(self.on("statement")))
        os.rmdir(self.on("jsonl.part"))
        self.export()
        self.receipt()

    def test_whatever_was_altered_is_refused(self):
        self.export()
        good = {what: read(self.on(what)) for what in ("statement", "jsonl")}
        for what, step in (("statement", 41), ("jsonl", 173)):
            data = good[what]
            for i in list(range(0, len(data), step)) + [len(data) - 1]:
                for changed in (data[:i], data[:i] + bytes([data[i] ^ 1]) + data[i + 1:]):
                    write(self.on(what), changed)
                    self.receipt(status=1)
            for changed in (b"", data + b"x", data + data):
                write(self.on(what), changed)
                self.receipt(status=1)
            write(self.on(what), data)
        os.unlink(self.on("jsonl"))
        self.assertIn("not there", self.receipt(status=1))
        os.symlink(self.at("agent.yaml"), self.on("jsonl"))
        self.receipt(status=1)
        os.unlink(self.on("jsonl"))
        self.assertEqual([p for p in self.office_has()], [])
        self.assertFalse(os.path.exists(self.on("receipt")))
        write(self.on("jsonl"), good["jsonl"])
        self.receipt()

    def test_an_old_medium_is_no_news(self):
        self.export()
        old = {what: read(self.on(what)) for what in ("statement", "jsonl")}
        self.receipt()
        # The medium was pulled out before the receipt was on it: it can be written again.
        os.unlink(self.on("receipt"))
        self.assertIn("written again", self.receipt())
        self.export()
        self.receipt()
        has = self.office_has()
        for what, data in old.items():
            write(self.on(what), data)
        self.assertIn("replay", self.receipt(status=1))
        self.assertEqual(self.office_has(), has)

    def test_a_journal_that_was_made_anew(self):
        self.export()
        self.receipt()
        # Under the same name, with another past.
        other = Journal([incident(n, user="other") for n in range(1, 9)])
        self.addCleanup(other.state.cleanup)
        self.journal = other
        has = self.office_has()
        os.unlink(self.on("receipt"))
        self.export()
        self.assertIn("is another one now", self.receipt(status=1))
        self.assertEqual(self.office_has(), has)

    def test_a_new_key_that_the_old_one_signed(self):
        self.export()
        self.receipt()
        self.assertEqual(run("rotate-key", "--state-dir", self.journal.state.name)[0], 0)
        self.export()
        self.receipt()
        os.unlink(self.on("receipt"))
        # One that it did not sign.
        os.unlink(os.path.join(self.journal.dir, "signing.key"))
        self.export()
        self.assertIn("another key", self.receipt(status=1))

    def test_receipts_that_are_not_believed(self):
        self.export()
        exported = self.statement()["last"]
        self.receipt()
        good = read(self.on("receipt"))

        def refused(data, text):
            write(self.on("receipt"), data)
            before = read(os.path.join(self.journal.state.name, "courier/export.json"))
            statement = read(self.on("statement"))
            self.assertIn(text, self.export(status=1))
            self.assertEqual(read(os.path.join(self.journal.state.name, "courier/export.json")), before)
            self.assertEqual(read(self.on("statement")), statement)
            self.assertIn(text, self.records("courier-receipt")[-1]["note"])
        refused(b"", "no whole receipt")
        refused(good[:-1], "no whole receipt")
        refused(good + b"\n", "no whole receipt")
        refused(good.replace(b"records 0 %d" % exported, b"records 0 %d" % (exported - 1)), "no trusted key")
        refused(b"x" * 5000, "no whole receipt")
        os.unlink(self.on("receipt"))
        self.receipt(key=self.stranger)
        refused(read(self.on("receipt")), "no trusted key")
        # Another host's, and one of more than was exported here.
        write(self.on("receipt"), good)
        self.export()
        self.receipt()
        newer = read(self.on("receipt"))
        self.journal = Journal([incident(n) for n in range(1, 4)])
        self.addCleanup(self.journal.state.cleanup)
        os.unlink(self.on("receipt"))
        self.export()
        refused(newer, "not exported")
        # An old one is none of these, and changes nothing.
        os.unlink(self.on("receipt"))

    def test_usage(self):
        for args in ([], ["export"], ["fly", self.medium], ["receipt", self.medium], ["export", "--key", "x", self.medium],
                     ["import", "--limit", "3", self.medium], ["export", self.at("none")]):
            self.assertEqual(run(*args, command="courier")[0], 2, args)
        self.assertIn("no export", self.receipt(status=2))
        status, out, _ = run("--help", command="courier", lang="vi_VN.UTF-8")
        self.assertEqual((status, "courier export" in out), (0, True))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[1:])
