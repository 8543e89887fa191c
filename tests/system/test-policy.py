#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The life of a policy on a running agent: applied, refused, rolled back, edited by hand; with opens
going on, and with any process killed on the way. Run in a lab: tests/lab/enter."""
import grp
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from policies import (APPS, CLIENT, DOCS, MARKED, POLICY, VERSIONS, WORK, agree, apply, client, history, notes,
                      opens, sealgate, setup, teardown, version, write)
from tap import equal, run, test


@test
def the_policy_file_is_version_one(f):
    equal(version(f), 1, "version")
    v = history()["versions"]
    equal((len(v), v[0]["user"], v[0]["how"]), (1, "file", "file"), "history")
    assert opens(f)


@test
def a_shipped_policy_may_be_copied_alone(f):
    for name in ("default", "strict", "monitor"):
        copy = WORK / "copies" / f"{name}.yaml"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(f"/usr/share/sealgate/policy/{name}.yaml", copy)
        code, out, err = sealgate("policy", "check", "--any-host", copy)
        equal((code, err), (0, ""), out)
        code, said, err = apply(copy, "--dry-run")
        equal(code, 0, err)


@test
def applied_is_in_force_at_once(f):
    code, said, _ = apply(f.block, "--reason", "họp sáng thứ sáu")
    equal((code, said["what"], said["version"], said["was"]), (0, "applied", 2, 1), "apply")
    assert not opens(f)
    v = history()["versions"][0]
    equal((v["user"], v["uid"], v["reason"]), ("root", 0, "họp sáng thứ sáu"), "history")
    assert v["in_force_since"] and len(v["digest"]) == 64
    lab.recorded("policy", what="applied", version=2, user="root", reason="họp sáng thứ sáu")
    assert lab.wait_for(lambda: any(i["policy_version"] == 2 and i["action"] == "block"
                                    for i in f.agent.incidents()))


@test
def the_same_again_is_no_new_version(f):
    code, said, _ = apply(f.block)
    equal((code, said["what"], version(f)), (0, "unchanged", 2), "apply")


@test
def a_dry_run_changes_nothing(f):
    code, said, _ = apply(f.log, "--dry-run")
    equal((code, said["what"], said["version"], version(f)), (0, "dry-run", 3, 2), "dry run")
    assert not opens(f) and len(history()["versions"]) == 2


@test
def what_is_wrong_is_refused_and_said(f):
    bad = write("bad/policy.yaml", "blok")
    code, _, err = apply(bad)
    equal(code, 1, "exit status")
    assert f"{bad}:7:" in err and "version 2 stays in force" in err, err
    equal(version(f), 2, "version")
    assert not opens(f)
    assert lab.wait_for(lambda: notes("refused")), "a record"
    code, _, err = apply("/root/policies/nothing.yaml")
    equal(code, 2, "exit status of a file that is not there")


@test
def an_include_is_part_of_the_version(f):
    path = write("own/policy.yaml", "log")
    equal(apply(path)[1]["version"], 3, "version")
    shutil.rmtree(path.parent)
    code, out, _ = sealgate("policy", "show", "--json")
    names = {x["name"]: x["content"] for x in json.loads(out)["files"]}
    own = {n for n in names if not n.startswith(str(lab.SHIPPED))}
    equal((code, own, names["apps/lab.yaml"]), (0, {"policy.yaml", "apps/lab.yaml"}, APPS), "show")
    code, out, _ = sealgate("policy", "show", "2")
    assert code == 0 and "do: block" in out and out.startswith("# version 2,"), out
    equal(sealgate("policy", "show", "99")[0], 1, "no such version")


@test
def rollback_twice_goes_back_twice(f):
    code, out, _ = sealgate("policy", "rollback", "--json", "--reason", "nhầm")
    said = json.loads(out)
    equal((code, said["what"], said["version"], said["was"]), (0, "rolled-back", 4, 3), "rollback")
    assert not opens(f)
    code, out, _ = sealgate("policy", "rollback", "--json")
    equal((code, json.loads(out)["version"]), (0, 5), "second")
    assert opens(f)
    equal([v["repeats"] for v in history()["versions"][:2]], [1, 2], "what they repeat")
    equal(sealgate("policy", "rollback")[0], 1, "nothing before the first")
    code, out, _ = sealgate("policy", "rollback", "2")
    equal((code, opens(f)), (0, False), "to a version by number")


@test
def only_root_and_the_group_may(f):
    for args in (["policy", "rollback"], ["policy", "history"], ["policy", "show"]):
        code, out, err = sealgate(*args, user="lan")
        assert code == 2 and "policy-group" in err and not out, (args, out, err)
    shared = pathlib.Path("/tmp/group.yaml")
    shutil.copytree(WORK / "apps", "/tmp/apps")
    shutil.copy(f.log, shared)
    code, out, err = sealgate("policy", "apply", shared, user="lan")
    assert code == 2 and "policy-group" in err and not out, (code, out, err)
    code, out, err = sealgate("policy", "apply", "--json", shared, user="editor")
    equal(code, 0, err)
    equal(history()["versions"][0]["user"], "editor", "author")
    assert opens(f)


@test
def a_file_that_is_edited_becomes_a_version(f):
    before = version(f)
    (lab.ETC / "policy.yaml").write_text(POLICY % ("marked", "block") + "    message: từ tệp\n")
    assert lab.wait_for(lambda: version(f) == before + 1), f.agent.status()["policy"]
    assert not opens(f)
    equal(history()["versions"][0]["user"], "file", "author")
    # What was applied after it stays in force over a restart: the file is no news.
    equal(apply(f.log)[1]["version"], before + 2, "apply")
    f.agent.stop()
    f.agent.start()
    equal((version(f), opens(f)), (before + 2, True), "after the restart")
    # A broken file changes nothing, and status says so.
    (lab.ETC / "policy.yaml").write_text("rules: [")
    assert lab.wait_for(lambda: f.agent.status()["policy"]["file_refused"])
    equal((version(f), opens(f)), (before + 2, True), "with a broken file")
    f.agent.stop()
    f.agent.start()
    equal((version(f), opens(f)), (before + 2, True), "after a start with a broken file")
    (lab.ETC / "policy.yaml").write_text(POLICY % ("marked", "block") + "    message: từ tệp\n")
    assert lab.wait_for(lambda: not f.agent.status()["policy"]["file_refused"])
    equal(version(f), before + 2, "the old file is no news")


class Load(threading.Thread):
    """A client that opens without a pause: each answer is the one of a policy that was in force
    between the question and the answer."""

    SCRIPT = ("while :; do if read -r x < '%s'; then echo READ; else echo NO; fi; done 2>/dev/null")

    def __init__(self, f):
        super().__init__(daemon=True)
        self.p = subprocess.Popen(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", str(CLIENT),
                                   "-c", self.SCRIPT % f.marked], stdout=subprocess.PIPE, text=True)
        self.n, self.wrong, self.last = 0, [], None

    def run(self):
        for line in self.p.stdout:
            self.n += 1
            self.last = line.strip()
            if self.last not in ("READ", "NO"):
                self.wrong.append(self.last)

    def stop(self):
        self.p.kill()
        self.p.wait(10)
        self.join(20)


def footprint(f):
    """Resident KiB and descriptors of each process that keeps a policy."""
    out = {}
    pids = {role: f.agent.pid_of(role) for role in ("core", "gate")}
    pids["supervisor"] = f.agent.process.pid
    for role, pid in pids.items():
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        rss = int(next(x for x in status.splitlines() if x.startswith("VmRSS")).split()[1])
        out[role] = (rss, len(os.listdir(f"/proc/{pid}/fd")))
    return out


@test
def applied_while_opens_go_on(f):
    rounds = int(os.environ.get("POLICY_ROUNDS", "30"))
    load = Load(f)
    load.start()
    slowest = 0.0
    try:
        for n in range(10):  # what grows once has grown
            equal(apply((f.block, f.log)[n % 2])[0], 0, "apply")
        first, began, opened = footprint(f), time.monotonic(), load.n
        for n in range(rounds):
            path, want = (f.block, False) if n % 2 == 0 else (f.log, True)
            asked = time.monotonic()
            if n % 5 == 4:
                code, out, err = sealgate("policy", "rollback", "--json")
                want = opens(f)
            else:
                code, said, err = apply(path)
            slowest = max(slowest, time.monotonic() - asked)
            equal(code, 0, err)
            # What is said to be in force is: the next open is answered by it.
            equal(opens(f), want, f"round {n}")
        took, opened = time.monotonic() - began, load.n - opened
    finally:
        load.stop()
    last = footprint(f)
    print(f"# {rounds} changes in {took:.1f} s, the slowest {slowest * 1000:.0f} ms, "
          f"{opened / took:.0f} opens a second; KiB and descriptors {first} -> {last}", flush=True)
    assert load.n > 50 and not load.wrong, (load.n, load.wrong[:5])
    versions = {v["version"]: v for v in history()["versions"]}
    text = {}
    for i in f.agent.incidents():
        n = i["policy_version"]
        assert n in versions, n
        if i["rule"] != "marked" or i["path"] != str(f.marked):
            continue
        if n not in text:
            text[n] = sealgate("policy", "show", n)[1]
        # each verdict is right for the version that it names
        assert f"do: {i['intended']}" in text[n], (i, text[n])
    for role in first:
        assert last[role][1] <= first[role][1] + 2, (role, first, last)
        assert last[role][0] <= first[role][0] + 2048 + rounds * 2, (role, first, last)


def kill_while_applying(f, role, delay):
    pid = f.agent.pid_of(role) if role != "supervisor" else f.agent.process.pid
    p = subprocess.Popen(["sealgate", "policy", "apply", str(f.block if f.turn else f.log)],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(delay)
    os.kill(pid, signal.SIGKILL)
    p.wait(60)
    f.turn = not f.turn
    if role == "supervisor":
        f.agent.process.wait(10)
        f.agent.start()
    assert lab.wait_for(f.agent.serving, 20)


@test
def killed_anywhere_on_the_way_leaves_one_policy(f):
    """Whoever dies when: what status says, what history says and what an open gets are the same."""
    f.turn = True
    for role in ("core", "gate", "supervisor"):
        for delay in (0, 0.006, 0.012, 0.025):
            kill_while_applying(f, role, delay)
            assert lab.wait_for(lambda: agree(f), 20), (role, delay, history()["versions"][:3], f.agent.status()["policy"])
    # and it goes on
    equal(apply(f.block if opens(f) else f.log)[0], 0, "apply")


@test
def what_is_predicted_is_what_happens(f):
    """Documents of two levels and of none under one policy; the same opens under the next."""
    rules = """version: 1
