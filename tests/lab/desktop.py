# SPDX-License-Identifier: Apache-2.0
"""A desktop without a screen, in a lab: an X server in memory, a session bus and a window manager of
an ordinary user, and what a person does with mouse and keyboard."""
import json
import os
import pathlib
import re
import subprocess
import time

from agent import wait_for

DISPLAY = ":7"
NOTIFY = "/usr/libexec/sealgate/sealgate-notify"
NOTIFY_LOG = "/run/notify.log"


def network():
    """Another address than loopback, and a route: GLib and Chromium look at no name without one."""
    for command in ("ip link add lab0 type veth peer name lab1", "ip addr add 10.77.0.1/24 dev lab0",
                    "ip link set lab0 up", "ip link set lab1 up",
                    "ip route add default via 10.77.0.2"):
        subprocess.run(command.split(), check=True)
    # Nothing answers there, which is known at once.
    pathlib.Path("/etc/resolv.conf").unlink(missing_ok=True)
    pathlib.Path("/etc/resolv.conf").write_text("nameserver 127.0.0.1\n")


class Desktop:
    def __init__(self, user="lan"):
        self.user = user
        self.uid = int(subprocess.run(["id", "-u", user], stdout=subprocess.PIPE, text=True,
                                      check=True).stdout)
        self.runtime = pathlib.Path(f"/run/user/{self.uid}")
        self.runtime.mkdir(parents=True, exist_ok=True)
        os.chown(self.runtime, self.uid, self.uid)
        self.runtime.chmod(0o700)
        self.env = {"HOME": f"/home/{user}", "USER": user, "LOGNAME": user, "DISPLAY": DISPLAY,
                    "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "NO_AT_BRIDGE": "1",
                    "XDG_RUNTIME_DIR": str(self.runtime), "XDG_SESSION_TYPE": "x11",
                    "GTK_USE_PORTAL": "0", "GDK_BACKEND": "x11", "LIBGL_ALWAYS_SOFTWARE": "1",
                    "GSK_RENDERER": "cairo", "XDG_CURRENT_DESKTOP": "GNOME",
                    "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.runtime}/bus"}
        pathlib.Path("/tmp/.X11-unix").mkdir(mode=0o1777, exist_ok=True)
        self.children = []
        self.spawn("Xvfb", DISPLAY, "-screen", "0", "1280x900x24", "-nolisten", "tcp")
        if not wait_for(lambda: self.run("xdotool", "getdisplaygeometry", check=False), 20):
            raise RuntimeError("no X server")
        self.spawn("dbus-daemon", "--session", "--nofork", "--nopidfile",
                   f"--address=unix:path={self.runtime}/bus")
        assert wait_for((self.runtime / "bus").exists, 10), "no session bus"
        self.spawn("openbox")

    def as_user(self, *argv):
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--init-groups", "env",
                "-i", *(f"{k}={v}" for k, v in self.env.items()), *map(str, argv)]

    def spawn(self, *argv, log=None):
        out = open(log, "a") if log else subprocess.DEVNULL
        p = subprocess.Popen(self.as_user(*argv), stdin=subprocess.DEVNULL, stdout=out,
                             stderr=subprocess.STDOUT, cwd=self.env["HOME"])
        self.children.append(p)
        return p

    def run(self, *argv, check=True, timeout=30):
        return subprocess.run(self.as_user(*argv), check=check, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              timeout=timeout).stdout

    # Notifications.

    def has_owner(self, name):
        return "true" in self.run("dbus-send", "--print-reply", "--dest=org.freedesktop.DBus", "/",
                                  "org.freedesktop.DBus.NameHasOwner", f"string:{name}")

    def start_dunst(self, seconds=20):
        p = self.spawn("dunst")
        # Asked before it is there, the bus would start another one, which nobody ends.
        assert wait_for(lambda: self.has_owner("org.freedesktop.Notifications"), seconds), "no notification daemon"
        assert wait_for(lambda: self.run("dunstctl", "is-paused", check=False).strip() == "false", seconds)
        assert p.poll() is None, "there was one already"
        return p

    def start_notifier(self, seconds=20):
        """The agent's own, in the language of the desktop."""
        p = self.spawn(NOTIFY, log=NOTIFY_LOG)
        assert wait_for(lambda: "org.sealgate.Notify" in self.run(
            "dbus-send", "--print-reply", "--dest=org.freedesktop.DBus", "/",
            "org.freedesktop.DBus.ListNames"), seconds), open(NOTIFY_LOG).read()
        return p

    def notices(self, of=None):
        """What dunst shows and has shown, newest last: (title, body); those of a program."""
        self.run("dunstctl", "close-all")
        history = json.loads(self.run("dunstctl", "history"))["data"][0]
        return [(n["summary"]["data"], n["body"]["data"]) for n in reversed(history)
                if of in (None, n["appname"]["data"].lower())]

    # What a person does.

    def window(self, name, seconds=30):
        """The window whose title matches, in front; its number."""
        found = wait_for(lambda: self.windows(name), seconds, 0.1)
        if not found:
            raise RuntimeError(f"no window {name!r}; there are {self.titles()}")
        self.run("xdotool", "windowactivate", "--sync", found[-1], check=False)
        return found[-1]

    def windows(self, name):
        return self.run("xdotool", "search", "--onlyvisible", "--name", name, check=False).split()

    def titles(self):
        ids = self.windows(".")
        return [self.run("xdotool", "getwindowname", i, check=False).strip() for i in ids]

    def gone(self, name, seconds=15):
        return wait_for(lambda: not self.windows(name), seconds, 0.1)

    def key(self, *keys):
        self.run("xdotool", "key", "--clearmodifiers", *keys)

    def type(self, text):
        self.run("xdotool", "type", "--delay", "12", "--clearmodifiers", text)

    def click(self, x, y):
        self.run("xdotool", "mousemove", x, y, "click", "1")

    def click_in(self, window, x, y):
        self.run("xdotool", "mousemove", "--window", window, x, y, "click", "1")

    def size(self, window):
        text = self.run("xdotool", "getwindowgeometry", window)
        w, h = re.search(r"Geometry: (\d+)x(\d+)", text).groups()
        return int(w), int(h)

    def screenshot(self, path):
        subprocess.run(self.as_user("import", "-window", "root", "png:-"), check=False,
                       stdout=open(path, "wb"), stderr=subprocess.DEVNULL)

    def stop(self):
        for p in reversed(self.children):
            if p.poll() is None:
                p.terminate()
        for p in reversed(self.children):
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()


def pick(desktop, title, path):
    """Types a path into a GTK file chooser and takes it."""
    desktop.window(title)
    desktop.key("ctrl+l")
    time.sleep(0.3)
    desktop.key("ctrl+a")
    desktop.type(str(path))
    time.sleep(0.3)
    desktop.key("Return")
