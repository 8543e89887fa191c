#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What an application writes: recorded, and moved to quarantine where the policy says so.

The client is a copy of the shell that the policy lists; nobody else's writing is told. Run in a lab:
tests/lab/enter.
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
CLIENT = pathlib.Path("/opt/lab/chat-client")
OTHER = pathlib.Path("/opt/lab/other-client")
VAULT = lab.STATE / "quarantine"
POLICY = """version: 1
apps: [apps]
rules:
  - name: received-secret
    when: {family: state-secret, channel: receive, app: lab-chat}
    do: quarantine
    message: Hãy gọi văn thư, số 1234.
  - name: received-anything
    when: {family: any, channel: receive}
    do: log
"""
APPS = """version: 1
apps:
  - {id: lab-chat, name: Lab chat, category: chat, exe: [/opt/lab/chat-client, /opt/lab/py-chat]}
  - {id: lab-other, name: Lab other, category: chat, exe: [/opt/lab/other-client, /opt/lab/py-other]}
"""
SECRET = "TRẠM QUAN TRẮC\\nSố: 5/BC\\n\\nMẬT\\n\\nBÁO CÁO\\n\\nMực nước hồ chứa số %s là bốn mét.\\n"
INTERNAL = "LƯU HÀNH NỘI BỘ\\n\\nSố: 7/TB\\n\\nTHÔNG BÁO\\n\\nHọp tổ số %s lúc tám giờ.\\n"
PLAIN = "Thư viện xã mở cửa ngày chủ nhật, lần %s, bạn đọc không phải trả phí.\\n"


class Fixture:
    pass


def as_user(*argv, **kw):
    return subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", *argv],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=60, **kw)


def client(script, exe=CLIENT):
    return as_user(str(exe), "-c", script)


def write(text, path, n=1):
    return f"printf '{text % n}' > '{path}'"


def download(part, path, text, who="other"):
    """Written in one folder and renamed into another by one process, as clients do it."""
    body = text.replace("\\n", "\n")
    return as_user(f"/opt/lab/py-{who}", "-c", f"import os\nopen({str(part)!r}, 'w').write({body!r})\n"
                   f"os.rename({str(part)!r}, {str(path)!r})")


def incidents(f, path):
    return [i for i in f.agent.incidents() if i["path"] == str(path)]


def one(f, path):
    assert lab.wait_for(lambda: incidents(f, path), 30), \
        (path, [i["path"] for i in f.agent.incidents()], f.agent.status()["receive"])
    found = incidents(f, path)
    equal(len(found), 1, "incidents")
    return found[0]


def settle(f, name="dau-hieu.txt"):
    """Whatever was written before has been decided when this has."""
    path = DOCS / f"{len(f.agent.incidents())}-{name}"
    client(write(SECRET, path, path.name), OTHER)
    one(f, path)


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    CLIENT.parent.mkdir(parents=True)
    shutil.copy("/bin/dash", CLIENT)
    shutil.copy("/bin/dash", OTHER)
    for who in ("chat", "other"):
        shutil.copy("/usr/bin/python3", f"/opt/lab/py-{who}")
    (lab.ETC / "apps").mkdir(parents=True)
    (lab.ETC / "apps/lab.yaml").write_text(APPS)
    (lab.ETC / "policy.yaml").write_text(POLICY)
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()
    return f


def teardown(f):
    if f:
        f.agent.stop()


@test
def a_classified_file_that_it_wrote_is_recorded(f):
    path = DOCS / "nhan.txt"
    equal(client(write(SECRET, path), OTHER).stdout, "", "output")
    i = one(f, path)
    equal((i["channel"], i["way"], i["app"], i["user"], i["level"], i["action"], i["rule"]),
          ("receive", "written", "lab-other", "lan", "confidential", "log", "received-anything"))
    equal(i["exe"], str(OTHER), "exe")
    assert path.exists() and i["evidence"] and i["sha256"], i


@test
def a_download_is_known_by_its_last_name(f):
    part, path = DOCS / "bao-cao.part", DOCS / "bao-cao.txt"
    client(f"{write(SECRET, part, 2)}; mv '{part}' '{path}'", OTHER)
    one(f, path)
    equal(incidents(f, part), [], "under the name of the part")


