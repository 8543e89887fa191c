#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every way an application can take a document, by number: what goes wrong, and much at once.

Against the whole agent and the kernel, with the client and the editor of tests/lab/doors.py. What this
kernel or this engine cannot decide is held to what `sealgate status` says about it. Run in a lab:
tests/lab/enter.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
import doors
from doors import (CLIENT, DOCS, EDITOR, MARKED, PLAIN, READS, Fuse, client, editor, elsewhere,
                   fresh, give, known, named, readable, refused, settle)
from stage import (SLOW, covered, end, engine, gate, line, opener, openers, pid_of, result, start,
                   supervisor, wait_covered, whole)
from tap import Skip, equal, run, test


@test
def case_32_stick_while_an_application_runs(f):
    """What is opened in the first moment may be missed, which status says; never later."""
    stick = DOCS / "usb"
    stick.mkdir()
    p = start(CLIENT, "hold", fresh(text=PLAIN))
    missed = 0
    try:
        line(p)
        for n in range(100):
            subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "usb", str(stick)],
                           check=True)
            path = fresh(stick)
            missed += client("open", path).startswith("READ")
            if n % 10 == 0:
                wait_covered(f, stick)
                settle()
                refused(client("open", path), "covered")
            # A file of it may still be under a scan whose asker did not wait.
            assert lab.wait_for(lambda: subprocess.run(
                ["umount", str(stick)], stderr=subprocess.DEVNULL).returncode == 0, 5), "busy"
    finally:
        end(p)
        subprocess.run(["umount", "-l", str(stick)], check=False, stderr=subprocess.DEVNULL)
        stick.rmdir()
    print(f"# {missed} of 100 opens right after the mount were missed")
    equal(covered(f, "file systems mounted while an application runs"), "partly")
    assert missed <= 20, missed


@test
def case_34_fuse_that_hangs(f):
    openers("opener-client", "opener-editor")
    with Fuse("fuse-34", elsewhere(MARKED), "hang") as fs:
        wait_covered(f, fs.place)
        others = opener("opener-editor", 3, named(3, PLAIN, "plain"))
        time.sleep(0.5)
        began = time.monotonic()
        refused(client("open", fs.file))
        took = time.monotonic() - began
        assert took < 0.9, f"held for {took:.2f} s"
        r = result(others)
        equal(r["denied"], 0, str(r))
        assert r["p999_ms"] < 10, r
    assert lab.wait_for(lambda: whole(f), 15), supervisor(f)["processes"]
    refused(client("open", fresh()))


@test
def case_35_gate_killed_again_and_again(f):
    openers("opener-client", "opener-editor")
    bad, good = named(20, MARKED, "marked"), named(20, PLAIN, "plain")
    load = [opener("opener-client", 12, bad + good), opener("opener-client", 12, good + bad),
            opener("opener-editor", 12, bad + good), opener("opener-editor", 12, good)]
    kills = 0
    until = time.monotonic() + 10
    last = 0
    while kills < 100 and time.monotonic() < until:
        pid = pid_of("sealgate-gate")
        if pid and pid != last:
            os.kill(pid, signal.SIGKILL)
            last = pid
            kills += 1
        time.sleep(0.05)
    results = [result(p) for p in load]
    for r in results[:2]:
        equal(r["marked_opened"], 0, str(r))
        assert r["denied"] > 0, r
    for r in results[2:]:
        equal(r["denied"], 0, str(r))
    slowest = max(r["max_ms"] for r in results)
    print(f"# {kills} kills; the longest wait was {slowest:.0f} ms")
    assert kills >= 10, kills
    assert slowest < 1500, results
    assert lab.wait_for(lambda: whole(f), 20), f.agent.log.read_text()[-2000:]


@test
def case_36_gate_stopped(f):
    openers("opener-client", "opener-editor")
    pid = f.agent.pid_of("gate")
    bad, good = named(5, MARKED, "marked"), named(5, PLAIN, "plain")
    load = [opener("opener-client", 4, bad + good), opener("opener-editor", 4, bad + good)]
    time.sleep(1)
    os.kill(pid, signal.SIGSTOP)
    assert lab.wait_for(lambda: f.agent.pid_of("gate") not in (0, pid), 5), "not replaced"
    c, e = (result(p) for p in load)
    equal((c["marked_opened"], e["denied"]), (0, 0), f"{c} {e}")
    assert c["max_ms"] < 1500 and e["max_ms"] < 1500, (c, e)
    assert lab.wait_for(lambda: whole(f), 10)


