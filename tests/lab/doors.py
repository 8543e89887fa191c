# SPDX-License-Identifier: Apache-2.0
"""The cases' client and editor: one program (tests/system/door) that takes files by the way it is
told, under a name that the policy lists and under one that is nobody's; and documents for them on
several file systems."""
import os
import pathlib
import platform
import shutil
import subprocess
import time

import agent as lab
import stage
from stage import ask, command, end, line, start
from tap import equal

DOCS = lab.DOCS
CLIENT = stage.PLACE / "chat-client"
EDITOR = stage.PLACE / "editor"
APPS = """version: 1
apps:
  - id: lab-chat
    name: Lab chat
    category: chat
    exe: [/opt/lab/chat-client, /opt/lab/chat-script, /opt/lab/opener-client,
          /opt/lab/image/mount_chat*/chat-client.appimage]
    snap: [lab-snap]
"""
SCRIPT = """#!/usr/bin/python3
import sys
try:
    open(sys.argv[1]).read(4)
    print('READ 4')
except PermissionError as e:
    print('REFUSED open', e.errno)
"""
MARKED = "TRẠM QUAN TRẮC\nSố: 5/BC\n\nMẬT\n\nBÁO CÁO\n\nMực nước hồ chứa số {} là bốn mét.\n"
PLAIN = "Thư viện xã mở cửa cả ngày chủ nhật, phòng đọc số {}, không phải trả phí.\n"
ROOM = 600  # bytes of a file that is to hold either text
KERNEL = tuple(int(n) for n in platform.release().split(".")[:2])
READS = ("read", "pread", "readv", "preadv2", "sendfile", "splice", "copy_file_range", "uring",
         "uring-fixed", "aio")
count = {"n": 0}


def fresh(place=DOCS, text=MARKED, suffix=".txt"):
    """A file that nobody has seen yet, of ROOM bytes."""
    count["n"] += 1
    path = place / f"tai-lieu-{count['n']}{suffix}"
    body = text.format(count["n"]).encode()
    path.write_bytes(body + b"\n" * (ROOM - len(body)))
    path.chmod(0o666)
    return path


def marked_text():
    """One line, as the writers take it: a backslash stands for a new line where they map."""
    count["n"] += 1
    return MARKED.format(count["n"])


def named(n, text, word):
    """The opener counts what it opened of files with "marked" in their names."""
    paths = []
    for _ in range(n):
        path = fresh(text=text)
        paths.append(path.rename(path.with_name(f"{word}-{path.name}")))
    return paths


def elsewhere(text):
    """A file outside the documents."""
    place = pathlib.Path("/tmp/elsewhere")
    place.mkdir(exist_ok=True)
    return fresh(place, text)


def client(*args, **kw):
    return ask(CLIENT, *args, **kw)


def editor(*args, **kw):
    return ask(EDITOR, *args, **kw)


def refused(out, what=""):
    assert out.startswith("REFUSED"), f"{what}: expected a refusal, got {out!r}"


def readable(out, what=""):
    assert out.startswith("READ"), f"{what}: expected it to be read, got {out!r}"


def incidents(f, path):
    """Of this file, once they are written."""
    lab.wait_for(lambda: any(i["path"] == str(path) for i in f.agent.incidents()), 5 * stage.SLOW)
    return [i for i in f.agent.incidents() if i["path"] == str(path)]


def settle():
    """Until a file's times are old enough for facts about it to be kept."""
    time.sleep(0.05)


def known(f, place):
    """A document that the agent has read without anybody asking: it carries a mark of its own."""
    path = fresh(place)
    assert lab.wait_for(lambda: stage.has_mark(f, path), 20 * stage.SLOW), f"not marked: {path}"
    return path


def give(path, *ways, user="lan"):
    """The editor opens it and hands the descriptor over, once for each way of reading."""
    out = []
    for n, way in enumerate(ways):
        p = start(EDITOR, "give", f"lab-{os.getpid()}-{n}", path, user=user)
        try:
            equal(line(p), "LISTENING")
            out.append(client("receive", f"lab-{os.getpid()}-{n}", way))
        finally:
            end(p)
    return out