apps: [apps]
rules:
  - name: marked
    when: {level: [confidential, internal], category: chat}
    do: %s
  - name: rest
    when: {category: chat, channel: open}
    do: %s
"""
    docs = []
    for n in range(6):
        path = DOCS / f"du-doan-{n}.txt"
        path.write_text(MARKED if n % 2 else f"Thư viện xã mở cửa ngày chủ nhật, số {n}.\n")
        docs.append(path)

    def use(name, marked, rest):
        path = write(name, "log")
        path.write_text(rules % (marked, rest))
        return path

    def replay():
        before = {i["id"] for i in f.agent.incidents()}
        for path in docs:
            client(f"read -r line < '{path}'")

        def all_recorded():
            found = [i for i in f.agent.incidents() if i["id"] not in before and "du-doan" in i["path"]]
            return found if len(found) == len(docs) else None
        found = lab.wait_for(all_recorded, 20)
        assert found, "each open is an incident"
        return {i["path"]: (i["action"], i["rule"]) for i in found}
    equal(apply(use("now.yaml", "block", "log"))[0], 0, "the policy of today")
    time.sleep(1.1)  # what was before lies in another second than `since`
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    old = replay()
    new = use("next.yaml", "log", "block")
    code, out, err = sealgate("policy", "simulate", "--json", "--since", since, new)
    equal(code, 1, err)
    said = json.loads(out)
    equal(apply(new)[0], 0, "the policy of tomorrow")
    then = replay()
    refuses = {p: (old[p][0] == "block", then[p][0] == "block") for p in old}
    equal(said["incidents"], {"same": sum(a == b and old[p][0] == then[p][0] for p, (a, b) in refuses.items()),
                              "new_block": sum(b and not a for a, b in refuses.values()),
                              "vanished_block": sum(a and not b for a, b in refuses.values()), "other": 0}, "prediction")
    equal({r["name"]: (r["new_block"], r["vanished_block"]) for r in said["rule"]},
          {"rest": (3, 0), "marked": (0, 3)}, "by rule")
    for of_user in said["user"]:
        unit = grp.getgrgid(pwd.getpwnam(of_user["name"]).pw_gid).gr_name
        equal([r for r in said["unit"] if r["name"] == unit], [{**of_user, "name": unit}], "by unit")
    equal(said["coverage"], "recorded-only", "coverage")
    # Each of today's is traced by today's policy, although another one is in force now.
    for one in [i for i in f.agent.incidents() if "du-doan" in i["path"]]:
        code, out, err = sealgate("incidents", "show", "--json", "--trace", one["id"])
        trace = json.loads(out)["trace"]
        equal((code, trace["available"], trace.get("same"), trace.get("rule")), (0, True, True, one["rule"]), err)
        equal([s["why"] for s in trace["rules"][:1]],
              [None if one["level"] != "none" else "the document's level is not in the rule's list"], one["path"])
    code, out, _ = sealgate("policy", "simulate", "--since", since, new)
    assert "not in the journal" in out and "new refusals" in out, out


def key(name, trusted=True):
    equal(sealgate("keygen", WORK / name)[0], 0, "keygen")
    if trusted:
        (lab.ETC / "keys").mkdir(exist_ok=True)
        shutil.copy(WORK / f"{name}.pub", lab.ETC / "keys")
    return WORK / f"{name}.key"


def sign(what, out, keyfile, *args):
    code, _, err = sealgate("sign", "--key", keyfile, *args, "--output", WORK / out, *([what] if what else []))
    equal(code, 0, err)
    return WORK / out


def refused(path, text, f):
    before = version(f)
    code, _, err = apply(path)
    assert code == 1 and text in err, (code, err)
    equal(version(f), before, "version")


@test
def only_what_trusted_keys_have_signed(f):
    one, two, stranger = key("one"), key("two"), key("stranger", trusted=False)
    equal(os.stat(one).st_mode & 0o777, 0o600, "mode of the key")
    could = opens(f)
    if could:
        equal(apply(f.block)[0], 0, "block")
    # What nobody vouches for sets no counter that others would have to reach.
    untrusted = write("untrusted.yaml", "block")
    untrusted.write_text(untrusted.read_text() + "    message: không ai tin\n")
    equal(apply(sign(untrusted, "untrusted.bundle", stranger, "--counter", 10 ** 12))[0], 0, "untrusted")
    equal(history()["versions"][0]["counter"], 0, "its counter")
    f.agent.stop()
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml", extra="""require-signatures: [policy, rules]
two-signatures: when-weaker
""").start()
    equal(opens(f), False, "the last good one goes on")
    message = write("message.yaml", "block")
    message.write_text(message.read_text() + "    message: đã ký\n")
    refused(message, "not signed", f)
    refused(sign(message, "stranger.bundle", stranger), "no trusted key", f)
    invalid = write("invalid.yaml", "blokc")
    code, _, err = sealgate("sign", "--key", one, "--output", WORK / "invalid.bundle", invalid)
    assert code == 1 and "P004" in err and not (WORK / "invalid.bundle").exists(), err
    good = sign(message, "good.bundle", one, "--counter", 100)
    equal(sealgate("verify", good)[0], 0, "verify")
    # a byte of a file, of the counter, of the signature; the end
    data = good.read_bytes()
    for name, changed, text in (
            ("content", data.replace("đã ký".encode(), "da ky!!!".encode()), "not what the manifest says"),
            ("counter", data.replace(b"counter 100", b"counter 900"), "forged"),
            ("short", data[:-5], "not whole"),
            ("longer", data + b"x", "left over")):
        bad = WORK / f"{name}.bundle"
        bad.write_bytes(changed)
        refused(bad, text, f)
        equal(sealgate("verify", bad)[0], 1, "verify " + name)
    code, said, err = apply(good)
    equal(code, 0, err)
    v = history()["versions"][0]
    equal((v["counter"], len(v["signers"])), (100, 16), "history")
    refused(sign(f.block, "old.bundle", one, "--counter", 99), "older", f)
    mine, other = os.uname().nodename, "may-khac"
    refused(sign(f.block, "other.bundle", one, "--counter", 101, "--host", other), "for other hosts", f)
    equal(apply(sign(f.block, "mine.bundle", one, "--counter", 100, "--host", other, "--host", mine))[0], 0, "mine")
    # Less protection of a state secret needs two.
    weak = sign(f.log, "weak.bundle", one, "--counter", 101)
    refused(weak, "two trusted keys", f)
    refused(sign(weak, "weak2.bundle", stranger), "two trusted keys", f)
    twice = WORK / "twice.bundle"  # one key's signature, given twice, is one
    twice.write_bytes(re.sub(rb"(signature .*\n)", rb"\1\1", weak.read_bytes(), count=1))
    equal(sealgate("verify", twice)[0], 0, "verify")
    refused(twice, "two trusted keys", f)
    code, said, err = apply(sign(weak, "weak3.bundle", two))
    equal((code, opens(f)), (0, True), err)
    equal(len(history()["versions"][0]["signers"]), 33, "two signers")
    # A file that is edited is not signed either.
    now = version(f)
    (lab.ETC / "policy.yaml").write_text(POLICY % ("edited", "block"))
    assert lab.wait_for(lambda: f.agent.status()["policy"]["file_refused"])
    equal((version(f), opens(f)), (now, True), "after the edit")
    assert "not signed" in f.agent.status()["configuration_error"]
    # but it may be a bundle itself
    shutil.copy(sign(f.block, "file.bundle", one, "--counter", 102), lab.ETC / "policy.yaml")
    assert lab.wait_for(lambda: version(f) == now + 1), f.agent.status()
    equal(opens(f), False, "the signed file")


@test
def signed_rules(f):
    drop = lab.ETC / "rules.d"
    drop.mkdir(exist_ok=True)

    def rules(what):
        s = f.agent.status()  # none while core is busy with the rules before
        return s["rules"][what] if s else None

    def until(what, want):
        assert lab.wait_for(lambda: rules(what) == want, 60), (what, want, f.agent.status())

    def packs():
        return f.agent.wait_for_status()["rules"]["packs"]
    before = packs()
    loose = drop / "meeting-copy"
    shutil.copytree(lab.SHIPPED / "rules/meeting-access", WORK / "pack")
    text = (WORK / "pack/pack.yaml").read_text()
    name = next(line for line in text.splitlines() if line.startswith("name:") or line.startswith("pack:"))
    (WORK / "pack/pack.yaml").write_text(text.replace(name, name + "-copy", 1))
    shutil.copytree(WORK / "pack", loose)
    until("files_refused", True)
    equal(packs(), before, "unsigned rules")
    shutil.rmtree(loose)
    shutil.copy(sign(None, "rules.bundle", WORK / "stranger.key", "--rules", WORK / "pack"), drop)
    until("files_refused", True)
    shutil.copy(sign(None, "rules.bundle", WORK / "one.key", "--rules", WORK / "pack", "--counter", 5), drop)
    until("packs", before + 1)
    until("files_refused", False)
    # another pack's bundle has a counter of its own, also after a restart
    shutil.copytree(WORK / "pack", WORK / "pack2")
    (WORK / "pack2/pack.yaml").write_text(text.replace(name, name + "-copy2", 1))
    shutil.copy(sign(None, "rules2.bundle", WORK / "one.key", "--rules", WORK / "pack2", "--counter", 3), drop)
    until("packs", before + 2)
    f.agent.stop()
    f.agent.start()
    until("packs", before + 2)
    until("files_refused", False)
    (drop / "rules2.bundle").unlink()
    until("packs", before + 1)
    shutil.copy(sign(None, "rules.bundle", WORK / "one.key", "--rules", WORK / "pack", "--counter", 4), drop)
    until("files_refused", True)
    equal(packs(), before + 1, "older rules")
    (drop / "rules.bundle").unlink()
    until("packs", before)


@test
def by_courier(f):
    """A policy comes on a medium: what is unsigned, forged, another's, cut short or old changes nothing."""
    medium, office = WORK / "medium", WORK / "office"
    medium.mkdir()  # the office's folder is made by the first receipt
    one, stranger = key("courier"), key("courier-stranger", trusted=False)
    f.agent.stop()
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()  # no signature is required else
    host = os.uname().nodename
    bundle, applied = medium / f"sealgate-{host}.bundle", medium / f"sealgate-{host}.applied"

    def imported():
        return sealgate("courier", "import", "--reason", "by hand", medium)

    def refused_medium(data, text):
        bundle.write_bytes(data)
        before = version(f), len(notes("refused"))
        code, _, err = imported()
        assert code == 1 and text in err, (code, err)
        equal(version(f), before[0], "version")
        assert lab.wait_for(lambda: len(notes("refused")) == before[1] + 1), "it is a record"
        assert not applied.exists(), "no receipt"
    equal(imported()[0], 2, "there is none")
    first = write("courier-first.yaml", "block")
    first.write_text(first.read_text() + "    message: lần đầu\n")
    bundle.write_bytes(sign(first, "c0.bundle", one, "--counter", 4000).read_bytes())
    code, out, err = imported()
    equal(code, 0, out + err)
    applied.unlink()
    message = write("courier.yaml", "block")
    message.write_text(message.read_text() + "    message: qua người đưa thư\n")
    refused_medium(message.read_bytes(), "no whole bundle")
    good = sign(message, "courier.bundle", one, "--counter", 5000, "--host", host).read_bytes()
    refused_medium(sign(message, "c1.bundle", stranger, "--counter", 5000).read_bytes(), "no trusted key")
    refused_medium(sign(message, "c2.bundle", one, "--counter", 5000, "--host", "may-khac").read_bytes(), "other hosts")
    refused_medium(sign(message, "c3.bundle", one, "--counter", 1).read_bytes(), "older")
    refused_medium(good.replace(b"counter 5000", b"counter 5001"), "forged")
    end = good.index(b"contents\n")
    for cut in (0, 1, 20, end, end + 9, len(good) - 1):
        refused_medium(good[:cut], "no whole bundle")
    bundle.unlink()
    bundle.symlink_to("/etc/passwd")
    equal(imported()[0], 2, "a link")
    bundle.unlink()
    (medium / "sealgate.bundle").write_bytes(good)  # one for all hosts
    code, out, err = imported()
    equal(code, 0, err)
    h = history()
    equal((h["versions"][0]["version"], h["versions"][0]["counter"], h["versions"][0]["reason"]),
          (h["current"], 5000, "by hand"), "history")
    said = json.loads(applied.read_text().splitlines()[0])
    equal((said["host"], said["counter"], said["version"]["version"]), (host, 5000, h["current"]), "receipt")
    applied.unlink()
    refused_medium(good, "a replay")
    # Out: the refusals and what is in force are records that leave, signed; a receipt comes back.
    code, out, err = sealgate("courier", "export", medium)
    equal(code, 0, out + err)
    lines = [json.loads(line)["record"] for line in (medium / f"sealgate-{host}.jsonl").read_text().splitlines()]
    assert any(r["kind"] == "policy" and "replay" in r["text"] for r in lines), lines[-5:]
    assert any(r["kind"] == "courier-import" for r in lines)
    code, out, err = sealgate("courier", "receipt", "--key", one, "--state-dir", office, medium)
    equal(code, 0, out + err)
    code, out, err = sealgate("courier", "export", medium)
    equal(code, 0, out + err)
    equal(json.loads((medium / f"sealgate-{host}.statement").read_text().splitlines()[0])["first"], len(lines), "next")


