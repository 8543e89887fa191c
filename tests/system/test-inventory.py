#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Marked documents that lie on the machine: at-rest incidents and the inventory. In a lab:
tests/lab/enter.

The documents are on an ext4 image, where facts are kept.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from tap import equal, run, test

DOCS = pathlib.Path("/srv/kept")
MARKED = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n"
          "Số: 12/BC-UBND\n\nMẬT\n\nBÁO CÁO\n\nMực nước hồ chứa số {} là bốn mét.\n")
PLAIN = "Thư viện xã mở cửa cả ngày chủ nhật, phòng đọc số {}.\n"
POLICY = f"""version: 1
rules:
  - name: nothing-marked-here
    when: {{channel: at-rest, family: any, path: "{DOCS}/**"}}
    do: log
  - name: elsewhere
    when: {{family: any}}
    do: log
"""
# Many small files, of which one in MANY_MARKED is marked.
MANY, MANY_MARKED = 20000, 100


def setup():
    lab.install(os.environ["BUILD"])
    for name in ("lan", "minh"):
        lab.add_user(name)
    image = pathlib.Path("/var/tmp/kept.img")
    with image.open("wb") as f:
        f.truncate(160 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-N", "40000", "-E", "lazy_itable_init=1", str(image)],
                   check=True)
    DOCS.mkdir(parents=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(DOCS)], check=True)
    (DOCS / "lost+found").rmdir()
    DOCS.chmod(0o755)
    lab.ETC.mkdir(parents=True, exist_ok=True)
    (lab.ETC / "policy.yaml").write_text(POLICY)
    return lab.Agent(policy=lab.ETC / "policy.yaml", protect=(DOCS,)).start()


def teardown(agent):
    if agent:
        agent.stop()


def put(path, text=MARKED, user=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.format(path.name))
    if user:
        subprocess.run(["chown", user, str(path)], check=True)
    return str(path)


def inventory(*args, user=None):
    prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
    r = subprocess.run(prefix + ["sealgate", "inventory", "--json", *args], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=60)
    equal((r.returncode, r.stderr), (0, ""))
    rows = [json.loads(line) for line in r.stdout.splitlines()]
    return {d["path"]: d for d in rows[:-1]}, rows[-1]


def paths(*args, user=None):
    return set(inventory(*args, user=user)[0])


def at_rest(agent):
    """Paths of the incidents, one entry for each incident."""
    return [i["path"] for i in agent.incidents() if i["channel"] == "at-rest"]


def gone():
    return [r["path"] for r in lab.records("inventory") if r["state"] == "gone"]


def wait(what, seconds=30):
    assert lab.wait_for(what, seconds), what.__doc__ or "it does not come"


def whole_walk():
    before = inventory()[1]["walks"]
    subprocess.run(["sealgate", "inventory", "rescan"], check=True)
    wait(lambda: inventory()[1]["walks"] > before, 60)


@test
def what_lies_there_and_what_is_written(agent):
    a = put(DOCS / "a.txt")
    put(DOCS / "plain.txt", PLAIN)
    wait(lambda: paths() == {a})
    wait(lambda: at_rest(agent) == [a])
    d = inventory()[0][a]
    equal((d["level"], d["completeness"], d["owner"], d["rule"]),
          ("confidential", "full", "root", "nothing-marked-here"))
    incident = [i for i in agent.incidents() if i["path"] == a][0]
    equal((incident["way"], incident["rule"], incident["action"]),
          ("at-rest", "nothing-marked-here", "log"))
    assert incident["evidence"], incident
    # Neither walks nor restarts make more of it.
    whole_walk()
    agent.stop()
    agent.start()
    wait(lambda: inventory()[1]["last_walk"])
    equal(at_rest(agent), [a])
    equal(inventory()[0][a]["first_seen"], d["first_seen"])


