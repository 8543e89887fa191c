#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A sandbox as flatpak makes it (bubblewrap, .flatpak-info, the document portal of Debian): what an
application opens through the portal is judged as that application's, and the portal is nobody's."""
import json
import os
import pathlib
import shutil
import stat
import subprocess

from scene import DOCS, Scene, equal, lab, make, run, test

APP = "org.gajim.Gajim"

# Hands a file to an application, as a file chooser of the desktop does. Prints the document's id.
EXPORT = f"""
import os, sys
import gi
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
name, path, face = ("org.freedesktop.portal.Documents", "/org/freedesktop/portal/documents",
                    "org.freedesktop.portal.Documents")
fds = Gio.UnixFDList.new()
at = fds.append(os.open(sys.argv[1], os.O_PATH | os.O_CLOEXEC))
r, _ = bus.call_with_unix_fd_list_sync(name, path, face, "Add",
    GLib.Variant("(hbb)", (at, True, False)), None, 0, 20000, fds, None)
doc = r.unpack()[0]
bus.call_sync(name, path, face, "GrantPermissions",
    GLib.Variant("(ssas)", (doc, "{APP}", ["read"])), None, 0, 20000, None)
print(doc)
"""
INFO = f"""[Application]
name={APP}
runtime=runtime/org.gnome.Platform/x86_64/44

[Instance]
instance-id=77
"""


class Sandbox:
    """A shell as the application: reads the files that it is told, a line for each."""

    def __init__(self, s):
        d = s.desktop
        info = pathlib.Path("/var/tmp/flatpak-info")
        info.write_text(INFO)
        inside = ('while read -r f; do if read -r x < "$f"; then echo "READ"; '
                  'else echo "REFUSED"; fi; done')
        argv = d.as_user(
            "bwrap", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink",
            "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--dev", "/dev", "--proc", "/proc",
            "--tmpfs", "/tmp", "--dir", "/run/flatpak", "--bind",
            d.runtime / f"doc/by-app/{APP}", "/run/flatpak/doc", "--ro-bind", info, "/.flatpak-info",
            "--setenv", "FLATPAK_ID", APP,  # as `flatpak run` does
            "--unshare-pid", "--unshare-ipc", "--die-with-parent", "/bin/sh", "-c", inside)
        self.p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=open("/var/log/lab-bwrap.log", "a"), text=True, bufsize=1)
        assert lab.wait_for(lambda: self.pid(), 10), \
            pathlib.Path("/var/log/lab-bwrap.log").read_text()

    def pid(self):
        """The shell inside: the last of bwrap's descendants."""
        pid, found = self.p.pid, 0
        while pid:
            r = subprocess.run(["pgrep", "-P", str(pid)], stdout=subprocess.PIPE, text=True)
            pid = int(r.stdout.split()[0]) if r.stdout.strip() else 0
            found = pid or found
        comm = pathlib.Path(f"/proc/{found}/comm") if found else None
        return found if comm and comm.exists() and comm.read_text().strip() == "sh" else 0

    def read(self, path):
        self.p.stdin.write(f"{path}\n")
        return self.p.stdout.readline().strip()

    def stop(self):
        self.p.stdin.close()
        self.p.wait(10)


def export(s, path):
    return s.desktop.run("/usr/bin/python3", "-c", EXPORT, str(path)).strip()


def setup():
    s = Scene()
    s.docs = make(["mat.odt", "cong-khai.odt", "toi-mat.odt"])
    # Some are the user's own, as most are.
    for name in ("mat.odt", "cong-khai.odt"):
        shutil.chown(s.docs[name], "lan", "lan")
    s.agent.start()
    s.agent.known(3)
    # As Debian's udev has it: anybody may mount with FUSE. The machine's own node stays as it is.
    node = pathlib.Path("/run/fuse-node")
    os.mknod(node, 0o666 | stat.S_IFCHR, os.makedev(10, 229))
    node.chmod(0o666)
    subprocess.run(["mount", "--bind", str(node), "/dev/fuse"], check=True)
    libexec = next(p for p in ("/usr/libexec/xdg-document-portal",
                               "/usr/lib/xdg-desktop-portal/xdg-document-portal")
                   if pathlib.Path(p).exists())
    s.desktop.spawn("/usr/libexec/xdg-permission-store")
    s.desktop.spawn(libexec, log="/var/log/lab-portal.log")
    place = str(s.desktop.runtime / "doc")
    assert lab.wait_for(lambda: place in pathlib.Path("/proc/mounts").read_text(), 10), \
        pathlib.Path("/var/log/lab-portal.log").read_text()
    s.ids = {n: export(s, p) for n, p in s.docs.items()}
    return s


