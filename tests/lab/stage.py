# SPDX-License-Identifier: Apache-2.0
"""What tests in a lab set up alike, and programs that run there as an ordinary user."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess

import agent as lab

PLACE = pathlib.Path("/opt/lab")
# How much slower than an ordinary machine this one is, for times that are asserted: under qemu.
SLOW = float(os.environ.get("LAB_SLOW", "1"))


class Fixture:
    pass


def programs(source, *names, place=PLACE):
    """Copies of a program, which the policy lists by their paths or does not."""
    place.mkdir(parents=True, exist_ok=True)
    for name in names:
        if not (place / name).exists():
            shutil.copy(source, place / name)


def configure(apps):
    """The shipped policy, and applications of the lab."""
    lab.ETC.mkdir(parents=True, exist_ok=True)
    (lab.ETC / "apps").mkdir(exist_ok=True)
    (lab.ETC / "apps/lab.yaml").write_text(apps)
    lab.copy_shipped_policy()
    return lab.ETC / "policy.yaml"


def stop(f):
    """Ends what a fixture started."""
    if f:
        f.agent.stop()


def command(program, *args, user="lan"):
    who = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
    return [*who, str(program), *map(str, args)]


def start(program, *args, user="lan", **kw):
    return subprocess.Popen(command(program, *args, user=user), stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1,
                            **kw)


def ask(program, *args, user="lan", prefix=(), seconds=60):
    return subprocess.run([*prefix, *command(program, *args, user=user)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=seconds * SLOW).stdout.strip()


def line(p, text=None):
    if text is not None:
        p.stdin.write(text + "\n")
        p.stdin.flush()
    return p.stdout.readline().strip()


def end(p):
    p.kill()
    p.wait()
    for stream in (p.stdin, p.stdout):
        if stream:
            stream.close()


def pid_of(name):
    """0 where there is none."""
    r = subprocess.run(["pgrep", "-x", name], stdout=subprocess.PIPE, text=True)
    return int(r.stdout.split()[0]) if r.stdout else 0


def supervisor(f):
    return f.agent.wait_for_status()["supervisor"]


def covered(f, area):
    """What status says about a way: covered, partly, not covered."""
    return {w["area"]: w for w in supervisor(f)["ways"]}[area]["state"]


def why(f, area):
    return {w["area"]: w for w in supervisor(f)["ways"]}[area]["why"]


def engine(f):
    return supervisor(f)["engine"]


def gate(f):
    return supervisor(f)["gate"]


def whole(f):
    s = f.agent.status()
    return bool(s and s.get("supervisor") and s["supervisor"]["serving"] and
                all(p["state"] == "ready" for p in s["supervisor"]["processes"]))


def wait_covered(f, place):
    assert lab.wait_for(lambda: any(
        c["mount"] == str(place) and c["state"] != "not covered"
        for c in supervisor(f)["coverage"]), 5 * SLOW), supervisor(f)["coverage"]


def has_mark(f, path):
    """Whether the file carries a mark of its own for reads, as the kernel tells."""
    with open("/proc/self/mountinfo") as table:
        mounts = [x.split() for x in table]
    # The last one mounted there; the number of a whole btrfs stands nowhere else.
    device = [m[2] for m in mounts if path.is_relative_to(m[4])
              and len(m[4]) == max(len(n[4]) for n in mounts if path.is_relative_to(n[4]))][-1]
    major, minor = map(int, device.split(":"))
    inode = f"fanotify ino:{path.stat().st_ino:x} sdev:{major << 20 | minor:x} "
    holders = (f.agent.process.pid, f.agent.pid_of("gate"))
    for info in (i for pid in holders for i in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir()):
        with contextlib.suppress(OSError):
            for text in info.read_text().splitlines():
                if text.startswith(inode) and int(re.search(r" mask:(\w+)", text)[1], 16) & 0x120000:
                    return True  # FAN_ACCESS_PERM or FAN_PRE_ACCESS
    return False


# Openers (tests/fault/opener.c): open files over and over, and measure.

def openers(*names):
    programs(os.environ["OPENER"], *names)


def opener(name, seconds, paths):
    return subprocess.Popen(command(PLACE / name, seconds, *paths), stdout=subprocess.PIPE, text=True)


def result(p):
    out, _ = p.communicate(timeout=60 * SLOW)
    return json.loads(out)
