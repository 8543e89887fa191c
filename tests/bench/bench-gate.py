# SPDX-License-Identifier: Apache-2.0
"""What the gate costs an open, against the least that could answer it, in one interleaved run.

Opener and listener share a CPU, so that the wake-up of an idle one does not hide the work. The
file system is a tmpfs of this run's own, in a private mount namespace.

usage: bench-gate [ROUNDS [OPENS]]
"""
import os, shutil, statistics, subprocess, sys

TOP = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(TOP, "../process/gate"))
import rig as r

FLOOR, LOAD = os.environ["GATE_FLOOR"], os.environ["GATE_LOAD"]
GOAL = 1.25
CPU = {0}


class Floor:
    """The same file system and marks, behind the bare listener."""

    def __init__(self):
        self.rig = r.Rig()
        flags = r.FAN_CLASS_CONTENT | r.FAN_CLOEXEC | r.FAN_UNLIMITED
        os.close(self.rig.group)
        self.rig.group = r.check(r.libc.fanotify_init(flags, os.O_RDONLY | os.O_CLOEXEC | os.O_NOATIME), "init")
        group = self.rig.group
        self.p = subprocess.Popen([FLOOR], pass_fds=(3,), preexec_fn=lambda: os.dup2(group, 3))
        self.rig.gate = None
        self.rig.mark()

    def close(self):
        self.p.kill()
        self.p.wait()
        self.rig.close()


class Load(r.Opener):
    def run(self, n, rate, path):
        return self.ask("%d %d %s" % (n, rate, path))


def quantiles(name, v):
    print("%-34s %7.2f us   (%.2f to %.2f)" % (name, statistics.median(v) / 1e3, min(v) / 1e3, max(v) / 1e3))


def main():
    why = r.can_gate()
    if why:
        print("bench-gate: " + why)
        return 77
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    opens = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    r.private_mounts()
    dog = r.watchdog(600)
    os.sched_setaffinity(0, CPU)
    gate = r.Rig(policy="rule secret block %d 0 1 -\n" % (1 << r.SECRET)).start()
    floor = Floor()
    # On a file system without marks.
    bare = "/dev/shm/bench-gate-%d" % os.getpid()
    try:
        files = {"none": bare, "floor": floor.rig.docs + "/f", "gate": gate.docs + "/f"}
        for path in files.values():
            with open(path, "wb") as f:
                f.write(b"plain")
        load = Load(LOAD)
        # The same program as an application, with facts that are known.
        shutil.copy(LOAD, gate.chat + ".new")
        os.rename(gate.chat + ".new", gate.chat)
        app = Load(gate.chat)
        times = {k: [] for k in ("none", "floor", "gate", "known")}
        app.run(10, 0, files["gate"])
        for _ in range(rounds):
            for k, path in files.items():
                times[k].append(load.run(opens, 0, path)[0])
            times["known"].append(app.run(opens // 10, 0, files["gate"])[0])
        quantiles("open+close, nobody listens", times["none"])
        quantiles("bare listener", times["floor"])
        quantiles("gate, process of no application", times["gate"])
        quantiles("gate, application, facts known", times["known"])
        ratio = statistics.median(g / f for g, f in zip(times["gate"], times["floor"]))
        known = statistics.median(g / f for g, f in zip(times["known"], times["floor"]))
        print("gate / bare listener               %7.3f      (goal: at most %.2f)" % (ratio, GOAL))
        print("known / bare listener              %7.3f" % known)
        print("open loop, 5000 opens a second: p50, p99, max in us")
        for k in ("floor", "gate"):
            _, p50, p99, top = load.run(10000, 5000, files[k])
            print("  %-32s %7.1f %9.1f %11.1f" % (k, p50 / 1e3, p99 / 1e3, top / 1e3))
        c = gate.counters()
        print("allowed %(allowed)d, known %(known)d, identified %(identified)d, errors %(answer_errors)d" % c)
        load.close()
        app.close()
        return 0 if ratio <= GOAL else 1
    finally:
        os.unlink(bare)
        floor.close()
        gate.close()
        os.kill(dog, 9)


sys.exit(main())
