#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What happens around the agent that must not stop it, or let a document through: media that are
pulled out, encrypted volumes, servers that do not answer, its own upgrade under load. Run in a lab:
tests/lab/enter.
"""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from doors import CLIENT, DOCS, EDITOR, MARKED, PLAIN, Fuse, ask, command, readable, refused
from tap import Skip, equal, run, test

APPS = """version: 1
apps:
  - {id: lab-chat, name: Lab chat, category: chat, exe: [/opt/lab/chat-client, /opt/lab/opener-client,
     '/home/*/ung-dung/chat-client']}
"""
count = {"n": 0}


class Fixture:
    pass


def fresh(place=DOCS, text=MARKED, word="tai-lieu"):
    count["n"] += 1
    path = place / f"{word}-{count['n']}.txt"
    path.write_text(text.format(count["n"]))
    path.chmod(0o666)
    return path


def load(name, seconds, paths):
    return subprocess.Popen(command(f"/opt/lab/{name}", seconds, *paths), stdout=subprocess.PIPE,
                            text=True)


def result(p):
    out, _ = p.communicate(timeout=90)
    return json.loads(out)


def whole(f):
    s = f.agent.status()
    return bool(s and s.get("supervisor") and s["supervisor"]["serving"] and
                all(p["state"] == "ready" for p in s["supervisor"]["processes"]))


def covered(f, place):
    return any(c["mount"] == str(place) and c["state"] == "covered"
               for c in f.agent.status()["supervisor"]["coverage"])


class Alive:
    """A client that lives, so that the file systems are covered."""

    def __enter__(self):
        self.p = subprocess.Popen(command(CLIENT, "hold", fresh(text=PLAIN)), stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.p.stdout.readline()
        return self

    def __exit__(self, *why):
        self.p.kill()
        self.p.wait()
        self.p.stdin.close()
        self.p.stdout.close()


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    CLIENT.parent.mkdir(parents=True)
    for path in (CLIENT, EDITOR):
        shutil.copy(os.environ["DOOR"], path)
    for name in ("opener-client", "opener-editor"):
        shutil.copy(os.environ["OPENER"], f"/opt/lab/{name}")
    (lab.ETC / "apps").mkdir(parents=True)
    (lab.ETC / "apps/lab.yaml").write_text(APPS)
    lab.copy_shipped_policy()
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()
    return f


def teardown(f):
    if f:
        f.agent.stop()


@test
def a_server_that_opens_what_is_marked(f):
    """As a document portal: neither it nor who uses it is refused or kept waiting for long."""
    with Alive(), Fuse("nested", fresh(text=PLAIN), "nested") as fs:
        assert lab.wait_for(lambda: covered(f, fs.place)), f.agent.status()["supervisor"]["coverage"]
        took = []
        for _ in range(10):
            began = time.monotonic()
            readable(ask(EDITOR, "open", fs.file))
            took.append(time.monotonic() - began)
        print(f"# an open through it took {sorted(took)[5] * 1000:.0f} ms, its start included")
        assert lab.wait_for(lambda: any(r["kind"] == "gap" and r["what"] == "fuse" for r in lab.records()), 10)
    with Alive(), Fuse("nested-secret", fresh(), "nested") as fs:
        assert lab.wait_for(lambda: covered(f, fs.place))
        refused(ask(CLIENT, "open", fs.file))
        readable(ask(EDITOR, "open", fs.file))


def hanging(f):
    """Opens that are never answered, again and again, while others open."""
    secret, plain = [fresh(word="marked") for _ in range(4)], [fresh(text=PLAIN, word="plain")]
    with Fuse("hang-open", fresh(text=PLAIN), "hang-open") as fs:
        client = load("opener-client", 4, map(str, secret))
        editor = load("opener-editor", 4, map(str, secret + plain))
        assert lab.wait_for(lambda: covered(f, fs.place)), f.agent.status()["supervisor"]["coverage"]
        stuck = []
        for _ in range(6):
            stuck.append(subprocess.Popen(command(EDITOR, "open", fs.file), stdout=subprocess.DEVNULL))
            time.sleep(0.4)
        c, e = result(client), result(editor)
        for p in stuck:
            p.kill()
            p.wait()
    print(f"# client {c}")
    print(f"# editor {e}")
    equal((c["marked_opened"], e["denied"]), (0, 0), f"{c} {e}")
    assert c["denied"] > 0 and e["max_ms"] < 10000, (c, e)
    assert lab.wait_for(lambda: whole(f), 15), f.agent.status()["supervisor"]["processes"]


@test
def a_server_that_does_not_answer_opens(f):
    hanging(f)


@test
def the_agent_is_stopped_while_a_server_does_not_answer(f):
    """Nothing of it stays behind that others would wait for."""
    plain = fresh(text=PLAIN)
    with Fuse("hang-stop", fresh(text=PLAIN), "hang-open") as fs:
        f.agent.stop()
        f.agent.start()  # the server's user was left alone after the last test
        with Alive():
            assert lab.wait_for(lambda: covered(f, fs.place))
            stuck = [subprocess.Popen(command(EDITOR, "open", fs.file), stdout=subprocess.DEVNULL)
                     for _ in range(2)]
            time.sleep(0.15)
            waiting = [subprocess.Popen(command(EDITOR, "open", plain), stdout=subprocess.DEVNULL)
                       for _ in range(5)]
            equal(f.agent.stop(30), 0, f.agent.log.read_text()[-2000:])
            for p in waiting:
                p.wait(20)
            readable(ask(EDITOR, "open", plain))
            for p in stuck:
                p.kill()
                p.wait(20)
        left = subprocess.run(["pgrep", "-x", "sealgate-gate"], stdout=subprocess.PIPE, text=True)
        equal(left.stdout, "", "gates that are left")
    f.agent.start()


@test
def a_home_that_does_not_answer(f):
    """Where the policy's patterns lead: the agent starts, applications are covered, those in other
    homes are held at their start."""
    an = pathlib.Path("/home/an")
    an.mkdir()
    mine = pathlib.Path("/home/lan/ung-dung/chat-client")
    mine.parent.mkdir()
    shutil.copy(CLIENT, mine)
    mine.parent.parent.chmod(0o755)
    f.agent.stop()
    with Fuse("ung-dung", fresh(text=PLAIN), "silent", place=an) as fs:
        f.agent.start()

        def idle():
            return f.agent.status()["supervisor"]["arming"]["state"] == "idle"

        looks = f.agent.status()["supervisor"]["programs"]
        equal(looks["stalled"], [str(fs.place)])
        for program in (CLIENT, mine):
            assert lab.wait_for(idle, 30)
            path = fresh()
            refused(ask(program, "open", path))
            assert lab.wait_for(lambda: any(i["path"] == str(path) for i in f.agent.incidents()), 10)
            equal([i["identified"] for i in f.agent.incidents() if i["path"] == str(path)], ["exec"])
        ways = {w["area"]: w for w in f.agent.status()["supervisor"]["ways"]}
        way = ways["starts from places that do not answer"]
        assert way["state"] == "not covered" and str(fs.place) in way["why"], way
        assert any(r["kind"] == "gap" and r["what"] == "programs" and str(fs.place) in r["text"]
                   for r in lab.records())
        # A look while it hangs leaves that place out, and nobody waits for it.
        os.kill(f.agent.process.pid, signal.SIGHUP)
        before = looks["looks"]
        assert lab.wait_for(lambda: f.agent.status()["supervisor"]["programs"]["looks"] > before, 60)
        equal(f.agent.status()["supervisor"]["programs"]["stalls"], 1)
        gate = f.agent.status()["supervisor"]["gate"]
        equal((gate["cover_timeouts"], gate["tag_timeouts"]), (0, 0))
        equal(f.agent.stop(), 0, f.agent.log.read_text()[-2000:])
    f.agent.start()


@test
def more_homes_that_do_not_answer_than_are_waited_for(f):
    f.agent.stop()
    hanging = []
    try:
        for n in range(9):
            home = pathlib.Path(f"/home/treo-{n}")
            home.mkdir()
            hanging.append(Fuse("ung-dung", fresh(text=PLAIN), "silent", place=home))
        f.agent.start()
        assert lab.wait_for(
            lambda: len(f.agent.wait_for_status()["supervisor"]["programs"]["stalled"]) == 8, 60)
        time.sleep(2)  # no ninth copy
        s = f.agent.wait_for_status()["supervisor"]
        equal((s["programs"]["stalls"], len(s["programs"]["stalled"])), (8, 8))
        assert s["programs"]["known"] > 0, s["programs"]
        assert lab.wait_for(lambda: f.agent.status()["supervisor"]["arming"]["state"] == "idle", 30)
        path = fresh()
        refused(ask(CLIENT, "open", path), "at its start: no pattern leads to it through a home")
        assert lab.wait_for(lambda: any(i["path"] == str(path) for i in f.agent.incidents()), 10)
        equal([i["identified"] for i in f.agent.incidents() if i["path"] == str(path)], ["exec"])
        equal(f.agent.stop(), 0, f.agent.log.read_text()[-2000:])
    finally:
        for fs in hanging:
            fs.__exit__()
        f.agent.stop()
        f.agent.start()


@test
def the_same_where_no_control_group_can_be_written(f):
    """Who answers in the gate's stead knows the applications by what the gate knows of them."""
    f.agent.stop()
    subprocess.run(["umount", "-l", "/sys/fs/cgroup/cgroup2"], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["umount", "-R", "-l", "/sys/fs/cgroup"], check=True)
    try:
        f.agent.start()
        assert f.agent.status()["supervisor"]["lineage"].startswith("partial"), f.agent.status()
        hanging(f)
    finally:
        f.agent.stop()
        subprocess.run(["mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"], check=True)
        f.agent.start()


