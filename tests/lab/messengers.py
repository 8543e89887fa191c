# SPDX-License-Identifier: Apache-2.0
"""Messengers with a window, and IRC: started, logged in and made to send a file as a person would."""
import pathlib
import shlex
import sqlite3
import subprocess
import time

import desktop
import xmpp
from agent import wait_for

PEER = f"minh@{xmpp.DOMAIN}"

GAJIM_ACCOUNT = f"""
import gi
gi.require_version("Gdk", "3.0")
from gajim.common import configpaths
configpaths.init()
configpaths.create_paths()
from gajim.common.settings import Settings
s = Settings()
s.init()
for k, v in dict(use_keyring=False, check_for_update=False, show_trayicon=False).items():
    s.set_app_setting(k, v)
s.add_account("lab")
for k, v in dict(name="lan", hostname="{xmpp.DOMAIN}", password="secret-lan", savepass=True,
                 active=True, account_label="lab").items():
    s.set_account_setting("lab", k, v)
s.save()
"""


class Gajim:
    """GTK 3, written in Python."""

    BUS = ("org.gajim.Gajim", "/org/gajim/Gajim/window/1")
    CHOOSER = "Choose File to Send"

    def __init__(self, d):
        self.d = d
        d.run("/usr/bin/python3", "-c", GAJIM_ACCOUNT)
        self.process = d.spawn("gajim", f"xmpp:{PEER}?message", log="/var/log/lab-gajim.log")
        d.window("Start / Join Chat", 60)
        # The chat can be started as soon as the account is connected.
        def begun():
            if d.windows("Start / Join Chat"):
                d.window("Start / Join Chat")
                d.key("Return")
            return not d.windows("Start / Join Chat")
        assert wait_for(begun, 30, 1), d.titles()
        assert wait_for(lambda: self.enabled("send-file-httpupload"), 30), "no upload offered"

    def action(self, method, *args):
        return self.d.run("gdbus", "call", "--session", "--dest", self.BUS[0], "--object-path",
                          self.BUS[1], "--method", f"org.gtk.Actions.{method}", *args,
                          check=False, timeout=60)

    def enabled(self, name):
        return self.action("Describe", name).startswith("((true")

    def answers(self):
        """Seconds until its main loop answered; a frozen window does not."""
        begun = time.monotonic()
        self.action("Describe", "send-file")
        return time.monotonic() - begun

    def page(self):
        """The page for sending files. From its size: where its two buttons are."""
        self.action("Activate", "send-file-httpupload", "[<@as []>]", "{}")
        time.sleep(0.7)
        w = self.d.window("^Gajim$")
        width, height = self.d.size(w)
        return w, (420 + (width - 420) // 2, height - 88), (width - 88, height - 36)

    def choose(self):
        """Opens the file chooser."""
        w, add, self.send_button = self.page()
        self.d.click_in(w, *add)
        return self.d.window(self.CHOOSER)

    def send(self):
        w = self.d.window("^Gajim$")
        time.sleep(0.3)
        self.d.click_in(w, *self.send_button)

    def send_file(self, path):
        self.choose()
        self.take(path)

    def take(self, path):
        """Chooses the file in the chooser that is there, and sends it."""
        desktop.pick(self.d, self.CHOOSER, path)
        assert self.d.gone(self.CHOOSER), self.d.titles()
        self.send()

    def stop(self):
        end(self.process)


class Dino:
    """GTK 4."""

    CHOOSER = "Select file"

    def __init__(self, d):
        self.d = d
        home = pathlib.Path(d.env["HOME"])
        self.data = home / ".local/share/dino"
        db = self.data / "dino.db"
        first = d.spawn("dino-im")

        def ready():
            try:
                with sqlite3.connect(f"file:{db}?mode=ro", uri=True) as c:
                    c.execute("select 1 from account")
                return True
            except sqlite3.Error:
                return False
        assert wait_for(ready, 30), "Dino made no database"
        assert d.window("Dino")
        end(first)
        with sqlite3.connect(db) as c:
            c.execute("insert into account (bare_jid, resourcepart, password, alias, enabled) "
                      "values (?, 'lab', 'secret-lan', 'lan', 1)", (f"lan@{xmpp.DOMAIN}",))
        self.process = d.spawn("dino-im", f"xmpp:{PEER}?message", log="/var/log/lab-dino.log")
        d.window("^Dino$", 30)
        time.sleep(3)  # there is nothing to see of its login

    def choose(self):
        def opened():
            self.d.window("^Dino$")
            self.d.key("ctrl+u")
            return wait_for(lambda: self.d.windows(self.CHOOSER), 3)
        assert wait_for(opened, 30), self.d.titles()
        return self.d.window(self.CHOOSER)

    def send(self):
        self.d.window("^Dino$")
        time.sleep(0.5)
        self.d.key("Return")

    def send_file(self, path):
        self.choose()
        self.take(path)

    def take(self, path):
        """Chooses the file in the chooser that is there, and sends it."""
        desktop.pick(self.d, self.CHOOSER, path)
        assert self.d.gone(self.CHOOSER), self.d.titles()
        time.sleep(1)
        self.send()

    def close_overlay(self):
        self.d.window("^Dino$")
        self.d.key("Escape")

    def stop(self):
        end(self.process)


def end(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# IRC.

NGIRCD = """
[Global]
  Name = irc.lab.example
  Info = lab
  Listen = 127.0.0.1
  Ports = 6667
  MotdPhrase = lab
  ServerUID = irc
  ServerGID = irc
[Options]
  DNS = no
  Ident = no
  PAM = no
"""


class IrcServer:
    def __init__(self):
        conf = pathlib.Path("/etc/lab-ngircd.conf")
        conf.write_text(NGIRCD)
        self.process = subprocess.Popen(["ngircd", "-n", "-f", str(conf)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        end(self.process)


class Irssi:
    """In tmux, as an ordinary user."""

    def __init__(self, user, home, autoget=None):
        self.socket = f"/tmp/tmux-irssi-{user}"
        folder = pathlib.Path(home) / ".irssi"
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["chown", "-R", f"{user}:", str(folder)], check=True)
        command = (f"env HOME={home} LANG=C.UTF-8 TERM=screen-256color setpriv --reuid={user} "
                   f"--regid={user} --init-groups irssi")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "140", "-y", "50", command)
        assert wait_for(lambda: "irssi" in self.screen().lower(), 20), self.screen()
        for line in ("/set dcc_own_ip 127.0.0.1", "/set dcc_autoget_lowports on",
                     *((f"/set dcc_download_path {autoget}", "/set dcc_autoget on")
                       if autoget else ()),
                     f"/connect 127.0.0.1 6667 \"\" {user}"):
            self.type(line)
        assert wait_for(lambda: "End of MOTD" in self.screen() or "Welcome" in self.screen() or
                        "mode" in self.screen().lower(), 20), self.screen()

    def tmux(self, *args):
        return subprocess.run(["tmux", "-S", self.socket, *args], stdout=subprocess.PIPE,
                              text=True).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def type(self, text):
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")

    def dcc_send(self, nick, path):
        self.type(f"/dcc send {nick} {shlex.quote(str(path))}")

    def stop(self):
        self.tmux("kill-server")
