#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A user who works against it with programs of his own: the ways of docs/threat-model.md that the
numbered cases do not have. What cannot be seen is held to what `sealgate status` says. Run in a lab:
tests/lab/enter."""
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
import doors
from doors import (CLIENT, DOCS, EDITOR, PLAIN, client, editor, fresh, incidents, known, marked_text,
                   readable, refused, settle)
from stage import command, covered, end, line, start
from tap import Skip, equal, run, test

NOTHING_IS_OPENED = "pipes, sockets, memory, clipboard, screen"


def handed(kind, path, *how, by=EDITOR, to=CLIENT):
    """What `by` makes of the file goes to `to` over a socket."""
    name = f"lab-{os.getpid()}-{kind}"
    p = start(by, "give-other", name, path, kind)
    try:
        equal(line(p), "LISTENING")
        return (client if to == CLIENT else editor)("receive-other", name, *how)
    finally:
        end(p)


@test
def a_path_descriptor_is_opened_by_who_gets_it(f):
    for name, place in f.places.items():
        path = fresh(place)
        refused(handed("path", path, "reopen"), name)
        assert incidents(f, path), name


@test
def an_application_hands_a_path_descriptor_on(f):
    """The other program is nobody's: it reads what its user may read, as `cat` does."""
    path = fresh()
    readable(handed("path", path, "reopen", by=CLIENT, to=EDITOR))
    equal(covered(f, NOTHING_IS_OPENED), "not covered", "how it would come back")


@test
def a_ring_with_the_file_in_it(f):
    """The application asks on another program's io_uring, whose table has the file."""
    for name, place in f.places.items():
        if name != "overlay":  # no marks of their own there, as status says
            refused(handed("ring", known(f, place), "ring"), name)


@test
def a_passed_file_cloned_into_an_own_one(f):
    """Which was open before, so that nobody is asked when it is read."""
    for name in ("xfs", "btrfs"):
        if name not in f.places:
            raise Skip(f"there is no {name} here")
        own = f.places[name] / "own"
        own.parent.chmod(0o1777)
        path = known(f, f.places[name])
        p = start(EDITOR, "give", f"lab-{os.getpid()}", path)
        try:
            equal(line(p), "LISTENING")
            refused(client("receive-other", f"lab-{os.getpid()}", "clone", own), name)
        finally:
            end(p)


@test
def a_copy_in_memory(f):
    """Of no file system that anybody mounts: read, as status says."""
    path = known(f, DOCS)
    readable(handed("memory", path, "reopen"))
    equal(covered(f, NOTHING_IS_OPENED), "not covered")


@test
def a_pipe(f):
    path = known(f, DOCS)
    for way in ("write", "splice", "sendfile", "vmsplice"):
        source = subprocess.Popen(command(EDITOR, "pour", path, way), stdout=subprocess.PIPE)
        out = subprocess.run(command(CLIENT, "drink"), stdin=source.stdout, stdout=subprocess.PIPE,
                             text=True, timeout=60).stdout
        source.stdout.close()
        equal(source.wait(60), 0, way)
        readable(out, way)
    equal(covered(f, NOTHING_IS_OPENED), "not covered")


@test
def memory_of_another_program(f):
    p = start(EDITOR, "show", known(f, DOCS))
    try:
        pid, address = line(p).split()
        for way in ("process_vm_readv", "mem", "ptrace"):
            out = client("peek", pid, address, way)
            # kernel.yama.ptrace_scope may forbid it
            assert out.startswith(("READ", "REFUSED")), (way, out)
    finally:
        end(p)
    equal(covered(f, NOTHING_IS_OPENED), "not covered")


@test
def a_tracer_has_the_application_open_another_file(f):
    plain, marked = fresh(text=PLAIN, suffix="-lau-hon.txt"), fresh()
    p = start(CLIENT, "wait")
    tracer = None
    try:
        equal(line(p), "READY")
        readable(line(p, str(plain)), "as it asked")
        tracer = start(EDITOR, "trace", p.pid, plain, marked, user=None)
        equal(line(tracer), "TRACING")
        refused(line(p, str(plain)), "as the tracer wants")
        equal(tracer.wait(60), 0)
        assert incidents(f, marked), "an incident of what was opened"
    finally:
        if tracer:
            end(tracer)
        end(p)


@test
def mapped_before_it_was_marked(f):
    """Not even open any more: it is read, and recorded as open already."""
    for name in ("ext4", "tmpfs"):
        path = fresh(f.places[name], PLAIN)
        settle()
        p = start(CLIENT, "hold-map", path)
        try:
            equal(line(p), "MAPPED")
            readable(editor("write", path, "plain", marked_text()), name)
            equal(line(p, "read"), "TR", name)
            equal([i["way"] for i in incidents(f, path)], ["already-open"], name)
            refused(client("open", path), name)
        finally:
            end(p)
    equal(covered(f, "files open before the agent or their marking"), "partly")


def limit_files(pid, soft, hard):
    """As its own user, who may."""
    subprocess.run(command("prlimit", f"--pid={pid}", f"--nofile={soft}:{hard}", user="sealgate-core"), check=True)


def cpu(pid):
    """Seconds that the process used so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cannot_be_asked(pid):
    """Core has no descriptor left and somebody connects; the seconds of a processor that it uses in the
    next two. None where it was replaced: what it is sent with a descriptor then, ends it."""
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    before = re.search(r"Max open files +(\d+) +(\d+)", limits).groups()
    lowest = next(n for n in range(int(before[1])) if not pathlib.Path(f"/proc/{pid}/fd/{n}").is_symlink())
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        try:
            limit_files(pid, lowest, before[1])
            s.connect("/run/sealgate/control.sock")
            used = cpu(pid)
            time.sleep(2)
            used = cpu(pid) - used
            limit_files(pid, *before)
        except (OSError, subprocess.CalledProcessError):
            assert not pathlib.Path(f"/proc/{pid}").exists(), "only where it is gone"
            return None
    return used


@test
def no_descriptor_for_another_connection(f):
    """Core does not spin on what it cannot take, records it, and goes on when there is room again."""
    for _ in range(5):
        assert lab.wait_for(f.agent.serving, 30)
        pid, told = f.agent.pid_of("core"), len(lab.records("gap", "control"))
        used = cannot_be_asked(pid)
        if used is not None:
            break
    assert used is not None and used < 1, f"{used} s of 2 s"
    assert lab.wait_for(f.agent.serving, 30), "answered again"
    equal(f.agent.pid_of("core"), pid, "core is the same")
    assert lab.wait_for(lambda: len(lab.records("gap", "control")) > told, 10), lab.records("gap")


test(doors.the_journal_verifies)
run(doors.setup, doors.teardown)
