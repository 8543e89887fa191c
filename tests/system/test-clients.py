#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real chat clients and a real XMPP server: what arrives at the server decides. Run in a lab."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
import documents
import xmpp
from tap import equal, run, test
from xmpp import go_sendxmpp


class Fixture:
    pass


def sha(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def setup():
    f = Fixture()
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    f.docs = documents.make_demo_documents(lab.DOCS)
    f.server = xmpp.Server()
    f.agent = lab.Agent().start()
    return f


def teardown(f):
    if f:
        f.agent.stop()
        f.server.stop()


@test
def go_sendxmpp_cannot_send_marked_documents(f):
    for kind in ("secret", "internal"):
        begun = time.monotonic()
        r = go_sendxmpp(f.docs[kind])
        assert r.returncode != 0 and "not permitted" in r.stdout, r.stdout
        assert time.monotonic() - begun < 5, "the client was kept waiting"
    equal(f.server.stored(), [], "nothing may arrive")


@test
def go_sendxmpp_sends_a_public_one(f):
    r = go_sendxmpp(f.docs["public"])
    equal(r.returncode, 0, r.stdout)
    equal(f.server.stored(), [sha(f.docs["public"])], "what arrived")


@test
def its_incidents_name_it(f):
    assert lab.wait_for(lambda: len(f.agent.incidents()) == 2), f.agent.incidents()
    equal({i["app"] for i in f.agent.incidents()}, {"go-sendxmpp"}, "application")
    equal({i["level"] for i in f.agent.incidents()}, {"secret", "internal"}, "levels")


@test
def profanity_cannot_send_marked_documents_in_any_dress(f):
    shutil.copy(f.docs["secret"], lab.DOCS / "anh-chup.jpg")
    shutil.copy(f.docs["internal"], lab.DOCS / "khong-duoi")
    archive = lab.DOCS / "ho-so.zip"
    subprocess.run(["zip", "-q", "-j", str(archive), str(f.docs["secret"])], check=True)
    text = lab.DOCS / "utf16.txt"
    text.write_bytes("Số: 3/BC\r\n\r\nTUYỆT MẬT\r\n\r\nBÁO CÁO\r\n".encode("utf-16"))
    before = f.server.stored()
    client = xmpp.Profanity()
    try:
        client.connect()
        client.chat()
        for name in ("anh-chup.jpg", "khong-duoi", "ho-so.zip", "utf16.txt",
                     f.docs["secret"].name):
            path = lab.DOCS / name
            client.send_file(path)
            assert lab.wait_for(lambda: any(i["path"] == str(path) and i["app"] == "profanity"
                                            for i in f.agent.incidents()), 8), name
        time.sleep(0.5)
        equal(f.server.stored(), before, "nothing more may arrive")
        assert "Unable to open file descriptor" in client.console()
        other = lab.DOCS / "lich-thu-vien.txt"
        other.write_text("Thư viện mở cửa cả ngày chủ nhật.\n")
        client.send_file(other)
        assert lab.wait_for(lambda: sha(other) in f.server.stored(), 10), client.screen()
    finally:
        client.stop()


@test
def the_clients_own_files_are_no_incidents(f):
    for i in f.agent.incidents():
        assert i["path"].startswith(str(lab.DOCS)), i["path"]
        assert i["level"] != "none", i


@test
def the_journal_verifies(f):
    equal(f.agent.verify().returncode, 0)


run(setup, teardown)
