#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The gate against a fake core and a fake supervisor, with the real kernel.

Its start, its end, idle times, and who comes after it. Prints TAP."""
import os, socket, struct, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig as r
from cases import case, main
from rig import Rig, EPERM, wait_for


@case
def a_successor_answers_what_a_dead_gate_held():
    with Rig(hold_ms=20000, tags=True) as g:
        g.start()
        plain = g.file("p.txt", b"plain")
        app = g.opener()
        for _ in range(3):
            g.core.silent = True
            g.answer_tags = True
            app.tell("threads 8 " + plain)
            assert wait_for(lambda: g.n_held() == 8)
            g.gate.kill()
            g.gate.wait()
            # These wait for any gate.
            tool = subprocess.Popen(["cat", plain], stdout=subprocess.DEVNULL)
            g.core.close()
            began = time.monotonic()
            g.start(mark=False)
            opened, refused, us = app.hear()
            assert (opened, refused) == (0, 8), (opened, refused)
            assert time.monotonic() - began < 3
            assert tool.wait(5) == 0
            assert wait_for(lambda: len([x for x in g.core.records if x.cause == "successor"]) == 8)
            rec = g.core.records[0]
            assert rec.path == plain and rec.app == "chat" and rec.pid == app.pid, vars(rec)
            assert g.n_held() == 0
        # An exec that was waiting for its tag goes on.
        g.answer_tags = False
        tool = g.opener(g.tool)
        n = len(g.tagged)
        tool.tell("exec " + g.chat)
        assert wait_for(lambda: len(g.tagged) > n)
        g.gate.kill()
        g.gate.wait()
        g.core.close()
        g.start(mark=False)
        assert tool.p.stdout.readline().startswith(b"ready")
        assert tool.open(plain) == 0


@case
def a_process_that_stopped_one_gate_does_not_stop_the_next():
    """Nor does it keep the next from knowing the processes of other users."""
    def killed_while_reading(g, uid):
        g.gate.kill()
        g.gate.wait()
        g.core.close()
        at = g.size() - 16 - 16 * 16  # its number and user, before the table of such users
        os.pwrite(g.shared, struct.pack("<II", os.getpid(), uid), at)
        g.start(mark=False)
        assert os.pread(g.shared, 4, at) == bytes(4)

    with Rig() as g:
        g.start()
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        script = [sys.executable, "-B", g.script]
        assert g.opener(argv=script).open(secret) == EPERM
        killed_while_reading(g, 4242)
        assert g.opener(argv=script).open(secret) == EPERM, "another user's"
        killed_while_reading(g, os.getuid())
        assert g.opener(argv=script).open(secret) == 0, "hints are not read for a while"
        assert g.opener(g.script).open(secret) == EPERM and g.opener().open(secret) == EPERM


@case
def the_first_open_after_each_idle_time_is_seen():
    """Nothing is marked but the executable; the exec waits until the file system is."""
    with Rig(on_demand=True, program=r.GATE_SMALL).start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        g.look(False)
        for n in range(20):
            before = g.idle
            app = g.opener()
            assert g.fs_marked, "start %d went on uncovered" % n
            assert app.open(secret) == EPERM, "start %d" % n
            app.close()
            # Only a look that began after its end says that none lives.
            assert wait_for(lambda: g.idle > before), "never idle again"
            g.uncover()
        tool = g.opener(g.tool)
        seen = g.counters()["allowed"]
        assert tool.open(g.file("p.txt", b"public")) == 0 and g.counters()["allowed"] == seen
        # A classified file carries a mark of its own.
        assert tool.open(secret) == 0 and wait_for(lambda: g.counters()["allowed"] > seen)


@case
def an_old_answer_does_not_count_after_idle():
    with Rig(on_demand=True, program=r.GATE_SMALL).start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.look(False)
        assert wait_for(lambda: g.idle == 1)
        g.answer_tags = False
        g.keep_questions = []
        app = g.opener()  # went on at its deadline
        app.close()
        assert wait_for(lambda: g.idle == 2)
        number = g.keep_questions[0]
        r.send(g.control, r.SUP_TAGGED, struct.pack("<II", 0, 0), number=number)
        g.answer_tags = True
        app = g.opener()
        assert g.fs_marked, "an answer from before made it go on uncovered"
        assert app.open(secret) == EPERM


@case
def killing_gates_under_load_blocks_nobody_and_lets_nothing_through():
    with Rig(hold_ms=300).start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        app, tool = g.opener(), g.opener(g.tool)
        for i in range(20):
            app.tell("threads 20 " + secret)
            tool.tell("threads 20 " + secret)
            time.sleep(0.0005 * i)
            g.gate.kill()
            g.gate.wait()
            g.core.close()
            g.start(mark=False)
            opened, refused, us = app.hear()
            assert (opened, refused) == (0, 20), (i, opened, refused)
            opened, refused, us = tool.hear()
            assert (opened, refused) == (20, 0), (i, opened, refused)
        assert wait_for(lambda: g.n_held() == 0)


@case
def stopping_answers_everybody():
    with Rig(hold_ms=20000).start() as g:
        plain = g.file("p.txt", b"plain")
        app = g.opener()
        g.core.silent = True
        app.tell("threads 16 " + plain)
        assert wait_for(lambda: g.n_held() == 16)
        began = time.monotonic()
        assert g.stop() == 0
        assert app.hear()[:2] == [0, 16]
        assert time.monotonic() - began < 5


@case
def a_dead_supervisor_lets_nobody_wait():
    with Rig(hold_ms=20000).start() as g:
        plain = g.file("p.txt", b"plain")
        app = g.opener()
        g.core.silent = True
        app.tell("open " + plain)
        assert wait_for(lambda: g.n_held() == 1)
        g.control.shutdown(socket.SHUT_RDWR)
        assert app.hear()[0] == EPERM
        assert g.gate.wait(5) == 0


@case
def the_heart_beats_and_pings_are_answered():
    with Rig().start() as g:
        before = g.beat()
        r.send(g.control, r.SUP_PING)
        assert wait_for(lambda: g.pongs == 1)
        assert wait_for(lambda: g.beat() >= before + 3)


@case
def it_is_confined():
    with Rig().start() as g:
        status = dict(l.split(":", 1) for l in open("/proc/%d/status" % g.gate.pid) if ":" in l)
        assert status["Seccomp"].strip() == "2" and status["NoNewPrivs"].strip() == "1"
        # SYS_ADMIN, SYS_PTRACE, DAC_READ_SEARCH, LEASE
        assert int(status["CapEff"], 16) == 1 << 21 | 1 << 19 | 1 << 2 | 1 << 3 | 1 << 28, status["CapEff"]


sys.exit(main())
