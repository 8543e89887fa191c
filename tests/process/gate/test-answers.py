#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The gate against a fake core and a fake supervisor, with the real kernel.

Questions to core and what is answered while it is slow, silent or gone. Prints TAP."""
import os, signal, socket, statistics, struct, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig as r
from cases import case, main
from rig import Rig, EPERM, wait_for


@case
def ungated_is_allowed_without_core():
    with Rig().start(core=False) as g:
        doc = g.file("a.txt", b"SECRET")
        tool = g.opener(g.tool)
        assert tool.open(doc) == 0
        assert g.counters()["allowed"] > 0


@case
def gated_unknown_is_held_and_decided():
    with Rig().start() as g:
        secret, plain = g.file("s.txt", b"SECRET"), g.file("p.txt", b"plain")
        g.settle()
        app = g.opener()
        assert app.open(secret) == EPERM
        assert app.open(plain) == 0
        c = g.counters()
        assert c["scanned"] == 2 and c["denied"] == 1, c
        assert wait_for(lambda: len(g.core.records) == 1)
        rec = g.core.records[0]
        assert (rec.app, rec.action, rec.cause, rec.level) == ("chat", "block", "scanned", r.SECRET), vars(rec)
        assert rec.path == secret and rec.exe == g.chat and rec.pid == app.pid, vars(rec)
        assert rec.comm == "chat" and rec.uid == 0 and rec.ppid == os.getpid(), vars(rec)
        assert rec.ancestors[0][0] == os.getpid() and rec.ancestors[0][2] == os.readlink("/proc/self/exe")[-103:], rec.ancestors
        assert rec.sandbox == "", rec.sandbox


@case
def what_stood_in_cores_way_is_told():
    """Core answers that it had no descriptor, or too much to do: that is the record's cause."""
    with Rig().start() as g:
        a, b = g.file("a.txt", b"plain"), g.file("b.txt", b"plain")
        g.settle()
        app = g.opener()
        g.core.silent = True
        for path, failure, cause in ((a, 6, "descriptors"), (b, 4, "pressure")):
            app.tell("open " + path)
            assert wait_for(lambda: g.core.unanswered)
            f = g.core.unanswered.pop()
            r.send(g.core.ours, r.CORE_FACTS, f.body[:40] +
                   struct.pack("<BBIIB", 0, r.UNREADABLE, 0, 1 << 6, failure << 1), number=f.number)
            f.close()
            assert app.hear()[0] == EPERM
            assert wait_for(lambda: g.core.records)
            rec = g.core.records.pop()
            assert (rec.cause, rec.failure, rec.may_be) == (cause, cause, "unknown"), vars(rec)


@case
def another_socket_to_core_is_asked_for():
    with Rig().start() as g:
        g.core.close()
        assert wait_for(lambda: g.unlinked >= 2, 10), g.unlinked
        g.new_core()
        n = g.unlinked
        plain = g.file("p.txt", b"plain")
        g.settle()
        app = g.opener()
        assert app.open(plain) == 0
        assert g.unlinked <= n + 1


@case
def deadline_is_kept_when_core_is_silent():
    with Rig(hold_ms=400).start() as g:
        plain = g.file("p.txt", b"plain")
        g.settle()
        app = g.opener()
        g.core.silent = True
        error, us = app.ask("open " + plain)
        assert error == EPERM and 390_000 < us < 60_000_000, (error, us)
        assert wait_for(lambda: g.core.records) and g.core.records[0].cause == "deadline"
        assert g.core.records[0].completeness == r.UNREADABLE and g.core.records[0].hold_ns >= 390_000_000
        # What came too late is there for the second try.
        g.core.silent = False
        g.core.answer_late()
        assert wait_for(lambda: g.counters()["late"] == 1)
        assert app.open(plain) == 0
        assert g.counters()["known"] == 1 and len(g.core.asked) == 1


