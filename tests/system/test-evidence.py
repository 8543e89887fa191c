#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Evidence copies (`evidence: copy`): none without the policy asking for them, and with it only ones
that the reviewers' key opens. Run in a lab: tests/lab/enter."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
from tap import equal, run, test

DOCS = lab.DOCS
EVIDENCE = lab.STATE / "evidence"
KEYS = pathlib.Path("/root/keys")
CERTIFICATE = lab.ETC / "reviewers.pem"
APPS = """version: 1
apps:
  - {id: lab-chat, name: Lab chat, category: chat, exe: /opt/lab/chat}
"""
POLICY = """version: 1
apps: apps.yaml
rules:
  - {name: refuse-secret, when: {family: state-secret}, do: block%s}
  - {name: record-internal, when: {level: internal}, do: log%s}
"""
SECRET = "TỐI MẬT\n\nSố: 7/KH\n\nKẾ HOẠCH\n\nNội dung số %s.\n"
INTERNAL = "LƯU HÀNH NỘI BỘ\n\nSố: 7/TB\n\nTHÔNG BÁO\n\nHọp tổ số %s lúc tám giờ.\n"
SETTINGS = f"reviewers: reviewers\nevidence: {{certificate: {CERTIFICATE}, file-size: 1 MiB, max-size: 8 MiB, keep: 30 d}}\n"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Fixture:
    pass


