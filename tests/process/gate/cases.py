# SPDX-License-Identifier: Apache-2.0
"""Runs the cases of a file against the gate, each with a watchdog. Prints TAP."""
import os, sys, traceback

import rig as r

CASES = []


def case(f):
    CASES.append(f)
    return f


def open_files(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def cgroup_root():
    for line in open("/proc/self/mountinfo"):
        left, _, right = line.partition(" - ")
        if right.startswith("cgroup2 "):
            root = left.split()[4]
            return root if os.access(root, os.W_OK) else None
    return None


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
            why = c()
            print("ok %d - %s%s" % (i + 1, c.__name__, " # SKIP " + why if why else ""), flush=True)
        except Exception:
            bad += 1
            print("not ok %d - %s" % (i + 1, c.__name__), flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
        os.kill(dog, 9)
        os.waitpid(dog, 0)
    return bad != 0