@test
def a_child_that_outlives_its_parent(f):
    path = DOCS / "con.txt"
    client(f"(sleep 0.3; sh -c \"{write(SECRET, path, 3)}\") & exit 0", OTHER)
    equal(one(f, path)["app"], "lab-other", "app")


@test
def one_that_only_inherited_the_descriptor(f):
    path = DOCS / "ke-thua.txt"
    client(f"exec 5> '{path}'; sh -c \"sleep 0.2; printf '{SECRET % 4}' >&5; exec 5>&-; sleep 2\" & exec 5>&-; exit 0",
           OTHER)
    equal(one(f, path)["app"], "lab-other", "app")


@test
def others_and_harmless_files_make_no_incident(f):
    editor, plain, gone = DOCS / "soan.txt", DOCS / "thuong.txt", DOCS / "tam.txt"
    as_user("sh", "-c", write(SECRET, editor, 5))
    client(write(PLAIN, plain, 5), OTHER)
    client(f"{write(SECRET, gone, 6)}; rm '{gone}'", OTHER)
    settle(f)
    for path in (editor, plain, gone):
        equal(incidents(f, path), [], path)


@test
def written_again_and_again_is_one_incident(f):
    path = DOCS / "nhieu-lan.txt"
    for n in range(4):
        client(write(SECRET, path, n), OTHER)
        assert lab.wait_for(lambda: [i["retries"] for i in incidents(f, path)] == [n], 30), \
            incidents(f, path)


@test
def outside_of_what_is_protected_nothing_is_told(f):
    path = pathlib.Path("/srv/docs-khac.txt")
    path.write_text("")
    path.chmod(0o666)
    client(write(SECRET, path, 7), OTHER)
    settle(f)
    equal(incidents(f, path), [])


# ---- quarantine ----

def quarantine(*argv):
    return subprocess.run(["sealgate", "quarantine", *argv], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)


def lying():
    return json.loads(quarantine("list", "--json").stdout)


def journal(what):
    return lab.records("quarantine", what)


def placeholder(path):
    return path.with_name(path.name + ".cach-ly.txt")


def receive_secret(f, name, n, before=""):
    path = DOCS / name
    client(f"{before}{write(SECRET, path, n)}")
    return path, one(f, path)


@test
def a_secret_is_moved_and_a_text_says_where(f):
    path, i = receive_secret(f, "mat-1.txt", 11)
    equal((i["action"], i["rule"]), ("quarantine", "received-secret"))
    assert i["quarantine"]["moved"] and i["quarantine"]["why"] == "", i["quarantine"]
    assert not path.exists(), "the file is still there"
    text = placeholder(path).read_text()
    for word in (i["id"], i["quarantine"]["id"], "Hãy gọi văn thư, số 1234.", "khu cách ly",
                 "moved to quarantine", path.name, "độ mật MẬT"):
        assert word in text, (word, text)
    equal(placeholder(path).owner(), "lan", "whose the text is")
    equal(VAULT.stat().st_mode & 0o777, 0o700, "mode of the quarantine")
    q = [q for q in lying() if q["path"] == str(path)][0]
    equal((q["incident"], q["app"], q["level"], q["placeholder"]),
          (i["id"], "lab-chat", "confidential", str(placeholder(path))))
    equal(as_user("sealgate", "quarantine", "list").returncode, 2, "for another than root")
    assert lab.wait_for(lambda: any(str(path) in r["text"] for r in journal("moved")))


@test
def it_is_given_back_as_it_was(f):
    path = DOCS / "mat-2.txt"
    client(f"umask 027; {write(SECRET, path, 12)}")
    q = one(f, path)["quarantine"]
    was = [x for x in lying() if x["path"] == str(path)][0]
    r = quarantine("restore", q["id"])
    equal(r.returncode, 0, r.stdout)
    equal(path.read_bytes().decode(), (SECRET % 12).replace("\\n", "\n"), "content")
    equal((path.owner(), path.stat().st_mode & 0o777, path.stat().st_size),
          ("lan", 0o640, was["size"]))
    assert not placeholder(path).exists() and not [x for x in lying() if x["id"] == q["id"]]
    assert lab.wait_for(lambda: any(q["id"] in r["text"] for r in journal("restored")))
    equal(quarantine("restore", q["id"]).returncode, 2, "twice")


