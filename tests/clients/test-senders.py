#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real clients try to send marked documents. What the server received decides, not what a client
says. State secrets are blocked for everybody, internal documents are recorded."""
import os
import pathlib
import shutil
import subprocess
import time

from scene import (BLOCK, DOCS, HOME, Scene, Skip, contents, equal, go_sendxmpp, lab, make, run,
                   sha, test, web, xmpp)
from messengers import Dino, Gajim, IrcServer, Irssi


def setup():
    s = Scene()
    s.docs = make(["tuyet-mat.docx", "toi-mat.pdf", "mat.odt", "secret.pdf", "toi-mat.docx",
                   "ji-mi.docx", "cong-khai.docx", "cong-khai.pdf", "toi-mat.rtf"])
    s.agent.start()
    s.agent.known(9)
    return s


def teardown(s):
    if s:
        s.stop()


@test
def e01_go_sendxmpp(s):
    path = s.docs["tuyet-mat.docx"]
    begun = time.monotonic()
    r = go_sendxmpp(path)
    took = time.monotonic() - begun
    assert r.returncode != 0 and "operation not permitted" in r.stdout, r.stdout
    assert took < 5, took  # on an idle machine: below a second
    print(f"# refused after {took:.2f} s")
    s.not_stored(path)
    i = s.once(path, "go-sendxmpp")
    equal((i["level"], i["app_name"], i["exe"]),
          ("top-secret", "go-sendxmpp", "/usr/bin/go-sendxmpp"), "incident")
    public = s.docs["cong-khai.docx"]
    equal(go_sendxmpp(public).returncode, 0, "a public document")
    s.stored(public)
    equal(s.incidents(public), [], "a public document")


@test
def e02_profanity(s):
    path = s.docs["toi-mat.pdf"]
    client = xmpp.Profanity()
    try:
        client.connect()
        client.chat()
        # Completing the name looks at folders, not into files.
        subprocess.run(["tmux", "-S", client.socket, "send-keys", "-l", f"/sendfile {DOCS}/toi-mat.p"])
        subprocess.run(["tmux", "-S", client.socket, "send-keys", "Tab"])
        assert lab.wait_for(lambda: f"{DOCS}/toi-mat.pdf" in client.screen(), 5), client.screen()
        time.sleep(1.5)
        equal(s.incidents(path), [], "completion")
        subprocess.run(["tmux", "-S", client.socket, "send-keys", "Enter"])
        begun = time.monotonic()
        client_line = "con tra loi"
        subprocess.run(["tmux", "-S", client.socket, "send-keys", "-l", client_line])
        assert lab.wait_for(lambda: client_line in client.screen(), 5, 0.02), client.screen()
        print(f"# a key was answered {time.monotonic() - begun:.2f} s after sending")
        for _ in client_line:
            subprocess.run(["tmux", "-S", client.socket, "send-keys", "BSpace"])
        i = s.once(path, "profanity")
        equal(i["level"], "secret", "level")
        s.not_stored(path)
        # In monitor and log mode it opens twice, which is one incident.
        assert "Unable to open file descriptor" in client.console(), client.console()
    finally:
        client.stop()


@test
def e17_disguises(s):
    """The same marking in other dress, sent by profanity."""
    a, b = DOCS / "anh-chup.jpg", DOCS / "khong-duoi"
    shutil.copy(s.docs["toi-mat.docx"], a)
    shutil.copy(s.docs["mat.odt"], b)
    text = DOCS / "utf16.txt"
    text.write_bytes("Số: 3/BC\r\n\r\nTUYỆT MẬT\r\n\r\nBÁO CÁO\r\n".encode("utf-16"))
    archive, seven = DOCS / "ho-so.zip", DOCS / "ho-so.7z"
    subprocess.run(["zip", "-q", "-j", str(archive), str(s.docs["tuyet-mat.docx"])], check=True)
    subprocess.run(["7z", "a", "-bd", str(seven), str(s.docs["toi-mat.pdf"])], check=True,
                   stdout=subprocess.DEVNULL)
    import email.message
    m = email.message.EmailMessage()
    m["Subject"], m["From"], m["To"] = "FW: lịch", f"lan@{xmpp.DOMAIN}", f"minh@{xmpp.DOMAIN}"
    m.set_content("Chuyển tiếp.\n")
    m.add_attachment(s.docs["toi-mat.docx"].read_bytes(), maintype="application",
                     subtype="octet-stream", filename="truc.docx")
    mail = DOCS / "chuyen-tiep.eml"
    mail.write_bytes(bytes(m))
    rich = s.docs["toi-mat.rtf"]
    client = xmpp.Profanity()
    try:
        client.connect()
        client.chat()
        types = {}
        for path in (a, b, text, archive, seven, mail, rich):
            path.chmod(0o644)
            client.send_file(path)
            i, _ = s.blocked(path, "profanity")
            equal(i["action"], "block", path.name)
            types[path.name] = i.get("type") or i.get("format")
            s.not_stored(path)
        print(f"# detected: {types}")
        assert all(types.values()), types
    finally:
        client.stop()


@test
def e03_gajim(s):
    path = s.docs["mat.odt"]
    client = s.client(Gajim)
    client.send_file(path)
    begun = time.monotonic()
    i, took = s.blocked(path, "gajim")
    print(f"# in the journal {took:.2f} s after Send; the main loop answers in "
          f"{client.answers():.2f} s; the client says nothing but that it is uploading")
    i = s.once(path, "gajim")
    equal((i["app_name"], i["level"]), ("Gajim", "confidential"), "incident")
    assert i["identified"] in ("script", "exec", "exe", "cgroup"), i["identified"]
    s.not_stored(path)
    s.shot("e03")
    del begun


@test
def e04_dino(s):
    path = s.docs["secret.pdf"]
    client = s.client(Dino)
    client.send_file(path)
    i, took = s.blocked(path, "dino")
    print(f"# in the journal {took:.2f} s after Send")
    equal((i["app_name"], i["level"]), ("Dino", "secret"), "incident")
    time.sleep(2)
    s.not_stored(path)
    assert sha(path) not in contents(client.data), "Dino kept a copy"
    s.shot("e04")
    public = s.docs["cong-khai.pdf"]
    client.close_overlay()
    client.send_file(public)
    s.stored(public)


@test
def e05_converse_in_chromium(s):
    if not web.modules():
        raise Skip("Converse.js and playwright-core are not there: tests/install-deps clients")
    site = web.Server()
    browser = s.clients["browser"] = web.Browser(s.desktop, TMPDIR=str(HOME / "tmp"))
    print(f"# Chromium {browser.version}")
    browser.chat()
    path = s.docs["toi-mat.docx"]
    browser.send(path)
    i, _ = s.blocked(path, "chromium", 20)
    equal((i["app_name"], i["level"], i["exe"]), ("Chromium", "secret", "/usr/lib/chromium/chromium"),
          "incident")
    assert i["pid"], i
    time.sleep(2)
    s.not_stored(path)
    s.shot("e05")
    # A second tab goes on working, and a public document goes through.
    assert browser.put(s.docs["cong-khai.docx"], tab=1) == "status 201"
    equal(site.stored(), [sha(s.docs["cong-khai.docx"])], "put")
    refused = browser.put(path, tab=1)
    assert refused.startswith("failed"), refused
    equal(site.stored(), [sha(s.docs["cong-khai.docx"])], "put")
    browser.chat(tab=2)
    other = DOCS / "lich.txt"
    other.write_text("Thư viện mở cửa cả ngày chủ nhật.\n")
    other.chmod(0o644)
    browser.send(other, tab=2)
    s.stored(other)
    s.site = site


@test
def e07_irssi(s):
    """DCC: the other side is an irssi too, which takes whatever it is offered."""
    lab.add_user("minh")
    got = pathlib.Path("/var/tmp/minh")
    got.mkdir()
    shutil.chown(got, "minh", "minh")
    server = IrcServer()
    receiver = sender = None
    try:
        receiver = Irssi("minh", "/home/minh", autoget=got)
        sender = Irssi("lan", "/home/lan")
        path = s.docs["ji-mi.docx"]
        sender.dcc_send("minh", path)
        i = s.once(path, "irssi")
        assert i["level"] in ("confidential", "secret", "top-secret"), i["level"]
        assert "can't open file" in sender.screen(), sender.screen()
        equal(list(got.rglob("*.docx")), [], "received")
        public = s.docs["cong-khai.docx"]
        sender.dcc_send("minh", public)
        assert lab.wait_for(lambda: any(sha(p) == sha(public) for p in got.rglob("*")
                                        if p.is_file()), 20), \
            sender.screen() + receiver.screen()
    finally:
        for x in (receiver, sender):
            if x:
                x.stop()
        server.stop()


@test
def nothing_else_was_recorded(s):
    """Neither clients' own files nor anything that carries no marking."""
    marked = {str(p) for p in DOCS.iterdir()} - {str(s.docs[n]) for n in
                                                 ("cong-khai.docx", "cong-khai.pdf")}
    strange = [(i["app"], i["path"]) for i in s.agent.incidents() if i["path"] not in marked]
    equal(strange, [], "incidents")
    assert "stuck" not in s.agent.status() and s.agent.status()["supervisor"]["gate"]["stuck"] == 0


@test
def the_journal_verifies(s):
    equal(s.agent.verify().returncode, 0)


run(setup, teardown)