@test
def a_reason_that_would_turn_the_line(f):
    """What is told of it can still be read, and shows none of it raw."""
    reason = "họp\u202e\u2028 \x1b[2J\nhai dòng"
    equal(apply(write("turned.yaml", "block", rule="turned"), "--reason", reason)[0], 0, "apply")
    equal(history()["versions"][0]["reason"], reason, "--json")
    code, out, err = sealgate("policy", "history")
    equal((code, err), (0, ""), "history")
    assert "họp" in out, out


@test
def the_oldest_versions_go(f):
    """No more than policy-versions are kept, and what is gone back to is among them."""
    f.agent.stop()
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml", extra="policy-versions: 10\n").start()
    for n in range(12):
        equal(apply(write("many.yaml", "block" if n % 2 else "log", rule=f"rule-{n}"))[0], 0, n)
    h = history()
    equal(len(h["versions"]), 10, "versions")
    bundles = {p.name for p in VERSIONS.iterdir() if p.suffix == ".bundle"}
    assert len(bundles) <= 10, bundles
    gone = lab.recorded("policy", what="removed")
    assert "policy-versions: 10" in gone["text"], gone
    number = h["versions"][-1]["version"] - 1
    code, _, err = sealgate("policy", "rollback", number)
    assert code == 1 and f"no version {number}" in err, err
    for back in range(4):
        equal(sealgate("policy", "rollback")[0], 0, "rollback")
        text = sealgate("policy", "show")[1]
        assert f"name: rule-{10 - back}\n" in text, (back, text)
    f.agent.stop()
    f.agent.start()
    assert "name: rule-7\n" in sealgate("policy", "show")[1]
    equal(version(f), h["current"] + 4, "numbers go on")


@test
def a_full_disk_is_a_refusal(f):
    f.agent.stop()
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml").start()
    before, could = version(f), opens(f)
    mount = VERSIONS
    saved = pathlib.Path("/root/saved")
    f.agent.stop()
    shutil.copytree(mount, saved)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", mount], check=True)
    owner = saved.stat()
    for p in saved.iterdir():
        shutil.copy(p, mount / p.name)
    subprocess.run(["chown", "-R", "sealgate-core:sealgate-core", mount], check=True)
    f.agent.start()
    lab.fill(mount / "rest")
    path = write("full.yaml", "log" if not could else "block", rule="another")
    code, _, err = apply(path)
    assert code == 1 and "No space left" in err, err
    equal((version(f), opens(f)), (before, could), "nothing changed")
    (mount / "rest").unlink()
    code, said, err = apply(path)
    equal((code, opens(f)), (0, not could), err)
    f.agent.stop()
    subprocess.run(["umount", mount], check=True)
    f.agent.start()
    assert owner


run(setup, teardown)