@test
def all_processors_are_busy(f):
    """Openers wait for the gate's turn: it comes before that of whoever computes."""
    try:
        os.sched_setscheduler(os.getpid(), os.SCHED_RR, os.sched_param(1))
        os.sched_setscheduler(os.getpid(), os.SCHED_OTHER, os.sched_param(0))
    except PermissionError:
        raise Skip("nobody may have real-time priority here") from None
    how = {role: os.sched_getscheduler(f.agent.pid_of(role)) & ~os.SCHED_RESET_ON_FORK
           for role in ("gate", "core", "log", "scan")}
    equal(how, {"gate": os.SCHED_RR, "core": os.SCHED_OTHER, "log": os.SCHED_OTHER,
                "scan": os.SCHED_OTHER})
    status = pathlib.Path(f"/proc/{f.agent.pid_of('gate')}/status").read_text()
    assert int(status.split("VmLck:")[1].split()[0]) > 1000, "its memory is not locked"
    restarts = [p["restarts"] for p in f.agent.status()["supervisor"]["processes"] if p["role"] == "gate"]
    busy = [subprocess.Popen(["/usr/bin/python3", "-c", "while True: pass"])
            for _ in range(4 * os.cpu_count())]
    try:
        with Alive():
            r = result(load("opener-editor", "3@200", [str(fresh(text=PLAIN)) for _ in range(5)]))
    finally:
        for p in busy:
            p.kill()
            p.wait()
    print(f"# {r}")
    equal(r["denied"], 0)
    s = f.agent.wait_for_status()["supervisor"]
    equal([p["restarts"] for p in s["processes"] if p["role"] == "gate"], restarts, "was taken for hung")
    assert s["gate"]["max_ms"]["ungated"] < 100, s["gate"]["max_ms"]