def write_docx(path, text):
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.splitlines())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", XML + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
                   'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
                   'relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.'
                   'openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
        z.writestr("_rels/.rels", XML + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
                   'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
                   'relationships/officeDocument" Target="word/document.xml"/></Relationships>')
        z.writestr("word/document.xml", XML + f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>')


def document(name, text=SECRET, suffix="txt"):
    """Files of one folder that are opened together are one act, so each has its own."""
    path = DOCS / name / f"{name}.{suffix}"
    path.parent.mkdir(exist_ok=True)
    if suffix == "docx":
        write_docx(path, text % name)
    else:
        path.write_text(text % name)
    return path


def may_read(path):
    r = subprocess.run(["setpriv", "--reuid=lan", "--regid=lan", "--init-groups", "/opt/lab/chat", "-c",
                        f"read -r line < '{path}' && echo READ"], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=20)
    return "READ" in r.stdout


def happens(f, path, passes=False):
    """The application tries; the incident that comes of it."""
    equal(may_read(path), passes, path)
    found = lab.wait_for(lambda: [i for i in f.agent.acts() if i["path"] == str(path)], 20)
    assert found, path
    return found[0]


def becomes(what, incident):
    """What the journal says of the incident's copy."""
    found = lab.wait_for(lambda: [r for r in lab.records("evidence", what) if r["id"] == incident["id"]], 20)
    assert found, (what, incident["id"], lab.records("evidence"))
    return found[0]


def stored():
    return sorted(p.name for p in EVIDENCE.iterdir())


def sealgate(*args, user=None):
    as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
    return subprocess.run([*as_user, "sealgate", *map(str, args)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20, cwd="/")


def with_settings(f, settings=SETTINGS, evidence=", evidence: copy"):
    f.agent.stop()
    (lab.ETC / "policy.yaml").write_text(POLICY % (evidence, evidence))
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml", extra=settings).start()


def make_key(name, *how):
    subprocess.run(["openssl", "req", "-x509", "-newkey", *how, "-nodes", "-days", "30", "-subj",
                    "/CN=reviewers", "-keyout", KEYS / f"{name}.key", "-out", KEYS / f"{name}.pem"],
                   check=True, stderr=subprocess.DEVNULL)


def openssl_opens(copy, key="rsa"):
    return subprocess.run(["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", copy,
                           "-inkey", KEYS / f"{key}.key"], stdout=subprocess.PIPE, check=True).stdout


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    subprocess.run(["groupadd", "reviewers"], check=True)
    for user in ("lan", "minh", "huong"):
        lab.add_user(user)
    subprocess.run(["usermod", "-aG", "reviewers", "huong"], check=True)
    os.makedirs("/opt/lab")
    shutil.copy("/bin/dash", "/opt/lab/chat")
    lab.ETC.mkdir(parents=True, exist_ok=True)
    KEYS.mkdir()
    make_key("rsa", "rsa:3072")
    make_key("ec", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    shutil.copy(KEYS / "rsa.pem", CERTIFICATE)
    (lab.ETC / "apps.yaml").write_text(APPS)
    (lab.ETC / "policy.yaml").write_text(POLICY % ("", ""))
    f.agent = lab.Agent(policy=lab.ETC / "policy.yaml", extra=SETTINGS).start()
    return f


def teardown(f):
    if f:
        f.agent.stop()


@test
def without_the_policy_nothing_is_stored(f):
    path = document("khong-giu")
    incident = happens(f, path)
    happens(f, document("ghi-lai", INTERNAL), passes=True)
    assert "evidence" not in sealgate("--lang", "en", "status").stdout
    f.agent.stop()
    equal((stored(), lab.records("evidence")), ([], []))
    inside = path.read_bytes()
    assert not [p for p in lab.STATE.rglob("*") if p.is_file() and inside in p.read_bytes()]
    f.agent.start()
    r = sealgate("incidents", "evidence", incident["id"])
    equal(r.returncode, 1, r.stdout)
    equal(lab.records("incident-evidence"), [])


@test
def what_was_blocked_opens_with_the_key_alone(f):
    with_settings(f)
    path = document("ke-hoach", suffix="docx")
    incident = happens(f, path)
    r = becomes("kept", incident)
    copy = EVIDENCE / r["copy"]
    equal(openssl_opens(copy), path.read_bytes())
    equal((r["sha256"], r["size"]), (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size))
    equal((r["copy_sha256"], r["copy_size"]), (hashlib.sha256(copy.read_bytes()).hexdigest(), copy.stat().st_size))
    equal((oct(copy.stat().st_mode & 0o7777), copy.group()), ("0o640", "reviewers"))
    assert b"word/document.xml" not in copy.read_bytes()
    # again, and after core was replaced: one copy of the same content
    assert not may_read(path)
    os.kill(f.agent.pid_of("core"), 9)
    assert lab.wait_for(f.agent.serving, 30)
    assert not may_read(path)
    equal([n for n in stored() if incident["id"] in n], [r["copy"]])
    assert lab.wait_for(lambda: len(stored()) == 2, 20), "one more: core forgot the first incident"


@test
def what_was_only_recorded_too_and_everybody_is_told(f):
    path = document("noi-bo", INTERNAL)
    incident = happens(f, path, passes=True)
    r = becomes("kept", incident)
    equal(openssl_opens(EVIDENCE / r["copy"]), path.read_bytes())
    text = lab.wait_for(lambda: (lambda t: t if "3 kept now" in t else None)(
        sealgate("--lang", "en", "status", user="minh").stdout), 10)
    assert text and "encrypted copies are kept" in text, sealgate("--lang", "en", "status", user="minh").stdout
    status = f.agent.status()
    equal((status["evidence_wanted"], status["supervisor"]["evidence"]["copies"]), (True, 3))


@test
def who_is_no_reviewer_gets_nothing(f):
    copy = EVIDENCE / stored()[0]
    incident = lab.records("evidence", "kept")[0]["id"]
    for user in ("lan", "minh"):
        r = subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "cat", copy],
                           stderr=subprocess.DEVNULL, stdout=subprocess.PIPE)
        equal((r.returncode != 0, r.stdout), (True, b""))
        equal(sealgate("incidents", "evidence", incident, user=user).returncode, 2)
    equal(lab.records("incident-evidence"), [])


@test
def a_reviewer_takes_and_opens_it_which_is_recorded(f):
    incident = lab.records("evidence", "kept")[0]["id"]
    original = (DOCS / "ke-hoach/ke-hoach.docx").read_bytes()
    out = pathlib.Path("/home/huong/taken")
    shutil.copy(KEYS / "rsa.key", "/home/huong/rsa.key")
    shutil.copy(KEYS / "ec.key", "/home/huong/ec.key")
    for key in ("rsa", "ec"):
        shutil.chown(f"/home/huong/{key}.key", "huong")
    r = sealgate("incidents", "evidence", incident, "--out", out, user="huong")
    equal(r.returncode, 0, r.stdout)
    equal(out.read_bytes(), (EVIDENCE / stored_of(incident)).read_bytes())
    taken = lab.records("incident-evidence")
    equal([(x["id"], x["by"], x["note"]) for x in taken], [(incident, "huong", "1 taken")])
    r = sealgate("incidents", "evidence", incident, "--out", out, user="huong")
    equal((r.returncode, "not overwritten" in r.stdout), (2, True), r.stdout)
    plain = pathlib.Path("/home/huong/plain")
    r = sealgate("incidents", "evidence", incident, "--out", plain, "--key", "/home/huong/ec.key", user="huong")
    equal((r.returncode, plain.exists()), (2, False), r.stdout)
    r = sealgate("incidents", "evidence", incident, "--out", plain, "--key", "/home/huong/rsa.key", "--json",
                 user="huong")
    equal(r.returncode, 0, r.stdout)
    said = json.loads(r.stdout)
    equal((said["opened"], said["copies"][0]["written"]), (True, str(plain)))
    equal((plain.read_bytes(), oct(plain.stat().st_mode & 0o777)), (original, "0o600"))
    shown = json.loads(sealgate("incidents", "show", incident, "--json").stdout)
    equal([(c["what"], c["copy"]) for c in shown["copies"]], [("kept", stored_of(incident))])
    text = sealgate("incidents", "show", incident).stdout
    assert f"    sealgate incidents evidence {incident}" in text and "kept, encrypted" in text, text
    equal([h["by"] for h in shown["history"]], ["huong"] * 3)


def stored_of(incident):
    name, = [n for n in stored() if n.startswith(incident)]
    return name


@test
def a_changed_copy_is_told(f):
    incident = lab.records("evidence", "kept")[1]["id"]
    copy = EVIDENCE / stored_of(incident)
    data = bytearray(copy.read_bytes())
    data[-20] ^= 1
    copy.write_bytes(data)
    r = sealgate("incidents", "evidence", incident, "--out", "/root/changed")
    equal((r.returncode, "was changed" in r.stdout, os.path.exists("/root/changed")), (2, True, False), r.stdout)


@test
def a_document_that_is_too_big_or_gone_is_told(f):
    big = document("lon")
    with big.open("a") as out:
        out.write("dòng thường, không có gì.\n" * 60000)
    assert "file-size" in becomes("failed", happens(f, big))["text"]
    before = stored()
    gone = document("mat")
    equal(may_read(gone), False)
    gone.unlink()
    failed = lab.wait_for(lambda: [r for r in lab.records("evidence") if r["what"] in ("failed", "kept") and
                                   r["id"] in [i["id"] for i in f.agent.acts() if i["path"] == str(gone)]], 20)
    assert failed, lab.records("evidence")
    assert failed[0]["what"] == "kept" or "gone" in failed[0]["text"], failed
    assert len(stored()) <= len(before) + 1


@test
def leftovers_and_old_copies_go_and_are_recorded(f):
    f.agent.stop()
    (EVIDENCE / ".01ABC-00000000.cms").write_bytes(b"half a copy")
    old = stored_of(lab.records("evidence", "kept")[0]["id"])
    then = time.time() - 31 * 86400
    os.utime(EVIDENCE / old, (then, then))
    kept = stored_of(lab.records("evidence", "kept")[1]["id"])
    f.agent.start()
    assert lab.wait_for(lambda: lab.records("evidence", "removed"), 20)
    equal([r["copy"] for r in lab.records("evidence", "removed")], [old])
    equal([(r["copy"], r["id"]) for r in lab.records("evidence", "leftover")], [(".01ABC-00000000.cms", "01ABC")])
    shown = json.loads(sealgate("incidents", "show", "--json", old.split("-")[0]).stdout)
    equal([c["what"] for c in shown["copies"]], ["removed"])
    assert kept in stored() and old not in stored() and not [n for n in stored() if n[0] == "."]


@test
def another_kind_of_key_does(f):
    shutil.copy(KEYS / "ec.pem", CERTIFICATE)
    path = document("duong-cong")
    r = becomes("kept", happens(f, path))
    equal(openssl_opens(EVIDENCE / r["copy"], "ec"), path.read_bytes())


@test
def without_a_certificate_people_are_told_and_blocked_all_the_same(f):
    CERTIFICATE.write_text("not a certificate\n")
    before = stored()
    assert "no certificate that can be encrypted to" in becomes("failed", happens(f, document("hong")))["text"]
    with_settings(f, "reviewers: reviewers\n")
    assert "names no certificate" in becomes("failed", happens(f, document("thieu")))["text"]
    equal(stored(), before)
    r = sealgate("--lang", "en", "policy", "check")
    assert "P041" in r.stdout and "certificate" in r.stdout, r.stdout
    assert "none are made" in sealgate("--lang", "en", "status").stdout
    assert sealgate("policy", "check", "--explain", "P041").returncode == 0


@test
def a_full_bound_and_a_full_disk_are_told(f):
    shutil.copy(KEYS / "rsa.pem", CERTIFICATE)
    with_settings(f, SETTINGS.replace("max-size: 8 MiB", "max-size: 1 KiB"))
    assert "max-size" in becomes("failed", happens(f, document("day")))["text"]
    with_settings(f)
    f.agent.stop()
    extra = [EVIDENCE / f"01EXTRA-{n:08x}.cms" for n in range(8192)]
    for path in extra:
        path.touch()
    f.agent.start()
    assert "too many" in becomes("failed", happens(f, document("nhieu")))["text"]
    for path in extra:
        path.unlink()
    f.agent.stop()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", EVIDENCE], check=True)
    try:
        with_settings(f)
        lab.fill(EVIDENCE / "filler")
        incident = happens(f, document("dia-day"))
        assert "No space" in becomes("failed", incident)["text"]
        equal(stored(), ["filler"])
        equal(may_read(document("dia-day-2")), False)
    finally:
        f.agent.stop()
        subprocess.run(["umount", EVIDENCE], check=True)
    f.agent.start()


@test
def the_journal_is_sound(f):
    r = f.agent.verify()
    equal(r.returncode, 0, r.stdout)


run(setup, teardown)
