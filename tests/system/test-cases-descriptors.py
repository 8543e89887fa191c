#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every way an application can take a document, by number: descriptors that somebody else opened.

Against the whole agent and the kernel, with the client and the editor of tests/lab/doors.py. What this
kernel or this engine cannot decide is held to what `sealgate status` says about it. Run in a lab:
tests/lab/enter.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import doors
from doors import (CLIENT, EDITOR, KERNEL, PLAIN, READS, bequeath, client, editor, fresh, give, incidents,
                   known, marked_text, readable, refused, settle)
from stage import covered, end, engine, line, start, why
from tap import equal, run, test


def tracked(f):
    """Where classified files carry marks of their own: not on an overlay, as status says."""
    for area in ("read", "mapped"):
        equal(covered(f, f"passed descriptors, {area}") in ("partly", "not covered"), True, area)
    assert "not on overlays" in why(f, "passed descriptors, read")
    return {name: place for name, place in f.places.items() if name != "overlay"}


@test
def case_08_passed_descriptor_read(f):
    for name, place in tracked(f).items():
        path = known(f, place)
        for way, out in zip(READS, give(path, *READS)):
            refused(out, f"{way} on {name}")
        equal({i["way"] for i in incidents(f, path)}, {"read"}, "way")
        readable(editor("open", path), name)


@test
def case_09_passed_descriptor_mapped(f):
    for name, place in tracked(f).items():
        path = known(f, place)
        out, = give(path, "mmap")
        if name != "tmpfs" and engine(f)["pre_access"]:
            refused(out, f"mmap on {name}")
        else:
            equal(covered(f, "passed descriptors, mapped"),
                  "partly" if engine(f)["pre_access"] else "not covered", name)


@test
def case_10_inherited_descriptor(f):
    for name, place in f.places.items():
        for path in (known(f, place) if name in tracked(f) else fresh(place), fresh(place)):
            for way in ("read", "mmap"):
                out = bequeath(path, "keep", "use", 9, way)
                refused(out, f"{way} on {name}")
            equal([i["way"] for i in incidents(f, path)], ["inherited"], f"{name} {incidents(f, path)}")
            assert incidents(f, path)[0]["ancestry"], (name, incidents(f, path))
        path = fresh(place, PLAIN)
        settle()
        for _ in range(2):
            readable(bequeath(path, "keep", "use", 9, "read"), name)


@test
def case_11_closed_by_exec(f):
    path = fresh()
    out = bequeath(path, "close", "open", fresh(text=PLAIN))
    readable(out)
    assert not any(i["path"] == str(path) for i in f.agent.incidents())


@test
def case_12_taken_descriptor(f):
    for name, place in tracked(f).items():
        path = known(f, place)
        p = start(EDITOR, "hold", path)
        try:
            pid, fd = line(p).split()
            refused(client("getfd", pid, fd, "read"), name)
            refused(client("getfd", pid, fd, "read", user=None), f"root on {name}")
        finally:
            end(p)


@test
def case_13_open_before_the_agent(f):
    equal(f.agent.stop(), 0, f.agent.log.read_text()[-2000:])
    path, early = fresh(), start(CLIENT, "hold", fresh(text=PLAIN))
    p = start(CLIENT, "hold", path)
    try:
        line(p), line(early)
        f.agent.start()
        i = incidents(f, path)
        equal([(x["way"], x["app"], x["intended"]) for x in i], [("already-open", "lab-chat", "block")])
        assert i[0]["ancestry"], i
        equal(covered(f, "files open before the agent or their marking"), "partly")
        # Since 6.12 the kernel asks nobody about descriptors from before the listener.
        (readable if KERNEL >= (6, 12) else refused)(line(p, "read"), "as status says")
        refused(client("open", path))
    finally:
        end(p)
        end(early)
    assert not any(i["way"] == "already-open" and i["path"] != str(path)
                   for i in f.agent.incidents())


@test
def case_14_classified_while_open(f):
    path = fresh(text=PLAIN)
    settle()
    p = start(CLIENT, "hold", path)
    try:
        line(p)
        readable(editor("write", path, "plain", marked_text()))
        i = incidents(f, path)
        equal([x["way"] for x in i], ["already-open"])
        equal(covered(f, "files open before the agent or their marking"), "partly")
        refused(client("open", path))
    finally:
        end(p)


test(doors.the_journal_verifies)
run(doors.setup, doors.teardown)
