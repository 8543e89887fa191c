#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The gate against a fake core and a fake supervisor, with the real kernel.

Each bound of the gate, reached. Prints TAP."""
import os, resource, shutil, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig as r
from cases import case, open_files, main
from rig import Rig, EPERM, wait_for


@case
def record_ring_overflow_is_counted():
    with Rig().start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        app = g.opener()
        g.core.ack = False
        for _ in range(520):
            assert app.open(secret) == EPERM
        c = g.counters()
        assert c["records"] == 520 and c["records_lost"] == 8, c
        assert wait_for(lambda: len(g.core.records) == 512)


@case
def marks_on_programs_that_applications_wrote_have_a_bound():
    """Two with marks that stay and four in all, in the small gate; of the others the oldest give way,
    and theirs are marks that the kernel may drop."""
    rules = "rule risky block 0 0 %d -\n" % ((1 << 3) << 8)
    with Rig(policy=rules, program=r.GATE_SMALL).start() as g:
        programs = [g.fs + "/app/p%d" % n for n in range(6)]
        for p in programs:
            shutil.copy(r.BUILD + "/gate-opener", p)
            g.core.dropped(p, "chat")
        assert wait_for(lambda: g.opener(g.tool).hear_exec(programs[5]) == EPERM)
        got = [g.opener(g.tool).hear_exec(p) for p in programs]
        assert got == [EPERM, EPERM, 0, 0, EPERM, EPERM], got
        with open("/proc/self/fdinfo/%d" % g.group) as f:
            marks = [line.split() for line in f if line.startswith("fanotify ino:")]
        ours = {os.stat(p).st_ino: p for p in programs}
        mflags = {int(m[1][4:], 16): int(m[3][7:], 16) for m in marks if int(m[1][4:], 16) in ours}
        assert sorted(bool(v & 0x200) for v in mflags.values()) == [False] * 2 + [True] * 4, marks
        g.core.dropped(programs[0], "chat")  # one that is known takes no other place
        assert g.opener(g.tool).hear_exec(programs[4]) == EPERM


@case
def two_thousand_openers_are_held_and_the_rest_is_answered():
    with Rig(hold_ms=3000).start() as g:
        for i in range(2500):
            g.file("n.%d" % i, b"plain")
        g.settle()
        app, tool = g.opener(), g.opener(g.tool)
        g.core.silent = True
        assert app.ask("files 2000 %s/n" % g.docs)[:2] == [0, 2000]
        c = g.counters()
        assert c["held"] == 2000 and c["deadline"] == 2000 and c["pressure"] == 0, c
        assert app.ask("files 2500 %s/n" % g.docs)[:2] == [0, 2500]
        c = g.counters()
        assert c["pressure"] >= 2500 - 2048 and c["read_errors"] == 0 and c["answer_errors"] == 0, c
        assert wait_for(lambda: g.n_held() == 0)
        g.core.silent = False
        g.core.unanswered.clear()
        assert tool.open(g.docs + "/n.1") == 0


@case
def marks_on_classified_files_have_a_bound():
    """Four in the small gate; what is refused is counted, and opens are decided all the same."""
    with Rig(program=r.GATE_SMALL).start() as g:
        files = [g.file("m%d.txt" % n, b"SECRET") for n in range(6)]
        g.settle()
        app = g.opener()
        for f in files:
            assert app.open(f) == EPERM
        assert g.mark_counters()["marks_refused"] == 2, g.mark_counters()
        # One that holds nothing any more gives its place.
        with open(files[0], "w") as f:
            f.write("public")
        g.settle()
        assert app.open(files[0]) == 0
        assert app.open(files[5]) == EPERM
        with open(files[5], "w") as f:
            f.write("SECRET again")
        g.settle()
        assert app.open(files[5]) == EPERM
        assert g.mark_counters()["marks_refused"] == 2, g.mark_counters()


@case
def fewer_descriptors_than_wanted_are_enough():
    """What it remembers gives way first, then what it holds; both come back when there is room."""
    with Rig(hold_ms=3000).start() as g:
        pid, plain = g.gate.pid, g.file("p.txt", b"plain")
        for n in range(60):
            g.file("p.%d" % n, b"plain")
        g.settle()
        app, tool = g.opener(), g.opener(g.tool)
        others = [g.opener(g.tool) for _ in range(60)]  # each of them is remembered
        assert [o.open(plain) for o in others] == [0] * 60
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (180, 180))
        assert wait_for(lambda: tool.open(plain) == 0 and g.n_processes() < 60)
        assert [o.open(plain) for o in others + [tool, app]] == [0] * 62 and g.files_short() == 0
        g.core.silent = True
        app.tell("files 60 %s/p" % g.docs)
        assert wait_for(lambda: g.files_short() == 1 or tool.open(plain) != 0)
        assert tool.ask("threads 50 " + plain)[:2] == [50, 0]
        assert app.hear()[:2] == [0, 60]
        g.core.silent = False
        g.core.answer_late()
        assert wait_for(lambda: app.open(g.docs + "/p.1") == 0)
        assert app.open(g.file("s.txt", b"SECRET")) == EPERM
        assert "descriptors" in {x.failure for x in g.core.records}
        assert g.counters()["read_errors"] == 0, g.counters()


@case
def without_descriptors_others_go_on():
    """The limit falls below what the gate has open: whoever is of no application is not refused, for
    the others it is the failure `descriptors`."""
    with Rig(hold_ms=3000).start() as g:
        pid, plain = g.gate.pid, g.file("p.txt", b"plain")
        g.file("p.0", b"plain")
        g.settle()
        app, tool = g.opener(), g.opener(g.tool)
        assert tool.open(plain) == 0 and app.open(plain) == 0
        g.core.silent = True
        held = g.opener()
        held.tell("open " + g.docs + "/p.0")
        assert wait_for(lambda: g.n_held() == 1)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (48, 48))
        assert wait_for(lambda: tool.open(plain) == 0 and g.files_short() == 1)
        assert held.hear()[0] == EPERM, "the held one had to go"
        before = g.counters()["read_errors"]
        for n in range(20):
            fresh = g.file("f%d" % n, b"plain")
            new = g.opener(g.tool)
            assert new.open(fresh) == 0 and tool.open(fresh) == 0
            assert tool.ask("threads 50 " + fresh)[:2] == [50, 0]
            assert app.open(fresh) == EPERM
            new.close()
        assert g.counters()["read_errors"] == before, g.counters()
        assert wait_for(lambda: len(g.core.records) == 21), len(g.core.records)
        assert {x.failure for x in g.core.records} == {"descriptors"}, [vars(x) for x in g.core.records]
        assert g.files_short() == 1 and g.gate.poll() is None


@case
def more_processes_than_fit_are_slower_not_weaker():
    with Rig(program=r.GATE_SMALL).start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        # Of no application: the idle ones are forgotten.
        tools = [g.opener(g.tool) for _ in range(80)]
        for _ in range(2):
            assert all(t.open(secret) == 0 for t in tools)
        assert g.n_processes() <= 64 and g.counters()["unidentified"] == 0
        assert g.opener().open(secret) == EPERM
        for t in tools:
            t.close()
        # Of an application: never forgotten, and those that do not fit are asked each time.
        apps = [g.opener() for _ in range(80)]
        for _ in range(2):
            assert all(a.open(secret) == EPERM for a in apps)
        c = g.counters()
        assert g.n_processes() == 64 and c["uncached"] > 0, c
        tool = g.opener(g.tool)
        error = tool.open(secret)
        assert error == 0, (tool.pid, vars(g.core.records[-1]))
        for a in apps:
            a.close()
        assert wait_for(lambda: g.n_processes() < 40)
        assert g.opener().open(secret) == EPERM


@case
def generations_are_walked_up_to_a_bound():
    with Rig(program=r.GATE_SMALL).start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        app = g.opener()
        assert app.hear_exec(g.tool) == 0  # so that only descent tells
        assert app.ask("deep 4 " + secret)[0] == EPERM
        assert app.ask("deep 9 " + secret)[0] == 0


@case
def more_files_than_fit_are_asked_again():
    with Rig(program=r.GATE_SMALL).start() as g:
        docs = [g.file("d%d" % i, b"SECRET" if i % 2 else b"plain") for i in range(20)]
        g.settle()
        app = g.opener()
        for _ in range(2):
            assert [app.open(d) for d in docs] == [0, EPERM] * 10
        assert 20 < len(g.core.asked) <= 40


@case
def more_requests_than_fit_are_answered_at_once():
    with Rig(program=r.GATE_SMALL, hold_ms=1000).start() as g:
        for i in range(12):
            g.file("d.%d" % i, b"plain")
        g.settle()
        app = g.opener()
        g.core.silent = True
        assert app.ask("files 12 %s/d" % g.docs)[:2] == [0, 12]
        c = g.counters()
        assert (c["held"], c["deadline"], c["pressure"]) == (8, 8, 4), c
        # Nobody waits for the eight any more: they give way to new ones.
        assert app.ask("files 12 %s/d" % g.docs)[:2] == [0, 12]
        c = g.counters()
        assert c["held"] >= 16 and c["deadline"] >= 16, c
        time.sleep(2.5)  # and are given up in the end
        before = open_files(g.gate.pid)
        g.core.silent = False
        g.core.answer_late()
        assert wait_for(lambda: app.open(g.docs + "/d.1") == 0)
        assert g.counters()["late"] == 0 and before < 60, before


sys.exit(main())
