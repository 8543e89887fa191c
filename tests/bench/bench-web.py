#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long the web console's lists take. In a lab, with what a build made:

    B=$PWD/build; ninja -C $B tests/bench/journal-fill
    BUILD=$B LAB_BIND=$B LAB_SIZE=6g tests/lab/enter /usr/bin/python3 tests/bench/bench-web.py [INCIDENTS...]

By default 10000 and 1000000 incidents. Each request on a connection of its own, ten times.
"""
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
import console

REQUESTS = [
    ("newest 50", "/api/incidents"),
    ("newest 1000", "/api/incidents?limit=1000"),
    ("level and user", "/api/incidents?level=secret&user=user7&user=user8"),
    ("not, status, days", "/api/incidents?not.app=app3&status=new&from={month}"),
    ("oldest first", "/api/incidents?sort=time"),
    ("by level", "/api/incidents?sort=-level"),
    ("by file", "/api/incidents?sort=file"),
    ("text, few", "/api/incidents?q=bao+cao+so+77."),
    ("text, note", "/api/incidents?q=da+xem+lan+7"),
    ("text, none", "/api/incidents?q=khong+co+gi+ca"),
    ("group user", "/api/incidents?group=user"),
    ("group rule", "/api/incidents?group=rule"),
    ("group file", "/api/incidents?group=file"),
    ("overview", "/api/overview?days=30"),
]
ROUNDS = 10


def memory(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


def measure(c, path):
    times = []
    for _ in range(ROUNDS):
        start = time.monotonic()
        status, data = c.get(path, timeout=600)
        times.append(1000 * (time.monotonic() - start))
        assert status == 200, (path, status, data)
    return times, data


def main():
    sizes = [int(a) for a in sys.argv[1:]] or [10000, 1000000]
    lab.install(os.environ["BUILD"])
    console.make_people()
    month = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 30 * 86400))
    for size in sizes:
        journal = lab.STATE / "journal"
        subprocess.run(["rm", "-rf", str(journal)], check=True)
        journal.mkdir(parents=True)
        start = time.monotonic()
        subprocess.run([os.environ["BUILD"] + "/tests/bench/journal-fill", str(journal), str(size)],
                       check=True)
        subprocess.run(["chown", "-R", "sealgate-log", str(journal)], check=True)
        print(f"== {size} incidents, written in {time.monotonic() - start:.1f} s", flush=True)
        a = lab.Agent(extra=console.settings()).start(120)
        start = time.monotonic()
        web = console.Console(log=f"/run/web-{size}.log").start(60)
        print(f"first answer {time.monotonic() - start:.2f} s after the start")
        c = console.Client()
        assert c.login(console.token("all"))[0] == 200
        slowest, building = 0, True
        while building:
            begin = time.monotonic()
            building = not c.get("/api/incidents", timeout=600)[1]["complete"]
            slowest = max(slowest, time.monotonic() - begin)
        print(f"read the journal in {time.monotonic() - start:.1f} s; meanwhile the slowest list took "
              f"{1000 * slowest:.0f} ms; {memory(web.process.pid)} MiB")
        for name, path in REQUESTS:
            times, data = measure(c, path.format(month=month))
            total = data.get("total", "")
            print(f"{name:20} median {statistics.median(times):7.1f} ms  max {max(times):7.1f} ms  {total}",
                  flush=True)
        first = c.get("/api/incidents?limit=1")[1]["incidents"][0]["id"]
        times = []
        for n in range(ROUNDS):
            begin = time.monotonic()
            r = c.post("/api/incidents/mark", {"ids": [first], "note": f"n{n}"})[1]["results"]
            times.append(1000 * (time.monotonic() - begin))
            assert r[0]["ok"], r
        print(f"{'mark':20} median {statistics.median(times):7.1f} ms  max {max(times):7.1f} ms")
        web.stop()
        a.stop()
    print(f"largest of all {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MiB")


main()
