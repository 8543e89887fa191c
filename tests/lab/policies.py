# SPDX-License-Identifier: Apache-2.0
"""An agent with one application, one marked document and a policy that changes: for the tests about
the life of a policy."""
import json
import os
import pathlib
import shutil
import subprocess

import agent as lab
from tap import equal

DOCS = lab.DOCS
CLIENT = pathlib.Path("/opt/lab/chat-client")
WORK = pathlib.Path("/root/policies")
VERSIONS = lab.STATE / "core/policies"
APPS = """version: 1
apps:
  - id: lab-chat
    name: Lab chat
    category: chat
    exe: [/opt/lab/chat-client]
"""
POLICY = """version: 1
mode: enforce
apps: [apps]
rules:
  - name: %s
    when: {level: confidential, category: chat}
    do: %s
"""
MARKED = "TRẠM QUAN TRẮC\nSố: 5/BC\n\nMẬT\n\nBÁO CÁO\n\nMực nước hồ chứa số hai là bốn mét.\n"


class Fixture:
    pass


def sealgate(*args, user=None, lang=None):
    prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
    said = ["--lang", lang] if lang else []
    r = subprocess.run([*prefix, "sealgate", *said, *map(str, args)], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=60)
    return r.returncode, r.stdout, r.stderr


def client(script):
    return subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", str(CLIENT), "-c",
                           script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=20).stdout


def opens(f):
    out = client(f"read -r line < '{f.marked}' && echo READ")
    assert ("READ" in out) != ("not permitted" in out), out
    return "READ" in out


def write(name, action, rule="marked"):
    path = WORK / name
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "apps").mkdir(exist_ok=True)
    (path.parent / "apps/lab.yaml").write_text(APPS)
    path.write_text(POLICY % (rule, action))
    return path


def apply(path, *args):
    code, out, err = sealgate("policy", "apply", "--json", *args, path)
    return code, json.loads(out) if out else None, err


def history():
    code, out, _ = sealgate("policy", "history", "--json")
    equal(code, 0, "history")
    return json.loads(out)


def version(f):
    s = f.agent.status()
    return s["policy"]["version"] if s else None


def notes(what):
    return lab.records("policy", what)


def agree(f):
    """What history says, what status and the gate say, and what an open gets are the same."""
    h = history()
    v = next(v for v in h["versions"] if v["version"] == h["current"])
    text = sealgate("policy", "show", v["version"])[1]
    s = f.agent.status()
    return (s and v["in_force_since"] and s["policy"]["version"] == h["current"] and
            s["supervisor"]["gate"]["policy_version"] == h["current"] and opens(f) == ("do: log" in text))


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    for name in ("lan", "editor"):
        lab.add_user(name)
    subprocess.run(["groupadd", "policy-admins"], check=True)
    subprocess.run(["usermod", "-aG", "policy-admins", "editor"], check=True)
    CLIENT.parent.mkdir(parents=True)
    shutil.copy("/bin/dash", CLIENT)
    (lab.ETC / "apps").mkdir(parents=True)
    (lab.ETC / "apps/lab.yaml").write_text(APPS)
    (lab.ETC / "policy.yaml").write_text(POLICY % ("marked", "log"))
    f.marked = DOCS / "bao-cao.txt"
    f.marked.write_text(MARKED)
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml", extra="policy-group: policy-admins\npolicy-versions: 20000\n").start()
    f.block, f.log = write("block.yaml", "block"), write("log.yaml", "log")
    return f


def teardown(f):
    if f:
        f.agent.stop()
