#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is known of a program when it starts: too old, on an advisory list, of no package, written by
an application. Real packages, installed into the lab with dpkg. Run in a lab: tests/lab/enter.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from tap import equal, run, test

DOCS = lab.DOCS
VENDOR = pathlib.Path("/opt/lab-vendor/vendor-client")
LOOSE = pathlib.Path("/opt/lab/loose-client")
APPROVED = pathlib.Path("/opt/lab-approved/approved-client")
APPS = """version: 1
apps:
  - {id: vendor, name: Vendor, category: meeting, exe: /opt/lab-vendor/vendor-client}
  - {id: loose, name: Loose, category: chat, exe: /opt/lab/loose-client}
  - {id: approved, name: Approved, category: chat, exe: /opt/lab-approved/approved-client}
  - {id: late, name: Late, category: chat, exe: /opt/lab/late-client}
"""
POLICY = """version: 1
apps: [apps]
posture:
  official: [deb, '/opt/lab-approved/**']
  minimum:
    - {app: vendor, version: '2.0'}
  advisories: [advisories/lab.yaml]
rules:
  - name: outdated-program
    when: {posture: outdated, channel: exec}
    do: block
  - name: advised-program
    when: {posture: advisory}
    do: log
  - name: unofficial-program
    when: {posture: unofficial, app: loose}
    do: log
  - name: dropped-program
    when: {posture: dropped}
    do: block
  - name: unknown-program
    when: {posture: unknown}
    do: log
"""
ADVISORIES = """version: 1
advisories:
  - {id: LAB-2026-1, app: vendor, fixed: '3.0', since: '2.5', text: A fault of the lab.}
"""


class Fixture:
    pass


def install(version):
    """A package of the vendor, as dpkg installs it."""
    top = pathlib.Path("/tmp/deb")
    shutil.rmtree(top, ignore_errors=True)
    (top / "DEBIAN").mkdir(parents=True)
    (top / "DEBIAN/control").write_text(
        f"Package: lab-vendor\nVersion: {version}\nArchitecture: all\nMaintainer: lab <lab@example>\n"
        "Description: a client\n")
    into = top / VENDOR.relative_to("/").parent
    into.mkdir(parents=True)
    shutil.copy("/bin/dash", into / VENDOR.name)
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", str(top), "/tmp/vendor.deb"],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["dpkg", "--force-downgrade", "--install", "/tmp/vendor.deb"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def as_user(*argv):
    return subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", *argv],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


def start(exe):
    return as_user(str(exe), "-c", "echo STARTED")


def programs():
    r = subprocess.run(["sealgate", "apps", "--json", "list"], stdout=subprocess.PIPE, text=True)
    return {a["id"]: a for a in json.loads(r.stdout)}


def program(app):
    found = programs()[app].get("programs") or []
    return found[0] if found else None


def wait_version(app, version):
    def told():
        p = program(app)
        return p and p["version"] == version
    assert lab.wait_for(told, 30), programs()[app]


def last(f, rule):
    found = [i for i in f.agent.incidents() if i["rule"] == rule]
    return found[-1] if found else None


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    for path in (LOOSE, APPROVED):
        path.parent.mkdir(parents=True)
        shutil.copy("/bin/dash", path)
    (lab.ETC / "apps").mkdir(parents=True)
    (lab.ETC / "apps/lab.yaml").write_text(APPS)
    (lab.ETC / "advisories").mkdir()
    (lab.ETC / "advisories/lab.yaml").write_text(ADVISORIES)
    (lab.ETC / "policy.yaml").write_text(POLICY)
    install("1.5-1")
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()
    assert lab.wait_for(lambda: f.agent.status()["supervisor"]["posture"]["known"], 30), \
        (f.agent.status()["supervisor"]["posture"], f.agent.log.read_text())
    return f


def teardown(f):
    if f:
        f.agent.stop()


@test
def a_program_that_is_too_old_does_not_start(f):
    wait_version("vendor", "1.5-1")
    r = start(VENDOR)
    assert "not permitted" in r.stdout and "STARTED" not in r.stdout, r.stdout
    assert lab.wait_for(lambda: last(f, "outdated-program"))
    i = last(f, "outdated-program")
    equal((i["channel"], i["action"], i["app"], i["user"], i["path"]),
          ("exec", "block", "vendor", "lan", str(VENDOR)))
    equal(i["posture"], ["outdated"], "posture")
    equal(program("vendor")["origin"], "deb")


