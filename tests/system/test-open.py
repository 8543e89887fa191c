#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The whole agent and the kernel's own events: the same open is the editor's and not the client's.

The client is an application that the policy lists by its path (here a copy of the shell, so that it
can be told what to do); the editor is the ordinary one. Run in a lab: tests/lab/enter.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
import documents
from tap import equal, run, test

DOCS = lab.DOCS
CLIENT = pathlib.Path("/opt/lab/chat-client")
APPS = """version: 1
apps:
  - id: lab-chat
    name: Lab chat
    category: chat
    exe: [/opt/lab/chat-client, /opt/lab/chat-script]
"""
MARKED = "TRẠM QUAN TRẮC\nSố: 5/BC\n\nMẬT\n\nBÁO CÁO\n\nMực nước hồ chứa số hai là bốn mét.\n"
PLAIN = "Thư viện xã mở cửa cả ngày chủ nhật, bạn đọc không phải trả phí.\n"


class Fixture:
    pass


def as_user(*argv, **kw):
    return subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", *argv],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=20, **kw)


def client(script):
    """The client runs a line of shell; its own redirections are its own opens."""
    return as_user(str(CLIENT), "-c", script)


def denied(r):
    return "not permitted" in r.stdout.lower()


def reads(path):
    return f"read -r line < '{path}' && echo READ"


def assert_denied(r):
    assert denied(r) and "READ" not in r.stdout, f"expected a refusal, got: {r.stdout!r}"


def assert_read(r):
    assert "READ" in r.stdout and not denied(r), f"expected it to be read, got: {r.stdout!r}"


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    lab.add_user("minh")
    subprocess.run(["groupadd", "auditors"], check=True)
    subprocess.run(["usermod", "-a", "-G", "auditors", "minh"], check=True)
    CLIENT.parent.mkdir(parents=True)
    shutil.copy("/bin/dash", CLIENT)
    script = CLIENT.with_name("chat-script")
    script.write_text("#!/usr/bin/python3\nimport sys\ntext = open(sys.argv[1]).read(4)\n"
                      "print('RE' + 'AD')\n")
    script.chmod(0o755)
    lab.ETC.mkdir(parents=True, exist_ok=True)
    (lab.ETC / "apps").mkdir()
    (lab.ETC / "apps/lab.yaml").write_text(APPS)
    policy = (lab.SHIPPED / "policy/default.yaml").read_text().replace(
        "apps: [apps]", f"apps: [{lab.SHIPPED}/policy/apps, apps]").replace(
        "advisories: [advisories]", f"advisories: [{lab.SHIPPED}/policy/advisories]")
    (lab.ETC / "policy.yaml").write_text(policy)
    f.docs = documents.make_demo_documents(DOCS)
    f.marked = DOCS / "bao-cao.txt"
    f.marked.write_text(MARKED)
    f.plain = DOCS / "thu-vien.txt"
    f.plain.write_text(PLAIN)
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml", extra="reviewers: auditors\n").start()
    return f


def teardown(f):
    if f:
        f.agent.stop()


@test
def an_editor_opens_it_and_the_client_does_not(f):
    for path in (f.marked, f.docs["secret"], f.docs["internal"]):
        equal(as_user("sh", "-c", reads(path) + "; true").stdout.count("not permitted"), 0, "editor")
        assert_denied(client(reads(path)))
    for path in (f.plain, f.docs["public"]):
        r = client(f"cat '{path}' > /dev/null && echo READ")
        assert_read(r)


@test
def the_incident_says_who_what_and_why(f):
    lab.wait_for(lambda: len(f.agent.incidents()) >= 3)
    i = next(i for i in f.agent.incidents() if i["path"] == str(f.marked))
    equal(i["app"], "lab-chat", "app")
    equal(i["user"], "lan", "user")
    equal(i["level"], "confidential", "level")
    equal(i["action"], "block", "action")
    equal(i["rule"], "state-secret-to-people", "rule")
    equal(i["exe"], str(CLIENT), "exe")
    assert i["evidence"] and "MẬT" in i["evidence"][0]["snippet"], i["evidence"]
    assert i["sha256"] and i["size"] == f.marked.stat().st_size
    equal(i["ancestry"][0]["pid"], i["ppid"], "parent")
    equal(i["ancestry"][0]["comm"], "python3", "parent")
    equal((i["sandbox"], i["retry_window_s"]), ("", 60), "sandbox and window")


def sealgate(user, *args):
    """What a user of the command line gets."""
    return subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "sealgate", *args],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20)


