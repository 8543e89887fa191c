#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The gate against a fake core and a fake supervisor, with the real kernel.

Which files are judged, and how long what is known of them holds. Prints TAP."""
import mmap, os, struct, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig as r
from cases import case, main
from rig import Rig, EPERM, wait_for


@case
def a_changed_file_may_be_what_it_was():
    """It carries a mark since it was read; now it is another, and core does not answer."""
    with Rig(hold_ms=300).start() as g:
        path = g.file("s.txt", b"SECRET")
        g.settle()
        app = g.opener()
        assert app.open(path) == EPERM
        with open(path, "wb") as f:
            f.write(b"something else")
        g.core.silent = True
        assert app.open(path) == EPERM
        assert wait_for(lambda: len(g.core.records) == 2)
        rec = g.core.records[1]
        assert (rec.failure, rec.may_be, rec.level) == ("deadline", "state-secret", r.NONE), vars(rec)


@case
def gated_known_is_answered_from_the_facts():
    with Rig().start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        app = g.opener()
        assert [app.open(secret) for _ in range(5)] == [EPERM] * 5
        assert len(g.core.asked) == 1, g.core.asked
        assert g.counters()["known"] == 4


@case
def names_of_a_file_do_not_matter():
    with Rig().start() as g:
        secret = g.file("s.txt", b"SECRET")
        os.link(secret, g.docs + "/link.jpg")
        os.symlink(secret, g.other + "/sym.txt")
        g.settle()
        app = g.opener()
        for path in (secret, g.docs + "/link.jpg", g.other + "/sym.txt"):
            assert app.open(path) == EPERM, path
        os.rename(secret, g.docs + "/holiday.jpg")
        assert app.open(g.docs + "/holiday.jpg") == EPERM
        assert app.open(g.docs + "/holiday.jpg", "write") == EPERM


@case
def outside_is_not_judged_unless_the_path_is_forged():
    with Rig().start() as g:
        outside = g.other + "/s.txt"
        with open(outside, "wb") as f:
            f.write(b"SECRET")
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        assert g.opener().open(outside) == 0
        assert g.core.asked == [] and g.counters()["outside"] > 0

        def forge():
            r.private_mounts()
            r.check(r.libc.mount(g.docs.encode(), g.other.encode(), None, 4096, None), "bind")

        assert g.opener(before=forge).open(outside) == EPERM
        assert wait_for(lambda: g.core.records) and g.core.records[0].path == outside


@case
def a_neighbour_with_the_same_beginning_is_outside():
    with Rig().start() as g:
        os.mkdir(g.docs + "2")
        with open(g.docs + "2/s.txt", "wb") as f:
            f.write(b"SECRET")
        assert g.opener().open(g.docs + "2/s.txt") == 0


@case
def directories_and_empty_files_are_not_held():
    with Rig(hold_ms=20000).start() as g:
        g.core.silent = True
        empty = g.file("empty", b"")
        app = g.opener()
        assert app.open(empty) == 0 and app.open(g.docs) == 0
        assert g.counters()["held"] == 0


@case
def a_changed_file_is_looked_at_again():
    with Rig().start() as g:
        doc = g.file("d.txt", b"plain")
        g.settle()
        app = g.opener()
        assert app.open(doc) == 0 and app.open(doc) == 0 and len(g.core.asked) == 1
        g.file("d.txt", b"SECRET")
        assert app.open(doc) == EPERM
        st = os.stat(doc)
        g.settle()
        g.file("d.txt", b"PLAIN!")
        os.utime(doc, ns=(st.st_atime_ns, st.st_mtime_ns))
        assert app.open(doc) == 0, "a forged mtime"


@case
def facts_of_a_file_being_written_hold_once():
    with Rig().start() as g:
        doc = g.file("d.txt", b"plain" * 100)
        g.settle()
        app = g.opener()
        with open(doc, "r+b") as f:
            m = mmap.mmap(f.fileno(), 0)
            m[0]  # mapped by reading: a store leaves ctime alone on tmpfs
            assert app.open(doc) == 0 and app.open(doc) == 0
            assert len(g.core.asked) == 2, "a writer was there"
            m[0:6] = b"SECRET"
            assert app.open(doc) == EPERM
            m.close()
        assert wait_for(lambda: [x[1] for x in g.core.confirmed] == [0, 0, 0])


@case
def facts_on_tmpfs_do_not_meet_a_writer_and_grow_old():
    with Rig(program=r.GATE_SMALL).start() as g:
        doc = g.file("d.txt", b"plain" * 100)
        g.settle()
        app = g.opener()
        assert app.open(doc) == 0 and app.open(doc) == 0 and len(g.core.asked) == 1
        with open(doc, "r+b") as f:
            m = mmap.mmap(f.fileno(), 0)
            m[0]
            m[0:6] = b"SECRET"
            assert app.open(doc) == EPERM, "kept facts although somebody writes"
            m[0:6] = b"plain!"
            m.close()
        assert app.open(doc) == 0
        n = len(g.core.asked)
        assert app.open(doc) == 0 and len(g.core.asked) == n
        time.sleep(2.1)
        assert app.open(doc) == 0 and len(g.core.asked) == n + 1


@case
def facts_on_disk_are_kept():
    image = "/var/tmp/gate-test-%d.img" % os.getpid()
    try:
        with open(image, "wb") as f:
            f.truncate(16 << 20)
        if subprocess.run(["mkfs.ext4", "-q", image], stderr=subprocess.DEVNULL).returncode:
            return "no mkfs.ext4"
        try:
            g = Rig(image=image, program=r.GATE_SMALL)
        except subprocess.CalledProcessError:
            return "no loop mounts"
        with g.start():
            doc = g.file("d.txt", b"plain" * 100)
            g.settle()
            app = g.opener()
            assert app.open(doc) == 0
            assert wait_for(lambda: g.core.confirmed) and g.core.confirmed[0][1] == 1
            with open(doc, "r+b") as f:
                m = mmap.mmap(f.fileno(), 0)
                m[0]
                m[0:6] = b"SECRET"
                m.close()
            assert app.open(doc) == EPERM, "a store through a mapping that is gone"
            g.file("d.txt", b"plain")
            assert app.open(doc) == 0
            n = len(g.core.asked)
            time.sleep(2.2)
            g.file("e.txt", b"SECRET")
            g.settle()
            assert app.open(g.docs + "/e.txt") == EPERM
            time.sleep(2.2)
            assert app.open(g.docs + "/e.txt") == EPERM
            assert len(g.core.asked) == n + 1, "kept longer than on tmpfs"
    finally:
        os.unlink(image)


@case
def new_rules_forget_the_facts():
    with Rig().start() as g:
        doc = g.file("d.txt", b"plain")
        other = g.file("o.txt", b"plain")
        g.settle()
        app = g.opener()
        assert app.open(doc) == 0 and app.open(doc) == 0 and len(g.core.asked) == 1
        g.core.generation = 2
        assert app.open(other) == 0 and len(g.core.asked) == 2
        assert app.open(other) == 0 and len(g.core.asked) == 2
        assert app.open(doc) == 0 and len(g.core.asked) == 3


@case
def a_new_policy_decides_anew():
    with Rig().start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        app, tool = g.opener(), g.opener(g.tool)
        assert app.open(secret) == EPERM and tool.open(secret) == 0
        g.send_policy("mode monitor\n" + r.POLICY, 7)
        assert wait_for(lambda: app.open(secret) == 0)
        assert wait_for(lambda: len(g.core.records) == 2 and g.core.records[1].policy_version == 7)
        assert (g.core.records[1].action, g.core.records[1].intended) == ("log", "block")
        # The numbers of the applications change, and the tool becomes one.
        g.apps = "app tool chat\nexe %s\n%s" % (g.tool, g.apps)
        g.send_policy(version=8)
        assert wait_for(lambda: app.open(secret) == EPERM) and wait_for(lambda: tool.open(secret) == EPERM)
        assert wait_for(lambda: {x.app for x in g.core.records} == {"chat", "tool"})
        # And one ceases to be one.
        g.apps = "app talk chat\nexe %s\n" % g.script
        g.send_policy(version=9)
        assert wait_for(lambda: app.open(secret) == 0)


@case
def a_policy_that_is_no_policy_changes_nothing():
    with Rig().start() as g:
        secret = g.file("s.txt", b"SECRET")
        app = g.opener()
        assert app.open(secret) == EPERM
        bad = os.memfd_create("bad", os.MFD_ALLOW_SEALING)
        os.write(bad, b"nonsense")
        r.send(g.control, r.SUP_POLICY, struct.pack("<I", 9), [bad, bad])  # not even sealed
        os.close(bad)
        assert app.open(secret) == EPERM and g.gate.poll() is None


@case
def openers_of_one_file_share_one_request():
    with Rig(hold_ms=20000).start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        app = g.opener()
        g.core.silent = True
        app.tell("threads 50 " + secret)
        assert wait_for(lambda: g.n_held() == 50 and g.core.unanswered)
        assert len(g.core.asked) == 1
        g.core.answer_late()
        assert app.hear()[:2] == [0, 50]
        assert g.counters()["shared"] == 49


@case
def who_joins_while_the_file_changes_is_not_told_old_facts():
    with Rig(hold_ms=20000).start() as g:
        doc = g.file("d.txt", b"plain!")
        f = open(doc, "r+b")
        m = mmap.mmap(f.fileno(), 0)
        m[0]
        g.settle()
        first, second = g.opener(), g.opener()
        g.core.silent = True
        first.tell("open " + doc)
        assert wait_for(lambda: len(g.core.unanswered) == 1)
        m[0:6] = b"SECRET"  # after the scan read it, as far as the gate can know; ctime stays
        second.tell("open " + doc)
        assert wait_for(lambda: g.n_held() == 2)
        old = g.core.unanswered.pop()
        g.core.silent = False
        g.core.facts(old, r.NONE)
        old.close()
        assert first.hear()[0] == 0
        assert second.hear()[0] == EPERM and len(g.core.asked) == 2
        m.close()
        f.close()


sys.exit(main())
