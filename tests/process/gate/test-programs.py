#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The gate against a fake core and a fake supervisor, with the real kernel.

Which processes belong to an application, and the start of programs. Prints TAP."""
import os, shutil, struct, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig as r
from cases import case, cgroup_root, main
from rig import Rig, EPERM, wait_for


@case
def children_of_an_application_belong_to_it():
    with Rig().start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        app = g.opener()
        assert app.ask("child " + secret)[0] == EPERM
        assert app.hear_exec(g.tool) == 0
        assert app.open(secret) == EPERM, "what an application becomes is still its"
        assert app.open(secret, "child") == EPERM
        assert wait_for(lambda: len(g.core.records) == 3)
        assert [x.identified for x in g.core.records] == ["exe", "exec", "parent"]
        assert g.core.records[1].exe == g.tool and g.core.records[2].ppid == app.pid


@case
def orphans_are_known_by_their_tag():
    root = cgroup_root()
    if not root:
        return "no writable cgroup2"
    made = []

    def tag(pid, app):
        d = "%s/sealgate.app.%s" % (root, ("chat", "talk")[app])
        if not os.path.isdir(d):
            os.mkdir(d)
        made.append(d)
        with open(d + "/cgroup.procs", "w") as f:
            f.write(str(pid))

    g = Rig(tags=True)
    g.tagger = tag
    try:
        with g.start():
            secret = g.file("s.txt", b"SECRET")
            g.settle()
            app = g.opener()
            assert g.tagged == [(app.pid, 0)], g.tagged
            assert app.hear_exec(g.tool) == 0
            assert app.ask("orphan " + secret)[0] == EPERM
            assert wait_for(lambda: g.core.records) and g.core.records[0].identified == "cgroup"
            # Another process of it needs no second tag.
            assert app.hear_exec(g.chat) == 0
            assert len(g.tagged) == 1, g.tagged
    finally:
        for d in set(made):
            wait_for(lambda: not open(d + "/cgroup.procs").read())
            os.rmdir(d)


@case
def exec_waits_for_its_tag_but_not_for_ever():
    with Rig(tags=True) as g:
        g.start()
        began = time.monotonic()
        g.tagger = lambda pid, app: time.sleep(0.05)
        g.opener()
        assert time.monotonic() - began > 0.05 and g.counters()["tag_timeouts"] == 0
        g.tagger, g.answer_tags = None, False
        began = time.monotonic()
        app = g.opener()
        assert 0.3 <= time.monotonic() - began < 5
        assert g.counters()["tag_timeouts"] == 1
        secret = g.file("s.txt", b"SECRET")
        assert app.open(secret) == EPERM


@case
def exec_may_be_refused():
    with Rig(policy="rule nochat block 0 0 2 -\n").start() as g:
        tool = g.opener(g.tool)
        assert tool.ask("exec " + g.chat)[0] == EPERM
        assert wait_for(lambda: g.core.records)
        assert (g.core.records[0].channel, g.core.records[0].path) == (1, g.chat)


@case
def a_start_is_decided_by_what_is_known_of_the_program():
    unofficial, dropped, unknown = 1 << 2, 1 << 3, 1 << 4
    rules = "rule risky block 0 0 %d -\nrule nobody-knows log 0 0 %d -\n" % (
        (dropped | unofficial) << 8, unknown << 8)
    with Rig(policy=rules).start() as g:
        g.settle()
        # nothing was told yet: the rule for what is not known decides, and it is recorded
        assert g.opener(g.tool).hear_exec(g.chat) == 0
        assert wait_for(lambda: g.core.records)
        rec = g.core.records[0]
        assert (rec.rule, rec.action, rec.posture, rec.channel) == ("nobody-knows", "log", unknown, 1)
        g.send_posture([(g.chat, unofficial), (g.tool, 0)])
        assert wait_for(lambda: g.opener(g.tool).hear_exec(g.chat) == EPERM)
        assert wait_for(lambda: [x for x in g.core.records if x.action == "block"])
        rec = [x for x in g.core.records if x.action == "block"][0]
        assert (rec.rule, rec.posture, rec.path) == ("risky", unofficial, g.chat)
        # a refused start leaves the caller what it was
        tool = g.opener(g.tool)
        assert tool.ask("exec " + g.chat)[0] == EPERM
        secret = g.file("s.txt", b"SECRET")
        assert tool.open(secret) == 0
        g.send_posture([(g.chat, 0)])
        assert wait_for(lambda: g.opener(g.tool).hear_exec(g.chat) == 0)


@case
def scripts_are_known_behind_their_interpreter():
    with Rig().start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        assert g.opener(g.script).open(secret) == EPERM
        # Without the exec event: by the command line, absolute and from the directory.
        assert g.opener(argv=[sys.executable, "-B", g.script]).open(secret) == EPERM
        assert g.opener(argv=[sys.executable, "talk"], before=lambda: os.chdir(g.fs + "/app")).open(secret) == EPERM
        assert wait_for(lambda: len(g.core.records) == 3)
        assert {x.app for x in g.core.records} == {"talk"}
        assert [x.identified for x in g.core.records] == ["exec", "script", "script"]


@case
def sandboxes_are_known_by_their_name():
    apps = "app flat chat\nflatpak org.example.Flat\n"
    with Rig(apps=apps).start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        env = dict(os.environ, FLATPAK_ID="org.example.Flat")
        app = g.opener(g.tool, env=env, before=r.private_mounts)
        # Its exec carried no mark, so what was seen before it is believed for a moment.
        assert wait_for(lambda: app.open(secret) == EPERM)
        assert wait_for(lambda: g.core.records) and g.core.records[0].identified == "flatpak"


@case
def what_was_not_seen_starting_is_found():
    with Rig(on_demand=True, program=r.GATE_SMALL) as g:
        secret = g.file("s.txt", b"SECRET")
        apps = [g.opener() for _ in range(6)]  # before there is a gate, or any mark
        os.set_inheritable(fd := os.open(secret, os.O_RDONLY), True)
        apps.append(g.opener(argv=[g.chat], close_fds=False))
        os.close(fd)
        g.start()
        g.look(True)
        assert wait_for(lambda: len(g.found) >= 4 and g.fs_marked), g.found
        time.sleep(0.5)
        # Told of as many as the bound says; all are refused.
        assert len(g.found) == 4 and all(f[2] == 1 for f in g.found), g.found
        assert g.idle == 0
        for a in apps:
            assert a.open(secret) == EPERM
        for a in apps[:-1]:
            a.close()
        g.found.clear()
        g.look(True)
        assert wait_for(lambda: g.found)
        pid, app, before, n, path = g.found[0]
        assert (pid, path) == (apps[-1].pid, secret) and n > 0, g.found
        apps[-1].close()
        assert wait_for(lambda: g.idle == 1)
        g.uncover()
        # One whose executable carries no mark.
        copy = g.fs + "/app/copy"
        os.link(g.chat, copy)
        os.unlink(g.chat)
        shutil.copy(copy, g.chat)
        g.found.clear()
        app = g.opener()
        assert wait_for(lambda: g.found and g.fs_marked), "not noticed"
        assert g.found[0][:3] == (app.pid, 0, 0), g.found
        assert app.open(secret) == EPERM


@case
def a_program_that_becomes_an_application_after_a_look():
    with Rig(on_demand=True).start() as g:
        secret = g.file("s.txt", b"SECRET")
        os.rename(g.chat, g.chat + ".old")
        shutil.copy(g.tool, g.chat)  # without a mark
        tool = g.opener(g.tool)
        g.look(False)
        assert wait_for(lambda: g.idle == 1)
        assert not g.found and not g.fs_marked
        tool.hear_exec(g.chat)
        assert wait_for(lambda: g.found and g.fs_marked), "a new executable is looked at again"
        assert tool.open(secret) == EPERM


@case
def an_exec_whose_covering_does_not_come_goes_on():
    with Rig(on_demand=True).start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.answer_tags = False
        began = time.monotonic()
        app = g.opener()
        took = time.monotonic() - began
        assert 0.09 < took < 1 and app.open(secret) == 0, took
        count, = struct.unpack_from("<Q", os.pread(g.shared, 8, 48 + 8 * g.COVER_TIMEOUTS))
        assert count == 1, count
        # It is asked again, and then it is covered.
        g.answer_tags = True
        g.look(False)
        assert wait_for(lambda: g.fs_marked)
        assert app.open(secret) == EPERM


@case
def copies_are_known_by_their_build_id():
    with Rig().start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        with open(g.tool, "rb") as f:
            program = f.read()
        at = program.find(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0")
        if at < 0:
            return "this compiler writes no build ids"
        entry = struct.pack("<II", 0, 20) + program[at + 16:at + 36]
        copy = g.fs + "/app/innocent"

        def opens(program):
            o = g.opener(program)
            time.sleep(0.1)  # while it is young, what it was before its exec may be believed
            return o.open(secret)

        shutil.copy(g.tool, copy)
        assert opens(copy) == 0, "nobody said what it is"
        r.send(g.control, r.SUP_BUILD_IDS, entry)
        assert opens(copy) == 0, "root's own program"
        os.chmod(copy, 0o777)
        assert opens(copy) == EPERM
        assert wait_for(lambda: any(x.identified == "copy" for x in g.core.records))
        assert opens(g.tool) == 0
        # More than the bound, or an application that there is not: none of them counts.
        for body in (entry * 2049, struct.pack("<II", 99, 20) + entry[8:], entry[:-1]):
            r.send(g.control, r.SUP_BUILD_IDS, body)
            time.sleep(0.1)
            assert opens(copy) == 0
        r.send(g.control, r.SUP_BUILD_IDS, entry * 2048)
        time.sleep(0.1)
        assert opens(copy) == EPERM


@case
def what_an_application_would_inherit_is_judged_before_it_starts():
    with Rig(program=r.GATE_SMALL).start() as g:
        secret, public = g.file("s.txt", b"SECRET"), g.file("p.txt", b"public")
        g.settle()

        def inherits(*paths):
            fds = [os.open(p, os.O_RDONLY) for p in paths]
            for fd in fds:
                os.set_inheritable(fd, True)
            tool = g.opener(g.tool, before=lambda: os.closerange(3, 64) if not fds else os.closerange(max(fds) + 1, 1024),
                            close_fds=False)
            for fd in fds:
                os.close(fd)
            return tool.hear_exec(g.chat)

        n = len(g.core.records)
        assert inherits(secret) == EPERM
        assert wait_for(lambda: len(g.core.records) > n)
        rec = g.core.records[-1]
        assert (rec.way, rec.path, rec.action) == ("inherited", secret, "block"), vars(rec)
        assert inherits(secret) == EPERM, "known now"
        # With more of them than the bound nobody looks at them all.
        assert inherits(*[public] * 20) == EPERM
        # In monitor mode it starts, and what would have happened is recorded, each file once.
        g.send_policy("mode monitor\n" + r.POLICY, 2)
        time.sleep(0.1)
        n = len(g.core.records)
        assert inherits(secret) == 0
        assert wait_for(lambda: len(g.core.records) > n)
        rec = g.core.records[n]
        assert (rec.way, rec.action, rec.intended) == ("inherited", "log", "block"), vars(rec)


@case
def a_number_given_again_is_another_process():
    path = "/proc/sys/kernel/ns_last_pid"
    if not os.access(path, os.W_OK):
        return "ns_last_pid is not writable"
    with Rig().start() as g:
        secret = g.file("s.txt", b"SECRET")
        g.settle()
        for first, second, expect in ((g.chat, g.tool, 0), (g.tool, g.chat, EPERM)):
            for _ in range(200):
                a = g.opener(first)
                assert a.open(secret) == (EPERM if first == g.chat else 0)
                a.close()
                with open(path, "w") as f:
                    f.write(str(a.pid - 1))
                b = g.opener(second)
                if b.pid == a.pid:
                    assert b.open(secret) == expect
                    break
            else:
                return "the number was never given again"


@case
def a_program_that_carries_no_mark_is_known_after_its_exec():
    apps = "app late chat\nexe @/app/late\n"
    with Rig() as g:
        late = g.fs + "/app/late"
        with open(g.tool, "rb") as i, open(late, "wb") as o:
            o.write(i.read())
        os.chmod(late, 0o755)
        g.apps += apps.replace("@", g.fs)
        g.start()
        secret = g.file("s.txt", b"SECRET")
        tool = g.opener(g.tool)
        assert tool.open(secret) == 0
        assert tool.hear_exec(late) == 0
        assert wait_for(lambda: tool.open(secret) == EPERM, 3), "within the life of what was believed"
    with Rig(exec_everywhere=True) as g:
        late = g.fs + "/app/late"
        with open(g.tool, "rb") as i, open(late, "wb") as o:
            o.write(i.read())
        os.chmod(late, 0o755)
        g.apps += apps.replace("@", g.fs)
        g.start()
        secret = g.file("s.txt", b"SECRET")
        tool = g.opener(g.tool)
        time.sleep(1.1)
        assert tool.open(secret) == 0
        assert tool.hear_exec(late) == 0
        assert tool.open(secret) == EPERM, "at once where every exec is seen"


sys.exit(main())