@test
def reviewers_mark_incidents_and_others_do_not(f):
    i = f.agent.incidents()[0]["id"]
    r = sealgate("minh", "incidents", "mark", i, "--status", "in-progress", "--note", "gọi cho lan")
    equal(r.returncode, 0, r.stderr)
    shown = next(x for x in f.agent.incidents() if x["id"] == i)
    equal(shown["status"], "in-progress", "status")
    equal(shown["history"][0]["by"], "minh", "who it was, by the socket")
    r = sealgate("minh", "incidents", "list", "--status", "in-progress", "--json")
    equal(len(r.stdout.splitlines()), 1, r.stderr)
    equal(sealgate("minh", "incidents", "rotate-key").returncode, 0, "rotate-key")
    # Somebody else neither reads nor marks. The socket itself says no, whatever the command does.
    equal(sealgate("lan", "incidents", "list").returncode, 2, "list")
    equal(sealgate("lan", "incidents", "mark", i, "--note", "x").returncode, 2, "mark")
    r = sealgate("lan", "incidents", "checkpoint")
    assert r.returncode == 2 and "only root and the reviewers' group" in r.stderr, r.stderr
    for name in ("incidents.jsonl", "signing.key"):
        r = as_user("cat", str(lab.STATE / "journal" / name))
        assert r.returncode and "Permission denied" in r.stdout, (name, r.stdout)
    r = subprocess.run(["setpriv", "--reuid=minh", "--regid=minh", "--init-groups", "cat",
                        str(lab.STATE / "journal/signing.key")], capture_output=True, timeout=20)
    assert r.returncode, "the reviewer reads the secret key"


@test
def a_checkpoint_that_is_kept_elsewhere(f):
    kept = pathlib.Path("/tmp/kept")
    r = subprocess.run(["sealgate", "incidents", "checkpoint", "--out", str(kept)], capture_output=True,
                       text=True, timeout=20)
    equal(r.returncode, 0, r.stderr)
    r = subprocess.run(["sealgate", "incidents", "verify", "--checkpoint", str(kept)], capture_output=True,
                       text=True, timeout=20)
    equal(r.returncode, 0, r.stdout + r.stderr)
    assert "is there, unchanged" in r.stdout and "signed up to record" in r.stdout, r.stdout


@test
def a_statement_of_what_is_covered(f):
    kept = "/tmp/statement"
    r = subprocess.run(["sealgate", "statement", "--out", kept], capture_output=True, text=True, timeout=20)
    equal(r.returncode, 0, r.stdout + r.stderr)
    for text in ("covered: opening files", "in part: ", "policy: 1 (mode enforce)", "confidential refused"):
        assert text in r.stdout.replace("  ", " "), (text, r.stdout)
    r = as_user("sealgate", "statement", "verify", kept)
    equal(r.returncode, 0, r.stdout)
    assert "signed by the key" in r.stdout


@test
def what_is_sent_on_is_sent_by_another_user(f):
    relay = lab.ETC / "relay.yaml"
    out = pathlib.Path("/tmp/relay")
    out.mkdir(mode=0o777)
    out.chmod(0o777)
    relay.write_text(f"state-dir: {lab.STATE}\nsinks: [{{name: soc, to: 'file:{out}/sent', format: ocsf}}]\n")
    r = subprocess.run([str(lab.LIBEXEC / "sealgate-relay"), "--once", "--config", str(relay)],
                       capture_output=True, text=True, timeout=20)
    equal(r.returncode, 0, r.stderr)
    equal((out / "sent").owner(), "sealgate-relay", "owner")
    events = [json.loads(line) for line in (out / "sent").read_text().splitlines()]
    assert any(e["class_uid"] == 2006 and e["file"]["path"] == str(f.marked) for e in events)
    equal((lab.STATE / "relay/soc.cursor").owner(), "sealgate-relay", "owner of the cursor")


@test
def editors_and_public_documents_make_no_incident(f):
    paths = {i["path"] for i in f.agent.incidents()}
    assert str(f.plain) not in paths and str(f.docs["public"]) not in paths, paths


@test
def hard_link_symlink_rename_and_other_name(f):
    link = DOCS / "lien-ket.txt"
    os.link(f.marked, link)
    assert_denied(client(reads(link)))
    soft = DOCS / "mem.txt"
    soft.symlink_to(f.marked)
    assert_denied(client(reads(soft)))
    picture = DOCS / "anh.jpg"
    shutil.copy(f.docs["secret"], picture)
    assert_denied(client(reads(picture)))
    nameless = DOCS / "khong-ten"
    picture.rename(nameless)
    assert_denied(client(reads(nameless)))


@test
def a_copy_opened_at_once(f):
    for n in range(20):
        copy = DOCS / f"ban-sao-{n}.docx"
        shutil.copy(f.docs["secret"], copy)
        assert_denied(client(reads(copy)))
        copy.unlink()


@test
def what_is_written_after_a_look_is_looked_at_again(f):
    path = DOCS / "doi.txt"
    path.write_text(PLAIN)
    assert_read(client(reads(path)))
    stat = path.stat()
    path.write_text(MARKED)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # a forged time
    assert_denied(client(reads(path)))
    path.write_text(PLAIN)
    assert_read(client(reads(path)))


@test
def a_child_of_the_client(f):
    assert_denied(client(f"cat '{f.marked}' && echo READ"))
    assert_denied(client(f"sh -c \"sh -c 'cat {f.marked} && echo READ'\""))