@test
def a_stick_that_is_pulled_out(f):
    """Its device goes while the file system is mounted, covered, and files of it are held."""
    image, stick = pathlib.Path("/tmp/stick.img"), DOCS / "stick"
    stick.mkdir()
    with image.open("wb") as img:
        img.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    with Alive():
        for n in range(3):
            subprocess.run(["mount", "-o", "loop", str(image), str(stick)], check=True)
            stick.chmod(0o777)
            assert lab.wait_for(lambda: covered(f, stick))
            paths = [fresh(stick) for _ in range(4)]
            subprocess.run(["sync"], check=True)
            refused(ask(CLIENT, "open", paths[0]))
            pulled = load("opener-client", 2, map(str, paths[1:]))
            time.sleep(0.3)
            with image.open("r+b") as img:  # what is not cached cannot be read any more
                img.truncate(0)
            pathlib.Path("/proc/sys/vm/drop_caches").write_text("2") if n == 2 else None
            subprocess.run(["umount", "-l", str(stick)], check=True)
            r = result(pulled)
            equal(r["opened"], 0, str(r))
            with image.open("r+b") as img:
                img.truncate(64 << 20)
            subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
            refused(ask(CLIENT, "open", fresh()), "what is still there")
            readable(ask(EDITOR, "open", fresh()))
    assert lab.wait_for(lambda: not covered(f, stick), 10)
    assert lab.wait_for(lambda: whole(f), 15)
    stick.rmdir()


