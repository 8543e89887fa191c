#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A file chooser of GTK 3 inside a gated process: what it looks at while a person looks for a file, and
the file that the person sends then, are one incident. In a lab: tests/lab/enter."""
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import agent as lab
import desktop
import stage
from tap import equal, run, test

# Another try for a file within a minute is counted into its incident, so each has a folder.
FOLDERS = [lab.DOCS / name for name in ("gui", "tim", "thoi")]
NAMES = ["a.docx", "b.txt", "c.pdf", "so-1", "so-2", "so-3"]
MARKED = "TRẠM QUAN TRẮC\nSố: 5/BC\n\nMẬT\n\nBÁO CÁO\n\nMực nước hồ chứa số {} là bốn mét.\n"
APPS = """version: 1
apps:
  - id: gtk-chat
    name: GTK chat
    category: chat
    exe: [/opt/lab/gtk-chat]
"""
# Shows a preview of what is highlighted, as chat clients do, and reads what is chosen.
CLIENT = """#!/usr/bin/python3
import sys
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk

def attempt(path):
    try:
        with open(path, "rb") as f:
            return len(f.read())
    except OSError as e:
        return e.strerror

chooser = Gtk.FileChooserDialog(title="Lab chooser", action=Gtk.FileChooserAction.OPEN)
chooser.add_buttons("Cancel", Gtk.ResponseType.CANCEL, "Send", Gtk.ResponseType.OK)
chooser.set_default_response(Gtk.ResponseType.OK)
preview = Gtk.Label()
chooser.set_preview_widget(preview)

def show(_):
    name = chooser.get_preview_filename()
    preview.set_text(str(attempt(name)) if name else "")

chooser.connect("update-preview", show)
chooser.set_current_folder(sys.argv[1])
if chooser.run() == Gtk.ResponseType.OK:
    print("SENT", chooser.get_filename(), attempt(chooser.get_filename()), flush=True)
else:
    print("CANCELLED", flush=True)
"""


def setup():
    f = stage.Fixture()
    lab.install(os.environ["BUILD"])
    lab.add_user("lan")
    desktop.network()
    f.desktop = desktop.Desktop()
    client = stage.PLACE / "gtk-chat"
    client.parent.mkdir(parents=True, exist_ok=True)
    client.write_text(CLIENT)
    client.chmod(0o755)
    for n, folder in enumerate(FOLDERS):
        folder.mkdir(mode=0o755)
        for k, name in enumerate(NAMES):
            (folder / name).write_text(MARKED.format(10 * n + k))
    f.agent = lab.Agent(policy=stage.configure(APPS)).start()
    f.agent.known(len(FOLDERS) * len(NAMES))
    return f


def teardown(f):
    stage.stop(f)
    if f:
        f.desktop.stop()


def choose(f, folder, do):
    """Opens the chooser in the folder; what the client says, and the incidents of all of it."""
    before = len(f.agent.acts())
    p = subprocess.Popen(f.desktop.as_user(stage.PLACE / "gtk-chat", folder), stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True)
    try:
        f.desktop.window("Lab chooser")
        time.sleep(2.5)  # a person looks at the list
        do(f.desktop)
        said, _ = p.communicate(timeout=60)
    finally:
        if p.poll() is None:
            p.kill()
            p.communicate()
    time.sleep(2.5)  # counts are written once a second
    acts = [a for a in f.agent.acts()[before:] if a["path"].startswith(f"{folder}/")]
    for a in acts:
        print(f"# {len(named(a))} files, {a['retries']} retries")
    return said.strip(), acts


def named(act):
    return {act["path"], *(x["path"] for x in act.get("files", []))}


@test
def what_the_chooser_looks_at_and_what_is_sent(f):
    chosen = FOLDERS[0] / "b.txt"
    said, acts = choose(f, FOLDERS[0], lambda d: desktop.pick(d, "Lab chooser", chosen))
    equal(said, f"SENT {chosen} Operation not permitted")
    equal(len(acts), 1, "incidents of one act")
    assert str(chosen) in named(acts[0]) and len(named(acts[0])) > 1, named(acts[0])


@test
def looking_from_file_to_file_and_sending_one(f):
    chosen = FOLDERS[1] / "c.pdf"

    def walk(d):
        d.key("shift+Tab")
        for _ in range(4):
            d.key("Down")
            time.sleep(2.5)
        desktop.pick(d, "Lab chooser", chosen)
    said, acts = choose(f, FOLDERS[1], walk)
    equal(said, f"SENT {chosen} Operation not permitted")
    equal(len(acts), 1, "incidents of one act")
    assert str(chosen) in named(acts[0]), named(acts[0])


@test
def looking_around_and_sending_nothing(f):
    def escape(d):
        d.window("Lab chooser")
        d.key("Escape")
    said, acts = choose(f, FOLDERS[2], escape)
    equal(said, "CANCELLED")
    assert len(acts) <= 1, acts


run(setup, teardown)