@case
def deadline_is_kept_when_core_is_stopped():
    with Rig(hold_ms=300).start(core=False) as g:
        plain = g.file("p.txt", b"plain")
        g.settle()
        app = g.opener()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if pid == 0:
            while True:
                f = r.receive(ours)
                if f is None:
                    os._exit(0)
                if f.kind == r.GATE_CLASSIFY:
                    r.send(ours, r.CORE_FACTS, f.body[:40] + struct.pack("<BBIIB", 0, 0, 0, 0, 0), number=f.number)
                f.close()
        ours.close()
        r.send(g.control, r.SUP_PEER, struct.pack("<BI", r.ROLE_CORE, 0), [theirs.fileno()])
        theirs.close()
        try:
            assert app.open(plain) == 0
            os.kill(pid, signal.SIGSTOP)
            error, us = app.ask("open " + plain)
            assert error == EPERM and 290_000 < us < 60_000_000, (error, us)
            os.kill(pid, signal.SIGCONT)
            assert wait_for(lambda: app.open(plain) == 0)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


@case
def core_that_closes_lets_nobody_wait():
    with Rig(hold_ms=20000).start() as g:
        plain = g.file("p.txt", b"plain")
        app = g.opener()
        g.core.silent = True
        app.tell("open " + plain)
        assert wait_for(lambda: g.core.asked)
        g.core.close()
        error, us = app.hear()
        assert error == EPERM and us < 15_000_000, (error, us)
        error, us = app.ask("open " + plain)
        assert error == EPERM and us < 15_000_000, (error, us)
        assert g.counters()["core_gone"] == 2
        core = g.new_core()
        assert wait_for(lambda: len(core.records) == 2)
        assert {x.cause for x in core.records} == {"core-gone"}
        g.settle()
        assert app.open(plain) == 0


@case
def core_that_breaks_the_protocol_is_dropped():
    for body, kind in ((b"short", r.CORE_FACTS), (b"", 999), (b"x" * 51 + b"xx", r.CORE_FACTS)):
        with Rig(hold_ms=20000).start() as g:
            plain = g.file("p.txt", b"plain")
            app = g.opener()
            g.core.silent = True
            app.tell("open " + plain)
            assert wait_for(lambda: g.core.asked)
            r.send(g.core.ours, kind, body, number=g.core.asked[0][0])
            assert app.hear()[0] == EPERM
            assert g.counters()["core_gone"] == 1
            assert g.opener(g.tool).open(plain) == 0


@case
def records_are_kept_until_acknowledged():
    with Rig().start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        app = g.opener()
        g.core.ack = False
        assert app.open(secret) == EPERM and app.open(secret) == EPERM
        assert wait_for(lambda: len(g.core.records) == 2)
        first = [x.number for x in g.core.records]
        g.core.close()
        core = g.new_core(ack=False)
        assert wait_for(lambda: len(core.records) == 2)
        assert [x.number for x in core.records] == first
        # A dead gate loses none either.
        g.gate.kill()
        g.gate.wait()
        core.close()
        g.start(mark=False)
        assert wait_for(lambda: len(g.core.records) == 2)
        assert [x.number for x in g.core.records] == first
        assert g.core.records[0].path == secret
        time.sleep(0.2)
        g.core.close()
        core = g.new_core()
        assert app.open(secret) == EPERM
        assert wait_for(lambda: core.records)
        assert core.records[0].number not in first and len(core.records) == 1


@case
def ungated_opens_are_quick_while_another_is_held():
    with Rig(hold_ms=20000).start() as g:
        doc = g.file("d.txt", b"plain")
        app, tool = g.opener(), g.opener(g.tool)
        tool.open(doc)
        g.core.silent = True
        app.tell("open " + doc)
        assert wait_for(lambda: g.n_held() == 1)
        times = [tool.ask("open " + doc) for _ in range(200)]
        assert all(e == 0 for e, _ in times)
        assert statistics.quantiles([us for _, us in times], n=10)[-1] < 20_000, times
        assert g.n_held() == 1
        g.core.answer_late()
        assert app.hear()[0] == 0


@case
def a_killed_opener_frees_its_slot():
    with Rig(hold_ms=1000).start() as g:
        doc = g.file("d.txt", b"plain")
        g.settle()
        app = g.opener()
        g.core.silent = True
        app.tell("open " + doc)
        assert wait_for(lambda: g.n_held() == 1)
        app.p.kill()
        app.p.wait()
        assert wait_for(lambda: g.n_held() == 0)
        g.core.silent = False
        g.core.answer_late()
        assert g.opener().open(doc) == 0 and g.gate.poll() is None


sys.exit(main())