@test
def into_another_folder_where_the_name_is_taken(f):
    path, i = receive_secret(f, "mat-3.txt", 13)
    path.write_text("khác")
    r = quarantine("restore", i["quarantine"]["id"])
    equal(r.returncode, 2, r.stdout)
    assert "--to" in r.stdout, r.stdout
    equal(path.read_text(), "khác", "what is there now")
    r = quarantine("restore", "--to", "/root", i["quarantine"]["id"])
    equal(r.returncode, 0, r.stdout)
    assert "MẬT" in pathlib.Path("/root/mat-3.txt").read_text()


@test
def deleted_for_good(f):
    path, i = receive_secret(f, "mat-4.txt", 14)
    equal(quarantine("delete", i["quarantine"]["id"]).returncode, 0)
    assert not [x for x in lying() if x["path"] == str(path)]
    equal(sorted(VAULT.glob(i["quarantine"]["id"] + "*")), [], "files")
    assert lab.wait_for(lambda: any(i["quarantine"]["id"] in r["text"]
                                    for r in journal("deleted")))
    for bad in ("../x", "20990101-000000-000000", ""):
        equal(quarantine("delete", bad).returncode, 2, bad)


@test
def other_names_of_the_content_are_told(f):
    path, link = DOCS / "mat-5.txt", DOCS / "mat-5-lien-ket.txt"
    client(f"{write(SECRET, path, 15)}; ln '{path}' '{link}'")
    assert lab.wait_for(lambda: incidents(f, path) + incidents(f, link), 30)
    i = (incidents(f, path) + incidents(f, link))[0]
    equal((i["quarantine"]["moved"], i["quarantine"]["other_names"]), (True, 1), i["quarantine"])
    assert path.exists() != link.exists(), "one of the names is left"


@test
def one_that_somebody_writes_is_left(f):
    path = DOCS / "mat-6.txt"
    client(write(PLAIN, path, 16))
    os.chmod(path, 0o666)
    with open(path, "a"):  # all the while
        client(write(SECRET, path, 16))
        i = one(f, path)
    assert not i["quarantine"]["moved"] and "writing" in i["quarantine"]["why"], i["quarantine"]
    assert "MẬT" in path.read_text()
    assert any(str(path) in r["text"] for r in journal("failed"))


@test
def one_that_cannot_be_moved_is_left_and_told(f):
    path = DOCS / "mat-7.txt"
    client(f"{write(SECRET, path, 17)}; chmod 600 '{path}'")
    one(f, path)  # may be moved by now: only made to have the attribute supported
    fixed = DOCS / "co-dinh"
    fixed.mkdir(mode=0o777)
    fixed.chmod(0o777)
    path = fixed / "mat.txt"
    path.write_text("")
    path.chmod(0o666)
    subprocess.run(["chattr", "+a", str(fixed)], check=True)
    try:
        client(write(SECRET, path, 17))
        i = one(f, path)
        assert not i["quarantine"]["moved"] and i["quarantine"]["why"], i["quarantine"]
        assert "MẬT" in path.read_text()
        equal([x for x in lying() if x["path"] == str(path)], [], "in the quarantine")
    finally:
        subprocess.run(["chattr", "-a", str(fixed)], check=True)


@test
def a_symlink_on_the_way_leads_nowhere(f):
    real, way = DOCS / "that", DOCS / "duong"
    real.mkdir(mode=0o777)
    real.chmod(0o777)
    way.symlink_to(real)
    path = way / "mat.txt"
    client(write(SECRET, path, 18))
    i = one(f, real / "mat.txt")
    assert i["quarantine"]["moved"] and way.is_symlink(), i
    assert placeholder(real / "mat.txt").exists()


@test
def a_full_quarantine_leaves_the_file(f):
    f.agent.stop()
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml", extra="limits:\n  quarantine: 1\n").start()
    path, i = receive_secret(f, "mat-8.txt", 19)
    assert not i["quarantine"]["moved"] and "full" in i["quarantine"]["why"], i["quarantine"]
    assert "MẬT" in path.read_text() and not placeholder(path).exists()
    equal(f.agent.status()["receive"]["not_quarantined"], 1)


@test
def a_full_disk_leaves_the_file(f):
    f.agent.stop()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(VAULT)], check=True)
    try:
        f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()
        lab.fill(VAULT / "day")
        path, i = receive_secret(f, "mat-9.txt", 20)
        assert not i["quarantine"]["moved"] and "space" in i["quarantine"]["why"].lower(), i
        assert "MẬT" in path.read_text() and not placeholder(path).exists()
    finally:
        f.agent.stop()
        subprocess.run(["umount", "-l", str(VAULT)])
        f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()