@test
def what_is_predicted_is_what_happens(agent):
    """Another policy over what lies here: findings that would be new, gone, and by another rule."""
    kept = {put(DOCS / f"predicted/{n}.txt") for n in range(3)}
    wait(lambda: kept <= paths() and kept <= set(at_rest(agent)))
    new = lab.ETC / "next.yaml"

    def simulate(path):
        new.write_text(f"""version: 1
rules:
  - name: other-rule
    when: {{channel: at-rest, family: any, path: "{path}"}}
    do: log
""")
        r = subprocess.run(["sealgate", "policy", "simulate", "--json", str(new)], stdout=subprocess.PIPE, text=True)
        return r.returncode, json.loads(r.stdout)["at_rest"]
    code, said = simulate(f"{DOCS}/predicted/0.txt")
    documents = len(paths())
    equal((code, said["documents"], said["findings"], said["other"], said["vanished_finding"], said["new_finding"]),
          (1, documents, 1, 1, documents - 1, 0))
    folder = [f for f in said["folder"] if f["name"] == f"{DOCS}/predicted"][0]
    equal((folder["other"], folder["vanished_finding"]), (1, 2))
    assert any("predicted/1.txt" in e for e in said["examples"]) or documents > 5, said
    # New findings: documents that the policy in force says nothing about.
    (lab.ETC / "policy.yaml").write_text(POLICY.replace(f'"{DOCS}/**"', '"/nowhere/**"'))
    wait(lambda: "/nowhere/" in subprocess.run(["sealgate", "policy", "show"], stdout=subprocess.PIPE,
                                               text=True).stdout)
    fresh = put(DOCS / "predicted/fresh.txt")
    wait(lambda: fresh in paths())
    code, said = simulate(f"{DOCS}/predicted/fresh.txt")
    equal((said["new_finding"], [e for e in said["examples"] if e[0] == "+"]),
          (1, [f"+ {fresh}: - -> other-rule"]))
    assert fresh not in at_rest(agent)
    (lab.ETC / "policy.yaml").write_text(new.read_text())
    wait(lambda: "other-rule" in subprocess.run(["sealgate", "policy", "show"], stdout=subprocess.PIPE,
                                                text=True).stdout)
    whole_walk()
    wait(lambda: fresh in at_rest(agent))
    equal([i["rule"] for i in agent.incidents() if i["path"] == fresh], ["other-rule"])
    (lab.ETC / "policy.yaml").write_text(POLICY)
    wait(lambda: "nothing-marked-here" in subprocess.run(["sealgate", "policy", "show"], stdout=subprocess.PIPE,
                                                         text=True).stdout)
    for path in sorted(kept | {fresh}):
        os.unlink(path)
    wait(lambda: not (kept | {fresh}) & paths())


@test
def a_rename_is_the_same_document(agent):
    old, new = put(DOCS / "dir/old.txt"), str(DOCS / "dir/new.txt")
    wait(lambda: old in paths())
    seen = inventory()[0][old]["first_seen"]
    wait(lambda: old in at_rest(agent))
    os.rename(old, new)
    wait(lambda: new in paths() and old not in paths())
    equal(inventory()[0][new]["first_seen"], seen)
    os.rename(DOCS / "dir", DOCS / "moved")
    moved = str(DOCS / "moved/new.txt")
    wait(lambda: moved in paths() and new not in paths())
    equal(inventory()[0][moved]["first_seen"], seen)
    assert not {new, moved} & set(at_rest(agent)), at_rest(agent)


@test
def who_may_know_what(agent):
    mine, theirs = put(DOCS / "lan.txt", user="lan"), put(DOCS / "minh.txt", user="minh")
    wait(lambda: {mine, theirs} <= paths())
    wait(lambda: inventory()[0][mine]["owner"] == "lan")
    equal(paths(user="lan"), {mine})
    equal(paths(user="minh"), {theirs})
    r = subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", "sealgate",
                        "inventory", "rescan"], stderr=subprocess.PIPE, text=True)
    equal(r.returncode, 2)
    assert "only root" in r.stderr, r.stderr


