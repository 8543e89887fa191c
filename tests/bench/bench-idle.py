#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the agent costs the others while no application lives: the same loops without an agent and
with an idle one, in one interleaved run on one CPU. Run in a lab:

  BUILD=... GATE_LOAD=... LAB_BIND=... tests/lab/enter /usr/bin/python3 tests/bench/bench-idle.py [ROUNDS]
"""
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab

GOAL = 1.05
CPU = 0
OPENS, FORKS = 50000, 300


class Load:
    def __init__(self):
        self.p = subprocess.Popen([os.environ["GATE_LOAD"]], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True, bufsize=1,
                                  preexec_fn=lambda: os.sched_setaffinity(0, {CPU}))
        self.p.stdout.readline()

    def opens(self, path):
        """Nanoseconds per open and close: the median of ten parts."""
        self.p.stdin.write(f"{OPENS} 0 {path}\n")
        return int(self.p.stdout.readline().split()[0])


def forks():
    """Nanoseconds per fork and exec of a program of no application."""
    began = time.monotonic_ns()
    for _ in range(FORKS):
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
    return (time.monotonic_ns() - began) / FORKS


def idle(agent):
    return agent.status()["supervisor"]["arming"]["state"] == "idle"


def gate_cpu_ms(agent):
    stat = pathlib.Path(f"/proc/{agent.pid_of('gate')}/schedstat").read_text()
    return int(stat.split()[0]) / 1e6


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    lab.install(os.environ["BUILD"])
    path = lab.DOCS / "f.txt"
    path.write_text("plain\n")
    load = Load()
    os.sched_setaffinity(0, {CPU})
    agent = lab.Agent()
    times = {(what, who): [] for what in ("open", "fork") for who in ("none", "idle")}
    shares = []

    def measure(who):
        times["open", who].append(statistics.median(load.opens(path) for _ in range(5)))
        times["fork", who].append(statistics.median(forks() for _ in range(3)))

    for _ in range(rounds):
        measure("none")
        os.sched_setaffinity(0, range(os.cpu_count()))
        agent.start()
        os.sched_setaffinity(0, {CPU})
        assert lab.wait_for(lambda: idle(agent), 20), "never idle"
        began, cpu = time.monotonic(), gate_cpu_ms(agent)
        measure("idle")
        assert idle(agent)
        time.sleep(3)
        shares.append((gate_cpu_ms(agent) - cpu) / (time.monotonic() - began) / 10)
        agent.stop()
    ratios = {}
    for what, name in (("open", "open+close"), ("fork", "fork+exec+exit")):
        none, with_agent = times[what, "none"], times[what, "idle"]
        ratios[what] = statistics.median(a / b for a, b in zip(with_agent, none))
        print(f"{name}: none {statistics.median(none) / 1e3:.2f} us, idle agent "
              f"{statistics.median(with_agent) / 1e3:.2f} us, ratio {ratios[what]:.3f}")
    print(f"gate, idle: {statistics.median(shares):.3f} % of a core")
    print(f"goal: open+close at most {GOAL:.2f}")
    return 0 if ratios["open"] <= GOAL else 1


sys.exit(main())
