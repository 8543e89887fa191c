#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every way an application can take a document, by number: who asks, and by which name.

Against the whole agent and the kernel, with the client and the editor of tests/lab/doors.py. What this
kernel or this engine cannot decide is held to what `sealgate status` says about it. Run in a lab:
tests/lab/enter.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
import doors
from doors import (CLIENT, DOCS, EDITOR, KERNEL, MARKED, PLAIN, Fuse, client, editor, elsewhere,
                   fresh, incidents, readable, refused)
from stage import ask, covered, end, engine, gate, line, start, supervisor, wait_covered
from tap import equal, run, test


@test
def case_01_plain_open(f):
    for name, place in f.places.items():
        for how in ("rdonly", "rdwr", "thread"):
            path = fresh(place)
            refused(client("open", path, how), f"{name} {how}")
    i = incidents(f, path)[0]
    equal((i["app"], i["user"], i["level"], i["exe"], i["action"]),
          ("lab-chat", "lan", "confidential", str(CLIENT), "block"), "incident")
    assert i["pid"] and i["start_time"], i


@test
def case_02_editor(f):
    for place in f.places.values():
        path = fresh(place)
        refused(client("open", path))
        readable(editor("open", path))
        assert all(i["exe"] == str(CLIENT) for i in incidents(f, path))


@test
def case_03_other_names(f):
    path = fresh()
    soft, hard, picture = DOCS / "mem.txt", DOCS / "cung.txt", DOCS / "anh.jpg"
    soft.symlink_to(path)
    hard.hardlink_to(path)
    refused(client("open", soft), "symlink")
    refused(client("open", hard), "hard link")
    path.rename(picture)
    refused(client("open", picture), "renamed")


@test
def case_04_path_descriptor(f):
    refused(client("open", fresh(), "opath"))


@test
def case_05_io_uring(f):
    for how in ("uring", "sqpoll", "direct"):
        path = fresh()
        refused(client("open", path, how), how)
        i = incidents(f, path)
        equal([x["exe"] for x in i], [str(CLIENT)], how)


@test
def case_06_files_of_other_processes(f):
    path = fresh()
    p = start(EDITOR, "hold", path)
    try:
        pid, fd = line(p).split()
        refused(client("open", f"/proc/{pid}/fd/{fd}"), "fd")
        refused(client("open", f"/proc/{pid}/root{path}"), "root")
    finally:
        end(p)
    mapped = fresh()
    p = start(EDITOR, "map", mapped)
    try:
        equal(line(p), "MAPPED")
        entry = next(e for e in os.listdir(f"/proc/{p.pid}/map_files")
                     if os.readlink(f"/proc/{p.pid}/map_files/{e}") == str(mapped))
        refused(client("open", f"/proc/{p.pid}/map_files/{entry}", user=None), "map_files")
    finally:
        end(p)
    for name, place in f.places.items():
        out = client("open", fresh(place), "handle", user=None)
        if name == "overlay":  # has none, of what nobody asked it to export
            equal(out, "FAILED open EOPNOTSUPP", name)
        else:
            refused(out, f"handle on {name}")


@test
def case_07_fresh_copy(f):
    source = fresh()
    for place in f.places.values():
        for n in range(5):
            copy = place / f"ban-sao-{n}.txt"
            shutil.copy(source, copy)
            copy.chmod(0o644)
            refused(client("open", copy))


@test
def case_23_children(f):
    for how in ("fork", "vfork", "double"):
        path = fresh()
        refused(client("child", path, how), how)
    out = client("child", fresh(), "exec")
    assert "not permitted" in out, out


@test
def case_24_sibling(f):
    out = client("child", fresh(), "parent")
    lineage = supervisor(f)["lineage"]
    if lineage == "full":
        refused(out)
    else:
        assert lineage.startswith("partial"), lineage


@test
def case_25_storm_of_threads(f):
    path = fresh()
    refused(client("storm", path, 20000))
    refused(client("storm", path, 200))


@test
def case_26_copy_of_an_application(f):
    """Under another name in the user's home: known by its build id, whether armed or idle."""
    copy = pathlib.Path("/home/lan/innocent")
    shutil.copy(os.environ["DOOR"], copy)
    shutil.chown(copy, "lan", "lan")
    copy.chmod(0o755)
    equal(covered(f, "copies of applications"), "partly")
    for state in ("armed", "idle"):
        if state == "armed":
            refused(client("open", fresh()))
        assert lab.wait_for(
            lambda: supervisor(f)["arming"]["state"] == state, 20), state
        path = fresh()
        p = start(copy, "wait")
        try:
            equal(line(p), "READY")
            time.sleep(gate(f)["noticed_within_s"] + 0.5)
            refused(line(p, str(path)), state)
            readable(line(p, str(fresh(text=PLAIN))), state)
        finally:
            end(p)
        i = incidents(f, path)[0]
        equal((i["identified"], i["exe"], i["app"]), ("copy", str(copy), "lab-chat"))


IN_MEMORY = """
import os, sys
fd = os.memfd_create("x", 0)
os.write(fd, open(sys.argv[1], "rb").read())
os.execve(fd, ["x", "open", sys.argv[2]], os.environ)
"""
HANDED_ON = """
import os, sys
fd = os.open(sys.argv[2], os.O_PATH)
os.set_inheritable(fd, True)
os.execv(sys.argv[1], ["x", "open", f"/proc/self/fd/{fd}"])
"""