@test
def parts_of_the_list(agent):
    secret = put(DOCS / "deep/a b/tối.txt", MARKED.replace("MẬT", "TỐI MẬT"))
    wait(lambda: secret in paths())
    equal(paths("--level", "secret"), {secret})
    equal(paths("--path", str(DOCS / "deep")), {secret})
    equal(paths("--path", str(DOCS / "dee")), set())
    equal(paths("--path", secret), {secret})
    csv = subprocess.run(["sealgate", "inventory", "--csv"], stdout=subprocess.PIPE, text=True).stdout
    assert csv.startswith("path,level,") and f'"{secret}","secret"' in csv, csv
    text = subprocess.run(["sealgate", "--lang", "en", "inventory"], stdout=subprocess.PIPE,
                          text=True).stdout
    assert "1 TỐI MẬT" in text and "everything was last seen" in text, text
    equal(subprocess.run(["sealgate", "inventory", "--level", "high"],
                         stderr=subprocess.DEVNULL).returncode, 2)


@test
def what_disappears(agent):
    """Deleted, overwritten with something harmless, and deleted while no agent ran."""
    a, b, c = (put(DOCS / f"gone/{n}.txt") for n in "abc")
    wait(lambda: {a, b, c} <= paths())
    wait(lambda: {a, b, c} <= set(at_rest(agent)))
    os.unlink(a)
    pathlib.Path(b).write_text(PLAIN)
    wait(lambda: not {a, b} & paths())
    agent.stop()
    os.unlink(c)
    agent.start()
    wait(lambda: inventory()[1]["last_walk"])
    wait(lambda: c not in paths())
    wait(lambda: {a, b, c} <= set(gone()))
    equal(sorted(p for p in gone() if p in (a, b, c)), [a, b, c])


@test
def names_that_are_left_out(agent):
    agent.stop()
    settings = (lab.ETC / "agent.yaml").read_text()
    other = lab.Agent(policy=lab.ETC / "policy.yaml", protect=(DOCS,),
                      extra="journal: {omit-names: confidential}\n").start()
    path = put(DOCS / "không nói tên.txt")
    wait(lambda: path in paths())
    wait(lambda: "" in at_rest(other))
    os.unlink(path)
    wait(lambda: "" in gone())
    assert "không nói tên" not in (lab.STATE / "journal/incidents.jsonl").read_text()
    other.stop()
    (lab.ETC / "agent.yaml").write_text(settings)
    agent.start()


@test
def killed_in_the_middle(agent):
    """Twenty thousand small files; everything dies while they are looked at. None is lost, none is
    told twice, and what was read is not read again."""
    agent.stop()
    for n in range(MANY):
        put(DOCS / f"many/{n % 40}/{n}.txt", PLAIN if n % MANY_MARKED else MARKED)
    agent.start()
    wait(lambda: agent.status()["watch"]["stored"] > MANY / 4, 120)
    for p in agent.status()["supervisor"]["processes"]:
        os.kill(p["pid"], signal.SIGKILL)
    agent.process.kill()
    agent.process.wait()
    agent.start()
    wait(lambda: inventory()[1]["last_walk"], 240)
    many = {p for p in paths() if p.startswith(f"{DOCS}/many/")}
    equal(len(many), MANY // MANY_MARKED)
    wait(lambda: len(set(at_rest(agent)) & many) == len(many))
    told = [p for p in at_rest(agent) if p in many]
    equal(len(told), len(set(told)), "incidents told twice")
    w = agent.status()["watch"]
    assert w["known"] >= MANY / 20, w
    print(f"# after the kill: {w['known']} known, {w['scanned']} read")
    equal(agent.verify().returncode, 0)


@test
def a_crowd_is_told_together(agent):
    """More at once than have an incident each (INVENTORY_CROWD): all of them are named, in few."""
    n = 500
    before = len(agent.acts())
    mine = {put(DOCS / f"crowd/{k % 5}/{k}.txt") for k in range(n)}
    wait(lambda: mine <= set(at_rest(agent)), 120)
    acts = [i for i in agent.acts()[before:] if i["path"] in mine]
    assert len(acts) <= 256 + n / 128 + 5, len(acts)
    assert max(len(i.get("files", [])) for i in acts) > 64, len(acts)
    equal(agent.verify().returncode, 0)


run(setup, teardown)