@test
def case_37_supervisor_killed(f):
    openers("opener-client", "opener-editor")
    load = opener("opener-editor", 3, named(4, PLAIN, "plain"))
    time.sleep(0.5)
    equal(covered(f, "while the supervisor is dead"), "not covered")
    f.agent.process.kill()
    f.agent.process.wait()
    r = result(load)
    equal(r["denied"], 0, str(r))
    assert r["max_ms"] < 900, r  # some milliseconds where no other tests run
    lab.wait_for(lambda: not pid_of("sealgate-gate"), 5)
    began = time.monotonic()
    f.agent.start()
    took = time.monotonic() - began
    assert took < 15 * SLOW, f"up again after {took:.1f} s"
    refused(client("open", fresh()))
    gap = lab.recorded("gap", what="agent")
    assert gap["from"] < gap["to"], gap
    print(f"# protecting again after {took:.2f} s")


@test
def case_37_supervisor_killed_while_the_gate_is_stopped(f):
    """Nobody is left who could replace it: it ends all the same, and with it what waits."""
    openers("opener-editor")
    load = opener("opener-editor", 4, named(4, PLAIN, "plain"))
    p = start(CLIENT, "hold", fresh(text=PLAIN))
    left = f.agent.pid_of("gate")
    try:
        line(p)
        os.kill(left, signal.SIGSTOP)
        f.agent.process.kill()
        f.agent.process.wait()
        lab.wait_for(lambda: load.poll() is not None, 15)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)
        end(p)
        f.agent.start()
    r = result(load)
    equal(r["denied"], 0, str(r))
    assert r["max_ms"] < 900 * SLOW, r
    refused(client("open", fresh()))


@test
def case_39_many_openers_at_once(f):
    # The kernel wakes all who wait at each answer, so that time grows with the square of the number.
    good, bad = fresh(text=PLAIN), fresh()
    p = start(CLIENT, "hold", fresh(text=PLAIN))
    try:
        line(p)
        equal(editor("crowd", good, 2000), "2000 0 0")
        equal(editor("crowd", bad, 2000), "2000 0 0")
        equal(client("crowd", bad, 2000), "0 2000 0")
        equal(gate(f)["read_errors"], 0, "descriptors ran out")
    finally:
        end(p)


@test
def case_40_more_held_than_places(f):
    """Nobody answers; more wait than there are places (2048). None slips through."""
    core = f.agent.pid_of("core")
    paths = fresh(), fresh()
    gate_pid = f.agent.pid_of("gate")
    os.kill(core, signal.SIGSTOP)
    try:
        for path in paths:
            opened, denied, other = client("crowd", path, 2500).split()
            equal((opened, other), ("0", "0"), f"{denied} were refused")
        equal(pid_of("sealgate-gate"), gate_pid, "the gate was replaced")
        status = pathlib.Path(f"/proc/{gate_pid}/status").read_text()
        kib = int(status.split("VmRSS:")[1].split()[0])
        assert kib < 64 << 10, f"the gate takes {kib} KiB"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(core, signal.SIGCONT)
    assert lab.wait_for(lambda: whole(f) and gate(f)["held_now"] == 0, 20)
    assert gate(f)["pressure"] > 0, "the bound was not reached"
    refused(client("open", fresh()))
    readable(client("open", fresh(text=PLAIN)))


@test
def case_41_nobody_reads_our_messages(f):
    """The service manager's log hangs: its pipe is full."""
    f.agent.stop()
    r, w = os.pipe()
    os.set_blocking(w, False)
    try:
        while True:
            os.write(w, b"x" * 4096)
    except BlockingIOError:
        pass
    os.set_blocking(w, True)
    log = f.agent.log
    f.agent.process = subprocess.Popen(["sealgated"], stdin=subprocess.DEVNULL, stdout=w, stderr=w)
    try:
        assert lab.wait_for(f.agent.serving, 20), "hangs with its log"
        for role in ("core", "gate", "watch"):
            os.kill(f.agent.pid_of(role), signal.SIGKILL)
            time.sleep(0.3)
        assert lab.wait_for(lambda: whole(f), 15)
        refused(client("open", fresh()))
        equal(f.agent.stop(), 0)
    finally:
        os.close(r)
        os.close(w)
    equal(log, f.agent.log)
    f.agent.start()


