#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The unit under a real systemd: what its hardening leaves must still stop a document.

Usage: unit.py SOURCE-ROOT

Makes a minimal system with systemd and the built package on a tmpfs, boots it in namespaces of its own
(no file system of the host is marked), and asks it from outside. Prints TAP. Needs root.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import deb

BOOT = r"""
set -eu
root=$1
mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
# Nodes of its own: systemd sets owners and modes, and the host's must not change.
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
mknod -m 600 dev/console c 1 3
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir -p srv/docs
if [ ! -e var/docs.img ]; then # what was there before a reboot stays
	truncate -s 64M var/docs.img
	mkfs.ext4 -q -F var/docs.img
fi
mount -o loop var/docs.img srv/docs
chmod 1777 srv/docs
pivot_root . .
umount -l .
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd \
	--log-target=null --show-status=false
"""

APPS = """version: 1
apps:
  - id: lab-chat
    name: Lab chat
    category: chat
    exe: [/opt/lab/chat-client, /opt/lab/opener-client]
"""


class Booted:
    def __init__(self, root):
        self.group = None
        # A group of its own, so that systemd finds an empty hierarchy.
        for line in open("/proc/mounts"):
            fields = line.split()
            if fields[2] == "cgroup2":
                self.group = os.path.join(fields[1], "sealgate-unit.%d" % os.getpid())
                os.mkdir(self.group)
        enter = 'echo 0 > "$0/cgroup.procs" && exec "$@"' if self.group else 'exec "$@"'
        self.unshare = subprocess.Popen(
            ["sh", "-c", enter, self.group or "sh", "unshare", "--mount", "--pid", "--ipc", "--uts",
             "--net", "--cgroup", "--fork", "--kill-child", "bash", "-c", BOOT, "boot", root],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.pid = None
        for _ in range(100):
            time.sleep(0.1)
            path = "/proc/%d/task/%d/children" % (self.unshare.pid, self.unshare.pid)
            children = open(path).read().split() if os.path.exists(path) else []
            if children and open("/proc/%s/comm" % children[0]).read().strip() == "systemd":
                self.pid = children[0]
                break

    def inside(self, *argv, user=None):
        prefix = ["nsenter", "-t", self.pid, "-m", "-p", "-i", "-u", "-n", "-C", "-r", "-w", "env",
                  "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"]
        if user:
            prefix += ["setpriv", "--reuid=" + user, "--regid=nogroup", "--clear-groups"]
        return [*prefix, *argv]

    def run(self, *argv, user=None, timeout=30):
        return deb.run(*self.inside(*argv, user=user), timeout=timeout)

    def wait(self, what, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if what():
                return True
            time.sleep(0.1)
        return bool(what())

    def status(self):
        p = self.run("sealgate", "status", "--json")
        return json.loads(p.stdout) if p.returncode == 0 else {}

    def is_active(self):
        return self.run("systemctl", "is-active", "sealgate").stdout.strip() == "active"

    def main_pid(self):
        return self.run("systemctl", "show", "-P", "MainPID", "sealgate").stdout.strip()

    def power_off(self):
        self.run("systemctl", "poweroff", "--no-wall")
        try:
            self.unshare.wait(60)
            return True
        except subprocess.TimeoutExpired:
            return False

    def stop(self):
        self.unshare.kill()
        self.unshare.wait()
        if self.group:
            for _ in range(50):
                for folder, _, _ in sorted(os.walk(self.group), reverse=True):
                    try:
                        os.rmdir(folder)
                    except OSError:
                        pass
                if not os.path.exists(self.group):
                    break
                time.sleep(0.1)


def reads(b, program):
    """Whether an unprivileged process of this program reads the marked document."""
    p = b.run(program, "-c", "read -r line < /srv/docs/bao-cao.txt && echo READ", user="nobody")
    return "READ" in p.stdout, p.stdout


def check_booted(b):
    deb.check(b.wait(b.is_active), "the unit is active", b.run("journalctl", "-u", "sealgate", "-n", "20", "-o", "cat", "--no-pager").stdout +
              b.run("systemctl", "status", "sealgate").stdout)
    s = b.status()
    deb.check(bool(s) and s["supervisor"]["serving"], "it serves", s)
    if not s:
        raise SystemExit("the agent does not serve")
    sup = s["supervisor"]
    deb.check([c["state"] for c in sup["coverage"]] in ([], ["covered"]), "the documents are covered",
              sup["coverage"])
    deb.check(sup["lineage"] == "full", "applications can be tagged", sup["lineage_error"])
    deb.check(not sup["accounts_missing"], "every process has its account", sup)
    layers = {p["role"]: p["note"] for p in sup["processes"]}
    deb.check(all("seccomp" in layers[r] and "uid" in layers[r] for r in ("scan", "watch", "log")),
              "the processes are confined", layers)
    read, words = reads(b, "/opt/lab/chat-client")
    deb.check(not read and "not permitted" in words, "the client does not read the marked document", words)
    read, words = reads(b, "/bin/sh")
    deb.check(read, "a shell does", words)
    deb.check(b.wait(lambda: "lab-chat" in b.run("sealgate", "incidents", "list", "--json").stdout),
              "there is an incident", b.run("sealgate", "incidents", "list").stdout)


def check_life(b):
    version = b.status()["policy"]["version"]
    deb.check(b.run("systemctl", "reload", "sealgate").returncode == 0, "reloads")
    deb.check(b.is_active() and b.status()["policy"]["version"] == version,
              "an unchanged policy keeps its number")
    main = b.main_pid()
    b.run("kill", "-KILL", main) if b.run("which", "kill").returncode == 0 else b.run(
        "sh", "-c", "kill -KILL " + main)
    begun = time.monotonic()
    back = b.wait(lambda: b.status().get("supervisor", {}).get("serving") and
                  b.main_pid() != main)
    deb.check(back, "a killed supervisor is started again (%.1f s)" % (time.monotonic() - begun))
    read, words = reads(b, "/opt/lab/chat-client")
    deb.check(not read, "and the client still does not read it", words)
    deb.check(b.run("sealgate", "incidents", "verify").returncode == 0, "the journal verifies")
    deb.check("agent" in b.run("cat", "/var/lib/sealgate/journal/incidents.jsonl").stdout and
              '"kind":"gap"' in b.run("cat", "/var/lib/sealgate/journal/incidents.jsonl").stdout,
              "the gap is in the journal")
    deb.check(b.run("systemctl", "stop", "sealgate").returncode == 0, "stops")
    read, words = reads(b, "/opt/lab/chat-client")
    deb.check(read, "and nothing is held afterwards", words)


def gaps(b):
    text = b.run("cat", "/var/lib/sealgate/journal/incidents.jsonl").stdout
    return [r for r in (json.loads(line)["record"] for line in text.splitlines() if line)
            if r["kind"] == "gap" and r["what"] == "agent"]


def protects(b, when):
    deb.check(b.wait(lambda: not reads(b, "/opt/lab/chat-client")[0]), "%s it blocks" % when)


def check_upgrade(b, package, edited):
    """While applications and others open files: killed, then upgraded unattended over an edited policy."""
    deb.check(b.run("systemctl", "start", "sealgate").returncode == 0 and b.wait(b.is_active), "starts again")
    b.run("sh", "-c", "echo 'Thư viện mở cửa chủ nhật.' > /srv/docs/cong-khai.txt; chmod 644 /srv/docs/*.txt")
    before, main = len(gaps(b)), b.main_pid()
    loop = ("while [ ! -e /tmp/over ]; do /opt/lab/opener-%s 2@500 /srv/docs/bao-cao.txt "
            "/srv/docs/cong-khai.txt; done")
    load = {name: subprocess.Popen(b.inside("sh", "-c", loop % name, user="nobody"),
                                   stdout=subprocess.PIPE, text=True) for name in ("client", "editor")}
    b.run("sh", "-c", "kill -KILL " + main)
    b.wait(lambda: b.status().get("supervisor", {}).get("serving") and b.main_pid() != main)
    protects(b, "after a kill under load")
    new = gaps(b)[before:]
    deb.check(len(new) == 1 and new[0]["from"] < new[0]["to"], "one gap of a length is recorded", new)
    b.run("sh", "-c", "echo '# edited by the administrator' >> /etc/sealgate/policy.yaml")
    main = b.main_pid()
    p = b.run("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "-i", package, timeout=180)
    state = b.run("dpkg-query", "-W", "-f", "${db:Status-Status}", "sealgate").stdout
    deb.check(p.returncode == 0 and state == "installed", "is upgraded unattended, under load", p.stdout)
    deb.check(b.wait(lambda: b.is_active() and b.main_pid() != main), "the new one runs")
    deb.check(b.run("cat", "/etc/sealgate/policy.yaml").stdout == edited, "the edited policy is kept")
    protects(b, "after the upgrade")
    b.run("touch", "/tmp/over")
    for name, p in load.items():
        out, _ = p.communicate(timeout=60)
        longest = max(json.loads(line)["max_ms"] for line in out.splitlines())
        deb.check(longest < 1000, "no %s was blocked for a second (%.0f ms)" % (name, longest), out)


def check_reboot(root, b, edited):
    deb.check(b.power_off(), "shuts down")
    b.stop()
    b = Booted(root.dir)
    deb.check(b.pid is not None and b.wait(b.is_active), "boots again, with the unit active")
    protects(b, "after the reboot")
    deb.check(b.run("cat", "/etc/sealgate/policy.yaml").stdout == edited, "with the edited policy")
    p = b.run("sealgate", "incidents", "verify")
    deb.check(p.returncode == 0, "the journal's chain is whole", p.stdout)
    return b


def main():
    work = tempfile.mkdtemp(prefix="sealgate-unit-", dir="/var/tmp")
    mounted = False
    b = None
    try:
        package = deb.build_only(work)
        os.mkdir(work + "/fs")
        deb.need(deb.run("mount", "-t", "tmpfs", "-o", "size=2g,mode=755", "tmpfs", work + "/fs"),
                 "mount a tmpfs")
        mounted = True
        root = deb.Root(work + "/fs", deb.depends(package) + ["systemd", "systemd-sysv", "util-linux"])
        shutil.copy(package, root.path("tmp/sealgate.deb"))
        p = root.apt("install", "--no-install-recommends", "/tmp/sealgate.deb")
        deb.check(p.returncode == 0, "installs beside systemd", p.stdout)
        root.write("etc/sealgate/agent.yaml", "protect: [/srv/docs]\npolicy: /etc/sealgate/policy.yaml\n")
        root.write("etc/sealgate/apps/lab.yaml", APPS)
        shutil.copy(root.path("usr/share/sealgate/policy/default.yaml"), root.path("etc/sealgate/policy.yaml"))
        os.makedirs(root.path("opt/lab"))
        shutil.copy(root.path("bin/dash"), root.path("opt/lab/chat-client"))
        for name in ("client", "editor"):
            shutil.copy(os.environ["OPENER"], root.path("opt/lab/opener-" + name))
        shutil.copy(deb.newer(work, package)[0], root.path("root/newer.deb"))
        os.remove(root.path("usr/sbin/policy-rc.d"))  # from here on, units are to be started
        b = Booted(root.dir)
        deb.check(b.pid is not None, "systemd boots")
        if b.pid:
            b.run("sh", "-c", "printf 'Số: 5/BC\\n\\nMẬT\\n\\nBÁO CÁO\\n\\nMực nước hồ là bốn mét.\\n' "
                  "> /srv/docs/bao-cao.txt; chmod 644 /srv/docs/bao-cao.txt")
            check_booted(b)
            check_life(b)
            edited = root.read("etc/sealgate/policy.yaml") + "# edited by the administrator\n"
            check_upgrade(b, "/root/newer.deb", edited)
            b = check_reboot(root, b, edited)
    finally:
        if b:
            b.stop()
        if mounted:
            deb.run("umount", "-l", work + "/fs")
        shutil.rmtree(work, ignore_errors=True)
    print("1..%d" % deb.count)
    sys.exit(1 if deb.failed else 0)


main()