@test
def a_double_forked_child_whose_parent_is_gone(f):
    out = pathlib.Path("/tmp/out")
    out.write_text("")
    out.chmod(0o666)
    client(f"(setsid sh -c 'sleep 0.5; cat {f.marked} && echo READ' > {out} 2>&1 &) ; exit 0")
    lab.wait_for(lambda: out.read_text(), 5)
    time.sleep(0.2)
    text = out.read_text()
    assert "not permitted" in text and "READ" not in text, text


@test
def a_script_is_the_application_and_not_its_interpreter(f):
    assert_denied(as_user("/opt/lab/chat-script", str(f.marked)))
    assert_read(as_user("/opt/lab/chat-script", str(f.plain)))
    assert_denied(as_user("/usr/bin/python3", "/opt/lab/chat-script", str(f.marked)))
    assert_read(as_user("/usr/bin/python3", "-c",
                        f"print(open('{f.marked}').read(4) and 'READ')"))


@test
def private_mount_namespace_and_bind_mount(f):
    elsewhere = pathlib.Path("/mnt/elsewhere")
    elsewhere.mkdir(parents=True)
    r = subprocess.run(["unshare", "-m", "--propagation", "private", "sh", "-c",
                        f"mount --bind {DOCS} {elsewhere} && "
                        f"setpriv --reuid=lan --regid=lan --clear-groups {CLIENT} -c "
                        f"\"{reads(elsewhere / f.marked.name)}\""],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    assert_denied(r)
    # over a path that is not protected, in a namespace of one's own
    r = subprocess.run(["unshare", "-m", "--propagation", "private", "sh", "-c",
                        f"mount --bind {DOCS} /usr/share/fonts && "
                        f"setpriv --reuid=lan --regid=lan --clear-groups {CLIENT} -c "
                        f"\"{reads('/usr/share/fonts/' + f.marked.name)}\""],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    assert_denied(r)


@test
def a_file_system_that_comes_later(f):
    stick = DOCS / "usb"
    stick.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(stick)], check=True)
    try:
        path = stick / "bao-cao.txt"
        path.write_text(MARKED)
        path.chmod(0o644)
        stick.chmod(0o755)
        assert lab.wait_for(lambda: any(c["mount"] == str(stick) and c["state"] != "not covered"
                                        for c in f.agent.status()["supervisor"]["coverage"]))
        assert_denied(client(reads(path)))
        assert_read(as_user("sh", "-c", reads(path)))
    finally:
        subprocess.run(["umount", "-l", str(stick)])


@test
def retries_are_one_incident(f):
    path = DOCS / "nhieu-lan.txt"
    path.write_text(MARKED)
    for _ in range(5):
        assert_denied(client(reads(path)))
    assert lab.wait_for(lambda: [i["retries"] for i in f.agent.incidents()
                                 if i["path"] == str(path)] == [4]), f.agent.incidents()[-1]


@test
def a_reload_is_in_force_and_a_broken_one_is_not(f):
    policy = lab.ETC / "policy.yaml"
    good = policy.read_text()
    version = f.agent.status()["policy"]["version"]
    policy.write_text(good.replace("mode: enforce", "mode: monitor"))
    assert lab.wait_for(lambda: f.agent.status()["policy"]["mode"] == "monitor")
    equal(f.agent.status()["policy"]["version"], version + 1, "version")
    assert_read(client(reads(f.marked)))
    policy.write_text(good.replace("do: block", "do: blok", 1))
    assert lab.wait_for(lambda: f.agent.status()["policy"]["file_refused"])
    status = f.agent.status()
    equal(status["policy"]["mode"], "monitor", "the last good one")
    assert "policy.yaml:" in status["configuration_error"], status["configuration_error"]
    policy.write_text(good)
    assert lab.wait_for(lambda: f.agent.status()["policy"]["mode"] == "enforce")
    assert_denied(client(reads(f.marked)))


@test
def explain_agrees_with_what_happens(f):
    r = subprocess.run(["sealgate", "explain", "--json", "--app", "lab-chat", str(f.marked)],
                       stdout=subprocess.PIPE, text=True)
    import json
    verdict = json.loads(r.stdout)["verdict"]
    equal(verdict["action"], "block", r.stdout)
    equal(verdict["rule"], "state-secret-to-people", r.stdout)


@test
def the_journal_verifies(f):
    r = f.agent.verify()
    equal(r.returncode, 0, r.stdout)


@test
def the_gate_held_within_its_budget(f):
    gate = f.agent.status()["supervisor"]["gate"]
    assert gate["denied"] > 20 and gate["answer_errors"] == 0 and gate["read_errors"] == 0, gate
    assert gate["max_ms"]["held"] < 400, gate["max_ms"]


@test
def stopping_lets_go_of_everything(f):
    equal(f.agent.stop(), 0, f.agent.log.read_text())
    assert_read(client(reads(f.marked)))
    r = subprocess.run(["sealgate", "incidents", "verify"], stdout=subprocess.PIPE, text=True)
    equal(r.returncode, 0, r.stdout)


run(setup, teardown)
