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
  - {id: lab-chat, name: Lab chat, category: chat, exe: /opt/lab/chat-client}
  - {id: lab-other, name: Lab other, category: chat, exe: /opt/lab/other-client}
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


def incidents(f, path):
    return [i for i in f.agent.incidents() if i["path"] == str(path)]


def one(f, path):
    assert lab.wait_for(lambda: incidents(f, path), 30), (path, f.agent.incidents(), f.agent.status())
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
    client(f"exec 5> '{path}'; sh -c \"sleep 0.2; printf '{SECRET % 4}' >&5\" & exec 5>&-; exit 0",
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


if __name__ == "__main__":
    run(setup, teardown)