@test
def case_26_tricks_of_a_user(f):
    """While an application lives: a copy of one in memory, a path that is handed on; and a program
    that calls itself an application in its environment restricts nobody else."""
    p = start(CLIENT, "hold", fresh(text=PLAIN))
    try:
        line(p)
        for trick in (IN_MEMORY, HANDED_ON):
            path = fresh()
            refused(ask("/usr/bin/python3", "-c", trick, CLIENT, path), trick)
            assert incidents(f, path), trick
        readable(ask("/usr/bin/env", "FLATPAK_ID=org.lab.Other", EDITOR, "open", fresh()))
    finally:
        end(p)


@test
def case_27_loader_and_script(f):
    path = fresh()
    refused(ask("/lib64/ld-linux-x86-64.so.2", CLIENT, "open", path), "ld.so")
    refused(ask("/opt/lab/chat-script", path), "#!")
    refused(ask("/usr/bin/python3", "/opt/lab/chat-script", path), "interpreter")
    readable(ask("/usr/bin/python3", "-c", f"open('{path}').read(4); print('READ 4')"))


@test
def case_28_snap_and_appimage(f):
    path = fresh()
    snap = pathlib.Path("/snap/lab-snap/12/bin/chat")
    snap.parent.mkdir(parents=True)
    shutil.copy(os.environ["DOOR"], snap)
    snap.parent.parent.parent.joinpath("current").symlink_to("12")
    refused(ask(snap, "open", path), "snap")
    backing = pathlib.Path("/tmp/chat-client.appimage")
    shutil.copy(os.environ["DOOR"], backing)
    with Fuse("mount_chatAbc", backing, "allow_other", place=pathlib.Path("/opt/lab/image")) as fs:
        refused(ask(fs.file, "open", path), "AppImage")


@test
def case_29_namespaces(f):
    path = fresh()
    elsewhere = pathlib.Path("/mnt/elsewhere")
    elsewhere.mkdir(parents=True)
    script = f"mount --rbind {DOCS} {elsewhere} && exec {CLIENT} open {elsewhere / path.name}"
    refused(ask("unshare", "-m", "sh", "-c", script, user=None), "mount namespace")
    refused(ask("unshare", "-Urm", "sh", "-c", script), "user namespace")


@test
def case_30_overlay_of_a_user(f):
    if KERNEL < (6, 12):
        equal(covered(f, "overlays of users"), "not covered")
        return
    equal(covered(f, "overlays of users"), "covered")
    lower = DOCS / "lop-duoi"
    lower.mkdir()
    path = fresh(lower)
    script = ("mkdir -p /tmp/o/u /tmp/o/w /tmp/o/m && mount -t overlay -o "
              f"lowerdir={lower},upperdir=/tmp/o/u,workdir=/tmp/o/w,userxattr o /tmp/o/m && "
              f"exec {CLIENT} open /tmp/o/m/{path.name}")
    refused(ask("unshare", "-Urm", "sh", "-c", script))


@test
def case_31_memory_of_a_user(f):
    """A file system that is mounted in the namespace of the application alone."""
    path = fresh()
    script = ("mount -t tmpfs t /mnt && cp {0} /mnt/x.txt && exec {1} open /mnt/x.txt"
              .format(path, CLIENT))
    refused(ask("unshare", "-Urm", "sh", "-c", script), "mounted before its start")


@test
def case_33_portal_of_a_user(f):
    """A file system of a user that root may not look into, outside the protected folders."""
    uid = int(subprocess.run(["id", "-u", "lan"], stdout=subprocess.PIPE, text=True).stdout)
    with Fuse("doc", elsewhere(MARKED), "none", uid,
              pathlib.Path(f"/run/user/{uid}"), "fuse.portal") as fs:
        wait_covered(f, fs.place)
        refused(client("open", fs.file))
        readable(editor("open", fs.file))


@test
def case_38_and_57_and_58_the_engine_in_the_kernel(f):
    """There is none here: what it would add is said to be missing."""
    equal(engine(f)["name"], "fanotify")
    equal(covered(f, "decisions inside the kernel (BPF)"), "not covered")


@test
def case_45_user_without_a_name(f):
    """No directory service is asked: the number stands alone, at once."""
    path = fresh()
    began = time.monotonic()
    out = subprocess.run(["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", str(CLIENT),
                          "open", str(path)], stdout=subprocess.PIPE, text=True).stdout
    refused(out.strip())
    assert time.monotonic() - began < 0.5
    i = incidents(f, path)[0]
    equal((i["user"], i["uid"]), ("", 54321))


@test
def case_50_script_is_one_start(f):
    before = gate(f)["execs"]
    readable(ask("/opt/lab/chat-script", fresh(text=PLAIN)))
    equal(gate(f)["execs"], before + 1, "starts")


@test
def case_53_second_agent(f):
    r = subprocess.run(["sealgated"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       timeout=20)
    equal(r.returncode, 2, r.stdout)
    assert "another agent" in r.stdout, r.stdout
    refused(client("open", fresh()), "the first one goes on")


@test
def case_59_microphone(f):
    # test-meeting.py has the calls; a sound server's microphone is not seen.
    equal(covered(f, "whether a meeting is running"), "partly")


@test
def all_sixty_are_here(f):
    """By number, in the files beside this one."""
    here = pathlib.Path(__file__).parent
    names = [n for p in here.glob("test-cases-*.py")
             for n in re.findall(r"^def case_(\d\d(?:_and_\d\d)*)_", p.read_text(), re.M)]
    equal(sorted({int(n) for name in names for n in name.split("_and_")}), list(range(1, 61)))


test(doors.the_journal_verifies)
run(doors.setup, doors.teardown)