def bequeath(path, how, *args):
    """The editor opens it and executes the client, which is not named in its arguments."""
    return subprocess.run(command(EDITOR, "bequeath", path, how, *args), text=True, timeout=60 * stage.SLOW,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "NEXT": str(CLIENT)}).stdout.strip()


def changed(f, name, place, way, text=None, user="lan"):
    """Looked at while harmless, changed by `way`, and opened at once."""
    path = fresh(place, PLAIN)
    settle()
    readable(client("open", path), f"{way} on {name}, before")
    readable(client("open", path), f"{way} on {name}, known")
    readable(editor("write", path, way, text or marked_text(), user=user), f"{way} on {name}")
    refused(client("open", path), f"{way} on {name}, after")


class Fuse:
    """A file system in user space with one file; `how` as tests/system/door/fuse.c says."""

    def __init__(self, name, backing, how, uid=0, place=DOCS, kind="fuse.lab"):
        self.place = place / name
        self.place.mkdir(parents=True, exist_ok=True)
        self.file = self.place / backing.name
        self.server = subprocess.Popen([os.environ["FUSE"], str(self.place), str(backing), str(uid),
                                        how, kind], stdout=subprocess.PIPE, text=True)
        equal(self.server.stdout.readline(), "MOUNTED\n")

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.server.kill()
        self.server.wait()
        self.server.stdout.close()
        subprocess.run(["umount", "-l", str(self.place)], check=False)


# ---- file systems ----

def image(f, kind, tool, *options):
    """A file system of its own below the documents; says so where its tools or driver are missing."""
    if kind not in pathlib.Path("/proc/filesystems").read_text().split() or not shutil.which(tool):
        print(f"# there is no {kind} here")
        return
    file = pathlib.Path(f"/tmp/{kind}.img")
    place = DOCS / kind
    place.mkdir()
    with file.open("wb") as img:
        img.truncate(400 << 20)
    subprocess.run([tool, *options, str(file)], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["mount", "-o", "loop", str(file), str(place)], check=True)
    place.chmod(0o1777)
    f.places[kind] = place


def memory(f):
    place = DOCS / "tmpfs"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", str(place)], check=True)
    f.places["tmpfs"] = place


def overlay(f):
    """Of two folders elsewhere. Returns the upper one."""
    name = "overlay"
    lower, upper, work = (pathlib.Path(f"/tmp/{name}/{d}") for d in ("lower", "upper", "work"))
    for d in (lower, upper, work):
        d.mkdir(parents=True, exist_ok=True)
        d.chmod(0o1777)
    place = DOCS / name
    place.mkdir()
    subprocess.run(["mount", "-t", "overlay", "-o",
                    f"lowerdir={lower},upperdir={upper},workdir={work}", "overlay", str(place)],
                   check=True)
    f.places[name] = place
    return upper


def setup():
    f = stage.Fixture()
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    stage.programs(os.environ["DOOR"], CLIENT.name, EDITOR.name)
    script = CLIENT.with_name("chat-script")
    script.write_text(SCRIPT)
    script.chmod(0o755)
    policy = stage.configure(APPS)
    f.places = {"ext4": DOCS}
    image(f, "xfs", "mkfs.xfs", "-q")
    image(f, "btrfs", "mkfs.btrfs", "-q")
    memory(f)
    f.upper = overlay(f)
    watched = "watch:\n" + "".join(f"  - {p}\n" for p in f.places.values())
    f.agent = lab.Agent(policy=policy, extra=watched).start()
    return f


def teardown(f):
    stage.stop(f)
    for place in list(f.places.values())[1:] if f else ():
        subprocess.run(["umount", "-l", str(place)], check=False)


def the_journal_verifies(f):
    r = f.agent.verify()
    equal(r.returncode, 0, r.stdout)