@test
def a_move_that_an_end_of_the_agent_interrupted(f):
    """Its name was taken and not yet removed: ended at the next start, with a record."""
    path, i = receive_secret(f, "mat-dut.txt", 23)
    id = i["quarantine"]["id"]
    f.agent.stop()
    record = VAULT / f"{id}.record"
    lines = record.read_text().splitlines(keepends=True)
    record.write_text("".join("placeholder \n" if line.startswith("placeholder ") else line
                              for line in lines))
    mtime = next(int(line.split()[1]) for line in lines if line.startswith("mtime "))
    taken = path.with_name(f".sealgate-{id}")
    shutil.copy(VAULT / f"{id}.data", taken)
    os.utime(taken, ns=(mtime, mtime))
    placeholder(path).unlink()
    (VAULT / "20200101-000000-aaaaaa.data").write_text("MẬT")
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()
    assert lab.wait_for(lambda: len(journal("healed")) >= 2, 15), journal("healed")
    assert not taken.exists() and placeholder(path).exists()
    equal(sorted(p.name for p in VAULT.iterdir() if "aaaaaa" in p.name), [])
    assert any(id in r["text"] for r in journal("healed")), journal("healed")
    equal(quarantine("restore", id).returncode, 0)
    assert "MẬT" in path.read_text() and not placeholder(path).exists()


@test
def names_that_are_concealed_from_a_sink(f):
    f.agent.stop()
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml",
                        extra="sinks: [{name: siem, to: file:/tmp/siem, hide-names: secret}]\n").start()
    path, i = receive_secret(f, "mat-ten-mat.txt", 22)
    quarantine("restore", i["quarantine"]["id"])
    for what in ("moved", "restored"):
        assert lab.wait_for(lambda: any(i["quarantine"]["id"] in r["text"] for r in journal(what)))
        equal([r for r in journal(what) if path.name in r["text"]], [], what)
    f.agent.stop()
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()


@test
def monitor_moves_nothing(f):
    (lab.ETC / "policy.yaml").write_text(POLICY.replace("version: 1", "version: 1\nmode: monitor"))
    assert lab.wait_for(lambda: f.agent.status()["policy"]["mode"] == "monitor")
    path, i = receive_secret(f, "mat-10.txt", 21)
    equal((i["action"], i["intended"]), ("log", "quarantine"))
    assert "MẬT" in path.read_text() and "quarantine" not in i


@test
def a_download_from_an_unprotected_folder(f):
    """Written elsewhere on the same file system, and then renamed into a protected folder."""
    (lab.ETC / "policy.yaml").write_text(POLICY)
    home, cache = DOCS / "nha", DOCS / "tam"
    for d in (home, cache, home / "con"):
        d.mkdir()
        d.chmod(0o777)
    f.agent.stop()
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml", protect=(home,)).start()
    try:
        assert all(c["moves"] for c in f.agent.status()["supervisor"]["coverage"] if c["arrivals"])
        download(cache / "a.part", home / "con/a.txt", SECRET % 31)
        i = one(f, home / "con/a.txt")
        equal((i["app"], i["level"], i["way"]), ("lab-other", "confidential", "written"))
        # Again, now by the client whose files are moved to quarantine.
        download(cache / "b.part", home / "b.txt", SECRET % 32, "chat")
        assert one(f, home / "b.txt")["quarantine"]["moved"]
        # What others move there, and what is moved within, is not told again.
        as_user("sh", "-c", write(SECRET, cache / "c.part", 33))
        as_user("mv", str(cache / "c.part"), str(home / "c.txt"))
        as_user("/opt/lab/py-other", "-c", f"import os\nos.rename('{home}/con/a.txt', '{home}/a2.txt')")
        download(cache / "d.part", home / "d.txt", SECRET % 34)
        one(f, home / "d.txt")
        equal([incidents(f, home / name) for name in ("c.txt", "a2.txt")], [[], []])
        equal(incidents(f, cache / "a.part"), [])
    finally:
        f.agent.stop()
        f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()


@test
def the_chain_is_clean(f):
    r = f.agent.verify()
    equal(r.returncode, 0, r.stdout)


if __name__ == "__main__":
    run(setup, teardown)
