#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The file systems are under marks while an application lives, and only then.

The client is a copy of the shell that the policy lists by its path; /opt/lab/copies/* is listed by a
pattern, and what is put there while the agent runs carries no mark yet. Run in a lab:
tests/lab/enter.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from tap import equal, run, test

DOCS = lab.DOCS
CLIENT = pathlib.Path("/opt/lab/chat-client")
COPIES = pathlib.Path("/opt/lab/copies")
APPS = """version: 1
apps:
  - id: lab-chat
    name: Lab chat
    category: chat
    exe: [/opt/lab/chat-client, /opt/lab/copies/*]
    flatpak: [org.lab.Chat]
    snap: [lab-held]
"""
MARKED = "TRẠM QUAN TRẮC\nSố: 5/BC\n\nMẬT\n\nBÁO CÁO\n\nMực nước hồ chứa số hai là bốn mét.\n"


class Fixture:
    pass


def as_user(*argv, **kw):
    return subprocess.Popen(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", *argv],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, bufsize=1, **kw)


def client(script, path=CLIENT):
    p = as_user(str(path), "-c", script)
    out, _ = p.communicate(timeout=20)
    return out


def reads(path):
    return f"read -r line < '{path}' && echo READ"


def denied(out):
    return "not permitted" in out.lower() and "READ" not in out


def marks(f):
    """Marks on file systems in the agent's groups, as the kernel tells."""
    n = 0
    for info in pathlib.Path(f"/proc/{f.agent.process.pid}/fdinfo").iterdir():
        try:
            n += sum(line.startswith("fanotify sdev:") for line in info.read_text().splitlines())
        except OSError:
            pass
    return n


def idle(f, seconds=15):
    return lab.wait_for(lambda: marks(f) == 0, seconds)


def arming(f):
    return f.agent.status()["supervisor"]["arming"]


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    COPIES.mkdir(parents=True)
    shutil.copy("/bin/dash", CLIENT)
    lab.ETC.mkdir(parents=True, exist_ok=True)
    (lab.ETC / "apps").mkdir()
    (lab.ETC / "apps/lab.yaml").write_text(APPS)
    lab.copy_shipped_policy()
    f.marked = DOCS / "bao-cao.txt"
    f.marked.write_text(MARKED)
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()
    return f


def teardown(f):
    if f:
        f.agent.stop()


@test
def idle_has_no_mark_on_any_file_system(f):
    assert idle(f), arming(f)
    s = f.agent.status()["supervisor"]
    equal(s["arming"]["state"], "idle", "state")
    equal(s["arming"]["when"], "on-demand", "when")
    equal({c["state"] for c in s["coverage"]}, {"on demand"}, "coverage")
    assert s["engine"]["executables_marked"] > 0, s["engine"]
    plain = DOCS / "thu-vien.txt"
    plain.write_text("Thư viện xã mở cửa cả ngày chủ nhật.\n")
    asked = s["gate"]["allowed_ungated"]
    for _ in range(100):
        plain.read_text()
    equal(f.agent.status()["supervisor"]["gate"]["allowed_ungated"], asked, "opens that were seen")
    text = subprocess.run(["sealgate", "--lang", "en", "status"], stdout=subprocess.PIPE,
                          text=True).stdout
    assert "noticed within" in text and "no, 0 processes" in text, text


@test
def the_first_open_of_the_first_client_is_refused(f):
    """From idle each time."""
    for n in range(4):
        assert idle(f), arming(f)
        out = client(reads(f.marked))
        assert denied(out), f"start {n} from idle: {out!r}"
    assert marks(f) > 0, "still armed right after"
    assert arming(f)["times"] >= 4, arming(f)
    equal(f.agent.status()["supervisor"]["gate"]["cover_timeouts"], 0, "starts uncovered")
    print(f"# armed in {arming(f)['max_ms']} ms at most")


@test
def fifty_starts_in_a_row(f):
    for n in range(50):
        out = client(reads(f.marked))
        assert denied(out), f"start {n}: {out!r}"


@test
def what_an_application_left_behind_keeps_it_armed(f):
    """A double-forked child, asleep, that has opened nothing; it reads later."""
    out = pathlib.Path("/tmp/out")
    out.write_text("")
    out.chmod(0o666)
    client(f"(setsid sh -c 'sleep 12; cat {f.marked} && echo READ' > {out} 2>&1 &) ; exit 0")
    time.sleep(9)
    assert marks(f) > 0, "uncovered although a child lives"
    assert lab.wait_for(lambda: out.read_text(), 10), "the child did not run"
    time.sleep(0.3)
    assert denied(out.read_text()), out.read_text()
    assert idle(f), "not uncovered after the child's end"


@test
def a_client_that_cannot_be_seen_starting(f):
    """Put under a pattern's path just now: no mark on it. It is noticed within what status says."""
    assert idle(f)
    within = f.agent.status()["supervisor"]["gate"]["noticed_within_s"]
    copy = COPIES / f"copy-{time.time_ns()}"
    shutil.copy("/bin/dash", copy)
    p = as_user(str(copy), "-c", f"read -r go; {reads(f.marked)}")
    try:
        began = time.monotonic()
        assert lab.wait_for(lambda: marks(f) > 0, within + 5), "not noticed"
        took = time.monotonic() - began
        assert took < within + 1, f"noticed after {took:.1f} s, said {within} s"
        out, _ = p.communicate("go\n", timeout=20)
        assert denied(out), out
        print(f"# noticed after {took:.1f} s; said within {within} s")
    finally:
        p.kill()
        copy.unlink()
    assert lab.wait_for(lambda: lab.records(None, "noticed"), 5), "no record"


@test
def the_gate_is_replaced_while_armed(f):
    p = as_user(str(CLIENT), "-c", f"read -r go; {reads(f.marked)}")
    try:
        assert lab.wait_for(lambda: marks(f) > 0, 5)
        pid = f.agent.pid_of("gate")
        os.kill(pid, signal.SIGKILL)
        assert lab.wait_for(lambda: f.agent.pid_of("gate") not in (0, pid), 10)
        for _ in range(20):
            assert marks(f) > 0, "uncovered by the gate's end"
            time.sleep(0.4)
        out, _ = p.communicate("go\n", timeout=20)
        assert denied(out), out
    finally:
        p.kill()
    assert idle(f)


@test
def the_gate_is_replaced_while_idle(f):
    pid = f.agent.pid_of("gate")
    os.kill(pid, signal.SIGKILL)
    assert denied(client(reads(f.marked))), "a start at once"
    assert lab.wait_for(lambda: f.agent.pid_of("gate") not in (0, pid), 10)
    assert idle(f)


@test
def a_client_that_runs_when_the_agent_starts(f):
    equal(f.agent.stop(), 0, "stop")
    p = as_user(str(CLIENT), "-c",
                f"exec 5< '{f.marked}'; echo OPEN; read -r go; {reads(f.marked)}")
    try:
        equal(p.stdout.readline(), "OPEN\n", "without an agent it opens")
        f.agent.start()
        time.sleep(7)  # longer than the grace
        assert marks(f) > 0, "uncovered although the client runs"
        out, _ = p.communicate("go\n", timeout=20)
        assert denied(out), out
    finally:
        p.kill()
    for what, name in (("already-running", "lab-chat"), ("already-open", str(f.marked))):
        assert lab.wait_for(lambda: any(name in r["text"] for r in lab.records(None, what)), 20), what
    assert idle(f)


@test
def the_record_of_it_where_names_are_left_out(f):
    equal(f.agent.stop(), 0, "stop")
    settings = (lab.ETC / "agent.yaml").read_text()
    before = len(lab.records(None, "already-open"))
    p = as_user(str(CLIENT), "-c", f"exec 5< '{f.marked}'; echo OPEN; read -r go")
    try:
        equal(p.stdout.readline(), "OPEN\n", "without an agent it opens")
        (lab.ETC / "agent.yaml").write_text(settings + "journal: {omit-names: confidential}\n")
        f.agent.start()
        assert lab.wait_for(lambda: len(lab.records(None, "already-open")) > before, 20)
        text = lab.records(None, "already-open")[-1]["text"]
        assert str(f.marked) not in text and "lab-chat" in text, text
    finally:
        p.kill()
    equal(f.agent.stop(), 0, "stop")
    (lab.ETC / "agent.yaml").write_text(settings)
    f.agent.start()
    assert idle(f)


@test
def the_supervisor_is_killed_while_armed(f):
    p = as_user(str(CLIENT), "-c", f"read -r go; {reads(f.marked)}")
    try:
        assert lab.wait_for(lambda: marks(f) > 0, 5)
        f.agent.process.kill()
        f.agent.process.wait()
        time.sleep(1)
        f.agent.start()
        time.sleep(7)
        assert marks(f) > 0
        out, _ = p.communicate("go\n", timeout=20)
        assert denied(out), out
    finally:
        p.kill()


@test
def a_policy_that_makes_a_running_program_an_application(f):
    assert idle(f)
    other = pathlib.Path("/opt/lab/other-client")
    shutil.copy("/bin/dash", other)
    p = as_user(str(other), "-c", f"read -r go; {reads(f.marked)}")
    apps = lab.ETC / "apps/lab.yaml"
    try:
        time.sleep(2)
        equal(marks(f), 0, "nobody's program")
        apps.write_text(APPS.replace("chat-client,", "chat-client, /opt/lab/other-client,"))
        f.agent.process.send_signal(signal.SIGHUP)
        assert lab.wait_for(lambda: marks(f) > 0, 10), "not found after the new policy"
        time.sleep(6)
        out, _ = p.communicate("go\n", timeout=20)
        assert denied(out), out
    finally:
        p.kill()


@test
def a_forged_tag_takes_nothing_away(f):
    """In control groups of the user's own, one that is named like another application's tag."""
    top = pathlib.Path("/sys/fs/cgroup/nguoi-dung")
    forged = top / "sealgate.app.lab-other"
    forged.mkdir(parents=True)
    for path in (top, forged, *top.glob("cgroup.*"), *forged.glob("cgroup.*")):
        shutil.chown(path, "lan", "lan")
    out = pathlib.Path("/tmp/out-forged")
    out.write_text("")
    out.chmod(0o666)
    path = DOCS / "bao-cao-gia.txt"
    path.write_text(MARKED)
    # A grandchild whose parents are gone: known by its tag alone.
    script = f"(sh -c 'sleep 1; {{ read -r line < {path} && echo READ; }} > {out} 2>&1' &) ; exit 0"
    inside = (f"echo $$ > {forged}/cgroup.procs && exec setpriv --reuid=lan --regid=lan --init-groups "
              f"{CLIENT} -c \"{script}\"")
    subprocess.run(["sh", "-c", inside], check=True, timeout=20)
    assert lab.wait_for(lambda: out.read_text(), 15), "the child did not run"
    time.sleep(0.3)
    assert denied(out.read_text()), out.read_text()
    i = [i for i in f.agent.incidents() if i["path"] == str(path)]
    equal([(x["app"], x["identified"]) for x in i], [("lab-chat", "cgroup")])


def flatpak():
    """As flatpak deploys it, and the sandbox that shows it under another path."""
    top = pathlib.Path("/var/lib/flatpak/app/org.lab.Chat/x86_64/stable")
    (top / "abc/files/bin").mkdir(parents=True)
    shutil.copy("/bin/dash", top / "abc/files/bin/chat")
    (top / "abc/files/bin/link").symlink_to("/bin/true")  # in the sandbox it is another
    (top / "active").symlink_to("abc")
    pathlib.Path("/app").mkdir()

    def start(script):
        inside = (f"mount --bind {top}/abc/files /app && exec setpriv --reuid=lan --regid=lan "
                  f"--init-groups /app/bin/chat -c \"{script}\"")
        return subprocess.run(["unshare", "-m", "sh", "-c", inside], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=30).stdout
    return start


def snap():
    """A file system of its own, as snapd mounts it."""
    image, top = pathlib.Path("/tmp/snap.img"), pathlib.Path("/snap/lab-held")
    (top / "7").mkdir(parents=True)
    with image.open("wb") as img:
        img.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(top / "7")], check=True)
    deep = top / "7/usr/share/deep"
    deep.mkdir(parents=True)
    shutil.copy("/bin/dash", deep / "chat")
    (top / "current").symlink_to("7")
    return lambda script: client(script, deep / "chat")


@test
def flatpaks_and_snaps_are_held_at_their_start(f):
    """From idle, without a sign but the file itself: no environment, no scope."""
    marked = f.agent.status()["supervisor"]["engine"]["sandboxed_marked"]
    ways = {"flatpak": flatpak(), "snap": snap()}
    assert lab.wait_for(lambda: f.agent.status()["supervisor"]["engine"]["sandboxed_marked"] ==
                        marked + 2, 60), f.agent.status()["supervisor"]["engine"]
    try:
        for n in range(2):
            for name, start in ways.items():  # the snap's file system keeps its mark
                assert lab.wait_for(lambda: arming(f)["state"] == "idle", 30), arming(f)
                path = DOCS / f"bao-cao-{name}-{n}.txt"
                path.write_text(MARKED)
                out = start(reads(path))
                assert denied(out), f"{name}, start {n} from idle: {out!r}"
        how = {(i["exe"], i["identified"]) for i in f.agent.incidents()}
        assert ("/app/bin/chat", "exec") in how, how
        assert ("/snap/lab-held/7/usr/share/deep/chat", "exec") in how, how
        equal(subprocess.run(["/bin/true"]).returncode, 0)
    finally:
        subprocess.run(["umount", "-l", "/snap/lab-held/7"])


@test
def always_is_always(f):
    f.agent.stop()
    with (lab.ETC / "agent.yaml").open("a") as y:
        y.write("arm: always\n")
    f.agent.start()
    time.sleep(8)
    assert marks(f) > 0
    equal(arming(f)["when"], "always", "when")
    equal({c["state"] for c in f.agent.status()["supervisor"]["coverage"]}, {"covered"}, "coverage")
    copy = COPIES / f"copy-{time.time_ns()}"
    shutil.copy("/bin/dash", copy)
    assert denied(client(reads(f.marked), copy)), "an unmarked executable at its first open"


@test
def stopping_leaves_nothing(f):
    equal(f.agent.stop(), 0, f.agent.log.read_text())
    assert "READ" in client(reads(f.marked))
    r = f.agent.verify()
    equal(r.returncode, 0, r.stdout)


run(setup, teardown)
