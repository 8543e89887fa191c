# SPDX-License-Identifier: Apache-2.0
"""The gate against a fake core and a fake supervisor, with the real kernel. Prints TAP."""
import os, sys, time, traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig as r
from rig import Rig, EPERM, wait_for

CASES = []


def case(f):
    CASES.append(f)
    return f


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


@case
def gated_known_is_answered_from_the_facts():
    with Rig().start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        app = g.opener()
        assert [app.open(secret) for _ in range(5)] == [EPERM] * 5
        assert len(g.core.asked) == 1, g.core.asked
        assert g.counters()["known"] == 4


def main():
    why = r.can_gate()
    if why:
        print("1..0 # SKIP " + why)
        return 0
    r.private_mounts()
    wanted = sys.argv[1:]
    cases = [c for c in CASES if not wanted or c.__name__ in wanted]
    print("1..%d" % len(cases), flush=True)
    bad = 0
    for i, c in enumerate(cases):
        dog = r.watchdog(int(os.environ.get("GATE_WATCHDOG", "60")))
        try:
            c()
            print("ok %d - %s" % (i + 1, c.__name__), flush=True)
        except Exception:
            bad += 1
            print("not ok %d - %s" % (i + 1, c.__name__), flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
        os.kill(dog, 9)
        os.waitpid(dog, 0)
    return bad != 0


sys.exit(main())
