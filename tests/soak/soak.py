#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The whole agent under many openers for a long time, while everything around it changes: policy
reloads, a log file moved away, workers and the log process killed, mounts coming and going, new
documents.

Prints what the openers saw and what each process holds at the beginning and at the end; says which
of the bounds below does not hold. Run in a lab:

  BUILD=... OPENER=... LAB_BIND=... tests/lab/enter /usr/bin/python3 tests/soak/soak.py [SECONDS [RATE]]
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab

DOCS = lab.DOCS
APPS = """version: 1
apps:
  - id: lab-chat
    name: Lab chat
    category: chat
    exe: [/opt/lab/chat-client]
"""
MARKED = "TRẠM QUAN TRẮC\nSố: 5/BC\n\nMẬT\n\nBÁO CÁO\n\nMực nước hồ chứa số {} là bốn mét.\n"
PLAIN = "Thư viện xã mở cửa cả ngày chủ nhật, phòng đọc số {}, bạn đọc không phải trả phí.\n"
# An opener that waits longer is stuck. The gate itself is not killed here (tests/fault does that).
STUCK_MS = 1500
# What a process may hold more at the end than when everything had happened once.
FDS_MORE = 8
KB_MORE = 4096


def fresh(kind, n, text, place=DOCS):
    made = []
    for i in range(n):
        fresh.n += 1
        path = place / f"{kind}-{fresh.n}.txt"
        path.write_text(text.format(fresh.n))
        path.chmod(0o644)
        made.append(str(path))
    return made


fresh.n = 0


def opener(name, seconds, rate, paths):
    return subprocess.Popen(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups",
                             f"/opt/lab/{name}", f"{seconds}@{rate}", *paths],
                            stdout=subprocess.PIPE, text=True)