@test
def a_stick_that_is_let_go_slowly(f):
    """The gate is the last to close a file of an unmounted file system, and has to write all of it back,
    which its device does not do."""
    below, stick = pathlib.Path("/tmp/below"), DOCS / "slow-stick"
    for place, image in ((below, pathlib.Path("/tmp/below.img")), (stick, below / "stick.img")):
        place.mkdir()
        with image.open("wb") as img:
            img.truncate(128 << 20 if place == below else 64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)
    stick.chmod(0o777)
    frozen = os.open(below, os.O_RDONLY)
    with Alive():
        assert lab.wait_for(lambda: covered(f, stick))
        path, plain = fresh(stick), fresh(text=PLAIN)
        (stick / "dirty").write_bytes(b"x" * (4 << 20))
        core, gate = f.agent.pid_of("core"), f.agent.pid_of("gate")
        os.kill(core, signal.SIGSTOP)
        p = subprocess.Popen(command(CLIENT, "open", path), stdout=subprocess.DEVNULL)
        time.sleep(0.15)  # held; core has it in its socket
        p.kill()
        p.wait()
        editor = load("opener-editor", 5, [str(plain)])
        subprocess.run(["umount", "-l", str(stick)], check=True)
        fcntl.ioctl(frozen, 0xc0045877, 0)  # FIFREEZE
        try:
            os.kill(core, signal.SIGKILL)
            assert lab.wait_for(lambda: pathlib.Path(f"/proc/{gate}/syscall").read_text().startswith("3 "),
                                2), "the gate was not the last"
            e = result(editor)
        finally:
            fcntl.ioctl(frozen, 0xc0045878, 0)  # FITHAW
            os.close(frozen)
        print(f"# {e}")
        equal(e["denied"], 0)
        assert e["max_ms"] < 2000, e
        assert lab.wait_for(lambda: whole(f), 15)
        refused(ask(CLIENT, "open", fresh()), "by its successor")
    assert lab.wait_for(lambda: not pathlib.Path(f"/proc/{gate}").exists(), 15), "it is not reaped"
    subprocess.run(["umount", "-l", str(below)], check=True)


@test
def an_encrypted_volume(f):
    """LUKS: opened, covered, and closed again, which a file of it that is still open would prevent."""
    devices = pathlib.Path("/proc/misc").read_text()
    if not shutil.which("cryptsetup") or "device-mapper" not in devices:
        raise Skip("needs cryptsetup, and a kernel with device mapper; --suite qemu has one")
    image, place = pathlib.Path("/tmp/luks.img"), DOCS / "luks"
    place.mkdir()
    with image.open("wb") as img:
        img.truncate(64 << 20)
    key = pathlib.Path("/tmp/luks.key")
    key.write_text("lab")
    crypt = ["cryptsetup", "--batch-mode", "--key-file", str(key)]
    subprocess.run([*crypt, "luksFormat", "--pbkdf", "pbkdf2", str(image)], check=True)
    with Alive():
        subprocess.run([*crypt, "open", str(image), "lab-luks"], check=True)
        subprocess.run(["mkfs.ext4", "-q", "/dev/mapper/lab-luks"], check=True)
        subprocess.run(["mount", "/dev/mapper/lab-luks", str(place)], check=True)
        place.chmod(0o777)
        assert lab.wait_for(lambda: covered(f, place))
        refused(ask(CLIENT, "open", fresh(place)))
        assert lab.wait_for(lambda: subprocess.run(["umount", str(place)]).returncode == 0, 10)
        assert lab.wait_for(lambda: subprocess.run(["cryptsetup", "close", "lab-luks"]).returncode == 0, 10)


