#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the armed agent costs others, and a gated process: the same loops without an agent and with
an armed one, in one interleaved run, each as a ratio with its goal. With --peers also clamonacc of
Debian on the same open loop, on the lab's own document file system; and fapolicyd, where FAPOLICYD names a
folder with its package (not installed: its unit would mark the machine). Run in a lab:

  apt-get download fapolicyd liblmdb0; for p in *.deb; do dpkg -x $p DIR; done
  BUILD=... GATE_LOAD=... LAB_BIND="... DIR" FAPOLICYD=DIR tests/lab/enter /usr/bin/python3 \
      tests/bench/bench-armed.py [ROUNDS] [--peers]

fapolicyd marks every mount of the types that it is told, so the documents are on a type that no other mount of
the lab has; its marks are on mounts, which are the lab's own. It allows everything by one rule, trusts one
file and checks no content: the least that it can do.
"""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab

OPENS, FORKS, SOURCES = 20000, 200, 30
APPS = """version: 1
apps:
  - id: lab-chat
    name: Lab chat
    category: chat
    exe: [/opt/lab/chat-client]
"""


class Load:
    def __init__(self, program):
        self.p = subprocess.Popen(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups",
                                   program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True, bufsize=1)
        self.p.stdout.readline()

    def opens(self, path, n=OPENS, rate=0):
        """Nanoseconds: the median of ten parts, p50, p99, max."""
        self.p.stdin.write(f"{n} {rate} {path}\n")
        return [int(x) for x in self.p.stdout.readline().split()]

    def stop(self):
        self.p.stdin.close()
        self.p.wait()


def forks():
    began = time.monotonic_ns()
    for _ in range(FORKS):
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
    return (time.monotonic_ns() - began) / FORKS


def project(folder):
    folder.mkdir()
    for n in range(SOURCES):
        (folder / f"part{n}.c").write_text(
            "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
            f"int part{n}(int x) {{ char b[64]; snprintf(b, sizeof(b), \"%d\", x + {n}); "
            "return (int)strlen(b); }\n")
    (folder / "main.c").write_text("int main(void) { return 0; }\n")
    return folder


def build(folder):
    began = time.monotonic_ns()
    objects = []
    for source in sorted(folder.glob("*.c")):
        target = source.with_suffix(".o")
        subprocess.run(["gcc", "-O1", "-c", str(source), "-o", str(target)], check=True)
        objects.append(str(target))
    subprocess.run(["gcc", *objects, "-o", str(folder / "program")], check=True)
    return time.monotonic_ns() - began


def clamonacc(path):
    """clamd with one signature, clamonacc on the documents alone. A function that stops them."""
    db = pathlib.Path("/var/tmp/clamdb")
    db.mkdir(exist_ok=True)
    (db / "lab.ndb").write_text("Lab.Test:0:*:" + "no such thing".encode().hex() + "\n")
    conf = pathlib.Path("/etc/lab-clamd.conf")
    conf.write_text(f"DatabaseDirectory {db}\nLocalSocket /run/lab-clamd\nUser root\n"
                    f"Foreground yes\nOnAccessIncludePath {lab.DOCS}\nOnAccessPrevention yes\n"
                    "OnAccessExcludeUname root\n")
    log = open("/var/log/lab-clam.log", "a")
    daemon = subprocess.Popen(["clamd", "-c", str(conf)], stdout=log, stderr=log)
    assert lab.wait_for(pathlib.Path("/run/lab-clamd").exists, 60), "clamd did not start"
    watcher = subprocess.Popen(["clamonacc", "-c", str(conf), "-F"], stdout=log, stderr=log)
    time.sleep(5)

    def stop():
        for p in (watcher, daemon):
            p.terminate()
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
    return stop


def documents_of_a_type_of_their_own():
    """On ext2: every mount of the type is marked."""
    others = [x.split()[:3] for x in open("/proc/self/mounts") if x.split()[2] == "ext2"]
    assert not others, others
    image = pathlib.Path("/run/docs.img")
    with image.open("wb") as f:
        f.truncate(64 << 20)
    subprocess.run(["mkfs.ext2", "-q", str(image)], check=True)
    subprocess.run(["mount", "-t", "ext2", "-o", "loop", str(image), str(lab.DOCS)], check=True)
    lab.DOCS.chmod(0o1777)


def fapolicyd(folder):
    """A function that stops it."""
    etc = pathlib.Path("/etc/fapolicyd")
    for p in (etc / "trust.d", pathlib.Path("/var/lib/fapolicyd"), pathlib.Path("/run/fapolicyd"),
              pathlib.Path("/usr/share/fapolicyd")):
        p.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "usr/share/fapolicyd/fapolicyd-magic.mgc", "/usr/share/fapolicyd")
    text = (folder / "etc/fapolicyd/fapolicyd.conf").read_text()
    for key, value in {"uid": "root", "gid": "root", "watch_fs": "ext2", "trust": "file",
                       "allow_filesystem_mark": "0", "do_stat_report": "0"}.items():
        text, n = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        assert n == 1, key
    (etc / "fapolicyd.conf").write_text(text)
    for name in ("fapolicyd.rules", "compiled.rules"):
        (etc / name).write_text("allow perm=any all : all\n")
    (etc / "fapolicyd.trust").write_text(f"/usr/bin/env 1 {'0' * 64}\n")
    log = pathlib.Path("/var/log/lab-fapolicyd.log")
    libraries = ":".join(map(str, (folder / "usr/lib").glob("*-linux-gnu")))
    # An end of its own, whatever becomes of this program: openers wait for it.
    p = subprocess.Popen(["timeout", "-k", "5", "300", str(folder / "usr/sbin/fapolicyd"), "--debug-deny"],
                         env={**os.environ, "LD_LIBRARY_PATH": libraries}, stdout=log.open("w"),
                         stderr=subprocess.STDOUT)
    assert lab.wait_for(lambda: "Starting to listen" in log.read_text(), 30), log.read_text()
    marked = re.findall(r"added (\S+) mount point", log.read_text())
    assert marked == [str(lab.DOCS)], marked

    def stop():
        p.terminate()
        p.wait(20)
    return stop


def main():
    args = [a for a in sys.argv[1:] if not a.startswith("-")]
    rounds = int(args[0]) if args else 7
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    pathlib.Path("/opt/lab").mkdir(parents=True)
    for name in ("chat-client", "editor"):
        shutil.copy(os.environ["GATE_LOAD"], f"/opt/lab/{name}")
    lab.copy_shipped_policy()
    (lab.ETC / "apps").mkdir(exist_ok=True)
    (lab.ETC / "apps/lab.yaml").write_text(APPS)
    peer = pathlib.Path(os.environ.get("FAPOLICYD", "")) if "--peers" in sys.argv else None
    if peer and peer.name:
        documents_of_a_type_of_their_own()
    plain = lab.DOCS / "plain.txt"
    plain.write_text("Thư viện mở cửa cả ngày chủ nhật.\n")
    sources = project(lab.DOCS / "project")
    editor = Load("/opt/lab/editor")
    times = {}

    def note(what, who, value):
        times.setdefault((what, who), []).append(value)

    def others(who):
        note("open", who, editor.opens(plain)[0])
        note("system", who, editor.opens("/usr/bin/env")[0])
        note("fork", who, forks())
        note("build", who, build(sources))

    agent = lab.Agent(policy=lab.ETC / "policy.yaml", extra="arm: always\n")
    for _ in range(rounds):
        others("none")
        agent.start()
        client = Load("/opt/lab/chat-client")
        client.opens(plain, 100)
        others("armed")
        floor, known = editor.opens(plain, 5000, 2000), client.opens(plain, 5000, 2000)
        note("p99", "none", floor[2])
        note("p99", "armed", known[2])
        note("p50", "none", floor[1])
        note("p50", "armed", known[1])
        client.stop()
        agent.stop()
        if "--peers" in sys.argv:
            stop = clamonacc(plain)
            note("open", "clamonacc", editor.opens(plain, 2000)[0])
            note("build", "clamonacc", build(sources))
            stop()
        if peer and peer.name:
            stop = fapolicyd(peer)
            note("open", "fapolicyd", editor.opens(plain, 2000)[0])
            note("build", "fapolicyd", build(sources))
            stop()
    bad = 0

    def ratio(what, name, goal, who="armed"):
        nonlocal bad
        pairs = list(zip(times[what, who], times[what, "none"]))
        r = statistics.median(a / b for a, b in pairs)
        print(f"{name:52} {statistics.median(b for _, b in pairs) / 1e3:12.2f} us -> "
              f"{statistics.median(a for a, _ in pairs) / 1e3:12.2f} us   {r:7.3f}"
              + (f"   (goal: {goal:.2f})" if goal else ""))
        bad += goal is not None and r > goal

    ratio("build", "build of a small C project, armed", 1.10)
    ratio("fork", "fork+exec+exit, armed", 1.05)
    ratio("system", "open of a system's file, not protected, armed", 1.15)
    ratio("open", "open of a protected file by an ungated process", None)
    if "--peers" in sys.argv:
        ratio("open", "the same, clamonacc with OnAccessPrevention", None, "clamonacc")
        ratio("build", "build, clamonacc", None, "clamonacc")
    if ("open", "fapolicyd") in times:
        ratio("open", "the same, fapolicyd that allows everything", None, "fapolicyd")
        ratio("build", "build, fapolicyd", None, "fapolicyd")
    beyond = statistics.median(
        a - b for a, b in zip(times["p99", "armed"], times["p99", "none"])) / 1e6
    print(f"known document, gated process, p99 beyond that of an ungated one: {beyond:.3f} ms "
          "(goal: below 1)")
    return 1 if bad or beyond >= 1 else 0


sys.exit(main())