def holds(pid):
    """Descriptors and kB of memory of its own."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    anon = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return len(os.listdir(f"/proc/{pid}/fd")), int(anon.split()[1])


class Around:
    """What changes while files are opened; one thing after another, a step every 200 ms."""

    def __init__(self, agent, seconds):
        self.agent = agent
        self.end = time.monotonic() + seconds
        self.counts = dict.fromkeys(("reloads", "log moves", "workers killed", "log killed",
                                     "mounts", "new documents"), 0)
        self.visitors = {"opened": 0, "denied": 0, "marked_opened": 0, "max_ms": 0.0}
        self.steps = (self.reload, self.mount, self.documents, self.move_log, self.mount,
                      self.kill_worker, self.documents, self.kill_log)

    def run(self, on_round):
        n = 0
        while time.monotonic() < self.end - 3:
            self.steps[n % len(self.steps)]()
            n += 1
            if n % len(self.steps) == 0:
                on_round()
            time.sleep(0.2)

    def visit(self, paths):
        """The client opens files that nobody has seen, and says how it went."""
        r = json.loads(opener("chat-client", 1, 200, paths).communicate(timeout=60)[0])
        for k in ("opened", "denied", "marked_opened"):
            self.visitors[k] += r[k]
        self.visitors["max_ms"] = max(self.visitors["max_ms"], r["max_ms"])

    def reload(self):
        policy = lab.ETC / "policy.yaml"
        policy.write_text(policy.read_text() + f"# {self.counts['reloads']}\n")
        self.agent.process.send_signal(signal.SIGHUP)
        self.counts["reloads"] += 1

    def move_log(self):
        self.agent.log.rename(self.agent.log.with_suffix(".1"))
        self.counts["log moves"] += 1
        self.agent.log.touch()

    def kill_worker(self):
        self.kill("scan")
        self.counts["workers killed"] += 1

    def kill_log(self):
        self.kill("log")
        self.counts["log killed"] += 1

    def kill(self, role):
        pid = self.agent.pid_of(role)
        if pid:
            os.kill(pid, signal.SIGKILL)

    def documents(self):
        paths = fresh("marked", 10, MARKED) + fresh("plain", 10, PLAIN)
        self.visit(paths)
        for p in paths:
            os.unlink(p)
        self.counts["new documents"] += len(paths)

    def mount(self):
        place = DOCS / "stick"
        place.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777,size=4m", "stick", str(place)],
                       check=True)
        lab.wait_for(lambda: any(
            m["mount"] == str(place) and m["state"] != "not covered"
            for m in self.agent.status()["supervisor"]["coverage"]), 5)
        self.visit(fresh("marked", 3, MARKED, place) + fresh("plain", 3, PLAIN, place))
        lab.wait_for(lambda: subprocess.run(["umount", str(place)],
                                            stderr=subprocess.DEVNULL).returncode == 0, 10)
        self.counts["mounts"] += 1


def setup():
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    pathlib.Path("/opt/lab").mkdir(parents=True)
    for name in ("chat-client", "editor"):
        shutil.copy(os.environ["OPENER"], f"/opt/lab/{name}")
    lab.ETC.mkdir(parents=True, exist_ok=True)
    (lab.ETC / "apps").mkdir()
    (lab.ETC / "apps/lab.yaml").write_text(APPS)
    lab.copy_shipped_policy()
    return lab.Agent(policy=lab.ETC / "policy.yaml").start()


def sample(agent):
    """{name: (pid, descriptors, kB)} of each process."""
    s = (agent.status() or {}).get("supervisor", {"processes": []})
    pids = {f"{p['role']} {p['index']}": p["pid"] for p in s["processes"] if p["pid"]}
    pids["sealgated"] = agent.process.pid
    held = {}
    for name, pid in pids.items():
        try:
            held[name] = (pid, *holds(pid))
        except OSError:
            pass  # killed at this moment
    return held


def growth(first, last, bad):
    """Compares each process with itself; workers and log, which were replaced, with their like."""
    print(f"{'process':14} {'descriptors':>18} {'memory, kB':>20}")
    for name in sorted(last):
        if name not in first:
            continue
        (_, fds, kb), (_, fds_now, kb_now) = first[name], last[name]
        print(f"{name:14} {fds:8} -> {fds_now:<6} {kb:10} -> {kb_now:<8}")
        if fds_now - fds > FDS_MORE:
            bad.append(f"{name} holds {fds_now - fds} descriptors more")
        if kb_now - kb > KB_MORE:
            bad.append(f"{name} holds {kb_now - kb} kB more")


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    rate = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    agent = setup()
    known = fresh("marked", 20, MARKED) + fresh("plain", 20, PLAIN)
    load = [opener("editor", seconds, rate // 2, known), opener("editor", seconds, rate // 4, known),
            opener("chat-client", seconds, rate - rate // 2 - rate // 4, known)]
    around = Around(agent, seconds)
    samples = []
    begun = time.monotonic()
    try:
        around.run(lambda: samples.append(sample(agent)))
        results = [json.loads(p.communicate(timeout=60)[0]) for p in load]
    finally:
        for p in load:
            p.kill()
    took = time.monotonic() - begun
    bad = []
    for r, who in zip(results, ("others", "others", "client")):
        total = r["opened"] + r["denied"] + r["other"]
        print(f"{who}: {total / took:.0f} opens/s, {r['denied']} refused, median {r['p50_us']:.1f} "
              f"us, p99.9 {r['p999_ms']:.2f} ms, longest {r['max_ms']:.1f} ms")
        if r["max_ms"] > STUCK_MS:
            bad.append(f"an opener waited {r['max_ms']:.0f} ms")
        if r["other"]:
            bad.append(f"{r['other']} opens failed otherwise")
        if who == "others" and r["denied"]:
            bad.append("an editor was refused")
        if who == "client" and (r["marked_opened"] or not r["denied"]):
            bad.append(f"the client read {r['marked_opened']} marked documents")
    opens = sum(r["opened"] + r["denied"] for r in results)
    print(f"all: {opens / took:.0f} opens/s of {rate}, {opens} opens in {took:.0f} s")
    v = around.visitors
    print(f"unseen documents: {v['denied']} opens refused, {v['opened']} allowed, longest "
          f"{v['max_ms']:.1f} ms")
    if v["marked_opened"] or not v["denied"]:
        bad.append(f"the client read {v['marked_opened']} unseen marked documents")
    if v["max_ms"] > STUCK_MS:
        bad.append(f"an opener of an unseen document waited {v['max_ms']:.0f} ms")
    print(", ".join(f"{n} {what}" for what, n in around.counts.items()))
    if not all(around.counts.values()):
        bad.append("not everything happened once")
    lab.wait_for(lambda: len(sample(agent)) >= len(samples[0]), 10)
    growth(samples[min(1, len(samples) - 1)], sample(agent), bad)
    verified = agent.verify()
    print("journal:", verified.stdout.strip().splitlines()[-1])
    if verified.returncode:
        bad.append("the journal does not verify: " + verified.stdout)
    s = agent.status()["supervisor"]
    print("gate:", {k: s["gate"][k] for k in ("held_now", "stuck", "deadline", "answer_errors",
                                              "read_errors", "records_lost")})
    if s["gate"]["stuck"] or s["gate"]["held_now"]:
        bad.append("opens are left in the gate")
    agent.stop()
    for what in bad:
        print("BAD:", what)
    print("soak:", "failed" if bad else "clean")
    return 1 if bad else 0


sys.exit(main())