@test
def case_42_disk_full(f):
    """The journal's file system is full: decisions go on, and the incidents come when there is room."""
    f.agent.stop()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m,mode=711", "tmpfs", str(lab.STATE)],
                   check=True)
    try:
        f.agent.start()
        filler = lab.STATE / "filler"
        lab.fill(filler)
        paths = [fresh() for _ in range(20)]
        for path in paths:
            refused(client("open", path))
        filler.unlink()
        assert lab.wait_for(lambda: {str(p) for p in paths} <= {i["path"] for i in
                                                               f.agent.incidents()}, 15)
        equal(f.agent.verify().returncode, 0)
        f.agent.stop()
    finally:
        f.agent.stop()
        subprocess.run(["umount", "-l", str(lab.STATE)], check=True)
        f.agent.start()


@test
def case_43_reload_under_load(f):
    openers("opener-client", "opener-editor")
    load = [opener("opener-client", 6, named(5, MARKED, "marked") + named(5, PLAIN, "plain")),
            opener("opener-editor", 6, named(5, PLAIN, "plain"))]
    for _ in range(10):
        time.sleep(0.5)
        f.agent.process.send_signal(signal.SIGHUP)
    c, e = (result(p) for p in load)
    equal((c["marked_opened"], e["denied"]), (0, 0), f"{c} {e}")
    assert max(c["max_ms"], e["max_ms"]) < 900, (c, e)
    assert lab.wait_for(lambda: whole(f), 10)


@test
def case_44_another_listener(f):
    p = subprocess.Popen([str(EDITOR), "listen", str(DOCS), "20"], stdout=subprocess.PIPE, text=True)
    try:
        equal(p.stdout.readline(), "LISTENING\n")
        for n in range(50):
            began = time.monotonic()
            refused(client("open", fresh()))
            readable(client("open", fresh(text=PLAIN)))
            assert time.monotonic() - began < 1.5, "they wait for each other"
    finally:
        end(p)


@test
def case_46_automount(f):
    """A trigger below the documents is not set off by arming; set off, the mount comes soon."""
    if "autofs" not in pathlib.Path("/proc/filesystems").read_text().split():
        raise Skip("no autofs in this kernel")
    place = DOCS / "auto"
    place.mkdir()
    assert lab.wait_for(lambda: supervisor(f)["arming"]["state"] == "idle", 15)
    os.setpgid(0, 0)  # the lab's own group lies outside it
    r, w = os.pipe()
    subprocess.run(["mount", "-t", "autofs", "-o",
                    f"fd={w},pgrp={os.getpgrp()},minproto=5,maxproto=5,direct", "lab", str(place)],
                   check=True, pass_fds=(w,))
    os.close(w)
    os.set_blocking(r, False)
    try:
        refused(client("open", fresh()), "arming")
        time.sleep(1)
        try:
            triggered = os.read(r, 304)
        except BlockingIOError:
            triggered = b""
        equal(triggered, b"", "the trigger was set off by the agent")
    finally:
        os.close(r)  # a trigger without its daemon: fails at once
        subprocess.run(["umount", "-l", str(place)], check=True)
        place.rmdir()


@test
def case_47_signals_to_a_held_opener(f):
    core = f.agent.pid_of("core")
    settle()
    os.kill(core, signal.SIGSTOP)
    try:
        began = time.monotonic()
        refused(client("open", fresh(), "signalled"), "at its deadline")
        took = time.monotonic() - began
        assert took > 0.25, f"a handled signal let it go after {took:.3f} s"
        p = start(CLIENT, "open", fresh())
        time.sleep(0.1)
        p.kill()
        began = time.monotonic()
        p.wait(5)
        took = time.monotonic() - began
        assert took < 0.15, f"a killed opener took {took:.3f} s to die"
        p.stdin.close()
        p.stdout.close()
        time.sleep(0.5)
    finally:
        os.kill(core, signal.SIGCONT)
    assert lab.wait_for(lambda: whole(f) and gate(f)["held_now"] == 0, 10)
    equal(gate(f)["answer_errors"], 0, "answers that the kernel refused")
    refused(client("open", fresh()))


@test
def case_48_the_asker_is_gone(f):
    path = fresh(text=PLAIN)
    body = path.read_bytes()
    path.write_bytes(body + PLAIN.encode() * 40000)  # takes a moment to look at
    settle()
    for _ in range(5):
        p = start(CLIENT, "open", path)
        time.sleep(0.03)
        end(p)
    assert lab.wait_for(lambda: gate(f)["held_now"] == 0, 5)
    # The worker's answer is kept for the next one who asks.
    assert lab.wait_for(lambda: client("open", path).startswith("READ"), 10 * SLOW)
    refused(client("open", fresh()))