@test
def a_shell_whose_start_of_it_was_refused_stays_a_shell(f):
    marked = DOCS / "a.txt"
    marked.write_text("TRẠM\nSố: 5/BC\n\nMẬT\n\nBÁO CÁO\n")
    before = f.agent.status()["supervisor"]["gate"]["processes_gated"]
    r = as_user("sh", "-c", f"{VENDOR} -c true; read -r x < {marked} && echo READ")
    assert "READ" in r.stdout, r.stdout
    equal(f.agent.status()["supervisor"]["gate"]["processes_gated"], before)


@test
def an_update_is_noticed(f):
    install("2.7-1")
    wait_version("vendor", "2.7-1")
    assert lab.wait_for(lambda: "STARTED" in start(VENDOR).stdout, 20)
    assert lab.wait_for(lambda: last(f, "advised-program"))
    i = last(f, "advised-program")
    equal((i["action"], i["posture"]), ("log", ["advisory"]))
    equal(program("vendor")["advisories"], ["LAB-2026-1"])
    install("3.0-1")
    wait_version("vendor", "3.0-1")
    equal(program("vendor")["posture"], [])


@test
def a_program_of_no_package_is_unofficial(f):
    equal(program("loose")["posture"], ["unofficial"])
    assert "STARTED" in start(LOOSE).stdout
    assert lab.wait_for(lambda: last(f, "unofficial-program"))
    equal((last(f, "unofficial-program")["posture"]), ["unofficial"])
    equal(program("approved")["posture"], [], "in a place that the policy allows")
    assert "STARTED" in start(APPROVED).stdout


@test
def one_that_others_can_write_is_unofficial_in_any_place(f):
    APPROVED.chmod(0o777)
    install("3.1-1")  # the databases have changed: all are looked at again
    assert lab.wait_for(lambda: program("approved")["posture"] == ["unofficial"], 30)
    APPROVED.chmod(0o755)


@test
def one_that_nobody_has_looked_at_is_unknown(f):
    late = LOOSE.with_name("late-client")
    shutil.copy("/bin/dash", late)
    # marked at the next look at the programs, and in the table a moment later
    assert lab.wait_for(lambda: program("late"), 60), programs()["late"]
    late.unlink()
    shutil.copy("/bin/dash", late)
    equal(program("late")["posture"], ["unofficial"])


@test
def an_advisory_that_comes_later(f):
    (lab.ETC / "advisories/lab.yaml").write_text(ADVISORIES.replace("3.0", "4.0"))
    version = f.agent.status()["policy"]["version"]
    subprocess.run(["sealgate", "policy", "check"], stdout=subprocess.DEVNULL)
    os.kill(f.agent.process.pid, 1)
    assert lab.wait_for(lambda: program("vendor")["posture"] == ["advisory"], 30), \
        (version, f.agent.status()["policy"], program("vendor"))


@test
def the_status_says_what_is_known(f):
    s = f.agent.status()["supervisor"]["posture"]
    assert s["known"] and s["programs"] >= 3 and s["unofficial"] >= 1 and s["failures"] == 0, s


@test
def a_process_is_identified_with_its_posture(f):
    with subprocess.Popen([str(LOOSE), "-c", "echo; read x"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as p:
        p.stdout.readline()
        r = subprocess.run(["sealgate", "apps", "--json", "identify", str(p.pid)],
                           stdout=subprocess.PIPE, text=True)
        i = json.loads(r.stdout)
        equal((i["app"], i["posture"], i["origin"]), ("loose", ["unofficial"], "none"))
        p.stdin.close()


@test
def a_program_that_an_application_wrote_does_not_start(f):
    path = DOCS / "tai-ve"
    r = as_user(str(APPROVED), "-c", f"cat /bin/true > {path}; chmod 755 {path}")
    equal(r.stdout, "")
    assert lab.wait_for(lambda: "not permitted" in as_user("sh", "-c", f"{path}").stdout, 20)
    assert lab.wait_for(lambda: last(f, "dropped-program"))
    i = last(f, "dropped-program")
    equal((i["app"], i["user"], i["path"], i["posture"]),
          ("approved", "lan", str(path), ["dropped"]))
    mine = DOCS / "tu-chep"
    shutil.copy("/bin/true", mine)
    equal(as_user("sh", "-c", f"{mine} && echo RAN").stdout, "RAN\n", "one that nobody's wrote")


if __name__ == "__main__":
    run(setup, teardown)