@test
def programs_on_a_layer_of_what_is_protected(f):
    """As with overlayroot, systemd-sysext or in a container. What the overlay opens in its layers goes
    by no mount of the agent's: the start of the gate's successor raises events that nobody else answers."""
    f.agent.stop()
    top, below = pathlib.Path("/run/layered"), pathlib.Path("/var/layer")
    root = top / "root"
    for d in (top / "upper", top / "work", root, below):
        d.mkdir(parents=True)
    subprocess.run(["mount", "-t", "overlay", "-o", f"lowerdir=/,upperdir={top}/upper,workdir={top}/work",
                    "overlay", root], check=True)
    for d in ("proc", "dev", "sys", "run", "srv/docs"):
        source = below if d == "srv/docs" else f"/{d}"
        subprocess.run(["mount", "--rbind", source, root / d], check=True)
    configuration = lab.ETC / "agent.yaml"
    kept = configuration.read_text()
    configuration.write_text(kept + "arm: always\n")
    try:
        with f.agent.log.open("a") as log:
            f.agent.process = subprocess.Popen(["chroot", root, "sealgated"], stdin=subprocess.DEVNULL,
                                               stdout=log, stderr=subprocess.STDOUT)
        # Ends a machine that stands still, without a file of its own.
        watchdog = os.fork()
        if watchdog == 0:
            time.sleep(120)
            os.kill(f.agent.process.pid, signal.SIGKILL)
            os._exit(0)
        assert lab.wait_for(lambda: f.agent.process.poll() is not None or whole(f), 60)
        assert lab.wait_for(lambda: any(c["state"] == "covered" for c in f.agent.status()["supervisor"]["coverage"]))
        for role in ("gate", "core", "gate"):
            before = f.agent.pid_of(role)
            os.kill(before, signal.SIGKILL)
            readable(ask(EDITOR, "open", fresh(below)))
            assert lab.wait_for(lambda: f.agent.pid_of(role) not in (0, before) and whole(f), 30), role
        journal = (top / "upper").joinpath(*lab.STATE.parts[1:]) / "journal"
        assert lab.wait_for(lambda: any("were answered for it" in p.read_text() for p in journal.glob("*.jsonl")))
        os.kill(watchdog, signal.SIGKILL)
        os.waitpid(watchdog, 0)
        equal(f.agent.stop(), 0)
    finally:
        configuration.write_text(kept)
        subprocess.run(["umount", "-R", "-l", root], check=True)
    f.agent.start()


@test
def its_own_upgrade_under_load(f):
    """As a package manager does it: new files under the old names, then another start. Nobody is
    refused or kept waiting who should not be, and what is stopped or running is never half of each."""
    secret = [str(fresh(word="marked")) for _ in range(5)]
    plain = [str(fresh(text=PLAIN, word="plain")) for _ in range(5)]
    editor = load("opener-editor", 12, secret + plain)
    for n in range(3):
        for top in (lab.LIBEXEC, pathlib.Path("/usr/sbin")):
            for old in top.glob("sealgate*"):
                if not old.is_file():
                    continue
                new = old.with_name(old.name + ".dpkg-new")
                shutil.copy2(old, new)
                new.rename(old)
        equal(f.agent.stop(), 0, f.agent.log.read_text()[-2000:])
        f.agent.start()
        client = load("opener-client", 1, secret)
        # While the new one runs, its processes are replaced as well.
        os.kill(f.agent.pid_of("gate"), signal.SIGKILL)
        os.kill(f.agent.pid_of("core"), signal.SIGKILL)
        c = result(client)
        equal(c["marked_opened"], 0, str(c))
    e = result(editor)
    equal(e["denied"], 0, str(e))
    assert e["max_ms"] < 3000, e
    assert lab.wait_for(lambda: whole(f), 15)


@test
def the_journal_is_rotated_under_load(f):
    """Small segments, kept for long: the chain goes on from file to file."""
    f.agent.stop()
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml", extra="journal: {file-size: 65536}\n").start()
    before = len(list((lab.STATE / "journal").glob("*.jsonl")))
    secret = [str(fresh(word="marked")) for _ in range(400)]
    c = result(load("opener-client", 1, secret))
    equal(c["marked_opened"], 0, str(c))
    for path in (lab.STATE / "journal").glob("*.jsonl"):
        assert path.stat().st_size < 1 << 20, path
    assert len(list((lab.STATE / "journal").glob("*.jsonl"))) > before, "no file was closed"
    r = f.agent.verify()
    equal(r.returncode, 0, r.stdout)


@test
def the_chain_is_clean(f):
    r = f.agent.verify()
    equal(r.returncode, 0, r.stdout)


if __name__ == "__main__":
    run(setup, teardown)