def teardown(s):
    if s:
        s.stop()


@test
def the_portal_is_nobodys(s):
    r = subprocess.run(["pgrep", "-x", "xdg-document-po"], stdout=subprocess.PIPE, text=True)
    pid = r.stdout.split()[0]
    r = subprocess.run(["sealgate", "apps", "identify", pid], stdout=subprocess.PIPE, text=True)
    assert "gajim" not in r.stdout.lower(), r.stdout
    place = s.desktop.runtime / "doc/by-app" / APP / s.ids["mat.odt"] / "mat.odt"
    s.desktop.run("sha256sum", str(place))  # an ordinary program, through the portal
    equal(s.agent.acts(), [], "incidents")


@test
def a_sandboxed_application_is_itself(s):
    """Refused through the portal; the incident names the application and what it opened."""
    box = Sandbox(s)
    try:
        def known():
            r = subprocess.run(["sealgate", "apps", "identify", str(box.pid())],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            return "gajim" in r.stdout
        assert lab.wait_for(known, 10), "not known as the application"
        # Noticed by the look through /proc, which covers what it can see.
        assert lab.wait_for(lambda: any("doc" in c["mount"] and c["state"] != "not covered"
                                        for c in s.agent.status()["supervisor"]["coverage"]), 15), \
            s.agent.status()["supervisor"]["coverage"]
        # The portal opens the real file while the agent is asked about its own: nobody may be
        # stuck in that, the others least of all.
        shutil.copy(os.environ["OPENER"], "/opt/editor")
        others = subprocess.Popen(s.desktop.as_user("/opt/editor", "6@200",
                                                    s.docs["cong-khai.odt"]),
                                  stdout=subprocess.PIPE, text=True)
        inside = f"/run/flatpak/doc/{s.ids['cong-khai.odt']}/cong-khai.odt"
        equal(box.read(inside), "READ", "a public document")
        inside = f"/run/flatpak/doc/{s.ids['mat.odt']}/mat.odt"
        equal(box.read(inside), "REFUSED", "a marked document")
        assert lab.wait_for(s.agent.acts, 10), "no incident"
        equal([(i["app"], i["level"], i["action"]) for i in s.agent.acts()],
              [("gajim", "confidential", "block")], "incidents")
        assert all(i["exe"] == "/usr/bin/dash" for i in s.agent.acts()), "not the portal"
        i = s.agent.acts()[0]
        print(f"# path {i['path']}, program {i['exe']}, recognised by {i['identified']}")
        assert i["path"].endswith("mat.odt"), i["path"]
        # Again: the portal's file system keeps no facts, so it is looked at again.
        equal(box.read(inside), "REFUSED", "again")
        inside = f"/run/flatpak/doc/{s.ids['toi-mat.odt']}/toi-mat.odt"
        equal(box.read(inside), "REFUSED", "a marked document that is not the user's")
        waited = json.loads(others.communicate(timeout=60)[0])
        print(f"# others waited {waited['max_ms']:.0f} ms at most")
        assert waited["denied"] == 0 and waited["max_ms"] < 1000, waited
    finally:
        box.stop()


@test
def another_sandbox_does_not_see_it(s):
    """The portal shows an application what was granted to it alone."""
    other = s.desktop.runtime / "doc/by-app/org.lab.Other" / s.ids["mat.odt"]
    equal(s.desktop.run("ls", str(other), check=False), "", "what another application sees")


run(setup, teardown)
