#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every way an application can take a document, by number: what changed after a look.

Against the whole agent and the kernel, with the client and the editor of tests/lab/doors.py. What this
kernel or this engine cannot decide is held to what `sealgate status` says about it. Run in a lab:
tests/lab/enter.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
import doors
from doors import (DOCS, EDITOR, MARKED, PLAIN, Fuse, changed, client, editor, elsewhere, fresh,
                   marked_text, readable, refused, settle)
from stage import end, line, opener, openers, result, start, wait_covered
from tap import Skip, equal, run, test


@test
def case_15_store_through_a_shared_mapping(f):
    for name, place in f.places.items():
        path = fresh(place, PLAIN)
        settle()
        p = start(EDITOR, "map", path)
        try:
            equal(line(p), "MAPPED")
            readable(client("open", path), name)
            equal(line(p, marked_text().replace("\n", "\\")), "DONE")
            refused(client("open", path), name)
        finally:
            end(p)


@test
def case_16_second_store_and_unmapped(f):
    for name, place in f.places.items():
        path = fresh(place, PLAIN)
        p = start(EDITOR, "map", path)
        try:
            equal(line(p), "MAPPED")
            equal(line(p, "Thu vien"), "DONE")
            settle()
            readable(client("open", path), name)
            equal(line(p, marked_text().replace("\n", "\\")), "DONE")
            equal(line(p, "unmap"), "DONE")
            equal(line(p, "close"), "DONE")
            refused(client("open", path), name)
        finally:
            end(p)


def stored_after_a_look(path):
    """By somebody who opens it now; on tmpfs nothing of the file shows it afterwards."""
    p = start(EDITOR, "map", path)
    try:
        equal(line(p), "MAPPED")
        for text in ("look", marked_text().replace("\n", "\\"), "unmap", "close"):
            equal(line(p, text), "DONE")
    finally:
        end(p)


def scanned(f):
    return f.agent.wait_for_status()["watch"]["scanned"]


@test
def a_store_that_leaves_the_times_alone(f):
    for name, place in f.places.items():
        for opened in (True, False):
            n = scanned(f)
            path = fresh(place, PLAIN)
            settle()
            if opened:  # what the gate knows
                readable(client("open", path), name)
                readable(client("open", path), name)
            else:  # what core was shown by watch, when that could
                lab.wait_for(lambda: scanned(f) > n, 5)
                settle()
            stored_after_a_look(path)
            refused(client("open", path), f"{name}, opened before: {opened}")


@test
def case_17_aio_write(f):
    for name, place in f.places.items():
        changed(f, name, place, "aio")


@test
def case_18_writes_within_one_tick(f):
    for n in range(10):
        for name, place in f.places.items():
            path = fresh(place, PLAIN)
            readable(client("open", path), name)
            fd = os.open(path, os.O_WRONLY)
            os.pwrite(fd, PLAIN.format(n).encode(), 0)
            os.pwrite(fd, marked_text().encode(), 0)
            os.close(fd)
            refused(client("open", path), name)


@test
def case_19_forged_time(f):
    for name, place in f.places.items():
        path = fresh(place, PLAIN)
        settle()
        readable(client("open", path), name)
        st = path.stat()
        readable(editor("write", path, "plain", marked_text()))
        os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))
        refused(client("open", path), name)


@test
def case_20_other_ways_to_change(f):
    for name, place in f.places.items():
        changed(f, name, place, "map")
        changed(f, name, place, "copy", fresh(place))
        changed(f, name, place, "exchange", fresh(place), user=None)
        if name in ("xfs", "btrfs"):
            changed(f, name, place, "clone", fresh(place))
        if name in ("ext4", "xfs"):
            path = fresh(place, PLAIN)
            path.write_bytes(path.read_bytes().ljust(4096, b"\n"))
            settle()
            readable(client("open", path), name)
            readable(editor("write", path, "collapse", marked_text()), name)
            refused(client("open", path), f"collapse on {name}")
        path = fresh(place, PLAIN)
        settle()
        readable(client("open", path), name)
        path.write_text(marked_text())  # truncated and written
        refused(client("open", path), f"truncated on {name}")


@test
def case_21_below_an_overlay(f):
    """What is stored in the upper layer shows through without a sign."""
    shown = f.places["overlay"]
    wait_covered(f, shown)
    refused(client("open", fresh(shown)))
    for way in ("plain", "map"):
        path = fresh(shown, PLAIN)
        settle()
        for _ in range(2):
            readable(client("open", path), way)
        readable(editor("write", f.upper / path.name, way, marked_text()))
        refused(client("open", path), way)


@test
def case_22_behind_fuse(f):
    backing = elsewhere(PLAIN)
    with Fuse("fuse-22", backing, "allow_other") as fs:
        wait_covered(f, fs.place)
        for _ in range(2):
            readable(client("open", fs.file))
        st = backing.stat()
        backing.write_bytes(marked_text().encode().ljust(st.st_size, b"\n"))
        os.utime(backing, ns=(st.st_atime_ns, st.st_mtime_ns))
        refused(client("open", fs.file))
        readable(editor("open", fs.file))


@test
def case_55_btrfs_subvolumes(f):
    if "btrfs" not in f.places:
        raise Skip("no btrfs here")
    a, b = f.places["btrfs"] / "a", f.places["btrfs"] / "b"
    for v in (a, b):
        subprocess.run(["btrfs", "-q", "subvolume", "create", str(v)], check=True,
                       stdout=subprocess.DEVNULL)
        v.chmod(0o777)
    bad, good = fresh(a), fresh(b, PLAIN)
    equal(bad.stat().st_ino, good.stat().st_ino, "the same number in both")
    settle()
    for _ in range(3):
        refused(client("open", bad))
        readable(client("open", good))


@test
def case_56_nothing_missed_by_watching(f):
    """A thousand folders with a file at once: all known soon, nobody having opened them."""
    openers("opener-client", "opener-editor")
    top = DOCS / "nhieu"
    seen = f.agent.status()["watch"]["files_seen"]
    paths = []
    for n in range(334):
        d = top / str(n) / "a" / "b"
        d.mkdir(parents=True)
        for x in (d, d.parent, d.parent.parent):
            paths.append(x / "tai-lieu.txt")
            paths[-1].write_text(MARKED.format(n))
    assert lab.wait_for(lambda: f.agent.status()["watch"]["files_seen"] >= seen + 1002, 60), \
        f.agent.status()["watch"]
    time.sleep(1)
    scanned = f.agent.status()["gate_requests"]["scanned"]
    r = result(opener("opener-client", 2, paths))
    equal(r["opened"], 0, str(r))
    equal(f.agent.status()["gate_requests"]["scanned"], scanned, "read when they were opened")
    shutil.rmtree(top)


test(doors.the_journal_verifies)
run(doors.setup, doors.teardown)
