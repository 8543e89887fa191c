#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Looking around in a folder is not an upload: what real file choosers open, and what becomes of it.

Twelve marked documents of two levels lie in a folder, four of them without a known extension. Each
client's chooser lists the folder, goes from file to file with the arrow key, is cancelled; then one of
the documents is sent. A line for each of these acts says how many opens the gate refused, how many
incidents there are of it, how many opens were counted into incidents as retries, and how many files
the incidents name. docs/clients.md has the figures."""
import os
import pathlib
import signal
import subprocess
import time

from scene import DOCS, HOME, Scene, Skip, equal, lab, make, run, test, web
from messengers import Dino, Gajim

FOLDER = DOCS / "kho"
NAMES = ["a.docx", "b.odt", "c.pdf", "d.txt", "e.rtf", "f.doc", "g.eml", "h.html", "so-1", "so-2",
         "so-3", "so-4"]
MARKED = "TRẠM QUAN TRẮC\nSố: 5/BC\n\nMẬT\n\nBÁO CÁO\n\nMực nước hồ chứa số {} là bốn mét.\n"
table = []


def setup():
    s = Scene()
    FOLDER.mkdir(mode=0o755)
    docs = make(["mat.odt", "toi-mat.docx", "toi-mat.pdf", "toi-mat.rtf"], "/var/tmp")
    for n, name in enumerate(NAMES):
        like = docs.get({"docx": "toi-mat.docx", "odt": "mat.odt", "pdf": "toi-mat.pdf",
                         "rtf": "toi-mat.rtf"}.get(name.partition(".")[2], ""))
        path = FOLDER / name
        path.write_bytes(like.read_bytes() if like else MARKED.format(n).encode())
        path.chmod(0o644)
    s.clients["site"] = web.Server()
    s.agent.start()
    s.agent.known(len(NAMES))
    return s


def teardown(s):
    if s:
        s.stop()
    print(f"# {'client':24} {'action':22} {'refused':>8} {'incidents':>10} {'retries':>8} {'files':>6}")
    for row in table:
        print("# {:24} {:22} {:8} {:10} {:8} {:6}".format(*row))


class Counted:
    """What one action of a person made of opens and incidents."""

    def __init__(self, s, client, action):
        self.s, self.names = s, (client, action)

    def state(self):
        i = self.s.agent.acts()
        return (self.s.agent.status()["supervisor"]["gate"]["denied"], len(i),
                sum(x.get("retries", 0) for x in i),
                sum(1 + len(x.get("files", [])) for x in i))

    def __enter__(self):
        time.sleep(1.5)
        self.before = self.state()
        return self

    def __exit__(self, *exc):
        time.sleep(2.5)  # counts are written once a second
        self.refused, self.incidents, self.retries, self.files = (
            b - a for a, b in zip(self.before, self.state()))
        table.append((*self.names, self.refused, self.incidents, self.retries, self.files))


def to_folder(d, title):
    """The chooser shows the folder, and its first file can be reached with the arrow key."""
    d.window(title)
    d.key("ctrl+l")
    time.sleep(0.3)
    d.key("ctrl+a")
    d.type(f"{FOLDER}/")
    time.sleep(0.5)
    d.key("Return")
    time.sleep(1.5)


def arrow(s, d, title, name):
    d.window(title)
    for n in range(len(NAMES) + 1):
        d.key("Down")
        time.sleep(0.7)
    s.shot(name)


def cancel(d, title):
    d.window(title)
    d.key("Escape")
    assert d.gone(title), d.titles()


def to_bookmark(d, title):
    """The same for a chooser that would take the folder for the choice: by a bookmark."""
    d.window(title)
    d.key("alt+1")
    time.sleep(1.5)
    d.key("Tab")


def look_around(s, name, open_chooser, title, most, go=to_folder):
    """`most` incidents for each act: one for each level that is in the folder, at most."""
    d = s.desktop
    with Counted(s, name, "open the chooser") as opened:
        open_chooser()
    with Counted(s, name, "list the folder") as listed:
        go(d, title)
    s.shot(name + "-list")
    d.key("shift+Tab")
    with Counted(s, name, "arrow through it") as walked:
        arrow(s, d, title, name + "-walk")
    with Counted(s, name, "cancel") as cancelled:
        cancel(d, title)
    for c in (opened, listed, walked, cancelled):
        assert c.incidents <= most, f"{c.names}: {c.incidents} incidents of one act"


def send(s, name, client):
    """A minute later, so that nothing of it is counted into what went before. The chooser comes up
    with the folder that it showed last, which is one act, and sending is another."""
    time.sleep(61)
    with Counted(s, name, "send one of them") as sent:
        client.send_file(FOLDER / "b.odt")
    assert sent.refused >= 1, "it was not even opened"
    assert 1 <= sent.incidents <= 2, f"{sent.incidents} incidents of one sending"
    s.not_stored(FOLDER / "b.odt")


LEVELS = 2


@test
def gajim(s):
    client = s.client(Gajim)
    look_around(s, "Gajim (GTK 3)", client.choose, client.CHOOSER, LEVELS)
    send(s, "Gajim (GTK 3)", client)


@test
def dino(s):
    client = s.client(Dino)
    look_around(s, "Dino (GTK 4)", client.choose, client.CHOOSER, LEVELS)
    send(s, "Dino (GTK 4)", client)


def browse(s, name, most, go=to_folder):
    b = web.Browser(s.desktop, TMPDIR=str(HOME / "tmp"))
    try:
        look_around(s, name, lambda: b.ask("real", tab=0, url=web.URL + "/file.html"),
                    "Open File", most, go)
    finally:
        b.stop()


def portals():
    r = subprocess.run(["pgrep", "-f", "libexec/xdg-desktop-portal"], stdout=subprocess.PIPE,
                       text=True)
    return [int(p) for p in r.stdout.split()]


@test
def e10_chromium_with_the_portal(s):
    """The chooser is the portal's; nothing that it looks at is Chromium's."""
    if not web.modules():
        raise Skip("no npm modules: tests/install-deps clients")
    before = len(s.agent.acts())
    browse(s, "Chromium, portal", 0)
    assert portals(), "no portal was running: this was not what it should be"
    equal(len(s.agent.acts()), before, "incidents")


@test
def chromium_without_the_portal(s):
    if not web.modules():
        raise Skip("no npm modules: tests/install-deps clients")
    for service in pathlib.Path("/usr/share/dbus-1/services").glob("*portal*"):
        service.unlink()
    s.desktop.run("gdbus", "call", "--session", "--dest", "org.freedesktop.DBus", "--object-path",
                  "/org/freedesktop/DBus", "--method", "org.freedesktop.DBus.ReloadConfig")
    for pid in portals():
        os.kill(pid, signal.SIGTERM)
    assert lab.wait_for(lambda: not portals(), 10)
    bookmarks = HOME / ".config/gtk-3.0/bookmarks"
    s.desktop.run("mkdir", "-p", str(bookmarks.parent))
    bookmarks.write_text(f"file://{FOLDER}\n")
    browse(s, "Chromium, own chooser", LEVELS, to_bookmark)


run(setup, teardown)