@test
def case_49_many_files_of_others(f):
    """While armed, others open many files: nothing piles up in the kernel or the gate."""
    p = start(CLIENT, "hold", fresh(text=PLAIN))
    place = f.places["ext4"] / "nhieu-tep"
    place.mkdir()
    try:
        line(p)
        for n in range(20000):
            (place / str(n)).touch()

        def unreclaimable():
            return int(pathlib.Path("/proc/meminfo").read_text().split("SUnreclaim:")[1].split()[0])

        def rss():
            text = pathlib.Path(f"/proc/{f.agent.pid_of('gate')}/status").read_text()
            return int(text.split("VmRSS:")[1].split()[0])

        before = unreclaimable(), rss()
        for n in range(20000):
            os.close(os.open(place / str(n), os.O_RDONLY))
        grown = unreclaimable() - before[0], rss() - before[1]
        assert grown[0] < 3000 and grown[1] < 3000, f"KiB in the kernel and the gate: {grown}"
        assert gate(f)["marks"] < 16384
    finally:
        end(p)
        shutil.rmtree(place)


@test
def case_51_and_52_an_older_kernel(f):
    """Without FAN_MARK_IGNORE, FAN_PRE_ACCESS and mount events: it starts, and says what it lacks."""
    f.agent.stop()
    f.agent.process = subprocess.Popen([os.environ["WITHOUT_FANOTIFY"], "old", "sealgated"],
                                       stdin=subprocess.DEVNULL, stdout=f.agent.log.open("a"),
                                       stderr=subprocess.STDOUT)
    assert lab.wait_for(f.agent.serving, 20), f.agent.log.read_text()[-2000:]
    equal(engine(f)["name"], "fanotify")
    equal(engine(f)["pre_access"], False)
    equal(covered(f, "passed descriptors, mapped"), "not covered")
    refused(client("open", fresh()))
    path = known(f, DOCS)
    for way, out in zip(READS, give(path, *READS)):
        refused(out, way)
    readable(give(path, "mmap")[0], "as status says")
    text = subprocess.run(["sealgate", "--lang", "en", "status"], stdout=subprocess.PIPE,
                          text=True).stdout
    assert "mapped" in text, text
    equal(f.agent.stop(), 0)
    f.agent.start()


@test
def case_60_hostile_document(f):
    """A bomb: the deadline is kept, others are not kept waiting."""
    openers("opener-client", "opener-editor")
    import zipfile
    path = DOCS / "bom.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        with z.open("word/document.xml", "w", force_zip64=True) as part:
            part.write(b"<w:document><w:body>")
            for _ in range(400):
                part.write(b"<w:p>" * 200000)
    path.chmod(0o644)
    other = opener("opener-editor", 2, named(2, PLAIN, "plain"))
    time.sleep(0.3)
    began = time.monotonic()
    client("open", path)
    took = time.monotonic() - began
    assert took < 0.9, f"held for {took:.2f} s"
    r = result(other)
    assert r["denied"] == 0 and r["p999_ms"] < 50, r
    assert lab.wait_for(lambda: whole(f), 10)
    refused(client("open", fresh()))


@test
def case_54_stopping_while_events_are_pending(f):
    openers("opener-client", "opener-editor")
    load = [opener("opener-client", 4, named(10, MARKED, "marked")),
            opener("opener-editor", 4, named(10, PLAIN, "plain"))]
    time.sleep(1)
    equal(f.agent.stop(), 0, f.agent.log.read_text()[-2000:])
    c, e = (result(p) for p in load)
    assert c["denied"] > 0 and c["opened"] > 0, c  # afterwards nobody refuses
    equal(e["denied"], 0, str(e))
    assert max(c["max_ms"], e["max_ms"]) < 1000, (c, e)
    f.agent.start()
    refused(client("open", fresh()))


@test
def case_54_stopping_while_processes_of_it_hang(f):
    """Openers wait neither for a gate that does not end nor for the rest of the agent."""
    openers("opener-editor")
    p = start(CLIENT, "hold", fresh(text=PLAIN))
    try:
        line(p)
        load = [opener("opener-editor", 3, named(2, PLAIN, "plain")) for _ in range(3)]
        time.sleep(0.5)
        for pid in [f.agent.pid_of(role) for role in ("watch", "core", "gate")]:
            os.kill(pid, signal.SIGSTOP)
        f.agent.stop(30)
        results = [result(x) for x in load]
    finally:
        end(p)
        f.agent.start()
    equal({r["denied"] for r in results}, {0}, str(results))
    longest = max(r["max_ms"] for r in results)
    print(f"# the longest wait was {longest:.0f} ms")
    assert longest < 1500 * SLOW, results


test(doors.the_journal_verifies)
run(doors.setup, doors.teardown)
