# SPDX-License-Identifier: Apache-2.0
"""The installed agent inside a lab (tests/lab/enter): start, ask, stop."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

DOCS = pathlib.Path("/srv/docs")
ETC = pathlib.Path("/etc/sealgate")
STATE = pathlib.Path("/var/lib/sealgate")
SHIPPED = pathlib.Path("/usr/share/sealgate")
LIBEXEC = pathlib.Path("/usr/libexec/sealgate")


def in_lab():
    return os.environ.get("LAB") == "1"


def install(build):
    """Installs a build tree into the lab's root, and the service accounts of the package."""
    assert in_lab(), "only in a lab: tests/lab/enter"
    subprocess.run(["meson", "install", "-C", str(build), "--no-rebuild", "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    for name in ("sealgate-core", "sealgate-log", "sealgate-scan", "sealgate-watch", "sealgate-relay"):
        subprocess.run(["useradd", "--system", "--no-create-home", "--shell",
                        "/usr/sbin/nologin", name], check=False, stderr=subprocess.DEVNULL)


def add_user(name):
    subprocess.run(["useradd", "-m", "-s", "/bin/bash", name], check=True)


def copy_shipped_policy():
    """Into /etc/sealgate, with what it names beside itself, as an admin would to change it."""
    ETC.mkdir(parents=True, exist_ok=True)
    shutil.copy(SHIPPED / "policy/default.yaml", ETC / "policy.yaml")
    shutil.copytree(SHIPPED / "policy/advisories", ETC / "advisories", dirs_exist_ok=True)


def wait_for(what, seconds=10.0, step=0.05):
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value or time.monotonic() > end:
            return value
        time.sleep(step)


def records(kind=None, what=None):
    """Of the journal, with what was closed of it; not the line that is just being written."""
    text = "".join(p.read_text() for p in sorted((STATE / "journal").glob("*.jsonl")))
    found = [json.loads(line)["record"] for line in text.splitlines(True) if line.endswith("\n")]
    return [r for r in found if kind in (None, r["kind"]) and what in (None, r.get("what"))]


def recorded(kind, **fields):
    """The newest such record. An answer may come before its record is in the file."""
    found = wait_for(lambda: [r for r in records(kind) if fields.items() <= r.items()], 30)
    assert found, (kind, fields, records(kind))
    return found[-1]


def fill(path):
    """Writes until the file system is full."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        while os.write(fd, b"x" * 4096) > 0:
            pass
    except OSError:
        pass
    os.close(fd)


class Agent:
    def __init__(self, policy=None, protect=(DOCS,), extra="", log="/run/sealgated.log"):
        ETC.mkdir(parents=True, exist_ok=True)
        lines = ["protect:"] + [f"  - {p}" for p in protect]
        if policy:
            lines.append(f"policy: {policy}")
        if "crawl:" not in extra:  # tests wait for it, on machines with other things to do
            lines.append("crawl: {under-load: as-ever, on-battery: as-ever}")
        (ETC / "agent.yaml").write_text("\n".join(lines) + "\n" + extra)
        self.log = pathlib.Path(log)
        self.process = None

    def spawn(self):
        self.process = subprocess.Popen(["sealgated"], stdin=subprocess.DEVNULL,
                                        stdout=self.log.open("a"), stderr=subprocess.STDOUT)

    def start(self, seconds=60):
        self.spawn()
        if not wait_for(lambda: self.process.poll() is not None or self.serving(), seconds):
            raise RuntimeError("sealgated is not ready: " + self.log.read_text())
        if self.process.poll() is not None:
            raise RuntimeError("sealgated ended: " + self.log.read_text())
        return self

    def serving(self):
        s = self.status()
        return bool(s and s.get("supervisor") and s["supervisor"]["serving"])

    def status(self):
        r = subprocess.run(["sealgate", "status", "--json"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True)
        return json.loads(r.stdout) if r.returncode == 0 and r.stdout else None

    def wait_for_status(self, seconds=30):
        """For a moment there is none while core is replaced."""
        s = wait_for(lambda: (self.status() or {}).get("supervisor") and self.status(), seconds)
        if not s:
            raise RuntimeError("sealgated does not answer: " + self.log.read_text()[-2000:])
        return s

    def pid_of(self, role, index=0):
        for p in self.wait_for_status()["supervisor"]["processes"]:
            if p["role"] == role and p["index"] == index:
                return p["pid"]
        return 0

    def incidents(self):
        """One for each file: an incident names all files of one act."""
        return [{**i, **f, "retries": 0} if f else i
                for i in self.acts() for f in (None, *i.get("files", ()))]

    def acts(self):
        """The incidents as `sealgate incidents list` prints them."""
        r = subprocess.run(["sealgate", "incidents", "list", "--json"], stdout=subprocess.PIPE,
                           text=True)
        return [json.loads(line) for line in r.stdout.splitlines() if line.strip()]

    def verify(self):
        return subprocess.run(["sealgate", "incidents", "verify"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)

    def known(self, n):
        """Waits until watch has filled the store with at least `n` files."""
        return wait_for(lambda: (self.status() or {}).get("store", {}).get("files", 0) >= n, 20)

    def stop(self, seconds=10):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(seconds)
        return self.process.returncode if self.process else None
